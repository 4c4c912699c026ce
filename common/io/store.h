/* store.h - the door to Redis: asynchronous, pipelined; two scripts (commit, lease) and plain reads.
 *
 * Ordinary outcomes, not errors: NOSCRIPT, LOADING, BUSY, READONLY, time-outs, lost connections. A commit whose
 * answer was lost is sent again with the same bytes until its deadline; the event id in the record makes
 * that harmless. Every call gets its callback exactly once, never from within the call itself; on
 * store_destroy with `away` set. Commits of one turn and shard go in one script call (at most
 * STORE_BATCH_MAX). The fake (common/io/fake) keeps the same keys in memory.
 *
 * With durability `replica` every answer, of commits, leases, reads and followed streams, is held until a replica has all
 * that it tells: what leaves this door does not vanish in a fail-over. */
#ifndef BUCKSTOP_STORE_H
#define BUCKSTOP_STORE_H

#include "commit.h"
#include "histogram.h"
#include "loop.h"
#include "types.h"

typedef struct store store_t;

enum { STORE_BATCH_MAX = 16, STORE_TIMEOUT_MS = 900, STORE_LEASE_MS = 5000, STORE_LEASE_MAX = 64 };

typedef enum store_durability { DURABLE_FSYNC, DURABLE_REPLICA, DURABLE_RELAXED } store_durability_t;

typedef struct store_config {
    const char *address;           /* as store_address.h says: a socket, a host and port, or sentinels */
    const char *user, *password;   /* of the nodes; NULL: none */
    const char *sentinel_password; /* NULL: none */
    /* for an address with tls: files; NULL: whom the machine trusts, and no certificate of ours */
    const char *tls_ca, *tls_cert, *tls_key;
    store_durability_t durability;
    int shards;
    const char *service; /* who we are, where a loss is written down; NULL: "buckstop" */
    /* bench: every script call is written there: when it was sent (monotonic microseconds), its length, a newline,
     * and its bytes as sent (RESP); the SCRIPT LOADs first. NULL: no */
    const char *record_path;
} store_config_t;

bool store_config_fine (const store_config_t *config, char why[DETAIL_SIZE]); /* what TLS needs is there and readable */
/* Why the store can't be used, once connected: settings that lose data (eviction, no append-only file, fsync
 * against the setting), other number of shards. Such a store stays not ready and says why. */
store_t *store_new (loop_t *loop, const store_config_t *config);
void store_destroy (store_t **self_p);
bool store_ready (const store_t *self);
const char *store_why_not (const store_t *self); /* words for a person; "" when ready and not full */
/* Redis has lost what it acknowledged to us: store_why_not names it, KEY_LOST has a line about it. Never ready again:
 * what is in memory belongs to another past, so whoever runs on this store ends and starts afresh. */
bool store_lost (const store_t *self);
/* Redis takes no write for want of memory; reads go on. store_why_not says so, store_on_change does not. Noticed by a
 * commit or lease that it refused, and once a second; over by itself. */
bool store_full (const store_t *self);
bool store_answered (const store_t *self); /* ever: what stands at the address has spoken as Redis does */
bool store_silent (const store_t *self);   /* what stands there took the connection, and says nothing now */
void store_on_change (store_t *self, loop_fn *fn, void *arg); /* ready or not */
int store_shards (const store_t *self);
int store_shard (const store_t *self, const char *workspace);
/* The store's time now: Redis TIME as last seen, carried on by our monotonic clock; for a moment after it jumped the time
 * before the jump, carried on. */
wall_ms_t store_now (const store_t *self);
/* The jump (ms) of the store's clock since the last call, 0: none. */
int64_t store_clock_jump (store_t *self);
/* It jumped a moment ago (CLOCK_STILL_MS): nothing is leased, and what was is given back. */
bool store_still (const store_t *self);
double store_memory_used (const store_t *self); /* 0..1 of maxmemory, looked at once a second; 0: no limit set */

/* What a watch wants to know of the door itself, since it was opened. */
typedef struct store_stats {
    histogram_t commits;                /* from store_commit to its answer */
    uint64_t outcomes[COMMIT_OUTCOMES]; /* of each */
    uint64_t connections_lost;
    double memory_bytes; /* Redis's, looked at once a second */
} store_stats_t;
const store_stats_t *store_stats (const store_t *self);

typedef void (store_commit_fn) (void *arg, const commit_answer_t *answer);
/* Takes the commit. timeout_ms 0: STORE_TIMEOUT_MS. */
void store_commit (store_t *self, commit_t **commit_p, int timeout_ms, store_commit_fn *fn, void *arg);

