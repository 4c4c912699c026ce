/* rows.c - what a lease handed out: each row with its contact, looked at once more, handed to its lane.
 *
 * Told: the rows of one lease (outbox.c). Says: nothing itself; each row ends in settle.c.
 *
 * What waits and may go with one of them (guests.c) is read first. Rows of one lease load their contacts in one read. A row
 * that can't be read is left to its lease (the script sets it aside after STORE_ATTEMPTS_MAX tries); the others go on. */
#include "notification_private.h"

#include "keys.h"
#include "log.h"
#include "there.h"
#include "trace.h"
#include "words.h"
#include "xmalloc.h"

/* The rows of one lease, until their contacts are loaded. */
typedef struct batch {
    notification_t *self;
    int shard;
    wall_ms_t now;
    unsigned tries;
    size_t n, holds_n; /* rows; workspaces that they are of */
    attempt_t *attempts[STORE_LEASE_MAX];
    size_t guests_n;
    guest_t *guests; /* owned; NULL: nobody is asked */
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
    free (self->bundle);
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

void row_goes (attempt_t *attempt, const char *moot, wall_ms_t now)
{
    delivery_t *delivery = &attempt->delivery;
    forward_come (attempt);
    if (delivery->ended) {                                             /* never sent again */
        if (delivery->ended != DELIVERY_ACCEPTED || !delivery->unsaid) /* else it is the reason of what is owed */
            WORD_COPY (attempt->words, delivery->last_error);
        settle (attempt, delivery->ended == DELIVERY_ACCEPTED ? SETTLE_DONE : SETTLE_DEAD);
        return;
    }
    if (hold_drops (attempt))
        return;
    if (attempt->set_aside || delivery->dead) {
        snprintf (attempt->words, sizeof attempt->words, "%s",
                  delivery->dead ? delivery->last_error : "leased too often and never settled");
        settle (attempt, SETTLE_DEAD);
        return;
    }
    if (moot) {
        WORD_COPY (attempt->words, moot);
        settle (attempt, SETTLE_MOOT);
        return;
    }
    if (hold_stops (attempt, now))
        return;
    if (!lanes_admit (attempt))
        return;
    if (throttle_admit (attempt, now))
        lanes_add (attempt);
}

/* contact NULL: it is closed and gone. */
static void go_with (attempt_t *attempt, const contact_t *contact, wall_ms_t now)
{
    row_goes (attempt, delivery_moot (&attempt->delivery, contact, now), now);
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
    else if (there == THERE_NOT) {
        unread.attempt->no_timeline = true; /* retention has deleted it, and would not see it again */
        go_with (unread.attempt, NULL, unread.now);
    } else
        row_goes (unread.attempt, NULL, unread.now);
}

static void contact_not_read (attempt_t *attempt, wall_ms_t now)
{
    char key[KEY_SIZE];
    const delivery_t *delivery = &attempt->delivery;
    if (!*delivery->contact) {
        go_with (attempt, NULL, now);
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
    go_with (attempt, contact, now);
}

static void row_loaded (attempt_t *attempt, const store_value_t *value, wall_ms_t now)
{
    contact_t contact;
    record_head_t head;
    if (attempt->bundle) {
        bundle_look (attempt, now);
        return;
    }
    if (!value->bytes) {
        contact_not_read (attempt, now);
        return;
    }
    record_fault_t fault = contact_unpack (value->bytes, value->size, &head, &contact);
    if (fault == RECORD_OK) {
        row_known (attempt, &contact, now);
        return;
    }
    char trace[TRACE_ID_SIZE];
    log_fact (LOG_WARNING_, attempt->delivery.contact, "contact of a delivery can't be read", "delivery",
              attempt->delivery.id, "trace", trace_id_of (attempt->delivery.trace, attempt->delivery.contact, trace),
              NULL);
    row_goes (attempt, NULL, now);
}

/* ---- a batch: lease, load ---- */

static void batch_forget (batch_t *batch)
{
    for (size_t i = 0; i < batch->n; i++)
        attempt_destroy (&batch->attempts[i]);
    free (batch->guests);
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
    bool away =
        values->away || values->n < batch->n + batch->holds_n; /* nothing goes while it is not known to be free */
    if (!notification_release (self) || (away && ++batch->tries == BATCH_TRIES_MAX)) {
        batch_forget (batch);
        return;
    }
    if (away) {
        notification_hold (self);
        loop_at (self->service->loop, loop_now (self->service->loop) + OUTBOX_AWAY_MS, load_again, batch);
        return;
    }
    bool on_hold = hold_known (batch->attempts, batch->n, values->items + batch->n);
    if (!on_hold) /* each that waits for a word has its own name */
        bundle_rows (self, batch->shard, batch->now, batch->attempts, values->items, batch->n);
    for (size_t i = 0; i < batch->n; i++)
        if (batch->attempts[i] && batch->attempts[i]->guest)
            attempt_destroy (&batch->attempts[i]);
        else if (batch->attempts[i])
            row_loaded (batch->attempts[i], &values->items[i], batch->now);
    free (batch->guests);
    free (batch);
    outbox_pump (self);
}

static void load (batch_t *batch)
{
    char keys[2 * STORE_LEASE_MAX][KEY_SIZE];
    const char *list[2 * STORE_LEASE_MAX];
    for (size_t i = 0; i < batch->n; i++) {
        const delivery_t *delivery = &batch->attempts[i]->delivery;
        key_contact (keys[i], batch->shard, delivery->workspace, delivery->contact);
    }
    batch->holds_n = hold_keys (batch->attempts, batch->n, batch->shard, keys + batch->n);
    for (size_t i = 0; i < batch->n + batch->holds_n; i++)
        list[i] = keys[i];
    notification_hold (batch->self);
    store_get (batch->self->service->store, list, batch->n + batch->holds_n, loaded, batch);
}

/* ---- who may go with them */

static void invited (void *arg, const store_values_t *values)
{
    batch_t *batch = arg;
    notification_t *self = batch->self;
    if (!notification_release (self)) {
        batch_forget (batch);
        return;
    }
    for (size_t i = 0; !values->away && i < batch->guests_n && i < values->n; i++) {
        attempt_t *guest = guest_attempt (self, batch->shard, &batch->guests[i], &values->items[i]);
        if (guest)
            batch->attempts[batch->n++] = guest;
    }
    load (batch);
}

static void invite (batch_t *batch)
{
    char keys[STORE_LEASE_MAX][KEY_SIZE];
    const char *list[STORE_LEASE_MAX];
    if (batch->self->guests.n) {
        batch->guests = xcalloc (STORE_LEASE_MAX, sizeof *batch->guests);
        batch->guests_n =
            guests_of (batch->self, batch->attempts, batch->n, batch->now, batch->guests, STORE_LEASE_MAX - batch->n);
    }
    if (!batch->guests_n) {
        load (batch);
        return;
    }
    for (size_t i = 0; i < batch->guests_n; i++)
        list[i] = key_delivery (keys[i], batch->shard, batch->guests[i].workspace, batch->guests[i].id);
    notification_hold (batch->self);
    store_get (batch->self->service->store, list, batch->guests_n, invited, batch);
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
    if (attempt->delivery.lines_n)
        attempt->bundle = xcalloc (1, sizeof *attempt->bundle);
    self->unsettled++;
    return attempt;
}

void rows_begin (notification_t *self, int shard, const store_leased_t *leased)
{
    batch_t *batch = xcalloc (1, sizeof *batch);
    *batch = (batch_t){.self = self, .shard = shard, .now = leased->now};
    for (size_t i = 0; i < leased->rows_n && i < STORE_LEASE_MAX; i++) {
        attempt_t *attempt = attempt_new (self, shard, &leased->rows[i]);
        if (!attempt)
            continue;
        attempt->lease_ends = leased->now + self->params->attempt_ms + LEASE_MARGIN_MS;
        held_due (self, attempt->delivery.workspace, attempt->delivery.id, attempt->lease_ends);
        guests_gone (attempt);
        batch->attempts[batch->n++] = attempt;
    }
    if (batch->n)
        invite (batch);
    else
        free (batch);
}
