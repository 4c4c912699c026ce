/* call.h - one call to the fake store: performed in one turn, answered in a later one. */
#ifndef BUCKSTOP_FAKE_CALL_H
#define BUCKSTOP_FAKE_CALL_H

#include "clock_offset.h"
#include "fake.h"
#include "perform.h"
#include "store.h"

typedef struct call call_t;
typedef void (call_fn) (call_t *call);

/* Every call is made of a step that looks at the keyspace and one that tells the caller. */
struct call {
    call_t *next; /* of the same store, not answered yet */
    store_t *store;
    int refs;
    bool answered, away;
    bool chaotic; /* what chance does may happen to it */
    bool resend;  /* once more, after it was performed */
    mono_ms_t deadline;
    call_fn *perform, *answer;
    void *arg;
    /* commit */
    commit_t *commit;
    store_commit_fn *commit_fn;
    commit_answer_t committed;
    char *found;
    /* lease */
    int shard, max, lease_ms;
    char kind;
    store_leased_fn *leased_fn;
    perform_rows_t rows;
    wall_ms_t now;
    /* reads and small writes */
    store_values_fn *values_fn;
    char **keys; /* one piece with their words */
    size_t keys_n;
    char *text; /* member, prefix, pattern or bytes */
    size_t text_size;
    int64_t min, max_score, offset, limit;
    store_value_t *items;
    size_t items_n;
    uint64_t cursor;
    bool wrong_type;
};

struct store {
    store_t *next;
    loop_t *loop;
    int shards;
    call_t *calls;               /* not answered, the newest first */
    mono_ms_t performs, answers; /* with chaos: when the last call is there, and the last answer back */
    loop_fn *on_change;
    void *on_change_arg;
    clock_offset_t offset; /* of the store's clock, as this service has seen it */
    int64_t jump;
};

call_t *call_new (store_t *store, call_fn *perform, call_fn *answer, void *arg);
void call_begin (call_t *self, int timeout_ms);
loop_t *store_loop (const store_t *self);
void calls_end (store_t *store);      /* all are answered: AWAY */
void calls_orphaned (store_t *store); /* its process is dead */

/* The faults in force. */
bool store_world_away (void);
double store_world_memory (void);
int64_t store_fault (fake_store_fault_t fault);
bool store_use_fault (fake_store_fault_t fault); /* one less */
void store_reset_commits (void);
/* An entry was added to a stream: whoever follows it hears of it. */
void store_followers_wake (const char *key);
void store_followers_forget (const store_t *store); /* NULL: all */

#endif
