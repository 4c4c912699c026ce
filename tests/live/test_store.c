/* test_store.c - the store against a private redis-server: every op and outcome, lost answers, restarts. */
#include "ids.h"
#include "keys.h"
#include "live.h"
#include "record.h"
#include "store.h"
#include "xmalloc.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { SHARD = 3, PATIENCE_MS = 5000, WINDOW = 256 };

typedef struct world {
    live_redis_t redis, replica; /* the second only in one test */
    loop_t *loop;
    store_t *store;
    bool ready, unready;
} world_t;

static void on_change (void *arg)
{
    world_t *self = arg;
    self->ready = store_ready (self->store);
    self->unready = !self->ready;
}

static void open_store (world_t *self, const store_config_t *more)
{
    store_config_t config = more ? *more : (store_config_t){0};
    config.address = self->redis.address;
    self->ready = self->unready = false;
    self->store = store_new (self->loop, &config);
    store_on_change (self->store, on_change, self);
}

static int setup (void **state)
{
    world_t *self = xcalloc (1, sizeof *self);
    *state = self;
    self->loop = loop_new ();
    live_redis_new (&self->redis);
    live_redis_start (&self->redis, NULL);
    open_store (self, NULL);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready");
    return 0;
}

static int teardown (void **state)
{
    world_t *self = *state;
    store_destroy (&self->store);
    loop_destroy (&self->loop);
    if (*self->replica.dir)
        live_redis_destroy (&self->replica);
    live_redis_destroy (&self->redis);
    free (self);
    return 0;
}

/* ---- answers */

typedef struct got {
    bool done; /* answered */
    int times;
    commit_answer_t answer;
    char found[256];
} got_t;

static void on_commit (void *arg, const commit_answer_t *answer)
{
    got_t *self = arg;
    self->done = true;
    self->times++;
    self->answer = *answer;
    size_t size = answer->found_size < sizeof self->found - 1 ? answer->found_size : sizeof self->found - 1;
    if (size)
        memcpy (self->found, answer->found, size);
    self->found[size] = '\0';
}

static commit_outcome_t commit_wait (world_t *self, commit_t *commit, got_t *got)
{
    *got = (got_t){0};
    store_commit (self->store, &commit, 0, on_commit, got);
    assert_null (commit);
    live_until (self->loop, &got->done, PATIENCE_MS, "a commit's answer");
    return got->answer.outcome;
}

typedef struct read {
    bool done, away, wrong_type;
    size_t n;
    char bytes[8][64];
    bool absent[8];
    int64_t score[8];
    uint64_t cursor;
} read_t;

static void on_values (void *arg, const store_values_t *values)
{
    read_t *self = arg;
    *self = (read_t){.done = true, .away = values->away, .wrong_type = values->wrong_type, .n = values->n};
    self->cursor = values->cursor;
    for (size_t i = 0; i < values->n && i < 8; i++) {
        self->absent[i] = !values->items[i].bytes;
        self->score[i] = values->items[i].score;
        snprintf (self->bytes[i], sizeof self->bytes[i], "%.*s", (int)values->items[i].size,
                  values->items[i].bytes ? values->items[i].bytes : "");
    }
}

