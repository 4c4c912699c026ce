/* world.h - what the fakes share among themselves: one scripted time, one queue of what is to happen. */
#ifndef BUCKSTOP_FAKE_WORLD_H
#define BUCKSTOP_FAKE_WORLD_H

#include "commit.h"
#include "fake.h"
#include "loop.h"
#include "store.h"

typedef void (world_free_fn) (void *arg);

/* Something that happens on `loop` in `delay_ms`, after all that was posted before for the same time. It
 * does not happen when the loop was killed; `destroy` (may be NULL) gets arg in either case, afterwards.
 * loop NULL: it happens whoever lives. */
void world_post (loop_t *loop, int64_t delay_ms, loop_fn *fn, void *arg, world_free_fn *destroy);
bool world_alive (const loop_t *loop);
mono_ms_t world_mono (void);

/* The parts that fake_reset empties. */
void world_reset_clock (uint64_t seed);
void world_reset_chaos (uint64_t seed);
void world_reset_log (void);
void world_reset_store (void);
void world_reset_bus (void);
void world_reset_peers (void);
void world_reset_http_client (void);
void world_reset_mail (void);
void world_reset_spool (void);
void world_reset_lmtp (void);

/* Chance: never NULL; all zero while there is no chaos. */
const fake_chaos_t *world_chaos (void);
uint64_t world_draw (uint64_t limit); /* below limit */
bool world_chance (int of_10000);
bool world_spared (const loop_t *loop);
/* The process of `loop` is gone: what it had open is let go. */
void world_dead_store (const loop_t *loop);
void world_dead_bus (const loop_t *loop);
void world_dead_http (const loop_t *loop);

/* How the far side of a call or a mail answers: the test's script, see fake_peer. */
typedef struct world_peer {
    fake_peer_t kind;
    int status;
    int64_t value;
    char body[FAKE_BODY_SIZE]; /* of an HTTP answer */
} world_peer_t;
world_peer_t world_peer (const char *address);
/* The process of `loop` ends here when the test asked for that: true. */
bool world_kill_here (loop_t *loop, fake_kill_t where);

#endif
