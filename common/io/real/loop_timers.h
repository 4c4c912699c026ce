/* loop_timers.h - the timers of one loop: a heap by time, then by order of arming. Private to loop.c. */
#ifndef BUCKSTOP_LOOP_TIMERS_H
#define BUCKSTOP_LOOP_TIMERS_H

#include "loop.h"

typedef struct loop_timers {
    loop_timer_t **heap;
    size_t n, room;
    uint64_t armed; /* how many were ever armed: the order among equals */
} loop_timers_t;

void loop_timers_clear (loop_timers_t *self);
loop_timer_t *loop_timers_add (loop_timers_t *self, mono_ms_t when, loop_fn *fn, void *arg);
/* Frees it, or, when it is just being fired, sees to it that it is not. */
void loop_timers_cancel (loop_timers_t *self, loop_timer_t *timer);
mono_ms_t loop_timers_next (const loop_timers_t *self); /* TIME_NEVER: none */
/* Fires those that are due now; what they arm waits for the next call. */
void loop_timers_fire (loop_timers_t *self, mono_ms_t now);

#endif
