/* route_walk.c - the waiting list compared with the store's queue, which is the truth.
 *
 * A walk tells every contact that the store has. What came in meanwhile counts as seen; what is in flight, or
 * has no place in the store's queue (not queued yet, a transfer), is left alone. The others are forgotten. */
#include "route_waiting_inside.h"

void waiting_walked (waiting_t *self, route_entry_t *entry)
{
    if (entry->walk == self->walk && self->walk)
        return;
    entry->walk = self->walk;
    self->walked_n++;
}

void waiting_walk_begin (waiting_t *self)
{
    self->walk++;
    self->walked_n = 0;
}

bool waiting_walk_seen (waiting_t *self, const char *contact)
{
    route_entry_t *entry = index_find (&self->index, contact);
    if (entry)
        waiting_walked (self, entry);
    return entry;
}

typedef struct sweep {
    waiting_t *waiting;
    size_t n;
} sweep_t;

static void sweep_entry (void *arg, route_entry_t *entry)
{
    sweep_t *sweep = arg;
    if (entry->walk == sweep->waiting->walk || entry->state == WAITING_IN_FLIGHT || !entry->in_store)
        return;
    waiting_drop (sweep->waiting, entry);
    sweep->n++;
}

size_t waiting_walk_end (waiting_t *self)
{
    sweep_t sweep = {self, 0};
    if (self->walked_n < self->index.n)
        index_each (&self->index, sweep_entry, &sweep);
    return sweep.n;
}
