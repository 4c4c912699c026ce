/* audit_verdict.c - a batch that was looked at, judged: who is in order, who is a suspect, whom a second look names.
 *
 * Hears: looks (audit_look.c). Says: findings and suspects. What must hold of a record stands in audit_judge.c. */
#include "audit_private.h"

#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

static audit_timer_t timer_of (const look_t *look)
{
    return (audit_timer_t){.armed = look->due.found, .at = look->due.score, .attempts = look->head.attempts};
}

static void find (const look_t *look, audit_findings_t *out, audit_fault_t fault, const char *words)
{
    const char *kind = look->subject.kind == KIND_CONTACT    ? "contact"
                       : look->subject.kind == KIND_PERSON   ? "person"
                       : look->subject.kind == KIND_DELIVERY ? "delivery"
                       : look->subject.kind == KIND_CUSTOMER ? "customer"
                       : value_name (look->subject.kind)     ? value_name (look->subject.kind)
                                                             : "workspace";
    audit_add (out, fault, kind, look->subject.id, 0, "%s", words);
}

/* What to restore or to delete is the key: it is named. */
static void find_key (const look_t *look, audit_findings_t *out, audit_fault_t fault, const char *wrong)
{
    char words[DETAIL_SIZE];
    snprintf (words, sizeof words, "%s: %s", look->key, wrong);
    find (look, out, fault, words);
}

/* A record of a newer schema is for newer workers to judge: it is counted. */
static bool readable (look_t *look, record_fault_t fault, audit_findings_t *out)
{
    look->round->result.counts.newer +=
        fault == RECORD_NEWER && look->subject.looks == 0 && look->subject.kind != KIND_WORKSPACE;
    if (fault != RECORD_OK && fault != RECORD_NEWER)
        find_key (look, out, AUDIT_UNREADABLE,
                  fault == RECORD_WRONG_KIND ? "it is a record of another kind" : "the record is broken");
    return fault == RECORD_OK;
}

/* -------------------------------------------------------------------- contacts */

static uint32_t epoch_of (const audit_round_t *self, const char *person)
{
    for (size_t i = 0; i < self->people_n; i++)
        if (strcmp (self->people[i].person, person) == 0)
            return self->people[i].epoch;
    return 0;
}

/* Drains that it is in count as such while they may go on: not when what is left did not become less for a while. */
static void judge_drains (look_t *look, audit_contact_t *in)
{
    const audit_round_t *self = look->round;
    const subject_t *subject = &look->subject;
    const contact_t *contact = &look->contact;
    const drain_t *owner = audit_owned (contact) ? look_drain (self, contact->owner, contact->owner_epoch) : NULL;
    const drain_t *offered = look_drain (self, contact->offered_to, contact->offer_epoch);
    look->moving = owner || offered;
    look->left = (owner ? owner->left : 0) + (offered ? offered->left : 0);
    bool goes_on = !subject->moved_at || look->left < subject->left ||
                   loop_now (self->order.loop) < subject->moved_at + DRAIN_STILL_MS;
    in->owner_drains = owner && goes_on;
    in->offered_drains = offered && goes_on;
}

static void judge_contact (look_t *look, audit_findings_t *out)
{
    audit_round_t *self = look->round;
    const contact_t *contact = &look->contact;
    audit_place_t places[PLACES_MAX];
    size_t held = 0;
    if (!readable (look, look->fault, out))
        return;
    for (size_t i = 0; i < look->places_n; i++)
        if (look->places_held[i].found)
            places[held++] = (audit_place_t){look->places[i].person, look->places[i].channel, look->places[i].epoch};
    audit_contact_t in = {.contact = contact,
                          .policy = workspaces_policy (self->order.workspaces, look->subject.workspace),
                          .now = store_now (self->order.store),
                          .timer = timer_of (look),
                          .queued = look->queue.found,
                          .queue_score = look->queue.score,
                          .open = look->open.found,
                          .places = places,
                          .places_n = held,
                          .tally = look->entries > look->entries_bad ? &look->tally : NULL,
                          .owner_epoch = epoch_of (self, contact->owner),
                          .offered_epoch = epoch_of (self, contact->offered_to)};
    judge_drains (look, &in);
    audit_contact (&in, out);
    if (look->listed.found && strcmp (contact->customer_id, look->subject.customer) != 0)
        audit_add (out, AUDIT_STALE_PLACE, "contact", contact->id, contact->version,
                   "in the list of customer %s, the record says '%s'", look->subject.customer, contact->customer_id);
    if (look->timeline_wrong)
        find (look, out, AUDIT_WRONG_TYPE, "its timeline is no list");
    else if (look->entries == 0)
        find (look, out, AUDIT_TIMELINE, "there is none: its first commit began one");
    if (look->entries_bad)
        find (look, out, AUDIT_UNREADABLE, "its timeline has entries that can't be read");
}

