/* store_losses.h - what the rooms of noticing losses share.
 *
 *   store_losses.c        what is remembered; the newest of it, once a second
 *   store_losses_ask.c    what Redis is asked about one that is remembered, and what its answers mean
 *   store_losses_check.c  all of it, on each connect; a loss is said */
#ifndef BUCKSTOP_STORE_LOSSES_H
#define BUCKSTOP_STORE_LOSSES_H

#include "store_private.h"

enum { LOSSES_PLACES = 1024 };

typedef struct witness {
    store_t *store;
    char *key; /* NULL: an empty place */
    uint64_t number, hash;
    uint64_t asked; /* the number that a question is under way for; 0: it has changed since */
    bool other;     /* its number has other bytes */
} witness_t;

struct losses {
    witness_t places[LOSSES_PLACES];
    witness_t *newest;
    size_t open; /* questions of the check on connect */
    bool checking, looking;
    bool found, unwritten; /* a loss; its line could not be written */
    char words[WHY_SIZE];
};

uint64_t event_hash (const void *bytes, size_t size);
void witness_forget (witness_t *self);

/* Its event; and what is known of its stream. */
void witness_ask (witness_t *self, conn_reply_fn *fn);
void witness_ask_stream (witness_t *self, conn_reply_fn *fn);
/* While it is asked for, an answer that was held may come (store_wait.c) and tell of a newer event: what is said of the
 * old one says nothing about that. */
bool witness_is_asked (const witness_t *self);
bool witness_is_there (witness_t *self, const redisReply *entries);
/* Drawn once, and older than the first that is there; or taken out on purpose (store_drop_events). */
bool witness_is_trimmed (const witness_t *self, const redisReply *stream);
uint64_t stream_newest (const redisReply *stream);

#endif
