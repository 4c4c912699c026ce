/* channel_out.h - the outbound call of a channel: how an answer becomes a request to the platform that the customer came
 * by, and what the platform's answer means. Pure.
 *
 * A policy describes it (section `out:` of a channel, policy_yaml_out.c). URL and body are rendered once, when it is
 * decided that something is told (notice.c): the same bytes at every attempt. Headers are made at each attempt, since they
 * may hold a secret; a secret is in no record. Where a platform wants it in the body, the rendered one holds a mark that
 * nobody outside can write (it has the delivery's MAC), and the secret takes its place at each attempt.
 *
 * Colleagues are told by the same calls (a way {channel: NAME, to: ADDRESS} of a person): PagerDuty, a phone, a room.
 *
 * Templates have slots: {to} {text} {subject} {thread} {message_id} {contact} {customer} {id}, {tag} (of a message id:
 * DELIVERY.CONTACT.MAC, mail_tag.h), {automatic} (of Auto-Submitted; empty for what a person wrote); empty for customers:
 * {person} {purpose} {event} (trigger, acknowledge, resolve) {severity} (critical, error, warning, info) {state} {promise}
 * {due} {link_accept} {link_acknowledge} {opened} (when the contact came) {at} (when it was decided) {until} (the same of
 * what is over; else a month later; all RFC 3339) {workspace}; and {set.NAME} for the channel's own settings; "{{" is a brace. A value never brings slots, quotes or separators: in a URL and in a form it is
 * percent-encoded, in JSON it becomes a string. A field of a body whose slots are all empty is left out, and so is
 * the item of a list that such a field belongs to. */
#ifndef BUCKSTOP_CHANNEL_OUT_H
#define BUCKSTOP_CHANNEL_OUT_H

#include "delivery.h"
#include "policy.h"
#include "template.h"

enum {
    OUT_HEADERS_MAX = 8,       /* that a description names */
    OUT_HEADER_SIZE = 1280,    /* "Name: value", with a secret */
    OUT_SECRET_SIZE = 1025,    /* of a secret's file */
    OUT_FAR_ID_SIZE = 257,     /* the platform's own id of what it took */
    OUT_BODY_MAX = 256 * 1024, /* rendered */
    OUT_SLOTS_MAX = 64,
    OUT_URL_SIZE = ADDRESS_SIZE + 3 * OUT_SECRET_SIZE, /* with its secret */
};

enum out_content { OUT_JSON, OUT_FORM };
/* Before all else, where a platform reads signs in texts: '&', '<' and '>' as entities. */
enum out_escape { OUT_ESCAPE_NONE, OUT_ESCAPE_ENTITIES };
/* URL: the secret is a part of the URL; REST: all behind its last '/', as it stands; BODY: a field of the body. */
enum out_auth {
    OUT_AUTH_NONE,
    OUT_AUTH_BASIC,
    OUT_AUTH_BEARER,
    OUT_AUTH_HEADER,
    OUT_AUTH_URL,
    OUT_AUTH_REST,
    OUT_AUTH_BODY
};
#define OUT_URL_SECRET "{secret}" /* in a URL or a body: where the secret stands when it is sent */
/* What else a way of a person's wants to hear of what it was told: bits of `follow`. */
enum out_follow { OUT_FOLLOW_TAKEN = 1, OUT_FOLLOW_OVER = 2 };

/* A body is a tree: what YAML says, with templates for texts. */
typedef enum out_kind {
    OUT_OBJECT,
    OUT_LIST,
    OUT_TEXT,
    OUT_PLAIN /* true, false, a number: as it stands */
} out_kind_t;
typedef struct out_node {
    out_kind_t kind;
    const char *name; /* of a field of an object */
    const char *text; /* TEXT: a template */
    const struct out_node *kids;
    size_t kids_n;
} out_node_t;

typedef struct out_header {
    const char *name, *value; /* a template of {id} and {set.NAME} */
} out_header_t;

