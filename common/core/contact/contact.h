/* contact.h - the life of a contact: one state machine that all services feed. Pure.
 *
 *     contact_apply (before, event, now, policy) -> outcome, after, effects
 *
 * It first catches up with all that was due before `now` (offers that ran out, promises that broke,
 * steps of ladders), then applies the event. No clock, no store, no log: the caller commits `after`
 * and performs the effects, or forgets them. The picture is in proto/README.md, the table in contact.c. */
#ifndef BUCKSTOP_CONTACT_H
#define BUCKSTOP_CONTACT_H

#include "hearing.h"
#include "policy.h"
#include "types.h"

#include "buckstop/v1/action.pb-c.h"
#include "buckstop/v1/event.pb-c.h"
#include "buckstop/v1/record.pb-c.h"

typedef Buckstop__V1__ContactState contact_state_t;
typedef Buckstop__V1__PromiseState promise_state_t;
typedef Buckstop__V1__FactKind fact_kind_t;
typedef Buckstop__V1__DeliveryPurpose purpose_t;
typedef Buckstop__V1__CallState call_state_t;
#define CONTACT_STATES 8 /* one past the last; 0 (unspecified) is "no contact yet" */

typedef struct promise {
    promise_kind_t kind;
    promise_state_t state; /* PENDING; or BROKEN: counted as ended, still owed, its ladder climbs */
    wall_ms_t opened_at;
    wall_ms_t due;
    int64_t duration_ms; /* on its calendar */
    int64_t left_ms;     /* while paused: what remained */
    bool paused;
    wall_ms_t answered_at; /* a reply was committed, not yet accepted by the far side; 0: none */
    unsigned generation;   /* n-th made good for a broken one */
    char ladder[NAME_SIZE];
    char hours[NAME_SIZE];
    unsigned step;     /* index of the next step */
    wall_ms_t step_at; /* when it is due; 0: none left */
    unsigned repeats;
    wall_ms_t step_fired; /* when the last step that fired was due */
} promise_t;

/* The only one eligible is asked again in spite of a decline, but not in the same breath; each time later, lest
 * somebody who is not at their desk is called without end. */
#define ASK_AGAIN_MS     (5 * MS_PER_SECOND)
#define ASK_AGAIN_MAX_MS (10 * MS_PER_MINUTE)

/* One that has ended is kept for its count, while there is room. */
typedef struct exclusion {
    char person[NAME_SIZE];
    wall_ms_t until;
    unsigned times; /* they declined it or let the offer run out, in that epoch of theirs */
    uint32_t epoch; /* 0: not known */
} exclusion_t;

/* From when they may be asked again though they declined, if nobody else can: ASK_AGAIN_MS after the first time (or the
 * policy's `decline`, if that is shorter), twice as long after each further one, at most ASK_AGAIN_MAX_MS. */
wall_ms_t exclusion_again_at (const exclusion_t *self, const policy_t *policy);

/* Whom a step of a promise's ladder told, and when last. */
typedef struct told {
    char person[NAME_SIZE];
    promise_kind_t promise;
    wall_ms_t at;
    bool urgent; /* that step was: quiet hours do not hold it */
} told_t;

enum { SAID_SIZE = 401, PAGED_MAX = 8, TOLD_MAX = 8 };

