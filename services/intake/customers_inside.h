/* customers_inside.h - what is known of the customer of a submission: what customers.c and customers_write.c share. */
#ifndef BUCKSTOP_CUSTOMERS_INSIDE_H
#define BUCKSTOP_CUSTOMERS_INSIDE_H

#include "customer.h"
#include "customers.h"
#include "family.h"

/* A record as it was read. */
typedef struct customer_read {
    customer_t customer;
    record_head_t head;
} customer_read_t;

struct customer_found {
    char workspace[NAME_SIZE];
    int shard;
    identity_t identity;
    char channel[NAME_SIZE];
    call_state_t call;
    char derived[ID_SIZE];   /* what the identity derives */
    char home[ID_SIZE];      /* the record that it leads to: the contact's customer_id */
    bool fresh;              /* there is none: the commit that opens makes it */
    customer_read_t *record; /* owned; of `home`; NULL: there is none, or it can't be read */
    customer_read_t *counts; /* owned; where that was merged; NULL: `record` counts */
    char owner[NAME_SIZE];   /* the account's, or the deputy: a person of the policy; "" : none */

    char ids[(CUSTOMER_MERGED_MAX + 1) * ID_SIZE]; /* the records of theirs, one after the other */

    char append[ID_SIZE], linked[ID_SIZE]; /* an open contact of theirs; at most one of both */
    char linked_owner[NAME_SIZE];
    wall_ms_t linked_due;
    const char *untold;                   /* static; NULL: they may be told */
    char old[CUSTOMERS_OLD_MAX][ID_SIZE]; /* contacts that leave the list of `home` */
    size_t old_n;

    bool alone;               /* the policy wants one open contact of theirs, and there is none */
    bool adopts;              /* the contact that the message goes to had nobody's name yet: it is theirs from now on */
    char wanted[ID_SIZE];     /* whose contact it is said in, when that is somebody else; "" : nobody */
    customer_read_t *theirs;  /* owned; that customer's record; NULL: not read, or it can't be */
    bool theirs_known;        /* it was looked at */
    size_t ops_from, ops_end; /* of the commit that is under way: ours */

    family_t *ahead;  /* owned; the list of `derived`, asked for beside the first read; NULL: it was not */
    bool place_known; /* while reading */
    void (*then) (ask_t *ask);
};

/* Who counts of those that were read; NULL: nobody is known. */
static inline const customer_t *customers_known (const customer_found_t *self)
{
    return self->counts ? &self->counts->customer : self->record ? &self->record->customer : NULL;
}

#endif