static void count_contact (audit_counts_t *counts, const look_t *look)
{
    if (!look->bytes || look->fault != RECORD_OK)
        return;
    counts->contacts++;
    counts->resolved += look->contact.state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED;
    counts->closed += look->contact.state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
    counts->promises += look->contact.opened;
}

/* ------------------------------------------------------ people, deliveries, policies */

static void judge_person (look_t *look, audit_findings_t *out)
{
    person_t person;
    if (!readable (look, person_unpack (look->bytes, look->size, &look->head, &person), out))
        return;
    const audit_timer_t timer = timer_of (look);
    audit_person (&person, &timer, store_now (look->round->order.store), out);
    look->round->result.counts.people += look->subject.looks == 0;
}

static void judge_delivery (look_t *look, audit_findings_t *out)
{
    delivery_t delivery = {.version = 0};
    audit_counts_t *counts = &look->round->result.counts;
    if (!readable (look, delivery_unpack (look->bytes, look->size, &look->head, &delivery), out))
        return;
    const audit_timer_t timer = timer_of (look);
    audit_delivery (&delivery, &timer, look->dead.found, store_now (look->round->order.store), out);
    counts->deliveries += look->subject.looks == 0;
    counts->dead += look->subject.looks == 0 && delivery.dead;
    delivery_clear (&delivery);
}

static void judge_customer (look_t *look, audit_findings_t *out)
{
    readable (look, customer_judge (look, out), out);
    look->round->result.counts.customers += look->subject.looks == 0;
}

static bool is_listed (const workspaces_t *workspaces, const char *workspace)
{
    const char *name;
    for (size_t i = 0; (name = workspaces_listed (workspaces, i)); i++)
        if (strcmp (name, workspace) == 0)
            return !workspaces_missing (workspaces, workspace);
    return false;
}

static void judge_workspace (look_t *look, audit_findings_t *out)
{
    workspace_record_t record;
    char *text = NULL;
    readable (look, workspace_unpack (look->bytes, look->size, &look->head, &record, &text), out);
    if (!look->round->unlisted && !is_listed (look->round->order.workspaces, look->subject.workspace))
        find (look, out, AUDIT_MISSING_PLACE, KEY_WORKSPACES " does not name it: who starts now does not serve it");
    else if (!look->round->unlisted && !workspaces_policy (look->round->order.workspaces, look->subject.workspace))
        find (look, out, AUDIT_UNREADABLE, "no policy can be read");
    free (text);
}

static void judge_value (look_t *look, audit_findings_t *out)
{
    if (look->subject.kind == KIND_IDENTITY)
        customer_judge (look, out);
    const char *wrong = audit_value (look->subject.kind, (const char *)look->bytes, look->size);
    if (wrong)
        find_key (look, out, AUDIT_UNREADABLE, wrong);
}

/* ----------------------------------------------------------------- no record */

static void judge_absent (const look_t *look, audit_findings_t *out)
{
    bool placed = false;
    if (look->no_record) {
        find_key (look, out, AUDIT_WRONG_TYPE, "it holds something that is no string");
        return;
    }
    if (look->subject.kind == KIND_WORKSPACE)
        find (look, out, AUDIT_UNREADABLE, "there is no record of it");
    for (size_t i = 0; i < look->places_n; i++)
        placed = placed || look->places_held[i].found;
    const struct {
        bool stands;
        audit_fault_t fault;
        const char *words;
    } rows[] = {
        {look->due.found, AUDIT_STRAY_TIMER, "armed, and there is no record"},
        {look->queue.found, AUDIT_STALE_PLACE, "in the queue, and there is no record"},
        {look->open.found, AUDIT_STALE_PLACE, "among the open ones, and there is no record"},
        {placed, AUDIT_STALE_PLACE, "somebody's load counts it, and there is no record"},
        {look->dead.found, AUDIT_STALE_PLACE, "among the dead letters, and there is no record"},
        {look->listed.found, AUDIT_STALE_PLACE, "in a customer's list, and there is no record"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].stands)
            find (look, out, rows[i].fault, rows[i].words);
}

