/* bus_peers.h - how many are connected to a bound socket, and no more of them than a bound. */
#ifndef BUCKSTOP_BUS_PEERS_H
#define BUCKSTOP_BUS_PEERS_H

#include "bus.h"

typedef struct bus_peers bus_peers_t;

/* Of a socket that is about to be bound. NULL: it can't be watched; errno. */
bus_peers_t *bus_peers_new (loop_t *loop, void *zmq, size_t max, bus_refused_fn *said, void *arg);
void bus_peers_destroy (bus_peers_t **self_p); /* before its socket */
void bus_peers_bound (bus_peers_t *self, size_t max);
size_t bus_peers_n (const bus_peers_t *self);
uint64_t bus_peers_refused (const bus_peers_t *self);   /* closed at once, since there were enough */
uint64_t bus_peers_strangers (const bus_peers_t *self); /* whose handshake failed */
void bus_peers_close (bus_peers_t *self);               /* all of them; who may come comes again. self may be NULL */

#endif
