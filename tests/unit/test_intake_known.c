/* test_intake_known.c - who wrote to this process before: once is first, and a place that is taken is only a hint lost. */
#include "known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup (void **state)
{
    *state = calloc (1, sizeof (known_t));
    return *state ? 0 : -1;
}

static int teardown (void **state)
{
    free (*state);
    return 0;
}

static void test_first_once (void **state)
{
    assert_true (known_first (*state, "desk", "A1"));
    assert_false (known_first (*state, "desk", "A1"));
    assert_true (known_first (*state, "desk", "A2"));
    assert_true (known_first (*state, "shop", "A1")); /* another company's */
    assert_false (known_first (*state, "desk", "A1"));
}

/* Far more than there are places: nobody is taken for somebody else, and most of the last are still there. */
static void test_more_than_places (void **state)
{
    enum { MANY = 4 * KNOWN_MAX, LAST = KNOWN_MAX / 16 };
    char id[16];
    size_t kept = 0;
    for (int i = 0; i < MANY; i++) {
        snprintf (id, sizeof id, "%d", i);
        assert_true (known_first (*state, "desk", id));
    }
    for (int i = MANY - 1; i >= MANY - LAST; i--) {
        snprintf (id, sizeof id, "%d", i);
        kept += !known_first (*state, "desk", id);
    }
    assert_true (kept > LAST * 9 / 10);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (test_first_once, setup, teardown),
        cmocka_unit_test_setup_teardown (test_more_than_places, setup, teardown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
