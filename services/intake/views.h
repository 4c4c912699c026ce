/* views.h - contacts, customers, people and events as JSON. Pure. The caller owns what is returned. */
#ifndef BUCKSTOP_VIEWS_H
#define BUCKSTOP_VIEWS_H

#include "customer.h"
#include "person.h"
#include "record.h"
#include "values.h"

json_t *view_contact (const contact_t *contact, wall_ms_t now);
/* A contact among others of its customer. */
json_t *view_contact_brief (const contact_t *contact);
/* The customer that counts, and what those that were linked to it say besides. */
json_t *view_customer (const customer_t *customer, const customer_t *merged, size_t merged_n);
json_t *view_event (const Buckstop__V1__Event *event);
json_t *view_events (const Buckstop__V1__EventsPage *page);
/* Is a promise of it broken or nearly: less than a fifth of its time left? */
bool contact_at_risk (const contact_t *contact, wall_ms_t now);
enum { AT_RISK_SHARE = 5 };

#endif
