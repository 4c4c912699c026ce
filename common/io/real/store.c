/* store.c - the door to Redis: its life, whether it is ready and why not, and its time.
 *
 * One connection carries everything but the followed streams; where calls wait for a replica, they have a second one.
 * The parts are listed in store_private.h. */
#include "store_private.h"

#include "keys.h"

enum { OFFSET_SLACK_MS = 1 };

/* ---- readiness */

void store_on_change (store_t *self, loop_fn *fn, void *arg)
{
    self->listeners = xrealloc (self->listeners, (self->listeners_n + 1) * sizeof *self->listeners);
    self->listeners[self->listeners_n++] = (listener_t){fn, arg};
}

void store_set_ready (store_t *self, bool ready, const char *why)
{
    bool changed = self->ready != ready;
    self->ready = ready;
    if (self->sentinels)
        sentinels_hurry (self->sentinels, !ready);
    snprintf (self->why, sizeof self->why, "%s", why);
    for (size_t i = 0; changed && !self->closing && i < self->listeners_n; i++)
        self->listeners[i].fn (self->listeners[i].arg);
}

/* Where sentinels name the place it is named, too: they are not who refused. */
static void say_not_ready (store_t *self, const conn_t *conn, const char *words)
{
    char why[WHY_SIZE];
    const store_place_t *primary = self->sentinels ? conn_place (conn) : NULL;
    if (primary)
        snprintf (why, sizeof why, "redis at %.80s: primary %.60s:%d: %.70s", self->config.address, primary->host,
                  primary->port, words);
    else
        snprintf (why, sizeof why, "redis at %.80s: %.140s", self->config.address, words);
    store_set_ready (self, false, why);
}

void store_stalled (store_t *self)
{
    if (!self->stalled_since)
        self->stalled_since = loop_now (self->loop);
    say_not_ready (self, self->conn, CONN_SILENT);
}

/* It said something after a silence. Was it ready before, it is again; else hello goes on. */
void store_answers (store_t *self)
{
    if (!self->stalled_since)
        return;
    self->stalled_since = 0;
    store_back (self);
}

void store_back (store_t *self)
{
    if (conn_is_up (self->conn) && !self->hello_open && !*self->hello_why && !self->unconfirmed && !self->stalled_since)
        store_set_ready (self, true, "");
}

bool store_ready (const store_t *self)
{
    return self->ready;
}

bool store_lost (const store_t *self)
{
    return self->lost;
}

bool store_full (const store_t *self)
{
    return self->full;
}

bool store_answered (const store_t *self)
{
    return conn_has_answered (self->conn) || (self->sentinels && sentinels_primary (self->sentinels));
}

bool store_silent (const store_t *self)
{
    return !self->ready && conn_was_taken (self->conn) && strstr (self->why, CONN_SILENT);
}

const char *store_why_not (const store_t *self)
{
    return self->ready && self->full ? self->full_why : self->why;
}

static void on_up (void *arg)
{
    store_t *self = arg;
    self->was_up = true;
    if (self->writer != self->conn)
        conn_hurry (self->writer);
    follows_hurry (self);
    hello_begin (self);
}

/* The others may still be at a node that is no primary any more. */
static void drop_others (store_t *self)
{
    self->was_up = false;
    if (self->writer != self->conn)
        conn_drop (self->writer);
    follows_drop (self);
}

static void say_down (store_t *self, const conn_t *conn)
{
    say_not_ready (self, conn, conn_error (conn));
}

static void on_down (void *arg)
{
    store_t *self = arg;
    hello_lost (self);
    say_down (self, self->conn);
    if (self->was_up) {
        self->stats.connections_lost++;
        drop_others (self);
    }
}

static void on_writer_up (void *arg)
{
    wave_writer_up (arg);
}

/* Calls would wait in vain. Once it is up again its first WAIT says whether all is well (store_wait.c). */
static void on_writer_down (void *arg)
{
    store_t *self = arg;
    self->unconfirmed = true;
    if (!conn_is_up (self->conn)) /* which says why itself */
        return;
    say_down (self, self->writer);
}

/* At a fail-over, before the old primary's connections have told anything. */
static void on_primary (void *arg)
{
    store_t *self = arg;
    if (self->closing)
        return;
    conn_follow (self->conn);
    if (self->writer != self->conn)
        conn_follow (self->writer);
    follows_follow (self);
}

/* ---- time */

/* The reply was stamped between asking and hearing, so the offset lies in that range: one that does so already
 * is kept, and a slow answer moves nothing. */
