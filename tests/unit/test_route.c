/* test_route.c - who: needs, every predicate, every criterion of the order, outcomes and words. */
#include "calendar.h"
#include "guard.h"
#include "route_inside.h"
#include "route_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- one roster and one contact, changed by a row ---- */

typedef struct scene {
    roster_t *roster;
    contact_t contact;
    wall_ms_t now;
} scene_t;

static void scene_open (scene_t *scene, const char *channel, const char *rule)
{
    scene->roster = world_roster ();
    scene->contact = world_contact ("c1", channel, rule, MS_PER_HOUR);
    scene->now = NOW;
}

static void decide (scene_t *scene, route_decision_t *decision)
{
    route_need_t need;
    route_need (&scene->contact, scene->now, &world_policy, &need);
    route_decide (scene->roster, &need, scene->now, decision);
}

static route_reason_t reason_of (scene_t *scene, const char *person)
{
    route_need_t need;
    route_spec_t spec;
    route_need (&scene->contact, scene->now, &world_policy, &need);
    route_spec (scene->roster, &need, &spec);
    roster_tick (scene->roster, scene->now);
    return route_person_reason (scene->roster, &spec, roster_find (scene->roster, person), scene->now);
}

static void seen (scene_t *scene, const char *name, bool present, wall_ms_t until, bool leaving)
{
    person_t person = world_person (name);
    person.present = present;
    person.present_until = until;
    person.leaving = leaving;
    roster_seen (scene->roster, roster_find (scene->roster, name), &person);
}

static void exclude (scene_t *scene, const char *name, wall_ms_t declined_at)
{
    exclusion_t *excluded = &scene->contact.excluded[scene->contact.excluded_n++];
    snprintf (excluded->person, sizeof excluded->person, "%s", name);
    excluded->until = declined_at + world_policy.decline_ms;
}

/* ---- predicates ---- */

static void set_nothing (scene_t *s)
{
    (void)s;
}
static void set_transfer_to_ben (scene_t *s)
{
    snprintf (s->contact.owner, sizeof s->contact.owner, "eve");
    snprintf (s->contact.transfer_to, sizeof s->contact.transfer_to, "ben");
    s->contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED;
}
static void set_transfer_by_ada (scene_t *s)
{
    snprintf (s->contact.owner, sizeof s->contact.owner, "ada");
    snprintf (s->contact.transfer_team, sizeof s->contact.transfer_team, "first");
    s->contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED;
}
static void set_transfer_to_second (scene_t *s)
{
    set_transfer_by_ada (s);
    snprintf (s->contact.transfer_team, sizeof s->contact.transfer_team, "second");
}
static void set_german (scene_t *s)
{
    snprintf (s->contact.language, sizeof s->contact.language, "de");
}
static void set_unknown_team (scene_t *s)
{
    snprintf (s->contact.team, sizeof s->contact.team, "gone");
}
static void set_leaving (scene_t *s)
{
    seen (s, "ada", true, NOW + MS_PER_HOUR, true);
}
static void set_absent (scene_t *s)
{
    seen (s, "ada", false, 0, false);
}
static void set_lapsed (scene_t *s)
{
    seen (s, "ada", true, NOW, false);
}
static void set_full (scene_t *s)
{
    world_load (s->roster, "ada", "chat", 4);
}
static void set_nearly_full (scene_t *s)
{
    world_load (s->roster, "ada", "chat", 3);
}
static void set_doubt (scene_t *s)
{
    roster_doubt (s->roster, roster_find (s->roster, "ada"));
}
static void set_declined (scene_t *s)
{
    exclude (s, "ada", NOW - 1000);
}
static void set_declined_long_ago (scene_t *s)
{
    exclude (s, "ada", NOW - 60000);
}
static void set_full_and_declined (scene_t *s)
{
    set_full (s);
    set_declined (s);
}
static void set_waited_1 (scene_t *s)
{
    set_german (s);
    s->now = NOW + 60000;
}
static void set_waited_2 (scene_t *s)
{
    set_german (s);
    s->now = NOW + 120000;
}
static void set_waited_3 (scene_t *s)
{
    set_german (s);
    s->now = NOW + 180000;
}
static void set_prefers_eve (scene_t *s)
{
    snprintf (s->contact.preferred, sizeof s->contact.preferred, "eve");
    s->contact.preferred_until = NOW + 30000;
}

