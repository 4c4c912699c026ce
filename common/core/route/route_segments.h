/* route_segments.h - what the walks saw in the store's queue and the waiting list does not hold: of each stretch of it a
 * digest, so that a walk knows without loading anything whether somebody new is among them. Pure.
 *
 * A digest is a sum of hashes: of two stretches that are made one it is the sum of both. Whoever leaves a stretch, or
 * comes to it, changes it, and the next walk loads that stretch again: nothing rests on its being kept up. */
#ifndef BUCKSTOP_ROUTE_SEGMENTS_H
#define BUCKSTOP_ROUTE_SEGMENTS_H

#include "route_index.h"

typedef struct route_segment {
    route_order_t upto; /* its last place, this included */
    uint64_t sum;
    size_t n;          /* in the store only */
    wall_ms_t look_at; /* some need in it changes then; 0: none does */
    bool doubt;        /* the digest says nothing */
} route_segment_t;

typedef struct route_segments {
    route_segment_t *items; /* in order, without gaps between them */
    size_t n, cap, next;    /* next: of the walk */
    size_t left;            /* of all: in the store only */
    /* the part of the walk that is being loaded */
    route_order_t *part;
    size_t part_n, covers, loading; /* covers: so many segments from `next` on */
    route_segment_t now;
} route_segments_t;

int order_compare (const route_order_t *a, const route_order_t *b);

void segments_begin (route_segments_t *self);
/* The next part: so many of the places, up to where a segment ends. */
size_t segments_part (route_segments_t *self, const route_order_t *places, size_t n, bool last);
/* All of the part that are not held are those of which the digest speaks. */
bool segments_same (const route_segments_t *self, const route_index_t *held, wall_ms_t now);
void segments_part_end (route_segments_t *self, const route_index_t *held, bool loaded);
void segments_end (route_segments_t *self);

/* One that is held is let go. */
void segments_let_go (route_segments_t *self, const route_order_t *order, wall_ms_t look_at);
void segments_left (route_segments_t *self, wall_ms_t look_at); /* one was not taken in */
void segments_doubt (route_segments_t *self);                   /* needs mean other things now */
void segments_clear (route_segments_t *self);

#endif
