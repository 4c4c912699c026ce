/* test_intake_admit.c - how much is taken on at once, and from whom how often. */
#include "admit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static admit_t *admit;

static int setup (void **state)
{
    (void)state;
    admit = calloc (1, sizeof *admit);
    return admit ? 0 : -1;
}

static int teardown (void **state)
{
    (void)state;
    free (admit);
    return 0;
}

static void test_so_many_at_once (void **state)
{
    (void)state;
    admit_place_t places[3] = {{0}};
    admit->max = 2;
    assert_true (admit_begins (admit));
    assert_true (admit_begins (admit));
    assert_false (admit_begins (admit));
    admit_ends (admit, &places[2]);
    admit_ends (admit, &places[1]);
    assert_true (admit_begins (admit));
    admit->max = 0;
    for (int i = 0; i < 1000; i++)
        assert_true (admit_begins (admit));
}

/* Who waits: begun at, ends at; the question is whether one more may at `now`. */
static const struct {
    const char *name;
    struct {
        int shard;
        int64_t from, to;
    } waits[3];
    size_t n;
    int shard;
    int64_t now;
    bool in;
} slow[] = {
    {"nobody waits", {{0}}, 0, 0, 10 * ADMIT_SLOW_US, true},
    {"not long", {{0, 0, INT64_MAX}}, 1, 0, ADMIT_SLOW_US, true},
    {"too long", {{0, 0, INT64_MAX}}, 1, 0, ADMIT_SLOW_US + 1, false},
    {"for another shard", {{1, 0, INT64_MAX}}, 1, 0, ADMIT_SLOW_US + 1, true},
    {"the first is done", {{0, 0, 5}, {0, 10, INT64_MAX}}, 2, 0, ADMIT_SLOW_US + 5, true},
    {"the second is not", {{0, 0, 5}, {0, 10, INT64_MAX}}, 2, 0, ADMIT_SLOW_US + 11, false},
    {"one between is done", {{0, 0, INT64_MAX}, {0, 1, 5}, {0, 2, INT64_MAX}}, 3, 0, ADMIT_SLOW_US + 1, false},
    {"all are done", {{0, 0, 7}, {0, 1, 6}, {0, 2, 5}}, 3, 0, ADMIT_SLOW_US + 100, true},
};

static void test_a_slow_shard (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        admit_place_t places[3] = {{0}}, one = {0};
        memset (admit, 0, sizeof *admit);
        for (size_t k = 0; k < slow[i].n; k++) {
            admit_begins (admit);
            assert_true (admit_waits (admit, &places[k], slow[i].waits[k].shard, slow[i].waits[k].from));
        }
        for (size_t k = 0; k < slow[i].n; k++)
            if (slow[i].waits[k].to < slow[i].now)
                admit_ends (admit, &places[k]);
        admit_begins (admit);
        if (admit_waits (admit, &one, slow[i].shard, slow[i].now) != slow[i].in)
            fail_msg ("%s", slow[i].name);
        admit_ends (admit, &one);
        for (size_t k = 0; k < slow[i].n; k++)
            if (slow[i].waits[k].to >= slow[i].now)
                admit_ends (admit, &places[k]);
        assert_int_equal (admit->n, 0);
        for (size_t k = 0; k < SHARDS_MAX; k++)
            assert_true (!admit->first[k] && !admit->last[k]);
    }
}

static void test_a_rate (void **state)
{
    (void)state;
    int64_t now = 5000000;
    assert_int_equal (admit_rate (admit, "AAAA", now), 0); /* no limit is set */
    admit->rate = 10;
    admit->burst = 3;
    for (int i = 0; i < 3; i++)
        assert_int_equal (admit_rate (admit, "AAAA", now), 0);
    assert_int_equal (admit_rate (admit, "AAAA", now), 100000);
    assert_int_equal (admit_rate (admit, "AAAA", now), 100000); /* asking costs nothing */
    assert_int_equal (admit_rate (admit, "BBBB", now), 0);
    assert_int_equal (admit_rate (admit, "AAAA", now + 99999), 1);
    assert_int_equal (admit_rate (admit, "AAAA", now + 100000), 0);
    assert_int_equal (admit_rate (admit, "AAAA", now + 100000), 100000);
    size_t taken = 0;
    for (int64_t at = now + 1000000; at < now + 11000000; at += 1000)
        taken += admit_rate (admit, "AAAA", at) == 0;
    assert_in_range (taken, 100, 103);
}

/* Who is refused for a slow shard is not charged; a link comes by no token. */
static void test_a_write (void **state)
{
    (void)state;
    const int64_t slow_at = ADMIT_SLOW_US + 1;
    admit_place_t first = {0}, one = {0}, two = {0};
    admit->rate = 1;
    admit->burst = 1;
    assert_int_equal (admit_write (admit, &first, 0, "", 0), ADMIT_IN);
    for (int i = 0; i < 5; i++)
        assert_int_equal (admit_write (admit, &one, 0, "AAAA", slow_at), ADMIT_SLOW);
    assert_int_equal (admit_write (admit, &one, 0, "", slow_at), ADMIT_SLOW);
    admit_ends (admit, &one);
    admit_ends (admit, &first);
    assert_int_equal (admit_write (admit, &one, 0, "AAAA", slow_at), ADMIT_IN);
    assert_int_equal (admit_write (admit, &two, 0, "AAAA", slow_at), ADMIT_RATE);
    admit_ends (admit, &two);
    assert_int_equal (admit_write (admit, &two, 0, "", slow_at), ADMIT_IN);
    admit_ends (admit, &two);
    admit_ends (admit, &one);
    assert_true (!admit->first[0] && !admit->last[0]);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (test_so_many_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown (test_a_slow_shard, setup, teardown),
        cmocka_unit_test_setup_teardown (test_a_rate, setup, teardown),
        cmocka_unit_test_setup_teardown (test_a_write, setup, teardown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
