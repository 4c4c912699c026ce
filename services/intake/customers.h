/* customers.h - whose submission it is: what the pipeline (submit_find.c, submit_work.c) asks of the customers' records. */
#ifndef BUCKSTOP_CUSTOMERS_H
#define BUCKSTOP_CUSTOMERS_H

#include "ask.h"

enum { CUSTOMERS_KEYS = 2 }; /* that are read with the thread's index: the identity's, and the record that it derives */

typedef struct customer_found customer_found_t;

/* NULL: the submission names nobody. channel: of the submission. */
customer_found_t *customers_new (const ask_t *ask, const policy_t *policy, const char *channel, const char *customer);
void customers_destroy (customer_found_t **self_p);

const char *customers_key (const customer_found_t *self, size_t index, char key[KEY_SIZE]);
/* values: of customers_key, in their order. known: it is clear already which contact it belongs to, so that nobody looks
 * for another open one. `then` comes once, perhaps from within; or the ask is refused and gone. */
void customers_read (ask_t *ask, customer_found_t *self, const store_values_t *values, bool known,
                     void (*then) (ask_t *ask));

/* The open contact that the policy wants it appended to; NULL: none. self may be NULL here and below. */
const char *customers_append (const customer_found_t *self);
/* Fills in what the customer's record knows: customer_id, tier_known, owner_known, linked...; language and name only where
 * they are empty. Strings live as long as self. */
void customers_say (const customer_found_t *self, submission_t *submission);
/* The writes that go with the contact's commit. */
void customers_extra (customer_found_t *self, const ask_t *ask, commit_t *commit, const contact_t *after, bool opening);
/* Was it a check of customers_extra that failed? Then somebody was faster: find again. */
bool customers_refused (const customer_found_t *self, const commit_answer_t *answer);

#endif
