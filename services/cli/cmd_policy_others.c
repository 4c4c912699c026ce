/* cmd_policy_others.c - buckstop policy apply: what another workspace of the same store claims, too.
 *
 * Hears: the policies in force, of all. Says: each thing that can be only one's (policy_clash.h). Who comes second takes no
 * mail away from who has it: that is refused, but for --yes (an address that moves belongs to both for a moment, and what
 * comes in meanwhile waits with its sender). What clashes already is a warning, since the other of the two may have to go
 * on without this one; so is a shared secret.
 * Limits: a workspace whose policy can't be read says nothing here; the audit names it. */
#include "cmd_policy.h"

#include "cli_wait.h"
#include "policy_clash.h"

#include <string.h>
#include <strings.h>

typedef struct comparison {
    policy_command_t *command;
    const policy_t *other;
    policy_t *former; /* ours that is in force; NULL: none */
    const char *what; /* that is looked for in it */
    bool found;
    unsigned taken; /* addresses of others that this would take */
} comparison_t;

static void find_clash (void *arg, policy_clash_t kind, const char *what, const char *why)
{
    comparison_t *self = arg;
    (void)why;
    self->found |= kind == CLASH_MAIL && strcasecmp (what, self->what) == 0;
}

static bool stands_already (comparison_t *self, const char *what)
{
    self->what = what;
    self->found = false;
    if (self->former)
        policy_clashes (self->former, self->other, find_clash, self);
    return self->found;
}

static void say_clash (void *arg, policy_clash_t kind, const char *what, const char *why)
{
    comparison_t *self = arg;
    const policy_command_t *command = self->command;
    bool takes = kind == CLASH_MAIL && !command->yes && !stands_already (self, what);
    self->taken += takes;
    fprintf (stderr, "%s: %s", command->path, takes ? "" : "warning: ");
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

static int compare_all (comparison_t *self, const policy_t *mine, const cli_values_t *names)
{
    int rc = load (self->command, mine->workspace, &self->former);
    for (size_t i = 0; rc != CLI_UNREACHABLE && i < names->n; i++) {
        const char *name = names->items[i].bytes;
        policy_t *other = NULL;
        if (name && strcmp (name, mine->workspace) != 0)
            rc = load (self->command, name, &other);
        self->other = other;
        if (other)
            policy_clashes (mine, other, say_clash, self);
        policy_destroy (&other);
    }
    policy_destroy (&self->former);
    return rc;
}

int policy_look_at_others (policy_command_t *self)
{
    int rc = CLI_GO;
    policy_errors_t errors = {0};
    cli_values_t names = {0};
    comparison_t comparison = {.command = self};
    policy_t *mine = policy_parse (self->text, self->size, &errors);
    if (mine) {
        store_set (self->cli->store, KEY_WORKSPACES, cli_take, cli_ask (self->cli, &names));
        rc = cli_got (&names);
        rc = rc == CLI_GO ? compare_all (&comparison, mine, &names) : rc;
    }
    cli_values_clear (&names);
    policy_destroy (&mine);
    policy_errors_clear (&errors);
    if (rc != CLI_UNREACHABLE && comparison.taken)
        return cli_fail (
            CLI_NO,
            "nothing was applied, since mail of another workspace would wait: leave its addresses out of %s, "
            "or, to move them, say --yes and take them out of the other's policy next",
            self->path);
    return rc == CLI_UNREACHABLE ? rc : CLI_GO;
}
