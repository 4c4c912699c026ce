/* person.c - a person's presence and epoch.
 *
 * Presence is a lease. Whatever ends it (a word, the timer, a policy) begins a new epoch, so that one
 * commit on this record returns all that the person held; what is left is drained contact by contact.
 * Somebody who was never present has nothing to return: the epoch stays. */
#include "person.h"

#include "clock_offset.h"
#include "guard.h"

static void begin_epoch (person_t *self)
{
    self->present = false;
    self->present_until = 0;
    if (GUARD ("f02"))
        self->epoch++;
}

static person_outcome_t on_heartbeat (person_t *self, wall_ms_t now, int64_t presence_ms)
{
    if (self->leaving)
        return PERSON_REFUSED;
    bool renewed = self->present;
    self->present = true;
    self->present_until = now + presence_ms;
    return renewed ? PERSON_RENEWED : PERSON_CHANGED;
}

static person_outcome_t on_away (person_t *self)
{
    if (!self->present)
        return PERSON_SAME;
    begin_epoch (self);
    return PERSON_CHANGED;
}

static person_outcome_t on_leave (person_t *self)
{
    if (self->leaving)
        return PERSON_SAME;
    self->leaving = true;
    begin_epoch (self);
    return PERSON_CHANGED;
}

static person_outcome_t on_return (person_t *self)
{
    if (!self->leaving)
        return PERSON_SAME;
    self->leaving = false;
    return PERSON_CHANGED;
}

/* `epoch` is the one that the person was in while the older ones were drained: a newer one may begin just now. */
static person_outcome_t on_drained (person_t *self, uint32_t epoch)
{
    if (self->drained_epoch >= epoch)
        return PERSON_SAME;
    self->drained_epoch = epoch;
    return PERSON_CHANGED;
}

/* It ended, and somebody would have been heard since. */
static bool presence_lapsed (person_t *self, wall_ms_t now, int64_t presence_ms, const hearing_t *hearing)
{
    if (!self->present || self->present_until > now)
        return false;
    self->present_until = hearing_presence_end (hearing, now, self->present_until, presence_ms);
    return self->present_until <= now;
}

/* A clock that was set back leaves presence behind that no heartbeat would give now. */
static void pull_back (person_t *self, wall_ms_t now, int64_t presence_ms)
{
    if (presence_ms && self->present && self->present_until > now + presence_ms + CLOCK_JUMP_MS)
        self->present_until = now + presence_ms;
}

person_outcome_t person_apply (const person_t *before, person_event_t event, wall_ms_t now, int64_t presence_ms,
                               const hearing_t *hearing, person_t *after)
{
    *after = *before;
    if (after->epoch == 0) {
        after->epoch = 1;
        after->drained_epoch = 1;
    }
    uint32_t epoch = after->epoch;
    /* presence that ran out before this event ended then, whoever looks first; but a heartbeat that comes before
     * anybody looked renews it: it may be us who could not hear */
    bool lapsed = event != PERSON_HEARTBEAT && presence_lapsed (after, now, presence_ms, hearing);
    if (lapsed)
        begin_epoch (after);
    person_outcome_t outcome = PERSON_SAME;
    switch (event) {
    case PERSON_HEARTBEAT:
        outcome = on_heartbeat (after, now, presence_ms);
        break;
    case PERSON_AWAY:
        outcome = on_away (after);
        break;
    case PERSON_LEAVE:
        outcome = on_leave (after);
        break;
    case PERSON_RETURN:
        outcome = on_return (after);
        break;
    case PERSON_DRAINED:
        outcome = on_drained (after, epoch);
        break;
    case PERSON_TIME:
        pull_back (after, now, presence_ms);
        outcome = after->present_until != before->present_until ? PERSON_RENEWED : PERSON_SAME;
        break;
    }
    if (outcome == PERSON_REFUSED)
        return outcome;
    return lapsed ? PERSON_CHANGED : outcome;
}

wall_ms_t person_next_due (const person_t *self)
{
    if (self->drained_epoch < self->epoch)
        return 1;
    return self->present ? self->present_until : 0;
}

bool person_present (const person_t *self, wall_ms_t now)
{
    return self->present && !self->leaving && self->present_until > now;
}
