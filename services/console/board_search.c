/* board_search.c - contacts by what is said of them: the customer, words of the subject, the id.
 *
 * Limits: what is open, or resolved and not closed yet. A word may be the beginning or the middle of one. */
#include "board_private.h"
#include "policy_match.h"
#include "values.h"
#include "words.h"
#include "xmalloc.h"

enum { WORDS_MAX = 8, SEARCH_ROOM = 256 };

typedef struct wanted {
    char room[SEARCH_ROOM];
    const char *words[WORDS_MAX];
    size_t n;
} wanted_t;

static void wanted_parse (wanted_t *self, const char *text)
{
    char *folded = match_fold (text, NULL), *rest = NULL;
    self->n = 0;
    WORD_COPY (self->room, folded);
    free (folded);
    for (char *word = strtok_r (self->room, " ", &rest); word && self->n < WORDS_MAX;
         word = strtok_r (NULL, " ", &rest))
        self->words[self->n++] = word;
}

static bool fits (const wanted_t *wanted, const row_t *row)
{
    for (size_t i = 0; i < wanted->n; i++)
        if (!strstr (row->words, wanted->words[i]))
            return false;
    return wanted->n > 0;
}

static int newest_first (const void *a, const void *b)
{
    const row_t *x = *(const row_t *const *)a, *y = *(const row_t *const *)b;
    return (x->opened_at < y->opened_at) - (x->opened_at > y->opened_at);
}

static bool said_before (const row_t *const *rows, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp (rows[i]->customer_id, rows[at]->customer_id) == 0)
            return true;
    return false;
}

static void write_customers (FILE *out, const row_t *const *rows, size_t n)
{
    const char *between = "";
    fputs ("],\"customers\":[", out);
    for (size_t i = 0; i < n; i++) {
        if (!*rows[i]->customer_id || said_before (rows, i))
            continue;
        size_t contacts = 0;
        for (size_t other = i; other < n; other++)
            contacts += strcmp (rows[other]->customer_id, rows[i]->customer_id) == 0;
        json_t *row = xcheck (json_loads (rows[i]->json, 0, NULL));
        fprintf (out, "%s{\"contacts\":%zu,\"id\":", between, contacts);
        write_text (out, rows[i]->customer_id);
        fputs (",\"name\":", out);
        json_dumpf (json_object_get (row, "customer"), out, JSON_ENCODE_ANY);
        fputc ('}', out);
        json_decref (row);
        between = ",";
    }
    fputc (']', out);
}

char *board_search (const board_t *self, const char *words, size_t limit, size_t *size)
{
    wanted_t wanted;
    char *text = NULL;
    size_t n = 0, found_n = 0;
    wanted_parse (&wanted, words);
    const row_t **found = xcalloc (self->rows.n, sizeof *found);
    for (size_t i = 0; i < self->rows.n; i++)
        if (fits (&wanted, &self->rows.items[i]))
            found[found_n++] = &self->rows.items[i];
    qsort (found, found_n, sizeof *found, newest_first);
    n = found_n < limit ? found_n : limit;
    FILE *out = xcheck (open_memstream (&text, size));
    fputs ("{\"contacts\":[", out);
    for (size_t i = 0; i < n; i++)
        fprintf (out, "%s%s", i ? "," : "", found[i]->json);
    write_customers (out, found, n);
    fprintf (out, ",\"more\":%zu}", found_n - n);
    fclose (out);
    free (found);
    return text;
}
