/* cmd_customer.c - buckstop customer: who they are, a table of them, two records that are one person, and to be
 * forgotten.
 *
 * Hears: the customers' records in the store; what each word does is in cmd_customer_*.c. Works beside the services,
 * as `policy` does: a commit expects the version that was read, so that nobody's change is lost.
 */
#include "cmd_customer.h"

#include "commands.h"
#include "ids.h"
#include "meant.h"

#include <string.h>
#include <unistd.h>

typedef struct customer_word {
    const char *word;
    int words_min, words_max; /* itself included */
    bool reads;               /* nothing is written */
    customer_fn *run;
    const char *options; /* of its own, each between blanks */
    bool by_person;      /* --by is somebody whom the policy names: others are to know whom to ask */
} customer_word_t;

static const customer_word_t rows[] = {
    {"show", 2, 2, true, customer_show, ""},
    {"import", 2, 2, false, customer_import_file, " format skip-bad dry-run in-flight "},
    {"link", 3, 3, false, customer_link_two, " by reason ", true},
    {"unlink", 2, 2, false, customer_unlink_one, " by reason ", true},
    {"proposals", 1, 1, true, customer_proposals, ""},
    {"drop-proposal", 3, 3, false, customer_drop_proposal, " by ", true},
    {"forget", 2, 2, false, customer_forget_one, " by reason yes resolve spool "},
};

static void on_policy (void *arg)
{
    customer_command_t *self = arg;
    self->policy = workspaces_policy (self->workspaces, self->cli->workspace);
    loop_stop (self->cli->loop);
}

static int find_policy (customer_command_t *self)
{
    cli_t *cli = self->cli;
    self->workspaces = workspaces_new (cli->loop, cli->store);
    workspaces_refresh (self->workspaces, cli->workspace, on_policy, self);
    if (!cli_wait (cli))
        return CLI_UNREACHABLE;
    if (self->policy)
        return CLI_GO;
    return cli_fail (CLI_NO, "workspace '%s' has no policy that can be read: buckstop policy apply FILE",
                     cli->workspace);
}

static int perform (customer_command_t *self, const customer_word_t *row)
{
    char meant[WORD_MEANT_SIZE];
    int rc = row->reads || self->dry_run ? cli_store_open_to_read (self->cli) : cli_store_open (self->cli);
    if (rc != CLI_GO)
        return rc;
    rc = cli_workspace (self->cli);
    if (rc == CLI_GO)
        rc = find_policy (self);
    if (rc == CLI_GO && row->by_person && !policy_person (self->policy, self->by))
        rc = cli_fail (CLI_NO, "--by: the policy of workspace '%s' names no person '%s'%s", self->cli->workspace,
                       self->by, policy_meant (self->policy, POLICY_PEOPLE, self->by, meant));
    if (rc == CLI_GO) {
        self->shard = store_shard (self->cli->store, self->cli->workspace);
        rc = row->run (self);
    }
    workspaces_destroy (&self->workspaces);
    cli_store_close (self->cli);
    return rc;
}

/* Each word has some of the options. */
static int check_options (const customer_command_t *self, const customer_word_t *row, const param_t *own, char **argv)
{
    for (const param_t *param = own; param->name; param++) {
        char name[32];
        const param_t alone[] = {*param, {NULL}};
        snprintf (name, sizeof name, " %s ", param->name);
        if (strstr (row->options, name))
            continue;
        const char *owner = "";
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            owner = !*owner && strstr (rows[i].options, name) ? rows[i].word : owner;
        int rc = cli_options_of (self->cli, row->word, owner, alone, argv);
        if (rc != CLI_GO)
            return rc;
    }
    return CLI_GO;
}

static int check_by (const customer_command_t *self, const customer_word_t *row)
{
    if (self->by && !name_valid (self->by))
        return cli_fail (CLI_USAGE, "--by: '%s' is no name of a person", self->by);
    if (!self->by && strstr (row->options, " by "))
        return cli_fail (CLI_USAGE, "--by says who does it: buckstop customer %s ... --by NAME", row->word);
    return CLI_GO;
}

int cmd_customer (cli_t *cli, const command_t *command, int argc, char **argv)
{
    customer_command_t self = {.cli = cli};
    const param_t own[] = {
        {"by", PARAM_STRING, NULL, 0, 0, &self.by, "link, unlink, drop-proposal, forget: who does it"},
        {"reason", PARAM_STRING, NULL, 0, 0, &self.reason, "link, unlink, forget: why"},
        {"format", PARAM_STRING, NULL, 0, 0, &self.format,
         "import: csv or json (a line each), where the name says neither"},
        {"skip-bad", PARAM_SWITCH, "no", 0, 0, &self.skip_bad, "import: the good rows, though there are bad ones"},
        {"dry-run", PARAM_SWITCH, "no", 0, 0, &self.dry_run, "import: only say what would change"},
        {"in-flight", PARAM_NUMBER, "128", 1, 1024, &self.in_flight, "import: so many rows at the same time"},
        {"yes", PARAM_SWITCH, "no", 0, 0, &self.yes, "forget: do not ask"},
        {"resolve", PARAM_SWITCH, "no", 0, 0, &self.resolve, "forget: resolve what is open, in the name of --by"},
        {"spool", PARAM_STRING, NULL, 0, 0, &self.spool, "forget: where intake keeps attachments (its --spool)"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp (rows[i].word, cli->words[0]) != 0 || cli->words_n < rows[i].words_min ||
            cli->words_n > rows[i].words_max)
            continue;
        rc = check_options (&self, &rows[i], own, argv);
        rc = rc == CLI_GO ? check_by (&self, &rows[i]) : rc;
        return rc == CLI_GO ? perform (&self, &rows[i]) : rc;
    }
    return cli_usage (cli, command);
}
