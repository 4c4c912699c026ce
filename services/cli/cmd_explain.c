/* cmd_explain.c - buckstop explain: who would get a contact now, and why nobody else.
 *
 * Hears: routing's own decision, recomputed from the store (explain.h). Says: the page, or its JSON.
 */
#include "commands.h"

#include "cli_wait.h"
#include "explain.h"

#include <string.h>

typedef struct explain_command {
    cli_t *cli;
    workspaces_t *workspaces;
    char id[ID_SIZE];
    int status;
} explain_command_t;

/* What customers wrote is in it: nothing of that is a command to a terminal. */
static void print_text (const char *text)
{
    while (*text) {
        size_t length = strcspn (text, "\n");
        cli_quote (stdout, text, length, SIZE_MAX);
        putchar ('\n');
        text += length + (text[length] == '\n');
    }
}

static void on_explained (void *arg, const explanation_t *explanation)
{
    explain_command_t *self = arg;
    self->status = CLI_FINE;
    if (explanation->why)
        self->status = cli_fail (CLI_NO, "%s", explanation->why);
    else if (self->cli->json)
        cli_print_json (explanation->json);
    else
        print_text (explanation->text);
    loop_stop (self->cli->loop);
}

static void on_policy (void *arg)
{
    explain_command_t *self = arg;
    const policy_t *policy = workspaces_policy (self->workspaces, self->cli->workspace);
    if (policy) {
        explain_contact (self->cli->store, policy, self->id, on_explained, self);
        return;
    }
    self->status = cli_fail (
        CLI_NO,
        "there is no policy of workspace '%s' that can be read; 'buckstop workspace list' names those that there are",
        self->cli->workspace);
    loop_stop (self->cli->loop);
}

int cmd_explain (cli_t *cli, const command_t *command, int argc, char **argv)
{
    explain_command_t self = {.cli = cli, .status = CLI_UNREACHABLE};
    int rc = cli_options (cli, command, NULL, argc, argv);
    if (rc == CLI_GO)
        rc = cli_store_open_to_read (cli);
    if (rc != CLI_GO)
        return rc;
    rc = cli_workspace (cli);
    if (rc == CLI_GO)
        rc = cli_contact_stored (cli, cli->words[0], self.id);
    if (rc == CLI_GO) {
        self.workspaces = workspaces_new (cli->loop, cli->store);
        workspaces_refresh (self.workspaces, cli->workspace, on_policy, &self);
        rc = cli_wait (cli) ? self.status : CLI_UNREACHABLE;
        workspaces_destroy (&self.workspaces);
    }
    cli_store_close (cli);
    return rc;
}