static const struct {
    const char *name, *channel, *rule, *person;
    void (*set) (scene_t *scene);
    route_reason_t expect;
} predicates[] = {
    {"all is well", "chat", "plain", "ada", set_nothing, ROUTE_ELIGIBLE},
    {"a transfer names another", "chat", "plain", "ada", set_transfer_to_ben, ROUTE_NOT_NAMED},
    {"a transfer names this one", "chat", "plain", "ben", set_transfer_to_ben, ROUTE_ELIGIBLE},
    {"of another team", "chat", "plain", "eve", set_nothing, ROUTE_NOT_IN_TEAM},
    {"the team is not in the policy: nobody", "chat", "", "ada", set_unknown_team, ROUTE_NOT_IN_TEAM},
    {"preferred, whatever the team", "chat", "billing", "eve", set_prefers_eve, ROUTE_ELIGIBLE},
    {"the giver", "chat", "plain", "ada", set_transfer_by_ada, ROUTE_GIVER},
    {"not the giver", "chat", "plain", "ben", set_transfer_by_ada, ROUTE_ELIGIBLE},
    {"another team does not ask for the rule's skills", "chat", "cards", "eve", set_transfer_to_second, ROUTE_ELIGIBLE},
    {"skill there", "chat", "billing", "cy", set_nothing, ROUTE_ELIGIBLE},
    {"skill not there", "chat", "billing", "dan", set_nothing, ROUTE_SKILL},
    {"level too low", "chat", "cards", "ben", set_nothing, ROUTE_SKILL},
    {"a skill that nobody has", "chat", "magic", "ada", set_nothing, ROUTE_SKILL},
    {"speaks it (first part counts)", "chat", "german", "ada", set_german, ROUTE_ELIGIBLE},
    {"does not speak it", "chat", "german", "ben", set_german, ROUTE_LANGUAGE},
    {"without languages: any", "chat", "german", "cy", set_german, ROUTE_ELIGIBLE},
    {"the contact has no language: not asked", "chat", "german", "ben", set_nothing, ROUTE_ELIGIBLE},
    {"too small for the channel", "phone", "plain", "dan", set_nothing, ROUTE_TOO_SMALL},
    {"leaving", "chat", "plain", "ada", set_leaving, ROUTE_LEAVING},
    {"absent", "chat", "plain", "ada", set_absent, ROUTE_ABSENT},
    {"presence ran out", "chat", "plain", "ada", set_lapsed, ROUTE_ABSENT},
    {"full", "chat", "plain", "ada", set_full, ROUTE_NO_ROOM},
    {"room for one", "chat", "plain", "ada", set_nearly_full, ROUTE_ELIGIBLE},
    {"no room for a heavy one", "phone", "plain", "ada", set_nearly_full, ROUTE_NO_ROOM},
    {"a commit found no room", "chat", "plain", "ada", set_doubt, ROUTE_NO_ROOM},
    {"declined just now", "chat", "plain", "ada", set_declined, ROUTE_EXCLUDED},
    {"declined long ago", "chat", "plain", "ada", set_declined_long_ago, ROUTE_ELIGIBLE},
    {"room is asked before the decline", "chat", "plain", "ada", set_full_and_declined, ROUTE_NO_ROOM},
    {"relaxed: skills", "chat", "cards", "cy", set_waited_1, ROUTE_ELIGIBLE},
    {"relaxed: not yet the language", "chat", "cards", "ben", set_waited_1, ROUTE_LANGUAGE},
    {"relaxed: language", "chat", "cards", "ben", set_waited_2, ROUTE_ELIGIBLE},
    {"relaxed: not yet the team", "chat", "cards", "eve", set_waited_2, ROUTE_NOT_IN_TEAM},
    {"relaxed: any team", "chat", "cards", "eve", set_waited_3, ROUTE_ELIGIBLE},
};

