/* contact.pml - the life of contacts between the services: commit, lease, hand-off. Spin 6.5; checked by tests/model/run.
 *
 * What is modelled
 *   the store      records with versions and the ids of the events that made them, timers, the queue, what each person
 *                  holds per epoch, match timers, idempotency keys; the two scripts are atomic steps over them
 *   intake         opens contacts, takes messages; acknowledges; its clients send again until they are answered
 *   routing        replicas with a roster of their own in memory, which may be wrong: offers, or "nobody now"
 *   escalation     replicas that lease what is due, decide and commit; others that end presence and drain epochs
 *   people         accept, answer, go away and come back, in any order
 *   Every worker may be stopped between any two of its calls into the store, and begins again with nothing in memory.
 *   A commit's answer may be lost (the same bytes are sent again), the call given up (it happened or not, or happens
 *   later, from a connection that was left), a lease may run out while its worker lives, hints get lost or are doubled.
 *
 * What must hold
 *   (1) an open contact has an accountable person and an armed timer, after each script
 *   (2) no rung of a ladder is said twice; a promise is kept or broken, once; a message is appended once
 *   (3) what was acknowledged is in the store, and was opened once
 *   (5) nobody is offered or owns more than their capacity, in their epoch; what they hold is what the records say
 *   (6) everything ends: no run is infinite (there is no cycle), and where one ends, all is done
 *   (4) is outbox.pml's.
 *
 * Bounds (-D): CONTACTS, PEOPLE (capacity: one each), ROUTINGS, ESCALATIONS, DRAINERS, LAPSES (presences that end),
 * FAULTS (crashes, lost answers, calls given up or late, slow workers, doubled hints, together), OFFERS (that run out),
 * MESSAGES. Lost hints are free: each one may be lost.
 *
 * Left out, and why that is sound
 *   time           a clock may be due whenever it is armed: all real orders in time are among those, and more. What
 *                  is due at once in clocks of several kinds is taken one after another; rungs of a ladder also together.
 *   repetitions    the hand-off's clock fires once, then the queue is read, which routing does each second anyway; the
 *                  review's never: it keeps the timer armed, and nothing here waits for it.
 *   Due hints      lookouts look each second without them.
 *   the stream     tells routing's memory what the store has: the worst one is modelled, that loses all.
 *   the refresh    of routing's roster every few seconds: all must end without it.
 *   attempts       of a lease: FAULTS is less than what sets a record aside.
 *   ids that leave a record holds its last 32; no run here makes more versions than VERSIONS.
 *   policies, transfers, waiting on the customer, reopening: other cells of the same table, by the same commit.
 *   fail-over      that loses commits, is another protocol (durability).
 *
 * Each part says below which code it stands for ("@ file: names"); tests/model/run checks that those exist. */

#ifndef CONTACTS
#define CONTACTS 1
#endif
#ifndef PEOPLE
#define PEOPLE 1
#endif
#ifndef ROUTINGS
#define ROUTINGS 1
#endif
#ifndef ESCALATIONS
#define ESCALATIONS 2
#endif
#ifndef DRAINERS
#define DRAINERS 0
#endif
#ifndef LAPSES
#define LAPSES 0
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef OFFERS
#define OFFERS 1
#endif
#ifndef RUNGS
#define RUNGS 3
#endif
#ifndef LADDER
#define LADDER RUNGS /* so many of them are ever due */
#endif
#ifndef MESSAGES
#define MESSAGES 0
#endif

#ifdef NO_HANDOFF
#define HANDOFF 0
#else
#define HANDOFF 1
#endif
#define CAPACITY 1
#define EPOCHS   (LAPSES + 2)
#define VERSIONS 16
#define NOBODY   0
#define LEAD     (PEOPLE + 1)
#define MANAGER  (PEOPLE + 2)

/* @ common/core/contact/contact_private.h: S_NONE, S_RECEIVED, S_OFFERED, S_QUEUED, S_OWNED, S_RESOLVED */
#define S_NONE     0
#define S_RECEIVED 1
#define S_OFFERED  2
#define S_QUEUED   3
#define S_OWNED    4
#define S_RESOLVED 5

/* The ids of events: a kind and the version that was decided on; requests of clients have one of their own.
 * @ common/core/base/ids.h: event_id_of
 * @ services/escalation/contacts.c: event_of
 * @ services/routing/offer.c: offer_id
 * @ services/routing/offer_nobody.c: queue_id */
#define ID(kind, version) ((kind) * VERSIONS + (version))
#define BY_OPEN    1
#define BY_MESSAGE 2
#define BY_TIME    3
#define BY_QUEUE   4
#define BY_ACCEPT  6
#define BY_ANSWER  7
#define BY_OFFER   8  /* and the person: 8 + p */
#define BY_LOST    11 /* and the person; the version is the epoch that is drained */

