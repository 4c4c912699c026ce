/* bus.c - ZeroMQ between the services. Who binds, who connects and by which pattern is `bus_row`, below.
 *
 * Hears: messages, bounded per turn so that others are served. Says: messages, without ever blocking: what can't
 * be queued is dropped and counted; the store brings it back. A PUSH hands nothing to an absent peer (IMMEDIATE)
 * and notices a dead one by heartbeats. A request may come from a DEALER or a REQ: what stands before its last
 * frame is its way back. A host name stands for all its addresses, now and later (bus_names.c).
 *
 * Limits: what a peer may cost is its queue, `queued` messages of at most `largest` bytes (one that is larger ends its
 * connection), and a bound socket has at most `peers` of them (bus_peers.c). Who does not read answers no heartbeat either:
 * after HEARTBEAT_LATE_MS it is disconnected and its queue let go. A subscriber that comes back asks for what it missed
 * by number. A request has at most BACK_MAX frames before its body. */
#include "bus.h"

#include "bus_names.h"
#include "bus_peers.h"
#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>

enum {
    MESSAGES_A_TURN = 256,
    HEARTBEAT_MS = 1000,
    HEARTBEAT_LATE_MS = 3000,
    BACK_MAX = 3,
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

typedef struct end {
    bus_t *bus;
    bus_link_t link;
    zsock_t *sock; /* NULL: not opened */
    void *zmq;     /* the same, for libzmq */
    int type;
    bus_fn *fn;
    void *arg;
    bus_peers_t *peers; /* NULL: it connects */
} end_t;

struct bus {
    loop_t *loop;
    end_t bound[BUS_LINKS], connected[BUS_LINKS];
    bus_names_t *names;
    size_t peers_max[BUS_LINKS]; /* 0: the topology's */
    loop_fn *on_subscribe;
    void *on_subscribe_arg;
    uint64_t dropped[BUS_LINKS];
};

struct bus_peer {
    end_t *end;
    size_t n;
    zmq_msg_t back[BACK_MAX]; /* frames before the body */
};

/* ---- hearing */

static void hand_over (end_t *self, zmq_msg_t *frames, size_t n)
{
    zmq_msg_t *body = &frames[n - 1];
    bus_peer_t *peer = NULL;
    if (self->type == ZMQ_XPUB) { /* hears subscriptions, which begin with a 1, and their ends */
        if (self->bus->on_subscribe && zmq_msg_size (body) && *(const char *)zmq_msg_data (body) == 1)
            self->bus->on_subscribe (self->bus->on_subscribe_arg);
        return;
    }
    if (!self->fn)
        return;
    if (self->type == ZMQ_ROUTER) {
        if (n < 2)
            return;
        peer = xcalloc (1, sizeof *peer);
        peer->end = self;
        peer->n = n - 1;
        for (size_t i = 0; i < peer->n; i++) {
            zmq_msg_init (&peer->back[i]);
            zmq_msg_move (&peer->back[i], &frames[i]);
        }
    }
    self->fn (self->arg, peer, zmq_msg_data (body), zmq_msg_size (body));
}

/* One message of at most BACK_MAX + 1 frames; a longer one is read to its end and left out. False: none is there. */
static bool hear_one (end_t *self)
{
    zmq_msg_t frames[BACK_MAX + 1], *last = frames;
    size_t n = 0, seen = 0;
    bool more = true;
    while (more) {
        if (n <= BACK_MAX)
            zmq_msg_init (last = &frames[n++]);
        if (zmq_msg_recv (last, self->zmq, ZMQ_DONTWAIT) < 0) /* what the frame held before is let go */
            break;
        seen++;
        more = zmq_msg_more (last);
    }
    if (!more && seen == n)
        hand_over (self, frames, n);
    for (size_t i = 0; i < n; i++)
        zmq_msg_close (&frames[i]);
    return seen > 0;
}

static int on_readable (zloop_t *zloop, zsock_t *sock, void *arg)
{
    end_t *self = arg;
    (void)zloop;
    (void)sock;
    loop_turn_begin (self->bus->loop);
    for (int i = 0; i < MESSAGES_A_TURN && self->sock && hear_one (self); i++)
        ;
    return loop_turn_end (self->bus->loop);
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
    zsock_destroy (&self->sock);
    self->zmq = NULL;
    return -error;
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
    if (binds) {
        self->peers =
            bus_peers_new (bus->loop, self->zmq, bus->peers_max[link] ? bus->peers_max[link] : bus_row[link].peers);
        if (!self->peers)
            return not_opened (self);
    }
    if (self->type != ZMQ_PUSH)
        zloop_reader (loop_zloop (bus->loop), self->sock, on_readable, self);
    return 0;
}

static void close_end (end_t *self)
{
    if (!self->sock)
        return;
    if (self->type != ZMQ_PUSH)
        zloop_reader_end (loop_zloop (self->bus->loop), self->sock);
    bus_peers_destroy (&self->peers);
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
    return bus_names_follow (self->bus->names, self->zmq, endpoint) ? 0 : zmq_connect (self->zmq, endpoint);
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
    free (self);
}

/* ---- saying */

static int say (end_t *self, const void *bytes, size_t size, int flags)
{
    return self->zmq ? zmq_send (self->zmq, bytes, size, flags | ZMQ_DONTWAIT) : -1;
}

/* 0, or counted as dropped. */
static int outcome (bus_t *self, bus_link_t link, int sent)
{
    if (sent >= 0)
        return 0;
    self->dropped[link]++;
    return -EAGAIN;
}

int bus_push (bus_t *self, bus_link_t link, const void *bytes, size_t size)
{
    return outcome (self, link, say (&self->connected[link], bytes, size, 0));
}

int bus_request (bus_t *self, const void *bytes, size_t size)
{
    return outcome (self, BUS_SUBMIT, say (&self->connected[BUS_SUBMIT], bytes, size, 0));
}

int bus_publish (bus_t *self, const char *topic, const void *bytes, size_t size)
{
    end_t *end = &self->bound[BUS_STREAM];
    int sent = say (end, topic, strlen (topic), ZMQ_SNDMORE);
    return outcome (self, BUS_STREAM, sent < 0 ? sent : say (end, bytes, size, 0));
}

void bus_answer (bus_t *self, bus_peer_t **peer_p, const void *bytes, size_t size)
{
    bus_peer_t *peer = *peer_p;
    *peer_p = NULL;
    if (!peer)
        return;
    int sent = 0;
    for (size_t i = 0; i < peer->n; i++) {
        if (size && sent >= 0 && peer->end->zmq)
            sent = zmq_msg_send (&peer->back[i], peer->end->zmq, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        zmq_msg_close (&peer->back[i]);
    }
    if (size)
        outcome (self, BUS_SUBMIT, sent < 0 ? sent : say (peer->end, bytes, size, 0));
    free (peer);
}

uint64_t bus_dropped (const bus_t *self, bus_link_t link)
{
    return self->dropped[link];
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
