/* test_archive.c - the files of an archive: written, torn, found again, read back; a hold's words; what archives let go; what a
 * report counts. */
#include "archive_cursor.h"
#include "fake.h"
#include "hold.h"
#include "report.h"
#include "shelf.h"
#include "shelves.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char place[64];

static int up (void **state)
{
    (void)state;
    fake_reset (7);
    snprintf (place, sizeof place, "/tmp/buckstop-archive-XXXXXX");
    return mkdtemp (place) ? 0 : -1;
}

static int down (void **state)
{
    char command[128];
    (void)state;
    snprintf (command, sizeof command, "rm -r %s", place);
    return system (command);
}

static const shelf_limits_t large = {.size = 1 << 20, .age_ms = 1000};

/* Lines from `first` on. */
static size_t lines_of (unsigned series, unsigned first, unsigned n, char *text, size_t size)
{
    size_t at = 0;
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf (text + at, size - at, "{\"series\":%u,\"number\":%u,\"workspace\":\"desk\"}\n", series,
                                first + i);
    return at;
}

static void put (shelf_t *shelf, unsigned series, unsigned first, unsigned n)
{
    char text[8192];
    size_t size = lines_of (series, first, n, text, sizeof text);
    assert_int_equal (shelf_append (shelf, series, first, text, size), 0);
}

static const char *path_of (const char *name, char path[128])
{
    snprintf (path, 128, "%s/desk/%s", place, name);
    return path;
}

static bool there (const char *name)
{
    char path[128];
    return access (path_of (name, path), F_OK) == 0;
}

typedef struct read {
    unsigned series[256], numbers[256];
    size_t n;
} read_t;

static bool take (void *arg, const json_t *line)
{
    read_t *self = arg;
    self->series[self->n] = (unsigned)json_integer_value (json_object_get (line, "series"));
    self->numbers[self->n++] = (unsigned)json_integer_value (json_object_get (line, "number"));
    return true;
}

static shelves_found_t read_all (read_t *read)
{
    shelves_found_t found;
    const char *paths[] = {place};
    *read = (read_t){.n = 0};
    assert_int_equal (shelves_read (paths, 1, take, read, &found), 0);
    return found;
}

