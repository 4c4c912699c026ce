/* problem.h - problem documents (RFC 9457), with two members more: code, a word for programs, and hint, what to do
 * about it. Pure. */
#ifndef BUCKSTOP_PROBLEM_H
#define BUCKSTOP_PROBLEM_H

#include "types.h"

#include <jansson.h>

/* What a kind of problem always says. */
typedef struct problem {
    unsigned status; /* of HTTP */
    const char *code, *title, *hint;
} problem_t;

/* detail: UTF-8. The caller owns what is returned. */
json_t *problem_json (const problem_t *self, const char *detail);

/* Those that an HTTP server finds by itself, before and after its handler. */
typedef enum problem_kind {
    PROBLEM_HEAD,     /* 400: the request's head */
    PROBLEM_LARGE,    /* 413 */
    PROBLEM_LATE,     /* 503: no answer in time */
    PROBLEM_STOPPING, /* 503 */
    PROBLEM_CROWDED,  /* 503: no room for its body */
} problem_kind_t;
const problem_t *problem_of (problem_kind_t kind);

#endif
