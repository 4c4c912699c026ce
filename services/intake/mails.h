/* mails.h - mail that comes in, by whichever door: read off the loop, judged, its files kept, and submitted.
 *
 *     mails_take (intake->mails, &order);   -> order.fn, once for each place
 */
#ifndef BUCKSTOP_MAILS_H
#define BUCKSTOP_MAILS_H

#include "ask.h"
#include "mail_in.h"
#include "mail_places.h"
#include "spool.h"
#include "workers.h"

typedef struct mails mails_t;

/* What became of a mail at one place: one of the three is there. */
typedef struct mail_outcome {
    const receipt_t *receipt; /* durable */
    const refusal_t *refusal;
    const char *ignored; /* it is no customer's message: the word of its kind; `why` is the rule */
    const char *why;
} mail_outcome_t;
typedef void (mail_outcome_fn) (void *arg, size_t index, const mail_outcome_t *outcome);

typedef struct mail_order {
    const void *bytes; /* stay, with the sender, until the last answer */
    size_t size;
    const char *sender;         /* of the envelope; "" : the null one; NULL: not known */
    const mail_place_t *places; /* copied */
    size_t places_n;
    const char *key, *trace; /* Idempotency-Key, traceparent; "" : none */
    mail_outcome_fn *fn;     /* never from within */
    void *arg;
} mail_order_t;

/* NULL: it can't be had; said in the log. */
mails_t *mails_new (intake_t *intake);
void mails_destroy (mails_t **self_p); /* the doors are still there: what is being read is refused */
void mails_take (mails_t *self, const mail_order_t *order);
mail_places_t *mails_places (const mails_t *self);
workers_t *mails_workers (const mails_t *self);
const spool_t *mails_spool (const mails_t *self); /* NULL: files are not kept */
size_t mails_busy (const mails_t *self);          /* under way */
void mails_metrics (const mails_t *self, FILE *out);

/* door_lmtp.c */
typedef struct door_lmtp door_lmtp_t;
/* NULL: it can't listen; said in the log. */
door_lmtp_t *door_lmtp_open (intake_t *intake);
void door_lmtp_drain (door_lmtp_t *self);
bool door_lmtp_idle (const door_lmtp_t *self);
void door_lmtp_close (
    door_lmtp_t **self_p); /* what is under way is answered 421 or not at all: the mail server keeps it */
void door_lmtp_metrics (const door_lmtp_t *self, FILE *out);

#endif
