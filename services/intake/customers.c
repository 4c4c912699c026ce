/* customers.c - whose submission it is: the reads.
 *
 * hears: the two keys of the sender's identity. says: the record that it leads to and the one that counts, and which of
 * that customer's open contacts this may be about.
 * Steps: where the record lies (at once, or by the index, then where it was merged: a read each), then the newest
 * contacts. Each is left out where it has nothing to say. */
#include "customers_inside.h"

#include "ids.h"
#include "keys.h"
#include "log.h"
#include "submit.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

_Static_assert((int)CUSTOMERS_OLD_MAX >= (int)FAMILY_OLD_MAX, "what the family names fits");

customer_found_t *customers_new (const ask_t *ask, const policy_t *policy, const char *channel, const char *customer)
{
    identity_t identity;
    if (!identity_of (policy, channel, customer, &identity))
        return NULL;
    customer_found_t *self = xcalloc (1, sizeof *self);
    self->shard = ask_shard (ask);
    WORD_COPY (self->workspace, ask->bearer.workspace);
    self->identity = identity;
    self->call = ask->submit.call;
    WORD_COPY (self->channel, channel);
    customer_id_of (&identity, self->derived);
    WORD_COPY (self->home, self->derived);
    return self;
}

void customers_destroy (customer_found_t **self_p)
{
    customer_found_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    free (self->record);
    free (self->counts);
    free (self->theirs);
    family_leave (&self->ahead);
    free (self);
}

/* The ask is what comes back with an answer. */
static customer_found_t *found_of (const ask_t *ask)
{
    return ((const submit_t *)ask->more)->customer;
}

static const policy_t *policy_of (const ask_t *ask)
{
    return workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
}

const char *customers_key (const customer_found_t *self, size_t index, char key[KEY_SIZE])
{
    return index ? key_customer (key, self->shard, self->workspace, self->derived)
                 : key_identity (key, self->shard, self->workspace, self->derived);
}

static void get_record (const ask_t *ask, const char *id, store_values_fn *fn)
{
    char key[KEY_SIZE];
    const customer_found_t *self = found_of (ask);
    const char *keys[] = {key_customer (key, self->shard, self->workspace, id)};
    store_get (ask_store (ask), keys, 1, fn, (void *)ask);
}

/* NULL: there is none, or it can't be read, and the log says so. */
static customer_read_t *record_of (const store_value_t *value, const char *id)
{
    if (!value->bytes)
        return NULL;
    customer_read_t *read = xmalloc (sizeof *read);
    if (customer_unpack (value->bytes, value->size, &read->head, &read->customer) == RECORD_OK)
        return read;
    log_fact (LOG_ERROR_, "", "a customer's record can't be read", "customer", id, NULL);
    free (read);
    return NULL;
}

static void again_from_here (customer_found_t *self)
{
    free (self->record);
    free (self->counts);
    self->record = self->counts = NULL;
    self->fresh = self->theirs_known = self->alone = false;
    self->owner[0] = self->wanted[0] = self->append[0] = self->linked[0] = self->linked_owner[0] = '\0';
    self->linked_due = 0;
    self->untold = NULL;
    self->old_n = 0;
    WORD_COPY (self->home, self->derived);
}

/* ------------------------------------------------- which contact it is about */

static bool is_open (const contact_t *contact)
{
    return contact->state < BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED;
}

/* A message is appended where the talk is; a contact is linked to the one whose owner knows them. */
static int nearness (const customer_found_t *self, const contact_t *contact, bool append)
{
    bool here = strcmp (contact->channel, self->channel) == 0, owned = *contact->owner != '\0';
    return append ? 2 * here + owned : 2 * owned + here;
}

/* Of a call that is owed a callback, the contact that owes it; else the nearest, and of such the newest. */
static const contact_t *open_one (const customer_found_t *self, const family_found_t *found, bool append, bool *owed)
{
    const contact_t *best = NULL;
    *owed = false;
    for (size_t i = 0; i < found->contacts_n; i++) {
        const contact_t *contact = &found->contacts[i];
        if (self->call && contact_owes_callback (contact)) {
            *owed = true;
            return contact;
        }
        if (is_open (contact) && (!best || nearness (self, contact, append) > nearness (self, best, append)))
            best = contact;
    }
    return best;
}

static void relate (customer_found_t *self, const contact_t *contact, bool append)
{
    const promise_t *next = contact_next_promise (contact);
    if (append)
        WORD_COPY (self->append, contact->id);
    else {
        WORD_COPY (self->linked, contact->id);
        WORD_COPY (self->linked_owner, contact->owner);
        self->linked_due = next ? next->due : 0;
    }
}

/* Two robots would go on for ever: each acknowledgement is answered, each answer opens a contact. Doors without a token
 * only: who has one says what it sends. */
static const char *told_often (const ask_t *ask, const family_found_t *found)
{
    wall_ms_t since = store_now (ask_store (ask)) - MS_PER_DAY;
    size_t opened = 0;
    for (size_t i = 0; found->contacts && i < found->contacts_n; i++)
        opened += found->contacts[i].opened_at > since;
    return ask->inner && opened == CUSTOMERS_NEWEST ? "eight contacts of theirs were opened within a day" : NULL;
}
_Static_assert(CUSTOMERS_NEWEST == 8, "as the words say");

