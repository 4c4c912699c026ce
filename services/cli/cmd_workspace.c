/* cmd_workspace.c - buckstop workspace: which there are, and taking one away.
 *
 * Hears: the list, a walk over the keys of its shard. Says: what a workspace has; or that it is gone.
 * Nothing that is promised to anybody is taken away: while a contact is not closed, or a notice or an answer has not gone
 * out, it is refused. The record goes first, in a commit that expects its version: from then on no commit of a service
 * passes (each expects the policy's version), and what slipped in between is looked for once more; if there is any, the
 * record comes back. Interrupted, the same command goes on.
 * Limits: a walk over all keys of the store; what leaves Redis's files leaves them with their next rewrite.
 */
#include "commands.h"

#include "cli_wait.h"
#include "ids.h"
#include "keys.h"
#include "record.h"
#include "tokens.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { FAMILY_SIZE = 16, KEYS_A_COMMIT = 100, EVENTS_PAGE = 500, PROGRESS_EVERY = 20000 };

/* What its keys hold, as far as a person cares. */
typedef struct family_count {
    const char *family, *words;
    size_t n;
} family_count_t;
enum { F_CONTACTS, F_PEOPLE, F_CUSTOMERS, F_DELIVERIES, F_TIMELINES, F_VERSIONS, F_OTHER, FAMILIES };

typedef struct keys {
    char **items;
    size_t n, room;
} keys_t;

typedef struct workspace_command {
    cli_t *cli;
    const char *name;
    bool dry_run, yes;
    int shard;
    keys_t keys;
    family_count_t counts[FAMILIES];
    size_t open, dead, tokens;
    char (*token_ids)[TOKEN_ID_SIZE];
    bool away;
} workspace_command_t;

/* ---- its keys */

/* The kind of a key "b:{shard}:FAMILY:W" or "b:{shard}:FAMILY:W:...": timers stand for all workspaces, under a letter. The
 * stream is emptied, and stays: its numbers are not drawn again, else every service would take them for lost. */
static bool is_its (const workspace_command_t *self, const char *key, char family[FAMILY_SIZE])
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

static void keys_clear (keys_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->items[i]);
    free (self->items);
    *self = (keys_t){.n = 0};
}

