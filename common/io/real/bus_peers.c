/* bus_peers.c - the peers of a bound socket, counted by libzmq's monitor.
 *
 * Hears: who was accepted and who has gone. Says: one too many is closed. libzmq itself knows no bound but the
 * process's descriptors, and for each peer it keeps a queue: peers times queue is what a socket may cost.
 *
 * A connection is closed by shutting its descriptor down, which the accepting thread then sees as the peer's end. By the
 * time we hear of it, the descriptor may be another's: it is looked at first, and must be a socket at the address
 * that is bound. */
#include "bus_peers.h"

#include "xmalloc.h"

#include <czmq.h>
#include <netinet/in.h>
#include <sys/un.h>

enum { ADDRESS_ROOM = 256, EVENTS_A_TURN = 64 };

struct bus_peers {
    loop_t *loop;
    void *zmq;
    zsock_t *events;
    size_t n, max;
    uint64_t refused;
};

static int port_of (const struct sockaddr_storage *at)
{
    if (at->ss_family == AF_INET)
        return ntohs (((const struct sockaddr_in *)(const void *)at)->sin_port);
    return at->ss_family == AF_INET6 ? ntohs (((const struct sockaddr_in6 *)(const void *)at)->sin6_port) : -1;
}

/* address: as libzmq says it, "tcp://127.0.0.1:7401" or "ipc:///run/submit". */
static bool is_at (int fd, const char *address)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof at;
    const char *colon = strrchr (address, ':'), *path = address + strlen ("ipc://");
    if (getsockname (fd, (struct sockaddr *)&at, &size) < 0 || !colon)
        return false;
    if (at.ss_family != AF_UNIX)
        return port_of (&at) == atoi (colon + 1);
    return strncmp (((const struct sockaddr_un *)(const void *)&at)->sun_path, path,
                    sizeof ((struct sockaddr_un *)0)->sun_path) == 0;
}

static void accepted (bus_peers_t *self, int fd, const char *address)
{
    self->n++;
    if (self->n <= self->max || !is_at (fd, address))
        return;
    self->refused++;
    shutdown (fd, SHUT_RDWR);
}

/* Two frames: a number of 16 bits, what happened, and one of 32, the descriptor; then the address. */
static bool hear_event (bus_peers_t *self)
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
    if (event.what == ZMQ_EVENT_ACCEPTED)
        accepted (self, (int)event.value, address);
    else if (event.what == ZMQ_EVENT_DISCONNECTED && self->n > 0)
        self->n--;
    return true;
}

static int on_events (zloop_t *zloop, zsock_t *sock, void *arg)
{
    bus_peers_t *self = arg;
    (void)zloop, (void)sock;
    loop_turn_begin (self->loop);
    for (int i = 0; i < EVENTS_A_TURN && hear_event (self); i++)
        ;
    return loop_turn_end (self->loop);
}

bus_peers_t *bus_peers_new (loop_t *loop, void *zmq, size_t max)
{
    char endpoint[64];
    bus_peers_t *self = xcalloc (1, sizeof *self);
    *self = (bus_peers_t){.loop = loop, .zmq = zmq, .max = max};
    snprintf (endpoint, sizeof endpoint, "inproc://peers-%p", (void *)self);
    if (zmq_socket_monitor (zmq, endpoint, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) == 0)
        self->events = zsock_new (ZMQ_PAIR);
    if (!self->events || zmq_connect (zsock_resolve (self->events), endpoint) < 0) {
        bus_peers_destroy (&self);
        return NULL;
    }
    zloop_reader (loop_zloop (loop), self->events, on_events, self);
    return self;
}

void bus_peers_destroy (bus_peers_t **self_p)
{
    bus_peers_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    if (self->events)
        zloop_reader_end (loop_zloop (self->loop), self->events);
    zmq_socket_monitor (self->zmq, NULL, 0);
    zsock_destroy (&self->events);
    free (self);
}

void bus_peers_bound (bus_peers_t *self, size_t max)
{
    if (self)
        self->max = max;
}

size_t bus_peers_n (const bus_peers_t *self)
{
    return self ? self->n : 0;
}

uint64_t bus_peers_refused (const bus_peers_t *self)
{
    return self ? self->refused : 0;
}
