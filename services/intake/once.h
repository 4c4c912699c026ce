/* once.h - a request that is sent twice is done once: idempotency keys and the channels' own message ids. Pure.
 *
 * Beside each key stands the hash of the request's body and the Receipt it was answered with, written by the commit
 * that did it. The same key and body: the same answer; another body: refused. */
#ifndef BUCKSTOP_ONCE_H
#define BUCKSTOP_ONCE_H

#include "commit.h"
#include "ids.h"
#include "keys.h"
#include "receipt.h"

#define ONCE_KEPT_MS MS_PER_DAY

typedef struct once {
    char key[KEY_SIZE];     /* of the idempotency key; "" : none was given */
    char message[KEY_SIZE]; /* of the channel's message id; "" : none */
    char body[HASH_HEX_SIZE];
    event_id_t event;
    int64_t kept_ms;           /* how long they are remembered; once_set: ONCE_KEPT_MS */
    size_t key_op, message_op; /* their places in the commit, as last written */
} once_t;

/* Where a key counts: holder is a person, or the public part of another token. */
typedef struct once_scope {
    int shard;
    const char *workspace, *scope, *holder;
} once_scope_t;

/* key "": none, and random names the event. message_id with its channel; "" : none. body: without token and key. */
void once_set (once_t *self, const once_scope_t *scope, const char *key, const char *channel, const char *message_id,
               const ProtobufCMessage *body, const uint8_t random[EVENT_ID_SIZE]);
/* Checks that they are free, and keeps them with the receipt. */
void once_write (once_t *self, commit_t *commit, const receipt_t *receipt);

typedef enum once_found {
    ONCE_NEW,       /* it is not there, or the answer is about another check */
    ONCE_SAME,      /* the same request: *receipt is its answer */
    ONCE_DUPLICATE, /* the same message id: *receipt says so */
    ONCE_REUSED,    /* the key was used for another body */
} once_found_t;
/* What a commit that was refused found. */
once_found_t once_refused (const once_t *self, const commit_answer_t *answer, receipt_t *receipt);
/* What stands at self->key; bytes NULL: nothing. */
once_found_t once_stored (const once_t *self, const void *bytes, size_t size, receipt_t *receipt);

#endif
