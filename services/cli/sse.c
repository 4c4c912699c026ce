/* sse.c - server-sent events out of bytes as they come.
 *
 * Hears: pieces of a stream, cut anywhere. Says: each event once its empty line is there. Lines end with LF or CRLF; a
 * comment and a field that is not known are passed over. */
#include "sse.h"

#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

static bool append (char **bytes, size_t *size, size_t *room, const char *more, size_t more_size)
{
    if (*size + more_size + 1 > SSE_DATA_MAX)
        return false;
    if (*size + more_size + 1 > *room) {
        *room = (*size + more_size + 1) * 2;
        *bytes = xrealloc (*bytes, *room);
    }
    memcpy (*bytes + *size, more, more_size);
    *size += more_size;
    (*bytes)[*size] = '\0';
    return true;
}

static void end_event (sse_t *self, sse_fn *fn, void *arg)
{
    if (self->data_size > 0) {
        self->data[--self->data_size] = '\0'; /* the last line's end */
        fn (arg, *self->event ? self->event : "message", self->data, self->data_size);
    }
    self->data_size = 0;
    *self->event = '\0';
}

static bool take_field (sse_t *self, const char *name, const char *value)
{
    if (strcmp (name, "data") == 0)
        return append (&self->data, &self->data_size, &self->data_room, value, strlen (value)) &&
               append (&self->data, &self->data_size, &self->data_room, "\n", 1);
    if (strcmp (name, "event") == 0)
        snprintf (self->event, sizeof self->event, "%s", value);
    else if (strcmp (name, "id") == 0)
        snprintf (self->id, sizeof self->id, "%s", value);
    return true;
}

static bool end_line (sse_t *self, sse_fn *fn, void *arg)
{
    char *line = self->line;
    size_t size = self->line_size;
    self->line_size = 0;
    if (size > 0 && line[size - 1] == '\r')
        line[--size] = '\0';
    if (size == 0) {
        end_event (self, fn, arg);
        return true;
    }
    char *colon = strchr (line, ':');
    if (colon == line)
        return true; /* a comment */
    char *value = colon ? colon + 1 : line + size;
    if (colon)
        *colon = '\0';
    return take_field (self, line, value + (*value == ' '));
}

bool sse_take (sse_t *self, const char *bytes, size_t size, sse_fn *fn, void *arg)
{
    const char *end = bytes + size;
    while (bytes < end) {
        const char *stop = memchr (bytes, '\n', (size_t)(end - bytes));
        size_t part = (size_t)((stop ? stop : end) - bytes);
        if (!append (&self->line, &self->line_size, &self->line_room, bytes, part))
            return false;
        if (stop && !end_line (self, fn, arg))
            return false;
        bytes += part + (stop != NULL);
    }
    return true;
}

void sse_break (sse_t *self)
{
    self->line_size = self->data_size = 0;
    *self->event = '\0';
}

void sse_clear (sse_t *self)
{
    free (self->line);
    free (self->data);
    *self = (sse_t){.line = NULL};
}
