/* watch_filter.c - which events, and which facts of them, `buckstop watch` prints.
 *
 * Hears: an event as JSON; of a contact that is new to it, its page by HTTP, where a customer is asked for: events do not
 * name customers, so that they can be kept longer than a name may be. Says: the event with the facts that are wanted.
 * Limits: of KNOWN_MAX contacts it is remembered whose they are, then they are asked about again.
 */
#include "watch_filter.h"

#include "contact.h"
#include "lines.h"
#include "meant.h"

#include <string.h>

enum { KNOWN_MAX = 100000, PATH_SIZE = 128, KINDS_MAX = 128 };

/* ---- words */

/* Is the word one of a list that commas divide? */
static bool in_list (const char *list, const char *word)
{
    size_t length = strlen (word);
    for (const char *at = list; *at; at += strcspn (at, ","), at += *at == ',')
        if (strcspn (at, ",") == length && strncmp (at, word, length) == 0)
            return true;
    return false;
}

/* The name of the n-th kind of fact; NULL behind the last. */
static const char *kind_at (size_t n)
{
    const ProtobufCEnumDescriptor *kinds = &buckstop__v1__fact_kind__descriptor;
    return n + 1 < kinds->n_values ? fact_kind_name ((fact_kind_t)kinds->values[n + 1].value) : NULL;
}

static const char *nearest_kind (const char *word)
{
    const char *names[KINDS_MAX];
    size_t n = 0;
    while (n < KINDS_MAX && (names[n] = kind_at (n)))
        n++;
    return word_nearest (word, names, n, sizeof *names);
}

static int check_kind (const char *word, size_t length)
{
    const char *name;
    for (size_t i = 0; (name = kind_at (i)); i++)
        if (strlen (name) == length && strncmp (name, word, length) == 0)
            return CLI_GO;
    char given[NAME_SIZE];
    snprintf (given, sizeof given, "%.*s", (int)length, word);
    const char *near = nearest_kind (given);
    char meant[WORD_MEANT_SIZE];
    fprintf (stderr, "buckstop: --kind: there is no fact '%s'%s\n  they are:", given, word_meant (near, meant));
    for (size_t i = 0; (name = kind_at (i)); i++)
        fprintf (stderr, " %s", name);
    fputc ('\n', stderr);
    return CLI_USAGE;
}

static bool is_state (const char *word, size_t length)
{
    const ProtobufCEnumDescriptor *states = &buckstop__v1__contact_state__descriptor;
    for (unsigned i = 1; i < states->n_values; i++) {
        const char *name = contact_state_name ((contact_state_t)states->values[i].value);
        if (strlen (name) == length && strncmp (name, word, length) == 0)
            return true;
    }
    return false;
}

static int check_state (const char *word, size_t length)
{
    if (is_state (word, length))
        return CLI_GO;
    return cli_fail (
        CLI_USAGE, "--state: there is no state '%.*s'; they are: received offered queued owned waiting resolved closed",
        (int)length, word);
}

int watch_filter_check (const watch_filter_t *self)
{
    int rc = CLI_GO;
    for (const char *at = self->state ? self->state : ""; *at && rc == CLI_GO; at += *at == ',') {
        size_t length = strcspn (at, ",");
        rc = check_state (at, length);
        at += length;
    }
    for (const char *at = self->kind ? self->kind : ""; *at && rc == CLI_GO; at += *at == ',') {
        size_t length = strcspn (at, ",");
        rc = check_kind (at, length);
        at += length;
    }
    return rc;
}

/* ---- names */

int watch_filter_ask (const watch_filter_t *self, cli_t *cli, bool also_past)
{
    const char *const rows[][2] = {{"team", self->team}, {"owner", self->person}, {"channel", self->channel}};
    int rc = self->contact && !also_past ? cli_contact_any (cli, self->contact) : CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < sizeof rows / sizeof *rows; i++)
        rc = cli_names (cli, rows[i][0], rows[i][1], also_past);
    return rc;
}

