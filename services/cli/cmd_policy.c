/* cmd_policy.c - buckstop policy: check a file, apply it, show what is in force.
 *
 * Hears: a YAML file, the workspace's record. Says: every error with its place, the line itself and what was
 * expected; warnings beside them, which change nothing; or the old and the new version and who leaves. check needs no
 * running system.
 */
#include "cmd_policy.h"

#include "cli_wait.h"
#include "commands.h"
#include "policy_read.h"
#include "secrets_look.h"
#include "values.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <unistd.h>

enum { LINE_SHOWN_MAX = 240 };

int policy_command_read (policy_command_t *self)
{
    char why[PARAM_WHY_SIZE];
    self->text = policy_read (self->path, &self->size, why);
    return self->text ? CLI_GO : cli_fail (CLI_USAGE, "%s", why);
}

/* What is missing is said with all else that is wrong. */
static int read_parts (policy_command_t *self)
{
    char why[PARAM_WHY_SIZE];
    self->text = policy_read_parts (self->path, &self->size, &self->missing, why);
    return self->text ? CLI_GO : cli_fail (CLI_USAGE, "%s", why);
}

/* The line of the text, and a caret below the column; not of a line so long that it is none. */
static void show_place (const char *text, int line, int column)
{
    const char *at = text;
    for (int i = 1; i < line && at; i++) {
        at = strchr (at, '\n');
        at = at ? at + 1 : NULL;
    }
    if (line < 1 || !at || !*at || column > LINE_SHOWN_MAX)
        return;
    size_t size = strcspn (at, "\r\n");
    fputs ("    ", stderr);
    cli_quote (stderr, at, size, LINE_SHOWN_MAX);
    fprintf (stderr, "\n    %*s^\n", column > 1 ? (int)cli_quote (NULL, at, size, (size_t)column - 1) : 0, "");
}

/* "file" only of what stands in a file that the policy uses: the line is that file's then. */
static json_t *places_json (const policy_command_t *self, const policy_errors_t *places)
{
    json_t *list = json_array ();
    for (size_t i = 0; i < places->n; i++) {
        const policy_error_t *place = policy_read_known (&self->missing, &places->items[i]);
        char file[ADDRESS_SIZE];
        int line = place->line;
        bool used = policy_place (self->text, self->size, place->line, file, &line);
        json_array_append_new (list, json_pack ("{s:o*, s:i, s:i, s:o, s:o}", "file", used ? value_text (file) : NULL,
                                                "line", line, "column", place->column, "what", value_text (place->what),
                                                "expected", value_text (place->expected)));
    }
    return list;
}

static void say_places (const policy_command_t *self, const policy_errors_t *places, const char *kind)
{
    for (size_t i = 0; i < places->n; i++) {
        const policy_error_t *place = policy_read_known (&self->missing, &places->items[i]);
        char at[POLICY_PLACE_SIZE];
        fprintf (stderr, "%s: %s", policy_place_words (self->path, self->text, self->size, place, at), kind);
        cli_quote (stderr, place->what, strlen (place->what), SIZE_MAX);
        fputc ('\n', stderr);
        show_place (self->text, place->line, place->column);
        if (*place->expected)
            fprintf (stderr, "    expected: %s\n", place->expected);
    }
}

static void say_errors (const policy_command_t *self, const policy_errors_t *errors)
{
    if (self->cli->json) {
        json_t *list = places_json (self, errors);
        cli_print_json (list);
        json_decref (list);
        return;
    }
    say_places (self, errors, "");
    fprintf (stderr, "%zu error%s\n", errors->n, errors->n == 1 ? "" : "s");
}

/* --workspace says nothing here, since the file does: another one is a mistake. */
static int check_workspace (const policy_command_t *self, const policy_t *policy)
{
    const char *wanted = self->cli->workspace;
    if (!policy || !wanted || strcmp (wanted, policy->workspace) == 0)
        return CLI_GO;
    return cli_fail (CLI_USAGE, "%s: it is the policy of workspace '%s', not of '%s'", self->path, policy->workspace,
                     wanted);
}