/* @ common/core/store/commit.h: COMMIT_DONE, COMMIT_ALREADY, COMMIT_REFUSED, COMMIT_AWAY
 * @ common/service/work.h: WORK_ROOM, WORK_CHECK */
#define DONE    1
#define ALREADY 2
#define REFUSED 3
#define ROOM    4
#define CHECK   5
#define AWAY    6
#define CRASHED 7

#define T_NONE   0
#define T_ARMED  1 /* at the minimum of the record's clocks */
#define T_LEASED 2 /* at the end of a lease */

/* A contact's record.
 * @ common/core/store/record.h: record_head, contact_pack
 * @ common/core/contact/contact.h: handoff_at, handoff_tries, accountable, offered_to, offer_epoch, owner_epoch */
typedef contact_t {
    byte version;
    byte state;
    byte owner, owner_epoch;
    byte offered, offer_epoch;
    byte accountable;
    byte rung;   /* of the ladder, the next one; 1 is the deadline itself */
    byte offers; /* so many were made */
    bit handoff; /* routing owes an answer: the hand-off's clock is armed */
    bit tries;   /* and has fired */
    byte messages;
}

/* A decision with what its commit expects.
 * @ common/core/contact/plan.c: plan_contact, check_holders, expect_room
 * @ common/core/contact/plan.h: plan_t */
typedef plan_t {
    byte contact, id, expected;
    byte leased_at;  /* the version that a lease handed out; 0: there is a newer one */
    bit seen;        /* the record holds the event by now */
    byte who, epoch; /* this person must be in that epoch */
    bit room;        /* and have room */
    bit once;        /* the idempotency key must be free */
    byte rung;       /* of the record before: what is said are those from here to after's */
    contact_t after;
}

#define COPY(to, from)                                                                                           \
    to.version = from.version; to.state = from.state; to.owner = from.owner; to.owner_epoch = from.owner_epoch;  \
    to.offered = from.offered; to.offer_epoch = from.offer_epoch; to.accountable = from.accountable;             \
    to.rung = from.rung; to.offers = from.offers; to.handoff = from.handoff; to.tries = from.tries;              \
    to.messages = from.messages

#define ZERO(to)                                                                                  \
    to.version = 0; to.state = 0; to.owner = 0; to.owner_epoch = 0; to.offered = 0;               \
    to.offer_epoch = 0; to.accountable = 0; to.rung = 0; to.offers = 0; to.handoff = 0;           \
    to.tries = 0; to.messages = 0

#define FORGET(p)                                                                                    \
    p.contact = 0; p.id = 0; p.seen = 0; p.leased_at = 0; p.expected = 0; p.who = 0; p.epoch = 0; p.room = 0; p.once = 0; p.rung = 0; \
    ZERO (p.after)

#define COPY_PLAN(to, p)                                                                                          \
    to.contact = p.contact; to.id = p.id; to.seen = p.seen; to.expected = p.expected; to.who = p.who; to.epoch = p.epoch;          \
    to.room = p.room; to.once = p.once; to.rung = p.rung; COPY (to.after, p.after)

/* The store.
 * @ common/core/store/keys.h: key_contact, key_due, key_queue, key_own, key_match, key_idempotency, key_person */
contact_t record[CONTACTS];
bit lost[CONTACTS * (PEOPLE + 1) * EPOCHS]; /* the ids of events that may be decided again anew: returned from that epoch */
bit told[CONTACTS];                             /* and the message */
byte timer[CONTACTS];
bit queued[CONTACTS];
bit once[CONTACTS];
byte own[(PEOPLE + 1) * EPOCHS]; /* who holds what, per epoch: a bit per contact */
bit match[PEOPLE + 1];

/* A person's record.
 * @ common/core/contact/person.h: person_apply, person_next_due, drained_epoch */
typedef person_t {
    byte version, epoch, drained;
    bit present;
    byte timer;
}
person_t person[PEOPLE + 1];

/* Hints under way, and what happened outside. */
bit hint[CONTACTS]; /* Route: this contact wants somebody */
byte faults = FAULTS;
byte lapses = LAPSES;
byte leased[CONTACTS]; /* workers that hold a lease's row */
#if DRAINERS
byte person_leased[PEOPLE + 1];
#endif
bit acknowledged[CONTACTS];

/* Facts: what the timeline says.
 * @ common/core/contact/plan.c: write_events, count_promises
 * @ common/core/contact/ladder.c: speak, skipped */
byte opened[CONTACTS];
byte said[CONTACTS * RUNGS];
byte kept[CONTACTS];

