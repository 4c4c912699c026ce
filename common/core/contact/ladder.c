/* ladder.c - the steps around a deadline: who is told, where it moves, how often it is said again.
 *
 * After a late wake only the highest overdue step speaks; the moves and priorities of those below are
 * folded in. A step that names nobody advances at once. Repetitions count from when the step was due. */
#include "contact_private.h"

#include <stdio.h>

static const char *target_person (const turn_t *t, const policy_target_t *target)
{
    const contact_t *c = t->c;
    switch (target->kind) {
    case TELL_OWNER:
        return c->owner;
    case TELL_LEAD:
        return duty_lead (t->policy, c)->name;
    case TELL_MANAGER:
        return t->policy->manager->name;
    case TELL_ACCOUNTABLE:
        return c->accountable;
    case TELL_PERSON:
        return target->person ? target->person->name : "";
    case TELL_TEAM:
        break;
    }
    return "";
}

/* The one of longest ago gives way when the list is full: then what waits for them still goes out, only more than needed. */
void told_note (turn_t *t, promise_kind_t promise, const char *person, bool urgent)
{
    contact_t *c = t->c;
    size_t at = 0, oldest = 0;
    while (at < c->told_n && !(c->told[at].promise == promise && word_same (c->told[at].person, person)))
        at++;
    for (size_t i = 1; i < c->told_n; i++)
        if (c->told[i].at < c->told[oldest].at)
            oldest = i;
    if (at == TOLD_MAX)
        at = oldest;
    else if (at == c->told_n)
        c->told_n++;
    c->told[at].promise = promise;
    c->told[at].at = t->now;
    c->told[at].urgent = urgent;
    WORD_COPY (c->told[at].person, person);
}

void told_forget (contact_t *c, promise_kind_t promise)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->told_n; i++)
        if (c->told[i].promise != promise)
            c->told[kept++] = c->told[i];
    c->told_n = kept;
}

static void tell_person (turn_t *t, const promise_t *p, const policy_step_t *step, const char *person)
{
    for (size_t i = 0; i < t->fx->notices_n; i++) /* lead and manager may be one person: told once */
        if (t->fx->notices[i].purpose == PURPOSE (STEP) && word_same (t->fx->notices[i].person, person) &&
            t->fx->notices[i].promise == p->kind)
            return;
    notice_t *notice = turn_notice (t, PURPOSE (STEP), person);
    notice->promise = p->kind;
    notice->due = p->due;
    notice->urgent = step->urgent;
    notice->standing = p->state == P_BROKEN ? "Broken" : "At risk";
    WORD_COPY (notice->detail, p->state == P_BROKEN ? "the promise is broken" : "the promise is at risk");
    told_note (t, p->kind, person, step->urgent);
}

/* Returns how many were told. */
static size_t tell_target (turn_t *t, const promise_t *p, const policy_step_t *step, const policy_target_t *target)
{
    if (target->kind == TELL_TEAM) {
        size_t n = target->team ? target->team->members_n : 0;
        for (size_t i = 0; i < n; i++)
            tell_person (t, p, step, target->team->members[i]->name);
        return n;
    }
    const char *person = target_person (t, target);
    if (word_empty (person))
        return 0;
    tell_person (t, p, step, person);
    return 1;
}

static void name_told (const turn_t *t, fact_t *fact, size_t first)
{
    int used = snprintf (fact->detail, sizeof (fact->detail), "told");
    for (size_t i = first; i < t->fx->notices_n && used < (int)sizeof (fact->detail); i++)
        used += snprintf (fact->detail + used, sizeof (fact->detail) - (size_t)used, "%s%s", i == first ? " " : ", ",
                          t->fx->notices[i].person);
    if (first < t->fx->notices_n)
        WORD_COPY (fact->to, t->fx->notices[first].person);
}

static size_t speak (turn_t *t, const promise_t *p, const policy_step_t *step, unsigned number, wall_ms_t at)
{
    size_t told = 0, first = t->fx->notices_n;
    for (size_t i = 0; i < step->tell_n; i++)
        told += tell_target (t, p, step, &step->tell[i]);
    fact_t *fact = turn_fact (t, told ? FACT (STEP) : FACT (STEP_EMPTY));
    fact->at = at;
    fact->promise = p->kind;
    fact->due = p->due;
    fact->number = number + 1;
    if (!told)
        WORD_COPY (fact->detail, "the step names nobody now: the next one is taken at once");
    else
        name_told (t, fact, first);
    return told;
}

static void fold (turn_t *t, const policy_step_t *step, const policy_target_t **move)
{
    t->c->priority += step->priority;
    if (step->move)
        *move = step->move;
}

static void skipped (turn_t *t, const promise_t *p, wall_ms_t at)
{
    fact_t *fact = turn_fact_detail (t, FACT (STEP_SKIPPED), "a later step is due too: only that one is said");
    fact->at = at;
    fact->promise = p->kind;
    fact->number = p->step + 1;
}

