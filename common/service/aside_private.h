/* aside_private.h - what aside.c and aside_say.c share. */
#ifndef BUCKSTOP_ASIDE_PRIVATE_H
#define BUCKSTOP_ASIDE_PRIVATE_H

#include "aside.h"
#include "keys.h"

typedef struct aside_row {
    char kind; /* 0: free */
    char workspace[NAME_SIZE], name[KEY_SIZE], why[DETAIL_SIZE];
    int64_t hour;   /* in which it was said last */
    mono_ms_t seen; /* when somebody complained last */
    bool looked_at; /* a read is under way */
    bool untold;    /* in the log only: the store was away, or there was no policy to name a last resort */
} aside_row_t;

struct aside {
    service_t *service;
    aside_row_t rows[ASIDE_KEPT];
    size_t next; /* the place that is taken next when none is free */
    loop_timer_t *timer;
    size_t open; /* calls not answered */
    bool closed;
};

/* aside.c */
const char *aside_kind_word (char kind);
aside_row_t *aside_find (aside_t *self, const aside_row_t *like);
bool aside_answered (aside_t *self); /* false: it was closed meanwhile, and the last call takes it along */

/* aside_say.c */
void aside_tell (aside_t *self, const aside_row_t *row); /* once an hour, whoever finds it; sets untold when it can't */
void aside_once_key (const aside_row_t *row, int shard, char key[KEY_SIZE]);

#endif
