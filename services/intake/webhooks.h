/* webhooks.h - what platforms send: judged by the description of their channel, and submitted. */
#ifndef BUCKSTOP_WEBHOOKS_H
#define BUCKSTOP_WEBHOOKS_H

#include "ask.h"
#include "channel_in.h"
#include "secrets.h"
#include "spool.h"

typedef struct webhooks {
    secrets_t *secrets;
    int64_t refused_said_us; /* when the log last said that one was refused; */
    size_t refused_unsaid;   /* and how many came since */
} webhooks_t;

webhooks_t *webhooks_new (intake_t *intake);
http_limit_fn webhooks_limit; /* arg: intake_t */
void webhooks_destroy (webhooks_t **self_p);

/* What was read in a request. */
typedef enum webhook_read {
    WEBHOOK_UNREAD,
    WEBHOOK_UNSIGNED, /* the verdict says why */
    WEBHOOK_WRONG,    /* no payload of its kind: the fault, and why */
    WEBHOOK_QUESTION, /* of set-up */
    WEBHOOK_UNKEPT,   /* its files: the error of the spool */
    WEBHOOK_FOUND,
} webhook_read_t;

/* One request, while its messages are on their way. */
typedef struct webhook {
    ask_t *ask;
    const policy_t *policy; /* owned: the channel is in it */
    const policy_channel_t *channel;
    const channel_in_t *in;
    char workspace[NAME_SIZE], url[2 * ADDRESS_SIZE];
    pick_request_t request;
    pick_scope_t scope;
    json_t *payload;
    /* Of a large one this is a thread's while it reads: door_webhook_read.c. */
    signature_secret_t keys[SECRETS_PER_NAME]; /* copies */
    unsigned char key_bytes[SECRETS_PER_NAME][SECRET_MAX];
    size_t keys_n;
    wall_ms_t now;
    const spool_t *spool; /* NULL: files are not kept */
    webhook_read_t read;
    signature_verdict_t verdict;
    in_fault_t fault;
    char problem[DETAIL_SIZE];
    int error;
    GString *answer;              /* when all is fine */
    channel_message_t **messages; /* owned; NULL once it is answered */
    size_t messages_n, messages_room, next, open;
    channel_receipt_t *receipts; /* owned */
    size_t receipts_n, receipts_room, receipts_next;
    channel_found_t found;
    size_t duplicates;     /* messages that were taken before, by their message_id */
    size_t later, refused; /* messages that were not taken: perhaps later, or never */
    refusal_t why;         /* the first of them */
} webhook_t;

/* door_webhook_read.c: signature, payload, messages, files; all but the loop's. From any thread. */
void webhook_read (void *arg);

/* door_webhook_take.c: all of its items, and the answer once they are durable. Takes it. */
void webhook_take (webhook_t *self);
void webhook_answer (webhook_t *self, int status, const char *type, const char *body, size_t size);
/* Refused; it is gone. */
void webhook_refuse (webhook_t *self, refusal_kind_t kind, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

#endif
