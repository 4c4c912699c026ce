/* board_page.c - the board as a document: the whole, or what changed since. */
#include "board_private.h"
#include "xmalloc.h"

#include <inttypes.h>

/* -------------------------------------------------- the first of all */

static void sift_down (const row_t **heap, size_t n, size_t at)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && row_order (heap[child + 1], heap[child]) > 0;
        if (row_order (heap[child], heap[at]) <= 0)
            return;
        const row_t *row = heap[at];
        heap[at] = heap[child];
        heap[child] = row;
        at = child;
    }
}

static int by_order (const void *a, const void *b)
{
    return row_order (*(const row_t *const *)a, *(const row_t *const *)b);
}

/* The `limit` first rows in order: a heap with the last of them on top, through which all rows go. */
static const row_t **first_rows (const board_t *self, size_t limit, size_t *n)
{
    const row_t *rows = self->rows.items, **heap = xcalloc (limit, sizeof *heap);
    *n = self->rows.n < limit ? self->rows.n : limit;
    for (size_t i = 0; i < *n; i++)
        heap[i] = &rows[i];
    for (size_t i = *n / 2; i-- > 0;)
        sift_down (heap, *n, i);
    for (size_t i = *n; *n && i < self->rows.n; i++)
        if (row_order (&rows[i], heap[0]) < 0) {
            heap[0] = &rows[i];
            sift_down (heap, *n, 0);
        }
    qsort (heap, *n, sizeof *heap, by_order);
    return heap;
}

/* ------------------------------------------------------------ the whole */

static void write_trend (FILE *out, const board_t *self, wall_ms_t now)
{
    int64_t last = now / BOARD_TREND_MS;
    const char *between = "";
    fputs (",\"trend\":[", out);
    for (int64_t step = last - BOARD_TREND_STEPS + 1; step <= last; step++) {
        const bucket_t *kept = &self->buckets[step % BUCKETS];
        bucket_t bucket = kept->step == step ? *kept : (bucket_t){.step = step};
        fputs (between, out);
        write_bucket (out, &bucket);
        between = ",";
    }
    fputc (']', out);
}

static bool is_shown (const who_t *who)
{
    return who->named || who->used > 0 || who->oldest != TIME_NEVER;
}

static void write_everybody (FILE *out, const board_t *self)
{
    const char *between = "";
    fputs (",\"people\":[", out);
    for (size_t i = 0; i < self->who_n; i++)
        if (is_shown (&self->who[i])) {
            fputs (between, out);
            write_who (out, self, (int)i);
            between = ",";
        }
    fputs ("],\"teams\":[", out);
    between = "";
    for (size_t i = 0; i < self->crews_n; i++)
        if (self->crews[i].facts || self->crews[i].waiting) {
            fputs (between, out);
            write_crew (out, self, (int)i);
            between = ",";
        }
    fputc (']', out);
}

static void write_rows (FILE *out, const row_t *const *rows, size_t n)
{
    fputs (",\"contacts\":[", out);
    for (size_t i = 0; i < n; i++)
        fprintf (out, "%s%s", i ? "," : "", rows[i]->json);
    fputc (']', out);
}

char *board_page (board_t *self, uint64_t number, wall_ms_t now, size_t limit, size_t *size)
{
    char *text = NULL;
    size_t n;
    board_tally (self, now);
    FILE *out = xcheck (open_memstream (&text, size));
    fputs ("{\"workspace\":", out);
    write_text (out, self->policy->workspace);
    fprintf (out, ",\"now\":%" PRId64 ",\"number\":%" PRIu64 ",\"counts\":", now, number);
    write_counts (out, &self->tallies);
    fputs (",\"promises\":", out);
    write_promises (out, &self->tallies);
    write_trend (out, self, now);
    write_everybody (out, self);
    const row_t **rows = first_rows (self, limit ? limit : 1, &n);
    write_rows (out, rows, limit ? n : 0);
    free (rows);
    fprintf (out, ",\"more\":%zu}", self->rows.n - (limit ? n : 0) + self->left_out);
    fclose (out);
    return text;
}

