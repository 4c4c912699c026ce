/* contact_hold.c - who holds a contact: owner, offer, transfer, exclusion, and the way back to routing. */
#include "contact_private.h"

#include <stdio.h>
#include <string.h>

void clear_offer (turn_t *t)
{
    t->c->offered_to[0] = '\0';
    t->c->offer_epoch = 0;
    t->c->offer_expires = 0;
    t->c->offered_at = 0;
    t->c->offer_ends = 0;
}

void clear_transfer (turn_t *t)
{
    t->c->transfer_team[0] = '\0';
    t->c->transfer_to[0] = '\0';
    t->c->transfer_words[0] = '\0';
    t->c->handoff_at = 0;
    t->c->handoff_tries = 0;
}

void want_somebody (turn_t *t)
{
    contact_t *c = t->c;
    c->state = S_RECEIVED;
    c->handoff_at = t->now + HANDOFF_FIRST_MS;
    c->handoff_tries = 0;
    c->relax_at = 0;
}

static int64_t pause_ms (unsigned times, const policy_t *policy)
{
    int64_t pause = policy->decline_ms < ASK_AGAIN_MS ? policy->decline_ms : ASK_AGAIN_MS;
    for (unsigned i = 1; i < times && pause < ASK_AGAIN_MAX_MS; i++)
        pause *= 2;
    return pause < ASK_AGAIN_MAX_MS ? pause : ASK_AGAIN_MAX_MS;
}

/* Even a short `decline` has nobody called without end. */
static int64_t exclusion_ms (unsigned times, const policy_t *policy)
{
    int64_t pause = pause_ms (times, policy);
    return pause > policy->decline_ms ? pause : policy->decline_ms;
}

wall_ms_t exclusion_again_at (const exclusion_t *self, const policy_t *policy)
{
    return self->until - exclusion_ms (self->times, policy) + pause_ms (self->times, policy);
}

/* Of an epoch of theirs that is over: who comes anew is not held to it. */
static bool is_former (const exclusion_t *self, uint32_t epoch)
{
    return self->epoch && epoch > self->epoch;
}

bool contact_excludes (const contact_t *self, const char *person, uint32_t epoch, bool again, wall_ms_t now,
                       const policy_t *policy)
{
    if (word_same (self->transfer_to, person))
        return false;
    for (size_t i = 0; i < self->excluded_n; i++) {
        const exclusion_t *theirs = &self->excluded[i];
        if (!word_same (theirs->person, person) || theirs->until <= now)
            continue;
        return !again || (now < exclusion_again_at (theirs, policy) && !is_former (theirs, epoch));
    }
    return false;
}

/* One that has ended, else the oldest: exclusions are a courtesy, not a law. */
static size_t who_gives_way (const contact_t *c, wall_ms_t now)
{
    for (size_t i = 0; i < EXCLUSIONS_MAX; i++)
        if (c->excluded[i].until <= now)
            return i;
    return 0;
}

void exclude (turn_t *t, const char *person, uint32_t epoch)
{
    contact_t *c = t->c;
    exclusion_t next = {.times = 1, .epoch = epoch};
    size_t kept = 0;
    for (size_t i = 0; i < c->excluded_n; i++)
        if (!word_same (c->excluded[i].person, person))
            c->excluded[kept++] = c->excluded[i];
        else if (c->excluded[i].epoch == epoch)
            next.times += c->excluded[i].times;
    if (kept == EXCLUSIONS_MAX) {
        size_t at = who_gives_way (c, t->now);
        kept--;
        memmove (c->excluded + at, c->excluded + at + 1, sizeof (c->excluded[0]) * (kept - at));
    }
    WORD_COPY (next.person, person);
    next.until = t->now + exclusion_ms (next.times, t->policy);
    c->excluded[kept] = next;
    c->excluded_n = kept + 1;
}

static int promise_index (const contact_t *c, promise_kind_t kind)
{
    for (size_t i = 0; i < c->promises_n; i++)
        if (c->promises[i].kind == kind)
            return (int)i;
    return -1;
}

/* Says once that it arrived, who takes care and until when they will hear. */
void tell_customer (turn_t *t)
{
    contact_t *c = t->c;
    int index = promise_index (c, P_ACKNOWLEDGE);
    if (c->customer_told || !can_tell_customer (c))
        return;
    c->customer_told = true;
    notice_t *notice = turn_notice (t, PURPOSE (ACKNOWLEDGE), "");
    notice->promise = P_ACKNOWLEDGE;
    for (size_t i = 0; i < c->promises_n; i++)
        if (promise_is_response (&c->promises[i])) {
            notice->promise = c->promises[i].kind;
            notice->due = c->promises[i].due;
        }
    if (index >= 0 && t->now <= c->promises[index].due)
        promise_keep (t, (size_t)index, t->now);
    else if (index >= 0)
        promise_break (t, (size_t)index);
}

/* What failures.md 13 is about: elsewhere a new owner starts the customer's waiting time again. */
static void restart_promises (turn_t *t)
{
    for (size_t i = 0; i < t->c->promises_n; i++)
        t->c->promises[i].due = t->now + t->c->promises[i].duration_ms;
}

