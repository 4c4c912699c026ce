/* test_bucket.c - a provider's limit: who goes now, who comes again when. A row a step. */
#include "rates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START 1000000LL

typedef struct step {
    const char *name;
    int64_t at; /* ms after START */
    enum bucket_who who;
    int64_t expect; /* 0: goes now; else the release, ms after START */
} step_t;

static void play (bucket_t bucket, const step_t *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mono_ms_t release = bucket_take (&bucket, steps[i].who, START + steps[i].at);
        int64_t got = release ? release - START : 0;
        if (got < steps[i].expect || got > steps[i].expect + (steps[i].expect ? 5 : 0))
            fail_msg ("%zu %s: got %lld, want %lld", i, steps[i].name, (long long)got, (long long)steps[i].expect);
    }
}

static void no_limit (void **state)
{
    (void)state;
    bucket_t bucket = {.rate = 0, .burst = 1};
    for (int i = 0; i < 1000; i++)
        assert_int_equal (bucket_take (&bucket, BUCKET_FRESH, START), 0);
}

/* Ten a second, two at once. */
static void line_of_waiting (void **state)
{
    (void)state;
    static const step_t steps[] = {
        {"first", 0, BUCKET_FRESH, 0},
        {"second", 0, BUCKET_FRESH, 0},
        {"third waits an interval", 0, BUCKET_FRESH, 100},
        {"fourth behind it", 0, BUCKET_FRESH, 200},
        {"who comes back finds a token", 101, BUCKET_RETURNING, 0},
        {"a fresh one does not overtake the line", 150, BUCKET_FRESH, 300},
        {"the next comes back", 203, BUCKET_RETURNING, 0},
        {"and the next", 306, BUCKET_RETURNING, 0},
        {"after a while all is saved up again", 2000, BUCKET_FRESH, 0},
        {"at once", 2000, BUCKET_FRESH, 0},
        {"but not more than the burst", 2000, BUCKET_FRESH, 2100},
    };
    play ((bucket_t){.rate = 10, .burst = 2}, steps, sizeof steps / sizeof *steps);
}

/* f38: the urgent go first, and may go into debt by one burst. */
static void urgent_first (void **state)
{
    (void)state;
    static const step_t steps[] = {
        {"first", 0, BUCKET_FRESH, 0},
        {"second", 0, BUCKET_FRESH, 0},
        {"third waits", 0, BUCKET_FRESH, 100},
        {"urgent goes", 0, BUCKET_URGENT, 0},
        {"another", 0, BUCKET_URGENT, 0},
        {"even they have a limit", 0, BUCKET_URGENT, 300},
        {"who comes back pays for it", 101, BUCKET_RETURNING, 300},
    };
    play ((bucket_t){.rate = 10, .burst = 2}, steps, sizeof steps / sizeof *steps);
}

static void rates_are_read (void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        double rate, burst; /* 0: there is no row */
    } cases[] = {
        {"", "mail", 0, 0},
        {"mail=30/s", "mail", 30, 30},
        {"mail=30/s", "log", 0, 0},
        {"mail=30/s:5", "mail", 30, 5},
        {"mail=6/m", "mail", 0.1, 1},
        {"mail=1/s,sms.example.com=36/h:2", "sms.example.com:443", 0.01, 2},
        {"sms.example.com=1/s, sms.example.com:8443=2/s", "sms.example.com:8443", 2, 2},
        {"sms.example.com:8443=2/s", "sms.example.com:443", 0, 0},
        {"a=864/d", "a:80", 0.01, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rates_t rates = {.n = 0};
        char why[DETAIL_SIZE] = "";
        assert_int_equal (rates_read (&rates, cases[i].text, why), 0);
        const rate_t *row = rates_find (&rates, cases[i].name);
        if (!cases[i].rate != !row)
            fail_msg ("%s: %s", cases[i].text, cases[i].name);
        if (row && (fabs (row->bucket.rate - cases[i].rate) > 1e-9 || fabs (row->bucket.burst - cases[i].burst) > 1e-9))
            fail_msg ("%s: %g at once %g", cases[i].text, row->bucket.rate, row->bucket.burst);
    }
}

static void rates_are_refused (void **state)
{
    (void)state;
    static const char *const texts[] = {
        "mail",      "mail=",      "=1/s",      "mail=x/s",   "mail=1",    "mail=1/y",    "mail=0/s",
        "mail=-1/s", "mail=nan/s", "mail=1/s:", "mail=1/s:0", "mail=1/sx", "mail=1/s:2x", "mail=1/s, log"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rates_t rates = {.n = 0};
        char why[DETAIL_SIZE] = "";
        if (rates_read (&rates, texts[i], why) == 0 || !*why)
            fail_msg ("'%s' was taken", texts[i]);
    }
}

static void unused_token (void **state)
{
    (void)state;
    bucket_t bucket = {.rate = 1, .burst = 1};
    assert_int_equal (bucket_take (&bucket, BUCKET_FRESH, START), 0);
    bucket_return (&bucket);
    bucket_return (&bucket);
    assert_int_equal (bucket_take (&bucket, BUCKET_FRESH, START), 0);
    assert_int_not_equal (bucket_take (&bucket, BUCKET_FRESH, START), 0);
}

/* Room is for who was promised nothing. */
static void room (void **state)
{
    (void)state;
    bucket_t none = {.rate = 0, .burst = 1}, bucket = {.rate = 1, .burst = 3};
    assert_true (bucket_room (&none, START) > 1000);
    assert_int_equal (bucket_room (&bucket, START), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal (bucket_take (&bucket, BUCKET_FRESH, START), 0);
    assert_int_equal (bucket_room (&bucket, START), 0);
    assert_true (bucket_take (&bucket, BUCKET_FRESH, START) > START); /* comes at START + 1 s */
    assert_int_equal (bucket_room (&bucket, START + 900), 0);
    assert_int_equal (bucket_room (&bucket, START + 2100), 2);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (room),         cmocka_unit_test (no_limit),       cmocka_unit_test (line_of_waiting),
        cmocka_unit_test (urgent_first), cmocka_unit_test (rates_are_read), cmocka_unit_test (rates_are_refused),
        cmocka_unit_test (unused_token),
    };
    return cmocka_run_group_tests_name ("bucket", tests, NULL, NULL);
}
