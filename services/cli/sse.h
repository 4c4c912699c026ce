/* sse.h - server-sent events out of bytes as they come (WHATWG HTML, "Server-sent events"). Pure. */
#ifndef BUCKSTOP_SSE_H
#define BUCKSTOP_SSE_H

#include <stdbool.h>
#include <stddef.h>

enum { SSE_NAME_SIZE = 32, SSE_ID_SIZE = 64, SSE_DATA_MAX = 64 * 1024 * 1024 };

/* data is ended by a zero, and valid during the call. */
typedef void (sse_fn) (void *arg, const char *event, const char *data, size_t size);

/* Zero at first. */
typedef struct sse {
    char *line, *data;
    size_t line_size, line_room, data_size, data_room;
    char event[SSE_NAME_SIZE];
    char id[SSE_ID_SIZE]; /* of the last that had one; what Last-Event-ID says after a break */
} sse_t;

/* False: an event larger than SSE_DATA_MAX. */
bool sse_take (sse_t *self, const char *bytes, size_t size, sse_fn *fn, void *arg);
void sse_break (sse_t *self); /* the connection ended: what is half is dropped, the id stays */
void sse_clear (sse_t *self);

#endif
