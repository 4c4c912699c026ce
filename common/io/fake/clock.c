/* clock.c (fake) - scripted time and seeded chance. */
#include "clock.h"
#include "world.h"

static uint64_t state = 1;

void world_reset_clock (uint64_t seed)
{
    state = seed;
}

wall_ms_t fake_wall (void)
{
    return FAKE_START_MS + world_mono ();
}

wall_ms_t clock_wall (void)
{
    return fake_wall ();
}

mono_ms_t clock_mono (void)
{
    return world_mono ();
}

int64_t clock_mono_us (void)
{
    return world_mono () * 1000;
}

/* splitmix64: any seed will do, and each gives another row. */
static uint64_t draw (void)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

void clock_random (void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)(draw () >> 56);
}
