/* metrics.c - counters, gauges and histograms of this process, by name.
 *
 * Hears: metric_add, metric_set, metric_observe. Says: OpenMetrics text (metrics_print). A name gets the prefix
 * "buckstop_" unless it has it; a counter's sample ends in "_total".
 * The kind is that of the first call; a later call of another kind under the same name is left out.
 * The state is the process's: header says so. Limits: METRICS_MAX names, more are left out.
 */
#include "metrics.h"

#include "service.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { METRICS_MAX = 256, METRIC_NAME_SIZE = 96 };
#define PREFIX "buckstop_"

static const double bounds[] = {0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000};
enum { BOUNDS = sizeof bounds / sizeof *bounds };

typedef enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } metric_kind_t;

typedef struct metric {
    char name[METRIC_NAME_SIZE];
    size_t length; /* behind the prefix */
    metric_kind_t kind;
    int64_t count;
    double value; /* gauge; histogram: the sum */
    int64_t buckets[BOUNDS];
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

void metric_observe (const char *name, double ms)
{
    metric_t *metric = metric_of (name, METRIC_HISTOGRAM);
    if (!metric || isnan (ms))
        return;
    metric->count++;
    metric->value += ms;
    for (size_t i = 0; i < BOUNDS; i++)
        if (ms <= bounds[i]) {
            metric->buckets[i]++;
            break;
        }
}

static void print_counter (const metric_t *self, FILE *out)
{
    fprintf (out, "# TYPE %s counter\n%s_total %" PRId64 "\n", self->name, self->name, self->count);
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
    fprintf (out, "# TYPE %s gauge\n%s %s\n", self->name, self->name, number_of (self->value, number));
}

static void print_histogram (const metric_t *self, FILE *out)
{
    int64_t below = 0;
    char sum[NUMBER_SIZE];
    fprintf (out, "# TYPE %s histogram\n", self->name);
    for (size_t i = 0; i < BOUNDS; i++) {
        below += self->buckets[i];
        fprintf (out, "%s_bucket{le=\"%g\"} %" PRId64 "\n", self->name, bounds[i], below);
    }
    fprintf (out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n%s_sum %s\n%s_count %" PRId64 "\n", self->name, self->count,
             self->name, number_of (self->value, sum), self->name, self->count);
}

void metrics_print (FILE *out)
{
    static void (*const print[]) (const metric_t *, FILE *) = {
        [METRIC_COUNTER] = print_counter, [METRIC_GAUGE] = print_gauge, [METRIC_HISTOGRAM] = print_histogram};
    for (size_t i = 0; i < metrics_n; i++)
        print[metrics[i]->kind](metrics[i], out);
}

double metrics_value (const char *name)
{
    const metric_t *metric = name ? find (name) : NULL;
    if (!metric)
        return 0;
    return metric->kind == METRIC_GAUGE ? metric->value : (double)metric->count;
}

void metrics_forget (void)
{
    while (metrics_n > 0)
        free (metrics[--metrics_n]);
}
