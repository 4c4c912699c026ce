/* chaos.c (fake) - faults that come by chance, all drawn from the seed of fake_reset.
 *
 * A row of its own, so that what the services draw (ids, tokens) stays the same whether there is chaos or not. */
#include "world.h"

static uint64_t state;
static fake_chaos_t chaos;

void world_reset_chaos (uint64_t seed)
{
    state = seed ^ 0x6368616f73ULL; /* not the row of clock.c */
    chaos = (fake_chaos_t){0};
}

void fake_chaos (const fake_chaos_t *wanted)
{
    chaos = wanted ? *wanted : (fake_chaos_t){0};
}

const fake_chaos_t *world_chaos (void)
{
    return &chaos;
}

/* splitmix64, as in clock.c. */
uint64_t world_draw (uint64_t limit)
{
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return limit ? (z ^ (z >> 31)) % limit : 0;
}

bool world_chance (int of_10000)
{
    return of_10000 > 0 && world_draw (10000) < (uint64_t)of_10000;
}