#define READ(world, got, call, ...)                                   \
    do {                                                              \
        (got)->done = false;                                          \
        call ((world)->store, __VA_ARGS__, on_values, (got));         \
        live_until ((world)->loop, &(got)->done, PATIENCE_MS, #call); \
    } while (0)

/* ---- records */

static event_id_t event (const char *name)
{
    return event_id_of (name, NULL);
}

static const char *contact_key (const char *name)
{
    static char keys[4][KEY_SIZE];
    static int next;
    return key_contact (keys[next++ % 4], SHARD, "acme", name);
}

/* A record's bytes: head with these events, then a body. */
static size_t record_bytes (char *bytes, uint64_t version, char schema, const char *const *events, size_t events_n)
{
    memset (bytes, 0, RECORD_HEAD_SIZE);
    bytes[0] = schema;
    bytes[1] = '0';
    bytes[2] = (char)events_n;
    bytes[3] = 'c';
    bytes[11] = (char)version;
    for (size_t i = 0; i < events_n; i++)
        memcpy (bytes + RECORD_HEAD_SIZE + 8 * i, event (events[i]).bytes, 8);
    memset (bytes + RECORD_HEAD_SIZE + 8 * events_n, 'b', 4);
    return RECORD_HEAD_SIZE + 8 * events_n + 4;
}

/* The commit that takes a record from version to version + 1. */
static commit_t *step (const char *name, uint64_t version, const char *event_name)
{
    char bytes[64], member[MEMBER_SIZE], key[KEY_SIZE];
    commit_t *commit = commit_new (SHARD);
    size_t size = record_bytes (bytes, version + 1, 'A', &event_name, 1);
    commit_expect_record (commit, contact_key (name), version, event (event_name));
    commit_put (commit, contact_key (name), bytes, size, 0);
    commit_place (commit, key_due (key, SHARD, 'c'), 1000, member_make (member, "acme", name));
    commit_event (commit, key_events (key, SHARD, "acme"), event_name, strlen (event_name));
    return commit;
}

/* ---- commits */

static void test_record_versions (void **state)
{
    world_t *self = *state;
    got_t got;
    assert_int_equal (commit_wait (self, step ("one", 0, "first"), &got), COMMIT_DONE);
    assert_int_equal (got.answer.event_number, 1);
    assert_true (got.answer.at > 1600000000000);
    assert_true (llabs (store_now (self->store) - got.answer.at) < 1000);
    assert_int_equal (commit_wait (self, step ("one", 0, "first"), &got), COMMIT_ALREADY);
    assert_int_equal (got.answer.version, 1);
    assert_int_equal (commit_wait (self, step ("one", 0, "other"), &got), COMMIT_REFUSED);
    assert_int_equal (got.answer.failed, 0);
    assert_int_equal (got.answer.failed_op, OP_RECORD);
    assert_int_equal (got.answer.found_size, RECORD_HEAD_SIZE);
    assert_int_equal (got.found[11], 1);
    assert_int_equal (commit_wait (self, step ("absent", 4, "x"), &got), COMMIT_REFUSED);
    assert_int_equal (got.answer.found_size, 0);
    assert_int_equal (commit_wait (self, step ("one", 1, "second"), &got), COMMIT_DONE);
    assert_int_equal (got.answer.event_number, 2);
    assert_int_equal (live_redis_number (&self->redis, "XLEN b:{3}:ev:acme"), 2);
}

typedef void (add_fn) (commit_t *commit);

static void add_free_taken (commit_t *commit)
{
    commit_expect_free (commit, "b:{3}:text");
}
static void add_free (commit_t *commit)
{
    commit_expect_free (commit, "b:{3}:nothing");
}
static void add_value (commit_t *commit)
{
    commit_expect_value (commit, "b:{3}:text", "hello", 5);
}
static void add_value_other (commit_t *commit)
{
    commit_expect_value (commit, "b:{3}:text", "bye", 3);
}
static void add_value_absent (commit_t *commit)
{
    commit_expect_value (commit, "b:{3}:nothing", "", 0);
}
static void add_epoch (commit_t *commit)
{
    commit_expect_epoch (commit, "b:{3}:p:acme:ada", 0x41424344);
}
static void add_epoch_other (commit_t *commit)
{
    commit_expect_epoch (commit, "b:{3}:p:acme:ada", 7);
}
static void add_epoch_absent (commit_t *commit)
{
    commit_expect_epoch (commit, "b:{3}:p:acme:bob", 7);
}
static void add_version (commit_t *commit)
{
    commit_expect_version (commit, "b:{3}:p:acme:ada", 0x3435363738393a3bULL);
}
static void room (commit_t *commit, int64_t most)
{
    static const commit_weight_t weights[] = {{"chat", 2}, {"mail", 1}};
    commit_expect_room (commit, "b:{3}:own:acme:ada:1", most, weights, 2);
}
static void add_room (commit_t *commit)
{
    room (commit, 5);
}
static void add_room_short (commit_t *commit)
{
    room (commit, 4);
}
static void add_poison_zset (commit_t *commit)
{
    commit_place (commit, "b:{3}:text", 1, "m");
}
static void add_poison_list (commit_t *commit)
{
    commit_append (commit, "b:{3}:text", "m", 1);
}
static void add_poison_stream (commit_t *commit)
{
    commit_event (commit, "b:{3}:text", "m", 1);
}
static void add_stream_of_others (commit_t *commit)
{
    commit_event (commit, "b:{3}:foreign", "m", 1);
}
static void add_poison_string (commit_t *commit)
{
    commit_put (commit, "b:{3}:own:acme:ada:1", "m", 1, 0);
}
static void add_poison_hash (commit_t *commit)
{
    commit_count (commit, "b:{3}:text", "f", 1);
}
static void add_poison_count (commit_t *commit)
{
    commit_count (commit, "b:{3}:n:acme", "word", 1);
}
static void add_poison_check (commit_t *commit)
{
    commit_expect_free (commit, "b:{3}:own:acme:ada:1");
}
static void add_two_shapes (commit_t *commit)
{
    commit_place (commit, "b:{3}:fresh", 1, "m");
    commit_append (commit, "b:{3}:fresh", "m", 1);
}
static void add_too_large (commit_t *commit)
{
    size_t size = 9 * 1024 * 1024;
    char *bytes = xcalloc (size, 1);
    commit_put (commit, "b:{3}:large", bytes, size, 0);
    free (bytes);
}

/* Each op between a put and a place: nothing of it may be seen when it is not done. */
static const struct row {
    const char *name;
    add_fn *add;
    commit_outcome_t outcome;
    char failed_op;
    const char *found;
} rows[] = {
    {"free, but taken", add_free_taken, COMMIT_REFUSED, 'F', "hello"},
    {"free", add_free, COMMIT_DONE, 0, NULL},
    {"value", add_value, COMMIT_DONE, 0, NULL},
    {"another value", add_value_other, COMMIT_REFUSED, 'V', "hello"},
    {"no value", add_value_absent, COMMIT_DONE, 0, NULL},
    {"epoch", add_epoch, COMMIT_DONE, 0, NULL},
    {"another epoch", add_epoch_other, COMMIT_REFUSED, 'H', "A0.p456789:;ABCD"},
    {"epoch of nobody", add_epoch_absent, COMMIT_REFUSED, 'H', ""},
    {"version of another", add_version, COMMIT_DONE, 0, NULL},
    {"room", add_room, COMMIT_DONE, 0, NULL},
    {"no room", add_room_short, COMMIT_REFUSED, 'M', "5"},
    {"a string as a set", add_poison_zset, COMMIT_INVALID, 'z', NULL},
    {"a string as a list", add_poison_list, COMMIT_INVALID, 'a', NULL},
    {"a string as a stream", add_poison_stream, COMMIT_INVALID, 'e', NULL},
    {"a stream with numbers of others", add_stream_of_others, COMMIT_INVALID, 'e', NULL},
    {"a set as a string", add_poison_string, COMMIT_INVALID, 's', NULL},
    {"a string as a hash", add_poison_hash, COMMIT_INVALID, 'n', NULL},
    {"a counter that is a word", add_poison_count, COMMIT_INVALID, 'n', NULL},
    {"a check of a set as a string", add_poison_check, COMMIT_INVALID, 'F', NULL},
    {"an absent key in two shapes", add_two_shapes, COMMIT_INVALID, 0, NULL},
    {"too large", add_too_large, COMMIT_INVALID, 's', NULL},
};

static void plant (world_t *self)
{
    live_redis_do (&self->redis, "SET b:{3}:text hello");
    live_redis_do (&self->redis, "SET b:{3}:p:acme:ada A0.p456789:;ABCDrest");
    live_redis_do (&self->redis, "ZADD b:{3}:own:acme:ada:1 0 chat/a 0 chat/b 0 mail/c 0 chatter/d");
    live_redis_do (&self->redis, "HSET b:{3}:n:acme word abc");
    live_redis_do (&self->redis, "XADD b:{3}:foreign 5-1 f v");
}

static void test_checks_and_poison (void **state)
{
    world_t *self = *state;
    plant (self);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        got_t got;
        commit_t *commit = commit_new (SHARD);
        live_redis_do (&self->redis, "DEL b:{3}:before b:{3}:after");
        commit_put (commit, "b:{3}:before", "x", 1, 0);
        row->add (commit);
        commit_place (commit, "b:{3}:after", 1, "m");
        print_message ("  %s\n", row->name);
        assert_int_equal (commit_wait (self, commit, &got), row->outcome);
        if (row->failed_op)
            assert_int_equal (got.answer.failed_op, row->failed_op);
        if (row->found)
            assert_string_equal (got.found, row->found);
        assert_int_equal (live_redis_number (&self->redis, "EXISTS b:{3}:before b:{3}:after"),
                          row->outcome == COMMIT_DONE ? 2 : 0);
    }
}

