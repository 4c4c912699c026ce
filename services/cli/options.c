/* options.c - options of a command: its own rows, then the shared ones that it uses.
 *
 * Hears: argv, the environment. Says: CLI_GO with cli->words, or the exit status when there is nothing to do.
 * The token comes from a file or the environment only: arguments can be read by everybody on the machine.
 */
#include "options.h"
#include "cli.h"
#include "meant.h"
#include "option_checks.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { COMMON_ROWS = 17, FIRST_WORDS = 16 };

typedef struct common_row {
    unsigned uses; /* 0: every command has it */
    param_t param;
} common_row_t;

int cli_fail (int status, const char *format, ...)
{
    va_list list;
    va_start (list, format);
    fputs ("buckstop: ", stderr);
    vfprintf (stderr, format, list);
    fputc ('\n', stderr);
    va_end (list);
    return status;
}

static void common_rows (cli_t *cli, unsigned uses, param_t rows[COMMON_ROWS])
{
    const common_row_t list[] = {
        {0, {"json", PARAM_SWITCH, "no", 0, 0, &cli->json, "print JSON, for programs"}},
        {USES_INTAKE,
         {"server", PARAM_STRING, "http://127.0.0.1:7400", 0, 0, &cli->server, "where intake answers", option_url}},
        {USES_INTAKE,
         {"token-file", PARAM_STRING, NULL, 0, 0, &cli->token_file, "file with the token; or set BUCKSTOP_TOKEN",
          option_password_file}},
        {USES_STORE,
         {"redis", PARAM_STRING, "127.0.0.1:6379", 0, 0, &cli->redis,
          "the store: host:port, unix:/path, or sentinel:NAME@host:port,host:port; by TLS: tls: before it",
          option_store}},
        {USES_STORE,
         {"redis-ca", PARAM_STRING, NULL, 0, 0, &cli->redis_ca,
          "file: who signs the store's certificate, for tls:; else whom this machine trusts", option_readable}},
        {USES_STORE,
         {"redis-cert", PARAM_STRING, NULL, 0, 0, &cli->redis_cert,
          "file: our certificate, for tls:", option_readable}},
        {USES_STORE, {"redis-key", PARAM_STRING, NULL, 0, 0, &cli->redis_key, "file: its key", option_readable}},
        {USES_STORE, {"redis-user", PARAM_STRING, NULL, 0, 0, &cli->redis_user, "name to log in with there"}},
        {USES_STORE,
         {"redis-password-file", PARAM_STRING, NULL, 0, 0, &cli->redis_password_file, "file with the password",
          option_password_file}},
        {USES_STORE,
         {"sentinel-password-file", PARAM_STRING, NULL, 0, 0, &cli->sentinel_password_file,
          "file with the password of the sentinels", option_password_file}},
        {USES_STORE,
         {"durability", PARAM_STRING, "fsync", 0, 0, &cli->durability, "as the services have it", option_durability}},
        {USES_STORE, {"shards", PARAM_NUMBER, "16", 1, SHARDS_MAX, &cli->shards, "as the services have it"}},
        {USES_WORKSPACE,
         {"workspace", PARAM_STRING, NULL, 0, 0, &cli->workspace,
          "which one; needed when there are several; a token is good for one alone"}},
        {USES_STREAM,
         {"stream", PARAM_STRING, "tcp://127.0.0.1:7415", 0, 0, &cli->stream, "where notification publishes events",
          option_endpoints}},
        {USES_STREAM,
         {"keys", PARAM_STRING, NULL, 0, 0, &cli->keys, "folder of keys, where the services have one; ours is cli.key",
          option_keys}},
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!list[i].uses || list[i].uses & uses)
            rows[n++] = list[i].param;
    rows[n] = (param_t){NULL};
}

static int read_line (const char *path, char *line, size_t size)
{
    FILE *file = fopen (path, "r");
    bool read = file && fgets (line, (int)size, file);
    if (file)
        fclose (file);
    if (!read)
        return cli_fail (CLI_USAGE, "%s: %s", path, file ? "it is empty" : strerror (errno));
    line[strcspn (line, "\r\n")] = '\0';
    return CLI_GO;
}

