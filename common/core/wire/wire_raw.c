/* wire_raw.c - the first look at a message: its bytes, before they are unpacked.
 *
 * protobuf-c takes any bytes for a string and cuts it at a NUL; here every string must be UTF-8 without NUL,
 * and nesting is bounded. Unknown fields are skipped: a newer speaker may have more to say.
 *
 * Limits: groups (long deprecated) are refused. */
#include "wire_private.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 6, WIRE_TYPE_BITS = 3, VARINT_BYTES_MAX = 10 };

typedef const ProtobufCMessageDescriptor descriptor_t;
typedef const ProtobufCFieldDescriptor field_t;

/* ------------------------------------------------------------------ text */

/* How many bytes follow a lead byte, and the bounds of the first of them (Unicode 15, table 3-7). */
static int lead (uint8_t byte, uint8_t *low, uint8_t *high)
{
    *low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    *high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf)
        return 1;
    if (byte >= 0xe0 && byte <= 0xef)
        return 2;
    return byte >= 0xf0 && byte <= 0xf4 ? 3 : -1;
}

/* Eight bytes of ASCII without NUL: no top bit, and none that would borrow. */
static bool plain (const uint8_t *bytes)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t eight;
    memcpy (&eight, bytes, sizeof eight);
    return ((eight | (eight - ones)) & tops) == 0;
}

bool utf8_valid (const char *bytes, size_t size)
{
    const uint8_t *at = (const uint8_t *)bytes, *end = at + size;
    while (at < end) {
        if (end - at >= 8 && plain (at)) {
            at += 8;
            continue;
        }
        uint8_t byte = *at++, low, high;
        if (byte > 0 && byte < 0x80)
            continue;
        int more = lead (byte, &low, &high);
        if (more < 0 || end - at < more || *at < low || *at > high)
            return false;
        for (at++; --more > 0; at++)
            if (*at < 0x80 || *at > 0xbf)
                return false;
    }
    return true;
}

/* ------------------------------------------------------------- raw bytes */

typedef struct cursor {
    const uint8_t *at, *end;
} cursor_t;

static bool take_varint (cursor_t *self, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < VARINT_BYTES_MAX && self->at < self->end; i++) {
        uint8_t byte = *self->at++;
        *value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* What follows a key; `size` bytes of it are skipped, and given for the kind that has a length. */
static bool take_value (cursor_t *self, unsigned wire_type, const uint8_t **bytes, uint64_t *size)
{
    uint64_t ignored;
    *size = wire_type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4;
    switch (wire_type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return take_varint (self, &ignored);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        if (!take_varint (self, size))
            return false;
        break;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        break;
    default: /* groups */
        return false;
    }
    if (*size > (uint64_t)(self->end - self->at))
        return false;
    *bytes = self->at;
    self->at += *size;
    return true;
}

static bool raw_valid (descriptor_t *about, const uint8_t *bytes, size_t size, int depth, char why[DETAIL_SIZE]);

static bool raw_field_valid (field_t *field, const uint8_t *bytes, size_t size, int depth, char why[DETAIL_SIZE])
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return raw_valid (field->descriptor, bytes, size, depth + 1, why);
    if (field->type != PROTOBUF_C_TYPE_STRING || utf8_valid ((const char *)bytes, size))
        return true;
    snprintf (why, DETAIL_SIZE, "%s is not UTF-8 text", field->name);
    return false;
}

static bool raw_valid (descriptor_t *about, const uint8_t *bytes, size_t size, int depth, char why[DETAIL_SIZE])
{
    cursor_t cursor = {bytes, bytes + size};
    snprintf (why, DETAIL_SIZE, "not an Envelope");
    if (depth > DEPTH_MAX)
        return false;
    while (cursor.at < cursor.end) {
        const uint8_t *value = NULL;
        uint64_t key, length;
        if (!take_varint (&cursor, &key) || key >> WIRE_TYPE_BITS > UINT32_MAX ||
            !take_value (&cursor, key & 7u, &value, &length))
            return false;
        field_t *field = protobuf_c_message_descriptor_get_field (about, (unsigned)(key >> WIRE_TYPE_BITS));
        if (field && (key & 7u) == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED &&
            !raw_field_valid (field, value, (size_t)length, depth, why))
            return false;
    }
    return true;
}

bool wire_raw_valid (const void *bytes, size_t size, char why[DETAIL_SIZE])
{
    return raw_valid (&buckstop__v1__envelope__descriptor, bytes, size, 0, why);
}
