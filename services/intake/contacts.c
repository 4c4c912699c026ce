/* contacts.c - the contacts that are not closed, page by page.
 *
 * The list walks the index of open contacts in order of their ids (that is, of their age), reads a chunk of records at
 * a time and keeps those that fit. One request reads at most SCAN_MAX records: `next` says where to go on, also when
 * nothing was found yet. `ends` looks for the end of an id: what does not end so is passed over without being read, and
 * counts less.
 *
 * Limits: closed contacts are not listed. */
#include "ask.h"

#include "hold.h"
#include "meant.h"
#include "views.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { LIMIT = 50, LIMIT_MAX = 500, CHUNK = 200, SCAN_MAX = 2000, PASSED_MAX = 20000, ENDS_MIN = 4 };

typedef struct list {
    contact_state_t state; /* UNSPECIFIED: any */
    char team[NAME_SIZE], owner[NAME_SIZE], channel[NAME_SIZE];
    bool at_risk;
    int64_t limit;
    char ends[ID_SIZE];
    char after[ID_SIZE]; /* the last one that was looked at */
    size_t scanned, passed, found;
    char ids[CHUNK][ID_SIZE], chunk_end[ID_SIZE]; /* of the chunk at hand: those to read, and where it ends */
    size_t ids_n;
    bool last_chunk;
    char held[DETAIL_SIZE]; /* nothing goes out now: since when, and why */
    json_t *contacts;
} list_t;

static void list_free (void *more)
{
    list_t *self = more;
    json_decref (self->contacts);
    free (self);
}

static bool wanted (const list_t *self, const contact_t *contact, wall_ms_t now)
{
    return (!self->state || contact->state == self->state) &&
           (!*self->team || strcmp (contact->team, self->team) == 0) &&
           (!*self->owner || strcmp (contact->owner, self->owner) == 0) &&
           (!*self->channel || strcmp (contact->channel, self->channel) == 0) &&
           (!self->at_risk || contact_at_risk (contact, now));
}

/* A filter that nothing can fit is no error, since contacts may outlive a policy's names, but it is said. */
static json_t *hint_of (const list_t *self, const policy_t *policy)
{
    char hint[DETAIL_SIZE] = "", meant[WORD_MEANT_SIZE];
    if (policy && *self->team && !policy_team (policy, self->team))
        snprintf (hint, sizeof hint, "the policy names no team '%s'%s", self->team,
                  policy_meant (policy, POLICY_TEAMS, self->team, meant));
    else if (policy && *self->owner && !policy_person (policy, self->owner))
        snprintf (hint, sizeof hint, "the policy names no person '%s'%s", self->owner,
                  policy_meant (policy, POLICY_PEOPLE, self->owner, meant));
    else if (policy && *self->channel && !policy_channel (policy, self->channel))
        snprintf (hint, sizeof hint, "the policy names no channel '%s'%s", self->channel,
                  policy_meant (policy, POLICY_CHANNELS, self->channel, meant));
    return value_some (hint);
}

static void list_end (ask_t *ask, bool more)
{
    const list_t *self = ask->more;
    const policy_t *policy = workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
    ask_json (&ask, json_pack ("{s:O, s:s?, s:o*, s:o*}", "contacts", self->contacts, "next", more ? self->after : NULL,
                               "hint", hint_of (self, policy), "held", value_some (self->held)));
}

static void list_more (ask_t *ask);

static void chunk_done (ask_t *ask)
{
    list_t *self = ask->more;
    bool full = self->found >= (size_t)self->limit;
    if (!full)
        WORD_COPY (self->after, self->chunk_end);
    if (!full && self->last_chunk)
        list_end (ask, false);
    else if (full || self->scanned >= SCAN_MAX || self->passed >= PASSED_MAX)
        list_end (ask, true);
    else
        list_more (ask);
}

static void records_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    list_t *self = ask->more;
    if (values->away) {
        ask_away (&ask);
        return;
    }
    wall_ms_t now = store_now (ask_store (ask));
    for (size_t i = 0; i < values->n && i < self->ids_n && self->found < (size_t)self->limit; i++) {
        record_head_t head;
        contact_t contact;
        self->scanned++;
        WORD_COPY (self->after, self->ids[i]);
        if (!values->items[i].bytes ||
            contact_unpack (values->items[i].bytes, values->items[i].size, &head, &contact) != RECORD_OK ||
            !wanted (self, &contact, now))
            continue;
        json_array_append_new (self->contacts, view_contact (&contact, now));
        self->found++;
    }
    chunk_done (ask);
}

