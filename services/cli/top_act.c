/* top_act.c - what `buckstop top` does with a contact: intake's actions, with the words that belong to them.
 *
 * Hears: an act of the table of keys, the line that was written for it, intake's answer. Says: the request; what came of
 * it. Sent again after an answer that was lost, or was "not now", the same words have the same idempotency key: they are
 * done once, whatever else was done meanwhile. What was refused, or written anew, has another.
 * Limits: one act at a time; TOP_SAID_MAX lines without a certain end. */
#include "top.h"

#include "contact.h"
#include "lines.h"
#include "meant.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { PATH_SIZE = 128, SHOWN_MAX = 60 };

/* ---- the names that a line may begin with */

typedef struct names {
    const char **items;
    size_t n;
} names_t;

static void add_names (names_t *self, const json_t *list)
{
    size_t index;
    json_t *item;
    self->items = xrealloc (self->items, (self->n + json_array_size (list) + 1) * sizeof *self->items);
    json_array_foreach (list, index, item)
    {
        self->items[self->n++] = json_text (item, "name");
    }
}

static bool is_in (const json_t *list, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach (list, index, item)
    {
        if (strcmp (json_text (item, "name"), name) == 0)
            return true;
    }
    return false;
}

static names_t names_of (const top_t *self)
{
    names_t names = {.items = NULL};
    if (self->act->first == FIRST_TAKER) {
        add_names (&names, self->board.people);
        add_names (&names, self->board.teams);
        return names;
    }
    names.items = xcalloc (PROMISE_KINDS, sizeof *names.items);
    for (int kind = 1; kind < PROMISE_KINDS; kind++)
        names.items[names.n++] = promise_kind_name ((promise_kind_t)kind);
    return names;
}

void top_act_complete (top_t *self)
{
    char said[DETAIL_SIZE];
    if (self->view.writing != &self->line || self->act->first == FIRST_NONE)
        return;
    names_t names = names_of (self);
    top_line_complete (&self->line, names.items, names.n, said, sizeof said);
    top_say (self, "%s", said);
    free (names.items);
}

/* The line's first word, as the member that it is. False: it is none, and that is said. */
static bool add_first (top_t *self, json_t *body, const char *word)
{
    promise_kind_t kind;
    bool person = is_in (self->board.people, word), team = is_in (self->board.teams, word);
    if (self->act->first == FIRST_PROMISE ? promise_kind_parse (word, &kind) == 0 : person || team) {
        const char *member = self->act->first == FIRST_PROMISE ? "promise" : person ? "to_person" : "to_team";
        json_object_set_new (body, member, json_string (word));
        return true;
    }
    names_t names = names_of (self);
    const char *near = word_nearest (word, names.items, names.n, sizeof *names.items);
    char meant[WORD_MEANT_SIZE];
    const char *what = self->act->first == FIRST_PROMISE ? "promise" : "person or team";
    if (!*word)
        top_say (self, "first a %s: Tab shows which there are", what);
    else
        top_say (self, "there is no %s '%s'%s (Tab shows which there are)", what, WORD_CUT (word, SHOWN_MAX),
                 word_meant (near, meant));
    free (names.items);
    return false;
}

/* ---- the request */

static void forget (top_said_t *said)
{
    free (said->words);
    *said = (top_said_t){NULL};
}

/* Takes words. */
static top_said_t *remember (top_t *self, char *words, bool written)
{
    top_said_t *room = NULL;
    for (top_said_t *said = self->said; said < self->said + TOP_SAID_MAX; said++) {
        if (said->words && strcmp (said->words, words) == 0) {
            free (words);
            return said;
        }
        if (!said->written)
            forget (said);
        room = room || said->words ? room : said;
    }
    if (!room)
        forget (room = &self->said[self->said_n++ % TOP_SAID_MAX]);
    *room = (top_said_t){.words = words, .written = written};
    char id[ID_SIZE];
    snprintf (room->key, sizeof room->key, "top-%s", cli_key (id));
    return room;
}

