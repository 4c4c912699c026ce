/* audit_judge.h - what must hold of each record: arguments in, findings out. Pure.
 *
 * The reader (audit_look.c) says what stands where; here nothing is read and no clock is asked. */
#ifndef BUCKSTOP_AUDIT_JUDGE_H
#define BUCKSTOP_AUDIT_JUDGE_H

#include "contact.h"
#include "delivery.h"
#include "keys.h"
#include "person.h"

typedef enum audit_fault {
    AUDIT_UNREADABLE,     /* a record that this version can't read */
    AUDIT_NO_TIMER,       /* something is to come and nothing would wake anybody */
    AUDIT_WRONG_TIMER,    /* neither when the record says nor a lease ahead of it */
    AUDIT_STRAY_TIMER,    /* a timer for nothing */
    AUDIT_NOBODY,         /* nobody is accountable */
    AUDIT_UNKNOWN_PERSON, /* accountable, and not in the policy */
    AUDIT_STALE_PLACE,    /* stands in a set and the record does not say so */
    AUDIT_MISSING_PLACE,  /* the record says so and it does not stand there */
    AUDIT_PROMISE_COUNTS, /* opened is not pending + kept + broken + released */
    AUDIT_PROMISE_TWICE,  /* the timeline ends more promises than it opened */
    AUDIT_PROMISE_LOST,   /* the timeline opened one that neither ended nor is pending */
    AUDIT_TIMELINE,       /* record and timeline count differently */
    AUDIT_OLD_EPOCH,      /* held in an epoch that is over: still to be moved */
    AUDIT_WRONG_TYPE,     /* a key holds something else than it should */
    AUDIT_LOST,           /* the store lost what was acknowledged */
    AUDIT_FAULTS
} audit_fault_t;
const char *audit_fault_name (audit_fault_t fault);

enum { AUDIT_ID_SIZE = 64, AUDIT_SUBJECT_SIZE = KEY_SIZE + 24 /* the kind in words */ };

typedef struct audit_finding {
    audit_fault_t fault;
    char workspace[NAME_SIZE];        /* "": of none, or not said */
    char subject[AUDIT_SUBJECT_SIZE]; /* "contact 01KA...", "person ada", "key b:{3}:n:desk" */
    uint64_t version;                 /* of the record; 0: there is none */
    char detail[DETAIL_SIZE];
} audit_finding_t;

typedef struct audit_findings {
    audit_finding_t *items;
    size_t n, room;
} audit_findings_t;

void audit_add (audit_findings_t *self, audit_fault_t fault, const char *kind, const char *id, uint64_t version,
                const char *format, ...) __attribute__ ((format (printf, 6, 7)));
void audit_clear (audit_findings_t *self);

/* A timer as it stands in due:K. */
typedef struct audit_timer {
    bool armed;
    wall_ms_t at;
    unsigned attempts; /* leases of the record since its last commit */
} audit_timer_t;

/* A place in own:W:P:E. */
typedef struct audit_place {
    const char *person, *channel;
    uint32_t epoch;
} audit_place_t;

/* Facts on the timeline, by promise_kind_t. */
typedef struct audit_tally {
    unsigned opened[PROMISE_KINDS], kept[PROMISE_KINDS], broken[PROMISE_KINDS], released[PROMISE_KINDS];
} audit_tally_t;
void audit_tally_event (audit_tally_t *self, const Buckstop__V1__Event *event);

typedef struct audit_contact {
    const contact_t *contact;
    const policy_t *policy;
    wall_ms_t now;
    audit_timer_t timer;
    bool queued, open;
    int64_t queue_score;
    const audit_place_t *places; /* of all people */
    size_t places_n;
    const audit_tally_t *tally;          /* NULL: the timeline was not read */
    uint32_t owner_epoch, offered_epoch; /* the epoch that the owner, who is asked, is in now; 0: no record */
    bool owner_drains, offered_drains;   /* it is being moved on from there, and that goes on */
} audit_contact_t;
bool audit_owned (const contact_t *contact); /* it counts in the owner's load */
void audit_contact (const audit_contact_t *in, audit_findings_t *out);

void audit_person (const person_t *person, const audit_timer_t *timer, wall_ms_t now, audit_findings_t *out);
/* listed: stands in dead:W. */
void audit_delivery (const delivery_t *delivery, const audit_timer_t *timer, bool listed, wall_ms_t now,
                     audit_findings_t *out);

/* A lease reaches no further ahead than this; that of a record set aside AUDIT_ASIDE_MS. */
#define AUDIT_LEASE_MS (2 * MS_PER_MINUTE)
#define AUDIT_ASIDE_MS (61 * MS_PER_MINUTE)

#endif
