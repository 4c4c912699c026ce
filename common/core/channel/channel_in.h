/* channel_in.h - what a platform sends, and what it means: a description, and messages read by it. Pure.
 *
 * A policy describes it (section `in:` of a channel, policy_yaml_in.c); nothing here knows any platform by name. In the
 * order of its use at the door:
 *
 *     channel_challenge     is it a question that the platform asks at set-up?
 *     signature_check       is it the platform that speaks (signature.h)?
 *     channel_payload_read  JSON, a form or parts of one, as one tree
 *     channel_find          the items in it: messages, events that are none, receipts of what was sent
 *     channel_message       one item, field by field
 *
 * g_mime_init () must have been called. */
#ifndef BUCKSTOP_CHANNEL_IN_H
#define BUCKSTOP_CHANNEL_IN_H

#include "pick.h"
#include "signature.h"

#include "buckstop/v1/action.pb-c.h"

enum {
    IN_JSON = 1,
    IN_FORM = 2,
    IN_MULTIPART = 4,
    IN_QUERY = 8,        /* a GET: all is in the query */
    IN_ITEMS_MAX = 1000, /* of one payload */
    IN_WORDS_MAX = 64,   /* of one map or list */
    IN_FORM_FIELDS_MAX = 2000,
    IN_FORM_PARTS_MAX = 400,
    IN_REFERENCES_MAX = 32,
    IN_PATHS_MAX = 4,
};

/* The fields that are one text. */
enum in_field {
    IN_SENDER,
    IN_NAME,
    IN_SUBJECT,
    IN_TEXT,
    IN_FRESH,
    IN_THREAD,
    IN_MESSAGE_ID,
    IN_LANGUAGE,
    IN_TIER,
    IN_TIME,
    IN_RETURN_TO,
    IN_CALL_PERSON,
    IN_MAIL, /* a whole message as MIME: all else is read out of it */
    IN_FIELDS
};
extern const char *const in_field_names[IN_FIELDS];

/* When: what is found is one of `is`; or is there, when there is no `is`. */
typedef struct in_rule {
    pick_t when, unless; /* one of both */
    const char *const *is;
    size_t is_n;
    const char *why;
} in_rule_t;

/* A word of the platform's, and what it means here. */
typedef struct in_word {
    const char *word;
    int value;
} in_word_t;

typedef struct in_state {
    picks_t value;
    const in_word_t *words;
    size_t words_n;
} in_state_t;

enum in_encoding { IN_BASE64 };
/* All of them. */
typedef struct in_paths {
    pick_path_t items[IN_PATHS_MAX];
    size_t n;
} in_paths_t;

typedef struct in_attachments {
    in_paths_t each;
    picks_t name, type, size;
    picks_t content; /* its bytes, */
    int encoding;    /* written so: enum in_encoding */
} in_attachments_t;

enum in_receipt_state { RECEIPT_UNKNOWN, RECEIPT_SENT, RECEIPT_DELIVERED, RECEIPT_READ, RECEIPT_FAILED };
typedef struct in_receipts {
    pick_path_t each;
    picks_t id, reason, time;
    in_state_t state;
    bool is;
} in_receipts_t;

/* A question at set-up, and its answer. */
typedef struct in_challenge {
    const char *method; /* "GET", "POST" */
    pick_t when, answer, token;
    const char *is;     /* what `when` says; NULL: it is there */
    const char *type;   /* of the answer */
    const char *secret; /* of the token: the name of a file; NULL: none is asked for */
} in_challenge_t;

typedef struct in_answer {
    int status; /* 200 */
    const char *type;
    pick_t body; /* without: counts, as JSON */
} in_answer_t;

typedef struct channel_in {
    int content; /* IN_JSON, ...: any of them */
    in_paths_t each;
    picks_t fields[IN_FIELDS];
    picks_t references; /* all of them, not the first */
    in_attachments_t attachments;
    in_state_t call;
    in_receipts_t receipts;
    const in_rule_t *ignore;
    size_t ignore_n;
    const in_challenge_t *challenges;
    size_t challenges_n;
    signature_scheme_t verify;
    in_answer_t answer;
} channel_in_t;