static void test_predicates (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof predicates / sizeof *predicates; i++) {
        scene_t scene;
        scene_open (&scene, predicates[i].channel, predicates[i].rule);
        predicates[i].set (&scene);
        route_reason_t got = reason_of (&scene, predicates[i].person);
        if (got != predicates[i].expect)
            fail_msg ("%s: %s, not %s", predicates[i].name, route_reason_words (got),
                      route_reason_words (predicates[i].expect));
        roster_destroy (&scene.roster);
    }
}

/* Wednesday 2025-06-18, 09:00 to 17:00 UTC. */
static void test_shifts (void **state)
{
    (void)state;
    const wall_ms_t midnight = 1750204800000LL;
    const calendar_span_t span = {2 * 1440 + 9 * 60, 2 * 1440 + 17 * 60};
    calendar_t *shift = calendar_new ("UTC", &span, 1, NULL, 0);
    world_people[1].shift = shift; /* ada */
    static const struct {
        const char *name;
        int64_t at_min;
        const char *channel;
        route_reason_t expect;
    } rows[] = {
        {"before", 8 * 60 + 59, "chat", ROUTE_OFF_SHIFT},
        {"it begins", 9 * 60, "chat", ROUTE_ELIGIBLE},
        {"two minutes left are enough", 16 * 60 + 58, "chat", ROUTE_ELIGIBLE},
        {"a minute is just enough", 16 * 60 + 59, "mail", ROUTE_ELIGIBLE},
        {"it ended", 17 * 60, "chat", ROUTE_OFF_SHIFT},
    };
    scene_t scene;
    scene_open (&scene, "chat", "plain");
    seen (&scene, "ada", true, TIME_NEVER, false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene.now = midnight + rows[i].at_min * MS_PER_MINUTE;
        snprintf (scene.contact.channel, sizeof scene.contact.channel, "%s", rows[i].channel);
        route_reason_t got = reason_of (&scene, "ada");
        if (got != rows[i].expect)
            fail_msg ("%s: %s", rows[i].name, route_reason_words (got));
    }
    scene.now = midnight + (17 * 60 - 1) * MS_PER_MINUTE + 1;
    assert_int_equal (reason_of (&scene, "ada"), ROUTE_SHIFT_ENDS);
    assert_false (roster_tick (scene.roster, midnight + 18 * MS_PER_HOUR));
    assert_true (roster_tick (scene.roster, midnight + (7 * 24 + 9) * MS_PER_HOUR)); /* next Wednesday it begins */
    roster_destroy (&scene.roster);
    world_people[1].shift = NULL;
    calendar_destroy (&shift);
}

/* ---- the order: each criterion decides once ---- */

static void order_preferred (scene_t *s)
{
    snprintf (s->contact.preferred, sizeof s->contact.preferred, "ben"); /* worst in everything else */
    world_load (s->roster, "ben", "chat", 3);
    roster_given (s->roster, roster_find (s->roster, "ben"), NOW);
}
static void order_fit (scene_t *s)
{
    world_load (s->roster, "cy", "chat", 3); /* billing 2 is asked: cy has just that */
}
static void order_load (scene_t *s)
{
    world_load (s->roster, "ada", "chat", 2);
    world_load (s->roster, "cy", "chat", 1);
    world_load (s->roster, "dan", "chat", 1); /* full */
    world_load (s->roster, "ben", "chat", 2);
    roster_given (s->roster, roster_find (s->roster, "cy"), NOW);
}
static void order_idle (scene_t *s)
{
    roster_given (s->roster, roster_find (s->roster, "ada"), NOW - 10);
    roster_given (s->roster, roster_find (s->roster, "ben"), NOW - 1000);
    roster_given (s->roster, roster_find (s->roster, "cy"), NOW - 20);
}
static void order_lacking (scene_t *s)
{
    set_german (s);
    s->now = NOW + 180000; /* skills dropped, any team: who lacks least is first, whatever the load */
    world_load (s->roster, "ada", "chat", 3);
}