static void test_writes (void **state)
{
    world_t *self = *state;
    got_t got;
    read_t read;
    commit_t *commit = commit_new (SHARD);
    commit_put (commit, "b:{3}:s", "a\0b", 3, 0);
    commit_put (commit, "b:{3}:short", "x", 1, 60000);
    commit_place (commit, "b:{3}:z", 1700000000000, "m");
    commit_place (commit, "b:{3}:z", 5, "n");
    commit_place_sooner (commit, "b:{3}:z", 1600000000000, "m");
    commit_place_sooner (commit, "b:{3}:z", 9, "n");
    commit_place_sooner (commit, "b:{3}:z", 7, "o");
    commit_place (commit, "b:{3}:gone", 5, "n");
    commit_unplace (commit, "b:{3}:gone", "n");
    commit_append (commit, "b:{3}:l", "one", 3);
    commit_append (commit, "b:{3}:l", "two", 3);
    commit_event (commit, "b:{3}:e", "first", 5);
    commit_event (commit, "b:{3}:e", "second", 6);
    commit_count (commit, "b:{3}:h", "kept", 3);
    commit_count (commit, "b:{3}:h", "kept", -5);
    commit_put (commit, "b:{3}:x", "x", 1, 0);
    commit_delete (commit, "b:{3}:x");
    assert_int_equal (commit_wait (self, commit, &got), COMMIT_DONE);
    assert_int_equal (got.answer.event_number, 2);

    READ (self, &read, store_range, "b:{3}:z", INT64_MIN, INT64_MAX, 0, 10);
    assert_int_equal (read.n, 3);
    assert_string_equal (read.bytes[0], "n");
    assert_int_equal (read.score[0], 5);
    assert_int_equal (read.score[1], 7);
    assert_int_equal (read.score[2], 1600000000000);
    READ (self, &read, store_list, "b:{3}:l", 0, -1);
    assert_int_equal (read.n, 2);
    assert_string_equal (read.bytes[1], "two");
    READ (self, &read, store_events, "b:{3}:e", 1, 10);
    assert_int_equal (read.n, 1);
    assert_string_equal (read.bytes[0], "second");
    assert_int_equal (read.score[0], 2);
    READ (self, &read, store_hash, "b:{3}:h");
    assert_string_equal (read.bytes[1], "-2");
    assert_true (live_redis_number (&self->redis, "PTTL b:{3}:short") > 50000);
    assert_int_equal (live_redis_number (&self->redis, "PTTL b:{3}:s"), -1);
    assert_int_equal (live_redis_number (&self->redis, "STRLEN b:{3}:s"), 3);
    assert_int_equal (live_redis_number (&self->redis, "EXISTS b:{3}:gone b:{3}:x"), 0);
}

/* Those of one turn go in one call: the second on a record sees the first, the failing leave the others alone. */
static void test_batch (void **state)
{
    world_t *self = *state;
    enum { N = 7 };
    got_t got[N] = {{0}};
    live_redis_do (&self->redis, "SET b:{3}:text hello");
    commit_t *poisoned = step ("three", 0, "e3"), *beyond = step ("two", 5, "e9");
    add_poison_zset (poisoned);
    commit_t *commits[N] = {step ("one", 0, "e1"), step ("one", 1, "e2"), poisoned, step ("one", 1, "e4"), beyond,
                            step ("one", 0, "e2"), step ("four", 0, "e5")};
    static const commit_outcome_t outcomes[N] = {COMMIT_DONE,    COMMIT_DONE,    COMMIT_INVALID, COMMIT_REFUSED,
                                                 COMMIT_REFUSED, COMMIT_ALREADY, COMMIT_DONE};
    int64_t calls = 0;
    redisReply *stats = live_redis_ask (&self->redis, "CONFIG RESETSTAT");
    freeReplyObject (stats);
    for (size_t i = 0; i < N; i++)
        store_commit (self->store, &commits[i], 0, on_commit, &got[i]);
    live_until (self->loop, &got[N - 1].done, PATIENCE_MS, "the batch");
    for (size_t i = 0; i < N; i++)
        assert_int_equal (got[i].answer.outcome, outcomes[i]);
    assert_int_equal (got[N - 1].answer.event_number, 3);
    stats = live_redis_ask (&self->redis, "INFO commandstats");
    const char *at = strstr (stats->str, "cmdstat_evalsha:calls=");
    calls = at ? atoi (at + strlen ("cmdstat_evalsha:calls=")) : 0;
    freeReplyObject (stats);
    assert_int_equal (calls, 1);
    assert_int_equal (live_redis_number (&self->redis, "EXISTS b:{3}:c:acme:three"), 0);
}

/* A resend whose own writes make its checks fail is still recognised. */
static void test_already_before_other_checks (void **state)
{
    world_t *self = *state;
    got_t got;
    for (int i = 0; i < 2; i++) {
        commit_t *commit = commit_new (SHARD);
        char bytes[64];
        const char *name = "opened";
        size_t size = record_bytes (bytes, 1, 'A', &name, 1);
        commit_expect_free (commit, "b:{3}:i:acme:1");
        commit_expect_record (commit, contact_key ("c"), 0, event (name));
        commit_put (commit, contact_key ("c"), bytes, size, 0);
        commit_put (commit, "b:{3}:i:acme:1", "c", 1, 60000);
        assert_int_equal (commit_wait (self, commit, &got), i == 0 ? COMMIT_DONE : COMMIT_ALREADY);
    }
    assert_int_equal (got.answer.version, 1);
}

/* ---- reads */

static void test_reads (void **state)
{
    world_t *self = *state;
    read_t read;
    live_redis_do (&self->redis, "SET b:{3}:a one");
    live_redis_do (&self->redis, "ZADD b:{3}:lex 0 chat/a 0 chat/b 0 mail/c");
    live_redis_do (&self->redis, "SADD b:words x");
    const char *keys[] = {"b:{3}:a", "b:{3}:none"};
    READ (self, &read, store_get, keys, 2);
    assert_string_equal (read.bytes[0], "one");
    assert_true (read.absent[1]);
    READ (self, &read, store_range_lex, "b:{3}:lex", "chat/a", 1);
    assert_int_equal (read.n, 1);
    assert_string_equal (read.bytes[0], "chat/b");
    READ (self, &read, store_range_lex, "b:{3}:lex", "", 10);
    assert_int_equal (read.n, 3);
    READ (self, &read, store_count_lex, "b:{3}:lex", "chat");
    assert_int_equal (read.score[0], 2);
    READ (self, &read, store_list, "b:{3}:a", 0, -1);
    assert_true (read.wrong_type);
    assert_false (read.away);
    assert_int_equal (read.n, 0);
    READ (self, &read, store_set_add, "b:words", "y");
    READ (self, &read, store_set, "b:words");
    assert_int_equal (read.n, 2);
    READ (self, &read, store_put, "b:tok:t", "abc", 3);
    READ (self, &read, store_delete, "b:{3}:a");
    assert_int_equal (live_redis_number (&self->redis, "EXISTS b:{3}:a"), 0);
    for (int i = 0; i < 5; i++)
        live_redis_do (&self->redis, "XADD b:{3}:ev:w 0-* e %d", i);
    READ (self, &read, store_trim_events, "b:{3}:ev:w", 3);
    READ (self, &read, store_events_first, "b:{3}:ev:w");
    assert_int_equal (read.score[0], 3);
    READ (self, &read, store_events_last, "b:{3}:ev:w");
    assert_int_equal (read.score[0], 5);
    assert_string_equal (read.bytes[0], "4");
    READ (self, &read, store_events_last, "b:{3}:ev:none");
    assert_int_equal (read.n, 0);
    READ (self, &read, store_events_together, "b:{3}:ev:w"); /* three on the page that Redis begins by itself */
    assert_int_equal (read.score[0], 2);
    live_redis_do (&self->redis, "CONFIG SET stream-node-max-entries 1");
    for (int i = 0; i < 5; i++)
        live_redis_do (&self->redis, "XADD b:{3}:ev:alone 0-* e %d", i);
    READ (self, &read, store_events_together, "b:{3}:ev:alone");
    assert_int_equal (read.score[0], 0);
    READ (self, &read, store_events_together, "b:{3}:ev:none");
    assert_true (!read.away && !read.wrong_type && read.n == 0);
    READ (self, &read, store_events_together, "b:tok:t");
    assert_true (!read.away && read.wrong_type && read.n == 0);
    READ (self, &read, store_scan, 0, "b:tok:*");
    assert_int_equal (read.cursor, 0);
    assert_int_equal (read.n, 1);
    assert_string_equal (read.bytes[0], "b:tok:t");
}

