/* contact_show.c - one contact with all that happened to it, from its first word on, and whose it is.
 *
 * hears: GET /v1/contacts/{id}?from=N. says: the record, and the timeline from its entry N on; `next` is the path of
 * what follows, null when this was all. From the first entry on also `about`: the customer, as about.h has it.
 *
 * Limits: a page ends behind ENTRIES_MAX entries or TEXT_PAGE bytes of them, whichever comes first: a message may have
 * a megabyte. They are read CHUNK at a time. */
#include "about.h"

#include "log.h"
#include "views.h"
#include "xmalloc.h"

enum { ENTRIES_MAX = 1000, TEXT_PAGE = 256 * 1024, CHUNK = 50, FROM_MAX = 1000000000 };

typedef struct show {
    json_t *view, *timeline; /* the second is part of the first */
    int64_t from, at;        /* entries */
    size_t bytes;
} show_t;

static void show_free (void *more)
{
    show_t *self = more;
    json_decref (self->view);
    free (self);
}

static void put_entry (show_t *self, const store_value_t *value, const char *contact)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
    self->at++;
    self->bytes += value->size;
    if (event) {
        json_array_append_new (self->timeline, view_event (event));
        buckstop__v1__event__free_unpacked (event, NULL);
    } else
        log_fact (LOG_ERROR_, contact, "a timeline entry can't be read", NULL);
}

/* False: the page was full before all of them were in it. */
static bool put_entries (show_t *self, const store_values_t *values, const char *contact)
{
    for (size_t i = 0; i < values->n; i++) {
        if (self->at - self->from >= ENTRIES_MAX || self->bytes >= TEXT_PAGE)
            return false;
        put_entry (self, &values->items[i], contact);
    }
    return true;
}

static void show_end (ask_t *ask, bool more)
{
    const show_t *self = ask->more;
    json_t *next = more ? json_sprintf ("/v1/contacts/%s?from=%lld", ask->id, (long long)self->at) : json_null ();
    json_object_set_new (self->view, "next", xcheck (next));
    ask_json (&ask, json_incref (self->view));
}

static void read_more (ask_t *ask);

static void timeline_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    if (values->away)
        ask_away (&ask);
    else if (values->wrong_type)
        ask_refuse_as (&ask, REFUSE_BROKEN, "the timeline of contact '%s' can't be read", ask->id);
    else if (!put_entries (ask->more, values, ask->id))
        show_end (ask, true);
    else if (values->n < CHUNK)
        show_end (ask, false);
    else
        read_more (ask);
}

static void read_more (ask_t *ask)
{
    const show_t *self = ask->more;
    char key[KEY_SIZE];
    store_list (ask_store (ask), key_timeline (key, ask_shard (ask), ask->bearer.workspace, ask->id), self->at,
                self->at + CHUNK - 1, timeline_read, ask);
}

/* A customer who can't be read hides no contact: the audit names the record. */
static void about_known (ask_t *ask, about_outcome_t outcome, json_t *view)
{
    const show_t *self = ask->more;
    if (outcome == ABOUT_AWAY) {
        ask_away (&ask);
        return;
    }
    if (outcome == ABOUT_FOUND)
        json_object_set_new (self->view, "about", view);
    read_more (ask);
}

static void contact_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    show_t *self = ask->more;
    record_head_t head;
    contact_t contact;
    if (values->away || values->n != 1)
        ask_away (&ask);
    else if (!values->items[0].bytes)
        ask_refuse_no_contact (&ask, ask->id);
    else if (contact_unpack (values->items[0].bytes, values->items[0].size, &head, &contact) != RECORD_OK)
        ask_refuse_as (&ask, REFUSE_BROKEN, "the record of contact '%s' can't be read", ask->id);
    else {
        self->view = view_contact (&contact, store_now (ask_store (ask)));
        self->timeline = json_array ();
        json_object_set_new (self->view, "timeline", xcheck (self->timeline));
        if (*contact.customer_id && self->from == 0)
            about_read (ask, contact.customer_id, about_known);
        else
            read_more (ask);
    }
}

void contact_show (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    int64_t from;
    if (!ask_query (ask_p, "from", 0, FROM_MAX, 0, &from))
        return;
    if (!ask_id (ask_p))
        return;
    *ask_p = NULL;
    show_t *self = ask->more = xcalloc (1, sizeof *self);
    ask->free_more = show_free;
    self->from = self->at = from;
    char key[KEY_SIZE];
    const char *keys[] = {key_contact (key, ask_shard (ask), ask->bearer.workspace, ask->id)};
    store_get (ask_store (ask), keys, 1, contact_read, ask);
}
