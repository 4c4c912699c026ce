/* workers.h - threads for what would hold up the loop: reading a large mail, writing a file. */
#ifndef BUCKSTOP_WORKERS_H
#define BUCKSTOP_WORKERS_H

#include "loop.h"

typedef struct workers workers_t;
typedef void (workers_fn) (void *arg);

/* NULL: no thread can be had. */
workers_t *workers_new (loop_t *loop, int threads);
/* Waits for what is begun; of what is not, only `done` is called. */
void workers_destroy (workers_t **self_p);
/* `work` in a thread, first come first served; then `done` on the loop: once, never from within. arg is the thread's until
 * then. */
void workers_do (workers_t *self, workers_fn *work, workers_fn *done, void *arg);
size_t workers_busy (const workers_t *self); /* not done yet */

#endif
