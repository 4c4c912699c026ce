/* board_search.c - contacts by what is said of them: the customer, words of the subject, the id.
 *
 * Limits: what is open, or resolved and not closed yet, and what somebody else found (find.c). A word may be the beginning
 * or the middle of one. */
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

static void write_customer (FILE *out, const char *id, size_t contacts, const char *name)
{
    fprintf (out, "{\"contacts\":%zu,\"id\":", contacts);
    write_text (out, id);
    fputs (",\"name\":", out);
    if (*name)
        write_text (out, name);
    else
        fputs ("null", out);
    fputc ('}', out);
}

static void write_customer_of (FILE *out, const row_t *const *rows, size_t n, const row_t *of)
{
    size_t contacts = 0;
    for (size_t i = 0; i < n; i++)
        contacts += strcmp (rows[i]->customer_id, of->customer_id) == 0;
    json_t *row = xcheck (json_loads (of->json, 0, NULL));
    const char *name = json_string_value (json_object_get (row, "customer"));
    write_customer (out, of->customer_id, contacts, name ? name : "");
    json_decref (row);
}

static void write_customers (FILE *out, const row_t *const *rows, size_t n, const customer_t *elsewhere)
{
    const char *between = "";
    bool told = false;
    fputs ("],\"customers\":[", out);
    for (size_t i = 0; i < n; i++) {
        if (!*rows[i]->customer_id || said_before (rows, i))
            continue;
        fputs (between, out);
        write_customer_of (out, rows, n, rows[i]);
        told |= elsewhere && strcmp (rows[i]->customer_id, elsewhere->id) == 0;
        between = ",";
    }
    if (elsewhere && !told) {
        fputs (between, out);
        write_customer (out, elsewhere->id, 0, elsewhere->name);
    }
    fputc (']', out);
}

/* False: it is among the rows, or there is none. */
static bool write_closed (FILE *out, board_t *self, const contact_t *contact)
{
    row_t row = {.due = TIME_NEVER};
    if (!contact || rows_find (&self->rows, contact->id))
        return false;
    row_fill (self, &row, contact);
    fputs (row.json, out);
    row_clear (&row);
    return true;
}

static const row_t **rows_that_fit (const board_t *self, const char *words, size_t *n)
{
    wanted_t wanted;
    const row_t **found = xcalloc (self->rows.n, sizeof *found);
    wanted_parse (&wanted, words);
    *n = 0;
    for (size_t i = 0; i < self->rows.n; i++)
        if (fits (&wanted, &self->rows.items[i]))
            found[(*n)++] = &self->rows.items[i];
    qsort (found, *n, sizeof *found, newest_first);
    return found;
}

char *board_search (board_t *self, const char *words, board_found_t elsewhere, size_t limit, size_t *size)
{
    char *text = NULL;
    size_t found_n;
    const row_t **found = rows_that_fit (self, words, &found_n);
    size_t n = found_n < limit ? found_n : limit;
    FILE *out = xcheck (open_memstream (&text, size));
    fputs ("{\"contacts\":[", out);
    bool closed = write_closed (out, self, elsewhere.contact);
    for (size_t i = 0; i < n; i++)
        fprintf (out, "%s%s", i || closed ? "," : "", found[i]->json);
    write_customers (out, found, n, elsewhere.customer);
    fprintf (out, ",\"more\":%zu}", found_n - n);
    fclose (out);
    free (found);
    return text;
}
