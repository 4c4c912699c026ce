/* routes.h - the paths of the HTTP door: one table. */
#ifndef BUCKSTOP_ROUTES_H
#define BUCKSTOP_ROUTES_H

#include "link.h"
#include "token.h"

typedef struct ask ask_t;
typedef void (ask_fn) (ask_t **self_p); /* takes the ask, answers it now or later */

#define SCOPE_BIT(scope) (1u << (scope))
enum {
    FOR_ANYBODY = 0, /* no token is asked for */
    FOR_CHANNELS = SCOPE_BIT (SCOPE_CHANNEL) | SCOPE_BIT (SCOPE_OPERATOR),
    FOR_PEOPLE = SCOPE_BIT (SCOPE_PERSON) | SCOPE_BIT (SCOPE_OPERATOR),
};

/* A new endpoint is a row in routes.c, and a path in proto/openapi.yaml. */
typedef struct route {
    const char *method;
    const char *path; /* "{}" stands for one segment, at most one in a path */
    ask_fn *fn;
    unsigned scopes;
    bool page; /* answers are pages for people, refusals too */
    bool late; /* it is admitted later, by itself: it works before it comes to the store */
} route_t;

enum { ROUTE_ID_SIZE = LINK_TOKEN_SIZE, ROUTE_ALLOW_SIZE = 48 };

typedef enum route_outcome { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD } route_outcome_t;
/* id: what stands at "{}". allow: NO_METHOD, the methods that the path knows. */
route_outcome_t route_find (const char *method, const char *path, const route_t **route, char id[ROUTE_ID_SIZE],
                            char allow[ROUTE_ALLOW_SIZE]);
const route_t *route_row (size_t index); /* NULL at the end: for tests against openapi.yaml */
/* "channel or operator" */
const char *scopes_name (unsigned scopes, char *buffer, size_t size);

#endif
