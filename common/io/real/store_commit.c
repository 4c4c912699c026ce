/* store_commit.c - commits: those of one turn and shard go in one call of commit.lua, at most STORE_BATCH_MAX.
 *
 * Each item is checked and answered on its own. A call whose answer was lost is sent again with the same bytes
 * (store_call.c); the event id in the record makes that harmless. An error that the script did not foresee is
 * pinned down by sending its items one by one: the one that fails alone is invalid. */
#include "store_private.h"

#include "keys.h"

#include <inttypes.h>

enum {
    BYTES_MAX = 8 * 1024 * 1024,
    DEADLINE_SPREAD_MS = 50,
    STATUS_ALREADY = 1,
    STATUS_REFUSED,
    STATUS_INVALID,
    STATUS_DENIED,
    US_PER_MS = 1000
};

struct batch_item {
    batch_item_t *next;
    commit_t *commit;
    mono_ms_t deadline;
    int64_t begun_us;
    store_commit_fn *fn;
    void *arg;
};

typedef struct batch {
    batch_item_t *items[STORE_BATCH_MAX];
    size_t n;
} batch_t;

/* One look at the clock serves all answers of a call: they come together. */
static void count (store_t *store, const batch_item_t *item, commit_outcome_t outcome, int64_t now_us)
{
    store->stats.outcomes[outcome]++;
    histogram_add (&store->stats.commits, histogram_short, (double)(now_us - item->begun_us) / US_PER_MS);
}

static void tell (batch_item_t *self, const commit_answer_t *answer)
{
    self->fn (self->arg, answer);
    commit_destroy (&self->commit);
    free (self);
}

/* ---- the bytes of a call */

static size_t args_of (const commit_t *commit)
{
    size_t n = 0;
    for (size_t i = 0; i < commit_size (commit); i++) {
        commit_op_t op = commit_op (commit, i);
        n += op.args_n + (op.op == OP_ROOM);
    }
    return n;
}

static void put_item (resp_t *command, const commit_t *commit)
{
    size_t size = commit_size (commit);
    char few[32], *letters = size < sizeof few ? few : xmalloc (size);
    for (size_t i = 0; i < size; i++)
        letters[i] = commit_op (commit, i).op;
    resp_bytes (command, letters, size);
    resp_number (command, (int64_t)args_of (commit));
    for (size_t i = 0; i < size; i++) {
        commit_op_t op = commit_op (commit, i);
        if (op.op == OP_ROOM)
            resp_number (command, (int64_t)(op.args_n - 2) / 2);
        for (size_t k = 0; k < op.args_n; k++)
            resp_bytes (command, op.args[k].bytes, op.args[k].size);
    }
    if (letters != few)
        free (letters);
}

/* What Redis need not be asked: -1, or the index of an op that is too large. Numbers are made by commit.c. */
static int oversized (const commit_t *commit)
{
    for (size_t i = 0; i < commit_size (commit); i++) {
        commit_op_t op = commit_op (commit, i);
        for (size_t k = 0; k < op.args_n; k++)
            if (op.args[k].size > (k == 0 ? KEY_SIZE : BYTES_MAX))
                return (int)i;
    }
    return -1;
}

/* ---- answers */

static void read_status (commit_answer_t *answer, const commit_t *commit, const redisReply *reply)
{
    const redisReply *second = reply->element[1], *found = reply->element[reply->elements - 1];
    if (reply->element[0]->integer == STATUS_ALREADY) {
        answer->outcome = COMMIT_ALREADY;
        for (size_t i = 0; i < (size_t)second->len; i++)
            answer->version = answer->version << 8 | (uint8_t)second->str[i];
        return;
    }
    answer->outcome = reply->element[0]->integer == STATUS_REFUSED ? COMMIT_REFUSED : COMMIT_INVALID;
    answer->failed = (size_t)second->integer - 1; /* Lua counts from 1 */
    answer->failed_op = answer->failed < commit_size (commit) ? commit_op (commit, answer->failed).op : '\0';
    answer->found = found->str ? found->str : "";
    answer->found_size = (size_t)found->len;
    if (answer->failed_op) {
        const commit_arg_t *key = commit_op (commit, answer->failed).args;
        answer->key = key->bytes;
        answer->key_size = key->size;
    }
}

/* Not allowed to our user: nothing was written, and nothing of the item is to blame. The store is away until it is. */
static bool is_denied (store_t *store, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 || reply->element[0]->integer != STATUS_DENIED)
        return false;
    rights_denied (store, reply->element[2]->str);
    return true;
}

static commit_answer_t read_item (store_t *store, const commit_t *commit, const redisReply *reply, wall_ms_t at)
{
    commit_answer_t answer = {.outcome = COMMIT_DONE, .at = at, .found = ""};
    if (is_denied (store, reply))
        answer = (commit_answer_t){.outcome = COMMIT_AWAY, .found = ""};
    else if (reply->type == REDIS_REPLY_STRING && reply->len > 2) /* "0-n" */
        answer.event_number = strtoull (reply->str + 2, NULL, 10);
    else if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2)
        read_status (&answer, commit, reply);
    return answer;
}

