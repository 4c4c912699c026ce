/* policy_tree_words.c - what libfyaml finds wrong in a text, in words that say what to do.
 *
 * Hears: its message, and the place in the text. Says: an error. A table: the first row counts whose message begins as it
 * does and whose look at the line is true.
 * Limits: a message that no row knows is shown as it is. Brackets within quotes count as brackets. */
#include "policy_tree_words.h"
#include "policy_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct place {
    const char *text, *last; /* all of it, and behind it */
    const char *line, *end;  /* the line, without its end */
    const char *at;          /* in it */
    int number;              /* of the line, from 1 */
} place_t;

typedef bool (look_fn) (const place_t *self);
typedef void (go_fn) (place_t *self);
typedef void (add_fn) (const place_t *self, char words[DETAIL_SIZE]);

/* ---- lines */

static const char *line_end (const char *line, const char *end)
{
    const char *newline = memchr (line, '\n', (size_t)(end - line));
    return newline ? newline : end;
}

static const char *line_above (const char *text, const char *line)
{
    for (line--; line > text && line[-1] != '\n';)
        line--;
    return line;
}

static const char *skip (const char *at, const char *end, char c)
{
    while (at < end && *at == c)
        at++;
    return at;
}

static bool is_blank (const char *line, const char *end)
{
    const char *at = skip (line, end, ' ');
    return at == end || *at == '\r' || *at == '#';
}

static place_t place_of (const char *text, size_t length, int line, int column)
{
    place_t self = {.text = text, .last = text + length, .line = text, .number = 1};
    for (const char *end; self.number < line && (end = line_end (self.line, self.last)) != self.last; self.number++)
        self.line = end + 1;
    self.end = line_end (self.line, self.last);
    self.at = column - 1 < self.end - self.line ? self.line + column - 1 : self.end;
    return self;
}

/* ---- looks at the line */

static bool is_tabbed (const place_t *self)
{
    const char *at = skip (self->line, self->end, ' ');
    return at < self->end && *at == '\t';
}

/* Is it the beginning of the line that is wrong? */
static bool begins_line (const place_t *self)
{
    return self->at < self->end && skip (self->line, self->at, ' ') == self->at;
}

static bool is_item (const place_t *self)
{
    const char *at = skip (self->line, self->end, ' ');
    return at + 1 < self->end && at[0] == '-' && at[1] == ' ';
}

/* "-ada" */
static bool lacks_space_of_item (const place_t *self)
{
    const char *at = skip (self->line, self->end, ' ');
    return at < self->end && *at == '-' && !is_item (self);
}

/* "lead:ada" */
static bool lacks_space (const place_t *self)
{
    const char *at = skip (self->line, self->end, ' ');
    while (at < self->end && *at != ':' && *at != ' ')
        at++;
    return at + 1 < self->end && at[0] == ':' && !strchr (" \r", at[1]);
}

static bool is_within_line (const place_t *self)
{
    return !begins_line (self);
}

static bool is_behind_all (const place_t *self)
{
    return self->line == self->last;
}

/* ---- what only the lines above tell */

static void __attribute__ ((format (printf, 2, 3))) add (char words[DETAIL_SIZE], const char *format, ...)
{
    size_t used = strlen (words);
    va_list args;
    va_start (args, format);
    vsnprintf (words + used, DETAIL_SIZE - used, format, args);
    va_end (args);
}

/* Where the lines above begin that this one could go on with: outer ones first. */
static size_t levels_above (const place_t *self, size_t levels[TREE_DEPTH_MAX])
{
    size_t n = 0, least = SIZE_MAX, found[TREE_DEPTH_MAX];
    for (const char *line = self->line; least && line > self->text && n < TREE_DEPTH_MAX;) {
        const char *end = line - 1;
        line = line_above (self->text, line);
        size_t indent = (size_t)(skip (line, end, ' ') - line);
        if (strncmp (line, "---", 3) == 0)
            break;
        if (is_blank (line, end) || indent >= least)
            continue;
        least = found[n++] = indent;
    }
    for (size_t i = 0; i < n; i++)
        levels[i] = found[n - 1 - i];
    return n;
}

/* ": this line is indented by 3 spaces; those above by 0, 2 or 4" */
static void add_indents (const place_t *self, char words[DETAIL_SIZE])
{
    size_t levels[TREE_DEPTH_MAX], n = levels_above (self, levels);
    size_t indent = (size_t)(skip (self->line, self->end, ' ') - self->line);
    if (n)
        add (words, ": this line is indented by %zu space%s; those above by", indent, indent == 1 ? "" : "s");
    for (size_t i = 0; i < n; i++)
        add (words, i == 0 ? " %zu" : i == n - 1 ? " or %zu" : ", %zu", levels[i]);
}

