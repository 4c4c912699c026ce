/* pulse.c - each second: is what is shown of now, and is the system well?
 *
 * Hears: what is due for the longest in the workspace's shard, the dead letters, the newest event's number; each
 * OUTBOX_LOOK_MS what of the outbox should have gone, so also what is tried again later.
 * Says: `pulse` to all who watch, also while the store is away: then the last that was known, and why; addresses of the
 * house to operators alone.
 * Limits: outbox_waiting.h. */
#include "room.h"

#include "outbox_waiting.h"

#include "values.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>

enum { OUTBOX_LOOK_MS = 5000, SILENT_MS = 2500 };

typedef struct ask {
    room_t *room;
    unsigned era;
    uint64_t number; /* of the last event heard when it was asked */
    size_t open;     /* answers to come */
    bool away;
    pulse_t found;
} ask_t;

static void answered (ask_t *ask, bool away)
{
    room_t *room = ask->room;
    console_t *console = room->console;
    ask->away |= away;
    if (--ask->open == 0) {
        room->pulse.asking = false;
        if (!ask->away && ask->era == room->era) {
            room->pulse = ask->found;
            room->heard_at = room_mono (room);
        }
        free (ask);
    }
    console_release (console);
}

/* The oldest of a kind that is due. */
static void on_due (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    if (!values->away && values->n) {
        int64_t late = room_now (ask->room) - values->items[0].score;
        ask->found.lateness_ms = late > ask->found.lateness_ms ? late : ask->found.lateness_ms;
    }
    answered (ask, values->away);
}

static void on_outbox (void *arg, const outbox_waiting_t *waiting)
{
    ask_t *ask = arg;
    ask->found.waiting = waiting->open_n;
    ask->found.oldest = waiting->open_since;
    answered (ask, waiting->away);
}

static void on_dead (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    if (!values->away && values->n && values->items[0].score > 0)
        ask->found.dead = (size_t)values->items[0].score;
    answered (ask, values->away);
}

static void on_newest (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    room_t *room = ask->room;
    uint64_t newest = !values->away && values->n ? (uint64_t)values->items[0].score : 0;
    bool back = !values->away && ask->era == room->era && newest < ask->number;
    answered (ask, values->away);
    if (back && !room->console->draining)
        room_anew (room);
}

static void look (room_t *self)
{
    char key[KEY_SIZE];
    store_t *store = room_store (self);
    wall_ms_t now = room_now (self);
    ask_t *ask = xcalloc (1, sizeof *ask);
    enum { ASKS = 4 };
    bool outbox = room_mono (self) >= self->outbox_look;
    *ask = (ask_t){.room = self, .era = self->era, .number = self->number, .open = ASKS + outbox};
    ask->found = (pulse_t){.waiting = self->pulse.waiting, .oldest = self->pulse.oldest};
    self->pulse.asking = true;
    for (int i = 0; i < ASKS + outbox; i++)
        console_hold (self->console);
    store_range (store, key_due (key, self->shard, KIND_CONTACT), 0, now, 0, 1, on_due, ask);
    store_range (store, key_due (key, self->shard, KIND_PERSON), 0, now, 0, 1, on_due, ask);
    store_count_lex (store, key_dead (key, self->shard, self->workspace), "", on_dead, ask);
    store_events_last (store, key_events (key, self->shard, self->workspace), on_newest, ask);
    if (!outbox)
        return;
    self->outbox_look = room_mono (self) + OUTBOX_LOOK_MS;
    outbox_waiting (store, self->workspace, on_outbox, ask);
}

/* How far what is shown lies behind what is. */
static int64_t behind_ms (const room_t *self)
{
    mono_ms_t now = room_mono (self), since = now;
    if (self->dirty_n && self->dirty_since < since)
        since = self->dirty_since;
    if (now - self->heard_at > SILENT_MS && self->heard_at < since)
        since = self->heard_at;
    return now - since;
}

static const char *store_words (const room_t *self, bool operators)
{
    const store_t *store = room_store (self);
    if (store_ready (store) && !store_full (store))
        return "ready";
    if (operators)
        return store_why_not (store);
    return store_ready (store) ? "out of memory" : "operators see why";
}

static void write_pulse (const room_t *self, bool operators, FILE *out)
{
    const pulse_t *pulse = &self->pulse;
    wall_ms_t now = room_now (self);
    int64_t oldest = pulse->waiting ? (now - pulse->oldest) / MS_PER_SECOND : 0;
    json_t *words = value_text (store_words (self, operators));
    fprintf (out,
             "event: pulse\ndata: {\"now\":%" PRId64 ",\"behind_ms\":%" PRId64 ",\"lateness_ms\":%" PRId64
             ",\"outbox\":{\"waiting\":%zu,\"oldest_s\":%" PRId64 ",\"dead\":%zu},\"watchers\":%zu,\"store\":",
             now, behind_ms (self), pulse->lateness_ms, pulse->waiting, oldest, pulse->dead, self->watchers_n);
    json_dumpf (words, out, JSON_ENCODE_ANY);
    json_decref (words);
    if (!self->ready)
        fprintf (out, ",\"reading\":%zu", board_contacts (self->board));
    fputs (",\"services\":", out);
    peers_write (self->console->peers, operators, out);
    fputs ("}\n\n", out);
}

static void say (room_t *self, bool operators)
{
    char *text = NULL;
    size_t size;
    FILE *out = xcheck (open_memstream (&text, &size));
    write_pulse (self, operators, out);
    fclose (out);
    room_say (self, operators, text, size);
    free (text);
}

void pulse_tick (room_t *self)
{
    if (self->opened && !self->pulse.asking && store_ready (room_store (self)))
        look (self);
    if (!self->watchers)
        return;
    say (self, true);
    say (self, false);
}
