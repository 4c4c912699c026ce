/* meant.c - a word that nobody knows: which of those that are known was probably meant.
 *
 * Hears: the word, a table. Says: the nearest of it, and the words to put behind a refusal. */
#include "meant.h"

#include <stdio.h>
#include <string.h>

enum { NEAR_WORD_MAX = 40 };

static size_t least_of (size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must change, come, go, or swap with their neighbour (optimal string alignment); words are short. */
static size_t distance (const char *a, const char *b)
{
    size_t rows[3][NEAR_WORD_MAX + 1] = {{0}}, n = strlen (b), i = 0;
    char last_a = '\0';
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (; *a; last_a = *a++) {
        i++;
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        char last_b = '\0';
        row[0] = i;
        for (size_t j = 1; j <= n; last_b = b[j++ - 1]) {
            row[j] = least_of (above[j - 1] + (*a != b[j - 1]), least_of (row[j - 1], above[j]) + 1);
            if (*a == last_b && b[j - 1] == last_a) /* neither is so before the second letter */
                row[j] = least_of (row[j], above2[j - 2] + 1);
        }
    }
    return rows[i % 3][n];
}

int row_by_name (const void *a, const void *b)
{
    return strcmp (row_name (a, 0, 0), row_name (b, 0, 0));
}

const char *word_nearest (const char *word, const void *rows, size_t n, size_t row_size)
{
    const char *nearest = NULL;
    size_t length = strlen (word), least = length <= 4 ? 2 : 3; /* fewer changes than that */
    for (size_t i = 0; i < n && length <= NEAR_WORD_MAX; i++) {
        const char *name = row_name (rows, row_size, i);
        size_t changes = strlen (name) <= NEAR_WORD_MAX ? distance (word, name) : least;
        if (changes < least && changes < length) {
            least = changes;
            nearest = name;
        }
    }
    return nearest;
}

const char *word_meant (const char *near, char text[WORD_MEANT_SIZE])
{
    *text = '\0';
    if (near)
        snprintf (text, WORD_MEANT_SIZE, "; did you mean '%.64s'?", near);
    return text;
}
