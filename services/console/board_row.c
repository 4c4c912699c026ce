/* board_row.c - a contact as one row: its JSON, made once for each version, and where it stands in the order.
 *
 * `next` is what breaks next: the promise that is due first; where one is broken already, that one, since it is what is
 * owed. */
#include "board_private.h"
#include "policy_match.h"
#include "values.h"
#include "views.h"
#include "words.h"
#include "xmalloc.h"

enum { SAID_SHOWN = 120 }; /* bytes: a row is a line */

#define STATE(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name

static json_t *number_or_null (int64_t number)
{
    return number ? json_integer (number) : json_null ();
}

static json_t *text_or_null (const char *text)
{
    return *text ? value_text (text) : json_null ();
}

static json_t *view_next (const promise_t *promise, bool broken)
{
    if (!promise)
        return json_null ();
    return json_pack ("{s:s, s:I, s:b}", "kind", promise_kind_name (promise->kind), "due", (json_int_t)promise->due,
                      "broken", broken);
}

static json_t *view_answered (const promise_t *promise)
{
    return json_pack ("{s:s, s:I}", "kind", promise_kind_name (promise->kind), "due", (json_int_t)promise->due);
}

static json_t *view_holders (const contact_t *contact)
{
    return json_pack ("{s:o, s:o, s:o, s:o, s:o}",                                                       /**/
                      "accountable", text_or_null (contact->accountable),                                /**/
                      "owner", text_or_null (contact->owner),                                            /**/
                      "offered_to", text_or_null (contact->offered_to),                                  /**/
                      "offer_until", number_or_null (*contact->offered_to ? contact->offer_expires : 0), /**/
                      "acknowledged_by", text_or_null (contact->acknowledged_by));
}

static wall_ms_t risk_of (const contact_t *contact)
{
    const promise_t *promise = contact_next_promise (contact);
    return promise ? promise->due - promise->duration_ms / AT_RISK_SHARE : TIME_NEVER;
}

static char *json_of (const contact_t *contact, const promise_t *next, bool broken)
{
    wall_ms_t risk_at = risk_of (contact);
    const promise_t *answered = contact_answered_promise (contact);
    const char *customer = *contact->customer_name ? contact->customer_name : contact->customer;
    json_t *view = json_pack ("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:i, s:I, s:o, s:o, s:o, s:I, s:I}", /**/
                              "id", value_text (contact->id),                                           /**/
                              "subject", value_text (contact->subject),                                 /**/
                              "channel", value_text (contact->channel),                                 /**/
                              "team", value_text (contact->team),                                       /**/
                              "state", contact_state_name (contact->state),                             /**/
                              "customer", text_or_null (customer),                                      /**/
                              "customer_id", text_or_null (contact->customer_id),                       /**/
                              "priority", contact->priority,                                            /**/
                              "opened_at", (json_int_t)contact->opened_at,                              /**/
                              "waiting_since", number_or_null (contact->waiting_since),                 /**/
                              "next", view_next (next, broken),                                         /**/
                              "risk_at", risk_at == TIME_NEVER ? json_null () : json_integer (risk_at), "step",
                              (json_int_t)(next ? next->step : 0), /**/
                              "version", (json_int_t)contact->version);
    json_object_update_new (xcheck (view), xcheck (view_holders (contact)));
    if (!*contact->subject && *contact->said)
        json_object_set_new (view, "said", value_text (WORD_CUT (contact->said, SAID_SHOWN)));
    if (answered)
        json_object_set_new (view, "answered", xcheck (view_answered (answered)));
    char *text = xcheck (json_dumps (view, JSON_COMPACT));
    json_decref (view);
    return text;
}

/* What a search looks at: who it is, what it is about, its id. */
static char *words_of (const contact_t *contact)
{
    char who[ADDRESS_SIZE + DISPLAY_SIZE], what[SUBJECT_SIZE + 2 * ID_SIZE];
    snprintf (who, sizeof who, "%s %s", contact->customer, contact->customer_name);
    snprintf (what, sizeof what, "%s %s", contact->subject, contact->id);
    return match_fold (who, what);
}

void row_clear (row_t *row)
{
    free (row->json);
    free (row->words);
    row->json = row->words = NULL;
}

void row_fill (board_t *self, row_t *row, const contact_t *contact)
{
    const promise_t *next = contact_pressing_promise (contact);
    bool broken = next && next->state == BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN;
    bool held = contact->state == STATE (OWNED) || contact->state == STATE (WAITING);
    row_clear (row);
    row->state = contact->state;
    row->broken = broken;
    row->channel = names_put (&self->channels, contact->channel);
    row->team = names_put (&self->teams, contact->team);
    row->owner = held ? names_put (&self->people, contact->owner) : NAME_NONE;
    row->owner_epoch = contact->owner_epoch;
    row->asked = names_put (&self->people, contact->offered_to);
    row->asked_epoch = contact->offer_epoch;
    row->opened_at = contact->opened_at;
    row->waiting_since = contact->waiting_since;
    row->due = next ? next->due : TIME_NEVER;
    row->risk_at = broken ? 0 : risk_of (contact);
    row->version = contact->version;
    WORD_COPY (row->customer_id, contact->customer_id);
    row->json = json_of (contact, next, broken);
    row->words = words_of (contact);
    board_grow (self);
}

static int compare (int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int row_order (const row_t *a, const row_t *b)
{
    int order = compare (b->broken, a->broken);
    order = order ? order : compare (a->due, b->due);
    order = order ? order : compare (a->opened_at, b->opened_at);
    return order ? order : strcmp (a->id, b->id);
}
