/* bus_peers.h - how many are connected to a bound socket, and no more of them than a bound. */
#ifndef BUCKSTOP_BUS_PEERS_H
#define BUCKSTOP_BUS_PEERS_H

#include "loop.h"

typedef struct bus_peers bus_peers_t;

/* Of a socket that is about to be bound. NULL: it can't be watched. */
bus_peers_t *bus_peers_new (loop_t *loop, void *zmq, size_t max);
void bus_peers_destroy (bus_peers_t **self_p); /* before its socket */
void bus_peers_bound (bus_peers_t *self, size_t max);
size_t bus_peers_n (const bus_peers_t *self);
uint64_t bus_peers_refused (const bus_peers_t *self); /* closed at once, since there were enough */

#endif
