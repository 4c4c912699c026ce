/* store.c (fake) - store.h on a keyspace in memory, with faults that a test switches on.
 *
 * A call is performed in the turn after it was made and answered in one after that, so that the calls of
 * several services mix as they do in Redis. While the store is away calls try again until their time is over.
 * Limits: every store is ready at once; durability, passwords and the number of shards are taken as given. */
#include "call.h"
#include "data.h"
#include "keys.h"
#include "world.h"

#include "xmalloc.h"

enum { AGAIN_MS = 20 }; /* between two tries while it is away */

struct store {
    store_t *next;
    loop_t *loop;
    int shards;
    call_t *calls;
    loop_fn *on_change;
    void *on_change_arg;
    int64_t jump_seen;
};

static struct {
    store_t *stores;
    int64_t faults[FAKE_STORE_FAULTS];
    double memory;
    int64_t jump;
    uint64_t commits;
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
    store_followers_forget (NULL);
    store_t *stores = state.stores; /* of dead loops: they are destroyed by whoever made them */
    memset (&state, 0, sizeof state);
    state.stores = stores;
}

void fake_store_fault (fake_store_fault_t fault, int64_t value)
{
    bool changed = fault == FAKE_STORE_AWAY && state.faults[fault] != value;
    state.faults[fault] = value;
    for (store_t *store = state.stores; changed && store; store = store->next)
        world_post (store->loop, 0, on_change_now, store, NULL);
}

void fake_store_memory (double used)
{
    state.memory = used;
}

void fake_store_jump (int64_t ms)
{
    state.jump += ms;
}

wall_ms_t fake_store_now (void)
{
    return fake_wall () + state.jump;
}

uint64_t fake_store_commits (void)
{
    return state.commits;
}

bool store_world_away (void)
{
    return state.faults[FAKE_STORE_AWAY] != 0;
}

static bool use_fault (fake_store_fault_t fault)
{
    if (state.faults[fault] <= 0)
        return false;
    state.faults[fault]--;
    return true;
}

/* --- calls -------------------------------------------------------------------------------------- */

call_t *call_new (store_t *store, call_fn *perform, call_fn *answer, void *arg)
{
    call_t *self = xcalloc (1, sizeof *self);
    self->store = store;
    self->perform = perform;
    self->answer = answer;
    self->arg = arg;
    return self;
}

static void call_free (call_t *self)
{
    commit_destroy (&self->commit);
    free (self->found);
    perform_rows_free (&self->rows);
    for (size_t i = 0; i < self->keys_n; i++)
        free (self->keys[i]);
    free (self->keys);
    free (self->text);
    for (size_t i = 0; i < self->items_n; i++)
        free ((void *)self->items[i].bytes);
    free (self->items);
    free (self);
}

