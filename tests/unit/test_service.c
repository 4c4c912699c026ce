/* test_service.c - the skeleton on the fakes: when a service starts, what it hints, which policy it has. */
#include "fake.h"
#include "keys.h"
#include "options.h"
#include "policy_apply.h"
#include "record.h"
#include "wire.h"
#include "workspaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char policy_of_two[] = "workspace: desk\n"
                                    "last_resort: ada\n"
                                    "people:\n"
                                    "  ada: { ways: [ { log: ada } ] }\n"
                                    "  ben: { ways: [ { log: ben } ] }\n"
                                    "teams:\n"
                                    "  all: { lead: ada, members: [ada, ben] }\n";
static const char policy_of_one[] = "workspace: desk\n"
                                    "last_resort: ada\n"
                                    "people:\n"
                                    "  ada: { ways: [ { log: ada } ] }\n"
                                    "teams:\n"
                                    "  all: { lead: ada, members: [ada] }\n";

/* ------------------------------------------------------------- a world */

typedef struct scene {
    loop_t *loop;
    store_t *store;
    bus_t *ear; /* what the hints reach */
    service_t service;
    int starts, stops;
    int dues, outboxes, routes;
    wall_ms_t due_at, outbox_at;
    char routed[8][ID_SIZE], traced[8][TRACE_SIZE];
} scene_t;

static int on_start (service_t *self, void *arg)
{
    (void)self;
    ((scene_t *)arg)->starts++;
    return 0;
}

static void on_stop (service_t *self, void *arg)
{
    (void)self;
    ((scene_t *)arg)->stops++;
}

static const service_kind_t kind = {.name = "test", .start = on_start, .stop = on_stop};

static void on_hint (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    static const envelope_kind_t allowed[] = {BUCKSTOP__V1__ENVELOPE__BODY_DUE, BUCKSTOP__V1__ENVELOPE__BODY_OUTBOX,
                                              BUCKSTOP__V1__ENVELOPE__BODY_ROUTE, 0};
    scene_t *scene = arg;
    envelope_t *envelope = NULL;
    char why[DETAIL_SIZE];
    (void)peer;
    if (wire_unpack (bytes, size, allowed, &envelope, why))
        fail_msg ("a hint that its receiver would refuse: %s", why);
    if (envelope->body_case == BUCKSTOP__V1__ENVELOPE__BODY_DUE) {
        scene->dues++;
        scene->due_at = envelope->due->at;
    } else if (envelope->body_case == BUCKSTOP__V1__ENVELOPE__BODY_OUTBOX) {
        scene->outboxes++;
        scene->outbox_at = envelope->outbox->at;
    } else {
        snprintf (scene->traced[scene->routes % 8], TRACE_SIZE, "%s", envelope->trace);
        snprintf (scene->routed[scene->routes++ % 8], ID_SIZE, "%s", envelope->route->contact);
    }
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
}

static void scene_begin (scene_t *scene)
{
    *scene = (scene_t){.starts = 0};
    fake_reset (1);
    scene->loop = loop_new ();
    const store_config_t config = {.address = "fake", .shards = SHARDS_DEFAULT};
    scene->store = store_new (scene->loop, &config);
    scene->ear = bus_new (scene->loop);
    assert_int_equal (bus_bind (scene->ear, BUS_DUE, "d", on_hint, scene), 0);
    assert_int_equal (bus_bind (scene->ear, BUS_OUTBOX, "o", on_hint, scene), 0);
    assert_int_equal (bus_bind (scene->ear, BUS_ROUTE, "r", on_hint, scene), 0);
    scene->service = (service_t){.loop = scene->loop, .store = scene->store, .route = "r", .due = "d", .outbox = "o"};
    assert_int_equal (service_start_in (&scene->service, &kind, scene), 0);
}

static void scene_end (scene_t *scene)
{
    service_stop_in (&scene->service, &kind, scene);
    bus_destroy (&scene->ear);
    store_destroy (&scene->store);
    loop_destroy (&scene->loop);
}

/* ---------------------------------------------------------- the gate */

static void test_starts_when_the_store_is_there (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    assert_int_equal (scene.starts, 0); /* never from within */
    fake_run ();
    assert_int_equal (scene.starts, 1);
    assert_true (service_started (&scene.service));
    fake_advance (5000);
    assert_int_equal (scene.starts, 1);
    scene_end (&scene);
    assert_int_equal (scene.stops, 1);
}

