/* route_bound.c - no more waiting contacts are held than a bound, and nobody is overtaken by it.
 *
 * Hears: one more is held, a walk. Says: which one is let go, what is not taken in, when to walk.
 *
 * What is held of a group is always its first ones: the group that holds most lets its last go, and remembers its
 * new last (`upto`): whoever stands behind that is left in the store, a newcomer too, since others before it may be
 * there. Once half of the group are gone a walk moves `upto` along with it.
 *
 * When every group holds one, and more than half of the bound are blocked, the last of these is let go, so that those
 * whom nobody can take keep nobody else out; from then on each walk loads all again, and whoever passes through is
 * looked at. Else the last of all is let go, and one `upto` stands for all groups, until half of what is held is gone or
 * most of it is blocked.
 *
 * Limits: with more different needs than the bound, a blocked one that is let go is looked at again by the next walk
 * only, and a later one may be served before it; each walk loads the records of all that are not held. */
#include "route_waiting_inside.h"

#include <string.h>

void waiting_bound (waiting_t *self, size_t max)
{
    self->max = max;
    bound_keep (self);
}

size_t waiting_beyond (const waiting_t *self)
{
    return self->rest.left;
}

bool bound_beyond (const waiting_t *self, const route_group_t *group, const route_order_t *order)
{
    return (group->cut && order_compare (order, &group->upto) > 0) ||
           (self->cut && order_compare (order, &self->upto) > 0);
}

/* ---- letting go ---- */

static route_order_t order_of (const route_entry_t *entry)
{
    route_order_t order = {.deadline = entry->deadline};
    memcpy (order.id, entry->id, sizeof order.id);
    return order;
}

static void cut_group (waiting_t *self, route_group_t *group)
{
    if (!group->cut) {
        groups_join (&self->groups, group); /* it stays, with what it knows, when nobody is held of it */
        self->cuts++;
    }
    group->cut = true;
    group->refilling = false;
    group->full = group->heap.n;
    group->upto = order_of (heap_first (&group->tail));
}

static void uncut (waiting_t *self, route_group_t *group)
{
    group->cut = group->refilling = false;
    self->cuts--;
    groups_leave (&self->groups, group); /* it may be gone now, and another in its place */
}

/* Nobody can take it as things are: it has no say in who else is held. */
static bool passes (const waiting_t *self, const route_group_t *group)
{
    return group->idle_place != HEAP_NOWHERE && 2 * (size_t)self->groups.idle.n > self->max;
}

static route_group_t *whose_last (const waiting_t *self)
{
    route_group_t *largest = heap_first (&self->groups.sizes), *blocked = heap_first (&self->groups.idle);
    return largest->heap.n == 1 && blocked && passes (self, blocked) ? blocked : largest;
}

static void let_go (waiting_t *self, route_group_t *group)
{
    route_entry_t *entry = heap_first (&group->tail);
    bool single = group->heap.n == 1, passed = passes (self, group);
    route_order_t order = order_of (entry);
    segments_let_go (&self->rest, &order, entry->look_at);
    if (single && group->cut)
        uncut (self, group);
    waiting_drop (self, entry);
    if (!single) {
        cut_group (self, group);
        return;
    }
    self->passed |= passed;
    if (passed)
        return;
    const route_group_t *next = heap_first (&self->groups.sizes);
    self->cut = true;
    self->refilling = false;
    self->upto = next ? order_of (heap_first (&next->tail)) : order;
}

void bound_keep (waiting_t *self)
{
    while (self->max && self->index.n > self->max && self->groups.sizes.n)
        let_go (self, whose_last (self));
}

/* ---- taking more ---- */

static bool thirsty (const route_group_t *group)
{
    return group->cut && !group->refilling && 2 * group->heap.n <= group->full;
}

/* Half are gone; or most are blocked, and stand in nobody's way. */
static bool all_thirsty (const waiting_t *self)
{
    bool half = 2 * self->index.n <= self->max, idle = 4 * (self->index.n - self->groups.idle.n) <= self->max;
    return (self->cut && !self->refilling && (half || idle)) || (self->passed && !self->passing && half);
}

bool waiting_thirsty (const waiting_t *self)
{
    if (all_thirsty (self))
        return true;
    for (size_t i = 0; self->cuts && i < self->groups.n; i++)
        if (thirsty (self->groups.items[i]))
            return true;
    return false;
}

void bound_refill_begin (waiting_t *self)
{
    self->refilling |= self->cut && all_thirsty (self);
    if (!self->cut) { /* else first those behind `upto`: it would load the same ones again and again */
        self->passing |= self->passed;
        self->passed = false;
    }
    for (size_t i = 0; self->cuts && i < self->groups.n; i++)
        self->groups.items[i]->refilling |= thirsty (self->groups.items[i]);
}

static bool move_on (route_order_t *upto, const route_order_t *to)
{
    if (order_compare (upto, to) >= 0)
        return false;
    *upto = *to;
    return true;
}

bool bound_refill_to (waiting_t *self, const route_order_t *to)
{
    bool wanted = self->refilling && move_on (&self->upto, to);
    wanted |= self->passing;
    for (size_t i = 0; self->cuts && i < self->groups.n; i++) {
        route_group_t *group = self->groups.items[i];
        wanted |= group->refilling && move_on (&group->upto, to);
    }
    return wanted;
}

void bound_refill_end (waiting_t *self)
{
    if (self->refilling)
        self->cut = self->refilling = false;
    self->passing = false;
    for (size_t i = self->groups.n; self->cuts && i-- > 0;)
        if (self->groups.items[i]->refilling)
            uncut (self, self->groups.items[i]);
}

void bound_forget (waiting_t *self)
{
    self->cut = self->refilling = self->passed = self->passing = false;
    for (size_t i = self->groups.n; self->cuts && i-- > 0;)
        if (self->groups.items[i]->cut)
            uncut (self, self->groups.items[i]);
}
