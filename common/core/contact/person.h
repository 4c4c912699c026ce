/* person.h - a person's presence and epoch. Pure.
 *
 * Presence is a lease: a heartbeat renews it; when its end is noticed a new epoch begins, and what was offered or
 * owned in an older epoch counts as returned from that moment. The person's timer then drains it. Time in which
 * nobody could be heard (hearing.h) is not held against them: presence lasts as long again behind it. */
#ifndef BUCKSTOP_PERSON_H
#define BUCKSTOP_PERSON_H

#include "hearing.h"
#include "types.h"

typedef struct person {
    char name[NAME_SIZE], workspace[NAME_SIZE], display[DISPLAY_SIZE];
    uint64_t version;
    uint32_t epoch; /* 1 for a new person */
    bool present;
    wall_ms_t present_until;
    uint32_t drained_epoch; /* every epoch below it is drained; == epoch: nothing to drain */
    bool leaving;           /* the policy names them no more; gone when drained */
} person_t;

typedef enum person_event {
    PERSON_HEARTBEAT, /* present, until now + presence */
    PERSON_AWAY,      /* says so */
    PERSON_TIME,      /* the timer */
    PERSON_LEAVE,     /* the policy names them no more */
    PERSON_RETURN,    /* the policy names them again */
    PERSON_DRAINED,   /* nothing of older epochs is left */
} person_event_t;

typedef enum person_outcome {
    PERSON_CHANGED,
    PERSON_RENEWED, /* only present_until moved: no event is due */
    PERSON_SAME,    /* nothing to commit */
    PERSON_REFUSED, /* a heartbeat of somebody who is leaving */
} person_outcome_t;

/* before->version 0: not in the store yet (name and workspace are set). `hearing` may be NULL: nothing is known of gaps.
 * PERSON_TIME of somebody who is prolonged says RENEWED: commit it, or the timer stands wrong. So it does of somebody who
 * is present for longer than a heartbeat now would say: the clock was set back. */
person_outcome_t person_apply (const person_t *before, person_event_t event, wall_ms_t now, int64_t presence_ms,
                               const hearing_t *hearing, person_t *after);
/* When the record must be looked at: the end of presence, or at once (1) while something is to be drained;
 * 0: no timer. */
wall_ms_t person_next_due (const person_t *self);
bool person_present (const person_t *self, wall_ms_t now);

#endif