/* A call that was left behind on a broken connection, and may still be performed. */
#define WORKERS (CONTACTS * (1 + MESSAGES) + PEOPLE + ROUTINGS + ESCALATIONS + DRAINERS)
#define LATE    WORKERS
bit late_any;
plan_t plan[WORKERS + 1]; /* what each worker has decided; the last: that call */

hidden byte i_, n_, k_, c_, e_, w_;
hidden byte found_;

#define BIT(c)  (1 << (c))
#define OWN(p, e) own[(p) * EPOCHS + (e)]
#define LOST(c, p, e) (((c) * (PEOPLE + 1) + (p)) * EPOCHS + (e))
#ifdef NO_IDS
#define HOLDS(event) (false && event)
#else
#define HOLDS(event) (event)
#endif
#define HAS_ROOM(p) (person[p].present && OWN (p, person[p].epoch) == 0)
#define WANTS(r) (r.state == S_RECEIVED || r.state == S_QUEUED)
#define IN_QUEUE(r) (r.state == S_QUEUED || r.state == S_RECEIVED && r.tries)
#define OPEN(r)  (r.state != S_NONE && r.state != S_RESOLVED)

/* A record holds the ids of its last events. Who has decided one of them is told so here at once, rather than that the
 * ids are kept: it is the same question, asked by the script and by who decides, and has far fewer states.
 * @ common/io/real/commit.lua: event_in
 * @ common/core/store/record.h: record_has_event */
inline event_is_in ()
{
    k_ = 0;
    do
    :: k_ <= WORKERS ->
        plan[k_].seen = plan[k_].seen || plan[k_].contact == c_ && plan[k_].id == e_;
#ifndef NO_VERSIONS
        if /* decided on an older version: nothing but its id matters any more */
        :: plan[k_].contact == c_ && plan[k_].id && !plan[k_].once && k_ != w_ ->
            plan[k_].expected = 0;
            plan[k_].leased_at = 0;
            plan[k_].epoch = 0;
            plan[k_].room = 0;
            plan[k_].rung = 0;
            ZERO (plan[k_].after)
        :: else
        fi;
#endif
        k_++
    :: else -> break
    od
}

/* Law 1 and law (5), after each script: what the audit looks for on a live system.
 * @ common/audit/audit_judge.c: judge_timer, judge_accountable, judge_holders, judge_places */
inline look_at_laws ()
{
    assert (!OPEN (record[c_]) || record[c_].accountable != NOBODY);
    assert (!OPEN (record[c_]) || timer[c_] != T_NONE);
    assert (queued[c_] == IN_QUEUE (record[c_]));
    n_ = 1;
    do
    :: n_ <= PEOPLE ->
        k_ = 1;
        do
        :: k_ < EPOCHS ->
            assert (((OWN (n_, k_) & BIT (c_)) != 0) ==
                    (record[c_].state == S_OWNED && record[c_].owner == n_ && record[c_].owner_epoch == k_ ||
                     record[c_].offered == n_ && record[c_].offer_epoch == k_));
            assert (k_ >= person[n_].drained || (OWN (n_, k_) & BIT (c_)) == 0); /* what was returned stays so */
            k_++
        :: else -> break
        od;
        assert ((OWN (n_, person[n_].epoch) & (OWN (n_, person[n_].epoch) - 1)) == 0); /* at most one: CAPACITY */
        n_++
    :: else -> break
    od
}

/* One atomic commit of a contact: checks, then writes.
 * @ common/io/real/commit.lua: perform, refuse, event_in
 * @ common/core/contact/plan.c: place_holders, place_queue, arm_timer, count_promises, holders_of
 * @ common/core/contact/contact.c: contact_in_queue, contact_wants_somebody */
