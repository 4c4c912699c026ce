/* clock_offset.h - follows the offset of a foreign clock to our monotonic one; says when it jumps. Pure. */
#ifndef BUCKSTOP_CLOCK_OFFSET_H
#define BUCKSTOP_CLOCK_OFFSET_H

#include "types.h"

enum { CLOCK_JUMP_MS = 2000 };
typedef struct clock_offset {
    int64_t offset_ms; /* foreign - mono */
    bool known;
} clock_offset_t;
/* Returns the jump in ms when the offset moved by more than CLOCK_JUMP_MS, else 0. Small drift is followed. */
int64_t clock_offset_seen (clock_offset_t *self, wall_ms_t foreign, mono_ms_t mono);

#endif