static const struct {
    const char *name, *rule;
    void (*set) (scene_t *scene);
    const char *winner, *second;
    route_criterion_t why;
} orders[] = {
    {"preferred", "plain", order_preferred, "ben", "ada", ROUTE_BY_PREFERRED},
    {"least overqualified", "billing", order_fit, "cy", "ada", ROUTE_BY_FIT},
    {"nothing lacking before all", "cards", order_lacking, "ada", "eve", ROUTE_BY_FIT},
    {"less load", "plain", order_load, "cy", "ada", ROUTE_BY_LOAD},
    {"longest idle", "plain", order_idle, "ben", "cy", ROUTE_BY_IDLE},
    {"name", "plain", set_nothing, "ada", "ben", ROUTE_BY_NAME},
};

static void test_order (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        scene_t scene;
        route_decision_t decision;
        scene_open (&scene, "chat", orders[i].rule);
        orders[i].set (&scene);
        decide (&scene, &decision);
        if (decision.outcome != ROUTE_OFFER || strcmp (decision.person, orders[i].winner) != 0)
            fail_msg ("%s: %s", orders[i].name, decision.person);
        assert_true (decision.next_n > 0);
        const char *second = roster_person (scene.roster, decision.next[0].index)->facts->name;
        if (strcmp (second, orders[i].second) != 0 || decision.next[0].why != orders[i].why)
            fail_msg ("%s: second %s, %s", orders[i].name, second, route_criterion_words (decision.next[0].why));
        roster_destroy (&scene.roster);
    }
}

/* ---- outcomes ---- */

static void all_of_first (scene_t *s, void (*each) (scene_t *s, const char *name))
{
    static const char *const names[] = {"ada", "ben", "cy", "dan"};
    for (size_t i = 0; i < 4; i++)
        each (s, names[i]);
}
static void make_absent (scene_t *s, const char *name)
{
    seen (s, name, false, 0, false);
}
static void make_full (scene_t *s, const char *name)
{
    world_load (s->roster, name, "chat", 4);
}
static void set_all_absent (scene_t *s)
{
    all_of_first (s, make_absent);
}
static void set_all_full (scene_t *s)
{
    all_of_first (s, make_full);
}
static void set_absent_but_one_full (scene_t *s)
{
    set_all_absent (s);
    seen (s, "ben", true, NOW + MS_PER_HOUR, false);
    make_full (s, "ben");
}
static void set_only_one_just_declined (scene_t *s)
{
    set_all_absent (s);
    seen (s, "ben", true, NOW + MS_PER_HOUR, false);
    exclude (s, "ben", NOW - 1000);
}
static void set_only_one_declined (scene_t *s)
{
    set_all_absent (s);
    seen (s, "ben", true, NOW + MS_PER_HOUR, false);
    exclude (s, "ben", NOW - ASK_AGAIN_MS);
}
static void exclude_often (scene_t *s, int64_t ago, uint32_t epoch)
{
    set_only_one_declined (s);
    exclusion_t *excluded = &s->contact.excluded[s->contact.excluded_n - 1];
    excluded->until = NOW - ago + world_policy.decline_ms;
    excluded->times = 3;
    excluded->epoch = epoch;
}
static void set_only_one_let_three_run_out (scene_t *s)
{
    exclude_often (s, 4 * ASK_AGAIN_MS - 1, 1);
}
static void set_only_one_let_three_run_out_long_ago (scene_t *s)
{
    exclude_often (s, 4 * ASK_AGAIN_MS, 1);
}
static void set_only_one_came_anew (scene_t *s)
{
    exclude_often (s, 1000, 1);
    person_t person = world_person ("ben");
    person.present = true;
    person.present_until = NOW + MS_PER_HOUR;
    person.epoch = 2;
    roster_seen (s->roster, roster_find (s->roster, "ben"), &person);
}
static void set_transfer_to_who_declined (scene_t *s)
{
    exclude_often (s, 1000, 1);
    set_transfer_to_ben (s);
}
static void set_one_declined (scene_t *s)
{
    exclude (s, "ada", NOW - ASK_AGAIN_MS);
}
static void set_preferred_full (scene_t *s)
{
    snprintf (s->contact.preferred, sizeof s->contact.preferred, "ada");
    s->contact.preferred_until = NOW + 30000;
    make_full (s, "ada");
}
static void set_preferred_full_too_long (scene_t *s)
{
    set_preferred_full (s);
    s->contact.preferred_until = NOW;
}
static void set_preferred_absent (scene_t *s)
{
    snprintf (s->contact.preferred, sizeof s->contact.preferred, "ada");
    s->contact.preferred_until = NOW + 30000;
    make_absent (s, "ada");
}

