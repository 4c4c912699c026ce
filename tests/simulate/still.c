/* still.c - what has not happened: looked for each simulated minute when all has been well for a while, and at the end
 * of the day after half of a night without faults. */
#include "sim.h"

#include "keys.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

#define STATE(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
enum { LOOK_MS = 60 * 1000, WELL_MS = 3 * 60 * 1000, LATE_MS = 15 * 1000, WAITS_MS = 60 * 1000 };

/* --- late ------------------------------------------------------------------------------------------------------ */

/* Leased often without a commit: each lease is twice as long as the one before, until it is given up. */
bool still_aside (const char *key)
{
    size_t size = 0;
    const char *bytes = fake_store_string (key, &size);
    return bytes && size > 1 && bytes[1] > '0' + STORE_ATTEMPTS_MAX && bytes[1] <= '0' + STORE_ATTEMPTS_GIVE_UP;
}

static wall_ms_t timer_of (const char *id)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    return fake_store_score (key_due (key, 0, KIND_CONTACT), member_make (member, WORKSPACE, id));
}

static void is_late (const shadow_t *shadow)
{
    char key[KEY_SIZE];
    const contact_t *c = &shadow->last;
    wall_ms_t now = fake_store_now (), due = contact_next_due (c);
    if (due && due < now - LATE_MS && !still_aside (key_contact (key, 0, WORKSPACE, shadow->id)))
        broken ("5 (late)", shadow->id, "it was due %" PRId64 " s ago; its timer is %" PRId64 " s ahead",
                (now - due) / 1000, (timer_of (shadow->id) - now) / 1000);
    if (c->state != STATE (CLOSED) && !due)
        broken ("1", shadow->id, "it is open, and no clock of it runs");
    if (c->state == STATE (RECEIVED) && c->handoff_tries > 2)
        broken ("1 (nobody looked)", shadow->id, "it was handed to routing %u times", c->handoff_tries);
}

/* --- somebody could take it ----------------------------------------------------------------------------------------- */

static bool is_excluded (const contact_t *c, const char *person)
{
    for (size_t i = 0; i < c->excluded_n; i++)
        if (word_same (c->excluded[i].person, person) && c->excluded[i].until > fake_store_now ())
            return true;
    return false;
}

/* Without doubt: on any shift, with all skills that the policies here ask for. */
static const char *who_could (const contact_t *c)
{
    const policy_t *policy = laws_policy ();
    const policy_team_t *team = policy_team (policy, c->team);
    const policy_channel_t *channel = policy_channel (policy, c->channel);
    for (size_t i = 0; team && channel && i < team->members_n; i++) {
        const policy_person_t *person = team->members[i];
        const person_t *record = laws_person (person->name);
        bool here = record && record->present && !record->leaving && record->drained_epoch == record->epoch &&
                    record->present_until > fake_store_now () + WAITS_MS;
        if (here && !person->shift && !is_excluded (c, person->name) &&
            laws_load (person->name, record->epoch) + channel->weight <= person->capacity)
            return person->name;
    }
    return NULL;
}

static struct {
    char contact[ID_SIZE], person[NAME_SIZE];
    int64_t since;
} waits;

/* The same pair, a minute later: nobody matched them. */
static void is_waiting (const shadow_t *shadow)
{
    const contact_t *c = &shadow->last;
    const char *person = c->state == STATE (QUEUED) && !c->preferred_until ? who_could (c) : NULL;
    bool same = word_same (waits.contact, shadow->id);
    if (!person && same)
        waits.contact[0] = 0;
    if (!person)
        return;
    if (same && word_same (waits.person, person) && fake_wall () - waits.since > WAITS_MS)
        broken ("7 (stalled)", shadow->id, "it waits, and %s has had room for a minute", person);
    if (!*waits.contact || (same && !word_same (waits.person, person))) {
        WORD_COPY (waits.contact, shadow->id);
        WORD_COPY (waits.person, person);
        waits.since = fake_wall ();
    }
}

static void look (void *arg)
{
    (void)arg;
    fake_at (LOOK_MS, look, NULL);
    laws_see_sent ();
    if (!faults_calm_for (WELL_MS) || !company_up (ESCALATION) || !company_up (ROUTING) || !company_up (NOTIFICATION)) {
        waits.contact[0] = 0;
        return;
    }
    for (size_t i = 0; i < laws_contacts (); i++) {
        const shadow_t *shadow = laws_contact_at (i);
        if (!shadow->known || shadow->gone || shadow->poisoned)
            continue;
        is_late (shadow);
        is_waiting (shadow);
    }
    laws_people_late (LATE_MS);
    laws_deliveries_late (LATE_MS * 4);
}

void still_begin (void)
{
    fake_at (LOOK_MS, look, NULL);
}

/* --- the end ------------------------------------------------------------------------------------------------------------ */

static void came_to_an_end (const shadow_t *shadow)
{
    size_t open = laws_deliveries_open (shadow->id);
    if (shadow->notices != shadow->ended + open)
        broken ("9", shadow->id, "%u notices, %u of them ended, and %zu in the outbox", shadow->notices, shadow->ended,
                open);
}

static void is_there (int text)
{
    if (laws_text_seen (text) > 1)
        broken ("4 (sent twice, done once)", NULL, "text #%d# is in the store %u times", text, laws_text_seen (text));
}

void still_end (void)
{
    char words[512] = "";
    look (NULL);
    for (size_t i = 0; i < laws_contacts (); i++)
        if (laws_contact_at (i)->known && !laws_contact_at (i)->poisoned)
            came_to_an_end (laws_contact_at (i));
    for (size_t i = 0; i < laws_texts (); i++)
        is_there ((int)i);
    laws_deliveries_end ();
    if (!company_audit (words, sizeof words) && !laws_poisoned ())
        broken ("1 and 2 (audit)", NULL, "%s", words);
}
