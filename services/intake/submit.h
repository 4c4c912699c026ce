/* submit.h - a submission under way: what submit.c and submit_work.c share. */
#ifndef BUCKSTOP_SUBMIT_H
#define BUCKSTOP_SUBMIT_H

#include "ask.h"
#include "customers.h"

enum { SUBMIT_TURNS_MAX = 6, SUBMIT_REFERENCES_MAX = 8 };

typedef struct submit {
    char contact[ID_SIZE];     /* being opened or appended to */
    char thread_was[ID_SIZE];  /* what the thread's index is expected to hold; "" : nothing */
    char continues[ID_SIZE];   /* the closed contact that the new one follows */
    char thread[ADDRESS_SIZE]; /* "" : none */
    char channel[NAME_SIZE];   /* of the thread and of a new contact */
    contact_t *closed;         /* owned: lends a new contact what the message leaves out */
    char hit[ID_SIZE];         /* the contact that the thread or a reference leads to; "" : none */
    size_t threads_n;          /* keys of threads that were read */
    bool reference_is_new;     /* the first reference names nobody yet: it will name this contact */
    bool named_is_gone;        /* the contact of a signed tag was deleted */
    bool only_thread;          /* what else named a contact named one that is over */
    bool by_customer;          /* it is appended since its customer has this contact open */
    char answering[NAME_SIZE]; /* who answers the call; "" : not known */
    uint32_t answering_epoch;
    attachment_t attachments[ATTACHMENTS_MAX]; /* borrowed from the submission */
    size_t attachments_n;
    customer_found_t *customer; /* owned; NULL: the submission names nobody */
    bool opening;
    bool language_sought;
    char language[LANGUAGE_SIZE]; /* recognised; "" : not, or it was said */
    unsigned turns;
    size_t thread_op;
    receipt_t receipt; /* as in the last commit; contact "" : there was none yet */
} submit_t;

void submit_free (void *more);
/* Looks where it belongs, then appends or opens. */
void submit_find (ask_t *ask);
/* Is a call over, and is that all? Then it opens nothing: where no open contact has it, it is refused. */
bool submit_only_ends (const ask_t *ask);
void submit_refuse_end (ask_t *ask);
/* submit_work.c: what goes with the commit, and what comes of it. */
work_extra_fn submit_extra;
work_decide_fn submit_may_go;
work_done_fn submit_worked;
/* submit_order.c. contact: to append to; "" when opening. */
void submit_work (ask_t *ask, const char *contact, bool opening);

#endif
