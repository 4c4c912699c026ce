/* cmd_customer_forget_find.c - all that the store holds about a customer.
 *
 * Hears: every contact, delivery, thread and record of the workspace, by walks over their keys: an index of a
 * customer's contacts keeps the newest only. Says: lists of what is theirs, and what of it is still under way.
 * Limits: a contact is theirs when it names one of their records, or when its address leads to one. Of a contact whose
 * record was deleted for age nothing is there but events in the stream, as long as that is kept.
 */
#include "cmd_customer_forget.h"

#include "customer_forgotten.h"
#include "keys.h"
#include "words.h"
#include "xmalloc.h"

/* ---- lists */

void strings_add (strings_t *self, const char *text)
{
    if (!(self->n & (self->n - 1))) /* 0, 1, 2, 4, 8 ... */
        self->items = xrealloc (self->items, (self->n ? 2 * self->n : 1) * sizeof *self->items);
    self->items[self->n++] = xstrdup (text);
    self->sorted = false;
}

static int compare (const void *a, const void *b)
{
    return strcmp (*(char *const *)a, *(char *const *)b);
}

bool strings_has (strings_t *self, const char *text)
{
    if (!self->n)
        return false;
    if (!self->sorted)
        qsort (self->items, self->n, sizeof *self->items, compare);
    self->sorted = true;
    return bsearch (&text, self->items, self->n, sizeof *self->items, compare) != NULL;
}

void strings_clear (strings_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->items[i]);
    free (self->items);
    *self = (strings_t){0};
}

__attribute__ ((format (printf, 2, 3))) static void add_words (strings_t *list, const char *format, ...)
{
    char words[DETAIL_SIZE];
    va_list rest;
    va_start (rest, format);
    vsnprintf (words, sizeof words, format, rest);
    va_end (rest);
    strings_add (list, words);
}

/* ---- who */

static void find_ids (forget_t *self)
{
    for (size_t i = 0; i < self->family->n; i++) {
        const customer_t *customer = &self->family->entries[i].customer;
        strings_add (&self->ids, customer->id);
        for (size_t k = 0; k < customer->identities_n; k++) {
            char id[ID_SIZE];
            customer_id_of (&customer->identities[k], id);
            if (strcmp (id, customer->id) != 0)
                strings_add (&self->ids, id);
        }
    }
}

/* ---- contacts */

static bool is_theirs (forget_t *self, const contact_t *contact)
{
    identity_t identity;
    char id[ID_SIZE];
    if (*contact->customer_id && strings_has (&self->ids, contact->customer_id))
        return true;
    if (!*contact->customer || !identity_of (self->command->policy, contact->channel, contact->customer, &identity))
        return false;
    customer_id_of (&identity, id);
    return strings_has (&self->ids, id);
}

static int on_contact (void *arg, const char *key, const store_value_t *value)
{
    forget_t *self = arg;
    record_head_t head;
    contact_t contact;
    (void)key; /* one that can't be read is the audit's */
    if (contact_unpack (value->bytes, value->size, &head, &contact) != RECORD_OK || !is_theirs (self, &contact))
        return CLI_GO;
    strings_add (&self->contacts, contact.id);
    if (contact_forgettable (&contact))
        return CLI_GO;
    bool resolved = contact.state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED;
    add_words (&self->waiting, "%s  %s, accountable: %s%s", contact.id, contact_state_name (contact.state),
               contact.accountable, resolved ? "; an answer is still on its way" : "");
    if (!resolved)
        strings_add (&self->open, contact.id);
    return CLI_GO;
}

/* ---- what goes out */

static bool tells_of (forget_t *self, const delivery_t *delivery)
{
    bool theirs = strings_has (&self->contacts, delivery->contact);
    for (size_t i = 0; !theirs && i < delivery->lines_n; i++)
        theirs = strings_has (&self->contacts, delivery->lines[i].contact);
    return theirs;
}

/* A notice that tells of others too is not taken away from whom it is for: it goes soon, or is dead. */
static int on_delivery (void *arg, const char *key, const store_value_t *value)
{
    forget_t *self = arg;
    record_head_t head;
    delivery_t delivery = {.version = 0};
    if (delivery_unpack (value->bytes, value->size, &head, &delivery) != RECORD_OK)
        return CLI_GO;
    bool several = delivery.purpose == BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_BUNDLE;
    if (tells_of (self, &delivery)) {
        strings_add (&self->deliveries, key);
        if (several && !delivery.dead)
            add_words (&self->waiting, "a notice to %s that tells of several contacts is still on its way (%s)",
                       delivery.person, delivery.id);
    }
    delivery_clear (&delivery);
    return CLI_GO;
}

static int on_thread (void *arg, const char *key, const store_value_t *value)
{
    forget_t *self = arg;
    if (strings_has (&self->contacts, value->bytes))
        strings_add (&self->threads, key);
    return CLI_GO;
}

/* A packed delivery: its contacts' ids stand in it as they are. */
static int on_sent (void *arg, const char *key, const store_value_t *value)
{
    forget_t *self = arg;
    for (size_t i = 0; i < self->contacts.n; i++)
        if (memmem (value->bytes, value->size, self->contacts.items[i], strlen (self->contacts.items[i]))) {
            strings_add (&self->sent, key);
            break;
        }
    return CLI_GO;
}

/* ---- other customers */

static int on_customer (void *arg, const customer_t *customer)
{
    forget_t *self = arg;
    for (size_t i = 0; i < customer->proposals_n; i++) {
        char id[ID_SIZE];
        customer_id_of (&customer->proposals[i].identity, id);
        if (strings_has (&self->ids, id) && !strings_has (&self->ids, customer->id)) {
            strings_add (&self->proposals, customer->id);
            break;
        }
    }
    return CLI_GO;
}

int forget_find (forget_t *self)
{
    const struct {
        const char *family;
        customer_key_fn *fn;
    } walks[] = {{"c", on_contact}, {"d", on_delivery}, {"th", on_thread}, {"sent", on_sent}};
    strings_t *const lists[] = {&self->ids,        &self->contacts, &self->waiting, &self->open,
                                &self->deliveries, &self->threads,  &self->sent,    &self->proposals};
    int rc = CLI_GO;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        strings_clear (lists[i]);
    find_ids (self);
    for (size_t i = 0; rc == CLI_GO && i < sizeof walks / sizeof *walks; i++) {
        char pattern[KEY_SIZE];
        snprintf (pattern, sizeof pattern, "b:{%d}:%s:%s:*", self->command->shard, walks[i].family,
                  self->command->cli->workspace);
        rc = customer_walk (self->command, pattern, walks[i].fn, self);
    }
    return rc == CLI_GO ? customer_each (self->command, on_customer, self) : rc;
}
