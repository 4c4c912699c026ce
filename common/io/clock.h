/* clock.h - wall time of this machine, only for logs and jump detection; decisions use store_now. */
#ifndef BUCKSTOP_CLOCK_H
#define BUCKSTOP_CLOCK_H

#include "types.h"

wall_ms_t clock_wall (void);
mono_ms_t clock_mono (void);
int64_t clock_mono_us (void);
void clock_random (void *bytes, size_t size); /* seeded in the fake */

/* Follows the offset of a foreign clock to our monotonic one; says when it jumps. */
enum { CLOCK_JUMP_MS = 2000 };
typedef struct clock_offset {
    int64_t offset_ms; /* foreign - mono */
    bool known;
} clock_offset_t;
/* Returns the jump in ms when the offset moved by more than CLOCK_JUMP_MS, else 0. Small drift is followed. */
int64_t clock_offset_seen (clock_offset_t *self, wall_ms_t foreign, mono_ms_t mono);

#endif
