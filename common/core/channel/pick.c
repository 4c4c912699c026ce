/* pick.c - templates read in a payload.
 *
 * hears: templates and paths that were parsed once, a payload of unknown shape. says: the words that are there.
 *
 * Limits: JSON_VALUES_MAX values and JSON_DEPTH_MAX levels, counted before anything is parsed: a parser makes something
 * of each of them, and a megabyte of commas would hold up everybody. */
#include "pick.h"

#include "xmalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { JSON_VALUES_MAX = 20000, JSON_DEPTH_MAX = 40 };

/* ------------------------------------------------------------------ JSON */

static bool modest (const char *bytes, size_t size, char why[DETAIL_SIZE])
{
    size_t values = 0;
    int depth = 0, deepest = 0;
    for (const char *at = bytes, *end = bytes + size; at < end && values <= JSON_VALUES_MAX; at++) {
        values += *at == ',' || *at == '[' || *at == '{';
        depth += (*at == '[' || *at == '{') - (*at == ']' || *at == '}');
        deepest = depth > deepest ? depth : deepest;
        if (*at != '"')
            continue;
        for (at++; at < end && *at != '"'; at++)
            at += *at == '\\';
    }
    if (values > JSON_VALUES_MAX)
        snprintf (why, DETAIL_SIZE, "more than %d values", (int)JSON_VALUES_MAX);
    else if (deepest > JSON_DEPTH_MAX)
        snprintf (why, DETAIL_SIZE, "more than %d levels", (int)JSON_DEPTH_MAX);
    else
        return true;
    return false;
}

json_t *pick_json (const void *bytes, size_t size, char why[DETAIL_SIZE])
{
    json_error_t error;
    if (!modest (bytes, size, why))
        return NULL;
    json_t *value = json_loadb (bytes, size, JSON_DECODE_ANY, &error);
    if (!value)
        snprintf (why, DETAIL_SIZE, "line %d, column %d: %.160s", error.line, error.column, error.text);
    return value;
}

/* A string that holds JSON; read once. NULL: it holds none. */
static const json_t *nested (pick_scope_t *scope, const json_t *text)
{
    char why[DETAIL_SIZE];
    for (size_t i = 0; i < scope->nested_n; i++)
        if (scope->nested[i].from == text)
            return scope->nested[i].value;
    const char *begin = json_string_value (text);
    begin += strspn (begin, " \t\r\n");
    if (scope->nested_n == PICK_NESTED_MAX || (*begin != '{' && *begin != '['))
        return NULL;
    json_t *value = pick_json (begin, strlen (begin), why);
    scope->nested[scope->nested_n++] = (struct pick_nested){text, value};
    return value;
}

void pick_scope_clear (pick_scope_t *self)
{
    for (size_t i = 0; i < self->nested_n; i++)
        json_decref (self->nested[i].value);
    self->nested_n = 0;
}

/* ----------------------------------------------------------------- paths */

/* What has a text of its own: false for null, lists, objects, the empty text. */
static bool text_of (const json_t *value, GString *out)
{
    switch (value ? json_typeof (value) : JSON_NULL) {
    case JSON_STRING:
        g_string_append_len (out, json_string_value (value), (gssize)json_string_length (value));
        return json_string_length (value) > 0;
    case JSON_INTEGER:
        g_string_append_printf (out, "%" JSON_INTEGER_FORMAT, json_integer_value (value));
        return true;
    case JSON_REAL:
        if (fabs (json_real_value (value)) < 1e15)
            g_string_append_printf (out, "%.6f", json_real_value (value));
        else
            g_string_append_printf (out, "%.17g", json_real_value (value));
        return true;
    case JSON_TRUE:
        g_string_append (out, "true");
        return true;
    case JSON_FALSE:
        g_string_append (out, "false");
        return true;
    default:
        return false;
    }
}

