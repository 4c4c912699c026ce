/* clock_offset.h - follows the offset of a foreign clock to our monotonic one; says when it jumps. Pure.
 *
 * After a jump the old time is carried on for a moment, in which nothing is to be acted on: if the clock comes back,
 * nothing has happened; if it stays, it is the time from then on. */
#ifndef BUCKSTOP_CLOCK_OFFSET_H
#define BUCKSTOP_CLOCK_OFFSET_H

#include "types.h"

enum { CLOCK_JUMP_MS = 2000, CLOCK_STILL_MS = 3000 };
typedef struct clock_offset {
    int64_t offset_ms; /* foreign - mono, as last seen */
    bool known;
    int64_t acted_ms; /* until still_until: the one before the jump */
    mono_ms_t still_until;
} clock_offset_t;
/* Returns the jump in ms when the offset moved by more than CLOCK_JUMP_MS, else 0. Small drift is followed. */
int64_t clock_offset_seen (clock_offset_t *self, wall_ms_t foreign, mono_ms_t mono);
/* It jumped less than CLOCK_STILL_MS ago: do not act, go on observing. */
bool clock_offset_still (const clock_offset_t *self, mono_ms_t mono);
/* The foreign time to act by; known must be true. */
wall_ms_t clock_offset_now (const clock_offset_t *self, mono_ms_t mono);

#endif
