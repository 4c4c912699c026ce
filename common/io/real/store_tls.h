/* store_tls.h - TLS to Redis and its sentinels: whom we trust, and what we show. */
#ifndef BUCKSTOP_STORE_TLS_H
#define BUCKSTOP_STORE_TLS_H

#include "store.h"

struct redisContext;
struct ssl_st;
typedef struct store_tls store_tls_t;

/* The files of the configuration, read once. NULL: why; also where this build has no TLS. */
store_tls_t *store_tls_new (const store_config_t *config, char why[DETAIL_SIZE]);
void store_tls_destroy (store_tls_t **self_p); /* after the connections that it began */
/* Of a context that is connecting: what it says is TLS from now on, and the other's certificate must be of that host (a
 * name or an address). hiredis owns what is returned. NULL: why. */
struct ssl_st *store_tls_begin (store_tls_t *self, struct redisContext *redis, const char *host, char why[DETAIL_SIZE]);
/* After a failure, before the context is freed: whether it was TLS's, and in words. ssl may be NULL. */
bool store_tls_why (struct ssl_st *ssl, char why[DETAIL_SIZE]);

#endif
