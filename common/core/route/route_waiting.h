/* route_waiting.h - the contacts that wait for somebody, and the one matcher for both events. Pure.
 *
 * Waiting order: class (live before deferred; where both could be served, after ROUTE_SHARE - 1 picks of one
 * in a row the other has the next, so neither starves), then the deadline of the next promise less the
 * priority's shift, then id. No age limit: nothing ever leaves for having waited long.
 *
 * Contacts with identical needs are a group with a heap of its own. A group whose first can't be served is
 * blocked, until somebody who can take it gets room; so a newcomer never overtakes its group. Per contact
 * only what the order needs is kept, about 150 bytes: the record is in the store.
 *
 * However many wait, at most so many are held (waiting_bound): of each group its first ones, so that the matcher finds
 * what it would find with all of them. When one more comes, the group that holds most lets its last go; from then on
 * what stands behind a group's last is left in the store, newcomers too, until the group has fallen to half: then a
 * walk brings the next ones. Only with more different needs than the bound are there groups of which none is held; those
 * whom nobody can take are let go before the others then, and each walk looks at them again. */
#ifndef BUCKSTOP_ROUTE_WAITING_H
#define BUCKSTOP_ROUTE_WAITING_H

#include "route.h"

enum { ROUTE_SHARE = 5, ROUTE_LOOKS_MAX = 20000 };

typedef struct waiting waiting_t;

waiting_t *waiting_new (void);
void waiting_destroy (waiting_t **self_p);
void waiting_bound (waiting_t *self, size_t max); /* 0, as after waiting_new: all are held */
size_t waiting_size (const waiting_t *self);      /* held; in flight ones included */
size_t waiting_beyond (const waiting_t *self);    /* in the store's queue only, as far as the walks saw */
bool waiting_thirsty (const waiting_t *self);     /* a group that let some go has fallen to half: walk now */
size_t waiting_in_flight (const waiting_t *self); /* chosen by route_match, result not known yet */
size_t waiting_groups (const waiting_t *self);
bool waiting_ready (const waiting_t *self); /* route_match has something to look at */

typedef enum waiting_state { WAITING_ABSENT, WAITING_QUEUED, WAITING_RESTING, WAITING_IN_FLIGHT } waiting_state_t;
waiting_state_t waiting_find (const waiting_t *self, const char *contact);

/* Adds or moves it. False: an older version than the one known, or one in flight, is left alone; or it is beyond what
 * is held, and then it is absent. */
bool waiting_put (waiting_t *self, roster_t *roster, const contact_t *contact, wall_ms_t now);
void waiting_remove (waiting_t *self, const char *contact);
/* It moved on as that version: what is known of it is older, and forgotten unless it is in flight. */
void waiting_overtaken (waiting_t *self, const char *contact, uint64_t version);
/* It is to be looked at no earlier than that: its record is to be put again then (waiting_due). */
void waiting_rest (waiting_t *self, const char *contact, wall_ms_t until);
/* Contacts whose need changes by time, or which have rested: load and put them. At most max; each once. */
size_t waiting_due (waiting_t *self, wall_ms_t now, char (*ids)[ID_SIZE], size_t max);
wall_ms_t waiting_next_due (const waiting_t *self); /* TIME_NEVER: none */

/* This person can take more: what is blocked is looked at for them. */
void waiting_person (waiting_t *self, int index);
void waiting_all (waiting_t *self); /* look at all again: a shift began, the roster is new */
/* The roster has adopted another policy: call it before anything else, names mean other things now. */
void waiting_adopt (waiting_t *self, roster_t *roster);
/* Looks at some blocked groups whether somebody could be asked after all; unblocks and counts those. */
size_t waiting_watch (waiting_t *self, roster_t *roster, wall_ms_t now, size_t max);

/* The store went back to what it was before: versions known are forgotten, and so is who has a place in its queue
 * (walk it). The others are due at once. In flight ones are left alone. */
void waiting_anew (waiting_t *self, wall_ms_t now);

/* Where a contact stands in the store's queue. */
typedef struct route_order {
    wall_ms_t deadline;
    char id[ID_SIZE];
} route_order_t;

/* A walk over the store's queue: begin, tell part by part what is there, end: what the store has not is forgotten.
 * Of those not held nothing is kept but a digest of each part: while it is the same and no need in it changes by time,
 * their records need not be loaded again. A walk that can't go on is begun anew. */
void waiting_walk_begin (waiting_t *self);
/* The next places in order; last: none comes behind them. Returns how many of them make this part: begin the next one
 * behind them. Load and put what waiting_walk_load names (NULL: no more), then end the part. */
size_t waiting_walk_part (waiting_t *self, const route_order_t *places, size_t n, bool last, wall_ms_t now);
const char *waiting_walk_load (waiting_t *self);
void waiting_walk_part_end (waiting_t *self);
size_t waiting_walk_end (waiting_t *self);

typedef struct route_pair {
    char contact[ID_SIZE];
    char channel[NAME_SIZE];
    uint64_t version; /* of the contact, as put */
    route_decision_t decision;
} route_pair_t;
/* Pairs in the waiting order, at most max; fewer when people were looked at ROUTE_LOOKS_MAX times, and then
 * waiting_ready says that there is more to do. Each contact is in flight and tentatively held by its person
 * from then on: waiting_remove or waiting_rest (and roster_drop) end that. */
size_t route_match (waiting_t *self, roster_t *roster, wall_ms_t now, route_pair_t *pairs, size_t max);

#endif
