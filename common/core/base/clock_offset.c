/* clock_offset.c - where a foreign clock stands against ours: arithmetic only, for the real store and the fake.
 *
 * Hears: pairs of (foreign wall time, our monotonic time), seen at the same moment. Says: by how far the
 * difference moved at once. Slow drift never sums up to a jump, since each look becomes the new offset.
 */
#include "clock_offset.h"

#include "guard.h"

/* A second jump within the moment prolongs it; the time that is acted by stays the one before the first. */
static void hold_still (clock_offset_t *self, mono_ms_t mono)
{
    if (!clock_offset_still (self, mono))
        self->acted_ms = self->offset_ms;
    if (GUARD ("f35"))
        self->still_until = mono + CLOCK_STILL_MS;
}

int64_t clock_offset_seen (clock_offset_t *self, wall_ms_t foreign, mono_ms_t mono)
{
    int64_t offset = foreign - mono;
    int64_t moved = self->known ? offset - self->offset_ms : 0;
    bool jumped = moved > CLOCK_JUMP_MS || moved < -CLOCK_JUMP_MS;
    if (jumped)
        hold_still (self, mono);
    self->offset_ms = offset;
    self->known = true;
    return jumped ? moved : 0;
}

bool clock_offset_still (const clock_offset_t *self, mono_ms_t mono)
{
    return mono < self->still_until;
}

wall_ms_t clock_offset_now (const clock_offset_t *self, mono_ms_t mono)
{
    return mono + (clock_offset_still (self, mono) ? self->acted_ms : self->offset_ms);
}
