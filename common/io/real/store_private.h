/* store_private.h - shared by the store_*.c files: one connection to Redis, calls with deadlines, what they carry.
 *
 *   store.c          its life, readiness, time
 *   store_redis.c    hiredis on the loop: conn_t
 *   store_connect.c  where to, logged in, again with back-off
 *   store_sentinel.c where the primary is
 *   store_tls.c      TLS, where hiredis has it (store_tls.h)
 *   store_resp.c     the bytes of a command
 *   store_call.c     calls: queued, sent, answered, sent again, given up at their deadline
 *   store_hello.c    what is asked on connect, and once a second
 *   store_rights.c   may our user do what the scripts do?
 *   store_full.c     it is out of memory
 *   store_losses.c   has it still what it acknowledged? (store_losses.h names its rooms)
 *   store_rewrite.c  after a restart: no torn transaction stays in its file
 *   store_commit.c   commits in batches
 *   store_wait.c     answers held until a replica has what they tell
 *   store_lease.c    leases
 *   store_read.c     plain reads and small writes
 *   store_follow.c   streams, each on a connection of its own
 */
#ifndef BUCKSTOP_STORE_PRIVATE_H
#define BUCKSTOP_STORE_PRIVATE_H

#include "clock.h"
#include "resolve.h"
#include "store.h"
#include "store_address.h"
#include "store_tls.h"
#include "xmalloc.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>

/* ---- bytes of commands (store_resp.c) */
typedef struct resp {
    char *bytes; /* owned */
    size_t size, room;
} resp_t;
void resp_begin (resp_t *self, size_t args_n); /* appends the head of a command with so many arguments */
void resp_bytes (resp_t *self, const void *bytes, size_t size);
void resp_text (resp_t *self, const char *text);
void resp_number (resp_t *self, int64_t number);
void resp_clear (resp_t *self);
int64_t reply_number (const redisReply *reply);                 /* an integer, or text that begins with one; else 0 */
double info_number (const redisReply *reply, const char *name); /* behind "name:" in what INFO says; -1: not there */

/* What is asked of a key's object is an error where there is none; other reads find nothing. */
bool reply_is_absent (const redisReply *reply);
/* What XINFO STREAM says by that name; NULL: nothing. */
const redisReply *store_stream_info (const redisReply *reply, const char *name);
store_value_t store_entry_of (const redisReply *entry); /* of a stream: value, and the number as score */

/* ---- where the primary is (store_sentinel.c) */
typedef struct sentinels sentinels_t;
/* Asks all of them, again and again. changed: the primary is another, or is known again. */
sentinels_t *sentinels_new (loop_t *loop, const store_address_t *address, const char *password, store_tls_t *tls,
                            loop_fn *changed, void *arg);
void sentinels_destroy (sentinels_t **self_p);
const store_place_t *sentinels_primary (const sentinels_t *self); /* NULL: most of them do not agree on one */
const char *sentinels_why (const sentinels_t *self);              /* words for that */
void sentinels_hurry (sentinels_t *self, bool hurry);             /* somebody waits for the answer: ask more often */

/* ---- a connection (store_redis.c) */
typedef struct conn_target {
    store_address_t address;
    char why[STORE_ADDRESS_WHY_SIZE]; /* "": the address can be used */
    const char *user, *password;      /* NULL: none */
    store_tls_t *tls;                 /* NULL: none */
    sentinels_t *sentinels;           /* for an address of that kind: they say where; NULL: the address does */
} conn_target_t;
typedef struct conn conn_t;
typedef void (conn_fn) (void *arg);                          /* it is up; it is down, or could not be made */
typedef void (conn_reply_fn) (void *arg, redisReply *reply); /* NULL: the connection was lost */
enum { CONN_BACKOFF_FIRST_MS = 20, CONN_BACKOFF_MAX_MS = 1000 };
#define CONN_SILENT "it does not answer in time" /* the same words wherever it is noticed: one reason, said once */
/* Connects at once, and again with back-off whenever it is lost. AUTH goes first; where sentinels name the place it is
 * up only once the node has said that it is a primary. up: once connected. down: each time that it was lost, or an
 * attempt failed: conn_error says why. The target is the caller's, and outlives it. */
