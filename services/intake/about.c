/* about.c - a customer as a person must see it.
 *
 * hears: the id of a customer's record. says: the one that counts, with what is known of those that were linked to it:
 * identities, proposals, the newest contacts. GET /v1/customers/{id} is that alone; contact_show.c puts it beside a contact.
 *
 * Limits: ABOUT_CONTACTS_MAX contacts. A record that can't be read is left out where another says the rest. */
#include "about.h"

#include "customer.h"
#include "family.h"
#include "ids.h"
#include "keys.h"
#include "views.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

typedef struct about {
    ask_t *ask;
    about_fn *fn;
    bool hopped; /* from a merged record to the one that counts */
    customer_t customer;
    customer_t merged[CUSTOMER_MERGED_MAX];
    size_t merged_n;
} about_t;

static void finish (about_t *self, about_outcome_t outcome, json_t *view)
{
    about_fn *fn = self->fn;
    ask_t *ask = self->ask;
    free (self);
    fn (ask, outcome, view);
}

static void on_family (void *arg, const family_found_t *found)
{
    about_t *self = arg;
    if (found->away) {
        finish (self, ABOUT_AWAY, NULL);
        return;
    }
    json_t *view = view_customer (&self->customer, self->merged, self->merged_n);
    json_t *contacts = json_array ();
    for (size_t i = 0; i < found->contacts_n; i++)
        json_array_append_new (contacts, view_contact_brief (&found->contacts[i]));
    json_object_set_new (view, "contacts", xcheck (contacts));
    json_object_set_new (view, "contacts_known", xcheck (json_integer ((json_int_t)found->total)));
    finish (self, ABOUT_FOUND, view);
}

static void read_contacts (about_t *self)
{
    ask_t *ask = self->ask;
    family_order_t order = {.store = ask_store (ask), .shard = ask_shard (ask), .max = ABOUT_CONTACTS_MAX};
    WORD_COPY (order.workspace, ask->bearer.workspace);
    family_of (&order, &self->customer, self->customer.id);
    family_read (&order, on_family, self);
}

static void merged_read (void *arg, const store_values_t *values)
{
    about_t *self = arg;
    record_head_t head;
    if (values->away) {
        finish (self, ABOUT_AWAY, NULL);
        return;
    }
    for (size_t i = 0; i < values->n && self->merged_n < CUSTOMER_MERGED_MAX; i++)
        if (values->items[i].bytes && customer_unpack (values->items[i].bytes, values->items[i].size, &head,
                                                       &self->merged[self->merged_n]) == RECORD_OK)
            self->merged_n++;
    read_contacts (self);
}

static void read_merged (about_t *self)
{
    char room[CUSTOMER_MERGED_MAX][KEY_SIZE];
    const char *keys[CUSTOMER_MERGED_MAX];
    const ask_t *ask = self->ask;
    size_t n = self->customer.merged_n;
    for (size_t i = 0; i < n; i++)
        keys[i] = key_customer (room[i], ask_shard (ask), ask->bearer.workspace, self->customer.merged[i]);
    if (n)
        store_get (ask_store (ask), keys, n, merged_read, self);
    else
        read_contacts (self);
}

static void read_record (about_t *self, const char *id);

static void record_read (void *arg, const store_values_t *values)
{
    about_t *self = arg;
    record_head_t head;
    char counts[ID_SIZE];
    if (values->away || values->n != 1) {
        finish (self, ABOUT_AWAY, NULL);
        return;
    }
    const store_value_t *value = &values->items[0];
    if (!value->bytes) {
        finish (self, ABOUT_NONE, NULL);
        return;
    }
    if (customer_unpack (value->bytes, value->size, &head, &self->customer) != RECORD_OK) {
        finish (self, ABOUT_BROKEN, NULL);
        return;
    }
    WORD_COPY (counts, self->customer.merged_into);
    if (!*counts || self->hopped) {
        read_merged (self);
        return;
    }
    self->hopped = true;
    read_record (self, counts);
}

static void read_record (about_t *self, const char *id)
{
    char key[KEY_SIZE];
    const ask_t *ask = self->ask;
    const char *keys[] = {key_customer (key, ask_shard (ask), ask->bearer.workspace, id)};
    store_get (ask_store (ask), keys, 1, record_read, self);
}

void about_read (ask_t *ask, const char *customer, about_fn *fn)
{
    about_t *self = xcalloc (1, sizeof *self);
    self->ask = ask;
    self->fn = fn;
    read_record (self, customer);
}

/* ------------------------------------------------- GET /v1/customers/{id} */

static void shown (ask_t *ask, about_outcome_t outcome, json_t *view)
{
    switch (outcome) {
    case ABOUT_FOUND:
        ask_json (&ask, view);
        return;
    case ABOUT_NONE:
        ask_refuse_as (&ask, REFUSE_NO_CUSTOMER, "no customer '%s' in workspace '%s'", ask->id, ask->bearer.workspace);
        return;
    case ABOUT_BROKEN:
        ask_refuse_as (&ask, REFUSE_BROKEN, "the record of customer '%s' can't be read", ask->id);
        return;
    case ABOUT_AWAY:
        ask_away (&ask);
        return;
    }
}

void customer_show (ask_t **ask_p)
{
    ask_t *ask = *ask_p;
    if (!id_valid (ask->id)) {
        ask_refuse_as (ask_p, REFUSE_NO_CUSTOMER, "'%.64s' is not the id of a customer", ask->id);
        return;
    }
    *ask_p = NULL;
    about_read (ask, ask->id, shown);
}
