/* well.h - does everything do its work, as far as the store shows it? Asked before the dead-man's URL is called. */
#ifndef BUCKSTOP_WELL_H
#define BUCKSTOP_WELL_H

#include "service.h"

typedef struct well well_t;

typedef struct well_limits {
    int64_t late_ms;   /* a timer that is overdue for longer: nobody handles it; 0: not looked at */
    int64_t outbox_ms; /* a notice that should have gone waits for longer; 0: not looked at */
} well_limits_t;

/* why: "", or what is not well; during the call. */
typedef void (well_fn) (void *arg, const char *why);

/* The callback comes once, never from within; not when it was cancelled. */
well_t *well_ask (service_t *service, well_limits_t limits, well_fn *fn, void *arg);
void well_cancel (well_t **self_p);

#endif