/* The bracket that is open there; NULL: none. */
static const char *opened (const place_t *self)
{
    size_t closed = 0;
    for (const char *at = self->at; at > self->text; at--) {
        if (strchr ("]}", at[-1]))
            closed++;
        else if (strchr ("[{", at[-1]) && closed-- == 0)
            return at - 1;
    }
    return NULL;
}

/* ": the '[' of 2 lines above" */
static void add_opened (const place_t *self, char words[DETAIL_SIZE])
{
    const char *bracket = opened (self);
    size_t lines = 0;
    for (const char *at = bracket; at && at < self->line; at++)
        lines += *at == '\n';
    if (bracket && lines == 0)
        add (words, ": the '%c' of this line", *bracket);
    else if (bracket)
        add (words, lines == 1 ? ": the '%c' of the line above" : ": the '%c' of %zu lines above", *bracket, lines);
}

/* ---- what is meant is elsewhere */

/* The next line that says something; the same one when there is none. */
static void go_below (place_t *self)
{
    place_t below = *self;
    do {
        if (below.end == self->last)
            return;
        below.line = below.end + 1;
        below.end = line_end (below.line, self->last);
        below.number++;
    } while (is_blank (below.line, below.end));
    below.at = skip (below.line, below.end, ' ');
    *self = below;
}

static void go_to_opened (place_t *self)
{
    const char *bracket = opened (self);
    while (bracket && bracket < self->line) {
        self->end = self->line - 1;
        self->line = line_above (self->text, self->line);
        self->number--;
    }
    self->at = bracket ? bracket : self->at;
}

static bool is_tabbed_below (const place_t *self)
{
    place_t below = *self;
    go_below (&below);
    return !begins_line (self) && is_tabbed (&below);
}

/* ---- the table */

#define NO_TABS    "spaces: YAML does not allow tabs for indentation"
#define KEY        "a key, a colon, a space, its value, as in 'name: value'; in a list: a '-' and a space first"
#define ITEM       "a '-', a space, the value; or quotes around a text that begins with '-'"
#define SAME_BEGIN "the same indentation, by spaces, for all keys of one map and all '-' of one list"
#define CLOSED     "a ']' for each '[', a '}' for each '{', a comma between values; quotes around a text with such signs"

