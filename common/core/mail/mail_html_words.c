/* mail_html_words.c - words of a page, and what stands between them: lines, spaces, marks of quotation. */
#include "mail_html_private.h"

#include <string.h>

enum { QUOTE_DEPTH_SHOWN = 9 };

void html_owe (page_t *self, int breaks)
{
    if (self->breaks < breaks)
        self->breaks = breaks;
}

void html_break (page_t *self)
{
    self->breaks += self->breaks < HTML_BREAKS_MAX;
}

bool html_line_start (const page_t *self)
{
    return self->out->len == self->start || self->out->str[self->out->len - 1] == '\n';
}

/* What is owed comes out before a word: line ends, the quotation's prefix, a cell's border, a space. */
void html_settle (page_t *self)
{
    if (self->out->len > self->start) {
        int have = html_line_start (self) ? 1 : 0;
        for (int i = have; i < self->breaks; i++)
            g_string_append_c (self->out, '\n');
    }
    if (html_line_start (self)) {
        if (self->marks)
            g_string_append_c (self->out, MARK_QUOTE);
        for (int i = 0; i < self->quotes && i < QUOTE_DEPTH_SHOWN; i++)
            g_string_append (self->out, i + 1 == self->quotes || i + 1 == QUOTE_DEPTH_SHOWN ? "> " : ">");
    } else if (self->cell)
        g_string_append (self->out, " | ");
    else if (self->space)
        g_string_append_c (self->out, ' ');
    self->breaks = 0;
    self->space = self->cell = self->lone = false;
}

/* How many bytes of white space stand here; a no-break space is one, too. */
static size_t blank (const char *at, size_t n)
{
    if (n >= 2 && memcmp (at, "\xC2\xA0", 2) == 0)
        return 2;
    return *at == ' ' || *at == '\t' || *at == '\n' || *at == '\r' || *at == '\f' ? 1 : 0;
}

static void white (page_t *self, char c)
{
    bool first = html_line_start (self) || self->breaks;
    if (self->pre && c == '\n')
        html_break (self);
    else if (self->pre && first) {
        html_settle (self); /* indentation */
        g_string_append_c (self->out, ' ');
    } else
        self->space |= !first;
}

void html_words (page_t *self, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t from = i, gap = blank (text + i, n - i);
        if (gap) {
            white (self, text[i]);
            self->lone |= gap == 2 && (html_line_start (self) || self->breaks);
            i += gap;
        } else if ((unsigned char)text[i] < ' ')
            i++;
        else {
            while (i < n && !blank (text + i, n - i) && (unsigned char)text[i] >= ' ')
                i++;
            html_settle (self);
            g_string_append_len (self->out, text + from, (gssize)(i - from));
        }
    }
    self->full |= self->out->len - self->start > self->limit;
}

void html_mark_rest (page_t *self)
{
    if (!html_line_start (self))
        g_string_append_c (self->out, '\n');
    g_string_append_c (self->out, MARK_REST);
    g_string_append_c (self->out, '\n');
    self->breaks = 0;
    self->space = self->cell = false;
}
