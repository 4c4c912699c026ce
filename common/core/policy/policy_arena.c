/* policy_arena.c - the memory of one policy: blocks in a chain, freed together by the last owner.
 *
 * A policy is read once and shared; thousands of small strings need no frees of their own. A piece that
 * is larger than a block gets a block to itself. Not thread-safe: a process has one thread that decides. */
#include "policy_arena.h"
#include "xmalloc.h"

#include <stdalign.h>

enum { BLOCK_SIZE = 16 * 1024 };

struct block {
    struct block *next;
    size_t used, size;
    alignas (max_align_t) unsigned char bytes[];
};

struct adopted {
    struct adopted *next;
    calendar_t *calendar; /* one of both */
    pattern_t *pattern;
};

struct policy_arena {
    unsigned owners;
    struct block *blocks;
    struct adopted *adopted;
};

struct policy_arena *arena_new (void)
{
    struct policy_arena *self = xcalloc (1, sizeof *self);
    self->owners = 1;
    return self;
}

void arena_ref (struct policy_arena *self)
{
    self->owners++;
}

void arena_destroy (struct policy_arena **self_p)
{
    struct policy_arena *self = *self_p;
    *self_p = NULL;
    if (!self || --self->owners)
        return;
    for (struct adopted *row = self->adopted; row; row = row->next)
        calendar_destroy (&row->calendar), pattern_destroy (&row->pattern);
    while (self->blocks) {
        struct block *block = self->blocks;
        self->blocks = block->next;
        free (block);
    }
    free (self);
}

void *arena_alloc (struct policy_arena *self, size_t size)
{
    size = (size + alignof (max_align_t) - 1) / alignof (max_align_t) * alignof (max_align_t);
    struct block *block = self->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = xcalloc (1, sizeof *block + room);
        block->size = room;
        block->next = self->blocks;
        self->blocks = block;
    }
    void *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

char *arena_copy (struct policy_arena *self, const char *text, size_t length)
{
    char *copy = arena_alloc (self, length + 1);
    if (length)
        memcpy (copy, text, length);
    return copy;
}

static struct adopted *adopt (struct policy_arena *self)
{
    struct adopted *row = arena_alloc (self, sizeof *row);
    row->next = self->adopted;
    return self->adopted = row;
}

void arena_adopt (struct policy_arena *self, calendar_t *calendar)
{
    adopt (self)->calendar = calendar;
}

void arena_adopt_pattern (struct policy_arena *self, pattern_t *pattern)
{
    adopt (self)->pattern = pattern;
}
