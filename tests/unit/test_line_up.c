/* test_line_up.c - who comes when, by a table: the last one, now, and the next. */
#include "line_up.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LATER = 3000 };

static const struct {
    const char *name;
    wall_ms_t last, now, expect;
} rows[] = {
    {"the first", 0, 10000, 13000},
    {"nobody came for long", 5000, 10000, 13000},
    {"behind the last", 13000, 10000, 13001},
    {"behind the last of a long line", 20000, 10000, 20001},
    {"a line that is too long begins anew", 13000 + LINE_MS, 10000, 13000},
    {"the clock was set back by two hours", 7213000, 10000, 13000},
};

static void test_who_comes_when (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wall_ms_t last = rows[i].last;
        if (line_up (&last, rows[i].now, LATER) != rows[i].expect)
            fail_msg ("%s: %lld", rows[i].name, (long long)last);
        assert_int_equal (last, rows[i].expect);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_who_comes_when)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
