/* top_foot.c - the bottom of `buckstop top`: the keys, or what came of the last one; or the line that is written.
 *
 * Hears: the view. Says: one row of the screen; two while somebody writes, with the terminal's cursor in the second. */
#include "top_draw.h"

#include <ncurses.h>

enum { MARK = 2 };

static void draw_line (const top_view_t *view)
{
    top_line_part_t part;
    int width = COLS - MARK > PUT_MAX - MARK ? PUT_MAX - MARK : COLS - MARK;
    top_line_show (view->writing, width > 1 ? (size_t)width : 1, &part);
    top_put_line (LINES - 2, LOOK_BAR, " %s", *view->message ? view->message : view->asks);
    top_put (LINES - 1, 0, MARK, LOOK_HEAD, part.cut ? "<" : ">");
    top_put (LINES - 1, MARK, COLS - MARK, LOOK_PLAIN, part.text);
    move (LINES - 1, MARK + (int)part.cursor);
}

void top_draw_foot (const top_view_t *view)
{
    curs_set (view->writing ? 1 : 0);
    if (view->writing)
        draw_line (view);
    else
        top_put_line (LINES - 1, LOOK_BAR, " %s", *view->message ? view->message : view->foot);
}
