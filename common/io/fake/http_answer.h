/* http_answer.h - what a server said to the test's request. */
#ifndef BUCKSTOP_FAKE_HTTP_ANSWER_H
#define BUCKSTOP_FAKE_HTTP_ANSWER_H

#include "fake.h"
#include "http_server.h"
#include "problem.h"

enum { HEADERS_MAX = 32 };

/* Between the test, which reads it, and the server, which fills it. Freed when both have let go. */
struct fake_answer {
    int refs;
    int status;
    char *body;
    size_t size;
    http_header_t headers[HEADERS_MAX]; /* both strings owned */
    size_t headers_n;
};

void answer_release (fake_answer_t *self);
void answer_header (fake_answer_t *self, const char *name, const char *value);
void answer_fill (fake_answer_t *self, int status, const char *type, const void *body, size_t size);
/* More of a body that goes on. */
void answer_append (fake_answer_t *self, const void *bytes, size_t size);
/* Forgets the request; the answer is the caller's to fill and to release. NULL: it was answered already. */
fake_answer_t *request_take_answer (http_request_t **self_p);
/* What the server answers by itself. */
void answer_problem (fake_answer_t *self, problem_kind_t kind, const char *detail);
const char *header_in (const http_header_t *headers, size_t n, const char *name); /* NULL: absent */

#endif
