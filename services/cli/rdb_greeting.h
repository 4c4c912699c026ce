/* rdb_greeting.h - what a Redis says before it takes a copy, and what it is answered. Hostile until it has said who it is:
 * anybody may connect. No I/O. */
#ifndef BUCKSTOP_RDB_GREETING_H
#define BUCKSTOP_RDB_GREETING_H

#include <stdbool.h>
#include <stddef.h>

enum { RDB_ID_SIZE = 41, RDB_LINE_SIZE = 80 };

typedef struct rdb_greeting rdb_greeting_t;
/* id: the replication id by which that Redis asks to go on; the caller's. */
rdb_greeting_t *rdb_greeting_new (const char *id);
void rdb_greeting_destroy (rdb_greeting_t **self_p);
void rdb_greeting_feed (rdb_greeting_t *self, const char *bytes, size_t size);

typedef enum rdb_greeted {
    RDB_MORE,     /* feed more */
    RDB_ANSWER,   /* send the line, and look again */
    RDB_BEGINS,   /* send the line, and then the copy */
    RDB_STRANGER, /* it asks for the copy, and is another */
    RDB_NOISE,    /* that is no Redis */
} rdb_greeted_t;
rdb_greeted_t rdb_greeting_next (rdb_greeting_t *self, char line[RDB_LINE_SIZE]);

#endif
