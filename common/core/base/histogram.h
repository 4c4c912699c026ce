/* histogram.h - how many of what took so long: fixed bounds, counted where it happens, shown by whoever is asked. Pure. */
#ifndef BUCKSTOP_HISTOGRAM_H
#define BUCKSTOP_HISTOGRAM_H

#include "types.h"

enum { HISTOGRAM_BOUNDS = 12 };

/* In milliseconds, rising. */
extern const double histogram_short[HISTOGRAM_BOUNDS]; /* what machines take: 0.5 ms to 5 s */
extern const double histogram_long[HISTOGRAM_BOUNDS];  /* what people take: 0.1 s to a day */

typedef struct histogram {
    int64_t count;
    double sum; /* milliseconds */
    int64_t buckets[HISTOGRAM_BOUNDS];
} histogram_t;

/* What is no number is left out. */
void histogram_add (histogram_t *self, const double bounds[HISTOGRAM_BOUNDS], double ms);

#endif
