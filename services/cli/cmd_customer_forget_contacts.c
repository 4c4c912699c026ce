/* cmd_customer_forget_contacts.c - contacts without who it was and what was said; and resolving those that are open.
 *
 * Hears: a contact's record and its timeline. Says: both as they may stay, in one commit that expects the record as it
 * was read. The timeline is not part of that check: nothing else writes to that of a contact that has ended and of
 * which no delivery waits, and both was looked at before.
 */
#include "cmd_customer_forget.h"

#include "customer_forgotten.h"
#include "keys.h"
#include "plan.h"
#include "xmalloc.h"

enum { TIMELINE_PAGE = 16 }; /* texts may be large */

static int read_contact (forget_t *self, const char *id, record_head_t *head, contact_t *contact, bool *found)
{
    char key[KEY_SIZE];
    cli_values_t values = {0};
    int rc = forget_read (self, key_contact (key, self->command->shard, self->command->cli->workspace, id), &values);
    *found = rc == CLI_GO && values.n && values.items[0].bytes;
    if (*found && contact_unpack (values.items[0].bytes, values.items[0].size, head, contact) != RECORD_OK)
        rc = cli_fail (CLI_NO, "contact %s can't be read; 'buckstop audit' names its key", id);
    cli_values_clear (&values);
    return rc;
}

/* The timeline as it may stay, behind each other in the commit. */
static int add_timeline (forget_t *self, const char *key, commit_t *commit, bool *changed)
{
    cli_t *cli = self->command->cli;
    int rc = CLI_GO;
    size_t n = TIMELINE_PAGE;
    for (int64_t from = 0; rc == CLI_GO && n == TIMELINE_PAGE; from += TIMELINE_PAGE) {
        cli_values_t entries = {0};
        store_list (cli->store, key, from, from + TIMELINE_PAGE - 1, cli_take, cli_ask (cli, &entries));
        rc = cli_got (&entries);
        n = entries.n;
        for (size_t i = 0; rc == CLI_GO && i < n; i++) {
            size_t size;
            self->files += timeline_files (entries.items[i].bytes, entries.items[i].size);
            uint8_t *bytes = timeline_forget (entries.items[i].bytes, entries.items[i].size, &size, changed);
            commit_append (commit, key, bytes, size);
            free (bytes);
        }
        cli_values_clear (&entries);
    }
    return rc;
}

static void put_contact (const forget_t *self, commit_t *commit, contact_t *contact, const record_head_t *before,
                         event_id_t event)
{
    char key[KEY_SIZE];
    size_t size;
    const char *workspace = self->command->cli->workspace;
    record_head_t head = record_head_next (before, KIND_CONTACT, event, 0);
    contact->version = head.version;
    uint8_t *bytes = contact_pack (contact, &head, &size);
    commit_put (commit, key_contact (key, self->command->shard, workspace, contact->id), bytes, size, 0);
    free (bytes);
    fact_t fact = forget_fact (self, "");
    event_put (commit, self->command->shard, workspace, contact, NULL, &fact, true);
}

static int forget_contact (forget_t *self, const char *id, bool *again)
{
    char key[KEY_SIZE];
    record_head_t head;
    contact_t contact;
    bool found, changed, refused = false;
    const char *workspace = self->command->cli->workspace;
    int rc = read_contact (self, id, &head, &contact, &found);
    if (rc != CLI_GO || !found)
        return rc;
    if (!contact_forgettable (&contact))
        return cli_fail (CLI_NO, "contact %s is open again, the customer has written: forget again when it is resolved",
                         id);
    event_id_t event = forget_event ("contact", id, head.version);
    commit_t *commit = commit_new (self->command->shard);
    commit_expect_record (commit, key_contact (key, self->command->shard, workspace, id), head.version, event);
    key_timeline (key, self->command->shard, workspace, id);
    commit_delete (commit, key);
    changed = contact_forget (&contact, self->family->entries[0].customer.id);
    rc = add_timeline (self, key, commit, &changed);
    if (rc == CLI_GO && changed) {
        put_contact (self, commit, &contact, &head, event);
        rc = forget_commit (self, &commit, &refused);
        self->contacts_done += rc == CLI_GO && !refused;
    }
    commit_destroy (&commit);
    *again = refused;
    return rc;
}

int forget_contacts (forget_t *self)
{
    int rc = CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < self->contacts.n; i++)
        rc = forget_until_done (self, forget_contact, self->contacts.items[i]);
    return rc;
}

/* ---- what is open, and may be resolved */

static apply_outcome_t decide (const forget_t *self, const record_head_t *head, const contact_t *before, wall_ms_t now,
                               contact_event_t *event, contact_t *after, effects_t *effects, char why[DETAIL_SIZE])
{
    *event = (contact_event_t){.kind = EVENT_RESOLVE,
                               .id = forget_event ("resolve", before->id, head->version),
                               .by = self->command->by,
                               .text = "the customer is to be forgotten"};
    return contact_apply (before, event, now, self->command->policy, after, effects, why);
}

int forget_may_resolve (forget_t *self, const char *id, bool *may)
{
    record_head_t head;
    contact_t before, *after = xcalloc (1, sizeof *after);
    effects_t *effects = xcalloc (1, sizeof *effects);
    contact_event_t event;
    char why[DETAIL_SIZE] = "";
    bool found;
    int rc = read_contact (self, id, &head, &before, &found);
    *may =
        rc != CLI_GO || !found ||
        decide (self, &head, &before, store_now (self->command->cli->store), &event, after, effects, why) == APPLY_DONE;
    if (!*may)
        fprintf (stderr, "  %s  owner: %s, accountable: %s; %s\n", id, *before.owner ? before.owner : "nobody",
                 before.accountable, why);
    free (effects);
    free (after);
    return rc;
}

static int resolve_once (forget_t *self, const char *id, bool *again)
{
    record_head_t head;
    contact_t before, *after = xcalloc (1, sizeof *after);
    effects_t *effects = xcalloc (1, sizeof *effects);
    plan_t plan = {.by_routing = false};
    char why[DETAIL_SIZE] = "";
    bool found;
    int rc = read_contact (self, id, &head, &before, &found);
    if (rc == CLI_GO && found) {
        wall_ms_t now = store_now (self->command->cli->store);
        contact_event_t event;
        if (decide (self, &head, &before, now, &event, after, effects, why) != APPLY_DONE)
            rc = cli_fail (CLI_NO, "contact %s: %s", id, why);
        else {
            plan_contact (&plan, self->command->shard, &head, &before, after, effects, self->command->policy, event.id,
                          now);
            rc = forget_commit (self, &plan.commit, again);
        }
    }
    plan_clear (&plan);
    free (effects);
    free (after);
    return rc;
}

int forget_resolve (forget_t *self, const char *contact)
{
    return forget_until_done (self, resolve_once, contact);
}
