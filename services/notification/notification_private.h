/* notification_private.h - the rooms of the notification service, and what they share.
 *
 *   outbox.c     asks the store for what is due, and whether there is still a reason to send it
 *   lanes.c      how many at once, per way and per target; who waits, and for how long
 *   senders.c    one function per way
 *   webhook.c    the signed request
 *   settle.c     what became of it, committed
 *   stream.c     every event, published
 *   retention.c  events older than kept, trimmed */
#ifndef BUCKSTOP_NOTIFICATION_PRIVATE_H
#define BUCKSTOP_NOTIFICATION_PRIVATE_H

#include "bucket.h"
#include "delivery.h"
#include "http_client.h"
#include "mail_out.h"
#include "notification.h"
#include "record.h"

typedef struct notification notification_t;

enum {
    OUTBOX_POLL_MS = 1000,       /* the store is asked at least so often: hints may be lost */
    OUTBOX_AWAY_MS = 250,        /* after the store could not be asked */
    OUTBOX_UNSETTLED_MAX = 1024, /* leased and not settled yet */
    LEASES_MAX = 4,              /* of one shard at once */
    LEASE_MARGIN_MS = 5000,      /* a lease outlasts an attempt by that: waiting in the lane and the commit */
    LEASE_UNGUARDED_MS = 200,    /* shorter than an attempt: what f36 is about */
    LANE_WAIT_MS = 2000,         /* who waited so long in a lane is held instead */
    TARGET_CALLS_MAX = 64,       /* to one host at once */
    TARGET_CALLS_FAILING = 4,    /* to one that keeps failing */
    TARGET_FAILURES = 5,         /* so many in a row: it keeps failing */
    TARGET_WAITING_MAX = 256,    /* more are held at once */
    HELD_SHORT_MS = 500,
    HELD_FAILING_MS = 10000,
    DEAD_COUNTED_MAX = 1000,
    SETTLE_TIMEOUT_MS = 2500,
    SETTLE_TRIES_MAX = 3,
};

/* Where calls go: a host, or the mail server. */
typedef struct target {
    struct target *next;
    char host[ADDRESS_SIZE];
    unsigned calls, waiting, failures;
} target_t;

/* One leased delivery, until its commit is answered. */
typedef struct attempt {
    notification_t *self;
    struct attempt *next; /* in its lane */
    int shard;
    delivery_t delivery;
    record_head_t head;
    char channel[NAME_SIZE], team[NAME_SIZE], subject[SUBJECT_SIZE]; /* of the contact, for events */
    target_t *target;
    mono_ms_t waiting_since;
    bool set_aside; /* it was leased too often and never settled */
    attempt_result_t result;
    int64_t retry_after_ms;
    wall_ms_t next_due;      /* RETRY, HELD */
    char words[DETAIL_SIZE]; /* the error, the reason */
    bool say;                /* HELD: it is said once */
    int settle;              /* enum settle */
    unsigned tries;          /* of settling */
} attempt_t;

typedef struct lane {
    attempt_t *first; /* who waits */
    unsigned calls, limit;
    bool advancing;
} lane_t;

enum settle { SETTLE_DONE, SETTLE_MOOT, SETTLE_RETRY, SETTLE_HELD, SETTLE_DEAD, SETTLES };

typedef struct outbox_shard {
    unsigned leases; /* under way; one flush of the store serves them all */
    unsigned width;  /* how many are asked at once: more while they come back full */
    bool full;       /* all of this round did */
    wall_ms_t next;  /* when to ask again */
    wall_ms_t hint;  /* a nearer one that was heard of while asking */
    int64_t late_ms; /* of the oldest that the last round handed out */
} outbox_shard_t;

struct notification {
    service_t *service;
    const notification_params_t *params;
    bool draining, stopped;
    unsigned pending; /* calls into the store and work that are not answered: they hold on to this struct */
    unsigned unsettled;
    loop_timer_t *wake, *poll, *minute;
    outbox_shard_t shards[SHARDS_MAX];
    lane_t mail, calls;
    target_t *targets;
    bucket_t buckets[NOTIFICATION_WAYS];
    mail_out_t *mail_out;
    http_client_t *http;
    struct feed *feeds;
    uint64_t outcomes[NOTIFICATION_WAYS][SETTLES];
    uint64_t published;
};

/* Every call into the store carries this struct as (part of) its argument: _hold before, _release in the
 * callback. It returns false when the service has stopped: then only attempts may still be touched, to destroy
 * them; the struct goes with the last. */
void notification_hold (notification_t *self);
bool notification_release (notification_t *self);

void notification_unref (notification_t *self); /* frees it, when it is stopped and nothing holds on to it */

void outbox_open (notification_t *self);
void outbox_hint (void *arg, bus_peer_t *peer, const void *bytes, size_t size);
void outbox_pump (void *arg);
void attempt_destroy (attempt_t **self_p);

void lanes_open (notification_t *self);
void lanes_close (notification_t *self);
void lanes_add (attempt_t *attempt);   /* send now, wait for a place, or hold */
void lanes_leave (attempt_t *attempt); /* the attempt is over: its place is free */
void lanes_sweep (notification_t *self);

/* Sends. Ends in attempt_ended, at once or later. */
void sender_send (attempt_t *attempt);
void sender_now (attempt_t *attempt);
void attempt_ended (attempt_t *attempt, attempt_result_t result, int64_t retry_after_ms, const char *words);
const char *way_name (way_kind_t way);

/* 0, or -1: `why` says what is missing. The request's texts are freed by webhook_clear. */
enum { WEBHOOK_HEADERS_MAX = 8, WEBHOOK_HEADER_SIZE = 320 };
typedef struct webhook {
    char headers[WEBHOOK_HEADERS_MAX][WEBHOOK_HEADER_SIZE];
    const char *list[WEBHOOK_HEADERS_MAX + 1];
    size_t headers_n;
    char *body;
} webhook_t;
int webhook_make (webhook_t *self, const delivery_t *delivery, const char *secrets, wall_ms_t now,
                  char why[DETAIL_SIZE]);
void webhook_slack (webhook_t *self, const delivery_t *delivery);
void webhook_clear (webhook_t *self);

/* Commits what became of an attempt, and frees it. */
void settle (attempt_t *attempt, enum settle how);
void settle_forget (attempt_t *attempt);
const char *settle_name (enum settle how);

void stream_open (notification_t *self);
void stream_look (notification_t *self); /* follow workspaces that are new */
void stream_close (notification_t *self);

typedef struct feed {
    struct feed *next;
    notification_t *self;
    char workspace[NAME_SIZE];
    store_follow_t *follow;
    bool opening;
    size_t dead; /* dead letters, as counted last; at most DEAD_COUNTED_MAX */
    bool trimming;
    wall_ms_t cutoff;
    uint64_t low, high, probe; /* low is too old, high is to be kept */
} feed_t;
void retention_begin (feed_t *feed);
void retention_count_dead (feed_t *feed);

#endif