static void names_are_strict (void **state)
{
    static const struct {
        const char *name;
        bool is, compressed;
        unsigned series;
        uint64_t number;
    } rows[] = {{"0001-000000000001.ndjson", true, false, 1, 1},
                {"0002-000000004711.ndjson.gz", true, true, 2, 4711},
                {"12345-1.ndjson", true, false, 12345, 1},
                {"0001-000000000001.ndjson.gz.part", false, false, 0, 0},
                {"0000-000000000001.ndjson", false, false, 0, 0},
                {"0001-000000000000.ndjson", false, false, 0, 0},
                {"0001.ndjson", false, false, 0, 0},
                {"-1-2.ndjson", false, false, 0, 0},
                {".lock", false, false, 0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned series = 0;
        uint64_t number = 0;
        bool compressed = false, is = shelf_name_read (rows[i].name, &series, &number, &compressed);
        assert_int_equal (is, rows[i].is);
        if (is)
            assert_true (series == rows[i].series && number == rows[i].number && compressed == rows[i].compressed);
    }
}

/* By size and age; and then all of it is read back, once. */
static void files_are_closed_and_read (void **state)
{
    (void)state;
    read_t read;
    shelf_t *shelf = shelf_open (place, "desk", (shelf_limits_t){.size = 500, .age_ms = 1000});
    assert_non_null (shelf);
    assert_string_equal (shelf_last (shelf), "");
    put (shelf, 1, 1, 3);
    assert_true (there ("0001-000000000001.ndjson"));
    put (shelf, 1, 4, 20);
    assert_true (there ("0001-000000000001.ndjson.gz") && !there ("0001-000000000001.ndjson"));
    put (shelf, 1, 24, 1);
    assert_false (shelf_is_old (shelf));
    fake_advance (1000);
    assert_true (shelf_is_old (shelf));
    assert_int_equal (shelf_shut (shelf), 0);
    assert_true (there ("0001-000000000024.ndjson.gz"));
    shelf_close (&shelf);
    shelves_found_t found = read_all (&read);
    assert_true (read.n == 24 && found.files == 2 && found.events == 24 && !found.damaged && !found.gaps);
    for (unsigned i = 0; i < read.n; i++)
        assert_int_equal (read.numbers[i], i + 1);
    shelf = shelf_open (place, "desk", large);
    assert_non_null (strstr (shelf_last (shelf), "\"number\":24"));
    shelf_close (&shelf);
}

static void append_raw (const char *name, const char *text)
{
    char path[128];
    FILE *file = fopen (path_of (name, path), "a");
    assert_non_null (file);
    fputs (text, file);
    fclose (file);
}

/* A torn line is cut off; what stands twice goes once; what was left open behind is compressed. */
static void a_crash_is_mended (void **state)
{
    (void)state;
    read_t read;
    shelf_t *shelf = shelf_open (place, "desk", large);
    put (shelf, 1, 1, 2);
    shelf_close (&shelf);
    append_raw ("0001-000000000001.ndjson", "{\"series\":1,\"num");
    append_raw ("0001-000000000009.ndjson.gz.part", "half");
    shelf = shelf_open (place, "desk", large);
    assert_non_null (strstr (shelf_last (shelf), "\"number\":2"));
    assert_false (there ("0001-000000000009.ndjson.gz.part"));
    put (shelf, 1, 2, 2); /* its cursor had not moved: told twice */
    assert_int_equal (shelf_shut (shelf), 0);
    shelf_close (&shelf);
    append_raw ("0001-000000000001.ndjson", "{\"series\":1,\"number\":1,\"workspace\":\"desk\"}\n");
    append_raw ("0001-000000000004.ndjson", "{\"series\":1,\"number\":4,\"workspace\":\"desk\"}\n");
    append_raw ("0001-000000000005.ndjson", "");
    shelf = shelf_open (place, "desk", large);
    assert_non_null (shelf);
    assert_non_null (strstr (shelf_last (shelf), "\"number\":4"));
    assert_true (!there ("0001-000000000001.ndjson") && there ("0001-000000000004.ndjson.gz"));
    put (shelf, 1, 6, 1);
    shelf_close (&shelf);
    shelves_found_t found = read_all (&read);
    assert_true (read.n == 5 && found.doubles == 1 && found.gaps == 1 && found.missing == 1 && !found.damaged);
    append_raw ("0001-000000000005.ndjson", "rubbish\n{\"series\":1,");
    found = read_all (&read);
    assert_true (read.n == 5 && found.damaged == 1); /* half a line at the end of one that is not closed is no damage */
}

/* A closed file of the same name is no reason to take the new one away. */
static void a_number_told_again_has_another_file (void **state)
{
    (void)state;
    read_t read;
    shelf_t *shelf = shelf_open (place, "desk", large);
    put (shelf, 1, 10, 2);
    assert_int_equal (shelf_shut (shelf), 0);
    put (shelf, 1, 10, 2);
    put (shelf, 1, 12, 3);
    shelf_close (&shelf);
    shelf = shelf_open (place, "desk", large);
    assert_non_null (strstr (shelf_last (shelf), "\"number\":14"));
    shelf_close (&shelf);
    shelves_found_t found = read_all (&read);
    assert_true (read.n == 5 && found.doubles == 2 && !found.gaps && !found.damaged);
}

/* What a series has beyond where the next begins never was. */
static void the_later_series_counts (void **state)
{
    (void)state;
    read_t read;
    shelf_t *shelf = shelf_open (place, "desk", large);
    put (shelf, 1, 1, 10);
    put (shelf, 2, 6, 2);
    put (shelf, 3, 7, 3);
    shelf_close (&shelf);
    shelves_found_t found = read_all (&read);
    static const unsigned series[] = {1, 1, 1, 1, 1, 2, 3, 3, 3};
    assert_int_equal (read.n, 9);
    assert_int_equal (found.undone, 6);
    for (unsigned i = 0; i < read.n; i++)
        assert_true (read.numbers[i] == i + 1 && read.series[i] == series[i]);
}

static shelf_t *shut_meanwhile;

static bool take_and_shut (void *arg, const json_t *line)
{
    if (shut_meanwhile) {
        assert_int_equal (shelf_shut (shut_meanwhile), 0);
        shut_meanwhile = NULL;
    }
    return take (arg, line);
}

/* The archive goes on while it is read: what was found under one name stands under another by now. */
static void a_file_that_is_closed_meanwhile_is_read (void **state)
{
    (void)state;
    read_t read = {.n = 0};
    shelves_found_t found;
    const char *paths[] = {place};
    shelf_t *shelf = shelf_open (place, "desk", large);
    put (shelf, 1, 1, 2);
    assert_int_equal (shelf_shut (shelf), 0);
    put (shelf, 1, 3, 2);
    assert_true (there ("0001-000000000003.ndjson"));
    shut_meanwhile = shelf;
    assert_int_equal (shelves_read (paths, 1, take_and_shut, &read, &found), 0);
    assert_true (there ("0001-000000000003.ndjson.gz") && !there ("0001-000000000003.ndjson"));
    shelf_close (&shelf);
    assert_true (read.n == 4 && read.numbers[3] == 4 && found.files == 2 && !found.damaged && !found.gaps);
}

static void a_hold_keeps_its_words (void **state)
{
    (void)state;
    char text[HOLD_SIZE], words[DETAIL_SIZE];
    hold_t hold = {.since = 1777716672000, .by = "dana", .reason = "restored\nfrom a backup"};
    size_t size = hold_write (&hold, text);
    assert_string_equal (text, "1777716672000\ndana\nrestored from a backup\n");
    hold_t back = hold_read (text, size);
    assert_true (back.since == hold.since && strcmp (back.by, "dana") == 0);
    hold_words (&back, words);
    assert_string_equal (words, "sending is held by dana since 2026-05-02 10:11:12 UTC: restored from a backup");
    back = hold_read ("5\n\nwhy\n", 7);
    assert_true (back.since == 5 && !*back.by && strcmp (back.reason, "why") == 0);
    back = hold_read ("rubbish", 7);
    assert_string_equal (back.reason, "its words can't be read");
}

static void archives_bound_what_goes (void **state)
{
    (void)state;
    assert_true (archive_bound (0, 0, false) == UINT64_MAX && archive_bound (0, 0, true) == 0);
    assert_true (archive_bound (2, 17, false) == 17 && archive_bound (1, 0, true) == 0);
    assert_true (archive_closed_until (17, 17, 1000) == 1000 && archive_closed_until (17, 18, 1000) == 999);
}

static void report_line (report_t *report, const char *text)
{
    json_t *line = json_loads (text, 0, NULL);
    assert_non_null (line);
    report_take (report, line);
    json_decref (line);
}

static json_int_t at_path (json_t *report, const char *a, const char *b, const char *c)
{
    return json_integer_value (json_object_get (json_object_get (json_object_get (report, a), b), c));
}

static void a_report_splits_the_time (void **state)
{
    (void)state;
    static const char head[] = "{\"workspace\":\"desk\",\"contact\":\"C\",\"channel\":\"chat\",\"team\":\"front\",";
    static const char *const tails[] = {
        "\"at\":\"2026-05-02T10:00:00.000Z\",\"state\":\"received\",\"rule\":\"cards\",\"accountable\":\"dana\","
        "\"facts\":"
        "[{\"fact\":\"opened\",\"at\":\"2026-05-02T10:00:00.000Z\"},"
        "{\"fact\":\"promise_opened\",\"promise\":\"first_response\",\"at\":\"2026-05-02T10:00:00.000Z\"}]}",
        "\"at\":\"2026-05-02T10:00:01.000Z\",\"state\":\"offered\",\"facts\":[{\"fact\":\"offered\"}]}",
        "\"at\":\"2026-05-02T10:00:11.000Z\",\"state\":\"queued\",\"facts\":[{\"fact\":\"offer_expired\"}]}",
        "\"at\":\"2026-05-02T10:00:20.000Z\",\"facts\":[{\"fact\":\"delivered\"}]}",
        "\"at\":\"2026-05-02T10:00:31.000Z\",\"state\":\"owned\",\"owner\":\"ada\",\"facts\":[{\"fact\":\"accepted\"}]"
        "}",
        "\"at\":\"2026-05-02T10:01:05.000Z\",\"state\":\"owned\",\"owner\":\"ada\",\"facts\":"
        "[{\"fact\":\"promise_broken\",\"promise\":\"first_response\",\"at\":\"2026-05-02T10:01:00.000Z\"}]}",
        "\"at\":\"2026-05-02T12:00:00.000Z\",\"state\":\"closed\",\"owner\":\"ada\",\"facts\":[{\"fact\":\"closed\"}]"
        "}"};
    for (int half = 0; half < 2; half++) { /* all of it; what was before the time counts as time all the same */
        report_t *report = report_new (half ? 1777716050000 : 0, 0);
        for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
            char line[1024];
            snprintf (line, sizeof line, "%s%s", head, tails[i]);
            report_line (report, line);
        }
        json_t *json = report_json (report);
        assert_int_equal (at_path (json, "promises", "first_response", "broken"), 1);
        assert_int_equal (at_path (json, "promises", "first_response", "opened"), !half);
        assert_int_equal (at_path (json, "topic", "cards", "broken"), 1);
        assert_int_equal (at_path (json, "person", "ada", "broken"), 1);
        assert_int_equal (at_path (json, "lost", "nobody had looked", "ms"), 1000);
        assert_int_equal (at_path (json, "lost", "somebody was asked", "ms"), 10000);
        assert_int_equal (at_path (json, "lost", "nobody could take it", "ms"), 20000);
        assert_int_equal (at_path (json, "lost", "somebody had it", "ms"), 29000);
        assert_int_equal (json_integer_value (json_object_get (json_object_get (json, "happened"), "offer_expired")),
                          1);
        json_decref (json);
        report_destroy (&report);
    }
}

#define FILES(name) cmocka_unit_test_setup_teardown (name, up, down)

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (names_are_strict),
                                       FILES (files_are_closed_and_read),
                                       FILES (a_crash_is_mended),
                                       FILES (a_number_told_again_has_another_file),
                                       FILES (the_later_series_counts),
                                       FILES (a_file_that_is_closed_meanwhile_is_read),
                                       cmocka_unit_test (a_hold_keeps_its_words),
                                       cmocka_unit_test (archives_bound_what_goes),
                                       cmocka_unit_test (a_report_splits_the_time)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
