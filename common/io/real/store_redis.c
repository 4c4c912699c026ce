/* store_redis.c - one connection to Redis: hiredis on the loop.
 *
 * Hears: its descriptor. Says: up, down, replies. It connects by itself and again with back-off, and sends AUTH
 * first. What is written in a turn goes out at the end of that turn in one write(2); write interest is asked for
 * only while the socket is full, since changing it costs a system call.
 *
 * Limits: no TLS; a connection attempt that hangs is given up after CONNECT_MS. */
#include "store_private.h"

#include <sys/epoll.h>

enum { CONNECT_MS = 1000, HOST_SIZE = 256 };

struct conn {
    loop_t *loop;
    const store_config_t *config;
    conn_fn *up_fn, *down_fn;
    void *arg;
    redisAsyncContext *redis; /* NULL: not connected */
    loop_watch_t *watch;
    loop_timer_t *timer; /* the attempt's end, or the next attempt */
    resolve_t *resolve;
    bool up, want_write, watching_write, closing;
    int backoff_ms;
    char error[WHY_SIZE];
};

/* A command under way: hiredis keeps one pointer. */
typedef struct sent {
    conn_t *conn;
    conn_reply_fn *fn;
    void *arg;
} sent_t;

static void failed (conn_t *self);

static void take_error (conn_t *self, const char *words)
{
    snprintf (self->error, sizeof self->error, "%s", words && *words ? words : "connection closed");
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
    if (self->redis && self->up && self->want_write && !self->watching_write)
        write_now (self);
}

/* ---- up and down */

static void gone (conn_t *self)
{
    self->redis = NULL;
    self->up = self->want_write = self->watching_write = false;
    if (!self->closing)
        failed (self);
}

static void on_disconnect (const redisAsyncContext *redis, int status)
{
    conn_t *self = redis->data;
    if (status != REDIS_OK)
        take_error (self, redis->errstr);
    gone (self);
}

static void on_auth (void *arg, redisReply *reply)
{
    conn_t *self = arg;
    if (!reply || reply->type != REDIS_REPLY_ERROR)
        return;
    take_error (self, reply->str);
    conn_drop (self);
}

static void send_auth (conn_t *self)
{
    const store_config_t *config = self->config;
    resp_t command = {0};
    if (!config->password || !*config->password)
        return;
    bool user = config->user && *config->user;
    resp_begin (&command, user ? 3 : 2);
    resp_text (&command, "AUTH");
    if (user)
        resp_text (&command, config->user);
    resp_text (&command, config->password);
    conn_send (self, &command, on_auth, self);
    resp_clear (&command);
}

static void on_connect (const redisAsyncContext *redis, int status)
{
    conn_t *self = redis->data;
    loop_cancel (self->loop, &self->timer);
    if (status != REDIS_OK) { /* hiredis frees it, without a call to on_disconnect */
        take_error (self, redis->errstr);
        gone (self);
        return;
    }
    self->up = true;
    send_auth (self);
    self->up_fn (self->arg);
}

static void on_connect_late (void *arg)
{
    conn_t *self = arg;
    self->timer = NULL;
    take_error (self, "no answer to connect");
    conn_drop (self);
}

static void attach (conn_t *self, redisAsyncContext *redis)
{
    if (!redis || redis->err) {
        take_error (self, redis ? redis->errstr : "out of memory");
        if (redis)
            redisAsyncFree (redis);
        failed (self);
        return;
    }
    self->redis = redis;
    self->watching_write = true; /* connected is when it can be written to */
    redis->data = self;
    redis->ev.data = self;
    redis->ev.addRead = redis->ev.delRead = on_read_interest;
    redis->ev.addWrite = on_want_write;
    redis->ev.delWrite = on_want_no_write;
    redis->ev.cleanup = on_cleanup;
    redisAsyncSetConnectCallback (redis, on_connect);
    redisAsyncSetDisconnectCallback (redis, on_disconnect);
    self->watch = loop_watch (self->loop, redis->c.fd, EPOLLIN | EPOLLOUT, on_io, self);
    self->timer = loop_at (self->loop, loop_now (self->loop) + CONNECT_MS, on_connect_late, self);
}

static void on_address (void *arg, const resolved_t *found)
{
    conn_t *self = arg;
    resolve_destroy (&self->resolve);
    if (!found->n) {
        take_error (self, "host name not found");
        failed (self);
        return;
    }
    const char *colon = strrchr (self->config->address, ':'); /* begin_connect has seen to it */
    attach (self, redisAsyncConnect (found->addresses[0], colon ? (int)strtol (colon + 1, NULL, 10) : 0));
}

static void begin_connect (void *arg)
{
    conn_t *self = arg;
    const char *address = self->config->address, *colon = strrchr (address, ':');
    self->timer = NULL;
    if (strncmp (address, "unix:", 5) == 0) {
        attach (self, redisAsyncConnectUnix (address + 5));
        return;
    }
    char host[HOST_SIZE];
    size_t size = colon ? (size_t)(colon - address) : 0;
    bool brackets = size > 2 && address[0] == '[' && address[size - 1] == ']'; /* [::1]:6379 */
    if (size == 0 || size >= sizeof host || strtol (colon + 1, NULL, 10) <= 0) {
        take_error (self, "address must be unix:/path or host:port");
        failed (self);
        return;
    }
    snprintf (host, sizeof host, "%.*s", (int)(brackets ? size - 2 : size), brackets ? address + 1 : address);
    self->resolve = resolve_new (self->loop, host, on_address, self);
}

static void try_again (conn_t *self)
{
    loop_cancel (self->loop, &self->timer);
    self->timer = loop_at (self->loop, loop_now (self->loop) + self->backoff_ms, begin_connect, self);
    self->backoff_ms *= 2;
    if (self->backoff_ms > CONN_BACKOFF_MAX_MS)
        self->backoff_ms = CONN_BACKOFF_MAX_MS;
}

/* Told each time, so that whoever waits knows why. */
static void failed (conn_t *self)
{
    self->down_fn (self->arg);
    try_again (self);
}

/* ---- its life */

conn_t *conn_new (loop_t *loop, const store_config_t *config, conn_fn *up, conn_fn *down, void *arg)
{
    conn_t *self = xcalloc (1, sizeof *self);
    *self = (conn_t){.loop = loop, .config = config, .up_fn = up, .down_fn = down, .arg = arg};
    self->backoff_ms = CONN_BACKOFF_FIRST_MS;
    take_error (self, "not connected yet");
    loop_each_turn (loop, on_turn, self);
    self->timer = loop_at (loop, loop_now (loop), begin_connect, self);
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

void conn_drop (conn_t *self)
{
    redisAsyncContext *redis = self->redis;
    if (!redis)
        return;
    bool connected = redis->c.flags & REDIS_CONNECTED;
    self->up = false; /* also while the end is put off until a callback of hiredis returns */
    redisAsyncFree (redis);
    if (!connected) /* then nobody is told */
        gone (self);
}

void conn_settled (conn_t *self)
{
    self->backoff_ms = CONN_BACKOFF_FIRST_MS;
}

/* ---- commands */

static void on_reply (redisAsyncContext *redis, void *reply, void *arg)
{
    sent_t *sent = arg;
    (void)redis;
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
