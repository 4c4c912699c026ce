/* test_store_losses.c - acknowledged writes that Redis has lost are noticed, and nothing else is taken for a loss. */
#include "keys.h"
#include "live.h"
#include "store.h"
#include "xmalloc.h"

#include <glob.h>
#include <sys/stat.h>

enum { SHARD = 3, PATIENCE_MS = 5000, EVENTS = 20, EVENT_SIZE = 100 };
static const char KEY[] = "b:{3}:ev:acme";

typedef struct world {
    live_redis_t redis;
    live_redis_t front; /* replicated.py, in two tests */
    loop_t *loop;
    store_t *store;
    bool ready, unready, lost, done;
    commit_outcome_t outcome;
} world_t;

static void on_change (void *arg)
{
    world_t *self = arg;
    self->ready = store_ready (self->store);
    self->unready = !self->ready;
}

static void each_turn (void *arg)
{
    world_t *self = arg;
    self->lost = self->store && store_lost (self->store);
}

static int setup (void **state)
{
    world_t *self = xcalloc (1, sizeof *self);
    *state = self;
    self->loop = loop_new ();
    live_redis_new (&self->redis);
    live_redis_start (&self->redis, NULL);
    self->store = store_new (self->loop, &(store_config_t){.address = self->redis.address, .service = "tester"});
    store_on_change (self->store, on_change, self);
    loop_each_turn (self->loop, each_turn, self);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready");
    return 0;
}

static int teardown (void **state)
{
    world_t *self = *state;
    loop_each_turn_remove (self->loop, each_turn, self);
    store_destroy (&self->store);
    loop_destroy (&self->loop);
    if (*self->front.dir)
        live_redis_destroy (&self->front);
    live_redis_destroy (&self->redis);
    free (self);
    return 0;
}

static void on_commit (void *arg, const commit_answer_t *answer)
{
    world_t *self = arg;
    self->done = true;
    self->outcome = answer->outcome;
}

/* An event of its own; how it went is in outcome. */
static void try_event (world_t *self, int n)
{
    char bytes[EVENT_SIZE];
    commit_t *commit = commit_new (SHARD);
    memset (bytes, 'a' + n % 26, sizeof bytes);
    commit_event (commit, KEY, bytes, sizeof bytes);
    self->done = false;
    store_commit (self->store, &commit, 4000, on_commit, self);
    live_until (self->loop, &self->done, PATIENCE_MS, "a commit's answer");
}

/* It is acknowledged. */
static void write_event (world_t *self, int n)
{
    try_event (self, n);
    assert_int_equal (self->outcome, COMMIT_DONE);
}

static void write_events (world_t *self)
{
    for (int n = 0; n < EVENTS; n++)
        write_event (self, n);
}

