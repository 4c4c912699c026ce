/* record_contact.c - the codec of a contact: contact_t <-> record.proto. */
#include "record_private.h"

#include "keys.h"
#include "trace.h"

#include <string.h>

/* clang-format off */
#define CONTACT_TEXTS(X) \
    X (id) X (workspace) X (channel) X (team) X (rule) X (subject) X (language) X (tier) X (customer) \
    X (customer_name) X (thread) X (return_to) X (accountable) X (owner) X (offered_to) X (preferred) \
    X (transfer_team) X (transfer_to) X (acknowledged_by) X (continues) X (reply_to_message) \
    X (customer_id) X (reply_channel) X (linked) X (said) X (first_mail) X (transfer_words)
#define CONTACT_VALUES(X) \
    X (state) X (priority) X (return_way) X (owner_epoch) X (owned_at) X (offer_epoch) X (offer_expires) X (offered_at) X (offer_ends) \
    X (preferred_until) \
    X (opened_at) X (waiting_since) X (last_customer_at) X (last_reply_at) X (delivered_at) X (handoff_at) X (handoff_tries) \
    X (relax_at) X (review_at) X (pause_ends_at) X (pause_left_ms) X (close_at) X (acknowledged_until) \
    X (customer_told) X (messages) X (transfers) X (policy_version) X (call) X (apologised_at)
/* clang-format on */
#define PROMISE_TEXTS(X) X (ladder) X (hours)
/* clang-format off */
#define PROMISE_VALUES(X) \
    X (kind) X (state) X (opened_at) X (due) X (duration_ms) X (left_ms) X (paused) X (answered_at) \
    X (generation) X (step) X (step_at) X (repeats) X (step_fired)
/* clang-format on */

static Buckstop__V1__Promise promise_message (const promise_t *self)
{
    Buckstop__V1__Promise message = BUCKSTOP__V1__PROMISE__INIT;
    PROMISE_TEXTS (PACK_TEXT)
    PROMISE_VALUES (PACK_VALUE)
    return message;
}

static bool promise_read (const Buckstop__V1__Promise *message, promise_t *self)
{
    bool whole = message->kind > 0 && message->kind < PROMISE_KINDS;
    PROMISE_TEXTS (UNPACK_TEXT)
    PROMISE_VALUES (UNPACK_VALUE)
    return whole;
}

/* A line, a call back that is owed, an answer that goes another way: workers of schema 'A' can't read it, or would answer
 * in the wrong place. */
static bool is_of_b (const contact_t *self)
{
    bool now = self->call || self->return_way > BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN ||
               (*self->reply_channel && strcmp (self->reply_channel, self->channel) != 0);
    for (size_t i = 0; i < self->promises_n; i++)
        now |= self->promises[i].kind > BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_RESOLUTION;
    return now;
}