/* Of a list by its number, "-1" from its end; else NULL. */
static const json_t *by_number (const json_t *list, const char *key)
{
    bool back = *key == '-';
    const char *digits = key + back;
    if (!*digits || strspn (digits, "0123456789") != strlen (digits) || strlen (digits) > 6)
        return NULL;
    size_t number = (size_t)atoi (digits), n = json_array_size (list);
    if (back)
        return number && number <= n ? json_array_get (list, n - number) : NULL;
    return json_array_get (list, number);
}

static const json_t *below (pick_scope_t *scope, const json_t *value, const char *key)
{
    if (json_is_string (value))
        value = nested (scope, value);
    if (json_is_array (value)) {
        const json_t *item = by_number (value, key);
        return item                                         ? item
               : json_is_object (json_array_get (value, 0)) ? json_object_get (json_array_get (value, 0), key)
                                                            : NULL;
    }
    return json_is_object (value) ? json_object_get (value, key) : NULL;
}

/* Names of header fields, say, are the same in any case of letters. */
static bool same_words (const json_t *value, const char *word)
{
    GString *text = g_string_new (NULL);
    bool same = text_of (value, text) && strcasecmp (text->str, word) == 0;
    g_string_free (text, TRUE);
    return same;
}

static const json_t *find (pick_scope_t *scope, const json_t *list, const pick_step_t *step)
{
    GString *other = NULL;
    const json_t *found = NULL;
    if (json_is_string (list))
        list = nested (scope, list);
    if (!json_is_array (list))
        return NULL;
    if (step->same) {
        other = g_string_new (NULL);
        if (!text_of (pick_value (step->same, scope), other)) {
            g_string_free (other, TRUE);
            return NULL;
        }
    }
    const char *word = other ? other->str : step->is;
    for (size_t i = 0; i < json_array_size (list) && !found; i++) {
        const json_t *item = json_array_get (list, i);
        const json_t *key = json_is_array (item) ? by_number (item, step->key) : json_object_get (item, step->key);
        found = key && same_words (key, word) ? item : NULL;
    }
    if (other)
        g_string_free (other, TRUE);
    return found;
}

static const json_t *origin (const pick_path_t *path, const pick_scope_t *scope)
{
    size_t n = scope->trail_n;
    if (n == 0 || path->from > PICK_ROOT)
        return NULL;
    if (path->from == PICK_ROOT)
        return scope->trail[0];
    return (size_t)path->up < n ? scope->trail[n - 1 - (size_t)path->up] : NULL;
}

const json_t *pick_value (const pick_path_t *path, pick_scope_t *scope)
{
    const json_t *value = origin (path, scope);
    for (size_t i = 0; i < path->steps_n && value; i++)
        value = path->steps[i].find ? find (scope, value, &path->steps[i]) : below (scope, value, path->steps[i].key);
    return value;
}

/* ------------------------------------------------------------- templates */

static bool append (GString *out, const char *text)
{
    if (text)
        g_string_append (out, text);
    return text && *text;
}

static const char *setting (const pick_scope_t *scope, const char *name)
{
    for (size_t i = 0; scope->channel && i < scope->channel->settings_n; i++)
        if (strcmp (scope->channel->settings[i].name, name) == 0)
            return scope->channel->settings[i].value;
    return NULL;
}

static int by_word (const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp (*x, *y);
}

static void append_param (GString *out, const char *name, const json_t *value)
{
    g_string_append (out, name);
    text_of (value, out);
}

/* All fields, sorted by name, each name with its value behind it. */
static bool append_params (GString *out, const json_t *root)
{
    size_t n = json_object_size (root), i = 0;
    if (!json_is_object (root))
        return false;
    const char **names = xcalloc (n, sizeof *names), *name;
    json_t *value;
    json_object_foreach ((json_t *)root, name, value) names[i++] = name;
    if (n)
        qsort (names, n, sizeof *names, by_word);
    for (i = 0; i < n; i++) {
        value = json_object_get (root, names[i]);
        for (size_t k = 0; k < json_array_size (value); k++)
            append_param (out, names[i], json_array_get (value, k));
        if (!json_is_array (value))
            append_param (out, names[i], value);
    }
    free (names);
    return true;
}

