/* outbox_waiting.c - how much waits in the outbox that should have gone, since when, and why.
 *
 * Used by the operator's tools, the watch over all (escalation), the console, and notification when it starts. Page by
 * page over the shard's timers, what is due first in front.
 * Limits: WAITING_LOOKED_MAX rows; a shard's outbox holds all of its workspaces, and others' rows count as looked at. */
#include "outbox_waiting.h"

#include "delivery.h"
#include "keys.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

enum { PAGE = 64 };

typedef struct walk {
    store_t *store;
    int shard;
    char workspace[NAME_SIZE];
    int64_t offset;
    bool last; /* this page is */
    outbox_waiting_t found;
    outbox_waiting_fn *fn;
    void *arg;
} walk_t;

static void next_page (walk_t *self);

static void end (walk_t *self)
{
    self->fn (self->arg, &self->found);
    free (self);
}

static void go_on (walk_t *self)
{
    self->found.more = !self->last && self->offset >= WAITING_LOOKED_MAX;
    if (self->last || self->found.more)
        end (self);
    else
        next_page (self);
}

/* Since when it should have gone; 0: its time has not come. */
static wall_ms_t waits_since (const delivery_t *delivery, wall_ms_t now)
{
    if (delivery->dead)
        return 0;
    if (delivery->held_since)
        return delivery->held_since;
    if (delivery->attempts || delivery->unsaid || delivery->ended)
        return delivery->created_at;
    return delivery->due + WAITING_LATE_MS < now ? delivery->due : 0;
}

static void count (outbox_waiting_t *found, const delivery_t *delivery, wall_ms_t since)
{
    found->n++;
    if (!found->since || since < found->since) {
        found->since = since;
        WORD_COPY (found->why, delivery->last_error);
    }
    if (delivery->on_hold)
        return;
    found->open_n++;
    if (!found->open_since || since < found->open_since)
        found->open_since = since;
}

static void on_records (void *arg, const store_values_t *values)
{
    walk_t *self = arg;
    self->found.away = values->away;
    for (size_t i = 0; i < values->n; i++) {
        record_head_t head;
        delivery_t delivery = {0};
        const store_value_t *value = &values->items[i];
        if (!value->bytes || delivery_unpack (value->bytes, value->size, &head, &delivery) != RECORD_OK)
            continue;
        wall_ms_t since = waits_since (&delivery, store_now (self->store));
        if (since)
            count (&self->found, &delivery, since);
        delivery_clear (&delivery);
    }
    if (values->away)
        end (self);
    else
        go_on (self);
}

static void on_members (void *arg, const store_values_t *values)
{
    walk_t *self = arg;
    char keys[PAGE][KEY_SIZE];
    const char *list[PAGE];
    size_t n = 0;
    if (values->away || values->wrong_type) {
        self->found.away = values->away;
        self->found.wrong_type = values->wrong_type;
        end (self);
        return;
    }
    self->last = values->n < PAGE;
    self->offset += (int64_t)values->n;
    for (size_t i = 0; i < values->n && i < PAGE; i++) {
        char workspace[NAME_SIZE], id[DELIVERY_ID_SIZE];
        if (member_split (values->items[i].bytes, values->items[i].size, workspace, id, sizeof id) == 0 &&
            word_same (workspace, self->workspace))
            list[n] = key_delivery (keys[n], self->shard, workspace, id), n++;
    }
    if (n)
        store_get (self->store, list, n, on_records, self);
    else
        go_on (self);
}

static void next_page (walk_t *self)
{
    char key[KEY_SIZE];
    store_range (self->store, key_due (key, self->shard, KIND_DELIVERY), 0, INT64_MAX, self->offset, PAGE, on_members,
                 self);
}

void outbox_waiting (store_t *store, const char *workspace, outbox_waiting_fn *fn, void *arg)
{
    walk_t *self = xcalloc (1, sizeof *self);
    *self = (walk_t){.store = store, .shard = store_shard (store, workspace), .fn = fn, .arg = arg};
    WORD_COPY (self->workspace, workspace);
    next_page (self);
}
