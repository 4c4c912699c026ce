/* shelf.h - the files of one workspace: appended to, closed by size and age, compressed, found again. Everything blocks: for
 * threads. One thread at a time.
 *
 *   DIR/WORKSPACE/0001-000000000001.ndjson.gz    closed: series 1, from event 1 on
 *   DIR/WORKSPACE/0001-000000004711.ndjson       the one that is written
 *
 * A line is one event, with its series and its number. At least once: what a crash repeats has the same two. A series
 * ends where the store went back (a restore, a fail-over that lost something): the next one begins at a number that the one
 * before may have had, too, and what that has from there on never was. */
#ifndef BUCKSTOP_SHELF_H
#define BUCKSTOP_SHELF_H

#include "types.h"

typedef struct shelf shelf_t;

typedef struct shelf_limits {
    uint64_t size;  /* bytes of a file before it is compressed */
    int64_t age_ms; /* since it was begun, or found again */
} shelf_limits_t;

/* Makes the directory if it is not there, takes away what a crash left, compresses what it left open. NULL: errno. */
shelf_t *shelf_open (const char *directory, const char *workspace, shelf_limits_t limits);
void shelf_close (shelf_t **self_p);
/* The last line that is whole; "" : there is none. Until the next call. */
const char *shelf_last (const shelf_t *self);
/* Lines whose first has that number; on disk when it returns. 0, or negative errno: then none of them is there. */
int shelf_append (shelf_t *self, unsigned series, uint64_t first, const char *lines, size_t size);
/* Is the file old enough to be closed? Then shelf_shut does it. 0, or negative errno. */
bool shelf_is_old (const shelf_t *self);
int shelf_shut (shelf_t *self);

/* "0001-000000004711.ndjson", with ".gz" or without. False: it is none of ours. */
bool shelf_name_read (const char *name, unsigned *series, uint64_t *number, bool *compressed);

#endif
