/* laws_contact.c - a contact after a commit that touched it: what audit judges, and what led there from before. */
#include "sim.h"

#include "keys.h"
#include "words.h"

#include <inttypes.h>

#define STATE(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define FACT(name)  BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name

static uint64_t hash_of (const uint8_t *bytes, size_t size)
{
    uint64_t hash = 1469598103934665603ULL;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (i == 1 ? 0 : bytes[i])) * 1099511628211ULL; /* the second byte: attempts */
    return hash;
}

/* A fact of that kind by a person (by NULL: by anybody, also nobody). */
static const Buckstop__V1__Fact *fact_of (const glance_t *glance, const char *id, fact_kind_t kind)
{
    EACH_FACT (glance, id, fact)
    if (fact->kind == kind)
        return fact;
    return NULL;
}

/* --- law 1, as audit judges it -------------------------------------------------------------------------------- */

static void is_audited (const glance_t *glance, const shadow_t *shadow, const contact_t *c, const policy_t *policy,
                        unsigned attempts)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    audit_place_t places[PLACES_MAX];
    audit_findings_t findings = {0};
    for (size_t i = 0; i < shadow->places_n; i++)
        places[i] = (audit_place_t){shadow->places[i].person, shadow->places[i].channel, shadow->places[i].epoch};
    audit_contact_t in = {.contact = c,
                          .policy = policy,
                          /* what is leased may have been put back in the time before the clock was set back */
                          .now = attempts ? glance->at + faults_set_back () : glance->at,
                          .places = places,
                          .places_n = shadow->places_n,
                          .tally = &shadow->tally};
    int64_t timer = fake_store_score (key_due (key, 0, KIND_CONTACT), member_make (member, WORKSPACE, shadow->id));
    in.timer = (audit_timer_t){.armed = timer != -1, .at = timer, .attempts = attempts};
    int64_t score = fake_store_score (key_queue (key, 0, WORKSPACE), shadow->id);
    in.queued = score != -1;
    in.queue_score = score;
    in.open = fake_store_score (key_open (key, 0, WORKSPACE), shadow->id) != -1;
    audit_contact (&in, &findings);
    if (findings.n)
        broken ("1 and 2 (audit after the commit)", shadow->id, "%s: %s", audit_fault_name (findings.items[0].fault),
                findings.items[0].detail);
    audit_clear (&findings);
}

/* --- law 6, and the ways from state to state ------------------------------------------------------------------ */

static void ends_rightly (const glance_t *glance, const shadow_t *shadow, const contact_t *after)
{
    const contact_t *before = &shadow->last;
    if (before->state == STATE (CLOSED) && /* that an answer came back is said of it, and nothing else */
        !(after->state == STATE (CLOSED) && fact_of (glance, shadow->id, FACT (BOUNCED))))
        broken ("6", shadow->id, "a closed contact was written to");
    if (after->state == STATE (RESOLVED) && before->state != STATE (RESOLVED)) {
        const Buckstop__V1__Fact *fact = fact_of (glance, shadow->id, FACT (RESOLVED));
        if (!fact || !*fact->by)
            broken ("6", shadow->id, "it is resolved, and nobody did it");
    }
    if (after->state == STATE (CLOSED) && before->state != STATE (CLOSED) &&
        !fact_of (glance, shadow->id, FACT (CLOSED)))
        broken ("6", shadow->id, "it is closed without a word");
    if (after->state == STATE (CLOSED) && before->state < STATE (RESOLVED) &&
        !fact_of (glance, shadow->id, FACT (RESOLVED)))
        broken ("6", shadow->id, "it was %s, and the system closed it", contact_state_name (before->state));
    if (before->state == STATE (RESOLVED) && after->state < STATE (RESOLVED) &&
        !fact_of (glance, shadow->id, FACT (REOPENED)))
        broken ("6", shadow->id, "it is open again without a word");
}

static void is_the_same (const shadow_t *shadow, const contact_t *after)
{
    const contact_t *before = &shadow->last;
    if (after->opened_at != before->opened_at || !word_same (after->channel, before->channel) ||
        !word_same (after->customer, before->customer) || !word_same (after->subject, before->subject))
        broken ("1", shadow->id, "it is another one now");
    if (after->messages < before->messages || after->transfers < before->transfers)
        broken ("1", shadow->id, "an earlier state came back");
    if (before->customer_told && !after->customer_told)
        broken ("1", shadow->id, "what the customer was told is forgotten");
}

/* Who owns it said so. */
static void owner_accepted (const glance_t *glance, const shadow_t *shadow, const contact_t *after)
{
    if (word_empty (after->owner) || word_same (after->owner, shadow->last.owner))
        return;
    EACH_FACT (glance, shadow->id, fact)
    if (fact->kind == FACT (ACCEPTED) && word_same (fact->by, after->owner))
        return;
    broken ("1", shadow->id, "%s owns it and did not accept it", after->owner);
}

