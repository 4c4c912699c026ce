/* top_screen.h - `buckstop top` on a terminal: what is where, by ncurses. */
#ifndef BUCKSTOP_TOP_SCREEN_H
#define BUCKSTOP_TOP_SCREEN_H

#include "top_board.h"

typedef enum top_page { TOP_CONTACTS, TOP_PEOPLE, TOP_STORY, TOP_KEYS } top_page_t;

typedef struct top_view {
    const top_board_t *board;
    const char *console;       /* its address, until something was heard */
    const char *trouble;       /* "" when all is well */
    char message[DETAIL_SIZE]; /* the outcome of the last key */
    char confirm;              /* the key that has to be pressed again; 0: none */
    top_page_t page;
    size_t cursor, top;   /* of the list: the row, and the first that is shown */
    char chosen[ID_SIZE]; /* the contact under the cursor: it keeps it when the order changes */
    char **lines;         /* of the story */
    size_t lines_n, line; /* and the first that is shown */
} top_view_t;

/* The terminal is ours, and then again its own. False: it can't be used. */
bool top_screen_open (void);
bool top_terminal_known (void); /* is there a description of it? */
void top_screen_close (void);
/* A key, as ncurses names it; -1: none waits. */
int top_screen_key (void);
void top_screen_draw (top_view_t *view, mono_ms_t at);
/* The lines of a story, of a text whose lines may be longer than the screen is wide. */
void top_story_keep (top_view_t *view, const char *text, size_t columns);
void top_story_drop (top_view_t *view);
size_t top_screen_width (void);
size_t top_screen_list_height (void); /* rows that a page of the list has */

#endif
