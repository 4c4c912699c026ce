/* faults.c - what goes wrong: calm spells and bad ones, drawn; in a bad one there is chaos (fake.h), and every few
 * seconds something breaks. Long outages and swaps of the policy come at any time. */
#include "sim.h"

#include "keys.h"
#include "xmalloc.h"

#include <stdio.h>

enum {
    CALM_MS = 70 * 60 * 1000,
    BAD_MS = 9 * 60 * 1000,
    GAP_MS = 20 * 1000,
    BACK_MS = 15 * 1000,
    PEERS_MS = 3 * 60 * 1000
};

static struct {
    int level;
    bool ended, bad;
    int open;     /* single faults in force */
    int64_t last; /* when the last one ended */
    uint64_t count;
} state;

bool faults_calm_for (int64_t ms)
{
    return !state.bad && !state.open && fake_wall () - state.last >= ms;
}

uint64_t faults_count (void)
{
    return state.count;
}

bool faults_any (void)
{
    return state.count > 0;
}

static void noted (void)
{
    state.count++;
    state.last = fake_wall ();
}

/* A fault that lasts. */
static void lasts (int64_t ms, loop_fn *heal)
{
    noted ();
    state.open++;
    fake_at (ms, heal, NULL);
}

static void healed (void)
{
    state.open--;
    state.last = fake_wall ();
}

/* --- one at a time ------------------------------------------------------------------------------------------ */

static void dies (void)
{
    noted ();
    company_kill ((int)draw (KINDS), chance (80) ? between (0, 5000) : between (0, 120000));
}

static void unfrozen (void *arg)
{
    (void)arg;
    healed ();
}

static void freezes (void)
{
    int64_t ms = chance (70) ? between (100, 15000) : between (15000, 180000);
    company_freeze ((int)draw (KINDS), ms);
    lasts (ms, unfrozen);
}

static void store_back (void *arg)
{
    (void)arg;
    say ("the store is back");
    fake_store_fault (FAKE_STORE_AWAY, 0);
    healed ();
}

static void store_away (void)
{
    say ("the store is away");
    fake_store_fault (FAKE_STORE_AWAY, 1);
    lasts (chance (75) ? between (50, 5000) : between (5000, 90000), store_back);
}

static void memory_free (void *arg)
{
    (void)arg;
    say ("there is memory again");
    fake_store_memory (0);
    healed ();
}

static void memory_full (void)
{
    say ("memory is full");
    fake_store_memory (chance (50) ? 1 : 0.95);
    lasts (between (1000, 60000), memory_free);
}

static void peers_fine (void *arg)
{
    (void)arg;
    say ("the far sides are fine");
    fake_peers_clear ();
    healed ();
}

static void peer_fails (void)
{
    static const char *const who[] = {"", "customer", "example.com/back", "hooks", "pager", "ada@", "lena@"};
    static const fake_peer_t how[] = {FAKE_PEER_SILENT, FAKE_PEER_LOST, FAKE_PEER_GARBAGE, FAKE_PEER_DOWN};
    static const int statuses[] = {500, 503, 451, 554, 429, 404, 535, 200};
    const char *part = who[draw (7)];
    int64_t count = chance (60) ? between (1, 4) : -1;
    say ("far side '%s' fails", part);
    if (chance (50))
        fake_peer (part, how[draw (4)], 0, 0, count);
    else
        fake_peer (part, FAKE_PEER_ANSWERS, statuses[draw (8)], between (0, 20000), count);
    lasts (about (PEERS_MS), peers_fine);
}

/* What was decided before the clock was set back may be committed after it: by how much, within BACK_MS of it. */
static struct {
    wall_ms_t at; /* by the machine's clock */
    int64_t ms;
} set_back;

int64_t faults_set_back (void)
{
    return fake_wall () - set_back.at < BACK_MS ? set_back.ms : 0;
}

static void clock_was_set_back (int64_t ms)
{
    set_back.ms = faults_set_back () + ms;
    set_back.at = fake_wall ();
}

static void clock_jumps (void)
{
    int64_t ms = chance (60) ? between (1000, 90000) : between (60000, 40 * 60000);
    ms = chance (35) ? -ms / 4 : ms;
    say ("the store's clock jumps %lld ms", (long long)ms);
    fake_store_jump (ms);
    if (ms < 0)
        clock_was_set_back (-ms);
    noted ();
}

/* The body of a record becomes garbage; its head stays. */
static void poisons (void)
{
    char key[KEY_SIZE];
    size_t size = 0;
    if (state.level < 2 || !laws_contacts () || !chance (15))
        return;
    shadow_t *shadow = laws_contact_at ((size_t)draw (laws_contacts ()));
    key_contact (key, 0, WORKSPACE, shadow->id);
    const char *bytes = shadow->known && !shadow->gone ? fake_store_string (key, &size) : NULL;
    if (!bytes || shadow->poisoned)
        return;
    char *copy = xmemdup (bytes, size);
    size_t head = RECORD_HEAD_SIZE + (size_t)copy[2] * EVENT_ID_SIZE;
    memset (copy + head, 0xff, size - head);
    fake_store_put (key, copy, size);
    free (copy);
    shadow->poisoned = true;
    say ("%s is poisoned", shadow->id);
    noted ();
}

