/* ids.h - identifiers: time-ordered, URL-safe, and the ids of events that make commits repeatable. Pure.
 *
 * An id is 26 characters of Crockford's base 32 (no I, L, O, U): 48 bits of milliseconds, then 80
 * random bits. Ids of one millisecond are not ordered among each other. */
#ifndef BUCKSTOP_IDS_H
#define BUCKSTOP_IDS_H

#include "types.h"

enum { ID_RANDOM_BYTES = 10 };

/* Writes 26 characters and a zero. */
void id_make (wall_ms_t at, const uint8_t random[ID_RANDOM_BYTES], char id[ID_SIZE]);
bool id_valid (const char *id);
wall_ms_t id_time (const char *id); /* -1 when not valid */

/* A name of a person, team, channel, ...: 1 to 32 of a-z A-Z 0-9 . _ - , and not starting with '.' or '-'. */
bool name_valid (const char *name);

/* BLAKE2b of the parts, each with its length; the list ends with NULL. Parts that are given as
 * numbers are printed by the caller. */
event_id_t event_id_of (const char *part, ...) __attribute__ ((sentinel));
bool event_id_equal (event_id_t a, event_id_t b);
enum { HASH_HEX_SIZE = 17 };
void event_id_hex (event_id_t id, char hex[HASH_HEX_SIZE]);
/* The id of the n-th effect of an event: 16 hex digits, '-', n. */
void effect_id (event_id_t event, unsigned n, char id[DELIVERY_ID_SIZE]);
/* 64 bits of BLAKE2b in hex: for keys that hold foreign words (threads, idempotency keys). */
void hash_hex (const void *bytes, size_t size, char hex[HASH_HEX_SIZE]);
/* FNV-1a of 32 bits: tells shards, and bodies that were torn (record.h). Never change it: what is stored rests on it. */
uint32_t bytes_hash (const void *bytes, size_t size);

#endif
