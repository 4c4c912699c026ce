/* loop_private.h - what a fake loop consists of: shared by the queue (world.c) and the interface (loop.c). */
#ifndef BUCKSTOP_FAKE_LOOP_PRIVATE_H
#define BUCKSTOP_FAKE_LOOP_PRIVATE_H

#include "world.h"

typedef struct item {
    mono_ms_t when;
    uint64_t order;    /* among those of one time: as they arrived, or as drawn */
    uint64_t sequence; /* of arrival */
    loop_t *loop;
    loop_fn *fn; /* NULL: cancelled */
    void *arg;
    world_free_fn *destroy;
} item_t;

struct loop_timer {
    item_t item;
};

struct loop_watch {
    loop_watch_t *next;
};

typedef struct hook {
    loop_fn *fn; /* NULL: removed */
    void *arg;
} hook_t;

struct loop {
    loop_t *next;
    hook_t *hooks;
    size_t hooks_n;
    loop_watch_t *watches;
    loop_fn *hangup, *stop;
    void *hangup_arg, *stop_arg;
    bool dead, stopped, spared;
    bool touched;           /* something of it happened in this turn: its hooks are to run */
    uint64_t order;         /* of its last item: its own stay in order */
    mono_ms_t frozen_until; /* 0: it is not */
    fake_kill_t kill_at;
    item_t **grave; /* of a dead loop: its handles are not dangling until it is destroyed */
    size_t grave_n;
};

/* The queue of everything that is to happen. */
item_t *queue_add (loop_t *loop, mono_ms_t when, loop_fn *fn, void *arg, world_free_fn *destroy);
void queue_forget (const loop_t *loop); /* a loop's items: never to happen */
bool queue_next (void);                 /* time jumps to the next item, and it happens; false: there is none */
void loops_add (loop_t *loop);
void loops_remove (const loop_t *loop);

#endif