static void test_waits_for_the_store (void **state)
{
    scene_t scene;
    (void)state;
    fake_reset (1);
    scene_begin (&scene);
    fake_store_fault (FAKE_STORE_AWAY, 1);
    fake_advance (30000);
    assert_int_equal (scene.starts, 0);
    assert_true (fake_log_count ("not ready") > 0);
    fake_store_fault (FAKE_STORE_AWAY, 0);
    fake_advance (3000);
    assert_int_equal (scene.starts, 1);
    assert_int_equal (fake_log_count ("ready") - fake_log_count ("not ready"), 1);
    scene_end (&scene);
}

static void test_not_started_not_stopped (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    scene_end (&scene);
    assert_int_equal (scene.stops, 0);
}

/* -------------------------------------------------------------- hints */

static void test_hints_of_a_turn_are_one (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    wall_ms_t now = store_now (scene.store);
    service_hint_due (&scene.service, 3, now + 900);
    service_hint_due (&scene.service, 3, now + 100);
    service_hint_due (&scene.service, 3, now + 500);
    service_hint_outbox (&scene.service, 3, now + 7);
    service_hint_route (&scene.service, "desk", "01KAJ6Q6JS0000000000000000", NULL);
    service_hint_route (&scene.service, "desk", "01KAJ6Q6JS0000000000000000", NULL);
    service_hint_route (&scene.service, "desk", "01KAJ6Q6JS0000000000000001", NULL);
    service_hint_route (&scene.service, "desk", NULL, "ada");
    fake_advance (1000);
    assert_int_equal (scene.dues, 1);
    assert_int_equal (scene.due_at, now + 100);
    assert_int_equal (scene.outboxes, 1);
    assert_int_equal (scene.outbox_at, now + 7);
    assert_int_equal (scene.routes, 3);
    assert_string_equal (scene.routed[0], "01KAJ6Q6JS0000000000000000");
    fake_advance (3000);
    assert_int_equal (scene.dues + scene.outboxes + scene.routes, 5);
    scene_end (&scene);
}

