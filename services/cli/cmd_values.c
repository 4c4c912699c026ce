/* cmd_values.c - buckstop completion values: what may stand behind an option, for the completion of a shell.
 *
 * Hears: the tables of facts and states; for names of people, teams and channels the policy in force, where the store can be
 * reached; for contacts intake, where that can be. Says: one a line. Whoever presses TAB wants no error: without an answer
 * within PATIENCE_MS there is just none. A shell expands what it is told: only what can be a name is said.
 */
#include "commands.h"

#include "cli_wait.h"
#include "contact.h"
#include "ids.h"
#include "keys.h"
#include "lines.h"
#include "log.h"
#include "record.h"
#include "token.h"

#include <string.h>

enum { PATIENCE_MS = 1500 };
#define VALUES_SYNOPSIS "kinds | states | open-states | scopes | levels | contacts | people | teams | channels"

/* ---- tables */

static void print_kinds (const policy_t *policy)
{
    const ProtobufCEnumDescriptor *kinds = &buckstop__v1__fact_kind__descriptor;
    (void)policy;
    for (unsigned i = 1; i < kinds->n_values; i++)
        puts (fact_kind_name ((fact_kind_t)kinds->values[i].value));
}

static void print_states (const policy_t *policy)
{
    const ProtobufCEnumDescriptor *states = &buckstop__v1__contact_state__descriptor;
    (void)policy;
    for (unsigned i = 1; i < states->n_values; i++)
        puts (contact_state_name ((contact_state_t)states->values[i].value));
}

/* `list` knows no other. */
static void print_open_states (const policy_t *policy)
{
    const ProtobufCEnumDescriptor *states = &buckstop__v1__contact_state__descriptor;
    (void)policy;
    for (unsigned i = 1; i < states->n_values; i++)
        if (states->values[i].value != BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED)
            puts (contact_state_name ((contact_state_t)states->values[i].value));
}

static void print_scopes (const policy_t *policy)
{
    (void)policy;
    for (scope_t scope = SCOPE_CHANNEL; scope <= SCOPE_OPERATOR; scope++)
        puts (scope_name (scope));
}

static void print_levels (const policy_t *policy)
{
    (void)policy;
    for (log_level_t level = LOG_ERROR_; level <= LOG_DEBUG_; level++)
        puts (log_level_word (level));
}

/* ---- the policy */

static void print_people (const policy_t *policy)
{
    for (size_t i = 0; i < policy->people_n; i++)
        puts (policy->people[i].name);
}

static void print_teams (const policy_t *policy)
{
    for (size_t i = 0; i < policy->teams_n; i++)
        puts (policy->teams[i].name);
}

static void print_channels (const policy_t *policy)
{
    for (size_t i = 0; i < policy->channels_n; i++)
        puts (policy->channels[i].name);
}

static policy_t *unpack (const cli_values_t *values)
{
    record_head_t head;
    workspace_record_t record;
    policy_errors_t errors = {0};
    char *text = NULL;
    const store_value_t *value = values->n ? &values->items[0] : NULL;
    policy_t *policy = NULL;
    if (value && value->bytes && workspace_unpack (value->bytes, value->size, &head, &record, &text) == RECORD_OK)
        policy = policy_parse (text, strlen (text), &errors);
    policy_errors_clear (&errors);
    free (text);
    return policy;
}

/* NULL: it can't be asked. */
static policy_t *policy_in_force (cli_t *cli)
{
    char key[KEY_SIZE];
    cli_values_t values = {0};
    policy_t *policy = NULL;
    if (cli_workspace (cli) != CLI_GO)
        return NULL;
    const char *keys[] = {key_workspace (key, store_shard (cli->store, cli->workspace), cli->workspace)};
    store_get (cli->store, keys, 1, cli_take, cli_ask (cli, &values));
    if (cli_got (&values) == CLI_GO)
        policy = unpack (&values);
    cli_values_clear (&values);
    return policy;
}

static const struct values_row {
    const char *name;
    void (*print) (const policy_t *policy);
    bool policy; /* is needed */
} rows[] = {
    {"kinds", print_kinds, false},   {"states", print_states, false},   {"open-states", print_open_states, false},
    {"scopes", print_scopes, false}, {"levels", print_levels, false},   {"people", print_people, true},
    {"teams", print_teams, true},    {"channels", print_channels, true}};
enum { ROWS = sizeof rows / sizeof *rows };

static int print_from_policy (cli_t *cli, const struct values_row *row)
{
    cli->patience_ms = PATIENCE_MS;
    int rc = cli_store_open_to_read (cli);
    if (rc != CLI_GO)
        return rc;
    policy_t *policy = policy_in_force (cli);
    if (policy)
        row->print (policy);
    rc = policy ? CLI_FINE : CLI_NO;
    policy_destroy (&policy);
    cli_store_close (cli);
    return rc;
}

/* ---- intake */

/* Those that are open, oldest first: the end of each id, as it is typed. */
static int print_contacts (cli_t *cli)
{
    size_t index;
    json_t *page = NULL, *contact;
    cli->patience_ms = PATIENCE_MS;
    int rc = cli_http (cli, &(cli_request_t){"GET", "/v1/contacts?limit=200", NULL, NULL, true}, &page);
    json_array_foreach (json_object_get (page, "contacts"), index, contact)
    {
        const char *id = short_id (json_text (contact, "contact"));
        if (name_valid (id))
            puts (id);
    }
    json_decref (page);
    return rc;
}

static int print_values (cli_t *cli, const command_t *command, int argc, char **argv)
{
    int rc = cli_options (cli, command, NULL, argc, argv);
    if (rc != CLI_GO)
        return rc;
    if (strcmp (cli->words[0], "contacts") == 0)
        return print_contacts (cli);
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp (rows[i].name, cli->words[0]) != 0)
            continue;
        if (rows[i].policy)
            return print_from_policy (cli, &rows[i]);
        rows[i].print (NULL);
        return CLI_FINE;
    }
    return cli_fail (CLI_USAGE, "'%s' is none of " VALUES_SYNOPSIS, cli->words[0]);
}

int completion_values (int argc, char **argv)
{
    static const command_t command = {.name = "values",
                                      .summary = "what may stand behind an option, one a line; for shells",
                                      .synopsis = VALUES_SYNOPSIS " [options]",
                                      .example = "buckstop completion values teams",
                                      .words_min = 1,
                                      .words_max = 1,
                                      .uses = USES_INTAKE | USES_STORE | USES_WORKSPACE};
    cli_t cli = {.json = false};
    return print_values (&cli, &command, argc, argv);
}
