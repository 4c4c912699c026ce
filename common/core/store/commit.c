/* commit.c - the list of checks and writes that one atomic commit carries.
 *
 * Bytes are copied into blocks that never move, so the views that commit_op gives stay valid until the
 * commit is destroyed or gets another op. What a letter means is in commit.h; what is performed stands in
 * commit.lua and in the fake store. */
#include "commit.h"

#include "xmalloc.h"

enum { BLOCK_SIZE = 4096, NUMBER_SIZE = 24, HEAD_ATTEMPTS_AT = 1, HEAD_VERSION_AT = 4, HEAD_EPOCH_AT = 12 };

typedef struct block {
    struct block *next;
    size_t used, size;
    char bytes[];
} block_t;

typedef struct entry {
    char op;
    size_t first, n; /* its arguments in `args` */
} entry_t;

struct commit {
    int shard;
    entry_t *ops;
    size_t ops_n, ops_room;
    commit_arg_t *args;
    size_t args_n, args_room;
    block_t *blocks; /* the newest first */
};

commit_t *commit_new (int shard)
{
    commit_t *self = xcalloc (1, sizeof *self);
    self->shard = shard;
    return self;
}

void commit_destroy (commit_t **self_p)
{
    commit_t *self = *self_p;
    if (!self)
        return;
    for (block_t *block = self->blocks, *next; block; block = next) {
        next = block->next;
        free (block);
    }
    free (self->ops);
    free (self->args);
    free (self);
    *self_p = NULL;
}

int commit_shard (const commit_t *self)
{
    return self->shard;
}

size_t commit_size (const commit_t *self)
{
    return self->ops_n;
}

commit_op_t commit_op (const commit_t *self, size_t index)
{
    const entry_t *entry = &self->ops[index];
    return (commit_op_t){.op = entry->op, .args_n = entry->n, .args = self->args + entry->first};
}

static char *keep (commit_t *self, const void *bytes, size_t size)
{
    block_t *block = self->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = xmalloc (sizeof *block + room);
        *block = (block_t){.next = self->blocks, .size = room};
        self->blocks = block;
    }
    char *copy = block->bytes + block->used;
    if (size)
        memcpy (copy, bytes, size);
    block->used += size;
    return copy;
}

static void begin (commit_t *self, char op)
{
    if (self->ops_n == self->ops_room) {
        self->ops_room = self->ops_room ? 2 * self->ops_room : 16;
        self->ops = xrealloc (self->ops, self->ops_room * sizeof *self->ops);
    }
    self->ops[self->ops_n++] = (entry_t){.op = op, .first = self->args_n};
}

static void add_bytes (commit_t *self, const void *bytes, size_t size)
{
    if (self->args_n == self->args_room) {
        self->args_room = self->args_room ? 2 * self->args_room : 32;
        self->args = xrealloc (self->args, self->args_room * sizeof *self->args);
    }
    self->args[self->args_n++] = (commit_arg_t){.bytes = keep (self, bytes, size), .size = size};
    self->ops[self->ops_n - 1].n++;
}

static void add_text (commit_t *self, const char *text)
{
    add_bytes (self, text, strlen (text));
}

static void add_number (commit_t *self, int64_t number)
{
    char text[NUMBER_SIZE], *at = text + sizeof text; /* by hand: there are several in each commit */
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *--at = '-';
    add_bytes (self, at, (size_t)(text + sizeof text - at));
}

/* Numbers inside a record's head are big endian. */
static void add_big_endian (commit_t *self, uint64_t number, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> 8 * (size - 1 - i));
    add_bytes (self, bytes, size);
}

void commit_expect_record (commit_t *self, const char *key, uint64_t version, event_id_t id)
{
    begin (self, OP_RECORD);
    add_text (self, key);
    add_big_endian (self, version, 8);
    add_bytes (self, id.bytes, sizeof id.bytes);
}

void commit_expect_free (commit_t *self, const char *key)
{
    begin (self, OP_FREE);
    add_text (self, key);
}

void commit_expect_value (commit_t *self, const char *key, const void *bytes, size_t size)
{
    begin (self, OP_VALUE);
    add_text (self, key);
    add_bytes (self, bytes, size);
}

void commit_expect_epoch (commit_t *self, const char *key, uint32_t epoch)
{
    begin (self, OP_HEAD);
    add_text (self, key);
    add_number (self, HEAD_EPOCH_AT);
    add_big_endian (self, epoch, 4);
}

void commit_expect_version (commit_t *self, const char *key, uint64_t version)
{
    begin (self, OP_HEAD);
    add_text (self, key);
    add_number (self, HEAD_VERSION_AT);
    add_big_endian (self, version, 8);
}

void commit_expect_attempts (commit_t *self, const char *key, unsigned attempts)
{
    char byte = (char)('0' + attempts);
    begin (self, OP_HEAD);
    add_text (self, key);
    add_number (self, HEAD_ATTEMPTS_AT);
    add_bytes (self, &byte, 1);
}

void commit_expect_room (commit_t *self, const char *key, int64_t room, const commit_weight_t *weights, size_t n)
{
    begin (self, OP_ROOM);
    add_text (self, key);
    add_number (self, room);
    for (size_t i = 0; i < n; i++) {
        add_text (self, weights[i].channel);
        add_number (self, weights[i].weight);
    }
}

void commit_put (commit_t *self, const char *key, const void *bytes, size_t size, int64_t ttl_ms)
{
    begin (self, OP_PUT);
    add_text (self, key);
    add_bytes (self, bytes, size);
    add_number (self, ttl_ms);
}

void commit_delete (commit_t *self, const char *key)
{
    begin (self, OP_DELETE);
    add_text (self, key);
}

static void add_place (commit_t *self, char op, const char *key, int64_t score, const char *member)
{
    begin (self, op);
    add_text (self, key);
    add_number (self, score);
    add_text (self, member);
}

void commit_place (commit_t *self, const char *key, int64_t score, const char *member)
{
    add_place (self, OP_PLACE, key, score, member);
}

void commit_place_sooner (commit_t *self, const char *key, int64_t score, const char *member)
{
    add_place (self, OP_SOONER, key, score, member);
}

void commit_unplace (commit_t *self, const char *key, const char *member)
{
    begin (self, OP_UNPLACE);
    add_text (self, key);
    add_text (self, member);
}

void commit_append (commit_t *self, const char *key, const void *bytes, size_t size)
{
    begin (self, OP_APPEND);
    add_text (self, key);
    add_bytes (self, bytes, size);
}

void commit_event (commit_t *self, const char *key, const void *bytes, size_t size)
{
    begin (self, OP_EVENT);
    add_text (self, key);
    add_bytes (self, bytes, size);
}

void commit_count (commit_t *self, const char *key, const char *field, int64_t change)
{
    begin (self, OP_COUNT);
    add_text (self, key);
    add_text (self, field);
    add_number (self, change);
}
