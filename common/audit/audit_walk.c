/* audit_walk.c - where subjects come from: for each set its members, for each key of a record that record.
 *
 * Hears: pages of sets, and of a walk over all keys (one for all shards). Says: subjects that are to be looked at; sets
 * and keys that hold something else. A set's members are only asked for their records: a record that is there answers
 * for its places itself, when the walk comes to its key. The sets of own:* and of kc:* are found by that walk. */
#include "audit_private.h"

#include "xmalloc.h"

#include <stdio.h>

subject_t *subjects_add (subjects_t *self)
{
    if (self->n == self->room) {
        self->room = self->room ? self->room * 2 : 64;
        self->items = xrealloc (self->items, self->room * sizeof *self->items);
    }
    subject_t *subject = &self->items[self->n++];
    *subject = (subject_t){.kind = 0};
    return subject;
}

void subjects_clear (subjects_t *self)
{
    free (self->items);
    *self = (subjects_t){.items = NULL};
}

static source_t *add_source (audit_round_t *self, source_shape_t shape, char kind, int shard, const char *workspace)
{
    if (self->sources_n == self->sources_room) {
        self->sources_room = self->sources_room ? self->sources_room * 2 : 16;
        self->sources = xrealloc (self->sources, self->sources_room * sizeof *self->sources);
    }
    source_t *source = &self->sources[self->sources_n++];
    *source = (source_t){.shape = shape, .kind = kind, .shard = shard};
    snprintf (source->workspace, sizeof source->workspace, "%s", workspace);
    return source;
}

/* ------------------------------------------------------------------ the list */

static void add_subject (audit_round_t *self, char kind, int shard, const char *workspace, const char *id)
{
    subject_t *subject = subjects_add (&self->pending);
    subject->kind = kind;
    subject->shard = shard;
    snprintf (subject->workspace, sizeof subject->workspace, "%s", workspace);
    snprintf (subject->id, sizeof subject->id, "%s", id);
}

static void add_workspace (audit_round_t *self, const char *workspace, int shard)
{
    key_queue (add_source (self, SOURCE_SCORED, KIND_CONTACT, shard, workspace)->key, shard, workspace);
    key_open (add_source (self, SOURCE_MEMBERS, KIND_CONTACT, shard, workspace)->key, shard, workspace);
    key_dead (add_source (self, SOURCE_SCORED, KIND_DELIVERY, shard, workspace)->key, shard, workspace);
    add_source (self, SOURCE_SHAPES, KIND_WORKSPACE, shard, workspace);
    add_subject (self, KIND_WORKSPACE, shard, workspace, workspace);
}

static void add_timers (audit_round_t *self, int shard)
{
    static const char kinds[] = {KIND_CONTACT, KIND_PERSON, KIND_DELIVERY};
    for (size_t i = 0; i < sizeof kinds; i++)
        key_due (add_source (self, SOURCE_SCORED, kinds[i], shard, "")->key, shard, kinds[i]);
}

void walk_begin (audit_round_t *self)
{
    bool shards[SHARDS_MAX] = {false}, named = !self->order.workspace;
    const char *workspace;
    for (size_t i = 0; (workspace = workspaces_listed (self->order.workspaces, i)); i++) {
        int shard = store_shard (self->order.store, workspace);
        if (!round_covers (self, workspace))
            continue;
        if (!shards[shard])
            add_timers (self, shard);
        shards[shard] = true;
        add_workspace (self, workspace, shard);
        named = true;
    }
    if (!named)
        add_workspace (self, self->order.workspace, store_shard (self->order.store, self->order.workspace));
    /* all keys of shards, and tokens: what is of no interest is passed over, which is cheaper than a walk for each */
    snprintf (add_source (self, SOURCE_KEYS, 0, 0, "")->key, KEY_SIZE, "b:[{t]*");
    self->handling = HANDLE_WHOLE;
    self->position = (position_t){.from = INT64_MIN / 2};
}

void walk_clear (audit_round_t *self)
{
    free (self->sources);
    self->sources = NULL;
    self->sources_n = self->sources_room = 0;
    subjects_clear (&self->pending);
}

/* ------------------------------------------------------------- members of sets */

void walk_tell_key (audit_round_t *self, audit_fault_t fault, const char *key, const char *workspace, const char *words)
{
    audit_findings_t found = {.items = NULL};
    audit_add (&found, fault, "key", key, 0, "%s", words);
    round_tell (self, &found.items[0], workspace);
    audit_clear (&found);
}

