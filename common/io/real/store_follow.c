/* store_follow.c - follows a stream: XREAD BLOCK on a connection of its own, from the last number seen.
 *
 * After a lost connection it goes on from there, so nothing is left out or told twice. With durability `replica` what
 * was read is told once a replica has it, too. A connection on which a
 * blocking read has no answer long after its time is dropped. */
#include "store_private.h"

#include <inttypes.h>

enum { BLOCK_MS = 2000, SILENT_MS = 5000, COUNT = 256, ENTRY_ROOM = 48 };

struct store_follow {
    store_t *store;
    store_follow_t *next, **link; /* in the store's list */
    conn_t *conn;
    char *key;
    char from[ENTRY_ROOM]; /* the last entry seen: "0-" and its number; what others put there has other ids */
    loop_timer_t *timer;   /* the end of patience, or of itself */
    redisReply *held;      /* read, and told once a replica has it */
    bool closing, telling;
    store_values_fn *fn;
    void *arg;
};

static void ask (store_follow_t *self);

static void on_silence (void *arg)
{
    store_follow_t *self = arg;
    self->timer = NULL;
    conn_drop (self->conn);
}

static void tell (store_follow_t *self, const redisReply *entries)
{
    store_value_t items[COUNT];
    store_values_t values = {.items = items};
    for (size_t i = 0; i < entries->elements && values.n < COUNT; i++)
        items[values.n++] = store_entry_of (entries->element[i]);
    if (!values.n)
        return;
    const redisReply *last = entries->element[values.n - 1];
    if (last->type == REDIS_REPLY_ARRAY && last->elements && last->element[0]->str)
        snprintf (self->from, sizeof self->from, "%s", last->element[0]->str);
    self->telling = true;
    self->fn (self->arg, &values);
    self->telling = false;
}

static void forget_held (store_follow_t *self)
{
    if (self->held)
        reply_free (self->held);
    self->held = NULL;
}

static void ask_replicas (store_follow_t *self);

static void on_wait (void *arg, redisReply *reply)
{
    store_follow_t *self = arg;
    if (self->closing)
        return;
    if (!reply || reply->type == REDIS_REPLY_ERROR) { /* lost, or a primary no more: it is read again */
        forget_held (self);
        if (reply)
            conn_refuse (self->conn, reply->str);
        return;
    }
    loop_cancel (self->store->loop, &self->timer);
    if (!wave_is_there (reply)) {
        ask_replicas (self);
        return;
    }
    tell (self, self->held);
    if (self->closing)
        return;
    forget_held (self);
    if (conn_is_up (self->conn))
        ask (self);
}

static void ask_replicas (store_follow_t *self)
{
    self->timer = loop_at (self->store->loop, loop_now (self->store->loop) + SILENT_MS, on_silence, self);
    wave_ask (self->conn, on_wait, self);
}

static void on_again (void *arg)
{
    store_follow_t *self = arg;
    self->timer = NULL;
    if (conn_is_up (self->conn))
        ask (self);
}

/* XREAD: nil after the time, or [[key, [entries]]] */
static void on_reply (void *arg, redisReply *reply)
{
    store_follow_t *self = arg;
    if (!reply || self->closing)
        return;
    loop_cancel (self->store->loop, &self->timer);
    if (reply->type == REDIS_REPLY_ERROR) { /* loading, or a key of another type: later */
        self->timer =
            loop_at (self->store->loop, loop_now (self->store->loop) + CONN_BACKOFF_MAX_MS / 4, on_again, self);
        return;
    }
    conn_settled (self->conn);
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 && reply->element[0]->elements == 2) {
        const redisReply *entries = reply->element[0]->element[1];
        if (self->store->config.durability == DURABLE_REPLICA) {
            self->held = reply_copy (entries);
            ask_replicas (self);
            return;
        }
        tell (self, entries);
    }
    if (!self->closing && conn_is_up (self->conn))
        ask (self);
}

static void ask (store_follow_t *self)
{
    resp_t command = {0};
    resp_begin (&command, 8);
    resp_text (&command, "XREAD");
    resp_text (&command, "COUNT");
    resp_number (&command, COUNT);
    resp_text (&command, "BLOCK");
    resp_number (&command, BLOCK_MS);
    resp_text (&command, "STREAMS");
    resp_text (&command, self->key);
    resp_text (&command, self->from);
    self->timer = loop_at (self->store->loop, loop_now (self->store->loop) + SILENT_MS, on_silence, self);
    conn_send (self->conn, &command, on_reply, self);
    resp_clear (&command);
}

static void on_up (void *arg)
{
    ask (arg);
}

static void on_down (void *arg)
{
    store_follow_t *self = arg;
    loop_cancel (self->store->loop, &self->timer);
}

store_follow_t *store_follow (store_t *store, const char *key, uint64_t after, store_values_fn *fn, void *arg)
{
    store_follow_t *self = xcalloc (1, sizeof *self);
    *self = (store_follow_t){.store = store, .key = xstrdup (key), .fn = fn, .arg = arg};
    snprintf (self->from, sizeof self->from, "0-%" PRIu64, after);
    self->next = store->follows;
    self->link = &store->follows;
    if (self->next)
        self->next->link = &self->next;
    store->follows = self;
    self->conn = conn_new (store->loop, &store->target, on_up, on_down, self);
    conn_beside (self->conn, store->conn);
    return self;
}

static void end (void *arg)
{
    store_follow_t *self = arg;
    *self->link = self->next;
    if (self->next)
        self->next->link = self->link;
    self->timer = NULL;
    conn_destroy (&self->conn);
    forget_held (self);
    free (self->key);
    free (self);
}

/* From its own callback it can't go at once: the connection is still in use. */
void store_unfollow (store_follow_t **self_p)
{
    store_follow_t *self = *self_p;
    *self_p = NULL;
    if (!self || self->closing)
        return;
    self->closing = true;
    loop_cancel (self->store->loop, &self->timer);
    if (self->telling)
        self->timer = loop_at (self->store->loop, loop_now (self->store->loop), end, self);
    else
        end (self);
}

void follows_drop (store_t *store)
{
    for (store_follow_t *self = store->follows; self; self = self->next)
        conn_drop (self->conn);
}

void follows_follow (store_t *store)
{
    for (store_follow_t *self = store->follows; self; self = self->next)
        conn_follow (self->conn);
}

void follows_hurry (store_t *store)
{
    for (store_follow_t *self = store->follows; self; self = self->next)
        conn_hurry (self->conn);
}

void follows_close (store_t *store)
{
    while (store->follows) {
        store_follow_t *self = store->follows;
        self->closing = true; // NOLINT(clang-analyzer-unix.Malloc): end took the one before it off the list
        loop_cancel (store->loop, &self->timer);
        end (self);
    }
}
