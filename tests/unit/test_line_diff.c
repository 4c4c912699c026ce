/* test_line_diff.c - what changes from one text to another: the fewest lines, and both texts can be read off it. */
#include "line_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct diff_row {
    const char *name, *old_text, *new_text, *steps; /* steps: the kinds in order */
} diff_row_t;

static const diff_row_t rows[] = {
    {"both empty", "", "", ""},
    {"the same", "a\nb\n", "a\nb\n", "  "},
    {"all new", "", "a\nb\n", "++"},
    {"all gone", "a\nb\n", "", "--"},
    {"one more at the end", "a\nb\n", "a\nb\nc\n", "  +"},
    {"one more at the beginning", "a\nb\n", "x\na\nb\n", "+  "},
    {"one less in the middle", "a\nb\nc\n", "a\nc\n", " - "},
    {"one changed", "a\nb\nc\n", "a\nx\nc\n", " -+ "},
    {"no end of line", "a\nb", "a\nc", " -+"},
    {"all changed", "a\nb\n", "x\ny\n", "--++"},
    {"a line of the same words again", "a\na\na\n", "a\na\n", "  -"},
    {"empty lines", "\n\n", "\na\n\n", " + "},
};

/* The lines that are in one of the texts, joined. */
static void read_back (const line_diff_t *diff, char other, char *text)
{
    *text = '\0';
    for (size_t i = 0; i < diff->n; i++)
        if (diff->steps[i].kind != other) {
            strncat (text, diff->steps[i].line, diff->steps[i].size);
            strcat (text, "\n");
        }
}

static void both_texts_are_in_it (const char *name, const char *old_text, const char *new_text)
{
    enum { ROOM = 1 << 16 };
    line_diff_t diff;
    char *back = malloc (ROOM), *text = malloc (ROOM);
    assert_true (back && text);
    line_diff (old_text, new_text, &diff);
    for (int side = 0; side < 2; side++) {
        snprintf (text, ROOM, "%s", side ? new_text : old_text);
        if (*text && text[strlen (text) - 1] != '\n')
            strcat (text, "\n");
        read_back (&diff, side ? '-' : '+', back);
        if (strcmp (back, text) != 0)
            fail_msg ("%s: read back '%s', not '%s'", name, back, text);
    }
    for (size_t i = 0, x = 1, y = 1; i < diff.n; i++) {
        assert_int_equal (diff.steps[i].old_line, x);
        assert_int_equal (diff.steps[i].new_line, y);
        x += diff.steps[i].kind != '+';
        y += diff.steps[i].kind != '-';
    }
    line_diff_clear (&diff);
    free (back);
    free (text);
}

static void test_rows (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const diff_row_t *row = &rows[i];
        char steps[64] = "";
        line_diff_t diff;
        line_diff (row->old_text, row->new_text, &diff);
        for (size_t k = 0; k < diff.n; k++)
            steps[k] = diff.steps[k].kind;
        if (strcmp (steps, row->steps) != 0)
            fail_msg ("%s: steps are '%s'", row->name, steps);
        line_diff_clear (&diff);
        both_texts_are_in_it (row->name, row->old_text, row->new_text);
    }
}

/* Texts of few different lines, so that much of them is the same by chance. */
static void random_text (char *text, size_t lines, unsigned *seed)
{
    for (size_t i = 0; i < lines; i++) {
        *text++ = (char)('a' + rand_r (seed) % 4);
        *text++ = '\n';
    }
    *text = '\0';
}

static void test_random (void **state)
{
    (void)state;
    char old_text[256], new_text[256];
    unsigned seed = 7;
    for (int i = 0; i < 3000; i++) {
        random_text (old_text, (size_t)(rand_r (&seed) % 20), &seed);
        random_text (new_text, (size_t)(rand_r (&seed) % 20), &seed);
        both_texts_are_in_it ("random", old_text, new_text);
    }
}

/* More changes than are looked for: all is taken out and put in. */
static void test_too_many (void **state)
{
    (void)state;
    enum { LINES = LINE_DIFF_MAX, LINE = 8 };
    char *old_text = calloc (LINES + 2, LINE), *new_text = calloc (LINES + 2, LINE);
    assert_true (old_text && new_text);
    for (int i = 0, at = 0; i < LINES; i++) {
        snprintf (old_text + at, LINE, "o%05d\n", i);
        at += snprintf (new_text + at, LINE, "n%05d\n", i);
    }
    line_diff_t diff;
    line_diff (old_text, new_text, &diff);
    assert_int_equal (diff.removed, LINES);
    assert_int_equal (diff.added, LINES);
    line_diff_clear (&diff);
    free (old_text);
    free (new_text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_rows), cmocka_unit_test (test_random),
                                       cmocka_unit_test (test_too_many)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
