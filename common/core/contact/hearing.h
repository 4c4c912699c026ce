/* hearing.h - when people could be heard, and when not: our own outages are not held against them. Pure.
 *
 * Whoever hears people (an intake whose door is open and whose store answers) says so once a second; whoever says so
 * after a gap records the gap. While one of several replicas hears, people are heard: a person whom the network keeps
 * from every one of them is away. A jump of the store's clock is a gap too: nobody was heard in time that never was.
 *
 * Presence that ended in a gap lasts as long again from the gap's end as after a heartbeat, since one may have been
 * lost in it; an offer lasts as much longer as nobody could be heard since it was made, wherever in its time that was.
 * While the gap is still open neither ends. Asking twice gives the same answer, whatever was prolonged already.
 * Limits: the last HEARING_GAPS_MAX gaps are known. */
#ifndef BUCKSTOP_HEARING_H
#define BUCKSTOP_HEARING_H

#include "types.h"

#define HEARING_BEAT_MS (1 * MS_PER_SECOND)
/* Shorter ones are not gaps: nobody loses anything in them, and a busy machine is not deaf. */
#define HEARING_GAP_MS (5 * MS_PER_SECOND)
enum { HEARING_GAPS_MAX = 8, HEARING_SIZE = 288 };

typedef struct hearing_gap {
    wall_ms_t from, to;
} hearing_gap_t;

typedef struct hearing {
    wall_ms_t heard; /* the last time that people could be heard; 0: it is not known, and nothing is prolonged */
    hearing_gap_t gaps[HEARING_GAPS_MAX]; /* the last ones, oldest first */
    size_t gaps_n;
} hearing_t;

typedef enum hearing_outcome {
    HEARING_SAID, /* another replica has said so just now: nothing to write */
    HEARING_BEAT,
    HEARING_GAP, /* the last of after->gaps was recorded */
    HEARING_BACK /* the clock was set back: what lay ahead is forgotten */
} hearing_outcome_t;

/* People can be heard at `now`. */
hearing_outcome_t hearing_beat (const hearing_t *before, wall_ms_t now, hearing_t *after);

/* When presence really ends that by its record ends at `end`; `hearing` may be NULL: then then. */
wall_ms_t hearing_presence_end (const hearing_t *self, wall_ms_t now, wall_ms_t end, int64_t presence_ms);
/* When an offer ends that was made at `made`, to end at `end`; *before: when it would without the last of the gaps that
 * prolong it. While that one is open, no sooner than HEARING_GAP_MS from now: it is asked again then. */
wall_ms_t hearing_offer_end (const hearing_t *self, wall_ms_t now, wall_ms_t made, wall_ms_t end, wall_ms_t *before);

/* As it stands in the store: "HEARD FROM-TO FROM-TO ...". Returns the length. */
size_t hearing_pack (const hearing_t *self, char text[HEARING_SIZE]);
/* False: it is no such text, and *self is empty. */
bool hearing_parse (const char *bytes, size_t size, hearing_t *self);

#endif
