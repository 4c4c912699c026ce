/* lease_back.h - gives back what a lease handed out. */
#ifndef BUCKSTOP_LEASE_BACK_H
#define BUCKSTOP_LEASE_BACK_H

#include "service.h"

/* The record's timer stands at `due` again; that it was leased stays counted until the next commit. Where somebody has committed meanwhile, theirs
 * stands. `member` is as it stands in due:K. What is no record is left to its lease. */
void lease_back (store_t *store, int shard, char kind, const store_value_t *member, const void *record, size_t size,
                 wall_ms_t due);
/* All rows of a lease, to when they were due. */
void lease_back_all (store_t *store, int shard, char kind, const store_leased_t *leased);

#endif
