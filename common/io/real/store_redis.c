/* store_redis.c - one connection to Redis: hiredis on the loop.
 *
 * Hears: its descriptor. Says: up, down, replies. It connects by itself and again with back-off, and sends AUTH
 * first. Where sentinels name the place, the node is asked whether it is a primary before it counts as up, and a place
 * that they name no more is left at once. What is written in a turn goes out at the end of that turn in one write(2); write interest is asked for
 * only while the socket is full, since changing it costs a system call.
 *
 * Limits: no TLS; a connection attempt that hangs is given up after CONNECT_MS. */
#include "store_private.h"

#include <sys/epoll.h>

enum { CONNECT_MS = 1000 };

struct conn {
    loop_t *loop;
    const conn_target_t *target;
    store_place_t place; /* where it is, or is going to */
    size_t attempts;     /* of several addresses of a name the next one is tried */
    conn_fn *up_fn, *down_fn;
    void *arg;
    redisAsyncContext *redis; /* NULL: not connected */
    loop_watch_t *watch;
    loop_timer_t *timer; /* the attempt's end, or the next attempt */
    resolve_t *resolve;
    bool connected, up; /* up: and it may be used */
    bool want_write, watching_write, closing;
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

static void gone (conn_t *self)
{
    self->redis = NULL;
    self->connected = self->up = self->want_write = self->watching_write = false;
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
    conn_refuse (self, reply->str);
}

static void send_auth (conn_t *self)
{
    const conn_target_t *target = self->target;
    resp_t command = {0};
    if (!target->password || !*target->password)
        return;
    bool user = target->user && *target->user;
    resp_begin (&command, user ? 3 : 2);
    resp_text (&command, "AUTH");
    if (user)
        resp_text (&command, target->user);
    resp_text (&command, target->password);
    conn_send (self, &command, on_auth, self);
    resp_clear (&command);
}

static void be_up (conn_t *self)
{
    loop_cancel (self->loop, &self->timer);
    self->up = true;
    self->up_fn (self->arg);
}

/* An old primary that came back, or a new one that does not know it yet, is none. */
static void on_role (void *arg, redisReply *reply)
{
    conn_t *self = arg;
    if (!reply)
        return;
    bool told = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 && reply->element[0]->str;
    if (told && strcmp (reply->element[0]->str, "master") == 0)
        be_up (self);
    else
        conn_refuse (self,
                     reply->type == REDIS_REPLY_ERROR ? reply->str : "the node that sentinels name is no primary");
}

static void ask_role (conn_t *self)
{
    resp_t command = {0};
    resp_begin (&command, 1);
    resp_text (&command, "ROLE");
    conn_send (self, &command, on_role, self);
    resp_clear (&command);
}

static void on_connect (const redisAsyncContext *redis, int status)
{
    conn_t *self = redis->data;
    if (status != REDIS_OK) { /* hiredis frees it, without a call to on_disconnect */
        take_error (self, redis->errstr);
        loop_cancel (self->loop, &self->timer);
        gone (self);
        return;
    }
    self->connected = true;
    send_auth (self);
    if (self->target->sentinels)
        ask_role (self); /* the timer stands until it has answered */
    else
        be_up (self);
}

static void on_connect_late (void *arg)
{
    conn_t *self = arg;
    self->timer = NULL;
    conn_refuse (self, "no answer to connect");
}

static void refuse (conn_t *self, const char *why)
{
    take_error (self, why);
    failed (self);
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
    char address[INET6_ADDRSTRLEN];
    size_t n = found->n;
    if (n)
        snprintf (address, sizeof address, "%s", found->addresses[self->attempts++ % n]);
    resolve_destroy (&self->resolve);
    if (n)
        attach (self, redisAsyncConnect (address, self->place.port));
    else
        refuse (self, "host name not found");
}

static void begin_connect (void *arg)
{
    conn_t *self = arg;
    const conn_target_t *target = self->target;
    const store_place_t *named = target->sentinels ? sentinels_primary (target->sentinels) : &target->address.places[0];
    self->timer = NULL;
    if (*target->why)
        refuse (self, target->why);
    else if (target->address.kind == STORE_UNIX)
        attach (self, redisAsyncConnectUnix (target->address.path));
    else if (!named)
        refuse (self, sentinels_why (target->sentinels));
    else {
        self->place = *named;
        self->resolve = resolve_new (self->loop, self->place.host, on_address, self);
    }
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

conn_t *conn_new (loop_t *loop, const conn_target_t *target, conn_fn *up, conn_fn *down, void *arg)
{
    conn_t *self = xcalloc (1, sizeof *self);
    *self = (conn_t){.loop = loop, .target = target, .up_fn = up, .down_fn = down, .arg = arg};
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
    self->connected = self->up = false; /* also while the end is put off until a callback of hiredis returns */
    redisAsyncFree (redis);
    if (!connected) /* then nobody is told */
        gone (self);
}

void conn_refuse (conn_t *self, const char *why)
{
    take_error (self, why);
    conn_drop (self);
}

/* At the place that is named now? Else there, at once. */
void conn_follow (conn_t *self)
{
    const store_place_t *named = sentinels_primary (self->target->sentinels);
    bool there = named && self->place.port == named->port && strcmp (self->place.host, named->host) == 0;
    if (!named || self->closing || (there && (self->redis || self->resolve)))
        return;
    self->backoff_ms = CONN_BACKOFF_FIRST_MS;
    if (self->redis) {
        conn_refuse (self, "sentinels name another primary");
        return;
    }
    resolve_destroy (&self->resolve);
    loop_cancel (self->loop, &self->timer);
    self->timer = loop_at (self->loop, loop_now (self->loop), begin_connect, self);
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
