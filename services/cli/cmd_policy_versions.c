/* cmd_policy_versions.c - buckstop policy history, rollback: the versions before the one in force.
 *
 * Hears: the workspace's record and the former ones that are kept beside it (policy_apply.h). Says: who applied what when;
 * or applies a former text again, as a version of its own: what happened is not undone, and the
 * ledger says both.
 */
#include "cmd_policy.h"

#include "cli_wait.h"
#include "line_diff.h"
#include "xmalloc.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { NUMBER_SIZE = 16 };
_Static_assert(POLICY_VERSIONS_KEPT <= 64, "history reads them in one go");

/* ---- versions */

int policy_versions_open (policy_command_t *self, bool to_write)
{
    int rc = to_write ? cli_store_open (self->cli) : cli_store_open_to_read (self->cli);
    if (rc != CLI_GO)
        return rc;
    rc = cli_workspace (self->cli);
    if (rc != CLI_GO)
        cli_store_close (self->cli);
    return rc;
}

void policy_version_clear (policy_version_t *version)
{
    free (version->text);
    *version = (policy_version_t){.text = NULL};
}

static int unpack (const policy_command_t *self, const store_value_t *value, policy_version_t *version)
{
    record_head_t head;
    if (workspace_unpack (value->bytes, value->size, &head, &version->record, &version->text) == RECORD_OK)
        return CLI_GO;
    return cli_fail (CLI_NO, "the record of workspace '%s' can't be read by this version", self->cli->workspace);
}

