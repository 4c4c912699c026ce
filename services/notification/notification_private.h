/* notification_private.h - the rooms of the notification service, and what they share.
 *
 *   outbox.c     asks the store for what is due
 *   rows.c       each leased row: is there still a reason to send it
 *   lanes.c      how many at once, per way, class and target; who waits, and for how long
 *   targets.c    what each far side has earned, and which keep failing
 *   throttle.c   the providers' limits
 *   held.c       what could not go when it was due
 *   hold.c       the sending of a workspace is held: who waits for a word, and that it is said
 *   senders.c    one function per way (senders_private.h names its rooms)
 *   webhook.c    the signed request
 *   guests.c     who waits for another time, and may go with one that is tried again
 *   bundle.c     what waits for the same person on the same way, told in one notice
 *   bundle_look.c   a bundle that is to be sent: what is moot by now is left out
 *   bundle_dead.c   a bundle that failed for good: next ways, or somebody else is told
 *   bundle_tell.c   what became of a bundle, on the timelines of those that it tells of
 *   forward.c    what waits for a far side that answers again is brought forward
 *   settle.c     what became of it, committed (settle_private.h names its rooms)
 *   stream.c     every event, published
 *   retention.c  events older than kept, trimmed */
#ifndef BUCKSTOP_NOTIFICATION_PRIVATE_H
#define BUCKSTOP_NOTIFICATION_PRIVATE_H

#include "delivery.h"
#include "http_client.h"
#include "mail_out.h"
#include "notification.h"

#include "aside.h"
#include "commit.h"
#include "keys.h"
#include "rates.h"
#include "record.h"

typedef struct notification notification_t;
typedef struct feed feed_t;

enum {
    OUTBOX_POLL_MS = 1000,       /* the store is asked at least so often: hints may be lost */
    OUTBOX_AWAY_MS = 250,        /* after the store could not be asked */
    OUTBOX_UNSETTLED_MAX = 1024, /* leased and not settled yet, beside those that are being sent */
    LEASES_MAX = 4,              /* of one shard at once */
    LEASE_MARGIN_MS = 5000,      /* a lease outlasts an attempt by that: waiting in the lane and the commit */
    LEASE_UNGUARDED_MS = 200,    /* shorter than an attempt: what f36 is about */
    LANE_WAIT_MS = 2000,         /* who waited so long in a lane is held instead */
    LANE_WAITING_MAX = 192,      /* of one class in one lane: together three quarters of OUTBOX_UNSETTLED_MAX */
    TARGET_CALLS_MAX = 64,       /* to one host at once, once it has answered often enough */
    TARGET_CALLS_NEW = 4,        /* while nothing is known of it */
    TARGET_FAILURES = 5,         /* to answer, in a row: it keeps failing */
    TARGET_WAITING_MAX = 128,    /* more are held at once */
    TARGET_WAITING_NEW = 32,     /* for a host that has not answered yet */
    TARGET_IDLE_MS = 10 * 60 * 1000,
    TARGET_SLOTS = 1024,
    TARGETS_MAX = 4096,
    PROBE_FIRST_MS = 1000, /* between the calls to a host that keeps failing: doubled each time */
    PROBE_MAX_MS = 60000,
    HELD_SHORT_MS = 2000, /* the first hold; doubled each time */
    HELD_FAILING_MS = 10000,
    HELD_DRAINING_MS = 500,
    HELD_SLOTS = 1024,
    HELD_ROWS_MAX = 16384, /* so many that are held are remembered, for their age */
    HELD_COMING_MS = 3000, /* who was due and not leased here by then is another replica's */
    WAITS_LOOK_MS = 30000, /* while something waits of what did before we started */
    HOLD_LOOK_MS = 300000, /* who waits for a word is looked at so often; a word brings it forward */
    HOLD_SAID_MS = 3000,   /* between looks whether sending is held, for /metrics and the log */
    FAULT_SAID_MS = 60000, /* a fault of ours is said in the log so often */
    DEAD_COUNTED_MAX = 1000,
    DEAD_LOOK_MS = 3000, /* between looks at how many there are */
    STREAM_AGAIN = 256,  /* published again at most, when a stream goes on below what was */
    GUESTS_MAX = 4096,   /* so many are remembered that may go with another */
    GUEST_SLOTS = 1024,
    FORWARD_ROWS_MAX = 4096,  /* so many are remembered that wait for far sides */
    FORWARD_PAGE = 16,        /* brought forward by one read */
    FORWARD_COMING_MS = 3000, /* who was brought forward and not leased here by then is another replica's */
    FORWARD_SOON_MS = 5000,   /* what is due so soon comes by itself, and nobody has a lease of it */
    SETTLE_TIMEOUT_MS = 2500,
    SETTLE_TRIES_MAX = 3,
    SETTLE_SLOTS = 64,
    SETTLE_SPARE_MS = 3000, /* of its lease that must be left to who waits for another's commit */
    SETTLE_STUCK_MS = 3000, /* until what could not be settled is tried again */
};

