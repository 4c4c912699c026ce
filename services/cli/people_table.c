/* people_table.c - people out of a table or a directory, as a document of a policy.
 *
 * Hears: CSV with a head line, or LDIF. Says: YAML that has a person a key, each text in quotes, so that no cell can be
 * anything but a text; and the line of each, so that what the policy's own parser finds wrong is said of the row. Cells of
 * several words are divided by ';' or blanks.
 */
#include "people_private.h"

#include "csv.h"
#include "ldif.h"
#include "xmalloc.h"

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

/* ---- CSV */

/* Which cell each field is; a column that is no field is an error, unless the map takes another for its own. */
static bool take_heads (people_reading_t *self, const csv_t *csv, int columns[PEOPLE_FIELDS])
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
            people_fail (self, csv_line (csv),
                         "unknown column '%.60s'; there are id, name, mail, slack, phone, languages, "
                         "skills, capacity, teams, shift, quiet",
                         head);
    }
    if (columns[FIELD_ID] < 0)
        people_fail (self, csv_line (csv), "there is no column '%s': it names the person in the policy",
                     *self->map->names[FIELD_ID] ? self->map->names[FIELD_ID] : "id");
    return self->table->errors_n == 0;
}

static bool is_whole (people_reading_t *self, const csv_t *csv, size_t heads)
{
    bool whole = csv_cells (csv) == heads;
    if (!whole)
        people_fail (self, csv_line (csv),
                     "it has %zu cells, the header line has %zu: empty ones stand there, too; a cell that holds what "
                     "divides them stands in '\"'",
                     csv_cells (csv), heads);
    return whole;
}

static void read_csv (people_reading_t *self, const char *text, size_t size)
{
    csv_t *csv = csv_new (text, size);
    int columns[PEOPLE_FIELDS];
    csv_outcome_t outcome = csv_next (csv);
    size_t heads = csv_cells (csv);
    bool go = outcome == CSV_ROW && take_heads (self, csv, columns);
    if (outcome != CSV_ROW)
        people_fail (self, 1, "%s",
                     outcome == CSV_END ? "it is empty; the first line names the columns" : csv_words (outcome));
    while (go && (outcome = csv_next (csv)) != CSV_END) {
        const char *values[PEOPLE_FIELDS] = {NULL};
        if (outcome != CSV_ROW) {
            people_fail (self, csv_line (csv), "%s", csv_words (outcome));
            continue;
        }
        if (!is_whole (self, csv, heads))
            continue;
        for (int i = 0; i < PEOPLE_FIELDS; i++)
            if (columns[i] >= 0)
                values[i] = csv_cell (csv, (size_t)columns[i]);
        people_take (self, csv_line (csv), values);
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

static const char *value_of (const people_reading_t *self, const ldif_t *ldif, int field, char **owned)
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

static void read_ldif (people_reading_t *self, const char *text, size_t size)
{
    ldif_t *ldif = ldif_new (text, size);
    ldif_outcome_t outcome;
    while ((outcome = ldif_next (ldif)) != LDIF_END) {
        const char *values[PEOPLE_FIELDS];
        char *owned[PEOPLE_FIELDS] = {NULL};
        if (outcome != LDIF_ENTRY) {
            people_fail (self, ldif_line (ldif), "%s", ldif_words (outcome));
            continue;
        }
        for (int i = 0; i < PEOPLE_FIELDS; i++)
            values[i] = value_of (self, ldif, i, &owned[i]);
        if (values[FIELD_ID])
            people_take (self, ldif_line (ldif), values);
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
    people_reading_t self = {.table = table, .file = file, .map = map};
    self.out = xcheck (open_memstream (&table->document, &table->size));
    people_put (&self, "# made by 'buckstop people import'; what the policy itself says of a person counts before it");
    people_put (&self, "people:");
    (format == PEOPLE_CSV ? read_csv : read_ldif) (&self, text, size);
    fclose (self.out);
    if (!table->n && !table->errors_n) {
        self.out = NULL;
        people_fail (&self, 1, "nobody is in it: %zu entries without an id", table->passed);
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
