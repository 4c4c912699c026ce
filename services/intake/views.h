/* views.h - contacts, people and events as JSON. Pure. The caller owns what is returned. */
#ifndef BUCKSTOP_VIEWS_H
#define BUCKSTOP_VIEWS_H

#include "person.h"
#include "record.h"
#include "values.h"

json_t *view_contact (const contact_t *contact, wall_ms_t now);
json_t *view_event (const Buckstop__V1__Event *event);
json_t *view_events (const Buckstop__V1__EventsPage *page);
/* Is a promise of it broken or nearly: less than a fifth of its time left? */
bool contact_at_risk (const contact_t *contact, wall_ms_t now);
enum { AT_RISK_SHARE = 5 };

#endif
