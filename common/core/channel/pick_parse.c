/* pick_parse.c - the text of a template into parts and paths. Done once, when a policy is read. */
#include "pick.h"

#include <stdio.h>
#include <string.h>

typedef struct cursor {
    struct policy_arena *arena;
    const char *at;
    char *why;
    int depth; /* of paths in each other */
} cursor_t;

enum { DEPTH_MAX = 2, PARTS_MAX = 32 };

static bool no (cursor_t *self, const char *what)
{
    snprintf (self->why, DETAIL_SIZE, "%s at '%.40s'", what, self->at);
    return false;
}

static bool parse_path (cursor_t *self, pick_path_t *path, const char *ends);

/* 'a.b', or plain up to one of the stops. */
static bool parse_word (cursor_t *self, const char *stops, const char **word)
{
    bool quoted = *self->at == '\'';
    const char *begin = self->at + quoted;
    size_t length = quoted ? strcspn (begin, "'") : strcspn (begin, stops);
    if (length == 0 || (quoted && begin[length] != '\''))
        return no (self, quoted ? "a quote that does not end" : "a word is missing");
    *word = arena_copy (self->arena, begin, length);
    self->at = begin + length + quoted;
    return true;
}

/* "[Name=Message-ID]", "[wa_id={from}]" */
static bool parse_find (cursor_t *self, pick_step_t *step)
{
    self->at++;
    step->find = true;
    if (!parse_word (self, "=].[{}|", &step->key))
        return false;
    if (*self->at != '=')
        return no (self, "'=' is missing");
    self->at++;
    if (*self->at == '{') {
        pick_path_t *same = arena_alloc (self->arena, sizeof *same);
        self->at++;
        if (!parse_path (self, same, "}"))
            return false;
        self->at++;
        step->same = same;
    } else if (!parse_word (self, "]{}|", &step->is)) {
        return false;
    }
    if (*self->at != ']')
        return no (self, "']' is missing");
    self->at++;
    return true;
}

static bool parse_steps (cursor_t *self, pick_path_t *path, const char *ends)
{
    pick_step_t *steps = arena_alloc (self->arena, PICK_STEPS_MAX * sizeof *steps);
    path->steps = steps;
    if (*self->at == '.' && (strchr (ends, self->at[1]) || self->at[1] == '|')) {
        self->at++; /* the item itself */
        return true;
    }
    while (*self->at && !strchr (ends, *self->at) && *self->at != '|') {
        if (path->steps_n == PICK_STEPS_MAX)
            return no (self, "a path of more than 16 steps");
        pick_step_t *step = &steps[path->steps_n++];
        if (!(*self->at == '[' ? parse_find (self, step) : parse_word (self, ".[]{}|", &step->key)))
            return false;
        if (*self->at == '.')
            self->at++;
        else if (*self->at == ']' || *self->at == '{')
            return no (self, "a bracket that nobody opened");
    }
    return true;
}

static void say_filters (const char *name, char why[DETAIL_SIZE])
{
    size_t size = (size_t)snprintf (why, DETAIL_SIZE, "'|%.40s': there is no such filter; there are", name);
    for (const pick_filter_row_t *row = pick_filters; row->name && size < DETAIL_SIZE; row++)
        size += (size_t)snprintf (why + size, DETAIL_SIZE - size, " %s", row->name);
}

static bool parse_filters (cursor_t *self, pick_path_t *path, const char *ends)
{
    while (*self->at == '|') {
        const char *name;
        const pick_filter_row_t *row = pick_filters;
        self->at++;
        if (!parse_word (self, "|}:", &name))
            return false;
        while (row->name && strcmp (row->name, name) != 0)
            row++;
        bool worded = *self->at == ':';
        if (!row->name) {
            say_filters (name, self->why);
            return false;
        }
        if (path->filters_n == PICK_FILTERS_MAX || worded != row->word) {
            snprintf (self->why, DETAIL_SIZE, "'|%.40s': %s", name,
                      path->filters_n == PICK_FILTERS_MAX ? "more than 4 filters"
                      : row->word                         ? "it needs a word behind a colon"
                                                          : "it takes no word");
            return false;
        }
        pick_filter_t *filter = &path->filters[path->filters_n++];
        *filter = (pick_filter_t){row, ""};
        if (worded) {
            self->at++;
            if (!parse_word (self, "|}", &filter->word))
                return false;
        }
    }
    return *self->at && strchr (ends, *self->at) ? true : no (self, "'}' is missing");
}

