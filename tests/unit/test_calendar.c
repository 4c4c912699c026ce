/* test_calendar.c - durations on office hours: hand-written instants around every transition of 2026, the
 * system's own zone rules as a second opinion for every quarter of an hour, and random inverses. */
#include "calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { DAY = 1440, WEEK = 7 * DAY, MON = 0 };
#define AT(day, hour, minute) ((day) + (hour)*60 + (minute))
#define HOUR                  MS_PER_HOUR
#define MINUTE                MS_PER_MINUTE

static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"};
enum { ZONES = sizeof zones / sizeof *zones };

/* "2026-03-29 01:00" in UTC */
static wall_ms_t utc (const char *text)
{
    struct tm tm = {0};
    assert_int_equal (sscanf (text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min),
                      5);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (wall_ms_t)timegm (&tm) * MS_PER_SECOND;
}

static void assert_at (const char *name, wall_ms_t found, wall_ms_t expect)
{
    char a[40], b[40];
    if (found != expect)
        print_error ("%s: %s (%lld), not %s\n", name, calendar_format (NULL, found, a, sizeof a), (long long)found,
                     calendar_format (NULL, expect, b, sizeof b));
    assert_true (found == expect);
}

/* The same spans on the days of a range. */
static calendar_t *calendar_of (const char *zone, int from_day, int to_day, const char *spans)
{
    calendar_span_t rows[64];
    size_t n = 0;
    for (const char *at = spans; *at; at += strcspn (at, " "), at += *at == ' ') {
        int a, b, c, d;
        assert_int_equal (sscanf (at, "%d:%d-%d:%d", &a, &b, &c, &d), 4);
        int start = a * 60 + b, end = c * 60 + d;
        for (int day = from_day; day <= to_day; day++)
            rows[n++] = (calendar_span_t){day * DAY + start, day * DAY + end + (end < start ? DAY : 0)};
    }
    static const calendar_day_t holidays[] = {{2026, 12, 25}, {2026, 5, 1}};
    calendar_t *self = calendar_new (zone, rows, n, holidays, 2);
    assert_non_null (self);
    return self;
}

/* ---- hand-written */

