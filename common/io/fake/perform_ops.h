/* perform_ops.h - the letters of a commit, a row each: what it takes, checks and writes. */
#ifndef BUCKSTOP_FAKE_PERFORM_OPS_H
#define BUCKSTOP_FAKE_PERFORM_OPS_H

#include "data.h"
#include "keys.h"
#include "perform.h"

enum { LONG_KEY = KEY_SIZE + 96 }; /* a longer one is malformed */

typedef struct step {
    commit_op_t op;
    char key[LONG_KEY];
    data_t *data; /* NULL: absent */
    wall_ms_t now;
    commit_answer_t *answer;
    perform_event_fn *on_event;
} step_t;

/* false: the check failed; the answer says what was found. */
typedef bool (check_fn) (step_t *step);
typedef void (write_fn) (step_t *step);

typedef struct op_row {
    char op;
    size_t args_min, args_max;
    int kind;        /* of the key, data_kind_t; -1: any */
    unsigned number; /* bits: which arguments are decimal numbers */
    check_fn *check;
    write_fn *write;
} op_row_t;

/* NULL: no such op. */
const op_row_t *op_row_of (char op);
bool op_number (const commit_arg_t *arg, int64_t *number);
bool op_record_holds (const data_item_t *value, const commit_arg_t *id);
uint64_t op_version (const char *bytes); /* of a record, as it stands in its head */

#endif
