/* cmd_workspace.c - buckstop workspace: which there are, and taking one away.
 *
 * Hears: the list, a walk over the keys of its shard. Says: what a workspace has; or that it is gone.
 * Nothing that is promised to anybody is taken away: while a contact is not closed, or a notice or an answer has not gone
 * out, it is refused. The record goes first, in a commit that expects its version: from then on no commit of a service
 * passes (each expects the policy's version), and what slipped in between is looked for once more; if there is any, the
 * record comes back. Interrupted, the same command goes on.
 * Limits: a walk over all keys of the store; what leaves Redis's files leaves them with their next rewrite.
 */
#include "cmd_workspace.h"

#include "commands.h"
#include "ids.h"
#include "policy.h"
#include "record.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>

/* ---- its keys */

/* The kind of a key "b:{shard}:FAMILY:W" or "b:{shard}:FAMILY:W:...": timers stand for all workspaces, under a letter. The
 * stream is emptied, and stays: its numbers are not drawn again, else every service would take them for lost. */
bool workspace_is_its (const workspace_command_t *self, const char *key, char family[FAMILY_SIZE])
{
    const char *at = strstr (key, "}:");
    size_t length = at ? strcspn (at + 2, ":") : 0, name = strlen (self->name);
    if (!length || length >= FAMILY_SIZE || at[2 + length] != ':')
        return false;
    memcpy (family, at + 2, length);
    family[length] = '\0';
    at += 2 + length + 1;
    return strcmp (family, "due") != 0 && strcmp (family, "ev") != 0 && strncmp (at, self->name, name) == 0 &&
           (at[name] == '\0' || at[name] == ':');
}

static void keep_key (workspace_command_t *self, const char *key, const char *family)
{
    keys_t *keys = &self->keys;
    size_t index = 0;
    if (keys->n == keys->room) {
        keys->room = keys->room ? keys->room * 2 : 1024;
        keys->items = xrealloc (keys->items, keys->room * sizeof *keys->items);
    }
    keys->items[keys->n++] = xstrdup (key);
    while (index < F_OTHER && strcmp (self->counts[index].family, family) != 0)
        index++;
    self->counts[index].n++;
}

void workspace_keys_clear (keys_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->items[i]);
    free (self->items);
    *self = (keys_t){.n = 0};
}

int workspace_walk (workspace_command_t *self)
{
    static const family_count_t families[FAMILIES] = {
        {"c", "closed contacts", 0}, {"p", "people", 0},           {"k", "customers", 0}, {"d", "deliveries", 0},
        {"tl", "timelines", 0},      {"pv", "former policies", 0}, {"", "other keys", 0}};
    char pattern[KEY_SIZE], family[FAMILY_SIZE];
    uint64_t cursor = 0;
    cli_values_t values = {0};
    int rc = CLI_GO;
    workspace_keys_clear (&self->keys);
    memcpy (self->counts, families, sizeof families);
    snprintf (pattern, sizeof pattern, "b:{%d}:*:%s*", self->shard, self->name);
    do {
        store_scan (self->cli->store, cursor, pattern, cli_take, cli_ask (self->cli, &values));
        rc = cli_got (&values);
        for (size_t i = 0; i < values.n; i++)
            if (workspace_is_its (self, values.items[i].bytes, family))
                keep_key (self, values.items[i].bytes, family);
        cursor = values.cursor;
    } while (rc == CLI_GO && cursor);
    cli_values_clear (&values);
    return rc;
}

/* ---- what stands in the way */

