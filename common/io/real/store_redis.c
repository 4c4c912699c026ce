/* store_redis.c - one connection to Redis: hiredis on the loop.
 *
 * Hears: its descriptor. Says: up, down, replies. How it comes to be is store_connect.c. What is written in a turn goes
 * out at the end of that turn in one write(2); write interest is asked for only while the socket is full, since changing
 * it costs a system call. With TLS hiredis writes and reads through OpenSSL, and the loop sees no difference. */
#include "store_conn.h"

#include <sys/epoll.h>

/* A command under way: hiredis keeps one pointer. */
typedef struct sent {
    conn_t *conn;
    conn_reply_fn *fn;
    void *arg;
} sent_t;

void conn_take_error (conn_t *self, const char *words)
{
    snprintf (self->error, sizeof self->error, "%.240s", words && *words ? words : "connection closed");
}

/* ---- what hiredis asks of a loop */

static void on_want_write (void *arg)
{
    ((conn_t *)arg)->want_write = true;
}

static void on_want_no_write (void *arg)
{
    ((conn_t *)arg)->want_write = false;
}

static void on_read_interest (void *arg)
{
    (void)arg; /* always there */
}

static void on_cleanup (void *arg)
{
    conn_t *self = arg;
    loop_unwatch (self->loop, &self->watch);
}

static void write_now (conn_t *self)
{
    redisAsyncHandleWrite (self->redis);
    if (!self->redis || !self->watch || self->want_write == self->watching_write)
        return;
    self->watching_write = self->want_write;
    loop_watch_change (self->loop, self->watch, EPOLLIN | (self->want_write ? EPOLLOUT : 0u));
}

static void on_io (void *arg, uint32_t events)
{
    conn_t *self = arg;
    if (events & ~(uint32_t)EPOLLOUT)
        redisAsyncHandleRead (self->redis);
    if (self->redis && events & EPOLLOUT)
        write_now (self);
}

static void on_turn (void *arg)
{
    conn_t *self = arg;
    if (self->redis && self->connected && self->want_write && !self->watching_write)
        write_now (self);
}

/* ---- up and down */

void conn_gone (conn_t *self)
{
    self->redis = NULL;
    self->ssl = NULL;
    self->connected = self->up = self->want_write = self->watching_write = false;
    if (!self->closing)
        conn_failed (self);
}

static void on_disconnect (const redisAsyncContext *redis, int status)
{
    conn_t *self = redis->data;
    char why[DETAIL_SIZE];
    if (status != REDIS_OK)
        conn_take_error (self, store_tls_why (self->ssl, why) ? why : redis->errstr);
    conn_gone (self);
}

/* A context that is to connect. */
void conn_attach (conn_t *self, redisAsyncContext *redis)
{
    self->redis = redis;
    self->watching_write = true; /* connected is when it can be written to */
    redis->data = self;
    redis->ev.data = self;
    redis->ev.addRead = redis->ev.delRead = on_read_interest;
    redis->ev.addWrite = on_want_write;
    redis->ev.delWrite = on_want_no_write;
    redis->ev.cleanup = on_cleanup;
    redisAsyncSetConnectCallback (redis, conn_connected);
    redisAsyncSetDisconnectCallback (redis, on_disconnect);
    self->watch = loop_watch (self->loop, redis->c.fd, EPOLLIN | EPOLLOUT, on_io, self);
}

/* ---- its life */

conn_t *conn_new (loop_t *loop, const conn_target_t *target, conn_fn *up, conn_fn *down, void *arg)
{
    conn_t *self = xcalloc (1, sizeof *self);
    *self = (conn_t){.loop = loop, .target = target, .up_fn = up, .down_fn = down, .arg = arg};
    self->backoff_ms = CONN_BACKOFF_FIRST_MS;
    loop_each_turn (loop, on_turn, self);
    self->timer = loop_at (loop, loop_now (loop), conn_begin, self);
    return self;
}

void conn_destroy (conn_t **self_p)
{
    conn_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->closing = true;
    self->up = false;
    if (self->redis)
        redisAsyncFree (self->redis);
    loop_cancel (self->loop, &self->timer);
    resolve_destroy (&self->resolve);
    loop_each_turn_remove (self->loop, on_turn, self);
    free (self);
}

bool conn_is_up (const conn_t *self)
{
    return self->up;
}

const char *conn_error (const conn_t *self)
{
    return self->error;
}

const store_place_t *conn_place (const conn_t *self)
{
    return self->placed ? &self->place : NULL;
}

bool conn_was_taken (const conn_t *self)
{
    return self->taken;
}

bool conn_has_answered (const conn_t *self)
{
    return self->answered;
}

void conn_drop (conn_t *self)
{
    redisAsyncContext *redis = self->redis;
    if (!redis)
        return;
    bool connected = redis->c.flags & REDIS_CONNECTED;
    self->connected = self->up = false; /* also while the end is put off until a callback of hiredis returns */
    redisAsyncFree (redis);
    if (!connected) /* then nobody is told */
        conn_gone (self);
}

void conn_refuse (conn_t *self, const char *why)
{
    conn_take_error (self, why);
    conn_drop (self);
}

void conn_settled (conn_t *self)
{
    self->attempts = self->attempts ? self->attempts - 1 : 0; /* this address works: the next attempt begins with it */
    self->backoff_ms = CONN_BACKOFF_FIRST_MS;
}

/* ---- commands */

static void on_reply (redisAsyncContext *redis, void *reply, void *arg)
{
    sent_t *sent = arg;
    (void)redis;
    if (reply)
        sent->conn->answered = true;
    sent->fn (sent->arg, reply);
    free (sent);
}

void conn_send (conn_t *self, const resp_t *command, conn_reply_fn *fn, void *arg)
{
    sent_t *sent = xmalloc (sizeof *sent);
    *sent = (sent_t){self, fn, arg};
    if (!self->redis ||
        redisAsyncFormattedCommand (self->redis, on_reply, sent, command->bytes, command->size) != REDIS_OK) {
        free (sent); /* it is being closed: the same as lost */
        fn (arg, NULL);
    }
}
