/* depth.c - how many deliveries the outbox holds, for /metrics.
 *
 * Hears: nothing. Asks the store, each DEPTH_LOOK_MS, for the length of each shard's timers of deliveries: a command that
 * costs nothing, however many there are. Says: a gauge, once all shards have answered; every replica shows the same. */
#include "notification_private.h"

#include "keys.h"

enum { DEPTH_LOOK_MS = 5000 };

static void counted (void *arg, const store_values_t *values)
{
    notification_t *self = arg;
    depth_t *depth = &self->depth;
    depth->open--;
    depth->away |= values->away || values->wrong_type;
    depth->found += values->n ? values->items[0].score : 0;
    if (depth->open == 0 && !depth->away)
        metric_set ("outbox_depth", (double)depth->found);
    notification_release (self);
}

void depth_look (notification_t *self)
{
    depth_t *depth = &self->depth;
    store_t *store = self->service->store;
    mono_ms_t now = loop_now (self->service->loop);
    if (depth->open || now < depth->next_at || !store_ready (store))
        return;
    depth->next_at = now + DEPTH_LOOK_MS;
    depth->found = 0;
    depth->away = false;
    for (int i = 0; i < store_shards (store); i++) {
        char key[KEY_SIZE];
        depth->open++;
        notification_hold (self);
        store_count_lex (store, key_due (key, i, KIND_DELIVERY), "", counted, self);
    }
}
