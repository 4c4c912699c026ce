/* contact_system.c - what the services do: routing offers, time passes, people go, answers arrive or not. */
#include "contact_actions.h"

#include <stdio.h>

/* Nobody holds the line any more: who is asked need not be faster than the call back that is owed. A third of its time is
 * left to each, so that three may be asked. 0: no such thing is owed. */
static int64_t callback_offer_ms (const contact_t *c)
{
    for (size_t i = 0; i < c->promises_n; i++)
        if (c->promises[i].kind == P_CALLBACK && c->call == CALL (ABANDONED))
            return c->promises[i].duration_ms / 3 < OFFER_DEFERRED_MS ? c->promises[i].duration_ms / 3
                                                                      : OFFER_DEFERRED_MS;
    return 0;
}

static int64_t offer_of_channel (const turn_t *t)
{
    const policy_channel_t *channel = policy_channel (t->policy, t->c->channel);
    bool asks = channel && channel->offer_ms > 0;
    if (t->c->state == S_OWNED) /* a transfer */
        return asks && !channel->accept_auto ? channel->offer_ms : TRANSFER_OFFER_MS;
    return asks ? channel->offer_ms : TRANSFER_OFFER_MS;
}

int64_t offer_ms (const turn_t *t)
{
    int64_t line = offer_of_channel (t), back = callback_offer_ms (t->c);
    return back > line ? back : line;
}

static void set_offer (turn_t *t)
{
    contact_t *c = t->c;
    const contact_event_t *e = t->event;
    WORD_COPY (c->offered_to, e->person);
    c->offer_epoch = e->epoch;
    c->offered_at = t->now;
    c->offer_ends = c->offer_expires = t->now + offer_ms (t);
    c->handoff_at = 0;
    c->handoff_tries = 0;
    c->relax_at = 0;
    fact_t *fact = turn_fact (t, FACT (OFFERED));
    WORD_COPY (fact->to, e->person);
    if (GUARD ("f12"))
        WORD_COPY (fact->detail, e->detail);
    fact->due = c->offer_expires;
}

static notice_t *notice_offer (turn_t *t, purpose_t purpose)
{
    notice_t *notice = turn_notice (t, purpose, t->event->person);
    const promise_t *promise = contact_next_promise (t->c);
    notice->urgent = true; /* somebody was chosen because they are on shift: quiet hours do not hold it */
    if (promise) {
        notice->promise = promise->kind;
        notice->due = promise->due;
    }
    return notice;
}

apply_outcome_t act_offer (turn_t *t)
{
    contact_t *c = t->c;
    const policy_channel_t *channel = policy_channel (t->policy, c->channel);
    set_offer (t);
    if (channel && channel->accept_auto) {
        become_owner (t, t->event->person, t->event->epoch, "accepted automatically");
        notice_offer (t, PURPOSE (ASSIGNED));
        return APPLY_DONE;
    }
    c->state = S_OFFERED;
    notice_offer (t, PURPOSE (OFFER));
    return APPLY_DONE;
}

static bool transfer_is_proposed (const contact_t *c)
{
    return (*c->transfer_team || *c->transfer_to) && !*c->offered_to;
}

apply_outcome_t act_offer_transfer (turn_t *t)
{
    if (!transfer_is_proposed (t->c))
        return turn_refuse (t, APPLY_STALE, "no transfer is proposed");
    set_offer (t);
    const char *words = *t->c->transfer_words ? t->c->transfer_words : "a transfer"; /* the former release keeps none */
    WORD_COPY (notice_offer (t, PURPOSE (OFFER))->detail, words);
    return APPLY_DONE;
}

/* Out of hours nobody being there is as it should be: the promise runs on the same hours. */
static bool in_hours (const turn_t *t)
{
    const promise_t *promise = contact_next_promise (t->c);
    return !promise || calendar_open (policy_hours (t->policy, promise->hours), t->now);
}

static void nobody_there (turn_t *t, bool first)
{
    contact_t *c = t->c;
    fact_t *fact = turn_fact_detail (t, FACT (NOBODY), "%s", t->event->detail ? t->event->detail : "");
    WORD_COPY (fact->to, c->accountable);
    if (!first || !in_hours (t) || !GUARD ("f15"))
        return;
    const char *told[] = {c->accountable, t->policy->manager->name};
    for (size_t i = 0; i < 2; i++) {
        if (i > 0 && word_same (told[0], told[1]))
            break;
        notice_t *notice = turn_notice (t, PURPOSE (NOBODY), told[i]);
        notice->urgent = true;
        WORD_COPY (notice->detail, t->event->detail);
    }
}

