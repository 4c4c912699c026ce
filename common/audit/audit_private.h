/* audit_private.h - one walk, shared by the files that do it. */
#ifndef BUCKSTOP_AUDIT_PRIVATE_H
#define BUCKSTOP_AUDIT_PRIVATE_H

#include "audit_ask.h"
#include "audit_index.h"
#include "audit_read.h"
#include "policy.h"

typedef struct epoch {
    char person[NAME_SIZE];
    uint32_t epoch;
} epoch_t;

typedef struct reader {
    const audit_way_t *way;
    asker_t asker;
    store_t *store;
    int shard;
    const char *workspace;
    policy_t *policy;
    index_t due[3]; /* contacts, people, deliveries */
    index_t queue, open, own, dead;
    epoch_t *epochs;
    size_t epochs_n;
    audit_findings_t *out;
    audit_counts_t *counts;
} reader_t;

enum { DUE_CONTACTS, DUE_PEOPLE, DUE_DELIVERIES };

/* Runs until all questions are answered. False: away, or interrupted. */
bool audit_wait (reader_t *self);
/* All sets of the workspace. False: away, or interrupted; so in all of these. */
bool audit_read_sets (reader_t *self);
/* All keys of a family; each page is handed to fn in parts of at most AUDIT_PAGE. */
enum { AUDIT_PAGE = 128 };
typedef bool (keys_fn) (reader_t *self, const store_value_t *keys, size_t n);
bool audit_walk (reader_t *self, const char *pattern, keys_fn *fn);

/* Judges one record by what stands in the reader's sets. */
void audit_take_person (reader_t *self, const char *id, const store_value_t *value);
void audit_take_contact (reader_t *self, const char *id, const store_value_t *value, const answer_t *timeline);
void audit_take_delivery (reader_t *self, const char *id, const store_value_t *value);
void audit_note_epoch (reader_t *self, const person_t *person);
/* What no record answered for. */
void audit_left_over (reader_t *self);
void audit_reader_clear (reader_t *self); /* not its policy */

/* Looks at each suspect alone, so that what is read belongs together; who is still one is named. */
bool audit_again (reader_t *walk, audit_findings_t *suspects, audit_findings_t *named, size_t *unsettled);

#endif
