/* delivery_sooner.c - moves what waits in the outbox: the record says when it is due, and its timer with it.
 *
 * Used where the reason to wait is gone: the far side answers again, the clock was set back. */
#include "delivery_sooner.h"

#include "ids.h"
#include "keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

commit_t *delivery_rewrite (int shard, const delivery_t *delivery, const record_head_t *head, event_id_t event)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size;
    record_head_t next = record_head_next (head, KIND_DELIVERY, event, 0);
    uint8_t *bytes = delivery_pack (delivery, &next, &size);
    commit_t *commit = commit_new (shard);
    key_delivery (key, shard, delivery->workspace, delivery->id);
    commit_expect_record (commit, key, head->version, event);
    commit_put (commit, key, bytes, size, 0);
    member_make (member, delivery->workspace, delivery->id);
    commit_place (commit, key_due (key, shard, KIND_DELIVERY), delivery->due, member);
    free (bytes);
    return commit;
}

bool delivery_sooner (store_t *store, int shard, const store_value_t *record, wall_ms_t due, const event_id_t *once,
                      store_commit_fn *fn, void *arg)
{
    delivery_t delivery;
    record_head_t head;
    char version[24];
    if (!record->bytes || delivery_unpack (record->bytes, record->size, &head, &delivery) != RECORD_OK)
        return false;
    delivery.due = due;
    if (delivery.held_until)
        delivery.held_until = due;
    snprintf (version, sizeof version, "%" PRIu64, head.version);
    event_id_t event = once ? *once : event_id_of ("sooner", delivery.id, version, NULL);
    commit_t *commit = delivery_rewrite (shard, &delivery, &head, event);
    store_commit (store, &commit, 0, fn, arg);
    delivery_clear (&delivery);
    return true;
}
