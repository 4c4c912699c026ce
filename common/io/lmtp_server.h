/* lmtp_server.h - mail in: LMTP (core/mail/lmtp.h) on sockets of the loop.
 *
 * There is no TLS and no password: the mail server that hands over is on this machine, or on a network of its own. */
#ifndef BUCKSTOP_LMTP_SERVER_H
#define BUCKSTOP_LMTP_SERVER_H

#include "lmtp.h"
#include "loop.h"

typedef struct lmtp_server lmtp_server_t;
typedef struct lmtp_mail lmtp_mail_t;

enum { LMTP_WHY_SIZE = 128, LMTP_TIMEOUT_MS = 300000 /* RFC 5321, 4.5.3.2.7 */ };

typedef struct lmtp_server_config {
    const char *endpoint;     /* "unix:/run/x.sock" or "127.0.0.1:2424"; port 0: the system picks one */
    const char *host;         /* our name in the greeting */
    size_t message_max;       /* bytes */
    size_t held_max;          /* of all messages together, until they are answered; more get 452 */
    unsigned connections_max; /* one more is told 421 */
    int timeout_ms;           /* of silence; 0: LMTP_TIMEOUT_MS */
    char *why;                /* LMTP_WHY_SIZE, or NULL: gets the words for an endpoint that can't be listened on */
} lmtp_server_config_t;

typedef struct lmtp_verdict {
    int code;                    /* 250, 4xx, 5xx */
    char words[LMTP_WORDS_SIZE]; /* "5.1.1 no such address" */
} lmtp_verdict_t;
/* May this address have mail? Called from within; must say so at once. */
typedef void (lmtp_recipient_fn) (void *arg, const char *address, lmtp_verdict_t *verdict);
/* A whole message; it is the receiver's until each recipient is answered. */
typedef void (lmtp_mail_fn) (void *arg, lmtp_mail_t *mail);

/* NULL: the endpoint can't be listened on, errno says why. */
lmtp_server_t *lmtp_server_new (loop_t *loop, const lmtp_server_config_t *config, lmtp_recipient_fn *recipient,
                                lmtp_mail_fn *mail, void *arg);
/* All mails must have been answered: who made the server knows which are not. */
void lmtp_server_destroy (lmtp_server_t **self_p);
int lmtp_server_port (const lmtp_server_t *self); /* 0: of a path */
/* Stop accepting; what is being sent or waits for its answer may end, all else gets 421. */
void lmtp_server_drain (lmtp_server_t *self);
size_t lmtp_server_open (const lmtp_server_t *self); /* connections */
size_t lmtp_server_held (const lmtp_server_t *self); /* bytes */

/* What is given lives until the last answer; also when the client has gone. */
const void *lmtp_mail_bytes (const lmtp_mail_t *self, size_t *size);
const char *lmtp_mail_sender (const lmtp_mail_t *self);
size_t lmtp_mail_recipients (const lmtp_mail_t *self);
const char *lmtp_mail_recipient (const lmtp_mail_t *self, size_t index);
/* Each once, in any order; with the last one the mail is gone. */
void lmtp_mail_answer (lmtp_mail_t *self, size_t index, int code, const char *words);

#endif