/* The one that its submission brought; else the contact's own; a person's hint has none. */
static void test_route_hints_carry_the_trace (void **state)
{
    static const char given[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    service_hint_route_traced (&scene.service, "desk", "01KAJ6Q6JS0000000000000001", given);
    service_hint_route_traced (&scene.service, "desk", "01KAJ6Q6JS0000000000000002", "");
    service_hint_route (&scene.service, "desk", NULL, "ada");
    fake_advance (1000);
    assert_int_equal (scene.routes, 3);
    assert_string_equal (scene.traced[0], given);
    assert_string_equal (scene.traced[1], "00-019aa46b9a5900000000000000000002-0000000000000002-00");
    assert_string_equal (scene.traced[2], "");
    scene_end (&scene);
}

static void test_far_hints_are_left_out (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    wall_ms_t now = store_now (scene.store);
    service_hint_due (&scene.service, 1, now + 1600);
    service_hint_due (&scene.service, 2, 0);
    service_hint_due (&scene.service, -1, now);
    service_hint_due (&scene.service, SHARDS_MAX, now);
    service_hint_due (NULL, 1, now);
    fake_advance (2000);
    assert_int_equal (scene.dues, 0);
    scene_end (&scene);
}

/* ------------------------------------------------------------ policies */

typedef struct applied {
    int calls;
    policy_apply_outcome_t outcome;
    uint32_t old_version, new_version;
    size_t errors, leaving;
    char first_leaving[NAME_SIZE];
} applied_t;

static void on_applied (void *arg, const policy_applied_t *applied)
{
    applied_t *self = arg;
    self->calls++;
    self->outcome = applied->outcome;
    self->old_version = applied->old_version;
    self->new_version = applied->new_version;
    self->errors = applied->errors->n;
    self->leaving = applied->leaving_n;
    if (applied->leaving_n > 0)
        snprintf (self->first_leaving, NAME_SIZE, "%s", applied->leaving[0]);
}

static applied_t apply (scene_t *scene, const char *text)
{
    applied_t applied = {.calls = 0};
    policy_apply (scene->store, scene->loop, text, strlen (text), "operator", on_applied, &applied);
    assert_int_equal (applied.calls, 0); /* never from within */
    fake_advance (6000);                 /* longer than it tries */
    assert_int_equal (applied.calls, 1);
    return applied;
}

typedef struct swaps {
    int n;
    uint32_t version;
} swaps_t;

static void on_swap (void *arg, const char *workspace, const policy_t *policy)
{
    swaps_t *self = arg;
    assert_string_equal (workspace, "desk");
    self->n++;
    self->version = policy->version;
}

static void test_apply_and_swap (void **state)
{
    scene_t scene;
    swaps_t swaps = {.n = 0};
    (void)state;
    scene_begin (&scene);
    fake_run ();
    workspaces_on_change (scene.service.workspaces, on_swap, &swaps);
    applied_t applied = apply (&scene, policy_of_two);
    assert_int_equal (applied.outcome, POLICY_APPLIED);
    assert_int_equal (applied.old_version, 0);
    assert_int_equal (applied.new_version, 1);
    fake_advance (1500);
    const policy_t *policy = workspaces_policy (scene.service.workspaces, "desk");
    assert_non_null (policy);
    assert_int_equal (policy->version, 1);
    assert_string_equal (workspaces_name (scene.service.workspaces, 0), "desk");
    assert_null (workspaces_name (scene.service.workspaces, 1));
    fake_advance (10000);
    assert_int_equal (swaps.n, 1); /* the same version is not parsed again */
    scene_end (&scene);
}

static void on_looked (void *arg)
{
    ++*(int *)arg;
}

static void test_refresh_looks_at_once (void **state)
{
    scene_t scene;
    int looked = 0;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    apply (&scene, policy_of_two);
    workspaces_refresh (scene.service.workspaces, "desk", on_looked, &looked);
    workspaces_refresh (scene.service.workspaces, "desk", on_looked, &looked);
    workspaces_refresh (scene.service.workspaces, "nowhere", on_looked, &looked);
    assert_int_equal (looked, 0);
    fake_run ();
    assert_int_equal (looked, 3);
    assert_non_null (workspaces_policy (scene.service.workspaces, "desk"));
    assert_null (workspaces_policy (scene.service.workspaces, "nowhere"));
    scene_end (&scene);
}

static void test_same_and_bad_change_nothing (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    apply (&scene, policy_of_two);
    uint64_t commits = fake_store_commits ();
    applied_t same = apply (&scene, policy_of_two);
    assert_int_equal (same.outcome, POLICY_SAME);
    assert_int_equal (same.new_version, 1);
    applied_t bad = apply (&scene, "workspace: desk\npeeple: []\n");
    assert_int_equal (bad.outcome, POLICY_BAD);
    assert_true (bad.errors > 0);
    assert_int_equal (fake_store_commits (), commits);
    scene_end (&scene);
}

static void test_unreadable_text_keeps_the_old (void **state)
{
    scene_t scene;
    char key[KEY_SIZE];
    size_t size = 0;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    apply (&scene, policy_of_two);
    fake_advance (1500);
    record_head_t head = {.version = 1};
    head = record_head_next (&head, KIND_WORKSPACE, (event_id_t){{1}}, 0);
    const workspace_record_t record = {.name = "desk", .policy_version = 2};
    uint8_t *bytes = workspace_pack (&record, "workspace: [", &head, &size);
    fake_store_put (key_workspace (key, store_shard (scene.store, "desk"), "desk"), bytes, size);
    free (bytes);
    fake_advance (5000);
    assert_int_equal (workspaces_policy (scene.service.workspaces, "desk")->version, 1);
    assert_int_equal (fake_log_count ("policy not usable"), 1); /* said once */
    scene_end (&scene);
}

static person_t read_person (scene_t *scene, const char *name)
{
    char key[KEY_SIZE];
    size_t size = 0;
    record_head_t head;
    person_t person = {.version = 0};
    const void *bytes = fake_store_string (key_person (key, store_shard (scene->store, "desk"), "desk", name), &size);
    if (bytes)
        assert_int_equal (person_unpack (bytes, size, &head, &person), RECORD_OK);
    return person;
}

static void test_who_is_named_no_more_leaves (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    apply (&scene, policy_of_two);
    assert_int_equal (read_person (&scene, "ben").version, 0);
    applied_t applied = apply (&scene, policy_of_one);
    assert_int_equal (applied.outcome, POLICY_APPLIED);
    assert_int_equal (applied.leaving, 1);
    assert_string_equal (applied.first_leaving, "ben");
    person_t ben = read_person (&scene, "ben");
    assert_true (ben.leaving);
    assert_true (ben.drained_epoch < ben.epoch); /* what he holds is to be moved */
    char key[KEY_SIZE];
    assert_true (fake_store_score (key_due (key, store_shard (scene.store, "desk"), KIND_PERSON), "desk:ben") > 0);
    applied = apply (&scene, policy_of_two);
    assert_int_equal (applied.leaving, 0);
    assert_false (read_person (&scene, "ben").leaving);
    scene_end (&scene);
}

static void test_commit_answer_lost (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    fake_store_fault (FAKE_STORE_RESENT, 1);
    applied_t applied = apply (&scene, policy_of_two);
    assert_int_equal (applied.outcome, POLICY_APPLIED);
    assert_int_equal (applied.new_version, 1);
    fake_store_fault (FAKE_STORE_UNKNOWN, 1);
    applied = apply (&scene, policy_of_one);
    assert_int_equal (applied.outcome, POLICY_AWAY);
    applied = apply (&scene, policy_of_one); /* again: it had happened, and the rest is done now */
    assert_int_equal (applied.outcome, POLICY_SAME);
    assert_int_equal (applied.new_version, 2);
    scene_end (&scene);
}

/* The list of workspaces is gone, then something else: what is known goes on, and is said to be missing there. */
static void test_list_of_workspaces_lost (void **state)
{
    scene_t scene;
    (void)state;
    scene_begin (&scene);
    fake_run ();
    apply (&scene, policy_of_two);
    workspaces_t *workspaces = scene.service.workspaces;
    int shard = store_shard (scene.store, "desk");
    for (int way = 0; way < 2; way++) {
        assert_true (workspaces_hearing_known (workspaces, shard));
        assert_false (workspaces_missing (workspaces, "desk"));
        fake_store_remove (KEY_WORKSPACES);
        if (way)
            fake_store_put (KEY_WORKSPACES, "x", 1);
        fake_advance (20 * MS_PER_SECOND);
        assert_true (workspaces_hearing_known (workspaces, shard));
        assert_true (workspaces_missing (workspaces, "desk"));
        assert_int_equal (fake_log_count ("list of workspaces"), way + 1);
        fake_store_remove (KEY_WORKSPACES);
        apply (&scene, way ? policy_of_two : policy_of_one);
        fake_advance (2 * MS_PER_SECOND);
        assert_int_equal (workspaces_policy (workspaces, "desk")->version, way + 2);
    }
    scene_end (&scene);
}

/* Record and name are gone: somebody took it away. One of the same name and version is another workspace. */
static void test_a_removed_workspace (void **state)
{
    scene_t scene;
    char key[KEY_SIZE];
    (void)state;
    scene_begin (&scene);
    fake_run ();
    apply (&scene, policy_of_two);
    fake_advance (2 * MS_PER_SECOND);
    workspaces_t *workspaces = scene.service.workspaces;
    fake_store_remove (KEY_WORKSPACES);
    fake_store_remove (key_workspace (key, store_shard (scene.store, "desk"), "desk"));
    fake_advance (2 * MS_PER_SECOND);
    assert_false (workspaces_removed (workspaces, "desk")); /* the whole list is gone: that is an accident */
    applied_t applied = apply (&scene, "workspace: other\nlast_resort: ada\npeople: { ada: {} }\n");
    assert_int_equal (applied.outcome, POLICY_APPLIED);
    fake_advance (2 * MS_PER_SECOND);
    assert_true (workspaces_removed (workspaces, "desk"));
    assert_false (workspaces_removed (workspaces, "other"));
    assert_int_equal (fake_log_count ("the workspace was removed"), 1);
    assert_non_null (policy_person (workspaces_policy (workspaces, "desk"), "ben"));
    applied = apply (&scene, policy_of_one);
    assert_int_equal (applied.new_version, 1);
    fake_advance (2 * MS_PER_SECOND);
    assert_false (workspaces_removed (workspaces, "desk"));
    assert_null (policy_person (workspaces_policy (workspaces, "desk"), "ben"));
    /* and once more, so soon that nobody has seen it gone */
    fake_store_remove (key_workspace (key, store_shard (scene.store, "desk"), "desk"));
    applied = apply (&scene, policy_of_two);
    assert_int_equal (applied.new_version, 1);
    fake_advance (2 * MS_PER_SECOND);
    assert_non_null (policy_person (workspaces_policy (workspaces, "desk"), "ben"));
    assert_int_equal (fake_log_count ("the workspace was removed"), 1);
    scene_end (&scene);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_starts_when_the_store_is_there),
                                       cmocka_unit_test (test_waits_for_the_store),
                                       cmocka_unit_test (test_not_started_not_stopped),
                                       cmocka_unit_test (test_hints_of_a_turn_are_one),
                                       cmocka_unit_test (test_route_hints_carry_the_trace),
                                       cmocka_unit_test (test_far_hints_are_left_out),
                                       cmocka_unit_test (test_apply_and_swap),
                                       cmocka_unit_test (test_refresh_looks_at_once),
                                       cmocka_unit_test (test_same_and_bad_change_nothing),
                                       cmocka_unit_test (test_unreadable_text_keeps_the_old),
                                       cmocka_unit_test (test_who_is_named_no_more_leaves),
                                       cmocka_unit_test (test_a_removed_workspace),
                                       cmocka_unit_test (test_commit_answer_lost),
                                       cmocka_unit_test (test_list_of_workspaces_lost)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
