/* customer.c - one customer: a record's beginning and end, its identities, its doubtful matches.
 *
 * hears: a record as loaded, and what somebody or a message says of it. says: the record as it is to be written. */
#include "customer.h"

#include "words.h"

#include <stdio.h>
#include <string.h>

const char *customer_counts (const customer_t *self)
{
    return *self->merged_into ? self->merged_into : self->id;
}

static size_t identity_index (const customer_t *self, const identity_t *identity)
{
    size_t i = 0;
    while (i < self->identities_n && !identity_same (&self->identities[i], identity))
        i++;
    return i;
}

bool customer_has (const customer_t *self, const identity_t *identity)
{
    return identity_index (self, identity) < self->identities_n;
}

void customer_begin (customer_t *self, const char *workspace, const identity_t *identity, const char *name,
                     const char *language, wall_ms_t now)
{
    customer_id_of (identity, self->id);
    WORD_COPY (self->workspace, workspace);
    WORD_COPY (self->name, name);
    WORD_COPY (self->language, language);
    self->identities[0] = *identity;
    self->identities_n = 1;
    self->provisional = true;
    self->forgotten = false;
    if (!self->created_at)
        self->created_at = now;
}

/* ------------------------------------------------------- doubtful matches */

bool customer_dismiss (customer_t *self, const identity_t *identity)
{
    size_t kept = 0, before = self->proposals_n;
    for (size_t i = 0; i < before; i++)
        if (!identity_same (&self->proposals[i].identity, identity))
            self->proposals[kept++] = self->proposals[i];
    self->proposals_n = kept;
    return kept < before;
}

bool customer_propose (customer_t *self, const identity_t *identity, const char *reason, wall_ms_t now)
{
    if (customer_has (self, identity))
        return false;
    for (size_t i = 0; i < self->proposals_n; i++)
        if (identity_same (&self->proposals[i].identity, identity))
            return false;
    if (self->proposals_n == CUSTOMER_PROPOSALS_MAX) {
        self->proposals_n--;
        memmove (self->proposals, self->proposals + 1, self->proposals_n * sizeof *self->proposals);
    }
    proposal_t *proposal = &self->proposals[self->proposals_n++];
    *proposal = (proposal_t){.identity = *identity, .at = now};
    WORD_COPY (proposal->reason, reason);
    return true;
}

/* ------------------------------------------------------------- identities */

customer_outcome_t customer_add (customer_t *self, const identity_t *identity, char why[DETAIL_SIZE])
{
    if (customer_has (self, identity))
        return CUSTOMER_NOTHING;
    if (*self->merged_into) {
        snprintf (why, DETAIL_SIZE, "customer %s was linked to %s: say it of that one", self->id, self->merged_into);
        return CUSTOMER_REFUSED;
    }
    if (self->identities_n == CUSTOMER_IDENTITIES_MAX) {
        snprintf (why, DETAIL_SIZE, "customer %s has %d identities, and no more are kept: remove one first", self->id,
                  CUSTOMER_IDENTITIES_MAX);
        return CUSTOMER_REFUSED;
    }
    self->identities[self->identities_n++] = *identity;
    customer_dismiss (self, identity);
    return CUSTOMER_DONE;
}

customer_outcome_t customer_remove (customer_t *self, const identity_t *identity, char why[DETAIL_SIZE])
{
    char derived[ID_SIZE], text[IDENTITY_TEXT_SIZE];
    size_t index = identity_index (self, identity);
    if (index == self->identities_n)
        return CUSTOMER_NOTHING;
    customer_id_of (identity, derived);
    if (strcmp (derived, self->id) == 0) {
        snprintf (why, DETAIL_SIZE, "customer %s came to be by %.120s: it goes only when the customer is forgotten",
                  self->id, identity_text (identity, text));
        return CUSTOMER_REFUSED;
    }
    self->identities_n--;
    memmove (self->identities + index, self->identities + index + 1,
             (self->identities_n - index) * sizeof *self->identities);
    return CUSTOMER_DONE;
}

bool customer_is_passing (const customer_t *self)
{
    return (self->provisional || self->forgotten) && self->identities_n <= 1 && !self->merged_n &&
           !*self->merged_into && !*self->notes && !*self->owner && !*self->deputy && !*self->tier;
}

void customer_forget (customer_t *self)
{
    customer_t left = {
        .version = self->version, .created_at = self->created_at, .forgotten = true, .merged_n = self->merged_n};
    WORD_COPY (left.id, self->id);
    WORD_COPY (left.workspace, self->workspace);
    WORD_COPY (left.merged_into, self->merged_into);
    memcpy (left.merged, self->merged, sizeof left.merged);
    *self = left;
}
