/* calendar_zone.h - a time zone: offsets at instants, instants of wall times. Pure. For calendar.c.
 *
 * Everything here counts in seconds; days are counted from 1970-01-01, also where they are local dates. */
#ifndef BUCKSTOP_CALENDAR_ZONE_H
#define BUCKSTOP_CALENDAR_ZONE_H

#include "calendar.h"

enum { DAY_SECONDS = 86400, ZONE_LABEL_SIZE = 16 };

typedef struct zone zone_t;

zone_t *zone_new (const char *name); /* NULL when it is not known */
void zone_destroy (zone_t **self_p);
/* Seconds east of UTC. Instants outside 1970..2200 have the offset of the nearest one inside. */
int zone_offset (zone_t *self, int64_t at);
/* The instant of a wall time. A skipped one: the first instant after the gap. One that happens twice: its
 * first occurrence, or its last. */
int64_t zone_instant (zone_t *self, int64_t wall, bool last);
/* "CET", or "UTC+05:45" where the zone has no letters. */
const char *zone_label (zone_t *self, int64_t at, char label[ZONE_LABEL_SIZE]);

int64_t floor_div (int64_t a, int64_t b);
int64_t day_of_date (calendar_day_t date);
calendar_day_t date_of_day (int64_t day);

#endif
