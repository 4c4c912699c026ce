/* line_diff.c - what changes from one text to another, line by line.
 *
 * What is the same at both ends is passed over; between, for each number of changes the furthest that each diagonal
 * comes is kept, and from the end the way back is read off it. */
#include "line_diff.h"

#include "xmalloc.h"

#include <stdbool.h>
#include <string.h>

typedef struct lines {
    const char **at;
    size_t *sizes;
    size_t n;
} lines_t;

typedef struct comparison {
    lines_t old_lines, new_lines;
    size_t head, tail; /* lines that are the same at both ends */
    line_diff_t *diff;
} comparison_t;

static lines_t lines_of (const char *text)
{
    lines_t self = {.n = 0};
    size_t room = 1;
    for (const char *at = text; *at; at++)
        room += *at == '\n';
    self.at = xcalloc (room, sizeof *self.at);
    self.sizes = xcalloc (room, sizeof *self.sizes);
    while (*text) {
        self.at[self.n] = text;
        self.sizes[self.n] = strcspn (text, "\n");
        text += self.sizes[self.n] + (text[self.sizes[self.n]] == '\n');
        self.n++;
    }
    return self;
}

static void lines_clear (lines_t *self)
{
    free (self->at);
    free (self->sizes);
}

static bool same (const comparison_t *self, size_t x, size_t y)
{
    return self->old_lines.sizes[x] == self->new_lines.sizes[y] &&
           memcmp (self->old_lines.at[x], self->new_lines.at[y], self->old_lines.sizes[x]) == 0;
}

static void step (const comparison_t *self, char kind, size_t x, size_t y)
{
    const lines_t *from = kind == '+' ? &self->new_lines : &self->old_lines;
    size_t index = kind == '+' ? y : x;
    line_diff_t *diff = self->diff;
    diff->steps[diff->n++] = (line_step_t){kind, from->at[index], from->sizes[index], x + 1, y + 1};
    diff->added += kind == '+';
    diff->removed += kind == '-';
}

static void trim (comparison_t *self)
{
    size_t a = self->old_lines.n, b = self->new_lines.n, least = a < b ? a : b;
    while (self->head < least && same (self, self->head, self->head))
        self->head++;
    while (self->tail < least - self->head && same (self, a - self->tail - 1, b - self->tail - 1))
        self->tail++;
}

/* ---- the middle: x of the old, y of the new, both from `head` on; the diagonal is x - y */

/* With d changes: row[k + d] is the furthest x on diagonal k. */
static int furthest (const int *before, int d, int k)
{
    if (d == 0)
        return 0;
    /* row d - 1 has its diagonal k at k + d - 1 */
    int down = k < d ? before[k + d] : -1, right = k > -d ? before[k + d - 2] + 1 : -1;
    if (k == -d)
        return down;
    if (k == d)
        return right;
    return down >= right ? down : right;
}

/* The rows up to the number of changes that suffices; -1: they are too many. */
static int search (const comparison_t *self, int **rows, int width, int height)
{
    for (int d = 0; d <= LINE_DIFF_MAX; d++) {
        rows[d] = xcalloc (2 * (size_t)d + 1, sizeof **rows);
        for (int k = -d; k <= d; k += 2) {
            int x = furthest (d ? rows[d - 1] : NULL, d, k);
            while (x < width && x - k < height && x - k >= 0 &&
                   same (self, self->head + (size_t)x, self->head + (size_t)(x - k)))
                x++;
            rows[d][k + d] = x;
            if (x >= width && x - k >= height)
                return d;
        }
    }
    return -1;
}

/* From the end to the beginning, into `steps` from their end. */
static void trace (const comparison_t *self, int *const *rows, int d, int x, int y, line_step_t *end)
{
    line_diff_t back = {.steps = end};
    comparison_t one = *self;
    one.diff = &back;
    for (; d >= 0; d--) {
        int k = x - y, from = furthest (d ? rows[d - 1] : NULL, d, k);
        while (x > from && x > 0 && y > 0) {
            x--, y--;
            back.steps--;
            back.n = 0;
            step (&one, ' ', self->head + (size_t)x, self->head + (size_t)y);
        }
        if (d == 0)
            break;
        bool down = k == -d || (k != d && rows[d - 1][k + d] >= rows[d - 1][k + d - 2] + 1);
        x -= !down, y -= down;
        back.steps--;
        back.n = 0;
        step (&one, down ? '+' : '-', self->head + (size_t)x, self->head + (size_t)y);
    }
    self->diff->added += back.added;
    self->diff->removed += back.removed;
}

static void replace (const comparison_t *self, size_t width, size_t height)
{
    for (size_t x = 0; x < width; x++)
        step (self, '-', self->head + x, self->head);
    for (size_t y = 0; y < height; y++)
        step (self, '+', self->head + width, self->head + y);
}

static void compare_middle (const comparison_t *self)
{
    size_t width = self->old_lines.n - self->head - self->tail, height = self->new_lines.n - self->head - self->tail;
    int **rows = xcalloc (LINE_DIFF_MAX + 1, sizeof *rows);
    int changes = search (self, rows, (int)width, (int)height);
    if (changes < 0)
        replace (self, width, height);
    else {
        size_t n = (width + height + (size_t)changes) / 2; /* those in both count once */
        self->diff->n += n;
        trace (self, rows, changes, (int)width, (int)height, self->diff->steps + self->diff->n);
    }
    for (int d = 0; d <= LINE_DIFF_MAX; d++)
        free (rows[d]);
    free (rows);
}

void line_diff (const char *old_text, const char *new_text, line_diff_t *diff)
{
    comparison_t self = {.old_lines = lines_of (old_text), .new_lines = lines_of (new_text), .diff = diff};
    *diff = (line_diff_t){.n = 0};
    diff->steps = xcalloc (self.old_lines.n + self.new_lines.n + 1, sizeof *diff->steps);
    trim (&self);
    for (size_t i = 0; i < self.head; i++)
        step (&self, ' ', i, i);
    compare_middle (&self);
    for (size_t i = self.tail; i > 0; i--)
        step (&self, ' ', self.old_lines.n - i, self.new_lines.n - i);
    lines_clear (&self.old_lines);
    lines_clear (&self.new_lines);
}

void line_diff_clear (line_diff_t *diff)
{
    free (diff->steps);
    *diff = (line_diff_t){.n = 0};
}