conn_t *conn_new (loop_t *loop, const conn_target_t *target, conn_fn *up, conn_fn *down, void *arg);
void conn_beside (conn_t *self, const conn_t *other); /* before the turn ends: goes where that one is, once it is up */
void conn_hurry (conn_t *self);                       /* it has nothing under way: tries at once */
void conn_destroy (conn_t **self_p);
bool conn_is_up (const conn_t *self);
const char *conn_error (const conn_t *self);          /* of the last attempt */
const store_place_t *conn_place (const conn_t *self); /* where that went; NULL: to a socket, or nobody knows where */
bool conn_was_taken (const conn_t *self);             /* ever: somebody is there */
bool conn_has_answered (const conn_t *self);          /* ever: what is there has spoken as Redis does */
/* Sends at the end of the turn; the reply, or NULL on loss, comes exactly once. Only while up. */
void conn_send (conn_t *self, const resp_t *command, conn_reply_fn *fn, void *arg);
void conn_drop (conn_t *self);                    /* lose it now; connect again after the back-off */
void conn_refuse (conn_t *self, const char *why); /* the same, for that reason */
void conn_follow (conn_t *self);                  /* the sentinels may name another place: go there at once */
void conn_settled (conn_t *self);                 /* it works: the back-off begins anew */

/* ---- calls (store_call.c) */
typedef struct call call_t;
typedef enum script { SCRIPT_NONE, SCRIPT_COMMIT, SCRIPT_LEASE, SCRIPTS } script_t;
enum { SHA_SIZE = 41 };

struct call {
    store_t *store;
    call_t *next, *prev; /* in a list of the store: waiting, or by deadline */
    call_t *later, *sooner;
    mono_ms_t deadline, not_before, sent_at;
    unsigned tries;
    enum { CALL_WAITING, CALL_SENT, CALL_HELD, CALL_OVER } state;
    redisReply *held; /* CALL_HELD: the answer, until a replica has it */
    bool once;        /* not sent again when its answer was lost */
    script_t script;  /* which must be loaded */
    resp_t command;
    size_t sha_at; /* where in it the script's hash goes */
    /* exactly once; reply NULL: given up. */
    void (*answer) (call_t *self, redisReply *reply);
    void (*free_extra) (call_t *self); /* may be NULL */
    void *arg;
    union {
        store_values_fn *values;
        store_leased_fn *leased;
    } fn;
    int shape;   /* store_read.c */
    void *extra; /* store_commit.c: its items; store_lease.c */
};

typedef struct call_list {
    call_t *first, *last;
} call_list_t;

call_t *call_new (store_t *store, int timeout_ms, void (*answer) (call_t *self, redisReply *reply), void *arg);
void call_begin (call_t *self); /* hands it over */
void call_script (call_t *self, script_t script, const char *key, size_t args_n);
void calls_turn (void *store);                                     /* a hook: gathers commits, sends what waits */
void store_record (store_t *self, const char *bytes, size_t size); /* into the bench's record */
void calls_abandon (store_t *store);                               /* on destroy: answers all with NULL */
void call_released (call_t *self, redisReply *reply);              /* held no more; NULL: its outcome is unknown */

/* ---- answers that wait for a replica (store_wait.c) */
enum { WAIT_MS = 300, REPLICAS_WANTED = 1 };
void wave_hold (call_t *call, const redisReply *reply);
void wave_end (store_t *store);                             /* at the end of a turn: behind the calls that it sent */
void wave_writer_up (store_t *store);                       /* begins anew */
bool wave_is_silent (const store_t *store);                 /* its WAIT should have been answered long ago */
void wave_ask (conn_t *conn, conn_reply_fn *fn, void *arg); /* do replicas have all that this connection has seen? */
bool wave_is_there (const redisReply *reply);               /* the answer: they do */
redisReply *reply_copy (const redisReply *reply);
void reply_free (redisReply *reply);

/* ---- what was acknowledged, and is it still there (store_losses.c) */
typedef struct losses losses_t;
losses_t *losses_new (store_t *store);
void losses_destroy (losses_t **self_p);
void losses_remember (store_t *store, const commit_t *commit, uint64_t number); /* the commit's answer is told */
void losses_check (store_t *store); /* ends in hello_checked, or with the connection */
void losses_look (store_t *store);  /* only at the newest */

