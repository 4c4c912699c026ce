/* people_private.h - what the files of people_table.h share. */
#ifndef BUCKSTOP_PEOPLE_PRIVATE_H
#define BUCKSTOP_PEOPLE_PRIVATE_H

#include "people_table.h"

#include <stdio.h>

typedef struct people_reading {
    people_table_t *table;
    const char *file;
    const people_map_t *map;
    FILE *out;
    size_t line; /* of the document: how many were written */
} people_reading_t;

/* people_lines.c */
/* One more mistake, of that line of the table. */
void people_fail (people_reading_t *self, size_t line, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
/* A line of the document. */
void people_put (people_reading_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* One person, by field; NULL: nothing is said of it. Written, or what is wrong is. */
void people_take (people_reading_t *self, size_t line, const char *const *values);

#endif
