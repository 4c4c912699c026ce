/* delivery_sooner.h - a delivery that waits in the outbox is due at another time. */
#ifndef BUCKSTOP_DELIVERY_SOONER_H
#define BUCKSTOP_DELIVERY_SOONER_H

#include "delivery.h"
#include "record.h"
#include "store.h"

/* Begins a commit that writes the record anew, its timer at delivery->due: if the record still is as `head` was read. The
 * caller adds what else is to be written, and gives it to the store. */
commit_t *delivery_rewrite (int shard, const delivery_t *delivery, const record_head_t *head, event_id_t event);

/* Record and timer of a delivery, as just read, are moved to `due` in one commit. Where somebody has committed meanwhile,
 * theirs stands. Only for one that nobody has a lease of: its attempt could not be settled. False: it can't be read, and
 * fn is not called. once: the event of it, NULL: one of its own; a record that holds it is moved no more by it. */
bool delivery_sooner (store_t *store, int shard, const store_value_t *record, wall_ms_t due, const event_id_t *once,
                      store_commit_fn *fn, void *arg);

#endif
