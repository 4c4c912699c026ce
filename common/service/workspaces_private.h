/* workspaces_private.h - what workspaces.c and workspaces_refresh.c share. */
#ifndef BUCKSTOP_WORKSPACES_PRIVATE_H
#define BUCKSTOP_WORKSPACES_PRIVATE_H

#include "workspaces.h"

enum { WATCHERS_MAX = 8 };
#define REFUSED_BROKEN UINT32_MAX /* as the version that was refused: there was no record to tell one */

typedef struct entry {
    struct entry *next;
    char name[NAME_SIZE];
    policy_t *policy;
    char *taken; /* the bytes of the record that it came from: the same once more say nothing new; NULL: not known */
    size_t taken_size;
    uint32_t refused; /* version of a text that can't be used: said once */
    bool listed;      /* it was in b:workspaces once: read with each look from then on */
    bool missing;     /* but is there no longer */
    bool there;       /* it has a record, well or not */
    bool removed;     /* somebody took it away, record and name: one that comes under its name is another */
} entry_t;

/* Somebody who waits until a workspace was looked at. */
typedef struct waiter {
    struct waiter *next;
    char workspace[NAME_SIZE];
    loop_fn *fn;
    void *arg;
} waiter_t;

struct workspaces {
    loop_t *loop;
    store_t *store;
    hearing_t hearings[SHARDS_MAX];
    mono_ms_t heard_at[SHARDS_MAX]; /* when that was read last; 0: never */
    entry_t *entries;               /* in the order in which they were first seen; never removed */
    struct {
        workspaces_fn *fn;
        void *arg;
    } watchers[WATCHERS_MAX];
    size_t watchers_n;
    loop_timer_t *timer;
    bool loaded, looking, soon;  /* soon: the first look is armed */
    bool missed;                 /* the last look could not read all */
    bool unlisted;               /* b:workspaces, as last read, holds no names */
    size_t asked;                /* shards not answered yet in this look */
    waiter_t *waiting, *serving; /* serving: those whose read is under way */
    size_t calls;                /* store calls without an answer */
    bool destroyed;              /* freed once calls is 0 */
};

/* workspaces.c */
bool workspaces_answered (workspaces_t *self);                    /* an answer came; false: nobody is there any more */
entry_t *workspaces_entry (workspaces_t *self, const char *name); /* found, or made */

/* workspaces_take.c */
void workspaces_take (workspaces_t *self, const char *name, const store_value_t *value);

/* workspaces_refresh.c */
void workspaces_serve (workspaces_t *self);
void workspaces_forget (workspaces_t *self);

#endif
