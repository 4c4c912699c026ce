/* mail_private.h - what the rooms of mail_in share. */
#ifndef BUCKSTOP_MAIL_PRIVATE_H
#define BUCKSTOP_MAIL_PRIVATE_H

#include "mail_in.h"

#include <gmime/gmime.h>

/* mail_html marks lines for mail_quote; cleaned text holds no control character, so nobody else can say these. */
#define MARK_REST  '\x01' /* a line of it alone: all that follows is quoted */
#define MARK_QUOTE '\x02' /* a line that begins with it belongs to a quotation */

typedef struct mail_work {
    const mail_limits_t *limits;
    GMimeMessage *message;
    mail_in_t *mail;
    GString *text; /* of all text parts, with marks */
    int parts;
    int files_beyond; /* not even listed */
    size_t files_size;
    bool null_sender;
    char sender[ADDRESS_SIZE]; /* of the envelope, lower case; "" : null or not known */
    bool report;               /* the whole is a multipart/report */
    bool has_original;         /* the mail that it is about came along */
    bool delivery_status, disposition, feedback;
    bool encrypted;
} mail_work_t;

/* mail_guard.c: cuts what a parser would choke on. False: the mail is not to be taken apart. */
bool mail_guard (GByteArray *bytes);

/* mail_text.c */
char *mail_utf8 (const char *charset, const char *bytes, size_t size); /* valid UTF-8 without NUL; g_free it */
void mail_clean (GString *text);                                       /* line ends and control characters */
void mail_clean_line (char *to, size_t size, const char *from);        /* one line, cut to fit */
void mail_unflow (GString *text, bool delete_space);                   /* RFC 3676 */
char *mail_decoded (GMimePart *part, size_t *size);                    /* content without its encoding; g_free it */

/* mail_html.c: appends the text of a page. False: more than limit, so it was cut. */
bool mail_html_text (GString *to, const char *html, size_t size, size_t limit);

/* mail_quote.c: the new words of a text with marks, or NULL if there are no others than all of it. g_free it. */
char *mail_quote_fresh (const char *text);
void mail_quote_unmark (GString *text);
/* mail_quote_words.c: line need not end with a zero */
bool quote_word_starts (const char *line, size_t n);   /* "On ", "Am ", "Le " */
bool quote_word_wrote (const char *line, size_t n);    /* " wrote", " schrieb", somewhere */
bool quote_word_original (const char *line, size_t n); /* "-----Original Message-----" */
bool quote_word_sent_from (const char *line, size_t n);
/* Which header a line like "Von: Ada" or "*Subject:* x" begins with; 0: none. Bits. */
enum { QUOTE_FROM = 1, QUOTE_DATE = 2, QUOTE_TO = 4, QUOTE_SUBJECT = 8, QUOTE_OTHER = 16 };
int quote_word_header (const char *line, size_t n);

/* mail_parts.c: fills text, files, report */
void mail_parts_walk (mail_work_t *work);
/* mail_head.c: fills what headers say */
void mail_head_read (mail_work_t *work, const char *envelope_sender);
const char *mail_header (const mail_work_t *work, const char *name); /* NULL: not there */
void mail_id_copy (char *to, size_t size, const char *id);           /* without brackets; "" : does not fit */

/* mail_kind.c, mail_bounce.c */
void mail_kind_judge (mail_work_t *work);
void mail_bounce_fields (mail_work_t *work, const char *fields, bool disposition); /* message/delivery-status, MDN */
void mail_bounce_original (mail_work_t *work, const char *headers);                /* of the mail it is about */
void mail_bounce_text (mail_work_t *work);                                         /* what is worded freely */
bool mail_bounce_coded (const char *text);               /* does it hold a status or a reply code? */
void mail_bounce_json (mail_work_t *work);               /* Amazon SNS */
bool mail_contains (const char *text, const char *word); /* whatever the case, ASCII */

/* mail_kind_words.c: lower case texts are looked at, "" : not found */
const char *kind_word_subject (const char *subject);
const char *kind_word_body (const char *text);
const char *kind_word_away (const char *subject);
bool kind_word_delay (const char *text);
bool kind_word_daemon (const char *address, const char *name); /* what is never a person */
bool kind_word_office (const char *address, const char *name); /* a role that also people have: postmaster, noreply */

#endif
