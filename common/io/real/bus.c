/* bus.c - ZeroMQ between the services. Who binds, who connects and by which pattern is `bus_row`, below.
 *
 * Hears: messages. Says: messages, without ever blocking (bus_messages.c): the store brings back what is dropped. A PUSH
 * hands nothing to an absent peer (IMMEDIATE) and notices a dead one by heartbeats. A host name stands for all its
 * addresses, now and later (bus_names.c). With keys every link is CURVE: only who has shown one of them is heard.
 *
 * Limits: what a peer may cost is its queue, `queued` messages of at most `largest` bytes (one that is larger ends its
 * connection), and a bound socket has at most `peers` of them (bus_peers.c). Who does not read answers no heartbeat either:
 * after HEARTBEAT_LATE_MS it is disconnected and its queue let go. A subscriber that comes back asks for what it missed
 * by number. Keys are read on the loop: BUS_KEYS_MAX small local files. */
#include "bus_private.h"

enum {
    HEARTBEAT_MS = 1000,
    HEARTBEAT_LATE_MS = 3000,
    HINT_MAX = 4096,                    /* bytes */
    REQUEST_MAX = TEXT_MAX + 64 * 1024, /* a text, and what goes with it */
    HANDSHAKE_MS = 5000,
    ENDPOINT_SIZE = 256,
    STREAM_HELD = 1 << 18, /* events that a subscriber has not read */
};

/* The topology. A receiver of hints binds; the stream is bound by who publishes. */
static const struct bus_row {
    int binds, connects; /* ZeroMQ's types */
    bool immediate;      /* who connects queues nothing for an absent peer */
    int queued;          /* messages to one peer; at the side that connects, from it too */
    int heard;           /* from it, at the side that binds */
    int64_t largest;     /* bytes of a message that the side which binds hears */
    size_t peers;        /* of the side that binds */
} bus_row[BUS_LINKS] = {
    [BUS_SUBMIT] = {ZMQ_ROUTER, ZMQ_DEALER, false, 1000, 16, REQUEST_MAX, 64},
    [BUS_ROUTE] = {ZMQ_PULL, ZMQ_PUSH, true, 1000, 1000, HINT_MAX, 256},
    [BUS_DUE] = {ZMQ_PULL, ZMQ_PUSH, true, 1000, 1000, HINT_MAX, 256},
    [BUS_OUTBOX] = {ZMQ_PULL, ZMQ_PUSH, true, 1000, 1000, HINT_MAX, 256},
    [BUS_STREAM] = {ZMQ_XPUB, ZMQ_SUB, false, 8192, 1000, HINT_MAX, 64}, /* what it hears are subscriptions */
};

/* ---- keys */

static void on_refused (void *arg, const char *what, const char *who)
{
    bus_t *self = arg;
    if (self->on_refused)
        self->on_refused (self->on_refused_arg, what, who);
}

/* A peer can't be told from another once it is connected: all of them show their keys again. */
static void follow_keys (bus_t *self, bool taken_away)
{
    for (size_t link = 0; link < BUS_LINKS; link++) {
        if (taken_away)
            bus_peers_close (self->bound[link].peers);
        bus_dial_look (self->connected[link].dial);
    }
}

static void look_at_keys (void *arg)
{
    bus_t *self = arg;
    char why[DETAIL_SIZE];
    keys_change_t change = bus_keys_look (self->keys, why);
    self->look = loop_at (self->loop, loop_now (self->loop) + BUS_KEYS_LOOK_MS, look_at_keys, self);
    if (*why)
        on_refused (self, why, "");
    if (change != KEYS_SAME)
        follow_keys (self, change == KEYS_FEWER);
}

int bus_use_keys (bus_t *self, const char *directory, const char *name, char why[DETAIL_SIZE])
{
    self->keys = bus_keys_new (directory, name, why);
    if (!self->keys)
        return -EACCES;
    self->look = loop_at (self->loop, loop_now (self->loop) + BUS_KEYS_LOOK_MS, look_at_keys, self);
    return 0;
}

bool bus_keys_fine (const char *directory, const char *name, char why[DETAIL_SIZE])
{
    bus_keys_t *keys = bus_keys_new (directory, name, why);
    bool fine = keys;
    bus_keys_destroy (&keys);
    return fine;
}

void bus_on_refused (bus_t *self, bus_refused_fn *fn, void *arg)
{
    self->on_refused = fn;
    self->on_refused_arg = arg;
}

uint64_t bus_refused (const bus_t *self)
{
    uint64_t n = 0;
    for (size_t link = 0; link < BUS_LINKS; link++)
        n += bus_peers_strangers (self->bound[link].peers);
    return n;
}

/* ---- opening */

/* A subscriber's queue is never to be full: heartbeats would end its connection, and libzmq 4.3 the process when it reads
 * on after that (libzmq issue 3937). So it is long, and who subscribes reads on, whatever it can do with it. */
static int received_max (const end_t *self, bool binds)
{
    const struct bus_row *row = &bus_row[self->link];
    return binds ? row->heard : self->type == ZMQ_SUB ? STREAM_HELD : row->queued;
}

