/* store_address.h - where the store is, as it is written on the command line. Pure.
 *
 *   unix:/run/redis.sock             a unix socket
 *   redis.example:6379, [::1]:6379   a host and a port
 *   sentinel:desk@a:26379,b:26379    the primary that those sentinels name "desk", followed at a fail-over
 *   tls:HOST:PORT, tls:sentinel:...  the same by TLS, sentinels and nodes alike */
#ifndef BUCKSTOP_STORE_ADDRESS_H
#define BUCKSTOP_STORE_ADDRESS_H

#include "types.h"

enum { STORE_PATH_SIZE = 104, STORE_HOST_SIZE = 256, STORE_SENTINELS_MAX = 9, STORE_ADDRESS_WHY_SIZE = 320 };

typedef enum store_address_kind { STORE_UNIX, STORE_HOST, STORE_SENTINEL } store_address_kind_t;

typedef struct store_place {
    char host[STORE_HOST_SIZE]; /* without brackets */
    int port;
} store_place_t;

typedef struct store_address {
    store_address_kind_t kind;
    bool tls;
    char path[STORE_PATH_SIZE];                /* unix */
    char name[NAME_SIZE];                      /* sentinel: what they call the primary */
    store_place_t places[STORE_SENTINELS_MAX]; /* host: one; sentinel: all of them */
    size_t places_n;
} store_address_t;

/* True, or `why` says what is wrong and how it is written. */
bool store_address_parse (const char *text, store_address_t *address, char why[STORE_ADDRESS_WHY_SIZE]);

#endif
