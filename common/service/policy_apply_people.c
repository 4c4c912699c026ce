/* policy_apply_people.c - after a policy changed: who is named no more leaves, who is named again returns.
 *
 * Hears: the people's records (found by a walk over their keys), each with when people could be heard, and the names of
 * the policy before. Says: one commit a person whose standing changed; the new epoch that it begins is drained by
 * escalation, so a person that open contacts name does not vanish. Presence that ended in an outage of ours has not: a
 * deployment may apply the policy before anybody else looks.
 */
#include "policy_apply_private.h"

#include "ids.h"
#include "keys.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>

enum { PERSON_TRIES_MAX = 6 };

static void person_begin (applying_t *self);

void names_add (names_t *self, const char *name)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcmp (self->items[i], name) == 0)
            return;
    self->items = xrealloc (self->items, (self->n + 1) * sizeof *self->items);
    snprintf (self->items[self->n++], NAME_SIZE, "%s", name);
}

void names_clear (names_t *self)
{
    free (self->items);
    *self = (names_t){0};
}

static void note_leaving (applying_t *self, const char *name)
{
    self->leaving = xrealloc (self->leaving, (self->leaving_n + 1) * sizeof *self->leaving);
    self->leaving[self->leaving_n++] = xstrdup (name);
}

static void person_next (applying_t *self)
{
    self->at++;
    self->tries = 0;
    person_begin (self);
}

static void on_person_committed (void *arg, const commit_answer_t *answer)
{
    applying_t *self = arg;
    if (answer->outcome == COMMIT_AWAY) {
        applying_end (self, true);
        return;
    }
    if (answer->outcome == COMMIT_REFUSED && ++self->tries < PERSON_TRIES_MAX) {
        person_begin (self); /* somebody was faster: look again */
        return;
    }
    if (self->leaves && answer->outcome != COMMIT_REFUSED)
        note_leaving (self, self->names.items[self->at]);
    person_next (self);
}

static void commit_person (applying_t *self, const record_head_t *head, const person_t *before, person_event_t event,
                           const hearing_t *hearing)
{
    static const struct {
        fact_kind_t kind;
        const char *detail;
    } says[] = {
        [PERSON_LEAVE] = {BUCKSTOP__V1__FACT_KIND__FACT_KIND_LEAVING, "the policy names them no more"},
        [PERSON_RETURN] = {BUCKSTOP__V1__FACT_KIND__FACT_KIND_AWAY, "the policy names them again; not present yet"},
    };
    person_t after;
    char version[24];
    wall_ms_t now = store_now (self->store);
    person_outcome_t outcome = person_apply (before, event, now, self->policy->presence_ms, hearing, &after);
    self->leaves = after.leaving;
    if (outcome != PERSON_CHANGED) {
        if (self->leaves && after.drained_epoch < after.epoch)
            note_leaving (self, after.name); /* since an earlier policy, and not drained yet */
        person_next (self);
        return;
    }
    snprintf (version, sizeof version, "%" PRIu32 ".%" PRIu64, self->new_version, head->version);
    event_id_t id = event_id_of ("policy-person", self->policy->workspace, before->name, version, NULL);
    commit_t *commit = plan_person (store_shard (self->store, before->workspace), head, &after, id, true,
                                    says[event].kind, says[event].detail, now);
    store_commit (self->store, &commit, 0, on_person_committed, self);
}

enum { READ_PERSON, READ_HEARD, READS };

static void on_person (void *arg, const store_values_t *values)
{
    applying_t *self = arg;
    const char *name = self->names.items[self->at];
    record_head_t head = {0};
    person_t person = {0};
    hearing_t hearing;
    if (values->away || values->n != READS) {
        applying_end (self, true);
        return;
    }
    const store_value_t *value = &values->items[READ_PERSON], *heard = &values->items[READ_HEARD];
    if (value->bytes && person_unpack (value->bytes, value->size, &head, &person) != RECORD_OK) {
        person_next (self); /* of a newer schema, or broken: audit names it */
        return;
    }
    if (!value->bytes) {
        snprintf (person.name, sizeof person.name, "%s", name);
        snprintf (person.workspace, sizeof person.workspace, "%s", self->policy->workspace);
    }
    hearing_parse (heard->bytes, heard->size, &hearing); /* what can't be read says nothing */
    commit_person (self, &head, &person, policy_person (self->policy, name) ? PERSON_RETURN : PERSON_LEAVE, &hearing);
}

static void person_begin (applying_t *self)
{
    char person[KEY_SIZE], heard[KEY_SIZE];
    if (self->at == self->names.n) {
        applying_end (self, false);
        return;
    }
    const char *workspace = self->policy->workspace;
    int shard = store_shard (self->store, workspace);
    const char *keys[READS] = {
        [READ_PERSON] = key_person (person, shard, workspace, self->names.items[self->at]),
        [READ_HEARD] = key_heard (heard, shard),
    };
    store_get (self->store, keys, READS, on_person, self);
}

static void on_scanned (void *arg, const store_values_t *values);

static void scan (applying_t *self, uint64_t cursor)
{
    char pattern[KEY_SIZE];
    const char *workspace = self->policy->workspace;
    key_person (pattern, store_shard (self->store, workspace), workspace, "*");
    store_scan (self->store, cursor, pattern, on_scanned, self);
}

static void on_scanned (void *arg, const store_values_t *values)
{
    applying_t *self = arg;
    if (values->away) {
        applying_end (self, true);
        return;
    }
    for (size_t i = 0; i < values->n; i++) {
        char name[NAME_SIZE];
        const char *bytes = values->items[i].bytes;
        size_t size = values->items[i].size, from = size;
        while (from > 0 && bytes[from - 1] != ':')
            from--;
        if (size - from >= sizeof name)
            continue;
        snprintf (name, sizeof name, "%.*s", (int)(size - from), bytes + from);
        names_add (&self->names, name);
    }
    if (values->cursor)
        scan (self, values->cursor);
    else
        person_begin (self);
}

void applying_people (applying_t *self)
{
    scan (self, 0);
}
