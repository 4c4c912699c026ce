/* perform.h - what commit.lua and lease.lua do, done on the fake's keyspace. */
#ifndef BUCKSTOP_FAKE_PERFORM_H
#define BUCKSTOP_FAKE_PERFORM_H

#include "commit.h"
#include "store.h"

/* One commit, all or nothing. answer->found points into the keyspace or a static buffer: copy it at once.
 * on_event is told of each stream that got an entry. */
typedef void (perform_event_fn) (const char *key);
void perform_commit (const commit_t *commit, wall_ms_t now, commit_answer_t *answer, perform_event_fn *on_event);

/* One lease. Rows are malloc'd with their bytes: perform_rows_free. */
typedef struct perform_rows {
    store_row_t *rows;
    size_t n;
    wall_ms_t next_due;
    bool wrong_type; /* the timers are no sorted set */
} perform_rows_t;
void perform_lease (int shard, char kind, size_t max, int lease_ms, wall_ms_t now, perform_rows_t *leased);
void perform_rows_free (perform_rows_t *self);

#endif
