/* bus_monitor.c - libzmq tells what becomes of connections over a socket of its own.
 *
 * Hears: events. Says: each to its one listener; at most EVENTS_A_TURN in a turn. */
#include "bus_monitor.h"

#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>

enum { EVENTS_A_TURN = 64 };

struct bus_monitor {
    loop_t *loop;
    void *zmq;
    zsock_t *events;
    bus_monitor_fn *fn;
    void *arg;
};

/* Two frames: a number of 16 bits, what happened, and one of 32; then the address. */
static bool hear_event (bus_monitor_t *self)
{
    struct __attribute__ ((packed)) {
        uint16_t what;
        uint32_t value;
    } event = {0, 0};
    char address[ADDRESS_ROOM] = "";
    void *events = zsock_resolve (self->events);
    if (zmq_recv (events, &event, sizeof event, ZMQ_DONTWAIT) < 0)
        return false;
    int size = zmq_recv (events, address, sizeof address - 1, ZMQ_DONTWAIT);
    address[size < 0 ? 0 : size < ADDRESS_ROOM ? size : ADDRESS_ROOM - 1] = '\0';
    self->fn (self->arg, event.what, (int)event.value, address);
    return true;
}

static int on_events (zloop_t *zloop, zsock_t *sock, void *arg)
{
    bus_monitor_t *self = arg;
    (void)zloop, (void)sock;
    loop_turn_begin (self->loop);
    for (int i = 0; i < EVENTS_A_TURN && hear_event (self); i++)
        ;
    return loop_turn_end (self->loop);
}

bus_monitor_t *bus_monitor_new (loop_t *loop, void *zmq, int events, bus_monitor_fn *fn, void *arg)
{
    char endpoint[64];
    bus_monitor_t *self = xcalloc (1, sizeof *self);
    *self = (bus_monitor_t){.loop = loop, .zmq = zmq, .fn = fn, .arg = arg};
    snprintf (endpoint, sizeof endpoint, "inproc://monitor-%p", (void *)self);
    if (zmq_socket_monitor (zmq, endpoint, events) == 0)
        self->events = zsock_new (ZMQ_PAIR);
    if (!self->events || zmq_connect (zsock_resolve (self->events), endpoint) < 0) {
        int error = errno;
        bus_monitor_destroy (&self);
        errno = error;
        return NULL;
    }
    zloop_reader (loop_zloop (loop), self->events, on_events, self);
    return self;
}

void bus_monitor_destroy (bus_monitor_t **self_p)
{
    bus_monitor_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    if (self->events)
        zloop_reader_end (loop_zloop (self->loop), self->events);
    zmq_socket_monitor (self->zmq, NULL, 0);
    zsock_destroy (&self->events);
    free (self);
}