/* ---- leases */

typedef struct lease {
    bool done, away;
    size_t n;
    struct {
        char member[32];
        bool absent, alone, set_aside;
        unsigned attempts;
        wall_ms_t due;
    } rows[8];
    wall_ms_t now, next_due;
} lease_t;

static void on_leased (void *arg, const store_leased_t *leased)
{
    lease_t *self = arg;
    *self = (lease_t){.done = true, .away = leased->away, .n = leased->rows_n, .now = leased->now};
    self->next_due = leased->next_due;
    for (size_t i = 0; i < leased->rows_n && i < 8; i++) {
        const store_row_t *row = &leased->rows[i];
        snprintf (self->rows[i].member, sizeof self->rows[i].member, "%.*s", (int)row->member_size, row->member);
        self->rows[i].absent = !row->record;
        self->rows[i].alone = row->alone;
        self->rows[i].set_aside = row->set_aside;
        self->rows[i].attempts = row->attempts;
        self->rows[i].due = row->due;
    }
}

static void lease_wait (world_t *self, int max, int lease_ms, lease_t *lease)
{
    lease->done = false;
    store_lease (self->store, SHARD, 'c', max, lease_ms, on_leased, lease);
    live_until (self->loop, &lease->done, PATIENCE_MS, "a lease");
    assert_false (lease->away);
}

static void plant_record (world_t *self, const char *name, char schema, int due)
{
    char bytes[64];
    size_t size = record_bytes (bytes, 1, schema, NULL, 0);
    live_redis_do (&self->redis, "SET %s %b", contact_key (name), bytes, size);
    live_redis_do (&self->redis, "ZADD b:{3}:due:c %d acme:%s", due, name);
}

static void make_due (world_t *self, const char *name, int due)
{
    live_redis_do (&self->redis, "ZADD b:{3}:due:c %d acme:%s", due, name);
}

static void test_lease (void **state)
{
    world_t *self = *state;
    lease_t lease = {0};
    lease_wait (self, 8, 5000, &lease);
    assert_int_equal (lease.n, 0);
    assert_true (lease.next_due == TIME_NEVER);
    plant_record (self, "a", 'A', 10);
    plant_record (self, "newer", RECORD_SCHEMA_NOW + 1, 11);
    plant_record (self, "none", 'g', 11); /* of no schema: handed out, so that it is set aside */
    make_due (self, "gone", 12);
    live_redis_do (&self->redis, "SADD b:{3}:c:acme:poison x");
    make_due (self, "poison", 13);
    plant_record (self, "b", 'A', 14);
    live_redis_do (&self->redis, "ZADD b:{3}:due:c 99999999999999 acme:far");
    lease_wait (self, 8, 5000, &lease);
    assert_int_equal (lease.n, 5);
    assert_string_equal (lease.rows[0].member, "acme:a");
    assert_int_equal (lease.rows[0].attempts, 1);
    assert_int_equal (lease.rows[0].due, 10);
    assert_string_equal (lease.rows[1].member, "acme:none");
    assert_string_equal (lease.rows[2].member, "acme:gone");
    assert_true (lease.rows[2].absent);
    assert_false (lease.rows[2].set_aside);
    assert_string_equal (lease.rows[3].member, "acme:poison");
    assert_true (lease.rows[3].absent && lease.rows[3].set_aside);
    assert_string_equal (lease.rows[4].member, "acme:b");
    assert_true (lease.next_due > lease.now && lease.next_due <= lease.now + 5000);
    assert_int_equal (live_redis_number (&self->redis, "ZCARD b:{3}:due:c"), 6); /* without the gone one */
}

static double timer_of (world_t *self, const char *name)
{
    redisReply *score = live_redis_ask (&self->redis, "ZSCORE b:{3}:due:c acme:%s", name);
    double at = strtod (score->str, NULL);
    freeReplyObject (score);
    return at;
}

/* 1, 2, 3: together with others; 4, 5: alone; from 6 on set aside, each time for twice as long, up to an hour. */
static void test_lease_attempts (void **state)
{
    world_t *self = *state;
    lease_t lease = {0};
    plant_record (self, "bad", 'A', 10);
    plant_record (self, "good", 'A', 20);
    for (unsigned attempt = 1; attempt <= STORE_ATTEMPTS_MAX + 10; attempt++) {
        make_due (self, "bad", 10);
        plant_record (self, "good", 'A', 20);
        lease_wait (self, 8, 5000, &lease);
        assert_int_equal (lease.n, attempt <= STORE_ATTEMPTS_ALONE ? 2 : 1);
        assert_string_equal (lease.rows[0].member, "acme:bad");
        assert_int_equal (lease.rows[0].attempts, attempt);
        assert_int_equal (lease.rows[0].alone, attempt > STORE_ATTEMPTS_ALONE);
        assert_int_equal (lease.rows[0].set_aside, attempt > STORE_ATTEMPTS_MAX);
        double wanted = attempt > STORE_ATTEMPTS_MAX ? 5000.0 * (1 << (attempt - STORE_ATTEMPTS_MAX)) : 5000;
        assert_true (timer_of (self, "bad") - (double)lease.now == (wanted < 3600e3 ? wanted : 3600e3));
        if (attempt > STORE_ATTEMPTS_ALONE) { /* the other comes in the next lease */
            assert_int_equal (lease.next_due, 20);
            lease_wait (self, 8, 5000, &lease);
            assert_string_equal (lease.rows[0].member, "acme:good");
        }
    }
    /* behind another it ends the lease before itself */
    plant_record (self, "good", 'A', 5);
    make_due (self, "bad", 10);
    lease_wait (self, 8, 5000, &lease);
    assert_int_equal (lease.n, 1);
    assert_int_equal (lease.next_due, 10);
}

