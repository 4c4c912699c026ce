/* draw.h - what the property test draws from its seed: keys, members, records, commits. */
#ifndef BUCKSTOP_TEST_DRAW_H
#define BUCKSTOP_TEST_DRAW_H

#include "commit.h"
#include "keys.h"
#include "store.h"

enum { SHARDS = 2, DRAW_RECORDS = 4, DRAW_OTHERS = 2 };

typedef enum draw_shape {
    DRAW_RECORD,
    DRAW_STRING,
    DRAW_ZSET, /* places and timers */
    DRAW_OWN,  /* zset with score 0 */
    DRAW_LIST,
    DRAW_STREAM,
    DRAW_HASH,
    DRAW_SET,
    DRAW_SHAPES
} draw_shape_t;

typedef struct draw {
    uint64_t state;
} draw_t;

uint64_t draw_below (draw_t *self, uint64_t limit);
const char *draw_key_in (draw_t *self, char key[KEY_SIZE], draw_shape_t shape, int shard);
const char *draw_key (draw_t *self, char key[KEY_SIZE], draw_shape_t shape);
const char *draw_channel (draw_t *self);
void draw_own (draw_t *self, char *member, size_t size);        /* "channel/C" */
const char *draw_stream_key (char key[KEY_SIZE], size_t index); /* NULL: no more */
/* A commit of one to eight ops: checks that mostly hold, writes, now and then a key of the wrong shape. */
commit_t *draw_commit (draw_t *self, int shard);

#endif
