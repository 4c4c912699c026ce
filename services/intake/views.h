/* views.h - contacts, people and events as JSON. Pure. */
#ifndef BUCKSTOP_VIEWS_H
#define BUCKSTOP_VIEWS_H

#include "json_out.h"
#include "person.h"
#include "record.h"

/* Members of an object that the caller opened. */
void view_contact_members (json_out_t *out, const contact_t *contact, wall_ms_t now);
void view_contact (json_out_t *out, const contact_t *contact, wall_ms_t now);
void view_event (json_out_t *out, const Buckstop__V1__Event *event);
void view_events (json_out_t *out, const Buckstop__V1__EventsPage *page);
/* Is a promise of it broken or nearly: less than a fifth of its time left? */
bool contact_at_risk (const contact_t *contact, wall_ms_t now);
enum { AT_RISK_SHARE = 5 };

#endif
