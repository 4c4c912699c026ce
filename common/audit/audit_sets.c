/* audit_sets.c - the sets of a workspace, into memory: timers, queue, open, loads, dead letters.
 *
 * Hears: pages of sorted sets, walks over keys. Says: indexes by member, for the records to answer for.
 */
#include "audit_private.h"

#include "keys.h"
#include "xmalloc.h"

#include <stdio.h>

enum { SET_PAGE = 5000 };
static const char due_kinds[] = {KIND_CONTACT, KIND_PERSON, KIND_DELIVERY};

/* A sorted set with scores, page after page. `add` takes each member. */
typedef void (add_fn) (reader_t *self, index_t *index, const store_value_t *value);

/* Page after page by score, not by an offset from the start, which would have the store count them all again. Of equal
 * scores those that were read already are passed over. */
static bool read_scored (reader_t *self, const char *key, index_t *index, add_fn *add)
{
    int64_t from = INT64_MIN / 2, passed = 0;
    for (;;) {
        answer_t *page = answer_new (&self->asker);
        store_range (self->store, key, from, INT64_MAX / 2, passed, SET_PAGE, answer_take, page);
        bool going = audit_wait (self);
        size_t n = page->n;
        for (size_t i = 0; going && i < n; i++) {
            add (self, index, &page->items[i]);
            passed = page->items[i].score == from ? passed + 1 : 1;
            from = page->items[i].score;
        }
        if (self->asker.open == 0)
            answer_destroy (&page);
        if (!going || n < SET_PAGE)
            return going;
    }
}

/* A set of equal scores, by member. */
static bool read_members (reader_t *self, const char *key, index_t *index)
{
    char after[MEMBER_SIZE] = "";
    for (;;) {
        answer_t *page = answer_new (&self->asker);
        store_range_lex (self->store, key, after, SET_PAGE, answer_take, page);
        bool going = audit_wait (self);
        size_t n = page->n;
        for (size_t i = 0; going && i < n; i++) {
            audit_index_add (index, page->items[i].bytes, page->items[i].size, 0);
            snprintf (after, sizeof after, "%s", page->items[i].bytes);
        }
        if (self->asker.open == 0)
            answer_destroy (&page);
        if (!going || n < SET_PAGE)
            return going;
    }
}

static void add_plain (reader_t *self, index_t *index, const store_value_t *value)
{
    (void)self;
    audit_index_add (index, value->bytes, value->size, value->score);
}

/* due:K is of the whole shard: only what is of this workspace. */
static void add_due (reader_t *self, index_t *index, const store_value_t *value)
{
    char workspace[NAME_SIZE], name[AUDIT_SUBJECT_SIZE];
    if (member_split (value->bytes, value->size, workspace, name, sizeof name) ||
        strcmp (workspace, self->workspace) != 0)
        return;
    audit_index_add (index, name, strlen (name), value->score);
    self->counts->timers++;
}

/* "b:{s}:own:W:P:E" */
static bool split_own_key (const char *key, size_t size, char person[NAME_SIZE], uint32_t *epoch)
{
    size_t end = size, from;
    while (end > 0 && key[end - 1] != ':')
        end--;
    if (end == 0)
        return false;
    *epoch = (uint32_t)strtoul (key + end, NULL, 10);
    from = --end;
    while (from > 0 && key[from - 1] != ':')
        from--;
    if (end - from >= NAME_SIZE)
        return false;
    snprintf (person, NAME_SIZE, "%.*s", (int)(end - from), key + from);
    return true;
}

static void add_own (reader_t *self, const char *person, uint32_t epoch, const answer_t *members)
{
    for (size_t i = 0; i < members->n; i++) {
        const char *bytes = members->items[i].bytes, *slash = memchr (bytes, '/', members->items[i].size);
        size_t head = slash ? (size_t)(slash - bytes) : 0;
        size_t tail = slash ? head + 1 : 0;
        index_row_t *row = audit_index_add (&self->own, bytes + tail, members->items[i].size - tail, 0);
        row->channel = xcalloc (head + 1, 1);
        memcpy (row->channel, bytes, head);
        row->person = xstrdup (person);
        row->epoch = epoch;
    }
}

static bool read_own_set (reader_t *self, const store_value_t *key)
{
    char person[NAME_SIZE];
    uint32_t epoch;
    if (!split_own_key (key->bytes, key->size, person, &epoch))
        return true;
    answer_t *members = answer_new (&self->asker);
    store_range (self->store, key->bytes, INT64_MIN / 2, INT64_MAX / 2, 0, SET_PAGE, answer_take, members);
    bool going = audit_wait (self);
    if (going)
        add_own (self, person, epoch, members);
    if (self->asker.open == 0)
        answer_destroy (&members);
    return going;
}

bool audit_walk (reader_t *self, const char *pattern, keys_fn *fn)
{
    uint64_t cursor = 0;
    bool going = true;
    do {
        answer_t *page = answer_new (&self->asker);
        store_scan (self->store, cursor, pattern, answer_take, page);
        going = audit_wait (self);
        cursor = page->cursor;
        for (size_t at = 0; going && at < page->n; at += AUDIT_PAGE)
            going = fn (self, page->items + at, page->n - at < AUDIT_PAGE ? page->n - at : AUDIT_PAGE);
        if (self->asker.open == 0)
            answer_destroy (&page);
    } while (going && cursor);
    return going;
}

static bool read_own_sets (reader_t *self, const store_value_t *keys, size_t n)
{
    bool going = true;
    for (size_t i = 0; going && i < n; i++)
        going = read_own_set (self, &keys[i]);
    return going;
}

/* "b:{s}:own:W:*": the family's own key function wants an epoch, so the star stands for person and epoch. */
static bool walk_own (reader_t *self)
{
    char key[KEY_SIZE];
    key_own (key, self->shard, self->workspace, "*", 0);
    char *colon = strrchr (key, ':');
    if (colon)
        *colon = '\0';
    return audit_walk (self, key, read_own_sets);
}

bool audit_read_sets (reader_t *self)
{
    char key[KEY_SIZE];
    bool going = true;
    for (int i = 0; going && i < 3; i++)
        going = read_scored (self, key_due (key, self->shard, due_kinds[i]), &self->due[i], add_due);
    return going && read_scored (self, key_queue (key, self->shard, self->workspace), &self->queue, add_plain) &&
           read_members (self, key_open (key, self->shard, self->workspace), &self->open) &&
           read_scored (self, key_dead (key, self->shard, self->workspace), &self->dead, add_plain) && walk_own (self);
}
