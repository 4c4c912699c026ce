/* bus_dial.c - a socket connects where it is told to, and expects the key of the service that binds there.
 *
 * While that service changes its keys there are two of them, and of its replicas one has this and one has that: a handshake
 * that fails is tried again with the other. A key that was taken away is left at once.
 *
 * Limits: what was queued for a connection is let go with it, as when the peer dies. */
#include "bus_dial.h"

#include "bus_monitor.h"
#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>

enum {
    FLIP_MS = 200,
    EVENTS =
        ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

typedef struct target {
    struct target *next;
    bool failed;
    char key[KEY_TEXT_SIZE]; /* "": nobody of that name is known, and it is not connected */
    char endpoint[];
} target_t;

struct bus_dial {
    loop_t *loop;
    void *zmq;
    const bus_keys_t *keys;
    const char *name;
    bus_monitor_t *monitor; /* NULL: plain */
    loop_timer_t *flip;
    target_t *targets;
    bus_refused_fn *refused;
    void *arg;
};

static int dial (const bus_dial_t *self, target_t *target, const char *key)
{
    snprintf (target->key, sizeof target->key, "%s", key ? key : "");
    target->failed = false;
    if (!*target->key)
        return 0;
    return zmq_setsockopt (self->zmq, ZMQ_CURVE_SERVERKEY, target->key, KEY_TEXT_SIZE) == 0
               ? zmq_connect (self->zmq, target->endpoint)
               : -1;
}

static void dial_again (const bus_dial_t *self, target_t *target)
{
    const char *key = bus_keys_next (self->keys, self->name, target->key);
    target->failed = false;
    if (key && strcmp (key, target->key) == 0)
        return;
    if (*target->key)
        zmq_disconnect (self->zmq, target->endpoint);
    (void)dial (self, target, key); /* what fails now fails again at the next look, and is tried there */
}

static void flip (void *arg)
{
    bus_dial_t *self = arg;
    self->flip = NULL;
    for (target_t *target = self->targets; target; target = target->next)
        if (target->failed)
            dial_again (self, target);
}

static void on_event (void *arg, int event, int value, const char *address)
{
    bus_dial_t *self = arg;
    (void)value;
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        self->refused (self->arg, "we are refused: is our key in its public folder?", address);
        return;
    }
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
        self->refused (self->arg, "it does not know our keys: does it have --keys?", address);
    for (target_t *target = self->targets; target; target = target->next)
        target->failed |= strcmp (target->endpoint, address) == 0 || !self->targets->next;
    if (!self->flip)
        self->flip = loop_at (self->loop, loop_now (self->loop) + FLIP_MS, flip, self);
}

void bus_dial_look (bus_dial_t *self)
{
    for (target_t *target = self ? self->targets : NULL; target; target = target->next)
        if (!bus_keys_has (self->keys, self->name, target->key))
            dial_again (self, target);
}

int bus_dial_connect (bus_dial_t *self, const char *endpoint)
{
    if (!self->keys)
        return zmq_connect (self->zmq, endpoint);
    size_t size = strlen (endpoint) + 1;
    target_t *target = xcalloc (1, sizeof *target + size);
    memcpy (target->endpoint, endpoint, size);
    if (dial (self, target, bus_keys_next (self->keys, self->name, "")) < 0) {
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
    if (!self->keys || (target && *target->key))
        zmq_disconnect (self->zmq, endpoint);
    if (target)
        *at = target->next;
    free (target);
}

bus_dial_t *bus_dial_new (loop_t *loop, void *zmq, const bus_keys_t *keys, const char *name, bus_refused_fn *refused,
                          void *arg)
{
    bus_dial_t *self = xcalloc (1, sizeof *self);
    *self = (bus_dial_t){.loop = loop, .zmq = zmq, .keys = keys, .name = name, .refused = refused, .arg = arg};
    if (keys && !(self->monitor = bus_monitor_new (loop, zmq, EVENTS, on_event, self))) {
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
    loop_cancel (self->loop, &self->flip);
    while (self->targets) {
        target_t *target = self->targets;
        self->targets = target->next;
        free (target);
    }
    free (self);
}
