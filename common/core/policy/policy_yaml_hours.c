/* policy_yaml_hours.c - the section `hours`: calendars by name.
 *
 *   office: { zone: Europe/Berlin, week: { mon-fri: ["09:00-12:30", "13:00-17:30"] }, holidays: [2026-12-25] }
 *
 * A span may end on the next day (22:00-07:00); 24:00 is the end of a day. Days may be joined by commas. */
#include "policy_yaml.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MINUTES = 1440, WEEK_DAYS = 7, SPANS_MAX = 24, HOLIDAYS_MAX = 1024 };

static const char *const weekdays[WEEK_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
static const char days_expected[] = "a day or days like mon, mon-fri or sat,sun";
static const char span_expected[] = "a span like 09:00-12:30, quoted; 24:00 is the end of a day";
static const char date_expected[] = "a date like 2026-12-25";

/* A calendar while it is read. */
typedef struct draft {
    const char *zone;
    const node_t *zone_at;
    calendar_span_t *spans;
    size_t spans_n;
    calendar_day_t *holidays;
    size_t holidays_n;
} draft_t;

/* 0..6, or -1. */
static int parse_weekday (const char *text, size_t length)
{
    for (int day = 0; day < WEEK_DAYS; day++)
        if (length == 3 && strncmp (weekdays[day], text, 3) == 0)
            return day;
    return -1;
}

/* Bits of the days, Monday's the lowest; 0: not of the form. "fri-mon" goes over the weekend. */
static unsigned parse_days (const char *text)
{
    unsigned days = 0;
    while (*text) {
        size_t length = strcspn (text, ","), dash = strcspn (text, "-,");
        int from = parse_weekday (text, dash);
        int to = dash < length ? parse_weekday (text + dash + 1, length - dash - 1) : from;
        if (from < 0 || to < 0)
            return 0;
        for (int day = from;; day = (day + 1) % WEEK_DAYS) {
            days |= 1u << day;
            if (day == to)
                break;
        }
        text += length;
        if (*text == ',' && !*++text)
            return 0;
    }
    return days;
}

/* "09:00" in minutes, or -1. */
static int parse_time (const char *text)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return -1;
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    return minute > 59 || hour * 60 + minute > DAY_MINUTES ? -1 : hour * 60 + minute;
}

static int parse_span (const char *text, calendar_span_t *span)
{
    if (strlen (text) != sizeof "09:00-12:30" - 1 || text[5] != '-')
        return -1;
    *span = (calendar_span_t){parse_time (text), parse_time (text + 6)};
    if (span->start_min < 0 || span->end_min < 0 || span->start_min == DAY_MINUTES || span->start_min == span->end_min)
        return -1;
    if (span->end_min < span->start_min)
        span->end_min += DAY_MINUTES;
    return 0;
}

static int parse_date (const char *text, calendar_day_t *date)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    char rest;
    if (strlen (text) != 10 || strspn (text, "0123456789") != 4 || strspn (text + 5, "0123456789") != 2 ||
        strspn (text + 8, "0123456789") != 2 ||
        sscanf (text, "%4d-%2d-%2d%c", &date->year, &date->month, &date->day, &rest) != 3)
        return -1;
    bool leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);
    if (date->year < 1970 || date->year > 2199 || date->month < 1 || date->month > 12 || date->day < 1)
        return -1;
    return date->day > lengths[date->month - 1] || (date->month == 2 && date->day == 29 && !leap) ? -1 : 0;
}

static void add_spans (draft_t *draft, unsigned days, calendar_span_t span)
{
    for (int day = 0; day < WEEK_DAYS; day++)
        if (days & 1u << day)
            draft->spans[draft->spans_n++] =
                (calendar_span_t){span.start_min + day * DAY_MINUTES, span.end_min + day * DAY_MINUTES};
}

