/* policy_secrets.h - which files of `--secrets` a policy needs, and who reads them. Pure. */
#ifndef BUCKSTOP_POLICY_SECRETS_H
#define BUCKSTOP_POLICY_SECRETS_H

#include "policy.h"

enum policy_reader { READER_INTAKE = 1, READER_NOTIFICATION = 2 };

typedef struct policy_secret {
    const char *name; /* of the file; valid during the call */
    enum policy_reader reader;
    char what[ADDRESS_SIZE]; /* "the webhook of channel 'sms'" */
} policy_secret_t;

/* Each of them, in the order of the policy; one that several use comes several times. */
typedef void (policy_secret_fn) (void *arg, const policy_secret_t *secret);
void policy_secrets (const policy_t *policy, policy_secret_fn *fn, void *arg);

#endif
