/* cmd_policy_others.c - buckstop policy apply: what another workspace of the same store claims, too.
 *
 * Hears: the policies in force of all others. Says: a warning for each thing that can be only one's (policy_clash.h). A clash
 * holds nothing up: which of the two is to let go, only people know.
 * Limits: a workspace whose policy can't be read says nothing here; the audit names it. */
#include "cmd_policy.h"

#include "cli_wait.h"
#include "policy_clash.h"

#include <string.h>

static void say_clash (void *arg, const char *what, const char *why)
{
    const policy_command_t *self = arg;
    fprintf (stderr, "%s: warning: ", self->path);
    cli_quote (stderr, what, strlen (what), SIZE_MAX);
    fprintf (stderr, ": %s\n", why);
}

/* CLI_UNREACHABLE: the store is away, or it was interrupted. *policy NULL: it has none that can be read. */
static int load (policy_command_t *self, const char *workspace, policy_t **policy)
{
    char key[KEY_SIZE], *text = NULL;
    const char *keys[] = {key_workspace (key, store_shard (self->cli->store, workspace), workspace)};
    cli_values_t values = {0};
    record_head_t head;
    workspace_record_t record;
    policy_errors_t errors = {0};
    store_get (self->cli->store, keys, 1, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    if (rc == CLI_GO && values.n && values.items[0].bytes &&
        workspace_unpack (values.items[0].bytes, values.items[0].size, &head, &record, &text) == RECORD_OK)
        *policy = policy_parse (text, strlen (text), &errors);
    policy_errors_clear (&errors);
    free (text);
    cli_values_clear (&values);
    return rc;
}

static int compare_all (policy_command_t *self, const policy_t *mine, const cli_values_t *names)
{
    int rc = CLI_GO;
    for (size_t i = 0; rc != CLI_UNREACHABLE && i < names->n; i++) {
        const char *name = names->items[i].bytes;
        policy_t *other = NULL;
        if (name && strcmp (name, mine->workspace) != 0)
            rc = load (self, name, &other);
        if (other)
            policy_clashes (mine, other, say_clash, self);
        policy_destroy (&other);
    }
    return rc;
}

int policy_look_at_others (policy_command_t *self)
{
    int rc = CLI_GO;
    policy_errors_t errors = {0};
    cli_values_t names = {0};
    policy_t *mine = policy_parse (self->text, self->size, &errors);
    if (mine) {
        store_set (self->cli->store, KEY_WORKSPACES, cli_take, cli_ask (self->cli, &names));
        rc = cli_got (&names);
        rc = rc == CLI_GO ? compare_all (self, mine, &names) : rc;
    }
    cli_values_clear (&names);
    policy_destroy (&mine);
    policy_errors_clear (&errors);
    return rc == CLI_UNREACHABLE ? rc : CLI_GO;
}
