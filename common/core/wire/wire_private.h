/* wire_private.h - shared by the wire*.c files. */
#ifndef BUCKSTOP_WIRE_PRIVATE_H
#define BUCKSTOP_WIRE_PRIVATE_H

#include "wire.h"

/* Is it a well-formed message in which every string is UTF-8 without NUL? `why` is set when not. */
bool wire_raw_valid (const void *bytes, size_t size, char why[DETAIL_SIZE]);

/* Each field of the message, and of those within it, by its shape. */
wire_fault_t wire_check_fields (const ProtobufCMessage *message, char why[DETAIL_SIZE]);

#endif
