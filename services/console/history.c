/* history.c - the day before: promises as the workspace's events of the last day tell of them.
 *
 * At start the first event of the time that is wanted is looked for by halving, since numbers are dense and times grow
 * with them; from there on all are read, page by page, until those that are heard anyway. The board is shown meanwhile.
 * Limits: EVENTS_MAX events; what was trimmed is not counted. */
#include "room.h"

#include "xmalloc.h"

enum { PAGE = 250, EVENTS_MAX = 2000000 };

struct history {
    room_t *room;
    uint64_t last;      /* and no further */
    uint64_t low, high; /* the first that is wanted is one of them; low == high: it is that */
    wall_ms_t since;
    bool asking, dead;
};

static void go_on (struct history *self);

static void history_end (struct history *self)
{
    if (!self->dead)
        self->room->history = NULL;
    free (self);
}

void history_destroy (struct history **self_p)
{
    struct history *self = *self_p;
    *self_p = NULL;
    if (self && self->asking)
        self->dead = true;
    else
        free (self);
}

static Buckstop__V1__Event *event_of (const store_value_t *value)
{
    return value->bytes ? buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes) : NULL;
}

/* Higher, or not? What can't be read counts as too early. */
static void halve (struct history *self, const store_values_t *values)
{
    Buckstop__V1__Event *event = values->n ? event_of (&values->items[0]) : NULL;
    uint64_t middle = self->low + (self->high - self->low) / 2;
    if (!values->n)
        self->high = middle;
    else if (event && event->at >= self->since)
        self->high = middle;
    else
        self->low = (uint64_t)values->items[0].score + 1;
    if (self->low > self->high)
        self->low = self->high;
    if (event)
        buckstop__v1__event__free_unpacked (event, NULL);
}

static void count (struct history *self, const store_values_t *values)
{
    for (size_t i = 0; i < values->n; i++) {
        uint64_t number = (uint64_t)values->items[i].score;
        Buckstop__V1__Event *event = number <= self->last ? event_of (&values->items[i]) : NULL;
        self->low = self->high = number + 1;
        if (!event)
            continue;
        board_event (self->room->board, event);
        buckstop__v1__event__free_unpacked (event, NULL);
    }
    if (values->n < PAGE)
        self->low = self->high = self->last + 1;
}

static void on_events (void *arg, const store_values_t *values)
{
    struct history *self = arg;
    room_t *room = self->room;
    console_t *console = room->console;
    self->asking = false;
    if (self->dead || console->draining)
        history_end (self);
    else if (!values->away) { /* else the next second asks again */
        if (self->low < self->high)
            halve (self, values);
        else
            count (self, values);
        room_changed (room);
        go_on (self);
    }
    console_release (console);
}

static void on_oldest (void *arg, const store_values_t *values)
{
    struct history *self = arg;
    console_t *console = self->room->console;
    self->asking = false;
    if (self->dead || console->draining)
        history_end (self);
    else if (!values->away) {
        uint64_t oldest = values->n ? (uint64_t)values->items[0].score : self->last + 1;
        self->low = self->last > EVENTS_MAX && oldest < self->last - EVENTS_MAX ? self->last - EVENTS_MAX : oldest;
        self->high = self->last + 1;
        go_on (self);
    }
    console_release (console);
}

static void go_on (struct history *self)
{
    char key[KEY_SIZE];
    room_t *room = self->room;
    if (self->asking)
        return;
    if (self->low > self->last) {
        history_end (self);
        return;
    }
    key_events (key, room->shard, room->workspace);
    self->asking = true;
    console_hold (room->console);
    if (self->low == 0)
        store_events_first (room_store (room), key, on_oldest, self);
    else if (self->low < self->high)
        store_events (room_store (room), key, self->low + (self->high - self->low) / 2 - 1, 1, on_events, self);
    else
        store_events (room_store (room), key, self->low - 1, PAGE, on_events, self);
}

void history_begin (room_t *room, uint64_t last)
{
    struct history *self = xcalloc (1, sizeof *self);
    *self = (struct history){.room = room, .last = last, .since = board_since (room->board, room_now (room))};
    room->history = self;
    go_on (self);
}

void history_tick (room_t *room)
{
    if (room->history)
        go_on (room->history);
}