static const struct {
    const char *name;
    void (*set) (scene_t *scene);
    route_outcome_t expect;
    const char *winner;
    const char *words; /* in the detail */
} outcomes[] = {
    {"nobody present", set_all_absent, ROUTE_NOBODY, "",
     "nobody is there; left out: 4 absent, 3 not in the team; policy 7"},
    {"all busy", set_all_full, ROUTE_BUSY, "", "all busy; left out: 4 no room"},
    {"one is there, but full", set_absent_but_one_full, ROUTE_BUSY, "", "1 no room, 3 absent"},
    {"the only one declined just now", set_only_one_just_declined, ROUTE_BUSY, "", "1 declined it"},
    {"the only one is asked again", set_only_one_declined, ROUTE_OFFER, "ben", "asked again: nobody else"},
    {"the third time later", set_only_one_let_three_run_out, ROUTE_BUSY, "", "asked again after a while"},
    {"but asked", set_only_one_let_three_run_out_long_ago, ROUTE_OFFER, "ben", "asked again: nobody else"},
    {"at once, if they came anew", set_only_one_came_anew, ROUTE_OFFER, "ben", "asked again: nobody else"},
    {"at once, if it is handed over to them by name", set_transfer_to_who_declined, ROUTE_OFFER, "ben", "1 eligible"},
    {"who declined is not asked while others can", set_one_declined, ROUTE_OFFER, "ben", "1 declined it"},
    {"the preferred one is waited for", set_preferred_full, ROUTE_BUSY, "", "waits for the preferred one"},
    {"but not for ever", set_preferred_full_too_long, ROUTE_OFFER, "ben", "ben (0 of 4 in use, 3 eligible)"},
    {"f01: an absent one is not waited for", set_preferred_absent, ROUTE_OFFER, "ben", "1 absent"},
};

static void test_outcomes (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        scene_t scene;
        route_decision_t decision;
        char detail[DETAIL_SIZE];
        scene_open (&scene, "chat", "plain");
        outcomes[i].set (&scene);
        decide (&scene, &decision);
        route_detail (scene.roster, &decision, detail);
        if (decision.outcome != outcomes[i].expect || strcmp (decision.person, outcomes[i].winner) != 0 ||
            !strstr (detail, outcomes[i].words))
            fail_msg ("%s: %d %s: %s", outcomes[i].name, decision.outcome, decision.person, detail);
        assert_non_null (strstr (detail, "; policy 7"));
        roster_destroy (&scene.roster);
    }
}

/* With its guard away each scene ends as it does elsewhere. */
static const struct {
    const char *guard;
    void (*set) (scene_t *scene);
    const char *person; /* who is asked then */
} guards[] = {
    {"f01", set_preferred_absent, "ada"},
    {"f06", set_only_one_just_declined, "ben"},
    {"f15", set_all_absent, "ada"},
};

static void test_guards (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
        scene_t scene;
        route_decision_t decision;
        scene_open (&scene, "chat", "plain");
        guards[i].set (&scene);
        decide (&scene, &decision);
        assert_string_not_equal (decision.person, guards[i].person);
        guard_off = guards[i].guard;
        decide (&scene, &decision);
        guard_off = NULL;
        assert_string_equal (decision.person, guards[i].person);
        roster_destroy (&scene.roster);
    }
}

