/* json_out.c - JSON written straight into one buffer.
 *
 * The answer to a submission is on the fast path: no tree is built and nothing is copied twice. The caller keeps
 * the brackets in pairs. */
#include "json_out.h"

#include "xmalloc.h"

#include <stdio.h>

enum { ROOM_FIRST = 512 };

void json_out_clear (json_out_t *self)
{
    free (self->bytes);
    *self = (json_out_t){.bytes = NULL};
}

static char *room_for (json_out_t *self, size_t size)
{
    if (self->size + size > self->room) {
        self->room = self->room ? self->room * 2 : ROOM_FIRST;
        if (self->room < self->size + size)
            self->room = self->size + size;
        self->bytes = xrealloc (self->bytes, self->room);
    }
    return self->bytes + self->size;
}

static void put (json_out_t *self, const char *bytes, size_t size)
{
    memcpy (room_for (self, size), bytes, size);
    self->size += size;
}

/* Before each value or key: the comma that its elder sibling left for it. */
static void begin_value (json_out_t *self)
{
    if (self->comma)
        put (self, ",", 1);
    self->comma = true;
}

void out_open (json_out_t *self, char bracket)
{
    begin_value (self);
    put (self, &bracket, 1);
    self->comma = false;
}

void out_close (json_out_t *self, char bracket)
{
    put (self, &bracket, 1);
    self->comma = true;
}

void out_key (json_out_t *self, const char *key)
{
    begin_value (self);
    put (self, "\"", 1);
    put (self, key, strlen (key));
    put (self, "\":", 2);
    self->comma = false;
}

/* RFC 8259, section 7: quotation mark, backslash and control characters. */
static void put_escaped (json_out_t *self, unsigned char c)
{
    static const char short_form[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    char text[8];
    if (c < sizeof short_form && short_form[c])
        put (self, text, (size_t)snprintf (text, sizeof text, "\\%c", short_form[c]));
    else
        put (self, text, (size_t)snprintf (text, sizeof text, "\\u%04x", c));
}

void out_text (json_out_t *self, const char *text, size_t size)
{
    begin_value (self);
    put (self, "\"", 1);
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put (self, text + from, i - from);
        put_escaped (self, c);
        from = i + 1;
    }
    put (self, text + from, size - from);
    put (self, "\"", 1);
}

void out_string (json_out_t *self, const char *text)
{
    out_text (self, text ? text : "", text ? strlen (text) : 0);
}

void out_number (json_out_t *self, int64_t number)
{
    char text[24];
    begin_value (self);
    put (self, text, (size_t)snprintf (text, sizeof text, "%lld", (long long)number));
}

void out_bool (json_out_t *self, bool value)
{
    begin_value (self);
    put (self, value ? "true" : "false", value ? 4 : 5);
}

static char *put_digits (char *at, int64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + digits;
}

/* Days since 1970-01-01 to a date of the Gregorian calendar: years start in March, so that the leap day is last. */
static void civil_of (int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t shifted = days + 719468; /* since 0000-03-01 */
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march = (5 * of_year + 2) / 153;
    *day = of_year - (153 * march + 2) / 5 + 1;
    *month = march < 10 ? march + 3 : march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

const char *time_text (wall_ms_t at, char text[TIME_TEXT_SIZE])
{
    static const wall_ms_t last = 253402300799999; /* the end of the year 9999 */
    at = at < 0 ? 0 : at > last ? last : at;
    int64_t year, month, day, in_day = at % MS_PER_DAY;
    civil_of (at / MS_PER_DAY, &year, &month, &day);
    char *to = text;
    to = put_digits (to, year, 4);
    *to++ = '-';
    to = put_digits (to, month, 2);
    *to++ = '-';
    to = put_digits (to, day, 2);
    *to++ = 'T';
    to = put_digits (to, in_day / MS_PER_HOUR, 2);
    *to++ = ':';
    to = put_digits (to, in_day / MS_PER_MINUTE % 60, 2);
    *to++ = ':';
    to = put_digits (to, in_day / MS_PER_SECOND % 60, 2);
    *to++ = '.';
    to = put_digits (to, in_day % MS_PER_SECOND, 3);
    *to++ = 'Z';
    *to = '\0';
    return text;
}

void out_time (json_out_t *self, wall_ms_t at)
{
    char text[TIME_TEXT_SIZE];
    if (at) {
        out_string (self, time_text (at, text));
        return;
    }
    begin_value (self);
    put (self, "null", 4);
}

void out_member (json_out_t *self, const char *key, const char *text)
{
    out_key (self, key);
    out_string (self, text);
}

void out_member_some (json_out_t *self, const char *key, const char *text)
{
    if (text && *text)
        out_member (self, key, text);
}

void out_member_number (json_out_t *self, const char *key, int64_t number)
{
    out_key (self, key);
    out_number (self, number);
}

void out_member_number_some (json_out_t *self, const char *key, int64_t number)
{
    if (number)
        out_member_number (self, key, number);
}

void out_member_bool (json_out_t *self, const char *key, bool value)
{
    out_key (self, key);
    out_bool (self, value);
}

void out_member_time (json_out_t *self, const char *key, wall_ms_t at)
{
    out_key (self, key);
    out_time (self, at);
}

void out_member_time_some (json_out_t *self, const char *key, wall_ms_t at)
{
    if (at)
        out_member_time (self, key, at);
}
