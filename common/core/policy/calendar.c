/* calendar.c - durations on office hours.
 *
 * Weekly spans are cut at midnights into pieces of weekdays, sorted and joined, so that a date has its hours
 * by its weekday, or none when it is a holiday (also of a span that began the evening before). A date's
 * pieces become stretches of instants by the zone's rules; these are what all questions walk over, and what
 * is remembered per date. Where an hour happens twice, pieces may overlap as instants: they are joined.
 * Limits: 1970 to 2200; calendar_add and calendar_closes look CALENDAR_HORIZON_DAYS ahead. */
#include "calendar_zone.h"
#include "xmalloc.h"

#include <stdio.h>

enum { DAY_MINUTES = 1440, WEEK_DAYS = 7, WEEK_MINUTES = WEEK_DAYS * DAY_MINUTES, CACHED_DATES = 64 };
#define LAST_MS (7258118400LL * MS_PER_SECOND) /* 2200-01-01 */

/* [from, to): minutes of a day, or milliseconds since the epoch */
typedef struct stretch {
    int64_t from, to;
} stretch_t;

typedef struct weekday {
    stretch_t *pieces;
    size_t n;
} weekday_t;

/* What a local date is in instants. */
typedef struct date {
    int64_t day; /* since 1970-01-01; -1: none yet */
    size_t n;
    stretch_t *open; /* room for as many as any weekday has */
} date_t;

struct calendar {
    zone_t *zone;
    weekday_t week[WEEK_DAYS]; /* [0] is Monday */
    int64_t *holidays;         /* days, sorted */
    size_t holidays_n;
    bool always;   /* every minute of every day */
    date_t *dates; /* remembered, by day modulo CACHED_DATES */
};

static int by_from (const void *a, const void *b)
{
    const stretch_t *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static int by_day (const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Joins what touches or overlaps; sorted before and after. */
static size_t join (stretch_t *rows, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].from >= rows[i].to)
            continue;
        if (kept && rows[i].from <= rows[kept - 1].to)
            rows[kept - 1].to = rows[i].to > rows[kept - 1].to ? rows[i].to : rows[kept - 1].to;
        else
            rows[kept++] = rows[i];
    }
    return kept;
}

static void add_piece (weekday_t *day, int64_t from, int64_t to)
{
    day->pieces = xrealloc (day->pieces, (day->n + 1) * sizeof *day->pieces);
    day->pieces[day->n++] = (stretch_t){from, to};
}

static void cut_at_midnights (calendar_t *self, calendar_span_t span)
{
    int from = span.start_min, to = span.end_min;
    if (to - from > WEEK_MINUTES)
        to = from + WEEK_MINUTES;
    while (from < to) {
        int midnight = (from / DAY_MINUTES + 1) * DAY_MINUTES, end = to < midnight ? to : midnight;
        add_piece (&self->week[from / DAY_MINUTES % WEEK_DAYS], from % DAY_MINUTES, end - (midnight - DAY_MINUTES));
        from = end;
    }
}

/* Sorts the pieces, and says how many the fullest weekday has. */
static size_t settle_week (calendar_t *self)
{
    size_t most = 1;
    self->always = self->holidays_n == 0;
    for (int i = 0; i < WEEK_DAYS; i++) {
        weekday_t *day = &self->week[i];
        if (day->n) {
            qsort (day->pieces, day->n, sizeof *day->pieces, by_from);
            day->n = join (day->pieces, day->n);
        }
        int64_t open = 0;
        for (size_t j = 0; j < day->n; j++)
            open += day->pieces[j].to - day->pieces[j].from;
        self->always = self->always && open == DAY_MINUTES;
        most = day->n > most ? day->n : most;
    }
    return most;
}

