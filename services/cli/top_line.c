/* top_line.c - a line that somebody writes.
 *
 * Hears: bytes, edits. Says: the text; the part of it that has room, with the cursor in it.
 * The cursor moves by what is seen as one character: marks that take no column stay with the one before them.
 * Limits: TOP_LINE_MAX bytes; what is more is left out, and `full` says so. */
#include "top_line.h"

#include "wire.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { ASCII_END = 0x80, LEAD_TWO = 0xc0, LEAD_THREE = 0xe0, LEAD_FOUR = 0xf0, DELETE_BYTE = 0x7f, C1_LEAD = 0xc2 };

static const char line_end[] = "↵";

/* ---- characters */

static bool is_inside (char byte)
{
    return ((unsigned char)byte & LEAD_TWO) == ASCII_END;
}

static size_t length_of (unsigned char lead)
{
    return lead < ASCII_END ? 1 : lead < LEAD_THREE ? 2 : lead < LEAD_FOUR ? 3 : 4;
}

static wchar_t character (const char *at)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t n = length_of ((unsigned char)*at);
    uint32_t c = (unsigned char)*at & masks[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)at[i] & 0x3f);
    return (wchar_t)c;
}

static size_t width_of (const char *at)
{
    int width = wcwidth (character (at));
    return width < 0 ? 1 : (size_t)width; /* a line end: its arrow */
}

static size_t after (const top_line_t *self, size_t at)
{
    do
        at += at < self->size ? length_of ((unsigned char)self->text[at]) : 0;
    while (at < self->size && width_of (self->text + at) == 0);
    return at;
}

static size_t before (const top_line_t *self, size_t at)
{
    while (at > 0) {
        at--;
        if (!is_inside (self->text[at]) && width_of (self->text + at) > 0)
            break;
    }
    return at;
}

static size_t before_word (const top_line_t *self, size_t at)
{
    while (at > 0 && strchr (" \n", self->text[at - 1]))
        at--;
    while (at > 0 && !strchr (" \n", self->text[at - 1]))
        at--;
    return at;
}

/* ---- what changes it */

static void cut (top_line_t *self, size_t from, size_t to)
{
    memmove (self->text + from, self->text + to, self->size - to + 1);
    self->size -= to - from;
    self->at = from;
    self->full = false;
}

static void insert (top_line_t *self, const char *bytes, size_t n)
{
    if (self->size + n > TOP_LINE_MAX) {
        self->full = true;
        return;
    }
    memmove (self->text + self->at + n, self->text + self->at, self->size - self->at + 1);
    memcpy (self->text + self->at, bytes, n);
    self->size += n;
    self->at += n;
}

void top_line_set (top_line_t *self, const char *text)
{
    self->size = self->at = self->part_n = 0;
    self->text[0] = '\0';
    self->full = false;
    for (; *text; text++)
        top_line_byte (self, (unsigned char)*text);
}

/* A character that is whole. */
static void take (top_line_t *self)
{
    bool command = self->part_n == 1 ? (unsigned char)*self->part < ' ' || *self->part == DELETE_BYTE
                                     : (unsigned char)*self->part == C1_LEAD && (unsigned char)self->part[1] < 0xa0;
    if (utf8_valid (self->part, self->part_n) && (!command || *self->part == '\n'))
        insert (self, self->part, self->part_n);
    self->part_n = 0;
}

void top_line_byte (top_line_t *self, unsigned char byte)
{
    bool inside = is_inside ((char)byte);
    if (inside && !self->part_n)
        return;
    if (!inside)
        self->part_n = 0; /* what came before was cut off */
    self->part[self->part_n++] = byte == '\t' ? ' ' : (char)byte;
    if (self->part_n == length_of ((unsigned char)*self->part))
        take (self);
}

void top_line_edit (top_line_t *self, top_edit_t edit)
{
    const size_t here = self->at;
    switch (edit) {
    case EDIT_LEFT:
        self->at = before (self, here);
        break;
    case EDIT_RIGHT:
        self->at = after (self, here);
        break;
    case EDIT_BEGIN:
        self->at = 0;
        break;
    case EDIT_END:
        self->at = self->size;
        break;
    case EDIT_RUB_OUT:
        cut (self, before (self, here), here);
        break;
    case EDIT_DELETE:
        cut (self, here, after (self, here));
        break;
    case EDIT_CUT_WORD:
        cut (self, before_word (self, here), here);
        break;
    case EDIT_CUT_BEFORE:
        cut (self, 0, here);
        break;
    case EDIT_CUT_AFTER:
        cut (self, here, self->size);
        break;
    }
}

/* ---- what is seen of it */

/* Back from the cursor as far as there is room; some is kept for what follows, that one sees where one is. */
static size_t first_shown (const top_line_t *self, size_t columns, size_t *width)
{
    size_t from = self->at, room = columns - (self->at < self->size ? columns / 4 : 0);
    *width = 0;
    while (from > 0) {
        size_t back = before (self, from), takes = width_of (self->text + back);
        if (*width + takes >= room)
            break;
        *width += takes;
        from = back;
    }
    return from;
}

void top_line_show (const top_line_t *self, size_t columns, top_line_part_t *part)
{
    size_t used = 0, width = 0, from = first_shown (self, columns, &part->cursor);
    part->cut = from > 0;
    for (size_t at = from; at < self->size;) {
        size_t n = length_of ((unsigned char)self->text[at]);
        const char *bytes = self->text[at] == '\n' ? line_end : self->text + at;
        size_t size = self->text[at] == '\n' ? sizeof line_end - 1 : n;
        width += width_of (self->text + at);
        if (width > columns || used + size >= sizeof part->text)
            break;
        memcpy (part->text + used, bytes, size);
        used += size;
        at += n;
    }
    part->text[used] = '\0';
}

/* ---- its first word */

const char *top_line_rest (const top_line_t *self, char *word, size_t word_size)
{
    size_t length = strcspn (self->text, " \n");
    snprintf (word, word_size, "%.*s", (int)length, self->text);
    return self->text + length + strspn (self->text + length, " \n");
}

static size_t agree (const char *a, const char *b, size_t most)
{
    size_t n = 0;
    while (n < most && a[n] == b[n])
        n++;
    return n;
}

void top_line_complete (top_line_t *self, const char *const *names, size_t n, char *said, size_t said_size)
{
    const size_t length = strcspn (self->text, " \n");
    const char *first = NULL;
    size_t fit = 0, common = 0, used = 0;
    said[0] = '\0';
    if (self->at > length)
        return;
    for (size_t i = 0; i < n; i++) {
        if (strncmp (names[i], self->text, length) != 0)
            continue;
        common = first ? agree (first, names[i], common) : strlen (names[i]);
        first = first ? first : names[i];
        if (used < said_size)
            used += (size_t)snprintf (said + used, said_size - used, "%s%s", fit ? "  " : "", names[i]);
        fit++;
    }
    while (first && common > length && is_inside (first[common]))
        common--;
    self->at = length;
    if (fit)
        insert (self, first + length, common - length);
    if (fit == 1)
        said[0] = '\0';
    if (fit == 1 && self->text[self->at] != ' ')
        insert (self, " ", 1);
}
