/* bus_messages.c - hearing, bounded per turn so that others are served; saying, without ever blocking: what can't be queued
 * is dropped and counted.
 *
 * A request may come from a DEALER or a REQ: what stands before its last frame is its way back.
 * Limits: MESSAGES_A_TURN; a request has at most BACK_MAX frames before its body. */
#include "bus_private.h"

enum { MESSAGES_A_TURN = 256, BACK_MAX = 3 };

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

int bus_hear (zloop_t *zloop, zsock_t *sock, void *arg)
{
    end_t *self = arg;
    (void)zloop;
    (void)sock;
    loop_turn_begin (self->bus->loop);
    for (int i = 0; i < MESSAGES_A_TURN && self->sock && hear_one (self); i++)
        ;
    return loop_turn_end (self->bus->loop);
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
