/* shelves.h - an archive read back: every event once, in the order of its workspace's stream. Blocks. */
#ifndef BUCKSTOP_SHELVES_H
#define BUCKSTOP_SHELVES_H

#include "types.h"

#include <jansson.h>

/* What was met besides events. */
typedef struct shelves_found {
    uint64_t files, events, doubles; /* doubles: told again behind a crash */
    uint64_t undone;                 /* of a past that the store has left: a later series has that number, too */
    uint64_t gaps, missing;   /* numbers that are not there: forgotten, or trimmed before anybody archived them */
    uint64_t damaged;         /* files that end before their end, and lines that are none */
    char damage[DETAIL_SIZE]; /* the first of those, in words */
} shelves_found_t;

/* Return false to stop. line: valid during the call. */
typedef bool (shelves_fn) (void *arg, const json_t *line);

/* Files, or directories of an archive (DIR, DIR/WORKSPACE). 0, or negative errno with the name in found->damage. */
int shelves_read (const char *const *paths, size_t n, shelves_fn *fn, void *arg, shelves_found_t *found);

/* What a line becomes: the caller's, freed by shelves_rewrite; NULL: it stays. */
typedef json_t *(shelves_change_fn)(void *arg, const json_t *line);
/* The files of those paths, each on disk, and its owner's, before the old one goes; one in which nothing changes is left
 * alone. Those that an archive still writes (it holds its directory's lock) are passed over: *open. *changed: lines. 0, or
 * negative errno, with the name in found->damage. */
int shelves_rewrite (const char *const *paths, size_t n, shelves_change_fn *fn, void *arg, uint64_t *changed,
                     uint64_t *open, shelves_found_t *found);

#endif
