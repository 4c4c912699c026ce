/* mail_out.h - SMTP out: libcurl in a thread of its own behind an inproc pair, since it blocks. */
#ifndef BUCKSTOP_MAIL_OUT_H
#define BUCKSTOP_MAIL_OUT_H

#include "loop.h"

typedef struct mail_out mail_out_t;

/* Who wrote it (Auto-Submitted, RFC 3834, 5). */
typedef enum mail_automatic {
    MAIL_BY_HAND,   /* a person: the header is left out */
    MAIL_GENERATED, /* auto-generated: we began it */
    MAIL_REPLIED,   /* auto-replied: in answer to a mail */
} mail_automatic_t;

/* All but from, to, subject and body may be NULL or "": none. */
typedef struct mail {
    const char *id;                         /* becomes the Message-ID's left part: the same for every attempt */
    const char *message_id;                 /* "<left@right>": the whole of it, instead */
    const char *from, *to, *subject, *body; /* UTF-8; header lines are encoded here (gmime) */
    const char *reply_to;                   /* an address */
    const char *in_reply_to;                /* a message id, with or without brackets; so is */
    const char *thread;                     /* the first message of the thread: in References before in_reply_to */
    const char *trace;                      /* W3C traceparent, in X-Buckstop-Trace */
    mail_automatic_t automatic;
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
/* Each mail also says X-Buckstop: what stands behind the '@' of its Message-ID. By that a mail that comes back to us is
 * known as one of our own.
 * Copies what it is given. The callback comes exactly once, at the latest with the time-out, never from within. */
void mail_out_send (mail_out_t *self, const mail_t *mail, mail_answer_fn *fn, void *arg);

#endif
