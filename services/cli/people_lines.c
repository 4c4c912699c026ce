/* people_lines.c - one person of a table becomes some lines of a policy, or a mistake of their row. */
#include "people_private.h"

#include "ids.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>

void people_fail (people_reading_t *self, size_t line, const char *format, ...)
{
    people_table_t *table = self->table;
    char words[DETAIL_SIZE / 2];
    va_list list;
    if (table->errors_n >= PEOPLE_ERRORS_MAX)
        return;
    va_start (list, format);
    vsnprintf (words, sizeof words, format, list);
    va_end (list);
    table->errors = xrealloc (table->errors, (table->errors_n + 1) * sizeof *table->errors);
    snprintf (table->errors[table->errors_n++], DETAIL_SIZE, "%.100s:%zu: %s", self->file, line, words);
}

void people_put (people_reading_t *self, const char *format, ...)
{
    va_list list;
    va_start (list, format);
    vfprintf (self->out, format, list);
    va_end (list);
    fputc ('\n', self->out);
    self->line++;
}

/* Within double quotes YAML reads what JSON writes. */
static char *quoted (const char *text, size_t size)
{
    json_t *value = json_stringn (text, size);
    char *words = value ? json_dumps (value, JSON_ENCODE_ANY) : NULL;
    json_decref (value);
    return words ? words : xstrdup ("\"\"");
}

static void put_text (people_reading_t *self, const char *key, const char *text)
{
    char *words = quoted (text, strlen (text));
    people_put (self, "    %s: %s", key, words);
    free (words);
}

/* "en;de" into [ "en", "de" ]; "cards:3" into { "cards": 3 }. */
static void put_words (people_reading_t *self, int field, const char *text)
{
    static const char divide[] = "; ,\t";
    bool skills = field == FIELD_SKILLS;
    fprintf (self->out, "    %s: %c", people_fields[field], skills ? '{' : '[');
    bool first = true;
    for (const char *at = text + strspn (text, divide); *at; at += strspn (at, divide)) {
        size_t length = strcspn (at, divide), name = length;
        if (skills)
            name = strcspn (at, ":=") < length ? strcspn (at, ":=") : length;
        if (field == FIELD_LANGUAGES && strncmp (at, "q=", 2) == 0) { /* "de-DE, en;q=0.8" */
            at += length;
            continue;
        }
        char *word = quoted (at, name);
        fprintf (self->out, "%s%s", first ? "" : ", ", word);
        if (skills)
            fprintf (self->out, ": %.*s", name < length ? (int)(length - name - 1) : 1,
                     name < length ? at + name + 1 : "1");
        free (word);
        first = false;
        at += length;
    }
    people_put (self, "%c", skills ? '}' : ']');
}

static void put_ways (people_reading_t *self, const char *const *values)
{
    static const int ways[] = {FIELD_SLACK, FIELD_MAIL};
    bool any = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *address = values[ways[i]];
        if (!address || !*address)
            continue;
        char *words = quoted (address, strlen (address));
        if (!any)
            people_put (self, "    ways:");
        people_put (self, "      - { %s: %s }", people_fields[ways[i]], words);
        any = true;
        free (words);
    }
}

static bool is_number (const char *text)
{
    return *text && strspn (text, "0123456789") == strlen (text);
}

/* Skills end in a number: what else stood there would be YAML. */
static bool well_skilled (const char *text)
{
    for (const char *at = strpbrk (text, ":="); at; at = strpbrk (at + 1, ":=")) {
        size_t digits = strspn (at + 1, "0123456789");
        if (!digits || (at[1 + digits] && !strchr ("; ,\t", at[1 + digits])))
            return false;
    }
    return true;
}

static bool check (people_reading_t *self, size_t line, const char *const *values)
{
    const char *id = values[FIELD_ID];
    for (int i = 0; i < PEOPLE_FIELDS; i++)
        if (values[i] && !utf8_valid (values[i], strlen (values[i]))) {
            people_fail (self, line, "%s is no UTF-8 text", people_fields[i]);
            return false;
        }
    if (!id || !name_valid (id))
        people_fail (self, line,
                     "'%.60s' is no name of a person: 1 to 32 letters, digits, '.', '_', '-'; --map id=COLUMN takes "
                     "another column",
                     id ? id : "");
    else if (values[FIELD_CAPACITY] && *values[FIELD_CAPACITY] && !is_number (values[FIELD_CAPACITY]))
        people_fail (self, line, "capacity of '%s' is no number", id);
    else if (values[FIELD_SKILLS] && !well_skilled (values[FIELD_SKILLS]))
        people_fail (self, line, "skills of '%s': write them like cards:3; transfers:1", id);
    else
        return true;
    return false;
}

static const people_place_t *known (const people_table_t *table, const char *id)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp (table->people[i].id, id) == 0)
            return &table->people[i];
    return NULL;
}

static void keep_place (people_reading_t *self, size_t line, const char *id)
{
    people_table_t *table = self->table;
    table->people = xrealloc (table->people, (table->n + 1) * sizeof *table->people);
    people_place_t *place = &table->people[table->n++];
    *place = (people_place_t){.line = line, .document_line = self->line + 1};
    WORD_COPY (place->id, id);
}

void people_take (people_reading_t *self, size_t line, const char *const *values)
{
    static const int texts[] = {FIELD_NAME, FIELD_PHONE, FIELD_SHIFT, FIELD_QUIET};
    static const int lists[] = {FIELD_SKILLS, FIELD_LANGUAGES, FIELD_TEAMS};
    if (!check (self, line, values))
        return;
    const people_place_t *twice = known (self->table, values[FIELD_ID]);
    if (twice) {
        people_fail (self, line, "'%s' again: already in line %zu", values[FIELD_ID], twice->line);
        return;
    }
    keep_place (self, line, values[FIELD_ID]);
    char *key = quoted (values[FIELD_ID], strlen (values[FIELD_ID]));
    people_put (self, "  %s:", key);
    free (key);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (values[texts[i]] && *values[texts[i]])
            put_text (self, people_fields[texts[i]], values[texts[i]]);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (values[lists[i]] && *values[lists[i]])
            put_words (self, lists[i], values[lists[i]]);
    if (values[FIELD_CAPACITY] && *values[FIELD_CAPACITY])
        people_put (self, "    capacity: %s", values[FIELD_CAPACITY]);
    put_ways (self, values);
}
