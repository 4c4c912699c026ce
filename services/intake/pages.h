/* pages.h - the few pages that people see who follow a signed link. Pure. */
#ifndef BUCKSTOP_PAGES_H
#define BUCKSTOP_PAGES_H

#include "receipt.h"
#include "refusal.h"

/* Where the reader is: in which zone times are, and where the way goes on. */
typedef struct page_place {
    const policy_t *policy; /* its hours say in which zone; NULL: in UTC */
    const char *console;    /* URL; NULL or "": nobody said where it is */
} page_place_t;

/* Each returns a whole HTML document, malloc'd. What comes from outside is escaped. */
char *page_of_question (const page_place_t *place, const char *action, const char *person, const contact_t *contact);
char *page_of_receipt (const page_place_t *place, const receipt_t *receipt);
/* contact: which it was about; "" : none, or nobody knows. */
char *page_of_refusal (const page_place_t *place, const char *contact, const refusal_t *refusal);

#endif