void become_owner (turn_t *t, const char *person, uint32_t epoch, const char *how)
{
    contact_t *c = t->c;
    fact_t *fact = turn_fact_detail (t, FACT (ACCEPTED), "%s", how);
    WORD_COPY (fact->by, person);
    WORD_COPY (c->owner, person);
    c->owner_epoch = epoch;
    c->owned_at = t->now;
    c->preferred[0] = '\0';
    c->preferred_until = 0;
    clear_offer (t);
    clear_transfer (t);
    c->relax_at = 0;
    c->state = S_OWNED;
    c->review_at = t->now + t->policy->review_ms;
    set_accountable (t, person, "accepted it");
    if (!GUARD ("f13"))
        restart_promises (t);
    tell_customer (t);
}

void end_pause (turn_t *t, wall_ms_t at, const char *why)
{
    contact_t *c = t->c;
    turn_fact_detail (t, FACT (PAUSE_ENDED), "%s", why)->at = at;
    c->pause_left_ms = c->pause_ends_at > at ? c->pause_ends_at - at : 0;
    c->pause_ends_at = 0;
    c->state = S_OWNED;
    promises_resume (t, at);
}

void give_up_owner (turn_t *t, const char *why)
{
    contact_t *c = t->c;
    if (c->state == S_WAITING)
        end_pause (t, t->now, why);
    c->owner[0] = '\0';
    c->owner_epoch = 0;
    c->owned_at = 0;
    clear_offer (t);
    clear_transfer (t);
    c->waiting_since = t->now;
    set_accountable (t, duty_lead (t->policy, c)->name, why);
    want_somebody (t);
}

void move_to (turn_t *t, const policy_target_t *target, const char *by, const char *why)
{
    contact_t *c = t->c;
    const char *team = target->kind == TELL_TEAM && target->team ? target->team->name : c->team;
    contact_t there = *c;
    WORD_COPY (there.team, team);
    const policy_person_t *person = target->kind == TELL_MANAGER  ? t->policy->manager
                                    : target->kind == TELL_PERSON ? target->person
                                                                  : duty_lead (t->policy, &there);
    if (word_same (c->owner, person->name))
        return;
    WORD_COPY (c->team, team);
    bool owned = !word_empty (c->owner);
    fact_t *fact = turn_fact_detail (t, FACT (MOVED), "%s%s%s", why, owned ? "; until now it was with " : "", c->owner);
    WORD_COPY (fact->by, by);
    WORD_COPY (fact->to, target->kind == TELL_TEAM ? c->team : person->name);
    if (owned)
        exclude (t, c->owner, c->owner_epoch);
    if (!word_empty (c->offered_to) && !word_same (c->offered_to, person->name))
        exclude (t, c->offered_to, c->offer_epoch);
    give_up_owner (t, why);
    set_accountable (t, person->name, why);
    if (target->kind != TELL_TEAM) {
        WORD_COPY (c->preferred, person->name);
        c->preferred_until = t->now + t->policy->decline_ms;
    }
}

static void transfer_goes_on (turn_t *t)
{
    contact_t *c = t->c;
    if (word_empty (c->transfer_to)) { /* to a team: ask the next of them */
        c->handoff_at = t->now + HANDOFF_FIRST_MS;
        c->handoff_tries = 0;
        return;
    }
    fact_t *fact = turn_fact_detail (t, FACT (TRANSFER_FAILED), "it was not accepted");
    WORD_COPY (fact->to, c->transfer_to);
    notice_t *notice = turn_notice (t, PURPOSE (ASSIGNED), c->owner);
    snprintf (notice->detail, sizeof (notice->detail), "%s did not take it over: it stays with you", c->transfer_to);
    clear_transfer (t);
}

/* A transfer to somebody by name ends with their answer. */
static void say_again (const turn_t *t, fact_t *fact)
{
    const exclusion_t *last = &t->c->excluded[t->c->excluded_n - 1];
    if (fact && word_empty (t->c->transfer_to))
        snprintf (fact->detail, sizeof (fact->detail), "asked again in %lld s if nobody else can take it",
                  (long long)(pause_ms (last->times, t->policy) / MS_PER_SECOND));
}

void offer_is_over (turn_t *t, fact_t *fact)
{
    contact_t *c = t->c;
    if (GUARD ("f06")) {
        exclude (t, c->offered_to, c->offer_epoch);
        say_again (t, fact);
    }
    clear_offer (t);
    if (c->state == S_OFFERED)
        want_somebody (t);
    else
        transfer_goes_on (t);
}

wall_ms_t queue_clock (const turn_t *t)
{
    const contact_t *c = t->c;
    wall_ms_t next = TIME_NEVER;
    const policy_rule_t *rule = policy_rule (t->policy, c->rule);
    for (size_t i = 0; rule && i < rule->relax_n; i++) {
        wall_ms_t at = c->waiting_since + rule->relax[i].after_ms;
        if (at > t->now && at < next)
            next = at;
    }
    if (c->preferred_until > t->now && c->preferred_until < next)
        next = c->preferred_until;
    for (size_t i = 0; i < c->excluded_n; i++)
        if (c->excluded[i].until > t->now && c->excluded[i].until < next)
            next = c->excluded[i].until;
    return next == TIME_NEVER ? 0 : next;
}
