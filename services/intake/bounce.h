/* bounce.h - what far sides say later of what they had accepted: it came back, it is late, it arrived, it was read.
 *
 *     bounce_take: a report by mail (mail_in.h), about a mail of ours
 *     receipt_take: a platform's word (channel_in.h) about what a channel's call gave to it
 *
 * Only what we have sent can come back (sent.h), and of a mail only with a tag that we have signed: all else changes
 * nothing, and is counted. */
#ifndef BUCKSTOP_BOUNCE_H
#define BUCKSTOP_BOUNCE_H

#include "channel_in.h"
#include "intake.h"
#include "mail_in.h"

typedef enum bounce_outcome {
    BOUNCE_DONE,    /* it stands on the timeline, and what follows is committed; also if it stood there before */
    BOUNCE_UNKNOWN, /* it is about nothing that we have sent, or nothing follows from it */
    BOUNCE_AWAY,    /* the store could not be asked: whoever told it is to tell it again */
} bounce_outcome_t;
typedef void (bounce_fn) (void *arg, bounce_outcome_t outcome);

/* The callback comes exactly once, never from within. What they are given is copied. */
void bounce_take (service_t *service, const char *workspace, const mail_report_t *report, bounce_fn *fn, void *arg);
void receipt_take (service_t *service, const char *workspace, const char *channel, const channel_receipt_t *receipt,
                   bounce_fn *fn, void *arg);

/* A mail that is no customer's message, and names one of our contacts: a fact on its timeline, once for each delivery that
 * it answers (of a contact alone: for each kind). Copied; the callback as above. */
typedef struct ignored {
    const char *contact, *delivery; /* delivery "" : not known */
    const char *kind, *why;
} ignored_t;
void ignored_note (service_t *service, const char *workspace, const ignored_t *what, bounce_fn *fn, void *arg);

#endif
