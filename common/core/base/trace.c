/* trace.c - traceparent: "00-" trace id (16 bytes in hex) "-" parent id (8) "-" flags (1), section 3.2.
 *
 * Limits: tracestate is not carried (3.3.1.4 allows that). A trace that is made says "not sampled": we record none. */
#include "trace.h"

#include "ids.h"

#include <stdio.h>
#include <string.h>

enum { ID_BYTES = 16, PARENT_BYTES = 8, ID_AT = 3, PARENT_AT = 36, FLAGS_AT = 53, LENGTH = TRACE_SIZE - 1 };
static const char hex_digits[] = "0123456789abcdef";

/* Small letters alone are hex here (3.2.2.3). */
static bool read_hex (const char *text, uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < 2 * n; i++) {
        const char *digit = text[i] ? strchr (hex_digits, text[i]) : NULL;
        if (!digit)
            return false;
        uint8_t value = (uint8_t)(digit - hex_digits);
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] | value : value << 4);
    }
    return true;
}

static char *put_hex (char *to, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        *to++ = hex_digits[bytes[i] >> 4];
        *to++ = hex_digits[bytes[i] & 15u];
    }
    return to;
}

static bool is_zero (const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static bool usable (const uint8_t bytes[TRACE_BYTES])
{
    return !is_zero (bytes, ID_BYTES) && !is_zero (bytes + ID_BYTES, PARENT_BYTES);
}

static void put_trace (const uint8_t bytes[TRACE_BYTES], char trace[TRACE_SIZE])
{
    char *to = stpcpy (trace, "00-");
    to = put_hex (to, bytes, ID_BYTES);
    *to++ = '-';
    to = put_hex (to, bytes + ID_BYTES, PARENT_BYTES);
    *to++ = '-';
    *put_hex (to, bytes + ID_BYTES + PARENT_BYTES, 1) = '\0';
}

/* 4.3: of a later version that begins in the same way the first parts are read; version ff is none. */
static bool read_trace (const char *text, uint8_t bytes[TRACE_BYTES])
{
    uint8_t version;
    size_t length = strnlen (text, TRACE_SIZE);
    if (length < LENGTH || !read_hex (text, &version, 1) || version == 0xff)
        return false;
    bool ends = text[LENGTH] == '\0' || (version > 0 && text[LENGTH] == '-');
    return ends && text[ID_AT - 1] == '-' && text[PARENT_AT - 1] == '-' && text[FLAGS_AT - 1] == '-' &&
           read_hex (text + ID_AT, bytes, ID_BYTES) && read_hex (text + PARENT_AT, bytes + ID_BYTES, PARENT_BYTES) &&
           read_hex (text + FLAGS_AT, bytes + ID_BYTES + PARENT_BYTES, 1) && usable (bytes);
}

bool trace_take (const char *header, char trace[TRACE_SIZE])
{
    uint8_t bytes[TRACE_BYTES];
    trace[0] = '\0';
    if (!header || !read_trace (header, bytes))
        return false;
    put_trace (bytes, trace);
    return true;
}

/* A contact's id: 130 bits in base 32, of which the first two are 0. The parent is its random end. */
static bool of_contact (const char *contact, uint8_t bytes[TRACE_BYTES])
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint32_t held = 0, bits = 0;
    size_t n = 0;
    if (!contact || !id_valid (contact))
        return false;
    for (const char *at = contact; *at; at++) {
        held = held << 5 | (uint32_t)(strchr (alphabet, *at) - alphabet);
        bits += at == contact ? 3 : 5;
        if (bits >= 8) {
            bits -= 8;
            bytes[n++] = (uint8_t)(held >> bits);
        }
    }
    memcpy (bytes + ID_BYTES, bytes + ID_BYTES - PARENT_BYTES, PARENT_BYTES);
    if (is_zero (bytes + ID_BYTES, PARENT_BYTES))
        bytes[ID_BYTES + PARENT_BYTES - 1] = 1; /* a parent of zeros is none */
    bytes[TRACE_BYTES - 1] = 0;
    return !is_zero (bytes, ID_BYTES);
}

const char *trace_of (const char *given, const char *contact, char trace[TRACE_SIZE])
{
    uint8_t bytes[TRACE_BYTES];
    if (!trace_take (given, trace) && of_contact (contact, bytes))
        put_trace (bytes, trace);
    return trace;
}

const char *trace_id_of (const char *given, const char *contact, char id[TRACE_ID_SIZE])
{
    char trace[TRACE_SIZE];
    trace_of (given, contact, trace);
    snprintf (id, TRACE_ID_SIZE, "%.32s", strlen (trace) == LENGTH ? trace + ID_AT : "");
    return id;
}

size_t trace_pack (const char *trace, uint8_t bytes[TRACE_BYTES])
{
    return *trace && read_trace (trace, bytes) ? TRACE_BYTES : 0;
}

bool trace_unpack (const uint8_t *bytes, size_t size, char trace[TRACE_SIZE])
{
    trace[0] = '\0';
    if (size == 0)
        return true;
    if (size != TRACE_BYTES || !usable (bytes))
        return false;
    put_trace (bytes, trace);
    return true;
}
