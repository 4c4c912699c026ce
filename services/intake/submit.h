/* submit.h - a submission under way: what submit.c and submit_work.c share. */
#ifndef BUCKSTOP_SUBMIT_H
#define BUCKSTOP_SUBMIT_H

#include "ask.h"

enum { SUBMIT_TURNS_MAX = 6 };

typedef struct submit {
    char contact[ID_SIZE];     /* being opened or appended to */
    char thread_was[ID_SIZE];  /* what the thread's index is expected to hold; "" : nothing */
    char continues[ID_SIZE];   /* the closed contact that the new one follows */
    char thread[ADDRESS_SIZE]; /* "" : none */
    char channel[NAME_SIZE];   /* of the thread and of a new contact */
    contact_t *closed;         /* owned: lends a new contact what the message leaves out */
    bool opening;
    unsigned turns;
    size_t thread_op;
    receipt_t receipt; /* as in the last commit */
} submit_t;

void submit_free (void *more);
/* Reads the thread's index, then appends or opens. */
void submit_find_thread (ask_t *ask);
/* contact: to append to; "" when opening. */
void submit_work (ask_t *ask, const char *contact, bool opening);

#endif
