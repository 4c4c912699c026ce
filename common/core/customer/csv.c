/* csv.c - rows of comma-separated values, one state a byte.
 *
 * Hears: a text. Says: cells, unquoted, each ended by a zero; or what is wrong, and in which line. */
#include "csv.h"

#include "xmalloc.h"

#include <stdbool.h>

typedef enum state {
    STATE_BEGIN,  /* of a cell */
    STATE_BARE,   /* in one without quotes */
    STATE_QUOTED, /* in one with quotes */
    STATE_CLOSED, /* behind a '"' in it: its end, or the first of two */
} state_t;

struct csv {
    const char *begin, *at, *end;
    size_t line, began; /* where we are; where the row began */
    state_t state;
    char divider;
    size_t cells[CSV_CELLS_MAX]; /* offsets into text */
    size_t cells_n, used;
    char text[CSV_ROW_MAX];
};

/* ';' where the first row has one and no ',', both outside of quotes. */
static char divider_of (const char *at, const char *end)
{
    bool quoted = false, semicolon = false;
    while (at < end && (*at == '\n' || *at == '\r'))
        at++;
    for (; at < end && (quoted || (*at != '\n' && *at != ',')); at++) {
        quoted ^= *at == '"';
        semicolon |= !quoted && *at == ';';
    }
    return semicolon && (at == end || *at != ',') ? ';' : ',';
}

csv_t *csv_new (const char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    csv_t *self = xcalloc (1, sizeof *self);
    self->begin = self->at = text;
    self->end = text + size;
    self->line = 1;
    if (size >= sizeof mark - 1 && memcmp (text, mark, sizeof mark - 1) == 0)
        self->at += sizeof mark - 1;
    self->divider = divider_of (self->at, self->end);
    return self;
}

void csv_destroy (csv_t **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

size_t csv_line (const csv_t *self)
{
    return self->began;
}

size_t csv_cells (const csv_t *self)
{
    return self->cells_n;
}

const char *csv_cell (const csv_t *self, size_t index)
{
    return self->text + self->cells[index];
}

char *csv_cell_edit (csv_t *self, size_t index)
{
    return self->text + self->cells[index];
}

size_t csv_read (const csv_t *self)
{
    return (size_t)(self->at - self->begin);
}

const char *csv_words (csv_outcome_t outcome)
{
    static const char *const words[] = {
        [CSV_ROW] = "",
        [CSV_END] = "",
        [CSV_STRAY_QUOTE] = "a '\"' where none can be",
        [CSV_OPEN_QUOTE] = "a '\"' that is never closed",
        [CSV_NUL] = "a byte 0: this is no text",
        [CSV_TOO_LONG] = "a row that is too long",
    };
    return words[outcome];
}

/* ---- cells */

static void begin_cell (csv_t *self)
{
    self->cells[self->cells_n++] = self->used;
    self->state = STATE_BEGIN;
}

static void end_cell (csv_t *self)
{
    self->text[self->used++] = '\0';
}

static bool put (csv_t *self, char c)
{
    if (self->used + 2 > CSV_ROW_MAX) /* its zero, too */
        return false;
    self->text[self->used++] = c;
    return true;
}

/* ---- rows */

static bool is_line_end (const csv_t *self)
{
    return *self->at == '\n' || (*self->at == '\r' && self->end - self->at > 1 && self->at[1] == '\n');
}

static void pass_line_end (csv_t *self)
{
    self->at += *self->at == '\r' ? 2 : 1;
    self->line++;
}

/* So that one bad row is one error. */
static csv_outcome_t fail (csv_t *self, csv_outcome_t outcome)
{
    self->began = outcome == CSV_OPEN_QUOTE ? self->began : self->line;
    self->cells_n = 0;
    while (self->at < self->end && *self->at != '\n')
        self->at++;
    if (self->at < self->end)
        pass_line_end (self);
    return outcome;
}

/* Within quotes all but '"' and 0 is text. */
static csv_outcome_t take_quoted (csv_t *self)
{
    char c = *self->at++;
    if (c == '"')
        self->state = STATE_CLOSED;
    else if (!put (self, c))
        return CSV_TOO_LONG;
    self->line += c == '\n';
    return CSV_ROW;
}

static csv_outcome_t take_bare (csv_t *self)
{
    char c = *self->at++;
    bool quote = c == '"';
    if (quote && self->state == STATE_BARE)
        return CSV_STRAY_QUOTE;
    if (!quote && self->state == STATE_CLOSED)
        return CSV_STRAY_QUOTE;
    if (quote && self->state == STATE_BEGIN) {
        self->state = STATE_QUOTED;
        return CSV_ROW;
    }
    self->state = quote ? STATE_QUOTED : STATE_BARE; /* the second of two, or a plain byte */
    return put (self, c) ? CSV_ROW : CSV_TOO_LONG;
}

/* One byte, or what divides cells. CSV_ROW: it goes on. */
static csv_outcome_t take (csv_t *self)
{
    if (*self->at == '\0')
        return CSV_NUL;
    if (self->state == STATE_QUOTED)
        return take_quoted (self);
    if (*self->at != self->divider)
        return take_bare (self);
    self->at++;
    if (self->cells_n == CSV_CELLS_MAX || self->used + 2 > CSV_ROW_MAX)
        return CSV_TOO_LONG;
    end_cell (self);
    begin_cell (self);
    return CSV_ROW;
}

csv_outcome_t csv_next (csv_t *self)
{
    while (self->at < self->end && is_line_end (self))
        pass_line_end (self);
    self->began = self->line;
    self->cells_n = self->used = 0;
    if (self->at == self->end)
        return CSV_END;
    begin_cell (self);
    while (self->at < self->end && (self->state == STATE_QUOTED || !is_line_end (self))) {
        csv_outcome_t outcome = take (self);
        if (outcome != CSV_ROW)
            return fail (self, outcome);
    }
    if (self->state == STATE_QUOTED)
        return fail (self, CSV_OPEN_QUOTE);
    end_cell (self);
    if (self->at < self->end)
        pass_line_end (self);
    return CSV_ROW;
}
