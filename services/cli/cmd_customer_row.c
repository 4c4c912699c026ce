/* cmd_customer_row.c - one row of an import: read, decide (customer_import.c), commit; again when somebody was faster.
 *
 * Hears: where its identities lead, the record that it is about. Says: what became of it. Most rows take one read and
 * one commit; who has several records, or the name of somebody else, takes a read more.
 */
#include "cmd_customer_import.h"

#include "ids.h"
#include "keys.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>

static store_t *store_of (const row_job_t *job)
{
    return job->import->command->cli->store;
}

static const char *workspace_of (const row_job_t *job)
{
    return job->import->command->cli->workspace;
}

static const char *record_key (const row_job_t *job, char key[KEY_SIZE], const char *id)
{
    return key_customer (key, job->import->command->shard, workspace_of (job), id);
}

static const char *identity_key (const row_job_t *job, char key[KEY_SIZE], const char *derived)
{
    return key_identity (key, job->import->command->shard, workspace_of (job), derived);
}

/* NULL: there is none. *broken: it can't be read. */
static customer_entry_t *entry_of (const store_value_t *value, bool *broken)
{
    if (!value->bytes)
        return NULL;
    customer_entry_t *entry = xcalloc (1, sizeof *entry);
    if (customer_unpack (value->bytes, value->size, &entry->head, &entry->customer) == RECORD_OK)
        return entry;
    free (entry);
    *broken = true;
    return NULL;
}

static void fail_broken (row_job_t *job)
{
    import_row_ended (job, ROW_REFUSED, "a record can't be read by this version; 'buckstop audit' names its key");
}

/* ---- the commit */

static void on_committed (void *arg, const commit_answer_t *answer)
{
    row_job_t *job = arg;
    switch (answer->outcome) {
    case COMMIT_DONE:
    case COMMIT_ALREADY:
        import_row_ended (job, job->result.opened ? ROW_OPENED : ROW_CHANGED, "");
        return;
    case COMMIT_REFUSED:
        if (++job->tries < IMPORT_TRIES_MAX)
            import_row_begin (job);
        else
            import_row_ended (job, ROW_REFUSED, "others keep changing this customer: import it again");
        return;
    case COMMIT_INVALID:
        import_row_ended (job, ROW_REFUSED, "a key in redis holds something else; 'buckstop audit' names it");
        return;
    case COMMIT_AWAY:
        import_row_away (job);
        return;
    }
}

/* An identity that is new to everybody; meanwhile it must not have come up, neither as somebody's nor as a record. */
static void write_identity (const row_job_t *job, commit_t *commit, size_t i, event_id_t event)
{
    const customer_t *after = &job->result.after;
    const char *derived = job->derived[i];
    char key[KEY_SIZE];
    commit_expect_free (commit, identity_key (job, key, derived));
    if (strcmp (derived, after->id) == 0)
        return;
    commit_put (commit, key, after->id, strlen (after->id), 0);
    commit_expect_record (commit, record_key (job, key, derived), 0, event);
}

static void commit_row (row_job_t *job)
{
    static const record_head_t absent = {.version = 0};
    const customer_t *after = &job->result.after;
    const record_head_t *before = job->existing ? &job->existing->head : &absent;
    char key[KEY_SIZE], hash[HASH_HEX_SIZE], version[24];
    size_t size;
    uint8_t *bytes = customer_pack (after, before, &size);
    hash_hex (bytes, size, hash);
    free (bytes);
    snprintf (version, sizeof version, "%" PRIu64, before->version);
    event_id_t event = event_id_of ("import", after->id, version, hash, NULL);
    record_head_t head = record_head_next (before, KIND_CUSTOMER, event, 0);
    commit_t *commit = commit_new (job->import->command->shard);
    commit_expect_record (commit, record_key (job, key, after->id), before->version, event);
    bytes = customer_pack (after, &head, &size);
    commit_put (commit, key, bytes, size, 0);
    free (bytes);
    for (size_t i = 0; i < job->result.added_n; i++)
        write_identity (job, commit, job->result.added[i], event);
    store_commit (store_of (job), &commit, 0, on_committed, job);
}

/* ---- the decision */

static void tell_proposals (row_job_t *job)
{
    size_t before = job->existing ? job->existing->customer.proposals_n : 0;
    const customer_t *after = &job->result.after;
    for (size_t i = before < after->proposals_n ? before : 0; i < after->proposals_n; i++) {
        char text[IDENTITY_TEXT_SIZE];
        import_doubt (job, identity_text (&after->proposals[i].identity, text), after->proposals[i].reason);
    }
}

static void write_row (row_job_t *job)
{
    if (job->result.changed && job->tries == 0)
        tell_proposals (job);
    if (job->import->command->dry_run)
        import_row_ended (job, job->result.opened ? ROW_OPENED : ROW_CHANGED, "");
    else
        commit_row (job);
}

/* Somebody else of that name: perhaps the same person by another address. */
static void on_namesake (void *arg, const store_values_t *values)
{
    row_job_t *job = arg;
    bool broken = false;
    if (values->away || values->n != 1) {
        import_row_away (job);
        return;
    }
    customer_entry_t *other = entry_of (&values->items[0], &broken);
    if (other && other->customer.identities_n && !other->customer.forgotten) {
        char reason[DETAIL_SIZE];
        snprintf (reason, sizeof reason, "line %zu of %.80s has the name of customer %s, and another address",
                  job->line, job->import->file, other->customer.id);
        customer_propose (&job->result.after, &other->customer.identities[0], reason, job->result.after.created_at);
    }
    free (other);
    write_row (job);
}

