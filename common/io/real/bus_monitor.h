/* bus_monitor.h - what libzmq's monitor tells of a socket's connections. */
#ifndef BUCKSTOP_BUS_MONITOR_H
#define BUCKSTOP_BUS_MONITOR_H

#include "loop.h"

typedef struct bus_monitor bus_monitor_t;
enum { ADDRESS_ROOM = 256 };

/* event: ZMQ_EVENT_...; value: its number (a descriptor, a status); address: "tcp://127.0.0.1:7401", "ipc:///run/submit":
 * where the socket is bound, or where it connects to. */
typedef void (bus_monitor_fn) (void *arg, int event, int value, const char *address);

/* Of a socket (libzmq's) that is about to be bound or connected. NULL: it can't be watched; errno. */
bus_monitor_t *bus_monitor_new (loop_t *loop, void *zmq, int events, bus_monitor_fn *fn, void *arg);
void bus_monitor_destroy (bus_monitor_t **self_p); /* before its socket */

#endif
