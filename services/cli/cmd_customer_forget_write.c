/* cmd_customer_forget_write.c - forgetting, one small commit after the other: deliveries, the stream, records.
 *
 * Hears: lists of what is theirs. Says: each record as it may stay, and which events are taken out. Contacts are in
 * cmd_customer_forget_contacts.c.
 */
#include "cmd_customer_forget.h"

#include "customer_forgotten.h"
#include "ids.h"
#include "keys.h"
#include "plan.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>

enum { TRIES_MAX = 8, EVENTS_PAGE = 500 };

int forget_commit (forget_t *self, commit_t **commit_p, bool *refused)
{
    cli_committed_t committed;
    int rc = cli_commit (self->command->cli, commit_p, &committed);
    *refused = rc == CLI_GO && committed.outcome == COMMIT_REFUSED;
    return rc;
}

fact_t forget_fact (const forget_t *self, const char *detail)
{
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_FORGOTTEN, .at = store_now (self->command->cli->store)};
    WORD_COPY (fact.by, self->command->by);
    WORD_COPY (fact.detail, detail);
    return fact;
}

event_id_t forget_event (const char *what, const char *id, uint64_t version)
{
    char text[24];
    snprintf (text, sizeof text, "%" PRIu64, version);
    return event_id_of ("forget", what, id, text, NULL);
}

/* One value, of a string's key; its bytes are NULL when it is gone. */
int forget_read (forget_t *self, const char *key, cli_values_t *values)
{
    cli_t *cli = self->command->cli;
    store_get (cli->store, &key, 1, cli_take, cli_ask (cli, values));
    return cli_got (values);
}

/* Somebody changed it meanwhile: read again. */
int forget_until_done (forget_t *self, forget_step_fn *step, const char *name)
{
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        bool again = false;
        int rc = step (self, name, &again);
        if (rc != CLI_GO || !again)
            return rc;
    }
    return cli_fail (CLI_UNREACHABLE, "%s keeps changing: forget again", name);
}

/* ---- deliveries, threads, what was sent */

/* A dead notice of several contacts stays, and says no more what it was about. */
static void blank (delivery_t *delivery)
{
    free (delivery->subject);
    free (delivery->body);
    delivery->subject = xstrdup ("(forgotten)");
    delivery->body = xstrdup ("One of the contacts that this notice told of was forgotten.\n");
    for (size_t i = 0; i < delivery->lines_n; i++) {
        free (delivery->lines[i].subject);
        delivery->lines[i].subject = xstrdup ("");
    }
}

static commit_t *delivery_commit (const forget_t *self, const char *key, delivery_t *delivery,
                                  const record_head_t *head)
{
    char set[KEY_SIZE], member[MEMBER_SIZE];
    int shard = self->command->shard;
    event_id_t event = forget_event ("delivery", delivery->id, head->version);
    commit_t *commit = commit_new (shard);
    commit_expect_record (commit, key, head->version, event);
    if (delivery->lines_n) {
        size_t size;
        record_head_t next = record_head_next (head, KIND_DELIVERY, event, 0);
        blank (delivery);
        uint8_t *bytes = delivery_pack (delivery, &next, &size);
        commit_put (commit, key, bytes, size, 0);
        free (bytes);
        return commit;
    }
    commit_delete (commit, key);
    member_make (member, delivery->workspace, delivery->id);
    commit_unplace (commit, key_due (set, shard, KIND_DELIVERY), member);
    commit_unplace (commit, key_dead (set, shard, delivery->workspace), delivery->id);
    return commit;
}

static int forget_delivery (forget_t *self, const char *key, bool *again)
{
    cli_values_t values = {0};
    record_head_t head;
    delivery_t delivery = {.version = 0};
    int rc = forget_read (self, key, &values);
    const store_value_t *value = rc == CLI_GO && values.n ? &values.items[0] : NULL;
    if (value && value->bytes && delivery_unpack (value->bytes, value->size, &head, &delivery) == RECORD_OK) {
        commit_t *commit = delivery_commit (self, key, &delivery, &head);
        rc = forget_commit (self, &commit, again);
        delivery_clear (&delivery);
    }
    cli_values_clear (&values);
    return rc;
}

