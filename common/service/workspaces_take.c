/* workspaces_take.c - what the record of a workspace says: the policy in force, or why it is not.
 *
 * Hears: the record's bytes, with each look. Says: a swap, to who asked to be told; once, that a text or a record can't be
 * used. A record is unpacked again only when its bytes changed, a text parsed only when its version moved.
 */
#include "workspaces_private.h"

#include "log.h"
#include "record.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void refuse (entry_t *entry, uint32_t version, const char *why)
{
    char number[16];
    if (entry->refused == version)
        return;
    entry->refused = version;
    snprintf (number, sizeof number, "%" PRIu32, version);
    log_fact (LOG_ERROR_, entry->name, "policy not usable", "version", number, "why", why, NULL);
}

static void swap (workspaces_t *self, entry_t *entry, policy_t **policy_p)
{
    char number[16];
    policy_t *old = entry->policy;
    entry->policy = *policy_p;
    *policy_p = NULL;
    snprintf (number, sizeof number, "%" PRIu32, entry->policy->version);
    log_fact (LOG_INFO_, entry->name, "policy in force", "version", number, NULL);
    for (size_t i = 0; i < self->watchers_n; i++)
        self->watchers[i].fn (self->watchers[i].arg, entry->name, entry->policy);
    policy_destroy (&old);
}

static void take_text (workspaces_t *self, entry_t *entry, const workspace_record_t *record, const char *text)
{
    policy_errors_t errors = {0};
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    if (policy) {
        policy_stamp (policy, record->policy_version, record->link_key);
        swap (self, entry, &policy);
    } else
        refuse (entry, record->policy_version, errors.n > 0 ? errors.items[0].what : "the text can't be parsed");
    policy_errors_clear (&errors);
}

/* No record. Somebody took the workspace away; or its key is damaged, and what was known goes on. */
static void take_nothing (const workspaces_t *self, entry_t *entry)
{
    entry->there = false;
    if (!entry->policy)
        return;
    if (!entry->missing || self->unlisted) {
        refuse (entry, REFUSED_BROKEN, "the record is gone, or is none");
        return;
    }
    if (!entry->removed)
        log_fact (LOG_NOTICE_, entry->name, "the workspace was removed", NULL);
    entry->removed = true;
    entry->refused = 0;
    free (entry->taken);
    entry->taken = NULL;
}

static bool is_taken (const entry_t *entry, const store_value_t *value)
{
    return entry->taken && entry->taken_size == value->size && memcmp (entry->taken, value->bytes, value->size) == 0;
}

/* Its first record, or one of a workspace that was made anew under the name, perhaps between two looks: it has a key of its
 * own for its links. */
static bool is_another (const entry_t *entry, const workspace_record_t *record)
{
    return !entry->policy || entry->removed ||
           memcmp (entry->policy->link_key, record->link_key, sizeof record->link_key) != 0;
}

static void keep_taken (entry_t *entry, const store_value_t *value)
{
    free (entry->taken);
    entry->taken = xmemdup (value->bytes, value->size);
    entry->taken_size = value->size;
}

void workspaces_take (workspaces_t *self, const char *name, const store_value_t *value)
{
    record_head_t head;
    workspace_record_t record;
    char *text = NULL;
    entry_t *entry = workspaces_entry (self, name);
    if (!value->bytes) {
        take_nothing (self, entry);
        return;
    }
    entry->there = true;
    if (is_taken (entry, value)) {
        entry->refused = entry->refused == REFUSED_BROKEN ? 0 : entry->refused;
        return;
    }
    record_fault_t fault = workspace_unpack (value->bytes, value->size, &head, &record, &text);
    if (fault != RECORD_OK) {
        refuse (entry, REFUSED_BROKEN,
                fault == RECORD_NEWER ? "the record is of a newer schema" : "the record is broken");
        free (text);
        return;
    }
    if (entry->refused == REFUSED_BROKEN)
        entry->refused = 0;
    uint32_t known = is_another (entry, &record) ? 0 : entry->policy->version;
    entry->removed = false;
    if (record.policy_version != known && record.policy_version != entry->refused)
        take_text (self, entry, &record, text);
    if (entry->policy && entry->policy->version == record.policy_version)
        keep_taken (entry, value);
    free (text);
}
