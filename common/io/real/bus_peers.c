/* bus_peers.c - the peers of a bound socket, counted by libzmq's monitor.
 *
 * Hears: who was accepted, who has gone, whose handshake failed. Says: one too many is closed; and all of them, where they
 * must show their keys again. libzmq itself knows no bound but the process's descriptors, and for each peer it keeps a
 * queue: peers times queue is what a socket may cost.
 *
 * A connection is closed by shutting its descriptor down, which the accepting thread then sees as the peer's end. By the
 * time we hear of it, the descriptor may be another's: it is looked at first, and must be a socket at the address
 * that is bound. */
#include "bus_peers.h"

#include "bus_monitor.h"
#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/un.h>

enum {
    FIRST_ROOM = 16,
    EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
             ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

typedef struct peer_fd {
    int fd;
    char address[ADDRESS_ROOM]; /* where it came in */
} peer_fd_t;

struct bus_peers {
    bus_monitor_t *monitor;
    peer_fd_t *peers;
    size_t n, room, max;
    uint64_t refused, strangers;
    bus_refused_fn *said;
    void *arg;
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

static bool shut (const peer_fd_t *peer, const char *address)
{
    return is_at (peer->fd, address) && shutdown (peer->fd, SHUT_RDWR) == 0;
}

static void accepted (bus_peers_t *self, int fd, const char *address)
{
    if (self->n == self->room) {
        self->room = self->room ? self->room * 2 : FIRST_ROOM;
        self->peers = xrealloc (self->peers, self->room * sizeof *self->peers);
    }
    peer_fd_t *peer = &self->peers[self->n++];
    peer->fd = fd;
    snprintf (peer->address, sizeof peer->address, "%s", address);
    if (self->n > self->max && shut (peer, address))
        self->refused++;
}

static void left (bus_peers_t *self, int fd)
{
    for (size_t i = 0; i < self->n; i++)
        if (self->peers[i].fd == fd) {
            self->peers[i] = self->peers[--self->n];
            return;
        }
}

static void on_event (void *arg, int event, int value, const char *address)
{
    bus_peers_t *self = arg;
    if (event == ZMQ_EVENT_ACCEPTED)
        accepted (self, value, address);
    else if (event == ZMQ_EVENT_DISCONNECTED)
        left (self, value);
    else
        self->strangers++;
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        self->said (self->arg, "somebody came without our keys, or speaks something else", address);
}

bus_peers_t *bus_peers_new (loop_t *loop, void *zmq, size_t max, bus_refused_fn *said, void *arg)
{
    bus_peers_t *self = xcalloc (1, sizeof *self);
    *self = (bus_peers_t){.max = max, .said = said, .arg = arg};
    self->monitor = bus_monitor_new (loop, zmq, EVENTS, on_event, self);
    if (!self->monitor) {
        int error = errno;
        bus_peers_destroy (&self);
        errno = error;
    }
    return self;
}

void bus_peers_destroy (bus_peers_t **self_p)
{
    bus_peers_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    bus_monitor_destroy (&self->monitor);
    free (self->peers);
    free (self);
}

/* Their places are given free when they are heard to have gone. */
void bus_peers_close (bus_peers_t *self)
{
    for (size_t i = 0; self && i < self->n; i++)
        (void)shut (&self->peers[i], self->peers[i].address);
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

uint64_t bus_peers_strangers (const bus_peers_t *self)
{
    return self ? self->strangers : 0;
}
