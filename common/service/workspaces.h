/* workspaces.h - the policies in force, by workspace, kept as the store has them. */
#ifndef BUCKSTOP_WORKSPACES_H
#define BUCKSTOP_WORKSPACES_H

#include "hearing.h"
#include "policy.h"
#include "store.h"

typedef struct workspaces workspaces_t;

/* Loads all of b:workspaces, looks again once a second (one read of heads per shard), parses what changed. */
workspaces_t *workspaces_new (loop_t *loop, store_t *store);
void workspaces_destroy (workspaces_t **self_p);
/* The policy in force as far as we know; NULL: no such workspace. Hold on to it with policy_ref when it is
 * needed beyond this turn; else it may be replaced. */
const policy_t *workspaces_policy (workspaces_t *self, const char *workspace);
/* Look now (a commit was refused since the policy is newer); fn is called once it is looked at. */
void workspaces_refresh (workspaces_t *self, const char *workspace, loop_fn *fn, void *arg);
/* When the people of that workspace could be heard, as read with the policies; never NULL. */
const hearing_t *workspaces_hearing (const workspaces_t *self, const char *workspace);
/* Was that read lately, so that one may act on what was not heard? Not so for a second after the store was away. */
bool workspaces_hearing_known (const workspaces_t *self, int shard);
bool workspaces_loaded (const workspaces_t *self); /* the first look is done */
/* Its record, as last read, is none: the policy in force is what was known before. */
bool workspaces_broken (const workspaces_t *self, const char *workspace);
/* It was in b:workspaces and is no longer: who starts now does not know it. */
bool workspaces_missing (const workspaces_t *self, const char *workspace);
/* Somebody took it away: it has no record and is in no list. Its policy stays known for what still runs. */
bool workspaces_removed (const workspaces_t *self, const char *workspace);
/* Walk: index from 0; NULL at the end. */
const char *workspaces_name (workspaces_t *self, size_t index);
/* The same of all that were ever listed, those whose policy can't be read among them. */
const char *workspaces_listed (const workspaces_t *self, size_t index);
/* Called whenever a policy was swapped. */
typedef void (workspaces_fn) (void *arg, const char *workspace, const policy_t *policy);
void workspaces_on_change (workspaces_t *self, workspaces_fn *fn, void *arg);

#endif
