/* policy_apply.c - from a text to the policy in force.
 *
 * Hears: a YAML text (cli, SIGHUP). Says: every error of it, or the new version. The steps, each of which can be
 * done again without harm: parse, read the workspace's record, commit version + 1 with its event, list the
 * workspace, then look at each person: who is named no more leaves (and is drained by escalation), who is
 * named again returns. Applied again, a text that is in force only repeats the last two, so an
 * interrupted run is completed by the next.
 * Limits: people are walked one after the other; a change costs some round trips a person, once.
 */
#include "policy_apply.h"

#include "clock.h"
#include "ids.h"
#include "keys.h"
#include "policy_apply_private.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>

enum { APPLY_TIMEOUT_MS = 5000 };

static void finish (applying_t *self, policy_apply_outcome_t outcome, const char *why)
{
    const policy_applied_t applied = {.outcome = outcome,
                                      .errors = &self->errors,
                                      .why = why,
                                      .workspace = self->policy ? self->policy->workspace : NULL,
                                      .old_version = self->old_version,
                                      .new_version = self->new_version,
                                      .leaving = (const char *const *)self->leaving,
                                      .leaving_n = self->leaving_n};
    self->fn (self->arg, &applied);
    applying_destroy (&self);
}

void applying_destroy (applying_t **self_p)
{
    applying_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    names_clear (&self->names);
    for (size_t i = 0; i < self->leaving_n; i++)
        free (self->leaving[i]);
    free (self->leaving);
    policy_destroy (&self->policy);
    policy_errors_clear (&self->errors);
    free (self->text);
    free (self->by);
    free (self);
}

void applying_end (applying_t *self, bool away)
{
    if (away)
        finish (self, POLICY_AWAY,
                store_full (self->store) ? store_why_not (self->store)
                                         : "the store could not be asked; apply it again");
    else
        finish (self, self->same ? POLICY_SAME : POLICY_APPLIED, "");
}

static void on_listed (void *arg, const store_values_t *values)
{
    applying_t *self = arg;
    if (values->wrong_type)
        finish (self, POLICY_BROKEN, "the key '" KEY_WORKSPACES "' can't be written: wrong type");
    else if (values->away)
        applying_end (self, true);
    else
        applying_people (self);
}

static void list_workspace (applying_t *self)
{
    store_set_add (self->store, KEY_WORKSPACES, self->policy->workspace, on_listed, self);
}

static void finish_stuck (applying_t *self, const commit_answer_t *answer)
{
    char why[DETAIL_SIZE];
    snprintf (why, sizeof why, "the key '%.*s' can't be written: %.*s", (int)answer->key_size,
              answer->key ? answer->key : "", (int)answer->found_size, answer->found);
    finish (self, POLICY_BROKEN, why);
}

static void on_committed (void *arg, const commit_answer_t *answer)
{
    applying_t *self = arg;
    switch (answer->outcome) {
    case COMMIT_DONE:
    case COMMIT_ALREADY:
        list_workspace (self);
        break;
    case COMMIT_REFUSED:
        finish (self, POLICY_CONFLICT, "somebody else applied a policy in the same moment");
        break;
    case COMMIT_INVALID:
        finish_stuck (self, answer);
        break;
    case COMMIT_AWAY:
        applying_end (self, true);
        break;
    }
}

static void add_event (applying_t *self, commit_t *commit, int shard, wall_ms_t now)
{
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_POLICY_APPLIED, .at = now, .number = self->new_version};
    snprintf (fact.by, sizeof fact.by, "%s", self->by);
    snprintf (fact.detail, sizeof fact.detail, "version %" PRIu32 " after %" PRIu32, self->new_version,
              self->old_version);
    event_put (commit, shard, self->policy->workspace, NULL, NULL, &fact, false);
}

/* What was in force is kept, and the oldest that was kept goes. A former version signs no links. */
static void keep_former (commit_t *commit, int shard, const record_head_t *head, const workspace_record_t *before,
                         const char *text)
{
    char key[KEY_SIZE];
    size_t size = 0;
    workspace_record_t former = *before;
    memset (former.link_key, 0, sizeof former.link_key);
    uint8_t *bytes = workspace_pack (&former, text, head, &size);
    commit_put (commit, key_policy_version (key, shard, former.name, former.policy_version), bytes, size, 0);
    free (bytes);
    if (former.policy_version > POLICY_VERSIONS_KEPT)
        commit_delete (commit,
                       key_policy_version (key, shard, former.name, former.policy_version - POLICY_VERSIONS_KEPT));
}

