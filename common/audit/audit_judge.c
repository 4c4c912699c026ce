/* audit_judge.c - what must hold of each record (laws 1 and 2 of the design), judged one record at a time.
 *
 * Hears: a record and what stands about it in timers, places and on the timeline. Says: findings in words.
 */
#include "audit_judge.h"

#include "store.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define STATE(name)   BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define FACT(name)    BUCKSTOP__V1__FACT_KIND__FACT_KIND_PROMISE_##name
#define PENDING_STATE BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING

const char *audit_fault_name (audit_fault_t fault)
{
    static const char *const names[AUDIT_FAULTS] = {
        [AUDIT_UNREADABLE] = "unreadable",         [AUDIT_NO_TIMER] = "no timer",
        [AUDIT_WRONG_TIMER] = "wrong timer",       [AUDIT_STRAY_TIMER] = "stray timer",
        [AUDIT_NOBODY] = "nobody accountable",     [AUDIT_UNKNOWN_PERSON] = "unknown person",
        [AUDIT_STALE_PLACE] = "stale place",       [AUDIT_MISSING_PLACE] = "missing place",
        [AUDIT_PROMISE_COUNTS] = "promise counts", [AUDIT_PROMISE_TWICE] = "promise ended twice",
        [AUDIT_PROMISE_LOST] = "promise lost",     [AUDIT_TIMELINE] = "timeline differs",
        [AUDIT_OLD_EPOCH] = "older epoch",         [AUDIT_LOST] = "acknowledged write lost",
        [AUDIT_WRONG_TYPE] = "wrong type"};
    return fault < AUDIT_FAULTS ? names[fault] : "?";
}

void audit_add (audit_findings_t *self, audit_fault_t fault, const char *kind, const char *id, uint64_t version,
                const char *format, ...)
{
    char detail[DETAIL_SIZE];
    va_list list;
    va_start (list, format);
    vsnprintf (detail, sizeof detail, format, list); // NOLINT(clang-analyzer-valist.Uninitialized): va_start is above
    va_end (list);
    if (self->n == self->room) {
        self->room = self->room ? self->room * 2 : 16;
        self->items = xrealloc (self->items, self->room * sizeof *self->items);
    }
    audit_finding_t *finding = &self->items[self->n++];
    *finding = (audit_finding_t){.fault = fault, .version = version};
    snprintf (finding->subject, sizeof finding->subject, *id ? "%s %s" : "%s", kind, id);
    memcpy (finding->detail, detail, sizeof detail);
}

void audit_clear (audit_findings_t *self)
{
    free (self->items);
    *self = (audit_findings_t){.items = NULL};
}

/* Whose finding it is. */
typedef struct about {
    const char *kind, *id;
    uint64_t version;
    audit_findings_t *out;
} about_t;

#define FIND(about, fault, ...) \
    audit_add ((about)->out, fault, (about)->kind, (about)->id, (about)->version, __VA_ARGS__)

/* due 0: nothing is to come. A lease moves the timer of what is due ahead, and counts an attempt. */
static void judge_timer (const about_t *about, const audit_timer_t *timer, wall_ms_t due, wall_ms_t now)
{
    int64_t reach = timer->attempts > STORE_ATTEMPTS_MAX ? AUDIT_ASIDE_MS : AUDIT_LEASE_MS;
    bool leased = timer->attempts > 0 && due <= now && timer->at > due && timer->at <= now + reach;
    if (due == 0 && timer->armed)
        FIND (about, AUDIT_STRAY_TIMER, "armed for %" PRId64 ", and nothing is to come", timer->at);
    else if (due != 0 && !timer->armed)
        FIND (about, AUDIT_NO_TIMER, "it is due at %" PRId64, due);
    else if (due != 0 && timer->at != due && !leased)
        FIND (about, AUDIT_WRONG_TIMER, "armed for %" PRId64 ", the record says %" PRId64, timer->at, due);
}