static void call_leave (call_t *self)
{
    for (call_t **link = &self->store->calls; *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
}

/* The queue lets go of a call: it was answered, or its process is dead. */
static void call_release (void *arg)
{
    call_t *self = arg;
    if (--self->refs > 0)
        return;
    if (!self->answered)
        call_leave (self);
    call_free (self);
}

static void call_post (call_t *self, int64_t delay_ms, loop_fn *fn)
{
    self->refs++;
    world_post (self->store->loop, delay_ms, fn, self, call_release);
}

static void call_answer (void *arg)
{
    call_t *self = arg;
    if (self->answered)
        return; /* store_destroy was faster */
    self->answered = true;
    call_leave (self);
    self->answer (self);
}

static void call_perform (void *arg)
{
    call_t *self = arg;
    if (self->answered)
        return;
    int64_t left = self->deadline - world_mono ();
    if (store_world_away () && left > 0) {
        call_post (self, left < AGAIN_MS ? left : AGAIN_MS, call_perform);
        return;
    }
    self->away = store_world_away ();
    if (!self->away)
        self->perform (self);
    if (!world_alive (self->store->loop))
        return;
    int64_t slow = self->away ? 0 : state.faults[FAKE_STORE_SLOW];
    if (slow > left || self->away) {
        slow = left;
        self->away = true;
    }
    call_post (self, slow, call_answer);
}

void call_begin (call_t *self, int timeout_ms)
{
    self->deadline = world_mono () + (timeout_ms > 0 ? timeout_ms : STORE_TIMEOUT_MS);
    self->next = self->store->calls;
    self->store->calls = self;
    call_post (self, 0, call_perform);
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
    self->jump_seen = state.jump;
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
    while (self->calls) {
        call_t *call = self->calls;
        self->calls = call->next;
        call->answered = call->away = true;
        if (world_alive (self->loop))
            call->answer (call);
    }
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

const char *store_why_not (const store_t *self)
{
    return store_ready (self) ? "" : "the store is away";
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
    (void)self;
    return fake_store_now ();
}

int64_t store_clock_jump (store_t *self)
{
    int64_t jump = state.jump - self->jump_seen;
    self->jump_seen = state.jump;
    return jump;
}

double store_memory_used (const store_t *self)
{
    (void)self;
    return state.memory;
}

/* --- commit and lease ---------------------------------------------------------------------------- */

static void keep_found (call_t *call)
{
    commit_answer_t *answer = &call->committed;
    if (!answer->found)
        return;
    free (call->found);
    call->found = xmalloc (answer->found_size + 1);
    memcpy (call->found, answer->found, answer->found_size);
    call->found[answer->found_size] = 0;
    answer->found = call->found;
}

static void do_commit (call_t *call)
{
    loop_t *loop = call->store->loop;
    if (world_kill_here (loop, FAKE_KILL_BEFORE_COMMIT))
        return;
    if (state.memory >= 1 || use_fault (FAKE_STORE_REFUSE)) {
        call->away = true;
        return;
    }
    perform_commit (call->commit, fake_store_now (), &call->committed, store_followers_wake);
    keep_found (call);
    state.commits += call->committed.outcome == COMMIT_DONE;
    if (use_fault (FAKE_STORE_RESENT)) {
        perform_commit (call->commit, fake_store_now (), &call->committed, store_followers_wake);
        keep_found (call);
    }
    call->away = use_fault (FAKE_STORE_UNKNOWN);
    world_kill_here (loop, FAKE_KILL_AFTER_COMMIT);
}

static void tell_commit (call_t *call)
{
    if (call->away)
        call->committed = (commit_answer_t){.outcome = COMMIT_AWAY};
    call->commit_fn (call->arg, &call->committed);
}

void store_commit (store_t *self, commit_t **commit_p, int timeout_ms, store_commit_fn *fn, void *arg)
{
    call_t *call = call_new (self, do_commit, tell_commit, arg);
    call->commit = *commit_p;
    call->commit_fn = fn;
    *commit_p = NULL;
    call_begin (call, timeout_ms);
}

static void do_lease (call_t *call)
{
    call->now = fake_store_now ();
    perform_lease (call->shard, call->kind, (size_t)call->max, call->lease_ms, call->now, &call->rows);
    call->away = call->rows.wrong_type;
    if (call->rows.n)
        world_kill_here (call->store->loop, FAKE_KILL_AFTER_LEASE);
}

static void tell_lease (call_t *call)
{
    store_leased_t leased = {.away = call->away, .next_due = TIME_NEVER};
    if (!call->away) {
        leased.rows = call->rows.rows;
        leased.rows_n = call->rows.n;
        leased.next_due = call->rows.next_due;
        leased.now = call->now;
    }
    call->leased_fn (call->arg, &leased);
}

void store_lease (store_t *self, int shard, char kind, int max, int lease_ms, store_leased_fn *fn, void *arg)
{
    call_t *call = call_new (self, do_lease, tell_lease, arg);
    call->shard = shard;
    call->kind = kind;
    call->max = max < STORE_LEASE_MAX ? max : STORE_LEASE_MAX;
    call->lease_ms = lease_ms;
    call->leased_fn = fn;
    call_begin (call, 0);
}
