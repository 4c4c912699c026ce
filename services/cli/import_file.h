/* import_file.h - the file of people that `buckstop people import` makes, and the line of the policy that names it. */
#ifndef BUCKSTOP_IMPORT_FILE_H
#define BUCKSTOP_IMPORT_FILE_H

#include "cli.h"

#define PEOPLE_FILE "people.yaml"

/* The text with the line that names it, before the line `people:`, which must stand at the beginning of a line: malloc'd, and
 * *number is that line's. NULL: there is none, and nobody can say where. */
char *import_file_line (const char *text, size_t size, size_t *new_size, size_t *number);
/* Whole or not at all. CLI_GO, or said. */
int import_file_write (const char *path, const char *text, size_t size);

#endif
