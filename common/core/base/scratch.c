/* scratch.c - pieces one behind the other; what does not fit any more is one of malloc's. */
#include "scratch.h"

#include "xmalloc.h"

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__)
#define EACH_FROM_MALLOC true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_FROM_MALLOC true
#endif
#endif
#ifndef EACH_FROM_MALLOC
#define EACH_FROM_MALLOC false
#endif

struct scratch_piece {
    struct scratch_piece *next;
    alignas (max_align_t) char bytes[];
};

static void *take (void *arg, size_t size)
{
    scratch_t *self = arg;
    size_t room = SCRATCH_SIZE > self->used ? SCRATCH_SIZE - self->used : 0;
    if (!EACH_FROM_MALLOC && size <= room) {
        char *piece = self->own + self->used;
        size_t rest = size % alignof (max_align_t);
        self->used += rest ? size + alignof (max_align_t) - rest : size;
        return piece;
    }
    struct scratch_piece *piece = xmalloc (sizeof *piece + size);
    piece->next = self->pieces;
    self->pieces = piece;
    return piece->bytes;
}

static void leave (void *arg, void *piece)
{
    (void)arg, (void)piece;
}

void scratch_open (scratch_t *self)
{
    self->allocator = (ProtobufCAllocator){take, leave, self};
    self->pieces = NULL;
    self->used = 0;
}

void scratch_close (scratch_t *self)
{
    while (self->pieces) {
        struct scratch_piece *piece = self->pieces;
        self->pieces = piece->next;
        free (piece);
    }
}