/* Times mean what record.proto says of them. */
typedef struct contact {
    char id[ID_SIZE];
    char workspace[NAME_SIZE];
    uint64_t version; /* of the record as loaded; 0: not in the store yet */
    contact_state_t state;
    char channel[NAME_SIZE], team[NAME_SIZE], rule[NAME_SIZE];
    char subject[SUBJECT_SIZE];
    char language[LANGUAGE_SIZE], tier[NAME_SIZE];
    int priority;
    char customer[ADDRESS_SIZE], customer_name[DISPLAY_SIZE];
    char thread[ADDRESS_SIZE], reply_to_message[ADDRESS_SIZE];
    return_way_t return_way;
    char return_to[ADDRESS_SIZE];
    char accountable[NAME_SIZE];
    char owner[NAME_SIZE];
    uint32_t owner_epoch;
    wall_ms_t owned_at;
    char offered_to[NAME_SIZE];
    uint32_t offer_epoch;
    wall_ms_t offer_expires, offered_at, offer_ends;
    char preferred[NAME_SIZE];
    wall_ms_t preferred_until;
    char transfer_team[NAME_SIZE], transfer_to[NAME_SIZE];
    char transfer_words[DETAIL_SIZE];
    wall_ms_t opened_at, waiting_since, last_customer_at, last_reply_at, delivered_at;
    wall_ms_t handoff_at;
    unsigned handoff_tries;
    wall_ms_t relax_at, review_at, pause_ends_at;
    int64_t pause_left_ms;
    wall_ms_t close_at;
    wall_ms_t acknowledged_until;
    char acknowledged_by[NAME_SIZE];
    bool customer_told;
    unsigned messages, transfers;
    exclusion_t excluded[EXCLUSIONS_MAX];
    size_t excluded_n;
    promise_t promises[PROMISES_MAX];
    size_t promises_n;
    unsigned opened, kept, broken, released; /* promises, over the contact's life */
    uint32_t policy_version;
    char continues[ID_SIZE];
    char trace[TRACE_SIZE];
    char first_mail[DELIVERY_ID_SIZE];
    char customer_id[ID_SIZE]; /* "" : nobody is named */
    char reply_channel[NAME_SIZE];
    call_state_t call;
    char linked[ID_SIZE];
    char said[SAID_SIZE]; /* the beginning of the customer's last words: who is asked to take it reads them */
    char paged[PAGED_MAX][NAME_SIZE]; /* told by a way that wants to hear when it is taken, or over */
    size_t paged_n;
    told_t told[TOLD_MAX]; /* of promises that are still owed; when it is full the one of longest ago gives way */
    size_t told_n;
    wall_ms_t apologised_at; /* when the last apology was decided; 0: none was */
} contact_t;

typedef enum event_kind {
    EVENT_OPEN,    /* intake: a submission that opens */
    EVENT_MESSAGE, /* intake: the customer says more */
    EVENT_ACCEPT,  /* intake, actions of people */
    EVENT_DECLINE,
    EVENT_REPLY,
    EVENT_NOTE,
    EVENT_WAIT,
    EVENT_TRANSFER,
    EVENT_RESOLVE,
    EVENT_REOPEN,
    EVENT_ACKNOWLEDGE,
    EVENT_RELEASE,
    EVENT_OFFER,      /* routing: this person */
    EVENT_QUEUE,      /* routing: nobody now */
    EVENT_TIME,       /* escalation: something is due */
    EVENT_OWNER_LOST, /* escalation: the holder's epoch is over */
    EVENT_DELIVERED,  /* notification: a reply was accepted by the far side */
    EVENT_FAILED,     /* notification: a reply failed for good */
    EVENT_UNTOLD,     /* notification: what the system tells the customer by itself failed for good */
    EVENT_SET_ASIDE,  /* escalation: it can't be decided */
    EVENT_CALL,       /* intake: a line was answered, abandoned, ended, or rings again */
    EVENT_BOUNCED,    /* intake: what a far side had accepted came back */
    EVENT_RECEIPT,    /* intake: a far side says later what became of what it accepted */
    EVENT_KINDS
} event_kind_t;

enum { ATTACHMENTS_MAX = 16, ATTACHMENT_NAME_SIZE = 81, ATTACHMENT_TYPE_SIZE = 65, ATTACHMENT_NOTE_SIZE = 81 };

/* A file that came with a message; it lies in intake's spool under its hash. Nothing is owned. */
typedef struct attachment {
    const char *name, *type, *hash, *note;
    uint64_t size;
} attachment_t;

