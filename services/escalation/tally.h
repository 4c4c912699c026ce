/* tally.h - what a walk over the open contacts counts besides: states, who waits longest, promises. Pure but for printing. */
#ifndef BUCKSTOP_TALLY_H
#define BUCKSTOP_TALLY_H

#include "contact.h"

#include <stdio.h>

typedef struct tally {
    size_t states[CONTACT_STATES];
    size_t overdue;           /* contacts with a broken promise that is still owed */
    size_t pending;           /* promises */
    size_t unbalanced;        /* contacts against law 2 */
    wall_ms_t oldest_waiting; /* since when; 0: none waits for a person */
    bool partial;             /* some could not be read */
} tally_t;

/* The promises of all workspaces, as the commits counted them. */
typedef struct promise_sums {
    int64_t opened, kept, broken, released;
} promise_sums_t;

void tally_add (tally_t *self, const contact_t *contact);
/* now: the store's; since_ms: how long ago the walk ended. */
void tally_print (const tally_t *self, wall_ms_t now, int64_t since_ms, FILE *out);

bool promise_sums_equal (const promise_sums_t *a, const promise_sums_t *b);
int64_t promise_sums_pending (const promise_sums_t *self);

#endif
