/* bus_zap.h - answers libzmq's question who may be heard (ZAP, RFC 27). */
#ifndef BUCKSTOP_BUS_ZAP_H
#define BUCKSTOP_BUS_ZAP_H

#include "bus.h"
#include "bus_keys.h"

typedef struct bus_zap bus_zap_t;

/* Before the first socket with keys is bound. NULL: errno; EADDRINUSE: this process answers already. */
bus_zap_t *bus_zap_new (loop_t *loop, const bus_keys_t *keys, bus_refused_fn *refused, void *arg);
void bus_zap_destroy (bus_zap_t **self_p); /* after the last */

#endif
