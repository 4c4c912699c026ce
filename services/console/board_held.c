/* board_held.c - what one person holds or is offered, wherever it stands in the order.
 *
 * Limits: HELD_MAX; what is more is counted. */
#include "board_private.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 1000 };

struct board_held {
    const board_t *board;
    int person;
    size_t next; /* rows below it were not seen yet */
    size_t n, more;
    char ids[HELD_MAX][ID_SIZE];
};

board_held_t *board_held_new (const board_t *board, const char *person)
{
    board_held_t *self = xcalloc (1, sizeof *self);
    self->board = board;
    self->person = names_find (&board->people, person);
    self->next = self->person == NAME_NONE ? 0 : board->rows.n;
    return self;
}

void board_held_destroy (board_held_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

static bool is_theirs (const row_t *row, int person)
{
    return row->owner == person || row->asked == person;
}

static void take (board_held_t *self, const char *id)
{
    if (self->n == HELD_MAX) {
        self->more++;
        return;
    }
    WORD_COPY (self->ids[self->n], id);
    self->n++;
}

/* From the end on, since a row that goes is replaced by the last one: none is left out, and one may be seen twice. */
bool board_held_on (board_held_t *self, size_t rows)
{
    const rows_t *all = &self->board->rows;
    self->next = self->next < all->n ? self->next : all->n;
    for (; rows && self->next; rows--) {
        const row_t *row = &all->items[--self->next];
        if (is_theirs (row, self->person))
            take (self, row->id);
    }
    return self->next > 0;
}

static int by_id (const void *a, const void *b)
{
    return strcmp (a, b);
}

/* Those that still are theirs, each once. */
char *board_held_end (board_held_t **self_p, wall_ms_t now, size_t *size)
{
    char *text = NULL;
    board_held_t *self = *self_p;
    const char *between = "";
    qsort (self->ids, self->n, sizeof *self->ids, by_id);
    FILE *out = xcheck (open_memstream (&text, size));
    fprintf (out, "{\"now\":%" PRId64 ",\"contacts\":[", now);
    for (size_t i = 0; i < self->n; i++) {
        const row_t *row =
            i && by_id (self->ids[i - 1], self->ids[i]) == 0 ? NULL : rows_find (&self->board->rows, self->ids[i]);
        if (!row || !is_theirs (row, self->person))
            continue;
        fprintf (out, "%s%s", between, row->json);
        between = ",";
    }
    fprintf (out, "],\"more\":%zu}", self->more);
    fclose (out);
    board_held_destroy (self_p);
    return text;
}
