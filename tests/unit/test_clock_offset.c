/* test_clock_offset.c - a foreign clock that jumps: the time before is carried on for a moment, then the new one is. */
#include "clock_offset.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOUR_MS 3600000

/* In order: what is seen at a monotonic time, the jump that is told, and what is acted by right after. */
static const struct row {
    const char *name;
    wall_ms_t foreign;
    mono_ms_t mono;
    int64_t jump;
    wall_ms_t acted;
    bool still;
} rows[] = {
    {"the first look", 10000000, 1000, 0, 10000000, false},
    {"drift is followed", 10001500, 2000, 0, 10001500, false},
    {"it jumps ahead", 10002500 + HOUR_MS, 3000, HOUR_MS, 10002500, true},
    {"it is still ahead", 10003500 + HOUR_MS, 4000, 0, 10003500, true},
    {"it comes back: nothing has happened", 10004500, 5000, -HOUR_MS, 10004500, true},
    {"the moment is over", 10007500, 8000, 0, 10007500, false},
    {"it jumps ahead again", 10008500 + HOUR_MS, 9000, HOUR_MS, 10008500, true},
    {"and stays", 10011500 + HOUR_MS, 12000, 0, 10011500 + HOUR_MS, false},
    {"it is set back", 10012500, 13000, -HOUR_MS, 10012500 + HOUR_MS, true},
    {"and stays", 10015500, 16000, 0, 10015500, false},
};

static void the_time_before_is_carried_on (void **state)
{
    (void)state;
    clock_offset_t offset = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        int64_t jump = clock_offset_seen (&offset, row->foreign, row->mono);
        wall_ms_t acted = clock_offset_now (&offset, row->mono);
        if (jump != row->jump || acted != row->acted || clock_offset_still (&offset, row->mono) != row->still)
            fail_msg ("%s: jump %lld, acted by %lld", row->name, (long long)jump, (long long)acted);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (the_time_before_is_carried_on)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
