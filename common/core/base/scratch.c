/* scratch.c - pieces one behind the other; what does not fit any more is one of malloc's. */
#include "scratch.h"

#include "xmalloc.h"

#if defined(__SANITIZE_ADDRESS__)
#define OWN_SIZE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_SIZE 0
#endif
#endif
#ifndef OWN_SIZE
#define OWN_SIZE SCRATCH_SIZE
#endif

struct scratch_piece {
    struct scratch_piece *next;
    alignas (max_align_t) char bytes[];
};

static void *take (void *arg, size_t size)
{
    scratch_t *self = arg;
    size_t room = OWN_SIZE > self->used ? OWN_SIZE - self->used : 0;
    if (size <= room) {
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
