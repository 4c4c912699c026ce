/* service_options.c - one table of parameters, three places that may set them.
 *
 * Hears: argv and the environment. Says: values in the targets, or a line on each that is wrong.
 * The arguments are read by getopt_long; this file only turns the table into its option list and
 * checks the values against their bounds. A value from the environment passes the same checks.
 */
#include "options.h"

#include "meant.h"
#include "xmalloc.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

enum { ENVIRONMENT_SIZE = OPTIONS_NAME_SIZE, FIRST_PARAM = 256, PARAMS_MAX = 96 };
enum { OPTION_HELP = 1, OPTION_VERSION, OPTION_CHECK, OPTION_MAN, OPTION_COMPLETION };
enum { BUILT_IN = 5 };

/* All rows of all tables, in order. */
typedef struct rows {
    const param_t *items[PARAMS_MAX];
    size_t n;
} rows_t;

static rows_t rows_of (const options_t *self)
{
    rows_t rows = {.n = 0};
    for (const param_t *const *table = self->tables; table && *table; table++)
        for (const param_t *row = *table; row->name && rows.n < PARAMS_MAX; row++)
            rows.items[rows.n++] = row;
    return rows;
}

const param_t *options_row (const options_t *self, size_t index)
{
    rows_t rows = rows_of (self);
    return index < rows.n ? rows.items[index] : NULL;
}

const char *options_environment (const param_t *row, char name[OPTIONS_NAME_SIZE])
{
    size_t n = (size_t)snprintf (name, ENVIRONMENT_SIZE, "BUCKSTOP_");
    for (const char *c = row->name; *c && n + 1 < ENVIRONMENT_SIZE; c++)
        name[n++] = *c == '-' ? '_' : (char)toupper ((unsigned char)*c);
    name[n] = '\0';
    return name;
}

static int set_number (const param_t *row, const char *text, char *why, size_t size)
{
    char *end = NULL;
    errno = 0;
    intmax_t value = strtoimax (text, &end, 10);
    if (errno || end == text || *end || value < row->min || value > row->max) {
        snprintf (why, size, "'%s' is not a whole number from %" PRId64 " to %" PRId64, text, row->min, row->max);
        return -1;
    }
    *(int64_t *)row->target = value;
    return 0;
}

static int set_switch (const param_t *row, const char *text, char *why, size_t size)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"true", true}, {"1", true}, {"no", false}, {"false", false}, {"0", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp (words[i].word, text) == 0) {
            *(bool *)row->target = words[i].value;
            return 0;
        }
    snprintf (why, size, "'%s' is neither yes nor no", text);
    return -1;
}

static int set_value (const param_t *row, const char *text, char why[PARAM_WHY_SIZE])
{
    if (row->kind == PARAM_NUMBER)
        return set_number (row, text, why, PARAM_WHY_SIZE);
    if (row->kind == PARAM_SWITCH)
        return set_switch (row, text, why, PARAM_WHY_SIZE);
    *(const char **)row->target = text;
    return 0;
}

/* A text that somebody gave: it has to be one that can be used. */
static int set_given (const param_t *row, const char *text, char why[PARAM_WHY_SIZE])
{
    bool nothing = !*text && (!row->fallback || !*row->fallback);
    if (row->kind == PARAM_STRING && row->check && !nothing && !row->check (text, why))
        return -1;
    return set_value (row, text, why);
}

/* Defaults are ours: a table whose default breaks its own bounds is a defect, found by the first start. */
static void set_default (const param_t *row)
{
    char why[PARAM_WHY_SIZE];
    const char *text = row->fallback;
    if (!text && row->kind == PARAM_STRING)
        *(const char **)row->target = NULL;
    else if (set_value (row, text ? text : row->kind == PARAM_SWITCH ? "no" : "0", why))
        abort ();
}

void options_defaults (const param_t *params)
{
    for (const param_t *row = params; row && row->name; row++)
        set_default (row);
}

static int set_from_environment (const options_t *self, const param_t *row, FILE *err)
{
    char name[ENVIRONMENT_SIZE], why[PARAM_WHY_SIZE];
    const char *text = getenv (options_environment (row, name));
    if (!text || set_given (row, text, why) == 0)
        return 0;
    fprintf (err, "%s: %s: %s\n", self->program, name, why);
    return -1;
}

