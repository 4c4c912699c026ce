/* metrics.c - counters, gauges and histograms of this process, by name.
 *
 * Hears: metric_add, metric_raise, metric_set, metric_observe. Says: OpenMetrics text (metrics_print), with what the table
 * says of a name (metric_table.h). A name gets the prefix "buckstop_" unless it has it; a counter's sample ends in
 * "_total". Durations are observed in milliseconds and shown in seconds.
 * The kind is that of the first call; a later call of another kind under the same name is left out.
 * The state is the process's: header says so. Limits: METRICS_MAX names, more are left out.
 */
#include "metrics.h"

#include "service.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>

enum { METRICS_MAX = 256, METRIC_NAME_SIZE = 96 };
#define PREFIX METRIC_PREFIX

typedef struct metric {
    char name[METRIC_NAME_SIZE];
    size_t length; /* behind the prefix */
    metric_kind_t kind;
    int64_t count;
    double value; /* gauge */
    histogram_t histogram;
    const double *bounds;
} metric_t;

static metric_t *metrics[METRICS_MAX];
static size_t metrics_n;

/* A name without the prefix and "_total", as it stands in the caller's string: this is asked some ten thousand times a
 * second, so nothing is copied. */
static const char *bare_name (const char *given, size_t *length)
{
    static const char suffix[] = "_total";
    const size_t tail = sizeof suffix - 1;
    if (strncmp (given, PREFIX, sizeof PREFIX - 1) == 0)
        given += sizeof PREFIX - 1;
    *length = strlen (given);
    if (*length > tail && memcmp (given + *length - tail, suffix, tail) == 0)
        *length -= tail;
    if (*length > METRIC_NAME_SIZE - sizeof PREFIX)
        *length = METRIC_NAME_SIZE - sizeof PREFIX;
    return given;
}

static metric_t *find (const char *given)
{
    size_t length;
    const char *bare = bare_name (given, &length);
    for (size_t i = 0; i < metrics_n; i++)
        if (metrics[i]->length == length && memcmp (metrics[i]->name + sizeof PREFIX - 1, bare, length) == 0)
            return metrics[i];
    return NULL;
}

static metric_t *metric_of (const char *given, metric_kind_t kind)
{
    if (!given || !*given)
        return NULL;
    metric_t *metric = find (given);
    if (metric)
        return metric->kind == kind ? metric : NULL;
    if (metrics_n == METRICS_MAX)
        return NULL;
    metric = xcalloc (1, sizeof *metric);
    metric->kind = kind;
    const char *bare = bare_name (given, &metric->length);
    snprintf (metric->name, sizeof metric->name, PREFIX "%.*s", (int)metric->length, bare);
    const metric_row_t *row = metric_row (bare, metric->length);
    metric->bounds = row && row->bounds ? row->bounds : histogram_short;
    metrics[metrics_n++] = metric;
    return metric;
}

void metric_add (const char *name, int64_t change)
{
    metric_t *metric = metric_of (name, METRIC_COUNTER);
    if (metric)
        metric->count += change;
}

void metric_set (const char *name, double value)
{
    metric_t *metric = metric_of (name, METRIC_GAUGE);
    if (metric)
        metric->value = value;
}

void metric_raise (const char *name, int64_t count)
{
    metric_t *metric = metric_of (name, METRIC_COUNTER);
    if (metric)
        metric->count = count;
}

void metric_observe (const char *name, double ms)
{
    metric_t *metric = metric_of (name, METRIC_HISTOGRAM);
    if (metric)
        histogram_add (&metric->histogram, metric->bounds, ms);
}

void metrics_begin (const char *service)
{
    for (const metric_row_t *row = metric_rows; row->name; row++) {
        bool own = strcmp (row->by, "all") == 0 || strstr (row->by, service);
        own = own && !row->labels && !row->printed;
        if (own && row->kind == METRIC_HISTOGRAM)
            metric_of (row->name, METRIC_HISTOGRAM);
        else if (own && row->kind == METRIC_COUNTER)
            metric_of (row->name, METRIC_COUNTER);
    }
}

static void print_head (const metric_t *self, FILE *out)
{
    static const char *const words[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    const char *bare = self->name + sizeof PREFIX - 1;
    if (metric_row (bare, self->length))
        metric_head (out, bare);
    else
        fprintf (out, "# TYPE %s %s\n", self->name, words[self->kind]);
}

static void print_counter (const metric_t *self, FILE *out)
{
    fprintf (out, "%s_total %" PRId64 "\n", self->name, self->count);
}

enum { NUMBER_SIZE = 32 };

/* The fewest digits that read back as the same number. */
static const char *number_of (double value, char text[NUMBER_SIZE])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf (text, NUMBER_SIZE, "%.*g", digits, value);
        if (strtod (text, NULL) == value)
            break;
    }
    return text;
}

static void print_gauge (const metric_t *self, FILE *out)
{
    char number[NUMBER_SIZE];
    fprintf (out, "%s %s\n", self->name, number_of (self->value, number));
}

static void print_samples (FILE *out, const char *name, const histogram_t *histogram, const double *bounds)
{
    int64_t below = 0;
    char sum[NUMBER_SIZE];
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        below += histogram->buckets[i];
        fprintf (out, "%s_bucket{le=\"%g\"} %" PRId64 "\n", name, bounds[i] / (double)MS_PER_SECOND, below);
    }
    fprintf (out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n%s_sum %s\n%s_count %" PRId64 "\n", name, histogram->count, name,
             number_of (histogram->sum / (double)MS_PER_SECOND, sum), name, histogram->count);
}

static void print_histogram (const metric_t *self, FILE *out)
{
    print_samples (out, self->name, &self->histogram, self->bounds);
}

void metrics_print_histogram (FILE *out, const char *name, const histogram_t *histogram)
{
    const metric_row_t *row = metric_row (name, strlen (name));
    char whole[METRIC_NAME_SIZE];
    snprintf (whole, sizeof whole, "%s%s", metric_prefix (name), name);
    metric_head (out, name);
    print_samples (out, whole, histogram, row && row->bounds ? row->bounds : histogram_short);
}

void metrics_print (FILE *out)
{
    static void (*const print[]) (const metric_t *, FILE *) = {
        [METRIC_COUNTER] = print_counter, [METRIC_GAUGE] = print_gauge, [METRIC_HISTOGRAM] = print_histogram};
    for (size_t i = 0; i < metrics_n; i++) {
        print_head (metrics[i], out);
        print[metrics[i]->kind](metrics[i], out);
    }
}

double metrics_value (const char *name)
{
    const metric_t *metric = name ? find (name) : NULL;
    if (!metric)
        return 0;
    return metric->kind == METRIC_GAUGE     ? metric->value
           : metric->kind == METRIC_COUNTER ? (double)metric->count
                                            : (double)metric->histogram.count;
}

void metrics_forget (void)
{
    while (metrics_n > 0)
        free (metrics[--metrics_n]);
}
