/* bus.h - ZeroMQ between the services: hints, requests and the stream. Topology is one table in bus.c's bus_row. */
#ifndef BUCKSTOP_BUS_H
#define BUCKSTOP_BUS_H

#include "loop.h"
#include "wire.h"

typedef enum bus_link { BUS_SUBMIT, BUS_ROUTE, BUS_DUE, BUS_OUTBOX, BUS_STREAM, BUS_LINKS } bus_link_t;

/* The service that binds a link; all others connect. */
static inline const char *bus_binder (bus_link_t link)
{
    static const char *const names[BUS_LINKS] = {[BUS_SUBMIT] = "intake",
                                                 [BUS_ROUTE] = "routing",
                                                 [BUS_DUE] = "escalation",
                                                 [BUS_OUTBOX] = "notification",
                                                 [BUS_STREAM] = "notification"};
    return names[link];
}

typedef struct bus bus_t;
typedef struct bus_peer bus_peer_t; /* who sent a request: kept until answered */

/* Bytes are valid only during the call. peer: for BUS_SUBMIT at the binding side, to be answered with
 * bus_answer; NULL elsewhere. */
typedef void (bus_fn) (void *arg, bus_peer_t *peer, const void *bytes, size_t size);

bus_t *bus_new (loop_t *loop);
void bus_destroy (bus_t **self_p);
/* The side that the topology calls "binds" / "connects". Endpoints are separated by commas. 0, or negative errno. */
int bus_bind (bus_t *self, bus_link_t link, const char *endpoints, bus_fn *fn, void *arg);
int bus_connect (bus_t *self, bus_link_t link, const char *endpoints, bus_fn *fn, void *arg);
/* Never block. 0, or -EAGAIN: dropped, and counted. */
int bus_push (bus_t *self, bus_link_t link, const void *bytes, size_t size);
int bus_publish (bus_t *self, const char *topic, const void *bytes, size_t size); /* BUS_STREAM, binding side */
int bus_request (bus_t *self, const void *bytes, size_t size);                    /* BUS_SUBMIT, connecting side */
/* Answers a request and forgets the peer; size 0 only forgets it. */
void bus_answer (bus_t *self, bus_peer_t **peer_p, const void *bytes, size_t size);
uint64_t bus_dropped (const bus_t *self, bus_link_t link);
/* Binding side: so many peers at once, one more is closed (the topology's number unless it is said); how many there are,
 * how many were closed. Call it before or after bus_bind. */
void bus_peers_max (bus_t *self, bus_link_t link, size_t max);
size_t bus_peers (const bus_t *self, bus_link_t link);
uint64_t bus_peers_closed (const bus_t *self, bus_link_t link);
/* BUS_STREAM, binding side: somebody subscribed, who may have missed what was published before. */
void bus_on_subscribe (bus_t *self, loop_fn *fn, void *arg);

/* ---- keys: with them all links are CURVE (ZeroMQ RFC 26), and nothing is said or heard without
 *
 *   DIR/NAME.key            both keys of a process, secret; replicas share it
 *   DIR/public/NAME.pub     who is heard, and whom to expect where one connects: the service that binds the link
 *   DIR/public/NAME.X.pub   the same name, too (next, old, ...): while keys are changed two of them are good
 *
 * The files are czmq's certificates (ZPL). DIR/public is looked at again every BUS_KEYS_LOOK_MS: who was added is heard from
 * then on, and when somebody was taken away everyone at a bound socket must show their key once more. */

enum { BUS_KEYS_LOOK_MS = 1000, BUS_KEYS_MAX = 64 };
/* Before any bind or connect. One bus of a process may bind with keys (there is one ZAP handler, RFC 27). 0, or a negative
 * errno and why. */
int bus_use_keys (bus_t *self, const char *directory, const char *name, char why[DETAIL_SIZE]);
/* Whether bus_use_keys would do. */
bool bus_keys_fine (const char *directory, const char *name, char why[DETAIL_SIZE]);
/* Makes DIR/NAME.key and DIR/public/NAME.pub, and the folders; name: "intake", "intake.next". 1; 0: they are there, and stay
 * as they are; negative errno: why. */
int bus_keys_make (const char *directory, const char *name, char why[DETAIL_SIZE]);
/* Handshakes that a bound socket has ended: a stranger's key, none, or another protocol. */
uint64_t bus_refused (const bus_t *self);
/* Somebody was refused, or refuses us; or a file is no key. what: in words; who: an address, a key or a file. */
typedef void (bus_refused_fn) (void *arg, const char *what, const char *who);
void bus_on_refused (bus_t *self, bus_refused_fn *fn, void *arg);

#endif
