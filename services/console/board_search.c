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

/* One of the newest that fit. */
typedef struct hit {
    wall_ms_t opened_at;
    char id[ID_SIZE];
} hit_t;

struct board_search {
    board_t *board;
    char room[SEARCH_ROOM];
    const char *words[WORDS_MAX];
    size_t words_n;
    size_t next; /* rows below it were not seen yet */
    size_t fitted, limit, hits_n;
    hit_t hits[]; /* newest first */
};

/* ------------------------------------------------------- looking for them */

static void parse (board_search_t *self, const char *text)
{
    char *folded = match_fold (text, NULL), *rest = NULL;
    WORD_COPY (self->room, folded);
    free (folded);
    for (char *word = strtok_r (self->room, " ", &rest); word && self->words_n < WORDS_MAX;
         word = strtok_r (NULL, " ", &rest))
        self->words[self->words_n++] = word;
}

board_search_t *board_search_new (board_t *board, const char *words, size_t limit)
{
    board_search_t *self = xcalloc (1, sizeof *self + limit * sizeof (hit_t));
    self->board = board;
    self->limit = limit;
    self->next = board->rows.n;
    parse (self, words);
    return self;
}

void board_search_destroy (board_search_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

static bool fits (const board_search_t *self, const row_t *row)
{
    for (size_t i = 0; i < self->words_n; i++)
        if (!strstr (row->words, self->words[i]))
            return false;
    return self->words_n > 0;
}

/* A row that took the place of one that went may be seen twice: it may be
 * counted so in `more`, not told. */
static bool is_hit (const board_search_t *self, const char *id)
{
    for (size_t i = 0; i < self->hits_n; i++)
        if (strcmp (self->hits[i].id, id) == 0)
            return true;
    return false;
}

static void take (board_search_t *self, const row_t *row)
{
    size_t at = self->hits_n;
    bool full = at == self->limit, late = full && (!at || row->opened_at <= self->hits[at - 1].opened_at);
    if (!late && is_hit (self, row->id))
        return;
    self->fitted++;
    if (late)
        return;
    for (at -= full; at && self->hits[at - 1].opened_at < row->opened_at; at--)
        self->hits[at] = self->hits[at - 1];
    self->hits[at].opened_at = row->opened_at;
    WORD_COPY (self->hits[at].id, row->id);
    self->hits_n += !full;
}

/* From the end on, since a row that goes is replaced by the last one: none is
 * left out. */
bool board_search_on (board_search_t *self, size_t rows)
{
    const rows_t *all = &self->board->rows;
    self->next = self->next < all->n ? self->next : all->n;
    for (; rows && self->next; rows--) {
        const row_t *row = &all->items[--self->next];
        if (fits (self, row))
            take (self, row);
    }
    return self->next > 0;
}

/* --------------------------------------------------------------- telling */

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

/* Those that are still there. */
static size_t rows_of (const board_search_t *self, const row_t **rows)
{
    size_t n = 0;
    for (size_t i = 0; i < self->hits_n; i++) {
        rows[n] = rows_find (&self->board->rows, self->hits[i].id);
        n += rows[n] != NULL;
    }
    return n;
}

char *board_search_end (board_search_t **self_p, board_found_t elsewhere, size_t *size)
{
    char *text = NULL;
    board_search_t *self = *self_p;
    const row_t **found = xcalloc (self->hits_n, sizeof *found);
    size_t n = rows_of (self, found);
    FILE *out = xcheck (open_memstream (&text, size));
    fputs ("{\"contacts\":[", out);
    bool closed = write_closed (out, self->board, elsewhere.contact);
    for (size_t i = 0; i < n; i++)
        fprintf (out, "%s%s", i || closed ? "," : "", found[i]->json);
    write_customers (out, found, n, elsewhere.customer);
    fprintf (out, ",\"more\":%zu}", self->fitted - self->hits_n);
    fclose (out);
    free (found);
    board_search_destroy (self_p);
    return text;
}
