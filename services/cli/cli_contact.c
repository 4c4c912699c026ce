/* cli_contact.c - a contact by its id, or by the last characters of it, which is what `watch` and the demo print.
 *
 * Hears: intake's list, or the store's index of open contacts. Says: the whole id; or which ones it could be.
 * Limits: closed contacts are in neither: those need the whole id.
 */
#include "cli_wait.h"

#include "ids.h"
#include "keys.h"
#include "lines.h"

#include <ctype.h>
#include <string.h>

enum { ENDS_MIN = 4, SHOWN_MAX = 10, SUBJECT_SHOWN = 60, PATH_SIZE = 128, PAGE = 1000 };

/* CLI_GO: `id` is whole. CLI_FINE: it is an end, in capitals as ids are. */
static int take_id (const char *given, char id[ID_SIZE])
{
    size_t length = strlen (given);
    if (length == ID_SIZE - 1) {
        memcpy (id, given, ID_SIZE);
        return CLI_GO;
    }
    bool fits = length >= ENDS_MIN && length < ID_SIZE;
    for (size_t i = 0; fits && i <= length; i++) {
        id[i] = (char)toupper ((unsigned char)given[i]);
        fits = i == length || isalnum ((unsigned char)given[i]);
    }
    if (fits)
        return CLI_FINE;
    return cli_fail (CLI_USAGE, "'%s' is no contact: an id has %d characters; the last %d of it or more will do", given,
                     ID_SIZE - 1, (int)ENDS_MIN);
}

static int fail_none (const char *ends)
{
    return cli_fail (CLI_NO, "no contact's id ends with '%s'; a closed contact needs its whole id", ends);
}

static int fail_several (const char *ends)
{
    return cli_fail (CLI_NO, "several ids end with '%s'; give more of it:", ends);
}

/* ---- by intake */

static int choose (const char *ends, const json_t *all, char id[ID_SIZE])
{
    size_t index;
    json_t *contact;
    if (json_array_size (all) == 0)
        return fail_none (ends);
    if (json_array_size (all) == 1) {
        snprintf (id, ID_SIZE, "%s", json_text (json_array_get (all, 0), "contact"));
        return CLI_GO;
    }
    fail_several (ends);
    json_array_foreach (all, index, contact)
    {
        fprintf (stderr, "  %s  %s  ", json_text (contact, "contact"), json_text (contact, "state"));
        cli_quote (stderr, lines_subject (contact), strlen (lines_subject (contact)), SUBJECT_SHOWN);
        fputc ('\n', stderr);
    }
    return CLI_NO;
}

int cli_contact (cli_t *cli, const char *given, char id[ID_SIZE])
{
    char ends[ID_SIZE], path[PATH_SIZE];
    int rc = take_id (given, id);
    if (rc != CLI_FINE)
        return rc;
    memcpy (ends, id, ID_SIZE);
    snprintf (path, sizeof path, "/v1/contacts?ends=%s", ends);
    cli_pages_t pages = {.path = path, .array = "contacts", .limit = SHOWN_MAX, .all = json_array ()};
    rc = cli_http_pages (cli, &pages);
    if (rc == CLI_FINE)
        rc = choose (ends, pages.all, id);
    json_decref (pages.all);
    return rc;
}

int cli_contact_any (cli_t *cli, const char *given)
{
    char id[ID_SIZE], path[PATH_SIZE];
    json_t *contact = NULL;
    int rc = take_id (given, id);
    if (rc == CLI_GO) {
        char *escaped = cli_escape (id);
        snprintf (path, sizeof path, "/v1/contacts/%s", escaped);
        free (escaped);
        rc = cli_http (cli, &(cli_request_t){"GET", path, NULL, NULL, false}, &contact);
        json_decref (contact);
        return rc == CLI_FINE ? CLI_GO : rc;
    }
    if (rc != CLI_FINE)
        return rc;
    snprintf (path, sizeof path, "/v1/contacts?ends=%s", id);
    cli_pages_t pages = {.path = path, .array = "contacts", .limit = 1, .all = json_array ()};
    rc = cli_http_pages (cli, &pages);
    if (rc == CLI_FINE)
        rc = pages.seen ? CLI_GO : fail_none (id);
    json_decref (pages.all);
    return rc;
}

/* ---- by the store */

typedef struct search {
    cli_t *cli;
    const char *ends, *key;
    char found[SHOWN_MAX][ID_SIZE], after[ID_SIZE];
    size_t n;
    bool away, wrong_type;
} search_t;

static void on_ids (void *arg, const store_values_t *values)
{
    search_t *self = arg;
    size_t part = strlen (self->ends);
    for (size_t i = 0; i < values->n; i++) {
        snprintf (self->after, ID_SIZE, "%.*s", (int)values->items[i].size, values->items[i].bytes);
        size_t length = strlen (self->after);
        if (part <= length && strcmp (self->after + length - part, self->ends) == 0 && self->n < SHOWN_MAX)
            memcpy (self->found[self->n++], self->after, ID_SIZE);
    }
    self->away = values->away;
    self->wrong_type = values->wrong_type;
    if (!values->away && values->n == PAGE)
        store_range_lex (self->cli->store, self->key, self->after, PAGE, on_ids, self);
    else
        loop_stop (self->cli->loop);
}

int cli_contact_stored (cli_t *cli, const char *given, char id[ID_SIZE])
{
    char key[KEY_SIZE], ends[ID_SIZE];
    search_t self = {.cli = cli, .ends = ends, .key = key};
    int rc = take_id (given, id);
    if (rc != CLI_FINE)
        return rc;
    memcpy (ends, id, ID_SIZE);
    key_open (key, store_shard (cli->store, cli->workspace), cli->workspace);
    store_range_lex (cli->store, key, "", PAGE, on_ids, &self);
    if (!cli_wait (cli) || self.away)
        return cli_away (cli, "");
    if (self.wrong_type)
        return cli_fail (CLI_NO, "the key %s in redis is damaged: give the whole id; 'buckstop audit' tells more", key);
    if (self.n == 0)
        return fail_none (ends);
    memcpy (id, self.found[0], ID_SIZE);
    if (self.n == 1)
        return CLI_GO;
    fail_several (ends);
    for (size_t i = 0; i < self.n; i++)
        fprintf (stderr, "  %s\n", self.found[i]);
    return CLI_NO;
}
