/* store_sentinel.c - where the primary is, as its sentinels say.
 *
 * Each sentinel is asked once a second, and every HURRY_MS while the store is not ready, on a connection of its own: one
 * that is dead or silent delays nobody. The primary is the address that most of those configured name: a minority, cut
 * off with an old primary, leads nobody there. While most do not agree nothing new is connected to; what is connected
 * stays so.
 * Hears: answers to SENTINEL GET-MASTER-ADDR-BY-NAME. Says: changed.
 * Limits: an answer counts for ANSWER_MS. */
#include "store_private.h"

enum { ASK_MS = 1000, HURRY_MS = 100, SILENT_MS = 1000, ANSWER_MS = 3000 };

typedef struct sentinel {
    sentinels_t *all;
    conn_target_t target;
    conn_t *conn;
    bool asked, names; /* a question is under way; what it named last counts */
    mono_ms_t asked_at, named_at;
    store_place_t primary;
    char why[WHY_SIZE / 2];
} sentinel_t;

struct sentinels {
    loop_t *loop;
    const store_address_t *address;
    sentinel_t items[STORE_SENTINELS_MAX];
    size_t n;
    loop_timer_t *tick;
    bool hurry, known, closing;
    store_place_t primary;
    char why[WHY_SIZE];
    loop_fn *changed;
    void *arg;
};

static bool is_same (const store_place_t *one, const store_place_t *other)
{
    return one->port == other->port && strcmp (one->host, other->host) == 0;
}

/* ---- what most say */

static size_t votes_for (const sentinels_t *self, const store_place_t *place)
{
    size_t votes = 0;
    for (size_t i = 0; i < self->n; i++)
        votes += self->items[i].names && is_same (&self->items[i].primary, place);
    return votes;
}

static void say_why (sentinels_t *self)
{
    size_t answering = 0;
    const char *why = "";
    for (size_t i = 0; i < self->n; i++) {
        answering += self->items[i].names;
        if (!self->items[i].names && *self->items[i].why)
            why = self->items[i].why;
    }
    snprintf (self->why, sizeof self->why, "%zu of %zu sentinels name a primary, most must name the same one%s%.120s",
              answering, self->n, *why ? ": " : "", why);
}

static void count (sentinels_t *self)
{
    const store_place_t *found = NULL;
    for (size_t i = 0; i < self->n && !found; i++)
        if (self->items[i].names && votes_for (self, &self->items[i].primary) > self->n / 2)
            found = &self->items[i].primary;
    bool changed = found && (!self->known || !is_same (found, &self->primary));
    self->known = found;
    if (found)
        self->primary = *found;
    else
        say_why (self);
    if (changed && !self->closing)
        self->changed (self->arg);
}

/* ---- one of them */

static void take_why (sentinel_t *self, const char *why)
{
    const store_place_t *place = &self->target.address.places[0];
    self->names = false;
    snprintf (self->why, sizeof self->why, "%.50s:%d: %.50s", place->host, place->port, why);
}

/* [host, port], or nil when it knows none of that name */
static void on_answer (void *arg, redisReply *reply)
{
    sentinel_t *self = arg;
    self->asked = false;
    if (!reply || self->all->closing)
        return;
    conn_settled (self->conn);
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[0]->type == REDIS_REPLY_STRING) {
        self->names = true;
        self->named_at = loop_now (self->all->loop);
        self->primary.port = (int)reply_number (reply->element[1]);
        snprintf (self->primary.host, sizeof self->primary.host, "%s", reply->element[0]->str);
    } else
        take_why (self, reply->type == REDIS_REPLY_ERROR ? reply->str : "it knows no primary of that name");
    count (self->all);
}

static void ask (sentinel_t *self)
{
    resp_t command = {0};
    self->asked = true;
    self->asked_at = loop_now (self->all->loop);
    resp_begin (&command, 3);
    resp_text (&command, "SENTINEL");
    resp_text (&command, "GET-MASTER-ADDR-BY-NAME");
    resp_text (&command, self->all->address->name);
    conn_send (self->conn, &command, on_answer, self);
    resp_clear (&command);
}

static void on_up (void *arg)
{
    ask (arg);
}

static void on_down (void *arg)
{
    sentinel_t *self = arg;
    take_why (self, conn_error (self->conn));
    count (self->all);
}

static void look_at (sentinel_t *self)
{
    mono_ms_t now = loop_now (self->all->loop);
    if (self->names && now - self->named_at > ANSWER_MS)
        take_why (self, "it is silent");
    if (!conn_is_up (self->conn))
        return;
    if (!self->asked)
        ask (self);
    else if (now - self->asked_at >= SILENT_MS)
        conn_refuse (self->conn, "it is silent");
}

/* ---- all of them */

static void on_tick (void *arg)
{
    sentinels_t *self = arg;
    self->tick = loop_at (self->loop, loop_now (self->loop) + (self->hurry ? HURRY_MS : ASK_MS), on_tick, self);
    for (size_t i = 0; i < self->n; i++)
        look_at (&self->items[i]);
    count (self);
}

void sentinels_hurry (sentinels_t *self, bool hurry)
{
    if (hurry && !self->hurry) {
        loop_cancel (self->loop, &self->tick);
        self->tick = loop_at (self->loop, loop_now (self->loop), on_tick, self);
    }
    self->hurry = hurry;
}

const store_place_t *sentinels_primary (const sentinels_t *self)
{
    return self->known ? &self->primary : NULL;
}

const char *sentinels_why (const sentinels_t *self)
{
    return self->why;
}

sentinels_t *sentinels_new (loop_t *loop, const store_address_t *address, const char *password, store_tls_t *tls,
                            loop_fn *changed, void *arg)
{
    sentinels_t *self = xcalloc (1, sizeof *self);
    *self = (sentinels_t){.loop = loop, .address = address, .changed = changed, .arg = arg, .hurry = true};
    self->n = address->places_n;
    snprintf (self->why, sizeof self->why, "no sentinel has answered yet");
    for (size_t i = 0; i < self->n; i++) {
        sentinel_t *one = &self->items[i];
        one->all = self;
        one->target.address = (store_address_t){.kind = STORE_HOST, .places_n = 1};
        one->target.address.places[0] = address->places[i];
        one->target.password = password;
        one->target.tls = tls;
        one->conn = conn_new (loop, &one->target, on_up, on_down, one);
    }
    self->tick = loop_at (loop, loop_now (loop) + HURRY_MS, on_tick, self);
    return self;
}

void sentinels_destroy (sentinels_t **self_p)
{
    sentinels_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->closing = true;
    for (size_t i = 0; i < self->n; i++)
        conn_destroy (&self->items[i].conn);
    loop_cancel (self->loop, &self->tick);
    free (self);
}
