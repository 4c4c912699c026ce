/* may_accept.c - would a contact, as it was read, be theirs if they accepted it?
 *
 * Whoever accepts is made present first, in a commit of their own. So somebody who is not here is asked about before:
 * whom the contact would refuse stays away.
 *
 * Limits: who is overtaken between this look and the commit is here all the same, for one presence: a moment before they
 * could have had it. */
#include "may_accept.h"

#include "record.h"
#include "xmalloc.h"

typedef struct trial {
    contact_t before, after;
    effects_t effects; /* tens of kilobytes: not for the stack */
} trial_t;

bool may_accept (const void *record, size_t size, const char *by, uint32_t by_epoch, wall_ms_t now,
                 const policy_t *policy, const hearing_t *hearing)
{
    char why[DETAIL_SIZE];
    record_head_t head;
    trial_t *trial = xmalloc (sizeof *trial);
    contact_event_t event = {.kind = EVENT_ACCEPT, .by = by, .by_epoch = by_epoch, .hearing = hearing};
    bool may = contact_unpack (record, size, &head, &trial->before) == RECORD_OK &&
               contact_apply (&trial->before, &event, now, policy, &trial->after, &trial->effects, why) == APPLY_DONE;
    free (trial);
    return may;
}
