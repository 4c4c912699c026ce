/* audit_shapes.c - keys of a workspace that no record answers for: are they what they should be?
 *
 * Hears: one short read of each. Says: those of another type, and counts that are no numbers. While one of them is bad
 * nothing of its workspace can be committed. */
#include "audit_private.h"

#include "xmalloc.h"

#include <stdio.h>

typedef struct shape {
    audit_round_t *round;
    char workspace[NAME_SIZE], key[KEY_SIZE];
    bool counts;
} shape_t;

enum { NUMBER_SIZE = 18 };

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

static void on_shape (void *arg, const store_values_t *values)
{
    shape_t *self = arg;
    audit_round_t *round = self->round;
    bool numbers = true;
    for (size_t i = 1; self->counts && i < values->n; i += 2)
        numbers = numbers && is_number (&values->items[i]);
    if (values->wrong_type)
        walk_tell_key (round, AUDIT_WRONG_TYPE, self->key, self->workspace, "it is not what it should be");
    else if (!numbers)
        walk_tell_key (round, AUDIT_UNREADABLE, self->key, self->workspace, "a count is no number");
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
    shape->counts = true;
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
    store_range (store, key_archives (shape->key, source->shard, source->workspace), 0, 0, 0, 1, on_shape, shape);
    self->page_last = true;
}
