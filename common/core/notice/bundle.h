/* bundle.h - what waits for the same person on the same way is told in one notice. Pure.
 *
 * Only what has waited (an outage of ours, quiet hours, a limit) and only pages: who asks for something to be taken is
 * answered one by one, and what machines read (webhooks, the log) stays one notice a contact. What may have gone out
 * already keeps its own id. */
#ifndef BUCKSTOP_BUNDLE_H
#define BUCKSTOP_BUNDLE_H

#include "delivery.h"
#include "policy.h"

enum { BUNDLE_MIN = 3, BUNDLE_MAX = 64 };
#define BUNDLE_LATE_MS (5 * MS_PER_SECOND) /* what is sent as soon as it is due is never bundled */

typedef struct bundle_member {
    const delivery_t *delivery;
    const contact_t *contact; /* as it is now */
} bundle_member_t;

bool bundle_may (const delivery_t *self, wall_ms_t now);
bool bundle_together (const delivery_t *a, const delivery_t *b);
/* One notice that lists them: the id follows from theirs. The caller clears it. n <= BUNDLE_MAX. */
void bundle_render (const bundle_member_t *members, size_t n, const policy_t *policy, wall_ms_t now, delivery_t *out);

#endif
