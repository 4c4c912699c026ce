/* settle_private.h - what the rooms of settling share.
 *
 *   settle.c        what became of an attempt, committed; what is done where that commit fails
 *   settle_write.c  what stands in that commit: record, timer, timeline, event
 *   settle_line.c   replies to one contact, one after the other
 *   bundle_dead.c   a bundle that failed for good: its lines go on as alone
 *   settle_back.c   what can't be settled now: put back by a commit that needs no key that others share */
#ifndef BUCKSTOP_SETTLE_PRIVATE_H
#define BUCKSTOP_SETTLE_PRIVATE_H

#include "notification_private.h"
#include "work.h"

/* The delivery's own check and writes. */
void settle_write (const attempt_t *attempt, commit_t *commit);
/* Its word in the timeline and the event, and the word that is still owed about attempts before. */
void settle_say (const attempt_t *attempt, commit_t *commit);
void settle_say_owed (const attempt_t *attempt, commit_t *commit);
/* What it was, by which way, and what became of it. */
const char *settle_detail (const attempt_t *attempt, char detail[DETAIL_SIZE]);
/* The event by which an attempt is settled once, whoever does it. */
event_id_t settle_event (const attempt_t *attempt);
bool settle_keeps_timer (enum settle how);
/* The delivery leaves the store, or is a dead letter; but for what is moot. */
bool settle_ends (const attempt_t *attempt);

/* Commits what became of it, once nothing else is to be asked. */
void settle_end (attempt_t *attempt);
/* Of a bundle that failed for good: what follows for each of its lines, then its own end. */
void bundle_dead (attempt_t *attempt);
/* Commits an outcome that concerns the contact as an event of its life; its turn must have come. */
void settle_reply (attempt_t *attempt);
bool settle_line_enter (attempt_t *attempt); /* false: it waits, and settle_reply is called when its turn comes */
void settle_line_leave (attempt_t *attempt, bool all); /* the next one's turn; all: everybody's of that contact */
/* What a commit needed is bad: the last resort is told. Only the contact's own timeline: it goes on without it. */
void settle_say_stuck (const attempt_t *attempt, const work_result_t *result);
bool settle_only_timeline (const commit_answer_t *answer); /* NULL: no */
/* Puts it back, and frees it. */
void settle_back (attempt_t *attempt);
/* It is over: freed, and there may be room for the next lease. */
void settle_over (attempt_t *attempt, bool written);

#endif
