/* route_groups.h - waiting contacts with identical needs; in order those ready to be looked at, and the others. Pure. */
#ifndef BUCKSTOP_ROUTE_GROUPS_H
#define BUCKSTOP_ROUTE_GROUPS_H

#include "route_heap.h"
#include "route_index.h"
#include "route_inside.h"

/* What a search looks at stands together, at the beginning. */
typedef struct route_group {
    wall_ms_t deadline; /* of its first, while it is in a heap of groups */
    route_spec_t spec;  /* of the roster's policy now; points to need */
    heap_t heap;        /* of those queued */
    heap_t *in;         /* of groups; NULL: nobody is queued */
    uint32_t in_place;
    heap_t tail;         /* the same, the last first */
    uint32_t size_place; /* in `sizes` */
    uint32_t idle_place; /* in `idle` */
    bool ready;          /* to be looked at; else blocked: nobody could take its first when it was */
    size_t members;      /* resting and in flight ones too */
    size_t place;        /* in groups */
    uint64_t hash;
    /* route_bound.c: some are in the store only. Who comes after `upto` is not held. */
    bool cut, refilling;
    route_order_t upto;
    uint32_t full; /* how many were queued when it was cut last */
    struct route_group *next;
    route_need_t need;
} route_group_t;

typedef struct route_groups {
    route_group_t **items;
    size_t n, cap;
    heap_t ready[2], blocked[2]; /* those with somebody queued, by their first; deferred, live */
    heap_t sizes;                /* the same, the one with most queued first, of equals the one whose last is later */
    heap_t idle;                 /* the blocked ones of one queued, the later first */
    route_group_t **heads;       /* by hash */
    size_t size;
} route_groups_t;

route_group_t *groups_of (route_groups_t *self, const roster_t *roster, const route_need_t *need); /* found, or made */
void groups_init (route_groups_t *self);
bool groups_sooner (const route_group_t *group, const route_group_t *other); /* by their first; NULL is last */
void groups_moved (route_groups_t *self, route_group_t *group);              /* its first, or its class, is another */
void groups_enter (route_groups_t *self, route_group_t *group, route_entry_t *entry); /* among the queued */
void groups_exit (route_groups_t *self, route_group_t *group, route_entry_t *entry);
void groups_ready (route_groups_t *self, route_group_t *group);
void groups_block (route_groups_t *self, route_group_t *group);
void groups_join (route_groups_t *self, route_group_t *group);
void groups_leave (route_groups_t *self, route_group_t *group); /* the last one frees it */
void groups_clear (route_groups_t *self);

#endif