static void tell_key (audit_round_t *self, audit_fault_t fault, const source_t *source, const char *words)
{
    walk_tell_key (self, fault, source->key, source->workspace, words);
}

/* "W:C" in due:K, "channel/C" in own:*, else the id alone. */
static bool read_member (audit_round_t *self, const source_t *source, const store_value_t *value)
{
    char workspace[NAME_SIZE], id[AUDIT_ID_SIZE], channel[NAME_SIZE] = "";
    const char *at = value->bytes, *slash = memchr (at, '/', value->size);
    size_t size = value->size;
    snprintf (workspace, sizeof workspace, "%s", source->workspace);
    if (!*source->workspace && member_split (at, size, workspace, id, sizeof id) != 0)
        return false;
    if (*source->place.person) {
        if (!slash || slash - at >= NAME_SIZE)
            return false;
        snprintf (channel, sizeof channel, "%.*s", (int)(slash - at), at);
        size -= (size_t)(slash + 1 - at);
        at = slash + 1;
    }
    if (*source->workspace && size >= sizeof id)
        return false;
    if (*source->workspace)
        snprintf (id, sizeof id, "%.*s", (int)size, at);
    if (!round_covers (self, workspace))
        return true;
    add_subject (self, source->kind, source->shard, workspace, id);
    subject_t *subject = &self->pending.items[self->pending.n - 1];
    subject->place = source->place;
    memcpy (subject->customer, source->customer, sizeof subject->customer);
    memcpy (subject->place.channel, channel, sizeof channel);
    self->result.counts.timers += !*source->workspace;
    return true;
}

static void on_members (void *arg, const store_values_t *values)
{
    audit_round_t *self = arg;
    const source_t *source = &self->sources[self->sources_at];
    position_t *at = &self->position;
    for (size_t i = 0; i < values->n; i++) {
        const store_value_t *value = &values->items[i];
        if (!read_member (self, source, value))
            tell_key (self, AUDIT_STALE_PLACE, source, "a member is no name of a record");
        at->passed = value->score == at->from ? at->passed + 1 : 1;
        at->from = value->score;
        snprintf (at->after, sizeof at->after, "%.*s", (int)value->size, value->bytes);
    }
    if (values->wrong_type)
        tell_key (self, AUDIT_WRONG_TYPE, source, "it is not the set that it should be");
    self->page_last = values->n < PAGE;
    round_answered (self, values);
}

/* ---------------------------------------------------------------------- keys */

static const char RECORD_FAMILIES[] = {KIND_CONTACT, KIND_PERSON, KIND_DELIVERY, KIND_CUSTOMER,
                                       '\0'}; /* with a name each */

/* "b:{S}:FAMILY:W:REST" */
typedef struct key_parts {
    int shard;
    char family[8], workspace[NAME_SIZE], rest[AUDIT_ID_SIZE];
} key_parts_t;

static bool copy_part (char *to, size_t size, const char *from, size_t n)
{
    if (n == 0 || n >= size)
        return false;
    memcpy (to, from, n);
    to[n] = '\0';
    return true;
}

static bool split_key (const char *key, key_parts_t *parts)
{
    int used = 0;
    if (sscanf (key, "b:{%d}:%n", &parts->shard, &used) != 1 || !used)
        return false;
    key += used;
    const char *colon = strchr (key, ':'), *second = colon ? strchr (colon + 1, ':') : NULL;
    return second && copy_part (parts->family, sizeof parts->family, key, (size_t)(colon - key)) &&
           copy_part (parts->workspace, sizeof parts->workspace, colon + 1, (size_t)(second - colon - 1)) &&
           copy_part (parts->rest, sizeof parts->rest, second + 1, strlen (second + 1));
}

/* "P:E" */
static void add_own (audit_round_t *self, const char *key, const key_parts_t *parts)
{
    const char *colon = strchr (parts->rest, ':');
    source_t *source = add_source (self, SOURCE_MEMBERS, KIND_CONTACT, parts->shard, parts->workspace);
    snprintf (source->key, sizeof source->key, "%s", key);
    snprintf (source->place.person, NAME_SIZE, "%.*s", colon ? (int)(colon - parts->rest) : 0, parts->rest);
    source->place.epoch = colon ? (uint32_t)strtoul (colon + 1, NULL, 10) : 0;
    if (!*source->place.person) {
        tell_key (self, AUDIT_STALE_PLACE, source, "it is nobody's");
        self->sources_n--;
    }
}