static int forget_thread (forget_t *self, const char *key, bool *again)
{
    cli_values_t values = {0};
    int rc = forget_read (self, key, &values);
    if (rc == CLI_GO && values.n && values.items[0].bytes && strings_has (&self->contacts, values.items[0].bytes)) {
        commit_t *commit = commit_new (self->command->shard);
        commit_expect_value (commit, key, values.items[0].bytes, values.items[0].size);
        commit_delete (commit, key);
        rc = forget_commit (self, &commit, again);
    }
    cli_values_clear (&values);
    return rc;
}

static int forget_sent (forget_t *self, const char *key, bool *again)
{
    commit_t *commit = commit_new (self->command->shard);
    commit_delete (commit, key);
    return forget_commit (self, &commit, again);
}

int forget_deliveries (forget_t *self)
{
    const struct {
        const strings_t *list;
        forget_step_fn *step;
    } rows[] = {{&self->deliveries, forget_delivery}, {&self->threads, forget_thread}, {&self->sent, forget_sent}};
    int rc = CLI_GO;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; rc == CLI_GO && k < rows[i].list->n; k++)
            rc = forget_until_done (self, rows[i].step, rows[i].list->items[k]);
    return rc;
}

/* ---- the workspace's stream */

/* It stands behind all that is taken out: the newest entry always stays, by which others see how far the stream is. */
static int say_begun (forget_t *self, uint64_t *number)
{
    cli_t *cli = self->command->cli;
    cli_committed_t committed;
    fact_t fact = forget_fact (self, self->command->reason);
    commit_t *commit = commit_new (self->command->shard);
    event_put (commit, self->command->shard, cli->workspace, NULL, NULL, &fact, false);
    int rc = cli_commit (cli, &commit, &committed);
    *number = committed.event_number;
    return rc;
}

/* Before the first is taken out: afterwards a page with one entry may have had others. (So it is with what an earlier run
 * took out, which has said so then.) */
static int look_at_pages (forget_t *self, const char *key)
{
    cli_t *cli = self->command->cli;
    cli_values_t together = {0};
    store_events_together (cli->store, key, cli_take, cli_ask (cli, &together));
    int rc = cli_got (&together);
    self->paged = rc == CLI_GO && together.n && together.items[0].score > 0;
    cli_values_clear (&together);
    return rc;
}

static int drop_page (forget_t *self, const char *key, const cli_values_t *entries, uint64_t until)
{
    cli_t *cli = self->command->cli;
    uint64_t numbers[EVENTS_PAGE];
    cli_values_t dropped = {0};
    size_t n = 0;
    for (size_t i = 0; i < entries->n && n < EVENTS_PAGE; i++) {
        const store_value_t *entry = &entries->items[i];
        char contact[ID_SIZE];
        if ((uint64_t)entry->score < until && event_remembers (entry->bytes, entry->size, contact) && *contact &&
            strings_has (&self->contacts, contact))
            numbers[n++] = (uint64_t)entry->score;
    }
    if (!n)
        return CLI_GO;
    store_drop_events (cli->store, key, numbers, n, cli_take, cli_ask (cli, &dropped));
    int rc = cli_got (&dropped);
    cli_values_clear (&dropped);
    self->events += n;
    return rc;
}

