/* outbox_waiting.h - what is in the outbox and should have gone by now, for whoever asks why nothing arrives. */
#ifndef BUCKSTOP_OUTBOX_WAITING_H
#define BUCKSTOP_OUTBOX_WAITING_H

#include "store.h"

enum {
    WAITING_LOOKED_MAX = 1024, /* rows of the shard, those that are due first */
    WAITING_LATE_MS = 5000,    /* untried and due for longer: nobody sends */
};

/* Valid only during the call. */
typedef struct outbox_waiting {
    bool away;       /* the store could not be asked */
    bool wrong_type; /* their key holds something else */
    size_t n;
    bool more;       /* not all rows were looked at: there may be more */
    wall_ms_t since; /* the oldest waits since then; 0: there is none */
    size_t open_n;   /* of those: whose sending nobody holds (hold.h) */
    wall_ms_t open_since;
    char why[DETAIL_SIZE]; /* as was said when that one was tried last; "": it was not */
} outbox_waiting_t;
typedef void (outbox_waiting_fn) (void *arg, const outbox_waiting_t *waiting);

/* Deliveries of a workspace that were tried in vain, were held, or are due and nobody sends them; not what waits for its
 * own time (a further way, quiet hours). The callback comes exactly once. */
void outbox_waiting (store_t *store, const char *workspace, outbox_waiting_fn *fn, void *arg);

#endif
