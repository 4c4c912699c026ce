/* contact_private.h - what the parts of the contact's state machine share. Pure.
 *
 * A turn is one contact_apply: the contact as it becomes, and what others must be told. */
#ifndef BUCKSTOP_CONTACT_PRIVATE_H
#define BUCKSTOP_CONTACT_PRIVATE_H

#include "calendar.h"
#include "contact.h"
#include "guard.h"
#include "words.h"

#define S_RECEIVED BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RECEIVED
#define S_OFFERED  BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OFFERED
#define S_QUEUED   BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_QUEUED
#define S_OWNED    BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED
#define S_WAITING  BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_WAITING
#define S_RESOLVED BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED
#define S_CLOSED   BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED
#define S_NONE     BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_UNSPECIFIED

#define P_ACKNOWLEDGE BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_ACKNOWLEDGE
#define P_FIRST       BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE
#define P_NEXT        BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_NEXT_RESPONSE
#define P_RESOLUTION  BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_RESOLUTION
#define P_CALLBACK    BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_CALLBACK
#define P_PENDING     BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING
#define P_BROKEN      BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN

#define FACT(name)     BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name
#define PURPOSE(name)  BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name
#define WAY_BACK(name) BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_##name
#define CALL(name)     BUCKSTOP__V1__CALL_STATE__CALL_STATE_##name

/* Times that no policy sets. */
#define CLOSE_LATER_MS    (15 * MS_PER_MINUTE) /* a reply is still on its way when it should close */
#define HANDOFF_FIRST_MS  (2 * MS_PER_SECOND)
#define HANDOFF_DOUBLINGS 2U                   /* 2, 4, 8, 8, ... seconds */
#define HANDOFF_STRAY_MS  (16 * MS_PER_SECOND) /* further ahead than any; clocks of two machines differ a little */
#define HANDOFF_TOLD      3U                   /* so many repetitions are put on the timeline */
#define TRANSFER_OFFER_MS (5 * MS_PER_MINUTE)  /* where the channel accepts by itself: a transfer is always asked */
#define OFFER_DEFERRED_MS (15 * MS_PER_MINUTE) /* of a call back, where its promise leaves more than that */
/* The acknowledgement goes out so much before its promise ends: a twentieth, at least a second. */
#define TELL_SHARE     20
#define TELL_MARGIN_MS (1 * MS_PER_SECOND)

typedef struct turn {
    contact_t *c;
    effects_t *fx;
    const policy_t *policy;
    const contact_event_t *event;
    wall_ms_t now;
    char *why;
} turn_t;

/* contact_turn.c: facts, notices, who */
fact_t *turn_fact (turn_t *t, fact_kind_t kind);
fact_t *turn_fact_detail (turn_t *t, fact_kind_t kind, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
notice_t *turn_notice (turn_t *t, purpose_t purpose, const char *person);
apply_outcome_t turn_refuse (turn_t *t, apply_outcome_t outcome, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
bool turn_is_full (const turn_t *t); /* little room is left for facts or notices */
const policy_person_t *duty_lead (const policy_t *policy, const contact_t *c);
int64_t offer_ms (const turn_t *t); /* how long an offer of this contact lasts */
void set_accountable (turn_t *t, const char *person, const char *why);
bool can_tell_customer (const contact_t *c);
policy_subject_t subject_of (const contact_t *c, const char *text);

/* contact_paged.c: what a way was told, and wants to hear the end of */
void paged_note (turn_t *t, const char *person);
void paged_follow (turn_t *t, const contact_t *before);

/* contact_hold.c: who holds it */
void become_owner (turn_t *t, const char *person, uint32_t epoch, const char *how);
void clear_offer (turn_t *t);
void clear_transfer (turn_t *t);
void want_somebody (turn_t *t); /* back to routing: received, the hand-off armed */
void give_up_owner (turn_t *t, const char *why);
void exclude (turn_t *t, const char *person, uint32_t epoch); /* for as long as the policy says of a decline */
void move_to (turn_t *t, const policy_target_t *target, const char *by, const char *why); /* by "": nobody did */
/* Expired, declined, or the person is gone. The fact says when they are asked again; NULL: nothing says it. */
void offer_is_over (turn_t *t, fact_t *fact);
wall_ms_t queue_clock (const turn_t *t);                   /* when the answer "nobody now" may change by time alone */
void end_pause (turn_t *t, wall_ms_t at, const char *why); /* WAITING: its time is charged, promises go on */
void tell_customer (turn_t *t);                            /* the acknowledgement, once */

/* promise.c */
typedef struct promise_ask {
    unsigned generation;
    const char *text; /* what the customer says, for rows that look at words; NULL: nothing */
    const char
        *channel;       /* whose terms; NULL or "": of the contact's, for what follows of the customer's last message */
    wall_ms_t no_later; /* due by then at the latest; 0: by its own terms alone */
    bool stricter;      /* only if it is due before every response that is owed already */
} promise_ask_t;
void promise_open (turn_t *t, promise_kind_t kind, const promise_ask_t *ask);
void promise_keep (turn_t *t, size_t index, wall_ms_t at);
void promise_release (turn_t *t, size_t index, const char *by, const char *reason);
void promise_break (turn_t *t, size_t index);
void promise_drop (turn_t *t, size_t index); /* settled: no longer owed */
void promises_pause (turn_t *t);
void promises_resume (turn_t *t, wall_ms_t at); /* the pause ended then */
bool promise_is_response (const promise_t *p);
promise_t *promise_unanswered (contact_t *c); /* a response that is owed and not on its way; NULL: none */
promise_t *promise_pending (contact_t *c, promise_kind_t kind); /* the first of that kind; NULL: none */
void promises_spoken (turn_t *t); /* a person speaks with the customer: that answers them, now */
/* Arms the next step of p, counted from `from`, at which `elapsed` of its duration had passed. */
void promise_arm_step (const policy_t *policy, promise_t *p, wall_ms_t from, int64_t elapsed);

/* ladder.c */
void ladder_climb (turn_t *t, size_t index);
/* A step of it has told them now. */
void told_note (turn_t *t, promise_kind_t promise, const char *person, bool urgent);
void told_forget (contact_t *c, promise_kind_t promise); /* it is not owed any more */

/* contact_customer.c */
void customer_is_back (turn_t *t, const char *why); /* a pause ends, what is resolved goes on */
void customer_said (turn_t *t);                     /* counts, and the way back follows: not what is owed for it */
void owe_answer (turn_t *t, bool stricter);         /* where no response is owed, or only a later one */
void tell_owner (turn_t *t, const char *what, bool urgent);
const char *new_words (const submission_t *s); /* what rules and promises look at */
void note_sent (const turn_t *t, fact_t *fact);
void note_attachments (turn_t *t);

/* contact_writer.c */
#define SOMEBODY_ELSE "somebody else" /* a message's `to`: the words are not the customer's */
bool by_another_channel (const contact_t *c, const submission_t *s);
bool by_somebody_else (const contact_t *c, const submission_t *s); /* who is no colleague */
bool colleague_wrote (turn_t *t); /* then all is done that follows from it; false: nothing is done */

/* contact_call.c */
void hear_line (turn_t *t); /* what the submission says of it */

/* contact_clock.c */
bool clocks_catch_up (turn_t *t); /* whether anything was due */

#endif
