/* calendar_zone.c - a time zone, by libical from the system's zone files.
 *
 * libical is asked for offsets of UTC instants only; wall times are solved here, since what happens in a gap
 * or an overlap is a promise of calendar.h and not of a library. An offset costs libical 0.1 to 0.3 us and a
 * search for transitions many of them, so each zone remembers days: what applies at a day's start, and the
 * change within it. At most one change a day, and one in the 48 hours around a wall time, are assumed (true
 * of every zone; the closest two of 2020 to 2030 are Morocco's, four weeks apart).
 * Limits: 1970 to 2200. Not thread-safe, as libical's own tables are not. */
#include "calendar_zone.h"
#include "xmalloc.h"

#include <libical/ical.h>
#include <stdio.h>

enum { ZONE_NAME_MAX = 63, CACHED_DAYS = 256 };
#define FIRST_SECOND 0LL
#define LAST_SECOND  (84006LL * DAY_SECONDS) /* 2200-01-01 */

typedef struct day_offset {
    int64_t day;    /* since 1970, UTC */
    int64_t change; /* the instant at which `after` begins; the day's end when nothing changes */
    int before, after;
} day_offset_t;

struct zone {
    icaltimezone *ical; /* libical's own */
    day_offset_t days[CACHED_DAYS];
};

int64_t floor_div (int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days and dates: the proleptic Gregorian calendar, years begin in March, eras of 400 years. */
int64_t day_of_date (calendar_day_t date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = floor_div (year, 400), in_era = year - era * 400;
    int64_t in_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

calendar_day_t date_of_day (int64_t day)
{
    day += 719468;
    int64_t era = floor_div (day, 146097), of_era = day - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    calendar_day_t date = {.year = (int)(year + era * 400),
                           .month = (int)(month < 10 ? month + 3 : month - 9),
                           .day = (int)(of_year - (153 * month + 2) / 5 + 1)};
    date.year += date.month <= 2;
    return date;
}

/* Names come from policies: nothing but a name of a zone may reach the file system. */
static bool name_is_safe (const char *name)
{
    size_t length = strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");
    return length > 0 && length <= ZONE_NAME_MAX && !name[length] && name[0] != '/' && name[0] != '-';
}

static int ask (zone_t *self, int64_t at, int *summer)
{
    calendar_day_t date = date_of_day (floor_div (at, DAY_SECONDS));
    int second = (int)(at - floor_div (at, DAY_SECONDS) * DAY_SECONDS);
    struct icaltimetype time = icaltime_null_time ();
    time.year = date.year;
    time.month = date.month;
    time.day = date.day;
    time.hour = second / 3600;
    time.minute = second / 60 % 60;
    time.second = second % 60;
    return icaltimezone_get_utc_offset_of_utc_time (self->ical, &time, summer);
}

zone_t *zone_new (const char *name)
{
    if (!name || !name_is_safe (name))
        return NULL;
    icaltimezone_set_builtin_tzdata (0); /* the system's zone files, which are kept up to date */
    icaltimezone *ical = icaltimezone_get_builtin_timezone (name);
    if (!ical)
        return NULL;
    zone_t *self = xcalloc (1, sizeof *self);
    self->ical = ical;
    for (size_t i = 0; i < CACHED_DAYS; i++)
        self->days[i].day = -1;
    return self;
}

void zone_destroy (zone_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

static day_offset_t look_at_day (zone_t *self, int64_t day)
{
    int unused;
    int64_t low = day * DAY_SECONDS, high = low + DAY_SECONDS;
    day_offset_t row = {.day = day, .change = high};
    row.before = ask (self, low, &unused);
    row.after = ask (self, high, &unused);
    if (row.before == row.after)
        return row;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        *(ask (self, middle, &unused) == row.before ? &low : &high) = middle;
    }
    row.change = high;
    return row;
}

static const day_offset_t *day_at (zone_t *self, int64_t at)
{
    at = at < FIRST_SECOND ? FIRST_SECOND : at > LAST_SECOND ? LAST_SECOND : at;
    int64_t day = at / DAY_SECONDS;
    day_offset_t *row = &self->days[day % CACHED_DAYS];
    if (row->day != day)
        *row = look_at_day (self, day);
    return row;
}

int zone_offset (zone_t *self, int64_t at)
{
    const day_offset_t *row = day_at (self, at);
    return at < row->change ? row->before : row->after;
}

/* The change that lies between two instants of different offsets. */
static int64_t change_between (zone_t *self, int64_t from, int64_t to)
{
    int before = zone_offset (self, from);
    for (int64_t at = from;; at = (floor_div (at, DAY_SECONDS) + 1) * DAY_SECONDS) {
        const day_offset_t *row = day_at (self, at);
        if (at > to || row->after != before)
            return row->change;
    }
}

int64_t zone_instant (zone_t *self, int64_t wall, bool last)
{
    int before = zone_offset (self, wall - DAY_SECONDS), after = zone_offset (self, wall + DAY_SECONDS);
    int64_t early = wall - before, late = wall - after;
    if (before == after)
        return early;
    bool is_early = zone_offset (self, early) == before, is_late = zone_offset (self, late) == after;
    if (is_early && is_late)
        return last ? late : early;
    if (!is_early && !is_late)
        return change_between (self, wall - DAY_SECONDS, wall + DAY_SECONDS);
    return is_early ? early : late;
}

const char *zone_label (zone_t *self, int64_t at, char label[ZONE_LABEL_SIZE])
{
    int summer = 0, offset = ask (self, at, &summer), minutes = abs (offset) / 60;
    const char *names = icaltimezone_get_tznames (self->ical); /* "CET/CEST", or one name, or none */
    const char *slash = names ? strchr (names, '/') : NULL;
    const char *name = slash && summer ? slash + 1 : names;
    int length = name ? (int)strcspn (name, "/") : 0;
    if (length && length < ZONE_LABEL_SIZE && strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == (size_t)length)
        snprintf (label, ZONE_LABEL_SIZE, "%.*s", length, name);
    else if (offset == 0)
        snprintf (label, ZONE_LABEL_SIZE, "UTC");
    else
        snprintf (label, ZONE_LABEL_SIZE, "UTC%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
    return label;
}
