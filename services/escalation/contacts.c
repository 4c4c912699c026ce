/* contacts.c - a contact's timer is due: decide with the lease's time, commit, and measure how late it was.
 *
 * A record that can't be read is left to its lease, which sets it aside after STORE_ATTEMPTS_MAX tries: then the
 * last resort is told (aside.h) until somebody mends it; everything else goes on. One that can be read is tried on, at
 * longer and longer intervals, and given to the last resort at STORE_ATTEMPTS_GIVE_UP. One that can be read and not
 * committed, since another key is bad, is not at fault: it is put back for STUCK_MS, one behind the other. */
#include "escalation_private.h"

#include "guard.h"
#include "line_up.h"
#include "log.h"
#include "trace.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

#define STUCK_MS (3 * MS_PER_SECOND)

typedef struct firing {
    lookout_t *lookout;
    wall_ms_t due;   /* by the record's own clocks; a lease that ended may be what brought it */
    uint8_t *record; /* as leased */
    size_t record_size;
    uint64_t version;
    char workspace[NAME_SIZE], contact[ID_SIZE];
} firing_t;

static void firing_destroy (firing_t *self)
{
    lookout_done (self->lookout);
    free (self->record);
    free (self);
}

static void on_put_back (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* refused: somebody committed meanwhile, and armed it */
    firing_destroy (arg);
}

/* Armed anew, and its attempts forgotten: it was not the record's fault. held: for longer than its clocks say, as if it
 * were leased. */
static void put_back (firing_t *self, wall_ms_t due, bool held)
{
    char key[KEY_SIZE], member[MEMBER_SIZE], words[32];
    commit_t *commit = commit_new (self->lookout->shard);
    if (!self->record) {
        commit_destroy (&commit);
        firing_destroy (self);
        return;
    }
    snprintf (words, sizeof (words), "%llu", (unsigned long long)self->version);
    commit_expect_record (commit, key_contact (key, self->lookout->shard, self->workspace, self->contact),
                          self->version, event_id_of ("put back", self->contact, words, NULL));
    record_forget_attempts (self->record, self->record_size);
    if (held)
        record_count_attempt (self->record, self->record_size);
    commit_put (commit, key, self->record, self->record_size, 0);
    key_due (key, self->lookout->shard, KIND_CONTACT);
    member_make (member, self->workspace, self->contact);
    if (due)
        commit_place (commit, key, due, member);
    else
        commit_unplace (commit, key, member);
    store_commit (self->lookout->self->service->store, &commit, 0, on_put_back, self);
}

static void say_stuck (const firing_t *self, const work_result_t *result)
{
    aside_t *aside = self->lookout->self->aside;
    metric_add ("undecided", 1);
    if (result->answer)
        aside_add_key (aside, self->workspace, result->answer);
    else
        aside_add (aside, &(aside_subject_t){KIND_WORKSPACE, self->workspace, self->workspace, result->why});
}

static void say_undecided (const firing_t *self, const work_result_t *result)
{
    char trace[TRACE_ID_SIZE];
    metric_add ("undecided", 1);
    log_fact (LOG_ERROR_, self->contact, "a deadline can't be decided", "why", result->why ? result->why : "", "trace",
              result->contact ? trace_id_of (result->contact->trace, self->contact, trace) : "", NULL);
}

static void on_fired (void *arg, const work_result_t *result)
{
    firing_t *self = arg;
    escalation_t *escalation = self->lookout->self;
    switch (result->outcome) {
    case WORK_DONE:
        metric_add ("firings", 1);
        if (self->due >= escalation->jumped_to)
            metric_observe ("firing_lateness_seconds", (double)(result->at - self->due));
        break;
    case WORK_REFUSED: /* the timer stood wrong: nothing is due */
        put_back (self, self->version == result->contact->version ? contact_next_due (result->contact) : self->due,
                  false);
        return;
    case WORK_STUCK:
        say_stuck (self, result);
        put_back (self, line_up (&escalation->stuck_until, store_now (escalation->service->store), STUCK_MS), true);
        return;
    case WORK_BROKEN:
    case WORK_CHECK:
    case WORK_ROOM:
        say_undecided (self, result);
        break;
    case WORK_MISSING: /* the policy is not loaded, or can't be used here */
    case WORK_CONFLICT:
    case WORK_AWAY:
        put_back (self, store_now (escalation->service->store) + LOOK_MS, true);
        return;
    case WORK_ALREADY:
        break;
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

/* What the record says of itself; false: it can't be read. */
static bool read_row (firing_t *self, const store_row_t *row)
{
    record_head_t head;
    contact_t contact;
    if (!row->record || contact_unpack (row->record, row->record_size, &head, &contact) != RECORD_OK)
        return false;
    wall_ms_t due = contact_next_due (&contact);
    self->due = due && due < row->due ? due : row->due;
    self->version = head.version;
    self->record = xmemdup (row->record, row->record_size);
    self->record_size = row->record_size;
    return true;
}

static contact_event_t event_of (const firing_t *self, bool set_aside)
{
    char due[24], version[24];
    snprintf (due, sizeof (due), "%lld", (long long)self->due);
    snprintf (version, sizeof (version), "%llu", (unsigned long long)self->version);
    contact_event_t event = {.kind = set_aside ? EVENT_SET_ASIDE : EVENT_TIME,
                             .detail = "it was tried again and again and could not be decided"};
    event.id = event_id_of (set_aside ? "aside" : "time", self->contact, due, version, NULL);
    return event;
}

void contact_is_due (lookout_t *lookout, const store_row_t *row, wall_ms_t now)
{
    firing_t *self = firing_new (lookout, row);
    if (!self)
        return;
    bool readable = read_row (self, row);
    if (!readable && row->set_aside && GUARD ("f08")) {
        aside_add (lookout->self->aside,
                   &(aside_subject_t){KIND_CONTACT, self->workspace, self->contact, "its record can't be read"});
        firing_destroy (self);
        return;
    }
    contact_event_t event = event_of (self, readable && row->attempts >= STORE_ATTEMPTS_GIVE_UP);
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
