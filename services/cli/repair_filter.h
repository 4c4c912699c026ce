/* repair_filter.h - which contacts `buckstop repair` is about. */
#ifndef BUCKSTOP_REPAIR_FILTER_H
#define BUCKSTOP_REPAIR_FILTER_H

#include "cli.h"

enum { REPAIR_PATH_SIZE = 2048 };

/* What is NULL or false is not asked for; all that is asked for must fit. */
typedef struct repair_filter {
    const char *state, *team, *owner, *channel, *customer, *subject, *older, *contact;
    bool at_risk, broken, everything;
    int64_t older_ms; /* of `older` */
} repair_filter_t;

/* How many there are; one that is empty fits all, and is none: a variable that was not set. *empty: which; NULL: none. */
size_t repair_filters (const repair_filter_t *self, const char **empty);
/* State, team, owner, channel, risk and the id's end are asked of intake; the rest is looked at. */
void repair_path (const repair_filter_t *self, char path[REPAIR_PATH_SIZE]);
/* On stderr: each that alone fits none of these; it may have been mistyped. */
void repair_say_unknown (const repair_filter_t *self, const json_t *contacts);
bool repair_fits (const repair_filter_t *self, const json_t *contact, wall_ms_t now);

#endif
