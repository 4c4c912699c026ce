/* driver.h - what the property test's driver and its reads share. */
#ifndef BUCKSTOP_TEST_DRIVER_H
#define BUCKSTOP_TEST_DRIVER_H

#include "draw.h"

enum { FAR_PAST = 1000000 }; /* scores below it were planted, those above are times */

typedef struct driver {
    loop_t *loop;
    store_t *store;
    draw_t draw;
    int ops, done;
    int open; /* commits of a burst that are not answered */
    bool begun;
    size_t streams; /* the one that is followed at the end */
    store_follow_t *follow;
    uint64_t last;
} driver_t;

void step (driver_t *self); /* the operation is over: the next one */
void print_bytes (const char *bytes, size_t size);
void print_value (const store_value_t *value);

/* reads.c */
void op_get (driver_t *self), op_range (driver_t *self), op_range_lex (driver_t *self), op_count_lex (driver_t *self),
    op_list (driver_t *self), op_events (driver_t *self), op_events_last (driver_t *self),
    op_events_first (driver_t *self), op_trim (driver_t *self), op_drop (driver_t *self), op_hash (driver_t *self),
    op_set (driver_t *self), op_set_add (driver_t *self), op_put (driver_t *self), op_delete (driver_t *self),
    op_scan (driver_t *self), op_together (driver_t *self);

#endif
