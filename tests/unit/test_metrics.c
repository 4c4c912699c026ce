/* test_metrics.c - counters, gauges, histograms, as OpenMetrics text. */
#include "metrics.h"

#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef enum call { ADD, SET, OBSERVE, RAISE } call_t;

typedef struct test_row {
    const char *name; /* of the case */
    struct {
        call_t call;
        const char *metric;
        double value;
    } calls[4];
    const char *says[3]; /* whole lines */
    const char *never;   /* no line begins so */
} row_t;

static const row_t rows[] = {
    {"counter",
     {{ADD, "commits", 2}, {ADD, "commits", 3}},
     {"# TYPE buckstop_commits counter", "buckstop_commits_total 5"},
     NULL},
    {"counter with its suffix",
     {{ADD, "firings_total", 1}, {ADD, "firings", 1}},
     {"buckstop_firings_total 2"},
     "buckstop_firings_total_total"},
    {"prefix only once",
     {{ADD, "buckstop_orphans", 1}, {ADD, "orphans", 1}},
     {"buckstop_orphans_total 2"},
     "buckstop_buckstop"},
    {"gauge", {{SET, "age", 3}, {SET, "age", 1.5}}, {"# TYPE buckstop_age gauge", "buckstop_age 1.5"}, NULL},
    {"a name keeps its kind",
     {{SET, "age", 3}, {ADD, "age", 1}, {OBSERVE, "age", 1}},
     {"buckstop_age 3"},
     "buckstop_age_total"},
    {"histogram is cumulative",
     {{OBSERVE, "lag", 0.5}, {OBSERVE, "lag", 3}, {OBSERVE, "lag", 5001}},
     {"buckstop_lag_bucket{le=\"0.0005\"} 1", "buckstop_lag_bucket{le=\"0.005\"} 2",
      "buckstop_lag_bucket{le=\"+Inf\"} 3"},
     NULL},
    {"histogram's sum",
     {{OBSERVE, "lag", 1}, {OBSERVE, "lag", 2}},
     {"buckstop_lag_sum 0.003", "buckstop_lag_count 2"},
     NULL},
    {"no more digits than the number has", {{SET, "age", 0.465}}, {"buckstop_age 0.465"}, NULL},
    {"as many digits as it takes", {{SET, "age", 0.1 + 0.2}}, {"buckstop_age 0.30000000000000004"}, NULL},
    {"neither too few of a large one", {{SET, "bytes", 9007199254740991}}, {"buckstop_bytes 9007199254740991"}, NULL},
    {"nor too many of a small one", {{SET, "age", 0.001}}, {"buckstop_age 0.001"}, NULL},
    {"of a sum, too", {{OBSERVE, "lag", 465}}, {"buckstop_lag_sum 0.465"}, NULL},
    {"what the table says of a name",
     {{OBSERVE, "firing_lateness_seconds", 3}},
     {"# TYPE buckstop_firing_lateness_seconds histogram", "# UNIT buckstop_firing_lateness_seconds seconds",
      "buckstop_firing_lateness_seconds_bucket{le=\"0.005\"} 1"},
     NULL},
    {"people wait longer than machines",
     {{OBSERVE, "routing_wait_seconds", 3000}, {OBSERVE, "routing_wait_seconds", 7200000}},
     {"buckstop_routing_wait_seconds_bucket{le=\"5\"} 1", "buckstop_routing_wait_seconds_bucket{le=\"14400\"} 2"},
     "buckstop_routing_wait_seconds_bucket{le=\"0.0005\"}"},
    {"a counter that is kept elsewhere",
     {{RAISE, "promises_kept", 7}, {RAISE, "promises_kept", 9}},
     {"# TYPE buckstop_promises_kept counter", "buckstop_promises_kept_total 9"},
     NULL},
    {"no name, no metric",
     {{ADD, NULL, 1}, {SET, "", 1}, {OBSERVE, NULL, 1}, {ADD, "x", 1}},
     {"buckstop_x_total 1"},
     "buckstop_ "},
};

static void call (call_t kind, const char *metric, double value)
{
    if (kind == ADD)
        metric_add (metric, (int64_t)value);
    else if (kind == SET)
        metric_set (metric, value);
    else if (kind == RAISE)
        metric_raise (metric, (int64_t)value);
    else
        metric_observe (metric, value);
}

static bool has_line (const char *text, const char *line, bool whole)
{
    size_t length = strlen (line);
    for (const char *at = text; (at = strstr (at, line)); at++)
        if ((at == text || at[-1] == '\n') && (!whole || at[length] == '\n'))
            return true;
    return false;
}

static void play (const row_t *row)
{
    char *text = NULL;
    size_t size = 0;
    metrics_forget ();
    for (size_t i = 0; i < 4; i++)
        if (row->calls[i].metric || row->calls[i].value != 0)
            call (row->calls[i].call, row->calls[i].metric, row->calls[i].value);
    FILE *out = open_memstream (&text, &size);
    metrics_print (out);
    fclose (out);
    for (size_t i = 0; i < 3 && row->says[i]; i++)
        if (!has_line (text, row->says[i], true))
            fail_msg ("%s: no line '%s' in:\n%s", row->name, row->says[i], text);
    if (row->never && has_line (text, row->never, false))
        fail_msg ("%s: a line '%s' in:\n%s", row->name, row->never, text);
    free (text);
    metrics_forget ();
}

static void test_table (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        play (&rows[i]);
}

static void test_value (void **state)
{
    (void)state;
    metric_add ("commits", 4);
    metric_observe ("lag", 9);
    metric_set ("age", 2.5);
    assert_true (metrics_value ("commits") == 4 && metrics_value ("lag") == 1 && metrics_value ("age") == 2.5);
    assert_true (metrics_value ("unknown") == 0 && metrics_value (NULL) == 0);
    metrics_forget ();
}

/* Before anything has happened: a 0, not nothing. */
static void test_begin (void **state)
{
    char *text = NULL;
    size_t size = 0;
    (void)state;
    metrics_begin ("routing");
    FILE *out = open_memstream (&text, &size);
    metrics_print (out);
    fclose (out);
    assert_true (has_line (text, "buckstop_routing_offers_total 0", true));
    assert_true (has_line (text, "buckstop_routing_wait_seconds_count 0", true));
    assert_true (has_line (text, "buckstop_commit_conflicts_total 0", true));
    assert_false (has_line (text, "buckstop_firings_total", false));        /* another's */
    assert_false (has_line (text, "buckstop_store_commit_seconds", false)); /* printed by the skeleton */
    free (text);
    metrics_forget ();
}

/* Names may be built in a buffer: they are copied. */
static void test_copied (void **state)
{
    (void)state;
    char name[] = "one";
    metric_add (name, 1);
    memcpy (name, "two", 3);
    metric_add (name, 2);
    assert_true (metrics_value ("one") == 1 && metrics_value ("two") == 2);
    metrics_forget ();
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_table), cmocka_unit_test (test_value),
                                       cmocka_unit_test (test_copied), cmocka_unit_test (test_begin)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