/* ---- trouble */

static void until_says (world_t *self, const store_t *store, const char *words)
{
    for (int i = 0; i < PATIENCE_MS / 10 && !strstr (store_why_not (store), words); i++)
        live_for (self->loop, 10);
    if (!strstr (store_why_not (store), words))
        fail_msg ("wanted '%s', it says: %s", words, store_why_not (store));
}

static void test_noscript (void **state)
{
    world_t *self = *state;
    got_t got[2] = {{0}};
    live_redis_do (&self->redis, "SCRIPT FLUSH");
    commit_t *commits[2] = {step ("one", 0, "a"), commit_new (SHARD + 1)};
    store_commit (self->store, &commits[0], 0, on_commit, &got[0]);
    store_commit (self->store, &commits[1], 0, on_commit, &got[1]);
    live_until (self->loop, &got[1].done, PATIENCE_MS, "after SCRIPT FLUSH");
    assert_int_equal (got[0].answer.outcome, COMMIT_DONE);
    assert_int_equal (got[1].answer.outcome, COMMIT_DONE);
    assert_int_equal (got[0].times, 1);
}

/* Redis dies after the commits were made and before their answers came: they are stopped in the socket. */
static void test_lost_answer (void **state)
{
    world_t *self = *state;
    got_t got[WINDOW] = {{0}};
    char name[16];
    for (size_t i = 0; i < WINDOW; i++) {
        snprintf (name, sizeof name, "c%zu", i);
        commit_t *commit = step (name, 0, name);
        store_commit (self->store, &commit, 4000, on_commit, &got[i]);
        if (i == WINDOW / 2)
            live_for (self->loop, 0); /* these are on their way */
    }
    live_redis_do (&self->redis, "CLIENT KILL TYPE normal SKIPME yes");
    live_until (self->loop, &got[WINDOW - 1].done, PATIENCE_MS, "after CLIENT KILL");
    live_for (self->loop, 20);
    for (size_t i = 0; i < WINDOW; i++) {
        assert_true (got[i].answer.outcome == COMMIT_DONE || got[i].answer.outcome == COMMIT_ALREADY);
        assert_int_equal (got[i].times, 1);
    }
    assert_int_equal (live_redis_number (&self->redis, "XLEN b:{3}:ev:acme"), WINDOW); /* each once */
}

static void test_restart_with_commits_waiting (void **state)
{
    world_t *self = *state;
    got_t waits = {0}, late = {0};
    live_redis_kill (&self->redis, SIGKILL);
    live_until (self->loop, &self->unready, PATIENCE_MS, "unready");
    assert_non_null (strstr (store_why_not (self->store), "redis at"));
    commit_t *patient = step ("one", 0, "a"), *short_one = step ("two", 0, "b");
    store_commit (self->store, &patient, 4000, on_commit, &waits);
    store_commit (self->store, &short_one, 100, on_commit, &late);
    live_until (self->loop, &late.done, PATIENCE_MS, "the short one's deadline");
    assert_int_equal (late.answer.outcome, COMMIT_AWAY);
    assert_false (waits.done);
    live_redis_start (&self->redis, NULL);
    live_until (self->loop, &waits.done, PATIENCE_MS, "the patient one");
    assert_int_equal (waits.answer.outcome, COMMIT_DONE);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    assert_int_equal (live_redis_number (&self->redis, "EXISTS b:{3}:c:acme:two"), 0);
}

/* A stopped Redis: each gets its answer by its deadline; late answers are nobody's. */
static void test_stopped (void **state)
{
    world_t *self = *state;
    got_t stopped = {0}, after = {0};
    read_t read = {0};
    kill (self->redis.pid, SIGSTOP);
    commit_t *commit = step ("one", 0, "a");
    store_commit (self->store, &commit, 300, on_commit, &stopped);
    store_hash (self->store, KEY_CONF, on_values, &read);
    mono_ms_t began = loop_now (self->loop);
    live_until (self->loop, &stopped.done, PATIENCE_MS, "away by its deadline");
    assert_in_range (loop_now (self->loop) - began, 200, 2500); /* its own, no other limit is so short */
    assert_int_equal (stopped.answer.outcome, COMMIT_AWAY);
    assert_true (self->unready);
    assert_non_null (strstr (store_why_not (self->store), ": it does not answer in time"));
    assert_true (store_silent (self->store));
    commit = step ("two", 0, "b");
    store_commit (self->store, &commit, 3000, on_commit, &after);
    kill (self->redis.pid, SIGCONT);
    live_until (self->loop, &after.done, PATIENCE_MS, "after it went on");
    assert_int_equal (after.answer.outcome, COMMIT_DONE);
    assert_int_equal (after.answer.event_number, 2); /* "one" was done as well, though nobody heard */
    assert_int_equal (stopped.times, 1);
    live_until (self->loop, &read.done, PATIENCE_MS, "the read");
    assert_int_equal (commit_wait (self, step ("one", 0, "a"), &after), COMMIT_ALREADY);
}

/* Stopped for so long that the connection is given up: one reason is said, and none of an earlier connection. */
static void test_stopped_for_long (void **state)
{
    world_t *self = *state;
    got_t got = {0};
    char why[256];
    live_redis_kill (&self->redis, SIGKILL);
    live_until (self->loop, &self->unready, PATIENCE_MS, "unready");
    live_for (self->loop, 100);
    assert_null (strstr (store_why_not (self->store), "in time")); /* refused, or no such socket */
    live_redis_start (&self->redis, NULL);
    self->ready = store_ready (self->store);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again after a restart");
    kill (self->redis.pid, SIGSTOP);
    self->unready = false;
    live_until (self->loop, &self->unready, PATIENCE_MS, "unready");
    snprintf (why, sizeof why, "redis at %s: it does not answer in time", self->redis.address);
    for (int i = 0; i < 100; i++) { /* two connections are given up in that time */
        live_for (self->loop, 90);
        assert_false (store_ready (self->store));
        assert_string_equal (store_why_not (self->store), why);
    }
    kill (self->redis.pid, SIGCONT);
    self->ready = store_ready (self->store);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    assert_int_equal (commit_wait (self, step ("one", 0, "a"), &got), COMMIT_DONE);
    assert_int_equal (store_clock_jump (self->store), 0);
}

