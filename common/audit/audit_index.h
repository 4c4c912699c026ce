/* audit_index.h - what stands in the sets of a workspace, found again by member. Pure. */
#ifndef BUCKSTOP_AUDIT_INDEX_H
#define BUCKSTOP_AUDIT_INDEX_H

#include "types.h"

typedef struct index_row {
    char *member;  /* a contact's, person's or delivery's id */
    char *channel; /* own sets: the channel; else NULL */
    char *person;  /* own sets: whose; else NULL */
    uint32_t epoch;
    int64_t score;
    bool used; /* some record answered for it */
} index_row_t;

typedef struct index {
    index_row_t *rows;
    size_t n, room;
    bool sorted;
} index_t;

index_row_t *audit_index_add (index_t *self, const char *member, size_t size, int64_t score);
/* The rows of a member, marked as used: the first, and how many. NULL: none. */
const index_row_t *audit_index_take (index_t *self, const char *member, size_t *n);
void audit_index_clear (index_t *self);

#endif
