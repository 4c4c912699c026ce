/* laws_person.c - people: epochs go on, what was held in older ones is with others before it is said so. */
#include "sim.h"

#include "keys.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>

enum { PEOPLE_MAX = 32 };
static person_t people[PEOPLE_MAX];
static size_t people_n;
static int64_t undrained_since[PEOPLE_MAX];

/* Put back as it was: only its timer and its attempts are new. */
static bool same (const person_t *a, const person_t *b)
{
    return a->version == b->version && a->epoch == b->epoch && a->drained_epoch == b->drained_epoch &&
           a->present == b->present && a->present_until == b->present_until && a->leaving == b->leaving;
}

const person_t *laws_person (const char *name)
{
    for (size_t i = 0; i < people_n; i++)
        if (strcmp (people[i].name, name) == 0)
            return &people[i];
    return NULL;
}

static void drained_rightly (const person_t *before, const person_t *after)
{
    for (size_t i = 0; i < laws_contacts () && !laws_poisoned (); i++) {
        const shadow_t *shadow = laws_contact_at (i);
        for (size_t k = 0; k < shadow->places_n; k++)
            if (shadow->places[k].epoch < after->drained_epoch && shadow->places[k].epoch >= before->drained_epoch &&
                word_same (shadow->places[k].person, after->name))
                broken ("1 (epochs)", shadow->id, "%s is drained, and holds it in epoch %u", after->name,
                        shadow->places[k].epoch);
    }
}

void laws_see_person (glance_t *glance, const char *name)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size = 0;
    record_head_t head;
    person_t after;
    (void)glance;
    const void *bytes = fake_store_string (key_person (key, 0, WORKSPACE, name), &size);
    if (!bytes)
        return; /* who left is gone */
    if (person_unpack (bytes, size, &head, &after) != RECORD_OK)
        broken ("1", NULL, "the record of %s can't be read", name);
    after.version = head.version;
    size_t at = 0;
    while (at < people_n && strcmp (people[at].name, name) != 0)
        at++;
    if (at == PEOPLE_MAX)
        broken ("simulation", NULL, "more people than it can hold");
    person_t before = at < people_n ? people[at] : (person_t){.epoch = 1, .drained_epoch = 1};
    people_n += at == people_n;
    people[at] = after;
    if (before.version && after.version != before.version + 1 && after.version != 1 && !same (&before, &after))
        broken ("1 (versions)", NULL, "%s: version %" PRIu64 " after %" PRIu64, name, after.version, before.version);
    if (after.epoch < before.epoch || after.drained_epoch < before.drained_epoch || after.drained_epoch > after.epoch)
        broken ("1 (epochs)", NULL, "%s: epoch %u, drained %u after %u, %u", name, after.epoch, after.drained_epoch,
                before.epoch, before.drained_epoch);
    if (before.present && !after.present && after.epoch == before.epoch)
        broken ("1 (epochs)", NULL, "%s is away, and no new epoch began", name);
    if (person_next_due (&after) &&
        fake_store_score (key_due (key, 0, KIND_PERSON), member_make (member, WORKSPACE, name)) == -1)
        broken ("1", NULL, "%s has no timer, and something is to come", name);
    drained_rightly (&before, &after);
    bool owes = after.drained_epoch < after.epoch;
    undrained_since[at] = !owes ? 0 : undrained_since[at] ? undrained_since[at] : fake_wall ();
}

void laws_people_late (int64_t late_ms)
{
    char key[KEY_SIZE];
    wall_ms_t now = fake_store_now ();
    for (size_t i = 0; i < people_n; i++) {
        if (still_aside (key_person (key, 0, WORKSPACE, people[i].name)))
            continue;
        if (people[i].present && people[i].present_until < now - late_ms)
            broken ("5 (late)", NULL, "the presence of %s ended %" PRId64 " s ago", people[i].name,
                    (now - people[i].present_until) / 1000);
        if (undrained_since[i] && fake_wall () - undrained_since[i] > late_ms && faults_calm_for (2 * late_ms) &&
            !laws_poisoned ())
            broken ("5 (late)", NULL, "%s is not drained", people[i].name);
    }
}