static void test_out_of_memory (void **state)
{
    world_t *self = *state;
    got_t got = {0};
    live_redis_do (&self->redis, "CONFIG SET maxmemory 1");
    commit_t *commit = step ("one", 0, "a");
    store_commit (self->store, &commit, 200, on_commit, &got);
    live_until (self->loop, &got.done, PATIENCE_MS, "away");
    assert_int_equal (got.answer.outcome, COMMIT_AWAY);
    commit = step ("two", 0, "b");
    got = (got_t){0};
    store_commit (self->store, &commit, 3000, on_commit, &got);
    live_for (self->loop, 100);
    assert_false (got.done);
    live_redis_do (&self->redis, "CONFIG SET maxmemory 0");
    live_until (self->loop, &got.done, PATIENCE_MS, "done once there is memory");
    assert_int_equal (got.answer.outcome, COMMIT_DONE);
    assert_int_equal (live_redis_number (&self->redis, "EXISTS b:{3}:c:acme:one"), 0);
}

static bool becomes (world_t *self, bool full)
{
    for (int i = 0; i < 50 && store_full (self->store) != full; i++)
        live_for (self->loop, 100);
    return store_full (self->store) == full;
}

static void on_refused_lease (void *arg, const store_leased_t *leased)
{
    *(bool *)arg = true;
    assert_true (leased->away);
}

/* It is said, by whoever finds out first; what reads goes on; it is over when there is memory, with nobody's help. */
static void test_full (void **state)
{
    world_t *self = *state;
    static const char why[] = "redis is out of memory (maxmemory 1B): give it more";
    got_t got = {0};
    read_t read = {0};
    bool leased = false;
    assert_int_equal (commit_wait (self, step ("one", 0, "a"), &got), COMMIT_DONE);
    live_redis_do (&self->redis, "CONFIG SET maxmemory 1");
    commit_t *commit = step ("two", 0, "b");
    store_commit (self->store, &commit, 200, on_commit, &got);
    got.done = false;
    live_until (self->loop, &got.done, PATIENCE_MS, "away");
    assert_true (store_full (self->store)); /* no later than the commit is given up */
    assert_string_equal (store_why_not (self->store), why);
    assert_true (store_ready (self->store));
    READ (self, &read, store_get, (const char *[]){"b:{3}:c:acme:one"}, 1);
    assert_non_null (read.bytes[0]);
    live_redis_do (&self->redis, "CONFIG SET maxmemory 0");
    assert_true (becomes (self, false));
    assert_string_equal (store_why_not (self->store), "");

    live_redis_do (&self->redis, "ZADD b:{3}:due:c 1 acme:one"); /* a lease says it, too: inside its script */
    live_redis_do (&self->redis, "CONFIG SET maxmemory 1");
    store_lease (self->store, SHARD, KIND_CONTACT, 1, 1000, on_refused_lease, &leased);
    live_until (self->loop, &leased, PATIENCE_MS, "the lease");
    assert_true (store_full (self->store));
    live_redis_do (&self->redis, "CONFIG SET maxmemory 0");
    assert_true (becomes (self, false));

    live_redis_do (&self->redis, "CONFIG SET maxmemory 1"); /* and where nobody writes it is seen all the same */
    assert_true (becomes (self, true));
    store_destroy (&self->store); /* who comes now may read */
    open_store (self, NULL);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready to read");
    READ (self, &read, store_get, (const char *[]){"b:{3}:c:acme:one"}, 1);
    assert_non_null (read.bytes[0]);
    assert_true (becomes (self, true));
    live_redis_do (&self->redis, "CONFIG SET maxmemory 0");
    assert_true (becomes (self, false));
    assert_int_equal (commit_wait (self, step ("three", 0, "c"), &got), COMMIT_DONE);
}

/* The first writes the shape of the data, in whatever order two of them come. */
static void test_two_first (void **state)
{
    world_t *self = *state;
    store_destroy (&self->store);
    for (int i = 0; i < 10; i++) {
        live_redis_do (&self->redis, "FLUSHALL");
        open_store (self, &(store_config_t){.shards = 8});
        store_t *first = self->store;
        open_store (self, &(store_config_t){.shards = 4});
        for (int k = 0; k < PATIENCE_MS / 10 && !store_ready (first) && !store_ready (self->store); k++)
            live_for (self->loop, 10);
        int shards = store_ready (first) ? 8 : 4;
        until_says (self, shards == 8 ? self->store : first, "the data has");
        assert_true (store_ready (first) != store_ready (self->store));
        redisReply *reply = live_redis_ask (&self->redis, "HGET b:conf shards");
        assert_int_equal (atoi (reply->str), shards);
        freeReplyObject (reply);
        store_destroy (&first);
        store_destroy (&self->store);
    }
    open_store (self, NULL);
}

/* ---- refusals to be ready */

static void test_settings (void **state)
{
    world_t *self = *state;
    static const struct {
        const char *set, *value, *back, *says;
    } settings[] = {
        {"maxmemory-policy", "allkeys-lru", "noeviction", "redis has maxmemory-policy allkeys-lru: set noeviction"},
        {"appendfsync", "everysec", "always", "redis has appendfsync everysec: set always"},
        {"appendonly", "no", "yes", "redis has appendonly no: set yes"},
    };
    for (size_t i = 0; i < 3; i++) {
        store_destroy (&self->store);
        live_redis_do (&self->redis, "CONFIG SET %s %s", settings[i].set, settings[i].value);
        open_store (self, NULL);
        until_says (self, self->store, settings[i].says);
        assert_false (store_ready (self->store));
        assert_memory_equal (store_why_not (self->store), settings[i].says, strlen (settings[i].says));
        live_redis_do (&self->redis, "CONFIG SET %s %s", settings[i].set, settings[i].back);
        live_until (self->loop, &self->ready, PATIENCE_MS, "ready once it is set right");
        assert_string_equal (store_why_not (self->store), "");
    }
    for (size_t i = 0; i < 3; i++) { /* changed while we are connected */
        live_redis_do (&self->redis, "CONFIG SET %s %s", settings[i].set, settings[i].value);
        for (int tries = 0; tries < PATIENCE_MS / 100 && store_ready (self->store); tries++)
            live_for (self->loop, 100);
        assert_memory_equal (store_why_not (self->store), settings[i].says, strlen (settings[i].says));
        live_redis_do (&self->redis, "CONFIG SET %s %s", settings[i].set, settings[i].back);
        live_until (self->loop, &self->ready, PATIENCE_MS, "ready again once it is set right");
    }
    store_destroy (&self->store);
    open_store (self, &(store_config_t){.shards = 8});
    until_says (self, self->store, "the data has");
    assert_string_equal (store_why_not (self->store),
                         "the data has 16 shards, this service 8: start it with --shards 16");
}

static void test_password (void **state)
{
    world_t *self = *state;
    store_destroy (&self->store);
    live_redis_do (&self->redis, "ACL SETUSER buck on >stop ~* +@all");
    live_redis_do (&self->redis, "ACL SETUSER default off");
    open_store (self, &(store_config_t){.user = "buck", .password = "wrong"});
    until_says (self, self->store, "WRONGPASS");
    assert_false (store_ready (self->store));
    assert_true (store_answered (self->store)); /* the address is right */
    store_destroy (&self->store);
    open_store (self, &(store_config_t){.user = "buck", .password = "stop"});
    live_until (self->loop, &self->ready, PATIENCE_MS, "with the right password");
}

