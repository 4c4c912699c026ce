/* outbox.c - what is due to be sent: asked of the store, looked at once more, handed to its lane.
 *
 * Hears:  Outbox hints. Asks the store when the next delivery is due, and at least once a second anyway.
 * Says:   nothing itself; each leased row ends in settle.c.
 *
 * Rows of one lease load their contacts in one read. A row that can't be read is left to its lease (the script
 * sets it aside after STORE_ATTEMPTS_MAX tries); the others go on.
 * Limits: unsettled_max rows at once; while that many are under way nothing more is leased. */
#include "notification_private.h"

#include "guard.h"
#include "keys.h"
#include "lease_back.h"
#include "log.h"
#include "there.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

/* The rows of one lease, until their contacts are loaded. */
typedef struct batch {
    notification_t *self;
    int shard;
    wall_ms_t now;
    unsigned tries;
    size_t n;
    attempt_t *attempts[STORE_LEASE_MAX];
} batch_t;
enum { BATCH_TRIES_MAX = 8 };

static void load (batch_t *batch);

void attempt_destroy (attempt_t **self_p)
{
    attempt_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    notification_t *service = self->self;
    delivery_clear (&self->delivery);
    free (self);
    service->unsettled--;
    notification_unref (service);
}

/* ---- one row: is there a reason, is there a token ---- */

bool attempt_late (attempt_t *attempt)
{
    const notification_t *self = attempt->self;
    if (store_now (self->service->store) + self->params->attempt_ms <= attempt->lease_ends)
        return false;
    metric_add ("deliveries_forgotten", 1);
    attempt_destroy (&attempt);
    return true;
}

static void dispatch (attempt_t *attempt, const contact_t *contact, bool contact_known, wall_ms_t now)
{
    delivery_t *delivery = &attempt->delivery;
    if (delivery->ended) { /* never sent again */
        WORD_COPY (attempt->words, delivery->last_error);
        settle (attempt, delivery->ended == DELIVERY_ACCEPTED ? SETTLE_DONE : SETTLE_DEAD);
        return;
    }
    if (attempt->set_aside || delivery->dead) {
        snprintf (attempt->words, sizeof attempt->words, "%s",
                  delivery->dead ? delivery->last_error : "leased too often and never settled");
        settle (attempt, SETTLE_DEAD);
        return;
    }
    const char *moot = contact_known ? delivery_moot (delivery, contact, now) : NULL;
    if (moot) {
        WORD_COPY (attempt->words, moot);
        settle (attempt, SETTLE_MOOT);
        return;
    }
    if (!lanes_admit (attempt))
        return;
    if (throttle_admit (attempt, now))
        lanes_add (attempt);
}

/* Closed and gone; or its key holds something else: nothing is known then that could make the notice moot. */
typedef struct unread {
    attempt_t *attempt;
    wall_ms_t now;
} unread_t;

static void on_there (void *arg, there_t there)
{
    unread_t unread = *(unread_t *)arg;
    free (arg);
    notification_t *self = unread.attempt->self;
    if (!notification_release (self)) {
        attempt_destroy (&unread.attempt);
        return;
    }
    if (there == THERE_AWAY)
        attempt_destroy (&unread.attempt); /* its lease brings it back */
    else
        dispatch (unread.attempt, NULL, there == THERE_NOT, unread.now);
}

static void contact_not_read (attempt_t *attempt, wall_ms_t now)
{
    char key[KEY_SIZE];
    const delivery_t *delivery = &attempt->delivery;
    if (!*delivery->contact) {
        dispatch (attempt, NULL, true, now);
        return;
    }
    unread_t *unread = xmalloc (sizeof *unread);
    *unread = (unread_t){attempt, now};
    notification_hold (attempt->self);
    there_ask (attempt->self->service->store, key_contact (key, attempt->shard, delivery->workspace, delivery->contact),
               on_there, unread);
}

void row_known (attempt_t *attempt, const contact_t *contact, wall_ms_t now)
{
    WORD_COPY (attempt->channel, contact->channel);
    WORD_COPY (attempt->team, contact->team);
    WORD_COPY (attempt->subject, contact->subject);
    dispatch (attempt, contact, true, now);
}

static void row_loaded (attempt_t *attempt, const store_value_t *value, wall_ms_t now)
{
    contact_t contact;
    record_head_t head;
    if (!value->bytes) {
        contact_not_read (attempt, now);
        return;
    }
    record_fault_t fault = contact_unpack (value->bytes, value->size, &head, &contact);
    if (fault == RECORD_OK) {
        row_known (attempt, &contact, now);
        return;
    }
    log_fact (LOG_WARNING_, attempt->delivery.contact, "contact of a delivery can't be read", "delivery",
              attempt->delivery.id, NULL);
    dispatch (attempt, NULL, false, now);
}

