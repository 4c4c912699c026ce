/* report.h - what an archive says of a time: promises by channel, team, person and topic; where the time of broken ones was
 * lost. Pure, but for jansson's memory. */
#ifndef BUCKSTOP_REPORT_H
#define BUCKSTOP_REPORT_H

#include "types.h"

#include <jansson.h>

typedef struct report report_t;

/* Counts what happened from `from` on and before `to`; 0: no bound. */
report_t *report_new (wall_ms_t from, wall_ms_t to);
void report_destroy (report_t **self_p);
/* Events in the order of their workspace's stream, also those before `from`: a promise that broke then may have been made
 * long before. */
void report_take (report_t *self, const json_t *line);
/* The caller owns it:
 *   {"events", "contacts", "promises": {KIND: {"opened", "kept", "broken", "released"}}, "channel": {NAME: {the same}},
 *    "team", "person", "topic", "lost": {CAUSE: {"ms", "promises"}}, "happened": {FACT: broken promises before which it did}}
 * person: whoever was accountable when it was opened or ended. lost: of each broken promise, how its time went, from when it was
 * made to when it broke. */
json_t *report_json (const report_t *self);

#endif