inline commit_lua (w, out)
{
    d_step {
        c_ = plan[w].contact;
        e_ = plan[w].id;
        w_ = w;
        found_ = HOLDS (plan[w].seen);
        if
        :: found_ -> out = ALREADY
#ifndef NO_VERSIONS
        :: !found_ && !plan[w].once && record[c_].version != plan[w].expected -> out = REFUSED
#endif
        :: else ->
            out = DONE;
#ifndef NO_KEYS
            if
            :: plan[w].once && once[c_] -> out = CHECK
            :: else
            fi;
#endif
#ifndef NO_EPOCHS
            if
            :: plan[w].who && person[plan[w].who].epoch != plan[w].epoch -> out = ROOM
            :: else
            fi;
#endif
#ifndef NO_ROOM
            if
            :: plan[w].room && OWN (plan[w].who, plan[w].epoch) != 0 -> out = ROOM
            :: else
            fi;
#endif
            skip
        fi;
        if
        :: out != DONE -> skip
        :: else ->
            if /* who held it before */
            :: record[plan[w].contact].state == S_OWNED ->
                OWN (record[plan[w].contact].owner, record[plan[w].contact].owner_epoch) =
                    OWN (record[plan[w].contact].owner, record[plan[w].contact].owner_epoch) & ~BIT (plan[w].contact);
#ifndef NO_MATCH
                match[record[plan[w].contact].owner] = match[record[plan[w].contact].owner] ||
                                                 !(plan[w].after.state == S_OWNED && plan[w].after.owner == record[plan[w].contact].owner &&
                                                   plan[w].after.owner_epoch == record[plan[w].contact].owner_epoch)
#endif
            :: else
            fi;
            if
            :: record[plan[w].contact].offered ->
                OWN (record[plan[w].contact].offered, record[plan[w].contact].offer_epoch) =
                    OWN (record[plan[w].contact].offered, record[plan[w].contact].offer_epoch) & ~BIT (plan[w].contact);
#ifndef NO_MATCH
                match[record[plan[w].contact].offered] = match[record[plan[w].contact].offered] ||
                                                   !(plan[w].after.state == S_OWNED && plan[w].after.owner == record[plan[w].contact].offered &&
                                                     plan[w].after.owner_epoch == record[plan[w].contact].offer_epoch)
#endif
            :: else
            fi;
            if /* who holds it now */
            :: plan[w].after.state == S_OWNED ->
                OWN (plan[w].after.owner, plan[w].after.owner_epoch) = OWN (plan[w].after.owner, plan[w].after.owner_epoch) | BIT (plan[w].contact)
            :: else
            fi;
            if
            :: plan[w].after.offered ->
                OWN (plan[w].after.offered, plan[w].after.offer_epoch) = OWN (plan[w].after.offered, plan[w].after.offer_epoch) | BIT (plan[w].contact)
            :: else
            fi;
            /* facts */
            i_ = plan[w].rung;
            do
            :: i_ < plan[w].after.rung ->
                said[plan[w].contact * RUNGS + i_]++;
                assert (said[plan[w].contact * RUNGS + i_] == 1);
                i_++
            :: else -> break
            od;
            if
            :: plan[w].after.state == S_RESOLVED && plan[w].after.rung < 2 -> kept[plan[w].contact]++; assert (kept[plan[w].contact] == 1)
            :: else
            fi;
            if
            :: plan[w].once -> once[plan[w].contact] = true; opened[plan[w].contact]++; assert (opened[plan[w].contact] == 1)
            :: else
            fi;
            /* the record, its id, its timer, its place */
            COPY (record[plan[w].contact], plan[w].after);
            record[plan[w].contact].version = plan[w].expected + 1;
            assert (record[plan[w].contact].version < VERSIONS);
            event_is_in ();
            if
            :: plan[w].id / VERSIONS > BY_LOST -> lost[LOST (c_, plan[w].id / VERSIONS - BY_LOST, plan[w].id % VERSIONS)] = true
            :: plan[w].id / VERSIONS == BY_MESSAGE -> told[c_] = true
            :: else
            fi;
            assert (record[plan[w].contact].messages <= MESSAGES);
            queued[plan[w].contact] = IN_QUEUE (record[plan[w].contact]);
            timer[plan[w].contact] = (OPEN (record[plan[w].contact]) -> T_ARMED : T_NONE);
#ifdef TIMER_FORGOTTEN
            timer[plan[w].contact] = (record[plan[w].contact].state == S_OFFERED -> T_NONE : timer[plan[w].contact]);
#endif
            look_at_laws ()
        fi;
        n_ = 0
    }
}

/* A hint may be lost.
 * @ common/service/work.c: send_hints
 * @ common/core/contact/plan.c: routing_is_asked */
inline send_hints (w)
{
    if
    :: WANTS (plan[w].after) && plan[w].after.handoff -> hint[plan[w].contact] = true
    :: true
    fi
}

/* The call of a commit, in the caller's atomic step: answered; its answer lost, and sent again with the same bytes; given
 * up before it was performed; left on a dead connection, where it is performed later, and sent again meanwhile or given
 * up; the worker stopped. What the caller does with the answer follows in the same step: it reads or writes nothing of
 * others but what may also come later.
 * @ common/service/work.c: on_commit, commit_decision, on_refused
 * @ common/io/real/store_call.c: sent_again, give_up, on_deadline
 * @ common/io/store.h: store_commit */
