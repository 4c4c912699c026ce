/* receipt.h - what a request is answered with once it is durable. Pure. */
#ifndef BUCKSTOP_RECEIPT_H
#define BUCKSTOP_RECEIPT_H

#include "contact.h"
#include "values.h"

typedef Buckstop__V1__Disposition disposition_t;

typedef struct receipt {
    char contact[ID_SIZE];
    disposition_t disposition;
    char accountable[NAME_SIZE];
    struct receipt_promise {
        promise_kind_t kind;
        wall_ms_t due;
        bool answered; /* a reply is on its way: nobody is to do more for it */
    } promises[PROMISES_MAX];
    size_t promises_n;
    contact_state_t state;
    uint64_t version;
    bool no_way_back; /* of a submission: nobody can answer it, and whoever sent it may still say where to */
} receipt_t;

/* Of the contact as committed at `version`; its promises are those still pending. */
receipt_t receipt_of (const contact_t *contact, uint64_t version, disposition_t disposition);
uint8_t *receipt_pack (const receipt_t *self, size_t *size);          /* a packed Receipt; malloc'd */
int receipt_unpack (const void *bytes, size_t size, receipt_t *self); /* 0, or -1: not a Receipt */
/* The same receipt gives the same bytes, always. */
json_t *receipt_json (const receipt_t *self); /* the caller owns it */
/* For an answer in an envelope: fn gets the message during the call. */
typedef void (receipt_message_fn) (void *arg, Buckstop__V1__Receipt *message);
void receipt_message (const receipt_t *self, receipt_message_fn *fn, void *arg);

const char *disposition_name (disposition_t disposition);

#endif
