/* service_private.h - what the files of the skeleton share among themselves. */
#ifndef BUCKSTOP_SERVICE_PRIVATE_H
#define BUCKSTOP_SERVICE_PRIVATE_H

#include "http_server.h"
#include "service.h"

/* A Route hint that waits for the end of the turn. */
typedef struct route_hint {
    char *workspace, *contact, *person;
    char trace[TRACE_SIZE]; /* as the submission brought it; "" : none, or not at hand */
} route_hint_t;

/* About a peer that does not have our keys: said a moment ago. */
enum { REFUSED_LINES = 8 };
typedef struct refused_line {
    mono_ms_t said;
    char text[DETAIL_SIZE];
} refused_line_t;

typedef struct service_private {
    const service_kind_t *kind;
    void *arg;
    bool starting, started, failed, draining, stopped;
    bool was_ready;      /* as last logged */
    bool bus_made;       /* service_start_in made the bus */
    loop_timer_t *start; /* kind->start runs from here, not from a hook of the turn */
    loop_timer_t *drain; /* while draining: looks again */
    mono_ms_t drain_ends;
    mono_ms_t began;
    char *why_not; /* last reason that was logged */
    http_server_t *health;
    wall_ms_t due[SHARDS_MAX], outbox[SHARDS_MAX]; /* earliest of this turn; TIME_NEVER: none */
    bool due_any, outbox_any;
    route_hint_t *routes;
    size_t routes_n, routes_max;
    refused_line_t refused[REFUSED_LINES];
    refused_line_t refused_last; /* whatever of it was said in the log */
} service_private_t;

/* hints */
void hints_init (service_private_t *self);
void hints_clear (service_private_t *self);
void hints_flush (service_t *service); /* at the end of each turn */
/* the store as the parameters say it, but for the passwords */
store_config_t service_store_config (const service_t *service);
bool store_may_be_used (const service_t *service,
                        FILE *err); /* as far as one can tell before it is asked; false: said */
/* keys of the links (service_links.c) */
extern const char links_notes[];                           /* for --help */
bool links_may_open (const service_t *service, FILE *err); /* false: said */
/* A peer that is not heard, or does not hear us, these last seconds: who and why; "" : there is none. */
const char *links_refused (const service_t *service);
int links_use_keys (service_t *service); /* before the first bind or connect; negative errno: said */
/* health */
int health_open (service_t *service); /* negative errno: said */
void health_close (service_t *service);
/* metrics: what every service shows, before its own */
void service_metrics_print (service_t *service, FILE *out);
/* Ready to serve: started, not draining, the store answers. Else the reason in words. */
bool service_is_ready (const service_t *service, const char **why);

#endif
