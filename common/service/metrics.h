/* metrics.h - how the skeleton reads what metric_add, metric_set and metric_observe gathered. */
#ifndef BUCKSTOP_METRICS_H
#define BUCKSTOP_METRICS_H

#include "histogram.h"
#include "metric_table.h"

#include <stdint.h>
#include <stdio.h>

/* Every counter and histogram of the table that this service has is there from the start: who watches it sees a 0, not
 * nothing. */
void metrics_begin (const char *service);
/* OpenMetrics text, without the closing "# EOF". */
void metrics_print (FILE *out);
/* One that somebody else gathered, of a name in the table. */
void metrics_print_histogram (FILE *out, const char *name, const histogram_t *histogram);
/* A counter's or gauge's value, a histogram's count; 0: unknown. */
double metrics_value (const char *name);
void metrics_forget (void);

#endif
