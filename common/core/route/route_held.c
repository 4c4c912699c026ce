/* route_held.c - the contacts that one person holds: open addressing, at most half full, without gravestones. */
#include "route_held.h"

#include "route_index.h"
#include "xmalloc.h"

enum { SLOTS_FIRST = 16 };

static size_t home (const held_set_t *self, const char *contact)
{
    return route_hash (contact, strlen (contact), ROUTE_HASH_SEED) & (self->size - 1);
}

/* Where it is, or the empty slot where it would be. */
static size_t place_of (const held_set_t *self, const char *contact)
{
    size_t place = home (self, contact);
    while (self->slots[place].contact[0] && strcmp (self->slots[place].contact, contact) != 0)
        place = (place + 1) & (self->size - 1);
    return place;
}

route_held_t *held_find (const held_set_t *self, const char *contact)
{
    if (!self->size)
        return NULL;
    route_held_t *found = &self->slots[place_of (self, contact)];
    return found->contact[0] ? found : NULL;
}

static void grow (held_set_t *self)
{
    held_set_t bigger = {.n = self->n, .size = self->size ? self->size * 2 : SLOTS_FIRST};
    bigger.slots = xcalloc (bigger.size, sizeof *bigger.slots);
    for (size_t i = 0; i < self->size; i++)
        if (self->slots[i].contact[0])
            bigger.slots[place_of (&bigger, self->slots[i].contact)] = self->slots[i];
    free (self->slots);
    *self = bigger;
}

route_held_t *held_add (held_set_t *self, const route_held_t *item)
{
    if (2 * (self->n + 1) > self->size)
        grow (self);
    route_held_t *slot = &self->slots[place_of (self, item->contact)];
    *slot = *item;
    self->n++;
    return slot;
}

/* Those behind it that would not be found across the gap move up. */
void held_remove (held_set_t *self, route_held_t *item)
{
    size_t mask = self->size - 1, gap = (size_t)(item - self->slots);
    self->n--;
    for (size_t at = (gap + 1) & mask; self->slots[at].contact[0]; at = (at + 1) & mask) {
        size_t wants = home (self, self->slots[at].contact);
        if (((at - wants) & mask) < ((at - gap) & mask))
            continue;
        self->slots[gap] = self->slots[at];
        gap = at;
    }
    self->slots[gap] = (route_held_t){.channel = -1};
}

void held_clear (held_set_t *self)
{
    free (self->slots);
    *self = (held_set_t){0};
}

route_held_t *held_next (const held_set_t *self, const route_held_t *after)
{
    for (size_t i = after ? (size_t)(after - self->slots) + 1 : 0; i < self->size; i++)
        if (self->slots[i].contact[0])
            return &self->slots[i];
    return NULL;
}
