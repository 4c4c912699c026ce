/* policy_yaml_read.c - maps into rows by tables of keys, and the words for what is wrong.
 *
 * Each message says what was found, in what, and what was expected; an unknown word that is nearly a known
 * one gets a "did you mean". Reading goes on behind every error, so that one pass lists them all. */
#include "ids.h"
#include "meant.h"
#include "policy_yaml.h"
#include "xmalloc.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_MAX = 60 };

void yaml_fail (reader_t *self, const node_t *at, const char *expected, const char *what, ...)
{
    char words[DETAIL_SIZE];
    va_list args;
    va_start (args, what);
    vsnprintf (words, sizeof words, what, args);
    va_end (args);
    tree_error (self->errors, at->line, at->column, expected, "%s", words);
}

const char *yaml_found (const node_t *node, char buffer[DETAIL_SIZE])
{
    static const char *const kinds[] = {
        [NODE_NOTHING] = "nothing", [NODE_REFUSED] = "nothing", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};
    if (node->kind == NODE_TEXT)
        snprintf (buffer, DETAIL_SIZE, "'%.*s%s'", SHOWN_MAX, node->text, node->length > SHOWN_MAX ? "..." : "");
    else
        snprintf (buffer, DETAIL_SIZE, "%s", kinds[node->kind]);
    return buffer;
}

bool yaml_is (reader_t *self, const yaml_key_t *key, const node_t *value, node_kind_t kind, const char *expected)
{
    char found[DETAIL_SIZE];
    if (value->kind == kind)
        return true;
    if (value->kind != NODE_REFUSED)
        yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
    return false;
}

char *yaml_where (reader_t *self, const char *format, ...)
{
    char words[DETAIL_SIZE];
    va_list args;
    va_start (args, format);
    vsnprintf (words, sizeof words, format, args);
    va_end (args);
    return arena_copy (self->arena, words, strlen (words));
}

/* "did you mean 'capacity'? one of: name, skills, ..." */
static void list_names (char buffer[DETAIL_SIZE], const char *word, const void *rows, size_t n, size_t row_size)
{
    const char *nearest = word_nearest (word, rows, n, row_size);
    size_t at = 0;
    if (nearest)
        at += (size_t)snprintf (buffer, DETAIL_SIZE, "did you mean '%s'? ", nearest);
    at += (size_t)snprintf (buffer + at, DETAIL_SIZE - at, n ? "one of: " : "one that is defined; there is none");
    for (size_t i = 0; i < n; i++) {
        const char *name = row_name (rows, row_size, i);
        if (at + strlen (name) + sizeof ", ..., " > DETAIL_SIZE) {
            snprintf (buffer + at, DETAIL_SIZE - at, ", ...");
            return;
        }
        at += (size_t)snprintf (buffer + at, DETAIL_SIZE - at, "%s%s", i ? ", " : "", name);
    }
}

const void *yaml_named (reader_t *self, const node_t *at, const char *name, const char *what, const void *rows,
                        size_t n, size_t row_size)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp (row_name (rows, row_size, i), name) == 0)
            return (const char *)rows + i * row_size;
    char expected[DETAIL_SIZE];
    list_names (expected, name, rows, n, row_size);
    yaml_fail (self, at, expected, "no %s '%.*s' is defined (in %s)", what, SHOWN_MAX, name, self->where);
    return NULL;
}

static size_t count (const yaml_key_t *keys)
{
    size_t n = 0;
    while (keys[n].name)
        n++;
    return n;
}

static const yaml_key_t *key_of (reader_t *self, const node_t *word, const yaml_key_t *keys)
{
    for (const yaml_key_t *key = keys; key->name; key++)
        if (strcmp (key->name, word->text) == 0)
            return key;
    char expected[DETAIL_SIZE];
    list_names (expected, word->text, keys, count (keys), sizeof *keys);
    yaml_fail (self, word, expected, "unknown key '%.*s' in %s", SHOWN_MAX, word->text, self->where);
    return NULL;
}

static void miss_required (reader_t *self, const node_t *map, const yaml_key_t *keys)
{
    for (const yaml_key_t *key = keys; key->name; key++) {
        bool there = !key->required;
        for (const node_t *word = map->first; word && !there; word = word->next)
            there = strcmp (word->text, key->name) == 0;
        if (!there)
            yaml_fail (self, map, key->meaning, "%s lacks '%s'", self->where, key->name);
    }
}

/* Keys are read in the order of the table, not of the text: sections depend on each other. */
void yaml_read_map (reader_t *self, const node_t *map, const yaml_key_t *keys, void *row, const char *where)
{
    const char *outside = self->where;
    char found[DETAIL_SIZE], expected[DETAIL_SIZE];
    self->where = where;
    if (map->kind == NODE_MAP) {
        for (const node_t *word = map->first; word; word = word->next)
            key_of (self, word, keys);
        for (const yaml_key_t *key = keys; key->name; key++)
            for (const node_t *word = map->first; word; word = word->next)
                if (word->value && strcmp (word->text, key->name) == 0)
                    key->read (self, key, word->value, (char *)row + key->offset);
        miss_required (self, map, keys);
    } else if (map->kind != NODE_REFUSED) {
        list_names (expected, "", keys, count (keys), sizeof *keys);
        yaml_fail (self, map, expected, "%s is %s, not a map", where, yaml_found (map, found));
    }
    self->where = outside;
}

void *yaml_named_rows (reader_t *self, const node_t *map, size_t row_size, const char *what, size_t *n)
{
    char found[DETAIL_SIZE];
    *n = 0;
    if (map->kind != NODE_MAP) {
        if (map->kind != NODE_REFUSED)
            yaml_fail (self, map, "a map: a name, a colon, what it is", "instead of each %s by its name: %s", what,
                       yaml_found (map, found));
        return NULL;
    }
    char *rows = arena_alloc (self->arena, map->n * row_size);
    for (const node_t *word = map->first; word; word = word->next) {
        if (!name_valid (word->text))
            yaml_fail (self, word, "1 to 32 letters, digits, '.', '_', '-', not beginning with '.' or '-'",
                       "%s is no name for a %s", yaml_found (word, found), what);
        *(const char **)(void *)(rows + (*n)++ * row_size) = arena_copy (self->arena, word->text, word->length);
    }
    return rows;
}

void *yaml_list_rows (reader_t *self, const node_t *list, size_t row_size, const char *what, size_t *n)
{
    char found[DETAIL_SIZE];
    *n = 0;
    if (list->kind != NODE_LIST) {
        if (list->kind != NODE_REFUSED)
            yaml_fail (self, list, "a list", "instead of a list of %s: %s", what, yaml_found (list, found));
        return NULL;
    }
    *n = list->n;
    return arena_alloc (self->arena, list->n * row_size);
}

const node_t *yaml_value (const node_t *map, const char *name)
{
    for (const node_t *word = map && map->kind == NODE_MAP ? map->first : NULL; word; word = word->next)
        if (strcmp (word->text, name) == 0)
            return word->value;
    return NULL;
}

const node_t *yaml_used (const reader_t *self, const char *file)
{
    for (const node_t *document = self->used; document; document = document->next)
        if (document->kind == NODE_MAP && document->first && document->first->value &&
            strcmp (document->first->value->text, file) == 0)
            return document;
    return NULL;
}