inline store_commit (w, out)
{
    if
    :: commit_lua (w, out)
    :: faults > 0 -> faults--; commit_lua (w, out); out = 0; goto send
    :: faults > 0 -> faults--; out = AWAY
    :: faults > 0 -> faults--; out = CRASHED
    :: faults > 0 && !late_any -> faults--; COPY_PLAN (plan[LATE], plan[w]); late_any = true; goto send
    :: faults > 0 && !late_any -> faults--; COPY_PLAN (plan[LATE], plan[w]); late_any = true; out = AWAY
    fi
}

proctype network ()
{
    byte out;
end:
    do
    :: atomic { late_any -> commit_lua (LATE, out); out = 0; late_any = false; FORGET (plan[LATE]) }
    od
}

/* What every decision begins with.
 * @ common/service/work.c: decide, on_loaded, read_record */
inline load (w, c)
{
    plan[w].contact = c;
    plan[w].expected = record[c].version;
    plan[w].rung = record[c].rung;
    plan[w].who = 0;
    plan[w].epoch = 0;
    plan[w].room = 0;
    COPY (plan[w].after, record[c])
}

/* @ common/core/contact/contact_hold.c: give_up_owner, offer_is_over, want_somebody */
#define WANT_SOMEBODY(r) \
    r.state = S_RECEIVED; r.owner = 0; r.owner_epoch = 0; r.offered = 0; r.offer_epoch = 0; r.tries = 0; r.handoff = HANDOFF

/* ---- intake: a client opens a contact, sends a message, and sends again what was not answered ---- */

/* A second attempt has another new contact in hand, and the same key.
 * @ services/intake/submit_work.c: submit_extra, done, check, already, submit_worked
 * @ services/intake/submit_order.c: submit_work
 * @ services/intake/once.c: once_write, once_refused
 * @ common/core/contact/contact_customer.c: act_open, act_message */
proctype client (byte w; byte c)
{
    byte out;
open:
    atomic {
        plan[w].contact = c;
        plan[w].id = ID (BY_OPEN, 0);
        plan[w].once = 1;
        plan[w].after.state = S_RECEIVED;
        plan[w].after.accountable = LEAD;
        plan[w].after.handoff = HANDOFF;
#ifdef ACKNOWLEDGED_FIRST
        acknowledged[c] = true
#endif
    }
send:
    atomic {
        store_commit (w, out);
        if
        :: out == DONE -> send_hints (w)
        :: out == ALREADY || out == CHECK || out == REFUSED -> skip /* the receipt of the first */
        :: out == AWAY || out == CRASHED ->
            out = 0;
            FORGET (plan[w]);
#ifdef ACKNOWLEDGED_FIRST
            goto answered
#else
            goto open /* 503, or no answer: the client sends it again */
#endif
        fi;
        out = 0;
        FORGET (plan[w])
    }
    if
    :: atomic { true -> assert (once[c] && record[c].state != S_NONE); acknowledged[c] = true }
    :: atomic { faults > 0 -> faults--; goto open } /* intake stops before it answers */
    fi;
answered:
    skip
}

#if MESSAGES
/* Without a key: a crash is the client's affair, an answer that is lost is not. */
proctype writer (byte w; byte c)
{
    byte out;
    acknowledged[c];
begin:
    atomic {
        if
        :: HOLDS (told[c]) || record[c].state == S_RESOLVED -> goto over
        :: else
        fi;
        load (w, c);
        plan[w].id = ID (BY_MESSAGE, 0);
        plan[w].after.messages = plan[w].after.messages + 1
    }
send:
    atomic {
        store_commit (w, out);
        FORGET (plan[w]);
        if
        :: out == REFUSED -> out = 0; goto begin /* decided again under the same id */
        :: else -> out = 0
        fi
    }
over:
    skip
}
#endif

/* ---- routing ---- */

#if PEOPLE > 1
#define ANY_FREE (free[1] || free[2])
#else
#define ANY_FREE (free[1])
#endif

/* What routing does with a contact that it was told of, or found in the queue: an offer, or "nobody now".
 * @ services/routing/offer.c: offer_begin, still_right
 * @ services/routing/offer_nobody.c: offer_contact, queue_begin, still_owed, owes_answer
 * @ common/core/contact/contact_system.c: act_offer, act_queue, set_offer */
inline match_one (w, c)
{
    load (w, c);
    if
    :: WANTS (record[c]) && free[1] -> plan[w].who = 1
#if PEOPLE > 1
    :: WANTS (record[c]) && free[2] -> plan[w].who = 2
#endif
    :: !WANTS (record[c]) || !ANY_FREE
    fi;
    if
    :: plan[w].who ->
        plan[w].id = ID (BY_OFFER + plan[w].who, record[c].version);
        plan[w].epoch = epoch[plan[w].who];
        plan[w].room = 1;
        plan[w].after.state = S_OFFERED;
        plan[w].after.offered = plan[w].who;
        plan[w].after.offer_epoch = plan[w].epoch;
        plan[w].after.handoff = 0;
        plan[w].after.tries = 0;
        plan[w].after.offers++;
        goto send
    :: !plan[w].who && WANTS (record[c]) && record[c].handoff ->
        plan[w].id = ID (BY_QUEUE, record[c].version);
        plan[w].after.state = S_QUEUED;
        plan[w].after.handoff = 0;
        plan[w].after.tries = 0;
        goto send
    :: else -> FORGET (plan[w])
    fi
}

