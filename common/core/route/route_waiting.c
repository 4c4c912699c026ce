/* route_waiting.c - the contacts that wait for somebody.
 *
 * Hears: contacts, people who can take more, time. Says: what is to be looked at again, and to route_match.c
 * which group is next. Memory per contact: one entry and its places in two heaps. */
#include "guard.h"
#include "route_waiting_inside.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

enum { FREED_FIRST = 16 };

static bool look_before (const void *a, const void *b)
{
    const route_entry_t *left = a, *right = b;
    return left->look_at < right->look_at;
}

static const heap_kind_t by_look = {look_before, offsetof (route_entry_t, look_place)};

waiting_t *waiting_new (void)
{
    waiting_t *self = xcalloc (1, sizeof *self);
    self->looks.kind = &by_look;
    groups_init (&self->groups);
    return self;
}

void waiting_destroy (waiting_t **self_p)
{
    waiting_t *self = *self_p;
    if (!self)
        return;
    groups_clear (&self->groups);
    index_clear (&self->index);
    heap_clear (&self->looks);
    segments_clear (&self->rest);
    free (self->freed);
    free (self);
    *self_p = NULL;
}

size_t waiting_size (const waiting_t *self)
{
    return self->index.n;
}

size_t waiting_in_flight (const waiting_t *self)
{
    return self->in_flight;
}

size_t waiting_groups (const waiting_t *self)
{
    return self->groups.n;
}

bool waiting_ready (const waiting_t *self)
{
    return self->groups.ready[0].n || self->groups.ready[1].n || self->freed_n;
}

waiting_state_t waiting_find (const waiting_t *self, const char *contact)
{
    const route_entry_t *entry = index_find (&self->index, contact);
    return entry ? (waiting_state_t)entry->state : WAITING_ABSENT;
}

void waiting_state (waiting_t *self, route_entry_t *entry, waiting_state_t state)
{
    route_group_t *group = entry->group;
    const void *first = group ? heap_first (&group->heap) : NULL;
    self->in_flight -= entry->state == WAITING_IN_FLIGHT;
    self->in_flight += state == WAITING_IN_FLIGHT;
    if (group && entry->state == WAITING_QUEUED)
        groups_exit (&self->groups, group, entry);
    entry->state = (uint8_t)state;
    if (group && state == WAITING_QUEUED)
        groups_enter (&self->groups, group, entry);
    if (group && heap_first (&group->heap) != first)
        groups_moved (&self->groups, group);
}

void waiting_look_at (waiting_t *self, route_entry_t *entry, wall_ms_t at)
{
    heap_remove (&self->looks, entry);
    entry->look_at = at;
    if (at > 0)
        heap_add (&self->looks, entry);
}

static void detach (waiting_t *self, route_entry_t *entry)
{
    waiting_state (self, entry, WAITING_ABSENT);
    if (entry->group)
        groups_leave (&self->groups, entry->group);
    entry->group = NULL;
}

static void attach (waiting_t *self, route_entry_t *entry, route_group_t *group)
{
    entry->group = group;
    groups_join (&self->groups, group);
    groups_ready (&self->groups, group);
    waiting_state (self, entry, WAITING_QUEUED);
}

static route_entry_t *entry_of (waiting_t *self, const char *id)
{
    route_entry_t *entry = index_find (&self->index, id);
    if (entry)
        return entry;
    entry = xcalloc (1, sizeof *entry);
    snprintf (entry->id, sizeof entry->id, "%s", id);
    entry->place = entry->tail_place = entry->look_place = HEAP_NOWHERE;
    index_add (&self->index, entry);
    waiting_walked (self, entry);
    return entry;
}

/* False: it is beyond what is held. */
static bool hold (waiting_t *self, route_group_t *group, const contact_t *contact, wall_ms_t look_at)
{
    route_order_t order = {.deadline = contact_queue_score (contact)};
    snprintf (order.id, sizeof order.id, "%s", contact->id);
    if (bound_beyond (self, group, &order)) {
        waiting_remove (self, contact->id);
        segments_left (&self->rest, look_at);
        return false;
    }
    route_entry_t *entry = entry_of (self, contact->id);
    detach (self, entry);
    entry->version = contact->version;
    entry->deadline = order.deadline;
    entry->in_store = contact_in_queue (contact);
    waiting_walked (self, entry);
    attach (self, entry, group);
    waiting_look_at (self, entry, look_at);
    return true;
}

