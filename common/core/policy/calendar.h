/* calendar.h - durations on office hours: weekly spans in a time zone, less holidays. Pure.
 *
 * Wall times and the zone are stored, instants are computed, so daylight saving moves no shift. A wall
 * time that a transition skips is the first instant after the gap; one that happens twice is its first
 * occurrence for a start and its last for an end. A span may cross midnight (22:00-07:00). */
#ifndef BUCKSTOP_CALENDAR_H
#define BUCKSTOP_CALENDAR_H

#include "types.h"

typedef struct calendar calendar_t;

/* Minutes since Monday 00:00; end may be greater than a week's when it wraps. */
typedef struct calendar_span {
    int start_min, end_min;
} calendar_span_t;

/* A local date without hours. */
typedef struct calendar_day {
    int year, month, day;
} calendar_day_t;

enum { CALENDAR_HORIZON_DAYS = 3 * 366 }; /* calendar_add looks no further */

/* NULL when the zone is not known ("Europe/Berlin", "UTC"). Copies what it is given. */
calendar_t *calendar_new (const char *zone, const calendar_span_t *spans, size_t spans_n,
                          const calendar_day_t *holidays, size_t holidays_n);
void calendar_destroy (calendar_t **self_p);

/* A NULL calendar is open around the clock in all of these. */
bool calendar_open (const calendar_t *self, wall_ms_t at);
/* The instant at which `duration_ms` of open time after `from` has passed. TIME_NEVER when the horizon
 * is passed first. calendar_add (c, t, 0) is the next open instant at or after t. */
wall_ms_t calendar_add (const calendar_t *self, wall_ms_t from, int64_t duration_ms);
/* Open time between two instants; 0 when to <= from. */
int64_t calendar_between (const calendar_t *self, wall_ms_t from, wall_ms_t to);
/* The end of the open span that `at` lies in; `at` itself when closed; TIME_NEVER for a NULL calendar. */
wall_ms_t calendar_closes (const calendar_t *self, wall_ms_t at);
/* The first instant of the local day that `at` lies in; of the day in UTC for NULL. */
wall_ms_t calendar_midnight (const calendar_t *self, wall_ms_t at);
/* "Mon 23 Nov, 09:30 CET", or in UTC for NULL. Returns buffer. */
const char *calendar_format (const calendar_t *self, wall_ms_t at, char *buffer, size_t size);
const char *calendar_format_seconds (const calendar_t *self, wall_ms_t at, char *buffer, size_t size); /* "10:03:20" */

#endif
