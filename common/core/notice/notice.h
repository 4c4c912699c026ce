/* notice.h - from "this person must be told" to deliveries: ways, delays, quiet hours, dry run, words. Pure. */
#ifndef BUCKSTOP_NOTICE_H
#define BUCKSTOP_NOTICE_H

#include "delivery.h"
#include "policy.h"

enum { NOTICE_WAYS_MAX = 8 };

/* Renders a notice into at most NOTICE_WAYS_MAX deliveries, ids effect_id (event, *position), counting
 * *position up. Returns how many; the caller clears each. Facts about what was held or left out (quiet
 * hours with the time of release, no return way, dry run) are appended to effects.
 * RETURN_WAY_SPOKEN renders nothing for the customer. */
size_t notice_render (const notice_t *notice, const contact_t *contact, const policy_t *policy, event_id_t event,
                      unsigned *position, wall_ms_t now, delivery_t out[NOTICE_WAYS_MAX], effects_t *effects);

#endif
