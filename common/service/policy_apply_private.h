/* policy_apply_private.h - one application of a policy under way, shared by its two files. */
#ifndef BUCKSTOP_POLICY_APPLY_PRIVATE_H
#define BUCKSTOP_POLICY_APPLY_PRIVATE_H

#include "plan.h"
#include "policy_apply.h"

typedef struct names {
    char (*items)[NAME_SIZE];
    size_t n;
} names_t;

void names_add (names_t *self, const char *name); /* once each */
void names_clear (names_t *self);

typedef struct applying {
    store_t *store;
    char *text, *by;
    policy_apply_fn *fn;
    void *arg;
    policy_t *policy;
    policy_errors_t errors;
    uint32_t old_version, new_version;
    bool same;
    names_t names; /* people to look at */
    size_t at;     /* index of the one that is looked at */
    unsigned tries;
    bool leaves; /* that one is leaving, by the change that is committed now */
    char **leaving;
    size_t leaving_n;
} applying_t;

void applying_destroy (applying_t **self_p);
/* All steps are done, or the store is away: answers, and frees. */
void applying_end (applying_t *self, bool away);
/* The last step: leave and return. */
void applying_people (applying_t *self);

#endif