static void say_fine (const policy_command_t *self, const policy_t *policy, const policy_errors_t *warnings)
{
    if (self->cli->json) {
        puts ("[]"); /* the errors; warnings are for people */
        return;
    }
    printf ("%s: fine: workspace %s, %zu %s, %zu team%s, %zu rule%s", self->path, policy->workspace, policy->people_n,
            policy->people_n == 1 ? "person" : "people", policy->teams_n, policy->teams_n == 1 ? "" : "s",
            policy->rules_n, policy->rules_n == 1 ? "" : "s");
    if (warnings->n)
        printf (", %zu warning%s", warnings->n, warnings->n == 1 ? "" : "s");
    putchar ('\n');
}

static void say_missing (void *arg, const policy_secret_t *secret, const char *why)
{
    (void)arg;
    fprintf (stderr, "warning: %s: %s, read by %s\n", why, secret->what,
             secret->reader == READER_INTAKE ? "intake" : "notification");
}

/* Files that the policy needs and that are not there: the policy may be applied, and what needs them waits. */
static void look_for_secrets (const policy_command_t *self, const policy_t *policy)
{
    if (policy && *self->secrets)
        secrets_missing (policy, self->secrets, READER_INTAKE | READER_NOTIFICATION, say_missing, NULL);
}

static int check (policy_command_t *self)
{
    policy_errors_t errors = {0}, warnings = {0};
    policy_t *policy = policy_check (self->text, self->size, &errors, &warnings);
    int status = check_workspace (self, policy);
    if (!policy) {
        say_errors (self, &errors);
        status = CLI_NO;
    } else if (status == CLI_GO) {
        say_places (self, &warnings, "warning: ");
        look_for_secrets (self, policy);
        say_fine (self, policy, &warnings);
        status = CLI_FINE;
    }
    policy_destroy (&policy);
    policy_errors_clear (&errors);
    policy_errors_clear (&warnings);
    return status;
}

static void say_applied_json (const policy_applied_t *applied, const char *outcome)
{
    json_t *leaving = json_array ();
    for (size_t i = 0; i < applied->leaving_n; i++)
        json_array_append_new (leaving, json_string (applied->leaving[i]));
    json_t *answer =
        json_pack ("{s:s, s:s, s:I, s:I, s:o}", "outcome", outcome, "workspace",
                   applied->workspace ? applied->workspace : "", "old_version", (json_int_t)applied->old_version,
                   "new_version", (json_int_t)applied->new_version, "leaving", leaving);
    cli_print_json (answer);
    json_decref (answer);
}

static void say_applied (const policy_applied_t *applied)
{
    if (applied->outcome == POLICY_SAME)
        printf ("%s: this policy is in force already, version %" PRIu32 "\n", applied->workspace, applied->new_version);
    else
        printf ("%s: version %" PRIu32 " is in force (before: %" PRIu32 "); the services follow within a second\n",
                applied->workspace, applied->new_version, applied->old_version);
    for (size_t i = 0; i < applied->leaving_n; i++)
        printf ("  leaving: %s; what they hold goes back to the matcher\n", applied->leaving[i]);
}

static void on_applied (void *arg, const policy_applied_t *applied)
{
    static const struct {
        const char *name;
        int status;
    } rows[] = {[POLICY_APPLIED] = {"applied", CLI_FINE}, [POLICY_SAME] = {"same", CLI_FINE},
                [POLICY_BAD] = {"bad", CLI_NO},           [POLICY_CONFLICT] = {"conflict", CLI_NO},
                [POLICY_BROKEN] = {"broken", CLI_NO},     [POLICY_AWAY] = {"away", CLI_UNREACHABLE}};
    policy_command_t *self = arg;
    self->status = rows[applied->outcome].status;
    if (applied->outcome == POLICY_BAD)
        say_errors (self, applied->errors);
    else if (self->cli->json)
        say_applied_json (applied, rows[applied->outcome].name);
    else if (self->status == CLI_FINE)
        say_applied (applied);
    else
        cli_fail (self->status, "%s", applied->why);
    loop_stop (self->cli->loop);
}

