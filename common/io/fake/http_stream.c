/* http_stream.c (fake) - an answer that goes on: the test reads what was sent so far as the answer's body.
 *
 * Limits: the test's client takes everything at once, so nobody is too slow; it never goes away. */
#include "http_answer.h"

#include "xmalloc.h"

struct http_bytes {
    size_t size;
    char *bytes;
};

struct http_stream {
    fake_answer_t *answer; /* NULL: the request was answered before */
};

http_bytes_t *http_bytes_new (const void *bytes, size_t size)
{
    http_bytes_t *self = xcalloc (1, sizeof *self);
    *self = (http_bytes_t){.size = size, .bytes = xmemdup (bytes, size)};
    return self;
}

void http_bytes_destroy (http_bytes_t **self_p)
{
    if (*self_p) {
        free ((*self_p)->bytes);
        free (*self_p);
    }
    *self_p = NULL;
}

http_stream_t *http_stream_new (http_request_t **request_p, const char *content_type, const http_header_t *headers,
                                size_t room)
{
    (void)room;
    http_stream_t *self = xcalloc (1, sizeof *self);
    self->answer = request_take_answer (request_p);
    if (!self->answer)
        return self;
    answer_fill (self->answer, 200, content_type, "", 0);
    for (; headers && headers->name; headers++)
        answer_header (self->answer, headers->name, headers->value);
    return self;
}

bool http_stream_send (http_stream_t *self, http_bytes_t *bytes)
{
    if (self->answer)
        answer_append (self->answer, bytes->bytes, bytes->size);
    return self->answer != NULL;
}

size_t http_stream_waiting (const http_stream_t *self)
{
    (void)self;
    return 0;
}

void http_stream_destroy (http_stream_t **self_p)
{
    if (*self_p && (*self_p)->answer)
        answer_release ((*self_p)->answer);
    free (*self_p);
    *self_p = NULL;
}