static void begin_batch (store_t *store, batch_item_t **items, size_t n);

/* An error that nobody foresaw. */
static void pin_down (store_t *store, batch_t *batch, const redisReply *reply)
{
    if (batch->n == 1) {
        commit_answer_t answer = {.outcome = COMMIT_INVALID, .found = reply->str, .found_size = (size_t)reply->len};
        if (rights_say_no (reply))
            answer = (commit_answer_t){.outcome = COMMIT_AWAY, .found = ""};
        count (store, batch->items[0], answer.outcome, loop_now_us (store->loop));
        tell (batch->items[0], &answer);
        return;
    }
    for (size_t i = 0; i < batch->n; i++)
        begin_batch (store, &batch->items[i], 1);
}

static void on_answer (call_t *self, redisReply *reply)
{
    batch_t *batch = self->extra;
    bool whole = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == batch->n + 1;
    if (reply && reply->type == REDIS_REPLY_ERROR) {
        pin_down (self->store, batch, reply);
        return;
    }
    wall_ms_t at = whole ? reply->element[0]->integer : 0;
    if (whole)
        store_time_seen (self->store, at, self->sent_at);
    int64_t now_us = loop_now_us (self->store->loop);
    for (size_t i = 0; i < batch->n; i++) {
        commit_answer_t answer = {.outcome = COMMIT_AWAY, .found = ""};
        if (whole)
            answer = read_item (self->store, batch->items[i]->commit, reply->element[i + 1], at);
        losses_remember (self->store, batch->items[i]->commit, answer.event_number);
        count (self->store, batch->items[i], answer.outcome, now_us);
        tell (batch->items[i], &answer);
    }
}

static void free_batch (call_t *self)
{
    free (self->extra);
}

/* ---- gathering */

static void begin_batch (store_t *store, batch_item_t **items, size_t n)
{
    char key[KEY_SIZE];
    batch_t *batch = xcalloc (1, sizeof *batch);
    call_t *call = call_new (store, 0, on_answer, NULL);
    size_t args_n = 0;
    batch->n = n;
    call->deadline = items[0]->deadline;
    call->extra = batch;
    call->free_extra = free_batch;
    for (size_t i = 0; i < n; i++) {
        batch->items[i] = items[i];
        args_n += 2 + args_of (items[i]->commit);
    }
    call_script (call, SCRIPT_COMMIT, key_match (key, commit_shard (items[0]->commit)), args_n);
    for (size_t i = 0; i < n; i++)
        put_item (&call->command, items[i]->commit);
    call_begin (call);
}

static batch_item_t *take_pending (store_t *store, int shard)
{
    batch_item_t *item = store->pending[shard];
    store->pending[shard] = item->next;
    if (!item->next)
        store->pending_last[shard] = NULL;
    return item;
}

/* The next item if it may share a call with the first: their deadlines are about the same. */
static bool joins (const batch_item_t *item, const batch_item_t *first)
{
    return item && llabs ((long long)(item->deadline - first->deadline)) <= DEADLINE_SPREAD_MS;
}

static void gather_shard (store_t *store, int shard)
{
    while (store->pending[shard]) {
        batch_item_t *items[STORE_BATCH_MAX];
        size_t n = 0;
        do
            items[n++] = take_pending (store, shard);
        while (n < STORE_BATCH_MAX && joins (store->pending[shard], items[0]));
        begin_batch (store, items, n);
    }
}

static void refuse_oversized (batch_item_t *item, size_t index)
{
    static const char words[] = "too large";
    commit_answer_t answer = {.outcome = COMMIT_INVALID,
                              .failed = index,
                              .failed_op = commit_op (item->commit, index).op,
                              .found = words,
                              .found_size = sizeof words - 1};
    tell (item, &answer);
}

void commits_gather (store_t *self)
{
    while (self->oversized) {
        batch_item_t *item = self->oversized;
        self->oversized = item->next;
        refuse_oversized (item, (size_t)oversized (item->commit));
    }
    if (!self->pending_any)
        return;
    self->pending_any = false;
    for (int shard = 0; shard < SHARDS_MAX; shard++)
        gather_shard (self, shard);
}

void store_commit (store_t *self, commit_t **commit_p, int timeout_ms, store_commit_fn *fn, void *arg)
{
    batch_item_t *item = xcalloc (1, sizeof *item);
    int shard = commit_shard (*commit_p) % SHARDS_MAX;
    *item = (batch_item_t){.commit = *commit_p, .fn = fn, .arg = arg};
    *commit_p = NULL;
    item->begun_us = loop_now_us (self->loop);
    item->deadline = loop_now (self->loop) + (timeout_ms > 0 ? timeout_ms : STORE_TIMEOUT_MS);
    loop_again (self->loop);
    if (oversized (item->commit) >= 0) {
        item->next = self->oversized;
        self->oversized = item;
        return;
    }
    *(self->pending_last[shard] ? &self->pending_last[shard]->next : &self->pending[shard]) = item;
    self->pending_last[shard] = item;
    self->pending_any = true;
}
