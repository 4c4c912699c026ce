/* customers.h - whose submission it is: what the pipeline (submit_find.c, submit_work.c) asks of the customers' records.
 *
 * A submission that names nobody reads and writes nothing. One of somebody unknown reads nothing, or two keys more where a
 * thread is looked for, and its opening commit makes the record. One of somebody known: the same two keys and, where no
 * thread leads to a contact, their list and their newest contacts; and a place in their list in the commit. Where the
 * policy wants one open contact of theirs and this opens it, their record is written, too, so that of two at once one
 * wins. */
#ifndef BUCKSTOP_CUSTOMERS_H
#define BUCKSTOP_CUSTOMERS_H

#include "ask.h"

enum {
    CUSTOMERS_KEYS = 2,    /* that are read with the thread's index: the identity's, and the record that it derives */
    CUSTOMERS_OLD_MAX = 8, /* contacts that one commit takes out of a customer's list */
    CUSTOMERS_NEWEST = 8,  /* contacts of theirs that are looked at for an open one */
};

typedef struct customer_found customer_found_t;

/* NULL: the submission names nobody. channel: of the submission. */
customer_found_t *customers_new (const ask_t *ask, const policy_t *policy, const char *channel, const char *customer);
void customers_destroy (customer_found_t **self_p);

const char *customers_key (const customer_found_t *self, size_t index, char key[KEY_SIZE]);
/* Instead of customers_read: as if it were somebody new. Who is known after all is found out by the commit, whose check
 * fails (customers_refused). False: they wrote before, so it is of no use. */
bool customers_presume_new (const ask_t *ask, customer_found_t *self);
/* Beside the first read: what they have open is looked for, too, since nothing else can lead to a contact. Not where two
 * at once are one matter: then their list is read behind their record. */
void customers_look_ahead (const ask_t *ask, customer_found_t *self);
/* values: of customers_key, in their order. known: it is clear already which contact it belongs to, so that nobody looks
 * for another open one. `then` comes once, perhaps from within; or the ask is refused and gone. A record that can't be
 * read stops nobody: the submission goes on without it, and the audit names it. */
void customers_read (ask_t *ask, customer_found_t *self, const store_values_t *values, bool known,
                     void (*then) (ask_t *ask));

/* The open contact that the policy wants it appended to (a call: the one that owes a callback); NULL: none. self may be
 * NULL here and below. */
const char *customers_append (const customer_found_t *self);
/* Fills in what the customer's record knows: customer_id, tier_known, owner_known, linked...; language and name only where
 * they are empty, but a name that somebody confirmed goes before one that a message says. owner_known is the account's
 * owner, the deputy only where the policy does not name that one: who is present is not known here, and routing falls back
 * by itself. Strings live as long as self. */
void customers_say (customer_found_t *self, submission_t *submission);
/* Before the decision, with the contact that the message goes to: is it clear whose that is? False: another customer's,
 * whose record must be read first (customers_read_theirs), so that the doubt is kept there. */
bool customers_may_go (customer_found_t *self, const contact_t *before);
bool customers_wants_theirs (const customer_found_t *self);
void customers_read_theirs (ask_t *ask, customer_found_t *self, void (*then) (ask_t *ask));
/* The writes that go with the contact's commit. */
void customers_extra (customer_found_t *self, const ask_t *ask, commit_t *commit, const contact_t *after, bool opening);
/* Was it a check of customers_extra that failed? Then somebody was faster: find again. */
bool customers_refused (const customer_found_t *self, const commit_answer_t *answer);

#endif
