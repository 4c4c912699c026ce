/* people_table.h - people out of a table (CSV) or a directory (LDIF), as a document of a policy. Pure. */
#ifndef BUCKSTOP_PEOPLE_TABLE_H
#define BUCKSTOP_PEOPLE_TABLE_H

#include "types.h"

/* What a person may have there: the names of CSV's columns. */
enum {
    FIELD_ID,
    FIELD_NAME,
    FIELD_MAIL,
    FIELD_SLACK,
    FIELD_PHONE,
    FIELD_LANGUAGES,
    FIELD_SKILLS,
    FIELD_CAPACITY,
    FIELD_TEAMS,
    FIELD_SHIFT,
    FIELD_QUIET,
    PEOPLE_FIELDS
};
extern const char *const people_fields[PEOPLE_FIELDS];

typedef struct people_map {
    char names[PEOPLE_FIELDS][NAME_SIZE]; /* the column or attribute that a field is read from; "": as always */
} people_map_t;
/* "teams=ou,capacity=employeeNumber". False: why. */
bool people_map_parse (const char *text, people_map_t *map, char why[DETAIL_SIZE]);

typedef struct people_place {
    size_t line;          /* of the table */
    size_t document_line; /* on which the person's lines begin in the document, from 1 */
    char id[NAME_SIZE];
} people_place_t;

typedef struct people_table {
    char *document; /* "people:" and a map; malloc'd */
    size_t size;
    people_place_t *people;
    size_t n, passed; /* passed: entries without an id, as of a directory's folders */
    char (*errors)[DETAIL_SIZE];
    size_t errors_n;
} people_table_t;

enum { PEOPLE_ERRORS_MAX = 100 };
typedef enum people_format { PEOPLE_CSV, PEOPLE_LDIF } people_format_t;
/* file: as it is called in errors. All errors of the text are listed. */
void people_table_read (people_format_t format, const char *file, const char *text, size_t size,
                        const people_map_t *map, people_table_t *table);
void people_table_clear (people_table_t *table);
/* The row of which the document's line tells; 0: none. */
size_t people_table_line (const people_table_t *table, size_t document_line);

#endif
