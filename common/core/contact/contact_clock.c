/* contact_clock.c - all clocks of a contact in one list: the timer is their minimum, and catching up takes
 * them in order of time. A clock says in the record what it waits for; none is ever computed from "now". */
#include "contact_private.h"

typedef enum which {
    CLOCK_BREAK, /* before a step of the same instant */
    CLOCK_STEP,
    CLOCK_TELL,
    CLOCK_OFFER,
    CLOCK_HANDOFF,
    CLOCK_RELAX,
    CLOCK_PAUSE,
    CLOCK_REVIEW,
    CLOCK_CLOSE,
} which_t;

typedef struct clock_hand {
    which_t which;
    wall_ms_t at;
    size_t promise;
} clock_hand_t;

static void sooner (clock_hand_t *best, which_t which, wall_ms_t at, size_t promise)
{
    if (at > 0 && (best->at == 0 || at < best->at))
        *best = (clock_hand_t){which, at, promise};
}

/* Steps behind a broken deadline wait while somebody has acknowledged. */
static wall_ms_t step_clock (const contact_t *c, const promise_t *p)
{
    if (p->state == P_BROKEN && c->acknowledged_until > p->step_at && p->step_at)
        return c->acknowledged_until;
    return p->step_at;
}

static void promise_clocks (clock_hand_t *best, const contact_t *c, size_t i)
{
    const promise_t *p = &c->promises[i];
    if (p->paused)
        return;
    if (p->kind == P_ACKNOWLEDGE) {
        sooner (best, CLOCK_TELL, p->step_at, i);
        return;
    }
    if (p->answered_at && GUARD ("f27"))
        return; /* an answer is on its way: its delivery decides */
    if (p->state == P_PENDING)
        sooner (best, CLOCK_BREAK, p->due, i);
    sooner (best, CLOCK_STEP, step_clock (c, p), i);
}

static clock_hand_t next_clock (const contact_t *c)
{
    clock_hand_t best = {CLOCK_REVIEW, 0, 0};
    if (c->state == S_RESOLVED) {
        sooner (&best, CLOCK_CLOSE, c->close_at, 0);
        return best;
    }
    if (c->state == S_CLOSED || c->state == S_NONE)
        return best;
    for (size_t i = 0; i < c->promises_n; i++)
        promise_clocks (&best, c, i);
    sooner (&best, CLOCK_OFFER, c->offer_expires, 0);
    if (GUARD ("f32"))
        sooner (&best, CLOCK_HANDOFF, c->handoff_at, 0);
    sooner (&best, CLOCK_RELAX, c->relax_at, 0);
    if (GUARD ("f19"))
        sooner (&best, CLOCK_PAUSE, c->pause_ends_at, 0);
    if (GUARD ("f03"))
        sooner (&best, CLOCK_REVIEW, c->review_at, 0);
    return best;
}

wall_ms_t contact_next_due (const contact_t *self)
{
    return next_clock (self).at;
}

static void on_step (turn_t *t, const clock_hand_t *hand)
{
    ladder_climb (t, hand->promise);
}

static void on_break (turn_t *t, const clock_hand_t *hand)
{
    promise_break (t, hand->promise);
}

static void on_tell (turn_t *t, const clock_hand_t *hand)
{
    t->c->promises[hand->promise].step_at = 0;
    if (t->c->customer_told || !can_tell_customer (t->c))
        promise_keep (t, hand->promise, t->now);
    else
        tell_customer (t);
}

/* A record of before these were kept: as if it had not been prolonged yet. */
static void know_the_offer (turn_t *t)
{
    if (t->c->offered_at)
        return;
    t->c->offer_ends = t->c->offer_expires;
    t->c->offered_at = t->c->offer_expires - offer_ms (t);
}

/* Time in which the system could not hear is not held against people. */
static bool prolong_offer (turn_t *t, wall_ms_t at)
{
    know_the_offer (t);
    wall_ms_t before;
    wall_ms_t end = hearing_offer_end (t->event->hearing, t->now, t->c->offered_at, t->c->offer_ends, &before);
    if (end <= at)
        return false;
    t->c->offer_expires = end;
    if (at > before + HEARING_GAP_MS)
        return true; /* while the gap lasts it is prolonged again and again: that is said once */
    fact_t *fact = turn_fact_detail (t, FACT (NOTED), "the offer is prolonged: for a while nobody could be heard");
    WORD_COPY (fact->to, t->c->offered_to);
    fact->due = t->c->offer_expires;
    return true;
}

