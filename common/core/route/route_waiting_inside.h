/* route_waiting_inside.h - the waiting list's inside, for its files. */
#ifndef BUCKSTOP_ROUTE_WAITING_INSIDE_H
#define BUCKSTOP_ROUTE_WAITING_INSIDE_H

#include "route_groups.h"

struct waiting {
    route_index_t index;
    route_groups_t groups;
    heap_t looks; /* entries with a look_at */
    size_t in_flight;
    int *freed; /* people who can take more, and for whom the blocked groups were not looked at */
    size_t freed_n, freed_cap;
    size_t watched; /* where waiting_watch goes on */
    uint32_t walk;
    size_t walked_n; /* entries that the current walk saw */
    bool last_live;  /* the class of the last pick, */
    unsigned streak; /* and how often in a row it had it while the other could have */
};

void waiting_state (waiting_t *self, route_entry_t *entry, waiting_state_t state);
void waiting_drop (waiting_t *self, route_entry_t *entry);
void waiting_walked (waiting_t *self, route_entry_t *entry);

#endif
