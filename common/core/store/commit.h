/* commit.h - what one atomic commit checks and writes, as a list. Pure: the store performs it.
 *
 * If a check fails nothing is written and the answer names it and what was found. All checks, also of
 * key types and numbers, come before the first write. The ops are the same for the real store (a Lua
 * script, commit.lua) and the fake. */
#ifndef BUCKSTOP_COMMIT_H
#define BUCKSTOP_COMMIT_H

#include "types.h"

/* The letter of an op, and its arguments as strings of bytes; numbers are decimal text. */
/* R: the record is at that version; if not, but it holds the event id, the commit is already done */
#define OP_RECORD  'R' /* key, version (8 bytes), event id (8 bytes) */
#define OP_FREE    'F' /* key: is absent; found: its value */
#define OP_VALUE   'V' /* key, bytes: string equals; empty: is absent */
#define OP_HEAD    'H' /* key, offset, bytes: the record's head has these bytes there (epoch, policy version) */
#define OP_ROOM    'M' /* key, room, then channel, weight, ...: sum of weight * members "channel/..." is <= room */
#define OP_PUT     's' /* key, bytes, ttl ms (0: for ever) */
#define OP_DELETE  'x' /* key */
#define OP_PLACE   'z' /* key, score, member */
#define OP_SOONER  'l' /* key, score, member: only when absent or later than that */
#define OP_UNPLACE 'r' /* key, member */
#define OP_APPEND  'a' /* key, bytes: to a list */
#define OP_EVENT   'e' /* key, bytes: a stream entry with the next dense number */
#define OP_COUNT   'n' /* key, field, change */

typedef struct commit_arg {
    const char *bytes;
    size_t size;
} commit_arg_t;

typedef struct commit_op {
    char op;
    size_t args_n;
    const commit_arg_t *args;
} commit_op_t;

typedef struct commit commit_t;

commit_t *commit_new (int shard);
void commit_destroy (commit_t **self_p);
int commit_shard (const commit_t *self);
size_t commit_size (const commit_t *self); /* ops */
commit_op_t commit_op (const commit_t *self, size_t index);

/* All copy what they are given. version 0: the record must be absent. */
void commit_expect_record (commit_t *self, const char *key, uint64_t version, event_id_t id);
void commit_expect_free (commit_t *self, const char *key);
void commit_expect_value (commit_t *self, const char *key, const void *bytes, size_t size);
void commit_expect_epoch (commit_t *self, const char *key, uint32_t epoch);
void commit_expect_version (commit_t *self, const char *key, uint64_t version);   /* of another record */
void commit_expect_attempts (commit_t *self, const char *key, unsigned attempts); /* nobody has leased it since */
typedef struct commit_weight {
    const char *channel;
    int weight;
} commit_weight_t;
void commit_expect_room (commit_t *self, const char *key, int64_t room, const commit_weight_t *weights, size_t n);

void commit_put (commit_t *self, const char *key, const void *bytes, size_t size, int64_t ttl_ms);
void commit_delete (commit_t *self, const char *key);
void commit_place (commit_t *self, const char *key, int64_t score, const char *member);
void commit_place_sooner (commit_t *self, const char *key, int64_t score, const char *member);
void commit_unplace (commit_t *self, const char *key, const char *member);
void commit_append (commit_t *self, const char *key, const void *bytes, size_t size);
void commit_event (commit_t *self, const char *key, const void *bytes, size_t size);
void commit_count (commit_t *self, const char *key, const char *field, int64_t change);

typedef enum commit_outcome {
    COMMIT_DONE,
    COMMIT_ALREADY, /* this event was committed before: `version` says as what */
    COMMIT_REFUSED, /* a check failed */
    COMMIT_INVALID, /* a key has the wrong type, an op is malformed: `found` says which; nothing was written */
    COMMIT_AWAY,    /* the store could not be asked in time; it may have happened */
} commit_outcome_t;
enum { COMMIT_OUTCOMES = COMMIT_AWAY + 1 };

/* Valid only during the callback. */
typedef struct commit_answer {
    commit_outcome_t outcome;
    uint64_t version; /* ALREADY */
    size_t failed;    /* REFUSED, INVALID: index of the op */
    char failed_op;   /* its letter */
    const char *key;  /* REFUSED, INVALID: the op's key; not ended by a null */
    size_t key_size;
    /* REFUSED: the value (F, V), the record's head (R, H; empty: absent), the sum (M); INVALID: words */
    const char *found;
    size_t found_size;
    uint64_t event_number; /* DONE: of the last OP_EVENT; 0: none */
    wall_ms_t at;          /* the store's time */
} commit_answer_t;

#endif