static void test_add (void **state)
{
    (void)state;
    static const struct {
        const char *name, *zone;
        int from_day, to_day;
        const char *spans, *from;
        int64_t duration;
        const char *expect;
    } rows[] = {
        {"within a span", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-23 09:00", HOUR,
         "2026-03-23 10:00"},
        {"over lunch", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-23 11:00", HOUR, "2026-03-23 12:30"},
        {"ends with the span", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-23 11:00", 30 * MINUTE,
         "2026-03-23 11:30"},
        {"nothing at lunch", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-23 11:30", 0,
         "2026-03-23 12:00"},
        {"nothing while open", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-23 11:29", 0,
         "2026-03-23 11:29"},
        {"over the weekend in spring", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-27 16:00", HOUR,
         "2026-03-30 07:30"},
        {"over the weekend in autumn", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-10-23 15:00", HOUR,
         "2026-10-26 08:30"},
        {"over a holiday", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-04-30 15:00", HOUR,
         "2026-05-04 07:30"},
        {"a holiday within", "Europe/Berlin", 0, 4, "09:00-12:30 13:00-17:30", "2026-12-25 10:00", 0,
         "2026-12-28 08:00"},
        {"a night of 8 hours", "Europe/Berlin", 0, 6, "22:00-07:00", "2026-03-28 21:00", 8 * HOUR, "2026-03-29 05:00"},
        {"and then the next evening", "Europe/Berlin", 0, 6, "22:00-07:00", "2026-03-28 21:00", 8 * HOUR + 1000 * 60,
         "2026-03-29 20:01"},
        {"a night of 10 hours", "Europe/Berlin", 0, 6, "22:00-07:00", "2026-10-24 20:00", 10 * HOUR,
         "2026-10-25 06:00"},
        {"a night into a holiday ends at midnight", "Europe/Berlin", 0, 6, "22:00-07:00", "2026-12-24 21:00",
         2 * HOUR + MINUTE, "2026-12-25 23:01"},
        {"a start in the gap", "Europe/Berlin", 6, 6, "02:30-04:00", "2026-03-28 12:00", 0, "2026-03-29 01:00"},
        {"an end in the gap", "Europe/Berlin", 6, 6, "01:00-02:30", "2026-03-28 12:00", HOUR, "2026-03-29 01:00"},
        {"all in the gap", "Europe/Berlin", 6, 6, "02:15-02:45", "2026-03-28 12:00", 0, "2026-04-05 00:15"},
        {"a start that is twice", "Europe/Berlin", 6, 6, "02:30-03:30", "2026-10-24 12:00", 0, "2026-10-25 00:30"},
        {"its end is two hours later", "Europe/Berlin", 6, 6, "02:30-03:30", "2026-10-24 12:00", 2 * HOUR,
         "2026-10-25 02:30"},
        {"an end that is twice", "Europe/Berlin", 6, 6, "01:00-02:30", "2026-10-24 12:00", 150 * MINUTE,
         "2026-10-25 01:30"},
        {"spans that overlap as instants", "Europe/Berlin", 6, 6, "01:00-02:20 02:40-04:00", "2026-10-24 12:00",
         4 * HOUR, "2026-10-25 03:00"},
        {"New York, spring", "America/New_York", 0, 4, "09:00-17:00", "2026-03-06 21:00", 2 * HOUR, "2026-03-09 14:00"},
        {"New York, autumn", "America/New_York", 0, 4, "09:00-17:00", "2026-10-30 20:00", 2 * HOUR, "2026-11-02 15:00"},
        {"New York, the gap", "America/New_York", 6, 6, "02:30-04:00", "2026-03-08 00:00", HOUR, "2026-03-08 08:00"},
        {"New York, twice", "America/New_York", 6, 6, "01:30-03:00", "2026-11-01 00:00", 150 * MINUTE,
         "2026-11-01 08:00"},
        {"Lord Howe, half an hour twice", "Australia/Lord_Howe", 6, 6, "01:00-01:45", "2026-04-04 00:00", 75 * MINUTE,
         "2026-04-04 15:15"},
        {"Lord Howe, half an hour missing", "Australia/Lord_Howe", 6, 6, "02:15-03:00", "2026-10-03 00:00", 0,
         "2026-10-03 15:30"},
        {"its end", "Australia/Lord_Howe", 6, 6, "02:15-03:00", "2026-10-03 00:00", 30 * MINUTE, "2026-10-03 16:00"},
        {"midnight twice", "America/Havana", 5, 5, "18:00-24:00", "2026-10-31 12:00", 7 * HOUR, "2026-11-01 05:00"},
        {"all day, midnight twice", "America/Havana", 0, 6, "00:00-24:00", "2026-10-31 12:00", 24 * HOUR,
         "2026-11-01 12:00"},
        {"within it", "America/Havana", 5, 5, "18:00-24:00", "2026-11-01 04:30", 0, "2026-11-01 04:30"},
        {"UTC", "UTC", 0, 6, "00:00-24:00", "2026-12-24 23:00", 2 * HOUR, "2026-12-26 01:00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        calendar_t *self = calendar_of (rows[i].zone, rows[i].from_day, rows[i].to_day, rows[i].spans);
        wall_ms_t from = utc (rows[i].from), found = calendar_add (self, from, rows[i].duration);
        assert_at (rows[i].name, found, utc (rows[i].expect));
        assert_true (calendar_between (self, from, found) == rows[i].duration);
        calendar_destroy (&self);
        assert_null (self);
    }
}

static void test_closes (void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int from_day, to_day;
        const char *spans, *at, *expect;
    } rows[] = {
        {"before lunch", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-23 09:00", "2026-03-23 11:30"},
        {"at lunch: closed", 0, 4, "09:00-12:30 13:00-17:30", "2026-03-23 11:30", "2026-03-23 11:30"},
        {"over midnight", 0, 6, "22:00-07:00", "2026-03-23 21:30", "2026-03-24 06:00"},
        {"after midnight", 0, 6, "22:00-07:00", "2026-03-24 02:30", "2026-03-24 06:00"},
        {"spans that touch", 0, 4, "09:00-12:00 12:00-15:00", "2026-03-23 09:00", "2026-03-23 14:00"},
        {"days until a holiday", 0, 6, "00:00-24:00", "2026-04-20 09:00", "2026-04-30 22:00"},
        {"Sunday into Monday", 0, 6, "20:00-10:00", "2026-03-22 23:00", "2026-03-23 09:00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        calendar_t *self = calendar_of ("Europe/Berlin", rows[i].from_day, rows[i].to_day, rows[i].spans);
        assert_at (rows[i].name, calendar_closes (self, utc (rows[i].at)), utc (rows[i].expect));
        calendar_destroy (&self);
    }
    calendar_span_t whole = {0, WEEK};
    calendar_t *always = calendar_new ("UTC", &whole, 1, NULL, 0);
    assert_true (calendar_closes (always, utc ("2026-01-01 00:00")) == TIME_NEVER);
    calendar_destroy (&always);
}

static void test_format (void **state)
{
    (void)state;
    static const struct {
        const char *zone, *at, *expect;
    } rows[] = {
        {"Europe/Berlin", "2026-11-23 08:30", "Mon 23 Nov, 09:30 CET"},
        {"Europe/Berlin", "2026-07-04 22:05", "Sun 5 Jul, 00:05 CEST"},
        {"America/New_York", "2026-01-01 04:59", "Wed 31 Dec, 23:59 EST"},
        {"Australia/Lord_Howe", "2026-06-01 00:00", "Mon 1 Jun, 10:30 UTC+10:30"},
        {"UTC", "2024-02-29 12:00", "Thu 29 Feb, 12:00 UTC"},
        {NULL, "2026-11-23 08:30", "Mon 23 Nov, 08:30 UTC"},
    };
    calendar_span_t span = {0, WEEK};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64], small[8];
        calendar_t *self = rows[i].zone ? calendar_new (rows[i].zone, &span, 1, NULL, 0) : NULL;
        assert_string_equal (calendar_format (self, utc (rows[i].at), text, sizeof text), rows[i].expect);
        assert_int_equal (strlen (calendar_format (self, utc (rows[i].at), small, sizeof small)), sizeof small - 1);
        calendar_destroy (&self);
    }
    char text[64];
    wall_ms_t at = utc ("2026-11-23 08:30") + 20700;
    assert_string_equal (calendar_format_seconds (NULL, at, text, sizeof text), "Mon 23 Nov, 08:30:20 UTC");
    assert_string_equal (calendar_format (NULL, TIME_NEVER, text, sizeof text), "never");
}

static void test_midnight (void **state)
{
    (void)state;
    static const struct {
        const char *zone, *at, *expect;
    } rows[] = {
        {"Europe/Berlin", "2026-11-22 22:59", "2026-11-21 23:00"},
        {"Europe/Berlin", "2026-11-22 23:00", "2026-11-22 23:00"},
        {"Europe/Berlin", "2026-03-29 12:00", "2026-03-28 23:00"}, /* a day of 23 hours, */
        {"Europe/Berlin", "2026-03-29 22:30", "2026-03-29 22:00"},
        {"Europe/Berlin", "2026-10-25 22:30", "2026-10-24 22:00"}, /* and one of 25 */
        {"Australia/Lord_Howe", "2026-06-01 00:00", "2026-05-31 13:30"},
        {"UTC", "2026-06-01 23:59", "2026-06-01 00:00"},
        {NULL, "2026-06-01 23:59", "2026-06-01 00:00"},
    };
    calendar_span_t span = {0, WEEK};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        calendar_t *self = rows[i].zone ? calendar_new (rows[i].zone, &span, 1, NULL, 0) : NULL;
        assert_at (rows[i].at, calendar_midnight (self, utc (rows[i].at)), utc (rows[i].expect));
        calendar_destroy (&self);
    }
}

