/* roster_load.h - people from the store into a roster: records, what they hold, when they were last given something. */
#ifndef BUCKSTOP_ROSTER_LOAD_H
#define BUCKSTOP_ROSTER_LOAD_H

#include "route_roster.h"
#include "store.h"

/* What a person holds beyond that is not counted: they have no room long before. */
enum { ROSTER_HELD_MAX = 4096 };

typedef struct roster_load {
    store_t *store;
    const char *workspace;                 /* copied */
    roster_t *roster;                      /* must live until `done`; may adopt another policy meanwhile */
    const char *person;                    /* only this one; NULL: all, and the idle times */
    void (*better) (void *arg, int index); /* can take more than before; NULL: nobody asks */
    void (*done) (void *arg, bool away);   /* once; never from within */
    /* their record, or what they hold (at that key; NULL: the record), can't be read: they count as away; NULL: nobody
     * asks */
    void (*broken) (void *arg, const char *person, const char *key);
    void *arg;
} roster_load_t;

void roster_load (const roster_load_t *order);

#endif
