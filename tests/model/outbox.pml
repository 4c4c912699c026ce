/* outbox.pml - a notice from the commit that decides it to its receipt. Spin 6.5; checked by tests/model/run.
 *
 * What is modelled
 *   deciders       replicas that hold the same due step, and write one notice into the outbox with the commit that says so
 *   the outbox     the delivery's record, its version, its timer; lease and commit are atomic steps
 *   senders        replicas that lease, look whether there is still a reason, send, and settle with a commit
 *   the far side   takes it or fails for a moment; its answer may be lost
 *   a reply        (REPLY) is settled by a commit on two records, the delivery's and the contact's, which keeps a promise
 *   Workers stop, answers are lost, calls are given up, leases run out, as in contact.pml.
 *
 * What must hold
 *   (4) a notice arrives at least once, under one id, unless it was moot; twice only by faults between send and record;
 *       none arrives whose reason was not committed
 *   (2) the step is said once, the notice counted as delivered once, the promise kept once
 *   (6) everything ends, with an empty outbox: no run is infinite (there is no cycle), and where one ends, all is done
 *
 * Bounds (-D): DECIDERS, SENDERS, FAULTS (crashes, lost answers, calls given up, slow workers, attempts that fail, together).
 *
 * Left out, and why that is sound
 *   several notices  each is a record of its own, and none waits for another in what decides here (lanes only hold). A
 *                    bundle ends its members and is a new notice in one commit; only what nobody had a lease of before
 *                    is a member, so none can have gone out (own_id, tests/replay/scenarios/bundle-after-crash.txt)
 *   a note           what was accepted and can't be settled is noted in its record by a commit on its version: that only
 *                    takes away sends
 *   dead letters     an attempt that fails for good settles by the same commit, without a timer
 *   back-off         a timer may be due whenever it is armed
 *
 * Each part says which code it stands for ("@ file: names"); tests/model/run checks that those exist. */

#ifndef DECIDERS
#define DECIDERS 2
#endif
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef REPLY
#define REPLY 0
#endif

#define T_NONE   0
#define T_ARMED  1
#define T_LEASED 2

/* @ services/notification/notification_private.h: SETTLE_DONE, SETTLE_MOOT, SETTLE_RETRY */
#define DELIVERED 1
#define MOOT      2
#define RETRY     3

#define DONE    1
#define REFUSED 2
#define ALREADY 3
#define AWAY    4
#define CRASHED 5

byte faults = FAULTS;

/* The contact: its version; the step that is said; somebody has acknowledged it; a promise that the reply keeps.
 * @ common/core/contact/promise.c: promise_keep
 * @ common/core/notice/delivery.c: delivery_moot */
byte contact = 1;
byte said, kept, delivered, moot_said;
bit acknowledged;
bit kept_seen; /* the contact's record holds the delivery's event */

/* The delivery.
 * @ common/core/notice/delivery.h: delivery_after
 * @ common/core/contact/plan.c: render_notices, keep_rendered, put_rendered */
byte version; /* 0: it is not there */
byte timer;
byte holders;
byte arrived;
bit other_id;

#define SENT arrived++; assert (arrived <= 1 + FAULTS - faults)

/* Two workers hold the same due step, one of them slow.
 * @ services/escalation/contacts.c: contact_is_due
 * @ common/service/work.c: commit_decision, send_hints */
proctype decider ()
{
    byte expected;
    if
    :: atomic { contact == 1 -> expected = contact }
    :: atomic { said > 0 -> goto over } /* nothing is due any more */
    fi;
#ifdef EFFECT_FIRST
    SENT;
#endif
send:
    atomic {
        if
        :: contact == expected && said == 0 ->
            contact++;
            said++;
            version = 1;
            timer = T_ARMED
        :: contact != expected || said > 0 -> skip /* refused; decided again: nothing is due */
        :: faults > 0 && contact == expected -> /* its answer is lost, and it is sent again with the same bytes */
            faults--;
            contact++;
            said++;
            version = 1;
            timer = T_ARMED;
            goto send
        fi
    }
over:
    skip
}

/* Somebody acknowledges, whenever: the contact's version goes on, and the page may be moot.
 * @ common/core/contact/contact_people.c: act_acknowledge */
active proctype somebody ()
{
    said > 0;
    if
    :: atomic { acknowledged = !REPLY; contact++ }
    :: true
    fi
}