/* "@header.X-Name": all up to the end, dots too. */
static bool parse_of_request (cursor_t *self, pick_path_t *path, const char *ends)
{
    static const struct {
        const char *word;
        enum pick_from from;
        bool named;
    } rows[] = {{"header.", PICK_HEADER, true},
                {"query.", PICK_QUERY, true},
                {"set.", PICK_SETTING, true},
                {"body", PICK_BODY},
                {"url", PICK_URL},
                {"params", PICK_PARAMS},
                {"timestamp", PICK_TIMESTAMP}};
    self->at++;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = strlen (rows[i].word);
        if (strncmp (self->at, rows[i].word, length) != 0)
            continue;
        path->from = rows[i].from;
        self->at += length;
        if (rows[i].named && !parse_word (self, "|}", &path->name))
            return false;
        return parse_filters (self, path, ends);
    }
    return no (self, "@header.NAME, @query.NAME, @set.NAME, @body, @url, @params or @timestamp is expected");
}

static bool parse_path (cursor_t *self, pick_path_t *path, const char *ends)
{
    if (++self->depth > DEPTH_MAX)
        return no (self, "paths too deep in each other");
    self->depth -= 1;
    if (*self->at == '@')
        return parse_of_request (self, path, ends);
    if (*self->at == '/') {
        path->from = PICK_ROOT;
        self->at++;
    }
    while (strncmp (self->at, "../", 3) == 0) {
        path->from = PICK_UP;
        path->up++;
        self->at += 3;
    }
    self->depth++;
    bool fine = parse_steps (self, path, ends) && parse_filters (self, path, ends);
    self->depth--;
    return fine;
}

/* Words up to the next path; "{{" is a brace. */
static const char *parse_plain (cursor_t *self)
{
    GString *text = g_string_new (NULL);
    while (*self->at && (*self->at != '{' || self->at[1] == '{')) {
        self->at += *self->at == '{';
        g_string_append_c (text, *self->at++);
    }
    const char *copy = arena_copy (self->arena, text->str, text->len);
    g_string_free (text, TRUE);
    return copy;
}

bool pick_parse (struct policy_arena *arena, const char *text, pick_t *pick, char why[DETAIL_SIZE])
{
    cursor_t self = {.arena = arena, .at = text, .why = why};
    pick_part_t *parts = arena_alloc (arena, PARTS_MAX * sizeof *parts);
    *pick = (pick_t){.source = arena_copy (arena, text, strlen (text)), .parts = parts};
    while (*self.at) {
        if (pick->parts_n == PARTS_MAX)
            return no (&self, "more than 32 parts");
        pick_part_t *part = &parts[pick->parts_n++];
        if (*self.at != '{' || self.at[1] == '{') {
            part->text = parse_plain (&self);
            continue;
        }
        self.at++;
        if (*self.at == '}')
            return no (&self, "a path is missing");
        if (!parse_path (&self, &part->path, "}"))
            return false;
        self.at++;
    }
    return true;
}

bool pick_path_parse (struct policy_arena *arena, const char *text, pick_path_t *path, char why[DETAIL_SIZE])
{
    pick_t pick;
    char braced[PICK_TEXT_MAX + 3];
    snprintf (braced, sizeof braced, "{%s}", text);
    if (strlen (text) > PICK_TEXT_MAX || !pick_parse (arena, braced, &pick, why))
        return false;
    if (pick.parts_n != 1 || pick.parts[0].text || pick.parts[0].path.filters_n ||
        pick.parts[0].path.from > PICK_ROOT) {
        snprintf (why, DETAIL_SIZE, "a path like entry.changes.value.messages is expected, without braces");
        return false;
    }
    *path = pick.parts[0].path;
    return true;
}

bool pick_needs_payload (const pick_t *pick)
{
    for (size_t i = 0; i < pick->parts_n; i++) {
        const pick_part_t *part = &pick->parts[i];
        if (!part->text && (part->path.from <= PICK_ROOT || part->path.from == PICK_PARAMS))
            return true;
    }
    return false;
}