/* head->version 0: the first policy of this workspace. text: of the one before. */
static void commit_version (applying_t *self, const record_head_t *head, const workspace_record_t *before,
                            const char *text)
{
    const char *workspace = self->policy->workspace;
    int shard = store_shard (self->store, workspace);
    wall_ms_t now = store_now (self->store);
    char key[KEY_SIZE], version[24], hash[HASH_HEX_SIZE];
    size_t size = 0;
    workspace_record_t after = *before;
    snprintf (after.name, sizeof after.name, "%s", workspace);
    snprintf (after.applied_by, sizeof after.applied_by, "%s", self->by);
    after.policy_version = self->new_version = self->old_version + 1;
    after.applied_at = now;
    if (head->version == 0)
        clock_random (after.link_key, sizeof after.link_key);
    snprintf (version, sizeof version, "%" PRIu32, self->new_version);
    hash_hex (self->text, strlen (self->text), hash);
    event_id_t id = event_id_of ("policy", workspace, version, hash, NULL);
    record_head_t next = record_head_next (head, KIND_WORKSPACE, id, 0);
    uint8_t *bytes = workspace_pack (&after, self->text, &next, &size);
    commit_t *commit = commit_new (shard);
    commit_expect_record (commit, key_workspace (key, shard, workspace), head->version, id);
    commit_put (commit, key, bytes, size, 0);
    if (text)
        keep_former (commit, shard, head, before, text);
    add_event (self, commit, shard, now);
    free (bytes);
    store_commit (self->store, &commit, APPLY_TIMEOUT_MS, on_committed, self);
}

/* Who was named before and has no record yet may hold something all the same (by a signed link). */
static void remember_old_people (applying_t *self, const char *text)
{
    policy_errors_t errors = {0};
    policy_t *old = policy_parse (text, strlen (text), &errors);
    for (size_t i = 0; old && i < old->people_n; i++)
        if (!policy_person (self->policy, old->people[i].name))
            names_add (&self->names, old->people[i].name);
    policy_destroy (&old);
    policy_errors_clear (&errors);
}

static void on_workspace (void *arg, const store_values_t *values)
{
    applying_t *self = arg;
    record_head_t head = {0};
    workspace_record_t before = {0};
    char *text = NULL;
    if (values->away || values->n != 1) {
        applying_end (self, true);
        return;
    }
    const store_value_t *value = &values->items[0];
    if (value->bytes && workspace_unpack (value->bytes, value->size, &head, &before, &text) != RECORD_OK) {
        finish (self, POLICY_BROKEN, "the workspace's record can't be read by this version");
        return;
    }
    self->old_version = self->new_version = before.policy_version;
    self->same = text && strcmp (text, self->text) == 0;
    if (text && !self->same)
        remember_old_people (self, text);
    if (self->same)
        list_workspace (self);
    else
        commit_version (self, &head, &before, text);
    free (text);
}

static void begin (void *arg)
{
    applying_t *self = arg;
    char key[KEY_SIZE];
    self->policy = policy_parse (self->text, strlen (self->text), &self->errors);
    if (!self->policy) {
        finish (self, POLICY_BAD, "the policy has errors: nothing was changed");
        return;
    }
    const char *workspace = self->policy->workspace;
    const char *keys[] = {key_workspace (key, store_shard (self->store, workspace), workspace)};
    store_get (self->store, keys, 1, on_workspace, self);
}

void policy_apply (store_t *store, loop_t *loop, const char *text, size_t size, const char *by, policy_apply_fn *fn,
                   void *arg)
{
    applying_t *self = xcalloc (1, sizeof *self);
    self->store = store;
    self->text = xcalloc (size + 1, 1);
    memcpy (self->text, text, size);
    self->by = xstrdup (by ? by : "");
    self->fn = fn;
    self->arg = arg;
    (void)loop_at (loop, loop_now (loop), begin, self);
}
