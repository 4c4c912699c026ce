/* route_groups.h - waiting contacts with identical needs; those ready to be looked at stand in front. Pure. */
#ifndef BUCKSTOP_ROUTE_GROUPS_H
#define BUCKSTOP_ROUTE_GROUPS_H

#include "route_heap.h"
#include "route_index.h"
#include "route_inside.h"

typedef struct route_group {
    route_need_t need;
    route_spec_t spec; /* of the roster's policy now; points to need */
    uint64_t hash;
    heap_t heap;    /* of those queued */
    size_t members; /* resting and in flight ones too */
    size_t place;   /* in groups */
    struct route_group *next;
} route_group_t;

typedef struct route_groups {
    route_group_t **items; /* ready ones first */
    size_t n, ready, cap;
    route_group_t **heads; /* by hash */
    size_t size;
} route_groups_t;

route_group_t *groups_of (route_groups_t *self, const roster_t *roster, const route_need_t *need); /* found, or made */
void groups_ready (route_groups_t *self, route_group_t *group);
void groups_block (route_groups_t *self, route_group_t *group);
void groups_join (route_groups_t *self, route_group_t *group);
void groups_leave (route_groups_t *self, route_group_t *group); /* the last one frees it */
void groups_clear (route_groups_t *self);

#endif
