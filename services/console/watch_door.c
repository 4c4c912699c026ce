/* watch_door.c - /board, /board/stream: which room, how much of it, and is there room for one more who watches?
 *
 * Limits: as many watch as leave a quarter of the connections for all else. */
#include "room.h"

#include <errno.h>
#include <stdlib.h>

enum { LIMIT_MAX = 10000, WATCH_LIMIT_MAX = 1000 };

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
static bool take_limit (visit_t **self_p, size_t most, size_t *limit)
{
    const char *text = http_query ((*self_p)->http, "limit");
    char *end = NULL;
    errno = 0;
    long long given = text ? strtoll (text, &end, 10) : BOARD_LIMIT;
    *limit = (size_t)given;
    if (!errno && given >= 0 && given <= (long long)most && (!text || (*text && !*end)))
        return true;
    visit_refuse (self_p, REFUSED_QUERY, "'limit' must be a number from 0 to %zu", most);
    return false;
}

void board_get (visit_t **self_p)
{
    size_t limit, size;
    room_t *room = room_ready_of (self_p);
    if (!room || !take_limit (self_p, LIMIT_MAX, &limit))
        return;
    char *text = board_page (room->board, room->told, room_now (room), limit, &size);
    visit_json (self_p, 200, text, size, NULL);
    free (text);
}

void board_stream (visit_t **self_p)
{
    size_t limit, all = 0;
    room_t *room = room_of (self_p);
    if (!room || !take_limit (self_p, WATCH_LIMIT_MAX, &limit))
        return;
    for (const room_t *one = room->console->rooms; one; one = one->next)
        all += one->watchers_n;
    if (all >= (size_t)room->console->params->connections * 3 / 4) {
        visit_refuse (self_p, REFUSED_CROWDED, "%zu watch already", all);
        return;
    }
    room_let_watch (self_p, room, limit);
}
