/* options.h - parameters are rows of a table (service.h, param_t); getopt_long reads the arguments. */
#ifndef BUCKSTOP_OPTIONS_H
#define BUCKSTOP_OPTIONS_H

#include "service.h"

#define BUCKSTOP_VERSION "0.1.0"

typedef struct options {
    const char *program;          /* "buckstop-intake", "buckstop watch" */
    const char *synopsis;         /* after the program's name: "[options]" */
    const char *summary;          /* one line */
    const char *example;          /* one line or several */
    const param_t *const *tables; /* each ended by a NULL name; the list by NULL */
    const char *notes;            /* lines between the options and the example; may be NULL */
} options_t;

typedef enum options_outcome {
    OPTIONS_GO,
    OPTIONS_TOLD,    /* --help, --version: printed */
    OPTIONS_CHECKED, /* --check: all values are fine; say so (options_say_fine) */
    OPTIONS_BAD,     /* said on err */
} options_outcome_t;

/* Fills the targets: argument, else BUCKSTOP_NAME in the environment, else the default. *rest is the index of the
 * first word that is no option (argv is permuted). Strings point into argv, the environment or the table. */
options_outcome_t options_parse (const options_t *self, int argc, char **argv, int *rest, FILE *out, FILE *err);
/* What --check says, once nothing else is wrong. */
void options_say_fine (const options_t *self, FILE *out);
/* Only the defaults. */
void options_defaults (const param_t *params);
void options_help (const options_t *self, FILE *out);

#endif