static void judge_accountable (const about_t *about, const audit_contact_t *in)
{
    const contact_t *c = in->contact;
    if (c->state == STATE (CLOSED))
        return;
    if (!*c->accountable)
        FIND (about, AUDIT_NOBODY, "in state %s", contact_state_name (c->state));
    else if (in->policy && !policy_person (in->policy, c->accountable))
        FIND (about, AUDIT_UNKNOWN_PERSON, "accountable is '%s', whom policy %" PRIu32 " does not name", c->accountable,
              in->policy->version);
}

/* The own sets that the record justifies: the owner while it is held, and who is asked. */
typedef struct holders {
    struct {
        const char *person;
        uint32_t epoch, now_in;
        bool drains, found;
    } items[2];
    size_t n;
} holders_t;

bool audit_owned (const contact_t *contact)
{
    return (contact->state == STATE (OWNED) || contact->state == STATE (WAITING)) && *contact->owner;
}

static holders_t holders_of (const audit_contact_t *in)
{
    const contact_t *c = in->contact;
    holders_t held = {.n = 0};
    bool owned = audit_owned (c);
    if (owned) {
        held.items[held.n].person = c->owner;
        held.items[held.n].epoch = c->owner_epoch;
        held.items[held.n].drains = in->owner_drains;
        held.items[held.n++].now_in = in->owner_epoch;
    }
    if (*c->offered_to && !(owned && word_same (c->offered_to, c->owner))) {
        held.items[held.n].person = c->offered_to;
        held.items[held.n].epoch = c->offer_epoch;
        held.items[held.n].drains = in->offered_drains;
        held.items[held.n++].now_in = in->offered_epoch;
    }
    return held;
}

static bool justify (holders_t *held, const audit_place_t *place, const char *channel)
{
    for (size_t i = 0; i < held->n; i++)
        if (held->items[i].epoch == place->epoch && word_same (held->items[i].person, place->person) &&
            word_same (place->channel, channel)) {
            held->items[i].found = true;
            return true;
        }
    return false;
}

static void judge_holders (const about_t *about, const audit_contact_t *in)
{
    holders_t held = holders_of (in);
    for (size_t i = 0; i < in->places_n; i++)
        if (!justify (&held, &in->places[i], in->contact->channel))
            FIND (about, AUDIT_STALE_PLACE, "%s of epoch %" PRIu32 " is said to hold it", in->places[i].person,
                  in->places[i].epoch);
    for (size_t i = 0; i < held.n; i++) {
        if (!held.items[i].found)
            FIND (about, AUDIT_MISSING_PLACE, "%s of epoch %" PRIu32 " holds it, and their load does not show it",
                  held.items[i].person, held.items[i].epoch);
        if (held.items[i].now_in > held.items[i].epoch && !held.items[i].drains)
            FIND (about, AUDIT_OLD_EPOCH, "%s holds it in epoch %" PRIu32 " and is in epoch %" PRIu32 " now",
                  held.items[i].person, held.items[i].epoch, held.items[i].now_in);
    }
}

static void judge_places (const about_t *about, const audit_contact_t *in)
{
    const contact_t *c = in->contact;
    bool open = c->state != STATE (CLOSED), queued = contact_in_queue (c);
    if (in->open != open)
        FIND (about, open ? AUDIT_MISSING_PLACE : AUDIT_STALE_PLACE, "among the open ones: %s, the state is %s",
              in->open ? "yes" : "no", contact_state_name (c->state));
    if (in->queued != queued)
        FIND (about, queued ? AUDIT_MISSING_PLACE : AUDIT_STALE_PLACE, "in the queue: %s, the state is %s",
              in->queued ? "yes" : "no", contact_state_name (c->state));
    else if (queued && in->queue_score != contact_queue_score (c))
        FIND (about, AUDIT_STALE_PLACE, "in the queue at %" PRId64 ", the record says %" PRId64, in->queue_score,
              contact_queue_score (c));
}

static unsigned pending_of (const contact_t *c, promise_kind_t kind)
{
    unsigned n = 0;
    for (size_t i = 0; i < c->promises_n; i++)
        n += c->promises[i].state == PENDING_STATE && (kind == 0 || c->promises[i].kind == kind);
    return n;
}

