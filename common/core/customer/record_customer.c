/* record_customer.c - the codec of a customer: customer_t <-> record.proto. */
#include "customer.h"
#include "keys.h"
#include "record_private.h"

#include <string.h>

/* clang-format off */
#define CUSTOMER_TEXTS(X) \
    X (id) X (workspace) X (name) X (language) X (preferred_channel) X (tier) X (owner) X (deputy) X (notes) \
    X (merged_into)
#define CUSTOMER_VALUES(X) X (provisional) X (created_at) X (forgotten)
#define IDENTITY_TEXTS(X)  X (platform) X (value)
#define IDENTITY_VALUES(X) X (kind)
#define PROPOSAL_TEXTS(X)  X (reason)
#define PROPOSAL_VALUES(X) X (at)
/* clang-format on */

static Buckstop__V1__Identity identity_message (const identity_t *self)
{
    Buckstop__V1__Identity message = BUCKSTOP__V1__IDENTITY__INIT;
    IDENTITY_TEXTS (PACK_TEXT)
    IDENTITY_VALUES (PACK_VALUE)
    return message;
}

static bool identity_read (const Buckstop__V1__Identity *message, identity_t *self)
{
    bool whole = message && message->kind >= BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_MAIL &&
                 message->kind <= BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_HANDLE;
    if (!whole)
        return false;
    IDENTITY_TEXTS (UNPACK_TEXT)
    IDENTITY_VALUES (UNPACK_VALUE)
    return whole;
}

static Buckstop__V1__Proposal proposal_message (const proposal_t *self, Buckstop__V1__Identity *identity)
{
    Buckstop__V1__Proposal message = BUCKSTOP__V1__PROPOSAL__INIT;
    PROPOSAL_TEXTS (PACK_TEXT)
    PROPOSAL_VALUES (PACK_VALUE)
    *identity = identity_message (&self->identity);
    message.identity = identity;
    return message;
}

static bool proposal_read (const Buckstop__V1__Proposal *message, proposal_t *self)
{
    bool whole = identity_read (message->identity, &self->identity);
    PROPOSAL_TEXTS (UNPACK_TEXT)
    PROPOSAL_VALUES (UNPACK_VALUE)
    return whole;
}

uint8_t *customer_pack (const customer_t *self, const record_head_t *head, size_t *size)
{
    Buckstop__V1__Customer message = BUCKSTOP__V1__CUSTOMER__INIT;
    Buckstop__V1__Identity identities[CUSTOMER_IDENTITIES_MAX], *identity_list[CUSTOMER_IDENTITIES_MAX];
    Buckstop__V1__Identity proposed[CUSTOMER_PROPOSALS_MAX];
    Buckstop__V1__Proposal proposals[CUSTOMER_PROPOSALS_MAX], *proposal_list[CUSTOMER_PROPOSALS_MAX];
    char *merged[CUSTOMER_MERGED_MAX];
    CUSTOMER_TEXTS (PACK_TEXT)
    CUSTOMER_VALUES (PACK_VALUE)
    for (size_t i = 0; i < self->identities_n; i++) {
        identities[i] = identity_message (&self->identities[i]);
        identity_list[i] = &identities[i];
    }
    message.n_identities = self->identities_n;
    message.identities = identity_list;
    for (size_t i = 0; i < self->proposals_n; i++) {
        proposals[i] = proposal_message (&self->proposals[i], &proposed[i]);
        proposal_list[i] = &proposals[i];
    }
    message.n_proposals = self->proposals_n;
    message.proposals = proposal_list;
    for (size_t i = 0; i < self->merged_n; i++)
        merged[i] = (char *)self->merged[i];
    message.n_merged = self->merged_n;
    message.merged = merged;
    return record_pack (head, &message.base, size);
}

static bool lists_read (const Buckstop__V1__Customer *message, customer_t *self)
{
    bool whole = true;
    if (message->n_identities > CUSTOMER_IDENTITIES_MAX || message->n_merged > CUSTOMER_MERGED_MAX ||
        message->n_proposals > CUSTOMER_PROPOSALS_MAX)
        return false;
    self->identities_n = message->n_identities;
    for (size_t i = 0; i < message->n_identities; i++)
        whole &= identity_read (message->identities[i], &self->identities[i]);
    self->proposals_n = message->n_proposals;
    for (size_t i = 0; i < message->n_proposals; i++)
        whole &= proposal_read (message->proposals[i], &self->proposals[i]);
    self->merged_n = message->n_merged;
    for (size_t i = 0; i < message->n_merged; i++)
        whole &= word_fits (self->merged[i], ID_SIZE, message->merged[i]);
    return whole;
}

record_fault_t customer_unpack (const void *bytes, size_t size, record_head_t *head, customer_t *self)
{
    record_fault_t fault;
    scratch_t scratch;
    memset (self, 0, sizeof *self);
    Buckstop__V1__Customer *message = (Buckstop__V1__Customer *)record_unpack (
        bytes, size, KIND_CUSTOMER, &buckstop__v1__customer__descriptor, &scratch, head, &fault);
    if (!message)
        return fault;
    bool whole = true;
    CUSTOMER_TEXTS (UNPACK_TEXT)
    CUSTOMER_VALUES (UNPACK_VALUE)
    whole &= lists_read (message, self);
    self->version = head->version;
    scratch_close (&scratch);
    return whole ? RECORD_OK : RECORD_BROKEN;
}
