/* bus_dial.c - a socket connects where it is told to, and expects the key of the service that binds there.
 *
 * While that service changes its keys there are two of them, and of its replicas one has this and one has that: a handshake
 * that fails is tried again with the other. A key that was taken away is left at once. Who is refused, or meets another
 * protocol, libzmq gives up for good: it is connected anew, since keys and settings are mended while we run.
 *
 * Limits: what was queued for a connection is let go with it, as when the peer dies. */
#include "bus_dial.h"

#include "bus_monitor.h"
#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>

enum {
    AGAIN_MS = 250,
    EVENTS =
        ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

typedef struct target {
    struct target *next;
    bool failed, given_up;   /* the handshake; and libzmq does not try again */
    char key[KEY_TEXT_SIZE]; /* "": nobody of that name is known, and it is not connected */
    char endpoint[];
} target_t;

struct bus_dial {
    loop_t *loop;
    void *zmq;
    const bus_keys_t *keys;
    const char *name;
    bus_monitor_t *monitor;
    loop_timer_t *again;
    target_t *targets;
    bus_refused_fn *refused;
    void *arg;
};

static int dial (const bus_dial_t *self, target_t *target, const char *key)
{
    snprintf (target->key, sizeof target->key, "%s", key ? key : "");
    target->failed = target->given_up = false;
    if (!self->keys)
        return zmq_connect (self->zmq, target->endpoint);
    if (!*target->key)
        return 0;
    return zmq_setsockopt (self->zmq, ZMQ_CURVE_SERVERKEY, target->key, KEY_TEXT_SIZE) == 0
               ? zmq_connect (self->zmq, target->endpoint)
               : -1;
}

static void dial_again (const bus_dial_t *self, target_t *target)
{
    const char *key = self->keys ? bus_keys_next (self->keys, self->name, target->key) : NULL;
    bool same = strcmp (key ? key : "", target->key) == 0, given_up = target->given_up;
    target->failed = false;
    if (same && !given_up)
        return;
    zmq_disconnect (self->zmq, target->endpoint); /* given up, or not connected: then it says so, and that is well */
    (void)dial (self, target, key);               /* it has worked before, with this endpoint */
}

static void on_again (void *arg)
{
    bus_dial_t *self = arg;
    self->again = NULL;
    for (target_t *target = self->targets; target; target = target->next)
        if (target->failed)
            dial_again (self, target);
}

/* libzmq writes an IPv4 address as IPv6 does, from its second attempt on: tcp://[::ffff:127.0.0.1]:7411. */
static bool is_of (const target_t *target, const char *address)
{
    static const char mapped[] = "tcp://[::ffff:", plain[] = "tcp://";
    if (strncmp (address, mapped, sizeof mapped - 1) != 0)
        return strcmp (target->endpoint, address) == 0;
    const char *host = address + sizeof mapped - 1, *port = strchr (host, ']'),
               *at = target->endpoint + sizeof plain - 1;
    size_t size = port ? (size_t)(port - host) : 0;
    return port && strncmp (target->endpoint, plain, sizeof plain - 1) == 0 && strncmp (at, host, size) == 0 &&
           strcmp (at + size, port + 1) == 0;
}

static void on_event (void *arg, int event, int value, const char *address)
{
    bus_dial_t *self = arg;
    (void)value;
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        self->refused (self->arg, "we are refused: is our key in its public folder?", address);
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        self->refused (self->arg, "it has other keys than we know, or one of us has none", address);
    for (target_t *target = self->targets; target; target = target->next)
        if (is_of (target, address) || !self->targets->next) {
            target->failed = true;
            target->given_up |= event != ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
        }
    if (!self->again)
        self->again = loop_at (self->loop, loop_now (self->loop) + AGAIN_MS, on_again, self);
}

void bus_dial_look (bus_dial_t *self)
{
    for (target_t *target = self && self->keys ? self->targets : NULL; target; target = target->next)
        if (!bus_keys_has (self->keys, self->name, target->key))
            dial_again (self, target);
}

int bus_dial_connect (bus_dial_t *self, const char *endpoint)
{
    size_t size = strlen (endpoint) + 1;
    target_t *target = xcalloc (1, sizeof *target + size);
    memcpy (target->endpoint, endpoint, size);
    if (dial (self, target, self->keys ? bus_keys_next (self->keys, self->name, "") : NULL) < 0) {
        int error = errno;
        free (target);
        errno = error;
        return -1;
    }
    target->next = self->targets;
    self->targets = target;
    return 0;
}

void bus_dial_disconnect (bus_dial_t *self, const char *endpoint)
{
    target_t **at = &self->targets;
    while (*at && strcmp ((*at)->endpoint, endpoint) != 0)
        at = &(*at)->next;
    target_t *target = *at;
    if (!target)
        return;
    zmq_disconnect (self->zmq, endpoint);
    *at = target->next;
    free (target);
}

bus_dial_t *bus_dial_new (loop_t *loop, void *zmq, const bus_keys_t *keys, const char *name, bus_refused_fn *refused,
                          void *arg)
{
    bus_dial_t *self = xcalloc (1, sizeof *self);
    *self = (bus_dial_t){.loop = loop, .zmq = zmq, .keys = keys, .name = name, .refused = refused, .arg = arg};
    if (!(self->monitor = bus_monitor_new (loop, zmq, EVENTS, on_event, self))) {
        int error = errno;
        bus_dial_destroy (&self);
        errno = error;
    }
    return self;
}

void bus_dial_destroy (bus_dial_t **self_p)
{
    bus_dial_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    bus_monitor_destroy (&self->monitor);
    loop_cancel (self->loop, &self->again);
    while (self->targets) {
        target_t *target = self->targets;
        self->targets = target->next;
        free (target);
    }
    free (self);
}
