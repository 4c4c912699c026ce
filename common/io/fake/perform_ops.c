/* perform_ops.c (fake) - one op of a commit on the keyspace in memory: its check and its write.
 *
 * One row of `ops` per letter says how many arguments it takes, which shape its key must have, which of its
 * arguments are numbers, what it checks and what it writes. */
#include "perform_ops.h"

#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char words[128]; /* what `found` shows where it is no value of the store */

bool op_number (const commit_arg_t *arg, int64_t *number)
{
    char text[24], *end;
    if (arg->size == 0 || arg->size >= sizeof text)
        return false;
    memcpy (text, arg->bytes, arg->size);
    text[arg->size] = 0;
    *number = strtoll (text, &end, 10);
    return *end == 0 && text[0] != ' ' && text[0] != '+';
}

static int64_t number (const step_t *step, size_t index)
{
    int64_t value = 0;
    op_number (&step->op.args[index], &value);
    return value;
}

static void found_is (step_t *step, const char *bytes, size_t size)
{
    step->answer->found = bytes;
    step->answer->found_size = size;
}

static const data_item_t *string_of (const step_t *step)
{
    return step->data ? &step->data->items[0] : NULL;
}

/* The head with the ids behind it, as far as there are bytes. */
static void found_head (step_t *step)
{
    const data_item_t *value = string_of (step);
    size_t size = value ? value->size : 0;
    found_is (step, value ? value->bytes : "", size < RECORD_HEAD_SIZE ? size : RECORD_HEAD_SIZE);
}

/* --- checks ------------------------------------------------------------------------------------ */

bool op_record_holds (const data_item_t *value, const commit_arg_t *id)
{
    if (value->size < RECORD_HEAD_SIZE)
        return false;
    size_t ids = (uint8_t)value->bytes[2];
    for (size_t i = 0; i < ids; i++) {
        size_t at = RECORD_HEAD_SIZE + i * EVENT_ID_SIZE;
        if (at + EVENT_ID_SIZE <= value->size && memcmp (value->bytes + at, id->bytes, EVENT_ID_SIZE) == 0)
            return true;
    }
    return false;
}

uint64_t op_version (const char *bytes)
{
    uint64_t version = 0;
    for (size_t i = 0; i < 8; i++)
        version = version << 8 | (uint8_t)bytes[i];
    return version;
}

static bool check_record (step_t *step)
{
    const data_item_t *value = string_of (step);
    const commit_arg_t *wanted = &step->op.args[1];
    if (!value)
        return found_is (step, "", 0), op_version (wanted->bytes) == 0;
    bool same = value->size >= RECORD_HEAD_SIZE && memcmp (value->bytes + 4, wanted->bytes, 8) == 0;
    if (same && !op_record_holds (value, &step->op.args[2]))
        return true;
    found_head (step);
    return false;
}

static bool check_free (step_t *step)
{
    const data_item_t *value = string_of (step);
    if (value)
        found_is (step, value->bytes, value->size);
    return !value;
}

static bool check_value (step_t *step)
{
    const data_item_t *value = string_of (step);
    const commit_arg_t *wanted = &step->op.args[1];
    found_is (step, value ? value->bytes : "", value ? value->size : 0);
    return value ? data_compare (value->bytes, value->size, wanted->bytes, wanted->size) == 0 : wanted->size == 0;
}

static bool check_head (step_t *step)
{
    const data_item_t *value = string_of (step);
    size_t offset = (size_t)number (step, 1);
    const commit_arg_t *wanted = &step->op.args[2];
    if (value && offset + wanted->size <= value->size &&
        memcmp (value->bytes + offset, wanted->bytes, wanted->size) == 0)
        return true;
    found_head (step);
    return false;
}

/* How many members "channel/..." there are. */
static int64_t members_of (const step_t *step, const commit_arg_t *channel)
{
    int64_t n = 0;
    for (size_t i = 0; step->data && i < step->data->n; i++) {
        const data_item_t *item = &step->data->items[i];
        n += item->name_size > channel->size && item->name[channel->size] == '/' &&
             memcmp (item->name, channel->bytes, channel->size) == 0;
    }
    return n;
}