static void set_options (end_t *self, bool binds)
{
    const struct bus_row *row = &bus_row[self->link];
    zsock_set_linger (self->sock, 0);
    zsock_set_ipv6 (self->sock, 1);
    zsock_set_sndhwm (self->sock, row->queued);
    zsock_set_rcvhwm (self->sock, received_max (self, binds));
    zsock_set_maxmsgsize (self->sock, binds ? (int)row->largest : WIRE_MAX);
    zsock_set_handshake_ivl (self->sock, HANDSHAKE_MS);
    zsock_set_heartbeat_ivl (self->sock, HEARTBEAT_MS);
    zsock_set_heartbeat_timeout (self->sock, HEARTBEAT_LATE_MS);
    if (row->immediate && !binds)
        zsock_set_immediate (self->sock, 1);
    if (self->type == ZMQ_ROUTER)
        zsock_set_router_mandatory (self->sock, 1); /* a peer that left is an error, not silence */
    if (self->type == ZMQ_XPUB)
        zsock_set_xpub_verbose (self->sock, 1); /* the second of those who want the same is heard too */
    if (self->type == ZMQ_SUB)
        zsock_set_subscribe (self->sock, "");
}

/* Without its bound it is not opened at all. */
static int not_opened (end_t *self)
{
    int error = errno ? errno : ENOMEM;
    bus_peers_destroy (&self->peers);
    zsock_destroy (&self->sock);
    self->zmq = NULL;
    return -error;
}

/* Who is heard is asked from the first handshake on: without an answer libzmq would let in whoever comes. */
static bool open_keys (end_t *self, bool binds)
{
    bus_t *bus = self->bus;
    if (bus->keys && binds && !bus->zap && !(bus->zap = bus_zap_new (bus->loop, bus->keys, on_refused, bus)))
        return false;
    return !bus->keys || bus_keys_apply (bus->keys, self->zmq, binds);
}

static bool open_watch (end_t *self, bool binds)
{
    bus_t *bus = self->bus;
    size_t max = bus->peers_max[self->link] ? bus->peers_max[self->link] : bus_row[self->link].peers;
    if (binds)
        self->peers = bus_peers_new (bus->loop, self->zmq, max, on_refused, bus);
    else
        self->dial = bus_dial_new (bus->loop, self->zmq, bus->keys, bus_binder (self->link), on_refused, bus);
    return self->peers || self->dial;
}

static int open_end (bus_t *bus, bus_link_t link, bool binds, bus_fn *fn, void *arg)
{
    end_t *self = binds ? &bus->bound[link] : &bus->connected[link];
    self->fn = fn;
    self->arg = arg;
    if (self->sock)
        return 0;
    self->bus = bus;
    self->link = link;
    self->type = binds ? bus_row[link].binds : bus_row[link].connects;
    self->sock = zsock_new (self->type);
    if (!self->sock)
        return -errno;
    self->zmq = zsock_resolve (self->sock);
    set_options (self, binds);
    if (!open_keys (self, binds) || !open_watch (self, binds))
        return not_opened (self);
    if (self->type != ZMQ_PUSH)
        zloop_reader (loop_zloop (bus->loop), self->sock, bus_hear, self);
    return 0;
}

static void close_end (end_t *self)
{
    if (!self->sock)
        return;
    if (self->type != ZMQ_PUSH)
        zloop_reader_end (loop_zloop (self->bus->loop), self->sock);
    bus_peers_destroy (&self->peers);
    bus_dial_destroy (&self->dial);
    zsock_destroy (&self->sock);
    self->zmq = NULL;
}

typedef int (attach_fn) (end_t *self, const char *endpoint);

static int attach_bind (end_t *self, const char *endpoint)
{
    return zmq_bind (self->zmq, endpoint);
}

static int attach_connect (end_t *self, const char *endpoint)
{
    return bus_names_follow (self->bus->names, self->dial, endpoint) ? 0 : bus_dial_connect (self->dial, endpoint);
}

/* Each of a list that is separated by commas. */
static int attach_all (end_t *self, const char *endpoints, attach_fn *attach)
{
    while (endpoints && *endpoints) {
        char endpoint[ENDPOINT_SIZE];
        size_t size = strcspn (endpoints, ",");
        if (size >= sizeof endpoint)
            return -ENAMETOOLONG;
        memcpy (endpoint, endpoints, size);
        endpoint[size] = '\0';
        if (size && attach (self, endpoint) < 0)
            return -errno;
        endpoints += size + (endpoints[size] == ',');
    }
    return 0;
}

int bus_bind (bus_t *self, bus_link_t link, const char *endpoints, bus_fn *fn, void *arg)
{
    int rc = open_end (self, link, true, fn, arg);
    return rc < 0 ? rc : attach_all (&self->bound[link], endpoints, attach_bind);
}

int bus_connect (bus_t *self, bus_link_t link, const char *endpoints, bus_fn *fn, void *arg)
{
    int rc = open_end (self, link, false, fn, arg);
    return rc < 0 ? rc : attach_all (&self->connected[link], endpoints, attach_connect);
}

bus_t *bus_new (loop_t *loop)
{
    bus_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->names = bus_names_new (loop);
    return self;
}

void bus_destroy (bus_t **self_p)
{
    bus_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    bus_names_destroy (&self->names);
    for (size_t link = 0; link < BUS_LINKS; link++) {
        close_end (&self->bound[link]);
        close_end (&self->connected[link]);
    }
    bus_zap_destroy (&self->zap); /* after all that ask it */
    loop_cancel (self->loop, &self->look);
    bus_keys_destroy (&self->keys);
    free (self);
}

/* ---- who is there */

void bus_peers_max (bus_t *self, bus_link_t link, size_t max)
{
    self->peers_max[link] = max;
    bus_peers_bound (self->bound[link].peers, max);
}

size_t bus_peers (const bus_t *self, bus_link_t link)
{
    return bus_peers_n (self->bound[link].peers);
}

uint64_t bus_peers_closed (const bus_t *self, bus_link_t link)
{
    return bus_peers_refused (self->bound[link].peers);
}

void bus_on_subscribe (bus_t *self, loop_fn *fn, void *arg)
{
    self->on_subscribe = fn;
    self->on_subscribe_arg = arg;
}
