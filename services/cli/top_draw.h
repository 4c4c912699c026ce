/* top_draw.h - what the files that draw `buckstop top` share. */
#ifndef BUCKSTOP_TOP_DRAW_H
#define BUCKSTOP_TOP_DRAW_H

#include "top_screen.h"

enum { HEAD_LINES = 5, PUT_MAX = 512 };
enum { LOOK_PLAIN, LOOK_BROKEN, LOOK_SOON, LOOK_GOOD, LOOK_DIM, LOOK_BAR, LOOK_HEAD };

/* At most so many columns; the rest of them is blank. */
void top_put (int y, int x, int width, int look, const char *text);
void top_put_line (int y, int look, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
long long top_number (const json_t *object, const char *key);

/* Below the head; the view's cursor is put right. */
void top_draw_contacts (top_view_t *view, wall_ms_t now);
void top_draw_people (top_view_t *view, wall_ms_t now);
void top_draw_foot (const top_view_t *view); /* last: the terminal's cursor stays where it puts it */

#endif
