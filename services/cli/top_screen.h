/* top_screen.h - `buckstop top` on a terminal: what is where, by ncurses. */
#ifndef BUCKSTOP_TOP_SCREEN_H
#define BUCKSTOP_TOP_SCREEN_H

#include "top_board.h"
#include "top_line.h"

typedef enum top_page { TOP_CONTACTS, TOP_PEOPLE, TOP_STORY, TOP_KEYS, TOP_FOUND } top_page_t;

/* Keys that ncurses has no name for: what is pasted begins, ends. */
enum { TOP_KEY_PASTE = 0x1000, TOP_KEY_PASTED };

typedef struct top_view {
    const top_board_t *board;
    const char *console;       /* its address, until something was heard */
    const char *trouble;       /* "" when all is well */
    char message[DETAIL_SIZE]; /* the outcome of the last key */
    char foot[256];            /* the keys, where there is no message */
    const top_line_t *writing; /* NULL: nothing is written */
    char asks[DETAIL_SIZE];    /* what it is for */
    top_page_t page, list;     /* list: of contacts, that a story goes back to */
    top_page_t under;          /* what the page of keys covers, */
    size_t under_line;         /* and where that was */
    json_t *found;             /* rows as the search told them; NULL: none yet */
    char found_words[DETAIL_SIZE];
    size_t cursor, top;   /* of the list: the row, and the first that is shown */
    char chosen[ID_SIZE]; /* the contact under the cursor: it keeps it when the order changes */
    char **lines;         /* of the story, of the page of keys */
    size_t lines_n, line; /* and the first that is shown */
} top_view_t;

/* The terminal is ours, and then again its own. False: it can't be used. */
bool top_screen_open (void);
bool top_terminal_known (void); /* is there a description of it? */
void top_screen_close (void);
/* A key, as ncurses names it; -1: none waits. */
int top_screen_key (void);
bool top_screen_waits (void); /* a key does */
void top_screen_draw (top_view_t *view, mono_ms_t at);
/* The list that is shown: of contacts that were found, as the board has them now where it has them. */
size_t top_view_rows (const top_view_t *view);
const json_t *top_view_row (const top_view_t *view, size_t index);
void top_view_choose (top_view_t *view); /* the contact under the cursor, which is put right */
void top_view_follow (top_view_t *view); /* the cursor stays on its contact, or where it was */
/* The lines of a story, of a text whose lines may be longer than the screen is wide. */
void top_story_keep (top_view_t *view, const char *text, size_t columns);
void top_story_drop (top_view_t *view);
size_t top_screen_width (void);
size_t top_screen_list_height (void); /* rows that a page of the list has */
size_t top_screen_text_height (void); /* of a story, of the page of keys */

#endif
