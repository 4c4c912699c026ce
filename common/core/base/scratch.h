/* scratch.h - memory for a message that is unpacked, read and forgotten within one function: a piece of that function's
 * own, and more from malloc when it is full. All of it ends at once, so nobody walks the message to free it.
 *
 *     scratch_t scratch;
 *     scratch_open (&scratch);
 *     message = buckstop__v1__event__unpack (&scratch.allocator, size, bytes);
 *     ...
 *     scratch_close (&scratch);
 *
 * Not to be copied while it is open. Under AddressSanitizer each piece is one of malloc's, so that it sees every edge. */
#ifndef BUCKSTOP_SCRATCH_H
#define BUCKSTOP_SCRATCH_H

#include <protobuf-c/protobuf-c.h>
#include <stdalign.h>
#include <stddef.h>

enum { SCRATCH_SIZE = 4096 };

typedef struct scratch {
    ProtobufCAllocator allocator; /* frees nothing */
    struct scratch_piece *pieces; /* from malloc, the last one first */
    size_t used;                  /* of `own` */
    alignas (max_align_t) char own[SCRATCH_SIZE];
} scratch_t;

void scratch_open (scratch_t *self);
void scratch_close (scratch_t *self);

#endif
