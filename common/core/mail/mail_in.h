/* mail_in.h - from the bytes of a message (RFC 5322, MIME; hostile) to what it says. Pure.
 *
 *     mail_in_t *mail = mail_in_parse (bytes, size, &mail_limits_default, envelope_sender);
 *     if (mail->kind == MAIL_PERSON) ... mail->text, mail->fresh, mail->files ...
 *     mail_in_destroy (&mail);
 *
 * It may be called from any thread; one message stays in one thread. Every string is valid UTF-8 without
 * control characters (text and fresh keep line ends, "\n", and tabs), so that it passes the checks of wire.h.
 * The cost is linear in the size, and bounded: nesting, parts, lines looked at, elements of HTML.
 *
 * Our own mail: mail_out sets the header `X-Buckstop: HOST` on all that it sends, HOST as behind the '@' of
 * our Message-IDs. Whether that is one of ours, only who knows the workspace can tell (mail_submit.h: mail_is_ours): another
 * company's buckstop names its own host, and its people's replies are a person's. */
#ifndef BUCKSTOP_MAIL_IN_H
#define BUCKSTOP_MAIL_IN_H

#include "contact.h" /* sizes of attachments */
#include "types.h"

#define MAIL_OWN_HEADER "X-Buckstop"

enum {
    MAIL_REFERENCES_MAX = 32,  /* the newest are kept */
    MAIL_RECIPIENTS_MAX = 32,  /* of all headers that name any */
    MAIL_STATUS_SIZE = 12,     /* "5.1.1" */
    MAIL_AUTO_SIZE = 33,       /* the keyword of Auto-Submitted */
    MAIL_DIAGNOSTIC_SIZE = 241 /* what the far side said */
};

typedef enum mail_kind {
    MAIL_PERSON,    /* a customer's message: all that is not one of the others */
    MAIL_BOUNCE,    /* not delivered, or given up (RFC 3464 action failed, and the many that are worded freely) */
    MAIL_RECEIPT,   /* delivered, relayed, delayed (RFC 3464), read or deleted (MDN, RFC 8098): nothing has failed */
    MAIL_VACATION,  /* a machine answered or wrote by itself (RFC 3834) */
    MAIL_LIST,      /* a mailing list's or newsletter's copy (RFC 2369, 2919) */
    MAIL_LOOP,      /* one of our own, or one that has been round too often */
    MAIL_COMPLAINT, /* an abuse report (ARF, RFC 5965) */
    MAIL_KINDS
} mail_kind_t;

typedef enum mail_action {
    MAIL_ACTION_NONE, /* not said */
    MAIL_FAILED,
    MAIL_DELAYED,
    MAIL_DELIVERED, /* also relayed, expanded */
    MAIL_READ,      /* MDN: displayed */
    MAIL_UNREAD,    /* MDN: deleted, denied, failed */
} mail_action_t;

typedef struct mail_limits {
    size_t one_file;  /* bytes of one file, decoded; larger ones are listed, not kept */
    size_t all_files; /* of all files of one mail */
    size_t text;      /* of the text; at most TEXT_MAX */
    int depth;        /* of nested parts; what lies deeper is not looked at */
    int parts;        /* looked at in all */
} mail_limits_t;

extern const mail_limits_t mail_limits_default; /* 10 MB, 25 MB, TEXT_MAX, 20, 500 */

/* A file that came with a mail, decoded. What was not kept has no bytes, and a note says why; the last one may
 * stand for all that were beyond ATTACHMENTS_MAX. */
typedef struct mail_file {
    char name[ATTACHMENT_NAME_SIZE]; /* "" : it has none */
    char type[ATTACHMENT_TYPE_SIZE]; /* "application/pdf" */
    char note[ATTACHMENT_NOTE_SIZE]; /* why it was not kept, or what it is; "" : nothing to say */
    bool shown;                      /* stands within the text (Content-Disposition: inline, or used by the HTML) */
    void *bytes;                     /* NULL: not kept */
    size_t size;                     /* decoded; also known where it was not kept, else 0 */
} mail_file_t;

/* What a report says of one of our mails. Of several recipients the first that failed is told, else the first. */
typedef struct mail_report {
    mail_action_t action;
    bool permanent;                /* of a failure: it is of no use to try again */
    char status[MAIL_STATUS_SIZE]; /* RFC 3463: "5.1.1"; "" : not said */
    char recipient[ADDRESS_SIZE];  /* "" : not said */
    char diagnostic[MAIL_DIAGNOSTIC_SIZE];
    char message_id[ADDRESS_SIZE]; /* of the mail that it is about, without brackets; "" : not said */
} mail_report_t;

/* Message ids stand without brackets; one that does not fit is "" (or left out): a cut id would name another. */
typedef struct mail_in {
    mail_kind_t kind;
    char why[DETAIL_SIZE]; /* the rule that told the kind: "Auto-Submitted: auto-replied"; "" for MAIL_PERSON */
    char from[ADDRESS_SIZE], from_name[DISPLAY_SIZE];
    char reply_to[ADDRESS_SIZE]; /* Reply-To's first address; "" : from */
    char subject[SUBJECT_SIZE];
    char message_id[ADDRESS_SIZE];
    char mark[ADDRESS_SIZE];                            /* what X-Buckstop says; "" : nothing */
    char in_reply_to[ADDRESS_SIZE];                     /* the first, if there are several */
    char references[MAIL_REFERENCES_MAX][ADDRESS_SIZE]; /* as in the header: the oldest first, the newest last */
    size_t references_n;
    char recipients[MAIL_RECIPIENTS_MAX]
                   [ADDRESS_SIZE]; /* Delivered-To, X-Original-To, Envelope-To, To, Cc; once each */
    size_t recipients_n;
    wall_ms_t sent_at;                   /* Date; 0: not said, or no date */
    char language[LANGUAGE_SIZE];        /* Content-Language's first tag, "de" or "pt-BR"; "" : not said */
    char auto_submitted[MAIL_AUTO_SIZE]; /* its keyword; "" : not said */
    char list[ADDRESS_SIZE]; /* LIST: its address (List-Post), else the words of List-Id, "support.example.com". Where
                                that is one of our own addresses (a group that hands our mail on), it is a person's */
    bool no_answer;          /* the sender asks for no automatic answer (X-Auto-Response-Suppress), or
                                              nobody reads it: null sender, noreply. A person's answer may still go */
    char *text;              /* whole; "" : none */
    char *fresh;             /* of it the new words, without quote and signature; else the whole */
    bool cut;                /* the text was longer than the limit; its last line says so */
    bool from_html;
    mail_file_t files[ATTACHMENTS_MAX];
    size_t files_n;
    mail_report_t report; /* BOUNCE, RECEIPT; of VACATION message_id alone */
} mail_in_t;

/* Never NULL; bytes that are no message at all become a text. envelope_sender: MAIL FROM, with or without
 * brackets: "" or "<>" is the null sender; NULL: not known (Return-Path is looked at). bytes may be changed or
 * freed afterwards. */
mail_in_t *mail_in_parse (const void *bytes, size_t size, const mail_limits_t *limits, const char *envelope_sender);
void mail_in_destroy (mail_in_t **self_p);
const char *mail_kind_word (mail_kind_t kind); /* "person", "bounce", ... */

#endif
