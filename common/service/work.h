/* work.h - the five steps for a contact: load, decide, commit, send; again when somebody was faster. */
#ifndef BUCKSTOP_WORK_H
#define BUCKSTOP_WORK_H

#include "contact.h"
#include "plan.h"
#include "service.h"

enum { WORK_TRIES_MAX = 6 };

typedef enum work_outcome {
    WORK_DONE,
    WORK_ALREADY,  /* this event was committed before */
    WORK_REFUSED,  /* the state machine says no: `apply` and `why` */
    WORK_CHECK,    /* an extra check of the caller's failed: `answer` */
    WORK_ROOM,     /* the person has no room, or is of a newer epoch: `answer` */
    WORK_MISSING,  /* no such contact, or no such workspace */
    WORK_BROKEN,   /* the record can't be read */
    WORK_STUCK,    /* a key that the commit needs is bad: `answer` names it; NULL: it is the workspace's record */
    WORK_AWAY,     /* the store can't be asked */
    WORK_CONFLICT, /* WORK_TRIES_MAX times somebody was faster */
} work_outcome_t;

typedef struct work_result {
    work_outcome_t outcome;
    apply_outcome_t apply;
    const char *why;
    const contact_t *contact;      /* as committed, or as found; NULL: none */
    const commit_answer_t *answer; /* CHECK, ROOM */
    const effects_t *effects;      /* DONE */
    wall_ms_t at;                  /* DONE: the store's time of the commit; 0 else */
} work_result_t;

typedef struct work work_t;
/* Called before each commit: add checks and writes of your own (idempotency key, thread index, a delivery's
 * record). Optional. */
typedef void (work_extra_fn) (void *arg, commit_t *commit, const contact_t *after);
/* Called with a fresh load before each decision: fill in or change the event (it may have been decided on
 * an older version). Return false: nothing to do any more (outcome REFUSED, STALE). Optional. */
typedef bool (work_decide_fn) (void *arg, const contact_t *before, wall_ms_t now, const policy_t *policy,
                               contact_event_t *event);
typedef void (work_done_fn) (void *arg, const work_result_t *result); /* valid only during the call */

typedef struct work_order {
    service_t *service;
    const char *workspace, *contact; /* copied */
    contact_event_t event;           /* strings in it are copied (also the submission's) */
    const void *record; /* the contact as just read or leased, never from a message: saves the load; or NULL */
    size_t record_size;
    wall_ms_t now;  /* 0: store_now at decision; time events give the lease's */
    int timeout_ms; /* 0: STORE_TIMEOUT_MS */
    work_extra_fn *extra;
    work_decide_fn *decide;
    work_done_fn *done;
    void *arg;
} work_order_t;

/* Begins; `done` comes exactly once, never from within. Hints go out after the commit. For EVENT_OPEN
 * nothing is loaded: event.contact is the new id. */
void work_begin (const work_order_t *order);
size_t work_open (void); /* begun and not done */

#endif
