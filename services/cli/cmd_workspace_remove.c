/* cmd_workspace_remove.c - a workspace that nothing holds any more is taken away.
 *
 * Hears: its keys, as they were found. Says: the list without it, its record gone, its tokens, events and keys after that.
 */
#include "cmd_workspace.h"

#include "ids.h"
#include "record.h"

#include <inttypes.h>
#include <string.h>

enum { KEYS_A_COMMIT = 100, EVENTS_PAGE = 500 };

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
        rc = workspace_count_open (self);
    if (rc == CLI_GO && self->open) {
        rc = there ? change_record (self, 0, record->bytes, record->size) : CLI_GO;
        rc = rc == CLI_GO ? list_again (self) : rc;
        rc = rc == CLI_GO ? workspace_refuse_open (self) : rc;
    }
    cli_values_clear (&values);
    return rc;
}

/* A key, and the places where timers of all workspaces name it. */
static void drop_key (const workspace_command_t *self, commit_t *commit, const char *key)
{
    char family[FAMILY_SIZE], place[KEY_SIZE], member[MEMBER_SIZE];
    commit_delete (commit, key);
    if (!workspace_is_its (self, key, family) || family[1] || !strchr ("cpd", family[0]))
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
    cli_slow_t told = {.began = 0};
    for (size_t i = 0; i < self->keys.n;) {
        commit_t *commit = commit_new (self->shard);
        for (size_t k = 0; k < KEYS_A_COMMIT && i < self->keys.n; k++)
            drop_key (self, commit, self->keys.items[i++]);
        int rc = cli_commit (self->cli, &commit, &committed);
        if (rc != CLI_GO)
            return rc;
        if (cli_slow (&told))
            fprintf (stderr, "-- %zu of %zu keys are gone\n", i, self->keys.n);
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
        if (rc != CLI_GO)
            break;
        store_delete (self->cli->store, key_ended (key, self->token_ids[i]), cli_take, cli_ask (self->cli, &values));
        rc = cli_got (&values);
    }
    cli_values_clear (&values);
    return rc;
}

int workspace_take_away (workspace_command_t *self)
{
    int rc = close_door (self);
    if (rc == CLI_GO)
        rc = drop_tokens (self);
    if (rc == CLI_GO)
        rc = drop_events (self);
    if (rc == CLI_GO)
        rc = workspace_walk (self); /* what came since the first look */
    if (rc == CLI_GO)
        rc = drop_keys (self);
    if (rc != CLI_GO)
        return rc;
    if (!self->cli->json)
        printf ("%s is gone\n", self->name);
    return CLI_FINE;
}
