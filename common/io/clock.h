/* clock.h - wall time of this machine, only for logs and jump detection; decisions use store_now. */
#ifndef BUCKSTOP_CLOCK_H
#define BUCKSTOP_CLOCK_H

#include "clock_offset.h"
#include "types.h"

wall_ms_t clock_wall (void);
mono_ms_t clock_mono (void);
int64_t clock_mono_us (void);
void clock_random (void *bytes, size_t size); /* seeded in the fake */

#endif