static void test_bounds (void **state)
{
    (void)state;
    wall_ms_t now = utc ("2026-01-05 00:00");
    static const char *const unknown[] = {"Nope/Zone", "",         "../etc/passwd",  "/etc/passwd",
                                          "Europe",    "zone.tab", "Europe/Berlin\n"};
    calendar_span_t minute = {AT (MON, 9, 0), AT (MON, 9, 1)};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_null (calendar_new (unknown[i], &minute, 1, NULL, 0));
    assert_null (calendar_new (NULL, &minute, 1, NULL, 0));

    calendar_t *rare = calendar_new ("UTC", &minute, 1, NULL, 0);
    assert_true (calendar_add (rare, now, 150 * MINUTE) != TIME_NEVER);
    assert_true (calendar_add (rare, now, 170 * MINUTE) == TIME_NEVER); /* behind the horizon */
    assert_true (calendar_add (rare, TIME_NEVER, 0) == TIME_NEVER);
    assert_true (calendar_add (rare, now, -5) == calendar_add (rare, now, 0));
    assert_true (calendar_between (rare, now, now - 1) == 0);
    assert_true (calendar_between (rare, 0, TIME_NEVER) > 0);
    assert_false (calendar_open (rare, -1));
    calendar_destroy (&rare);

    calendar_t *closed = calendar_new ("UTC", NULL, 0, NULL, 0);
    assert_true (calendar_add (closed, now, 0) == TIME_NEVER);
    assert_false (calendar_open (closed, now));
    calendar_destroy (&closed);

    assert_true (calendar_open (NULL, now));
    assert_true (calendar_add (NULL, now, HOUR) == now + HOUR);
    assert_true (calendar_add (NULL, TIME_NEVER - 5, HOUR) == TIME_NEVER);
    assert_true (calendar_between (NULL, now, now + HOUR) == HOUR);
    assert_true (calendar_closes (NULL, now) == TIME_NEVER);
    calendar_destroy (&closed); /* twice is fine */
}

/* ---- the system's zone rules as a second opinion */

