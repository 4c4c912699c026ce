/* policy_apply.h - a policy's text becomes the one in force: validated, swapped whole, people drained. */
#ifndef BUCKSTOP_POLICY_APPLY_H
#define BUCKSTOP_POLICY_APPLY_H

#include "policy.h"
#include "store.h"

/* Former versions are kept beside the one in force, so that one can look at them and go back. */
enum { POLICY_VERSIONS_KEPT = 32 };

typedef enum policy_apply_outcome {
    POLICY_APPLIED,
    POLICY_SAME,     /* this text is in force already; people were looked at again */
    POLICY_BAD,      /* `errors`: nothing was changed */
    POLICY_CONFLICT, /* somebody else applied one in the same moment: nothing was changed */
    POLICY_BROKEN,   /* a key of the workspace can't be read or written: `why` */
    POLICY_AWAY,     /* the store could not be asked; it may have happened: apply again */
} policy_apply_outcome_t;

/* Valid only during the call. */
typedef struct policy_applied {
    policy_apply_outcome_t outcome;
    const policy_errors_t *errors;
    const char *why;       /* words, "" when fine */
    const char *workspace; /* NULL with POLICY_BAD */
    uint32_t old_version, new_version;
    const char *const *leaving; /* people whom the policy names no more: drained */
    size_t leaving_n;
} policy_applied_t;

typedef void (policy_apply_fn) (void *arg, const policy_applied_t *applied);

/* Copies the text. by: who did it. fn comes exactly once, never from within. */
void policy_apply (store_t *store, loop_t *loop, const char *text, size_t size, const char *by, policy_apply_fn *fn,
                   void *arg);

#endif
