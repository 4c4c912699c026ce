/* watch_door.c - /board, /board/stream: which room, how much of it, and is there room for one more who watches?
 *
 * Limits: as many watch as leave a quarter of the connections for all else. */
#include "room.h"

#include "xmalloc.h"

#include <errno.h>
#include <stdlib.h>

enum { LIMIT_MAX = 1000 }; /* a page of more took one turn of the loop for long */

/* NULL: refused. */
static room_t *room_of (visit_t **self_p)
{
    visit_t *self = *self_p;
    if (self->console->draining) { /* nobody would send a new stream home */
        visit_refuse (self_p, REFUSED_STOPPING, "it has its last requests");
        return NULL;
    }
    room_t *room = console_room (self->console, self->bearer.workspace);
    if (!room)
        visit_refuse (self_p, REFUSED_WORKSPACE, "workspace '%s' has no policy here", self->bearer.workspace);
    return room;
}

room_t *room_ready_of (visit_t **self_p)
{
    room_t *room = room_of (self_p);
    if (!room || room->ready)
        return room;
    visit_refuse (self_p, REFUSED_READING, "%zu contacts are read", board_contacts (room->board));
    return NULL;
}

/* False: refused. */
static bool take_limit (visit_t **self_p, size_t *limit)
{
    const char *text = http_query ((*self_p)->http, "limit");
    char *end = NULL;
    errno = 0;
    long long given = text ? strtoll (text, &end, 10) : BOARD_LIMIT;
    *limit = (size_t)given;
    if (!errno && given >= 0 && given <= LIMIT_MAX && (!text || (*text && !*end)))
        return true;
    visit_refuse (self_p, REFUSED_QUERY, "'limit' must be a number from 0 to %d", (int)LIMIT_MAX);
    return false;
}

typedef struct page_ask {
    visit_t *visit;
    room_t *room;
    size_t limit;
} page_ask_t;

static bool tell_page (void *arg, bool over)
{
    page_ask_t *self = arg;
    size_t size;
    console_t *console = self->visit->console;
    if (over)
        visit_refuse (&self->visit, REFUSED_STOPPING, "nothing was looked at");
    else if (!self->room->ready)
        visit_refuse (&self->visit, REFUSED_READING, "the store went back");
    else {
        const char *text = room_page (self->room, self->limit, &size);
        visit_json (&self->visit, 200, text, size, NULL);
    }
    free (self);
    console_release (console);
    return false;
}

/* Many may ask at once, and each for another one: one after the other. */
void board_get (visit_t **self_p)
{
    size_t limit;
    room_t *room = room_ready_of (self_p);
    if (!room || !take_limit (self_p, &limit))
        return;
    page_ask_t *ask = xcalloc (1, sizeof *ask);
    *ask = (page_ask_t){.visit = *self_p, .room = room, .limit = limit};
    *self_p = NULL;
    console_hold (room->console);
    chores_add (room->console->chores, tell_page, ask);
}

void board_stream (visit_t **self_p)
{
    size_t limit, all = 0;
    room_t *room = room_of (self_p);
    if (!room || !take_limit (self_p, &limit))
        return;
    for (const room_t *one = room->console->rooms; one; one = one->next)
        all += one->watchers_n;
    if (all >= (size_t)room->console->params->connections * 3 / 4) {
        visit_refuse (self_p, REFUSED_CROWDED, "%zu watch already", all);
        return;
    }
    room_let_watch (self_p, room, limit);
}