bool waiting_put (waiting_t *self, roster_t *roster, const contact_t *contact, wall_ms_t now)
{
    if (!GUARD ("f05") && now - contact->waiting_since > MS_PER_DAY)
        return false;
    const route_entry_t *known = index_find (&self->index, contact->id);
    if (known && (known->state == WAITING_IN_FLIGHT || known->version > contact->version))
        return false;
    route_need_t need;
    route_need (contact, now, roster_policy (roster), &need);
    route_group_t *group = groups_of (&self->groups, roster, &need);
    groups_join (&self->groups, group); /* it may be the group that the entry leaves as its last */
    bool held = hold (self, group, contact, route_look_at (contact, now, roster_policy (roster)));
    groups_leave (&self->groups, group);
    if (held)
        bound_keep (self);
    return held && index_find (&self->index, contact->id);
}

void waiting_drop (waiting_t *self, route_entry_t *entry)
{
    detach (self, entry);
    waiting_look_at (self, entry, 0);
    self->walked_n -= entry->walk == self->walk;
    index_remove (&self->index, entry);
    free (entry);
}

void waiting_remove (waiting_t *self, const char *contact)
{
    route_entry_t *entry = index_find (&self->index, contact);
    if (entry)
        waiting_drop (self, entry);
}

void waiting_overtaken (waiting_t *self, const char *contact, uint64_t version)
{
    route_entry_t *entry = index_find (&self->index, contact);
    if (entry && entry->version < version && entry->state != WAITING_IN_FLIGHT)
        waiting_drop (self, entry);
}

void waiting_rest (waiting_t *self, const char *contact, wall_ms_t until)
{
    route_entry_t *entry = entry_of (self, contact);
    waiting_state (self, entry, WAITING_RESTING);
    waiting_look_at (self, entry, until);
}

typedef struct anew {
    waiting_t *waiting;
    wall_ms_t now;
} anew_t;

static void anew_entry (void *arg, route_entry_t *entry)
{
    const anew_t *anew = arg;
    if (entry->state == WAITING_IN_FLIGHT)
        return;
    if (entry->in_store) {
        waiting_drop (anew->waiting, entry);
        return;
    }
    entry->version = 0;
    waiting_look_at (anew->waiting, entry, anew->now);
}

void waiting_anew (waiting_t *self, wall_ms_t now)
{
    anew_t anew = {self, now};
    index_each (&self->index, anew_entry, &anew);
    bound_forget (self);
    segments_clear (&self->rest);
}

size_t waiting_due (waiting_t *self, wall_ms_t now, char (*ids)[ID_SIZE], size_t max)
{
    size_t n = 0;
    while (n < max) {
        route_entry_t *entry = heap_first (&self->looks);
        if (!entry || entry->look_at > now)
            break;
        waiting_look_at (self, entry, 0);
        if (entry->state == WAITING_QUEUED || entry->state == WAITING_RESTING)
            memcpy (ids[n++], entry->id, ID_SIZE);
    }
    return n;
}

wall_ms_t waiting_next_due (const waiting_t *self)
{
    const route_entry_t *entry = heap_first (&self->looks);
    return entry ? entry->look_at : TIME_NEVER;
}

void waiting_person (waiting_t *self, int index)
{
    if (!self->groups.blocked[0].n && !self->groups.blocked[1].n)
        return;
    for (size_t i = 0; i < self->freed_n; i++)
        if (self->freed[i] == index)
            return;
    if (self->freed_n == self->freed_cap) {
        self->freed_cap = self->freed_cap ? self->freed_cap * 2 : FREED_FIRST;
        self->freed = xrealloc (self->freed, self->freed_cap * sizeof *self->freed);
    }
    self->freed[self->freed_n++] = index;
}

void waiting_all (waiting_t *self)
{
    for (size_t i = 0; i < self->groups.n; i++)
        groups_ready (&self->groups, self->groups.items[i]);
}

void waiting_adopt (waiting_t *self, roster_t *roster)
{
    self->freed_n = 0; /* they have other numbers now, and all is looked at */
    segments_doubt (&self->rest);
    for (size_t i = 0; i < self->groups.n; i++) {
        route_group_t *group = self->groups.items[i];
        route_spec (roster, &group->need, &group->spec);
        group->ready = true;
        groups_moved (&self->groups, group);
    }
}

size_t waiting_watch (waiting_t *self, roster_t *roster, wall_ms_t now, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < max && i < self->groups.n; i++) {
        route_group_t *group = self->groups.items[self->watched++ % self->groups.n];
        route_decision_t decision;
        if (group->ready || !group->heap.n)
            continue;
        route_decide_spec (roster, &group->spec, now, &decision);
        if (decision.outcome == ROUTE_OFFER) {
            groups_ready (&self->groups, group);
            found++;
        }
    }
    return found;
}