static void judge_counts (const about_t *about, const contact_t *c)
{
    unsigned pending = pending_of (c, 0);
    if (c->opened != pending + c->kept + c->broken + c->released)
        FIND (about, AUDIT_PROMISE_COUNTS, "opened %u, but pending %u + kept %u + broken %u + released %u", c->opened,
              pending, c->kept, c->broken, c->released);
}

static void judge_kind (const about_t *about, const contact_t *c, const audit_tally_t *tally, promise_kind_t kind)
{
    unsigned ended = tally->kept[kind] + tally->broken[kind] + tally->released[kind];
    unsigned pending = pending_of (c, kind), opened = tally->opened[kind];
    if (ended + pending > opened)
        FIND (about, AUDIT_PROMISE_TWICE, "%s: opened %u, ended %u, pending %u", promise_kind_name (kind), opened,
              ended, pending);
    else if (ended + pending < opened)
        FIND (about, AUDIT_PROMISE_LOST, "%s: opened %u, ended %u, pending %u", promise_kind_name (kind), opened, ended,
              pending);
}

static void judge_timeline (const about_t *about, const contact_t *c, const audit_tally_t *tally)
{
    unsigned opened = 0, kept = 0, broken = 0, released = 0;
    for (int kind = 1; kind < PROMISE_KINDS; kind++) {
        judge_kind (about, c, tally, (promise_kind_t)kind);
        opened += tally->opened[kind];
        kept += tally->kept[kind];
        broken += tally->broken[kind];
        released += tally->released[kind];
    }
    if (opened != c->opened || kept != c->kept || broken != c->broken || released != c->released)
        FIND (about, AUDIT_TIMELINE, "opened, kept, broken, released: %u %u %u %u on it, %u %u %u %u in the record",
              opened, kept, broken, released, c->opened, c->kept, c->broken, c->released);
}

void audit_tally_event (audit_tally_t *self, const Buckstop__V1__Event *event)
{
    for (size_t i = 0; i < event->n_facts; i++) {
        const Buckstop__V1__Fact *fact = event->facts[i];
        unsigned *count = fact->kind == FACT (OPENED)     ? self->opened
                          : fact->kind == FACT (KEPT)     ? self->kept
                          : fact->kind == FACT (BROKEN)   ? self->broken
                          : fact->kind == FACT (RELEASED) ? self->released
                                                          : NULL;
        if (count && (unsigned)fact->promise < PROMISE_KINDS)
            count[fact->promise]++;
    }
}

void audit_contact (const audit_contact_t *in, audit_findings_t *out)
{
    const about_t about = {"contact", in->contact->id, in->contact->version, out};
    judge_timer (&about, &in->timer, contact_next_due (in->contact), in->now);
    judge_accountable (&about, in);
    judge_places (&about, in);
    judge_holders (&about, in);
    judge_counts (&about, in->contact);
    if (in->tally)
        judge_timeline (&about, in->contact, in->tally);
}

void audit_person (const person_t *person, const audit_timer_t *timer, wall_ms_t now, audit_findings_t *out)
{
    const about_t about = {"person", person->name, person->version, out};
    bool drains = person->drained_epoch < person->epoch, soon = timer->armed && timer->at <= now + AUDIT_LEASE_MS;
    if (!drains || !soon) /* a drain that was put off for a while has no lease */
        judge_timer (&about, timer, person_next_due (person), now);
    if (person->present && person->present_until < now - AUDIT_LEASE_MS)
        FIND (&about, AUDIT_OLD_EPOCH, "the presence ended at %" PRId64 " and no new epoch began",
              person->present_until);
}

void audit_delivery (const delivery_t *delivery, const audit_timer_t *timer, bool listed, wall_ms_t now,
                     audit_findings_t *out)
{
    const about_t about = {"delivery", delivery->id, delivery->version, out};
    judge_timer (&about, timer, delivery->dead ? 0 : delivery->due, now);
    if (delivery->dead != listed)
        FIND (&about, delivery->dead ? AUDIT_MISSING_PLACE : AUDIT_STALE_PLACE, "among the dead letters: %s, it is %s",
              listed ? "yes" : "no", delivery->dead ? "dead" : "not");
}