/* What a customer's message or a new contact brings. Strings are not NULL, and checked at the door. */
typedef struct submission {
    const char *channel, *subject, *text, *customer, *customer_name, *thread, *message_id, *language, *tier;
    int priority;
    return_way_t return_way;
    const char *return_to;
    const char *continues; /* id of a closed contact, or "" */
    const char *fresh;     /* what of the text is new; "" : all of it */
    const attachment_t *attachments;
    size_t attachments_n;
    call_state_t call;
    const char *call_person;  /* "" : not known */
    wall_ms_t sent_at;        /* as the channel says; 0: not said */
    const char *customer_id;  /* "" : nobody */
    const char *customer_ids; /* the other records of the same customer, one after the other; NULL or "" : none */
    const char *tier_known;   /* the customer's own tier, where the submission says none; "" : none */
    const char *owner_known;  /* the account's owner, who is preferred where no rule prefers; "" : none */
    const char *linked;       /* OPEN: another open contact of the same customer, or "" */
    const char *linked_owner; /* who has that one; "" : nobody */
    wall_ms_t linked_due;     /* what is promised next there; 0: nothing */
    const char *untold;       /* OPEN: why no machine tells them that it has come; "" or NULL: it does */
} submission_t;

/* Fields that a kind does not use are 0 or NULL. Nothing is owned. */
typedef struct contact_event {
    event_kind_t kind;
    event_id_t id;
    const char *by;                 /* the person who acts; OPEN, CALL: who answered, "" : not known */
    uint32_t by_epoch;              /* ACCEPT, REPLY, ...: the actor's epoch now */
    const char *person;             /* OFFER: to whom; TRANSFER: to whom, or NULL; OWNER_LOST: whose epoch ended;
                                       BOUNCED, RECEIPT: whose notice it was, NULL or "": the customer's */
    uint32_t epoch;                 /* OFFER: that person's; OWNER_LOST: the first epoch that still counts */
    const char *team;               /* TRANSFER: to which, or NULL */
    const char *text;               /* REPLY, NOTE, WAIT, reasons */
    const char *detail;             /* OFFER, QUEUE, FAILED, UNTOLD, BOUNCED, RECEIPT: why, in words */
    promise_kind_t promise;         /* RELEASE; DELIVERED, FAILED, BOUNCED: what the reply answered */
    wall_ms_t answered_at;          /* DELIVERED, FAILED, BOUNCED: when the reply was committed */
    const submission_t *submission; /* OPEN, MESSAGE, CALL */
    const char *contact, *workspace, *trace; /* OPEN: the new id */
    const hearing_t *hearing; /* all: offers that ended while nobody could be heard are prolonged; NULL: not known */
    bool nobody;              /* QUEUE: nobody is eligible, not only busy */
    purpose_t purpose;        /* BOUNCED, RECEIPT: of what came back, or arrived */
    bool last_way;            /* BOUNCED, to a person: they have no further way */
} contact_event_t;

typedef struct fact {
    fact_kind_t kind;
    wall_ms_t at;
    char by[NAME_SIZE], to[NAME_SIZE];
    char detail[DETAIL_SIZE];
    promise_kind_t promise;
    wall_ms_t due;
    uint32_t number;
    const char *text; /* not owned; NULL: none */
} fact_t;

/* Something that somebody outside must be told. policy decides by which ways (notice.h). */
typedef struct notice {
    purpose_t purpose;
    char person[NAME_SIZE]; /* empty: the customer */
    promise_kind_t promise;
    wall_ms_t due; /* the promise it speaks of; APOLOGY: the new one */
    bool urgent;
    const char *text;     /* REPLY: what the person wrote; a message: what its writer did; not owned */
    const char *words;    /* the template, where it is not that of the purpose; NULL: it is */
    const char *standing; /* STEP: how the promise stands, as a subject begins; NULL: it says nothing of that */
    char detail[DETAIL_SIZE];
} notice_t;

/* A step tells at most POLICY_TELL_MAX people (policy.h), so one always fits. */
enum { FACTS_MAX = 96, NOTICES_MAX = 48 };

typedef struct effects {
    fact_t facts[FACTS_MAX];
    size_t facts_n;
    notice_t notices[NOTICES_MAX];
    size_t notices_n;
    bool overflow; /* more happened than fits: the caller commits and applies TIME again */
} effects_t;