apply_outcome_t act_queue (turn_t *t)
{
    contact_t *c = t->c;
    bool first = c->state == S_RECEIVED;
    c->state = S_QUEUED;
    c->handoff_at = 0;
    c->handoff_tries = 0;
    c->relax_at = queue_clock (t);
    if (first || t->event->nobody)
        turn_fact_detail (t, FACT (QUEUED), "%s", t->event->detail ? t->event->detail : "");
    if (t->event->nobody)
        nobody_there (t, first);
    return APPLY_DONE;
}

apply_outcome_t act_queue_transfer (turn_t *t)
{
    contact_t *c = t->c;
    if (!transfer_is_proposed (c))
        return turn_refuse (t, APPLY_STALE, "no transfer is proposed");
    const char *taker = *c->transfer_to ? c->transfer_to : c->transfer_team;
    fact_t *fact = turn_fact_detail (t, FACT (TRANSFER_FAILED), "%s", t->event->detail ? t->event->detail : "");
    WORD_COPY (fact->to, taker);
    notice_t *notice = turn_notice (t, PURPOSE (ASSIGNED), c->owner);
    snprintf (notice->detail, sizeof (notice->detail), "%s can not take it over now: it stays with you", taker);
    clear_transfer (t);
    return APPLY_DONE;
}

/* All that was due is done by catching up: the event itself has nothing to add. */
apply_outcome_t act_time (turn_t *t)
{
    return turn_refuse (t, APPLY_STALE, "nothing is due yet");
}

static bool offer_is_lost (const turn_t *t)
{
    const contact_t *c = t->c;
    return *c->offered_to && word_same (c->offered_to, t->event->person) && c->offer_epoch < t->event->epoch;
}

apply_outcome_t act_offer_lost (turn_t *t)
{
    if (!offer_is_lost (t))
        return turn_refuse (t, APPLY_STALE, "it is not with %s any more", t->event->person);
    fact_t *fact = turn_fact_detail (t, FACT (RETURNED), "went away before accepting");
    WORD_COPY (fact->by, t->event->person);
    offer_is_over (t, NULL);
    return APPLY_DONE;
}

apply_outcome_t act_owner_lost (turn_t *t)
{
    contact_t *c = t->c;
    if (!word_same (c->owner, t->event->person) || c->owner_epoch >= t->event->epoch)
        return act_offer_lost (t);
    fact_t *fact = turn_fact_detail (t, FACT (RETURNED), "the owner is not there any more");
    WORD_COPY (fact->by, c->owner);
    char former[NAME_SIZE];
    WORD_COPY (former, c->owner);
    give_up_owner (t, "the owner is not there: duty lead until somebody accepts");
    WORD_COPY (c->preferred, former); /* first choice if they are back, but nobody waits for them */
    c->preferred_until = 0;
    return APPLY_DONE;
}

/* A second chance for one that is broken belongs to what was asked then, unless something was asked since. */
static bool asked_before (const contact_t *c, const promise_t *p, wall_ms_t replied_at)
{
    if (p->opened_at <= replied_at || p->generation == 0)
        return p->opened_at <= replied_at;
    for (size_t i = 0; i < c->promises_n; i++) {
        const promise_t *other = &c->promises[i];
        if (other->kind == p->kind && other->generation == 0 && other->opened_at > replied_at)
            return false;
    }
    return true;
}

/* A reply that counted as never given arrives after all: a dead letter was sent again. What was asked before it is
 * answered at this moment; what the customer wrote since was covered by that promise, and gets its own. */
static void arrived_after_all (turn_t *t)
{
    contact_t *c = t->c;
    wall_ms_t replied_at = t->event->answered_at;
    bool any = false;
    for (size_t i = replied_at ? c->promises_n : 0; i-- > 0;) {
        const promise_t *p = &c->promises[i];
        if (!promise_is_response (p) || p->kind == P_CALLBACK || p->answered_at || !asked_before (c, p, replied_at))
            continue;
        any = true;
        if (p->state == P_PENDING)
            promise_keep (t, i, t->now);
        else
            promise_drop (t, i);
    }
    if (any && c->last_customer_at > replied_at && !promise_unanswered (c))
        promise_open (t, P_NEXT, &(promise_ask_t){0});
}