void store_time_seen (store_t *self, wall_ms_t foreign, mono_ms_t sent_at)
{
    mono_ms_t now = loop_now (self->loop);
    int64_t least = foreign - now - OFFSET_SLACK_MS, most = foreign - sent_at + OFFSET_SLACK_MS;
    int64_t offset = self->offset.known ? self->offset.offset_ms : foreign - now;
    offset = offset < least ? least : offset > most ? most : offset;
    self->jump_ms += clock_offset_seen (&self->offset, offset + now, now);
}

/* Never backwards but in a jump: what was decided at one time is not before the next. */
wall_ms_t store_now (const store_t *self)
{
    store_t *mutable_self = (store_t *)self;
    wall_ms_t now = self->offset.known ? clock_offset_now (&self->offset, loop_now (self->loop)) : clock_wall ();
    if (now < self->last_now && self->last_now - now < CLOCK_JUMP_MS)
        return self->last_now;
    mutable_self->last_now = now;
    return now;
}

int64_t store_clock_jump (store_t *self)
{
    int64_t jump = self->jump_ms;
    self->jump_ms = 0;
    return jump;
}

bool store_still (const store_t *self)
{
    return clock_offset_still (&self->offset, loop_now (self->loop));
}

double store_memory_used (const store_t *self)
{
    return self->memory_used;
}

const store_stats_t *store_stats (const store_t *self)
{
    return &self->stats;
}

/* ---- shards */

int store_shards (const store_t *self)
{
    return self->config.shards;
}

int store_shard (const store_t *self, const char *workspace)
{
    return shard_of (workspace, self->config.shards);
}

/* ---- its life */

static const char *own (const char *text)
{
    return text ? xstrdup (text) : NULL;
}

static void open_target (store_t *self, const store_config_t *config)
{
    conn_target_t *target = &self->target;
    const char *address = self->config.address ? self->config.address : "";
    target->user = self->config.user;
    target->password = self->config.password;
    char why[DETAIL_SIZE];
    if (!store_address_parse (address, &target->address, target->why))
        return;
    if (target->address.tls && !(target->tls = self->tls = store_tls_new (config, why)))
        snprintf (target->why, sizeof target->why, "%s", why);
    else if (target->address.kind == STORE_SENTINEL)
        self->sentinels =
            sentinels_new (self->loop, &target->address, self->config.sentinel_password, self->tls, on_primary, self);
    target->sentinels = self->sentinels;
}

bool store_config_fine (const store_config_t *config, char why[DETAIL_SIZE])
{
    char reason[STORE_ADDRESS_WHY_SIZE];
    store_address_t address;
    if (!store_address_parse (config->address ? config->address : "", &address, reason)) {
        snprintf (why, DETAIL_SIZE, "%.240s", reason);
        return false;
    }
    store_tls_t *tls = address.tls ? store_tls_new (config, why) : NULL;
    bool fine = tls || !address.tls;
    store_tls_destroy (&tls);
    return fine;
}

store_t *store_new (loop_t *loop, const store_config_t *config)
{
    store_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->config = (store_config_t){
        .address = own (config->address),
        .user = own (config->user),
        .password = own (config->password),
        .sentinel_password = own (config->sentinel_password),
        .durability = config->durability,
        .shards = config->shards > 0 && config->shards <= SHARDS_MAX ? config->shards : SHARDS_DEFAULT,
    };
    self->config.service = own (config->service ? config->service : "buckstop");
    self->losses = losses_new (self);
    if (config->record_path && *config->record_path)
        self->record = fopen (config->record_path, "w");
    snprintf (self->why, sizeof self->why, "redis at %.80s: not connected yet", self->config.address);
    loop_each_turn (loop, calls_turn, self); /* before the connection's hook, which writes what this one sends */
    open_target (self, config);
    self->conn = self->writer = conn_new (loop, &self->target, on_up, on_down, self);
    if (self->config.durability == DURABLE_REPLICA) {
        self->writer = conn_new (loop, &self->target, on_writer_up, on_writer_down, self);
        conn_beside (self->writer, self->conn);
        self->unconfirmed = true;
    }
    self->tick = loop_at (loop, loop_now (loop), hello_tick, self);
    return self;
}

void store_destroy (store_t **self_p)
{
    store_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->closing = true;
    self->ready = false;
    follows_close (self);
    if (self->writer != self->conn)
        conn_destroy (&self->writer);
    conn_destroy (&self->conn);
    sentinels_destroy (&self->sentinels);
    store_tls_destroy (&self->tls);
    calls_abandon (self);
    loop_cancel (self->loop, &self->tick);
    loop_each_turn_remove (self->loop, calls_turn, self);
    if (self->record)
        fclose (self->record);
    free ((char *)self->config.address);
    free ((char *)self->config.user);
    free ((char *)self->config.password);
    free ((char *)self->config.sentinel_password);
    free ((char *)self->config.service);
    losses_destroy (&self->losses);
    free (self->listeners);
    free (self);
}
