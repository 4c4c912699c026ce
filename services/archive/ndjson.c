/* ndjson.c - lines out of a file, through zlib, which also reads what is not compressed.
 *
 * Limits: a line of LINE_SIZE_MAX bytes; a longer one counts as damage, and nothing behind it is read. */
#include "ndjson.h"

#include "xmalloc.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 64 * 1024, LINE_SIZE_MAX = 4 * 1024 * 1024 };

struct ndjson {
    gzFile file;
    char *bytes;
    size_t n, at, room; /* what is read, and the beginning of the next line in it */
    uint64_t whole;
    const char *fault;
    bool end;
};

ndjson_t *ndjson_open (int fd)
{
    gzFile file = gzdopen (fd, "rb");
    if (!file) {
        close (fd);
        return NULL;
    }
    ndjson_t *self = xcalloc (1, sizeof *self);
    self->file = file;
    self->room = 2 * BLOCK;
    self->bytes = xmalloc (self->room);
    return self;
}

void ndjson_close (ndjson_t **self_p)
{
    ndjson_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    gzclose (self->file);
    free (self->bytes);
    free (self);
}

static const char torn[] = "its last line is not whole";

static void fill (ndjson_t *self)
{
    memmove (self->bytes, self->bytes + self->at, self->n - self->at);
    self->n -= self->at;
    self->at = 0;
    if (self->room - self->n < BLOCK + 1) {
        self->room = self->n + 2 * BLOCK;
        self->bytes = xrealloc (self->bytes, self->room);
    }
    int got = gzread (self->file, self->bytes + self->n, BLOCK);
    if (got < 0)
        self->fault = "it is damaged";
    self->end = got <= 0;
    self->n += got > 0 ? (size_t)got : 0;
}

const char *ndjson_next (ndjson_t *self, size_t *size)
{
    size_t looked = 0;
    for (;;) {
        char *line = self->bytes + self->at, *end = NULL;
        if (self->n > self->at + looked)
            end = memchr (line + looked, '\n', self->n - self->at - looked);
        if (end) {
            *end = '\0';
            *size = (size_t)(end - line);
            self->at += *size + 1;
            self->whole += *size + 1;
            return line;
        }
        looked = self->n - self->at;
        if (self->end || looked > LINE_SIZE_MAX)
            break;
        fill (self);
    }
    if (!self->fault && looked)
        self->fault = looked > LINE_SIZE_MAX ? "a line has no end" : torn;
    return NULL;
}

const char *ndjson_fault (const ndjson_t *self)
{
    return self->fault;
}

bool ndjson_torn (const ndjson_t *self)
{
    return self->fault == torn;
}

uint64_t ndjson_whole (const ndjson_t *self)
{
    return self->whole;
}
