/* customers_write.c - whose submission it is: what the decision hears of it, and what the contact's commit writes.
 *
 * Somebody who was never seen gets a record; each new contact a place in its customer's list. A message of one customer
 * in a contact of another leaves a proposal there, once: perhaps it is the same person, and a person decides that. Not where
 * the policy names who wrote: a colleague's answer to a notice says nothing of who the customer is.
 *
 * Our checks have event ids of their own, since the contact's record is the one that tells whether a commit is done
 * already: the same request, sent twice at once, must not be answered with a contact that only one of both made. */
#include "customers_inside.h"

#include "ids.h"
#include "keys.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *customers_append (const customer_found_t *self)
{
    return self && *self->append ? self->append : NULL;
}

static const char *or_else (const char *text, const char *otherwise)
{
    return word_empty (text) ? otherwise : text;
}

void customers_say (customer_found_t *self, submission_t *submission)
{
    const customer_t *known = self ? customers_known (self) : NULL;
    if (!self)
        return;
    submission->customer_id = self->home;
    submission->linked = self->linked;
    submission->linked_owner = self->linked_owner;
    submission->linked_due = self->linked_due;
    submission->owner_known = self->owner;
    if (self->untold)
        submission->untold = self->untold;
    if (!known)
        return;
    int used = snprintf (self->ids, sizeof self->ids, "%s", known->id);
    for (size_t i = 0; i < known->merged_n; i++)
        used += snprintf (self->ids + used, sizeof self->ids - (size_t)used, " %s", known->merged[i]);
    submission->customer_ids = self->ids;
    submission->tier_known = known->tier;
    submission->language = or_else (submission->language, known->language);
    submission->customer_name = known->provisional ? or_else (submission->customer_name, known->name)
                                                   : or_else (known->name, submission->customer_name);
}

/* ------------------------------------------------------- the doubtful match */

static bool is_theirs (const customer_found_t *self, const char *customer)
{
    const customer_t *known = customers_known (self);
    if (strcmp (customer, self->home) == 0)
        return true;
    if (!known)
        return false;
    for (size_t i = 0; i < known->merged_n; i++)
        if (strcmp (customer, known->merged[i]) == 0)
            return true;
    return strcmp (customer, known->id) == 0;
}

bool customers_may_go (customer_found_t *self, const contact_t *before)
{
    if (!self)
        return true;
    self->adopts = !*before->customer_id;
    if (self->adopts || is_theirs (self, before->customer_id))
        return true;
    if (self->theirs_known && strcmp (self->wanted, before->customer_id) == 0)
        return true;
    self->theirs_known = false;
    WORD_COPY (self->wanted, before->customer_id);
    return false;
}

bool customers_wants_theirs (const customer_found_t *self)
{
    return self && *self->wanted && !self->theirs_known;
}

/* ------------------------------------------------------------- the commit */

static event_id_t event_of (const ask_t *ask, const char *contact)
{
    char hex[HASH_HEX_SIZE];
    event_id_hex (ask->once.event, hex);
    return event_id_of ("customer", hex, contact, NULL);
}

/* A record that was not there at version 0, or as it was read. */
static void write_record (const customer_found_t *self, const ask_t *ask, commit_t *commit, const record_head_t *head,
                          const customer_t *after, const char *contact)
{
    char key[KEY_SIZE];
    size_t size;
    event_id_t event = event_of (ask, contact);
    record_head_t next = record_head_next (head, KIND_CUSTOMER, event, 0);
    uint8_t *bytes = customer_pack (after, &next, &size);
    key_customer (key, self->shard, self->workspace, after->id);
    commit_expect_record (commit, key, head->version, event);
    commit_put (commit, key, bytes, size, 0);
    free (bytes);
}

/* Colleagues answer what they are told of a contact: they are not who it is about. */
static bool is_colleague (const customer_found_t *self, const ask_t *ask)
{
    const policy_t *policy = workspaces_policy (ask->intake->service->workspaces, ask->bearer.workspace);
    return policy && policy_person_by_mail (policy, self->identity.value);
}

static void propose (const customer_found_t *self, const ask_t *ask, commit_t *commit, const contact_t *after)
{
    char reason[DETAIL_SIZE];
    customer_t theirs;
    if (!self->theirs || strcmp (self->wanted, after->customer_id) != 0 ||
        is_theirs (self, self->theirs->customer.id) || is_colleague (self, ask))
        return;
    theirs = self->theirs->customer;
    snprintf (reason, sizeof reason, "wrote in contact %s, by %s", after->id, self->channel);
    if (customer_propose (&theirs, &self->identity, reason, after->last_customer_at))
        write_record (self, ask, commit, &self->theirs->head, &theirs, after->id);
}

static void make_record (const customer_found_t *self, const ask_t *ask, commit_t *commit, const contact_t *after)
{
    static const record_head_t absent;
    const customer_read_t *was = self->record;
    customer_t customer = was ? was->customer : (customer_t){0};
    char key[KEY_SIZE];
    customer_begin (&customer, self->workspace, &self->identity, ask->submit.customer_name, ask->submit.language,
                    after->opened_at);
    commit_expect_value (commit, key_identity (key, self->shard, self->workspace, self->derived), "", 0);
    write_record (self, ask, commit, was ? &was->head : &absent, &customer, after->id);
}

/* Two messages at once of somebody who has nothing open are one matter: the record that counts gets a new version, so
 * that the second is refused, looks again, and is appended. */
static void claim (const customer_found_t *self, const ask_t *ask, commit_t *commit, const contact_t *after)
{
    const customer_read_t *counts = self->counts ? self->counts : self->record;
    if (self->alone && counts)
        write_record (self, ask, commit, &counts->head, &counts->customer, after->id);
}

/* Of a contact that follows another and names nobody itself, too. */
static void place (const ask_t *ask, commit_t *commit, const contact_t *after)
{
    char key[KEY_SIZE];
    if (*after->customer_id)
        commit_place (commit, key_customer_contacts (key, ask_shard (ask), ask->bearer.workspace, after->customer_id),
                      after->opened_at, after->id);
}

static void make_room (const customer_found_t *self, commit_t *commit)
{
    char key[KEY_SIZE];
    key_customer_contacts (key, self->shard, self->workspace, self->home);
    for (size_t i = 0; i < self->old_n; i++)
        commit_unplace (commit, key, self->old[i]);
}

void customers_extra (customer_found_t *self, const ask_t *ask, commit_t *commit, const contact_t *after, bool opening)
{
    bool begins = opening || (self && self->adopts && *after->customer_id);
    if (begins)
        place (ask, commit, after);
    if (!self)
        return;
    bool back = self->record && self->record->customer.forgotten && strcmp (self->home, self->derived) == 0;
    self->ops_from = commit_size (commit);
    if (begins && (self->fresh || back))
        make_record (self, ask, commit, after);
    else if (opening)
        claim (self, ask, commit, after);
    if (begins)
        make_room (self, commit);
    else
        propose (self, ask, commit, after);
    self->ops_end = commit_size (commit);
}

bool customers_refused (const customer_found_t *self, const commit_answer_t *answer)
{
    return self && answer->failed >= self->ops_from && answer->failed < self->ops_end;
}
