/* top_line.h - a line that somebody writes: its text, and where the cursor is in it. Pure: bytes in, UTF-8 out. */
#ifndef BUCKSTOP_TOP_LINE_H
#define BUCKSTOP_TOP_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum { TOP_LINE_MAX = 16 * 1024, TOP_LINE_CHARACTER = 4 };

typedef enum top_edit {
    EDIT_LEFT,
    EDIT_RIGHT,
    EDIT_BEGIN,
    EDIT_END,
    EDIT_RUB_OUT, /* the character before the cursor */
    EDIT_DELETE,  /* that under it */
    EDIT_CUT_WORD,
    EDIT_CUT_BEFORE, /* all that is before the cursor */
    EDIT_CUT_AFTER,
} top_edit_t;

typedef struct top_line {
    char text[TOP_LINE_MAX + 1]; /* whole characters, then a 0; it may have line ends in it */
    size_t size, at;             /* bytes; the cursor stands before a character, or at the end */
    char part[TOP_LINE_CHARACTER];
    size_t part_n; /* bytes of a character that has not come whole */
    bool full;     /* something found no room */
} top_line_t;

void top_line_set (top_line_t *self, const char *text);
/* A byte as it was typed or pasted, put in at the cursor once its character is whole. What is no UTF-8 is left out,
 * and so is what would be a command to a terminal, but for a line end; a tab becomes a space. */
void top_line_byte (top_line_t *self, unsigned char byte);
void top_line_edit (top_line_t *self, top_edit_t edit);

/* The part that has room in so many columns, with the cursor in it: its text, line ends as an arrow, and the cursor's
 * column. cut: the beginning is not shown. */
typedef struct top_line_part {
    char text[2048];
    size_t cursor;
    bool cut;
} top_line_part_t;
void top_line_show (const top_line_t *self, size_t columns, top_line_part_t *part);

/* The first word, as far as names agree how it goes on; of one alone, a space behind it. The cursor must be in or right
 * behind it. said: the names that it could be, where there are several; "" else. */
void top_line_complete (top_line_t *self, const char *const *names, size_t n, char *said, size_t said_size);
/* The first word; the rest, without the spaces between. */
const char *top_line_rest (const top_line_t *self, char *word, size_t word_size);

#endif
