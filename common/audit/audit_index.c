/* audit_index.c - rows sorted by member, searched by halves. Added first, asked afterwards. */
#include "audit_index.h"

#include "xmalloc.h"

index_row_t *audit_index_add (index_t *self, const char *member, size_t size, int64_t score)
{
    if (self->n == self->room) {
        self->room = self->room ? self->room * 2 : 64;
        self->rows = xrealloc (self->rows, self->room * sizeof *self->rows);
    }
    index_row_t *row = &self->rows[self->n++];
    *row = (index_row_t){.member = xcalloc (size + 1, 1), .score = score};
    memcpy (row->member, member, size);
    self->sorted = false;
    return row;
}

static int by_member (const void *a, const void *b)
{
    return strcmp (((const index_row_t *)a)->member, ((const index_row_t *)b)->member);
}

static void sort (index_t *self)
{
    if (!self->sorted && self->n > 0)
        qsort (self->rows, self->n, sizeof *self->rows, by_member);
    self->sorted = true;
}

const index_row_t *audit_index_take (index_t *self, const char *member, size_t *n)
{
    size_t low = 0, high = self->n;
    sort (self);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp (self->rows[middle].member, member) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < self->n && strcmp (self->rows[low + *n].member, member) == 0)
        self->rows[low + (*n)++].used = true;
    return *n > 0 ? &self->rows[low] : NULL;
}

void audit_index_clear (index_t *self)
{
    for (size_t i = 0; i < self->n; i++) {
        free (self->rows[i].member);
        free (self->rows[i].channel);
        free (self->rows[i].person);
    }
    free (self->rows);
    *self = (index_t){.rows = NULL};
}
