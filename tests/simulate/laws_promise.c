/* laws_promise.c - law 2 and law 5 of one contact: what is promised does not move, ends once, and its steps are taken in
 * order, each once, counted from the promise and not from when somebody looked. */
#include "sim.h"

#include "words.h"

#include <inttypes.h>

#define FACT(name)      BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name
#define STATE(name)     BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define P_BROKEN_STATE  BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN
#define P_PENDING_STATE BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING

static bool same (const promise_t *a, const promise_t *b)
{
    return a->kind == b->kind && a->opened_at == b->opened_at && a->generation == b->generation;
}

static const promise_t *find (const contact_t *c, const promise_t *like)
{
    for (size_t i = 0; i < c->promises_n; i++)
        if (same (&c->promises[i], like))
            return &c->promises[i];
    return NULL;
}

/* How many there are, and the last of them. */
static size_t with_steps (const contact_t *c, promise_kind_t kind, const promise_t **found)
{
    size_t n = 0;
    for (size_t i = 0; i < c->promises_n; i++)
        if (c->promises[i].kind == kind && c->promises[i].generation == 0) {
            *found = &c->promises[i];
            n++;
        }
    return n;
}

static void stays (const shadow_t *shadow, const promise_t *was, const promise_t *is)
{
    const char *name = promise_kind_name (is->kind);
    if (was->state == P_BROKEN_STATE && is->state == P_PENDING_STATE)
        broken ("2", shadow->id, "%s was broken and is pending again", name);
    if (is->step < was->step)
        broken ("5", shadow->id, "%s is at step %u after %u", name, is->step, was->step);
    if (is->duration_ms != was->duration_ms)
        broken ("5", shadow->id, "the duration of %s changed", name);
    bool paused = was->paused || is->paused;
    if (!paused && is->due != was->due)
        broken ("5", shadow->id, "the deadline of %s moved by %" PRId64 " ms", name, is->due - was->due);
}

/* --- steps ------------------------------------------------------------------------------------------------------ */

static const policy_step_t *step_of (const promise_t *p, unsigned number)
{
    const policy_ladder_t *ladder = policy_ladder (laws_policy (), p->ladder);
    return ladder && number >= 1 && number <= ladder->steps_n ? &ladder->steps[number - 1] : NULL;
}

/* Said again: so long after it was due, a multiple of its interval. A swap that came between may have changed that. */
static void repeats (const shadow_t *shadow, const promise_t *was, const Buckstop__V1__Fact *fact)
{
    const policy_step_t *step = step_of (was, fact->number);
    bool swapped = !laws_policy () || shadow->policy != laws_policy ()->version;
    if (swapped || !step || was->step != fact->number || was->paused)
        return;
    if (step->repeat_ms <= 0)
        broken ("5", shadow->id, "step %u of %s was taken twice", fact->number, promise_kind_name (was->kind));
    if ((fact->at - was->step_fired) % step->repeat_ms != 0)
        broken ("5 (drift)", shadow->id, "step %u of %s was due at %" PRId64 " and is said again at %" PRId64,
                fact->number, promise_kind_name (was->kind), was->step_fired, fact->at);
}

static void one_step (const glance_t *glance, const shadow_t *shadow, const promise_t *was,
                      const Buckstop__V1__Fact *fact, unsigned *current)
{
    const char *name = promise_kind_name (fact->promise);
    if (fact->at > glance->at + faults_set_back ())
        broken ("5", shadow->id, "step %u of %s is taken before its time", fact->number, name);
    if (fact->number == *current + 1)
        (*current)++;
    else if (fact->number != *current || *current == 0 || fact->kind == FACT (STEP_SKIPPED))
        broken ("5", shadow->id, "step %u of %s after step %u", fact->number, name, *current);
    else if (was)
        repeats (shadow, was, fact);
}

static bool is_step (const Buckstop__V1__Fact *fact)
{
    return fact->kind == FACT (STEP) || fact->kind == FACT (STEP_SKIPPED) || fact->kind == FACT (STEP_EMPTY);
}

/* Where two promises of a kind climb at once, which one a fact speaks of can't be told: those are passed over. */
static void steps_in_order (const glance_t *glance, const shadow_t *shadow, const contact_t *after, promise_kind_t kind)
{
    const promise_t *was = NULL, *is = NULL;
    size_t before_n = shadow->known ? with_steps (&shadow->last, kind, &was) : 0;
    size_t after_n = with_steps (after, kind, &is);
    if (before_n > 1 || after_n > 1 || (was && is && !same (was, is)))
        return;
    unsigned current = was ? was->step : 0;
    EACH_FACT (glance, shadow->id, fact)
    if (is_step (fact) && fact->promise == kind)
        one_step (glance, shadow, was, fact, &current);
    if (was && is && is->step != current)
        broken ("5", shadow->id, "%s is at step %u, and its timeline at %u", promise_kind_name (kind), is->step,
                current);
}

/* --- ends --------------------------------------------------------------------------------------------------------- */

static void ends_in_time (const glance_t *glance, const shadow_t *shadow)
{
    bool waited = shadow->known && shadow->last.state == STATE (WAITING);
    EACH_FACT (glance, shadow->id, fact)
    {
        if (fact->kind == FACT (PROMISE_BROKEN) && fact->at != fact->due)
            broken ("2 (time stamps)", shadow->id, "%s broke at %" PRId64 ", it was due at %" PRId64,
                    promise_kind_name (fact->promise), fact->at, fact->due);
        if (fact->kind == FACT (PROMISE_BROKEN) && fact->due > glance->at + faults_set_back ())
            broken ("2 (time stamps)", shadow->id, "%s broke before its time", promise_kind_name (fact->promise));
        if (fact->kind == FACT (PROMISE_KEPT) && fact->at > fact->due && !waited)
            broken ("2 (time stamps)", shadow->id, "%s is said to be kept at %" PRId64 ", it was due at %" PRId64,
                    promise_kind_name (fact->promise), fact->at, fact->due);
        if (fact->kind == FACT (PROMISE_RELEASED) && !*fact->by)
            broken ("2", shadow->id, "%s was released by nobody", promise_kind_name (fact->promise));
    }
}

void laws_see_promises (glance_t *glance, const shadow_t *shadow, const contact_t *after)
{
    for (size_t i = 0; shadow->known && i < after->promises_n; i++) {
        const promise_t *was = find (&shadow->last, &after->promises[i]);
        if (was)
            stays (shadow, was, &after->promises[i]);
    }
    for (int kind = 1; kind < PROMISE_KINDS; kind++)
        steps_in_order (glance, shadow, after, (promise_kind_t)kind);
    ends_in_time (glance, shadow);
}