static void print_row (const param_t *row, FILE *out)
{
    static const char *const shapes[] = {[PARAM_STRING] = " VALUE", [PARAM_NUMBER] = " NUMBER", [PARAM_SWITCH] = ""};
    char left[ENVIRONMENT_SIZE];
    snprintf (left, sizeof left, "--%s%s", row->name, shapes[row->kind]);
    fprintf (out, "  %-30s %s", left, row->meaning ? row->meaning : "");
    if (row->kind == PARAM_NUMBER)
        fprintf (out, " (%" PRId64 "..%" PRId64 ", default %s)", row->min, row->max, row->fallback);
    else if (row->kind == PARAM_STRING && row->fallback && *row->fallback)
        fprintf (out, " (default %s)", row->fallback);
    fputc ('\n', out);
}

const char options_check_meaning[] =
    "look at each option and at the files named, say all that is wrong, and end; nothing is connected to";

void options_help (const options_t *self, FILE *out)
{
    rows_t rows = rows_of (self);
    fprintf (out, "%s - %s\n\nusage: %s %s\n\noptions:\n", self->program, self->summary, self->program,
             self->synopsis ? self->synopsis : "[options]");
    for (size_t i = 0; i < rows.n; i++)
        print_row (rows.items[i], out);
    fprintf (out, "  %-30s %s\n  %-30s %s\n  %-30s %s\n  %-30s %s\n", "--check", options_check_meaning, "--help",
             "this page", "--man", "the same for man(1)", "--version", "the version");
    char name[ENVIRONMENT_SIZE];
    if (rows.n > 0)
        fprintf (out, "\nEach option may also be set in the environment: --%s as %s.\n", rows.items[0]->name,
                 options_environment (rows.items[0], name));
    if (self->notes)
        fprintf (out, "\n%s\n", self->notes);
    if (self->example)
        fprintf (out, "\nexample:\n  %s\n", self->example);
}

static void fill_long_options (const rows_t *rows, struct option *list)
{
    static const int needs[] = {
        [PARAM_STRING] = required_argument, [PARAM_NUMBER] = required_argument, [PARAM_SWITCH] = optional_argument};
    for (size_t i = 0; i < rows->n; i++)
        list[i] = (struct option){rows->items[i]->name, needs[rows->items[i]->kind], NULL, FIRST_PARAM + (int)i};
    list[rows->n] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    list[rows->n + 1] = (struct option){"version", no_argument, NULL, OPTION_VERSION};
    list[rows->n + 2] = (struct option){"check", no_argument, NULL, OPTION_CHECK};
    list[rows->n + 3] = (struct option){"man", no_argument, NULL, OPTION_MAN};
    list[rows->n + 4] = (struct option){"completion", required_argument, NULL, OPTION_COMPLETION};
    list[rows->n + BUILT_IN] = (struct option){NULL, 0, NULL, 0};
}

/* What the arguments ask for besides values. */
typedef struct arguments {
    bool help, version, man, check, bad; /* bad: said */
    const char *shell;                   /* completion */
} arguments_t;

/* "did you mean --to-person, --to-team? ": those that begin as what was given does, else the nearest; list: all. */
static void say_meant (const struct option *list, const char *given, FILE *err)
{
    const char *before = "did you mean --";
    char word[OPTIONS_NAME_SIZE];
    size_t n = 0;
    given += strspn (given, "-");
    snprintf (word, sizeof word, "%.*s", (int)strcspn (given, "="), given);
    for (; list[n].name; n++)
        if (*word && strncmp (list[n].name, word, strlen (word)) == 0) {
            fprintf (err, "%s%s", before, list[n].name);
            before = ", --";
        }
    const char *near = *before == 'd' ? word_nearest (word, list, n, sizeof *list) : NULL;
    if (near)
        fprintf (err, "%s%s", before, near);
    if (near || *before == ',')
        fputs ("? ", err);
}

/* False: it is a letter, and what hangs on it is not looked at. */
static bool say_unknown (const options_t *self, const struct option *list, int found, char *const *argv, FILE *err)
{
    char letter[] = {'-', (char)(optopt > ' ' && optopt < 0x7f ? optopt : '?'), '\0'};
    bool word = found == ':' || optopt == 0 || optopt >= FIRST_PARAM || (optopt > 0 && optopt <= OPTION_COMPLETION);
    fprintf (err, "%s: %s %s; ", self->program, word ? argv[optind - 1] : letter,
             found == ':' ? "needs a value" : "is no option here");
    if (found != ':' && word)
        say_meant (list, argv[optind - 1], err);
    fputs ("--help lists the options\n", err);
    return word;
}

