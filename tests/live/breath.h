/* breath.h - for tests that judge how long something took: how long the machine did not let this process go on meanwhile.
 *
 * A thread that only sleeps, a millisecond at a time: where it woke late, whoever else would have run was late as well (the
 * machine paused, or had too few processors). A loop that blocks, or computes, holds no other thread back. */
#ifndef BUCKSTOP_TESTS_BREATH_H
#define BUCKSTOP_TESTS_BREATH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { BREATH_US = 1000, BREATH_LATE_US = 3000 };

typedef struct breath {
    pthread_t thread;
    atomic_bool over;
    atomic_llong held_us;
} breath_t;

static inline int64_t breath_now (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C (1000000) + now.tv_nsec / 1000;
}

static inline void *breath_run (void *arg)
{
    breath_t *self = arg;
    for (int64_t last = breath_now (), now; !self->over; last = now) {
        nanosleep (&(struct timespec){.tv_nsec = BREATH_US * 1000}, NULL);
        now = breath_now ();
        if (now - last > BREATH_LATE_US)
            self->held_us += now - last;
    }
    return NULL;
}

static inline void breath_begin (breath_t *self)
{
    *self = (breath_t){.over = false};
    pthread_create (&self->thread, NULL, breath_run, self);
}

/* For so long in all nothing could go on, microseconds. */
static inline int64_t breath_end (breath_t *self)
{
    self->over = true;
    pthread_join (self->thread, NULL);
    return self->held_us;
}

#endif
