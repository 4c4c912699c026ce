/* outbox.c - when the store is asked for what is due to be sent, and how much at once.
 *
 * Hears:  Outbox hints. Asks the store when the next delivery is due, and at least once a second anyway.
 * Says:   nothing itself; what a lease hands out goes to rows.c.
 * Limits: unsettled_max rows at once; while that many are under way nothing more is leased. */
#include "notification_private.h"

#include "guard.h"
#include "keys.h"
#include "lease_back.h"
#include "log.h"
#include "wire.h"
#include "xmalloc.h"

/* ---- the lease ---- */

typedef struct ask {
    notification_t *self;
    int shard;
} ask_t;

/* Takes in when to ask again, and how wide. */
static void answered (notification_t *self, outbox_shard_t *shard, const store_leased_t *leased)
{
    wall_ms_t next = leased->away ? store_now (self->service->store) + OUTBOX_AWAY_MS : leased->next_due;
    shard->next = next < shard->hint ? next : shard->hint;
    shard->full = shard->full && leased->rows_n == STORE_LEASE_MAX;
    for (size_t i = 0; i < leased->rows_n; i++) {
        int64_t late = leased->now - leased->rows[i].due;
        metric_observe ("outbox_lateness_seconds", (double)late);
        if (late > shard->late_ms)
            shard->late_ms = late;
    }
    if (--shard->leases)
        return;
    shard->hint = TIME_NEVER;
    shard->width = !shard->full ? 1 : shard->width < LEASES_MAX ? 2 * shard->width : LEASES_MAX;
}

/* Nothing of its shard can be sent until it is mended; the last resorts of its workspaces are told, by the event. */
static void say_due_broken (notification_t *self, int shard)
{
    char key[KEY_SIZE];
    const char *workspace;
    workspaces_t *workspaces = self->service->workspaces;
    key_due (key, shard, KIND_DELIVERY);
    for (size_t i = 0; (workspace = workspaces_name (workspaces, i)); i++)
        if (store_shard (self->service->store, workspace) == shard)
            aside_add (self->aside,
                       &(aside_subject_t){KIND_SHARED, workspace, key, "the outbox of a shard can't be read"});
}

static void leased (void *arg, const store_leased_t *leased)
{
    ask_t ask = *(ask_t *)arg;
    free (arg);
    notification_t *self = ask.self;
    if (!notification_release (self))
        return;
    if (leased->broken)
        say_due_broken (self, ask.shard);
    answered (self, &self->shards[ask.shard], leased);
    if (store_still (self->service->store)) { /* it was this answer that told of the jump */
        lease_back_all (self->service->store, ask.shard, KIND_DELIVERY, leased);
        outbox_pump (self);
        return;
    }
    if (leased->rows_n) {
        kill_point ("notification.leased");
        rows_begin (self, ask.shard, leased);
    }
    outbox_pump (self);
}

static void lease_one (notification_t *self, int shard, int rows)
{
    ask_t *ask = xmalloc (sizeof *ask);
    *ask = (ask_t){self, shard};
    int lease_ms = (int)self->params->attempt_ms + LEASE_MARGIN_MS;
    self->shards[shard].leases++;
    notification_hold (self);
    store_lease (self->service->store, shard, KIND_DELIVERY, rows, GUARD ("f36") ? lease_ms : LEASE_UNGUARDED_MS,
                 leased, ask);
}

/* A round: as many leases as came back full before, and as there is room for what they bring. */
static void lease (notification_t *self, int number)
{
    outbox_shard_t *shard = &self->shards[number];
    int room = (int)self->unsettled_max - (int)self->unsettled;
    shard->full = true;
    shard->late_ms = 0;
    for (unsigned i = 0; i < shard->width && room > 0; i++, room -= STORE_LEASE_MAX)
        lease_one (self, number, room < STORE_LEASE_MAX ? room : STORE_LEASE_MAX);
}

/* ---- when to ask ---- */

static void on_wake (void *arg)
{
    notification_t *self = arg;
    self->wake = NULL;
    outbox_pump (self);
}

static void arm (notification_t *self, wall_ms_t now)
{
    wall_ms_t next = now + OUTBOX_POLL_MS;
    for (int i = 0; i < store_shards (self->service->store); i++)
        if (!self->shards[i].leases && self->shards[i].next < next)
            next = self->shards[i].next;
    loop_cancel (self->service->loop, &self->wake);
    int64_t wait = next > now ? next - now : 1;
    self->wake = loop_at (self->service->loop, loop_now (self->service->loop) + wait, on_wake, self);
}

/* Leases every shard that has something due; arms the timer for the next. */
void outbox_pump (void *arg)
{
    notification_t *self = arg;
    store_t *store = self->service->store;
    if (self->stopped || self->draining || !store_ready (store))
        return;
    wall_ms_t now = store_now (store);
    if (store_still (store)) {
        arm (self, now); /* the clock jumped: nothing is leased for a moment */
        return;
    }
    for (int i = 0; i < store_shards (store); i++)
        if (!self->shards[i].leases && self->shards[i].next <= now && self->unsettled < self->unsettled_max)
            lease (self, i);
    if (self->unsettled < self->unsettled_max)
        arm (self, now);
}

static void on_poll (void *arg)
{
    notification_t *self = arg;
    for (int i = 0; i < SHARDS_MAX; i++)
        self->shards[i].next = 0;
    self->poll = loop_at (self->service->loop, loop_now (self->service->loop) + OUTBOX_POLL_MS, on_poll, self);
    lanes_sweep (self);
    settle_lines_sweep (self);
    forward_turn (self);
    held_turn (self);
    guests_turn (self);
    depth_look (self);
    stream_look (self);
    outbox_pump (self);
}

void outbox_hint (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    static const envelope_kind_t allowed[] = {BUCKSTOP__V1__ENVELOPE__BODY_OUTBOX, 0};
    notification_t *self = arg;
    (void)peer;
    envelope_t *envelope;
    char why[DETAIL_SIZE];
    if (wire_unpack (bytes, size, allowed, &envelope, why) != WIRE_OK) {
        log_fact (LOG_WARNING_, "", "bad message", "link", "outbox", "why", why, NULL);
        metric_add ("bad_messages", 1);
        return;
    }
    uint32_t number = envelope->outbox->shard;
    wall_ms_t at = envelope->outbox->at;
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
    if (number < (uint32_t)store_shards (self->service->store))
        outbox_due (self, (int)number, at);
}

void outbox_due (notification_t *self, int number, wall_ms_t at)
{
    outbox_shard_t *shard = &self->shards[number];
    wall_ms_t *slot = shard->leases ? &shard->hint : &shard->next;
    if (at >= *slot)
        return;
    *slot = at;
    if (!shard->leases)
        outbox_pump (self);
}

void outbox_open (notification_t *self)
{
    for (int i = 0; i < SHARDS_MAX; i++)
        self->shards[i] = (outbox_shard_t){.next = 0, .hint = TIME_NEVER, .width = 1};
    self->poll = loop_at (self->service->loop, loop_now (self->service->loop), on_poll, self);
}
