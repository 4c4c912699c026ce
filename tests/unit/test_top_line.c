/* test_top_line.c - the line of `buckstop top`: what keys make of it, what is seen of it, how a name is completed. */
#include "top_line.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void type (top_line_t *line, const char *bytes)
{
    for (; *bytes; bytes++)
        top_line_byte (line, (unsigned char)*bytes);
}

/* An edit of the row: a letter for each. */
static top_edit_t edit_of (char letter)
{
    static const char letters[] = "lrbexdwuk";
    return (top_edit_t)(strchr (letters, letter) - letters);
}

static void test_edits (void **state)
{
    static const struct {
        const char *name, *typed, *edits, *then, *expect;
        size_t at;
    } rows[] = {
        {"typed as it is", "Hello, wörld", "", "", "Hello, wörld", 13},
        {"in the middle", "ac", "l", "b", "abc", 2},
        {"before all", "bc", "b", "a", "abc", 1},
        {"left stops at the beginning", "a", "llll", "", "a", 0},
        {"right stops at the end", "a", "brrr", "", "a", 1},
        {"there and back", "ab", "be", "c", "abc", 3},
        {"rubs out a character, not a byte", "aö", "x", "", "a", 1},
        {"rubs out in the middle", "aöb", "lx", "", "ab", 1},
        {"nothing to rub out", "a", "bx", "", "a", 0},
        {"a mark goes with what it is on", "ae\xcc\x81", "x", "", "a", 1},
        {"and is stepped over with it", "e\xcc\x81z", "brx", "", "z", 0},
        {"deletes what is under the cursor", "a你b", "brd", "", "ab", 1},
        {"nothing to delete", "a", "d", "", "a", 1},
        {"cuts a word", "one two  ", "w", "", "one ", 4},
        {"cuts the only one", "one", "w", "", "", 0},
        {"cuts all before", "one two", "lllu", "", "two", 0},
        {"cuts all behind", "one two", "lllk", "", "one ", 4},
        {"a line end stays", "one\ntwo", "", "", "one\ntwo", 7},
        {"a tab is a space", "a\tb", "", "", "a b", 3},
        {"commands to a terminal are left out",
         "a\x1b[31m\x07\x7f"
         "b\xc2\x9b"
         "c",
         "", "", "a[31mbc", 7},
        {"what is no UTF-8 is left out",
         "a\xff\x80"
         "b\xc3"
         "c\xed\xa0\x80"
         "d",
         "", "", "abcd", 4},
        {"four bytes", "☂🙂", "x", "", "☂", 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        top_line_t line = {.size = 0};
        type (&line, rows[i].typed);
        for (const char *edit = rows[i].edits; *edit; edit++)
            top_line_edit (&line, edit_of (*edit));
        type (&line, rows[i].then);
        if (strcmp (line.text, rows[i].expect) != 0 || line.at != rows[i].at || line.size != strlen (line.text))
            fail_msg ("%s: '%s' at %zu", rows[i].name, line.text, line.at);
    }
}

static void test_a_full_line_says_so (void **state)
{
    static top_line_t line;
    (void)state;
    top_line_set (&line, "");
    for (size_t i = 0; i < TOP_LINE_MAX - 1; i++)
        type (&line, "x");
    assert_false (line.full);
    type (&line, "ö"); /* no half of it */
    assert_true (line.full);
    assert_int_equal (line.size, TOP_LINE_MAX - 1);
    top_line_edit (&line, EDIT_RUB_OUT);
    assert_false (line.full);
    type (&line, "ö");
    assert_int_equal (line.size, TOP_LINE_MAX);
    assert_int_equal (line.text[line.size], '\0');
    top_line_edit (&line, EDIT_CUT_BEFORE);
    assert_int_equal (line.size, 0);
}

static void test_the_cursor_is_seen (void **state)
{
    static const struct {
        const char *name, *text, *edits;
        size_t columns;
        const char *shown;
        size_t cursor;
        bool cut;
    } rows[] = {
        {"all has room", "abc", "", 8, "abc", 3, false},
        {"nothing", "", "", 8, "", 0, false},
        {"just", "abcdefg", "", 8, "abcdefg", 7, false},
        {"the end of it", "abcdefgh", "", 8, "bcdefgh", 7, true},
        {"the beginning again", "abcdefgh", "b", 8, "abcdefgh", 0, false},
        {"in the middle something follows", "abcdefghijkl", "ll", 8, "fghijkl", 5, true},
        {"two columns each", "你好吗", "", 5, "好吗", 4, true},
        {"half of one has no room", "你好吗", "b", 5, "你好", 0, false},
        {"a line end is an arrow", "a\nb", "", 8, "a↵b", 3, false},
        {"a mark takes none",
         "e\xcc\x81"
         "f",
         "", 8,
         "e\xcc\x81"
         "f",
         2, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static top_line_t line;
        top_line_part_t part;
        top_line_set (&line, rows[i].text);
        for (const char *edit = rows[i].edits; *edit; edit++)
            top_line_edit (&line, edit_of (*edit));
        top_line_show (&line, rows[i].columns, &part);
        if (strcmp (part.text, rows[i].shown) != 0 || part.cursor != rows[i].cursor || part.cut != rows[i].cut)
            fail_msg ("%s: '%s', cursor %zu", rows[i].name, part.text, part.cursor);
    }
}

static void test_names_are_completed (void **state)
{
    static const char *const names[] = {"ada", "adam", "ben", "bü", "bö"};
    static const struct {
        const char *name, *text, *edits, *expect, *said;
    } rows[] = {
        {"one alone", "be", "", "ben ", ""},
        {"as far as they agree", "a", "", "ada", "ada  adam"},
        {"one is the other's beginning", "ada", "", "ada", "ada  adam"},
        {"whole characters only", "b", "", "b", "ben  bü  bö"},
        {"none", "x", "", "x", ""},
        {"nothing written: all of them", "", "", "", "ada  adam  ben  bü  bö"},
        {"all cut off again", "adam please", "bk", "", "ada  adam  ben  bü  bö"},
        {"not behind the word", "be please", "", "be please", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static top_line_t line;
        char said[64];
        top_line_set (&line, rows[i].text);
        for (const char *edit = rows[i].edits; *edit; edit++)
            top_line_edit (&line, edit_of (*edit));
        top_line_complete (&line, names, sizeof names / sizeof *names, said, sizeof said);
        if (strcmp (line.text, rows[i].expect) != 0 || strcmp (said, rows[i].said) != 0)
            fail_msg ("%s: '%s', said '%s'", rows[i].name, line.text, said);
    }
}

static void test_the_rest_of_it (void **state)
{
    char word[8];
    static top_line_t line;
    (void)state;
    top_line_set (&line, "ben  she knows");
    assert_string_equal (top_line_rest (&line, word, sizeof word), "she knows");
    assert_string_equal (word, "ben");
    top_line_set (&line, "benjamin the elder");
    assert_string_equal (top_line_rest (&line, word, sizeof word), "the elder");
    assert_string_equal (word, "benjami"); /* the room that there is */
    top_line_set (&line, "");
    assert_string_equal (top_line_rest (&line, word, sizeof word), "");
    assert_string_equal (word, "");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_edits),
        cmocka_unit_test (test_a_full_line_says_so),
        cmocka_unit_test (test_the_cursor_is_seen),
        cmocka_unit_test (test_names_are_completed),
        cmocka_unit_test (test_the_rest_of_it),
    };
    setlocale (LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests (tests, NULL, NULL);
}
