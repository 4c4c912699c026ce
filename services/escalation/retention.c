/* retention.c - closed contacts are deleted once their retention time has passed; nothing open ever is.
 *
 * Limits: RETENTION_MAX contacts of a workspace at a look. */
#include "escalation_private.h"

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

static void delete_contact (sweep_t *self, const contact_t *contact, bool thread_is_its)
{
    char key[KEY_SIZE], version[24];
    commit_t *commit = commit_new (self->shard);
    snprintf (version, sizeof (version), "%llu", (unsigned long long)contact->version);
    commit_expect_record (commit, key_contact (key, self->shard, self->workspace, self->contact), contact->version,
                          event_id_of ("delete", self->contact, version, NULL));
    commit_delete (commit, key);
    commit_delete (commit, key_timeline (key, self->shard, self->workspace, self->contact));
    commit_unplace (commit, key_closed (key, self->shard, self->workspace), self->contact);
    if (thread_is_its) {
        key_thread (key, self->shard, self->workspace, contact->channel, contact->thread);
        commit_expect_value (commit, key, self->contact, strlen (self->contact));
        commit_delete (commit, key);
    }
    store_commit (self->self->service->store, &commit, 0, on_deleted, self);
}

typedef struct threaded {
    sweep_t *sweep;
    contact_t contact;
} threaded_t;

static void on_thread (void *arg, const store_values_t *values)
{
    threaded_t *threaded = arg;
    sweep_t *self = threaded->sweep;
    const store_value_t *value = values->n ? &values->items[0] : NULL;
    if (values->away)
        sweep_destroy (self);
    else
        delete_contact (self, &threaded->contact,
                        value && value->bytes && value->size == strlen (self->contact) &&
                            memcmp (value->bytes, self->contact, value->size) == 0);
    free (threaded);
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
    char key[KEY_SIZE];
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
    if (!*contact.thread) {
        delete_contact (self, &contact, false);
        return;
    }
    threaded_t *threaded = xmalloc (sizeof (*threaded));
    *threaded = (threaded_t){self, contact};
    const char *keys[] = {key_thread (key, self->shard, self->workspace, contact.channel, contact.thread)};
    store_get (self->self->service->store, keys, 1, on_thread, threaded);
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
        const char *keys[] = {key_contact (key, self->shard, self->workspace, contact)};
        store_get (self->self->service->store, keys, 1, on_contact, one);
    }
    sweep_destroy (self);
}

void retention_look (escalation_t *self)
{
    service_t *service = self->service;
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_name (service->workspaces, i)); i++) {
        char key[KEY_SIZE];
        sweep_t *sweep = sweep_new (self, workspace, "");
        store_range (service->store, key_closed (key, sweep->shard, workspace), 0, store_now (service->store), 0,
                     RETENTION_MAX, on_listed, sweep);
    }
}
