/* test_audit.c - a healthy record has no findings; each planted fault is named, and nothing else. */
#include "audit_judge.h"
#include "audit_private.h"

#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STATE(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define KIND(name)  BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_##name
#define FACT(name)  BUCKSTOP__V1__FACT_KIND__FACT_KIND_PROMISE_##name

enum { NOW = 1000000, LATER = NOW + 60000 };

static const policy_person_t people[] = {{.name = "ada"}, {.name = "ben"}};
static const policy_t policy = {.version = 7, .people = people, .people_n = 2, .last_resort = &people[1]};

/* What a case may spoil. */
typedef struct scene {
    contact_t contact;
    audit_tally_t tally;
    audit_place_t places[2];
    audit_contact_t in;
} scene_t;

typedef void (spoil_fn) (scene_t *scene);

/* Owned by ada, one promise kept, one pending. */
static void healthy (scene_t *s)
{
    memset (s, 0, sizeof *s);
    contact_t *c = &s->contact;
    WORD_COPY (c->id, "01KAJ6Q6JS0000000000000000");
    WORD_COPY (c->workspace, "desk");
    WORD_COPY (c->channel, "mail");
    WORD_COPY (c->accountable, "ada");
    WORD_COPY (c->owner, "ada");
    c->owner_epoch = 3;
    c->version = 5;
    c->state = STATE (OWNED);
    c->review_at = LATER + 1000;
    c->promises_n = 1;
    c->promises[0].kind = KIND (FIRST_RESPONSE);
    c->promises[0].state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING;
    c->promises[0].due = LATER;
    c->promises[0].duration_ms = 60000;
    c->opened = 2;
    c->kept = 1;
    s->tally.opened[KIND (ACKNOWLEDGE)] = s->tally.kept[KIND (ACKNOWLEDGE)] = 1;
    s->tally.opened[KIND (FIRST_RESPONSE)] = 1;
    s->places[0] = (audit_place_t){"ada", "mail", 3};
    s->in = (audit_contact_t){.contact = c,
                              .policy = &policy,
                              .now = NOW,
                              .timer = {.armed = true, .at = contact_next_due (c)},
                              .open = true,
                              .places = s->places,
                              .places_n = 1,
                              .tally = &s->tally,
                              .owner_epoch = 3};
}

static void queued (scene_t *s)
{
    s->contact.state = STATE (QUEUED);
    s->contact.owner[0] = '\0';
    s->contact.handoff_at = LATER + 5;
    s->in.places_n = 0;
    s->in.queued = true;
    s->in.queue_score = contact_queue_score (&s->contact);
    s->in.timer.at = contact_next_due (&s->contact);
}

static void closed (scene_t *s)
{
    s->contact.state = STATE (CLOSED);
    s->contact.promises_n = 0;
    s->contact.kept = 2;
    s->tally.kept[KIND (FIRST_RESPONSE)] = 1;
    s->in.places_n = 0;
    s->in.open = false;
    s->in.timer.armed = false;
}

static void leased (scene_t *s)
{
    s->in.now = s->in.timer.at + 10;
    s->in.timer.at = s->in.now + 5000;
    s->in.timer.attempts = 1;
}

static void no_timer (scene_t *s)
{
    s->in.timer.armed = false;
}

static void timer_later (scene_t *s)
{
    s->in.timer.at += 1;
}

static void timer_sooner (scene_t *s)
{
    s->in.timer.at -= 1;
}

static void lease_too_far (scene_t *s)
{
    leased (s);
    s->in.timer.at = s->in.now + AUDIT_LEASE_MS + 1;
}

static void lease_set_aside (scene_t *s)
{
    lease_too_far (s);
    s->in.timer.attempts = 6;
}

static void lease_of_what_is_not_due (scene_t *s)
{
    s->in.timer.at += 5000;
    s->in.timer.attempts = 1;
}

