/* next_way.h - a notice to a person failed for good by one way: the next comes forward at once, or there is none left. */
#ifndef BUCKSTOP_NEXT_WAY_H
#define BUCKSTOP_NEXT_WAY_H

#include "delivery.h"
#include "store.h"

typedef enum next_way_outcome {
    NEXT_WAY_COMES, /* another is tried, or will be: it is due now */
    NEXT_WAY_TOLD,  /* by another way they were told, or there is no reason any more */
    NEXT_WAY_NONE,  /* every way has failed for good */
    NEXT_WAY_AWAY,  /* the store could not be asked: the others keep their times */
} next_way_outcome_t;
typedef void (next_way_fn) (void *arg, next_way_outcome_t outcome);

/* Looks at the other ways of the same notice (their ids are neighbours, ids.h), and moves the next that still waits. The
 * callback comes exactly once, never from within. What it is given is copied. */
void next_way (store_t *store, const delivery_t *failed, next_way_fn *fn, void *arg);

#endif
