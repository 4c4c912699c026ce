/* chores.h - work that takes long, a bit in each turn of the loop: a search over all contacts, pages, greetings. */
#ifndef BUCKSTOP_CHORES_H
#define BUCKSTOP_CHORES_H

#include "loop.h"

typedef struct chores chores_t;
/* Does a bit, of a millisecond or few; true: there is more to do, and it is called again. over: there is no other
 * time, it ends what it began. */
typedef bool (chore_fn) (void *arg, bool over);

chores_t *chores_new (loop_t *loop);
/* All that is still to be done is told that it is over. */
void chores_destroy (chores_t **self_p);
/* Its first bit comes in a later turn; those that wait go on one after the other, in a ring. */
void chores_add (chores_t *self, chore_fn *fn, void *arg);

#endif