static bool append_path (const pick_path_t *path, pick_scope_t *scope, GString *out)
{
    const pick_request_t *request = scope->request;
    switch (path->from) {
    case PICK_HEADER:
        return append (out, request && request->header ? request->header (request->arg, path->name) : NULL);
    case PICK_QUERY:
        return append (out, request && request->query ? request->query (request->arg, path->name) : NULL);
    case PICK_SETTING:
        return append (out, setting (scope, path->name));
    case PICK_BODY:
        if (request && request->size)
            g_string_append_len (out, request->body, (gssize)request->size);
        return request != NULL;
    case PICK_URL:
        return append (out, request ? request->url : NULL);
    case PICK_PARAMS:
        return scope->trail_n && append_params (out, scope->trail[0]);
    case PICK_TIMESTAMP:
        return append (out, scope->timestamp);
    default:
        return text_of (pick_value (path, scope), out);
    }
}

static bool append_part (const pick_part_t *part, pick_scope_t *scope, GString *out)
{
    if (part->text) {
        g_string_append (out, part->text);
        return true;
    }
    if (!part->path.filters_n)
        return append_path (&part->path, scope, out);
    GString *text = g_string_new (NULL);
    bool there = append_path (&part->path, scope, text);
    for (size_t i = 0; i < part->path.filters_n && there; i++)
        there = part->path.filters[i].row->fn (text, part->path.filters[i].word) && text->len;
    if (there)
        g_string_append_len (out, text->str, (gssize)text->len);
    g_string_free (text, TRUE);
    return there;
}

bool pick_text (const pick_t *pick, pick_scope_t *scope, GString *out)
{
    size_t before = out->len;
    bool there = pick->source != NULL;
    for (size_t i = 0; i < pick->parts_n && there; i++)
        there = append_part (&pick->parts[i], scope, out);
    if (!there)
        g_string_truncate (out, before);
    return there;
}

bool picks_text (const picks_t *picks, pick_scope_t *scope, GString *out)
{
    for (size_t i = 0; i < picks->n; i++)
        if (pick_text (&picks->items[i], scope, out))
            return true;
    return false;
}

/* ------------------------------------------------------------------ each */

typedef struct walk {
    const pick_path_t *path;
    pick_scope_t *scope;
    pick_item_fn *fn;
    void *arg;
} walk_t;

static bool walk_from (const walk_t *self, const json_t *value, size_t step);

/* A list gives each of its items the rest of the way. */
static bool walk_into (const walk_t *self, const json_t *value, size_t step)
{
    const json_t *inside = json_is_string (value) ? nested (self->scope, value) : NULL;
    if (json_is_array (inside))
        value = inside;
    if (!json_is_array (value))
        return walk_from (self, value, step);
    for (size_t i = 0; i < json_array_size (value); i++)
        if (!walk_into (self, json_array_get (value, i), step))
            return false;
    return true;
}

static bool walk_from (const walk_t *self, const json_t *value, size_t step)
{
    pick_scope_t *scope = self->scope;
    bool on = true;
    if (!value || json_is_null (value) || scope->trail_n == PICK_TRAIL_MAX)
        return true;
    scope->trail[scope->trail_n++] = value;
    if (step == self->path->steps_n) {
        on = self->fn (self->arg, scope);
    } else {
        const pick_step_t *next = &self->path->steps[step];
        on = walk_into (self, next->find ? find (scope, value, next) : below (scope, value, next->key), step + 1);
    }
    scope->trail_n--;
    return on;
}

void pick_each (const pick_path_t *path, pick_scope_t *scope, pick_item_fn *fn, void *arg)
{
    const walk_t self = {path, scope, fn, arg};
    const json_t *from = origin (path, scope);
    size_t before = scope->trail_n;
    if (!from)
        return;
    scope->trail_n = path->from == PICK_ROOT ? 0 : before - 1 - (size_t)path->up;
    walk_into (&self, from, 0);
    scope->trail_n = before;
}