/* ---- roster ---- */

static void test_roster_hears_twice (void **state)
{
    (void)state;
    roster_t *roster = world_roster ();
    int ada = roster_find (roster, "ada");
    assert_true (roster_take (roster, ada, 1, "phone", "c1", true));
    assert_true (roster_take (roster, ada, 1, "phone", "c1", false));
    assert_int_equal (roster_person (roster, ada)->used, 4);
    assert_false (roster_take (roster, ada, 2, "phone", "c2", false)); /* another epoch */
    assert_true (roster_drop (roster, ada, 1, "c1"));
    assert_false (roster_drop (roster, ada, 1, "c1"));
    assert_int_equal (roster_person (roster, ada)->used, 0);
    roster_destroy (&roster);
}

/* The set against a plain list, at random. */
static void test_held (void **state)
{
    (void)state;
    enum { IDS = 200, STEPS = 20000 };
    bool held[IDS] = {false};
    held_set_t set = {0};
    size_t n = 0;
    srand (4);
    for (int step = 0; step < STEPS; step++) {
        route_held_t item = {.channel = 1};
        int which = rand () % IDS;
        snprintf (item.contact, sizeof item.contact, "c%d", which);
        route_held_t *found = held_find (&set, item.contact);
        assert_int_equal (found != NULL, held[which]);
        if (found)
            held_remove (&set, found);
        else
            held_add (&set, &item);
        n += held[which] ? (size_t)-1 : 1;
        held[which] = !held[which];
        assert_int_equal (set.n, n);
    }
    size_t walked = 0;
    for (route_held_t *item = NULL; (item = held_next (&set, item));)
        walked += held[strtol (item->contact + 1, NULL, 10)];
    assert_int_equal (walked, n);
    held_clear (&set);
}

static void test_roster_is_derived (void **state)
{
    (void)state;
    roster_t *roster = world_roster ();
    int ada = roster_find (roster, "ada");
    roster_take (roster, ada, 1, "chat", "lost", false); /* whose end was never heard */
    roster_take (roster, ada, 1, "chat", "mine", true);
    route_held_t items[2];
    assert_int_equal (roster_held_parse (roster, "chat/c1", 7, &items[0]), 0);
    assert_int_equal (roster_held_parse (roster, "gone/c2", 7, &items[1]), 0);
    assert_int_equal (roster_held_parse (roster, "chat", 4, &items[1]), -1);
    items[1] = (route_held_t){.contact = "c2", .channel = -1};
    guard_off = "f07";
    roster_held_set (roster, ada, 1, items, 2);
    assert_int_equal (roster_person (roster, ada)->used, 2); /* stuck */
    guard_off = NULL;
    roster_held_set (roster, ada, 1, items, 2);
    assert_int_equal (roster_person (roster, ada)->used, 2); /* c1, and mine; c2 weighs nothing */
    assert_int_equal (roster_person (roster, ada)->held.n, 3);
    person_t person = world_person ("ada");
    assert_false (roster_seen (roster, ada, &person));
    person.epoch = 2;
    assert_true (
        roster_seen (roster, ada, &person)); /* went and came, and nobody saw it: they can take more than before */
    assert_int_equal (roster_person (roster, ada)->used, 0);
    roster_destroy (&roster);
}

static void test_roster_adopts (void **state)
{
    (void)state;
    policy_t smaller = world_policy;
    smaller.people_n = 3; /* cy, ada, ben */
    smaller.teams_n = 0;
    smaller.channels = &world_channels[1]; /* mail, phone */
    smaller.channels_n = 2;
    smaller.rules_n = 0;
    roster_t *roster = world_roster ();
    roster_take (roster, roster_find (roster, "cy"), 1, "phone", "c1", false);
    roster_take (roster, roster_find (roster, "cy"), 1, "chat", "c2", false);
    roster_adopt (roster, &smaller);
    assert_int_equal (roster_size (roster), 3);
    assert_int_equal (roster_find (roster, "eve"), -1);
    const route_person_t *cy = roster_person (roster, roster_find (roster, "cy"));
    assert_true (cy->present);
    assert_int_equal (cy->held.n, 2);
    assert_int_equal (cy->used, 4);
    roster_destroy (&roster);
}

