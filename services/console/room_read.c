/* room_read.c - contacts and people, read again when something happened to them.
 *
 * Contacts are read READ at a time, one call after the other: what comes meanwhile waits, and goes together. People are
 * read when an event names them, and all of them every two seconds, since a heartbeat makes no event. */
#include "room.h"

#include "log.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { READ = 64 };

typedef struct asked {
    room_t *room;
    unsigned era;
    size_t n;
    char names[READ][NAME_SIZE];
} asked_t;

static asked_t *asked_new (room_t *room)
{
    asked_t *self = xcalloc (1, sizeof *self);
    self->room = room;
    self->era = room->era;
    console_hold (room->console);
    return self;
}

/* The room that it is for; NULL: it has another past now, or ends. */
static room_t *asked_end (asked_t *self, console_t **console)
{
    room_t *room = self->room;
    *console = room->console;
    bool valid = self->era == room->era && !room->console->draining;
    return valid ? room : NULL;
}

/* ------------------------------------------------------------ contacts */

void room_dirty (room_t *self, const char *id)
{
    if (!self->dirty_n)
        self->dirty_since = room_mono (self);
    if (self->dirty_n == self->dirty_room) {
        self->dirty_room = self->dirty_room ? 2 * self->dirty_room : READ;
        self->dirty = xrealloc (self->dirty, self->dirty_room * sizeof *self->dirty);
    }
    WORD_COPY (self->dirty[self->dirty_n], id);
    self->dirty_n++;
}

static void drop_read (room_t *self)
{
    self->dirty_n -= self->reading;
    memmove (self->dirty, self->dirty + self->reading, self->dirty_n * sizeof *self->dirty);
    self->reading = 0;
    self->dirty_since = room_mono (self);
}

static void take (room_t *self, const char *id, const store_value_t *value)
{
    record_head_t head;
    contact_t contact;
    if (!value->bytes) {
        board_gone (self->board, id);
        return;
    }
    if (contact_unpack (value->bytes, value->size, &head, &contact) != RECORD_OK) {
        if (self->broken++ == 0)
            log_fact (LOG_ERROR_, id, "record can't be read: left out", "workspace", self->workspace, "see",
                      "buckstop audit", NULL);
        return;
    }
    if (!board_contact (self->board, &contact))
        metric_add ("console_left_out", 1);
}

static void on_contacts (void *arg, const store_values_t *values)
{
    console_t *console;
    asked_t *asked = arg;
    room_t *self = asked_end (asked, &console);
    if (self && values->away) {
        self->reading = 0; /* again at the next tick */
    } else if (self) {
        for (size_t i = 0; i < asked->n && i < values->n; i++)
            take (self, asked->names[i], &values->items[i]);
        drop_read (self);
        room_read (self);
        if (self->walking && !self->dirty_n)
            room_walk (self);
        room_changed (self);
    }
    free (asked);
    console_release (console);
}

static bool is_in (const asked_t *asked, const char *id)
{
    for (size_t i = 0; i < asked->n; i++)
        if (strcmp (asked->names[i], id) == 0)
            return true;
    return false;
}

void room_read (room_t *self)
{
    char keys[READ][KEY_SIZE];
    const char *list[READ];
    if (self->reading || !self->dirty_n || self->console->draining)
        return;
    asked_t *asked = asked_new (self);
    while (self->reading < self->dirty_n && asked->n < READ) {
        const char *id = self->dirty[self->reading++];
        if (is_in (asked, id))
            continue;
        WORD_COPY (asked->names[asked->n], id);
        list[asked->n] = key_contact (keys[asked->n], self->shard, self->workspace, id);
        asked->n++;
    }
    store_get (room_store (self), list, asked->n, on_contacts, asked);
}

/* -------------------------------------------------------------- people */

static void take_people (room_t *self, const asked_t *asked, const store_values_t *values)
{
    for (size_t i = 0; i < asked->n && i < values->n; i++) {
        record_head_t head;
        person_t person;
        const store_value_t *value = &values->items[i];
        if (value->bytes && person_unpack (value->bytes, value->size, &head, &person) == RECORD_OK)
            board_person (self->board, &person);
    }
    room_changed (self);
}

static void on_person (void *arg, const store_values_t *values)
{
    console_t *console;
    asked_t *asked = arg;
    room_t *self = asked_end (asked, &console);
    if (self && !values->away)
        take_people (self, asked, values);
    free (asked);
    console_release (console);
}

static size_t read_some (room_t *self, size_t from, store_values_fn *fn)
{
    char keys[READ][KEY_SIZE];
    const char *list[READ];
    const policy_t *policy = board_policy (self->board);
    asked_t *asked = asked_new (self);
    for (size_t i = from; i < policy->people_n && asked->n < READ; i++) {
        const char *name = policy->people[i].name;
        WORD_COPY (asked->names[asked->n], name);
        list[asked->n] = key_person (keys[asked->n], self->shard, self->workspace, name);
        asked->n++;
    }
    size_t n = asked->n;
    store_get (room_store (self), list, n, fn, asked);
    return from + n;
}

static void on_last_people (void *arg, const store_values_t *values)
{
    console_t *console;
    asked_t *asked = arg;
    room_t *self = asked_end (asked, &console);
    if (self) {
        self->people_reading = false;
        self->people_read |= !values->away;
        if (!values->away)
            take_people (self, asked, values);
        room_look_ready (self);
    }
    free (asked);
    console_release (console);
}

void room_read_people (room_t *self)
{
    if (self->people_reading || self->console->draining)
        return;
    self->people_reading = true;
    self->people_at = room_mono (self);
    size_t n = board_policy (self->board)->people_n, at = 0;
    while (at + READ < n)
        at = read_some (self, at, on_person);
    read_some (self, at, on_last_people);
}

void room_read_person (room_t *self, const char *person)
{
    char key[KEY_SIZE];
    if (self->console->draining)
        return;
    asked_t *asked = asked_new (self);
    WORD_COPY (asked->names[0], person);
    asked->n = 1;
    const char *list[] = {key_person (key, self->shard, self->workspace, person)};
    store_get (room_store (self), list, 1, on_person, asked);
}
