/* test_store_rights.c - the store as a Redis user who may not do all: said at the door; at work nothing is a key's fault, and
 * nothing is half done. */
#include "ids.h"
#include "keys.h"
#include "live.h"
#include "record.h"
#include "store.h"
#include "xmalloc.h"

enum { SHARD = 3, PATIENCE_MS = 5000 };
#define ALL "resetkeys ~b:* &b:* -@all +@all"

typedef struct world {
    live_redis_t redis;
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

static void open_store (world_t *self)
{
    self->ready = self->unready = false;
    self->store =
        store_new (self->loop, &(store_config_t){.address = self->redis.address, .user = "buck", .password = "stop"});
    store_on_change (self->store, on_change, self);
}

static void allow (const world_t *self, const char *rights)
{
    char command[256];
    snprintf (command, sizeof command, "ACL SETUSER buck on >stop %s", rights);
    live_redis_do (&self->redis, command);
}

static int setup (void **state)
{
    world_t *self = xcalloc (1, sizeof *self);
    *state = self;
    self->loop = loop_new ();
    live_redis_new (&self->redis);
    live_redis_start (&self->redis, NULL);
    for (int tries = 0; tries < 200; tries++) {
        redisContext *link = redisConnectUnix (self->redis.socket);
        bool up = link && !link->err;
        redisFree (link);
        if (up)
            break;
        live_for (self->loop, 20);
    }
    allow (self, ALL);
    return 0;
}

static int teardown (void **state)
{
    world_t *self = *state;
    store_destroy (&self->store);
    loop_destroy (&self->loop);
    live_redis_destroy (&self->redis);
    free (self);
    return 0;
}

static void says (world_t *self, const char *words)
{
    for (int i = 0; i < 50 && !strstr (store_why_not (self->store), words); i++)
        live_for (self->loop, 100);
    if (!strstr (store_why_not (self->store), words))
        fail_msg ("wanted '%s', it says: %s", words, store_why_not (self->store));
}

/* Each command that only writes would leave an item half done: without it nobody gets in. */
static void test_at_the_door (void **state)
{
    static const char *const rows[][2] = {
        {"-hincrby", "hincrby"},   {"-zadd", "zadd"}, {"-xadd", "xadd"},         {"-rpush", "rpush"},
        {"-set", "set"},           {"-del", "del"},   {"-zrem", "zrem"},         {"-llen", "llen"},
        {"-getrange", "getrange"}, {"-time", "time"}, {"-setrange", "setrange"}, {"resetkeys ~a:*", "b:{0}"},
    };
    world_t *self = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        allow (self, ALL);
        allow (self, rows[i][0]);
        open_store (self);
        says (self, "refuses its user 'buck'");
        says (self, rows[i][1]);
        assert_false (store_ready (self->store));
        allow (self, ALL);
        live_until (self->loop, &self->ready, PATIENCE_MS, "ready once it is allowed");
        store_destroy (&self->store);
    }
}

/* Who may not ask what they may do is let in. */
static void test_not_asked (void **state)
{
    world_t *self = *state;
    allow (self, "-acl");
    open_store (self);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready");
}

/* ---- at work */

typedef struct got {
    bool done;
    commit_answer_t answer;
    char found[128];
} got_t;

static void on_commit (void *arg, const commit_answer_t *answer)
{
    got_t *self = arg;
    *self = (got_t){.done = true, .answer = *answer};
    snprintf (self->found, sizeof self->found, "%.*s", (int)answer->found_size, answer->found ? answer->found : "");
}

static size_t record_bytes (char bytes[64])
{
    memset (bytes, 0, RECORD_HEAD_SIZE);
    bytes[0] = RECORD_SCHEMA;
    bytes[1] = '0';
    bytes[2] = 1;
    bytes[3] = 'c';
    bytes[11] = 1;
    memcpy (bytes + RECORD_HEAD_SIZE, event_id_of ("one", NULL).bytes, EVENT_ID_SIZE);
    return RECORD_HEAD_SIZE + EVENT_ID_SIZE;
}

