/* store_conn.h - a connection, as store_redis.c (what flows) and store_connect.c (how it comes to be) share it. */
#ifndef BUCKSTOP_STORE_CONN_H
#define BUCKSTOP_STORE_CONN_H

#include "store_private.h"

struct conn {
    loop_t *loop;
    const conn_target_t *target;
    const conn_t *beside;           /* goes where that one is; NULL: where the target says */
    store_place_t place;            /* where it is, or is going to */
    bool placed;                    /* it is known: not a socket, and sentinels agree */
    char address[INET6_ADDRSTRLEN]; /* of the place's host */
    size_t attempts;                /* of several addresses of a name the next one is tried */
    conn_fn *up_fn, *down_fn;
    void *arg;
    redisAsyncContext *redis; /* NULL: not connected */
    loop_watch_t *watch;
    loop_timer_t *timer; /* the attempt's end, or the next attempt */
    resolve_t *resolve;
    struct ssl_st *ssl; /* hiredis's, to ask it what went wrong; NULL: no TLS */
    bool connected, up; /* up: and it may be used */
    bool taken;         /* ever: somebody was there who took the connection */
    bool answered;      /* what is there has spoken as Redis does */
    bool want_write, watching_write, closing;
    int backoff_ms;
    char error[WHY_SIZE];
};

void conn_take_error (conn_t *self, const char *words);

/* store_redis.c */
void conn_attach (conn_t *self, redisAsyncContext *redis); /* a context that is to connect */
void conn_gone (conn_t *self);                             /* hiredis has freed it */

/* store_connect.c */
void conn_begin (void *conn); /* an attempt */
void conn_connected (const redisAsyncContext *redis, int status);
void conn_failed (conn_t *self); /* said to whoever waits; and again after the back-off */

#endif