/* ---- what our user may do (store_rights.c) */
void rights_ask (store_t *store); /* on connect, before the rest: the first that is missing is said as hello's */
bool rights_say_no (const redisReply *reply);           /* this answer is: not allowed to you */
void rights_denied (store_t *store, const char *words); /* something was: not ready, until hello finds it right */

/* ---- out of memory (store_full.c) */
void full_see_memory (store_t *store, redisReply *info, const char *name);
void full_suspected (store_t *store); /* a write was refused */
#define HASH_NAME "fnv1a"             /* by which workspaces are placed on shards, as KEY_CONF names it */

/* ---- a start of Redis that the append-only file is written anew for (store_rewrite.c) */
void rewrite_see_server (store_t *store, const char *info);
void rewrite_see_conf (store_t *store, const char *run);
void rewrite_begin (store_t *store); /* once all is known, and well */

/* ---- the store */
typedef struct batch_item batch_item_t;
typedef struct listener {
    loop_fn *fn;
    void *arg;
} listener_t;
enum { WHY_SIZE = 241, HELLO_MAX = 16, RUN_SIZE = 64 };
typedef struct hello_slot {
    store_t *store;
    size_t index;
} hello_slot_t;

struct store {
    loop_t *loop;
    store_config_t config; /* strings owned */
    conn_target_t target;
    sentinels_t *sentinels; /* NULL: the address is the primary's */
    store_tls_t *tls;       /* NULL: none */
    conn_t *conn;
    conn_t *writer; /* for calls: a second one where they wait for a replica, else the same */
    bool was_up;    /* conn was, and its loss was not yet seen */
    bool ready, closing, lost;
    losses_t *losses;
    char why[WHY_SIZE];
    listener_t *listeners;
    size_t listeners_n;

    /* store_hello.c */
    hello_slot_t slots[HELLO_MAX];
    bool hello_open, tick_open, reload_open;
    bool conf_absent; /* nobody has written the shape of the data yet */
    mono_ms_t asked_at;
    char hello_why[WHY_SIZE];
    char sha[SCRIPTS][SHA_SIZE];
    loop_timer_t *tick;
    char run[RUN_SIZE], run_rewritten[RUN_SIZE]; /* this start of Redis; the last one that store_rewrite.c asked */

    /* time */
    clock_offset_t offset;
    int64_t jump_ms;
    wall_ms_t last_now;
    double memory_used;
    store_stats_t stats;

    /* store_full.c */
    bool full, full_asked;
    char full_why[WHY_SIZE];

    /* store_call.c */
    call_list_t waiting;
    call_t *soonest, *latest; /* all calls that are not over, by deadline */
    mono_ms_t stalled_since;  /* 0: it answers */
    loop_timer_t *deadline_timer, *retry_timer;
    mono_ms_t retry_at;

    /* store_wait.c */
    call_list_t held;
    bool wave_open;    /* calls were sent that no WAIT covers yet */
    bool waiting_open; /* a WAIT is under way, at most one */
    bool unconfirmed;  /* the last one said that no replica has it; or none was answered on this connection yet */
    mono_ms_t wait_sent_at;

    /* store_commit.c */
    batch_item_t *pending[SHARDS_MAX], *pending_last[SHARDS_MAX];
    bool pending_any;
    batch_item_t *oversized; /* refused without asking */

    store_follow_t *follows;
    FILE *record;
};

void store_set_ready (store_t *self, bool ready, const char *why);
void store_time_seen (store_t *self, wall_ms_t foreign, mono_ms_t sent_at);
void store_stalled (store_t *self); /* it is silent */
void store_answers (store_t *self); /* it is not */
void store_back (store_t *self);    /* ready, if nothing speaks against it */
void hello_begin (store_t *self);
void hello_tick (void *store);
void hello_lost (store_t *self);
void hello_checked (store_t *self, const char *why, bool lost); /* why "": nothing is lost */
__attribute__ ((format (printf, 2, 3))) void hello_wrong (store_t *self, const char *format,
                                                          ...); /* the first is said */
void hello_reload_scripts (store_t *self);
void commits_gather (store_t *self);
void follows_drop (store_t *self);   /* the primary was lost */
void follows_follow (store_t *self); /* the primary is another */
void follows_hurry (store_t *self);  /* the store's connection is up: theirs go there */
void follows_close (store_t *self);

#endif