apply_outcome_t act_delivered (turn_t *t)
{
    contact_t *c = t->c;
    fact_t *fact = turn_fact_detail (t, FACT (DELIVERED), "the reply was accepted by the customer's side");
    fact->promise = t->event->promise;
    WORD_COPY (fact->to, "customer");
    if (t->event->answered_at > c->delivered_at)
        c->delivered_at = t->event->answered_at;
    if (c->delivered_at > c->last_reply_at)
        c->last_reply_at = c->delivered_at;
    for (size_t i = c->promises_n; i-- > 0;) {
        promise_t *p = &c->promises[i];
        if (!p->answered_at || p->answered_at != t->event->answered_at)
            continue;
        if (p->state == P_PENDING)
            promise_keep (t, i, p->answered_at);
        else
            promise_drop (t, i);
    }
    arrived_after_all (t);
    return APPLY_DONE;
}

/* A later reply may have arrived meanwhile: then the customer was answered by that one, at its time. Or it is on its way
 * still: then its delivery decides, where it was given in time; else the promise breaks now, and it answers what is owed
 * instead once it arrives. */
static void not_answered (turn_t *t, size_t index)
{
    contact_t *c = t->c;
    promise_t *p = &c->promises[index];
    bool later = c->delivered_at > p->answered_at;
    bool in_time = p->state == P_BROKEN || c->last_reply_at <= p->due;
    p->answered_at = !later && in_time && c->last_reply_at > p->answered_at ? c->last_reply_at : 0;
    if (!later)
        return;
    if (p->state == P_BROKEN)
        promise_drop (t, index);
    else if (c->delivered_at <= p->due)
        promise_keep (t, index, c->delivered_at);
}

/* The customer did not get it: whoever answers for the contact reaches them in another way. */
static void not_told (turn_t *t, const char *what)
{
    const contact_t *c = t->c;
    const char *why = t->event->detail ? t->event->detail : "";
    fact_t *fact = turn_fact_detail (t, FACT (DELIVERY_FAILED), "%s", why);
    fact->promise = t->event->promise;
    WORD_COPY (fact->to, "customer");
    notice_t *notice = turn_notice (t, PURPOSE (RETURNED), *c->owner ? c->owner : c->accountable);
    notice->urgent = true;
    snprintf (notice->detail, sizeof notice->detail, "%s%s", what, WORD_CUT (why, 200));
}

static void never_given (turn_t *t)
{
    contact_t *c = t->c;
    not_told (t, "your answer, which counts as not given: ");
    for (size_t i = c->promises_n; i-- > 0;)
        if (c->promises[i].answered_at == t->event->answered_at && t->event->answered_at)
            not_answered (t, i);
    if (c->last_reply_at == t->event->answered_at)
        c->last_reply_at = c->delivered_at;
}

apply_outcome_t act_failed (turn_t *t)
{
    never_given (t);
    return APPLY_DONE;
}

apply_outcome_t act_failed_waiting (turn_t *t)
{
    end_pause (t, t->now, "the question did not reach the customer");
    never_given (t);
    return APPLY_DONE;
}

apply_outcome_t act_failed_resolved (turn_t *t)
{
    never_given (t);
    reopen (t, "", NULL, "the reply did not reach the customer");
    return APPLY_DONE;
}

/* An acknowledgement, an apology. What was promised by it was counted when it was sent. */
apply_outcome_t act_untold (turn_t *t)
{
    not_told (t, "");
    return APPLY_DONE;
}

apply_outcome_t act_set_aside (turn_t *t)
{
    fact_t *fact = turn_fact_detail (t, FACT (SET_ASIDE), "%s", t->event->detail ? t->event->detail : "");
    WORD_COPY (fact->to, t->policy->last_resort->name);
    set_accountable (t, t->policy->last_resort->name, "it could not be decided");
    notice_t *notice = turn_notice (t, PURPOSE (NOBODY), t->policy->last_resort->name);
    notice->urgent = true;
    WORD_COPY (notice->detail, "it could not be decided");
    return APPLY_DONE;
}
