/* ids.c - identifiers and the hashes that stand for foreign words.
 *
 * An id is laid out like a ULID: sorting ids as text sorts them by time. Event ids and hashes are the first
 * 64 bits of a 128-bit BLAKE2b: within one record (32 kept ids) or one workspace (keys that live for days) a
 * chance collision needs billions of them. They are not secrets; tokens have a hash of their own (token.c).
 *
 * Limits: times past the year 10889 do not fit 48 bits and are cut. */
#include "ids.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char hex_digits[] = "0123456789abcdef";
enum { ID_TIME_CHARS = 10, ID_CHARS = ID_SIZE - 1, ID_TIME_BITS = 48, HASH_BYTES = 16 };

static void put_base32 (char *out, const uint8_t *bytes, size_t chars)
{
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < chars; i++) {
        if (bits < 5) {
            held = (held << 8 | *bytes++) & 0xffffu;
            bits += 8;
        }
        bits -= 5;
        out[i] = alphabet[held >> bits & 31u];
    }
}

void id_make (wall_ms_t at, const uint8_t random[ID_RANDOM_BYTES], char id[ID_SIZE])
{
    uint64_t time = at > 0 ? (uint64_t)at & ((1ULL << ID_TIME_BITS) - 1) : 0;
    for (int i = ID_TIME_CHARS - 1; i >= 0; i--, time >>= 5)
        id[i] = alphabet[time & 31u];
    put_base32 (id + ID_TIME_CHARS, random, ID_CHARS - ID_TIME_CHARS);
    id[ID_CHARS] = '\0';
}

wall_ms_t id_time (const char *id)
{
    if (!id || strnlen (id, ID_SIZE) != ID_CHARS || strspn (id, alphabet) != ID_CHARS || id[0] > '7')
        return -1;
    uint64_t time = 0;
    for (int i = 0; i < ID_TIME_CHARS; i++)
        time = time << 5 | (uint64_t)(strchr (alphabet, id[i]) - alphabet);
    return (wall_ms_t)time;
}

bool id_valid (const char *id)
{
    return id_time (id) >= 0;
}

bool name_valid (const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (!name || name[0] == '\0' || name[0] == '.' || name[0] == '-')
        return false;
    size_t length = strnlen (name, NAME_SIZE);
    return length < NAME_SIZE && strspn (name, allowed) == length;
}

/* Each part goes in with its length, so that ("ab", "c") and ("a", "bc") differ. */
static void hash_part (crypto_generichash_state *state, const char *part)
{
    uint32_t length = (uint32_t)strlen (part);
    uint8_t prefix[4] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length};
    crypto_generichash_update (state, prefix, sizeof prefix);
    crypto_generichash_update (state, (const uint8_t *)part, length);
}

event_id_t event_id_of (const char *part, ...)
{
    crypto_generichash_state state;
    uint8_t hash[HASH_BYTES];
    event_id_t id;
    va_list rest;
    crypto_generichash_init (&state, NULL, 0, sizeof hash);
    va_start (rest, part);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above
    for (const char *next = part; next; next = va_arg (rest, const char *))
        hash_part (&state, next);
    va_end (rest);
    crypto_generichash_final (&state, hash, sizeof hash);
    memcpy (id.bytes, hash, sizeof id.bytes);
    return id;
}

bool event_id_equal (event_id_t a, event_id_t b)
{
    return memcmp (a.bytes, b.bytes, sizeof a.bytes) == 0;
}

static void put_hex (char *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        *out++ = hex_digits[bytes[i] >> 4];
        *out++ = hex_digits[bytes[i] & 15u];
    }
    *out = '\0';
}

void event_id_hex (event_id_t id, char hex[HASH_HEX_SIZE])
{
    put_hex (hex, id.bytes, sizeof id.bytes);
}

void effect_id (event_id_t event, unsigned n, char id[DELIVERY_ID_SIZE])
{
    enum { HEX = 2 * EVENT_ID_SIZE, N_MAX = 9999999 };
    put_hex (id, event.bytes, sizeof event.bytes);
    snprintf (id + HEX, DELIVERY_ID_SIZE - HEX, "-%u", n > N_MAX ? N_MAX : n);
}

void hash_hex (const void *bytes, size_t size, char hex[HASH_HEX_SIZE])
{
    uint8_t hash[HASH_BYTES];
    crypto_generichash (hash, sizeof hash, bytes, size, NULL, 0);
    put_hex (hex, hash, (HASH_HEX_SIZE - 1) / 2);
}

uint32_t bytes_hash (const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint32_t hash = 2166136261u;
    for (const uint8_t *end = at + size; at < end; at++)
        hash = (hash ^ *at) * 16777619u;
    return hash;
}
