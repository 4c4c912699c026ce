/* clock_offset.c - where a foreign clock stands against ours: arithmetic only, for the real store and the fake.
 *
 * Hears: pairs of (foreign wall time, our monotonic time), seen at the same moment. Says: by how far the
 * difference moved at once. Slow drift never sums up to a jump, since each look becomes the new offset.
 */
#include "clock_offset.h"

int64_t clock_offset_seen (clock_offset_t *self, wall_ms_t foreign, mono_ms_t mono)
{
    int64_t offset = foreign - mono;
    int64_t moved = self->known ? offset - self->offset_ms : 0;
    self->offset_ms = offset;
    self->known = true;
    return moved > CLOCK_JUMP_MS || moved < -CLOCK_JUMP_MS ? moved : 0;
}
