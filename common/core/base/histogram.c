/* histogram.c - durations, counted by the bound that they stay below. What is above the last bound is in `count` alone. */
#include "histogram.h"

#include <math.h>

const double histogram_short[HISTOGRAM_BOUNDS] = {0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000};
const double histogram_long[HISTOGRAM_BOUNDS] = {100,    1000,   5000,   10000,   30000,    60000,
                                                 120000, 300000, 900000, 3600000, 14400000, 86400000};

void histogram_add (histogram_t *self, const double bounds[HISTOGRAM_BOUNDS], double ms)
{
    if (isnan (ms))
        return;
    self->count++;
    self->sum += ms;
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++)
        if (ms <= bounds[i]) {
            self->buckets[i]++;
            break;
        }
}
