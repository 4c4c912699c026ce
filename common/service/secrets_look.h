/* secrets_look.h - a secret that a policy needs and that is not there is said when the policy comes, not when the first
 * message needs it. */
#ifndef BUCKSTOP_SECRETS_LOOK_H
#define BUCKSTOP_SECRETS_LOOK_H

#include "policy_secrets.h"
#include "workspaces.h"

/* Static storage of who opens it. */
typedef struct secrets_look {
    const char *directory;
    enum policy_reader reader; /* which of them are this service's */
} secrets_look_t;

/* Looks at the policies that are there, and at each as it comes into force, and says in the log what is missing. Files are read for each use: what is
 * put there later needs no restart. */
void secrets_look_open (secrets_look_t *self, workspaces_t *workspaces);

/* Of those of the readers (bits), each that can't be read, with the reason; each name once per reader. How many. */
typedef void (secrets_missing_fn) (void *arg, const policy_secret_t *secret, const char *why);
size_t secrets_missing (const policy_t *policy, const char *directory, unsigned readers, secrets_missing_fn *fn,
                        void *arg);

#endif
