/* cmd_customer_find.c - whom somebody means, and the records of a customer.
 *
 * Hears: an id or an identity, the store's answers. Says: the record that counts with those that are linked to it; or
 * that there is none. What is written goes in one commit that expects the versions that were read.
 */
#include "cmd_customer.h"

#include "ids.h"
#include "keys.h"
#include "plan.h"
#include "words.h"
#include "xmalloc.h"

#include <ctype.h>

enum { WALK_PAGE = 64 }; /* values of a timeline may be large; of these families they are small */

/* ---- records */

static int read_entry (const store_value_t *value, const char *id, customer_entry_t *entry)
{
    record_fault_t fault = customer_unpack (value->bytes, value->size, &entry->head, &entry->customer);
    if (fault == RECORD_OK)
        return CLI_GO;
    return cli_fail (CLI_NO, "the record of customer %s %s", id,
                     fault == RECORD_NEWER ? "was written by a newer version"
                                           : "can't be read; 'buckstop audit' names its key");
}

int customer_load (customer_command_t *self, const char *id, customer_entry_t *entry, bool *found)
{
    char key[KEY_SIZE];
    const char *keys[] = {key_customer (key, self->shard, self->cli->workspace, id)};
    cli_values_t values = {0};
    memset (entry, 0, sizeof *entry);
    store_get (self->cli->store, keys, 1, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    *found = rc == CLI_GO && values.n && values.items[0].bytes;
    if (*found)
        rc = read_entry (&values.items[0], id, entry);
    cli_values_clear (&values);
    return rc;
}

static int load_family (customer_command_t *self, const char *id, family_t *family, bool *found)
{
    customer_entry_t *first = &family->entries[0];
    int rc = customer_load (self, id, first, found);
    if (rc != CLI_GO || !*found)
        return rc;
    WORD_COPY (family->given, id);
    if (*first->customer.merged_into) {
        char counts[ID_SIZE];
        WORD_COPY (counts, first->customer.merged_into);
        rc = customer_load (self, counts, first, found);
        if (rc == CLI_GO && !*found)
            rc = cli_fail (CLI_NO,
                           "customer %s is linked to %s, and there is no such record; 'buckstop audit' tells more", id,
                           counts);
    }
    family->n = 1;
    for (size_t i = 0; rc == CLI_GO && i < first->customer.merged_n; i++) {
        bool there;
        rc = customer_load (self, first->customer.merged[i], &family->entries[family->n], &there);
        family->n += rc == CLI_GO && there;
    }
    return rc;
}

customer_entry_t *family_entry (family_t *self, const char *id)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcmp (self->entries[i].customer.id, id) == 0)
            return &self->entries[i];
    return NULL;
}

const char *customer_called (const customer_t *customer)
{
    if (*customer->name)
        return customer->name;
    return customer->identities_n ? customer->identities[0].value : customer->id;
}

/* ---- whom somebody means */

static bool take_id (const char *who, char id[ID_SIZE])
{
    if (strlen (who) != ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < ID_SIZE; i++)
        id[i] = (char)toupper ((unsigned char)who[i]);
    return id_valid (id);
}

/* Where the identity leads: its index, or the id that it derives. */
static int follow (customer_command_t *self, const identity_t *identity, char id[ID_SIZE])
{
    char key[KEY_SIZE];
    cli_values_t values = {0};
    customer_id_of (identity, id);
    const char *keys[] = {key_identity (key, self->shard, self->cli->workspace, id)};
    store_get (self->cli->store, keys, 1, cli_take, cli_ask (self->cli, &values));
    int rc = cli_got (&values);
    if (rc == CLI_GO && values.n && values.items[0].bytes && values.items[0].size < ID_SIZE)
        snprintf (id, ID_SIZE, "%s", values.items[0].bytes);
    cli_values_clear (&values);
    return rc;
}

bool customer_identity (const customer_command_t *self, const char *who, identity_t *identity)
{
    char id[ID_SIZE];
    return !take_id (who, id) &&
           (identity_parse (who, identity) || identity_phone (self->policy->country, who, identity));
}

int customer_find (customer_command_t *self, const char *who, family_t *family)
{
    char id[ID_SIZE];
    identity_t identity;
    bool found = false;
    int rc = CLI_GO;
    memset (family, 0, sizeof *family);
    if (!take_id (who, id)) {
        if (!customer_identity (self, who, &identity))
            return cli_fail (CLI_USAGE,
                             "'%s' is nobody: give an id, a mail address, a number with its country (+49...), or "
                             "PLATFORM:HANDLE",
                             who);
        rc = follow (self, &identity, id);
    }
    if (rc == CLI_GO)
        rc = load_family (self, id, family, &found);
    if (rc != CLI_GO || found)
        return rc;
    if (!self->unrecorded)
        return cli_fail (
            CLI_NO, "no customer is known by '%s': one is once they have written, or by 'buckstop customer import'",
            who);
    family->n = 1;
    WORD_COPY (family->given, id);
    WORD_COPY (family->entries[0].customer.id, id);
    return CLI_GO;
}