static int walk (workspace_command_t *self)
{
    static const family_count_t families[FAMILIES] = {
        {"c", "closed contacts", 0}, {"p", "people", 0},           {"k", "customers", 0}, {"d", "deliveries", 0},
        {"tl", "timelines", 0},      {"pv", "former policies", 0}, {"", "other keys", 0}};
    char pattern[KEY_SIZE], family[FAMILY_SIZE];
    uint64_t cursor = 0;
    cli_values_t values = {0};
    int rc = CLI_GO;
    keys_clear (&self->keys);
    memcpy (self->counts, families, sizeof families);
    snprintf (pattern, sizeof pattern, "b:{%d}:*:%s*", self->shard, self->name);
    do {
        store_scan (self->cli->store, cursor, pattern, cli_take, cli_ask (self->cli, &values));
        rc = cli_got (&values);
        for (size_t i = 0; i < values.n; i++)
            if (is_its (self, values.items[i].bytes, family))
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

static int count_open (workspace_command_t *self)
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
    int rc = count_open (self);
    if (rc == CLI_GO)
        rc = count (self, key_dead (key, self->shard, self->name), &self->dead);
    if (rc == CLI_GO)
        rc = walk (self);
    if (rc != CLI_GO)
        return rc;
    tokens_list (self->cli->store, self->name, on_token, self);
    if (!cli_run (self->cli) || self->away)
        return cli_away (self->cli, "");
    return CLI_GO;
}

static int refuse_open (const workspace_command_t *self)
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

/* What an archive does not have yet is in the store alone. */
static int check_archives (workspace_command_t *self)
{
    char key[KEY_SIZE];
    int64_t newest = 0;
    cli_values_t values = {0};
    int rc = newest_event (self, &newest);
    store_range (self->cli->store, key_archives (key, self->shard, self->name), 0, INT64_MAX / 2, 0, 1, cli_take,
                 cli_ask (self->cli, &values));
    int asked = cli_got (&values);
    rc = rc == CLI_GO ? asked : rc;
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

/* ---- taking it away */

static int unlist (workspace_command_t *self)
{
    cli_values_t values = {0};
    store_set_remove (self->cli->store, KEY_WORKSPACES, self->name, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    cli_values_clear (&values);
    return rc;
}

static int list_again (workspace_command_t *self)
{
    cli_values_t values = {0};
    store_set_add (self->cli->store, KEY_WORKSPACES, self->name, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    cli_values_clear (&values);
    return rc;
}

/* bytes NULL: the record goes; else it comes back as it was. */
static int change_record (workspace_command_t *self, uint64_t version, const void *bytes, size_t size)
{
    char key[KEY_SIZE], number[24];
    snprintf (number, sizeof number, "%" PRIu64, version);
    cli_committed_t committed;
    commit_t *commit = commit_new (self->shard);
    commit_expect_record (commit, key_workspace (key, self->shard, self->name), version,
                          event_id_of ("workspace", bytes ? "back" : "remove", self->name, number, NULL));
    if (bytes)
        commit_put (commit, key, bytes, size, 0);
    else
        commit_delete (commit, key);
    int rc = cli_commit (self->cli, &commit, &committed);
    if (rc == CLI_GO && committed.outcome == COMMIT_REFUSED)
        rc = cli_fail (CLI_NO, "somebody applied a policy to '%s' in the same moment: nothing was removed", self->name);
    return rc;
}

/* From here on nothing new comes in. */
static int close_door (workspace_command_t *self)
{
    char key[KEY_SIZE];
    record_head_t head = {.version = 0};
    const uint8_t *body;
    size_t body_size;
    const char *keys[] = {key_workspace (key, self->shard, self->name)};
    cli_values_t values = {0};
    store_get (self->cli->store, keys, 1, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    const store_value_t *record = &values.items[0];
    bool there = rc == CLI_GO && record->bytes; /* else it was taken away before, and somebody interrupted the rest */
    if (there && record_head_read (record->bytes, record->size, KIND_WORKSPACE, &head, &body, &body_size) != RECORD_OK)
        rc = cli_fail (CLI_NO, "the record %s can't be read; 'buckstop audit' tells more", key);
    if (rc == CLI_GO)
        rc = unlist (self);
    if (rc == CLI_GO && there)
        rc = change_record (self, head.version, NULL, 0);
    if (rc == CLI_GO)
        rc = count_open (self);
    if (rc == CLI_GO && self->open) {
        rc = there ? change_record (self, 0, record->bytes, record->size) : CLI_GO;
        rc = rc == CLI_GO ? list_again (self) : rc;
        rc = rc == CLI_GO ? refuse_open (self) : rc;
    }
    cli_values_clear (&values);
    return rc;
}

/* A key, and the places where timers of all workspaces name it. */
static void drop_key (const workspace_command_t *self, commit_t *commit, const char *key)
{
    char family[FAMILY_SIZE], place[KEY_SIZE], member[MEMBER_SIZE];
    commit_delete (commit, key);
    if (!is_its (self, key, family) || family[1] || !strchr ("cpd", family[0]))
        return;
    const char *name = strrchr (key, ':') + 1;
    member_make (member, self->name, name);
    commit_unplace (commit, key_due (place, self->shard, family[0]), member);
    if (family[0] == KIND_PERSON)
        commit_unplace (commit, key_match (place, self->shard), member);
}

static int drop_keys (workspace_command_t *self)
{
    cli_committed_t committed;
    bool tell = isatty (STDERR_FILENO);
    for (size_t i = 0; i < self->keys.n;) {
        commit_t *commit = commit_new (self->shard);
        for (size_t k = 0; k < KEYS_A_COMMIT && i < self->keys.n; k++)
            drop_key (self, commit, self->keys.items[i++]);
        int rc = cli_commit (self->cli, &commit, &committed);
        if (rc != CLI_GO)
            return rc;
        if (tell && i % PROGRESS_EVERY == 0)
            fprintf (stderr, "workspace %s: %zu of %zu keys are gone\n", self->name, i, self->keys.n);
    }
    return CLI_GO;
}

/* On purpose, so that nobody misses them. */
static int drop_events (workspace_command_t *self)
{
    char key[KEY_SIZE];
    uint64_t numbers[EVENTS_PAGE];
    size_t n = 0;
    cli_values_t values = {0};
    int rc = CLI_GO;
    key_events (key, self->shard, self->name);
    do {
        store_events (self->cli->store, key, 0, EVENTS_PAGE, cli_take, cli_ask (self->cli, &values));
        rc = cli_got (&values);
        n = rc == CLI_GO ? values.n : 0;
        for (size_t i = 0; i < n; i++)
            numbers[i] = (uint64_t)values.items[i].score;
        if (n) {
            store_drop_events (self->cli->store, key, numbers, n, cli_take, cli_ask (self->cli, &values));
            rc = cli_got (&values);
        }
    } while (rc == CLI_GO && n);
    cli_values_clear (&values);
    return rc;
}

static int drop_tokens (workspace_command_t *self)
{
    char key[KEY_SIZE];
    cli_values_t values = {0};
    int rc = CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < self->tokens; i++) {
        store_delete (self->cli->store, key_token (key, self->token_ids[i]), cli_take, cli_ask (self->cli, &values));
        rc = cli_got (&values);
    }
    cli_values_clear (&values);
    return rc;
}

static int take_away (workspace_command_t *self)
{
    int rc = close_door (self);
    if (rc == CLI_GO)
        rc = drop_tokens (self);
    if (rc == CLI_GO)
        rc = drop_events (self);
    if (rc == CLI_GO)
        rc = walk (self); /* what came since the first look */
    if (rc == CLI_GO)
        rc = drop_keys (self);
    if (rc != CLI_GO)
        return rc;
    if (!self->cli->json)
        printf ("%s is gone\n", self->name);
    return CLI_FINE;
}

static int remove_looked_at (workspace_command_t *self)
{
    size_t deliveries = self->counts[F_DELIVERIES].n;
    if (!self->keys.n)
        return cli_fail (CLI_NO, "there is no workspace '%s'; 'buckstop workspace list' names those that there are",
                         self->name);
    print_counts (self);
    if (self->open)
        return refuse_open (self);
    if (deliveries > self->dead)
        return refuse_waiting (self, deliveries - self->dead);
    int rc = check_archives (self);
    if (rc != CLI_GO)
        return rc;
    if (self->dry_run)
        return CLI_FINE;
    if (!self->yes)
        return cli_fail (CLI_USAGE, "all of that would be gone for good, with its history: say so with --yes");
    return take_away (self);
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
    keys_clear (&self->keys);
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
        rc = count_open (self);
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
        return cli_fail (CLI_USAGE, "usage: buckstop workspace %s", command->synopsis);
    self.name = cli->words[1];
    return remove_workspace (&self);
}