/* --------------------------------------------------------------------- batches */

static void judge (look_t *look, audit_findings_t *out)
{
    static const struct {
        char kind;
        void (*fn) (look_t *look, audit_findings_t *out);
    } rows[] = {{KIND_CONTACT, judge_contact},     {KIND_PERSON, judge_person}, {KIND_DELIVERY, judge_delivery},
                {KIND_WORKSPACE, judge_workspace}, {KIND_ONCE, judge_value},    {KIND_THREAD, judge_value},
                {KIND_TOKEN, judge_value},         {KIND_SENT, judge_value},    {KIND_CUSTOMER, judge_customer},
                {KIND_IDENTITY, judge_value},      {KIND_FORMER, judge_value},  {KIND_HOLD, judge_value},
                {KIND_WHOSE, judge_value}};
    if (!look->bytes) {
        judge_absent (look, out);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == look->subject.kind)
            rows[i].fn (look, out);
}

/* Wrong, or it changed while it was looked at: once more. */
static void suspect_again (audit_round_t *self, const subject_t *subject)
{
    subject_t again = *subject;
    again.looks++;
    if (again.looks < LOOKS_MAX)
        round_suspect (self, &again);
    else
        self->result.unsettled++;
}

/* It is looked at once more soon: most were moved then. Then it goes on, or a while later it does, or it stands still. */
static void watch_drain (audit_round_t *self, const look_t *look)
{
    subject_t again = look->subject;
    again.looks++;
    again.look_at = again.moved_at + DRAIN_STILL_MS;
    if (look->left < again.left) {
        self->result.moving++;
        self->result.unsettled++;
    } else if (loop_now (self->order.loop) < again.look_at) {
        round_suspect (self, &again);
    }
}

static void begin_to_watch (const audit_round_t *self, look_t *look)
{
    subject_t *subject = &look->subject;
    if (!look->moving || subject->moved_at)
        return;
    subject->moved_at = loop_now (self->order.loop);
    subject->left = look->left;
}

static void conclude (audit_round_t *self, look_t *look)
{
    audit_findings_t found = {.items = NULL};
    bool first = look->subject.looks == 0;
    if (first && look->subject.kind == KIND_CONTACT)
        count_contact (&self->result.counts, look);
    judge (look, &found);
    bool watched = look->moving && look->subject.moved_at;
    begin_to_watch (self, look);
    if (!look->same || (first && found.n > 0) || (look->moving && !watched)) {
        suspect_again (self, &look->subject);
    } else {
        for (size_t i = 0; i < found.n; i++)
            round_tell (self, &found.items[i], look->subject.workspace);
        if (look->moving)
            watch_drain (self, look);
    }
    audit_clear (&found);
}

static void batch_over (audit_round_t *self, handling_t handling)
{
    size_t shares = 0;
    for (size_t i = 0; i < self->looks_n; i++)
        shares += handling == HANDLE_WHOLE && !value_name (self->looks[i].subject.kind) ? PRESENCE_SHARE : 1;
    looks_clear (self);
    round_on (self, (shares + PRESENCE_SHARE - 1) / PRESENCE_SHARE);
}

/* Suspects may be added to the list that the batch was taken from. */
void verdict_whole (audit_round_t *self)
{
    self->batch_of->at += self->looks_n;
    for (size_t i = 0; i < self->looks_n; i++)
        conclude (self, &self->looks[i]);
    batch_over (self, HANDLE_WHOLE);
}

/* The record says so itself: then its own look found, or will find, whether it is right. */
static bool is_justified (const look_t *look)
{
    const contact_t *contact = &look->contact;
    const place_t *place = &look->subject.place;
    if (look->bytes && *look->subject.customer && look->fault == RECORD_OK)
        return strcmp (contact->customer_id, look->subject.customer) == 0;
    if (!look->bytes || !*place->person || look->fault != RECORD_OK)
        return look->bytes;
    return word_same (place->channel, contact->channel) &&
           ((contact->owner_epoch == place->epoch && word_same (contact->owner, place->person)) ||
            (contact->offer_epoch == place->epoch && word_same (contact->offered_to, place->person)));
}

void verdict_presence (audit_round_t *self)
{
    self->batch_of->at += self->looks_n;
    for (size_t i = 0; i < self->looks_n; i++)
        if (!is_justified (&self->looks[i]))
            suspect_again (self, &self->looks[i].subject);
    batch_over (self, HANDLE_PRESENCE);
}
