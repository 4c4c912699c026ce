/* audit.h - one round over all that the store holds: every record and every set, judged (audit_judge.h).
 *
 * Reads only, a batch at a time, so that memory does not grow with the store. While services work, a record and
 * what stands about it are read at different moments: a batch's records are read before and after the rest, and what
 * changed meanwhile, or looks wrong, is a suspect. It is named if it still looks wrong settle_ms later. What somebody
 * holds in an epoch that ended is to be moved on: it is named only once what they hold there has not become less for
 * half a minute, which the round waits for.
 * Limits: of what is neither record nor set only the form is judged (audit_shapes.c, audit_values.c); a key may be met
 * twice, or not at all, when the store's own table grows during a walk. */
#ifndef BUCKSTOP_AUDIT_H
#define BUCKSTOP_AUDIT_H

#include "audit_judge.h"
#include "loop.h"
#include "store.h"
#include "workspaces.h"

typedef struct audit_counts {
    uint64_t contacts, resolved, closed; /* contacts: all of them */
    uint64_t people, customers, deliveries, dead, timers, promises;
    uint64_t newer; /* contacts, people and deliveries of a newer schema: newer workers judge them */
} audit_counts_t;

typedef struct audit_result {
    bool whole; /* false: the store stayed away */
    audit_counts_t counts;
    uint64_t findings;
    uint64_t unsettled; /* suspects that changed each time that they were looked at, and what is being moved */
    uint64_t moving;    /* of those: contacts of people whose presence ended, and the drain goes on */
} audit_result_t;

typedef struct audit_order {
    loop_t *loop;
    store_t *store;
    workspaces_t *workspaces; /* the policies to judge by */
    const char *workspace;    /* only this one; NULL: all. The caller's, until the end. */
    int64_t rate;             /* keys a second; 0: as fast as the store answers */
    int64_t settle_ms;        /* a suspect is looked at again after it */
    int64_t patience_ms;      /* the store may be away so long; 0: for ever, the round waits */
    void (*found) (void *arg, const audit_finding_t *finding); /* each once */
    void (*done) (void *arg, const audit_result_t *result);    /* last; the round is the caller's to end */
    void *arg;
} audit_order_t;

typedef struct audit_round audit_round_t;

/* Takes a copy of the order. Nothing is called from within. */
audit_round_t *audit_begin (const audit_order_t *order);
/* At any time, from `done` too, but not from `found`: nothing is called any more. */
void audit_end (audit_round_t **self_p);
const audit_result_t *audit_so_far (const audit_round_t *self);

#endif
