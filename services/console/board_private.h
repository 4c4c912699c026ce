/* board_private.h - what the files of the board share. */
#ifndef BUCKSTOP_BOARD_PRIVATE_H
#define BUCKSTOP_BOARD_PRIVATE_H

#include "board.h"

#include <jansson.h>
#include <stdio.h>

/* Names as small numbers: they stay as long as the board. */
typedef struct names {
    char (*items)[NAME_SIZE];
    char **quoted; /* the same as JSON */
    size_t n, room;
} names_t;
enum { NAME_NONE = -1 };
int names_find (const names_t *self, const char *name); /* NAME_NONE: not there, or no name */
int names_put (names_t *self, const char *name);        /* NAME_NONE: no name */
void names_clear (names_t *self);

/* A contact, in what the counts and the order want, and its JSON. */
typedef struct row {
    char id[ID_SIZE];
    contact_state_t state;
    bool broken, changed;
    int channel, team, owner, asked; /* names; owner: who holds it; asked: to whom it is offered */
    uint32_t owner_epoch, asked_epoch;
    wall_ms_t opened_at, waiting_since;
    wall_ms_t due;     /* of what is next; TIME_NEVER: nothing */
    wall_ms_t risk_at; /* at risk from then on; 0: it is; TIME_NEVER: never */
    uint64_t version;
    uint32_t seen; /* by the walk of that number */
    char customer_id[ID_SIZE];
    char *json;
    char *words; /* folded: what a search looks at */
} row_t;

typedef struct rows {
    row_t *items; /* dense; a row that is removed is replaced by the last */
    size_t n, room;
    uint32_t *slots; /* by the hash of the id: index + 1; 0: free */
    size_t slots_n;
} rows_t;
row_t *rows_find (const rows_t *self, const char *id);
row_t *rows_put (rows_t *self, const char *id); /* found, or new and empty */
bool rows_remove (rows_t *self, const char *id);
void rows_clear (rows_t *self);

/* Of a person: what the record says, and what the rows say they hold. */
typedef struct who {
    bool named; /* by the policy */
    bool known; /* the record was read */
    bool present, leaving;
    uint32_t epoch;
    char *display; /* as JSON; NULL: the policy says none */
    int *teams;    /* whose member they are */
    size_t teams_n;
    wall_ms_t present_until, away_since;
    int64_t capacity, used;
    unsigned *load; /* by channel */
    wall_ms_t oldest;
    uint64_t told; /* a hash of what was said last */
} who_t;

typedef struct crew {
    const policy_team_t *facts; /* NULL: the policy names it no more */
    int *members;               /* the numbers of its people: they are counted ten times a second */
    size_t members_n;
    unsigned waiting, present;
    wall_ms_t oldest;
    uint64_t told;
} crew_t;

typedef struct bucket {
    int64_t step; /* the time divided by BOARD_TREND_MS; 0: empty */
    unsigned opened, kept, broken, released;
    bool changed;
} bucket_t;
enum { BUCKETS = 312 }; /* a day that has 25 hours, and one more */

typedef struct tallies {
    unsigned states[CONTACT_STATES], open, at_risk, broken;
    unsigned opened, kept, broke, released; /* promises, since midnight */
} tallies_t;

struct board {
    policy_t *policy;
    size_t contacts_max;
    size_t walked, left_out; /* open in the store, of those without a row */
    rows_t rows;
    size_t changed; /* rows */
    char (*gone)[ID_SIZE];
    size_t gone_n, gone_room;
    names_t channels, teams, people;
    who_t *who; /* by the numbers of people and teams */
    size_t who_n;
    crew_t *crews;
    size_t crews_n;
    int *weights; /* by channel */
    size_t weights_n;
    bucket_t buckets[BUCKETS];
    bool stirred; /* something may be counted otherwise than before */
    tallies_t tallies, told;
    wall_ms_t tallied_at;
    uint32_t walk;
};

/* board_row.c: the row of a contact, all but its place. */
void row_fill (board_t *self, row_t *row, const contact_t *contact);
void row_clear (row_t *row);
/* In the order of the board: below 0 when a is first. */
int row_order (const row_t *a, const row_t *b);

/* board_tally.c: counts all rows anew; cheap when nothing changed and no second has passed. */
void board_tally (board_t *self, wall_ms_t now);

/* board_names.c: room for who and crews whose names have come. */
who_t *board_who (board_t *self, int person);
crew_t *board_crew (board_t *self, int team);
void board_grow (board_t *self);

/* board_write.c */
char *text_quoted (const char *text); /* as JSON; malloc'd */
void write_text (FILE *out, const char *text);
void write_counts (FILE *out, const tallies_t *tallies);
void write_promises (FILE *out, const tallies_t *tallies);
void write_bucket (FILE *out, const bucket_t *bucket);
/* A hash of what would be written. */
uint64_t who_sign (const board_t *self, const who_t *who);
uint64_t crew_sign (const crew_t *crew);
void write_who (FILE *out, const board_t *self, int person);
void write_crew (FILE *out, const board_t *self, int team);

#endif