/* Whom it is for: a part of the places is kept for notices to people. */
enum lane_class { CLASS_PEOPLE, CLASS_CUSTOMERS, CLASSES };

/* One that waits for a far side, as it was put back. */
typedef struct forward_row {
    struct forward_row *next;
    int shard;
    way_kind_t way;
    enum lane_class class;
    char workspace[NAME_SIZE], id[DELIVERY_ID_SIZE];
    wall_ms_t due;
    bool asking;        /* its record is being read or written */
    bool come;          /* it was leased meanwhile */
    mono_ms_t asked_at; /* when it was moved */
} forward_row_t;

/* Who waits for it in the store, of one class; the urgent in front. */
typedef struct forward_line {
    forward_row_t *first;
    forward_row_t **end; /* NULL: none was there yet */
} forward_line_t;

/* Where calls go: a host, or the mail server. */
typedef struct target {
    struct target *next; /* in its slot */
    char host[ADDRESS_SIZE];
    bool paced;
    bool answered; /* and has not kept failing since */
    unsigned calls, waiting;
    unsigned window;    /* so many calls at once */
    unsigned failures;  /* to answer, in a row */
    unsigned fruitless; /* attempts in a row that it did not take: no answer, or "not now" */
    mono_ms_t probe_at; /* while it keeps failing: not before */
    mono_ms_t used_at;
    forward_line_t lines[CLASSES];
    forward_row_t *on_way; /* who is being brought forward */
    unsigned coming;       /* of those: not leased here yet */
} target_t;

typedef struct targets {
    target_t *slots[TARGET_SLOTS];
    size_t n;
} targets_t;

/* One that is held, as it was put back. */
typedef struct held_row {
    struct held_row *next; /* in its slot */
    uint64_t hash;         /* of workspace and id */
    int shard;
    wall_ms_t since;   /* when it should have gone and did not, for the first time */
    mono_ms_t back_at; /* when it is leased again, at the latest */
} held_row_t;

typedef struct held {
    held_row_t *slots[HELD_SLOTS];
    size_t n;
} held_t;

/* One that waits for its own time, and may go with another. */
typedef struct guest {
    struct guest *next; /* in its slot */
    uint64_t hash;      /* of whom it is for, and by which way */
    char workspace[NAME_SIZE], id[DELIVERY_ID_SIZE];
    wall_ms_t due;
} guest_t;

typedef struct guests {
    guest_t *slots[GUEST_SLOTS];
    size_t n;
} guests_t;

/* What is known of a bundle's lines before it is sent. */
typedef struct bundle_known {
    const char *moot[BUNDLE_MAX]; /* why; NULL: there is still a reason */
    bool mute[BUNDLE_MAX];        /* no word on its timeline: the contact is gone, or it can't be written */
} bundle_known_t;

/* One leased delivery, until its commit is answered. */
typedef struct attempt {
    notification_t *self;
    struct attempt *next; /* in its lane; later among those that are settled */
    int shard;
    delivery_t delivery;
    record_head_t head;
    char channel[NAME_SIZE], team[NAME_SIZE], subject[SUBJECT_SIZE]; /* of the contact, for events */
    target_t *target;                                                /* while it waits and while it is called */
    bool probe; /* the target had not answered yet when the call began */
    wall_ms_t lease_ends;
    mono_ms_t waiting_since;
    bool guest;     /* not leased: it goes in a bundle, or is left to its own time */
    bool set_aside; /* it was leased too often and never settled */
    bool on_hold;   /* the sending of its workspace is: words says since when and why */
    attempt_result_t result;
    bool answered; /* the far side said something */
    int64_t retry_after_ms;
    wall_ms_t next_due;        /* RETRY, HELD */
    char words[DETAIL_SIZE];   /* the error, the reason */
    char far_id[ADDRESS_SIZE]; /* what the far side calls what it took; "" : it said nothing */
    bool held;                 /* it has not gone, and not for a reason of its own: its age counts */
    bool say;                  /* not twice what was said already */
    bool no_timeline;          /* it can't be written */
    bundle_known_t *bundle;    /* of a bundle: owned; NULL: it is none */
    bool forward;              /* it waits for its far side, and comes as soon as that answers again */
    int settle;                /* enum settle */
    bool unreached;            /* to a person: every way has failed for good */
    bool turn;                 /* of a reply: it is being settled, and waits for no other */
    unsigned tries;            /* of settling */
} attempt_t;

