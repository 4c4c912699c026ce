/* route_groups.c - waiting contacts with identical needs.
 *
 * One array holds all groups. Those with somebody queued stand in one of four heaps by their first contact: ready
 * or blocked, live or deferred. A hash finds a group by its need. The order within a group is that of waiting contacts
 * of one class: deadline, then id. */
#include "route_groups.h"
#include "guard.h"
#include "xmalloc.h"

#include <stddef.h>
#include <string.h>

enum { HEADS_FIRST = 64 };

static bool nearer (wall_ms_t a, wall_ms_t b)
{
    return GUARD ("f04") ? a < b : a > b;
}

static bool entry_before (const void *a, const void *b)
{
    const route_entry_t *left = a, *right = b;
    if (left->deadline != right->deadline)
        return nearer (left->deadline, right->deadline);
    return strcmp (left->id, right->id) < 0;
}

static const heap_kind_t by_order = {entry_before, offsetof (route_entry_t, place)};

static bool entry_after (const void *a, const void *b)
{
    return entry_before (b, a);
}

static const heap_kind_t from_the_end = {entry_after, offsetof (route_entry_t, tail_place)};

static bool group_before (const void *a, const void *b)
{
    const route_group_t *left = a, *right = b;
    if (left->deadline != right->deadline)
        return nearer (left->deadline, right->deadline);
    return entry_before (heap_first (&left->heap), heap_first (&right->heap));
}

static const heap_kind_t by_first = {group_before, offsetof (route_group_t, in_place)};

static bool group_larger (const void *a, const void *b)
{
    const route_group_t *left = a, *right = b;
    if (left->heap.n != right->heap.n)
        return left->heap.n > right->heap.n;
    return entry_after (heap_first (&left->tail), heap_first (&right->tail));
}

static const heap_kind_t by_size = {group_larger, offsetof (route_group_t, size_place)};

static bool group_later (const void *a, const void *b)
{
    const route_group_t *left = a, *right = b;
    return entry_after (heap_first (&left->heap), heap_first (&right->heap));
}

static const heap_kind_t by_last = {group_later, offsetof (route_group_t, idle_place)};

bool groups_sooner (const route_group_t *group, const route_group_t *other)
{
    return group && (!other || group_before (group, other));
}

enum { NEED_TEXTS = 7 };

static void need_texts (const route_need_t *need, const char *texts[NEED_TEXTS])
{
    const char *const all[NEED_TEXTS] = {need->channel,   need->team, need->rule, need->language,
                                         need->preferred, need->only, need->giver};
    memcpy (texts, all, sizeof all);
}

static bool need_equal (const route_need_t *a, const route_need_t *b)
{
    const char *left[NEED_TEXTS], *right[NEED_TEXTS];
    if (a->relaxed != b->relaxed || a->elsewhere != b->elsewhere || a->waits_for_preferred != b->waits_for_preferred ||
        a->excluded_n != b->excluded_n)
        return false;
    need_texts (a, left);
    need_texts (b, right);
    for (size_t i = 0; i < NEED_TEXTS; i++)
        if (strcmp (left[i], right[i]) != 0)
            return false;
    for (size_t i = 0; i < a->excluded_n; i++)
        if (a->excluded[i].again != b->excluded[i].again || a->excluded[i].epoch != b->excluded[i].epoch ||
            strcmp (a->excluded[i].person, b->excluded[i].person) != 0)
            return false;
    return true;
}

static uint64_t need_hash (const route_need_t *need)
{
    const char *texts[NEED_TEXTS];
    uint64_t hash = ROUTE_HASH_SEED;
    need_texts (need, texts);
    for (size_t i = 0; i < NEED_TEXTS; i++)
        hash = route_hash (texts[i], strlen (texts[i]) + 1, hash);
    hash = route_hash (&need->relaxed, sizeof need->relaxed, hash);
    hash = route_hash (&need->waits_for_preferred, sizeof need->waits_for_preferred, hash);
    for (size_t i = 0; i < need->excluded_n; i++) {
        hash = route_hash (need->excluded[i].person, strlen (need->excluded[i].person), hash);
        hash = route_hash (&need->excluded[i].again, sizeof need->excluded[i].again, hash);
        hash = route_hash (&need->excluded[i].epoch, sizeof need->excluded[i].epoch, hash);
    }
    return hash;
}

