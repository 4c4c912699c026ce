/* store_losses.c - notices that Redis has lost what it acknowledged: an append-only file cut or restored from a backup,
 * a fail-over to a replica that lagged, a flush.
 *
 * Of each stream of events (a workspace) the number and a hash of the last event that a commit of ours was acknowledged
 * with are remembered. On every connect, before the store is ready and so before any new commit, those events are asked
 * for (store_losses_check.c); the newest of them once a second, too, and a number that is drawn again says it at once. One
 * that was trimmed since is fine; one that is gone, or has other bytes, is a loss: a line is left in KEY_LOST for the
 * audit, and the store says store_lost and is not ready any more: what its service holds in memory belongs to another
 * past.
 *
 * Limits: LOSSES_PLACES workspaces; one whose place another takes is remembered again from its next commit on. What was
 * lost while nobody who knew it runs is not noticed. */
#include "store_losses.h"

uint64_t event_hash (const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C (0xcbf29ce484222325); /* FNV-1a, 64 bits */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C (0x100000001b3);
    return hash;
}

/* ---- remembering */

static witness_t *place_of (losses_t *self, const commit_arg_t *key)
{
    return &self->places[event_hash (key->bytes, key->size) % LOSSES_PLACES];
}

static bool is_of (const witness_t *self, const commit_arg_t *key)
{
    return self->key && strlen (self->key) == key->size && memcmp (self->key, key->bytes, key->size) == 0;
}

/* The op whose number the answer carries: the last. */
static const commit_arg_t *last_event (const commit_t *commit)
{
    for (size_t i = commit_size (commit); i > 0; i--)
        if (commit_op (commit, i - 1).op == OP_EVENT)
            return commit_op (commit, i - 1).args;
    return NULL;
}

void losses_remember (store_t *store, const commit_t *commit, uint64_t number)
{
    losses_t *self = store->losses;
    const commit_arg_t *event = number ? last_event (commit) : NULL;
    if (!event)
        return;
    witness_t *witness = place_of (self, &event[0]);
    if (is_of (witness, &event[0])) {
        if (number <= witness->number) { /* drawn again: on the next connection it is looked at in full */
            conn_drop (store->conn);
            return;
        }
    } else {
        free (witness->key);
        witness->key = xmalloc (event[0].size + 1);
        memcpy (witness->key, event[0].bytes, event[0].size);
        witness->key[event[0].size] = '\0';
    }
    witness->number = number;
    witness->hash = event_hash (event[1].bytes, event[1].size);
    witness->asked = 0;
    self->newest = witness;
}

void witness_forget (witness_t *self)
{
    losses_t *losses = self->store->losses;
    free (self->key);
    self->key = NULL;
    self->asked = 0;
    if (losses->newest == self)
        losses->newest = NULL;
}

/* ---- once a second */

static bool is_looked_at (const witness_t *self)
{
    return self->store->ready && self->store->losses->newest == self && witness_is_asked (self);
}

static void on_look_stream (void *arg, redisReply *reply)
{
    witness_t *self = arg;
    if (!reply || !is_looked_at (self))
        return;
    if (witness_is_trimmed (self, reply))
        witness_forget (self);
    else
        conn_drop (self->store->conn); /* the check on the next connection says what it is */
}

static void on_look (void *arg, redisReply *reply)
{
    witness_t *self = arg;
    store_t *store = self->store;
    store->losses->looking = false;
    if (reply && is_looked_at (self) && reply->type == REDIS_REPLY_ARRAY && reply->elements == 0)
        witness_ask_stream (self, on_look_stream);
}

void losses_look (store_t *store)
{
    losses_t *self = store->losses;
    if (!self->newest || self->looking)
        return;
    self->looking = true;
    witness_ask (self->newest, on_look);
}

/* ---- its life */

losses_t *losses_new (store_t *store)
{
    losses_t *self = xcalloc (1, sizeof *self);
    for (size_t i = 0; i < LOSSES_PLACES; i++)
        self->places[i].store = store;
    return self;
}

void losses_destroy (losses_t **self_p)
{
    losses_t *self = *self_p;
    *self_p = NULL;
    for (size_t i = 0; self && i < LOSSES_PLACES; i++)
        free (self->places[i].key);
    free (self);
}