typedef struct lane_share {
    unsigned calls, waiting;
    unsigned coming; /* brought forward, and not leased here yet */
    unsigned probes; /* of the calls: to hosts that had not answered yet */
} lane_share_t;

typedef struct lane {
    attempt_t *first; /* who waits */
    unsigned calls, limit;
    lane_share_t shares[CLASSES];
    bool advancing;
} lane_t;

/* Faults of ours: nothing is sent, and nothing is lost. */
enum fault {
    FAULT_NO_SERVER,
    FAULT_NO_SENDER,
    FAULT_NO_KEY,
    FAULT_SERVER_REFUSES,
    FAULT_NO_CHANNEL,
    FAULT_PLATFORM_REFUSES,
    FAULTS
};

enum settle { SETTLE_DONE, SETTLE_MOOT, SETTLE_RETRY, SETTLE_HELD, SETTLE_DEAD, SETTLES };

typedef struct outbox_shard {
    unsigned leases; /* under way; one flush of the store serves them all */
    unsigned width;  /* how many are asked at once: more while they come back full */
    bool full;       /* all of this round did */
    wall_ms_t next;  /* when to ask again */
    wall_ms_t hint;  /* a nearer one that was heard of while asking */
    int64_t late_ms; /* of the oldest that the last round handed out */
} outbox_shard_t;

/* One look at how many the outbox holds. */
typedef struct depth {
    mono_ms_t next_at;
    int open; /* shards that have not answered yet */
    int64_t found;
    bool away;
} depth_t;

struct notification {
    service_t *service;
    const notification_params_t *params;
    aside_t *aside;
    bool draining, stopped;
    unsigned pending; /* calls into the store and work that are not answered: they hold on to this struct */
    unsigned unsettled, unsettled_max;
    wall_ms_t stuck_until; /* of what could not be settled the last comes back then */
    loop_timer_t *wake, *poll, *minute;
    outbox_shard_t shards[SHARDS_MAX];
    lane_t mail, calls;
    targets_t targets;
    attempt_t *settling[SETTLE_SLOTS]; /* replies that are settled, or wait for that, by contact */
    held_t held;
    guests_t guests;
    mono_ms_t fault_said[FAULTS];
    bucket_t buckets[NOTIFICATION_WAYS];
    rates_t rates;
    mail_out_t *mail_out;
    http_client_t *http;
    feed_t *feeds;
    uint64_t outcomes[NOTIFICATION_WAYS][SETTLES];
    depth_t depth;
    uint64_t published;
    bool subscribed;    /* somebody is new on the stream, or came back */
    unsigned forward_n; /* of all targets */
};

/* Every call into the store carries this struct as (part of) its argument: _hold before, _release in the
 * callback. It returns false when the service has stopped: then only attempts may still be touched, to destroy
 * them; the struct goes with the last. */
void notification_hold (notification_t *self);
bool notification_release (notification_t *self);

void notification_unref (notification_t *self); /* frees it, when it is stopped and nothing holds on to it */

/* guests.c */
void guests_note (const attempt_t *attempt); /* it was put back until next_due */
void guests_gone (const attempt_t *attempt); /* it was leased, or has ended */
/* Those that may go with one of the attempts; their records are read then. */
size_t guests_of (notification_t *self, attempt_t *const *attempts, size_t n, wall_ms_t now, guest_t *out, size_t most);
attempt_t *guest_attempt (notification_t *self, int shard, const guest_t *guest,
                          const store_value_t *value); /* NULL: it waits no more */
void guests_turn (notification_t *self);               /* each second */
void guests_close (notification_t *self);

/* bundle.c: rows that wait for the same person on the same way leave `attempts` (their place is NULL then). values: the
 * contacts' records, one a row. */
void bundle_rows (notification_t *self, int shard, wall_ms_t now, attempt_t **attempts, const store_value_t *values,
                  size_t n);

