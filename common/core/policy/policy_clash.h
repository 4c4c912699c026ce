/* policy_clash.h - what two workspaces of one house both claim, though it can be only one's. Pure. */
#ifndef BUCKSTOP_POLICY_CLASH_H
#define BUCKSTOP_POLICY_CLASH_H

#include "policy.h"

/* MAIL: what comes in for one of the two now comes in for neither. SECRET: it may be meant. */
typedef enum policy_clash { CLASH_MAIL, CLASH_SECRET } policy_clash_t;

/* what: a mail address, or the name of a secret's file; why: what comes of it, and what to do. Valid during the call. */
typedef void (policy_clash_fn) (void *arg, policy_clash_t kind, const char *what, const char *why);
/* Each thing that `other` names as well as `mine`, in the order of mine. */
void policy_clashes (const policy_t *mine, const policy_t *other, policy_clash_fn *fn, void *arg);

#endif
