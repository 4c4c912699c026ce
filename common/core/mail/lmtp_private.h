/* lmtp_private.h - a conversation's state, for lmtp.c, lmtp_commands.c and lmtp_text.c. */
#ifndef BUCKSTOP_LMTP_PRIVATE_H
#define BUCKSTOP_LMTP_PRIVATE_H

#include "lmtp.h"

typedef enum lmtp_state { LMTP_NEW, LMTP_GREETED, LMTP_MAIL, LMTP_RCPT, LMTP_STATES } lmtp_state_t;

/* Where in the text the last byte stood. */
typedef enum lmtp_place {
    TEXT_LINE,   /* at the beginning of a line */
    TEXT_DOT,    /* behind its dot */
    TEXT_DOT_CR, /* behind its dot and a CR */
    TEXT_MIDDLE, /* somewhere */
    TEXT_LF,     /* behind a bare LF */
    TEXT_LF_DOT, /* and a dot */
    TEXT_LF_DOT_CR,
} lmtp_place_t;

typedef struct lmtp_to {
    char address[ADDRESS_SIZE];
    int code; /* 0: not answered yet */
    char words[LMTP_WORDS_SIZE];
} lmtp_to_t;

struct lmtp {
    char *host;
    size_t message_max;
    lmtp_state_t state;
    unsigned errors;
    bool crowded, closed;
    char leaving[LMTP_WORDS_SIZE]; /* "" : it stays */

    char line[LMTP_LINE_MAX]; /* of a command, as far as it came */
    size_t line_size;
    bool line_long; /* the rest of it is dropped */

    bool utf8;        /* MAIL said SMTPUTF8 */
    size_t announced; /* MAIL said SIZE; 0: not */
    char from[ADDRESS_SIZE];
    char asked[ADDRESS_SIZE]; /* a recipient that waits for its answer */
    bool asks;
    lmtp_to_t *to;
    size_t to_n, said; /* said: answers that are in `out` */

    bool in_text, waits; /* waits: for answers to a message */
    lmtp_place_t place;
    char last; /* byte of the text */
    char *text;
    size_t text_size, text_room;
    const char *spoilt; /* why the text can't be taken; its beginning is the code */

    char *out;
    size_t out_size, out_room;
};

void lmtp_reply (lmtp_t *self, int code, const char *words);
void lmtp_reply_line (lmtp_t *self, int code, const char *words, bool more);
void lmtp_error (lmtp_t *self, int code, const char *words); /* and it is counted */
void lmtp_end (lmtp_t *self, int code, const char *words);   /* and it is closed */
void lmtp_reset (lmtp_t *self);

/* lmtp_commands.c: a line without its CRLF. */
void lmtp_command (lmtp_t *self, char *line);

/* lmtp_text.c: room for what was announced, so that it need not be moved while it comes. Then bytes: the number of bytes used; *whole: it ended with them. */
void lmtp_text_begin (lmtp_t *self);
size_t lmtp_text (lmtp_t *self, const char *bytes, size_t size, bool *whole);
void lmtp_text_spoil (lmtp_t *self, const char *why);

#endif
