/* perform.c (fake) - one commit on the keyspace in memory: every check, then every write.
 *
 * As in commit.lua: a key has one shape within a commit, the first stream's shape is looked at last, and a commit
 * that was done before says so whichever check refuses it. */
#include "perform_ops.h"

#include "record.h"

#include <string.h>

/* Words for what is malformed; NULL: nothing. */
static const char *malformed (step_t *step, const op_row_t *row)
{
    const commit_op_t *op = &step->op;
    if (!row)
        return "unknown op";
    if (op->args_n < row->args_min || op->args_n > row->args_max)
        return "wrong number of arguments";
    if (op->args[0].size >= sizeof step->key)
        return "key too long";
    for (size_t i = 1; i < op->args_n; i++) {
        int64_t value;
        bool wants = (row->number >> i & 1) || (op->op == OP_ROOM && i % 2 == 1);
        if (wants && !op_number (&op->args[i], &value))
            return "not a number";
    }
    if (op->op == OP_RECORD && (op->args[1].size != 8 || op->args[2].size != EVENT_ID_SIZE))
        return "wrong size";
    return NULL;
}

static bool invalid (commit_answer_t *answer, const char *why)
{
    answer->outcome = COMMIT_INVALID;
    answer->found = why;
    answer->found_size = strlen (why);
    return false;
}

/* An absent key takes one shape only: does an earlier op of this commit want another? */
static bool torn (const step_t *step, const commit_t *commit, size_t index, int kind)
{
    for (size_t i = 0; i < index; i++) {
        commit_op_t op = commit_op (commit, i);
        bool same = op.args_n && op.args[0].size == step->op.args[0].size &&
                    memcmp (op.args[0].bytes, step->op.args[0].bytes, op.args[0].size) == 0;
        const op_row_t *row = op_row_of (op.op);
        if (same && row && row->kind >= 0 && row->kind != kind)
            return true;
    }
    return false;
}

static bool wrong_type (const step_t *step, const commit_t *commit, size_t index, const op_row_t *row)
{
    if (row->kind < 0)
        return false;
    return step->data ? (int)step->data->kind != row->kind : torn (step, commit, index, row->kind);
}

/* event: the first entry of a stream. As in commit.lua its key's shape is looked at after all else. */
static bool check (step_t *step, const commit_t *commit, size_t index, size_t event)
{
    const op_row_t *row = op_row_of (step->op.op);
    const char *why = malformed (step, row);
    if (why)
        return invalid (step->answer, why);
    memcpy (step->key, step->op.args[0].bytes, step->op.args[0].size);
    step->key[step->op.args[0].size] = 0;
    step->data = data_find (step->key);
    if (index != event && wrong_type (step, commit, index, row))
        return invalid (step->answer, "wrong type");
    if (!row->check || row->check (step))
        return true;
    return row->op == OP_COUNT ? invalid (step->answer, "not a number") : false;
}

static step_t step_at (const commit_t *commit, size_t index, wall_ms_t now, commit_answer_t *answer)
{
    return (step_t){.op = commit_op (commit, index), .now = now, .answer = answer};
}

/* Was it committed before? Asked before it is refused: a check that its own writes made fail says so. */
static void already (const commit_t *commit, commit_answer_t *answer)
{
    for (size_t i = 0; i < commit_size (commit); i++) {
        commit_op_t op = commit_op (commit, i);
        char key[LONG_KEY] = "";
        if (op.op != OP_RECORD || op.args_n != 3 || op.args[0].size >= sizeof key)
            continue;
        memcpy (key, op.args[0].bytes, op.args[0].size);
        const data_t *data = data_find (key);
        if (data && data->kind == DATA_STRING && op_record_holds (&data->items[0], &op.args[2])) {
            *answer = (commit_answer_t){.outcome = COMMIT_ALREADY, .at = answer->at};
            answer->version = op_version (data->items[0].bytes + 4);
            return;
        }
    }
}

static bool check_all (const commit_t *commit, wall_ms_t now, commit_answer_t *answer)
{
    size_t n = commit_size (commit), event = n;
    for (size_t i = 0; i <= n; i++) {
        if (i == n && event == n)
            break;
        size_t index = i < n ? i : event;
        *answer = (commit_answer_t){.outcome = COMMIT_REFUSED, .at = now, .failed = index};
        step_t step = step_at (commit, index, now, answer);
        answer->failed_op = step.op.op;
        answer->key = step.op.args_n ? step.op.args[0].bytes : NULL;
        answer->key_size = step.op.args_n ? step.op.args[0].size : 0;
        if (i < n && event == n && step.op.op == OP_EVENT)
            event = i;
        if (!check (&step, commit, index, i < n ? event : n)) {
            if (i < n)
                already (commit, answer);
            return false;
        }
    }
    return true;
}

static void write_all (const commit_t *commit, wall_ms_t now, commit_answer_t *answer, perform_event_fn *on_event)
{
    *answer = (commit_answer_t){.outcome = COMMIT_DONE, .at = now};
    for (size_t i = 0; i < commit_size (commit); i++) {
        step_t step = step_at (commit, i, now, answer);
        memcpy (step.key, step.op.args[0].bytes, step.op.args[0].size);
        step.on_event = on_event;
        const op_row_t *row = op_row_of (step.op.op);
        if (row->write)
            row->write (&step);
    }
}

void perform_commit (const commit_t *commit, wall_ms_t now, commit_answer_t *answer, perform_event_fn *on_event)
{
    data_now (now);
    if (check_all (commit, now, answer))
        write_all (commit, now, answer, on_event);
}