static void rehash (route_groups_t *self)
{
    free (self->heads);
    self->size = self->size ? self->size * 2 : HEADS_FIRST;
    self->heads = xcalloc (self->size, sizeof (void *));
    for (size_t i = 0; i < self->n; i++) {
        route_group_t **head = &self->heads[self->items[i]->hash & (self->size - 1)];
        self->items[i]->next = *head;
        *head = self->items[i];
    }
}

static void put (route_groups_t *self, route_group_t *group, size_t place)
{
    self->items[place] = group;
    group->place = place;
}

route_group_t *groups_of (route_groups_t *self, const roster_t *roster, const route_need_t *need)
{
    uint64_t hash = need_hash (need);
    route_group_t *group = self->size ? self->heads[hash & (self->size - 1)] : NULL;
    while (group && (group->hash != hash || !need_equal (&group->need, need)))
        group = group->next;
    if (group)
        return group;
    if (self->n >= self->size)
        rehash (self);
    if (self->n == self->cap) {
        self->cap = self->cap ? self->cap * 2 : HEADS_FIRST;
        self->items = xrealloc (self->items, self->cap * sizeof (void *));
    }
    group = xcalloc (1, sizeof *group);
    group->need = *need;
    group->hash = hash;
    group->heap.kind = &by_order;
    group->tail.kind = &from_the_end;
    group->in_place = group->size_place = group->idle_place = HEAP_NOWHERE;
    route_spec (roster, &group->need, &group->spec);
    group->next = self->heads[hash & (self->size - 1)];
    self->heads[hash & (self->size - 1)] = group;
    put (self, group, self->n++);
    return group;
}

static void idle (route_groups_t *self, route_group_t *group)
{
    heap_remove (&self->idle, group);
    if (!group->ready && group->heap.n == 1)
        heap_add (&self->idle, group);
}

void groups_moved (route_groups_t *self, route_group_t *group)
{
    heap_t *heaps = group->ready ? self->ready : self->blocked;
    if (group->in)
        heap_remove (group->in, group);
    const route_entry_t *first = heap_first (&group->heap);
    group->in = first ? &heaps[group->spec.live] : NULL;
    group->deadline = first ? first->deadline : 0;
    if (group->in)
        heap_add (group->in, group);
    idle (self, group);
}

static void resize (route_groups_t *self, route_group_t *group)
{
    heap_remove (&self->sizes, group);
    if (group->heap.n)
        heap_add (&self->sizes, group);
    idle (self, group);
}

void groups_enter (route_groups_t *self, route_group_t *group, route_entry_t *entry)
{
    heap_add (&group->heap, entry);
    heap_add (&group->tail, entry);
    resize (self, group);
}

void groups_exit (route_groups_t *self, route_group_t *group, route_entry_t *entry)
{
    heap_remove (&group->heap, entry);
    heap_remove (&group->tail, entry);
    resize (self, group);
}

static void set_ready (route_groups_t *self, route_group_t *group, bool ready)
{
    if (group->ready == ready)
        return;
    group->ready = ready;
    groups_moved (self, group);
}

void groups_ready (route_groups_t *self, route_group_t *group)
{
    set_ready (self, group, true);
}

void groups_block (route_groups_t *self, route_group_t *group)
{
    set_ready (self, group, false);
}

void groups_join (route_groups_t *self, route_group_t *group)
{
    (void)self;
    group->members++;
}

void groups_leave (route_groups_t *self, route_group_t *group)
{
    if (--group->members > 0)
        return;
    if (group->in)
        heap_remove (group->in, group);
    put (self, self->items[--self->n], group->place);
    route_group_t **at = &self->heads[group->hash & (self->size - 1)];
    while (*at != group)
        at = &(*at)->next;
    *at = group->next;
    heap_clear (&group->heap);
    heap_clear (&group->tail);
    free (group);
}

void groups_init (route_groups_t *self)
{
    for (size_t i = 0; i < 2; i++)
        self->ready[i].kind = self->blocked[i].kind = &by_first;
    self->sizes.kind = &by_size;
    self->idle.kind = &by_last;
}

void groups_clear (route_groups_t *self)
{
    for (size_t i = 0; i < 2; i++) {
        heap_clear (&self->ready[i]);
        heap_clear (&self->blocked[i]);
    }
    for (size_t i = 0; i < self->n; i++) {
        heap_clear (&self->items[i]->heap);
        heap_clear (&self->items[i]->tail);
        free (self->items[i]);
    }
    heap_clear (&self->sizes);
    heap_clear (&self->idle);
    free (self->items);
    free (self->heads);
    memset (self, 0, sizeof *self);
}