/* --------------------------------------------------------- what changed */

static bool write_changed_rows (FILE *out, board_t *self)
{
    size_t told = 0;
    for (size_t i = 0; i < self->rows.n && self->changed && told < BOARD_ROWS_TOLD; i++) {
        row_t *row = &self->rows.items[i];
        if (!row->changed)
            continue;
        fprintf (out, "%s%s", told++ ? "," : ",\"contacts\":[", row->json);
        row->changed = false;
        self->changed--;
    }
    if (told)
        fputc (']', out);
    return told > 0;
}

static bool write_gone (FILE *out, board_t *self)
{
    for (size_t i = 0; i < self->gone_n; i++) {
        fputs (i ? "," : ",\"gone\":[", out);
        write_text (out, self->gone[i]);
    }
    if (!self->gone_n)
        return false;
    fputc (']', out);
    self->gone_n = 0;
    return true;
}

static bool write_changed_people (FILE *out, board_t *self)
{
    size_t told = 0;
    for (size_t i = 0; i < self->who_n; i++) {
        uint64_t sign = who_sign (self, &self->who[i]);
        if (sign == self->who[i].told)
            continue;
        self->who[i].told = sign;
        fputs (told++ ? "," : ",\"people\":[", out);
        write_who (out, self, (int)i);
    }
    if (told)
        fputc (']', out);
    return told > 0;
}

static bool write_changed_teams (FILE *out, board_t *self)
{
    size_t told = 0;
    for (size_t i = 0; i < self->crews_n; i++) {
        uint64_t sign = crew_sign (&self->crews[i]);
        if (sign == self->crews[i].told)
            continue;
        self->crews[i].told = sign;
        fputs (told++ ? "," : ",\"teams\":[", out);
        write_crew (out, self, (int)i);
    }
    if (told)
        fputc (']', out);
    return told > 0;
}

static bool write_changed_trend (FILE *out, board_t *self)
{
    size_t told = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        bucket_t *bucket = &self->buckets[i];
        if (!bucket->changed)
            continue;
        bucket->changed = false;
        fputs (told++ ? "," : ",\"trend\":[", out);
        write_bucket (out, bucket);
    }
    if (told)
        fputc (']', out);
    return told > 0;
}

static bool write_changed_counts (FILE *out, board_t *self)
{
    const tallies_t *is = &self->tallies;
    if (memcmp (is, &self->told, sizeof *is) == 0)
        return false;
    self->told = *is;
    fputs (",\"counts\":", out);
    write_counts (out, is);
    fputs (",\"promises\":", out);
    write_promises (out, is);
    return true;
}

char *board_change (board_t *self, uint64_t number, wall_ms_t now, size_t *size)
{
    static bool (*const parts[]) (FILE *, board_t *) = {write_changed_rows,  write_gone,          write_changed_people,
                                                        write_changed_teams, write_changed_trend, write_changed_counts};
    char *text = NULL;
    bool any = false;
    board_tally (self, now);
    FILE *out = xcheck (open_memstream (&text, size));
    fprintf (out, "{\"number\":%" PRIu64 ",\"now\":%" PRId64, number, now);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        any |= parts[i](out, self);
    fputc ('}', out);
    fclose (out);
    if (any)
        return text;
    free (text);
    return NULL;
}

bool board_waits (const board_t *self)
{
    return self->changed > 0;
}

bool board_overflows (const board_t *self)
{
    return self->changed > BOARD_ROWS_BEHIND;
}

void board_told (board_t *self)
{
    for (size_t i = 0; i < self->rows.n && self->changed; i++) {
        self->changed -= self->rows.items[i].changed;
        self->rows.items[i].changed = false;
    }
    self->gone_n = 0;
}
