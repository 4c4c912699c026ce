/* test_fake.c - the fakes themselves: time, commits, leases, faults, bus, far sides. */
#include "clock.h"
#include "fake.h"
#include "http_client.h"
#include "http_server.h"
#include "ids.h"
#include "keys.h"
#include "record.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const event_id_t EVENT = {{1, 2, 3, 4, 5, 6, 7, 8}};

typedef struct desk {
    loop_t *loop;
    store_t *store;
    bus_t *bus;
    commit_answer_t answer;
    int answers, heard;
    char text[64];
    store_leased_t leased;
    unsigned attempts;
} desk_t;

static desk_t desk_new (void)
{
    desk_t desk = {.loop = loop_new ()};
    desk.store = store_new (desk.loop, &(store_config_t){.shards = 1});
    desk.bus = bus_new (desk.loop);
    return desk;
}

static void desk_clear (desk_t *desk)
{
    bus_destroy (&desk->bus);
    store_destroy (&desk->store);
    loop_destroy (&desk->loop);
}

static void on_commit (void *arg, const commit_answer_t *answer)
{
    desk_t *desk = arg;
    desk->answer = *answer;
    desk->answers++;
}

static commit_t *put_record (uint64_t version, event_id_t id)
{
    char head[RECORD_HEAD_SIZE + 8] = {RECORD_SCHEMA, '0', 1, 'c'};
    head[11] = (char)(version + 1);
    memcpy (head + RECORD_HEAD_SIZE, id.bytes, 8);
    commit_t *commit = commit_new (0);
    commit_expect_record (commit, "b:{0}:c:w:x", version, id);
    commit_put (commit, "b:{0}:c:w:x", head, sizeof head, 0);
    commit_place (commit, "b:{0}:due:c", fake_store_now () + 1000, "w:x");
    commit_event (commit, "b:{0}:ev:w", "e", 1);
    return commit;
}

static void do_commit (desk_t *desk, uint64_t version, event_id_t id)
{
    commit_t *commit = put_record (version, id);
    store_commit (desk->store, &commit, 0, on_commit, desk);
    assert_null (commit);
    assert_int_equal (desk->answers, 0); /* never from within */
    fake_advance (STORE_TIMEOUT_MS);
    assert_int_equal (desk->answers, 1);
    desk->answers = 0;
}

static void test_commit (void **state)
{
    (void)state;
    fake_reset (1);
    desk_t desk = desk_new ();
    do_commit (&desk, 0, EVENT);
    assert_int_equal (desk.answer.outcome, COMMIT_DONE);
    assert_int_equal (desk.answer.event_number, 1);
    do_commit (&desk, 0, EVENT);
    assert_int_equal (desk.answer.outcome, COMMIT_ALREADY);
    assert_int_equal (desk.answer.version, 1);
    do_commit (&desk, 7, (event_id_t){{9}});
    assert_int_equal (desk.answer.outcome, COMMIT_REFUSED);
    assert_int_equal (desk.answer.failed_op, OP_RECORD);
    assert_int_equal (fake_store_size ("b:{0}:ev:w"), 1);
    desk_clear (&desk);
}

static void test_faults (void **state)
{
    (void)state;
    fake_reset (1);
    desk_t desk = desk_new ();
    fake_store_fault (FAKE_STORE_RESENT, 1);
    do_commit (&desk, 0, EVENT);
    assert_int_equal (desk.answer.outcome, COMMIT_ALREADY);
    fake_store_fault (FAKE_STORE_UNKNOWN, 1);
    do_commit (&desk, 1, (event_id_t){{2}});
    assert_int_equal (desk.answer.outcome, COMMIT_AWAY);
    assert_int_equal (fake_store_size ("b:{0}:ev:w"), 2);
    fake_store_fault (FAKE_STORE_AWAY, 1);
    do_commit (&desk, 2, (event_id_t){{3}});
    assert_int_equal (desk.answer.outcome, COMMIT_AWAY);
    assert_false (store_ready (desk.store));
    fake_store_fault (FAKE_STORE_AWAY, 0);
    assert_int_equal (fake_store_size ("b:{0}:ev:w"), 2);
    desk_clear (&desk);
}

