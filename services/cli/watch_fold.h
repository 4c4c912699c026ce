/* watch_fold.h - the like of one minute, or of one run, as one line: deliveries that are tried again or held for one
 * reason. */
#ifndef BUCKSTOP_WATCH_FOLD_H
#define BUCKSTOP_WATCH_FOLD_H

#include "lines.h"

enum { FOLD_GROUPS = 64 };

/* Of one kind, way and reason. The first one is a line of its own; the others of its minute are counted. */
typedef struct fold_group {
    const char *fact;                            /* borrowed of a table; NULL: the place is free */
    char reason[DETAIL_SIZE], like[DETAIL_SIZE]; /* of the first one; without what differs each time */
    wall_ms_t first, last;                       /* when it was: by the events */
    mono_ms_t until;                             /* when its line is due at the latest */
    unsigned more;
} fold_group_t;

/* Zero at first, but for `runs`. */
typedef struct watch_fold {
    bool runs; /* what is over: however long it went on, until anything else was said */
    fold_group_t groups[FOLD_GROUPS];
} watch_fold_t;

/* True: it is counted, not to be printed. What is over by then is printed first. */
bool watch_fold_take (watch_fold_t *self, const json_t *event, mono_ms_t now, const line_style_t *style, FILE *out);
/* Prints the lines that are due; all of them at the end. */
void watch_fold_print (watch_fold_t *self, mono_ms_t now, bool all, const line_style_t *style, FILE *out);

#endif