static const struct {
    const char *message; /* of libfyaml, its beginning */
    look_fn *look;       /* NULL: any line */
    const char *what;
    add_fn *add; /* more of it; NULL: nothing */
    const char *expected;
    go_fn *go; /* to what is meant; NULL: it is here */
} rows[] = {
    {"", is_tabbed, "a tab where a line begins", NULL, NO_TABS, NULL},
    {"tab character", NULL, "a tab where a line begins", NULL, NO_TABS, NULL},
    {"invalid tab", NULL, "a tab where a line begins", NULL, NO_TABS, NULL},
    /* indentation */
    {"invalid indentation in mapping", NULL, "wrong indentation", add_indents, SAME_BEGIN, NULL},
    {"wrong inden", NULL, "wrong indentation", add_indents, SAME_BEGIN, NULL},
    {"invalid mapping in plain multiline", NULL, "wrong indentation", add_indents, SAME_BEGIN, NULL},
    {"invalid multiline plain key", is_tabbed_below, "a tab where a line begins", NULL, NO_TABS, go_below},
    {"invalid multiline plain key", is_within_line, "wrong indentation", add_indents,
     SAME_BEGIN "; or quotes around a text that goes on in this line", go_below},
    {"did not find expected key", is_item, "a '- ' where a key belongs", add_indents,
     "each '- ' of a list below the one above it", NULL},
    /* a colon, a '-', or the space behind it */
    {"could not find expected ':'", lacks_space_of_item, "no space behind the '-'", NULL, ITEM, NULL},
    {"invalid scalar at the end", lacks_space_of_item, "no space behind the '-'", NULL, ITEM, NULL},
    {"invalid scalar at the end", NULL, "neither a '- ' nor the end of the list above", NULL,
     "a '- ' if the list goes on; else the indentation of the key that the list belongs to", NULL},
    {"could not find expected ':'", lacks_space, "no space behind the colon", NULL, KEY, NULL},
    {"could not find expected ':'", NULL, "no colon", NULL, KEY, NULL},
    {"invalid multiline plain key", lacks_space, "no space behind the colon", NULL, KEY, NULL},
    {"invalid multiline plain key", NULL, "no colon", NULL, KEY, NULL},
    {"invalid value after mapping", is_within_line, "text behind a closing bracket", NULL,
     "nothing behind it; or quotes around the whole text", NULL},
    {"invalid value after mapping", lacks_space, "no space behind the colon", NULL, KEY, NULL},
    {"invalid value after mapping", NULL, "no colon", NULL, KEY, NULL},
    /* quotes */
    {"wrongly indented double-quoted", NULL, "a quote that is not closed", NULL, "a second \" behind the text", NULL},
    {"double-quoted scalar without", NULL, "a quote that is not closed", NULL, "a second \" behind the text", NULL},
    {"wrongly indented single-quoted", NULL, "a quote that is not closed", NULL, "a second ' behind the text", NULL},
    {"single-quoted scalar without", NULL, "a quote that is not closed", NULL, "a second ' behind the text", NULL},
    {"invalid trailing content after single-quoted", NULL, "text behind the closing quote", NULL,
     "nothing behind it; a ' within '...' is written ''", NULL},
    {"invalid trailing content after double-quoted", NULL, "text behind the closing quote", NULL,
     "nothing behind it; a \" within \"...\" is written \\\"", NULL},
    {"invalid escape", NULL, "a \\ that means nothing before this letter", NULL,
     "'...' instead of \"...\", where each \\ is itself; or \\\\", NULL},
    {"invalid comment without whitespace", NULL, "no space before the '#'", NULL,
     "a space before a comment; quotes around a text with a '#'", NULL},
    /* brackets */
    {"missing comma", is_behind_all, "a bracket that is not closed", NULL, CLOSED, go_to_opened},
    {"missing comma", NULL, "no comma, or a bracket that is not closed", add_opened, CLOSED, NULL},
    {"flow sequence without a closing", NULL, "a bracket that is not closed", NULL, CLOSED, go_to_opened},
    {"flow mapping without a closing", NULL, "a bracket that is not closed", NULL, CLOSED, go_to_opened},
    {"wrongly indented flow", NULL, "a bracket that is not closed, or a line within it that is not indented",
     add_opened, CLOSED "; between them lines indented more than the key", NULL},
    {"mismatched flow", NULL, "a closing bracket of the other kind", add_opened, CLOSED, NULL},
    {"flow sequence with invalid extra closing", NULL, "a closing bracket without an opening one", NULL, CLOSED, NULL},
    {"flow mapping with invalid extra closing", NULL, "a closing bracket without an opening one", NULL, CLOSED, NULL},
    {"flow sequence with invalid", NULL, "a comma too many", NULL, "one comma between any two values", NULL},
    {"did not find expected node content", NULL, "no value between brackets and commas", add_opened, CLOSED, NULL},
    /* signs that mean something */
    {"plain scalar cannot start", NULL, "a text can't begin with this sign", NULL, "quotes around it", NULL},
    {"invalid anchor", NULL, "a text can't begin with '&'", NULL, "quotes around it", NULL},
    {"invalid alias", NULL, "a text can't begin with '*'", NULL, "quotes around it", NULL},
    {"invalid nested block mapping", NULL, "a second colon with a space behind it", NULL,
     "quotes around a text with ': ' in it; or the second key in a line of its own, indented more", NULL},
    {"block sequence on the same line", NULL, "a '- ' behind a key", NULL,
     "each '- ' of a list in a line of its own, below the key; quotes around a text that begins so", NULL},
    {"block scalar no linebreak", NULL, "text behind the '|' or '>'", NULL,
     "the text in the lines below, indented; or quotes around one that begins so", NULL},
    {"Unsupported directive", NULL, "a line that begins with '%'", NULL, "'#' where a comment begins", NULL},
    {"", NULL, NULL, NULL, "YAML; look at quotes and colons, and at the indentation of this line and the one above",
     NULL},
};

void tree_syntax_error (policy_errors_t *errors, const char *text, size_t length, int line, int column,
                        const char *message)
{
    place_t place = place_of (text, length, line, column);
    size_t i = 0;
    while (strncmp (rows[i].message, message, strlen (rows[i].message)) != 0 ||
           (rows[i].look && !rows[i].look (&place)))
        i++;
    if (rows[i].go)
        rows[i].go (&place);
    char words[DETAIL_SIZE];
    snprintf (words, sizeof words, "%s", rows[i].what ? rows[i].what : message);
    if (rows[i].add)
        rows[i].add (&place, words);
    tree_error (errors, place.number, (int)(place.at - place.line) + 1, rows[i].expected, "%s", words);
}