/* What became of it: checks the delivery's version, and for a reply the contact's.
 * @ services/notification/settle.c: settle, settle_alone, settle_reply, reply_done
 * @ services/notification/settle_write.c: settle_write, write_kept, write_timer, settle_event
 * @ common/io/real/commit.lua: perform, refuse, event_in */
inline settle_commit (how, out)
{
    if
#ifndef NO_IDS
    :: REPLY && how == DELIVERED && kept_seen -> out = ALREADY
#define KEPT_SEEN kept_seen
#else
#define KEPT_SEEN false
#endif
#ifndef NO_VERSIONS
    :: !(REPLY && how == DELIVERED && KEPT_SEEN) && version != head -> out = REFUSED
#define IS_AS_READ (version == head)
#else
#define IS_AS_READ true
#endif
    :: !(REPLY && how == DELIVERED && KEPT_SEEN) && IS_AS_READ && REPLY && how == DELIVERED && contact != expected -> out = AWAY + 10
    :: !(REPLY && how == DELIVERED && KEPT_SEEN) && IS_AS_READ && !(REPLY && how == DELIVERED && contact != expected) ->
        out = DONE;
        if
        :: how == DELIVERED ->
            version = 0;
            timer = T_NONE;
            delivered++;
            assert (delivered == 1);
            if
            :: REPLY -> kept++; contact++; kept_seen = true; assert (kept == 1)
            :: else
            fi
        :: how == MOOT -> version = 0; timer = T_NONE; moot_said++; assert (moot_said == 1)
        :: how == RETRY -> version = head + 1; timer = T_ARMED
        fi
    fi
}

/* @ services/notification/outbox.c: lease_one, leased
 * @ services/notification/rows.c: rows_begin, row_loaded, row_goes, attempt_late
 * @ services/notification/lanes.c: lanes_admit, lanes_add, lanes_leave
 * @ services/notification/senders.c: sender_send, sender_now, attempt_ended
 * @ common/io/real/lease.lua: take, move, row */
proctype sender ()
{
    byte head, expected, out, how;
end:
    do
    :: atomic {
           timer == T_ARMED || timer == T_LEASED && (holders == 0 || faults > 0) ->
           if
           :: timer == T_LEASED && holders > 0 -> faults--
           :: else
           fi;
#ifdef LEASE_DELETES
           timer = T_NONE;
#else
           timer = T_LEASED;
#endif
           head = version;
           holders++;
           break
       }
    od;
    atomic { /* is there still a reason? */
        if
        :: acknowledged -> how = MOOT; goto settle
        :: else
        fi
    }
#ifdef RECORD_FIRST
    atomic { expected = contact; how = DELIVERED; settle_commit (how, out); expected = 0; how = 0; out = 0 }
#endif
send:
    if
    :: atomic { true -> SENT; how = DELIVERED }
    :: atomic { faults > 0 -> faults--; how = RETRY }                /* it did not get there */
    :: atomic { faults > 0 -> faults--; SENT; how = RETRY }          /* it did, and the answer was lost */
    :: atomic { faults > 0 -> faults--; how = 0; goto over }         /* stopped before */
    :: atomic { faults > 0 -> faults--; SENT; how = 0; goto over }   /* stopped after */
    fi;
#ifdef OTHER_ID
    other_id = (head > 1 || other_id); /* an id per attempt */
#endif
settle:
    atomic { expected = contact }
again:
    atomic {
        if
        :: settle_commit (how, out)
        :: faults > 0 -> faults--; settle_commit (how, out); out = 0; goto again /* the answer was lost: sent again */
        :: faults > 0 -> faults--; out = AWAY                                   /* given up: the lease brings it back */
        :: faults > 0 -> faults--; out = CRASHED
        fi;
        if
        :: out == AWAY + 10 -> out = 0; goto settle /* the contact moved on: decided again under the same id */
        :: else
        fi
    }
over:
    atomic {
        holders--;
        head = 0;
        expected = 0;
        how = 0;
        out = 0;
        goto end
    }
}

init
{
    byte n;
    atomic {
        for (n : 1 .. DECIDERS) {
            run decider ()
        }
        for (n : 1 .. SENDERS) {
            run sender ()
        }
        n = 0
    }
    timeout ->
    atomic {
        assert (said == 1 && version == 0 && timer == T_NONE);
        assert (arrived >= 1 || moot_said == 1);
        assert (delivered + moot_said == 1);
        assert (!REPLY || kept == 1);
        assert (!other_id)
    }
}