static int read_secrets (cli_t *cli)
{
    int rc = CLI_GO;
    cli->token = getenv ("BUCKSTOP_TOKEN");
    if (cli->token_file) {
        rc = read_line (cli->token_file, cli->token_read, sizeof cli->token_read);
        cli->token = cli->token_read;
    }
    if (rc == CLI_GO && cli->redis_password_file)
        rc = read_line (cli->redis_password_file, cli->password, sizeof cli->password);
    if (rc == CLI_GO && cli->redis_user && *cli->redis_user && !*cli->password)
        rc = cli_fail (CLI_USAGE, "--redis-user %s: a user logs in with a password: --redis-password-file FILE",
                       cli->redis_user);
    if (rc == CLI_GO && cli->sentinel_password_file)
        rc = read_line (cli->sentinel_password_file, cli->sentinel_password, sizeof cli->sentinel_password);
    return rc;
}

/* The first words that the command knows, by its synopsis. */
typedef struct first_word {
    const char *name; /* points to text */
    char text[OPTIONS_NAME_SIZE];
} first_word_t;

static size_t first_words (const command_t *command, first_word_t words[FIRST_WORDS])
{
    const options_t options = {.program = command->name, .synopsis = command->synopsis};
    size_t n = 0;
    while (n < FIRST_WORDS && options_word (&options, n, words[n].text)) {
        words[n].name = words[n].text;
        n++;
    }
    return n;
}

int cli_usage (const cli_t *cli, const command_t *command)
{
    first_word_t words[FIRST_WORDS];
    size_t n = first_words (command, words);
    const char *given = cli->words_n ? cli->words[0] : "";
    char meant[WORD_MEANT_SIZE];
    bool known = !*given || !n;
    for (size_t i = 0; i < n; i++)
        known |= strcmp (words[i].name, given) == 0;
    if (!known)
        cli_fail (CLI_USAGE, "%s knows no '%.60s'%s", command->name, given,
                  word_meant (word_nearest (given, words, n, sizeof *words), meant));
    return cli_fail (CLI_USAGE, "usage: buckstop %s %s\nexample:\n  %s", command->name, command->synopsis,
                     command->example);
}

int cli_options (cli_t *cli, const command_t *command, const param_t *own, int argc, char **argv)
{
    static const param_t none[] = {{NULL}};
    param_t common[COMMON_ROWS];
    char program[64];
    int rest = argc;
    common_rows (cli, command->uses, common);
    snprintf (program, sizeof program, "buckstop %s", command->name);
    const param_t *const tables[] = {own ? own : none, common, NULL};
    const options_t options = {program, command->synopsis, command->summary, command->example,
                               tables,  command->notes,    command->words};
    switch (options_parse (&options, argc, argv, &rest, stdout, stderr)) {
    case OPTIONS_CHECKED:
        options_say_fine (&options, stdout);
        return CLI_FINE;
    case OPTIONS_TOLD:
        return CLI_FINE;
    case OPTIONS_BAD:
        return CLI_USAGE;
    case OPTIONS_GO:
        break;
    }
    cli->words = argv + rest;
    cli->words_n = argc - rest;
    if (cli->words_n < command->words_min || cli->words_n > command->words_max)
        return cli_usage (cli, command);
    return read_secrets (cli);
}

/* getopt has put the options before the words. */
static bool is_given (const cli_t *cli, const param_t *row, char **argv)
{
    size_t length = strlen (row->name);
    for (; argv < cli->words; argv++)
        if (strncmp (*argv, "--", 2) == 0 && strncmp (*argv + 2, row->name, length) == 0 &&
            ((*argv)[2 + length] == '\0' || (*argv)[2 + length] == '='))
            return true;
    return false;
}

int cli_options_of (const cli_t *cli, const char *given, const char *wanted, const param_t *own, char **argv)
{
    if (strcmp (given, wanted) == 0)
        return CLI_GO;
    for (const param_t *row = own; row->name; row++)
        if (is_given (cli, row, argv))
            return cli_fail (CLI_USAGE, "--%s belongs to '%s'; '%s' does not use it", row->name, wanted, given);
    return CLI_GO;
}

int cli_options_in (const cli_t *cli, const char *given, const char *allowed, const param_t *own, char **argv)
{
    for (const param_t *row = own; row->name; row++) {
        size_t length = strlen (row->name);
        bool belongs = false;
        for (const char *at = allowed; !belongs && (at = strstr (at, row->name)); at += length)
            belongs = (at == allowed || at[-1] == ' ') && (at[length] == ' ' || !at[length]);
        if (!belongs && is_given (cli, row, argv))
            return cli_fail (CLI_USAGE, "--%s does not belong to '%s'", row->name, given);
    }
    return CLI_GO;
}
