/* escalation_private.h - what the parts of escalation share. */
#ifndef BUCKSTOP_ESCALATION_PRIVATE_H
#define BUCKSTOP_ESCALATION_PRIVATE_H

#include "escalation.h"

#include "aside.h"
#include "auditor.h"
#include "ids.h"
#include "keys.h"
#include "record.h"
#include "tally.h"
#include "work.h"

#define LOOK_MS         (1 * MS_PER_SECOND)  /* the store is asked at least so often */
#define HEARING_LOOK_MS (MS_PER_SECOND / 4)  /* until it is known when people could be heard */
#define PROMISES_MS     (5 * MS_PER_SECOND)  /* the gauges of promises are as old as that */
#define RETENTION_MS    (60 * MS_PER_SECOND) /* closed contacts are looked at so often */

typedef struct escalation escalation_t;

/* The next look at one kind of timers of one shard. */
typedef struct lookout {
    escalation_t *self;
    int shard;
    char kind;
    bool asked;   /* a lease is under way */
    bool again;   /* a hint came meanwhile */
    wall_ms_t at; /* when the next look is planned */
    loop_timer_t *timer;
    int done; /* rows done in this quarter of a lease, and in the last: no lease takes more */
    int done_before;
    mono_ms_t quarter;
} lookout_t;

enum { KINDS_LOOKED_AT = 2, LEASE_MIN = 16 };

/* The walk that counts violations of law 1. */
typedef struct orphans {
    unsigned number;     /* of this walk, as far as it was begun anew */
    size_t workspace;    /* index of the one that is walked */
    char after[ID_SIZE]; /* the last contact of the last page */
    mono_ms_t next_at;   /* no walk begins before; a policy that was swapped does not wait */
    bool asked;
    bool stale;            /* the page that is asked for is of a walk that was begun anew */
    bool hurry;            /* a policy was swapped: page after page */
    bool ends;             /* that was the last page of its workspace */
    size_t open;           /* contacts that are being looked at */
    size_t found, unmoved; /* in this walk so far: against law 1; wanted to be given to others, and were not */
    mono_ms_t began;
    tally_t tally; /* of this walk so far */
    tally_t last;  /* of the last whole one; began and ended: 0 before the first */
    mono_ms_t last_began, last_ended;
} orphans_t;

/* A look at the promises' counters, workspace after workspace. */
typedef struct promises {
    bool open, away, known;
    mono_ms_t began;            /* this look */
    mono_ms_t same_since;       /* the first look that found these sums had ended then */
    promise_sums_t found, sums; /* by this look so far; by the last whole one */
} promises_t;

/* The walk over timers that a clock that was set back has left too far ahead. */
typedef struct rearm {
    int64_t back_ms;  /* by how much it was set back; 0: nothing to do */
    wall_ms_t landed; /* when, by the clock as it is since */
    wall_ms_t from, to;
    size_t kind;
    int shard;
    bool asked;
    int64_t after; /* the score of the last timer of the last page, */
    int64_t skip;  /* and how many of that score were seen and stand there still */
} rearm_t;

struct escalation {
    service_t *service;
    escalation_params_t *params;
    aside_t *aside;
    wall_ms_t stuck_until; /* what can't be committed is put back one behind the other */
    lookout_t lookouts[SHARDS_MAX][KINDS_LOOKED_AT];
    loop_timer_t *tick;
    rearm_t rearm;
    wall_ms_t jumped_to; /* what was due before it and is done after it is late by the clock, not by us */
    mono_ms_t retention_at;
    mono_ms_t promises_at;
    orphans_t orphans;
    promises_t promises;
    auditor_t *auditor;
    size_t under_way; /* deadlines worked on, and leases asked for */
    size_t looking;   /* bookkeeping: contacts that are looked at or deleted */
    bool draining;
};

/* lookout.c: who is asked when */
void lookouts_start (escalation_t *self);
void lookouts_stop (escalation_t *self);
void lookout_hint (escalation_t *self, int shard, wall_ms_t at);
void lookout_done (lookout_t *self); /* one row is finished */

/* contacts.c, people.c: one leased row. The row is valid only during the call. */
void contact_is_due (lookout_t *lookout, const store_row_t *row, wall_ms_t now);
void person_is_due (lookout_t *lookout, const store_row_t *row, wall_ms_t now);

/* retention.c: closed contacts go after their time */
void retention_look (escalation_t *self);

/* rearm.c: the clock jumped */
void clock_jumped (escalation_t *self, int64_t ms);
void rearm_look (escalation_t *self); /* each second */

/* orphans.c: gauges of the laws */
void orphans_look (escalation_t *self);
void orphans_anew (escalation_t *self);

/* promises.c: the counters of law 2 */
void promises_look (escalation_t *self);

#endif
