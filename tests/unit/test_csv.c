/* test_csv.c - rows of comma-separated values: what RFC 4180 allows, and what is an error, with its line. */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHOWN = 4096 };

/* "1:a|b 3:c!2": rows with their line, cells divided by '|'; errors by their number behind '!'. */
static const char *shown (const char *text, size_t size, char words[SHOWN])
{
    csv_t *csv = csv_new (text, size);
    csv_outcome_t outcome;
    size_t used = 0;
    words[0] = '\0';
    while ((outcome = csv_next (csv)) != CSV_END) {
        used += (size_t)snprintf (words + used, SHOWN - used, "%s%zu", used ? " " : "", csv_line (csv));
        if (outcome != CSV_ROW)
            used += (size_t)snprintf (words + used, SHOWN - used, "!%d", (int)outcome);
        for (size_t i = 0; i < csv_cells (csv); i++)
            used += (size_t)snprintf (words + used, SHOWN - used, "%c%s", i ? '|' : ':', csv_cell (csv, i));
    }
    csv_destroy (&csv);
    return words;
}

static void test_rows (void **state)
{
    static const struct {
        const char *text, *expect;
    } rows[] = {
        {"", ""},
        {"\n\r\n\n", ""},
        {"a,b\n1,2\n", "1:a|b 2:1|2"},
        {"a,b\r\n1,2\r\n", "1:a|b 2:1|2"},
        {"a,b\n1,2", "1:a|b 2:1|2"},
        {"\xef\xbb\xbf"
         "a\n",
         "1:a"},
        {"a,,\n", "1:a||"},
        {",\n", "1:|"},
        {"\"\"\n", "1:"},
        {"\"a,b\",c\n", "1:a,b|c"},
        {"\"a\"\"b\"\"\"\n", "1:a\"b\""},
        {"\"one\ntwo\r\nthree\",x\nlast\n", "1:one\ntwo\r\nthree|x 4:last"},
        {" a , b \n", "1: a | b "},
        {"a\rb\n", "1:a\rb"},
        /* the first row has no comma without quotes: spreadsheets where one divides decimals write ';' */
        {"a;b\n1,5;2\n", "1:a|b 2:1,5|2"},
        {"a;\"b;,\"\r\n1;2", "1:a|b;, 2:1|2"},
        {"a,b;c\n1;2\n", "1:a|b;c 2:1;2"},
        {"a\n1;2\n", "1:a 2:1;2"},
        {"\n\na;b", "3:a|b"},
        /* errors: the rows behind them are read */
        {"a\"b\nc\n", "1!2 2:c"},
        {"x\n\"a\"b\nc\n", "1:x 2!2 3:c"},
        {"x\n\"a\nb\n", "1:x 2!3"},
        {"\"", "1!3"},
        {"\"a\" ,b\nc", "1!2 2:c"},
    };
    char words[SHOWN];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal (shown (rows[i].text, strlen (rows[i].text), words), rows[i].expect);
    assert_string_equal (shown ("a\0b\nc\n", 6, words), "1!4 2:c");
}

static void test_limits (void **state)
{
    (void)state;
    enum { SIZE = CSV_ROW_MAX + 8 };
    char *text = malloc (SIZE), words[SHOWN];
    assert_non_null (text);
    memset (text, ',', CSV_CELLS_MAX);
    memcpy (text + CSV_CELLS_MAX, "\nc", 2);
    assert_string_equal (shown (text, CSV_CELLS_MAX + 2, words), "1!5 2:c");
    csv_t *csv = csv_new (text + 1, CSV_CELLS_MAX);
    assert_int_equal (csv_next (csv), CSV_ROW);
    assert_int_equal (csv_cells (csv), CSV_CELLS_MAX);
    csv_destroy (&csv);
    memset (text, 'x', SIZE);
    memcpy (text + SIZE - 2, "\nc", 2);
    assert_string_equal (shown (text, SIZE, words), "1!5 2:c");
    csv = csv_new (text, CSV_ROW_MAX - 1); /* and the zero */
    assert_int_equal (csv_next (csv), CSV_ROW);
    assert_int_equal (strlen (csv_cell (csv, 0)), CSV_ROW_MAX - 1);
    csv_destroy (&csv);
    text[0] = '"';
    assert_string_equal (shown (text, SIZE, words), "1!5 2:c");
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_rows),
        cmocka_unit_test (test_limits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
