/* workspaces.c - the policies in force, by workspace, as the store has them.
 *
 * Hears: the store's workspace records, once a second and when asked (a commit was refused since the policy is
 * newer); what they say is taken in workspaces_take.c. A workspace that vanished from the set keeps its policy, and
 * is still read: its contacts are still there. One that has lost its record, too, was removed: one that
 * comes under its name is another. Walks still pass it, so that their indexes hold.
 * Beside them stands when people could be heard (hearing.h), read with them.
 * Limits: one read of all records per shard and second.
 */
#include "workspaces_private.h"

#include "keys.h"
#include "log.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { LOOK_EVERY_MS = 1000 };

/* The records of one shard, in the order of the keys asked. */
typedef struct shard_look {
    workspaces_t *self;
    int shard;
    char (*names)[NAME_SIZE];
    size_t n;
} shard_look_t;

static entry_t *find (const workspaces_t *self, const char *name)
{
    entry_t *entry = name ? self->entries : NULL;
    while (entry && strcmp (entry->name, name) != 0)
        entry = entry->next;
    return entry;
}

entry_t *workspaces_entry (workspaces_t *self, const char *name)
{
    entry_t *entry = find (self, name);
    if (entry)
        return entry;
    entry = xcalloc (1, sizeof *entry);
    snprintf (entry->name, sizeof entry->name, "%s", name);
    entry_t **end = &self->entries;
    while (*end)
        end = &(*end)->next;
    *end = entry;
    return entry;
}

static void destroy_now (workspaces_t *self)
{
    while (self->entries) {
        entry_t *entry = self->entries;
        self->entries = entry->next;
        policy_destroy (&entry->policy);
        free (entry->taken);
        free (entry);
    }
    free (self);
}

/* An answer came. False: nobody is there any more. */
bool workspaces_answered (workspaces_t *self)
{
    self->calls--;
    if (!self->destroyed)
        return true;
    if (self->calls == 0)
        destroy_now (self);
    return false;
}

static void look_done (workspaces_t *self)
{
    self->looking = false;
    if (!self->missed)
        self->loaded = true;
}

/* The last value: when the shard's people could be heard. One that can't be read says nothing. */
static void take_hearing (const shard_look_t *shard, const store_value_t *value)
{
    hearing_parse (value->bytes, value->size, &shard->self->hearings[shard->shard]);
    shard->self->heard_at[shard->shard] = loop_now (shard->self->loop) + 1;
}

static void on_shard (void *arg, const store_values_t *values)
{
    shard_look_t *shard = arg;
    workspaces_t *self = shard->self;
    if (workspaces_answered (self)) {
        self->missed = self->missed || values->away || values->wrong_type;
        for (size_t i = 0; !values->away && i < values->n && i < shard->n; i++)
            workspaces_take (self, shard->names[i], &values->items[i]);
        if (!values->away && values->n == shard->n + 1)
            take_hearing (shard, &values->items[shard->n]);
        if (--self->asked == 0)
            look_done (self);
    }
    free (shard->names);
    free (shard);
}

static bool asked_of (const workspaces_t *self, const entry_t *entry, int shard)
{
    return entry->listed && store_shard (self->store, entry->name) == shard;
}

static void ask_shard (workspaces_t *self, int shard)
{
    size_t n = 0;
    for (const entry_t *entry = self->entries; entry; entry = entry->next)
        n += asked_of (self, entry, shard);
    if (n == 0)
        return;
    shard_look_t *look_at = xcalloc (1, sizeof *look_at);
    char (*keys)[KEY_SIZE] = xcalloc (n + 1, sizeof *keys);
    const char **list = xcalloc (n + 1, sizeof *list);
    look_at->self = self;
    look_at->shard = shard;
    look_at->names = xcalloc (n, sizeof *look_at->names);
    for (const entry_t *entry = self->entries; entry; entry = entry->next)
        if (asked_of (self, entry, shard)) {
            WORD_COPY (look_at->names[look_at->n], entry->name);
            list[look_at->n] = key_workspace (keys[look_at->n], shard, entry->name);
            look_at->n++;
        }
    self->asked++;
    self->calls++;
    list[n] = key_heard (keys[n], shard);
    store_get (self->store, list, n + 1, on_shard, look_at);
    free (list);
    free (keys);
}

