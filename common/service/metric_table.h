/* metric_table.h - every metric: its name, its kind, who shows it, and what it says. deploy/prometheus/METRICS.md is made
 * of it; what a service shows and this table does not name fails test_metrics.py. */
#ifndef BUCKSTOP_METRIC_TABLE_H
#define BUCKSTOP_METRIC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum metric_kind { METRIC_INFO, METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } metric_kind_t;

typedef struct metric_row {
    const char *name; /* without "buckstop_" and "_total"; ends in its unit where it has one */
    metric_kind_t kind;
    const char *unit;   /* "seconds", "bytes", "ratio"; NULL: it counts things */
    const char *labels; /* "way, outcome"; NULL: none */
    const char *by;     /* the service, "all" */
    const char *meaning;
    const double *bounds; /* HISTOGRAM: of histogram.h */
    bool printed;         /* by whoever has it: it is not gathered by metric_add and its like */
} metric_row_t;

#define METRIC_PREFIX "buckstop_"

extern const metric_row_t metric_rows[]; /* ended by a NULL name */
/* By its bare name; NULL: it is not in the table. */
const metric_row_t *metric_row (const char *name, size_t length);
/* "buckstop_" for ours, "" for those that every process has by an agreed name (process_...). */
const char *metric_prefix (const char *name);

/* The lines before the samples of a metric of the table: # TYPE, # UNIT, # HELP. */
void metric_head (FILE *out, const char *name);
/* Both, for one sample without labels. */
void metric_print (FILE *out, const char *name, double value);
/* The whole table for people to read, as Markdown. */
void metric_page (FILE *out);

#endif
