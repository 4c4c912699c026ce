/* audit_shapes.c - keys of a workspace that no record answers for: are they what they should be?
 *
 * Hears: one short read of each. Says: those of another type, counts that are no numbers, cursors that no archive wrote. While
 * a type or a count is bad nothing of its workspace can be committed; behind a bad cursor nothing is deleted any more. */
#include "audit_private.h"

#include "ids.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

typedef struct shape {
    audit_round_t *round;
    char workspace[NAME_SIZE], key[KEY_SIZE];
    const char *(*judge) (const store_values_t *values); /* NULL: its type is all; else what is wrong, or NULL */
} shape_t;

enum { NUMBER_SIZE = 18, ARCHIVES_MAX = 256 };

/* As commit.lua looks at it: what it does not take as a number refuses every commit of the workspace. */
static bool is_number (const store_value_t *value)
{
    size_t at = value->size > 0 && value->bytes[0] == '-';
    if (value->size == at || value->size >= NUMBER_SIZE)
        return false;
    while (at < value->size && value->bytes[at] >= '0' && value->bytes[at] <= '9')
        at++;
    return at == value->size;
}

static const char *judge_counts (const store_values_t *values)
{
    for (size_t i = 1; i < values->n; i += 2)
        if (!is_number (&values->items[i]))
            return "a count is no number";
    return NULL;
}

static const char *judge_archives (const store_values_t *values)
{
    for (size_t i = 0; i < values->n; i++) {
        char name[NAME_SIZE];
        const store_value_t *value = &values->items[i];
        if (value->size >= sizeof name || value->score < 0)
            return "it holds what no archive wrote: 'buckstop archive list', 'archive remove'";
        memcpy (name, value->bytes, value->size);
        name[value->size] = '\0';
        if (!name_valid (name))
            return "it holds a name that no archive has: 'buckstop archive list', 'archive remove'";
    }
    return NULL;
}

static void on_shape (void *arg, const store_values_t *values)
{
    shape_t *self = arg;
    audit_round_t *round = self->round;
    const char *wrong = self->judge && !values->wrong_type ? self->judge (values) : NULL;
    if (values->wrong_type)
        walk_tell_key (round, AUDIT_WRONG_TYPE, self->key, self->workspace, "it is not what it should be");
    else if (wrong)
        walk_tell_key (round, AUDIT_UNREADABLE, self->key, self->workspace, wrong);
    free (self);
    round_answered (round, values);
}

static shape_t *shape_new (audit_round_t *round, const source_t *source)
{
    shape_t *self = xcalloc (1, sizeof *self);
    self->round = round;
    snprintf (self->workspace, sizeof self->workspace, "%s", source->workspace);
    round->open++;
    return self;
}

void shapes_ask (audit_round_t *self, const source_t *source)
{
    store_t *store = self->order.store;
    shape_t *shape = shape_new (self, source);
    shape->judge = judge_counts;
    store_hash (store, key_counts (shape->key, source->shard, source->workspace), on_shape, shape);
    shape = shape_new (self, source);
    store_events_last (store, key_events (shape->key, source->shard, source->workspace), on_shape, shape);
    shape = shape_new (self, source);
    store_range (store, key_match (shape->key, source->shard), 0, 0, 0, 1, on_shape, shape);
    shape = shape_new (self, source);
    store_range (store, key_idle (shape->key, source->shard, source->workspace), 0, 0, 0, 1, on_shape, shape);
    shape = shape_new (self, source);
    store_range (store, key_closed (shape->key, source->shard, source->workspace), 0, 0, 0, 1, on_shape, shape);
    shape = shape_new (self, source);
    shape->judge = judge_archives;
    store_range (store, key_archives (shape->key, source->shard, source->workspace), INT64_MIN, INT64_MAX, 0,
                 ARCHIVES_MAX, on_shape, shape);
    self->page_last = true;
}