static int count (workspace_command_t *self, const char *key, size_t *n)
{
    cli_values_t values = {0};
    store_count_lex (self->cli->store, key, "", cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    *n = values.n ? (size_t)values.items[0].score : 0;
    cli_values_clear (&values);
    return rc;
}

int workspace_count_open (workspace_command_t *self)
{
    char key[KEY_SIZE];
    return count (self, key_open (key, self->shard, self->name), &self->open);
}

static void on_token (void *arg, bool away, const token_info_t *info)
{
    workspace_command_t *self = arg;
    self->away = away;
    if (info) {
        self->token_ids = xrealloc (self->token_ids, (self->tokens + 1) * sizeof *self->token_ids);
        memcpy (self->token_ids[self->tokens++], info->bearer.id, TOKEN_ID_SIZE);
    } else
        loop_stop (self->cli->loop);
}

static int look (workspace_command_t *self)
{
    char key[KEY_SIZE];
    int rc = workspace_count_open (self);
    if (rc == CLI_GO)
        rc = count (self, key_dead (key, self->shard, self->name), &self->dead);
    if (rc == CLI_GO)
        rc = workspace_walk (self);
    if (rc != CLI_GO)
        return rc;
    self->counts[F_CONTACTS].n -= self->open < self->counts[F_CONTACTS].n ? self->open : self->counts[F_CONTACTS].n;
    tokens_list (self->cli->store, self->name, on_token, self);
    if (!cli_wait (self->cli) || self->away)
        return cli_away (self->cli, "");
    return CLI_GO;
}

int workspace_refuse_open (const workspace_command_t *self)
{
    return cli_fail (
        CLI_NO,
        "workspace '%s' has %zu contact%s that %s not closed: nothing was removed\n"
        "  'buckstop list' shows them; 'buckstop repair resolve' ends many at once. A resolved one closes by "
        "itself, after the policy's 'reopen'.",
        self->name, self->open, self->open == 1 ? "" : "s", self->open == 1 ? "is" : "are");
}

static int refuse_waiting (const workspace_command_t *self, size_t waiting)
{
    return cli_fail (CLI_NO,
                     "workspace '%s' has %zu notice%s or answers that have not gone out yet: nothing was removed",
                     self->name, waiting, waiting == 1 ? "" : "s");
}

static int newest_event (workspace_command_t *self, int64_t *newest)
{
    char key[KEY_SIZE];
    cli_values_t values = {0};
    store_events_last (self->cli->store, key_events (key, self->shard, self->name), cli_take,
                       cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    *newest = values.n ? values.items[0].score : 0;
    cli_values_clear (&values);
    return rc;
}

/* Whether its policy says that nothing is deleted which no archive has. */
static int wants_archive (workspace_command_t *self, bool *wants)
{
    char key[KEY_SIZE], *text = NULL;
    record_head_t head;
    workspace_record_t record;
    policy_errors_t errors = {0};
    const char *keys[] = {key_workspace (key, self->shard, self->name)};
    cli_values_t values = {0};
    store_get (self->cli->store, keys, 1, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    policy_t *policy = NULL;
    if (rc == CLI_GO && values.n && values.items[0].bytes &&
        workspace_unpack (values.items[0].bytes, values.items[0].size, &head, &record, &text) == RECORD_OK)
        policy = policy_parse (text, strlen (text), &errors);
    *wants = policy && policy->archive_required;
    policy_destroy (&policy);
    policy_errors_clear (&errors);
    free (text);
    cli_values_clear (&values);
    return rc;
}

/* What an archive does not have yet is in the store alone. */
static int check_archives (workspace_command_t *self)
{
    char key[KEY_SIZE];
    int64_t newest = 0;
    bool wants = false;
    cli_values_t values = {0};
    int rc = newest_event (self, &newest);
    store_range (self->cli->store, key_archives (key, self->shard, self->name), 0, INT64_MAX / 2, 0, 1, cli_take,
                 cli_ask (self->cli, &values));
    int asked = cli_got (&values);
    rc = rc == CLI_GO ? asked : rc;
    if (rc == CLI_GO && !values.n)
        rc = wants_archive (self, &wants);
    if (rc == CLI_GO && wants)
        rc = cli_fail (
            CLI_NO,
            "the policy of workspace '%s' wants an archive, and none has anything of it: nothing was removed\n"
            "  Start one, or apply a policy without 'archive: required'.",
            self->name);
    if (rc == CLI_GO && values.n && values.items[0].score < newest)
        rc = cli_fail (CLI_NO,
                       "archive '%.*s' has the events of workspace '%s' up to %" PRId64 ", and there are %" PRId64
                       ": nothing was removed\n  Wait for it, or 'buckstop archive remove' when it is gone for good.",
                       (int)values.items[0].size, values.items[0].bytes, self->name, values.items[0].score, newest);
    cli_values_clear (&values);
    return rc;
}

static void print_counts (const workspace_command_t *self)
{
    if (self->cli->json) {
        json_t *answer = json_pack ("{s:s, s:I, s:I, s:I}", "workspace", self->name, "open", (json_int_t)self->open,
                                    "dead_letters", (json_int_t)self->dead, "tokens", (json_int_t)self->tokens);
        for (size_t i = 0; i < FAMILIES; i++)
            json_object_set_new (answer, self->counts[i].words, json_integer ((json_int_t)self->counts[i].n));
        cli_print_json (answer);
        json_decref (answer);
        return;
    }
    printf ("workspace %s: %zu open contacts", self->name, self->open);
    for (size_t i = 0; i < FAMILIES; i++)
        printf (", %zu %s", self->counts[i].n, self->counts[i].words);
    printf ("; %zu dead letters, %zu tokens\n", self->dead, self->tokens);
}

static int remove_looked_at (workspace_command_t *self)
{
    size_t deliveries = self->counts[F_DELIVERIES].n;
    if (!self->keys.n)
        return cli_fail (CLI_NO, "there is no workspace '%s'; 'buckstop workspace list' names those that there are",
                         self->name);
    print_counts (self);
    if (self->open)
        return workspace_refuse_open (self);
    if (deliveries > self->dead)
        return refuse_waiting (self, deliveries - self->dead);
    int rc = check_archives (self);
    if (rc != CLI_GO)
        return rc;
    if (self->dry_run)
        return CLI_FINE;
    if (!self->yes)
        return cli_fail (CLI_USAGE, "all of that would be gone for good, with its history: say so with --yes");
    return workspace_take_away (self);
}

static int remove_workspace (workspace_command_t *self)
{
    if (!name_valid (self->name))
        return cli_fail (CLI_USAGE, "'%s' is no name of a workspace", self->name);
    int rc = self->yes && !self->dry_run ? cli_store_open (self->cli) : cli_store_open_to_read (self->cli);
    if (rc != CLI_GO)
        return rc;
    self->shard = store_shard (self->cli->store, self->name);
    rc = look (self);
    if (rc == CLI_GO)
        rc = remove_looked_at (self);
    cli_store_close (self->cli);
    workspace_keys_clear (&self->keys);
    free (self->token_ids);
    return rc;
}

/* ---- which there are */

static int by_name (const void *a, const void *b)
{
    return strcmp (((const store_value_t *)a)->bytes, ((const store_value_t *)b)->bytes);
}

static int list_all (workspace_command_t *self, const cli_values_t *names)
{
    static const char *const heads[] = {"WORKSPACE", "OPEN", NULL};
    char number[24];
    table_t *table = table_new (heads);
    json_t *list = json_array ();
    int rc = CLI_GO;
    qsort (names->items, names->n, sizeof *names->items, by_name);
    for (size_t i = 0; rc == CLI_GO && i < names->n; i++) {
        self->name = names->items[i].bytes;
        self->shard = store_shard (self->cli->store, self->name);
        rc = workspace_count_open (self);
        snprintf (number, sizeof number, "%zu", self->open);
        table_row (table, self->name, number, NULL);
        json_array_append_new (list, json_pack ("{s:s, s:I}", "workspace", self->name, "open", (json_int_t)self->open));
    }
    if (rc == CLI_GO && self->cli->json)
        cli_print_json (list);
    else if (rc == CLI_GO)
        table_print (table, stdout);
    table_destroy (&table);
    json_decref (list);
    return rc == CLI_GO ? CLI_FINE : rc;
}

static int list (workspace_command_t *self)
{
    cli_values_t names = {0};
    int rc = cli_store_open_to_read (self->cli);
    if (rc != CLI_GO)
        return rc;
    store_set (self->cli->store, KEY_WORKSPACES, cli_take, cli_ask (self->cli, &names));
    rc = cli_got (&names);
    if (rc == CLI_GO)
        rc = list_all (self, &names);
    cli_values_clear (&names);
    cli_store_close (self->cli);
    return rc;
}

int cmd_workspace (cli_t *cli, const command_t *command, int argc, char **argv)
{
    workspace_command_t self = {.cli = cli};
    const param_t own[] = {
        {"dry-run", PARAM_SWITCH, "no", 0, 0, &self.dry_run, "remove: only say what would be gone"},
        {"yes", PARAM_SWITCH, "no", 0, 0, &self.yes, "remove: yes, for good"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    const char *word = cli->words_n > 0 ? cli->words[0] : "list";
    if ((rc = cli_options_of (cli, word, "remove", own, argv)) != CLI_GO)
        return rc;
    if (strcmp (word, "list") == 0 && cli->words_n < 2)
        return list (&self);
    if (strcmp (word, "remove") != 0 || cli->words_n != 2)
        return cli_usage (cli, command);
    self.name = cli->words[1];
    return remove_workspace (&self);
}