/* ---- bounds and explain ---- */

static void test_detail_fits (void **state)
{
    (void)state;
    roster_t *roster = world_roster ();
    route_decision_t decision = {.outcome = ROUTE_BUSY, .winner = -1};
    for (size_t i = 1; i < ROUTE_REASONS; i++)
        decision.counts[i] = 100000000;
    char detail[DETAIL_SIZE];
    route_detail (roster, &decision, detail);
    assert_true (strlen (detail) < DETAIL_SIZE);
    assert_non_null (strstr (detail, "; policy 7"));
    roster_destroy (&roster);
}

static void test_explain (void **state)
{
    (void)state;
    scene_t scene;
    route_need_t need;
    route_decision_t decision;
    route_row_t rows[WORLD_PEOPLE];
    scene_open (&scene, "chat", "billing");
    set_absent (&scene);
    route_need (&scene.contact, NOW, &world_policy, &need);
    route_explain (scene.roster, &need, NOW, &decision, rows);
    static const struct {
        const char *person;
        unsigned rank;
        route_reason_t reason;
    } expect[WORLD_PEOPLE] = {
        {"cy", 1, ROUTE_ELIGIBLE},     {"ben", 2, ROUTE_ELIGIBLE},    {"eve", 0, ROUTE_NOT_IN_TEAM},
        {"fay", 0, ROUTE_NOT_IN_TEAM}, {"gus", 0, ROUTE_NOT_IN_TEAM}, {"dan", 0, ROUTE_SKILL},
        {"ada", 0, ROUTE_ABSENT},
    };
    for (size_t i = 0; i < WORLD_PEOPLE; i++) {
        assert_string_equal (roster_person (scene.roster, rows[i].index)->facts->name, expect[i].person);
        assert_int_equal (rows[i].rank, expect[i].rank);
        assert_int_equal (rows[i].reason, expect[i].reason);
    }
    assert_int_equal (rows[1].behind, ROUTE_BY_FIT);
    assert_string_equal (decision.person, "cy");
    roster_destroy (&scene.roster);
}

static void test_look_at (void **state)
{
    (void)state;
    contact_t contact = world_contact ("c1", "chat", "cards", MS_PER_HOUR);
    assert_int_equal (route_look_at (&contact, NOW, &world_policy), NOW + 60000);
    assert_int_equal (route_look_at (&contact, NOW + 60000, &world_policy), NOW + 120000);
    assert_int_equal (route_look_at (&contact, NOW + 180000, &world_policy), 0);
    contact.preferred_until = NOW + 40000;
    assert_int_equal (route_look_at (&contact, NOW, &world_policy), NOW + 40000);
    contact.excluded[contact.excluded_n++] = (exclusion_t){.person = "ada", .until = NOW + world_policy.decline_ms};
    assert_int_equal (route_look_at (&contact, NOW, &world_policy), NOW + ASK_AGAIN_MS);
    contact.excluded[0].times = 2;
    assert_int_equal (route_look_at (&contact, NOW, &world_policy), NOW + 2 * ASK_AGAIN_MS);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_predicates),    cmocka_unit_test (test_shifts),
        cmocka_unit_test (test_order),         cmocka_unit_test (test_outcomes),
        cmocka_unit_test (test_guards),        cmocka_unit_test (test_roster_hears_twice),
        cmocka_unit_test (test_held),          cmocka_unit_test (test_roster_is_derived),
        cmocka_unit_test (test_roster_adopts), cmocka_unit_test (test_detail_fits),
        cmocka_unit_test (test_explain),       cmocka_unit_test (test_look_at),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