calendar_t *calendar_new (const char *zone, const calendar_span_t *spans, size_t spans_n,
                          const calendar_day_t *holidays, size_t holidays_n)
{
    zone_t *known = zone_new (zone);
    if (!known)
        return NULL;
    calendar_t *self = xcalloc (1, sizeof *self);
    self->zone = known;
    self->holidays = xcalloc (holidays_n, sizeof *self->holidays);
    self->holidays_n = holidays_n;
    for (size_t i = 0; i < holidays_n; i++)
        self->holidays[i] = day_of_date (holidays[i]);
    qsort (self->holidays, holidays_n, sizeof *self->holidays, by_day);
    for (size_t i = 0; i < spans_n; i++)
        if (spans[i].start_min >= 0)
            cut_at_midnights (self, spans[i]);
    size_t most = settle_week (self);
    self->dates = xcalloc (CACHED_DATES, sizeof *self->dates);
    for (size_t i = 0; i < CACHED_DATES; i++) {
        self->dates[i].day = -1;
        self->dates[i].open = xcalloc (most, sizeof *self->dates[i].open);
    }
    return self;
}

void calendar_destroy (calendar_t **self_p)
{
    calendar_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < CACHED_DATES; i++)
        free (self->dates[i].open);
    for (int i = 0; i < WEEK_DAYS; i++)
        free (self->week[i].pieces);
    free (self->dates);
    free (self->holidays);
    zone_destroy (&self->zone);
    free (self);
}

static const weekday_t *hours_of (const calendar_t *self, int64_t day)
{
    static const weekday_t none = {NULL, 0};
    if (self->holidays_n && bsearch (&day, self->holidays, self->holidays_n, sizeof day, by_day))
        return &none;
    int64_t weekday = (day + 3) - floor_div (day + 3, WEEK_DAYS) * WEEK_DAYS; /* 1970-01-01 was a Thursday */
    return &self->week[weekday];
}

static int64_t instant (const calendar_t *self, int64_t day, int64_t minute, bool last)
{
    return zone_instant (self->zone, day * DAY_SECONDS + minute * 60, last) * MS_PER_SECOND;
}

/* Where midnight happens twice, the day before reaches into this one. */
static int64_t end_of_day_before (const calendar_t *self, int64_t day)
{
    const weekday_t *hours = hours_of (self, day - 1);
    return hours->n ? instant (self, day - 1, hours->pieces[hours->n - 1].to, true) : INT64_MIN;
}

static void fill (const calendar_t *self, date_t *date, int64_t day)
{
    const weekday_t *hours = hours_of (self, day);
    int64_t least = end_of_day_before (self, day);
    for (size_t i = 0; i < hours->n; i++) {
        stretch_t row = {instant (self, day, hours->pieces[i].from, false),
                         instant (self, day, hours->pieces[i].to, true)};
        row.from = row.from < least ? least : row.from;
        date->open[i] = row;
    }
    date->n = join (date->open, hours->n);
    date->day = day;
}

static const date_t *date_at (const calendar_t *self, int64_t day)
{
    date_t *date = &self->dates[day % CACHED_DATES];
    if (date->day != day)
        fill (self, date, day);
    return date;
}

static int64_t local_day (const calendar_t *self, wall_ms_t at)
{
    int64_t second = floor_div (at, MS_PER_SECOND);
    return floor_div (second + zone_offset (self->zone, second), DAY_SECONDS);
}

/* The date from which to walk: the one before may reach past a midnight that happens twice. */
static int64_t first_day (const calendar_t *self, wall_ms_t at)
{
    int64_t day = local_day (self, at < 0 ? 0 : at) - 1;
    return day < 0 ? 0 : day;
}

/* The open stretch that holds `at`, of its own date; NULL when closed. */
static const stretch_t *open_at (const calendar_t *self, wall_ms_t at, int64_t *day)
{
    int64_t first = first_day (self, at);
    for (*day = first; *day <= first + 1; ++*day) {
        const date_t *date = date_at (self, *day);
        for (size_t i = 0; i < date->n; i++)
            if (date->open[i].from <= at && at < date->open[i].to)
                return &date->open[i];
    }
    return NULL;
}

bool calendar_open (const calendar_t *self, wall_ms_t at)
{
    int64_t day;
    return !self || self->always || open_at (self, at, &day);
}

