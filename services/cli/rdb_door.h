/* rdb_door.h - hands a snapshot to a Redis that was told to replicate from here, and writes behind it before it is on its
 * own: the only way into a running Redis that takes the whole at once and keeps it read-only until all is in place. */
#ifndef BUCKSTOP_RDB_DOOR_H
#define BUCKSTOP_RDB_DOOR_H

#include "backup.h"

typedef struct rdb_door {
    int listening, peer; /* -1: none */
    int port;
    int file;
    uint64_t size;
    const char *id; /* by which the Redis is known; it may be filled in until rdb_door_send */
} rdb_door_t;

/* Listens at an address with a port that the system picks. id: the replication id that the Redis has as a primary; without
 * one nobody gets the copy. Kept by the caller. CLI_GO, or said. */
int rdb_door_open (rdb_door_t *self, const char *address, const char *path, uint64_t size, const char *id);
void rdb_door_close (rdb_door_t *self);
/* Waits for the Redis, and sends it all. CLI_GO, or said. */
int rdb_door_send (rdb_door_t *self);
/* A command that the Redis carries out as a replica does. CLI_GO, or said. */
int rdb_door_command (rdb_door_t *self, const char *const *words, const size_t *sizes, size_t n);
/* What the Redis says meanwhile is let go, and it hears that we are there. */
void rdb_door_keep (rdb_door_t *self);

#endif