/* ---- all of a family of keys */

static int look_at (customer_command_t *self, const cli_values_t *names, customer_key_fn *fn, void *arg)
{
    int rc = CLI_GO;
    for (size_t from = 0; rc == CLI_GO && from < names->n; from += WALK_PAGE) {
        const char *keys[WALK_PAGE];
        cli_values_t values = {0};
        size_t n = 0;
        for (; n < WALK_PAGE && from + n < names->n; n++)
            keys[n] = names->items[from + n].bytes;
        store_get (self->cli->store, keys, n, cli_take, cli_ask (self->cli, &values));
        rc = cli_got (&values);
        for (size_t i = 0; rc == CLI_GO && i < values.n; i++)
            if (values.items[i].bytes) /* else it went meanwhile, or is no string */
                rc = fn (arg, keys[i], &values.items[i]);
        cli_values_clear (&values);
    }
    return rc;
}

int customer_walk (customer_command_t *self, const char *pattern, customer_key_fn *fn, void *arg)
{
    uint64_t cursor = 0;
    int rc;
    do {
        cli_values_t names = {0};
        store_scan (self->cli->store, cursor, pattern, cli_take, cli_ask (self->cli, &names));
        rc = cli_got (&names);
        cursor = names.cursor;
        if (rc == CLI_GO)
            rc = look_at (self, &names, fn, arg);
        cli_values_clear (&names);
    } while (rc == CLI_GO && cursor);
    return rc;
}

typedef struct each {
    customer_each_fn *fn;
    void *arg;
} each_t;

static int on_record (void *arg, const char *key, const store_value_t *value)
{
    const each_t *each = arg;
    record_head_t head;
    customer_t *customer = xcalloc (1, sizeof *customer);
    (void)key; /* one that can't be read is the audit's */
    int rc = customer_unpack (value->bytes, value->size, &head, customer) == RECORD_OK ? each->fn (each->arg, customer)
                                                                                       : CLI_GO;
    free (customer);
    return rc;
}

int customer_each (customer_command_t *self, customer_each_fn *fn, void *arg)
{
    char pattern[KEY_SIZE];
    each_t each = {fn, arg};
    return customer_walk (self, key_customer (pattern, self->shard, self->cli->workspace, "*"), on_record, &each);
}

/* ---- writing */

/* Meanwhile it must not have come up, neither as somebody's nor as a record. */
static void put_identity (const customer_command_t *self, const family_t *family, commit_t *commit, event_id_t event)
{
    char key[KEY_SIZE];
    const char *workspace = self->cli->workspace, *id = family->entries[0].customer.id;
    if (*family->removed && strcmp (family->removed, id) != 0)
        commit_delete (commit, key_identity (key, self->shard, workspace, family->removed));
    if (!*family->added)
        return;
    commit_expect_free (commit, key_identity (key, self->shard, workspace, family->added));
    if (strcmp (family->added, id) == 0)
        return;
    commit_put (commit, key, id, strlen (id), 0);
    commit_expect_record (commit, key_customer (key, self->shard, workspace, family->added), 0, event);
}

int family_commit (customer_command_t *self, family_t *family, event_id_t event, const fact_t *fact, bool *refused)
{
    const char *workspace = self->cli->workspace;
    commit_t *commit = commit_new (self->shard);
    cli_committed_t committed;
    for (size_t i = 0; i < family->n; i++) {
        const customer_entry_t *entry = &family->entries[i];
        char key[KEY_SIZE];
        size_t size;
        if (!entry->changed)
            continue;
        key_customer (key, self->shard, workspace, entry->customer.id);
        commit_expect_record (commit, key, entry->head.version, event);
        record_head_t head = record_head_next (&entry->head, KIND_CUSTOMER, event, 0);
        uint8_t *bytes = customer_pack (&entry->customer, &head, &size);
        commit_put (commit, key, bytes, size, 0);
        free (bytes);
    }
    put_identity (self, family, commit, event);
    if (fact)
        event_put (commit, self->shard, workspace, NULL, NULL, fact, false);
    int rc = cli_commit (self->cli, &commit, &committed);
    *refused = committed.outcome == COMMIT_REFUSED;
    return rc;
}
