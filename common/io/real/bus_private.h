/* bus_private.h - what the rooms of the bus share.
 *
 *   bus.c           the topology; opening, closing; who is there
 *   bus_messages.c  hearing and saying
 *   bus_peers.c     who is connected to a bound socket
 *   bus_names.c     a connecting socket at all addresses of a name
 *   bus_keys.c      CURVE: the folder of keys (bus_keys_make.c makes them)
 *   bus_zap.c       who may be heard
 *   bus_dial.c      the key that a connecting socket expects at the other end */
#ifndef BUCKSTOP_BUS_PRIVATE_H
#define BUCKSTOP_BUS_PRIVATE_H

#include "bus.h"

#include "bus_dial.h"
#include "bus_keys.h"
#include "bus_names.h"
#include "bus_peers.h"
#include "bus_zap.h"
#include "xmalloc.h"

#include <czmq.h>
#include <errno.h>

typedef struct end {
    bus_t *bus;
    bus_link_t link;
    zsock_t *sock; /* NULL: not opened */
    void *zmq;     /* the same, for libzmq */
    int type;
    bus_fn *fn;
    void *arg;
    bus_peers_t *peers; /* NULL: it connects */
    bus_dial_t *dial;   /* NULL: it binds */
} end_t;

struct bus {
    loop_t *loop;
    end_t bound[BUS_LINKS], connected[BUS_LINKS];
    bus_names_t *names;
    size_t peers_max[BUS_LINKS]; /* 0: the topology's */
    loop_fn *on_subscribe;
    void *on_subscribe_arg;
    uint64_t dropped[BUS_LINKS];
    bus_keys_t *keys; /* NULL: plain */
    bus_zap_t *zap;   /* NULL: nothing is bound with keys */
    loop_timer_t *look;
    bus_refused_fn *on_refused;
    void *on_refused_arg;
};

int bus_hear (zloop_t *zloop, zsock_t *sock, void *end); /* a handler of the zloop */

#endif
