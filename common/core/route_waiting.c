/* route_waiting.c - the contacts that wait for somebody.
 *
 * Hears: contacts, people who can take more, time. Says: what is to be looked at again, and to route_match.c
 * which group is next. Memory per contact: one entry and its places in two heaps. */
#include "guard.h"
#include "route_waiting_inside.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

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
    return self->groups.ready > 0;
}

waiting_state_t waiting_find (const waiting_t *self, const char *contact)
{
    const route_entry_t *entry = index_find (&self->index, contact);
    return entry ? (waiting_state_t)entry->state : WAITING_ABSENT;
}

void waiting_state (waiting_t *self, route_entry_t *entry, waiting_state_t state)
{
    self->in_flight -= entry->state == WAITING_IN_FLIGHT;
    self->in_flight += state == WAITING_IN_FLIGHT;
    if (entry->group && entry->state == WAITING_QUEUED)
        heap_remove (&entry->group->heap, entry);
    entry->state = (uint8_t)state;
    if (entry->group && state == WAITING_QUEUED)
        heap_add (&entry->group->heap, entry);
}

static void look_at (waiting_t *self, route_entry_t *entry, wall_ms_t at)
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
    waiting_state (self, entry, WAITING_QUEUED);
    groups_ready (&self->groups, group);
}

static route_entry_t *entry_of (waiting_t *self, const char *id)
{
    route_entry_t *entry = index_find (&self->index, id);
    if (entry)
        return entry;
    entry = xcalloc (1, sizeof *entry);
    snprintf (entry->id, sizeof entry->id, "%s", id);
    entry->place = entry->look_place = HEAP_NOWHERE;
    index_add (&self->index, entry);
    waiting_walked (self, entry);
    return entry;
}

bool waiting_put (waiting_t *self, roster_t *roster, const contact_t *contact, wall_ms_t now)
{
    if (!GUARD ("f05") && now - contact->waiting_since > MS_PER_DAY)
        return false;
    route_entry_t *entry = entry_of (self, contact->id);
    if (entry->state == WAITING_IN_FLIGHT || entry->version > contact->version)
        return false;
    route_need_t need;
    route_need (contact, now, roster_policy (roster), &need);
    route_group_t *group = groups_of (&self->groups, roster, &need);
    groups_join (&self->groups, group); /* it may be the group that the entry leaves as its last */
    detach (self, entry);
    entry->version = contact->version;
    entry->deadline = contact_queue_score (contact);
    entry->in_store = contact_in_queue (contact);
    attach (self, entry, group);
    groups_leave (&self->groups, group);
    look_at (self, entry, route_look_at (contact, now, roster_policy (roster)));
    return true;
}

void waiting_drop (waiting_t *self, route_entry_t *entry)
{
    detach (self, entry);
    look_at (self, entry, 0);
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
    look_at (self, entry, until);
}

size_t waiting_due (waiting_t *self, wall_ms_t now, char (*ids)[ID_SIZE], size_t max)
{
    size_t n = 0;
    while (n < max) {
        route_entry_t *entry = heap_first (&self->looks);
        if (!entry || entry->look_at > now)
            break;
        look_at (self, entry, 0);
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

void waiting_person (waiting_t *self, roster_t *roster, int index, wall_ms_t now)
{
    roster_look (roster, now);
    size_t i = self->groups.ready;
    while (i < self->groups.n) {
        route_group_t *group = self->groups.items[i];
        if (group->heap.n && route_person_could (roster, &group->spec, index, now))
            groups_ready (&self->groups, group); /* swaps a blocked one, seen already or itself, to here */
        i++;
    }
}

void waiting_all (waiting_t *self)
{
    self->groups.ready = self->groups.n;
}

void waiting_adopt (waiting_t *self, roster_t *roster)
{
    for (size_t i = 0; i < self->groups.n; i++)
        route_spec (roster, &self->groups.items[i]->need, &self->groups.items[i]->spec);
    waiting_all (self);
}

size_t waiting_watch (waiting_t *self, roster_t *roster, wall_ms_t now, size_t max)
{
    size_t blocked = self->groups.n - self->groups.ready, found = 0;
    for (size_t i = 0; i < max && i < blocked && self->groups.n > self->groups.ready; i++) {
        size_t left = self->groups.n - self->groups.ready;
        route_group_t *group = self->groups.items[self->groups.ready + self->watched++ % left];
        route_decision_t decision;
        if (!group->heap.n)
            continue;
        route_decide_spec (roster, &group->spec, now, &decision);
        if (decision.outcome == ROUTE_OFFER) {
            groups_ready (&self->groups, group);
            found++;
        }
    }
    return found;
}
