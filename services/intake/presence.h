/* presence.h - a person is here, or away: one commit on the person's record. */
#ifndef BUCKSTOP_PRESENCE_H
#define BUCKSTOP_PRESENCE_H

#include "ask.h"
#include "person.h"

typedef enum presence_outcome {
    PRESENCE_DONE,
    PRESENCE_LEAVING, /* the policy names them no more */
    PRESENCE_GONE,    /* neither does it name them now: nothing was done */
    PRESENCE_BUSY,
    PRESENCE_BROKEN,
    PRESENCE_STUCK, /* a key that others share is bad */
    PRESENCE_AWAY,  /* the store is */
} presence_outcome_t;

typedef void (presence_fn) (void *arg, presence_outcome_t outcome, const person_t *person); /* person: DONE */

/* event: PERSON_HEARTBEAT or PERSON_AWAY. fn comes exactly once, never from within. */
void presence_change (intake_t *intake, const char *workspace, const char *person, person_event_t event,
                      presence_fn *fn, void *arg);
/* Refuses for every outcome but DONE. */
void presence_refuse (ask_t **ask_p, presence_outcome_t outcome, const char *person);

#endif
