/* watch_print.h - the events that `buckstop watch` prints, for programs or for people. */
#ifndef BUCKSTOP_WATCH_PRINT_H
#define BUCKSTOP_WATCH_PRINT_H

#include "watch_fold.h"

typedef struct watch_print {
    bool json; /* an event a line */
    bool each; /* else: nothing is folded */
    line_style_t style;
    watch_fold_t fold;
    char day[CLI_TIME_SIZE]; /* that the last one is of */
} watch_print_t;

/* self is zero. each: programs want that, too. */
void watch_print_begin (watch_print_t *self, bool json, bool each);
void watch_print_event (watch_print_t *self, const json_t *event);
/* What was counted and is due; all of it at the end. */
void watch_print_counted (watch_print_t *self, bool all);

#endif
