/* audit_read.h - reads all that the store holds of a workspace, and has each record judged. */
#ifndef BUCKSTOP_AUDIT_READ_H
#define BUCKSTOP_AUDIT_READ_H

#include "audit_judge.h"
#include "loop.h"
#include "store.h"

typedef struct audit_counts {
    uint64_t contacts, resolved, closed; /* contacts: all of them */
    uint64_t people, deliveries, dead, timers, promises;
} audit_counts_t;

/* How to wait for the store: run goes on until somebody calls loop_stop (loop). False: interrupted. */
typedef struct audit_way {
    loop_t *loop;
    store_t *store;
    bool (*run) (void *arg);
    void *arg;
} audit_way_t;

/* A walk over all, then a second look at each suspect. named: those that are still suspects; unsettled: how many changed
 * each time that they were looked at. False: the store went away, or Ctrl-C. */
bool audit_read (const audit_way_t *way, const char *workspace, audit_findings_t *named, audit_counts_t *counts,
                 size_t *unsettled);

#endif
