/* store_commit.c (fake) - the two scripts as calls: commit and lease, with what may happen to them. A commit that leaves its
 * shard ends the test: a cluster would refuse it. */
#include "call.h"
#include "world.h"

#include "xmalloc.h"

#include <stdio.h>

static uint64_t commits;
static fake_commit_fn *on_commit;
static void *on_commit_arg;

void store_reset_commits (void)
{
    commits = 0;
    on_commit = NULL;
}

uint64_t fake_store_commits (void)
{
    return commits;
}

void fake_store_on_commit (fake_commit_fn *fn, void *arg)
{
    on_commit = fn;
    on_commit_arg = arg;
}

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

static void perform_it (call_t *call)
{
    perform_commit (call->commit, fake_store_now (), &call->committed, store_followers_wake);
    keep_found (call);
    if (call->committed.outcome != COMMIT_DONE)
        return;
    commits++;
    if (on_commit)
        on_commit (on_commit_arg, call->commit, &call->committed);
}

static void do_commit (call_t *call)
{
    loop_t *loop = call->store->loop;
    const fake_chaos_t *chaos = world_chaos ();
    bool chaotic = call->chaotic;
    if (world_kill_here (loop, FAKE_KILL_BEFORE_COMMIT))
        return;
    if (store_world_memory () >= 1 || store_use_fault (FAKE_STORE_REFUSE) ||
        (chaotic && world_chance (chaos->refused))) {
        call->away = true;
        return;
    }
    perform_it (call);
    if (store_use_fault (FAKE_STORE_RESENT))
        perform_it (call);
    call->away = store_use_fault (FAKE_STORE_UNKNOWN) || (chaotic && world_chance (chaos->unknown));
    world_kill_here (loop, FAKE_KILL_AFTER_COMMIT);
}

static void tell_commit (call_t *call)
{
    if (call->away)
        call->committed = (commit_answer_t){.outcome = COMMIT_AWAY};
    call->commit_fn (call->arg, &call->committed);
}

/* A single Redis takes what leaves it: no live test would notice. */
static void keep_to_shard (const commit_t *commit)
{
    char tag[16];
    int size = snprintf (tag, sizeof tag, "b:{%d}:", commit_shard (commit));
    for (size_t i = 0; i < commit_size (commit); i++) {
        const commit_op_t op = commit_op (commit, i);
        const commit_arg_t *key = &op.args[0];
        if (key->size <= (size_t)size || memcmp (key->bytes, tag, (size_t)size) != 0) {
            fprintf (stderr, "a commit of shard %d has the key %.*s\n", commit_shard (commit), (int)key->size,
                     key->bytes);
            abort ();
        }
    }
}

void store_commit (store_t *self, commit_t **commit_p, int timeout_ms, store_commit_fn *fn, void *arg)
{
    call_t *call = call_new (self, do_commit, tell_commit, arg);
    keep_to_shard (*commit_p);
    call->commit = *commit_p;
    call->commit_fn = fn;
    *commit_p = NULL;
    call_begin (call, timeout_ms);
}

static void do_lease (call_t *call)
{
    call->now = fake_store_now ();
    call->away = store_world_memory () >= 1; /* a lease writes too */
    if (call->away)
        return;
    perform_lease (call->shard, call->kind, (size_t)call->max, call->lease_ms, call->now, &call->rows);
    call->away = call->rows.wrong_type || (call->chaotic && world_chance (world_chaos ()->lost));
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
