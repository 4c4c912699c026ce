/* bus_dial.h - where a connecting socket is connected to, and whose key it expects there. */
#ifndef BUCKSTOP_BUS_DIAL_H
#define BUCKSTOP_BUS_DIAL_H

#include "bus.h"
#include "bus_keys.h"

typedef struct bus_dial bus_dial_t;

/* keys NULL: plain; else who binds there is `name`. NULL: errno. */
bus_dial_t *bus_dial_new (loop_t *loop, void *zmq, const bus_keys_t *keys, const char *name, bus_refused_fn *refused,
                          void *arg);
void bus_dial_destroy (bus_dial_t **self_p);                   /* before the socket is closed */
int bus_dial_connect (bus_dial_t *self, const char *endpoint); /* 0, or -1 and errno */
void bus_dial_disconnect (bus_dial_t *self, const char *endpoint);
void bus_dial_look (bus_dial_t *self); /* the keys have changed; self may be NULL */

#endif
