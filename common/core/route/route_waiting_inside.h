/* route_waiting_inside.h - the waiting list's inside, for its files. */
#ifndef BUCKSTOP_ROUTE_WAITING_INSIDE_H
#define BUCKSTOP_ROUTE_WAITING_INSIDE_H

#include "route_groups.h"
#include "route_segments.h"

struct waiting {
    route_index_t index;
    route_groups_t groups;
    heap_t looks; /* entries with a look_at */
    size_t in_flight;
    int *freed; /* people who can take more, and for whom the blocked groups were not looked at */
    size_t freed_n, freed_cap;
    size_t watched;      /* where waiting_watch goes on */
    size_t max;          /* held at most; 0: no bound */
    size_t cuts;         /* groups that let some go */
    bool cut, refilling; /* all groups hold one at most, and some none: who comes after `upto` is not held */
    route_order_t upto;
    bool passed, passing;  /* blocked ones were let go, whom nobody could take: the next walk looks at all; it is on */
    route_segments_t rest; /* what the walks saw and is not held */
    uint32_t walk;
    size_t walked_n; /* entries that the current walk saw */
    bool last_live;  /* the class of the last pick, */
    unsigned streak; /* and how often in a row it had it while the other could have */
};

void waiting_state (waiting_t *self, route_entry_t *entry, waiting_state_t state);
void waiting_drop (waiting_t *self, route_entry_t *entry);
void waiting_walked (waiting_t *self, route_entry_t *entry);
void waiting_look_at (waiting_t *self, route_entry_t *entry, wall_ms_t at);

/* route_bound.c */
bool bound_beyond (const waiting_t *self, const route_group_t *group, const route_order_t *order);
void bound_keep (waiting_t *self);                               /* lets go what is too much */
void bound_refill_begin (waiting_t *self);                       /* a walk begins: what is thirsty takes more, */
bool bound_refill_to (waiting_t *self, const route_order_t *to); /* as far as that; false: nobody needs it */
void bound_refill_end (waiting_t *self);                         /* and the walk is over: there are no others */
void bound_forget (waiting_t *self);

#endif
