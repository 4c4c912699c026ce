/* test_options.c - parameters: one table, three places that may set them, one set of checks. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct values {
    const char *listen, *empty, *colour;
    int64_t size;
    bool dry;
} values_t;

typedef struct test_row {
    const char *name;
    const char *args[6];
    const char *environment[2]; /* name, value */
    options_outcome_t outcome;
    const char *listen;
    int64_t size;
    bool dry;
    int rest;         /* how many words are left */
    const char *says; /* part of what is printed */
} row_t;

static const row_t rows[] = {
    {"defaults", {NULL}, {NULL}, OPTIONS_GO, "here", 10, false, 0, ""},
    {"argument", {"--listen", "there"}, {NULL}, OPTIONS_GO, "there", 10, false, 0, ""},
    {"argument with =", {"--size=99"}, {NULL}, OPTIONS_GO, "here", 99, false, 0, ""},
    {"environment", {NULL}, {"BUCKSTOP_LISTEN_AT", "env"}, OPTIONS_GO, "here", 10, false, 0, ""},
    {"environment sets", {NULL}, {"BUCKSTOP_BODY_SIZE", "7"}, OPTIONS_GO, "here", 10, false, 0, ""},
    {"environment by name", {NULL}, {"BUCKSTOP_SIZE", "7"}, OPTIONS_GO, "here", 7, false, 0, ""},
    {"dash is underscore", {NULL}, {"BUCKSTOP_DRY_RUN", "yes"}, OPTIONS_GO, "here", 10, true, 0, ""},
    {"argument before environment", {"--size", "8"}, {"BUCKSTOP_SIZE", "7"}, OPTIONS_GO, "here", 8, false, 0, ""},
    {"switch", {"--dry-run"}, {NULL}, OPTIONS_GO, "here", 10, true, 0, ""},
    {"switch off", {"--dry-run=no"}, {"BUCKSTOP_DRY_RUN", "1"}, OPTIONS_GO, "here", 10, false, 0, ""},
    {"words stay", {"a", "--size", "5", "b"}, {NULL}, OPTIONS_GO, "here", 5, false, 2, ""},
    {"at the lower bound", {"--size", "1"}, {NULL}, OPTIONS_GO, "here", 1, false, 0, ""},
    {"below the bound",
     {"--size", "0"},
     {NULL},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "--size: '0' is not a whole number from 1 to 100"},
    {"above the bound", {"--size", "101"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "from 1 to 100"},
    {"no number", {"--size", "5x"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "'5x'"},
    {"empty number", {"--size", ""}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "''"},
    {"larger than a word", {"--size", "99999999999999999999999"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "--size"},
    {"bad switch", {"--dry-run=maybe"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "neither yes nor no"},
    {"environment is checked too",
     {NULL},
     {"BUCKSTOP_SIZE", "0"},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "BUCKSTOP_SIZE: '0'"},
    {"unknown",
     {"--sise", "5"},
     {NULL},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "--sise is no option here; did you mean --size? --help lists"},
    {"a misspelt one of all programs",
     {"--hepl"},
     {NULL},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "did you mean --help? --help"},
    {"begun, of two",
     {"--c"},
     {NULL},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "did you mean --colour, --check, --completion? --"},
    {"none like it", {"--xyzzy"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "--xyzzy is no option here; --help lists"},

    {"value missing", {"--size"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "--size needs a value"},
    {"a page", {"--man"}, {NULL}, OPTIONS_TOLD, "here", 10, false, 0, ".SH OPTIONS"},
    {"options, for bash", {"--completion", "bash"}, {NULL}, OPTIONS_TOLD, "here", 10, false, 0, "--dry-run"},
    {"for no shell", {"--completion", "csh"}, {NULL}, OPTIONS_BAD, "here", 10, false, 0, "'csh' is none of bash, zsh"},
    {"check", {"--check", "--size", "5"}, {NULL}, OPTIONS_CHECKED, "here", 5, false, 0, ""},
    {"check of bad ones", {"--check", "--size", "0"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "--size"},
    {"a text that is none", {"--colour", "mauve"}, {NULL}, OPTIONS_BAD, NULL, 0, false, 0, "--colour: 'mauve' is not"},
    {"a text that is one", {"--colour", "red"}, {NULL}, OPTIONS_GO, "here", 10, false, 0, ""},
    {"nothing, where that is the default", {"--colour", ""}, {NULL}, OPTIONS_GO, "here", 10, false, 0, ""},
    {"texts of the environment, too", {NULL}, {"BUCKSTOP_COLOUR", "x"}, OPTIONS_BAD, NULL, 0, false, 0, "_COLOUR: 'x'"},
    {"only --check looks", {"--listen", "nowhere"}, {NULL}, OPTIONS_GO, "nowhere", 10, false, 0, ""},
    {"--check looks",
     {"--listen", "nowhere", "--check"},
     {NULL},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "--listen: 'nowhere'"},
    {"each wrong one is said",
     {"--check", "--size", "0", "--sise", "--colour=x", "--listen=y"},
     {"BUCKSTOP_COLOUR", "z"},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "program: BUCKSTOP_COLOUR: 'z' is not what was wanted\n"
     "program: --size: '0' is not a whole number from 1 to 100\n"
     "program: --sise is no option here; did you mean --size? --help lists the options\n"
     "program: --colour: 'x' is not what was wanted\n"
     "program: --listen: 'y' is not what was wanted\n"},
    {"each, at a start too",
     {"--size", "0", "--size"},
     {NULL},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "\nprogram: --size needs"},
    {"help in spite of a wrong one", {"--size", "0", "--help"}, {NULL}, OPTIONS_TOLD, NULL, 0, false, 0, "how large"},
    {"a letter ends it",
     {"-abc", "--size", "0"},
     {NULL},
     OPTIONS_BAD,
     NULL,
     0,
     false,
     0,
     "program: -a is no option here; --help lists the options\n"},
    {"not at the default", {"--check", "--listen", "here"}, {NULL}, OPTIONS_CHECKED, "here", 10, false, 0, ""},
    {"help", {"--help"}, {NULL}, OPTIONS_TOLD, NULL, 0, false, 0, "how large (1..100, default 10)"},
    {"help names a variable", {"--help"}, {NULL}, OPTIONS_TOLD, NULL, 0, false, 0, "--listen as BUCKSTOP_LISTEN"},
    {"help has the example", {"--help"}, {NULL}, OPTIONS_TOLD, NULL, 0, false, 0, "program --size 5"},
    {"version", {"--version"}, {NULL}, OPTIONS_TOLD, NULL, 0, false, 0, "program " BUCKSTOP_VERSION},
};

static int words_of (const row_t *row, char **argv)
{
    static char program[] = "program";
    int n = 0;
    argv[n++] = program;
    for (size_t i = 0; i < 6 && row->args[i]; i++)
        argv[n++] = (char *)(uintptr_t)row->args[i];
    argv[n] = NULL;
    return n;
}

static bool is_red (const char *text, char why[PARAM_WHY_SIZE])
{
    snprintf (why, PARAM_WHY_SIZE, "'%s' is not what was wanted", text);
    return strcmp (text, "red") == 0;
}

static void play (const row_t *row)
{
    values_t values = {.listen = "unset"};
    const param_t common[] = {{"listen", PARAM_STRING, "here", 0, 0, &values.listen, "where", .look = is_red},
                              {"colour", PARAM_STRING, NULL, 0, 0, &values.colour, "which", is_red},
                              {"empty", PARAM_STRING, NULL, 0, 0, &values.empty, "nothing"},
                              {NULL}};
    const param_t own[] = {{"size", PARAM_NUMBER, "10", 1, 100, &values.size, "how large"},
                           {"dry-run", PARAM_SWITCH, "no", 0, 0, &values.dry, "only pretend"},
                           {NULL}};
    const param_t *const tables[] = {common, own, NULL};
    const options_t options = {"program", "[options]", "a test", "program --size 5", tables};
    char *argv[8], *text = NULL;
    int argc = words_of (row, argv), rest = argc;
    size_t size = 0;
    FILE *out = open_memstream (&text, &size);
    if (row->environment[0])
        setenv (row->environment[0], row->environment[1], 1);
    options_outcome_t outcome = options_parse (&options, argc, argv, &rest, out, out);
    if (row->environment[0])
        unsetenv (row->environment[0]);
    fclose (out);
    if (outcome != row->outcome || !strstr (text, row->says))
        fail_msg ("%s: outcome %d, said: %s", row->name, (int)outcome, text);
    if (row->listen && (strcmp (values.listen, row->listen) != 0 || values.size != row->size ||
                        values.dry != row->dry || argc - rest != row->rest || values.empty))
        fail_msg ("%s: listen %s size %ld dry %d rest %d", row->name, values.listen, (long)values.size, values.dry,
                  argc - rest);
    free (text);
}

static void test_table (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        play (&rows[i]);
}

static void test_defaults (void **state)
{
    (void)state;
    values_t values = {.size = 77, .dry = true};
    const param_t params[] = {{"size", PARAM_NUMBER, "10", 1, 100, &values.size, ""},
                              {"dry-run", PARAM_SWITCH, NULL, 0, 0, &values.dry, ""},
                              {NULL}};
    options_defaults (params);
    assert_int_equal (values.size, 10);
    assert_false (values.dry);
    options_defaults (NULL);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_table), cmocka_unit_test (test_defaults)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
