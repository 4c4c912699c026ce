/* day.c - from nine to nine, or three hours of rush: who lives there begins, time passes, all heals, and what is left is looked at. */
#include "sim.h"

static uint64_t chance_state;

enum { RUSH_MS = 3 * 60 * 60 * 1000, HEAL_MS = 2 * 60 * 60 * 1000, WHOLE_EACH = 4, PACE = 4 };
static bool rush;

/* splitmix64, a row of its own. */
uint64_t draw (uint64_t limit)
{
    uint64_t z = (chance_state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return limit ? (z ^ (z >> 31)) % limit : 0;
}

bool chance (int percent)
{
    return draw (100) < (uint64_t)percent;
}

int64_t between (int64_t least, int64_t most)
{
    return least + (int64_t)draw ((uint64_t)(most - least + 1));
}

int64_t about (int64_t ms)
{
    return between (ms / 2, ms + ms / 2);
}

int64_t paced (int64_t ms)
{
    return rush ? ms / PACE : ms;
}

void day_play (uint64_t seed, const char *const policies[POLICIES], day_result_t *result)
{
    rush = seed % WHOLE_EACH != 0;
    chance_state = seed * 0x2545f4914f6cdd1dULL;
    fake_reset (seed);
    laws_begin ();
    company_open (policies);
    int level = (int)draw (5);
    faults_begin (level == 0 ? 0 : level < 3 ? 1 : 2);
    people_begin ();
    customers_begin ();
    still_begin ();
    fake_advance (rush ? RUSH_MS : MS_PER_DAY);
    faults_end ();
    customers_end ();
    people_end ();
    fake_advance (HEAL_MS);
    still_end ();
    *result = (day_result_t){.hash = laws_hash (),
                             .commits = fake_store_commits (),
                             .contacts = laws_contacts (),
                             .requests = door_requests (),
                             .faults = faults_count (),
                             .ms = fake_wall () - FAKE_START_MS};
}
