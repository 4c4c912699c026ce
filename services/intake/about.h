/* about.h - a customer as a person must see it, so that nobody asks what is known: who they are, and what else is open. */
#ifndef BUCKSTOP_ABOUT_H
#define BUCKSTOP_ABOUT_H

#include "ask.h"

enum { ABOUT_CONTACTS_MAX = 16 };

typedef enum about_outcome { ABOUT_FOUND, ABOUT_NONE, ABOUT_BROKEN, ABOUT_AWAY } about_outcome_t;
/* view: FOUND; the callee's. */
typedef void (about_fn) (ask_t *ask, about_outcome_t outcome, json_t *view);

/* The customer that counts for this record, with identities and contacts of all that were linked to it. The ask must
 * last until fn comes, which is never from within. */
void about_read (ask_t *ask, const char *customer, about_fn *fn);

#endif
