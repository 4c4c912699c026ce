/* test_metric_table.c - the table of metrics: each row is one that OpenMetrics takes, and the page made of it is the one in
 * the repository. With BUCKSTOP_WRITE=1 the page is written anew. */
#include "metric_table.h"

#include "histogram.h"
#include "words.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE TESTS_DIR "/../deploy/prometheus/METRICS.md"

static bool ends (const char *text, const char *end)
{
    size_t length = strlen (text), tail = strlen (end);
    return length > tail && strcmp (text + length - tail, end) == 0 && text[length - tail - 1] == '_';
}

static bool is_among (const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp (word, *list) == 0)
            return true;
    return false;
}

static void judge (const metric_row_t *row)
{
    static const char *const units[] = {"seconds", "bytes", "ratio", NULL};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    if (strspn (row->name, letters) != strlen (row->name))
        fail_msg ("%s: not of small letters", row->name);
    if (metric_row (row->name, strlen (row->name)) != row)
        fail_msg ("%s: stands twice", row->name);
    if (ends (row->name, "total") || ends (row->name, "info"))
        fail_msg ("%s: the end is put on when it is shown", row->name);
    if (row->unit && (!is_among (row->unit, units) || !ends (row->name, row->unit)))
        fail_msg ("%s: the unit is no base unit, or the name does not end in it", row->name);
    for (const char *const *unit = units; *unit; unit++)
        if (!row->unit && ends (row->name, *unit))
            fail_msg ("%s: the unit is not said", row->name);
    if ((row->kind == METRIC_HISTOGRAM) != (row->bounds != NULL))
        fail_msg ("%s: bounds are for histograms", row->name);
    if (!row->by || !*row->by || !row->meaning || strlen (row->meaning) < 10 || strpbrk (row->meaning, "\\\n|"))
        fail_msg ("%s: who shows it, and what does it mean?", row->name);
    if (row->meaning[strlen (row->meaning) - 1] != '.')
        fail_msg ("%s: its meaning is no sentence", row->name);
}

static void test_rows (void **state)
{
    (void)state;
    for (const metric_row_t *row = metric_rows; row->name; row++)
        judge (row);
}

static char *read_file (const char *path)
{
    char *text = xcalloc (1, 1);
    size_t size = 0, n;
    FILE *file = fopen (path, "re");
    for (char part[4096]; file && (n = fread (part, 1, sizeof part, file)) > 0;) {
        text = xrealloc (text, size + n + 1);
        memcpy (text + size, part, n);
        size += n;
        text[size] = 0;
    }
    if (file)
        fclose (file);
    return text;
}

static void test_page (void **state)
{
    char *made = NULL, *kept;
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream (&made, &size);
    metric_page (out);
    fclose (out);
    if (getenv ("BUCKSTOP_WRITE")) {
        out = fopen (PAGE, "we");
        assert_non_null (out);
        fputs (made, out);
        assert_int_equal (fclose (out), 0);
    }
    kept = read_file (PAGE);
    if (strcmp (made, kept) != 0)
        fail_msg ("deploy/prometheus/METRICS.md is not what the table says: BUCKSTOP_WRITE=1 test_metric_table");
    free (made);
    free (kept);
}

static void test_head (void **state)
{
    char *text = NULL;
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream (&text, &size);
    metric_print (out, "orphans", 0);
    metric_print (out, "process_cpu_seconds", 1.25);
    metric_head (out, "no such");
    fclose (out);
    assert_non_null (strstr (text, "# TYPE buckstop_orphans gauge\n# HELP buckstop_orphans Law 1: "));
    assert_non_null (strstr (text, "\nbuckstop_orphans 0\n"));
    assert_non_null (strstr (text, "# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n"));
    assert_non_null (strstr (text, "\nprocess_cpu_seconds_total 1.25\n"));
    assert_null (strstr (text, "no such"));
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_rows), cmocka_unit_test (test_page),
                                       cmocka_unit_test (test_head)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
