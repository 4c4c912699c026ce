/* contact_actions.h - the actions that cells of the table name. Each changes the turn's contact. Pure. */
#ifndef BUCKSTOP_CONTACT_ACTIONS_H
#define BUCKSTOP_CONTACT_ACTIONS_H

#include "contact_private.h"

typedef apply_outcome_t (act_fn) (turn_t *t);

/* contact_customer.c */
act_fn act_open, act_message, act_message_owned, act_message_waiting, act_message_resolved;
/* Which rule and team it falls under; returned is the rule, if any, of which a pattern gave up (policy_choose_rule). */
const policy_rule_t *apply_rule (turn_t *t, const char *text);
void reopen (turn_t *t, const char *by, const char *text, const char *why);
/* contact_call.c, contact_returned.c */
act_fn act_call, act_bounced, act_bounced_waiting, act_bounced_resolved, act_bounced_closed, act_receipt;
/* contact_people.c */
act_fn act_take, act_accept_offer, act_accept_transfer, act_decline_offer, act_decline_owned, act_reply,
    act_reply_waiting, act_note, act_wait, act_transfer, act_resolve, act_reopen, act_acknowledge, act_release;
/* contact_system.c */
act_fn act_offer, act_offer_transfer, act_queue, act_queue_transfer, act_time, act_offer_lost, act_owner_lost,
    act_delivered, act_failed, act_failed_waiting, act_failed_resolved, act_untold, act_set_aside;

#endif
