/* sent.h - what a far side has accepted is remembered for a while: a bounce or a receipt that comes later finds it.
 *
 * Kept without texts and address: whom it was for, of which contact, and by which way. Of mail, by the delivery's id; of a
 * channel's call, by the platform's own id of it; of other ways nothing is kept, since nothing can come back. */
#ifndef BUCKSTOP_SENT_H
#define BUCKSTOP_SENT_H

#include "commit.h"
#include "delivery.h"
#include "record.h"

#define SENT_TTL_MS (5 * MS_PER_DAY)

/* Adds it to the commit that settles it. far_id: "" : the far side said none. */
void sent_put (commit_t *commit, int shard, const delivery_t *delivery, const char *far_id);
/* Adds to a commit that it came back after all: dead, as if it had failed at once. Expects it as `head` was read. */
void sent_came_back (commit_t *commit, const char *key, const delivery_t *delivery, const record_head_t *head,
                     event_id_t event);

#endif
