/* bundle.h - what waits for the same person on the same way is told in one notice. Pure.
 *
 * Only what has waited (an outage of ours or of the far side, quiet hours, a limit) and only pages: who asks for
 * something to be taken is answered one by one, and what machines read (webhooks, the log) stays one notice a contact.
 * What may have gone out already keeps its own id. A bundle that has not gone out is taken into the next one, line by line: however long a far
 * side is away, one notice waits for each person.
 * A bundle remembers of each notice that went into it what its reason needs. What is moot by the time it is to be sent is
 * left out: the rest is another notice, under an id of its own, since one id has the same bytes however often. */
#ifndef BUCKSTOP_BUNDLE_H
#define BUCKSTOP_BUNDLE_H

#include "delivery.h"
#include "policy.h"

enum { BUNDLE_MIN = 3 };
#define BUNDLE_LATE_MS     (5 * MS_PER_SECOND) /* what is sent as soon as it is due is never bundled */
#define BUNDLE_PATIENCE_MS MS_PER_HOUR         /* about as long as a single one is tried (DELIVERY_ATTEMPTS_MAX) */

bool bundle_may (const delivery_t *self, wall_ms_t now);
bool bundle_together (const delivery_t *a, const delivery_t *b);
/* One notice that lists them, contact by contact, of each by the time that was promised, else (or where that is the same)
 * when they were decided: the id follows from theirs. `contacts` are theirs (NULL: of a bundle, which knows its lines). The
 * caller clears it. Their lines (1, of a bundle its own) are at most BUNDLE_MAX together. */
void bundle_render (const delivery_t *const *members, const contact_t *const *contacts, size_t n,
                    const policy_t *policy, wall_ms_t now, delivery_t *out);
/* As delivery_moot, of one line. */
const char *bundle_line_moot (const delivery_t *self, size_t line, const contact_t *contact, wall_ms_t now);
/* The lines that are not moot (moot[i] is NULL), at least one, as a notice of their own that is due now; what was tried
 * and how often it was held is counted on. The caller clears it. */
void bundle_without (const delivery_t *self, const char *const *moot, const policy_t *policy, wall_ms_t now,
                     delivery_t *out);

#endif
