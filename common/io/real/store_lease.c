/* store_lease.c - leases: what is due is handed out by lease.lua. A lease whose answer was lost is not asked again:
 * what it took comes back when it runs out. */
#include "store_private.h"

#include "keys.h"
#include "record.h"

enum { SCRIPT_ARGS = 8, ROW_FIELDS = 5, ROWS_FROM = 2, SET_ASIDE_MS = 3600 * 1000 };

static const redisReply *text_or_null (const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? reply : NULL;
}

static store_row_t row_of (redisReply *const *fields)
{
    const redisReply *record = text_or_null (fields[1]);
    unsigned attempts = (unsigned)fields[3]->integer;
    bool broken = fields[4]->integer != 0;
    return (store_row_t){
        .member = fields[0]->str,
        .member_size = (size_t)fields[0]->len,
        .record = record ? record->str : NULL,
        .record_size = record ? (size_t)record->len : 0,
        .due = reply_number (fields[2]),
        .attempts = attempts,
        .alone = !broken && attempts > STORE_ATTEMPTS_ALONE,
        .set_aside = broken || attempts > STORE_ATTEMPTS_MAX,
    };
}

static void on_answer (call_t *self, redisReply *reply)
{
    store_row_t rows[STORE_LEASE_MAX];
    store_leased_t leased = {.away = true, .next_due = TIME_NEVER};
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements >= ROWS_FROM) {
        leased = (store_leased_t){.rows = rows, .now = reply->element[0]->integer, .next_due = TIME_NEVER};
        store_time_seen (self->store, leased.now, self->sent_at);
        if (reply->element[1]->type == REDIS_REPLY_STRING)
            leased.next_due = reply_number (reply->element[1]);
        for (size_t at = ROWS_FROM; at + ROW_FIELDS <= reply->elements && leased.rows_n < STORE_LEASE_MAX;
             at += ROW_FIELDS)
            rows[leased.rows_n++] = row_of (reply->element + at);
    }
    leased.broken = reply && reply->type == REDIS_REPLY_ERROR && strstr (reply->str, "WRONGTYPE");
    self->fn.leased (self->arg, &leased);
}

void store_lease (store_t *self, int shard, char kind, int max, int lease_ms, store_leased_fn *fn, void *arg)
{
    char key[KEY_SIZE], prefix[KEY_SIZE];
    call_t *call = call_new (self, 0, on_answer, arg);
    call->fn.leased = fn;
    call->once = true;
    snprintf (prefix, sizeof prefix, "b:{%d}:%c:", shard, kind);
    call_script (call, SCRIPT_LEASE, key_due (key, shard, kind), SCRIPT_ARGS);
    resp_text (&call->command, prefix);
    resp_number (&call->command, max < 1 ? 1 : max > STORE_LEASE_MAX ? STORE_LEASE_MAX : max);
    resp_number (&call->command, lease_ms);
    resp_number (&call->command, STORE_ATTEMPTS_ALONE);
    resp_number (&call->command, STORE_ATTEMPTS_MAX);
    resp_number (&call->command, SET_ASIDE_MS);
    resp_number (&call->command, RECORD_SCHEMA_NOW);
    resp_number (&call->command, RECORD_SCHEMA_LAST);
    call_begin (call);
}
