/* test_log.c - what a line looks like, and that nothing logged can forge one. Standard error is a pipe here. */
#include "log.h"

#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINES_MAX = 256 * 1024, STAMP = sizeof "2026-03-02 09:30:05.123 " - 1 };

static int ends[2], real_stderr;
static char lines[LINES_MAX];

static int setup (void **state)
{
    (void)state;
    real_stderr = dup (STDERR_FILENO);
    if (pipe (ends) < 0 || fcntl (ends[0], F_SETFL, O_NONBLOCK) < 0)
        return -1;
    return dup2 (ends[1], STDERR_FILENO) < 0;
}

static int teardown (void **state)
{
    (void)state;
    dup2 (real_stderr, STDERR_FILENO);
    close (real_stderr);
    close (ends[0]);
    close (ends[1]);
    return 0;
}

static const char *take (void)
{
    size_t size = 0;
    for (ssize_t got; (got = read (ends[0], lines + size, sizeof lines - 1 - size)) > 0;)
        size += (size_t)got;
    lines[size] = 0;
    return lines;
}

static void text_is_for_people (void **state)
{
    (void)state;
    static const struct {
        const char *subject, *value, *expect;
    } rows[] = {
        {"01HV", "ada", "notice  intake 01HV offered to=ada\n"},
        {"", "ada", "notice  intake offered to=ada\n"},
        {NULL, "", "notice  intake offered to=\"\"\n"},
        {"x", NULL, "notice  intake x offered to=\"\"\n"},
        {"x", "two words", "notice  intake x offered to=\"two words\"\n"},
        {"x", "a\nforged line", "notice  intake x offered to=\"a\\x0aforged line\"\n"},
        {"x", "\033[2Jgone", "notice  intake x offered to=\"\\x1b[2Jgone\"\n"},
        {"x", "say \"b\\c\"", "notice  intake x offered to=\"say \\\"b\\\\c\\\"\"\n"},
        {"x", "grüße", "notice  intake x offered to=grüße\n"},
        {"x", "gr\xfc", "notice  intake x offered to=gr\\xfc\n"},
        {"x", "a\xc2\x9b", "notice  intake x offered to=a\\x9b\n"}, /* C1: a terminal may obey it */
    };
    log_open ("intake", false, LOG_NOTICE_);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        log_fact (LOG_NOTICE_, rows[i].subject, "offered", "to", rows[i].value, NULL);
        const char *line = take ();
        assert_true (strlen (line) > STAMP);
        assert_string_equal (line + STAMP, rows[i].expect);
    }
}

static void levels_are_a_threshold (void **state)
{
    (void)state;
    log_level_t level;
    assert_true (log_level_parse ("warning", &level));
    assert_int_equal (level, LOG_WARNING_);
    assert_false (log_level_parse ("loud", &level));
    log_open ("intake", false, level);
    log_fact (LOG_NOTICE_, "", "unheard", NULL);
    assert_string_equal (take (), "");
    log_fact (LOG_ERROR_, "", "heard", NULL);
    assert_string_equal (take () + STAMP, "error   intake heard\n");
}

static json_t *take_json (void)
{
    const char *line = take ();
    assert_int_equal (line[strlen (line) - 1], '\n');
    assert_ptr_equal (strchr (line, '\n'), line + strlen (line) - 1);
    json_t *json = json_loads (line, 0, NULL);
    assert_non_null (json);
    return json;
}

static void json_is_for_machines (void **state)
{
    (void)state;
    log_open ("routing", true, LOG_DEBUG_);
    log_fact (LOG_DEBUG_, "01HV", "offered", "to", "a\"d\na", "bad", "\xff.", "none", NULL, NULL);
    json_t *json = take_json ();
    assert_string_equal (json_string_value (json_object_get (json, "level")), "debug");
    assert_string_equal (json_string_value (json_object_get (json, "service")), "routing");
    assert_string_equal (json_string_value (json_object_get (json, "subject")), "01HV");
    assert_string_equal (json_string_value (json_object_get (json, "fact")), "offered");
    assert_string_equal (json_string_value (json_object_get (json, "to")), "a\"d\na");
    assert_string_equal (json_string_value (json_object_get (json, "bad")), "?.");
    assert_string_equal (json_string_value (json_object_get (json, "none")), "");
    assert_int_equal (strlen (json_string_value (json_object_get (json, "at"))), 24);
    json_decref (json);
}

static void long_values_are_cut_and_the_line_stays_whole (void **state)
{
    (void)state;
    char text[6001];
    memset (text, '\001', sizeof text - 1); /* six bytes each in JSON */
    text[sizeof text - 1] = 0;
    log_open ("routing", true, LOG_DEBUG_);
    log_fact (LOG_DEBUG_, "", "long", "a", text, "b", text, "c", "short", NULL);
    json_t *json = take_json ();
    assert_true (json_is_true (json_object_get (json, "cut")));
    assert_string_equal (json_string_value (json_object_get (json, "c")), "short");
    json_decref (json);
    for (size_t i = 0; i + 1 < sizeof text - 1; i += 2)
        memcpy (text + i, "\xc3\xa4", 2);
    text[0] = 'x';
    text[1] = 'x';
    memmove (text + 1, text + 2, sizeof text - 2); /* the cut falls into a character */
    log_fact (LOG_DEBUG_, "", "long", "a", text, NULL);
    json = take_json ();
    assert_int_equal (strlen (json_string_value (json_object_get (json, "a"))), 511);
    json_decref (json);
    log_open ("routing", false, LOG_DEBUG_);
    log_fact (LOG_DEBUG_, "", "long", "a", text, "b", text, "c", text, "d", text, "e", text, "f", text, "g", text, "h",
              text, "i", text, NULL);
    assert_int_equal (strlen (take ()), 4096);
}

static void a_reader_that_stopped_blocks_nobody_and_is_told_later (void **state)
{
    (void)state;
    log_open ("intake", true, LOG_DEBUG_);
    for (int i = 0; i < 5000; i++)
        log_fact (LOG_DEBUG_, "", "flood", NULL);
    assert_true (strlen (take ()) > 4096);
    log_fact (LOG_DEBUG_, "", "after", NULL);
    json_t *json = take_json ();
    assert_true (json_integer_value (json_object_get (json, "log_lines_dropped")) > 1000);
    json_decref (json);
    log_fact (LOG_DEBUG_, "", "again", NULL);
    json = take_json ();
    assert_null (json_object_get (json, "log_lines_dropped"));
    json_decref (json);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST (text_is_for_people),
        LOG_TEST (levels_are_a_threshold),
        LOG_TEST (json_is_for_machines),
        LOG_TEST (long_values_are_cut_and_the_line_stays_whole),
        LOG_TEST (a_reader_that_stopped_blocks_nobody_and_is_told_later),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
