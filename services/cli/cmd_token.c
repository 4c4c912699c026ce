/* cmd_token.c - buckstop token: issue, revoke, list.
 *
 * Hears: the store's answers (tokens.h). Says: a new token, the only time that it is known; the list never shows one.
 */
#include "commands.h"

#include "cli_wait.h"
#include "ids.h"
#include "tokens.h"
#include "values.h"
#include "workspaces.h"

#include <string.h>

typedef struct token_command {
    cli_t *cli;
    const char *scope, *person, *note;
    bool before_policy;
    scope_t wanted;
    workspaces_t *workspaces; /* issue: is there such a workspace, and in it a person of that name? */
    table_t *table;
    json_t *list;
    int status;
} token_command_t;

static json_t *info_json (const token_info_t *info)
{
    return json_pack ("{s:s, s:s, s:s, s:s, s:o, s:I}", "id", info->bearer.id, "scope", scope_name (info->bearer.scope),
                      "workspace", info->bearer.workspace, "person", info->bearer.person, "note",
                      value_text (info->note), "created_at", (json_int_t)info->created_at);
}

static void on_issued (void *arg, const char *token, const token_info_t *info)
{
    token_command_t *self = arg;
    loop_stop (self->cli->loop);
    if (!token) {
        self->status = cli_away (self->cli, ": no token was issued");
        return;
    }
    self->status = CLI_FINE;
    if (!self->cli->json) {
        puts (token);
        return;
    }
    json_t *answer = info_json (info);
    json_object_set_new (answer, "token", json_string (token));
    cli_print_json (answer);
    json_decref (answer);
}

static void issue_now (token_command_t *self, scope_t scope)
{
    tokens_issue (self->cli->store, self->cli->workspace, scope, scope == SCOPE_PERSON ? self->person : NULL,
                  self->note ? self->note : "", on_issued, self);
}

static void warn_no_policy (const token_command_t *self)
{
    if (!self->before_policy) {
        fprintf (stderr, "buckstop: the record of workspace '%s' can't be read; 'buckstop audit' names its key\n",
                 self->cli->workspace);
        return;
    }
    fprintf (stderr, "buckstop: workspace '%s' has no policy yet: the token works once one is applied",
             self->cli->workspace);
    if (self->wanted == SCOPE_PERSON)
        fprintf (stderr, ", if it names '%s'", self->person);
    fputc ('\n', stderr);
}

static void on_policy (void *arg)
{
    token_command_t *self = arg;
    const policy_t *policy = workspaces_policy (self->workspaces, self->cli->workspace);
    if (!policy)
        warn_no_policy (self);
    if (!policy || self->wanted != SCOPE_PERSON || policy_person (policy, self->person)) {
        issue_now (self, self->wanted);
        return;
    }
    self->status = cli_fail (CLI_NO, "the policy of workspace '%s' names no person '%s'; no token was issued",
                             self->cli->workspace, self->person);
    loop_stop (self->cli->loop);
}

static int issue (token_command_t *self)
{
    if (!self->scope || scope_parse (self->scope, &self->wanted))
        return cli_fail (CLI_USAGE, "--scope is one of channel, person, operator");
    if ((self->wanted == SCOPE_PERSON) != (self->person && *self->person))
        return cli_fail (CLI_USAGE, "--person names who holds a token of scope person, and only of that");
    if (self->person && *self->person && !name_valid (self->person))
        return cli_fail (CLI_USAGE, "'%s' is no name of a person", self->person);
    self->workspaces = workspaces_new (self->cli->loop, self->cli->store);
    workspaces_refresh (self->workspaces, self->cli->workspace, on_policy, self);
    return CLI_GO;
}

static void on_revoked (void *arg, bool away, bool found)
{
    token_command_t *self = arg;
    loop_stop (self->cli->loop);
    if (away)
        self->status = cli_away (self->cli, ": revoke it again");
    else if (!found)
        self->status = cli_fail (
            CLI_NO, "there is no such token; 'buckstop token list' shows those that there are, by the beginning");
    else {
        self->status = CLI_FINE;
        puts (self->cli->json ? "{\"revoked\": true}" : "revoked; it works no longer than two seconds more");
    }
}

static int revoke (token_command_t *self)
{
    tokens_revoke (self->cli->store, self->cli->words[1], on_revoked, self);
    return CLI_GO;
}

static void on_listed (void *arg, bool away, const token_info_t *info)
{
    token_command_t *self = arg;
    char at[CLI_TIME_SIZE];
    if (info) {
        table_row (self->table, info->bearer.id, scope_name (info->bearer.scope), info->bearer.workspace,
                   info->bearer.person, cli_time (info->created_at, at), info->note, NULL);
        json_array_append_new (self->list, info_json (info));
        return;
    }
    loop_stop (self->cli->loop);
    self->status = away ? cli_away (self->cli, "") : CLI_FINE;
}

static int list (token_command_t *self)
{
    tokens_list (self->cli->store, self->cli->workspace, on_listed, self);
    return CLI_GO;
}

static int perform (token_command_t *self, int (*run) (token_command_t *self), bool workspace)
{
    static const char *const heads[] = {"ID", "SCOPE", "WORKSPACE", "PERSON", "CREATED", "NOTE", NULL};
    int rc = run == list ? cli_store_open_to_read (self->cli) : cli_store_open (self->cli);
    if (rc != CLI_GO)
        return rc;
    self->table = table_new (heads);
    self->list = json_array ();
    self->status = CLI_UNREACHABLE;
    rc = workspace && !(self->before_policy && self->cli->workspace) ? cli_workspace (self->cli) : CLI_GO;
    if (rc == CLI_GO)
        rc = run (self);
    if (rc == CLI_GO)
        rc = cli_wait (self->cli) ? self->status : CLI_UNREACHABLE;
    if (rc == CLI_FINE && run == list) {
        if (self->cli->json)
            cli_print_json (self->list);
        else
            table_print (self->table, stdout);
    }
    workspaces_destroy (&self->workspaces);
    cli_store_close (self->cli);
    table_destroy (&self->table);
    json_decref (self->list);
    return rc;
}

int cmd_token (cli_t *cli, const command_t *command, int argc, char **argv)
{
    static const struct {
        const char *word;
        int words;
        bool workspace; /* it must be known which */
        int (*run) (token_command_t *self);
    } rows[] = {{"issue", 1, true, issue}, {"revoke", 2, false, revoke}, {"list", 1, false, list}};
    token_command_t self = {.cli = cli};
    const param_t own[] = {
        {"scope", PARAM_STRING, NULL, 0, 0, &self.scope, "issue: channel, person or operator", .values = "scopes"},
        {"person", PARAM_STRING, NULL, 0, 0, &self.person, "issue: whose, with scope person"},
        {"note", PARAM_STRING, NULL, 0, 0, &self.note, "issue: what it is for"},
        {"before-policy", PARAM_SWITCH, "no", 0, 0, &self.before_policy,
         "issue: for a workspace whose policy is still to be applied"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc == CLI_GO)
        rc = cli_options_of (cli, cli->words[0], "issue", own, argv);
    if (rc != CLI_GO)
        return rc;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].word, cli->words[0]) == 0 && rows[i].words == cli->words_n)
            return perform (&self, rows[i].run, rows[i].workspace);
    return cli_usage (cli, command);
}