/* All ops that look before they write. */
static commit_t *all_of_it (void)
{
    static const commit_weight_t weights[] = {{"chat", 1}};
    char key[KEY_SIZE], bytes[64];
    commit_t *commit = commit_new (SHARD);
    size_t size = record_bytes (bytes);
    commit_expect_record (commit, key_contact (key, SHARD, "acme", "one"), 0, event_id_of ("one", NULL));
    commit_expect_room (commit, "b:{3}:own:acme:ada:1", 5, weights, 1);
    commit_put (commit, key, bytes, size, 0);
    commit_put (commit, "b:{3}:text", "x", 1, 0);
    commit_place (commit, key_due (key, SHARD, 'c'), 1000, "acme:one");
    commit_append (commit, "b:{3}:tl:acme:one", "entry", 5);
    commit_count (commit, "b:{3}:n:acme", "opened", 1);
    commit_event (commit, key_events (key, SHARD, "acme"), "event", 5);
    return commit;
}

static void count_keys (const world_t *self, int64_t wanted)
{
    assert_int_equal (live_redis_number (&self->redis, "DBSIZE"), wanted);
}

/* What is taken while we work: away, nothing written, said, and all goes on once it is given again. */
static void test_at_work (void **state)
{
    static const char *const rights[] = {"-getrange", "-zlexcount", "-strlen", "-zcard",
                                         "-llen",     "-hlen",      "-xadd",   "-time"};
    world_t *self = *state;
    open_store (self);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready");
    int64_t before = live_redis_number (&self->redis, "DBSIZE");
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        got_t got = {0};
        commit_t *commit = all_of_it ();
        self->unready = false;
        allow (self, rights[i]);
        store_commit (self->store, &commit, 0, on_commit, &got);
        live_until (self->loop, &got.done, PATIENCE_MS, rights[i]);
        if (got.answer.outcome != COMMIT_AWAY)
            fail_msg ("%s: outcome %d, %s", rights[i], got.answer.outcome, got.found);
        assert_true (self->unready);
        says (self, "refuses its user 'buck'");
        count_keys (self, before);
        allow (self, ALL);
        self->ready = false;
        live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    }
    got_t got = {0};
    commit_t *commit = all_of_it ();
    store_commit (self->store, &commit, 0, on_commit, &got);
    live_until (self->loop, &got.done, PATIENCE_MS, "a commit");
    assert_int_equal (got.answer.outcome, COMMIT_DONE);
}

typedef struct lease {
    bool done, away;
    size_t n;
    unsigned attempts;
} lease_t;

static void on_leased (void *arg, const store_leased_t *leased)
{
    *(lease_t *)arg = (lease_t){.done = true,
                                .away = leased->away,
                                .n = leased->rows_n,
                                .attempts = leased->rows_n ? leased->rows->attempts : 0};
}

/* A record that may not be read is not a broken one: it does not wait for an hour. */
static void test_lease (void **state)
{
    world_t *self = *state;
    char bytes[64];
    size_t size = record_bytes (bytes);
    open_store (self);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready");
    live_redis_do (&self->redis, "SET b:{3}:c:acme:one %b", bytes, size);
    live_redis_do (&self->redis, "ZADD b:{3}:due:c 10 acme:one");
    lease_t lease = {0};
    allow (self, "-get");
    store_lease (self->store, SHARD, 'c', 8, 5000, on_leased, &lease);
    live_until (self->loop, &lease.done, PATIENCE_MS, "a lease");
    assert_true (lease.away);
    says (self, "refuses its user 'buck'");
    allow (self, ALL);
    self->ready = false;
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    lease = (lease_t){0};
    store_lease (self->store, SHARD, 'c', 8, 5000, on_leased, &lease);
    live_until (self->loop, &lease.done, PATIENCE_MS, "a lease");
    assert_int_equal (lease.n, 1);
    assert_int_equal (lease.attempts, 1);
}

int main (int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter (argv[1]);
#define LIVE_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
    const struct CMUnitTest tests[] = {LIVE_TEST (test_at_the_door), LIVE_TEST (test_not_asked),
                                       LIVE_TEST (test_at_work), LIVE_TEST (test_lease)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
