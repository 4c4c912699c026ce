/* customer.h - one customer across channels: the record, and what may be done with it. Pure.
 *
 * How an identity leads to a record:
 *     key_identity (customer_id_of (identity)) names it; where that key is absent, the derived id is the record's.
 *     A record with merged_into was linked to another: that one counts, always in one step.
 * A record holds its own identities only, and its own contacts only (key_customer_contacts); what is shown of a customer
 * is the record that counts and those that it names in `merged`. So linking changes records and nothing else, and
 * unlinking puts back exactly what was. A contact's customer_id is the record that its identity led to, not the one that
 * counts.
 *
 * Invariants (the audit's): for each identity of a record whose derived id is not the record's, key_identity leads to the
 * record, and no other key_identity does; merged_into names a record that is not merged itself and has this one in
 * `merged`. */
#ifndef BUCKSTOP_CUSTOMER_H
#define BUCKSTOP_CUSTOMER_H

#include "identity.h"
#include "record.h"

enum {
    CUSTOMER_IDENTITIES_MAX = 12,
    CUSTOMER_MERGED_MAX = 8,
    CUSTOMER_PROPOSALS_MAX = 8,
    CUSTOMER_NOTES_SIZE = 513,
    CUSTOMER_CONTACTS_KEPT = 32, /* in key_customer_contacts; whoever adds one takes the oldest out */
};

typedef struct proposal {
    identity_t identity;
    char reason[DETAIL_SIZE];
    wall_ms_t at;
} proposal_t;

/* Fields mean what record.proto says of them. */
typedef struct customer {
    char id[ID_SIZE];
    char workspace[NAME_SIZE];
    uint64_t version; /* of the record as loaded; 0: not in the store yet */
    char name[DISPLAY_SIZE];
    char language[LANGUAGE_SIZE];
    char preferred_channel[NAME_SIZE];
    char tier[NAME_SIZE];
    char owner[NAME_SIZE], deputy[NAME_SIZE];
    char notes[CUSTOMER_NOTES_SIZE];
    identity_t identities[CUSTOMER_IDENTITIES_MAX];
    size_t identities_n;
    bool provisional;
    char merged_into[ID_SIZE]; /* "" : this one counts */
    char merged[CUSTOMER_MERGED_MAX][ID_SIZE];
    size_t merged_n;
    proposal_t proposals[CUSTOMER_PROPOSALS_MAX];
    size_t proposals_n;
    wall_ms_t created_at;
    bool forgotten;
} customer_t;

/* As the codecs of record.h: _pack is malloc'd, _unpack strict. Kind KIND_CUSTOMER, epoch 0, no timer. */
uint8_t *customer_pack (const customer_t *customer, const record_head_t *head, size_t *size);
record_fault_t customer_unpack (const void *bytes, size_t size, record_head_t *head, customer_t *customer);

/* The id of the record that counts: its own, or where it was merged. */
const char *customer_counts (const customer_t *self);
bool customer_has (const customer_t *self, const identity_t *identity);
/* A record as a first contact makes it; also of one that was forgotten, when they come again: `self` is then kept as far
 * as links go. name and language may be "". */
void customer_begin (customer_t *self, const char *workspace, const identity_t *identity, const char *name,
                     const char *language, wall_ms_t now);
/* Keeps a doubtful match for a person to look at. False: it is nothing new (there already, or theirs). When there are
 * CUSTOMER_PROPOSALS_MAX the oldest leaves. */
bool customer_propose (customer_t *self, const identity_t *identity, const char *reason, wall_ms_t now);
/* Somebody decided that it is not so. False: there is none of that identity. */
bool customer_dismiss (customer_t *self, const identity_t *identity);
/* One more identity: the caller has seen that it leads to no record, and writes key_identity where its derived id is
 * another than the record's. A proposal of it is answered by that. */
typedef enum customer_outcome {
    CUSTOMER_DONE,
    CUSTOMER_NOTHING, /* it is so already */
    CUSTOMER_REFUSED, /* `why` says why, and what to do */
} customer_outcome_t;
customer_outcome_t customer_add (customer_t *self, const identity_t *identity, char why[DETAIL_SIZE]);
/* The other way round; the one that the record's id derives from stays. The caller deletes key_identity. */
customer_outcome_t customer_remove (customer_t *self, const identity_t *identity, char why[DETAIL_SIZE]);
/* What says who they are is removed: name, identities, notes, ... What remains is an id that contacts name. The caller
 * deletes the key_identity of each identity that it had. */
void customer_forget (customer_t *self);

/* Nobody has said anything of them: the record goes with the last of their contacts. */
bool customer_is_passing (const customer_t *self);

/* ---- linking: two records of one person. Both take all records concerned, as loaded, and change them in place; those
 * that are `changed` are written by one commit that expects the version of each. */
typedef struct customer_entry {
    customer_t customer;
    record_head_t head; /* as loaded; the caller's */
    bool changed;
} customer_entry_t;

/* `from` becomes part of `into`. entries: both, and each record that `from` names in merged. */
customer_outcome_t customer_link (customer_entry_t *entries, size_t n, const char *into, const char *from,
                                  char why[DETAIL_SIZE]);
/* `from` is a customer of its own again, with those that had been linked to it before. entries: it, the one that it was
 * merged into, and each record that this one names in merged. */
customer_outcome_t customer_unlink (customer_entry_t *entries, size_t n, const char *from, char why[DETAIL_SIZE]);

/* ---- import: what a row of a table says of one customer. "" leaves a field as it is. */
typedef struct customer_row {
    char id[ID_SIZE]; /* "" : found by the identities */
    char name[DISPLAY_SIZE], language[LANGUAGE_SIZE], preferred_channel[NAME_SIZE], tier[NAME_SIZE];
    char owner[NAME_SIZE], deputy[NAME_SIZE], notes[CUSTOMER_NOTES_SIZE];
    identity_t identities[CUSTOMER_IDENTITIES_MAX];
    size_t identities_n;
    /* of each identity, filled in by the caller: the record that counts where it leads now; "" : none yet */
    char holders[CUSTOMER_IDENTITIES_MAX][ID_SIZE];
} customer_row_t;

typedef struct customer_import {
    customer_t after;
    bool changed;                          /* else there is nothing to write */
    bool opened;                           /* there was no record */
    size_t added[CUSTOMER_IDENTITIES_MAX]; /* indices of identities of the row that are new to everybody: the caller
                                               writes key_identity where the derived id is not after.id, and expects that
                                               neither that key nor a record of the derived id has come up meanwhile */
    size_t added_n;
    size_t proposed; /* identities that belong to another record: kept as proposals, not done */
} customer_import_t;

/* Which record the row is about: its id, else the first holder, else the one that its first identity derives. False: it
 * says neither an id nor an identity. */
bool customer_row_target (const customer_row_t *row, char id[ID_SIZE]);
/* existing: that record; NULL: there is none (refused when the row names an id). Whoever is imported is no longer
 * provisional. `source` says where the row is from, for proposals: "row 7 of customers.csv". */
customer_outcome_t customer_import (const customer_t *existing, const char *workspace, const customer_row_t *row,
                                    const char *source, wall_ms_t now, customer_import_t *result,
                                    char why[DETAIL_SIZE]);

#endif