/* The server listens on TCP from now on: a port that the system has just given. */
static int open_port (world_t *self)
{
    for (int tries = 0; tries < 20; tries++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
        socklen_t size = sizeof address;
        int fd = socket (AF_INET, SOCK_STREAM, 0);
        assert_int_equal (bind (fd, (struct sockaddr *)&address, size), 0);
        assert_int_equal (getsockname (fd, (struct sockaddr *)&address, &size), 0);
        close (fd);
        redisReply *reply =
            live_redis_ask (&self->redis, "CONFIG SET bind 127.0.0.1 port %d", ntohs (address.sin_port));
        bool opened = reply->type == REDIS_REPLY_STATUS;
        freeReplyObject (reply);
        if (opened)
            return ntohs (address.sin_port);
    }
    fail_msg ("no port");
    return 0;
}

static void test_tcp_by_name (void **state)
{
    world_t *self = *state;
    char address[32];
    store_destroy (&self->store);
    int port = open_port (self);
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    for (size_t i = 0; i < 2; i++) {
        snprintf (address, sizeof address, "%s:%d", hosts[i], port);
        self->ready = false;
        self->store = store_new (self->loop, &(store_config_t){.address = address});
        store_on_change (self->store, on_change, self);
        live_until (self->loop, &self->ready, PATIENCE_MS, hosts[i]);
        store_destroy (&self->store);
    }
    self->store = store_new (self->loop, &(store_config_t){.address = "no-such-host.invalid:1"});
    live_for (self->loop, 50);
    assert_false (store_ready (self->store));
    assert_false (store_answered (self->store));
    assert_false (store_silent (self->store));
}

/* ---- a replica */

static void on_leased_late (void *arg, const store_leased_t *leased)
{
    *(bool *)arg = true;
    assert_true (leased->away);
}

static void on_followed (void *arg, const store_values_t *values)
{
    *(uint64_t *)arg = (uint64_t)values->items[values->n - 1].score;
}

/* What others wrote and no replica has is told to nobody: neither read, nor handed out, nor followed. */
static void check_reads_are_held (world_t *self)
{
    read_t read = {0};
    bool leased = false;
    uint64_t followed = 0;
    char key[KEY_SIZE];
    key_due (key, SHARD, KIND_CONTACT);
    store_follow_t *follow = store_follow (self->store, "b:{3}:ev:w", 0, on_followed, &followed);
    READ (self, &read, store_hash, KEY_CONF);
    assert_false (read.away);
    kill (self->replica.pid, SIGSTOP);
    live_redis_do (&self->redis, "XADD b:{3}:ev:w 0-1 e written");
    live_redis_do (&self->redis, "SET b:{3}:c:acme:seen written");
    live_redis_do (&self->redis, "ZADD %s 1 acme:seen", key);
    store_lease (self->store, SHARD, KIND_CONTACT, 1, 1000, on_leased_late, &leased);
    READ (self, &read, store_get, (const char *[]){"b:{3}:c:acme:seen"}, 1);
    assert_true (read.away);
    live_until (self->loop, &leased, PATIENCE_MS, "the lease");
    live_for (self->loop, 300);
    assert_int_equal (followed, 0);
    live_redis_do (&self->redis, "REPLICAOF 127.0.0.1 1"); /* who waits for a replica is told that it is no primary */
    live_for (self->loop, 100);
    live_redis_do (&self->redis, "REPLICAOF NO ONE");
    kill (self->replica.pid, SIGCONT);
    self->ready = store_ready (self->store);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    READ (self, &read, store_get, (const char *[]){"b:{3}:c:acme:seen"}, 1);
    assert_string_equal (read.bytes[0], "written");
    for (int i = 0; i < PATIENCE_MS / 50 && !followed; i++)
        live_for (self->loop, 50);
    assert_int_equal (followed, 1);
    store_unfollow (&follow);
}

static void test_replica (void **state)
{
    world_t *self = *state;
    got_t got;
    char master[32];
    store_destroy (&self->store);
    open_store (self, &(store_config_t){.durability = DURABLE_REPLICA});
    until_says (self, self->store, "no replica online");
    assert_string_equal (store_why_not (self->store),
                         "redis has no replica online: connect one, or start with --durability fsync");
    live_redis_new (&self->replica);
    live_redis_do (&self->redis, "CONFIG SET repl-diskless-sync-delay 0");
    snprintf (master, sizeof master, "127.0.0.1 %d", open_port (self));
    live_redis_start (&self->replica, (const char *[]){"--replicaof", master, NULL});
    live_until (self->loop, &self->ready, 2 * PATIENCE_MS, "ready with a replica");

    for (int i = 0; i < 20; i++) { /* answered means that the replica has it; the first may find it loading */
        char name[16];
        snprintf (name, sizeof name, "c%d", i);
        commit_t *commit = step (name, 0, name);
        got = (got_t){0};
        store_commit (self->store, &commit, 4000, on_commit, &got);
        live_until (self->loop, &got.done, PATIENCE_MS, "a commit's answer");
        assert_true (got.answer.outcome == COMMIT_DONE || got.answer.outcome == COMMIT_ALREADY);
        redisReply *there = live_redis_ask (&self->replica, "EXISTS b:{3}:c:acme:%s", name);
        assert_int_equal (there->integer, 1);
        freeReplyObject (there);
    }
    kill (self->replica.pid, SIGSTOP);
    commit_t *commit = step ("late", 0, "late"), *patient = step ("patient", 0, "patient");
    got_t patient_got = {0};
    got = (got_t){0};
    store_commit (self->store, &commit, 500, on_commit, &got);
    store_commit (self->store, &patient, 8000, on_commit, &patient_got);
    live_until (self->loop, &got.done, PATIENCE_MS, "no replica has it");
    assert_int_equal (got.answer.outcome, COMMIT_AWAY);
    assert_string_equal (store_why_not (self->store), "no replica of redis confirms what is written");
    assert_false (patient_got.done);
    kill (self->replica.pid, SIGCONT);
    live_until (self->loop, &patient_got.done, 2 * PATIENCE_MS, "the replica has it");
    assert_true (patient_got.answer.outcome == COMMIT_DONE || patient_got.answer.outcome == COMMIT_ALREADY);
    self->ready = store_ready (self->store);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    check_reads_are_held (self);
}

/* ---- following */

enum { FOLLOWED = 40 };
typedef struct followed {
    bool half, all;
    uint64_t last;
    bool gap;
} followed_t;

