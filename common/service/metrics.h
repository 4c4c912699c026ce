/* metrics.h - how the skeleton reads what metric_add, metric_set and metric_observe gathered. */
#ifndef BUCKSTOP_METRICS_H
#define BUCKSTOP_METRICS_H

#include <stdio.h>

/* OpenMetrics text, without the closing "# EOF". */
void metrics_print (FILE *out);
/* A counter's or gauge's value, a histogram's count; 0: unknown. */
double metrics_value (const char *name);
void metrics_forget (void);

#endif
