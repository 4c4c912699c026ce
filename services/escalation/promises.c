/* promises.c - the counters of promises, as the commits counted them, summed over the workspaces each PROMISES_MS; and law 2
 * over the whole store.
 *
 * Hears: the counts of one workspace after the other. Says: counters; and, where nothing was promised or ended since before
 * the last walk over the open contacts began (orphans.c), how far the counters are from the pending promises that this walk
 * found: 0. A counter only rises, so two looks that found the same sums bracket a time in which nothing happened.
 *
 * Limits: while promises are made and end without a pause nothing is compared; the audit judges each record anyway. */
#include "escalation_private.h"

#include "xmalloc.h"

#include <stdlib.h>
#include <string.h>

typedef struct counting {
    escalation_t *self;
    size_t workspace;
} counting_t;

/* sums: of this look, so far. */
static void add (promise_sums_t *sums, const store_value_t *name, const store_value_t *value)
{
    const struct {
        const char *field;
        int64_t *sum;
    } rows[] = {
        {"opened", &sums->opened}, {"kept", &sums->kept}, {"broken", &sums->broken}, {"released", &sums->released}};
    char number[24];
    snprintf (number, sizeof number, "%.*s", (int)value->size, value->bytes);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen (rows[i].field) == name->size && memcmp (rows[i].field, name->bytes, name->size) == 0)
            *rows[i].sum += strtoll (number, NULL, 10);
}

/* The walk lay wholly between two looks that found the same. */
static void compare (const promises_t *promises, const orphans_t *walk)
{
    bool quiet = walk->last_ended && !walk->last.partial && promises->same_since <= walk->last_began &&
                 walk->last_ended <= promises->began;
    if (quiet)
        metric_set ("promises_unaccounted",
                    (double)(promise_sums_pending (&promises->sums) - (int64_t)walk->last.pending));
}

static void look_done (escalation_t *self)
{
    promises_t *promises = &self->promises;
    if (promises->away)
        return;
    if (!promises->known || !promise_sums_equal (&promises->sums, &promises->found)) {
        promises->sums = promises->found;
        promises->same_since = loop_now (self->service->loop);
        promises->known = true;
    }
    metric_raise ("promises_opened", promises->sums.opened);
    metric_raise ("promises_kept", promises->sums.kept);
    metric_raise ("promises_broken", promises->sums.broken);
    metric_raise ("promises_released", promises->sums.released);
    compare (promises, &self->orphans);
}

static void look_at (escalation_t *self, size_t index);

static void on_counts (void *arg, const store_values_t *values)
{
    counting_t counting = *(counting_t *)arg;
    escalation_t *self = counting.self;
    free (arg);
    self->looking--;
    self->promises.away |= values->away || values->wrong_type;
    for (size_t i = 0; i + 1 < values->n; i += 2)
        add (&self->promises.found, &values->items[i], &values->items[i + 1]);
    if (!self->draining)
        look_at (self, counting.workspace + 1);
}

static void look_at (escalation_t *self, size_t index)
{
    char key[KEY_SIZE];
    const char *workspace = workspaces_name (self->service->workspaces, index);
    if (!workspace) {
        self->promises.open = false;
        look_done (self);
        return;
    }
    counting_t *counting = xcalloc (1, sizeof (*counting));
    *counting = (counting_t){self, index};
    self->looking++;
    key_counts (key, store_shard (self->service->store, workspace), workspace);
    store_hash (self->service->store, key, on_counts, counting);
}

void promises_look (escalation_t *self)
{
    promises_t *promises = &self->promises;
    if (promises->open || !workspaces_name (self->service->workspaces, 0))
        return;
    promises->open = true;
    promises->away = false;
    promises->began = loop_now (self->service->loop);
    promises->found = (promise_sums_t){0};
    look_at (self, 0);
}
