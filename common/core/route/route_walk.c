/* route_walk.c - the waiting list compared with the store's queue, which is the truth.
 *
 * Of each part of the queue those not held are loaded, unless they are the same as before and nobody has room for them
 * (route_segments.h, route_bound.c).
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
    segments_begin (&self->rest);
    bound_refill_begin (self);
}

/* Those of the part that are held were seen. */
static void part_seen (waiting_t *self)
{
    const route_segments_t *rest = &self->rest;
    for (size_t i = 0; i < rest->part_n; i++) {
        route_entry_t *entry = index_find (&self->index, rest->part[i].id);
        if (entry)
            waiting_walked (self, entry);
    }
}

size_t waiting_walk_part (waiting_t *self, const route_order_t *places, size_t n, bool last, wall_ms_t now)
{
    route_segments_t *rest = &self->rest;
    size_t taken = n || last ? segments_part (rest, places, n, last) : 0;
    part_seen (self);
    bool wanted = taken && bound_refill_to (self, &places[taken - 1]);
    if (!wanted && segments_same (rest, &self->index, now)) {
        segments_part_end (rest, &self->index, false);
        return taken;
    }
    rest->now.look_at = 0; /* what is left after the load says it anew */
    return taken;
}

const char *waiting_walk_load (waiting_t *self)
{
    route_segments_t *rest = &self->rest;
    while (rest->loading < rest->part_n) {
        const char *id = rest->part[rest->loading++].id;
        if (!index_find (&self->index, id))
            return id;
    }
    return NULL;
}

void waiting_walk_part_end (waiting_t *self)
{
    segments_part_end (&self->rest, &self->index, true);
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
    segments_end (&self->rest);
    bound_refill_end (self);
    if (self->walked_n < self->index.n)
        index_each (&self->index, sweep_entry, &sweep);
    return sweep.n;
}