/* What is wrong with it is said by policy_apply. */
static int look (policy_command_t *self)
{
    policy_errors_t errors = {0}, warnings = {0};
    policy_t *policy = policy_check (self->text, self->size, &errors, &warnings);
    int rc = check_workspace (self, policy);
    if (rc == CLI_GO) {
        say_places (self, &warnings, "warning: ");
        look_for_secrets (self, policy);
    }
    policy_destroy (&policy);
    policy_errors_clear (&errors);
    policy_errors_clear (&warnings);
    return rc;
}

int policy_command_apply (policy_command_t *self)
{
    self->status = CLI_UNREACHABLE;
    policy_apply (self->cli->store, self->cli->loop, self->text, self->size, self->by, on_applied, self);
    cli_wait (self->cli);
    return self->status;
}

static int apply (policy_command_t *self)
{
    int rc = look (self);
    if (rc == CLI_GO)
        rc = cli_store_open (self->cli);
    if (rc != CLI_GO)
        return rc;
    rc = policy_look_at_others (self);
    rc = rc == CLI_GO ? policy_command_apply (self) : rc;
    /* an application that was interrupted answers while the store is closed */
    cli_store_close (self->cli);
    return rc;
}

static void print_record (const policy_command_t *self, const policy_version_t *version)
{
    char at[CLI_TIME_SIZE];
    const workspace_record_t *record = &version->record;
    if (!self->cli->json) {
        printf ("# workspace %s, version %" PRIu32 ", applied %s by %s\n%s", record->name, record->policy_version,
                cli_time (record->applied_at, at), *record->applied_by ? record->applied_by : "-", version->text);
        return;
    }
    json_t *answer = json_pack ("{s:s, s:I, s:I, s:s, s:s}", "workspace", record->name, "version",
                                (json_int_t)record->policy_version, "applied_at", (json_int_t)record->applied_at,
                                "applied_by", record->applied_by, "policy", version->text);
    cli_print_json (answer);
    json_decref (answer);
}

/* The one in force, or a former one. */
static int show (policy_command_t *self)
{
    policy_version_t version = {0};
    int rc = policy_versions_open (self, false);
    if (rc != CLI_GO)
        return rc;
    rc = policy_version_load (self, self->path, &version);
    if (rc == CLI_GO) {
        print_record (self, &version);
        rc = CLI_FINE;
    }
    policy_version_clear (&version);
    cli_store_close (self->cli);
    return rc;
}

static const policy_word_t words[] = {
    {"check", 2, 2, check, "secrets", true},
    {"apply", 2, 2, apply, "by secrets yes", true},
    {"show", 1, 2, show, "", false},
    {"history", 1, 1, policy_history, "", false},
    {"diff", 2, 3, policy_diff, "", false},
    {"rollback", 1, 2, policy_rollback, "by dry-run", false},
    {NULL},
};

static const policy_word_t *word_of (const cli_t *cli)
{
    for (const policy_word_t *row = words; row->name; row++)
        if (strcmp (row->name, cli->words[0]) == 0 && cli->words_n >= row->words_min && cli->words_n <= row->words_max)
            return row;
    return NULL;
}

int cmd_policy (cli_t *cli, const command_t *command, int argc, char **argv)
{
    policy_command_t self = {.cli = cli};
    const char *login = getlogin ();
    const param_t own[] = {
        {"by", PARAM_STRING, login ? login : "operator", 0, 0, &self.by, "apply, rollback: who does it"},
        {"dry-run", PARAM_SWITCH, "no", 0, 0, &self.dry_run, "rollback: only show what would change"},
        {"yes", PARAM_SWITCH, "no", 0, 0, &self.yes,
         "apply: also what stops mail of another workspace, since both name its address"},
        {"secrets", PARAM_STRING, "", 0, 0, &self.secrets,
         "check, apply: the directory of secrets; a file that the policy needs and that is not there is named"},
        {NULL}};
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const policy_word_t *row = word_of (cli);
    if (!row)
        return cli_usage (cli, command);
    if ((rc = cli_options_in (cli, row->name, row->options, own, argv)) != CLI_GO)
        return rc;
    self.path = cli->words_n > 1 ? cli->words[1] : NULL;
    rc = row->file ? read_parts (&self) : CLI_GO;
    rc = rc == CLI_GO ? row->run (&self) : rc;
    policy_errors_clear (&self.missing);
    free (self.text);
    return rc;
}
