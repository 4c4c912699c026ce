/* console.h - what operators and desks see and do, over HTTP: a board that is live, and the way to intake. */
#ifndef BUCKSTOP_CONSOLE_H
#define BUCKSTOP_CONSOLE_H

#include "service.h"

typedef struct console console_t;

typedef struct console_params {
    const char *listen;           /* of HTTP */
    const char *intake;           /* URL of intake's HTTP door */
    const char *session_key;      /* file; "" : a key of this process's own */
    const char *trusted_proxy;    /* addresses, with commas between; "" : none */
    const char *proxy_header;     /* whose value is the person, from such a proxy */
    const char *proxy_token_file; /* an operator's token, with which those people act */
    const char *services;         /* "name=http://host:port", with commas between: whose readiness is shown */
    int64_t session_hours;
    int64_t contacts_max; /* of a workspace, in memory */
    int64_t connections;
    int64_t stream_room; /* bytes that may wait for a client */
    console_t *running;  /* between start and stop */
} console_params_t;

extern console_params_t console_params;
extern const service_kind_t console_kind;

int console_port (const console_params_t *params); /* 0: not started */

#endif