static int load_current (policy_command_t *self, policy_version_t *version)
{
    const char *workspace = self->cli->workspace;
    char key[KEY_SIZE];
    const char *keys[] = {key_workspace (key, store_shard (self->cli->store, workspace), workspace)};
    cli_values_t values = {0};
    store_get (self->cli->store, keys, 1, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    if (rc == CLI_GO && !values.items[0].bytes)
        rc = cli_fail (CLI_NO, "there is no workspace '%s'; 'buckstop workspace list' names those that there are",
                       workspace);
    if (rc == CLI_GO)
        rc = unpack (self, &values.items[0], version);
    cli_values_clear (&values);
    return rc;
}

/* Of the versions before `newest` those that are kept, newest first; *versions malloc'd. */
static int load_former (policy_command_t *self, uint32_t newest, policy_version_t **versions, size_t *n)
{
    char room[POLICY_VERSIONS_KEPT][KEY_SIZE];
    const char *keys[POLICY_VERSIONS_KEPT], *workspace = self->cli->workspace;
    size_t asked = newest > POLICY_VERSIONS_KEPT ? POLICY_VERSIONS_KEPT : newest > 0 ? newest - 1 : 0;
    cli_values_t values = {0};
    *versions = xcalloc (asked + 1, sizeof **versions);
    *n = 0;
    for (size_t i = 0; i < asked; i++)
        keys[i] = key_policy_version (room[i], store_shard (self->cli->store, workspace), workspace,
                                      newest - 1 - (uint32_t)i);
    if (!asked)
        return CLI_GO;
    store_get (self->cli->store, keys, asked, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    for (size_t i = 0; rc == CLI_GO && i < values.n; i++)
        if (values.items[i].bytes && (rc = unpack (self, &values.items[i], &(*versions)[*n])) == CLI_GO)
            (*n)++;
    cli_values_clear (&values);
    return rc;
}

static void former_clear (policy_version_t *versions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        policy_version_clear (&versions[i]);
    free (versions);
}

bool policy_is_version (const char *given, uint32_t *version)
{
    char *end;
    unsigned long number = strtoul (given, &end, 10);
    *version = (uint32_t)number;
    return isdigit ((unsigned char)*given) && !*end && number > 0 && number <= UINT32_MAX;
}

int policy_version_load (policy_command_t *self, const char *given, policy_version_t *version)
{
    uint32_t wanted = 0;
    policy_version_t *former = NULL;
    size_t n = 0;
    if (given && !policy_is_version (given, &wanted))
        return cli_fail (CLI_USAGE, "'%s' is no version: 'buckstop policy history' lists them", given);
    int rc = load_current (self, version);
    if (rc != CLI_GO || !given || wanted == version->record.policy_version)
        return rc;
    uint32_t newest = version->record.policy_version;
    policy_version_clear (version);
    rc = load_former (self, newest, &former, &n);
    for (size_t i = 0; i < n; i++)
        if (former[i].record.policy_version == wanted) {
            *version = former[i];
            former[i].text = NULL;
        }
    former_clear (former, n);
    if (rc == CLI_GO && !version->text)
        rc = cli_fail (CLI_NO, "version %s is not kept: %s", given,
                       wanted > newest ? "there was none yet" : "'buckstop policy history' lists those that are");
    return rc;
}

/* ---- history */

typedef struct listing {
    table_t *table;
    json_t *list;
} listing_t;

/* The version before it of the same text, if it went back to one; 0: none. */
static uint32_t same_as (const policy_version_t *all, size_t n, size_t index)
{
    for (size_t i = index + 1; i < n; i++)
        if (strcmp (all[i].text, all[index].text) == 0)
            return all[i].record.policy_version;
    return 0;
}

static void list_version (const listing_t *self, const policy_version_t *all, size_t n, size_t index)
{
    char at[CLI_TIME_SIZE], version[NUMBER_SIZE], lines[2 * NUMBER_SIZE] = "", note[4 * NUMBER_SIZE] = "";
    const workspace_record_t *record = &all[index].record;
    line_diff_t diff = {.n = 0};
    uint32_t same = same_as (all, n, index);
    bool known = index + 1 < n; /* the one before it */
    if (known)
        line_diff (all[index + 1].text, all[index].text, &diff);
    snprintf (version, sizeof version, "%" PRIu32, record->policy_version);
    if (known)
        snprintf (lines, sizeof lines, "+%zu -%zu", diff.added, diff.removed);
    if (same)
        snprintf (note, sizeof note, "as version %" PRIu32, same);
    if (index == 0)
        snprintf (note + strlen (note), sizeof note - strlen (note), "%sin force", same ? ", " : "");
    table_row (self->table, version, cli_time (record->applied_at, at), record->applied_by, lines, note, NULL);
    json_array_append_new (
        self->list, json_pack ("{s:I, s:I, s:s, s:o*, s:o*, s:o*, s:b}", "version", (json_int_t)record->policy_version,
                               "applied_at", (json_int_t)record->applied_at, "applied_by", record->applied_by, "added",
                               known ? json_integer ((json_int_t)diff.added) : NULL, "removed",
                               known ? json_integer ((json_int_t)diff.removed) : NULL, "same_as",
                               same ? json_integer (same) : NULL, "in_force", index == 0));
    line_diff_clear (&diff);
}

/* Of what is in force, and of all that are kept before it: newest first. */
static int load_all (policy_command_t *self, policy_version_t **all, size_t *n)
{
    policy_version_t current = {.text = NULL}, *former = NULL;
    size_t former_n = 0;
    int rc = load_current (self, &current);
    if (rc == CLI_GO)
        rc = load_former (self, current.record.policy_version, &former, &former_n);
    *n = current.text ? former_n + 1 : 0;
    *all = xcalloc (former_n + 1, sizeof **all);
    (*all)[0] = current;
    for (size_t i = 0; i < former_n; i++)
        (*all)[i + 1] = former[i];
    free (former);
    return rc;
}

int policy_history (policy_command_t *self)
{
    static const char *const heads[] = {"VERSION", "APPLIED", "BY", "LINES", "", NULL};
    policy_version_t *all;
    size_t n;
    int rc = policy_versions_open (self, false);
    if (rc != CLI_GO)
        return rc;
    listing_t listing = {table_new (heads), json_array ()};
    rc = load_all (self, &all, &n);
    for (size_t i = 0; rc == CLI_GO && i < n; i++)
        list_version (&listing, all, n, i);
    if (rc == CLI_GO && self->cli->json)
        cli_print_json (listing.list);
    else if (rc == CLI_GO)
        table_print (listing.table, stdout);
    former_clear (all, n);
    table_destroy (&listing.table);
    json_decref (listing.list);
    cli_store_close (self->cli);
    return rc == CLI_GO ? CLI_FINE : rc;
}

/* ---- rollback */

/* The newest former one that says something else. */
static int choose_former (policy_command_t *self, const policy_version_t *current, policy_version_t *version)
{
    policy_version_t *former = NULL;
    size_t n = 0;
    int rc = load_former (self, current->record.policy_version, &former, &n);
    for (size_t i = 0; i < n && !version->text; i++)
        if (strcmp (former[i].text, current->text) != 0) {
            *version = former[i];
            former[i].text = NULL;
        }
    former_clear (former, n);
    if (rc == CLI_GO && !version->text)
        rc = cli_fail (CLI_NO, "no version before %" PRIu32 " is kept", current->record.policy_version);
    return rc;
}

static int roll_back (policy_command_t *self, const policy_version_t *current, const policy_version_t *wanted)
{
    char old_name[DETAIL_SIZE], new_name[DETAIL_SIZE];
    policy_version_name (current, old_name);
    policy_version_name (wanted, new_name);
    if (self->dry_run) {
        int rc = policy_show_diff (self, old_name, current->text, new_name, wanted->text);
        return rc == CLI_NO ? CLI_FINE : rc; /* it was only asked */
    }
    self->text = xstrdup (wanted->text);
    self->size = strlen (self->text);
    if (!self->cli->json)
        printf ("back to %s\n", new_name);
    return policy_command_apply (self);
}

int policy_rollback (policy_command_t *self)
{
    policy_version_t current = {.text = NULL}, wanted = {.text = NULL};
    int rc = policy_versions_open (self, !self->dry_run);
    if (rc != CLI_GO)
        return rc;
    rc = load_current (self, &current);
    if (rc == CLI_GO)
        rc = self->path ? policy_version_load (self, self->path, &wanted) : choose_former (self, &current, &wanted);
    if (rc == CLI_GO)
        rc = roll_back (self, &current, &wanted);
    policy_version_clear (&current);
    policy_version_clear (&wanted);
    cli_store_close (self->cli);
    return rc;
}
