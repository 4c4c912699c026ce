/* record_private.h - what the codecs of records share. Pure. */
#ifndef BUCKSTOP_RECORD_PRIVATE_H
#define BUCKSTOP_RECORD_PRIVATE_H

#include "record.h"
#include "scratch.h"
#include "words.h"
#include "xmalloc.h"

#include <protobuf-c/protobuf-c.h>

/* Head, then the packed message: malloc'd. */
uint8_t *record_pack (const record_head_t *head, const ProtobufCMessage *message, size_t *size);
/* The same, of schema B: what it says has no meaning in the one before. */
uint8_t *record_pack_b (const record_head_t *head, const ProtobufCMessage *message, size_t *size);
/* Reads the head and unpacks the body; NULL and *fault set when it can't. The message is in `scratch`, which is opened
 * here; the caller closes it when there is a message. */
ProtobufCMessage *record_unpack (const void *bytes, size_t size, char kind, const ProtobufCMessageDescriptor *type,
                                 scratch_t *scratch, record_head_t *head, record_fault_t *fault);

/* Rows of a codec: a field has the same name in the message and in the struct. PACK borrows strings. */
#define PACK_TEXT(f)    message.f = (char *)self->f;
#define PACK_VALUE(f)   message.f = self->f;
#define UNPACK_TEXT(f)  whole &= word_fits (self->f, sizeof (self->f), message->f);
#define UNPACK_VALUE(f) self->f = message->f;

#endif
