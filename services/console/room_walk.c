/* room_walk.c - a walk over all that the store holds open: at start, behind a gap, and every ten minutes, since what is
 * known from messages may lack something.
 *
 * PART ids at a time, and no further ones before the contacts of the last part are read, those that are known among them.
 * What is known and was not seen is read, and found to be gone. A gap on the way makes it begin again at its end. */
#include "room.h"

#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { PART = 512, AGAIN_MS = 600000, LATER_MS = 1000 };

typedef struct part {
    room_t *room;
    unsigned era;
} part_t;

static void see (room_t *self, const store_values_t *values)
{
    char id[ID_SIZE];
    for (size_t i = 0; i < values->n; i++) {
        snprintf (id, sizeof id, "%.*s", (int)values->items[i].size, values->items[i].bytes);
        WORD_COPY (self->walk_after, id);
        board_walk_see (self->board, id);
        room_dirty (self, id);
    }
    self->walk_last = values->n < PART;
}

static void unseen (void *arg, const char *id)
{
    room_dirty (arg, id);
}

static void walk_end (room_t *self)
{
    self->walking = false;
    self->walk_at = self->walk_again ? 0 : room_mono (self) + AGAIN_MS;
    board_walk_end (self->board, unseen, self);
    self->contacts_read = true;
    room_read (self);
    room_look_ready (self);
}

static void on_part (void *arg, const store_values_t *values)
{
    part_t *part = arg;
    room_t *self = part->room;
    console_t *console = self->console;
    if (part->era == self->era && !console->draining) {
        self->walk_asking = false;
        if (values->away || values->wrong_type) {
            self->walking = false;
            self->walk_at = room_mono (self) + LATER_MS;
        } else {
            see (self, values);
            room_read (self);
            if (!self->dirty_n)
                room_walk (self);
        }
    }
    free (part);
    console_release (console);
}

static void ask (room_t *self)
{
    char key[KEY_SIZE];
    part_t *part = xcalloc (1, sizeof *part);
    *part = (part_t){self, self->era};
    self->walk_asking = true;
    console_hold (self->console);
    store_range_lex (room_store (self), key_open (key, self->shard, self->workspace), self->walk_after, PART, on_part,
                     part);
}

void room_walk (room_t *self)
{
    if (self->walk_asking || self->console->draining)
        return;
    if (!self->walking) {
        self->walking = true;
        self->walk_again = false;
        self->walk_last = false;
        self->walk_after[0] = 0;
        self->walk_at = TIME_NEVER;
        board_walk_begin (self->board);
        ask (self);
    } else if (self->dirty_n)
        room_read (self);
    else if (self->walk_last)
        walk_end (self);
    else
        ask (self);
}