static bool check_room (step_t *step)
{
    int64_t sum = 0;
    for (size_t i = 2; i + 1 < step->op.args_n; i += 2)
        sum += members_of (step, &step->op.args[i]) * number (step, i + 1);
    if (sum <= number (step, 1))
        return true;
    snprintf (words, sizeof words, "%" PRId64, sum);
    found_is (step, words, strlen (words));
    return false;
}

/* --- writes ------------------------------------------------------------------------------------ */

static void write_put (step_t *step)
{
    int64_t ttl = number (step, 2);
    data_put (step->key, step->op.args[1].bytes, step->op.args[1].size, ttl > 0 ? step->now + ttl : 0);
}

static void write_delete (step_t *step)
{
    data_remove (step->key);
}

static void write_place (step_t *step)
{
    data_place (data_make (step->key, DATA_ZSET), number (step, 1), step->op.args[2].bytes, step->op.args[2].size);
}

static void write_sooner (step_t *step)
{
    data_t *data = data_make (step->key, DATA_ZSET);
    const data_item_t *old = data_named (data, step->op.args[2].bytes, step->op.args[2].size);
    if (!old || old->score > number (step, 1))
        write_place (step);
}

static void write_unplace (step_t *step)
{
    data_t *data = data_find (step->key);
    const data_item_t *old = data_named (data, step->op.args[1].bytes, step->op.args[1].size);
    if (old)
        data_drop (data, (size_t)(old - data->items));
}

static void write_append (step_t *step)
{
    data_append (data_make (step->key, DATA_LIST), 0, NULL, 0, step->op.args[1].bytes, step->op.args[1].size);
}

static void write_event (step_t *step)
{
    data_t *data = data_make (step->key, DATA_STREAM);
    data->number++;
    data_append (data, (int64_t)data->number, NULL, 0, step->op.args[1].bytes, step->op.args[1].size);
    step->answer->event_number = data->number;
    step->on_event (step->key);
}

static void write_count (step_t *step)
{
    data_t *data = data_make (step->key, DATA_HASH);
    const commit_arg_t *field = &step->op.args[1];
    data_item_t *item = data_named (data, field->bytes, field->size);
    int64_t sum = number (step, 2) + (item ? strtoll (item->bytes, NULL, 10) : 0);
    char text[24];
    size_t size = (size_t)snprintf (text, sizeof text, "%" PRId64, sum);
    if (!item) {
        data_append (data, 0, field->bytes, field->size, text, size);
        return;
    }
    free (item->bytes);
    item->bytes = strdup (text);
    item->size = size;
}

/* A counter that holds no number: seen before anything is written. */
static bool check_count (step_t *step)
{
    data_item_t *item = data_named (step->data, step->op.args[1].bytes, step->op.args[1].size);
    int64_t value;
    return !item || op_number (&(commit_arg_t){item->bytes, item->size}, &value);
}

/* clang-format off */
static const op_row_t ops[] = {
    {OP_RECORD,  3, 3,  DATA_STRING, 0,         check_record, NULL},
    {OP_FREE,    1, 1,  DATA_STRING, 0,         check_free,   NULL},
    {OP_VALUE,   2, 2,  DATA_STRING, 0,         check_value,  NULL},
    {OP_HEAD,    3, 3,  DATA_STRING, 1u << 1,   check_head,   NULL},
    {OP_ROOM,    2, 99, DATA_ZSET,   1u << 1,   check_room,   NULL},
    {OP_PUT,     3, 3,  DATA_STRING, 1u << 2,   NULL,         write_put},
    {OP_DELETE,  1, 1,  -1,          0,         NULL,         write_delete},
    {OP_PLACE,   3, 3,  DATA_ZSET,   1u << 1,   NULL,         write_place},
    {OP_SOONER,  3, 3,  DATA_ZSET,   1u << 1,   NULL,         write_sooner},
    {OP_UNPLACE, 2, 2,  DATA_ZSET,   0,         NULL,         write_unplace},
    {OP_APPEND,  2, 2,  DATA_LIST,   0,         NULL,         write_append},
    {OP_EVENT,   2, 2,  DATA_STREAM, 0,         NULL,         write_event},
    {OP_COUNT,   3, 3,  DATA_HASH,   1u << 2,   check_count,  write_count},
};
/* clang-format on */

const op_row_t *op_row_of (char op)
{
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (ops[i].op == op)
            return &ops[i];
    }
    return NULL;
}
