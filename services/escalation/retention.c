/* retention.c - closed contacts are deleted once their retention time has passed; nothing open ever is.
 *
 * With the last contact of a customer of whom nobody has said anything their record goes, too: what made it is over. They
 * may come again at that very moment: then the record is made anew by their next contact, under the same id.
 *
 * Where a workspace has archives only those go whose events are all in each of them (archive_cursor.h).
 *
 * Limits: RETENTION_MAX contacts of a workspace at a look. */
#include "escalation_private.h"

#include "archive_cursor.h"
#include "customer.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

enum { RETENTION_MAX = 256 };

typedef struct sweep {
    escalation_t *self;
    char workspace[NAME_SIZE];
    char contact[ID_SIZE]; /* of one; empty: of the list */
    int shard;
    uint64_t lowest;        /* of the archives, the one that is furthest behind */
    wall_ms_t closed_until; /* what was closed later stays */
} sweep_t;

static void sweep_destroy (sweep_t *self)
{
    self->self->looking--;
    free (self);
}

static sweep_t *sweep_new (escalation_t *self, const char *workspace, const char *contact)
{
    sweep_t *sweep = xcalloc (1, sizeof (*sweep));
    sweep->self = self;
    self->looking++;
    WORD_COPY (sweep->workspace, workspace);
    WORD_COPY (sweep->contact, contact);
    sweep->shard = store_shard (self->service->store, workspace);
    return sweep;
}

static void on_deleted (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* refused or away: the next look sees it again */
    sweep_destroy (arg);
}

/* A contact that may be deleted, and what stands beside it. */
typedef struct closed {
    sweep_t *sweep;
    contact_t contact;
    bool thread_is_its;
    uint64_t customer; /* the version of its customer's record, which goes with it; 0: that stays */
} closed_t;

static void closed_destroy (closed_t *self, bool sweep_too)
{
    if (sweep_too)
        sweep_destroy (self->sweep);
    free (self);
}

static event_id_t delete_event (const sweep_t *self, const char *what, uint64_t version)
{
    char text[24];
    snprintf (text, sizeof (text), "%llu", (unsigned long long)version);
    return event_id_of (what, self->contact, text, NULL);
}

static void forget_customer (const closed_t *self, commit_t *commit)
{
    char key[KEY_SIZE];
    const sweep_t *sweep = self->sweep;
    const char *customer = self->contact.customer_id;
    if (!*customer)
        return;
    commit_unplace (commit, key_customer_contacts (key, sweep->shard, sweep->workspace, customer), sweep->contact);
    if (!self->customer)
        return;
    commit_expect_record (commit, key_customer (key, sweep->shard, sweep->workspace, customer), self->customer,
                          delete_event (sweep, "delete customer", self->customer));
    commit_delete (commit, key);
}

static void delete_contact (closed_t *closed)
{
    char key[KEY_SIZE];
    sweep_t *self = closed->sweep;
    const contact_t *contact = &closed->contact;
    commit_t *commit = commit_new (self->shard);
    commit_expect_record (commit, key_contact (key, self->shard, self->workspace, self->contact), contact->version,
                          delete_event (self, "delete", contact->version));
    commit_delete (commit, key);
    commit_delete (commit, key_timeline (key, self->shard, self->workspace, self->contact));
    commit_unplace (commit, key_closed (key, self->shard, self->workspace), self->contact);
    if (closed->thread_is_its) {
        key_thread (key, self->shard, self->workspace, contact->channel, contact->thread);
        commit_expect_value (commit, key, self->contact, strlen (self->contact));
        commit_delete (commit, key);
    }
    forget_customer (closed, commit);
    store_commit (self->self->service->store, &commit, 0, on_deleted, self);
    closed_destroy (closed, false);
}

/* The customer's list holds no other contact: then nothing names the record any more. */
static void on_list (void *arg, const store_values_t *values)
{
    closed_t *closed = arg;
    const sweep_t *self = closed->sweep;
    bool last = values->n == 0 || (values->n == 1 && values->items[0].size == strlen (self->contact) &&
                                   memcmp (values->items[0].bytes, self->contact, values->items[0].size) == 0);
    if (!last || values->wrong_type)
        closed->customer = 0;
    if (values->away)
        closed_destroy (closed, true);
    else
        delete_contact (closed);
}

static bool is_this (const store_value_t *value, const char *contact)
{
    return value->bytes && value->size == strlen (contact) && memcmp (value->bytes, contact, value->size) == 0;
}

static uint64_t passing (const store_value_t *value)
{
    record_head_t head;
    customer_t customer;
    bool is = value->bytes && customer_unpack (value->bytes, value->size, &head, &customer) == RECORD_OK &&
              customer_is_passing (&customer);
    return is ? head.version : 0;
}

/* Its thread's index, then its customer's record, as far as there are such. */
static void on_beside (void *arg, const store_values_t *values)
{
    closed_t *closed = arg;
    const sweep_t *self = closed->sweep;
    const contact_t *contact = &closed->contact;
    size_t at = 0;
    if (values->away) {
        closed_destroy (closed, true);
        return;
    }
    if (*contact->thread && at < values->n)
        closed->thread_is_its = is_this (&values->items[at++], self->contact);
    if (*contact->customer_id && at < values->n)
        closed->customer = passing (&values->items[at]);
    if (!closed->customer) {
        delete_contact (closed);
        return;
    }
    char key[KEY_SIZE];
    key_customer_contacts (key, self->shard, self->workspace, contact->customer_id);
    store_range (self->self->service->store, key, 0, INT64_MAX, 0, 2, on_list, closed);
}