static bool ends_so (const list_t *self, const char *id)
{
    size_t length = strlen (id), part = strlen (self->ends);
    return part <= length && strcmp (id + length - part, self->ends) == 0;
}

static void ids_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    list_t *self = ask->more;
    char keys[CHUNK][KEY_SIZE];
    const char *pointers[CHUNK];
    if (values->away) {
        ask_away (&ask);
        return;
    }
    if (values->wrong_type) {
        ask_refuse_as (&ask, REFUSE_BROKEN, "the list of open contacts of workspace '%s' can't be read",
                       ask->bearer.workspace);
        return;
    }
    self->ids_n = 0;
    self->last_chunk = values->n < CHUNK;
    for (size_t i = 0; i < values->n && i < CHUNK; i++) {
        char *id = self->ids[self->ids_n];
        snprintf (id, ID_SIZE, "%.*s", (int)values->items[i].size, values->items[i].bytes);
        WORD_COPY (self->chunk_end, id);
        if (!ends_so (self, id)) {
            self->passed++;
            continue;
        }
        pointers[self->ids_n] = key_contact (keys[self->ids_n], ask_shard (ask), ask->bearer.workspace, id);
        self->ids_n++;
    }
    if (self->ids_n)
        store_get (ask_store (ask), pointers, self->ids_n, records_read, ask);
    else
        chunk_done (ask);
}

static void list_more (ask_t *ask)
{
    const list_t *self = ask->more;
    char key[KEY_SIZE];
    store_range_lex (ask_store (ask), key_open (key, ask_shard (ask), ask->bearer.workspace), self->after, CHUNK,
                     ids_read, ask);
}

static void hold_seen (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    list_t *self = ask->more;
    if (values->away) {
        ask_away (&ask);
        return;
    }
    if (values->n == 1 && values->items[0].bytes) {
        hold_t hold = hold_read (values->items[0].bytes, values->items[0].size);
        hold_words (&hold, self->held);
    }
    list_more (ask);
}

/* Whoever begins a list is told: what they answer would not go out. */
static void look_at_hold (ask_t *ask)
{
    char key[KEY_SIZE];
    const char *keys[] = {key_hold (key, ask_shard (ask), ask->bearer.workspace)};
    store_get (ask_store (ask), keys, 1, hold_seen, ask);
}

static bool is_yes (const char *text)
{
    return strcmp (text, "1") == 0 || strcmp (text, "true") == 0 || strcmp (text, "yes") == 0;
}

/* False: refused, and the ask is gone. */
static bool take_filters (ask_t **ask_p, list_t *self)
{
    const http_request_t *request = (*ask_p)->http;
    const char *state = http_query (request, "state"), *at_risk = http_query (request, "at_risk");
    const char *after = http_query (request, "after"), *ends = http_query (request, "ends");
    WORD_COPY (self->team, http_query (request, "team"));
    WORD_COPY (self->owner, http_query (request, "owner"));
    WORD_COPY (self->channel, http_query (request, "channel"));
    WORD_COPY (self->after, after);
    WORD_COPY (self->ends, ends);
    self->at_risk = at_risk && is_yes (at_risk);
    if (state && *state && contact_state_parse (state, &self->state))
        ask_refuse_as (ask_p, REFUSE_QUERY,
                       "'state' must be one of: received, offered, queued, owned, waiting, resolved");
    else if (self->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED)
        ask_refuse_as (ask_p, REFUSE_QUERY, "closed contacts are not listed; each is still shown by its id");
    else if (after && *after && !id_valid (after))
        ask_refuse_as (ask_p, REFUSE_QUERY, "'after' must be the 'next' of the page before");
    else if (ends && *ends && (strlen (ends) < ENDS_MIN || strlen (ends) >= ID_SIZE))
        ask_refuse_as (ask_p, REFUSE_QUERY, "'ends' must be the last characters of an id, at least %d", (int)ENDS_MIN);
    return *ask_p != NULL;
}

void contacts_list (ask_t **ask_p)
{
    int64_t limit;
    if (!ask_query (ask_p, "limit", 1, LIMIT_MAX, LIMIT, &limit))
        return;
    ask_t *ask = *ask_p;
    list_t *self = ask->more = xcalloc (1, sizeof *self);
    ask->free_more = list_free;
    self->limit = limit;
    if (!take_filters (ask_p, self))
        return;
    *ask_p = NULL;
    self->contacts = json_array ();
    if (*self->after || *self->ends)
        list_more (ask);
    else
        look_at_hold (ask);
}
