/* values.h - our own words, numbers and times as JSON values, to be packed by jansson. Pure.
 *
 * For json_pack's "o" and "o*": what ends in _some is NULL when there is nothing to say, and "o*" leaves it out. */
#ifndef BUCKSTOP_VALUES_H
#define BUCKSTOP_VALUES_H

#include "types.h"

#include <jansson.h>

json_t *value_text (const char *text); /* what is no UTF-8 in it becomes '?' */
json_t *value_some (const char *text);
json_t *value_number_some (int64_t number);
json_t *value_time (wall_ms_t at); /* RFC 3339, UTC, with ms; null when 0 */
json_t *value_time_some (wall_ms_t at);
/* The value as text, malloc'd; takes the value, and ends the process when there is none: memory is out. */
char *value_dump (json_t *value, size_t *size);

/* "2026-11-21T20:03:00.250Z" */
enum { TIME_TEXT_SIZE = 32 };
const char *time_text (wall_ms_t at, char text[TIME_TEXT_SIZE]);
/* Each byte that makes text no UTF-8 becomes '?': what was cut, or came in a path. */
void text_repair (char *text);

#endif
