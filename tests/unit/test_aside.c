/* test_aside.c - what is set aside, by two processes on one store: told once an hour, nothing written over. */
#include "aside.h"
#include "fake.h"
#include "ids.h"
#include "keys.h"
#include "policy_apply.h"
#include "record.h"
#include "workspaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char policy_text[] = "workspace: desk\n"
                                  "last_resort: ada\n"
                                  "people:\n"
                                  "  ada: { ways: [ { log: ada } ] }\n"
                                  "teams:\n"
                                  "  all: { lead: ada, members: [ada] }\n";

enum { PROCESSES = 2 };

typedef struct scene {
    loop_t *loop;
    store_t *store;
    service_t service;
    aside_t *asides[PROCESSES];
    int shard;
    char prefix[KEY_SIZE];
} scene_t;

static int on_start (service_t *self, void *arg)
{
    (void)self, (void)arg;
    return 0;
}

static void on_stop (service_t *self, void *arg)
{
    (void)self, (void)arg;
}

static const service_kind_t kind = {.name = "test", .start = on_start, .stop = on_stop};

static void on_applied (void *arg, const policy_applied_t *applied)
{
    *(bool *)arg = applied->outcome == POLICY_APPLIED;
}

static void apply (scene_t *s)
{
    bool applied = false;
    policy_apply (s->store, s->loop, policy_text, strlen (policy_text), "operator", on_applied, &applied);
    fake_advance (6000);
    assert_true (applied);
}

static void scene_begin (scene_t *s, bool policy)
{
    *s = (scene_t){.shard = 0};
    fake_reset (1);
    s->loop = loop_new ();
    const store_config_t config = {.address = "fake", .shards = SHARDS_DEFAULT};
    s->store = store_new (s->loop, &config);
    s->service = (service_t){.loop = s->loop, .store = s->store, .route = "r", .due = "d", .outbox = "o"};
    assert_int_equal (service_start_in (&s->service, &kind, s), 0);
    fake_run ();
    if (policy)
        apply (s);
    for (int i = 0; i < PROCESSES; i++)
        s->asides[i] = aside_new (&s->service);
    s->shard = store_shard (s->store, "desk");
    key_delivery (s->prefix, s->shard, "desk", "");
}

static void scene_end (scene_t *s)
{
    for (int i = 0; i < PROCESSES; i++)
        aside_destroy (&s->asides[i]);
    service_stop_in (&s->service, &kind, s);
    store_destroy (&s->store);
    loop_destroy (&s->loop);
}

static void complain (const scene_t *s, int process, char of, const char *name, const char *why)
{
    aside_add (s->asides[process], &(aside_subject_t){of, "desk", name, why});
}

static size_t notices (const scene_t *s)
{
    return fake_store_count (s->prefix);
}

/* One process complains all the time, the other once: its silence is no mending. */
static void test_a_shared_key_is_told_once_an_hour (void **state)
{
    scene_t s;
    (void)state;
    scene_begin (&s, true);
    int64_t hour = MS_PER_HOUR - store_now (s.store) % MS_PER_HOUR;
    fake_advance (hour);
    complain (&s, 1, KIND_SHARED, "key", "it can't be read");
    for (int i = 0; i < 50; i++) {
        complain (&s, 0, KIND_SHARED, "key", "it can't be written");
        fake_advance (MS_PER_MINUTE);
    }
    assert_int_equal (notices (&s), 1);
    assert_int_equal (fake_log_count ("mended"), 0);
    complain (&s, 1, KIND_SHARED, "key", "it can't be read"); /* after a silence of its own */
    fake_advance (1000);
    assert_int_equal (notices (&s), 1);
    fake_advance (15 * MS_PER_MINUTE);
    complain (&s, 1, KIND_SHARED, "key", "it can't be read");
    fake_advance (1000);
    assert_int_equal (notices (&s), 2);
    scene_end (&s);
}

/* Read, so well again; bad again: told again, beside what still waits. */
static void test_told_again_is_another_notice (void **state)
{
    scene_t s;
    char key[KEY_SIZE];
    person_t person = {.version = 0};
    size_t size;
    (void)state;
    scene_begin (&s, true);
    static const record_head_t none = {.version = 0};
    record_head_t head = record_head_next (&none, KIND_PERSON, event_id_of ("test", NULL), 0);
    snprintf (person.name, sizeof person.name, "ada");
    snprintf (person.workspace, sizeof person.workspace, "desk");
    uint8_t *bytes = person_pack (&person, &head, &size);
    complain (&s, 0, KIND_PERSON, "ada", "it can't be read");
    fake_store_put (key_person (key, s.shard, "desk", "ada"), bytes, size);
    fake_advance (2 * ASIDE_LOOK_MS);
    assert_int_equal (fake_log_count ("mended"), 1);
    assert_int_equal (notices (&s), 1);
    fake_store_remove (key);
    complain (&s, 1, KIND_PERSON, "ada", "it can't be read, again");
    fake_advance (1000);
    assert_int_equal (notices (&s), 2);
    free (bytes);
    scene_end (&s);
}

/* What could not be told is told later, and is in the log once. */
static void test_told_once_there_is_a_policy (void **state)
{
    scene_t s;
    (void)state;
    scene_begin (&s, false);
    for (int i = 0; i < 3; i++) {
        complain (&s, 0, KIND_CONTACT, "c1", "it can't be read");
        fake_advance (1000);
    }
    assert_int_equal (notices (&s), 0);
    assert_int_equal (fake_log_count ("set aside"), 1);
    apply (&s);
    fake_advance (2 * ASIDE_LOOK_MS);
    assert_int_equal (notices (&s), 1);
    fake_advance (4 * ASIDE_LOOK_MS);
    assert_int_equal (notices (&s), 1);
    assert_int_equal (fake_log_count ("set aside"), 1);
    scene_end (&s);
}

/* A place that is free is taken before one that is not. */
static void test_free_places_first (void **state)
{
    scene_t s;
    char key[KEY_SIZE], name[16];
    person_t person = {.version = 0};
    size_t size;
    (void)state;
    scene_begin (&s, true);
    static const record_head_t none = {.version = 0};
    record_head_t head = record_head_next (&none, KIND_PERSON, event_id_of ("test", NULL), 0);
    uint8_t *bytes = person_pack (&person, &head, &size);
    for (int i = 0; i < ASIDE_KEPT; i++) {
        snprintf (name, sizeof name, "p%d", i);
        complain (&s, 0, KIND_PERSON, name, "it can't be read");
    }
    fake_store_put (key_person (key, s.shard, "desk", "p7"), bytes, size);
    fake_advance (2 * ASIDE_LOOK_MS);
    assert_int_equal (fake_log_count ("mended"), 1);
    complain (&s, 0, KIND_PERSON, "late", "it can't be read");
    complain (&s, 0, KIND_PERSON, "p0", "it can't be read"); /* still known: not said again */
    assert_int_equal (fake_log_count ("set aside"), ASIDE_KEPT + 1);
    complain (&s, 0, KIND_PERSON, "later", "it can't be read");
    complain (&s, 0, KIND_PERSON, "p0", "it can't be read"); /* pushed out: said again */
    assert_int_equal (fake_log_count ("set aside"), ASIDE_KEPT + 3);
    free (bytes);
    scene_end (&s);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_a_shared_key_is_told_once_an_hour), cmocka_unit_test (test_told_again_is_another_notice),
        cmocka_unit_test (test_told_once_there_is_a_policy), cmocka_unit_test (test_free_places_first)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
