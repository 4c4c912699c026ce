/* bus_names.h - a connecting socket has every address that a host name stands for, now and later. */
#ifndef BUCKSTOP_BUS_NAMES_H
#define BUCKSTOP_BUS_NAMES_H

#include "bus_dial.h"

typedef struct bus_names bus_names_t;

bus_names_t *bus_names_new (loop_t *loop);
void bus_names_destroy (bus_names_t **self_p); /* before the sockets are closed */
/* Takes an endpoint "tcp://NAME:PORT" on: the socket is connected to each address that the name has, and
 * disconnected from those that it lost. False: it names no host, connect it yourself. */
bool bus_names_follow (bus_names_t *self, bus_dial_t *dial, const char *endpoint);

#endif