bool watch_filter_any (const watch_filter_t *self)
{
    return self->contact || self->team || self->state || self->channel || self->person || self->customer || self->kind;
}

void watch_filter_clear (watch_filter_t *self)
{
    json_decref (self->known);
    self->known = NULL;
}

/* ---- the event */

static bool fits (const char *wanted, const char *found)
{
    return !wanted || in_list (wanted, found);
}

static bool fits_contact (const char *wanted, const char *id)
{
    size_t length = strlen (id), part = wanted ? strlen (wanted) : 0;
    return part <= length && (!wanted || strcasecmp (id + length - part, wanted) == 0);
}

/* Owner, accountable, whose presence it is about; who did something, or to whom. */
static bool fits_person (const char *wanted, const json_t *event)
{
    static const char *const roles[] = {"person", "owner", "accountable"};
    size_t index;
    json_t *fact;
    bool found = !wanted;
    for (size_t i = 0; !found && i < sizeof roles / sizeof *roles; i++)
        found = in_list (wanted, json_text (event, roles[i]));
    json_array_foreach (json_object_get (event, "facts"), index, fact)
    {
        found = found || in_list (wanted, json_text (fact, "by")) || in_list (wanted, json_text (fact, "to"));
    }
    return found;
}

/* ---- the customer */

static bool is_theirs (const char *wanted, const json_t *contact)
{
    static const char *const names[] = {"customer_id", "customer", "customer_name"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp (wanted, json_text (contact, names[i])) == 0)
            return true;
    return false;
}

static watch_fit_t ask_customer (watch_filter_t *self, cli_t *cli, const char *id)
{
    char path[PATH_SIZE];
    json_t *contact = NULL;
    snprintf (path, sizeof path, "/v1/contacts/%s", id);
    int rc = cli_http (cli, &(cli_request_t){"GET", path, NULL, NULL, true}, &contact);
    if (rc == CLI_UNREACHABLE)
        return WATCH_LATER;
    bool theirs = rc == CLI_FINE && is_theirs (self->customer, contact);
    json_decref (contact);
    if (json_object_size (self->known) >= KNOWN_MAX)
        json_object_clear (self->known);
    json_object_set_new (self->known, id, json_boolean (theirs));
    return theirs ? WATCH_YES : WATCH_NO;
}

static watch_fit_t fits_customer (watch_filter_t *self, cli_t *cli, const json_t *event)
{
    const char *id = json_text (event, "contact");
    if (!self->customer)
        return WATCH_YES;
    if (!*id)
        return WATCH_NO;
    if (!self->known)
        self->known = json_object ();
    const json_t *known = json_object_get (self->known, id);
    return !known ? ask_customer (self, cli, id) : json_is_true (known) ? WATCH_YES : WATCH_NO;
}

/* ---- its facts */

/* A copy with those that are asked for; NULL: there is none. */
static json_t *with_facts (const watch_filter_t *self, json_t *event)
{
    size_t index;
    json_t *fact, *facts = json_array (), *copy = json_copy (event);
    json_array_foreach (json_object_get (event, "facts"), index, fact)
    {
        if (in_list (self->kind, json_text (fact, "fact")))
            json_array_append (facts, fact);
    }
    bool any = json_array_size (facts) > 0;
    json_object_set_new (copy, "facts", facts);
    if (any)
        return copy;
    json_decref (copy);
    return NULL;
}

watch_fit_t watch_filter_take (watch_filter_t *self, cli_t *cli, json_t *event, json_t **wanted)
{
    *wanted = NULL;
    if (!fits (self->team, json_text (event, "team")) || !fits (self->state, json_text (event, "state")) ||
        !fits (self->channel, json_text (event, "channel")) ||
        !fits_contact (self->contact, json_text (event, "contact")) || !fits_person (self->person, event))
        return WATCH_NO;
    json_t *chosen = self->kind ? with_facts (self, event) : json_incref (event);
    watch_fit_t fit = chosen ? fits_customer (self, cli, event) : WATCH_NO;
    if (fit == WATCH_YES)
        *wanted = chosen;
    else
        json_decref (chosen);
    return fit;
}
