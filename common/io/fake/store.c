/* store.c (fake) - store.h on a keyspace in memory: the stores, and the faults that a test switches on.
 *
 * Limits: every store is ready at once; durability, passwords and the number of shards are taken as given. */
#include "call.h"
#include "data.h"
#include "guard.h"
#include "keys.h"
#include "world.h"

#include "xmalloc.h"

static struct {
    store_t *stores;
    int64_t faults[FAKE_STORE_FAULTS];
    double memory;
    int64_t jump;
} state;

/* --- the world of stores ------------------------------------------------------------------------ */

/* Posted, so the store may be gone by now. */
static void on_change_now (void *arg)
{
    store_t *self = state.stores;
    while (self && self != arg)
        self = self->next;
    if (self && self->on_change)
        self->on_change (self->on_change_arg);
}

void world_reset_store (void)
{
    data_clear ();
    store_reset_commits ();
    store_followers_forget (NULL);
    store_t *stores = state.stores; /* of dead loops: they are destroyed by whoever made them */
    memset (&state, 0, sizeof state);
    state.stores = stores;
}

void fake_store_fault (fake_store_fault_t fault, int64_t value)
{
    bool changed = (fault == FAKE_STORE_AWAY || fault == FAKE_STORE_EVICTS) && state.faults[fault] != value;
    state.faults[fault] = value;
    for (store_t *store = state.stores; changed && store; store = store->next)
        world_post (store->loop, 0, on_change_now, store, NULL);
}

void fake_store_memory (double used)
{
    state.memory = used;
}

static void see_time (store_t *self)
{
    self->jump += clock_offset_seen (&self->offset, fake_store_now (), loop_now (self->loop));
}

/* Everybody sees it at once. */
void fake_store_jump (int64_t ms)
{
    state.jump += ms;
    for (store_t *store = state.stores; store; store = store->next)
        see_time (store);
}

wall_ms_t fake_store_now (void)
{
    return fake_wall () + state.jump;
}

bool store_world_away (void)
{
    return state.faults[FAKE_STORE_AWAY] || (state.faults[FAKE_STORE_EVICTS] && GUARD ("f34"));
}

int64_t store_fault (fake_store_fault_t fault)
{
    return state.faults[fault];
}

double store_world_memory (void)
{
    return state.memory;
}

bool store_use_fault (fake_store_fault_t fault)
{
    if (state.faults[fault] <= 0)
        return false;
    state.faults[fault]--;
    return true;
}

/* The calls of a process that is killed: with chaos some of them, in order, are on the way and are done. */
void world_dead_store (const loop_t *loop)
{
    for (store_t *store = state.stores; store; store = store->next) {
        if (store->loop == loop && !world_spared (loop))
            calls_orphaned (store);
    }
}

/* --- the store ---------------------------------------------------------------------------------- */

loop_t *store_loop (const store_t *self)
{
    return self->loop;
}

store_t *store_new (loop_t *loop, const store_config_t *config)
{
    store_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->shards = config->shards > 0 ? config->shards : SHARDS_DEFAULT;
    see_time (self);
    self->next = state.stores;
    state.stores = self;
    return self;
}

void store_destroy (store_t **self_p)
{
    store_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    store_followers_forget (self);
    calls_end (self);
    for (store_t **link = &state.stores; *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
    free (self);
}

bool store_ready (const store_t *self)
{
    (void)self;
    return !store_world_away ();
}

bool store_full (const store_t *self)
{
    (void)self;
    return state.memory >= 1;
}

bool store_answered (const store_t *self)
{
    (void)self;
    return true;
}

bool store_silent (const store_t *self)
{
    (void)self;
    return false;
}

const char *store_why_not (const store_t *self)
{
    return store_ready (self)                ? store_full (self) ? "redis is out of memory: give it more" : ""
           : state.faults[FAKE_STORE_EVICTS] ? "it has maxmemory-policy allkeys-lru: set noeviction"
                                             : "the store is away";
}

void store_on_change (store_t *self, loop_fn *fn, void *arg)
{
    self->on_change = fn;
    self->on_change_arg = arg;
    world_post (self->loop, 0, on_change_now, self, NULL);
}

int store_shards (const store_t *self)
{
    return self->shards;
}

int store_shard (const store_t *self, const char *workspace)
{
    return shard_of (workspace, self->shards);
}

wall_ms_t store_now (const store_t *self)
{
    return clock_offset_now (&self->offset, loop_now (self->loop));
}

int64_t store_clock_jump (store_t *self)
{
    int64_t jump = self->jump;
    self->jump = 0;
    return jump;
}

bool store_still (const store_t *self)
{
    return clock_offset_still (&self->offset, loop_now (self->loop));
}

const store_stats_t *store_stats (const store_t *self)
{
    static const store_stats_t none = {.memory_bytes = 0};
    (void)self;
    return &none;
}

double store_memory_used (const store_t *self)
{
    (void)self;
    return state.memory;
}

bool store_config_fine (const store_config_t *config, char why[DETAIL_SIZE])
{
    (void)config, (void)why;
    return true;
}
