/* lmtp.h - the server's half of an LMTP conversation (RFC 2033): bytes in, replies and events out. Pure.
 *
 * What is offered: PIPELINING (RFC 2920), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), ENHANCEDSTATUSCODES (RFC 2034), SIZE
 * (RFC 1870). Not offered: BDAT, STARTTLS, AUTH. Lines end with CRLF and nothing else, and so does a message (CRLF . CRLF):
 * a text that only looks as if it ended is refused, so that nobody can put one mail into another. */
#ifndef BUCKSTOP_LMTP_H
#define BUCKSTOP_LMTP_H

#include "types.h"

enum {
    LMTP_LINE_MAX = 2048, /* of a command, CRLF included; RFC 5321, 4.5.3.1.4 asks for 512, parameters come on top */
    LMTP_RECIPIENTS_MAX = 100, /* of one message; RFC 5321, 4.5.3.1.8 */
    LMTP_ERRORS_MAX = 20,      /* of one connection, then it is closed */
    LMTP_WORDS_SIZE = 401,     /* of a reply */
};

typedef struct lmtp lmtp_t;

typedef enum lmtp_event {
    LMTP_NOTHING,   /* all bytes are used */
    LMTP_RECIPIENT, /* may this one have mail? lmtp_recipient, lmtp_answer_recipient */
    LMTP_MESSAGE,   /* a whole message is there: lmtp_take, lmtp_answer for each recipient */
    LMTP_WAITS,     /* for those answers: no byte was used */
    LMTP_CLOSE,     /* once what is to be said was sent; no byte is used any more */
} lmtp_event_t;

/* host: our name; it greets with it at once. message_max: bytes; more is refused with 552. */
lmtp_t *lmtp_new (const char *host, size_t message_max);
void lmtp_destroy (lmtp_t **self_p);

/* Takes bytes until the first event; *used: how many. */
lmtp_event_t lmtp_feed (lmtp_t *self, const char *bytes, size_t size, size_t *used);

/* RECIPIENT: the address that is asked for, as it came, without <>. */
const char *lmtp_recipient (const lmtp_t *self);
/* code: 250 takes it, 4xx, 5xx. words: with the enhanced code, "5.1.1 no such address". */
void lmtp_answer_recipient (lmtp_t *self, int code, const char *words);

/* MESSAGE: what was taken. */
const char *lmtp_sender (const lmtp_t *self); /* "" : the null one, <> */
size_t lmtp_recipients (const lmtp_t *self);
const char *lmtp_recipient_at (const lmtp_t *self, size_t index);
char *lmtp_take (lmtp_t *self, size_t *size); /* the text, without the dots that were put in; now the caller's */
/* One for each recipient, in any order; they are said in order (RFC 2033, 4.2). */
void lmtp_answer (lmtp_t *self, size_t index, int code, const char *words);

/* What is to be sent; it stays until lmtp_sent. */
const char *lmtp_says (const lmtp_t *self, size_t *size);
void lmtp_sent (lmtp_t *self, size_t size);

/* Bytes of memory that the message under way holds. */
size_t lmtp_holds (const lmtp_t *self);
/* No memory for new messages, or there is again: MAIL is answered 452. */
void lmtp_crowded (lmtp_t *self, bool crowded);
/* No memory for the rest of this one: it is read to its end, dropped and answered 452. */
void lmtp_drop (lmtp_t *self);
/* Text is coming, or what came waits for its answer. */
bool lmtp_busy (const lmtp_t *self);
/* It ends: with 421 at once, or behind the answers of the message under way. words: "4.3.2 shutting down". */
void lmtp_leave (lmtp_t *self, const char *words);
/* Whatever is under way: 421, and it ends. */
void lmtp_break (lmtp_t *self, const char *words);

#endif