static const struct {
    unsigned weight;
    void (*fn) (void);
    int level;
} rows[] = {{30, dies, 1},       {12, freezes, 1},    {16, store_away, 1}, {4, memory_full, 1},
            {16, peer_fails, 1}, {6, clock_jumps, 2}, {6, poisons, 2}};
enum { ROWS = sizeof rows / sizeof *rows };

static void break_something (void)
{
    unsigned sum = 0;
    for (size_t i = 0; i < ROWS; i++)
        sum += rows[i].level <= state.level ? rows[i].weight : 0;
    unsigned at = (unsigned)draw (sum);
    for (size_t i = 0; i < ROWS; i++) {
        unsigned weight = rows[i].level <= state.level ? rows[i].weight : 0;
        if (at < weight) {
            rows[i].fn ();
            return;
        }
        at -= weight;
    }
}

/* --- spells --------------------------------------------------------------------------------------------------- */

static void bad_spell (void *arg);

static void calm_spell (void)
{
    say ("calm");
    state.bad = false;
    state.last = fake_wall ();
    fake_chaos (&(fake_chaos_t){.order = true, .latency_ms = 2});
    fake_at (about (paced (CALM_MS / (state.level ? state.level : 1))), bad_spell, NULL);
}

static void breaks (void *arg)
{
    (void)arg;
    if (!state.bad)
        return;
    break_something ();
    fake_at (about (GAP_MS), breaks, NULL);
}

static void spell_ends (void *arg)
{
    (void)arg;
    if (!state.ended)
        calm_spell ();
}

static int some (int most)
{
    return chance (60) ? (int)draw ((uint64_t)most) : 0;
}

static void bad_spell (void *arg)
{
    (void)arg;
    if (state.ended)
        return;
    say ("a bad spell");
    noted ();
    state.bad = true;
    fake_chaos (&(fake_chaos_t){.order = true,
                                .bus_drop = some (5000),
                                .bus_double = some (3000),
                                .bus_delay = some (5000),
                                .bus_delay_ms = between (1, 20000),
                                .latency_ms = chance (50) ? between (0, 3) : between (0, 40),
                                .slow = some (80),
                                .slow_ms = between (10, 3000),
                                .refused = some (600),
                                .unknown = some (600),
                                .resent = some (600),
                                .lost = some (400),
                                .dies = chance (50) ? (int)draw (30) : 0});
    fake_at (about (GAP_MS), breaks, NULL);
    fake_at (about (BAD_MS), spell_ends, NULL);
}

/* --- at any time ------------------------------------------------------------------------------------------------ */

static void up_again (void *arg)
{
    (void)arg;
    healed ();
}

static void outage (void *arg)
{
    (void)arg;
    if (state.ended)
        return;
    int64_t ms = chance (60) ? between (30000, 15 * 60000) : between (15 * 60000, 150 * 60000);
    company_down (ms);
    lasts (ms, up_again);
}

static void new_policy (void *arg)
{
    (void)arg;
    if (!state.ended)
        company_policy ((company_policy_number () + 1 + (int)draw (POLICIES - 1)) % POLICIES);
}

static void scale (void *arg)
{
    (void)arg;
    if (state.ended)
        return;
    company_replicas ((int)draw (KINDS), chance (70) ? 1 : (int)between (2, REPLICAS_MAX));
    state.last = fake_wall (); /* who was too many died */
    fake_at (about (paced (2 * MS_PER_HOUR)), scale, NULL);
}

void faults_begin (int level)
{
    state.level = level;
    state.last = fake_wall ();
    fake_chaos (&(fake_chaos_t){.order = true, .latency_ms = 2});
    for (uint64_t n = draw (3); n > 0; n--)
        fake_at (between (0, paced (MS_PER_DAY) / 2), new_policy, NULL);
    fake_at (about (10000), scale, NULL);
    if (!level)
        return;
    for (uint64_t n = draw (2) * (uint64_t)level; n > 0; n--)
        fake_at (between (0, paced (MS_PER_DAY) / 2), outage, NULL);
    fake_at (about (paced (CALM_MS)), bad_spell, NULL);
}

void faults_end (void)
{
    state.ended = true;
    state.bad = false;
    state.last = fake_wall ();
    fake_chaos (&(fake_chaos_t){.order = true, .latency_ms = 2});
    fake_peers_clear ();
    fake_store_memory (0);
    company_rise ();
    for (int kind = 0; kind < KINDS; kind++)
        company_replicas (kind, kind == ROUTING ? 2 : 1);
}