static void add_list (audit_round_t *self, const char *key, const key_parts_t *parts)
{
    source_t *source = add_source (self, SOURCE_SCORED, KIND_CONTACT, parts->shard, parts->workspace);
    snprintf (source->key, sizeof source->key, "%s", key);
    snprintf (source->customer, sizeof source->customer, "%.*s", (int)sizeof source->customer - 1, parts->rest);
}

/* Tokens are of no shard; whose one is stands within. */
static bool read_token_key (audit_round_t *self, const char *key)
{
    static const char prefix[] = "b:tok:";
    const char *id = key + sizeof prefix - 1;
    if (strncmp (key, prefix, sizeof prefix - 1) != 0)
        return false;
    if (!self->order.workspace && strlen (id) < AUDIT_ID_SIZE)
        add_subject (self, KIND_TOKEN, 0, "", id);
    return true;
}

/* "b:{S}:FAMILY:W": also of a workspace that is in no list. */
static bool read_short_key (audit_round_t *self, const char *key, const char *family, char kind)
{
    int shard, used = 0;
    size_t size = strlen (family);
    if (sscanf (key, "b:{%d}:%n", &shard, &used) != 1 || !used || strncmp (key + used, family, size) != 0)
        return false;
    const char *workspace = key + used + size;
    if (strlen (workspace) < NAME_SIZE && round_covers (self, workspace))
        add_subject (self, kind, shard, workspace, workspace);
    return true;
}

static void read_key (audit_round_t *self, const char *key)
{
    key_parts_t parts;
    char value;
    if (read_token_key (self, key) || read_short_key (self, key, "w:", KIND_WORKSPACE) ||
        read_short_key (self, key, "hold:", KIND_HOLD))
        return;
    if (!split_key (key, &parts) || !round_covers (self, parts.workspace))
        return;
    if (strcmp (parts.family, "own") == 0)
        add_own (self, key, &parts);
    else if (strcmp (parts.family, "kc") == 0)
        add_list (self, key, &parts);
    else if ((value = value_kind (parts.family)) != 0)
        add_subject (self, value, parts.shard, parts.workspace, parts.rest);
    else if (parts.family[1] == '\0' && strchr (RECORD_FAMILIES, parts.family[0]) && !strchr (parts.rest, ':'))
        add_subject (self, parts.family[0], parts.shard, parts.workspace, parts.rest);
}

static int by_place (const void *a, const void *b)
{
    const subject_t *one = a, *two = b;
    int order = strcmp (one->workspace, two->workspace);
    return order ? order : one->kind - two->kind;
}

static void on_keys (void *arg, const store_values_t *values)
{
    audit_round_t *self = arg;
    for (size_t i = 0; i < values->n; i++) {
        char key[KEY_SIZE];
        if (values->items[i].size < sizeof key) {
            snprintf (key, sizeof key, "%.*s", (int)values->items[i].size, values->items[i].bytes);
            read_key (self, key);
        }
    }
    if (self->pending.n > 1)
        qsort (self->pending.items, self->pending.n, sizeof *self->pending.items, by_place);
    if (!values->away)
        self->position.cursor = values->cursor;
    self->page_last = values->cursor == 0;
    round_answered (self, values);
}

/* ---------------------------------------------------------------------- pages */

static void page_read (audit_round_t *self)
{
    self->handling = self->sources[self->sources_at].shape == SOURCE_KEYS ? HANDLE_WHOLE : HANDLE_PRESENCE;
    if (self->page_last) {
        self->sources_at++;
        self->position = (position_t){.from = INT64_MIN / 2};
    }
    round_on (self, PAGE_COST);
}

void walk_page (audit_round_t *self)
{
    const source_t *source = &self->sources[self->sources_at];
    const position_t *at = &self->position;
    store_t *store = self->order.store;
    self->pending.n = self->pending.at = 0;
    round_ask (self, walk_page, page_read);
    self->open += source->shape != SOURCE_SHAPES; /* those are several */
    switch (source->shape) {
    case SOURCE_SCORED:
        store_range (store, source->key, at->from, INT64_MAX / 2, at->passed, PAGE, on_members, self);
        break;
    case SOURCE_MEMBERS:
        store_range_lex (store, source->key, at->after, PAGE, on_members, self);
        break;
    case SOURCE_SHAPES:
        shapes_ask (self, source);
        break;
    case SOURCE_KEYS:
        store_scan (store, at->cursor, source->key, on_keys, self);
        break;
    }
    round_asked (self);
}
