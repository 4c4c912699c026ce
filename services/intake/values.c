/* values.c - our own words, numbers and times as JSON values.
 *
 * Jansson packs and escapes; what it refuses (text that is no UTF-8) is repaired here, since one bad byte must not
 * make a whole contact unreadable. */
#include "values.h"

#include "wire.h"
#include "xmalloc.h"

#include <time.h>

enum { UTF8_MAX = 4, YEAR_ZERO = 1900 };
static const wall_ms_t time_last = 253402300799999; /* the end of the year 9999: RFC 3339 knows no later one */

void text_repair (char *text)
{
    size_t left = strlen (text);
    while (left > 0) {
        size_t size = 1;
        while (size <= UTF8_MAX && size <= left && !utf8_valid (text, size))
            size++;
        if (size > UTF8_MAX || size > left) {
            *text = '?';
            size = 1;
        }
        text += size;
        left -= size;
    }
}

json_t *value_text (const char *text)
{
    json_t *value = json_string (text ? text : "");
    if (value)
        return value;
    char *copy = xstrdup (text);
    text_repair (copy);
    value = xcheck (json_string (copy));
    free (copy);
    return value;
}

json_t *value_some (const char *text)
{
    return text && *text ? value_text (text) : NULL;
}

json_t *value_number_some (int64_t number)
{
    return number ? xcheck (json_integer (number)) : NULL;
}

static char *put_digits (char *at, int number, int digits, char behind)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    at[digits] = behind;
    return at + digits + 1;
}

const char *time_text (wall_ms_t at, char text[TIME_TEXT_SIZE])
{
    at = at < 0 ? 0 : at > time_last ? time_last : at;
    time_t seconds = (time_t)(at / MS_PER_SECOND);
    struct tm parts;
    gmtime_r (&seconds, &parts);
    char *to = put_digits (text, parts.tm_year + YEAR_ZERO, 4, '-');
    to = put_digits (to, parts.tm_mon + 1, 2, '-');
    to = put_digits (to, parts.tm_mday, 2, 'T');
    to = put_digits (to, parts.tm_hour, 2, ':');
    to = put_digits (to, parts.tm_min, 2, ':');
    to = put_digits (to, parts.tm_sec, 2, '.');
    to = put_digits (to, (int)(at % MS_PER_SECOND), 3, 'Z');
    *to = '\0';
    return text;
}

json_t *value_time (wall_ms_t at)
{
    char text[TIME_TEXT_SIZE];
    return at ? json_string_nocheck (time_text (at, text)) : json_null ();
}

json_t *value_time_some (wall_ms_t at)
{
    return at ? value_time (at) : NULL;
}

char *value_dump (json_t *value, size_t *size)
{
    char *text = xcheck (json_dumps (xcheck (value), JSON_COMPACT));
    json_decref (value);
    *size = strlen (text);
    return text;
}
