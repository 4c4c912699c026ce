/* feed.c - a ring of events, each rendered once however many watch. */
#include "feed.h"

#include "views.h"
#include "xmalloc.h"

#include <inttypes.h>

typedef struct entry {
    uint64_t number;
    char *json;
    size_t size;
} entry_t;

struct feed {
    entry_t entries[FEED_KEPT];
    size_t first, n;
};

feed_t *feed_new (void)
{
    return xcalloc (1, sizeof (feed_t));
}

void feed_clear (feed_t *self)
{
    for (size_t i = 0; i < FEED_KEPT; i++)
        free (self->entries[i].json);
    *self = (feed_t){.n = 0};
}

void feed_destroy (feed_t **self_p)
{
    if (*self_p)
        feed_clear (*self_p);
    free (*self_p);
    *self_p = NULL;
}

void feed_add (feed_t *self, const Buckstop__V1__Event *event)
{
    if (self->n == FEED_KEPT)
        self->first = (self->first + 1) % FEED_KEPT;
    else
        self->n++;
    entry_t *entry = &self->entries[(self->first + self->n - 1) % FEED_KEPT];
    free (entry->json);
    entry->number = event->number;
    entry->json = value_dump (view_event (event), &entry->size);
}

uint64_t feed_last (const feed_t *self)
{
    return self->n ? self->entries[(self->first + self->n - 1) % FEED_KEPT].number : 0;
}

void sse_write (FILE *out, const char *event, uint64_t id, const char *data, size_t size)
{
    if (id)
        fprintf (out, "id: %" PRIu64 "\n", id);
    fprintf (out, "event: %s\ndata: ", event);
    fwrite (data, 1, size, out);
    fputs ("\n\n", out);
}

static const entry_t *entry_at (const feed_t *self, size_t index)
{
    return &self->entries[(self->first + index) % FEED_KEPT];
}

/* How many of the oldest have numbers up to that. */
static size_t count_to (const feed_t *self, uint64_t number)
{
    size_t n = self->n;
    while (n && entry_at (self, n - 1)->number > number)
        n--;
    return n;
}

void feed_write (const feed_t *self, uint64_t after, uint64_t until, size_t most, bool tell_gap, FILE *out)
{
    size_t from = count_to (self, after), to = count_to (self, until);
    if (from >= to)
        return;
    from = to - from > most ? to - most : from;
    uint64_t first = entry_at (self, from)->number;
    fprintf (out, "id: %" PRIu64 "\nevent: feed\ndata: {", entry_at (self, to - 1)->number);
    if (tell_gap && first > after + 1)
        fprintf (out, "\"gap\":%" PRIu64 ",", first - after - 1);
    fputs ("\"events\":[", out);
    for (size_t i = from; i < to; i++) {
        if (i > from)
            fputc (',', out);
        fwrite (entry_at (self, i)->json, 1, entry_at (self, i)->size, out);
    }
    fputs ("]}\n\n", out);
}