static void on_lease (void *arg, const store_leased_t *leased)
{
    desk_t *desk = arg;
    desk->leased = *leased;
    desk->attempts = leased->rows_n ? leased->rows[0].attempts : 0;
}

static void lease (desk_t *desk)
{
    store_lease (desk->store, 0, 'c', 10, 1000, on_lease, desk);
    fake_run ();
}

static void test_lease (void **state)
{
    (void)state;
    fake_reset (1);
    desk_t desk = desk_new ();
    do_commit (&desk, 0, EVENT);
    lease (&desk);
    assert_int_equal (desk.leased.rows_n, 0);
    for (unsigned attempt = 1; attempt <= STORE_ATTEMPTS_MAX + 1; attempt++) {
        fake_advance (1000);
        lease (&desk);
        assert_int_equal (desk.attempts, attempt);
    }
    assert_int_equal (desk.leased.next_due - desk.leased.now, 2000); /* from now on each is twice as long */
    desk_clear (&desk);
}

/* As Redis compares bytes: without a sign. */
static void test_lease_of_high_bytes (void **state)
{
    static const struct {
        unsigned char schema, attempts;
        bool handed_out;
        unsigned counted;
    } rows[] = {{RECORD_SCHEMA, '0', true, 1},
                {RECORD_SCHEMA_NOW, '0', true, 1},
                {RECORD_SCHEMA_NOW + 1, '0', false, 0},
                {RECORD_SCHEMA_LAST, '0', false, 0},
                {RECORD_SCHEMA_LAST + 1, '0', true, 1},
                {0xC1, '0', true, 1},
                {RECORD_SCHEMA, 0xFF, true, STORE_ATTEMPTS_MAX + 10}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[RECORD_HEAD_SIZE] = {(char)rows[i].schema, (char)rows[i].attempts};
        fake_reset (1);
        desk_t desk = desk_new ();
        fake_store_put ("b:{0}:c:w:x", head, sizeof head);
        fake_store_place ("b:{0}:due:c", 1, "w:x");
        lease (&desk);
        assert_int_equal (desk.leased.rows_n, rows[i].handed_out);
        assert_int_equal (desk.attempts, rows[i].counted);
        desk_clear (&desk);
    }
}

/* Of many that are on the way when a process dies the first ones are done: one connection keeps their order. */
static void test_killed_with_many_on_the_way (void **state)
{
    enum { MANY = 100 };
    size_t most = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        char key[32];
        size_t n = 0;
        fake_reset (seed);
        fake_chaos (&(fake_chaos_t){.latency_ms = 50});
        desk_t desk = desk_new ();
        for (int i = 0; i < MANY; i++) {
            commit_t *commit = commit_new (0);
            snprintf (key, sizeof key, "b:{0}:i:w:%d", i);
            commit_put (commit, key, "1", 1, 0);
            store_commit (desk.store, &commit, 0, on_commit, &desk);
        }
        fake_kill (desk.loop);
        for (int i = 0; i < MANY; i++) {
            snprintf (key, sizeof key, "b:{0}:i:w:%d", i);
            bool done = fake_store_size (key) > 0;
            assert_true (!done || n == (size_t)i);
            n += done;
        }
        most = n > most ? n : most;
        desk_clear (&desk);
    }
    assert_true (most > 0);
}

static void on_message (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    desk_t *desk = arg;
    snprintf (desk->text, sizeof desk->text, "%.*s", (int)size, (const char *)bytes);
    desk->heard++;
    if (peer)
        bus_answer (desk->bus, &peer, "pong", 4);
}

