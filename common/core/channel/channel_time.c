/* channel_time.c - the times that platforms write, in the forms that they have. */
#include "channel_in.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

/* 1973 in each unit: what is larger is of a finer one. Times before 1973 in milliseconds are nobody's. */
static wall_ms_t of_number (double number)
{
    static const double milliseconds = 1e11, microseconds = 1e14, never = 1e17;
    if (!(number >= 1) || number >= never)
        return 0;
    return (wall_ms_t)(number >= microseconds ? number / 1000 : number >= milliseconds ? number : number * 1000);
}

static wall_ms_t of_date (GDateTime *date)
{
    if (!date)
        return 0;
    wall_ms_t at = g_date_time_to_unix (date) * MS_PER_SECOND + g_date_time_get_microsecond (date) / 1000;
    g_date_time_unref (date);
    return at > 0 ? at : 0;
}

static bool is_digit (char c)
{
    return c >= '0' && c <= '9';
}

/* "2026-11-21 20:03:00" is ISO 8601 with a blank for its T; a date alone is its midnight. */
static wall_ms_t of_iso (const char *text)
{
    char copy[64];
    GTimeZone *utc = g_time_zone_new_utc ();
    size_t length = strlen (text);
    wall_ms_t at = 0;
    if (length >= 10 && length + 10 < sizeof copy) {
        g_strlcpy (copy, text, sizeof copy);
        if (length == 10)
            g_strlcat (copy, "T00:00:00", sizeof copy);
        else if (copy[10] == ' ')
            copy[10] = 'T';
        at = of_date (g_date_time_new_from_iso8601 (copy, utc));
    }
    g_time_zone_unref (utc);
    return at;
}

wall_ms_t channel_time (const char *text)
{
    char *end = NULL;
    text += strspn (text, " ");
    size_t digits = strspn (text, "0123456789.");
    if (digits && !text[digits]) {
        double number = g_ascii_strtod (text, &end);
        return end && !*end ? of_number (number) : 0;
    }
    if (strlen (text) >= 10 && is_digit (text[0]) && is_digit (text[3]) && text[4] == '-' && text[7] == '-')
        return of_iso (text);
    return of_date (g_mime_utils_header_decode_date (text));
}