typedef struct store_row {
    const char *member; /* as it stands in due:K: "W:C" */
    size_t member_size;
    const void *record; /* NULL: the record is gone (the script has removed the timer), or, when set_aside, the key
                           holds something that is no record */
    size_t record_size;
    wall_ms_t due;     /* when it was due, before the lease moved it */
    unsigned attempts; /* leases since the last commit, this one included */
    bool alone;        /* attempts > STORE_ATTEMPTS_ALONE: the only row of its lease */
    bool set_aside;    /* attempts > STORE_ATTEMPTS_MAX: each lease is twice as long now, up to an hour */
} store_row_t;
/* One that can be read is given up only at STORE_ATTEMPTS_GIVE_UP: before, a slow store may be all that is wrong. */
enum { STORE_ATTEMPTS_ALONE = 3, STORE_ATTEMPTS_MAX = 5, STORE_ATTEMPTS_GIVE_UP = 9 };

typedef struct store_leased {
    bool away;
    bool broken; /* away, since the timers' key holds something else */
    const store_row_t *rows;
    size_t rows_n;
    wall_ms_t next_due; /* of what is left; TIME_NEVER: nothing */
    wall_ms_t now;      /* the store's time of this lease: time events are decided with it */
} store_leased_t;
typedef void (store_leased_fn) (void *arg, const store_leased_t *leased);
/* Hands out at most max records of a kind that are due, and moves their timers lease_ms ahead. */
void store_lease (store_t *self, int shard, char kind, int max, int lease_ms, store_leased_fn *fn, void *arg);

/* Plain reads. Values are valid only during the callback; an absent key has bytes NULL. */
typedef struct store_value {
    const char *bytes;
    size_t size;
    int64_t score; /* ranges of sorted sets with scores */
} store_value_t;
typedef struct store_values {
    bool away;
    bool wrong_type;
    const store_value_t *items;
    size_t n;
    uint64_t cursor; /* store_scan: 0 when done */
} store_values_t;
typedef void (store_values_fn) (void *arg, const store_values_t *values);

void store_get (store_t *self, const char *const *keys, size_t n, store_values_fn *fn, void *arg); /* MGET, one shard */
/* Sorted set by score, lowest first: [min, max], at most limit from offset. With scores. */
void store_range (store_t *self, const char *key, int64_t min, int64_t max, int64_t offset, int64_t limit,
                  store_values_fn *fn, void *arg);
/* Sorted set of equal scores by member: members > after ("": from the start), at most limit. */
void store_range_lex (store_t *self, const char *key, const char *after, int64_t limit, store_values_fn *fn, void *arg);
/* One value, a member's score; its bytes are NULL when the member is not there. */
void store_score (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg);
/* One value: how many members start with prefix + "/" (score 0 sets); of prefix "": how many there are. */
void store_count_lex (store_t *self, const char *key, const char *prefix, store_values_fn *fn, void *arg);
void store_list (store_t *self, const char *key, int64_t first, int64_t last, store_values_fn *fn, void *arg);
/* Stream entries with number > after, at most limit: score is the number. */
void store_events (store_t *self, const char *key, uint64_t after, int64_t limit, store_values_fn *fn, void *arg);
/* The same for the newest entry only. */
void store_events_last (store_t *self, const char *key, store_values_fn *fn, void *arg);
/* The oldest kept. */
void store_events_first (store_t *self, const char *key, store_values_fn *fn, void *arg);
void store_hash (store_t *self, const char *key, store_values_fn *fn, void *arg); /* field, value, field, value, ... */
void store_set (store_t *self, const char *key, store_values_fn *fn, void *arg);  /* members */
/* One step of a walk over all keys that match a glob pattern. Not a snapshot. */
void store_scan (store_t *self, uint64_t cursor, const char *pattern, store_values_fn *fn, void *arg);

/* Small writes outside the commit, for bookkeeping without decisions. */
void store_set_add (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg);
void store_set_remove (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg);
void store_put (store_t *self, const char *key, const void *bytes, size_t size, store_values_fn *fn, void *arg);
void store_delete (store_t *self, const char *key, store_values_fn *fn, void *arg);
/* Drops the first n of a list; not sent again when its answer is lost: then it may have been done, or not. */
void store_list_drop (store_t *self, const char *key, int64_t n, store_values_fn *fn, void *arg);
/* One value: how many entries a stream has beyond one for each page of the store's memory (its score). One that is dropped
 * off a page of several stays there as bytes, which no read shows, until the page has none: in the store's files and in
 * copies of them as well. Redis: stream-node-max-entries; 1 is a page for each. No value: there is no stream. */
void store_events_together (store_t *self, const char *key, store_values_fn *fn, void *arg);
void store_trim_events (store_t *self, const char *key, uint64_t oldest_kept, store_values_fn *fn, void *arg);
/* These entries of a stream are gone, wherever they stand; the others keep their numbers, and none is drawn again. For
 * what must be forgotten, and nothing else: readers take a number that is missing between two others for that. n > 0. */
void store_drop_events (store_t *self, const char *key, const uint64_t *numbers, size_t n, store_values_fn *fn,
                        void *arg);

/* Follow a stream: fn is called with entries (score is the number) as they come, on a connection of its own. */
typedef struct store_follow store_follow_t;
store_follow_t *store_follow (store_t *self, const char *key, uint64_t after, store_values_fn *fn, void *arg);
void store_unfollow (store_follow_t **self_p);

#endif
