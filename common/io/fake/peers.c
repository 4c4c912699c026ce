/* peers.c (fake) - the far sides: a table of rows, the newest that matches an address says how it answers. */
#include "world.h"

#include "xmalloc.h"

#include <stdio.h>

typedef struct peer_row {
    struct peer_row *next;
    char *part;
    int64_t count; /* < 0: for ever */
    world_peer_t answer;
} peer_row_t;

static peer_row_t *rows;

static void row_free (peer_row_t **link)
{
    peer_row_t *row = *link;
    *link = row->next;
    free (row->part);
    free (row);
}

void fake_peers_clear (void)
{
    while (rows)
        row_free (&rows);
}

void world_reset_peers (void)
{
    fake_peers_clear ();
}

void fake_peer (const char *part, fake_peer_t kind, int status, int64_t value, int64_t count)
{
    peer_row_t *row = xcalloc (1, sizeof *row);
    row->part = xstrdup (part);
    row->count = count;
    row->answer = (world_peer_t){.kind = kind, .status = status, .value = value};
    row->next = rows;
    rows = row;
}

void fake_peer_body (const char *body)
{
    snprintf (rows->answer.body, sizeof rows->answer.body, "%s", body);
}

world_peer_t world_peer (const char *address)
{
    for (peer_row_t **link = &rows; *link; link = &(*link)->next) {
        peer_row_t *row = *link;
        if (!strstr (address, row->part))
            continue;
        world_peer_t answer = row->answer;
        if (row->count > 0 && --row->count == 0)
            row_free (link);
        return answer;
    }
    return (world_peer_t){.kind = FAKE_PEER_ANSWERS};
}