static void look_beside (sweep_t *self, const contact_t *contact)
{
    char room[2][KEY_SIZE];
    const char *keys[2];
    size_t n = 0;
    closed_t *closed = xcalloc (1, sizeof (*closed));
    *closed = (closed_t){.sweep = self, .contact = *contact};
    if (*contact->thread) {
        keys[n] = key_thread (room[n], self->shard, self->workspace, contact->channel, contact->thread);
        n++;
    }
    if (*contact->customer_id) {
        keys[n] = key_customer (room[n], self->shard, self->workspace, contact->customer_id);
        n++;
    }
    if (n)
        store_get (self->self->service->store, keys, n, on_beside, closed);
    else
        delete_contact (closed);
}

/* What can't be deleted must not stand before the others: it is looked at again a day later; what is gone, never. */
static void put_off (sweep_t *self, bool there)
{
    char key[KEY_SIZE];
    commit_t *commit = commit_new (self->shard);
    key_closed (key, self->shard, self->workspace);
    if (there)
        commit_place (commit, key, store_now (self->self->service->store) + MS_PER_DAY, self->contact);
    else
        commit_unplace (commit, key, self->contact);
    store_commit (self->self->service->store, &commit, 0, on_deleted, self);
}

static void on_contact (void *arg, const store_values_t *values)
{
    sweep_t *self = arg;
    record_head_t head;
    contact_t contact;
    if (values->away) {
        sweep_destroy (self);
        return;
    }
    if (values->n == 0 || !values->items[0].bytes ||
        contact_unpack (values->items[0].bytes, values->items[0].size, &head, &contact) != RECORD_OK ||
        contact.state != BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED) {
        put_off (self, values->n && values->items[0].bytes);
        return;
    }
    if (contact.close_at > self->closed_until) {
        sweep_destroy (self); /* the archives have not come so far */
        return;
    }
    look_beside (self, &contact);
}

static void on_listed (void *arg, const store_values_t *values)
{
    sweep_t *self = arg;
    if (!values->away && values->n == RETENTION_MAX)
        self->self->retention_at = 0; /* there is more: again with the next tick */
    for (size_t i = 0; !values->away && !self->self->draining && i < values->n; i++) {
        char key[KEY_SIZE], contact[ID_SIZE];
        snprintf (contact, sizeof (contact), "%.*s", (int)values->items[i].size, values->items[i].bytes);
        sweep_t *one = sweep_new (self->self, self->workspace, contact);
        one->closed_until = self->closed_until;
        const char *keys[] = {key_contact (key, self->shard, self->workspace, contact)};
        store_get (self->self->service->store, keys, 1, on_contact, one);
    }
    sweep_destroy (self);
}

/* Those that the archives may lack stand behind the others, and are not read again each minute. */
static void list_closed (sweep_t *self)
{
    char key[KEY_SIZE];
    const service_t *service = self->self->service;
    const policy_t *policy = workspaces_policy (service->workspaces, self->workspace);
    wall_ms_t most = store_now (service->store);
    if (policy && self->closed_until < TIME_NEVER - policy->keep_closed_ms &&
        self->closed_until + policy->keep_closed_ms < most)
        most = self->closed_until + policy->keep_closed_ms;
    store_range (service->store, key_closed (key, self->shard, self->workspace), 0, most, 0, RETENTION_MAX, on_listed,
                 self);
}

static void on_lowest (void *arg, const store_values_t *values)
{
    sweep_t *self = arg;
    if (values->away || values->wrong_type || !values->n) { /* nothing is there that an archive could have */
        sweep_destroy (self);
        return;
    }
    const store_value_t *value = &values->items[0];
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, value->size, (const uint8_t *)value->bytes);
    self->closed_until = archive_closed_until (self->lowest, (uint64_t)value->score, event ? event->at : 0);
    if (event)
        buckstop__v1__event__free_unpacked (event, NULL);
    list_closed (self);
}

static void on_archives (void *arg, const store_values_t *values)
{
    sweep_t *self = arg;
    char key[KEY_SIZE];
    const service_t *service = self->self->service;
    const policy_t *policy = workspaces_policy (service->workspaces, self->workspace);
    uint64_t lowest = values->n ? (uint64_t)values->items[0].score : 0;
    uint64_t bound = archive_bound (values->n, lowest, policy && policy->archive_required);
    if (values->away || values->wrong_type || !bound) {
        sweep_destroy (self);
    } else if (bound == UINT64_MAX) {
        self->closed_until = TIME_NEVER;
        list_closed (self);
    } else {
        self->lowest = lowest;
        key_events (key, self->shard, self->workspace);
        store_events (service->store, key, lowest - 1, 1, on_lowest, self);
    }
}

void retention_look (escalation_t *self)
{
    service_t *service = self->service;
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_name (service->workspaces, i)); i++) {
        char key[KEY_SIZE];
        sweep_t *sweep = sweep_new (self, workspace, "");
        store_range (service->store, key_archives (key, sweep->shard, workspace), 0, INT64_MAX, 0, 1, on_archives,
                     sweep);
    }
}
