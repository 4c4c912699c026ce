/* room.c - a workspace: it opens, follows the events, and each second looks whether all is well.
 *
 * Hears: the workspace's stream, from FEED_KEPT events ago on. Says: which contacts and people are to be read again
 * (room_read.c), what happened (feed.c, the trends). A number that is missing was forgotten, or was trimmed while the
 * store was away: then all that is open is walked over again. A store that went back is read as on the first day. */
#include "room.h"

#include "hearing.h"
#include "log.h"
#include "words.h"
#include "xmalloc.h"

enum { PEOPLE_AGAIN_MS = 2000 };

mono_ms_t room_mono (const room_t *self)
{
    return loop_now (self->console->service->loop);
}

store_t *room_store (const room_t *self)
{
    return self->console->service->store;
}

wall_ms_t room_now (const room_t *self)
{
    return store_now (room_store (self));
}

/* ------------------------------------------------------- what happens */

static void hear (room_t *self, const Buckstop__V1__Event *event)
{
    bool gap = self->number && event->number > self->number + 1;
    self->number = event->number;
    if (gap) {
        self->walk_again = true;
        self->walk_at = self->walking ? self->walk_at : 0;
    }
    board_event (self->board, event);
    feed_add (self->feed, event);
    if (*event->contact && event->version > board_version (self->board, event->contact))
        room_dirty (self, event->contact);
    else if (!*event->contact && *event->person)
        room_read_person (self, event->person);
}

static void on_events (void *arg, const store_values_t *values)
{
    room_t *self = arg;
    for (size_t i = 0; i < values->n; i++) {
        const store_value_t *value = &values->items[i];
        if (!value->bytes || (uint64_t)value->score <= self->number)
            continue;
        Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
        if (!event) {
            self->number = (uint64_t)value->score;
            metric_add ("console_bad_events", 1);
            continue;
        }
        event->number = (uint64_t)value->score;
        hear (self, event);
        buckstop__v1__event__free_unpacked (event, NULL);
    }
    room_look_ready (self);
    room_read (self);
    if (!self->dirty_n) /* else once they are read */
        room_changed (self);
}

/* --------------------------------------------------------- it opens */

static void open_from (room_t *self, uint64_t newest)
{
    char key[KEY_SIZE];
    uint64_t from = newest > FEED_KEPT ? newest - FEED_KEPT : 0;
    self->opened = true;
    self->newest = newest;
    self->number = self->told = from;
    self->follow =
        store_follow (room_store (self), key_events (key, self->shard, self->workspace), from, on_events, self);
    history_begin (self, from);
    room_read_people (self);
    self->walk_at = 0;
    room_walk (self);
}

static void on_newest (void *arg, const store_values_t *values)
{
    room_t *self = arg;
    console_t *console = self->console;
    self->opening = false;
    if (!values->away && !console->draining && !self->left)
        open_from (self, values->n ? (uint64_t)values->items[0].score : 0);
    console_release (console);
}

static void open_room (room_t *self)
{
    char key[KEY_SIZE];
    self->opening = true;
    console_hold (self->console);
    store_events_last (room_store (self), key_events (key, self->shard, self->workspace), on_newest, self);
}

void room_look_ready (room_t *self)
{
    if (self->ready || !self->contacts_read || !self->people_read || self->number < self->newest)
        return;
    self->ready = true;
    char contacts[24];
    snprintf (contacts, sizeof contacts, "%zu", board_contacts (self->board));
    log_fact (LOG_NOTICE_, "", "the board is read", "workspace", self->workspace, "contacts", contacts, NULL);
    room_greet (self);
}

/* ----------------------------------------------------- each second */

void room_anew (room_t *self)
{
    log_fact (LOG_WARNING_, "", "the store went back: all is read again", "workspace", self->workspace, NULL);
    store_unfollow (&self->follow);
    history_destroy (&self->history);
    feed_clear (self->feed);
    board_t *before = self->board;
    self->board = board_new (board_policy (before), (size_t)self->console->params->contacts_max);
    board_destroy (&before);
    self->opened = self->ready = self->contacts_read = self->people_read = false;
    self->walking = self->walk_asking = self->people_reading = false;
    self->dirty_n = self->reading = 0;
    self->number = 0;
    room_forget_pages (self);
    self->era++;
}

void room_tick (room_t *self)
{
    if (!store_ready (room_store (self)))
        return;
    if (!self->opened && !self->opening)
        open_room (self);
    if (!self->opened)
        return;
    if (room_mono (self) >= self->people_at + PEOPLE_AGAIN_MS)
        room_read_people (self);
    if (self->walking || room_mono (self) >= self->walk_at)
        room_walk (self);
    room_read (self);
    history_tick (self);
}

void room_adopt (room_t *self, const policy_t *policy)
{
    board_adopt (self->board, policy);
    if (self->opened)
        room_read_people (self);
    room_changed (self);
}

/* ---------------------------------------------------------- its life */

room_t *room_new (console_t *console, const char *workspace, const policy_t *policy)
{
    room_t *self = xcalloc (1, sizeof *self);
    self->console = console;
    WORD_COPY (self->workspace, workspace);
    self->shard = store_shard (console->service->store, workspace);
    self->board = board_new (policy, (size_t)console->params->contacts_max);
    self->feed = feed_new ();
    self->heard_at = room_mono (self);
    open_room (self);
    return self;
}

void room_close (room_t *self)
{
    store_unfollow (&self->follow);
    loop_cancel (self->console->service->loop, &self->flush);
    room_dismiss (self);
}

void room_leave (room_t *self)
{
    log_fact (LOG_NOTICE_, "", "the board goes with its workspace", "workspace", self->workspace, NULL);
    room_close (self);
    history_destroy (&self->history);
    self->left = true;
    self->ready = false;
    self->era++;
}

void room_destroy (room_t **self_p)
{
    room_t *self = *self_p;
    *self_p = NULL;
    room_forget_pages (self);
    history_destroy (&self->history);
    feed_destroy (&self->feed);
    board_destroy (&self->board);
    free (self->dirty);
    free (self);
}
