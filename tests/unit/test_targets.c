/* test_targets.c - what is known about a far side: rows of answers and silences, and when the next call may begin. */
#include "notification_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct row {
    const char *name;
    const char *calls; /* a: answered, s: silent, begun before; p: a probe that was silent, one after the other */
    bool failing;
    int64_t next_ms; /* after the last of them a call may begin; 0: at once */
} row_t;

static const row_t rows[] = {
    {"new", "", false, 0},
    {"answers", "aaa", false, 0},
    {"silent, not often enough", "assss", false, 0},
    {"silent in a row", "asssss", true, PROBE_FIRST_MS},
    {"sixteen under way together are one silence", "assssssssssssssss", true, PROBE_FIRST_MS},
    {"a probe that is silent, too, doubles it", "asssssp", true, 2 * PROBE_FIRST_MS},
    {"and the next again", "assssspp", true, 4 * PROBE_FIRST_MS},
    {"up to a bound", "asssssppppppppppppppp", true, PROBE_MAX_MS},
    {"an answer ends it", "assssspppa", false, 0},
};

static void play (target_t *target, const char *calls, mono_ms_t now)
{
    for (; *calls; calls++)
        if (*calls == 'a')
            target_answered (target, true, now);
        else
            target_failed (target, "silence", *calls == 'p', now);
}

static void test_rows (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        target_t target = {.host = "far:443", .paced = true, .window = TARGET_CALLS_NEW};
        mono_ms_t now = 1000000;
        print_message ("%s\n", rows[i].name);
        play (&target, rows[i].calls, now);
        assert_int_equal (target_failing (&target), rows[i].failing);
        assert_true (target_free (&target, now + rows[i].next_ms));
        assert_false (rows[i].next_ms && target_free (&target, now + rows[i].next_ms - 1));
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_rows)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