static void closed_with_timer (scene_t *s)
{
    closed (s);
    s->in.timer.armed = true;
}

static void nobody (scene_t *s)
{
    s->contact.accountable[0] = '\0';
}

static void stranger (scene_t *s)
{
    WORD_COPY (s->contact.accountable, "eve");
}

static void nobody_closed (scene_t *s)
{
    closed (s);
    nobody (s);
}

static void not_open (scene_t *s)
{
    s->in.open = false;
}

static void closed_and_open (scene_t *s)
{
    closed (s);
    s->in.open = true;
}

static void owned_and_queued (scene_t *s)
{
    s->in.queued = true;
}

static void not_queued (scene_t *s)
{
    queued (s);
    s->in.queued = false;
}

static void queued_elsewhere (scene_t *s)
{
    queued (s);
    s->in.queue_score++;
}

static void no_place (scene_t *s)
{
    s->in.places_n = 0;
}

static void second_place (scene_t *s)
{
    s->places[1] = (audit_place_t){"ben", "mail", 1};
    s->in.places_n = 2;
}

static void place_of_older_epoch (scene_t *s)
{
    s->places[0].epoch = 2;
}

static void place_of_other_channel (scene_t *s)
{
    s->places[0].channel = "chat";
}

static void queued_and_held (scene_t *s)
{
    queued (s);
    s->in.places_n = 1;
}

static void offered (scene_t *s)
{
    queued (s);
    s->contact.state = STATE (OFFERED);
    s->contact.offer_expires = LATER - 1;
    WORD_COPY (s->contact.offered_to, "ben");
    s->contact.offer_epoch = 2;
    s->places[0] = (audit_place_t){"ben", "mail", 2};
    s->in.places_n = 1;
    s->in.queued = false;
    s->in.offered_epoch = 2;
    s->in.owner_epoch = 0;
    s->in.timer.at = contact_next_due (&s->contact);
}

static void offered_without_place (scene_t *s)
{
    offered (s);
    s->in.places_n = 0;
}

static void counts (scene_t *s)
{
    s->contact.broken = s->tally.broken[KIND (RESOLUTION)] = 1;
    s->tally.opened[KIND (RESOLUTION)] = 1;
}

static void ended_twice (scene_t *s)
{
    s->contact.kept = 2;
    s->contact.opened = 3;
    s->tally.kept[KIND (ACKNOWLEDGE)] = 2;
    s->tally.opened[KIND (RESOLUTION)] = s->tally.released[KIND (RESOLUTION)] = 0;
}

static void kept_and_broken (scene_t *s)
{
    s->tally.broken[KIND (ACKNOWLEDGE)] = 1;
}

static void lost (scene_t *s)
{
    s->tally.kept[KIND (ACKNOWLEDGE)] = 0;
}

static void broken_still_owed (scene_t *s)
{
    s->contact.promises[0].state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN;
    s->contact.broken = s->tally.broken[KIND (FIRST_RESPONSE)] = 1;
    s->in.timer.at = contact_next_due (&s->contact);
}

static void older_epoch (scene_t *s)
{
    s->in.owner_epoch = 4;
}

static void drains (scene_t *s)
{
    older_epoch (s);
    s->in.owner_drains = true;
}

static void another_drains (scene_t *s)
{
    older_epoch (s);
    s->in.offered_drains = true;
}

static void unread_timeline (scene_t *s)
{
    s->in.tally = NULL;
}

#define NONE AUDIT_FAULTS

