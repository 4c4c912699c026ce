/* lease.c (fake) - hands out what is due and moves its timer ahead, as lease.lua does. */
#include "perform.h"

#include "data.h"
#include "keys.h"
#include "record.h"

#include "xmalloc.h"

#include <stdio.h>

enum { SET_ASIDE_MS = 3600 * 1000 };

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
        .alone = attempts > STORE_ATTEMPTS_ALONE,
        .set_aside = attempts > STORE_ATTEMPTS_MAX,
    };
}

typedef enum verdict { TAKE_IT, TAKE_ALONE, LEAVE_IT } verdict_t;

/* One that is due, at `item`: its timer is moved or removed, so `item` is not what it was afterwards. */
static verdict_t take (perform_rows_t *leased, data_t *due, const data_item_t *item, const char *key, int lease_ms,
                       wall_ms_t now)
{
    data_t *data = data_find (key);
    data_item_t *record = data && data->kind == DATA_STRING ? &data->items[0] : NULL;
    if (!record || record->size < RECORD_HEAD_SIZE) {
        add_row (leased, item, NULL, 0);
        data_drop (due, (size_t)(item - due->items));
        return TAKE_IT;
    }
    if (record->bytes[0] > RECORD_SCHEMA) { /* for a newer worker: it comes up again, for whoever is there */
        data_place (due, now + lease_ms, item->name, item->name_size);
        return TAKE_IT;
    }
    unsigned attempts = (unsigned)(record->bytes[1] - '0') + 1;
    if (attempts > STORE_ATTEMPTS_ALONE && leased->n)
        return LEAVE_IT;
    record->bytes[1] = (char)('0' + (attempts > STORE_ATTEMPTS_MAX ? STORE_ATTEMPTS_MAX + 1 : attempts));
    add_row (leased, item, record, attempts);
    data_place (due, now + (attempts > STORE_ATTEMPTS_MAX ? SET_ASIDE_MS : lease_ms), item->name, item->name_size);
    return attempts > STORE_ATTEMPTS_ALONE ? TAKE_ALONE : TAKE_IT;
}

void perform_lease (int shard, char kind, size_t max, int lease_ms, wall_ms_t now, perform_rows_t *leased)
{
    char due_key[KEY_SIZE], key[KEY_SIZE + MEMBER_SIZE];
    key_due (due_key, shard, kind);
    data_now (now);
    *leased = (perform_rows_t){.next_due = TIME_NEVER};
    data_t *due = data_find (due_key);
    while (due && due->items[0].score <= now && leased->n < max) {
        record_key (key, sizeof key, shard, kind, &due->items[0]);
        verdict_t verdict = take (leased, due, &due->items[0], key, lease_ms, now);
        due = data_find (due_key);
        if (verdict != TAKE_IT)
            break;
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
