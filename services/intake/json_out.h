/* json_out.h - JSON written straight into one buffer, in the order of the calls. Pure. */
#ifndef BUCKSTOP_JSON_OUT_H
#define BUCKSTOP_JSON_OUT_H

#include "types.h"

typedef struct json_out {
    char *bytes; /* owned; json_out_clear */
    size_t size, room;
    bool comma; /* the next member needs one before it */
} json_out_t;

void json_out_clear (json_out_t *self);
void out_open (json_out_t *self, char bracket); /* { or [ */
void out_close (json_out_t *self, char bracket);
void out_key (json_out_t *self, const char *key);                /* of our own: not escaped */
void out_text (json_out_t *self, const char *text, size_t size); /* UTF-8; escaped */
void out_string (json_out_t *self, const char *text);
void out_number (json_out_t *self, int64_t number);
void out_bool (json_out_t *self, bool value);
void out_time (json_out_t *self, wall_ms_t at); /* RFC 3339, UTC, with ms; null when 0 */

/* Members: key and value at once; _some leaves out what is "" or 0. */
void out_member (json_out_t *self, const char *key, const char *text);
void out_member_some (json_out_t *self, const char *key, const char *text);
void out_member_number (json_out_t *self, const char *key, int64_t number);
void out_member_number_some (json_out_t *self, const char *key, int64_t number);
void out_member_bool (json_out_t *self, const char *key, bool value);
void out_member_time (json_out_t *self, const char *key, wall_ms_t at);
void out_member_time_some (json_out_t *self, const char *key, wall_ms_t at);

/* "2026-11-21T20:03:00.250Z" */
enum { TIME_TEXT_SIZE = 32 };
const char *time_text (wall_ms_t at, char text[TIME_TEXT_SIZE]);

#endif