static const struct test_row {
    const char *name;
    spoil_fn *spoil;
    audit_fault_t faults[3]; /* in order; NONE ends */
} rows[] = {
    {"healthy, owned", NULL, {NONE}},
    {"healthy, queued", queued, {NONE}},
    {"healthy, offered", offered, {NONE}},
    {"healthy, closed", closed, {NONE}},
    {"healthy, leased", leased, {NONE}},
    {"healthy, broken and still owed", broken_still_owed, {NONE}},
    {"healthy, set aside for an hour", lease_set_aside, {NONE}},
    {"healthy, the timeline not read", unread_timeline, {NONE}},
    {"no timer", no_timer, {AUDIT_NO_TIMER, NONE}},
    {"timer too late", timer_later, {AUDIT_WRONG_TIMER, NONE}},
    {"timer too early", timer_sooner, {AUDIT_WRONG_TIMER, NONE}},
    {"a lease too far ahead", lease_too_far, {AUDIT_WRONG_TIMER, NONE}},
    {"a lease of what is not due", lease_of_what_is_not_due, {AUDIT_WRONG_TIMER, NONE}},
    {"closed with a timer", closed_with_timer, {AUDIT_STRAY_TIMER, NONE}},
    {"nobody accountable", nobody, {AUDIT_NOBODY, NONE}},
    {"nobody accountable for a closed one", nobody_closed, {NONE}},
    {"accountable is unknown", stranger, {AUDIT_UNKNOWN_PERSON, NONE}},
    {"not among the open ones", not_open, {AUDIT_MISSING_PLACE, NONE}},
    {"closed, among the open ones", closed_and_open, {AUDIT_STALE_PLACE, NONE}},
    {"owned, in the queue", owned_and_queued, {AUDIT_STALE_PLACE, NONE}},
    {"queued, not in the queue", not_queued, {AUDIT_MISSING_PLACE, NONE}},
    {"at another place in the queue", queued_elsewhere, {AUDIT_STALE_PLACE, NONE}},
    {"the owner's load lacks it", no_place, {AUDIT_MISSING_PLACE, NONE}},
    {"somebody else's load counts it", second_place, {AUDIT_STALE_PLACE, NONE}},
    {"counted in an older epoch", place_of_older_epoch, {AUDIT_STALE_PLACE, AUDIT_MISSING_PLACE, NONE}},
    {"counted for another channel", place_of_other_channel, {AUDIT_STALE_PLACE, AUDIT_MISSING_PLACE, NONE}},
    {"queued and held", queued_and_held, {AUDIT_STALE_PLACE, NONE}},
    {"offered, the load lacks it", offered_without_place, {AUDIT_MISSING_PLACE, NONE}},
    {"counts do not add up", counts, {AUDIT_PROMISE_COUNTS, AUDIT_TIMELINE, NONE}},
    {"a promise ended twice", ended_twice, {AUDIT_PROMISE_TWICE, AUDIT_TIMELINE, NONE}},
    {"kept and broken", kept_and_broken, {AUDIT_PROMISE_TWICE, AUDIT_TIMELINE, NONE}},
    {"a promise lost", lost, {AUDIT_PROMISE_LOST, AUDIT_TIMELINE, NONE}},
    {"an older epoch not drained", older_epoch, {AUDIT_OLD_EPOCH, NONE}},
    {"an older epoch that drains", drains, {NONE}},
    {"another's drains", another_drains, {AUDIT_OLD_EPOCH, NONE}},
};

static void expect (const char *name, const audit_findings_t *found, const audit_fault_t *faults)
{
    size_t n = 0;
    for (; faults[n] != NONE; n++)
        if (n >= found->n || found->items[n].fault != faults[n])
            fail_msg ("%s: finding %zu should be '%s', is '%s'", name, n, audit_fault_name (faults[n]),
                      n < found->n ? audit_fault_name (found->items[n].fault) : "none");
    if (found->n != n)
        fail_msg ("%s: one more: '%s' (%s)", name, audit_fault_name (found->items[n].fault), found->items[n].detail);
}

static void test_contacts (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene_t scene;
        audit_findings_t found = {.items = NULL};
        healthy (&scene);
        if (rows[i].spoil)
            rows[i].spoil (&scene);
        audit_contact (&scene.in, &found);
        expect (rows[i].name, &found, rows[i].faults);
        for (size_t k = 0; k < found.n; k++)
            assert_string_equal (found.items[k].subject, "contact 01KAJ6Q6JS0000000000000000");
        audit_clear (&found);
    }
}

