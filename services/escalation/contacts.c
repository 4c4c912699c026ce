/* contacts.c - a contact's timer is due: decide with the lease's time, commit, and measure how late it was.
 *
 * A record that can't be read is left to its lease, which sets it aside after STORE_ATTEMPTS_MAX tries: then the
 * last resort is named once an hour until somebody mends it; everything else goes on. */
#include "escalation_private.h"

#include "guard.h"
#include "log.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

typedef struct firing {
    lookout_t *lookout;
    wall_ms_t due;
    char workspace[NAME_SIZE], contact[ID_SIZE];
} firing_t;

static void firing_destroy (firing_t *self)
{
    lookout_done (self->lookout);
    free (self);
}

static void on_rearmed (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* refused: somebody committed meanwhile, and armed it */
    firing_destroy (arg);
}

/* The timer stood wrong: nothing is due. It gets the record's own next time. */
static void rearm (firing_t *self, const contact_t *contact)
{
    char key[KEY_SIZE], member[MEMBER_SIZE], words[32];
    service_t *service = self->lookout->self->service;
    commit_t *commit = commit_new (self->lookout->shard);
    snprintf (words, sizeof (words), "%llu", (unsigned long long)contact->version);
    commit_expect_record (commit, key_contact (key, self->lookout->shard, self->workspace, self->contact),
                          contact->version, event_id_of ("rearm", self->contact, words, NULL));
    wall_ms_t due = contact_next_due (contact);
    key_due (key, self->lookout->shard, KIND_CONTACT);
    member_make (member, self->workspace, self->contact);
    if (due)
        commit_place (commit, key, due, member);
    else
        commit_unplace (commit, key, member);
    store_commit (service->store, &commit, 0, on_rearmed, self);
}

static void on_fired (void *arg, const work_result_t *result)
{
    firing_t *self = arg;
    switch (result->outcome) {
    case WORK_DONE:
        metric_add ("firings", 1);
        metric_observe ("firing_lateness", (double)(result->at - self->due));
        break;
    case WORK_REFUSED:
        rearm (self, result->contact);
        return;
    case WORK_BROKEN:
    case WORK_CHECK:
    case WORK_ROOM:
        log_fact (LOG_ERROR_, self->contact, "a deadline can't be decided", "why", result->why ? result->why : "",
                  NULL);
        metric_add ("undecided", 1);
        break;
    case WORK_ALREADY:
    case WORK_MISSING:
    case WORK_AWAY:
    case WORK_CONFLICT:
        break; /* the lease brings it back */
    }
    firing_destroy (self);
}

static firing_t *firing_new (lookout_t *lookout, const store_row_t *row)
{
    firing_t *self = xcalloc (1, sizeof (*self));
    self->lookout = lookout;
    self->due = row->due;
    lookout->self->under_way++;
    if (member_split (row->member, row->member_size, self->workspace, self->contact, sizeof (self->contact)) == 0)
        return self;
    log_fact (LOG_ERROR_, "", "a timer names no contact", NULL);
    firing_destroy (self);
    return NULL;
}

static void on_said (void *arg, const commit_answer_t *answer)
{
    (void)answer;
    firing_destroy (arg);
}

/* Nobody can read it, so its record can't say it: the event does, and names the last resort. */
static void say_unreadable (firing_t *self, wall_ms_t now)
{
    char key[KEY_SIZE];
    size_t size = 0;
    service_t *service = self->lookout->self->service;
    const policy_t *policy = workspaces_policy (service->workspaces, self->workspace);
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_SET_ASIDE, .at = now};
    WORD_COPY (fact.to, policy ? policy->last_resort->name : "");
    WORD_COPY (fact.detail, "its record can't be read: set aside, looked at again every hour");
    contact_t contact = {.version = 0};
    WORD_COPY (contact.id, self->contact);
    WORD_COPY (contact.accountable, fact.to);
    uint8_t *bytes = event_pack (self->workspace, &contact, NULL, &fact, 1, NULL, 0, now, false, &size);
    commit_t *commit = commit_new (self->lookout->shard);
    commit_event (commit, key_events (key, self->lookout->shard, self->workspace), bytes, size);
    free (bytes);
    log_fact (LOG_ERROR_, self->contact, "set aside", "last_resort", fact.to, NULL);
    store_commit (service->store, &commit, 0, on_said, self);
}

void contact_is_due (lookout_t *lookout, const store_row_t *row, wall_ms_t now)
{
    char due[32];
    record_head_t head;
    contact_t contact;
    firing_t *self = firing_new (lookout, row);
    if (!self)
        return;
    bool readable = row->record && contact_unpack (row->record, row->record_size, &head, &contact) == RECORD_OK;
    if (!readable && row->set_aside && GUARD ("f08")) {
        say_unreadable (self, now);
        return;
    }
    snprintf (due, sizeof (due), "%lld", (long long)row->due);
    bool set_aside = readable && row->set_aside;
    contact_event_t event = {.kind = set_aside ? EVENT_SET_ASIDE : EVENT_TIME,
                             .detail = "it was tried again and again and could not be decided",
                             .id = event_id_of (set_aside ? "aside" : "time", self->contact, due, NULL)};
    work_begin (&(work_order_t){.service = lookout->self->service,
                                .workspace = self->workspace,
                                .contact = self->contact,
                                .event = event,
                                .record = row->record,
                                .record_size = row->record_size,
                                .now = now,
                                .done = on_fired,
                                .arg = self});
}
