/* people_table.c - people out of a table or a directory, as a document of a policy.
 *
 * Hears: CSV with a head line, or LDIF. Says: YAML that has a person a key, each text in quotes, so that no cell can be
 * anything but a text; and the line of each, so that what the policy's own parser finds wrong is said of the row. Cells of
 * several words are divided by ';' or blanks.
 */
#include "people_table.h"

#include "csv.h"
#include "ids.h"
#include "ldif.h"
#include "wire.h"
#include "words.h"
#include "xmalloc.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const people_fields[PEOPLE_FIELDS] = {
    [FIELD_ID] = "id",       [FIELD_NAME] = "name",           [FIELD_MAIL] = "mail",     [FIELD_SLACK] = "slack",
    [FIELD_PHONE] = "phone", [FIELD_LANGUAGES] = "languages", [FIELD_SKILLS] = "skills", [FIELD_CAPACITY] = "capacity",
    [FIELD_TEAMS] = "teams", [FIELD_SHIFT] = "shift",         [FIELD_QUIET] = "quiet"};

/* Of a directory: the attribute, and one that is taken where it is missing (inetOrgPerson, RFC 2798). */
static const char *const attributes[PEOPLE_FIELDS][2] = {[FIELD_ID] = {"uid", "sAMAccountName"},
                                                         [FIELD_NAME] = {"displayName", "cn"},
                                                         [FIELD_MAIL] = {"mail"},
                                                         [FIELD_PHONE] = {"telephoneNumber"},
                                                         [FIELD_LANGUAGES] = {"preferredLanguage"}};

typedef struct reading {
    people_table_t *table;
    const char *file;
    const people_map_t *map;
    FILE *out;
    size_t line; /* of the document: how many were written */
} reading_t;