/* Where the next thing is due after the step that fired: its repetition or the next step. */
static void arm_after (turn_t *t, promise_t *p, const policy_ladder_t *ladder)
{
    const policy_step_t *fired = &ladder->steps[p->step - 1];
    promise_arm_step (t->policy, p, p->step_fired, p->duration_ms * fired->percent / 100);
    if (!GUARD ("f31"))
        p->step_at = 0;
    if (fired->repeat_ms <= 0 || p->repeats >= fired->repeat_max)
        return;
    wall_ms_t from = GUARD ("f24") ? p->step_fired : t->now;
    wall_ms_t again = from + fired->repeat_ms * (GUARD ("f24") ? p->repeats + 1 : 1);
    if (p->step_at == 0 || again < p->step_at)
        p->step_at = again;
}

static bool is_repetition (const turn_t *t, const promise_t *p, const policy_ladder_t *ladder)
{
    if (p->step == 0 || p->step_fired == 0 || p->step > ladder->steps_n)
        return false;
    promise_t next = *p;
    promise_arm_step (t->policy, &next, p->step_fired, p->duration_ms * ladder->steps[p->step - 1].percent / 100);
    return next.step_at == 0 || next.step_at > t->now;
}

/* Missed repetitions are said once: the count jumps to the one that is due last. A policy that repeats it no more may
 * have come since it was armed: then only what follows is armed. */
static void repeat (turn_t *t, promise_t *p, const policy_ladder_t *ladder)
{
    const policy_step_t *step = &ladder->steps[p->step - 1];
    wall_ms_t at = p->step_at;
    if (step->repeat_ms <= 0) {
        arm_after (t, p, ladder);
        return;
    }
    if (t->now > p->step_fired) {
        int64_t passed = (t->now - p->step_fired) / step->repeat_ms;
        p->repeats = passed > (int64_t)p->repeats ? (unsigned)passed : p->repeats + 1;
    }
    speak (t, p, step, p->step - 1, at);
    arm_after (t, p, ladder);
}

static void acknowledgement_ended (turn_t *t)
{
    contact_t *c = t->c;
    if (!c->acknowledged_until || c->acknowledged_until > t->now)
        return;
    fact_t *fact = turn_fact_detail (t, FACT (ACKNOWLEDGEMENT_EXPIRED), "nothing was answered since");
    fact->at = c->acknowledged_until;
    WORD_COPY (fact->by, c->acknowledged_by);
    c->acknowledged_until = 0;
    c->acknowledged_by[0] = '\0';
}

/* Takes steps until the next lies ahead: skips to the highest overdue one, and over those that name nobody. What is at
 * the deadline or behind it waits until the promise is broken: that clock comes first. Where they move it, *mover is the
 * number of the step that says to whom. */
static const policy_target_t *take_steps (turn_t *t, promise_t *p, const policy_ladder_t *ladder, unsigned *mover)
{
    const policy_target_t *move = NULL;
    bool early = false; /* the one before named nobody: this one does not wait for its time */
    while (p->step < ladder->steps_n && p->step_at && (early || p->step_at <= t->now)) {
        const policy_step_t *step = &ladder->steps[p->step];
        wall_ms_t at = p->step_at;
        if (p->state == P_PENDING && at >= p->due && p->due <= t->now)
            break;
        fold (t, step, &move);
        *mover = step->move ? p->step + 1 : *mover;
        promise_t ahead = *p;
        ahead.step++;
        promise_arm_step (t->policy, &ahead, at, p->duration_ms * step->percent / 100);
        bool overtaken = GUARD ("f25") && ahead.step_at && ahead.step_at <= t->now;
        size_t told = 0;
        if (overtaken)
            skipped (t, p, at);
        else
            told = speak (t, p, step, p->step, at < t->now ? at : t->now);
        p->step++;
        p->step_fired = at; /* its own time, also when it spoke early: what follows counts from there */
        p->repeats = 0;
        arm_after (t, p, ladder);
        early = !overtaken && !told && !step->move && GUARD ("f23");
    }
    return move;
}

/* The step is what moves it, and the timeline says so. */
static void climb_to (turn_t *t, const policy_target_t *target, const promise_t *p, unsigned step)
{
    char why[DETAIL_SIZE];
    snprintf (why, sizeof why, "escalation step %u of %s", step, promise_kind_name (p->kind));
    move_to (t, target, "", word_spaced (why));
}

void ladder_climb (turn_t *t, size_t index)
{
    promise_t *p = &t->c->promises[index];
    const policy_ladder_t *ladder = policy_ladder (t->policy, p->ladder);
    acknowledgement_ended (t);
    if (!ladder || p->step > ladder->steps_n) {
        p->step_at = 0; /* the policy has a shorter ladder now */
        return;
    }
    if (is_repetition (t, p, ladder)) {
        repeat (t, p, ladder);
        return;
    }
    unsigned mover = 0;
    const policy_target_t *move = take_steps (t, p, ladder, &mover);
    if (move)
        climb_to (t, move, p, mover);
}