/* @ services/routing/roster_load.c: roster_load, read_person, read_held */
inline look (q)
{
    epoch[q] = person[q].epoch;
    free[q] = HAS_ROOM (q)
}

/* @ services/routing/hear.c: hear_route
 * @ services/routing/queue.c: queue_tick, on_head
 * @ services/routing/people.c: people_match_timers, on_timers, on_cleared, people_refused, people_look
 * @ services/routing/offer.c: on_taken, on_no_room, on_refused, on_away, on_forgotten */
#define HEAR(c)                                            \
    :: atomic {                                            \
           hint[c] ->                                      \
           if                                              \
           :: hint[c] = false                              \
           :: faults > 0 -> faults-- /* doubled */         \
           fi;                                             \
           match_one (w, c)                                \
       }                                                   \
    :: atomic { queued[c] && (ANY_FREE || record[c].handoff) -> match_one (w, c) }

proctype routing (byte w)
{
    byte out, q;
    bit free[PEOPLE + 1];
    byte epoch[PEOPLE + 1];
start:
    atomic {
        look (1);
#if PEOPLE > 1
        look (2)
#endif
    }
end:
    do
    HEAR (0)
#if CONTACTS > 1
    HEAR (1)
#endif
#ifndef LOOKED_BEFORE_CLEARED
    :: atomic { match[1] -> match[1] = false; q = 1; goto looking }
#if PEOPLE > 1
    :: atomic { match[2] -> match[2] = false; q = 2; goto looking }
#endif
#else
    :: atomic { match[1] -> look (1) };
       match[1] = false
#endif
    od;
looking:
    if
    :: atomic { true -> look (q); q = 0; goto end }
    :: atomic { faults > 0 -> faults--; q = 0; goto start }
    fi;
send:
    atomic {
        store_commit (w, out);
        if
        :: out == DONE && plan[w].who -> free[plan[w].who] = 0
        :: out == ROOM -> q = plan[w].who; free[q] = 0
        :: out != DONE && out != ROOM -> q = plan[w].who
        :: else
        fi;
        FORGET (plan[w]);
        if
        :: out == CRASHED -> out = 0; q = 0; goto start
        :: else -> out = 0
        fi;
        if
        :: q -> goto looking
        :: else -> goto end
        fi
    }
}

/* ---- escalation: contacts ---- */

/* The row is due: a lease moves its timer ahead, and answers with the record.
 * @ common/io/real/lease.lua: take, move, row */
#define CLOCKS(r) (r.state == S_OFFERED && r.offers <= OFFERS || r.handoff && !r.tries || OPEN (r) && r.rung < LADDER)
#define IS_DUE(c) \
    ((timer[c] == T_ARMED || timer[c] == T_LEASED && (leased[c] == 0 || faults > 0)) && CLOCKS (record[c]))

inline lease_lua (c)
{
    if
    :: timer[c] == T_LEASED && leased[c] > 0 -> faults-- /* it ran out, and its worker is only slow */
    :: else
    fi;
#ifdef LEASE_DELETES
    timer[c] = T_NONE;
#else
    timer[c] = T_LEASED;
#endif
    leased[c]++
}

/* One kind of clock is due: a promise's, with as many rungs as have passed, the offer's, the hand-off's. Nothing: only
 * when it is decided again, on a newer record.
 * @ common/core/contact/contact_clock.c: clocks_catch_up, next_clock, on_step, on_break, on_offer, on_handoff
 * @ common/core/contact/ladder.c: ladder_climb, take_steps
 * @ common/core/contact/promise.c: promise_break, promise_keep */
inline catch_up (w, again)
{
    if
    :: OPEN (plan[w].after) && plan[w].after.rung < LADDER ->
        do
        :: plan[w].after.rung < LADDER ->
            plan[w].after.rung++;
            if
            :: plan[w].after.rung == RUNGS -> plan[w].after.accountable = MANAGER
            :: else
            fi
        :: plan[w].after.rung > plan[w].rung -> break
        od
    :: plan[w].after.state == S_OFFERED && plan[w].after.offers <= OFFERS -> WANT_SOMEBODY (plan[w].after)
    :: plan[w].after.handoff && !plan[w].after.tries -> plan[w].after.tries = 1
    :: again || !CLOCKS (plan[w].after) -> FORGET (plan[w])
    fi
}

