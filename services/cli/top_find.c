/* top_find.c - `/` of `buckstop top`: contacts by customer, words or id, as the console finds them.
 *
 * Hears: the words, the console's answer. Says: the rows that fit, as a list of its own. */
#include "top.h"

#include "lines.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { WORDS_SHOWN = 60, NAMES_SHOWN = 120 };

void top_find_begin (top_t *self)
{
    top_line_set (&self->words, "");
    top_write_begin (self, &self->words, "find: a customer, words, an id   Enter looks, Esc gives up");
}

static void name_customers (const json_t *customers, char *words, size_t size)
{
    size_t index, used = 0;
    json_t *customer;
    *words = '\0';
    json_array_foreach (customers, index, customer)
    {
        const char *name = json_text (customer, "name");
        if (used < size)
            used += (size_t)snprintf (words + used, size - used, "%s%s (%lld)", used ? ", " : "   of ",
                                      *name ? name : short_id (json_text (customer, "id")),
                                      (long long)json_number (customer, "contacts"));
    }
}

static void on_found (void *arg, int status, const json_t *answer, const char *why)
{
    top_t *self = arg;
    top_view_t *view = &self->view;
    char more[32] = "", customers[DETAIL_SIZE];
    json_t *rows = json_object_get (answer, "contacts");
    if (status != CLI_FINE || !json_is_array (rows)) {
        top_say (self, "%s", status == CLI_FINE ? "the console's answer is not as expected" : why);
        return;
    }
    json_decref (view->found);
    view->found = json_incref (rows);
    if (json_number (answer, "more") > 0)
        snprintf (more, sizeof more, " and %lld more", (long long)json_number (answer, "more"));
    name_customers (json_object_get (answer, "customers"), customers, sizeof customers);
    snprintf (view->found_words, sizeof view->found_words, "'%s': %zu found%s%s",
              WORD_CUT (self->words.text, WORDS_SHOWN), json_array_size (rows), more,
              WORD_CUT (customers, NAMES_SHOWN));
    view->writing = NULL;
    view->page = view->list = TOP_FOUND;
    view->cursor = view->top = 0;
    view->chosen[0] = view->message[0] = '\0';
    top_read_end (self);
}

void top_find_send (top_t *self)
{
    if (self->words.size >= ADDRESS_SIZE) {
        top_say (self, "that is too long to be looked for: %d bytes at most", ADDRESS_SIZE - 1);
        return;
    }
    char *words = cli_escape (self->words.text), *path = NULL;
    size_t size;
    FILE *out = xcheck (open_memstream (&path, &size));
    fprintf (out, "/search?q=%s", words);
    fclose (out);
    top_ask_send (&self->finding, self->link, &self->at_console, &(cli_request_t){"GET", path}, on_found, self);
    free (words);
    free (path);
}

void top_find_end (top_t *self)
{
    top_ask_drop (&self->finding);
    json_decref (self->view.found);
    self->view.found = NULL;
}
