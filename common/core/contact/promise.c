/* promise.c - what was promised to the customer: each promise opens once and ends exactly once.
 *
 * opened = pending + kept + broken + released, counted on the contact. A broken promise has ended, but what
 * it promised is still owed: it stays in the list, its ladder climbs, until it is answered or dropped. */
#include "contact_private.h"

#include <stdio.h>
#include <string.h>

static const calendar_t *hours_of (const policy_t *policy, const promise_t *p)
{
    return policy_hours (policy, p->hours);
}

bool promise_is_response (const promise_t *p)
{
    return p->kind == P_FIRST || p->kind == P_NEXT || p->kind == P_CALLBACK;
}

promise_t *promise_unanswered (contact_t *c)
{
    for (size_t i = 0; i < c->promises_n; i++)
        if (promise_is_response (&c->promises[i]) && c->promises[i].answered_at == 0)
            return &c->promises[i];
    return NULL;
}

promise_t *promise_pending (contact_t *c, promise_kind_t kind)
{
    for (size_t i = 0; i < c->promises_n; i++)
        if (c->promises[i].kind == kind && c->promises[i].state == P_PENDING)
            return &c->promises[i];
    return NULL;
}

/* Percent steps count from how much of the duration has passed, so a pause moves them; steps behind the
 * deadline count from the deadline. Neither counts from when somebody looked. */
void promise_arm_step (const policy_t *policy, promise_t *p, wall_ms_t from, int64_t elapsed)
{
    const policy_ladder_t *ladder = policy_ladder (policy, p->ladder);
    p->step_at = 0;
    if (!ladder || p->step >= ladder->steps_n || p->generation > 0)
        return;
    const policy_step_t *step = &ladder->steps[p->step];
    const calendar_t *hours = hours_of (policy, p);
    if (step->after_ms > 0)
        p->step_at = calendar_add (hours, p->due, step->after_ms);
    else if (step->percent >= 100)
        p->step_at = p->due;
    else {
        int64_t wanted = p->duration_ms / 100 * step->percent + p->duration_ms % 100 * step->percent / 100;
        p->step_at = calendar_add (hours, from, wanted > elapsed ? wanted - elapsed : 0);
    }
}

static void arm_first (turn_t *t, promise_t *p)
{
    if (p->kind != P_ACKNOWLEDGE) {
        promise_arm_step (t->policy, p, p->opened_at, 0);
        return;
    }
    int64_t margin = p->duration_ms / TELL_SHARE > TELL_MARGIN_MS ? p->duration_ms / TELL_SHARE : TELL_MARGIN_MS;
    p->step_at = p->due - margin > p->opened_at ? p->due - margin : p->opened_at + p->duration_ms / 2;
}

/* Whose terms: what the customer says later counts by the channel that they said it on. */
static const char *terms_of (const contact_t *c, promise_kind_t kind, const promise_ask_t *ask)
{
    if (!word_empty (ask->channel))
        return ask->channel;
    bool follows = kind == P_NEXT || kind == P_CALLBACK;
    return follows && *c->reply_channel ? c->reply_channel : c->channel;
}

/* False: nothing is promised. */
static bool draft (const turn_t *t, promise_kind_t kind, const promise_ask_t *ask, promise_t *p, bool *gave_up)
{
    policy_subject_t about = subject_of (t->c, ask->text);
    about.channel = terms_of (t->c, kind, ask);
    promise_terms_t terms = policy_promise (t->policy, kind, &about);
    *gave_up = terms.gave_up;
    memset (p, 0, sizeof (*p));
    p->kind = kind;
    p->state = P_PENDING;
    p->opened_at = t->now;
    p->duration_ms = terms.duration_ms;
    p->generation = ask->generation;
    WORD_COPY (p->hours, terms.hours);
    WORD_COPY (p->ladder, terms.ladder);
    if (terms.duration_ms <= 0)
        return false;
    p->due = calendar_add (hours_of (t->policy, p), t->now, p->duration_ms);
    if (ask->no_later > t->now && ask->no_later < p->due) {
        /* an instant that somebody else's hours led to: what is left until then is all the time there is, and the
         * shares of the ladder are shares of that */
        p->due = ask->no_later;
        p->duration_ms = p->due - t->now;
        p->hours[0] = '\0';
    }
    return true;
}