static void on_offer (turn_t *t, const clock_hand_t *hand)
{
    if (prolong_offer (t, hand->at))
        return;
    fact_t *fact = turn_fact (t, FACT (OFFER_EXPIRED));
    fact->at = hand->at;
    WORD_COPY (fact->to, t->c->offered_to);
    offer_is_over (t, fact);
}

static void on_handoff (turn_t *t, const clock_hand_t *hand)
{
    (void)hand;
    contact_t *c = t->c;
    c->handoff_tries++;
    unsigned doublings = c->handoff_tries < HANDOFF_DOUBLINGS ? c->handoff_tries : HANDOFF_DOUBLINGS;
    c->handoff_at = t->now + (HANDOFF_FIRST_MS << doublings);
    if (c->handoff_tries <= HANDOFF_TOLD)
        turn_fact_detail (t, FACT (HANDOFF_REPEATED), "routing has not answered")->number = c->handoff_tries;
}

static void on_relax (turn_t *t, const clock_hand_t *hand)
{
    turn_fact (t, FACT (RELAXED))->at = hand->at;
    t->c->relax_at = queue_clock (t);
    t->c->handoff_at = t->now + HANDOFF_FIRST_MS;
    t->c->handoff_tries = 0;
}

static void on_pause (turn_t *t, const clock_hand_t *hand)
{
    contact_t *c = t->c;
    end_pause (t, hand->at, "the customer did not answer in time");
    WORD_COPY (turn_notice (t, PURPOSE (REVIEW), c->owner)->detail, "the customer did not answer in time");
}

/* Silence has a deadline too: the accountable one is reminded, again and again. */
static void on_review (turn_t *t, const clock_hand_t *hand)
{
    contact_t *c = t->c;
    turn_fact_detail (t, FACT (REVIEW), "nothing has happened for long")->at = hand->at;
    c->review_at = t->now + t->policy->review_ms;
    if (!GUARD ("f05"))
        c->state = S_CLOSED; /* what others do: dropped for age */
    WORD_COPY (turn_notice (t, PURPOSE (REVIEW), c->accountable)->detail, "nothing has happened for long");
}

/* A reply that is still on its way may come back: then the contact is not closed over it. */
static bool answer_is_under_way (const contact_t *c)
{
    for (size_t i = 0; i < c->promises_n; i++)
        if (c->promises[i].answered_at)
            return true;
    return false;
}

static void on_close (turn_t *t, const clock_hand_t *hand)
{
    if (answer_is_under_way (t->c)) {
        t->c->close_at = t->now + CLOSE_LATER_MS;
        return;
    }
    turn_fact (t, FACT (CLOSED))->at = hand->at;
    t->c->state = S_CLOSED;
    t->c->close_at = t->now; /* when it was: no clock any more */
}

bool contact_handoff_strays (const contact_t *self, wall_ms_t now)
{
    return self->handoff_at > now + HANDOFF_STRAY_MS;
}

bool clocks_catch_up (turn_t *t)
{
    static void (*const handlers[]) (turn_t *, const clock_hand_t *) = {
        [CLOCK_BREAK] = on_break, [CLOCK_STEP] = on_step,     [CLOCK_TELL] = on_tell,
        [CLOCK_OFFER] = on_offer, [CLOCK_RELAX] = on_relax,   [CLOCK_HANDOFF] = on_handoff,
        [CLOCK_PAUSE] = on_pause, [CLOCK_REVIEW] = on_review, [CLOCK_CLOSE] = on_close,
    };
    bool any = false;
    if (contact_handoff_strays (t->c, t->now))
        t->c->handoff_at = t->now;
    for (;;) {
        clock_hand_t hand = next_clock (t->c);
        if (hand.at == 0 || hand.at > t->now)
            return any;
        if (turn_is_full (t)) {
            t->fx->overflow = true;
            return any;
        }
        handlers[hand.which](t, &hand);
        any = true;
    }
}