/* @ services/escalation/contacts.c: contact_is_due, on_fired, put_back, firing_destroy
 * @ services/escalation/lookout.c: look, on_leased, on_tick, plan_look */
#define FIRE(c_n)                                                  \
    :: atomic {                                                    \
           IS_DUE (c_n) ->                                         \
           lease_lua (c_n);                                        \
           c = c_n;                                                \
           load (w, c_n);                                          \
           plan[w].id = ID (BY_TIME, record[c_n].version);         \
           plan[w].leased_at = record[c_n].version;                \
           catch_up (w, false);                                    \
           goto send                                               \
       }

proctype escalation (byte w)
{
    byte out, c;
end:
    do
    FIRE (0)
#if CONTACTS > 1
    FIRE (1)
#endif
    od;
send:
    atomic {
        if
        :: plan[w].id -> store_commit (w, out)
        :: else -> out = REFUSED
        fi;
        if
        :: out == REFUSED && plan[w].id && !HOLDS (plan[w].seen) -> /* reload, decide again, under the same id */
            load (w, c);
            catch_up (w, true);
            out = 0;
            goto send
        :: else
        fi;
        if
        :: out == DONE -> send_hints (w)
        :: (out == REFUSED || out == AWAY) && plan[w].leased_at && record[c].version == plan[w].leased_at && timer[c] != T_NONE ->
            timer[c] = T_ARMED /* put back */
        :: else
        fi;
        FORGET (plan[w]);
        leased[c]--;
        c = 0;
        out = 0;
        goto end
    }
}

/* ---- people ---- */

/* A person as their client and intake: sees an offer, accepts; answers what they own; comes back after going away.
 * @ services/intake/action.c: action_begin, worked
 * @ services/intake/presence.c: presence_change, commit_change
 * @ common/core/contact/contact_people.c: act_accept_offer, act_reply, act_resolve
 * @ common/core/contact/plan.c: plan_person
 * @ common/core/contact/person.c: on_heartbeat */
#define ACT(c)                                                                              \
    :: atomic {                                                                             \
           person[q].present && record[c].offered == q ->                                   \
           load (w, c);                                                                     \
           plan[w].id = ID (BY_ACCEPT, record[c].version);                                  \
           plan[w].who = q;                                                                 \
           plan[w].epoch = person[q].epoch;                                                 \
           plan[w].after.state = S_OWNED;                                                   \
           plan[w].after.owner = q;                                                         \
           plan[w].after.owner_epoch = person[q].epoch;                                     \
           plan[w].after.offered = 0;                                                       \
           plan[w].after.offer_epoch = 0;                                                   \
           plan[w].after.accountable = q;                                                   \
           goto send                                                                        \
       }                                                                                    \
    :: atomic {                                                                             \
           person[q].present && record[c].state == S_OWNED && record[c].owner == q ->       \
           load (w, c);                                                                     \
           plan[w].id = ID (BY_ANSWER, record[c].version);                                  \
           plan[w].after.state = S_RESOLVED;                                                \
           plan[w].after.owner = 0;                                                         \
           plan[w].after.owner_epoch = 0;                                                   \
           goto send                                                                        \
       }

proctype someone (byte w; byte q)
{
    byte out;
end:
    do
    ACT (0)
#if CONTACTS > 1
    ACT (1)
#endif
#if LAPSES
    :: d_step { /* a heartbeat; refused by a newer version it is decided again, to the same end */
           !person[q].present ->
           person[q].version++;
           person[q].present = true;
           person[q].timer = T_ARMED;
#ifndef NO_MATCH
           match[q] = true
#endif
       }
#endif
    od;
send:
    atomic { /* refused: not theirs any more, or the person looks again and asks anew */
        store_commit (w, out);
        out = 0;
        FORGET (plan[w]);
        goto end
    }
}

#if DRAINERS
/* ---- escalation: people ---- */

/* @ services/escalation/people.c: person_is_due, begin, on_epoch, end_drain
 * @ services/escalation/people_return.c: drain_epoch, return_one, on_returned, pass_is_over
 * @ common/core/contact/person.c: begin_epoch, on_drained
 * @ common/core/contact/contact_system.c: act_owner_lost, act_offer_lost */
#define PERSON_IS_DUE(q)                                                                    \
    ((person[q].timer == T_ARMED || person_leased[q] == 0 || faults > 0) &&                 \
     (person[q].drained < person[q].epoch || person[q].present && lapses > 0))