wall_ms_t calendar_add (const calendar_t *self, wall_ms_t from, int64_t duration_ms)
{
    int64_t left = duration_ms < 0 ? 0 : duration_ms;
    if (!self)
        return from > TIME_NEVER - left ? TIME_NEVER : from + left;
    if (from >= LAST_MS)
        return TIME_NEVER;
    int64_t first = first_day (self, from);
    for (int64_t day = first; day <= first + 1 + CALENDAR_HORIZON_DAYS; day++) {
        const date_t *date = date_at (self, day);
        for (size_t i = 0; i < date->n; i++) {
            if (date->open[i].to <= from)
                continue;
            int64_t start = date->open[i].from < from ? from : date->open[i].from;
            if (left <= date->open[i].to - start)
                return start + left;
            left -= date->open[i].to - start;
        }
    }
    return TIME_NEVER;
}

int64_t calendar_between (const calendar_t *self, wall_ms_t from, wall_ms_t to)
{
    if (to <= from)
        return 0;
    if (!self)
        return to - from;
    int64_t sum = 0, end = to > LAST_MS ? LAST_MS : to;
    for (int64_t day = first_day (self, from), last = local_day (self, end); day <= last; day++) {
        const date_t *date = date_at (self, day);
        for (size_t i = 0; i < date->n; i++) {
            int64_t start = date->open[i].from < from ? from : date->open[i].from;
            int64_t stop = date->open[i].to > end ? end : date->open[i].to;
            sum += stop > start ? stop - start : 0;
        }
    }
    return sum;
}

wall_ms_t calendar_closes (const calendar_t *self, wall_ms_t at)
{
    int64_t day;
    if (!self || self->always)
        return TIME_NEVER;
    const stretch_t *open = open_at (self, at, &day);
    if (!open)
        return at;
    int64_t end = open->to;
    for (int64_t next = day + 1; next <= day + CALENDAR_HORIZON_DAYS; next++) {
        const date_t *date = date_at (self, next);
        if (date->n == 0 || date->open[0].from > end)
            return end; /* the stretches of one date never touch */
        end = date->open[0].to;
        if (date->n > 1)
            return end;
    }
    return TIME_NEVER;
}

wall_ms_t calendar_midnight (const calendar_t *self, wall_ms_t at)
{
    int64_t second = floor_div (at, MS_PER_SECOND);
    if (!self)
        return floor_div (second, DAY_SECONDS) * DAY_SECONDS * MS_PER_SECOND;
    int64_t day = floor_div (second + zone_offset (self->zone, second), DAY_SECONDS);
    return zone_instant (self->zone, day * DAY_SECONDS, false) * MS_PER_SECOND;
}

static const char *format (const calendar_t *self, wall_ms_t at, bool seconds, char *buffer, size_t size)
{
    static const char weekdays[WEEK_DAYS][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char label[ZONE_LABEL_SIZE] = "UTC";
    if (at == TIME_NEVER || at < 0 || at > LAST_MS) {
        snprintf (buffer, size, "never");
        return buffer;
    }
    int64_t second = at / MS_PER_SECOND, local = second;
    if (self) {
        local += zone_offset (self->zone, second);
        zone_label (self->zone, second, label);
    }
    int64_t day = floor_div (local, DAY_SECONDS), minute = (local - day * DAY_SECONDS) / 60;
    calendar_day_t date = date_of_day (day);
    char exact[8] = "";
    if (seconds)
        snprintf (exact, sizeof exact, ":%02d", (int)((local - day * DAY_SECONDS) % 60));
    snprintf (buffer, size, "%s %d %s, %02d:%02d%s %s", weekdays[(day + 3 + WEEK_DAYS) % WEEK_DAYS], date.day,
              months[date.month - 1], (int)(minute / 60), (int)(minute % 60), exact, label);
    return buffer;
}

const char *calendar_format (const calendar_t *self, wall_ms_t at, char *buffer, size_t size)
{
    return format (self, at, false, buffer, size);
}

const char *calendar_format_seconds (const calendar_t *self, wall_ms_t at, char *buffer, size_t size)
{
    return format (self, at, true, buffer, size);
}
