/* held.c - /board/held: what one person holds or is offered, for their desk.
 *
 * The board that a desk has ends with what breaks next, and what is somebody's may stand behind it. It is looked for bit by
 * bit (chores.h): after a console's return each desk asks. */
#include "room.h"

#include "words.h"
#include "xmalloc.h"

typedef struct held {
    visit_t *visit;
    room_t *room;
    unsigned era;
    board_held_t *board; /* goes on; its board is the room's of that era */
} held_t;

static bool look (void *arg, bool over)
{
    held_t *self = arg;
    size_t size;
    console_t *console = self->visit->console;
    bool same = self->era == self->room->era;
    if (!over && same && board_held_on (self->board, BOARD_SEARCH_BIT))
        return true;
    if (!over && same) {
        char *text = board_held_end (&self->board, room_now (self->room), &size);
        visit_json (&self->visit, 200, text, size, NULL);
        free (text);
    } else
        visit_refuse (&self->visit, over ? REFUSED_STOPPING : REFUSED_READING, "nothing was looked at");
    board_held_destroy (&self->board);
    free (self);
    console_release (console);
    return false;
}

void board_held (visit_t **self_p)
{
    room_t *room = room_ready_of (self_p);
    if (!room)
        return;
    const char *person = http_query ((*self_p)->http, "person");
    if (word_empty (person)) {
        visit_refuse (self_p, REFUSED_QUERY, "'person' must say whose contacts: /board/held?person=NAME");
        return;
    }
    held_t *self = xcalloc (1, sizeof *self);
    *self = (held_t){.visit = *self_p, .room = room, .era = room->era, .board = board_held_new (room->board, person)};
    *self_p = NULL;
    console_hold (room->console);
    chores_add (room->console->chores, look, self);
}
