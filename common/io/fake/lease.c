/* lease.c (fake) - hands out what is due and moves its timer ahead, as lease.lua does. */
#include "perform.h"

#include "data.h"
#include "guard.h"
#include "keys.h"
#include "record.h"

#include "xmalloc.h"

#include <stdio.h>

enum { SET_ASIDE_MS = 3600 * 1000, DOUBLINGS = 10 };

/* The key of the record behind a timer: "b:{s}:K:W:C" from "W:C". */
static void record_key (char *key, size_t size, int shard, char kind, const data_item_t *item)
{
    snprintf (key, size, "b:{%d}:%c:%.*s", shard, kind, (int)item->name_size, item->name);
}

static void add_row (perform_rows_t *leased, const data_item_t *item, const data_item_t *record, unsigned attempts)
{
    leased->rows = xrealloc (leased->rows, (leased->n + 1) * sizeof *leased->rows);
    leased->rows[leased->n++] = (store_row_t){
        .member = xmemdup (item->name, item->name_size + 1),
        .member_size = item->name_size,
        .record = record ? xmemdup (record->bytes, record->size) : NULL,
        .record_size = record ? record->size : 0,
        .due = item->score,
        .attempts = attempts,
        .alone = record && attempts > STORE_ATTEMPTS_ALONE,
        .set_aside = attempts > STORE_ATTEMPTS_MAX,
    };
}

static unsigned attempts_of (const data_item_t *record)
{
    int attempts = (uint8_t)record->bytes[1] - '0' + 1;
    attempts = attempts < 1 ? 1 : attempts > STORE_ATTEMPTS_MAX + DOUBLINGS ? STORE_ATTEMPTS_MAX + DOUBLINGS : attempts;
    return (unsigned)attempts;
}

/* Above the limit each lease is twice as long as the one before. */
static int lease_of (unsigned attempts, int lease_ms)
{
    if (attempts <= STORE_ATTEMPTS_MAX)
        return lease_ms;
    int64_t longer = (int64_t)lease_ms << (attempts - STORE_ATTEMPTS_MAX);
    return longer < SET_ASIDE_MS ? (int)longer : SET_ASIDE_MS;
}

enum { TIMER_GONE = -1 };

/* One that is due. How far its timer moves, or TIMER_GONE; *last: the lease ends here, and with LEAVE even
 * before it. */
typedef enum verdict { GO_ON, LAST, LEAVE } verdict_t;

static verdict_t take (perform_rows_t *leased, const data_item_t *item, const char *key, int lease_ms, int *move_ms)
{
    data_t *data = data_find (key);
    data_item_t *record = data && data->kind == DATA_STRING ? &data->items[0] : NULL;
    *move_ms = lease_ms;
    if (!data) {
        add_row (leased, item, NULL, 0);
        *move_ms = TIMER_GONE;
        return GO_ON;
    }
    if (!record || record->size < RECORD_HEAD_SIZE) { /* no record at all: the others go on */
        add_row (leased, item, NULL, STORE_ATTEMPTS_MAX + 1);
        *move_ms = SET_ASIDE_MS;
        return GO_ON;
    }
    uint8_t schema = (uint8_t)record->bytes[0];
    if (schema > RECORD_SCHEMA_NOW &&
        schema <= RECORD_SCHEMA_LAST) /* for a newer worker, whoever is there when it comes up */
        return GO_ON;
    unsigned attempts = attempts_of (record);
    if (attempts > STORE_ATTEMPTS_ALONE && leased->n)
        return LEAVE;
    add_row (leased, item, record, attempts); /* as it was before this attempt is counted in its head */
    record->bytes[1] = (char)('0' + attempts);
    *move_ms = lease_of (attempts, lease_ms);
    return attempts > STORE_ATTEMPTS_ALONE ? LAST : GO_ON;
}

static void move_timer (data_t *due, const char *name, size_t size, int move_ms, wall_ms_t now)
{
    if (move_ms == TIMER_GONE)
        data_drop (due, (size_t)(data_named (due, name, size) - due->items));
    else
        data_place (due, now + move_ms, name, size);
}

void perform_lease (int shard, char kind, size_t max, int lease_ms, wall_ms_t now, perform_rows_t *leased)
{
    char due_key[KEY_SIZE], key[KEY_SIZE + MEMBER_SIZE];
    char *names[STORE_LEASE_MAX];
    size_t sizes[STORE_LEASE_MAX], n = 0;
    key_due (due_key, shard, kind);
    data_now (now);
    *leased = (perform_rows_t){.next_due = TIME_NEVER};
    data_t *due = data_find (due_key);
    leased->wrong_type = due && due->kind != DATA_ZSET;
    if (leased->wrong_type)
        return;
    for (; due && n < due->n && n < max && n < STORE_LEASE_MAX && (due->items[n].score <= now || !GUARD ("f33")); n++) {
        names[n] = xmemdup (due->items[n].name, due->items[n].name_size + 1);
        sizes[n] = due->items[n].name_size;
    }
    verdict_t verdict = GO_ON;
    for (size_t i = 0; i < n; i++) {
        int move_ms = 0;
        const data_item_t *item = data_named (due, names[i], sizes[i]);
        record_key (key, sizeof key, shard, kind, item);
        if (verdict == GO_ON && (verdict = take (leased, item, key, lease_ms, &move_ms)) != LEAVE)
            move_timer (due, names[i], sizes[i], move_ms, now);
        free (names[i]);
        due = data_find (due_key);
    }
    if (due)
        leased->next_due = due->items[0].score;
}

void perform_rows_free (perform_rows_t *self)
{
    for (size_t i = 0; i < self->n; i++) {
        free ((void *)self->rows[i].member);
        free ((void *)self->rows[i].record);
    }
    free (self->rows);
    *self = (perform_rows_t){0};
}
