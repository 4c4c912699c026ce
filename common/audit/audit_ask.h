/* audit_ask.h - questions to the store, several at once: a copy of each answer is kept until all are there. */
#ifndef BUCKSTOP_AUDIT_ASK_H
#define BUCKSTOP_AUDIT_ASK_H

#include "loop.h"
#include "store.h"

typedef struct answer {
    struct asker *asker;
    store_value_t *items; /* the bytes are those of `copies` */
    char **copies;        /* owned; NULL where a value is absent */
    size_t n;
    uint64_t cursor;
} answer_t;

typedef struct asker {
    size_t open;    /* questions without an answer */
    bool away;      /* one of them was not answered */
    loop_fn *ended; /* called with the last answer */
    void *arg;
} asker_t;

/* The store's callback; arg: an answer_t whose asker is set. */
void answer_take (void *arg, const store_values_t *values);
void answer_clear (answer_t *self);
/* Prepares an answer; pass it with answer_take to the store. */
answer_t *answer_new (asker_t *asker);
void answer_destroy (answer_t **self_p);
#endif