static void decide (row_job_t *job)
{
    const import_t *import = job->import;
    char source[DETAIL_SIZE], why[DETAIL_SIZE] = "", key[KEY_SIZE];
    snprintf (source, sizeof source, "line %zu of %.80s", job->line, import->file);
    customer_outcome_t outcome = customer_import (job->existing ? &job->existing->customer : NULL, workspace_of (job),
                                                  &job->row, source, store_now (store_of (job)), &job->result, why);
    const char *namesake = job->result.opened ? names_seen_id (import->names, job->result.after.name) : NULL;
    if (outcome == CUSTOMER_REFUSED)
        import_row_ended (job, ROW_REFUSED, why);
    else if (outcome == CUSTOMER_NOTHING)
        import_row_ended (job, ROW_SAME, "");
    else if (namesake && strcmp (namesake, job->result.after.id) != 0) {
        const char *keys[] = {record_key (job, key, namesake)};
        store_get (store_of (job), keys, 1, on_namesake, job);
    } else
        write_row (job);
}

/* ---- what there is */

/* Only a further address or number of the row leads to somebody, and that one has another name: a family's telephone,
 * say. It is taken for a customer of its own, by its first; the rest is proposed. */
static bool is_other (const row_job_t *job)
{
    const customer_t *is = &job->existing->customer;
    return !*job->row.id && !*job->row.holders[0] && *job->row.name && *is->name && !is->provisional &&
           strcasecmp (job->row.name, is->name) != 0;
}

static void decide_whose (row_job_t *job)
{
    if (job->existing && is_other (job)) {
        word_copy (job->row.holders[0], ID_SIZE, job->derived[0]);
        free (job->existing);
        job->existing = NULL;
    }
    decide (job);
}

static void on_target (void *arg, const store_values_t *values)
{
    row_job_t *job = arg;
    bool broken = false;
    if (values->away || values->n != 1) {
        import_row_away (job);
        return;
    }
    job->existing = entry_of (&values->items[0], &broken);
    if (broken)
        fail_broken (job);
    else
        decide_whose (job);
}

static void find_target (row_job_t *job)
{
    char key[KEY_SIZE];
    customer_row_target (&job->row, job->target);
    if (job->existing && strcmp (job->existing->customer.id, job->target) != 0) {
        free (job->existing);
        job->existing = NULL;
    }
    bool nobody = true; /* none of its identities leads anywhere, so the id that the first derives is free */
    for (size_t i = 0; i < job->row.identities_n; i++)
        nobody &= !*job->row.holders[i];
    if (job->existing || (nobody && !*job->row.id)) {
        decide_whose (job);
        return;
    }
    const char *keys[] = {record_key (job, key, job->target)};
    store_get (store_of (job), keys, 1, on_target, job);
}

/* The records where they lead: one that was linked leads on. */
static void on_led (void *arg, const store_values_t *values)
{
    row_job_t *job = arg;
    bool broken = false;
    size_t at = 0;
    if (values->away) {
        import_row_away (job);
        return;
    }
    for (size_t i = 0; i < job->row.identities_n; i++) {
        if (!*job->led[i])
            continue;
        customer_entry_t *entry = at < values->n ? entry_of (&values->items[at], &broken) : NULL;
        at++;
        if (!entry)
            continue;
        word_copy (job->row.holders[i], ID_SIZE, customer_counts (&entry->customer));
        if (job->existing)
            free (entry);
        else
            job->existing = entry;
    }
    if (broken)
        fail_broken (job);
    else
        find_target (job);
}

static void read_led (row_job_t *job)
{
    char keys[CUSTOMER_IDENTITIES_MAX][KEY_SIZE];
    const char *list[CUSTOMER_IDENTITIES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < job->row.identities_n; i++)
        if (*job->led[i]) {
            list[n] = record_key (job, keys[n], job->led[i]);
            n++;
        }
    if (n)
        store_get (store_of (job), list, n, on_led, job);
    else
        find_target (job);
}

/* For each identity its index, and the record that it derives. */
static void on_looked (void *arg, const store_values_t *values)
{
    row_job_t *job = arg;
    size_t n = job->row.identities_n;
    if (values->away || values->n != 2 * n) {
        import_row_away (job);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const store_value_t *index = &values->items[2 * i], *record = &values->items[2 * i + 1];
        if (index->bytes)
            snprintf (job->led[i], ID_SIZE, "%.*s", (int)index->size, index->bytes);
        else if (record->bytes)
            word_copy (job->led[i], ID_SIZE, job->derived[i]);
    }
    read_led (job);
}

void import_row_begin (row_job_t *job)
{
    char keys[IMPORT_KEYS_MAX][KEY_SIZE];
    const char *list[IMPORT_KEYS_MAX];
    free (job->existing);
    job->existing = NULL;
    memset (job->led, 0, sizeof job->led);
    memset (job->row.holders, 0, sizeof job->row.holders);
    size_t n = job->row.identities_n;
    for (size_t i = 0; i < n; i++) {
        list[2 * i] = identity_key (job, keys[2 * i], job->derived[i]);
        list[2 * i + 1] = record_key (job, keys[2 * i + 1], job->derived[i]);
    }
    if (n)
        store_get (store_of (job), list, 2 * n, on_looked, job);
    else
        find_target (job);
}
