/* route_held.h - the contacts that one person holds: a set by id. Pure. */
#ifndef BUCKSTOP_ROUTE_HELD_H
#define BUCKSTOP_ROUTE_HELD_H

#include "types.h"

/* One contact that a person holds: owned, or offered. */
typedef struct route_held {
    char contact[ID_SIZE];
    bool tentative;  /* proposed by us, not committed yet: outlives a reload */
    int16_t channel; /* index in the policy; -1: the policy names it no more, it weighs nothing */
} route_held_t;

typedef struct held_set {
    route_held_t *slots; /* an empty one has no contact */
    size_t n, size;
} held_set_t;

route_held_t *held_find (const held_set_t *self, const char *contact); /* NULL: not held */
route_held_t *held_add (held_set_t *self, const route_held_t *item);   /* must not be held yet */
void held_remove (held_set_t *self, route_held_t *item);
void held_clear (held_set_t *self);
/* Walk: NULL begins; NULL at the end. Nothing may be added or removed on the way. */
route_held_t *held_next (const held_set_t *self, const route_held_t *after);

#endif
