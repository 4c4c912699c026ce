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
    const char *words;            /* for completion: the values (param_t's) of its words, one a word, divided by spaces;
                                     "-": none; may be NULL */
} options_t;

typedef enum options_outcome {
    OPTIONS_GO,
    OPTIONS_TOLD,    /* --help, --version, --man, --completion: printed */
    OPTIONS_CHECKED, /* --check: all values are fine; say so (options_say_fine) */
    OPTIONS_BAD,     /* said on err */
} options_outcome_t;

/* Fills the targets: argument, else BUCKSTOP_NAME in the environment, else the default. *rest is the index of the
 * first word that is no option (argv is permuted). Strings point into argv, the environment or the table. */
options_outcome_t options_parse (const options_t *self, int argc, char **argv, int *rest, FILE *out, FILE *err);
/* For the pages. */
extern const char options_check_meaning[];
/* What --check says, once nothing else is wrong. */
void options_say_fine (const options_t *self, FILE *out);
/* Only the defaults. */
void options_defaults (const param_t *params);
void options_help (const options_t *self, FILE *out);

/* The same tables as a page for man(1); "buckstop watch" is buckstop-watch(1), "buckstop-intake" buckstop-intake(8). */
void options_man (const options_t *self, FILE *out);
/* And as a script that completes the program's words and options in a shell; of "buckstop watch" only that command's part
 * of one. False: no such shell. */
bool options_completion (const options_t *self, const char *shell, FILE *out);
/* Around the parts of a program that has commands: `commands` are their names and what they do, ended by a NULL name. */
typedef struct options_command {
    const char *name, *summary;
} options_command_t;
void options_completion_begin (const char *program, const options_command_t *commands, const char *shell, FILE *out);
void options_completion_end (const char *program, const char *shell, FILE *out);

/* What files of the room share: the n-th row of all tables, NULL behind the last; its name in the environment; the words
 * that a synopsis begins its alternatives with ("check FILE | apply FILE": check, apply), each once, until false. */
enum { OPTIONS_NAME_SIZE = 64 };
const param_t *options_row (const options_t *self, size_t index);
const char *options_environment (const param_t *row, char name[OPTIONS_NAME_SIZE]);
bool options_word (const options_t *self, size_t index, char word[OPTIONS_NAME_SIZE]);
/* The values of the n-th word; false: it has none. */
bool options_word_values (const options_t *self, size_t index, char values[OPTIONS_NAME_SIZE]);
/* For roff: what would be a command is none, and a '-' is one that can be searched for. Lines stay lines. */
void options_roff (const char *text, FILE *out);

#endif