/* What is in the set no longer stays known: what stands still with it would be silent. */
static void take_names (workspaces_t *self, const store_values_t *values)
{
    bool unlisted = values->wrong_type || values->n == 0;
    if (unlisted && !self->unlisted && (values->wrong_type || self->entries))
        log_fact (LOG_ERROR_, KEY_WORKSPACES, "the list of workspaces can't be read", "why",
                  values->wrong_type ? "it is no set" : "it is empty", NULL);
    self->unlisted = unlisted;
    for (entry_t *entry = self->entries; entry; entry = entry->next)
        entry->missing = entry->listed;
    for (size_t i = 0; i < values->n; i++) {
        char name[NAME_SIZE];
        size_t size = values->items[i].size < NAME_SIZE ? values->items[i].size : NAME_SIZE - 1;
        memcpy (name, values->items[i].bytes, size);
        name[size] = '\0';
        entry_t *entry = workspaces_entry (self, name);
        entry->listed = true;
        entry->missing = false;
    }
}

static void on_names (void *arg, const store_values_t *values)
{
    workspaces_t *self = arg;
    if (!workspaces_answered (self))
        return;
    self->missed = values->away || values->wrong_type;
    self->asked = 0;
    if (!values->away)
        take_names (self, values);
    for (int shard = 0; !values->away && shard < store_shards (self->store); shard++)
        ask_shard (self, shard);
    if (self->asked == 0)
        look_done (self);
}

static void look (workspaces_t *self)
{
    if (self->looking || !store_ready (self->store))
        return;
    self->looking = true;
    self->calls++;
    store_set (self->store, KEY_WORKSPACES, on_names, self);
}

static void on_timer (void *arg)
{
    workspaces_t *self = arg;
    self->soon = false;
    self->timer = loop_at (self->loop, loop_now (self->loop) + LOOK_EVERY_MS, on_timer, self);
    look (self);
}

/* The first look is as soon as the store is there, not at the next second. */
static void each_turn (void *arg)
{
    workspaces_t *self = arg;
    if (self->loaded || self->looking || self->missed || self->soon || !store_ready (self->store))
        return;
    /* not from the hook itself: the store may have written for this turn already */
    self->soon = true;
    loop_cancel (self->loop, &self->timer);
    self->timer = loop_at (self->loop, loop_now (self->loop), on_timer, self);
}

workspaces_t *workspaces_new (loop_t *loop, store_t *store)
{
    workspaces_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->store = store;
    loop_each_turn (loop, each_turn, self);
    on_timer (self);
    return self;
}

void workspaces_destroy (workspaces_t **self_p)
{
    workspaces_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    loop_cancel (self->loop, &self->timer);
    loop_each_turn_remove (self->loop, each_turn, self);
    workspaces_forget (self);
    self->destroyed = true;
    if (self->calls == 0)
        destroy_now (self);
}

const policy_t *workspaces_policy (workspaces_t *self, const char *workspace)
{
    const entry_t *entry = find (self, workspace);
    return entry ? entry->policy : NULL;
}

const hearing_t *workspaces_hearing (const workspaces_t *self, const char *workspace)
{
    return &self->hearings[store_shard (self->store, workspace)];
}

bool workspaces_hearing_known (const workspaces_t *self, int shard)
{
    mono_ms_t at = self->heard_at[shard];
    return at && loop_now (self->loop) - at < HEARING_GAP_MS;
}

bool workspaces_broken (const workspaces_t *self, const char *workspace)
{
    const entry_t *entry = find (self, workspace);
    return entry && entry->refused == REFUSED_BROKEN;
}

bool workspaces_missing (const workspaces_t *self, const char *workspace)
{
    const entry_t *entry = find (self, workspace);
    return entry && entry->missing && entry->there;
}

bool workspaces_removed (const workspaces_t *self, const char *workspace)
{
    const entry_t *entry = find (self, workspace);
    return entry && entry->removed;
}

bool workspaces_loaded (const workspaces_t *self)
{
    return self->loaded;
}

const char *workspaces_name (workspaces_t *self, size_t index)
{
    for (const entry_t *entry = self->entries; entry; entry = entry->next)
        if (entry->policy && index-- == 0)
            return entry->name;
    return NULL;
}

const char *workspaces_listed (const workspaces_t *self, size_t index)
{
    const entry_t *entry = self->entries;
    while (entry && index--)
        entry = entry->next;
    return entry ? entry->name : NULL;
}

void workspaces_on_change (workspaces_t *self, workspaces_fn *fn, void *arg)
{
    if (self->watchers_n == WATCHERS_MAX)
        abort (); /* a defect of the service: it is known at its start */
    self->watchers[self->watchers_n].fn = fn;
    self->watchers[self->watchers_n++].arg = arg;
}
