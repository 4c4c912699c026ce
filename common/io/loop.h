/* loop.h - the one loop of a service: zloop with one inner epoll, one timerfd, one signalfd.
 *
 * Nothing that runs on it may block. Handlers run to their end; after each batch the end-of-turn hooks
 * run (flush Redis, run libmicrohttpd, re-arm the timerfd). The fake has a scripted clock. */
#ifndef BUCKSTOP_LOOP_H
#define BUCKSTOP_LOOP_H

#include "histogram.h"
#include "types.h"

typedef struct loop loop_t;
typedef struct loop_timer loop_timer_t;
typedef struct loop_watch loop_watch_t;
typedef void (loop_fn) (void *arg);
typedef void (loop_io_fn) (void *arg, uint32_t events); /* EPOLLIN, EPOLLOUT, ... */

loop_t *loop_new (void); /* blocks SIGINT, SIGTERM, SIGHUP, ignores SIGPIPE: call it before any socket or thread */
void loop_destroy (loop_t **self_p);
/* Runs until loop_stop or a signal to stop. 0, or negative errno. */
int loop_run (loop_t *self);
void loop_stop (loop_t *self);
void loop_on_hangup (loop_t *self, loop_fn *fn, void *arg); /* SIGHUP */
void loop_on_stop (loop_t *self, loop_fn *fn, void *arg);   /* SIGTERM, SIGINT: the first drains, a second stops */

mono_ms_t loop_now (const loop_t *self); /* monotonic */
int64_t loop_now_us (const loop_t *self);

/* One-shot; fn may arm it again. Owned by the loop until it fired or was cancelled: loop_cancel nulls. A
 * handle is dead once fn runs: set your pointer to NULL there. */
loop_timer_t *loop_at (loop_t *self, mono_ms_t when, loop_fn *fn, void *arg);
void loop_cancel (loop_t *self, loop_timer_t **timer_p);

/* Watch a descriptor in the inner epoll. NULL: it can't be watched, errno says why. May be unwatched from
 * any handler, also its own. */
loop_watch_t *loop_watch (loop_t *self, int fd, uint32_t events, loop_io_fn *fn, void *arg);
void loop_watch_change (loop_t *self, loop_watch_t *watch, uint32_t events);
void loop_unwatch (loop_t *self, loop_watch_t **watch_p);
/* Called at the end of every turn, in order of registration. */
void loop_each_turn (loop_t *self, loop_fn *fn, void *arg);
void loop_each_turn_remove (loop_t *self, loop_fn *fn, void *arg);
/* From a hook: run the hooks once more in this turn, since this one gave work to an earlier one. */
void loop_again (loop_t *self);
/* For what has ZeroMQ sockets (bus.c, mail_out.c): the zloop_t below; NULL in the fake. A handler of that
 * zloop opens with loop_turn_begin and closes with `return loop_turn_end (loop);`, which runs the hooks. */
void *loop_zloop (loop_t *self);
void loop_turn_begin (loop_t *self);
int loop_turn_end (loop_t *self);

/* The longest turn since the last call, microseconds; and it starts again. */
int64_t loop_longest_turn_us (loop_t *self);
/* The same in processor time of the loop's thread: on a machine that is too
 * busy a turn is long for want of a processor, and this stays short; where both
 * are long, what is done in one turn is too much. */
int64_t loop_longest_turn_cpu_us (loop_t *self);
/* So long has this turn lasted: who could go on in the next one looks at it. */
int64_t loop_turn_us (const loop_t *self);
/* All of them, by how long they took: whatever is to be done waits as long. */
const histogram_t *loop_turns (const loop_t *self);

#endif
