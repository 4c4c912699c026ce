/* audit_private.h - what the files of a round share.
 *
 *   audit.c         the order of things, and at which pace
 *   audit_walk.c    where keys come from: sets, and a walk over all keys
 *   audit_shapes.c  keys that no record answers for, one each of a workspace
 *   audit_values.c  the same, many of each: idempotency keys, threads, tokens
 *   audit_look.c    what is asked about each record of a batch
 *   audit_customer.c the same of customers and their identities
 *   audit_verdict.c the batch, judged */
#ifndef BUCKSTOP_AUDIT_PRIVATE_H
#define BUCKSTOP_AUDIT_PRIVATE_H

#include "audit.h"
#include "keys.h"
#include "record.h"

enum {
    BATCH_MAX = 128,    /* records looked at in one go, all of one workspace */
    BATCH_PACED = 16,   /* the same, when others wait for the loop */
    PRESENCE_SHARE = 8, /* so many cost as much as one record: members of a set, only asked for their records; values */
    PAGE = 500,         /* members of a set read at once */
    PAGE_COST = 10,     /* of the pace: what a page counts for */
    TIMELINE_PAGE = 64, /* entries of a timeline */
    SUSPECTS_MAX = 4096,  /* so many, and the walk waits until they are settled */
    LOOKS_MAX = 8,        /* at one that keeps changing */
    PLACES_MAX = 3,       /* where a contact may stand: as the set says, the owner's, who is asked */
    TOLD_SLOTS = 1 << 14, /* findings are told once as long as three quarters of these are free */
    AWAY_AGAIN_MS = 250,
    DRAIN_STILL_MS = 30000, /* a drain that was put off, or whose worker died, goes on before that */
};

/* Subjects that are no records, beside those of keys.h. */
#define KIND_ONCE     'i'
#define KIND_THREAD   't'
#define KIND_IDENTITY 'n'
#define KIND_SENT     's'
#define KIND_TOKEN    'b'
#define KIND_FORMER   'f' /* a policy before the one in force */
#define KIND_HOLD     'h'
#define KIND_WHOSE    'a' /* whose an archive's name is */

/* A place in own:W:P:E. */
typedef struct place {
    char person[NAME_SIZE], channel[NAME_SIZE];
    uint32_t epoch;
} place_t;

/* What is to be looked at. */
typedef struct subject {
    char kind, workspace[NAME_SIZE], id[AUDIT_ID_SIZE];
    int shard;
    place_t place;          /* where a set says that it stands; person "": no set does */
    char customer[ID_SIZE]; /* a contact: in whose list it stands; "": it was not met there */
    unsigned looks;         /* taken so far */
    /* a contact that is to be moved on: */
    mono_ms_t moved_at; /* when it was first seen so; 0: it was not */
    uint64_t left;      /* how many there were to be moved then */
    mono_ms_t look_at;  /* not looked at again before it */
} subject_t;

typedef struct subjects {
    subject_t *items;
    size_t n, room, at; /* at: those before it are done */
} subjects_t;
subject_t *subjects_add (subjects_t *self);
void subjects_clear (subjects_t *self);

/* Where subjects come from. */
typedef enum source_shape { SOURCE_SCORED, SOURCE_MEMBERS, SOURCE_SHAPES, SOURCE_KEYS } source_shape_t;
typedef struct source {
    source_shape_t shape;
    char key[KEY_SIZE]; /* of the set; SOURCE_KEYS: a pattern */
    char kind;          /* of the members' records */
    int shard;
    char workspace[NAME_SIZE]; /* "": the members say it */
    place_t place;             /* own sets: whose */
    char customer[ID_SIZE];    /* a customer's list: whose */
} source_t;

/* Where a walk through one source is. */
typedef struct position {
    int64_t from, passed; /* by score; of equal scores so many were read */
    char after[MEMBER_SIZE];
    uint64_t cursor;
} position_t;

/* What is done with the subjects of a page: looked at whole, or only asked whether there is a record that says so. */
typedef enum handling { HANDLE_WHOLE, HANDLE_PRESENCE } handling_t;

/* One answer about a member of a set. */
typedef struct slot {
    audit_round_t *round;
    bool found;
    int64_t score;
} slot_t;

typedef struct person_epoch {
    char person[NAME_SIZE];
    uint32_t epoch, drained_epoch;
} person_epoch_t;