/* ---- a batch: lease, load ---- */

static void batch_forget (batch_t *batch)
{
    for (size_t i = 0; i < batch->n; i++)
        attempt_destroy (&batch->attempts[i]);
    free (batch);
}

static void load_again (void *arg)
{
    batch_t *batch = arg;
    if (notification_release (batch->self))
        load (batch);
    else
        batch_forget (batch);
}

static void loaded (void *arg, const store_values_t *values)
{
    batch_t *batch = arg;
    notification_t *self = batch->self;
    if (!notification_release (self) || (values->away && ++batch->tries == BATCH_TRIES_MAX)) {
        batch_forget (batch);
        return;
    }
    if (values->away) {
        notification_hold (self);
        loop_at (self->service->loop, loop_now (self->service->loop) + OUTBOX_AWAY_MS, load_again, batch);
        return;
    }
    static const store_value_t absent = {0};
    if (values->n >= batch->n)
        bundle_rows (self, batch->shard, batch->now, batch->attempts, values->items, batch->n);
    for (size_t i = 0; i < batch->n; i++)
        if (batch->attempts[i])
            row_loaded (batch->attempts[i], i < values->n ? &values->items[i] : &absent, batch->now);
    free (batch);
    outbox_pump (self);
}

static void load (batch_t *batch)
{
    char keys[STORE_LEASE_MAX][KEY_SIZE];
    const char *list[STORE_LEASE_MAX];
    for (size_t i = 0; i < batch->n; i++) {
        const delivery_t *delivery = &batch->attempts[i]->delivery;
        list[i] = key_contact (keys[i], batch->shard, delivery->workspace, delivery->contact);
    }
    notification_hold (batch->self);
    store_get (batch->self->service->store, list, batch->n, loaded, batch);
}

/* Left to its lease, which sets it aside after STORE_ATTEMPTS_MAX tries: then the last resort is told. */
static void say_unreadable (notification_t *self, const store_row_t *row)
{
    char workspace[NAME_SIZE], id[DELIVERY_ID_SIZE];
    bool names = member_split (row->member, row->member_size, workspace, id, sizeof id) == 0;
    metric_add ("outbox_unreadable", 1);
    if (names && row->set_aside)
        aside_add (self->aside, &(aside_subject_t){KIND_DELIVERY, workspace, id, "a notice can't be read"});
    else
        log_fact (LOG_ERROR_, "", "delivery can't be read", "delivery", names ? id : "", NULL);
}

/* NULL: the row can't be read here. */
static attempt_t *attempt_new (notification_t *self, int shard, const store_row_t *row)
{
    if (!row->record) {
        if (row->set_aside) /* else it is gone */
            say_unreadable (self, row);
        return NULL;
    }
    attempt_t *attempt = xcalloc (1, sizeof *attempt);
    record_fault_t fault = delivery_unpack (row->record, row->record_size, &attempt->head, &attempt->delivery);
    if (fault != RECORD_OK || (size_t)attempt->delivery.way >= NOTIFICATION_WAYS) {
        if (fault != RECORD_NEWER)
            say_unreadable (self, row);
        if (fault == RECORD_OK)
            delivery_clear (&attempt->delivery);
        free (attempt);
        return NULL;
    }
    attempt->self = self;
    attempt->shard = shard;
    attempt->delivery.version = attempt->head.version;
    attempt->delivery.own_id |= row->attempts > 1; /* whoever had it first may have sent it */
    attempt->set_aside = row->attempts >= STORE_ATTEMPTS_GIVE_UP;
    attempt->say = true;
    self->unsettled++;
    return attempt;
}

static void batch_begin (notification_t *self, int shard, const store_leased_t *leased)
{
    batch_t *batch = xcalloc (1, sizeof *batch);
    *batch = (batch_t){.self = self, .shard = shard, .now = leased->now};
    for (size_t i = 0; i < leased->rows_n && i < STORE_LEASE_MAX; i++) {
        attempt_t *attempt = attempt_new (self, shard, &leased->rows[i]);
        if (!attempt)
            continue;
        attempt->lease_ends = leased->now + self->params->attempt_ms + LEASE_MARGIN_MS;
        batch->attempts[batch->n++] = attempt;
    }
    if (batch->n)
        load (batch);
    else
        free (batch);
}

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
        metric_observe ("outbox_lateness_ms", (double)late);
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
        batch_begin (self, ask.shard, leased);
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
    held_turn (self);
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
    if (number >= (uint32_t)store_shards (self->service->store))
        return;
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