/* ------------------------------------------------------------- a request */

typedef enum in_fault { IN_FINE, IN_MEDIA, IN_MALFORMED, IN_NOTHING } in_fault_t;

/* What a request holds, as one tree: JSON as it came; of a form an object, name by name (a list where a name comes
 * more than once); the files of a multipart form are the list "@files" of name, type, size, and "@bytes", the index in
 * `files`. NULL: why. files: of GBytes, for the scope; NULL: they are not wanted. */
json_t *channel_payload_read (const channel_in_t *self, const char *content_type, const void *body, size_t size,
                              GPtrArray *files, in_fault_t *fault, char why[DETAIL_SIZE]);
/* May files come with its messages, within the request? Such requests are large. */
bool channel_has_files (const channel_in_t *self);

/* True: it is one of the description's questions. answer (freed by the caller with g_string_free) is what to say,
 * NULL: the token is not ours. The scope has a payload for a POST, none for a GET. */
bool channel_challenge (const channel_in_t *self, pick_scope_t *scope, const signature_secret_t *secrets, size_t n,
                        const in_challenge_t **row, GString **answer);
/* The challenge whose secret is to be read for that; NULL: it is no such question. */
const in_challenge_t *channel_challenged (const channel_in_t *self, pick_scope_t *scope);

/* -------------------------------------------------------------- messages */

typedef struct in_file {
    const char *name, *type, *note;
    uint64_t size;
    const void *bytes; /* size of them; the message's, or those of the scope's files; NULL: they did not come with it */
    const char *hash;  /* filled in by who keeps it; "" : nobody does */
} in_file_t;

/* One item. Strings belong to it; each fits the Submit's field of its name. */
typedef struct channel_message {
    struct policy_arena *arena;
    const char *ignored;          /* why; NULL: it counts */
    const char *missing;          /* the field that is needed, and where it was looked for; NULL: nothing is missing */
    const char *field[IN_FIELDS]; /* "" : not there */
    size_t mail_size;
    wall_ms_t sent_at;
    const char *time_wrong; /* what was found and is no time; NULL: fine */
    int call;               /* Buckstop__V1__CallState */
    const char *call_word;  /* the platform's word for it; "" : none */
    const char *const *references;
    size_t references_n;
    in_file_t *files;
    size_t files_n;
} channel_message_t;

typedef struct channel_receipt {
    enum in_receipt_state state;
    char id[ADDRESS_SIZE]; /* the platform's id of what was sent */
    char word[NAME_SIZE];  /* the platform's word for the state */
    char reason[DETAIL_SIZE];
    wall_ms_t at;
} channel_receipt_t;

typedef void (channel_message_fn) (void *arg, channel_message_t *message); /* takes it: channel_message_clear */
typedef void (channel_receipt_fn) (void *arg, const channel_receipt_t *receipt);

typedef struct channel_found {
    size_t messages, ignored, receipts, beyond; /* beyond: more than IN_ITEMS_MAX */
} channel_found_t;

/* All items, in the order of the payload. scope: with its payload. */
channel_found_t channel_find (const policy_channel_t *channel, pick_scope_t *scope, channel_message_fn *fn,
                              channel_receipt_fn *on_receipt, void *arg);
void channel_message_clear (channel_message_t *self);

/* The Submit that it becomes; it borrows from the message, the channel and the room. */
typedef struct channel_submit {
    Buckstop__V1__Submit submit;
    Buckstop__V1__Attachment *files, **files_p;
    char **references;
} channel_submit_t;
void channel_submit_make (channel_submit_t *self, const policy_channel_t *channel, const channel_message_t *message);
void channel_submit_clear (channel_submit_t *self);

/* Seconds, milliseconds or microseconds since the epoch, RFC 2822 or ISO 8601 (without a zone: UTC). 0: it is none. */
wall_ms_t channel_time (const char *text);
const char *channel_receipt_name (enum in_receipt_state state);

#endif