typedef struct channel_out {
    const char *method; /* "POST" */
    const char *url;    /* a template */
    const out_header_t *headers;
    size_t headers_n;
    int auth;                /* enum out_auth */
    const char *auth_word;   /* BASIC: the user, a template of {set.NAME}; HEADER: its name */
    const char *auth_prefix; /* HEADER: what stands before the secret; "" : nothing */
    const char *secret;      /* name of the file that holds password, token or key: a template of {set.NAME} */
    int content;             /* enum out_content */
    int escape;              /* enum out_escape: of {text} and {subject} */
    const out_node_t *body;
    int longest; /* characters of {text} that the platform takes; 0: not limited */
    int follow;  /* bits of enum out_follow: colleagues are told by it when what it told of is taken, or over */

    const char *success;    /* path in the JSON answer that must hold success_is; NULL: the status alone says it */
    const char *success_is; /* "true" */
    const char *error;      /* path of the platform's word or code of what was wrong; NULL: none */
    const char *const *permanent; /* of those words, and statuses ("404"): never better */
    size_t permanent_n;
    const char *const *throttled; /* too much: later */
    size_t throttled_n;
    const char *const *temporary; /* later */
    size_t temporary_n;
    const char *const *unable; /* our own settings lack something, such as a token that is not valid: it waits */
    size_t unable_n;
    const char *retry_after; /* path of the seconds to wait; NULL: the header alone says them */
    const char *id;          /* path of the platform's id of what it took; NULL: none */
    const char *id_header;   /* or the header that says it */
} channel_out_t;

/* What a template of a description may name, {secret} of a URL aside, NULL-terminated; {set.NAME} besides. */
extern const char *const channel_out_slot_names[];

/* What is told by it: nothing is owned. */
typedef struct out_told {
    const char *id; /* the delivery's */
    const char *to, *text, *subject, *thread, *message_id, *contact, *customer, *tag, *automatic;
    /* to colleagues; NULL: to a customer */
    const char *person, *purpose, *event, *severity, *state, *promise, *due, *link_accept, *link_acknowledge, *opened,
        *at, *until, *workspace;
} out_told_t;

/* The request of one delivery: address (the URL), secret and body are filled in. false: it can't be sent, ever, and `why`
 * says so (a text that is too long, a URL that does not fit, a slot of the URL without a value). */
bool channel_out_render (const policy_channel_t *channel, const out_told_t *told, delivery_t *delivery,
                         char why[DETAIL_SIZE]);

/* Characters of a text, as `longest` counts them. */
size_t channel_out_characters (const char *text);

/* The headers of one attempt; secret: as read, without its newline; "" where none is asked for. `list` is NULL-terminated
 * and lives as long as *self. Cleared, since it holds the secret, by channel_out_headers_clear. */
typedef struct out_headers {
    char lines[OUT_HEADERS_MAX + 2][OUT_HEADER_SIZE];
    const char *list[OUT_HEADERS_MAX + 3];
    size_t n;
} out_headers_t;
bool channel_out_headers (const policy_channel_t *channel, const delivery_t *delivery, const char *secret,
                          out_headers_t *self, char why[DETAIL_SIZE]);
void channel_out_headers_clear (out_headers_t *self);

/* The URL of one attempt: the delivery's, with the secret in it. Cleared by the caller with sodium_memzero. */
bool channel_out_url (const policy_channel_t *channel, const delivery_t *delivery, const char *secret,
                      char url[OUT_URL_SIZE], char why[DETAIL_SIZE]);

/* The body of one attempt, malloc'd: the delivery's, with the secret at its mark; tag: as it was told when it was
 * rendered. Cleared and freed by channel_out_body_clear. NULL: it can't be, and `why` says so. */
char *channel_out_body (const policy_channel_t *channel, const delivery_t *delivery, const char *tag,
                        const char *secret, char why[DETAIL_SIZE]);
void channel_out_body_clear (char **body_p);

/* What a platform answered, and what it means. */
typedef struct out_answer {
    int status; /* 0: none */
    const char *body;
    size_t body_size;
    const char *id_header; /* the value of the description's id_header; NULL: there is none */
    int64_t retry_after_ms;
} out_answer_t;
typedef struct out_meaning {
    attempt_result_t result;
    int64_t retry_after_ms;       /* by the header, or by the description's path; 0: not said */
    char words[DETAIL_SIZE];      /* "the far side answered 400: 21610" */
    char far_id[OUT_FAR_ID_SIZE]; /* ACCEPTED: its id of it; "" : it said none */
} out_meaning_t;
void channel_out_judge (const channel_out_t *self, const out_answer_t *answer, out_meaning_t *meaning);

#endif
