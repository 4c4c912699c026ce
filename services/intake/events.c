/* events.c - a range of the workspace's events, for whoever missed some of the stream.
 *
 * hears: GET /v1/events, EventsAsk. says: events in order of their numbers, and which numbers are kept at all.
 *
 * A number that is not there between two that are was a customer's who is forgotten: an empty event stands for it.
 *
 * Limits: what is older than kept is gone; oldest_kept tells it. A page has at most PAGE_MAX events, however many are asked
 * for: rendering a thousand at once would hold up everybody for 30 ms. It ends before `newest`: ask again behind it. */
#include "ask.h"

#include "xmalloc.h"

enum { LIMIT = 100, LIMIT_MAX = 1000, PAGE_MAX = 250 };

typedef struct range {
    Buckstop__V1__EventsPage page;
    uint64_t after;
    int64_t limit;
} range_t;

static void range_free (void *more)
{
    range_t *self = more;
    for (size_t i = 0; i < self->page.n_events; i++)
        buckstop__v1__event__free_unpacked (self->page.events[i], NULL);
    free (self->page.events);
    free (self);
}

static const char *stream_of (const ask_t *ask, char key[KEY_SIZE])
{
    return key_events (key, ask_shard (ask), ask->bearer.workspace);
}

/* An entry that can't be read still has its number: subscribers count on there being no gap. */
static Buckstop__V1__Event *event_of (const store_value_t *value, const ask_t *ask)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
    if (!event) {
        event = xcalloc (1, sizeof *event);
        buckstop__v1__event__init (event);
        event->workspace = xstrdup (ask->bearer.workspace);
    }
    event->number = (uint64_t)value->score;
    return event;
}

/* What stood there is forgotten; it is as old as the next that is there, or a little older. */
static Buckstop__V1__Event *event_gone (uint64_t number, wall_ms_t at, const ask_t *ask)
{
    Buckstop__V1__Event *event = xcalloc (1, sizeof *event);
    Buckstop__V1__Fact *fact = xcalloc (1, sizeof *fact);
    buckstop__v1__event__init (event);
    buckstop__v1__fact__init (fact);
    fact->kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_FORGOTTEN;
    fact->at = event->at = at;
    event->number = number;
    event->workspace = xstrdup (ask->bearer.workspace);
    event->facts = xcalloc (1, sizeof (void *));
    event->facts[event->n_facts++] = fact;
    return event;
}

static void add_event (range_t *self, Buckstop__V1__Event *event)
{
    self->page.events[self->page.n_events++] = event;
    self->after = event->number;
}

/* The entry, and before it one for each number that is not there. Full: the next page goes on. */
static void add_entry (range_t *self, const store_value_t *value, const ask_t *ask)
{
    Buckstop__V1__Event *event = event_of (value, ask);
    while (self->after + 1 < event->number && self->page.n_events < (size_t)self->limit)
        add_event (self, event_gone (self->after + 1, event->at, ask));
    if (self->page.n_events < (size_t)self->limit)
        add_event (self, event);
    else
        buckstop__v1__event__free_unpacked (event, NULL);
} // NOLINT(clang-analyzer-unix.Malloc): the page has it

static void events_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    range_t *self = ask->more;
    if (values->away) {
        ask_away (&ask);
        return;
    }
    if (values->wrong_type) {
        ask_refuse_as (&ask, REFUSE_BROKEN, "the events of workspace '%s' can't be read", ask->bearer.workspace);
        return;
    }
    self->page.events = xcalloc ((size_t)self->limit, sizeof (void *));
    if (self->after + 1 < self->page.oldest_kept) /* older than kept: gone, and not forgotten */
        self->after = self->page.oldest_kept - 1;
    for (size_t i = 0; i < values->n; i++)
        add_entry (self, &values->items[i], ask);
    ask_events (&ask, &self->page);
}

static void newest_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    range_t *self = ask->more;
    char key[KEY_SIZE];
    if (values->away) {
        ask_away (&ask);
        return;
    }
    self->page.newest = values->n ? (uint64_t)values->items[0].score : 0;
    store_events (ask_store (ask), stream_of (ask, key), self->after, self->limit, events_read, ask);
}

static void oldest_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    range_t *self = ask->more;
    char key[KEY_SIZE];
    if (values->away) {
        ask_away (&ask);
        return;
    }
    self->page.oldest_kept = values->n ? (uint64_t)values->items[0].score : 0;
    store_events_last (ask_store (ask), stream_of (ask, key), newest_read, ask);
}

void events_begin (ask_t **ask_p, uint64_t after, int64_t limit)
{
    ask_t *ask = *ask_p;
    *ask_p = NULL;
    range_t *self = ask->more = xcalloc (1, sizeof *self);
    ask->free_more = range_free;
    buckstop__v1__events_page__init (&self->page);
    self->page.workspace = ask->bearer.workspace;
    self->after = after;
    self->limit = limit < PAGE_MAX ? limit : PAGE_MAX;
    char key[KEY_SIZE];
    store_events_first (ask_store (ask), stream_of (ask, key), oldest_read, ask);
}

void events_list (ask_t **ask_p)
{
    int64_t after, limit;
    if (ask_query (ask_p, "after", 0, INT64_MAX, 0, &after) && ask_query (ask_p, "limit", 1, LIMIT_MAX, LIMIT, &limit))
        events_begin (ask_p, (uint64_t)after, limit);
}
