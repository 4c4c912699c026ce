/* held.c - deliveries that could not go when they were due: said once each, and never silently endless.
 *
 * Says: the first time one is held, in its timeline; the age of the oldest that is, or is tried again, in /metrics.
 * Who waits is remembered until it is settled here otherwise. Who does not come back when it should has been sent, or
 * waits, by another replica. What waited before this one started is asked of the store, workspace by workspace, and
 * again each WAITS_LOOK_MS only until nothing of it is left. Where somebody holds a workspace's sending (hold.c) it has
 * no age: who does knows, and it has a metric of its own.
 * Limits: in memory, HELD_ROWS_MAX of them: further ones are remembered once there is room and they are held again. */
#include "notification_private.h"

#include "outbox_waiting.h"
#include "words.h"
#include "xmalloc.h"

/* Which one it is: two that share it would share their age, too. */
static uint64_t hash_of (const char *workspace, const char *id)
{
    return word_hash (word_hash (word_hash (WORD_HASH, workspace), "/"), id);
}

/* Where it stands, or where it would be added. */
static held_row_t **link_of (held_t *self, uint64_t hash)
{
    held_row_t **link = &self->slots[hash % HELD_SLOTS];
    while (*link && (*link)->hash != hash)
        link = &(*link)->next;
    return link;
}

static void drop (held_t *self, held_row_t **link)
{
    held_row_t *row = *link;
    *link = row->next;
    free (row);
    self->n--;
}

static mono_ms_t mono_of (const notification_t *self, wall_ms_t at)
{
    return loop_now (self->service->loop) + (at - store_now (self->service->store));
}

/* ---- who is held */

void held_note (attempt_t *attempt)
{
    delivery_t *delivery = &attempt->delivery;
    attempt->held = true;
    if (!delivery->held_since)
        delivery->held_since = delivery->due;
}

void attempt_hold (attempt_t *attempt)
{
    attempt->say = !attempt->delivery.held_since;
    held_note (attempt);
    settle (attempt, SETTLE_HELD);
}

static void keep (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    held_row_t **link = link_of (&self->held, hash_of (delivery->workspace, delivery->id));
    if (!*link && self->held.n >= HELD_ROWS_MAX)
        return;
    if (!*link) {
        *link = xcalloc (1, sizeof **link);
        (*link)->hash = hash_of (delivery->workspace, delivery->id);
        self->held.n++;
    }
    (*link)->shard = attempt->shard;
    (*link)->since = delivery->held_since;
    (*link)->back_at = mono_of (self, attempt->next_due);
}

void held_forget (notification_t *self, const delivery_t *delivery)
{
    if (!self->held.n)
        return;
    held_row_t **link = link_of (&self->held, hash_of (delivery->workspace, delivery->id));
    if (*link)
        drop (&self->held, link);
}

void held_over (attempt_t *attempt, bool written)
{
    if (attempt->held)
        keep (attempt);
    else if (written)
        held_forget (attempt->self, &attempt->delivery);
}

/* ---- when it comes back */

void held_due (notification_t *self, const char *workspace, const char *id, wall_ms_t at)
{
    if (!self->held.n)
        return;
    held_row_t *row = *link_of (&self->held, hash_of (workspace, id));
    if (row)
        row->back_at = mono_of (self, at);
}

/* While nothing is leased here nobody comes, and nothing follows from that. */
static bool leases (const notification_t *self)
{
    const store_t *store = self->service->store;
    return store_ready (store) && !store_still (store) && !self->draining && self->unsettled < self->unsettled_max;
}

void held_turn (notification_t *self)
{
    mono_ms_t now = loop_now (self->service->loop);
    if (!self->held.n || !leases (self))
        return;
    for (size_t i = 0; i < HELD_SLOTS; i++)
        for (held_row_t **link = &self->held.slots[i]; *link;)
            if (now - (*link)->back_at > HELD_COMING_MS + self->shards[(*link)->shard].late_ms)
                drop (&self->held, link);
            else
                link = &(*link)->next;
}

void held_close (notification_t *self)
{
    for (size_t i = 0; i < HELD_SLOTS; i++)
        while (self->held.slots[i])
            drop (&self->held, &self->held.slots[i]);
}

/* ---- what waited before this replica started */

static void on_waits (void *arg, const outbox_waiting_t *waiting)
{
    feed_t *feed = arg;
    feed->waits_asked = false;
    if (!notification_release (feed->self) || waiting->away)
        return;
    feed->waits_since = waiting->open_since;
    feed->waits_known = !waiting->open_since;
}

void held_look (feed_t *feed)
{
    mono_ms_t now = loop_now (feed->self->service->loop);
    if (feed->waits_known || feed->waits_asked || now < feed->waits_look)
        return;
    feed->waits_look = now + WAITS_LOOK_MS;
    feed->waits_asked = true;
    notification_hold (feed->self);
    outbox_waiting (feed->self->service->store, feed->workspace, on_waits, feed);
}

int64_t held_age_ms (const notification_t *self)
{
    wall_ms_t now = store_now (self->service->store), oldest = now;
    for (const feed_t *feed = self->feeds; feed; feed = feed->next)
        if (feed->waits_since && feed->waits_since < oldest)
            oldest = feed->waits_since;
    for (size_t i = 0; self->held.n && i < HELD_SLOTS; i++)
        for (const held_row_t *row = self->held.slots[i]; row; row = row->next)
            if (row->since < oldest)
                oldest = row->since;
    return now - oldest;
}
