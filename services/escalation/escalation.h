/* escalation.h - when: deadlines of contacts and people, as a service. */
#ifndef BUCKSTOP_ESCALATION_H
#define BUCKSTOP_ESCALATION_H

#include "service.h"

/* The parameters, and the service's state while it runs. `arg` of every function of escalation_kind. */
typedef struct escalation_params {
    int64_t lease_ms;        /* a leased record comes back after it */
    int64_t under_way_max;   /* time events begun and not done */
    int64_t audit_every;     /* seconds from round to round; 0: none */
    int64_t audit_rate;      /* keys a second */
    const char *deadman_url; /* called after each round that found nothing, while all is well; "": nobody */
    int64_t late_limit;      /* seconds for which a timer may be overdue before it is not; 0: not looked at */
    int64_t outbox_limit;    /* the same of a notice that waits */
    struct escalation *self; /* from start to stop */
} escalation_params_t;

extern escalation_params_t escalation_params; /* what the command line fills */
extern const service_kind_t escalation_kind;

#endif