static void test_bus (void **state)
{
    (void)state;
    fake_reset (1);
    desk_t a = desk_new (), b = desk_new ();
    assert_int_equal (bus_bind (a.bus, BUS_SUBMIT, "submit", on_message, &a), 0);
    assert_int_equal (bus_connect (b.bus, BUS_SUBMIT, "other,submit", on_message, &b), 0);
    assert_int_equal (bus_request (b.bus, "ping", 4), 0);
    fake_run ();
    assert_string_equal (a.text, "ping");
    assert_string_equal (b.text, "pong");
    fake_bus_fault (BUS_SUBMIT, FAKE_BUS_DROP, 1, 0);
    bus_request (b.bus, "lost", 4);
    fake_bus_fault (BUS_SUBMIT, FAKE_BUS_DOUBLE, 1, 5);
    bus_request (b.bus, "twice", 5);
    fake_advance (10);
    assert_int_equal (a.heard, 3);
    fake_kill (a.loop);
    assert_int_not_equal (bus_request (b.bus, "ping", 4), 0);
    desk_clear (&a);
    desk_clear (&b);
}

static void on_request (void *arg, http_request_t *request)
{
    (void)arg;
    const char *who = http_query (request, "who");
    http_respond (&request, 202, "text/plain", who, strlen (who), NULL);
}

static void on_answer (void *arg, const http_answer_t *answer)
{
    *(int *)arg = answer->status;
}

static void test_http (void **state)
{
    (void)state;
    fake_reset (1);
    desk_t desk = desk_new ();
    http_server_config_t config = {.endpoint = "127.0.0.1:0", .body_max = 10, .timeout_ms = 100};
    http_server_t *server = http_server_new (desk.loop, &config, on_request, NULL);
    fake_answer_t *answer = fake_http_request (NULL, "POST", "/v1?who=a%20b", NULL, "x", 1);
    fake_run ();
    assert_int_equal (fake_answer_status (answer), 202);
    assert_string_equal (fake_answer_body (answer, NULL), "a b");
    fake_answer_destroy (&answer);
    http_client_t *client = http_client_new (desk.loop);
    int status = -1;
    fake_peer ("peer", FAKE_PEER_ANSWERS, 500, 0, 1);
    http_client_call (client, &(http_call_t){.method = "POST", .url = "http://peer/", .timeout_ms = 10}, on_answer,
                      &status);
    fake_run ();
    assert_int_equal (status, 500);
    assert_int_equal (fake_calls (), 1);
    assert_false (fake_call (0)->taken);
    fake_peer ("peer", FAKE_PEER_SILENT, 0, 0, -1);
    status = -1;
    http_client_call (client, &(http_call_t){.method = "POST", .url = "http://peer/", .timeout_ms = 10}, on_answer,
                      &status);
    fake_advance (9);
    assert_int_equal (status, -1);
    fake_advance (1);
    assert_int_equal (status, 0);
    http_client_destroy (&client);
    http_server_destroy (&server);
    desk_clear (&desk);
}

static void on_values (void *arg, const store_values_t *values)
{
    desk_t *desk = arg;
    desk->heard += (int)values->n;
}

static void test_follow (void **state)
{
    (void)state;
    fake_reset (1);
    desk_t desk = desk_new ();
    store_follow_t *follow = store_follow (desk.store, "b:{0}:ev:w", 0, on_values, &desk);
    do_commit (&desk, 0, EVENT);
    assert_int_equal (desk.heard, 1);
    store_unfollow (&follow);
    do_commit (&desk, 1, (event_id_t){{2}});
    assert_int_equal (desk.heard, 1);
    desk_clear (&desk);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_commit),
        cmocka_unit_test (test_faults),
        cmocka_unit_test (test_lease),
        cmocka_unit_test (test_bus),
        cmocka_unit_test (test_http),
        cmocka_unit_test (test_follow),
        cmocka_unit_test (test_lease_of_high_bytes),
        cmocka_unit_test (test_killed_with_many_on_the_way),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
