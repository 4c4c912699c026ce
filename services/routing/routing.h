/* routing.h - who: finds a person for every contact that wants somebody. */
#ifndef BUCKSTOP_ROUTING_H
#define BUCKSTOP_ROUTING_H

#include "service.h"

/* The parameters, and the service's state while it runs. `arg` of every function of routing_kind. */
typedef struct routing_params {
    int64_t refresh_ms;    /* people and queue are compared with the store so often */
    int64_t in_flight_max; /* offers begun and not answered, per workspace */
    int64_t waiting_max;   /* held in memory, per workspace; the others stay in the store's queue */
    int64_t stalled_ms;    /* waiting, eligible, and no offer for so long is an alarm */
    struct routing *self;  /* from start to stop */
} routing_params_t;

extern routing_params_t routing_params; /* what the command line fills */
extern const service_kind_t routing_kind;

#endif