static void on_family (void *arg, const family_found_t *found)
{
    ask_t *ask = arg;
    customer_found_t *self = found_of (ask);
    const policy_t *policy = policy_of (ask);
    bool owed;
    if (found->away) {
        ask_away (&ask);
        return;
    }
    for (self->old_n = 0; self->old_n < found->old_n; self->old_n++)
        WORD_COPY (self->old[self->old_n], found->old[self->old_n]);
    int same = policy ? policy->same_customer : SAME_SEPARATE;
    const contact_t *contact = open_one (self, found, same == SAME_APPEND, &owed);
    if (contact && (owed || same != SAME_SEPARATE))
        relate (self, contact, owed || same == SAME_APPEND);
    self->untold = told_often (ask, found);
    self->alone = !contact && same == SAME_APPEND;
    self->then (ask);
}

static family_order_t order_of (const ask_t *ask, const char *home)
{
    const customer_found_t *self = found_of (ask);
    family_order_t order = {.store = ask_store (ask), .shard = self->shard, .max = CUSTOMERS_NEWEST, .ids_n = 1};
    WORD_COPY (order.workspace, self->workspace);
    WORD_COPY (order.ids[0], home);
    return order;
}

/* Where the policy wants one open contact of theirs the commit claims the version of the record that counts: their list
 * must not be older than that, or what another opened between the two reads is in neither. */
void customers_look_ahead (const ask_t *ask, customer_found_t *self)
{
    const policy_t *policy = policy_of (ask);
    family_order_t order = order_of (ask, self->derived);
    family_leave (&self->ahead);
    if (policy && policy->same_customer != SAME_APPEND)
        self->ahead = family_begin (&order);
}

static void look_for_contacts (ask_t *ask)
{
    customer_found_t *self = found_of (ask);
    const customer_t *known = customers_known (self);
    const policy_t *policy = policy_of (ask);
    const char *owner = known && policy && policy_person (policy, known->owner) ? known->owner : "";
    if (known && policy && !*owner && policy_person (policy, known->deputy))
        owner = known->deputy;
    WORD_COPY (self->owner, owner);
    if (!known || self->place_known) {
        self->then (ask);
        return;
    }
    if (strcmp (self->home, self->derived) != 0)
        family_leave (&self->ahead);
    if (!self->ahead) {
        family_order_t order = order_of (ask, self->home);
        self->ahead = family_begin (&order);
    }
    family_go_on (&self->ahead, known, on_family, ask);
}

/* ------------------------------------------------------- which record it is */

static void counts_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    customer_found_t *self = found_of (ask);
    if (values->away || values->n != 1) {
        ask_away (&ask);
        return;
    }
    self->counts = record_of (&values->items[0], self->record->customer.merged_into);
    look_for_contacts (ask);
}

static void take_record (ask_t *ask, const store_value_t *value)
{
    customer_found_t *self = found_of (ask);
    self->record = record_of (value, self->home);
    if (self->record && *self->record->customer.merged_into)
        get_record (ask, self->record->customer.merged_into, counts_read);
    else
        look_for_contacts (ask);
}

static void home_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    if (values->away || values->n != 1)
        ask_away (&ask);
    else
        take_record (ask, &values->items[0]);
}

/* What is no customer's id counts as nothing; the audit names it. */
static bool leads_on (customer_found_t *self, const store_value_t *index)
{
    char id[ID_SIZE];
    if (!index->bytes || index->size != sizeof id - 1)
        return false;
    memcpy (id, index->bytes, sizeof id - 1);
    id[sizeof id - 1] = '\0';
    if (!id_valid (id))
        return false;
    WORD_COPY (self->home, id);
    return true;
}

void customers_read (ask_t *ask, customer_found_t *self, const store_values_t *values, bool known,
                     void (*then) (ask_t *ask))
{
    const store_value_t *index = &values->items[0], *derived = &values->items[1];
    again_from_here (self);
    self->then = then;
    self->place_known = known;
    if (leads_on (self, index)) {
        get_record (ask, self->home, home_read);
        return;
    }
    self->fresh = !index->bytes && !derived->bytes;
    take_record (ask, derived);
}

bool customers_presume_new (const ask_t *ask, customer_found_t *self)
{
    if (!known_first (&ask->intake->known, self->workspace, self->derived))
        return false;
    again_from_here (self);
    self->fresh = true;
    return true;
}

/* ------------------------------------------------ somebody else's contact */

static void theirs_counts_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    customer_found_t *self = found_of (ask);
    if (values->away || values->n != 1) {
        ask_away (&ask);
        return;
    }
    customer_read_t *counts = record_of (&values->items[0], self->theirs->customer.merged_into);
    free (self->theirs);
    self->theirs = counts;
    self->then (ask);
}

static void theirs_read (void *arg, const store_values_t *values)
{
    ask_t *ask = arg;
    customer_found_t *self = found_of (ask);
    if (values->away || values->n != 1) {
        ask_away (&ask);
        return;
    }
    self->theirs = record_of (&values->items[0], self->wanted);
    if (self->theirs && *self->theirs->customer.merged_into)
        get_record (ask, self->theirs->customer.merged_into, theirs_counts_read);
    else
        self->then (ask);
}

void customers_read_theirs (ask_t *ask, customer_found_t *self, void (*then) (ask_t *ask))
{
    self->then = then;
    self->theirs_known = true;
    free (self->theirs);
    self->theirs = NULL;
    get_record (ask, self->wanted, theirs_read);
}
