/* top_board.h - what `buckstop top` shows: the console's board, as its stream tells it. Pure but for its JSON. */
#ifndef BUCKSTOP_TOP_BOARD_H
#define BUCKSTOP_TOP_BOARD_H

#include "cli.h"

enum { TOP_FEED_MAX = 500 };

typedef struct top_board {
    json_t *board; /* workspace, counts, promises, trend, more; NULL: nothing was heard yet */
    json_t *by_id; /* id -> row */
    json_t **rows; /* what breaks next first; borrowed from by_id */
    size_t rows_n;
    json_t *people, *teams;   /* arrays */
    json_t *pulse;            /* NULL: none yet */
    char *feed[TOP_FEED_MAX]; /* lines, oldest first */
    size_t feed_n;
    wall_ms_t now;    /* the store's, as last heard, */
    mono_ms_t now_at; /* and when that was */
} top_board_t;

/* An event of the stream: board, change, feed, pulse; others are passed over. at: now. */
void top_board_take (top_board_t *self, const char *event, const char *data, size_t size, mono_ms_t at);
void top_board_clear (top_board_t *self);
wall_ms_t top_board_now (const top_board_t *self, mono_ms_t at);

/* A person of the board whose name is near; NULL: none. */
const char *top_board_nearest (const top_board_t *self, const char *word);

/* Of a row: when what comes next is due (TIME_NEVER: nothing), and whether it is broken. */
wall_ms_t top_row_due (const json_t *row);
bool top_row_broken (const json_t *row);
/* What its line says of that: the kind and when it is due; where nothing comes next, of an answer that is on its way. */
const char *top_row_next (const json_t *row, wall_ms_t *due);

#endif
