/* mail_out.h - SMTP out: libcurl in a thread of its own behind an inproc pair, since it blocks. */
#ifndef BUCKSTOP_MAIL_OUT_H
#define BUCKSTOP_MAIL_OUT_H

#include "loop.h"

typedef struct mail_out mail_out_t;

typedef struct mail {
    const char *id;                         /* becomes the Message-ID's left part: the same for every attempt */
    const char *from, *to, *subject, *body; /* UTF-8; header lines are encoded here (gmime) */
    const char *in_reply_to;                /* "" : none */
    bool automatic;                         /* Auto-Submitted: auto-generated (RFC 3834) */
    int timeout_ms;
} mail_t;

/* What an answer is about: the server and how we come to it (greeting, EHLO, TLS, AUTH, our own sender's address), or
 * this mail (MAIL, RCPT, DATA; an address that is none). */
typedef enum mail_stage { MAIL_STAGE_SERVER, MAIL_STAGE_MAIL } mail_stage_t;

typedef struct mail_answer {
    int code; /* SMTP's; 0: no answer in time; 553 also for what can't be an address */
    mail_stage_t stage;
    bool unsent;       /* no answer, and nothing of the text has gone out */
    const char *error; /* words; "" when accepted */
} mail_answer_t;
typedef void (mail_answer_fn) (void *arg, const mail_answer_t *answer);

/* url: "smtp://host:port", "smtps://..."; user and password may be NULL. threads: how many at once. */
mail_out_t *mail_out_new (loop_t *loop, const char *url, const char *user, const char *password, int threads);
void mail_out_destroy (mail_out_t **self_p); /* mails under way are answered with code 0 */
/* Copies what it is given. The callback comes exactly once, at the latest with the time-out, never from within. */
void mail_out_send (mail_out_t *self, const mail_t *mail, mail_answer_fn *fn, void *arg);

#endif