/* bundle_look.c: reads the contacts of a bundle's lines, and ends in row_goes, or with a commit that leaves out what is
 * moot. */
void bundle_look (attempt_t *attempt, wall_ms_t now);
/* The timeline that a commit failed at is one of a bundle's: no word there from now on. False: it is not. */
bool bundle_mute (attempt_t *attempt, const commit_answer_t *answer);
/* The bundle itself: record, timer, event. */
void bundle_put (commit_t *commit, int shard, const delivery_t *bundle);

/* bundle_tell.c: a fact on the timeline of each contact that a bundle tells of. */
typedef struct bundle_word {
    const char *how;             /* "delivered", "retried", ... */
    const char *why;             /* "": nothing is to be said */
    const fact_t *fact;          /* when, by whom, how often */
    const bundle_known_t *known; /* of a bundle: of each of its lines */
    bool only_moot;              /* to those that are moot, each with its own reason */
} bundle_word_t;
void bundle_tell (commit_t *commit, int shard, const delivery_t *bundle, const bundle_word_t *word);

/* forward.c */
void forward_note (attempt_t *attempt);       /* it was put back, and waits for its far side */
void forward_come (const attempt_t *attempt); /* it was leased, and takes its place now or ends */
void forward_look (notification_t *self, target_t *target);
void forward_turn (notification_t *self); /* each second */
void forward_forget (notification_t *self, target_t *target);

void outbox_open (notification_t *self);
void outbox_due (notification_t *self, int shard, wall_ms_t at); /* something is: it is looked at */
void outbox_hint (void *arg, bus_peer_t *peer, const void *bytes, size_t size);
void outbox_pump (void *arg);
void rows_begin (notification_t *self, int shard, const store_leased_t *leased); /* what a lease handed out */
void row_known (attempt_t *attempt, const contact_t *contact,
                wall_ms_t now);                                      /* a leased row, and its contact as read */
void row_goes (attempt_t *attempt, const char *moot, wall_ms_t now); /* moot: why there is no reason, or NULL */
void attempt_destroy (attempt_t **self_p);
/* The lease would not outlast the attempt: the row is left to it, and is gone from here. */
bool attempt_late (attempt_t *attempt);
param_check_fn throttle_check;                           /* of the setting, at the door */
int throttle_open (notification_t *self);                /* -1: the setting can't be read, and that was said */
bool throttle_admit (attempt_t *attempt, wall_ms_t now); /* may it go now? false: it is held, and gone from here */
/* So many could go now that were promised no time. */
unsigned throttle_room (notification_t *self, const char *host, way_kind_t way);
/* Holds it until next_due, because of its words: the first time is said, all of them count for the age. */
void attempt_hold (attempt_t *attempt);
void held_note (attempt_t *attempt);
void held_over (attempt_t *attempt, bool written); /* the attempt is: remembered while it is held, else forgotten */
void held_forget (notification_t *self, const delivery_t *delivery);
/* It was leased, or its timer moved: now it comes back then, at the latest. */
void held_due (notification_t *self, const char *workspace, const char *id, wall_ms_t at);
int64_t held_age_ms (const notification_t *self); /* of the oldest that is held, or tried again; 0: none */
void held_look (feed_t *feed);                    /* each second */
void held_turn (notification_t *self);            /* each second */
void depth_look (notification_t *self);           /* depth.c, each second: how many the outbox holds */
void held_close (notification_t *self);

/* hold.c: the keys of the workspaces of a batch are read with its contacts. Returns how many were put into keys. */
size_t hold_keys (attempt_t *const *attempts, size_t n, int shard, char keys[][KEY_SIZE]);
/* values: of those keys. True: one of the attempts is on hold. */
bool hold_known (attempt_t *const *attempts, size_t n, const store_value_t *values);
bool hold_stops (attempt_t *attempt, wall_ms_t now); /* true: it waits for a word, and is gone from here */
bool hold_drops (attempt_t *attempt);                /* true: it is never sent, and gone from here */
void hold_look (feed_t *feed);                       /* each second */
size_t hold_count (const notification_t *self);
void hold_remark (const notification_t *self, FILE *out); /* a line that names the workspaces; or none */