/* What a person holds in an epoch that ended and is not drained. */
typedef struct drain {
    audit_round_t *round;
    char person[NAME_SIZE];
    uint32_t epoch;
    uint64_t left;
} drain_t;

typedef struct customer_look customer_look_t; /* audit_customer.c */

/* One record of the batch. */
typedef struct look {
    audit_round_t *round;
    subject_t subject;
    char key[KEY_SIZE];
    uint8_t *bytes; /* as read first; NULL: absent */
    size_t size;
    bool same; /* and read last */
    record_head_t head;
    record_fault_t fault;
    contact_t contact;
    bool no_record; /* the key is there, and holds something else */
    slot_t due, queue, open, dead, listed;
    customer_look_t *customer; /* owned */
    place_t places[PLACES_MAX];
    slot_t places_held[PLACES_MAX];
    size_t places_n;
    audit_tally_t tally;
    size_t entries, entries_bad;
    bool entries_more, timeline_wrong;
    bool moving;   /* it is to be moved on */
    uint64_t left; /* the drains that it is in: how many there are to be moved */
} look_t;

typedef void (round_fn) (audit_round_t *self);

struct audit_round {
    audit_order_t order;
    audit_result_t result;
    loop_timer_t *timer;
    bool ended;    /* only answers under way keep it */
    bool unlisted; /* the list of workspaces is none: their policies are not waited for */
    /* questions */
    size_t open;
    bool away;
    mono_ms_t away_since; /* 0: it is not */
    round_fn *step, *then;
    /* the walk */
    source_t *sources;
    size_t sources_n, sources_room, sources_at;
    position_t position;
    bool page_last;
    subjects_t pending, suspects;
    handling_t handling;
    bool settling;
    mono_ms_t suspected_at;
    uint64_t *told;
    size_t told_n;
    /* the batch */
    subjects_t *batch_of;
    look_t looks[BATCH_MAX];
    size_t looks_n;
    person_epoch_t people[2 * BATCH_MAX];
    size_t people_n;
    drain_t drains[2 * BATCH_MAX];
    size_t drains_n;
};

/* audit.c: a step asks between round_ask and round_asked; `then` runs when all is answered. If the store was away,
 * the step is taken again instead. Each callback ends with round_answered. */
void round_ask (audit_round_t *self, round_fn *step, round_fn *then);
void round_more (audit_round_t *self, round_fn *then); /* further questions of the same step */
void round_asked (audit_round_t *self);
void round_answered (audit_round_t *self, const store_values_t *values);
/* The step is over; it counts for so many keys. */
void round_on (audit_round_t *self, size_t cost);
void round_tell (audit_round_t *self, const audit_finding_t *finding, const char *workspace);
void round_suspect (audit_round_t *self, const subject_t *subject);
bool round_covers (const audit_round_t *self, const char *workspace);

/* audit_walk.c */
void walk_begin (audit_round_t *self);
void walk_page (audit_round_t *self); /* the next page of the source, into `pending` */
void walk_clear (audit_round_t *self);
void walk_tell_key (audit_round_t *self, audit_fault_t fault, const char *key, const char *workspace,
                    const char *words);

/* audit_shapes.c: a source that has no members; each of its questions is counted in `open` */
void shapes_ask (audit_round_t *self, const source_t *source);

/* audit_values.c */
const char *value_name (char kind);   /* in words; NULL: it is a record's kind */
char value_kind (const char *family); /* of the keys' name; 0: they are of something else */
/* NULL: it is fine; else what is wrong. Pure. */
const char *audit_value (char kind, const char *bytes, size_t size);

/* audit_look.c: the next batch of self->batch_of */
void look_whole (audit_round_t *self);
void look_presence (audit_round_t *self); /* PRESENCE_SHARE times as many, where it is paced */
void looks_clear (audit_round_t *self);
/* NULL: that epoch has not ended, or is drained. */
const drain_t *look_drain (const audit_round_t *self, const char *person, uint32_t epoch);

/* audit_customer.c: of a customer's record, or of an identity; customer_judge says how the record could be read. */
void customer_ask (look_t *look);
record_fault_t customer_judge (look_t *look, audit_findings_t *out);

/* audit_verdict.c */
void verdict_whole (audit_round_t *self);
void verdict_presence (audit_round_t *self);

#endif