static bool open_by_wall (const char *zone, time_t at, int from_day, int to_day, int from, int to)
{
    (void)zone;
    struct tm tm;
    localtime_r (&at, &tm);
    if ((tm.tm_mon == 11 && tm.tm_mday == 25) || (tm.tm_mon == 4 && tm.tm_mday == 1))
        return false;
    int day = (tm.tm_wday + 6) % 7, minute = tm.tm_hour * 60 + tm.tm_min;
    if (from < to)
        return day >= from_day && day <= to_day && minute >= from && minute < to;
    int before = (day + 6) % 7;
    return (day >= from_day && day <= to_day && minute >= from) ||
           (before >= from_day && before <= to_day && minute < to);
}

static void test_every_quarter_of_2026 (void **state)
{
    (void)state;
    static const struct {
        int from_day, to_day, from, to;
        const char *spans;
    } rows[] = {{0, 4, 540, 1050, "09:00-17:30"}, {0, 6, 1320, 420, "22:00-07:00"}, {4, 6, 1200, 240, "20:00-04:00"}};
    for (size_t z = 0; z < ZONES; z++) {
        setenv ("TZ", zones[z], 1);
        tzset ();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            calendar_t *self = calendar_of (zones[z], rows[i].from_day, rows[i].to_day, rows[i].spans);
            int64_t open = 0;
            wall_ms_t from = utc ("2026-01-01 00:00"), to = utc ("2027-01-01 00:00");
            for (wall_ms_t at = from; at < to; at += 15 * MINUTE) {
                bool expect = open_by_wall (zones[z], (time_t)(at / 1000), rows[i].from_day, rows[i].to_day,
                                            rows[i].from, rows[i].to);
                if (calendar_open (self, at) != expect)
                    print_error ("%s %s at %lld\n", zones[z], rows[i].spans, (long long)at / 1000);
                assert_int_equal (calendar_open (self, at), expect);
                open += expect ? 15 * MINUTE : 0;
            }
            assert_true (calendar_between (self, from, to) == open);
            calendar_destroy (&self);
        }
    }
    unsetenv ("TZ");
    tzset ();
}

/* ---- random */

static uint64_t draw (uint64_t *seed, uint64_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % below;
}

static calendar_t *random_calendar (uint64_t *seed)
{
    calendar_span_t spans[8];
    calendar_day_t holidays[4];
    size_t n = 1 + draw (seed, 8);
    for (size_t i = 0; i < n; i++) {
        spans[i].start_min = (int)draw (seed, WEEK);
        spans[i].end_min = spans[i].start_min + 1 + (int)draw (seed, 2 * DAY);
    }
    for (size_t i = 0; i < 4; i++)
        holidays[i] = (calendar_day_t){2026, 1 + (int)draw (seed, 12), 1 + (int)draw (seed, 28)};
    return calendar_new (zones[draw (seed, ZONES)], spans, n, holidays, draw (seed, 5));
}

static void test_random_inverse (void **state)
{
    (void)state;
    const char *given = getenv ("SEED");
    uint64_t seed = given ? strtoull (given, NULL, 10) : (uint64_t)time (NULL) * 2654435761u + 1;
    print_message ("seed %llu (SEED=... repeats it)\n", (unsigned long long)seed);
    for (int i = 0; i < 300; i++) {
        calendar_t *self = random_calendar (&seed);
        assert_non_null (self);
        for (int j = 0; j < 100; j++) {
            wall_ms_t from = utc ("2025-12-01 00:00") + (wall_ms_t)draw (&seed, 400ull * MS_PER_DAY);
            int64_t duration = (int64_t)draw (&seed, j % 2 ? 3ull * MS_PER_DAY : 600000),
                    more = (int64_t)draw (&seed, HOUR);
            wall_ms_t due = calendar_add (self, from, duration), next = calendar_add (self, due, 0);
            if (due == TIME_NEVER)
                continue;
            assert_true (due >= from);
            assert_true (calendar_between (self, from, due) == duration);
            assert_true (calendar_open (self, next));
            assert_true (calendar_between (self, due, next) == 0);
            wall_ms_t whole = calendar_add (self, from, duration + more); /* its horizon is the nearer one */
            assert_true (more == 0 || whole == TIME_NEVER || calendar_add (self, due, more) == whole);
            assert_int_equal (calendar_open (self, from), calendar_closes (self, from) > from);
        }
        calendar_destroy (&self);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_add),
        cmocka_unit_test (test_closes),
        cmocka_unit_test (test_format),
        cmocka_unit_test (test_midnight),
        cmocka_unit_test (test_bounds),
        cmocka_unit_test (test_every_quarter_of_2026),
        cmocka_unit_test (test_random_inverse),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