static void test_people (void **state)
{
    static const struct {
        const char *name;
        person_t person;
        audit_timer_t timer;
        audit_fault_t faults[3];
    } cases[] = {
        {"present",
         {.present = true, .present_until = LATER, .epoch = 2, .drained_epoch = 2},
         {true, LATER, 0},
         {NONE}},
        {"present, no timer",
         {.present = true, .present_until = LATER, .epoch = 2, .drained_epoch = 2},
         {false, 0, 0},
         {AUDIT_NO_TIMER, NONE}},
        {"away", {.epoch = 2, .drained_epoch = 2}, {false, 0, 0}, {NONE}},
        {"away, armed", {.epoch = 2, .drained_epoch = 2}, {true, LATER, 0}, {AUDIT_STRAY_TIMER, NONE}},
        {"draining", {.epoch = 3, .drained_epoch = 2}, {true, 1, 0}, {NONE}},
        {"draining, leased", {.epoch = 3, .drained_epoch = 2}, {true, NOW + 5000, 1}, {NONE}},
        {"draining, put off", {.epoch = 3, .drained_epoch = 2}, {true, NOW + 10000, 0}, {NONE}},
        {"draining, put off for too long",
         {.epoch = 3, .drained_epoch = 2},
         {true, NOW + AUDIT_LEASE_MS + 1, 0},
         {AUDIT_WRONG_TIMER, NONE}},
        {"not drained, no timer", {.epoch = 3, .drained_epoch = 2}, {false, 0, 0}, {AUDIT_NO_TIMER, NONE}},
        {"long over",
         {.present = true, .present_until = NOW - 10 * 60000, .epoch = 2, .drained_epoch = 2},
         {true, NOW - 10 * 60000, 0},
         {AUDIT_OLD_EPOCH, NONE}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        audit_findings_t found = {.items = NULL};
        audit_person (&cases[i].person, &cases[i].timer, NOW, &found);
        expect (cases[i].name, &found, cases[i].faults);
        audit_clear (&found);
    }
}

/* What is of no workspace and has no id of its own ends without a blank. */
static void test_subject (void **state)
{
    audit_findings_t found = {.items = NULL};
    (void)state;
    audit_add (&found, AUDIT_LOST, "store", "", 0, "%s", "x");
    audit_add (&found, AUDIT_LOST, "person", "ada", 0, "%s", "x");
    assert_string_equal (found.items[0].subject, "store");
    assert_string_equal (found.items[1].subject, "person ada");
    audit_clear (&found);
}

static void test_deliveries (void **state)
{
    static const struct {
        const char *name;
        delivery_t delivery;
        audit_timer_t timer;
        bool listed;
        audit_fault_t faults[3];
    } cases[] = {
        {"waits", {.due = LATER}, {true, LATER, 0}, false, {NONE}},
        {"being sent", {.due = NOW - 5}, {true, NOW + 20000, 1}, false, {NONE}},
        {"no timer", {.due = LATER}, {false, 0, 0}, false, {AUDIT_NO_TIMER, NONE}},
        {"wrong timer", {.due = LATER}, {true, LATER + 1, 0}, false, {AUDIT_WRONG_TIMER, NONE}},
        {"dead", {.due = LATER, .dead = true}, {false, 0, 0}, true, {NONE}},
        {"dead, not listed", {.due = LATER, .dead = true}, {false, 0, 0}, false, {AUDIT_MISSING_PLACE, NONE}},
        {"dead, armed", {.due = LATER, .dead = true}, {true, LATER, 0}, true, {AUDIT_STRAY_TIMER, NONE}},
        {"listed, not dead", {.due = LATER}, {true, LATER, 0}, true, {AUDIT_STALE_PLACE, NONE}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        audit_findings_t found = {.items = NULL};
        audit_delivery (&cases[i].delivery, &cases[i].timer, cases[i].listed, NOW, &found);
        expect (cases[i].name, &found, cases[i].faults);
        audit_clear (&found);
    }
}

static void test_tally (void **state)
{
    (void)state;
    Buckstop__V1__Fact facts[4], *list[4];
    Buckstop__V1__Event event = BUCKSTOP__V1__EVENT__INIT;
    static const Buckstop__V1__FactKind kinds[] = {FACT (OPENED), FACT (KEPT), FACT (BROKEN), FACT (RELEASED)};
    audit_tally_t tally = {{0}};
    for (int i = 0; i < 4; i++) {
        buckstop__v1__fact__init (&facts[i]);
        facts[i].kind = kinds[i];
        facts[i].promise = i < 3 ? KIND (RESOLUTION) : 99; /* of a newer service: left out */
        list[i] = &facts[i];
    }
    event.n_facts = 4;
    event.facts = list;
    audit_tally_event (&tally, &event);
    assert_int_equal (tally.opened[KIND (RESOLUTION)], 1);
    assert_int_equal (tally.kept[KIND (RESOLUTION)], 1);
    assert_int_equal (tally.broken[KIND (RESOLUTION)], 1);
    assert_int_equal (tally.released[KIND (RESOLUTION)], 0);
}

/* A value of each kind, as intake, escalation and the command line write them. */
static size_t good_value (char kind, char bytes[512])
{
    static uint8_t hash[32];
    Buckstop__V1__Receipt receipt = BUCKSTOP__V1__RECEIPT__INIT;
    Buckstop__V1__Token token = BUCKSTOP__V1__TOKEN__INIT;
    receipt.contact = (char *)"01KAJ6Q6JS0000000000000000";
    token.scope = (char *)"operator";
    token.hash.data = hash;
    token.hash.len = sizeof hash;
    if (kind == KIND_THREAD)
        return strlen (strcpy (bytes, receipt.contact));
    if (kind == KIND_TOKEN)
        return buckstop__v1__token__pack (&token, (uint8_t *)bytes);
    memcpy (bytes, "0123456789abcdef", 16);
    return 16 + buckstop__v1__receipt__pack (&receipt, (uint8_t *)bytes + 16);
}

static void test_values (void **state)
{
    static const char kinds[] = {KIND_ONCE, KIND_THREAD, KIND_TOKEN};
    (void)state;
    for (size_t i = 0; i < sizeof kinds; i++) {
        char bytes[512];
        size_t size = good_value (kinds[i], bytes);
        assert_null (audit_value (kinds[i], bytes, size));
        assert_non_null (value_name (kinds[i]));
        assert_non_null (audit_value (kinds[i], bytes, 0));
        assert_non_null (audit_value (kinds[i], bytes, size - 1));
        bytes[0] = '\xff';
        assert_non_null (audit_value (kinds[i], bytes, size));
    }
    assert_null (audit_value (KIND_ONCE, "1", 1)); /* what services say once */
    assert_non_null (audit_value (KIND_ONCE, "2", 1));
    assert_non_null (audit_value (KIND_ONCE, "0123456789abcdef", 16));
    assert_non_null (audit_value (KIND_THREAD, "01KAJ6Q6JS00000000000000000", 27));
    assert_int_equal (value_kind ("i"), KIND_ONCE);
    assert_int_equal (value_kind ("th"), KIND_THREAD);
    assert_int_equal (value_kind ("tl"), 0);
    assert_null (value_name (KIND_CONTACT));
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_contacts), cmocka_unit_test (test_people),
                                       cmocka_unit_test (test_subject),  cmocka_unit_test (test_deliveries),
                                       cmocka_unit_test (test_tally),    cmocka_unit_test (test_values)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
