/* line_up.h - those who must wait for the same thing come again one behind the other, not all at once, time and again.
 * Pure. */
#ifndef BUCKSTOP_LINE_UP_H
#define BUCKSTOP_LINE_UP_H

#include "types.h"

/* When the next one comes: later_ms from now, or 1 ms behind the last one, *last. A line longer than LINE_MS begins anew at
 * its front; so does one of a clock that was set back since. */
#define LINE_MS MS_PER_MINUTE
wall_ms_t line_up (wall_ms_t *last, wall_ms_t now, int64_t later_ms);

#endif