int forget_events (forget_t *self)
{
    char key[KEY_SIZE];
    uint64_t until = 0, after = 0;
    cli_t *cli = self->command->cli;
    size_t n = EVENTS_PAGE;
    int rc = say_begun (self, &until);
    key_events (key, self->command->shard, cli->workspace);
    rc = rc == CLI_GO ? look_at_pages (self, key) : rc;
    while (rc == CLI_GO && n == EVENTS_PAGE && after < until) {
        cli_values_t entries = {0};
        store_events (cli->store, key, after, EVENTS_PAGE, cli_take, cli_ask (cli, &entries));
        rc = cli_got (&entries);
        n = entries.n;
        after = n ? (uint64_t)entries.items[n - 1].score : after;
        if (rc == CLI_GO)
            rc = drop_page (self, key, &entries, until);
        cli_values_clear (&entries);
    }
    return rc;
}

/* ---- customers' records */

static void put_record (const forget_t *self, commit_t *commit, const customer_entry_t *entry, event_id_t event)
{
    char key[KEY_SIZE];
    size_t size;
    key_customer (key, self->command->shard, self->command->cli->workspace, entry->customer.id);
    commit_expect_record (commit, key, entry->head.version, event);
    record_head_t head = record_head_next (&entry->head, KIND_CUSTOMER, event, 0);
    uint8_t *bytes = customer_pack (&entry->customer, &head, &size);
    commit_put (commit, key, bytes, size, 0);
    free (bytes);
}

/* The indices of their identities go with the record: those that lead to it. */
static int drop_indices (forget_t *self, const customer_t *customer, commit_t *commit)
{
    int rc = CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < customer->identities_n; i++) {
        char id[ID_SIZE], key[KEY_SIZE];
        cli_values_t values = {0};
        customer_id_of (&customer->identities[i], id);
        rc = forget_read (self, key_identity (key, self->command->shard, self->command->cli->workspace, id), &values);
        if (rc == CLI_GO && values.n && values.items[0].bytes && strcmp (values.items[0].bytes, customer->id) == 0) {
            commit_expect_value (commit, key, customer->id, strlen (customer->id));
            commit_delete (commit, key);
        }
        cli_values_clear (&values);
    }
    return rc;
}

static int forget_record (forget_t *self, const char *id, bool *again)
{
    customer_entry_t *entry = xcalloc (1, sizeof *entry);
    bool found;
    int rc = customer_load (self->command, id, entry, &found);
    if (rc == CLI_GO && found && !entry->customer.forgotten) {
        event_id_t event = forget_event ("customer", id, entry->head.version);
        commit_t *commit = commit_new (self->command->shard);
        rc = drop_indices (self, &entry->customer, commit);
        customer_forget (&entry->customer);
        put_record (self, commit, entry, event);
        if (rc == CLI_GO)
            rc = forget_commit (self, &commit, again);
        commit_destroy (&commit);
    }
    free (entry);
    return rc;
}

/* Somebody else's record, to which an identity of theirs was proposed. */
static int forget_proposal (forget_t *self, const char *id, bool *again)
{
    customer_entry_t *entry = xcalloc (1, sizeof *entry);
    bool found, changed = false;
    int rc = customer_load (self->command, id, entry, &found);
    for (size_t i = rc == CLI_GO && found ? entry->customer.proposals_n : 0; i-- > 0;) {
        char derived[ID_SIZE];
        identity_t identity = entry->customer.proposals[i].identity;
        customer_id_of (&identity, derived);
        if (strings_has (&self->ids, derived))
            changed |= customer_dismiss (&entry->customer, &identity);
    }
    if (changed) {
        commit_t *commit = commit_new (self->command->shard);
        put_record (self, commit, entry, forget_event ("proposal", id, entry->head.version));
        rc = forget_commit (self, &commit, again);
    }
    free (entry);
    return rc;
}

int forget_records (forget_t *self)
{
    int rc = CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < self->proposals.n; i++)
        rc = forget_until_done (self, forget_proposal, self->proposals.items[i]);
    for (size_t i = self->family->n; rc == CLI_GO && i-- > 0;) /* the one that counts last */
        rc = forget_until_done (self, forget_record, self->family->entries[i].customer.id);
    return rc;
}