typedef enum apply_outcome {
    APPLY_DONE = 0,
    APPLY_NO_STATE,  /* the state does not allow it: effects->why names both */
    APPLY_NOT_YOURS, /* somebody else owns it or was asked: contact_refusal names them */
    APPLY_STALE,     /* overtaken: the offer is gone, the wake was too early; nothing to do */
    APPLY_BAD,       /* the event lacks something, e.g. a transfer to nobody known */
} apply_outcome_t;

/* `after` and `effects` are valid only for APPLY_DONE. `why` says in words what was wrong and what is
 * allowed now. before->state 0 only goes with EVENT_OPEN. */
apply_outcome_t contact_apply (const contact_t *before, const contact_event_t *event, wall_ms_t now,
                               const policy_t *policy, contact_t *after, effects_t *effects, char why[DETAIL_SIZE]);

/* The minimum of all its clocks: every contact that is not closed has one. A closed one: 0. */
wall_ms_t contact_next_due (const contact_t *self);
/* Its hand-off to routing is further ahead than one ever is: the clock was set back since. The next look takes it as due. */
bool contact_handoff_strays (const contact_t *self, wall_ms_t now);
/* Of the promises still owed, the one that is due first; NULL when none. */
const promise_t *contact_next_promise (const contact_t *self);
/* What is shown as next: of those that are broken the one that was due first, since it is owed; else contact_next_promise. */
const promise_t *contact_pressing_promise (const contact_t *self);
/* Of the promises whose answer is on its way, not yet accepted by the far side, the one that is due first; NULL: none. */
const promise_t *contact_answered_promise (const contact_t *self);
/* Does the policy still name its team and who is accountable? If not, the next look gives it to others. */
bool contact_is_current (const contact_t *self, const policy_t *policy);
/* The waiting order within a class: the deadline of the promise that is due first, priority shifting it. */
wall_ms_t contact_queue_score (const contact_t *self);
#define PRIORITY_SHIFT_MS (5 * MS_PER_MINUTE) /* a point of priority counts as so much nearer a deadline */
/* Is it open, and was a caller promised a call back? Then a new call of that customer belongs to it. */
bool contact_owes_callback (const contact_t *self);
/* Its channel answers, but the customer gave nowhere to answer to: whoever has it must know before they write. */
#define NO_WAY_BACK "there is no way back to the customer: they gave no address that an answer could go to"
bool contact_lacks_way_back (const contact_t *self, const policy_t *policy);
/* Does routing owe it somebody (received, queued, or a transfer to a team)? */
bool contact_wants_somebody (const contact_t *self);
/* May that person, in that epoch of theirs, not be asked? again: nobody else can be. To whom a colleague hands it over
 * by name, they may, whatever they let run out before. */
bool contact_excludes (const contact_t *self, const char *person, uint32_t epoch, bool again, wall_ms_t now,
                       const policy_t *policy);
/* Does it stand in the queue, where routing looks by itself? What is queued; and what wants somebody and whose hint was
 * lost: its hand-off timer has fired. Where hints arrive, a contact never passes through the queue for nothing. */
bool contact_in_queue (const contact_t *self);

/* Names in lower case, as JSON and people see them. _parse: 0 or -1 when the word is unknown. */
const char *contact_state_name (contact_state_t state);
const char *event_kind_name (event_kind_t kind);
const char *promise_kind_name (promise_kind_t kind);
const char *promise_state_name (promise_state_t state);
const char *fact_kind_name (fact_kind_t kind);
const char *purpose_name (purpose_t purpose);
const char *call_state_name (call_state_t call); /* "" : no call; from any thread */
int call_state_parse (const char *word, call_state_t *call);
int contact_state_parse (const char *word, contact_state_t *state);
int promise_kind_parse (const char *word, promise_kind_t *kind);
int action_parse (const char *word, Buckstop__V1__ActionKind *kind);
/* The actions that this person may take now, "accept, decline, note"; of nobody ("" or NULL) all that its state knows. */
const char *contact_allowed (const contact_t *self, const char *person, char *buffer, size_t size);

#endif
