/* http_answer.c (fake) - the answer that a test holds and a server fills. */
#include "http_answer.h"

#include "xmalloc.h"

#include <stdio.h>
#include <strings.h>

void answer_release (fake_answer_t *self)
{
    if (--self->refs > 0)
        return;
    for (size_t i = 0; i < self->headers_n; i++) {
        free ((void *)self->headers[i].name);
        free ((void *)self->headers[i].value);
    }
    free (self->body);
    free (self);
}

void fake_answer_destroy (fake_answer_t **self_p)
{
    if (*self_p)
        answer_release (*self_p);
    *self_p = NULL;
}

int fake_answer_status (const fake_answer_t *self)
{
    return self->status == 0 && self->refs == 1 ? -1 : self->status;
}

const char *fake_answer_body (const fake_answer_t *self, size_t *size)
{
    if (size)
        *size = self->size;
    return self->body ? self->body : "";
}

const char *header_in (const http_header_t *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp (headers[i].name, name) == 0)
            return headers[i].value;
    }
    return NULL;
}

const char *fake_answer_header (const fake_answer_t *self, const char *name)
{
    return header_in (self->headers, self->headers_n, name);
}

void answer_header (fake_answer_t *self, const char *name, const char *value)
{
    if (self->headers_n < HEADERS_MAX)
        self->headers[self->headers_n++] = (http_header_t){xstrdup (name), xstrdup (value)};
}

void answer_fill (fake_answer_t *self, int status, const char *type, const void *body, size_t size)
{
    self->status = status;
    self->size = size;
    self->body = xcalloc (size + 1, 1);
    if (size)
        memcpy (self->body, body, size);
    if (type)
        answer_header (self, "Content-Type", type);
}

void answer_append (fake_answer_t *self, const void *bytes, size_t size)
{
    self->body = xrealloc (self->body, self->size + size + 1);
    memcpy (self->body + self->size, bytes, size);
    self->size += size;
    self->body[self->size] = 0;
}

void answer_problem (fake_answer_t *self, problem_kind_t kind, const char *detail)
{
    int status = (int)problem_of (kind)->status;
    json_t *problem = problem_json (problem_of (kind), detail);
    char *text = xcheck (json_dumps (problem, JSON_COMPACT));
    json_decref (problem);
    answer_fill (self, status, "application/problem+json", text, strlen (text));
    free (text);
    if (status == 503)
        answer_header (self, "Retry-After", "1");
}
