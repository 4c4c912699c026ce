/* line_diff.h - what changes from one text to another, line by line. Pure. */
#ifndef BUCKSTOP_LINE_DIFF_H
#define BUCKSTOP_LINE_DIFF_H

#include <stddef.h>

typedef struct line_step {
    char kind;        /* ' ' in both, '-' only in the old, '+' only in the new */
    const char *line; /* in the caller's text; without its end */
    size_t size;
    size_t old_line, new_line; /* from 1; of '-' the new one's next, of '+' the old one's */
} line_step_t;

typedef struct line_diff {
    line_step_t *steps;
    size_t n, added, removed;
} line_diff_t;

/* The fewest lines that lead from one to the other (Myers, "An O(ND) Difference Algorithm", 1986), unless those are more
 * than LINE_DIFF_MAX: then all between the first and the last change is taken out and put in. The texts stay the
 * caller's. */
enum { LINE_DIFF_MAX = 2000 };
void line_diff (const char *old_text, const char *new_text, line_diff_t *diff);
void line_diff_clear (line_diff_t *diff);

#endif