static bool set_argument (const options_t *self, const param_t *row, const char *text, FILE *err)
{
    char why[PARAM_WHY_SIZE];
    if (set_given (row, text ? text : "yes", why) == 0)
        return true;
    fprintf (err, "%s: --%s: %s\n", self->program, row->name, why);
    return false;
}

/* All of them, so that each wrong one is said; up to one that asks for words only. */
static void read_arguments (const options_t *self, const rows_t *rows, int argc, char **argv, arguments_t *asked,
                            FILE *err)
{
    struct option list[PARAMS_MAX + BUILT_IN + 1];
    fill_long_options (rows, list);
    optind = 0; /* getopt starts afresh: it may have read other arguments before */
    opterr = 0;
    for (int found; (found = getopt_long (argc, argv, ":", list, NULL)) != -1;) {
        if (found == '?' || found == ':') {
            asked->bad = true;
            if (!say_unknown (self, list, found, argv, err))
                return;
        } else if (found >= FIRST_PARAM) {
            asked->bad |= !set_argument (self, rows->items[found - FIRST_PARAM], optarg, err);
        } else {
            asked->help |= found == OPTION_HELP;
            asked->version |= found == OPTION_VERSION;
            asked->check |= found == OPTION_CHECK;
            asked->man |= found == OPTION_MAN;
            asked->shell = found == OPTION_COMPLETION ? optarg : asked->shell;
            if (found != OPTION_CHECK)
                return;
        }
    }
}

static void say_wrong (const options_t *self, const param_t *row, const char *lines, FILE *err)
{
    for (size_t length; *lines; lines += length + (lines[length] == '\n')) {
        length = strcspn (lines, "\n");
        fprintf (err, "%s: --%s: %.*s\n", self->program, row->name, (int)length, lines);
    }
}

/* A file with several faults has a line for each. */
static bool look_through (const options_t *self, const param_t *row, const char *text, FILE *err)
{
    char *lines = NULL;
    size_t size = 0;
    FILE *out = open_memstream (&lines, &size);
    if (!out)
        abort ();
    bool fine = row->look_through (text, out);
    fclose (out);
    if (!fine)
        say_wrong (self, row, lines, err);
    free (lines);
    return fine;
}

static bool look_at (const options_t *self, const param_t *row, const char *text, FILE *err)
{
    char why[PARAM_WHY_SIZE];
    if (row->look_through)
        return look_through (self, row, text, err);
    if (row->look (text, why))
        return true;
    say_wrong (self, row, why, err);
    return false;
}

/* --check also looks at what a start can do without. What we say ourselves when nothing is given need not be there. */
static bool look_at_all (const options_t *self, const rows_t *rows, FILE *err)
{
    bool fine = true;
    for (size_t i = 0; i < rows->n; i++) {
        const param_t *row = rows->items[i];
        const char *text = row->look || row->look_through ? *(const char **)row->target : NULL;
        if (text && *text && !(row->fallback && strcmp (text, row->fallback) == 0))
            fine &= look_at (self, row, text, err);
    }
    return fine;
}

void options_say_fine (const options_t *self, FILE *out)
{
    fprintf (out, "fine: %s can use every option that is set; nothing was started\n", self->program);
}

/* OPTIONS_GO: it was not asked for. */
static options_outcome_t tell (const options_t *self, const arguments_t *asked, FILE *out, FILE *err)
{
    if (asked->help)
        options_help (self, out);
    else if (asked->version)
        fprintf (out, "%s %s\n", self->program, BUCKSTOP_VERSION);
    else if (asked->man)
        options_man (self, out);
    else if (!asked->shell)
        return OPTIONS_GO;
    else if (!options_completion (self, asked->shell, out)) {
        fprintf (err, "%s: --completion: '%s' is none of bash, zsh, fish\n", self->program, asked->shell);
        return OPTIONS_BAD;
    }
    return OPTIONS_TOLD;
}

options_outcome_t options_parse (const options_t *self, int argc, char **argv, int *rest, FILE *out, FILE *err)
{
    rows_t rows = rows_of (self);
    arguments_t found = {0};
    for (size_t i = 0; i < rows.n; i++) {
        set_default (rows.items[i]);
        found.bad |= set_from_environment (self, rows.items[i], err) != 0;
    }
    read_arguments (self, &rows, argc, argv, &found, err);
    if (rest)
        *rest = optind;
    options_outcome_t told = tell (self, &found, out, err);
    if (told != OPTIONS_GO)
        return told;
    found.bad |= found.check && !look_at_all (self, &rows, err);
    return found.bad ? OPTIONS_BAD : found.check ? OPTIONS_CHECKED : OPTIONS_GO;
}
