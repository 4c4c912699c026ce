/* pages.h - the few pages that people see who follow a signed link. Pure. */
#ifndef BUCKSTOP_PAGES_H
#define BUCKSTOP_PAGES_H

#include "receipt.h"
#include "refusal.h"

/* Each returns a whole HTML document, malloc'd. What comes from outside is escaped. */
char *page_of_question (const char *action, const char *person, const contact_t *contact);
char *page_of_receipt (const receipt_t *receipt);
char *page_of_refusal (const refusal_t *refusal);

#endif
