/* board_rows.c - the contacts of a board: a dense array, and slots by the hash of the id (linear probing).
 *
 * Dense, since the counts look at all of them ten times a second. Limits: 2^31 rows. */
#include "board_private.h"
#include "words.h"
#include "xmalloc.h"

enum { SLOTS_MIN = 64 };

static size_t slot_of (const rows_t *self, const char *id)
{
    size_t slot = word_hash (WORD_HASH, id) & (self->slots_n - 1);
    while (self->slots[slot] && strcmp (self->items[self->slots[slot] - 1].id, id) != 0)
        slot = (slot + 1) & (self->slots_n - 1);
    return slot;
}

row_t *rows_find (const rows_t *self, const char *id)
{
    if (!self->n)
        return NULL;
    uint32_t index = self->slots[slot_of (self, id)];
    return index ? &self->items[index - 1] : NULL;
}

/* At most half of the slots are taken. */
static void make_room (rows_t *self)
{
    if (self->n == self->room) {
        self->room = self->room ? 2 * self->room : SLOTS_MIN / 2;
        self->items = xrealloc (self->items, self->room * sizeof *self->items);
    }
    if (2 * (self->n + 1) <= self->slots_n)
        return;
    self->slots_n = self->slots_n ? 2 * self->slots_n : SLOTS_MIN;
    free (self->slots);
    self->slots = xcalloc (self->slots_n, sizeof *self->slots);
    for (size_t i = 0; i < self->n; i++)
        self->slots[slot_of (self, self->items[i].id)] = (uint32_t)i + 1;
}

row_t *rows_put (rows_t *self, const char *id)
{
    row_t *found = rows_find (self, id);
    if (found)
        return found;
    make_room (self);
    self->slots[slot_of (self, id)] = (uint32_t)self->n + 1;
    row_t *row = (row_t *)xcheck (self->items) + self->n++;
    *row = (row_t){.due = TIME_NEVER, .risk_at = TIME_NEVER};
    WORD_COPY (row->id, id);
    return row;
}

/* Those behind a slot that became free may have wanted it. */
static void close_gap (rows_t *self, size_t gap)
{
    size_t mask = self->slots_n - 1;
    for (size_t at = (gap + 1) & mask; self->slots[at]; at = (at + 1) & mask) {
        size_t home = word_hash (WORD_HASH, self->items[self->slots[at] - 1].id) & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        self->slots[gap] = self->slots[at];
        self->slots[at] = 0;
        gap = at;
    }
}

bool rows_remove (rows_t *self, const char *id)
{
    if (!rows_find (self, id))
        return false;
    size_t slot = slot_of (self, id), index = self->slots[slot] - 1;
    row_clear (&self->items[index]);
    self->slots[slot] = 0;
    close_gap (self, slot);
    if (index != self->n - 1) {
        self->slots[slot_of (self, self->items[self->n - 1].id)] = (uint32_t)index + 1;
        self->items[index] = self->items[self->n - 1];
    }
    self->n--;
    return true;
}

void rows_clear (rows_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        row_clear (&self->items[i]);
    free (self->items);
    free (self->slots);
    *self = (rows_t){.n = 0};
}