#define LEASE_PERSON(q_n)                                                                   \
    :: atomic {                                                                             \
           PERSON_IS_DUE (q_n) ->                                                           \
           if                                                                               \
           :: person[q_n].timer == T_LEASED && person_leased[q_n] > 0 -> faults--           \
           :: else                                                                          \
           fi;                                                                              \
           person[q_n].timer = T_LEASED;                                                    \
           person_leased[q_n]++;                                                            \
           q = q_n;                                                                         \
           version = person[q].version;                                                     \
           target = person[q].epoch;                                                        \
           epoch = person[q].drained;                                                       \
           if                                                                               \
           :: epoch < target -> goto drain                                                  \
           :: else -> goto ending                                                           \
           fi                                                                               \
       }

#define RETURN(c_n)                                                                         \
    :: atomic {                                                                             \
           epoch < target && (OWN (q, epoch) & BIT (c_n)) ->                                \
           load (w, c_n);                                                                   \
           plan[w].id = ID (BY_LOST + q, epoch);                                            \
           if                                                                               \
           :: HOLDS (lost[LOST (c_n, q, epoch)]) -> FORGET (plan[w]); assert (false)        \
           :: else                                                                          \
           fi;                                                                              \
           if                                                                               \
           :: record[c_n].state == S_OWNED && record[c_n].owner == q && record[c_n].owner_epoch < target -> \
               WANT_SOMEBODY (plan[w].after);                                               \
               plan[w].after.accountable = LEAD                                             \
           :: else -> WANT_SOMEBODY (plan[w].after)                                         \
           fi;                                                                              \
           goto send                                                                        \
       }

proctype drainer (byte w)
{
    byte out, q, epoch, version, target;
end:
    do
    LEASE_PERSON (1)
#if PEOPLE > 1
    LEASE_PERSON (2)
#endif
    od;
ending: /* the presence has ended: a new epoch begins */
    if
    :: atomic {
           person[q].version == version && lapses > 0 ->
           lapses--;
           person[q].version++;
           person[q].present = false;
           person[q].epoch++;
           person[q].timer = T_ARMED;
           version++;
           target++
       }
    :: atomic { person[q].version != version || lapses == 0 -> goto dropped }
    :: atomic { faults > 0 -> faults--; goto dropped } /* given up, or stopped */
    fi;
drain:
    do
    RETURN (0)
#if CONTACTS > 1
    RETURN (1)
#endif
    :: atomic { epoch < target && OWN (q, epoch) == 0 -> epoch++ }
    :: atomic {
           epoch == target ->
           if /* refused: somebody was faster, and armed it */
           :: person[q].version == version ->
               person[q].version++;
               person[q].drained = target;
               person[q].timer = T_ARMED
           :: else
           fi;
           break
       }
    od;
dropped:
    atomic {
        person_leased[q]--;
        q = 0;
        epoch = 0;
        version = 0;
        target = 0;
        goto end
    }
send:
    atomic {
        store_commit (w, out);
        if
        :: out == DONE -> send_hints (w)
        :: else
        fi;
        FORGET (plan[w]);
        if
        :: out == CRASHED -> out = 0; goto dropped
        :: else -> out = 0; goto drain
        fi
    }
}
#endif

/* ---- the end: nothing can happen any more ---- */

#define ENDED(c)                                                                                       \
    (record[c].state == S_RESOLVED && acknowledged[c] && kept[c] + said[(c) * RUNGS + 1] == 1 &&       \
     timer[c] == T_NONE && !queued[c] && opened[c] == 1)

init
{
    byte n, w;
    atomic {
        for (n : 1 .. PEOPLE) {
            person[n].version = 1;
            person[n].epoch = 1;
            person[n].drained = 1;
            person[n].present = true;
            person[n].timer = T_ARMED;
            run someone (w, n);
            w++
        }
        for (n : 0 .. CONTACTS - 1) {
            run client (w, n);
            w++;
#if MESSAGES
            run writer (w, n);
            w++
#endif
        }
        for (n : 1 .. ROUTINGS) {
            run routing (w);
            w++
        }
#if ESCALATIONS
        for (n : 1 .. ESCALATIONS) {
            run escalation (w);
            w++
        }
#endif
#if DRAINERS
        for (n : 1 .. DRAINERS) {
            run drainer (w);
            w++
        }
#endif
        run network ();
        n = 0;
        w = 0
    }
    timeout -> 
    atomic {
        for (n : 0 .. CONTACTS - 1) {
            assert (ENDED (n))
        }
        for (n : 1 .. PEOPLE) {
            assert (person[n].present && person[n].drained == person[n].epoch);
            assert (OWN (n, person[n].epoch) == 0)
        }
    }
}
