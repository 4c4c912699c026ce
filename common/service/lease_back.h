/* lease_back.h - gives back what a lease handed out. */
#ifndef BUCKSTOP_LEASE_BACK_H
#define BUCKSTOP_LEASE_BACK_H

#include "service.h"

typedef struct lease_row {
    int shard;
    char kind;
    store_value_t member, record; /* as it stands in due:K; as it was read */
} lease_row_t;

/* The record's timer stands at `due` again; that it was leased stays counted until the next commit. Where somebody has
 * committed meanwhile, theirs stands. False: it is no record, is left to its lease, and fn is not called. */
bool lease_back (store_t *store, const lease_row_t *row, wall_ms_t due, store_commit_fn *fn, void *arg);
/* All rows of a lease, to when they were due. */
void lease_back_all (store_t *store, int shard, char kind, const store_leased_t *leased);

#endif
