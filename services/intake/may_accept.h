/* may_accept.h - would a contact, as it was read, be theirs if they accepted it? Pure. */
#ifndef BUCKSTOP_MAY_ACCEPT_H
#define BUCKSTOP_MAY_ACCEPT_H

#include "contact.h"

/* by, by_epoch: who accepts. A record that can't be read: no. */
bool may_accept (const void *record, size_t size, const char *by, uint32_t by_epoch, wall_ms_t now,
                 const policy_t *policy, const hearing_t *hearing);

#endif
