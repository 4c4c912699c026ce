/* resolve.h - looks a host name up off the loop. */
#ifndef BUCKSTOP_RESOLVE_H
#define BUCKSTOP_RESOLVE_H

#include "loop.h"

#include <netinet/in.h>

enum { RESOLVE_MAX = 64 };

typedef struct resolved {
    size_t n; /* 0: not found */
    char addresses[RESOLVE_MAX][INET6_ADDRSTRLEN];
} resolved_t;

typedef struct resolve resolve_t;
typedef void (resolve_fn) (void *arg,
                           const resolved_t *found); /* numeric addresses, each once; valid during the call */

/* fn is called once, never from within; it destroys the resolve. Destroyed before: it is not called any more. */
resolve_t *resolve_new (loop_t *loop, const char *host, resolve_fn *fn, void *arg);
void resolve_destroy (resolve_t **self_p);

#endif
