/* next_way.c - the other ways of a notice that failed by one: who is still to come, who has told them, who has failed.
 *
 * Hears: the records of all its ways, those in the outbox and those that were accepted (sent.h), in one read.
 * Says: one commit that makes the next one due now. What is due within NEAR_MS comes by itself: somebody may have a lease
 * of it.
 *
 * A way without a record was accepted by a far side that tells nothing later, or had no reason any more. */
#include "next_way.h"

#include "delivery_sooner.h"
#include "guard.h"
#include "ids.h"
#include "keys.h"
#include "notice.h"
#include "xmalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_MS = 5000, KEYS_OF_WAY = 2 };

typedef struct look {
    store_t *store;
    int shard;
    unsigned way; /* the one that failed */
    bool more;    /* there is one behind it */
    char id[DELIVERY_ID_SIZE];
    next_way_fn *fn;
    void *arg;
} look_t;

typedef enum way_state { WAY_ABSENT, WAY_WAITS, WAY_FAILED, WAY_SENT, WAY_BROKEN } way_state_t;

static void end (look_t *self, next_way_outcome_t outcome)
{
    next_way_fn *fn = self->fn;
    void *arg = self->arg;
    free (self);
    fn (arg, outcome);
}

/* due: 0 where quiet hours hold it: they are not pierced. */
static way_state_t state_of (const store_value_t *value, bool sent, bool *more, wall_ms_t *due)
{
    delivery_t delivery;
    record_head_t head;
    if (!value->bytes)
        return WAY_ABSENT;
    if (delivery_unpack (value->bytes, value->size, &head, &delivery) != RECORD_OK)
        return WAY_BROKEN;
    bool failed = delivery.dead || delivery.ended == DELIVERY_FAILED;
    *more = delivery.next[0] != 0;
    *due = delivery.held_until && !delivery.held_since ? 0 : delivery.due;
    delivery_clear (&delivery);
    return failed ? WAY_FAILED : sent ? WAY_SENT : WAY_WAITS;
}

static void on_moved (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* refused: somebody has it, or has moved it */
    end (arg, NEXT_WAY_COMES);
}

static void on_ways (void *arg, const store_values_t *values)
{
    look_t *self = arg;
    bool told = false, waits = false, more = self->more;
    if (values->away || values->n < (size_t)KEYS_OF_WAY * NOTICE_WAYS_MAX) {
        end (self, NEXT_WAY_AWAY);
        return;
    }
    for (unsigned i = 0; i < NOTICE_WAYS_MAX; i++) {
        wall_ms_t due = 0;
        bool further = false;
        if (i == self->way || (i > self->way && !more))
            continue;
        const store_value_t *record = &values->items[KEYS_OF_WAY * i];
        way_state_t state = state_of (record, false, &further, &due);
        if (state == WAY_ABSENT)
            state = state_of (&values->items[KEYS_OF_WAY * i + 1], true, &further, &due);
        if (i > self->way)
            more = further;
        if (state == WAY_WAITS && i > self->way && due > store_now (self->store) + NEAR_MS) {
            event_id_t once = event_id_of ("next way", self->id, NULL);
            if (delivery_sooner (self->store, self->shard, record, store_now (self->store), &once, on_moved, self))
                return;
        }
        waits = waits || state == WAY_WAITS;
        told = told || state == WAY_ABSENT || state == WAY_SENT;
        if (waits && i > self->way)
            break;
    }
    end (self, waits ? NEXT_WAY_COMES : told ? NEXT_WAY_TOLD : NEXT_WAY_NONE);
}

/* "0123456789abcdef-7" by way 2: of way 0 it is "0123456789abcdef-5". */
static bool first_of (const delivery_t *failed, char event[HASH_HEX_SIZE], unsigned *first)
{
    const char *dash = strrchr (failed->id, '-');
    if (!dash || dash - failed->id != HASH_HEX_SIZE - 1 || failed->way_index >= NOTICE_WAYS_MAX)
        return false;
    memcpy (event, failed->id, HASH_HEX_SIZE - 1);
    event[HASH_HEX_SIZE - 1] = 0;
    unsigned long position = strtoul (dash + 1, NULL, 10);
    *first = (unsigned)position - failed->way_index;
    return position >= failed->way_index;
}

static void on_alone (void *arg, const store_values_t *values)
{
    (void)values;
    end (arg, NEXT_WAY_TOLD);
}

void next_way (store_t *store, const delivery_t *failed, next_way_fn *fn, void *arg)
{
    enum { KEYS = KEYS_OF_WAY * NOTICE_WAYS_MAX };
    char keys[KEYS][KEY_SIZE], event[HASH_HEX_SIZE] = "", id[DELIVERY_ID_SIZE];
    const char *list[KEYS];
    unsigned first = 0;
    look_t *self = xcalloc (1, sizeof *self);
    *self = (look_t){.store = store,
                     .shard = store_shard (store, failed->workspace),
                     .way = failed->way_index,
                     .more = failed->next[0] != 0,
                     .fn = fn,
                     .arg = arg};
    snprintf (self->id, sizeof self->id, "%s", failed->id);
    bool known = first_of (failed, event, &first) && GUARD ("f22");
    for (unsigned i = 0; i < NOTICE_WAYS_MAX; i++) {
        snprintf (id, sizeof id, "%.16s-%u", event, (first + i) % 1000000);
        list[KEYS_OF_WAY * i] = key_delivery (keys[KEYS_OF_WAY * i], self->shard, failed->workspace, id);
        list[KEYS_OF_WAY * i + 1] = key_sent (keys[KEYS_OF_WAY * i + 1], self->shard, failed->workspace, "", id);
    }
    store_get (store, list, known ? KEYS : 1, known ? on_ways : on_alone, self);
}