/* Who gave up on the line is called back, and waits where they waited. */
static void line_is_kept (const glance_t *glance, const shadow_t *shadow, const contact_t *after)
{
    const contact_t *before = &shadow->last;
    bool dropped = after->call == BUCKSTOP__V1__CALL_STATE__CALL_STATE_ABANDONED && after->call != before->call;
    if (!dropped || after->state >= STATE (RESOLVED))
        return;
    if (!contact_owes_callback (after))
        broken ("2 (call back)", shadow->id, "a caller gave up, and no call back is owed");
    if (!contact_in_queue (before) || !contact_in_queue (after) || fact_of (glance, shadow->id, FACT (PROMISE_BROKEN)))
        return;
    if (after->waiting_since != before->waiting_since || contact_queue_score (after) > contact_queue_score (before))
        broken ("4 (place)", shadow->id, "a caller gave up, and fell behind in the queue");
}

/* --- capacity ---------------------------------------------------------------------------------------------------- */

int64_t laws_load (const char *person, uint32_t epoch)
{
    int64_t sum = 0;
    for (size_t i = 0; i < laws_contacts (); i++) {
        const shadow_t *shadow = laws_contact_at (i);
        for (size_t k = 0; k < shadow->places_n; k++) {
            const policy_channel_t *channel = policy_channel (laws_policy (), shadow->places[k].channel);
            if (channel && shadow->places[k].epoch == epoch && word_same (shadow->places[k].person, person))
                sum += channel->weight;
        }
    }
    return sum;
}

/* Somebody who was asked has room for it, is of this epoch, and was not asked a moment ago. */
static void offer_fits (const glance_t *glance, const shadow_t *shadow, const contact_t *after)
{
    const Buckstop__V1__Fact *fact = fact_of (glance, shadow->id, FACT (OFFERED));
    if (!fact)
        return;
    const policy_person_t *person = policy_person (laws_policy (), fact->to);
    const person_t *record = laws_person (fact->to);
    uint32_t epoch = word_same (after->offered_to, fact->to) ? after->offer_epoch : after->owner_epoch;
    if (!person)
        broken ("10 (policy)", shadow->id, "it was offered to %s, whom the policy does not name", fact->to);
    if (!record || record->epoch != epoch)
        broken ("1 (epochs)", shadow->id, "it was offered to %s of epoch %u, who is in %u", fact->to, epoch,
                record ? record->epoch : 0);
    if (!record->present)
        broken ("1 (epochs)", shadow->id, "it was offered to %s, who is not there", fact->to);
    if (!*fact->detail)
        broken ("7", shadow->id, "it was offered to %s, and nothing says why", fact->to);
    if (record->leaving)
        broken ("1 (epochs)", shadow->id, "it was offered to %s, who is leaving", fact->to);
    if (laws_load (fact->to, epoch) > person->capacity)
        broken ("7 (capacity)", shadow->id, "%s holds %" PRId64 " of %d after the offer", fact->to,
                laws_load (fact->to, epoch), person->capacity);
}

/* --- all of it --------------------------------------------------------------------------------------------------- */

static void is_gone (shadow_t *shadow)
{
    if (shadow->known && !shadow->poisoned && shadow->last.state != STATE (CLOSED))
        broken ("6", shadow->id, "it was deleted while it was %s", contact_state_name (shadow->last.state));
    shadow->gone = true;
}

static void goes_on (glance_t *glance, shadow_t *shadow, const contact_t *after)
{
    const policy_t *policy = laws_policy ();
    if (after->version != (shadow->known ? shadow->last.version + 1 : 1))
        broken ("1 (versions)", shadow->id, "version %" PRIu64 " after %" PRIu64, after->version,
                shadow->known ? shadow->last.version : 0);
    is_audited (glance, shadow, after, policy, 0);
    if (policy && after->policy_version != policy->version)
        broken ("10 (policy)", shadow->id, "decided by policy %u, in force is %u", after->policy_version,
                policy->version);
    if (shadow->known) {
        ends_rightly (glance, shadow, after);
        is_the_same (shadow, after);
        line_is_kept (glance, shadow, after);
    }
    owner_accepted (glance, shadow, after);
    offer_fits (glance, shadow, after);
    laws_see_promises (glance, shadow, after);
}

/* What could not be decided now is put back as it was: its timer stands a little ahead, as after a lease. */
static unsigned was_put_back (const glance_t *glance, const shadow_t *shadow)
{
    const contact_t *c = &shadow->last;
    wall_ms_t due = contact_next_due (c);
    return due && due <= glance->at;
}

void laws_see_contact (glance_t *glance, shadow_t *shadow)
{
    char key[KEY_SIZE];
    size_t size = 0;
    record_head_t head;
    contact_t after;
    if (shadow->poisoned)
        return;
    const uint8_t *bytes = fake_store_string (key_contact (key, 0, WORKSPACE, shadow->id), &size);
    if (!bytes) {
        is_gone (shadow);
        return;
    }
    if (shadow->gone)
        broken ("1", shadow->id, "it was deleted and is there again");
    if (contact_unpack (bytes, size, &head, &after) != RECORD_OK)
        broken ("1", shadow->id, "the record can't be read");
    uint64_t hash = hash_of (bytes, size);
    if (!shadow->known || after.version != shadow->last.version || hash != shadow->hash)
        goes_on (glance, shadow, &after);
    else
        is_audited (glance, shadow, &after, NULL, head.attempts ? head.attempts : was_put_back (glance, shadow));
    shadow->known = true;
    if (!shadow->policy)
        shadow->policy = after.policy_version;
    shadow->last = after;
    shadow->hash = hash;
}