/* The append-only file that grows. */
static void aof_path (const world_t *self, char path[256])
{
    glob_t found;
    snprintf (path, 256, "%s/appendonlydir/*.incr.aof", self->redis.dir);
    assert_int_equal (glob (path, 0, NULL, &found), 0);
    snprintf (path, 256, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree (&found);
}

static void cut (const world_t *self, off_t bytes)
{
    char path[256];
    struct stat about;
    aof_path (self, path);
    assert_int_equal (stat (path, &about), 0);
    assert_int_equal (truncate (path, about.st_size - bytes), 0);
}

static void kill_redis (world_t *self)
{
    live_redis_kill (&self->redis, SIGKILL);
    live_until (self->loop, &self->unready, PATIENCE_MS, "unready");
    self->ready = false;
}

static void assert_line (const world_t *self, const char *rest)
{
    redisReply *reply = live_redis_ask (&self->redis, "LRANGE %s 0 -1", KEY_LOST);
    assert_int_equal (reply->elements, 1);
    assert_non_null (strstr (reply->element[0]->str, rest));
    freeReplyObject (reply);
}

static void assert_no_line (const world_t *self)
{
    assert_int_equal (live_redis_number (&self->redis, "LLEN b:lost"), 0);
}

static void assert_fine (world_t *self)
{
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    assert_false (store_lost (self->store));
    assert_no_line (self);
    write_event (self, EVENTS);
}

static void test_restart (void **state)
{
    world_t *self = *state;
    write_events (self);
    kill_redis (self);
    live_redis_start (&self->redis, NULL);
    assert_fine (self);
}

/* Redis died within a write that it had acknowledged to nobody. */
static void test_torn_tail (void **state)
{
    world_t *self = *state;
    char path[256];
    write_events (self);
    kill_redis (self);
    aof_path (self, path);
    FILE *file = fopen (path, "a");
    fputs ("*3\r\n$3\r\nSET\r\n$3\r\nabc\r\n$100\r\nxxxx", file);
    fclose (file);
    live_redis_start (&self->redis, NULL);
    assert_fine (self);
}

static void test_cut (void **state)
{
    world_t *self = *state;
    write_events (self);
    kill_redis (self);
    cut (self, 3 * EVENT_SIZE); /* in mid-command */
    live_redis_start (&self->redis, NULL);
    live_until (self->loop, &self->lost, PATIENCE_MS, "it is noticed");
    assert_false (store_ready (self->store));
    const char words[] = "redis has lost acknowledged writes: event 20 of workspace acme is not there, its newest is 1";
    assert_memory_equal (store_why_not (self->store), words, sizeof words - 1);
    assert_line (self, "event 20 of workspace acme is not there, its newest is 1");
    live_for (self->loop, 300); /* and it stays so */
    assert_false (store_ready (self->store));
}

/* Others have gone on by the time that we are back: the number is there, its bytes are not ours. */
static void test_cut_and_gone_on (void **state)
{
    world_t *self = *state;
    write_events (self);
    kill_redis (self);
    cut (self, 3 * EVENT_SIZE);
    live_redis_t elsewhere = self->redis;
    snprintf (elsewhere.socket, sizeof elsewhere.socket, "%s/t", self->redis.dir);
    live_redis_start (&elsewhere, NULL);
    mono_ms_t end = loop_now (self->loop) + PATIENCE_MS;
    for (bool there = false; !there;) {
        assert_true (loop_now (self->loop) < end);
        redisContext *redis = redisConnectUnix (elsewhere.socket);
        redisReply *reply = redis && !redis->err ? redisCommand (redis, "PING") : NULL;
        there = reply && reply->type == REDIS_REPLY_STATUS;
        if (reply)
            freeReplyObject (reply);
        redisFree (redis);
    }
    for (int n = 0; n < EVENTS; n++)
        live_redis_do (&elsewhere, "XADD %s 0-* e other%d", KEY, n);
    live_redis_kill (&elsewhere, SIGTERM);
    live_redis_start (&self->redis, NULL);
    live_until (self->loop, &self->lost, PATIENCE_MS, "it is noticed");
    assert_string_equal (store_why_not (self->store),
                         "redis has lost acknowledged writes: event 20 of workspace acme is another now");
    assert_line (self, "event 20 of workspace acme is another now; tester, 2");
}

static void test_trimmed (void **state)
{
    static const char *const least[] = {"0-25", "0-1000"}; /* above ours; above all */
    world_t *self = *state;
    for (size_t i = 0; i < 2; i++) {
        write_events (self);
        for (int n = 0; i == 0 && n < EVENTS; n++)
            live_redis_do (&self->redis, "XADD %s 0-* e other", KEY);
        live_redis_do (&self->redis, "XTRIM %s MINID %s", KEY, least[i]);
        kill_redis (self);
        live_redis_start (&self->redis, NULL);
        assert_fine (self);
    }
}

/* Somebody's customer was forgotten: the entry is taken out from between others, and that is no loss. */
static void test_dropped (void **state)
{
    world_t *self = *state;
    write_events (self);
    live_redis_do (&self->redis, "XADD %s 0-* e other", KEY);
    live_redis_do (&self->redis, "XDEL %s 0-%d", KEY, EVENTS);
    self->unready = false;
    live_for (self->loop, 2500);
    assert_false (self->unready);
    kill_redis (self);
    live_redis_start (&self->redis, NULL);
    assert_fine (self);
}

/* While it stays connected and is idle: nothing is dropped for it. */
static void test_trimmed_idle (void **state)
{
    world_t *self = *state;
    write_events (self);
    live_redis_do (&self->redis, "XTRIM %s MINID 0-1000", KEY);
    self->unready = false;
    live_for (self->loop, 2500);
    assert_false (self->unready);
    write_event (self, EVENTS);
}

/* While it stays connected and is idle. */
static void test_flushed (void **state)
{
    world_t *self = *state;
    write_events (self);
    live_redis_do (&self->redis, "FLUSHALL");
    live_until (self->loop, &self->lost, PATIENCE_MS, "it is noticed");
    assert_string_equal (
        store_why_not (self->store),
        "redis has lost acknowledged writes: event 20 of workspace acme is not there, its newest is 0");
    assert_line (self, "event 20 of workspace acme is not there, its newest is 0; tester, 2");
}

/* And while it is busy: a number is drawn again. */
static void test_flushed_at_work (void **state)
{
    world_t *self = *state;
    write_events (self);
    live_redis_do (&self->redis, "FLUSHALL");
    for (int n = 0; n < 3 && store_ready (self->store); n++)
        try_event (self, n); /* the look once a second may come between */
    live_until (self->loop, &self->lost, PATIENCE_MS, "it is noticed");
    assert_line (self, "event 20 of workspace acme is ");
}

/* As long as its line can't be written it is not told, only not ready. */
static void test_line_is_written (void **state)
{
    world_t *self = *state;
    write_events (self);
    kill_redis (self);
    cut (self, 3 * EVENT_SIZE);
    live_redis_start (&self->redis, (const char *[]){"--maxmemory", "1", NULL});
    live_for (self->loop, 1500);
    assert_false (store_ready (self->store));
    assert_false (store_lost (self->store));
    live_redis_do (&self->redis, "CONFIG SET maxmemory 0");
    live_until (self->loop, &self->lost, PATIENCE_MS, "it is noticed");
    assert_line (self, "event 20 of workspace acme is not there, its newest is 1");
}

/* ---- durability replica: answers are held, and calls have a connection of their own */

static void front_start (live_redis_t *self, const char *real)
{
    live_redis_new (self);
    pid_t parent = getpid ();
    self->pid = fork ();
    if (self->pid == 0) {
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        if (getppid () != parent)
            _exit (1);
        execlp ("python3", "python3", TESTS_DIR "/live/replicated.py", real, self->socket, NULL);
        _exit (127);
    }
    assert_true (self->pid > 0);
}

/* A store anew, by way of the front. */
static void be_replicated (world_t *self)
{
    store_destroy (&self->store);
    front_start (&self->front, self->redis.socket);
    self->ready = false;
    self->store = store_new (
        self->loop,
        &(store_config_t){.address = self->front.address, .service = "tester", .durability = DURABLE_REPLICA});
    store_on_change (self->store, on_change, self);
    live_until (self->loop, &self->ready, 2 * PATIENCE_MS, "ready");
}

/* A newer event's answer is told between the question for the one before it and what is said to that. */
static void test_held_meanwhile (void **state)
{
    world_t *self = *state;
    be_replicated (self);
    for (int n = 0; n < 3; n++)
        write_event (self, n);
    live_redis_do (&self->front, "PUBLISH hold x");
    write_event (self, 3);
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    live_for (self->loop, 300);
    assert_false (store_lost (self->store));
    assert_no_line (self);
    write_event (self, 4);
}

/* The connection that calls have is down while the other stands: then it is not ready, and says why. */
static void test_writer_down (void **state)
{
    world_t *self = *state;
    be_replicated (self);
    self->unready = false;
    live_redis_do (&self->front, "PUBLISH cut x");
    commit_t *commit = commit_new (SHARD);
    commit_event (commit, KEY, "a", 1);
    store_commit (self->store, &commit, 500, on_commit, self);
    live_until (self->loop, &self->unready, PATIENCE_MS, "unready");
    for (int i = 0; i < 20; i++) {
        live_for (self->loop, 100);
        assert_false (store_ready (self->store));
    }
    assert_non_null (strstr (store_why_not (self->store), "redis at unix:"));
    live_redis_do (&self->front, "PUBLISH well x");
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready again");
    write_event (self, 0);
}

/* Without the right to publish a WAIT says nothing of what others wrote. */
static void test_no_channel (void **state)
{
    world_t *self = *state;
    store_destroy (&self->store);
    live_redis_do (&self->redis, "ACL SETUSER one on >pw ~* +@all resetchannels");
    front_start (&self->front, self->redis.socket);
    self->ready = false;
    self->store = store_new (self->loop, &(store_config_t){.address = self->front.address,
                                                           .service = "tester",
                                                           .durability = DURABLE_REPLICA,
                                                           .user = "one",
                                                           .password = "pw"});
    store_on_change (self->store, on_change, self);
    for (int i = 0; i < 50 && !strstr (store_why_not (self->store), "NOPERM"); i++)
        live_for (self->loop, 100);
    if (!strstr (store_why_not (self->store), "NOPERM"))
        fail_msg ("it says: %s", store_why_not (self->store));
    live_for (self->loop, 500);
    assert_false (self->ready);
    live_redis_do (&self->redis, "ACL SETUSER one &b:*");
    live_until (self->loop, &self->ready, PATIENCE_MS, "ready");
    write_event (self, 0);
}

int main (int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter (argv[1]);
#define LIVE_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)
    const struct CMUnitTest tests[] = {
        LIVE_TEST (test_restart),         LIVE_TEST (test_torn_tail),       LIVE_TEST (test_cut),
        LIVE_TEST (test_cut_and_gone_on), LIVE_TEST (test_trimmed),         LIVE_TEST (test_flushed),
        LIVE_TEST (test_flushed_at_work), LIVE_TEST (test_line_is_written), LIVE_TEST (test_held_meanwhile),
        LIVE_TEST (test_writer_down),     LIVE_TEST (test_trimmed_idle),    LIVE_TEST (test_no_channel),
        LIVE_TEST (test_dropped),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