static void on_acted (void *arg, int status, const json_t *receipt, const char *why)
{
    top_t *self = arg;
    (void)receipt;
    if (status == CLI_UNREACHABLE) {
        top_say (self, "say it again: it is done once (%s)", why);
        return;
    }
    forget (self->saying);
    if (status != CLI_FINE) {
        top_say (self, "%s", why);
        return;
    }
    if (self->acted && self->act == self->acted) {
        self->view.writing = self->view.writing == &self->line ? NULL : self->view.writing;
        self->act = NULL;
    }
    top_read_again (self);
    top_say (self, "%s", self->said_done);
}

static void hand_in (top_t *self, const top_act_t *act, const char *contact, const char *to, json_t *body)
{
    char path[PATH_SIZE], *said = json_dumps (body, JSON_COMPACT | JSON_SORT_KEYS), *whole = NULL;
    size_t size;
    FILE *out = xcheck (open_memstream (&whole, &size));
    fprintf (out, "%s %s", contact, said);
    fclose (out);
    free (said);
    self->saying = remember (self, whole, act->asks);
    snprintf (path, sizeof path, "/v1/contacts/%s/actions", contact);
    snprintf (self->said_done, sizeof self->said_done, "%s: %s%s%s", short_id (contact), act->done, *to ? " " : "", to);
    top_say (self, "%s: %s ...", short_id (contact), act->action);
    top_ask_send (&self->acting, self->link, self->cli, &(cli_request_t){"POST", path, body, self->saying->key},
                  on_acted, self);
}

/* ---- from the keys */

bool top_act_sending (const top_t *self)
{
    return self->acted && self->act == self->acted && top_ask_under_way (&self->acting);
}

static bool is_free (top_t *self)
{
    if (top_ask_under_way (&self->acting))
        top_say (self, "the last act is on its way still: a moment");
    return !top_ask_under_way (&self->acting);
}

static void open_line (top_t *self, const top_act_t *act)
{
    char asks[DETAIL_SIZE], begin[NAME_SIZE + 1];
    const json_t *row = json_object_get (self->board.by_id, self->view.chosen);
    const char *kind = json_text (json_object_get (row, "next"), "kind");
    bool again = self->act == act && strcmp (self->contact, self->view.chosen) == 0;
    self->act = act;
    WORD_COPY (self->contact, self->view.chosen);
    snprintf (begin, sizeof begin, "%s ", kind);
    if (!again)
        top_line_set (&self->line, act->first == FIRST_PROMISE && *kind ? begin : "");
    snprintf (asks, sizeof asks, "%s %s", short_id (self->contact), act->asks);
    top_write_begin (self, &self->line, asks);
}

void top_act_begin (top_t *self, const top_act_t *act)
{
    if (!*self->view.chosen || !is_free (self))
        return;
    if (act->asks) {
        open_line (self, act);
        return;
    }
    json_t *body = json_pack ("{s:s, s:s*}", "action", act->action, "person", self->person);
    self->acted = NULL;
    hand_in (self, act, self->view.chosen, "", body);
    json_decref (body);
}

static size_t without_end (const char *text)
{
    size_t length = strlen (text);
    while (length && strchr (" \n", text[length - 1]))
        length--;
    return length;
}

void top_act_send (top_t *self)
{
    char word[NAME_SIZE + 1] = "";
    const top_act_t *act = self->act;
    const char *text = act->first == FIRST_NONE ? self->line.text : top_line_rest (&self->line, word, sizeof word);
    size_t length = without_end (text);
    if (!is_free (self))
        return;
    json_t *body = json_pack ("{s:s, s:s*}", "action", act->action, "person", self->person);
    if (length)
        json_object_set_new (body, "text", json_stringn (text, length));
    bool fine = act->first == FIRST_NONE || add_first (self, body, word);
    if (fine && !length && act->need)
        top_say (self, "nothing is written: Esc gives up");
    else if (fine) {
        self->acted = act;
        hand_in (self, act, self->contact, word, body);
    }
    json_decref (body);
}

void top_act_end (top_t *self)
{
    top_ask_drop (&self->acting);
    for (size_t i = 0; i < TOP_SAID_MAX; i++)
        forget (&self->said[i]);
}