static bool is_stricter (const contact_t *c, const promise_t *p)
{
    for (size_t i = 0; i < c->promises_n; i++) {
        const promise_t *owed = &c->promises[i];
        if (promise_is_response (owed) && !owed->answered_at && owed->due <= p->due)
            return false;
    }
    return true;
}

void promise_open (turn_t *t, promise_kind_t kind, const promise_ask_t *ask)
{
    contact_t *c = t->c;
    promise_t p;
    bool gave_up;
    if (!draft (t, kind, ask, &p, &gave_up) || (ask->stricter && !is_stricter (c, &p)))
        return;
    if (c->promises_n == PROMISES_MAX) {
        turn_fact_detail (t, FACT (NOTED), "too much is owed at once: no further promise (%s)",
                          promise_kind_name (kind));
        return;
    }
    arm_first (t, &p);
    c->promises[c->promises_n++] = p;
    c->opened++;
    fact_t *fact = turn_fact (t, FACT (PROMISE_OPENED));
    if (gave_up)
        WORD_COPY (fact->detail, "a pattern gave up at its limit: the promise that asks for it did not count");
    fact->promise = kind;
    fact->due = p.due;
    fact->number = p.generation;
}

void promise_drop (turn_t *t, size_t index)
{
    contact_t *c = t->c;
    told_forget (c, c->promises[index].kind);
    memmove (&c->promises[index], &c->promises[index + 1], sizeof (promise_t) * (c->promises_n - index - 1));
    c->promises_n--;
}

static fact_t *ended (turn_t *t, size_t index, fact_kind_t kind)
{
    const promise_t *p = &t->c->promises[index];
    fact_t *fact = turn_fact (t, kind);
    fact->promise = p->kind;
    fact->due = p->due;
    fact->number = p->generation;
    return fact;
}

void promise_keep (turn_t *t, size_t index, wall_ms_t at)
{
    ended (t, index, FACT (PROMISE_KEPT))->at = at;
    t->c->kept++;
    promise_drop (t, index);
}

/* What is on its way in writing is not touched: its delivery decides. */
void promises_spoken (turn_t *t)
{
    contact_t *c = t->c;
    for (size_t i = c->promises_n; i-- > 0;) {
        const promise_t *p = &c->promises[i];
        if (!promise_is_response (p) || p->answered_at)
            continue;
        if (p->state == P_BROKEN)
            promise_drop (t, i);
        else
            promise_keep (t, i, t->now);
    }
}

void promise_release (turn_t *t, size_t index, const char *by, const char *reason)
{
    fact_t *fact = ended (t, index, FACT (PROMISE_RELEASED));
    WORD_COPY (fact->by, by);
    WORD_COPY (fact->detail, reason);
    t->c->released++;
    promise_drop (t, index);
}

/* A promise that was made good for a broken one and breaks too climbs to the manager at once. */
static void compounded (turn_t *t, const promise_t *p)
{
    const char *manager = t->policy->manager->name;
    set_accountable (t, manager, "a promise made good for a broken one was broken too");
    notice_t *notice = turn_notice (t, PURPOSE (STEP), manager);
    notice->promise = p->kind;
    notice->due = p->due;
    notice->urgent = true;
    notice->standing = "Broken again";
    WORD_COPY (notice->detail, "broken again after an apology");
    told_note (t, p->kind, manager, true);
}

/* By when it is made good: a new promise, or the call back that is promised already. 0: it is not. */
static wall_ms_t make_good (turn_t *t, const promise_t *was)
{
    contact_t *c = t->c;
    const promise_t *callback = was->kind == P_FIRST || was->kind == P_NEXT ? promise_pending (c, P_CALLBACK) : NULL;
    if (callback)
        return callback->due;
    if (was->generation >= t->policy->makeup_max)
        return 0;
    size_t before = c->promises_n;
    promise_open (t, was->kind, &(promise_ask_t){.generation = was->generation + 1});
    return c->promises_n > before ? c->promises[c->promises_n - 1].due : 0;
}

