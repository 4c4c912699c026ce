/* store_connect.c - how a connection to Redis comes to be: where to, logged in, and again with back-off.
 *
 * Where sentinels name the place, the node is asked whether it is a primary before it counts as up, and a place that they
 * name no more is left at once.
 *
 * A name may have several addresses, and only one of them be the primary's: whoever goes beside another connection goes to
 * the address where that one is, and waits while it is down.
 *
 * Limits: an attempt that hangs, or a node that does not say what it is, is given up after CONNECT_MS; a name service that
 * hangs, after RESOLVE_MS: more than its own patience with one server that is dead. */
#include "store_conn.h"

enum { CONNECT_MS = 1000, RESOLVE_MS = 6000 };

/* ---- connected */

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

void conn_connected (const redisAsyncContext *redis, int status)
{
    conn_t *self = redis->data;
    if (status != REDIS_OK) { /* hiredis frees it, without a call to on_disconnect */
        conn_take_error (self, redis->errstr);
        loop_cancel (self->loop, &self->timer);
        conn_gone (self);
        return;
    }
    self->connected = self->taken = true;
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
    conn_refuse (self, CONN_SILENT);
}

/* ---- where to */

static void refuse (conn_t *self, const char *why)
{
    conn_take_error (self, why);
    conn_failed (self);
}

/* False: conn_error says why. */
static bool begin_tls (conn_t *self, redisAsyncContext *redis)
{
    char why[DETAIL_SIZE];
    store_tls_t *tls = self->target->tls;
    self->ssl = tls ? store_tls_begin (tls, &redis->c, self->place.host, why) : NULL;
    if (tls && !self->ssl)
        conn_take_error (self, why);
    return !tls || self->ssl;
}

static void attach (conn_t *self, redisAsyncContext *redis)
{
    bool fine = redis && !redis->err;
    if (!fine)
        conn_take_error (self, redis ? redis->errstr : "out of memory");
    if (!fine || !begin_tls (self, redis)) {
        if (redis)
            redisAsyncFree (redis);
        conn_failed (self);
        return;
    }
    conn_attach (self, redis);
    self->timer = loop_at (self->loop, loop_now (self->loop) + CONNECT_MS, on_connect_late, self);
}

static void on_address (void *arg, const resolved_t *found)
{
    conn_t *self = arg;
    size_t n = found->n;
    if (n)
        snprintf (self->address, sizeof self->address, "%s", found->addresses[self->attempts++ % n]);
    resolve_destroy (&self->resolve);
    loop_cancel (self->loop, &self->timer);
    if (n)
        attach (self, redisAsyncConnect (self->address, self->place.port));
    else
        refuse (self, "host name not found");
}

static void on_resolve_late (void *arg)
{
    conn_t *self = arg;
    self->timer = NULL;
    resolve_destroy (&self->resolve);
    refuse (self, "the name service does not answer");
}

static void begin_beside (conn_t *self)
{
    const conn_t *other = self->beside;
    if (!other->up)
        return; /* conn_hurry comes */
    self->place = other->place;
    self->placed = other->placed;
    if (other->target->address.kind == STORE_UNIX) {
        attach (self, redisAsyncConnectUnix (other->target->address.path));
        return;
    }
    snprintf (self->address, sizeof self->address, "%s", other->address);
    attach (self, redisAsyncConnect (self->address, self->place.port));
}

void conn_begin (void *arg)
{
    conn_t *self = arg;
    const conn_target_t *target = self->target;
    const store_place_t *named = target->sentinels ? sentinels_primary (target->sentinels) : &target->address.places[0];
    self->timer = NULL;
    self->placed = false;
    conn_take_error (self, NULL); /* what an earlier attempt met is not what this one meets */
    if (*target->why)
        refuse (self, target->why);
    else if (self->beside)
        begin_beside (self);
    else if (target->address.kind == STORE_UNIX)
        attach (self, redisAsyncConnectUnix (target->address.path));
    else if (!named)
        refuse (self, sentinels_why (target->sentinels));
    else {
        self->place = *named;
        self->placed = true;
        self->resolve = resolve_new (self->loop, self->place.host, on_address, self);
        self->timer = loop_at (self->loop, loop_now (self->loop) + RESOLVE_MS, on_resolve_late, self);
    }
}

static void try_again (conn_t *self)
{
    loop_cancel (self->loop, &self->timer);
    self->timer = loop_at (self->loop, loop_now (self->loop) + self->backoff_ms, conn_begin, self);
    self->backoff_ms *= 2;
    if (self->backoff_ms > CONN_BACKOFF_MAX_MS)
        self->backoff_ms = CONN_BACKOFF_MAX_MS;
}

/* Told each time, so that whoever waits knows why. */
void conn_failed (conn_t *self)
{
    self->down_fn (self->arg);
    try_again (self);
}

void conn_beside (conn_t *self, const conn_t *other)
{
    self->beside = other;
}

void conn_hurry (conn_t *self)
{
    if (self->redis || self->resolve || self->closing)
        return;
    self->backoff_ms = CONN_BACKOFF_FIRST_MS;
    loop_cancel (self->loop, &self->timer);
    self->timer = loop_at (self->loop, loop_now (self->loop), conn_begin, self);
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
    self->timer = loop_at (self->loop, loop_now (self->loop), conn_begin, self);
}
