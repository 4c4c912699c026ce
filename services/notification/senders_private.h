/* senders_private.h - what the rooms of sending share.
 *
 *   senders.c        the table of ways, and what becomes of an attempt
 *   senders_mail.c   mail
 *   senders_calls.c  HTTP: webhooks, Slack's, the calls of channels
 *   secret.c         keys, tokens and passwords, each in its file */
#ifndef BUCKSTOP_SENDERS_PRIVATE_H
#define BUCKSTOP_SENDERS_PRIVATE_H

#include "notification_private.h"

typedef void (sender_fn) (attempt_t *attempt);
sender_fn sender_by_mail, sender_by_webhook, sender_by_slack, sender_by_channel;

/* Nothing was sent, and nothing is lost: it waits for our own settings. Said in the log now and then. */
void sender_unable (attempt_t *attempt, enum fault fault, const char *words);

enum { SECRET_MAX = 1024 };
typedef struct secret {
    unsigned char bytes[SECRET_MAX];
    size_t size;
} secret_t;
/* The file `name` and suffix, read now, so that a change needs no restart. 0, or negative errno; -ENODATA: it is empty. A
 * newline at the end is an editor's, not the secret's. Who is done with it clears it. */
int secret_read (const char *directory, const char *name, const char *suffix, secret_t *secret);
/* Which file, and why; what: "signing key". */
void secret_why (const char *what, const char *directory, const char *name, int error, char why[DETAIL_SIZE]);

#endif
