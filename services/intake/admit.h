/* admit.h - how much is taken on at once, and from whom how often. Pure.
 *
 * What the store can't do in time piles up in front of it: memory grows, and in the end nobody is answered in time. So
 * a request is refused, with words and a time to come again, before it is begun:
 *   - asks_max are under way already;
 *   - the oldest that waits for its shard has waited ADMIT_SLOW_US: what comes now would wait as long, or longer. A
 *     shard that is slow refuses its own requests only;
 *   - its token has used up its rate. */
#ifndef BUCKSTOP_ADMIT_H
#define BUCKSTOP_ADMIT_H

#include "token.h"
#include "types.h"

enum { ADMIT_SLOW_US = 300 * 1000, ADMIT_TOKENS = 1024 };

/* One request under way; zeroed before the first call. */
typedef struct admit_place {
    struct admit_place *next, *previous; /* among those of its shard, oldest first */
    int64_t since_us;
    int shard;
    bool waits;
} admit_place_t;

typedef struct admit {
    size_t max, n;                    /* under way; max 0: no bound */
    int64_t rate, burst;              /* of one token: a second, and at once; rate 0: no limit */
    admit_place_t *first[SHARDS_MAX]; /* those that wait for a shard */
    admit_place_t *last[SHARDS_MAX];
    struct admit_token {
        char id[TOKEN_ID_SIZE];
        int64_t full_us; /* when it has all of its burst again */
    } tokens[ADMIT_TOKENS];
} admit_t;

/* It is born; false: too many are under way. Paired with admit_ends in either case. */
bool admit_begins (admit_t *self);
/* It is about to ask its shard; false: the shard is slow. */
bool admit_waits (admit_t *self, admit_place_t *place, int shard, int64_t now_us);
void admit_ends (admit_t *self, admit_place_t *place);
/* 0: it may; else the microseconds until it may. Two tokens may share a place in the table: then the other one begins
 * with all of its burst. */
int64_t admit_rate (admit_t *self, const char *token_id, int64_t now_us);

typedef enum admit_verdict { ADMIT_IN, ADMIT_SLOW, ADMIT_RATE } admit_verdict_t;

/* Both, for what ends in a commit: who is refused for a slow shard is not charged. token_id "": it comes by no token (a
 * signed link), and has no rate. What it waits for ends with admit_ends, refused or not. */
admit_verdict_t admit_write (admit_t *self, admit_place_t *place, int shard, const char *token_id, int64_t now_us);

#endif
