/* submit_find.c - where a submission belongs: to the contact that it names, that its thread or a reference names, that its
 * customer has open; else to a new one.
 *
 * One read brings all that may say it: the index of the thread and of each reference, and what is known of the customer.
 * A signed tag that names a contact goes before them, the thread before the references, these in their order. Where
 * nothing but the customer could lead to a contact, and they never wrote here, nothing is read at first: the commit that
 * opens finds out whether they are known after all; then it is refused, and all is read.
 *
 * Limits: SUBMIT_REFERENCES_MAX references; more are not looked at. */
#include "submit.h"

#include "customers.h"
#include "keys.h"
#include "presence.h"
#include "words.h"

#include <string.h>

static submit_t *submit_of (const ask_t *ask)
{
    return ask->more;
}

/* ------------------------------------------------------------ who answered */

static void answering (void *arg, presence_outcome_t outcome, const person_t *person)
{
    ask_t *ask = arg;
    submit_t *self = submit_of (ask);
    if (outcome == PRESENCE_DONE)
        self->answering_epoch = person->epoch;
    else if (outcome == PRESENCE_LEAVING || outcome == PRESENCE_GONE)
        self->answering[0] = '\0'; /* the line is answered all the same; by whom, the timeline can't say */
    else {
        presence_refuse (&ask, outcome, self->answering);
        return;
    }
    submit_work (ask, self->contact, self->opening);
}

/* Whoever answers a call is here: it counts as a heartbeat first, as with any who accepts. */
static void go (ask_t *ask, const char *contact, bool opening)
{
    submit_t *self = submit_of (ask);
    const policy_t *policy = workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
    const policy_person_t *person = policy ? policy_person_called (policy, ask->submit.call_person) : NULL;
    if (ask->submit.call != BUCKSTOP__V1__CALL_STATE__CALL_STATE_ANSWERED || !person) {
        submit_work (ask, contact, opening);
        return;
    }
    WORD_COPY (self->contact, contact);
    WORD_COPY (self->answering, person->name);
    self->opening = opening;
    presence_change (ask->intake, ask->bearer.workspace, person->name, PERSON_HEARTBEAT, answering, ask);
}

/* --------------------------------------------------------------- the place */

bool submit_only_ends (const ask_t *ask)
{
    return ask->submit.call == BUCKSTOP__V1__CALL_STATE__CALL_STATE_ENDED;
}

void submit_refuse_end (ask_t *ask)
{
    ask_refuse_as (&ask, REFUSE_NO_CONTACT, "no open contact has the call '%.200s', and it is over",
                   ask->submit.thread);
}

static void place (ask_t *ask)
{
    submit_t *self = submit_of (ask);
    self->by_customer = false;
    if (*ask->submit.contact && !self->named_is_gone && !self->only_thread) {
        go (ask, ask->submit.contact, false);
    } else if (*self->hit) {
        go (ask, self->hit, false);
    } else if (!*self->continues && customers_append (self->customer)) {
        self->by_customer = true;
        go (ask, customers_append (self->customer), false);
    } else if (submit_only_ends (ask)) {
        submit_refuse_end (ask);
    } else {
        go (ask, "", true);
    }
}

/* False: it is none that anybody wrote here. */
static bool index_read (const store_value_t *value, char id[ID_SIZE])
{
    id[0] = '\0';
    if (!value->bytes)
        return true;
    if (value->size >= ID_SIZE)
        return false;
    memcpy (id, value->bytes, value->size);
    id[value->size] = '\0';
    return true;
}

/* The first of them that leads to a contact. False: refused, and the ask is gone. */
static bool threads_read (ask_t *ask, const store_values_t *values)
{
    submit_t *self = submit_of (ask);
    char id[ID_SIZE];
    size_t first = *self->thread ? 1 : 0; /* reference */
    self->hit[0] = self->thread_was[0] = '\0';
    self->reference_is_new = first < self->threads_n && !values->items[first].bytes;
    for (size_t i = 0; i < self->threads_n && i < values->n; i++) {
        if (!index_read (&values->items[i], id)) {
            ask_refuse_as (&ask, REFUSE_BROKEN, "the index of thread '%.200s' can't be read",
                           i || !*self->thread ? "(a reference)" : self->thread);
            return false;
        }
        if (i == 0 && *self->thread)
            WORD_COPY (self->thread_was, id);
        if (!*self->hit && id_valid (id))
            WORD_COPY (self->hit, id);
    }
    return true;
}

static void found (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    if (values->away) {
        ask_away (&ask);
        return;
    }
    if (!threads_read (ask, values))
        return;
    submit_t *self = submit_of (ask);
    if (!self->customer) {
        place (ask);
        return;
    }
    store_values_t theirs = *values;
    theirs.items += self->threads_n;
    theirs.n -= self->threads_n;
    customers_read (ask, self->customer, &theirs, *self->hit || *ask->submit.contact, place);
}

/* Nothing but its customer can lead to a contact. */
static bool only_customer (const ask_t *ask)
{
    const submit_t *self = submit_of (ask);
    return self->customer && !*ask->submit.contact && !*self->thread && !ask->submit.n_references;
}

/* May it be a first contact? What happens on a line that is open already is none. */
static bool presume_new (const ask_t *ask)
{
    submit_t *self = submit_of (ask);
    return !self->turns && ask->submit.call == BUCKSTOP__V1__CALL_STATE__CALL_STATE_UNSPECIFIED &&
           customers_presume_new (ask, self->customer);
}

void submit_find (ask_t *ask)
{
    enum { KEYS_MAX = 1 + SUBMIT_REFERENCES_MAX + CUSTOMERS_KEYS };
    submit_t *self = submit_of (ask);
    const Buckstop__V1__Submit *said = &ask->submit;
    char room[KEYS_MAX][KEY_SIZE];
    const char *keys[KEYS_MAX];
    size_t n = 0;
    if (only_customer (ask)) {
        if (presume_new (ask)) {
            place (ask);
            return;
        }
        customers_look_ahead (ask, self->customer);
    }
    if (*self->thread) {
        keys[n] = key_thread (room[n], ask_shard (ask), ask->bearer.workspace, self->channel, self->thread);
        n++;
    }
    for (size_t i = 0; !self->only_thread && i < said->n_references && i < SUBMIT_REFERENCES_MAX; i++, n++)
        keys[n] = key_thread (room[n], ask_shard (ask), ask->bearer.workspace, self->channel, said->references[i]);
    self->threads_n = n;
    if (self->customer)
        for (size_t i = 0; i < CUSTOMERS_KEYS; i++, n++)
            keys[n] = customers_key (self->customer, i, room[n]);
    if (n)
        store_get (ask_store (ask), keys, n, found, ask);
    else
        place (ask);
}