uint8_t *contact_pack (const contact_t *self, const record_head_t *head, size_t *size)
{
    Buckstop__V1__Contact message = BUCKSTOP__V1__CONTACT__INIT;
    Buckstop__V1__Promise promises[PROMISES_MAX], *promise_list[PROMISES_MAX];
    Buckstop__V1__Exclusion excluded[EXCLUSIONS_MAX], *excluded_list[EXCLUSIONS_MAX];
    char *paged[PAGED_MAX];
    Buckstop__V1__Told told[TOLD_MAX], *told_list[TOLD_MAX];
    uint8_t trace[TRACE_BYTES];
    CONTACT_TEXTS (PACK_TEXT)
    CONTACT_VALUES (PACK_VALUE)
    message.trace_context.len = trace_pack (self->trace, trace);
    message.trace_context.data = trace;
    message.promises_opened = self->opened;
    message.promises_kept = self->kept;
    message.promises_broken = self->broken;
    message.promises_released = self->released;
    for (size_t i = 0; i < self->promises_n; i++) {
        promises[i] = promise_message (&self->promises[i]);
        promise_list[i] = &promises[i];
    }
    message.n_promises = self->promises_n;
    message.promises = promise_list;
    for (size_t i = 0; i < self->excluded_n; i++) {
        buckstop__v1__exclusion__init (&excluded[i]);
        excluded[i].person = (char *)self->excluded[i].person;
        excluded[i].until = self->excluded[i].until;
        excluded[i].times = self->excluded[i].times;
        excluded[i].epoch = self->excluded[i].epoch;
        excluded_list[i] = &excluded[i];
    }
    message.n_excluded = self->excluded_n;
    message.excluded = excluded_list;
    for (size_t i = 0; i < self->paged_n; i++)
        paged[i] = (char *)self->paged[i];
    message.n_paged = self->paged_n;
    message.paged = paged;
    for (size_t i = 0; i < self->told_n; i++) {
        buckstop__v1__told__init (&told[i]);
        told[i].person = (char *)self->told[i].person;
        told[i].promise = self->told[i].promise;
        told[i].at = self->told[i].at;
        told[i].urgent = self->told[i].urgent;
        told_list[i] = &told[i];
    }
    message.n_told = self->told_n;
    message.told = told_list;
    return (is_of_b (self) ? record_pack_b : record_pack) (head, &message.base, size);
}

static bool lists_read (const Buckstop__V1__Contact *message, contact_t *self)
{
    if (message->n_promises > PROMISES_MAX || message->n_excluded > EXCLUSIONS_MAX || message->n_paged > PAGED_MAX ||
        message->n_told > TOLD_MAX)
        return false;
    bool whole = true;
    self->promises_n = message->n_promises;
    for (size_t i = 0; i < message->n_promises; i++)
        whole &= promise_read (message->promises[i], &self->promises[i]);
    self->excluded_n = message->n_excluded;
    for (size_t i = 0; i < message->n_excluded; i++) {
        whole &= word_fits (self->excluded[i].person, NAME_SIZE, message->excluded[i]->person);
        self->excluded[i].until = message->excluded[i]->until;
        self->excluded[i].times = message->excluded[i]->times;
        self->excluded[i].epoch = message->excluded[i]->epoch;
    }
    self->paged_n = message->n_paged;
    for (size_t i = 0; i < message->n_paged; i++)
        whole &= word_fits (self->paged[i], NAME_SIZE, message->paged[i]);
    self->told_n = message->n_told;
    for (size_t i = 0; i < message->n_told; i++) {
        whole &= word_fits (self->told[i].person, NAME_SIZE, message->told[i]->person);
        self->told[i].promise = message->told[i]->promise;
        self->told[i].at = message->told[i]->at;
        self->told[i].urgent = message->told[i]->urgent;
    }
    return whole;
}

record_fault_t contact_unpack (const void *bytes, size_t size, record_head_t *head, contact_t *self)
{
    record_fault_t fault;
    scratch_t scratch;
    memset (self, 0, sizeof (*self));
    Buckstop__V1__Contact *message = (Buckstop__V1__Contact *)record_unpack (
        bytes, size, KIND_CONTACT, &buckstop__v1__contact__descriptor, &scratch, head, &fault);
    if (!message)
        return fault;
    bool whole = message->state > 0 && message->state < CONTACT_STATES;
    CONTACT_TEXTS (UNPACK_TEXT)
    CONTACT_VALUES (UNPACK_VALUE)
    whole &= lists_read (message, self);
    whole &= message->trace_context.len
                 ? trace_unpack (message->trace_context.data, message->trace_context.len, self->trace)
                 : word_fits (self->trace, sizeof (self->trace), message->trace);
    self->opened = message->promises_opened;
    self->kept = message->promises_kept;
    self->broken = message->promises_broken;
    self->released = message->promises_released;
    self->version = head->version;
    scratch_close (&scratch);
    return whole ? RECORD_OK : RECORD_BROKEN;
}
