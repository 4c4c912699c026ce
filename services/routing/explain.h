/* explain.h - one contact's decision recomputed from the store, with everybody who was left out and why. */
#ifndef BUCKSTOP_EXPLAIN_H
#define BUCKSTOP_EXPLAIN_H

#include "policy.h"
#include "store.h"

#include <jansson.h>

typedef struct explanation {
    const char *why; /* NULL: here it is; else what was wrong, in words */
    const char *text;
    json_t *json; /* borrowed */
} explanation_t;
typedef void (explain_fn) (void *arg, const explanation_t *explanation); /* valid only during the call */

/* Reads the contact, the people of its workspace and what they hold, and decides as routing would now. fn is
 * called once, never from within. The policy is held on to. */
void explain_contact (store_t *store, const policy_t *policy, const char *contact, explain_fn *fn, void *arg);

#endif
