/* cli_known.c - is there such a workspace? A name that was mistyped would else be taken for one without anything in it.
 *
 * Hears: the list of workspaces, and the record of this one: what the list lacks by a damage is there all the same, and the
 * audit is to say so. Says: which there are, and how one is made.
 */
#include "cli_wait.h"

#include "ids.h"
#include "keys.h"
#include "meant.h"
#include "xmalloc.h"

#include <stdlib.h>
#include <string.h>

static void say_which (const char *const *rows, size_t n)
{
    fputs (n ? "  there are:" : "  there is none yet", stderr);
    for (size_t i = 0; i < n; i++)
        fprintf (stderr, " %s", rows[i]);
    fputs ("; 'buckstop policy apply FILE' makes the one that the file names\n", stderr);
}

static int unknown (const cli_t *cli, const cli_values_t *names)
{
    const char **rows = xcalloc (names->n + 1, sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < names->n; i++)
        if (name_valid (names->items[i].bytes))
            rows[n++] = names->items[i].bytes;
    qsort (rows, n, sizeof *rows, row_by_name);
    const char *near = word_nearest (cli->workspace, rows, n, sizeof *rows);
    char meant[WORD_MEANT_SIZE];
    int rc = cli_fail (CLI_USAGE, "there is no workspace '%s'%s", cli->workspace, word_meant (near, meant));
    say_which (rows, n);
    free (rows);
    return rc;
}

static bool is_listed (const cli_t *cli, const cli_values_t *names)
{
    for (size_t i = 0; i < names->n; i++)
        if (names->items[i].bytes && strcmp (names->items[i].bytes, cli->workspace) == 0)
            return true;
    return false;
}

/* A key of another type is no answer: it is said, and the audit is to name it. */
static int answer_of (cli_values_t *values)
{
    int rc = cli_got (values);
    return values->wrong_type ? CLI_GO : rc;
}

/* *there: it has a record, or what could be one. */
static int has_record (cli_t *cli, bool *there)
{
    char key[KEY_SIZE];
    cli_values_t record = {0};
    const char *keys[] = {key_workspace (key, store_shard (cli->store, cli->workspace), cli->workspace)};
    store_get (cli->store, keys, 1, cli_take, cli_ask (cli, &record));
    int rc = answer_of (&record);
    *there = record.wrong_type || (record.n && record.items[0].bytes);
    cli_values_clear (&record);
    return rc;
}

int cli_workspace_known (cli_t *cli)
{
    cli_values_t names = {0};
    bool there = true;
    if (!name_valid (cli->workspace))
        return cli_fail (CLI_USAGE, "'%.60s' is no name of a workspace", cli->workspace);
    store_set (cli->store, KEY_WORKSPACES, cli_take, cli_ask (cli, &names));
    int rc = answer_of (&names);
    if (rc == CLI_GO && !names.wrong_type && !is_listed (cli, &names))
        rc = has_record (cli, &there);
    if (rc == CLI_GO && !there)
        rc = unknown (cli, &names);
    cli_values_clear (&names);
    return rc;
}