static void on_event (void *arg, const store_values_t *values)
{
    followed_t *self = arg;
    for (size_t i = 0; i < values->n; i++) {
        self->gap |= (uint64_t)values->items[i].score != self->last + 1;
        self->last = (uint64_t)values->items[i].score;
    }
    self->half = self->last >= FOLLOWED / 2;
    self->all = self->last >= FOLLOWED;
}

static void test_follow_across_restart (void **state)
{
    world_t *self = *state;
    followed_t followed = {0};
    store_follow_t *follow = store_follow (self->store, "b:{3}:ev:w", 0, on_event, &followed);
    for (int i = 0; i < FOLLOWED / 2; i++)
        live_redis_do (&self->redis, "XADD b:{3}:ev:w 0-* e %d", i);
    live_until (self->loop, &followed.half, PATIENCE_MS, "the first half");
    live_redis_kill (&self->redis, SIGTERM);
    live_until (self->loop, &self->unready, PATIENCE_MS, "unready");
    self->ready = false;
    live_redis_start (&self->redis, NULL);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    for (int i = 0; i < FOLLOWED / 2; i++)
        live_redis_do (&self->redis, "XADD b:{3}:ev:w 0-* e %d", i);
    live_until (self->loop, &followed.all, PATIENCE_MS, "the second half");
    assert_false (followed.gap);
    store_unfollow (&follow);
    assert_null (follow);
}

static void on_event_once (void *arg, const store_values_t *values)
{
    store_follow_t **follow_p = arg;
    assert_int_equal (values->n, 1);
    store_unfollow (follow_p);
}

static void test_unfollow_from_within (void **state)
{
    world_t *self = *state;
    live_redis_do (&self->redis, "XADD b:{3}:ev:w 0-* e x");
    store_follow_t *follow = NULL;
    follow = store_follow (self->store, "b:{3}:ev:w", 0, on_event_once, &follow);
    for (int i = 0; i < PATIENCE_MS / 10 && follow; i++)
        live_for (self->loop, 10);
    assert_null (follow);
}

/* ---- its end, and its speed */

static void test_destroy_answers (void **state)
{
    world_t *self = *state;
    got_t sent = {0}, unsent = {0};
    read_t read = {0};
    kill (self->redis.pid, SIGSTOP);
    commit_t *commit = step ("one", 0, "a");
    store_commit (self->store, &commit, 0, on_commit, &sent);
    live_for (self->loop, 5);
    commit = step ("two", 0, "b");
    store_commit (self->store, &commit, 0, on_commit, &unsent);
    store_hash (self->store, KEY_CONF, on_values, &read);
    store_destroy (&self->store);
    assert_int_equal (sent.answer.outcome, COMMIT_AWAY);
    assert_int_equal (unsent.answer.outcome, COMMIT_AWAY);
    assert_int_equal (sent.times + unsent.times, 2);
    assert_true (read.away);
    kill (self->redis.pid, SIGCONT);
}

typedef struct pump {
    world_t *world;
    int begun, done, wrong;
    bool over;
} pump_t;
enum { PUMPED = 20000 };

static void on_pumped (void *arg, const commit_answer_t *answer);

static void pump (pump_t *self)
{
    char name[24], key[KEY_SIZE], text[200] = {0};
    snprintf (name, sizeof name, "p%d", self->begun++);
    commit_t *commit = step (name, 0, name);
    commit_append (commit, key_timeline (key, SHARD, "acme", name), text, sizeof text);
    commit_place (commit, key_queue (key, SHARD, "acme"), 1000, name);
    store_commit (self->world->store, &commit, 4000, on_pumped, self);
}

static void on_pumped (void *arg, const commit_answer_t *answer)
{
    pump_t *self = arg;
    self->wrong += answer->outcome != COMMIT_DONE;
    self->done++;
    self->over = self->done == PUMPED;
    if (self->begun < PUMPED)
        pump (self);
}

static void test_throughput (void **state)
{
    world_t *self = *state;
    pump_t pumped = {.world = self};
    int64_t began = loop_now_us (self->loop);
    while (pumped.begun < WINDOW)
        pump (&pumped);
    live_until (self->loop, &pumped.over, 60000, "all commits");
    int64_t took = loop_now_us (self->loop) - began;
    assert_int_equal (pumped.wrong, 0);
    assert_int_equal (live_redis_number (&self->redis, "XLEN b:{3}:ev:acme"), PUMPED);
    print_message ("%d commits, %d in flight, fsync always: %.0f a second\n", PUMPED, WINDOW,
                   PUMPED * 1e6 / (double)took);
}

static void test_record_of_calls (void **state)
{
    world_t *self = *state;
    char path[96], line[64];
    got_t got;
    snprintf (path, sizeof path, "%s/calls", self->redis.dir);
    store_destroy (&self->store);
    open_store (self, &(store_config_t){.record_path = path});
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready");
    assert_int_equal (commit_wait (self, step ("one", 0, "a"), &got), COMMIT_DONE);
    store_destroy (&self->store);
    FILE *file = fopen (path, "r");
    assert_non_null (file);
    int calls = 0;
    bool evalsha = false;
    while (fgets (line, sizeof line, file)) {
        size_t size = strtoul (strchr (line, ' '), NULL, 10);
        char *bytes = xmalloc (size);
        assert_int_equal (fread (bytes, 1, size, file), size);
        evalsha = memmem (bytes, size, "EVALSHA", 7) != NULL;
        calls++;
        free (bytes);
    }
    fclose (file);
    assert_int_equal (calls, 3); /* two SCRIPT LOAD, one EVALSHA */
    assert_true (evalsha);
    open_store (self, NULL);
}

/* An argument chooses tests by name, with wildcards. */
int main (int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter (argv[1]);
#define LIVE_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
    const struct CMUnitTest tests[] = {
        LIVE_TEST (test_record_versions),
        LIVE_TEST (test_checks_and_poison),
        LIVE_TEST (test_writes),
        LIVE_TEST (test_batch),
        LIVE_TEST (test_already_before_other_checks),
        LIVE_TEST (test_reads),
        LIVE_TEST (test_lease),
        LIVE_TEST (test_lease_attempts),
        LIVE_TEST (test_noscript),
        LIVE_TEST (test_lost_answer),
        LIVE_TEST (test_restart_with_commits_waiting),
        LIVE_TEST (test_stopped),
        LIVE_TEST (test_stopped_for_long),
        LIVE_TEST (test_out_of_memory),
        LIVE_TEST (test_full),
        LIVE_TEST (test_two_first),
        LIVE_TEST (test_settings),
        LIVE_TEST (test_password),
        LIVE_TEST (test_tcp_by_name),
        LIVE_TEST (test_replica),
        LIVE_TEST (test_follow_across_restart),
        LIVE_TEST (test_unfollow_from_within),
        LIVE_TEST (test_destroy_answers),
        LIVE_TEST (test_throughput),
        LIVE_TEST (test_record_of_calls),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