static void read_day (reader_t *self, const yaml_key_t *key, const node_t *word, draft_t *draft)
{
    unsigned days = parse_days (word->text);
    char found[DETAIL_SIZE];
    if (!days)
        yaml_fail (self, word, days_expected, "week of %s has %s", self->where, yaml_found (word, found));
    if (!word->value || !yaml_is (self, key, word->value, NODE_LIST, "a list of spans, as in [\"09:00-17:30\"]"))
        return;
    if (word->value->n > SPANS_MAX)
        yaml_fail (self, word->value, "at most 24 spans a day", "%zu spans in %s", word->value->n, self->where);
    else
        for (const node_t *item = word->value->first; item; item = item->next) {
            calendar_span_t span;
            if (item->kind == NODE_TEXT && parse_span (item->text, &span) == 0)
                add_spans (draft, days, span);
            else
                yaml_fail (self, item, span_expected, "week of %s has %s", self->where, yaml_found (item, found));
        }
}

static void read_week (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    draft_t *draft = field;
    if (!yaml_is (self, key, value, NODE_MAP, "a map of days, as in {mon-fri: [\"09:00-17:30\"]}"))
        return;
    size_t spans = 0, before = self->errors->n;
    for (const node_t *word = value->first; word; word = word->next)
        spans += word->value ? word->value->n : 0;
    draft->spans = arena_alloc (self->arena, spans * WEEK_DAYS * sizeof *draft->spans);
    for (const node_t *word = value->first; word; word = word->next)
        read_day (self, key, word, draft);
    if (draft->spans_n == 0 && self->errors->n == before)
        yaml_fail (self, value, "at least one span: nothing would ever be due", "week of %s has no hours", self->where);
}

static void read_holidays (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    draft_t *draft = field;
    char found[DETAIL_SIZE];
    if (!yaml_is (self, key, value, NODE_LIST, "a list of dates, as in [2026-12-25]"))
        return;
    if (value->n > HOLIDAYS_MAX) {
        yaml_fail (self, value, "at most 1024 dates", "%zu holidays in %s", value->n, self->where);
        return;
    }
    draft->holidays = arena_alloc (self->arena, value->n * sizeof *draft->holidays);
    for (const node_t *item = value->first; item; item = item->next) {
        if (item->kind == NODE_TEXT && parse_date (item->text, &draft->holidays[draft->holidays_n]) == 0)
            draft->holidays_n++;
        else
            yaml_fail (self, item, date_expected, "holidays of %s have %s", self->where, yaml_found (item, found));
    }
}

static void read_zone (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    draft_t *draft = field;
    if (!yaml_is (self, key, value, NODE_TEXT, "a time zone like Europe/Berlin or UTC"))
        return;
    draft->zone = value->text;
    draft->zone_at = value;
}

static const yaml_key_t keys[] = {
    {"zone", read_zone, 0, 0, 0, "a time zone like Europe/Berlin or UTC", true},
    {"week", read_week, 0, 0, 0, "the open hours: {mon-fri: [\"09:00-17:30\"]}", true},
    {"holidays", read_holidays, 0, 0, 0, "dates without hours"},
    YAML_KEYS_END,
};

static const calendar_t *read_calendar (reader_t *self, const node_t *map, const char *where)
{
    draft_t draft = {NULL};
    yaml_read_map (self, map, keys, &draft, where);
    if (!draft.zone)
        return NULL;
    calendar_t *calendar = calendar_new (draft.zone, draft.spans, draft.spans_n, draft.holidays, draft.holidays_n);
    if (calendar)
        arena_adopt (self->arena, calendar);
    else
        yaml_fail (self, draft.zone_at, "a time zone that the system knows, like Europe/Berlin or UTC",
                   "zone of %s is '%.60s'", where, draft.zone);
    return calendar;
}

void yaml_section_hours (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    policy_hours_t *rows = yaml_named_rows (self, value, sizeof *rows, "calendar", &self->policy->hours_n);
    self->policy->hours = rows;
    const node_t *word = value->first;
    for (size_t i = 0; i < self->policy->hours_n; i++, word = word->next)
        if (word->value)
            rows[i].calendar = read_calendar (self, word->value, yaml_where (self, "hours '%s'", rows[i].name));
}