static void fail (reading_t *self, size_t line, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
static void fail (reading_t *self, size_t line, const char *format, ...)
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

/* ---- which columns */

static int field_of (const char *name, size_t length)
{
    for (int i = 0; i < PEOPLE_FIELDS; i++)
        if (strlen (people_fields[i]) == length && strncasecmp (people_fields[i], name, length) == 0)
            return i;
    return -1;
}

bool people_map_parse (const char *text, people_map_t *map, char why[DETAIL_SIZE])
{
    *map = (people_map_t){{""}};
    for (const char *at = text; at && *at; at += *at == ',') {
        size_t whole = strcspn (at, ","), name = strcspn (at, "=,");
        int field = field_of (at, name);
        size_t length = whole > name ? whole - name - 1 : 0;
        if (field < 0 || length == 0 || length >= NAME_SIZE) {
            snprintf (why, DETAIL_SIZE,
                      "'%.*s' is not of the form FIELD=COLUMN; the fields are id, name, mail, slack, "
                      "phone, languages, skills, capacity, teams, shift, quiet",
                      (int)(whole < 60 ? whole : 60), at);
            return false;
        }
        memcpy (map->names[field], at + name + 1, length);
        map->names[field][length] = '\0';
        at += whole;
    }
    return true;
}

/* ---- a person's lines */

static void put (reading_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
static void put (reading_t *self, const char *format, ...)
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

static void put_text (reading_t *self, const char *key, const char *text)
{
    char *words = quoted (text, strlen (text));
    put (self, "    %s: %s", key, words);
    free (words);
}

/* "en;de" into [ "en", "de" ]; "cards:3" into { "cards": 3 }. */
static void put_words (reading_t *self, int field, const char *text)
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
    put (self, "%c", skills ? '}' : ']');
}

static void put_ways (reading_t *self, const char *const *values)
{
    static const int ways[] = {FIELD_SLACK, FIELD_MAIL};
    bool any = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *address = values[ways[i]];
        if (!address || !*address)
            continue;
        char *words = quoted (address, strlen (address));
        if (!any)
            put (self, "    ways:");
        put (self, "      - { %s: %s }", people_fields[ways[i]], words);
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

static bool check (reading_t *self, size_t line, const char *const *values)
{
    const char *id = values[FIELD_ID];
    for (int i = 0; i < PEOPLE_FIELDS; i++)
        if (values[i] && !utf8_valid (values[i], strlen (values[i]))) {
            fail (self, line, "%s is no UTF-8 text", people_fields[i]);
            return false;
        }
    if (!id || !name_valid (id))
        fail (self, line,
              "'%.60s' is no name of a person: 1 to 32 letters, digits, '.', '_', '-'; --map id=COLUMN takes "
              "another column",
              id ? id : "");
    else if (values[FIELD_CAPACITY] && *values[FIELD_CAPACITY] && !is_number (values[FIELD_CAPACITY]))
        fail (self, line, "capacity of '%s' is no number", id);
    else if (values[FIELD_SKILLS] && !well_skilled (values[FIELD_SKILLS]))
        fail (self, line, "skills of '%s': write them like cards:3; transfers:1", id);
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

static void keep_place (reading_t *self, size_t line, const char *id)
{
    people_table_t *table = self->table;
    table->people = xrealloc (table->people, (table->n + 1) * sizeof *table->people);
    people_place_t *place = &table->people[table->n++];
    *place = (people_place_t){.line = line, .document_line = self->line + 1};
    WORD_COPY (place->id, id);
}

static void take_person (reading_t *self, size_t line, const char *const *values)
{
    static const int texts[] = {FIELD_NAME, FIELD_PHONE, FIELD_SHIFT, FIELD_QUIET};
    static const int lists[] = {FIELD_SKILLS, FIELD_LANGUAGES, FIELD_TEAMS};
    if (!check (self, line, values))
        return;
    const people_place_t *twice = known (self->table, values[FIELD_ID]);
    if (twice) {
        fail (self, line, "'%s' again: already in line %zu", values[FIELD_ID], twice->line);
        return;
    }
    keep_place (self, line, values[FIELD_ID]);
    char *key = quoted (values[FIELD_ID], strlen (values[FIELD_ID]));
    put (self, "  %s:", key);
    free (key);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (values[texts[i]] && *values[texts[i]])
            put_text (self, people_fields[texts[i]], values[texts[i]]);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (values[lists[i]] && *values[lists[i]])
            put_words (self, lists[i], values[lists[i]]);
    if (values[FIELD_CAPACITY] && *values[FIELD_CAPACITY])
        put (self, "    capacity: %s", values[FIELD_CAPACITY]);
    put_ways (self, values);
}

/* ---- CSV */

/* Which cell each field is; a column that is no field is an error, unless the map takes another for its own. */
static bool take_heads (reading_t *self, const csv_t *csv, int columns[PEOPLE_FIELDS])
{
    for (int i = 0; i < PEOPLE_FIELDS; i++)
        columns[i] = -1;
    for (size_t i = 0; i < csv_cells (csv); i++) {
        const char *head = csv_cell (csv, i);
        int field = -1;
        for (int k = 0; k < PEOPLE_FIELDS; k++)
            if (*self->map->names[k] && strcasecmp (self->map->names[k], head) == 0)
                columns[field = k] = (int)i;
        int own = field_of (head, strlen (head));
        if (field < 0 && own >= 0 && !*self->map->names[own])
            columns[field = own] = (int)i;
        if (field < 0 && own < 0 && !*self->map->names[FIELD_ID])
            fail (self, csv_line (csv),
                  "unknown column '%.60s'; there are id, name, mail, slack, phone, languages, "
                  "skills, capacity, teams, shift, quiet",
                  head);
    }
    if (columns[FIELD_ID] < 0)
        fail (self, csv_line (csv), "there is no column '%s': it names the person in the policy",
              *self->map->names[FIELD_ID] ? self->map->names[FIELD_ID] : "id");
    return self->table->errors_n == 0;
}

static void read_csv (reading_t *self, const char *text, size_t size)
{
    csv_t *csv = csv_new (text, size);
    int columns[PEOPLE_FIELDS];
    csv_outcome_t outcome = csv_next (csv);
    bool go = outcome == CSV_ROW && take_heads (self, csv, columns);
    if (outcome != CSV_ROW)
        fail (self, 1, "%s",
              outcome == CSV_END ? "it is empty; the first line names the columns" : csv_words (outcome));
    while (go && (outcome = csv_next (csv)) != CSV_END) {
        const char *values[PEOPLE_FIELDS] = {NULL};
        if (outcome != CSV_ROW) {
            fail (self, csv_line (csv), "%s", csv_words (outcome));
            continue;
        }
        for (int i = 0; i < PEOPLE_FIELDS; i++)
            if (columns[i] >= 0 && (size_t)columns[i] < csv_cells (csv))
                values[i] = csv_cell (csv, (size_t)columns[i]);
        take_person (self, csv_line (csv), values);
    }
    csv_destroy (&csv);
}

/* ---- LDIF */

/* Fields of several words take all values of an attribute. */
static char *joined (const ldif_t *ldif, const char *name)
{
    char *text = NULL;
    size_t size;
    const char *value;
    FILE *out = xcheck (open_memstream (&text, &size));
    for (size_t i = 0; (value = ldif_value (ldif, name, i)); i++)
        fprintf (out, "%s%s", i ? ";" : "", value);
    fclose (out);
    return text;
}

static const char *value_of (const reading_t *self, const ldif_t *ldif, int field, char **owned)
{
    bool several = field == FIELD_TEAMS || field == FIELD_SKILLS;
    const char *given = self->map->names[field];
    if (*given && several)
        return *owned = joined (ldif, given);
    if (*given)
        return ldif_value (ldif, given, 0);
    for (size_t i = 0; i < 2 && attributes[field][i]; i++) {
        const char *value = ldif_value (ldif, attributes[field][i], 0);
        if (value)
            return value;
    }
    return NULL;
}

static void read_ldif (reading_t *self, const char *text, size_t size)
{
    ldif_t *ldif = ldif_new (text, size);
    ldif_outcome_t outcome;
    while ((outcome = ldif_next (ldif)) != LDIF_END) {
        const char *values[PEOPLE_FIELDS];
        char *owned[PEOPLE_FIELDS] = {NULL};
        if (outcome != LDIF_ENTRY) {
            fail (self, ldif_line (ldif), "%s", ldif_words (outcome));
            continue;
        }
        for (int i = 0; i < PEOPLE_FIELDS; i++)
            values[i] = value_of (self, ldif, i, &owned[i]);
        if (values[FIELD_ID])
            take_person (self, ldif_line (ldif), values);
        else
            self->table->passed++;
        for (int i = 0; i < PEOPLE_FIELDS; i++)
            free (owned[i]);
    }
    ldif_destroy (&ldif);
}

/* ---- the whole */

void people_table_read (people_format_t format, const char *file, const char *text, size_t size,
                        const people_map_t *map, people_table_t *table)
{
    *table = (people_table_t){.n = 0};
    reading_t self = {.table = table, .file = file, .map = map};
    self.out = xcheck (open_memstream (&table->document, &table->size));
    put (&self, "# made by 'buckstop people import'; what the policy itself says of a person counts before it");
    put (&self, "people:");
    (format == PEOPLE_CSV ? read_csv : read_ldif) (&self, text, size);
    fclose (self.out);
    if (!table->n && !table->errors_n) {
        self.out = NULL;
        fail (&self, 1, "nobody is in it: %zu entries without an id", table->passed);
    }
}

size_t people_table_line (const people_table_t *table, size_t document_line)
{
    size_t line = 0;
    for (size_t i = 0; i < table->n && table->people[i].document_line <= document_line; i++)
        line = table->people[i].line;
    return line;
}

void people_table_clear (people_table_t *table)
{
    free (table->document);
    free (table->people);
    free (table->errors);
    *table = (people_table_t){.n = 0};
}
