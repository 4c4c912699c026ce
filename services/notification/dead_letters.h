/* dead_letters.h - deliveries that failed for good: their list, and sending one again. */
#ifndef BUCKSTOP_DEAD_LETTERS_H
#define BUCKSTOP_DEAD_LETTERS_H

#include "delivery.h"
#include "store.h"

enum { DEAD_LETTERS_MAX = 64 }; /* a page */

typedef struct dead_letter {
    delivery_t delivery; /* last_error says why */
    wall_ms_t died_at;
} dead_letter_t;

/* Valid only during the call. */
typedef struct dead_letters {
    bool away;       /* the store could not be asked */
    bool wrong_type; /* their key holds something else */
    const dead_letter_t *items;
    size_t n;
    size_t unreadable; /* more of them, whose records are gone or can't be read */
    int64_t next;      /* offset of the next page; 0: this was the last */
} dead_letters_t;
typedef void (dead_letters_fn) (void *arg, const dead_letters_t *letters);

/* A page of a workspace's dead letters, oldest first, from an offset. The callback comes exactly once. */
void dead_letters_list (store_t *store, const char *workspace, int64_t offset, dead_letters_fn *fn, void *arg);

typedef enum replay_outcome {
    REPLAY_DONE,
    REPLAY_MISSING,  /* there is no such delivery */
    REPLAY_NOT_DEAD, /* it is still being tried */
    REPLAY_BROKEN,   /* its record can't be read */
    REPLAY_CHANGED,  /* somebody was faster: look again */
    REPLAY_AWAY,     /* the store could not be asked; it may have happened */
} replay_outcome_t;
typedef void (replay_fn) (void *arg, replay_outcome_t outcome);

/* Sends one again: due now, its attempts counted from 0, the same id and the same bytes. `by` is who asks (a
 * person's name, or ""): the event says so, and the contact's timeline if it is there. The callback comes exactly once. */
void dead_letter_replay (store_t *store, const char *workspace, const char *id, const char *by, replay_fn *fn,
                         void *arg);

#endif
