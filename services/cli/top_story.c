/* top_story.c - a contact's story as lines that the screen has room for.
 *
 * Hears: the text, the width. Says: its lines; what is longer goes on in the next one, farther right. Widths are those
 * of the terminal's characters; a word that is longer than a line is divided.
 */
#include "top_screen.h"

#include "xmalloc.h"

#include <string.h>
#include <wchar.h>

enum { INDENT = 10, WIDTH_MIN = 2 * INDENT };

/* How many bytes of the line fit; they end behind a space where there is one. */
static size_t fits (const char *line, size_t length, size_t columns)
{
    mbstate_t state = {0};
    size_t used = 0, space = 0, width = 0;
    while (used < length) {
        wchar_t c;
        size_t size = mbrtowc (&c, line + used, length - used, &state);
        bool broken = size == 0 || size > length - used;
        int takes = broken ? 1 : wcwidth (c);
        if (broken)
            state = (mbstate_t){0};
        width += takes < 0 ? 1 : (size_t)takes;
        if (width > columns)
            return space ? space : used;
        used += broken ? 1 : size;
        if (line[used - 1] == ' ' && used > INDENT)
            space = used;
    }
    return used;
}

static void add (top_view_t *view, size_t *room, size_t indent, const char *text, size_t length)
{
    if (view->lines_n == *room) {
        *room = *room * 2 + 64;
        view->lines = xrealloc (view->lines, *room * sizeof *view->lines);
    }
    char *line = xcalloc (indent + length + 1, 1);
    memset (line, ' ', indent);
    memcpy (line + indent, text, length);
    view->lines[view->lines_n++] = line;
}

void top_story_drop (top_view_t *view)
{
    for (size_t i = 0; i < view->lines_n; i++)
        free (view->lines[i]);
    free (view->lines);
    view->lines = NULL;
    view->lines_n = view->line = 0;
}

void top_story_keep (top_view_t *view, const char *text, size_t columns)
{
    size_t room = 0;
    columns = columns < WIDTH_MIN ? WIDTH_MIN : columns;
    top_story_drop (view);
    while (*text) {
        size_t length = strcspn (text, "\n"), n = fits (text, length, columns);
        add (view, &room, 0, text, n);
        for (size_t at = n; at < length; at += n) {
            n = fits (text + at, length - at, columns - INDENT);
            add (view, &room, INDENT, text + at, n);
        }
        text += length + (text[length] == '\n');
    }
}
