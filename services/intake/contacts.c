/* contacts.c - one contact with all that happened to it; the open ones, page by page.
 *
 * The list walks the index of open contacts in order of their ids (that is, of their age), reads a chunk of records at
 * a time and keeps those that fit. One request reads at most SCAN_MAX records: `next` says where to go on, also when
 * nothing was found yet.
 *
 * Limits: a view shows TIMELINE_MAX entries from `from` on; closed contacts are not listed. */
#include "ask.h"

#include "views.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { LIMIT = 50, LIMIT_MAX = 500, CHUNK = 200, SCAN_MAX = 2000, TIMELINE_MAX = 1000, TIMELINE_FROM_MAX = 1000000 };

/* --------------------------------------------------------------- one view */

typedef struct view {
    contact_t contact;
    int64_t from;
} view_t;

static void put_entry (json_out_t *out, const store_value_t *value)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
    if (!event)
        return;
    view_event (out, event);
    buckstop__v1__event__free_unpacked (event, NULL);
}

static void timeline_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    const view_t *self = ask->more;
    if (values->away) {
        ask_away (&ask);
        return;
    }
    json_out_t out = {.bytes = NULL};
    out_open (&out, '{');
    view_contact_members (&out, &self->contact, store_now (ask_store (ask)));
    out_key (&out, "timeline");
    out_open (&out, '[');
    for (size_t i = 0; i < values->n; i++)
        put_entry (&out, &values->items[i]);
    out_close (&out, ']');
    if (values->n == TIMELINE_MAX)
        out_member_number (&out, "timeline_next", self->from + TIMELINE_MAX);
    out_close (&out, '}');
    ask_json (&ask, &out);
}

static void contact_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    view_t *self = ask->more;
    record_head_t head;
    char key[KEY_SIZE];
    if (values->away || values->n != 1)
        ask_away (&ask);
    else if (!values->items[0].bytes)
        ask_refuse_as (&ask, REFUSE_NO_CONTACT, "no contact '%s' in workspace '%s'", ask->id, ask->bearer.workspace);
    else if (contact_unpack (values->items[0].bytes, values->items[0].size, &head, &self->contact) != RECORD_OK)
        ask_refuse_as (&ask, REFUSE_BROKEN, "the record of contact '%s' can't be read", ask->id);
    else
        store_list (ask_store (ask), key_timeline (key, ask_shard (ask), ask->bearer.workspace, ask->id), self->from,
                    self->from + TIMELINE_MAX - 1, timeline_read, ask);
}

void contact_show (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    int64_t from;
    if (!ask_query (ask_p, "from", 0, TIMELINE_FROM_MAX, 0, &from))
        return;
    if (!id_valid (ask->id)) {
        ask_refuse_as (ask_p, REFUSE_NO_CONTACT, "'%.64s' is not the id of a contact", ask->id);
        return;
    }
    *ask_p = NULL;
    view_t *self = ask->more = xcalloc (1, sizeof *self);
    ask->free_more = free;
    self->from = from;
    char key[KEY_SIZE];
    const char *keys[] = {key_contact (key, ask_shard (ask), ask->bearer.workspace, ask->id)};
    store_get (ask_store (ask), keys, 1, contact_read, ask);
}

/* --------------------------------------------------------------- the list */

typedef struct list {
    contact_state_t state; /* UNSPECIFIED: any */
    char team[NAME_SIZE], owner[NAME_SIZE];
    bool at_risk;
    int64_t limit;
    char after[ID_SIZE]; /* the last one that was looked at */
    size_t scanned, found;
    char ids[CHUNK][ID_SIZE];
    size_t ids_n;
    json_out_t out;
} list_t;

static void list_free (void *more)
{
    list_t *self = more;
    json_out_clear (&self->out);
    free (self);
}

static bool wanted (const list_t *self, const contact_t *contact, wall_ms_t now)
{
    return (!self->state || contact->state == self->state) &&
           (!*self->team || strcmp (contact->team, self->team) == 0) &&
           (!*self->owner || strcmp (contact->owner, self->owner) == 0) &&
           (!self->at_risk || contact_at_risk (contact, now));
}

static void list_end (ask_t *ask, bool more)
{
    list_t *self = ask->more;
    out_close (&self->out, ']');
    out_key (&self->out, "next");
    if (more)
        out_string (&self->out, self->after);
    else
        out_time (&self->out, 0); /* null */
    out_close (&self->out, '}');
    ask_json (&ask, &self->out);
}

static void list_more (ask_t *ask);

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
        view_contact (&self->out, &contact, now);
        self->found++;
    }
    if (self->ids_n < CHUNK && self->found < (size_t)self->limit)
        list_end (ask, false);
    else if (self->found >= (size_t)self->limit || self->scanned >= SCAN_MAX)
        list_end (ask, true);
    else
        list_more (ask);
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
    self->ids_n = 0;
    for (size_t i = 0; i < values->n && i < CHUNK; i++) {
        char *id = self->ids[self->ids_n];
        snprintf (id, ID_SIZE, "%.*s", (int)values->items[i].size, values->items[i].bytes);
        pointers[self->ids_n] = key_contact (keys[self->ids_n], ask_shard (ask), ask->bearer.workspace, id);
        self->ids_n++;
    }
    if (self->ids_n)
        store_get (ask_store (ask), pointers, self->ids_n, records_read, ask);
    else
        list_end (ask, false);
}

static void list_more (ask_t *ask)
{
    const list_t *self = ask->more;
    char key[KEY_SIZE];
    store_range_lex (ask_store (ask), key_open (key, ask_shard (ask), ask->bearer.workspace), self->after, CHUNK,
                     ids_read, ask);
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
    const char *after = http_query (request, "after");
    WORD_COPY (self->team, http_query (request, "team"));
    WORD_COPY (self->owner, http_query (request, "owner"));
    WORD_COPY (self->after, after);
    self->at_risk = at_risk && is_yes (at_risk);
    if (state && *state && contact_state_parse (state, &self->state))
        ask_refuse_as (ask_p, REFUSE_QUERY,
                       "'state' must be one of: received, offered, queued, owned, waiting, resolved");
    else if (self->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED)
        ask_refuse_as (ask_p, REFUSE_QUERY, "closed contacts are not listed; GET /v1/contacts/{id} shows one");
    else if (after && *after && !id_valid (after))
        ask_refuse_as (ask_p, REFUSE_QUERY, "'after' must be the 'next' of the page before");
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
    out_open (&self->out, '{');
    out_key (&self->out, "contacts");
    out_open (&self->out, '[');
    list_more (ask);
}