void lanes_open (notification_t *self);
void lanes_close (notification_t *self);
bool lanes_admit (attempt_t *attempt); /* may it be sent or wait? false: it is held, and gone from here */
void lanes_add (attempt_t *attempt);   /* an admitted one: send now, or wait for a place */
void lanes_leave (attempt_t *attempt); /* the attempt is over: its place is free */
void lanes_sweep (notification_t *self);
enum lane_class lanes_class (const delivery_t *delivery);
/* So many more of that class would find a place at once with that target. */
unsigned lanes_room (const notification_t *self, const target_t *target, enum lane_class class);
/* So many more, or less, are brought forward: they count as if they were there. */
void lanes_coming (notification_t *self, target_t *target, enum lane_class class, int change);

target_t *target_of (notification_t *service, const delivery_t *delivery);
bool target_failing (const target_t *self);
bool target_mute (const target_t *self);   /* it has failed and not answered, or keeps failing */
bool target_proven (const target_t *self); /* it has answered, and has not kept failing since */
bool target_free (const target_t *self, mono_ms_t now);
unsigned target_waiting_max (const target_t *self);
void target_answered (target_t *self, bool willing, mono_ms_t now);
/* There was no answer. probe: to a call that began while it was not proven. */
void target_failed (target_t *self, const char *why, bool probe, mono_ms_t now);
void targets_sweep (notification_t *self, mono_ms_t now);
target_t *targets_next (targets_t *self, const target_t *after); /* NULL: from the start, at the end */
void targets_clear (notification_t *self);
size_t targets_failing (const targets_t *self);

/* Sends. Ends in attempt_ended, at once or later. */
void sender_send (attempt_t *attempt);
void sender_now (attempt_t *attempt);
void attempt_ended (attempt_t *attempt, attempt_result_t result, int64_t retry_after_ms, const char *words);

/* `why` says what is missing. The request's texts are freed by webhook_clear. */
enum { WEBHOOK_HEADERS_MAX = 8, WEBHOOK_HEADER_SIZE = 320 };
typedef struct webhook {
    char headers[WEBHOOK_HEADERS_MAX][WEBHOOK_HEADER_SIZE];
    const char *list[WEBHOOK_HEADERS_MAX + 1];
    size_t headers_n;
    char *body;
} webhook_t;
typedef enum webhook_outcome { WEBHOOK_MADE, WEBHOOK_BROKEN, WEBHOOK_NO_KEY } webhook_outcome_t;
webhook_outcome_t webhook_make (webhook_t *self, const delivery_t *delivery, const char *secrets, wall_ms_t now,
                                char why[DETAIL_SIZE]);
void webhook_slack (webhook_t *self, const delivery_t *delivery);
void webhook_clear (webhook_t *self);

/* Commits what became of an attempt, and frees it. */
void settle (attempt_t *attempt, enum settle how);
void settle_forget (attempt_t *attempt);
void settle_lines_sweep (notification_t *self); /* each second */
void settle_lines_close (notification_t *self);
const char *settle_name (enum settle how);

void stream_open (notification_t *self);
void stream_look (notification_t *self); /* each second: follow workspaces that are new, find what began anew */
void stream_close (notification_t *self);

struct feed {
    struct feed *next;
    notification_t *self;
    char workspace[NAME_SIZE];
    store_follow_t *follow;
    bool opening, looking;
    uint8_t *newest; /* as published last, with its topic */
    size_t newest_size;
    char topic[2 * NAME_SIZE + 32];
    uint64_t seen, seen_then; /* the newest number published; when the newest was asked for */
    size_t dead;              /* dead letters, as counted last; at most DEAD_COUNTED_MAX */
    bool counting;
    mono_ms_t dead_look; /* not before */
    bool on_hold;        /* its sending is held, as was seen last */
    bool hold_asked;
    mono_ms_t hold_look;           /* not before */
    bool waits_asked, waits_known; /* known: nothing is left of what waited before we started */
    wall_ms_t waits_since;         /* of that the oldest, as was seen last; 0: none */
    mono_ms_t waits_look;          /* not before */
    bool trimming;
    bool archive_required, blocked; /* blocked: more should be trimmed than the archives have */
    uint64_t bound;                 /* of what the archives have */
    wall_ms_t cutoff;
    uint64_t low, high, probe; /* low is too old, high is to be kept */
    uint64_t first;            /* that is there, or is being trimmed */
    unsigned steps;            /* since then */
};
void retention_begin (feed_t *feed);
size_t retention_blocked (const notification_t *self);
void retention_look_dead (feed_t *feed); /* each second */

#endif
