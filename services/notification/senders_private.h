/* senders_private.h - what the rooms of sending share.
 *
 *   senders.c        the table of ways, and what becomes of an attempt
 *   senders_mail.c   mail
 *   senders_calls.c  HTTP: webhooks, Slack's, the calls of channels */
#ifndef BUCKSTOP_SENDERS_PRIVATE_H
#define BUCKSTOP_SENDERS_PRIVATE_H

#include "notification_private.h"
#include "secret_file.h"

typedef void (sender_fn) (attempt_t *attempt);
sender_fn sender_by_mail, sender_by_webhook, sender_by_slack, sender_by_channel;

/* Nothing was sent, and nothing is lost: it waits for our own settings. Said in the log now and then. */
void sender_unable (attempt_t *attempt, enum fault fault, const char *words);

#endif