/* Said once, so that nobody waits for an apology that will not come. */
static void no_more (turn_t *t, const promise_t *was)
{
    fact_t *fact = turn_fact (t, FACT (NOTED));
    fact->promise = was->kind;
    fact->number = was->generation;
    if (was->generation < t->policy->makeup_max)
        snprintf (fact->detail, sizeof fact->detail, "nothing is promised in its place");
    else if (was->generation)
        snprintf (fact->detail, sizeof fact->detail,
                  "nothing more is promised in its place: %u that made it good were broken, too, and the policy makes "
                  "no more (makeups)",
                  was->generation);
    else
        snprintf (fact->detail, sizeof fact->detail, "nothing is promised in its place: the policy says so (makeups)");
}

/* Whoever reads that we are sorry knows that it has come: an acknowledgement after that has nothing to say. */
static void apology_acknowledges (turn_t *t)
{
    contact_t *c = t->c;
    c->apologised_at = t->now;
    if (c->customer_told)
        return;
    c->customer_told = true;
    for (size_t i = c->promises_n; i-- > 0;) {
        if (c->promises[i].kind != P_ACKNOWLEDGE)
            continue;
        fact_t *fact = turn_fact_detail (t, FACT (NOTICE_LEFT_OUT), "%s: overtaken: the apology tells them",
                                         purpose_name (PURPOSE (ACKNOWLEDGE)));
        WORD_COPY (fact->to, "customer");
        if (t->now <= c->promises[i].due)
            promise_keep (t, i, t->now);
        else
            promise_break (t, i);
    }
}

/* They were told a new time, and it has passed, too: nothing else will be promised, but they do not wait unheard. */
static bool waits_for_more (const promise_t *was)
{
    return was->generation > 0;
}

void promise_break (turn_t *t, size_t index)
{
    contact_t *c = t->c;
    promise_t *p = &c->promises[index];
    ended (t, index, FACT (PROMISE_BROKEN))->at = GUARD ("f26") ? p->due : t->now;
    c->broken++;
    p->state = P_BROKEN;
    promise_t was = *p;
    if (was.kind == P_ACKNOWLEDGE) {
        promise_drop (t, index);
        return;
    }
    if (was.generation > 0)
        compounded (t, &was);
    wall_ms_t due = make_good (t, &was);
    if (!due)
        no_more (t, &was);
    if ((!due && !waits_for_more (&was)) || !can_tell_customer (c))
        return;
    notice_t *notice = turn_notice (t, PURPOSE (APOLOGY), "");
    notice->promise = was.kind;
    notice->due = due;
    apology_acknowledges (t);
}

void promises_pause (turn_t *t)
{
    for (size_t i = 0; i < t->c->promises_n; i++) {
        promise_t *p = &t->c->promises[i];
        if (p->answered_at || p->paused)
            continue;
        p->paused = true;
        /* a broken one has nothing left but the way to its next step */
        if (p->state == P_BROKEN)
            p->left_ms = p->step_at > t->now ? p->step_at - t->now : 0;
        else
            p->left_ms = calendar_between (hours_of (t->policy, p), t->now, p->due);
    }
}

/* A broken one's way to its next steps is as long as it was. */
static void resume_broken (promise_t *p, wall_ms_t at)
{
    if (!p->step_at)
        return;
    int64_t shift = at + p->left_ms - p->step_at;
    p->step_at += shift;
    p->due += shift;
    if (p->step_fired)
        p->step_fired += shift;
}

void promises_resume (turn_t *t, wall_ms_t at)
{
    for (size_t i = 0; i < t->c->promises_n; i++) {
        promise_t *p = &t->c->promises[i];
        if (!p->paused)
            continue;
        p->paused = false;
        if (p->state == P_BROKEN) {
            resume_broken (p, at);
        } else {
            p->due = calendar_add (hours_of (t->policy, p), at, p->left_ms);
            p->repeats = UINT16_MAX; /* a repetition begun before the pause is not taken up again */
            promise_arm_step (t->policy, p, at, p->duration_ms - p->left_ms);
        }
        p->left_ms = 0;
    }
}
