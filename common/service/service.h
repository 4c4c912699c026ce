/* service.h - the skeleton of every service: options, config, signals, readiness, drain, health, metrics. */
#ifndef BUCKSTOP_SERVICE_H
#define BUCKSTOP_SERVICE_H

#include "bus.h"
#include "loop.h"
#include "store.h"
#include "workspaces.h"

#include <stdio.h>

/* A parameter: a row in a table; set by --name VALUE, by BUCKSTOP_NAME in the environment, or by the
 * default, in that order. */
typedef enum param_kind { PARAM_STRING, PARAM_NUMBER, PARAM_SWITCH } param_kind_t;
enum { PARAM_WHY_SIZE = 512 };
/* Whether a text is a value; else why not, and what to write instead. option_checks.h has the common ones. */
typedef bool (param_check_fn) (const char *text, char why[PARAM_WHY_SIZE]);
/* The same of what may be wrong in many places: a line to out for each. */
typedef bool (param_look_fn) (const char *text, FILE *out);
typedef struct param {
    const char *name; /* "listen" */
    param_kind_t kind;
    const char *fallback; /* as text */
    int64_t min, max;     /* numbers */
    void *target;         /* const char **, int64_t *, bool * */
    const char *meaning;  /* one line for --help */
    /* Strings that were given, each may be NULL. Where the default is nothing, "" is nothing, too, and not looked at. */
    param_check_fn *check;       /* at each start: with another text it could only fail, sooner or later */
    param_check_fn *look;        /* with --check alone: what a start can do without, a file that is read much later */
    param_look_fn *look_through; /* as `look` */
    const char *values; /* what it takes, for shells: a word of 'buckstop completion values', several of them divided by
                              commas; NULL: anything */
} param_t;

typedef struct service {
    const char *name;
    loop_t *loop;
    store_t *store;
    bus_t *bus;
    workspaces_t *workspaces;
    /* common parameters, filled by service_main */
    const char *redis, *redis_user, *redis_password_file, *sentinel_password_file, *durability, *health, *log_format,
        *log_level;
    const char *redis_ca, *redis_cert, *redis_key;
    const char *submit, *route, *due, *outbox, *stream; /* endpoints */
    const char *keys;                                   /* NULL: links are plain */
    bool plain_bind;
    const char *record;
    int64_t shards;
    struct service_private *private_;
} service_t;

typedef struct service_kind {
    const char *name;                           /* "intake" */
    const char *summary;                        /* one line for --help */
    const char *example;                        /* for --help */
    const param_t *params;                      /* its own, ended by a NULL name */
    int (*start) (service_t *self, void *arg);  /* open sockets, arm timers; 0, -errno, or -ECANCELED: it is said */
    void (*drain) (service_t *self, void *arg); /* stop taking, stop polling, finish what is begun */
    bool (*idle) (service_t *self, void *arg);  /* drained? true: no store call of its own is under way */
    void (*stop) (service_t *self, void *arg);  /* free all */
    void (*jumped) (service_t *self, void *arg, int64_t ms); /* the store's clock did; said in the log already */
    void (*metrics) (service_t *self, void *arg, FILE *out); /* more lines for /metrics */
    void (*remark) (service_t *self, void *arg, FILE *out);  /* more lines for /readyz: what should be known */
} service_kind_t;

/* The whole main: parses, wires, starts, runs, drains. Returns the exit status: 0 clean, 1 a failure,
 * 2 unusable arguments. */
int service_main (int argc, char **argv, const service_kind_t *kind, void *arg);

/* The wiring of service_main for programs that run services without a main: loop and store are given in
 * self, the bus too or else it is made here; endpoints that are NULL get their defaults, those of the kind's
 * parameters are the caller's (options_defaults). kind->start is called from the loop once the store is
 * ready and the policies are loaded. 0, or negative errno. */
int service_start_in (service_t *self, const service_kind_t *kind, void *arg);
/* kind->stop, and what service_start_in made. Loop and store stay the caller's. */
void service_stop_in (service_t *self, const service_kind_t *kind, void *arg);
bool service_started (const service_t *self);
/* Where a service of that name answers health checks when nothing else is said; NULL: there is none of that name. */
const char *service_default_health (const char *name);

/* Hints to the others; coalesced per turn, pushed at its end. Due and Outbox hints further ahead than
 * the receivers' own look at the store are left out. */
void service_hint_due (service_t *self, int shard, wall_ms_t at);
void service_hint_outbox (service_t *self, int shard, wall_ms_t at);
void service_hint_route (service_t *self, const char *workspace, const char *contact, const char *person);
/* The same, of a contact whose trace is at hand: it stands in the envelope. */
void service_hint_route_traced (service_t *self, const char *workspace, const char *contact, const char *trace);

/* Kill points for tests: ends the process with _exit(99) when the environment variable
 * BUCKSTOP_KILL_AT equals the name, at the BUCKSTOP_KILL_COUNT-th pass (default 1). Named
 * "service.step": "intake.before-commit". */
void kill_point (const char *name);

/* What /metrics shows: names bare ("buckstop_" and a counter's "_total" are put on), no labels, each with a row in
 * metric_table.c that says what it means. */
void metric_add (const char *name, int64_t change);  /* a counter */
void metric_raise (const char *name, int64_t count); /* a counter that is kept elsewhere, as it stands there now */
void metric_set (const char *name, double value);    /* a gauge */
void metric_observe (const char *name, double ms);   /* a histogram: milliseconds, shown in seconds */

#endif
