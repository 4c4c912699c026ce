/* test_audit_round.c - whole rounds on the fake store: what is to be moved on is no finding while it moves, and one when
 * it does not; what does not begin as a record is found; what is lost while a round runs is found by that round. */
#include "audit.h"
#include "data.h"
#include "fake.h"
#include "keys.h"
#include "policy_apply.h"
#include "record.h"
#include "words.h"
#include "workspaces.h"
#include "xmalloc.h"

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
                                  "  bob: { ways: [ { log: bob } ] }\n"
                                  "teams:\n"
                                  "  all: { lead: ada, members: [ada, bob] }\n";

enum { SETTLE_MS = 2000, HELD = 3, FINDINGS_KEPT = 64, OLD_EPOCH = 2, NOW_IN = 3 };

typedef struct scene {
    loop_t *loop;
    store_t *store;
    workspaces_t *workspaces;
    int shard;
    bool applied, done;
    audit_finding_t found[FINDINGS_KEPT];
    size_t found_n;
    audit_result_t result;
    mono_ms_t began, took;
} scene_t;

static void on_applied (void *arg, const policy_applied_t *applied)
{
    *(bool *)arg = applied->outcome == POLICY_APPLIED;
}

static void on_committed (void *arg, const commit_answer_t *answer)
{
    (void)arg;
    assert_int_equal (answer->outcome, COMMIT_DONE);
}

static void scene_begin (scene_t *s)
{
    *s = (scene_t){.shard = 0};
    fake_reset (1);
    s->loop = loop_new ();
    const store_config_t config = {.address = "fake", .shards = SHARDS_DEFAULT};
    s->store = store_new (s->loop, &config);
    policy_apply (s->store, s->loop, policy_text, strlen (policy_text), "operator", on_applied, &s->applied);
    fake_advance (6000);
    assert_true (s->applied);
    s->workspaces = workspaces_new (s->loop, s->store);
    fake_advance (2000);
    s->shard = store_shard (s->store, "desk");
}

static void scene_end (scene_t *s)
{
    workspaces_destroy (&s->workspaces);
    store_destroy (&s->store);
    loop_destroy (&s->loop);
}

/* ------------------------------------------------------------------- what stands there */

static const record_head_t fresh = {.version = 0};

static void put_person (const scene_t *s, uint32_t drained_epoch, wall_ms_t timer)
{
    char key[KEY_SIZE];
    size_t size = 0;
    person_t bob = {.epoch = NOW_IN, .drained_epoch = drained_epoch};
    WORD_COPY (bob.name, "bob");
    WORD_COPY (bob.workspace, "desk");
    const record_head_t head = record_head_next (&fresh, KIND_PERSON, (event_id_t){{1}}, NOW_IN);
    uint8_t *bytes = person_pack (&bob, &head, &size);
    fake_store_put (key_person (key, s->shard, "desk", "bob"), bytes, size);
    fake_store_place (key_due (key, s->shard, KIND_PERSON), timer, "desk:bob");
    free (bytes);
}

static const char *contact_id (char id[ID_SIZE], int n)
{
    snprintf (id, ID_SIZE, "01KAJ6Q6JS000000000000000%c", '0' + n);
    return id;
}

static contact_t held_by_bob (int n)
{
    contact_t c = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED, .owner_epoch = OLD_EPOCH};
    contact_id (c.id, n);
    WORD_COPY (c.workspace, "desk");
    WORD_COPY (c.channel, "mail");
    WORD_COPY (c.accountable, "ada");
    WORD_COPY (c.owner, "bob");
    c.review_at = FAKE_START_MS + MS_PER_DAY;
    return c;
}

static void place_contact (const scene_t *s, const contact_t *c)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    fake_store_place (key_due (key, s->shard, KIND_CONTACT), contact_next_due (c), member_make (member, "desk", c->id));
    fake_store_place (key_open (key, s->shard, "desk"), 0, c->id);
    fake_store_place (key_own (key, s->shard, "desk", "bob", OLD_EPOCH), 0, own_member (member, c->channel, c->id));
}

static void put_contact (scene_t *s, int n)
{
    char key[KEY_SIZE];
    size_t size = 0;
    Buckstop__V1__Event event = BUCKSTOP__V1__EVENT__INIT;
    uint8_t packed[64];
    event.number = 1;
    const contact_t c = held_by_bob (n);
    const record_head_t head = record_head_next (&fresh, KIND_CONTACT, (event_id_t){{1}}, 0);
    uint8_t *bytes = contact_pack (&c, &head, &size);
    fake_store_put (key_contact (key, s->shard, "desk", c.id), bytes, size);
    place_contact (s, &c);
    commit_t *commit = commit_new (s->shard);
    commit_append (commit, key_timeline (key, s->shard, "desk", c.id), packed,
                   buckstop__v1__event__pack (&event, packed));
    store_commit (s->store, &commit, 0, on_committed, s);
    fake_run ();
    free (bytes);
}

/* What the drain does, in short: it is closed, and nobody's. */
static void move_on (const scene_t *s, int n)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size = 0;
    contact_t c = held_by_bob (n);
    c.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
    const record_head_t head = record_head_next (&fresh, KIND_CONTACT, (event_id_t){{1}}, 0);
    uint8_t *bytes = contact_pack (&c, &head, &size);
    fake_store_put (key_contact (key, s->shard, "desk", c.id), bytes, size);
    fake_store_unplace (key_due (key, s->shard, KIND_CONTACT), member_make (member, "desk", c.id));
    fake_store_unplace (key_open (key, s->shard, "desk"), c.id);
    fake_store_unplace (key_own (key, s->shard, "desk", "bob", OLD_EPOCH), own_member (member, c.channel, c.id));
    free (bytes);
}

static void begin_drain (scene_t *s, uint32_t drained_epoch, wall_ms_t timer)
{
    put_person (s, drained_epoch, timer);
    for (int n = 0; n < HELD; n++)
        put_contact (s, n);
}

/* ------------------------------------------------------------------------------ rounds */

static void on_found (void *arg, const audit_finding_t *finding)
{
    scene_t *s = arg;
    assert_true (s->found_n < FINDINGS_KEPT);
    s->found[s->found_n++] = *finding;
}

static void on_done (void *arg, const audit_result_t *result)
{
    scene_t *s = arg;
    s->result = *result;
    s->took = loop_now (s->loop) - s->began;
    s->done = true;
}

static audit_round_t *round_begin (scene_t *s)
{
    s->done = false;
    s->found_n = 0;
    s->began = loop_now (s->loop);
    return audit_begin (&(audit_order_t){.loop = s->loop,
                                         .store = s->store,
                                         .workspaces = s->workspaces,
                                         .settle_ms = SETTLE_MS,
                                         .found = on_found,
                                         .done = on_done,
                                         .arg = s});
}

static void round_end (scene_t *s, audit_round_t *round)
{
    enum { ROUND_MAX_MS = 120000, STEP_MS = 500 };
    for (int ms = 0; ms < ROUND_MAX_MS && !s->done; ms += STEP_MS)
        fake_advance (STEP_MS);
    assert_true (s->done && s->result.whole);
    assert_int_equal (s->result.findings, s->found_n);
    audit_end (&round);
}

static void expect_found (const scene_t *s, size_t n, audit_fault_t fault, const char *subject)
{
    if (s->found_n != n)
        fail_msg ("%zu findings, not %zu; the first: %s: %s: %s", s->found_n, n,
                  s->found_n ? audit_fault_name (s->found[0].fault) : "", s->found[0].subject, s->found[0].detail);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal (audit_fault_name (s->found[i].fault), audit_fault_name (fault));
        assert_non_null (strstr (s->found[i].subject, subject));
    }
}

/* ------------------------------------------------------------------------------- tests */

static void a_drain_that_goes_on (void **state)
{
    scene_t s;
    (void)state;
    scene_begin (&s);
    begin_drain (&s, OLD_EPOCH, 1);
    audit_round_t *round = round_begin (&s);
    fake_advance (SETTLE_MS / 2);
    move_on (&s, 0);
    round_end (&s, round);
    expect_found (&s, 0, AUDIT_FAULTS, "");
    assert_int_equal (s.result.moving, HELD - 1);
    assert_int_equal (s.result.unsettled, HELD - 1);
    assert_true (s.took < 2 * SETTLE_MS);
    scene_end (&s);
}

/* Put off since something could not be returned: later it is. */
static void a_drain_that_was_put_off (void **state)
{
    scene_t s;
    (void)state;
    scene_begin (&s);
    begin_drain (&s, OLD_EPOCH, fake_store_now () + 10 * MS_PER_SECOND);
    audit_round_t *round = round_begin (&s);
    fake_advance (10 * MS_PER_SECOND);
    assert_false (s.done);
    for (int n = 0; n < HELD; n++)
        move_on (&s, n);
    round_end (&s, round);
    expect_found (&s, 0, AUDIT_FAULTS, "");
    assert_int_equal (s.result.unsettled, 0);
    scene_end (&s);
}

static void a_drain_that_stands_still (void **state)
{
    scene_t s;
    (void)state;
    scene_begin (&s);
    begin_drain (&s, OLD_EPOCH, 1);
    round_end (&s, round_begin (&s));
    expect_found (&s, HELD, AUDIT_OLD_EPOCH, "contact 01KAJ6Q6JS");
    assert_int_equal (s.result.unsettled, 0);
    assert_true (s.took >= 30 * MS_PER_SECOND && s.took < 40 * MS_PER_SECOND);
    scene_end (&s);
}

/* Its end was said, and something is left. */
static void a_drain_that_is_over (void **state)
{
    scene_t s;
    char key[KEY_SIZE];
    (void)state;
    scene_begin (&s);
    begin_drain (&s, NOW_IN, 1);
    fake_store_unplace (key_due (key, s.shard, KIND_PERSON), "desk:bob");
    round_end (&s, round_begin (&s));
    expect_found (&s, HELD, AUDIT_OLD_EPOCH, "contact 01KAJ6Q6JS");
    assert_true (s.took < 2 * SETTLE_MS);
    scene_end (&s);
}

/* Of every kind: found, and named by its key; but for what may be a newer schema's, which is counted. */
static void what_does_not_begin_as_a_record (void **state)
{
    static const struct {
        const char *begins;
        bool newer;
    } rows[] = {{"g", false}, {"Gar", false}, {"garb", false}, {"garbagegarbage", false}, {"\xff", false}, {"D", true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene_t s;
        char keys[3][KEY_SIZE], id[ID_SIZE], subject[AUDIT_SUBJECT_SIZE];
        scene_begin (&s);
        begin_drain (&s, OLD_EPOCH, 1);
        for (int n = 1; n < HELD; n++)
            move_on (&s, n);
        key_contact (keys[0], s.shard, "desk", contact_id (id, 0));
        key_person (keys[1], s.shard, "desk", "bob");
        key_workspace (keys[2], s.shard, "desk");
        for (size_t k = 0; k < 3; k++) {
            size_t size = 0;
            const void *bytes = fake_store_string (keys[k], &size);
            uint8_t *kept = xmemdup (bytes, size), *bad = xmemdup (bytes, size);
            memcpy (bad, rows[i].begins, strlen (rows[i].begins));
            fake_store_put (keys[k], bad, size);
            round_end (&s, round_begin (&s));
            size_t wanted = !rows[i].newer;
            if (k == 1) /* whose drain it is can't be told */
                assert_int_equal (s.result.moving, 0);
            snprintf (subject, sizeof subject, "%s", k == 0 ? "contact" : k == 1 ? "person" : "workspace");
            size_t named = 0;
            for (size_t f = 0; f < s.found_n; f++)
                named += s.found[f].fault == AUDIT_UNREADABLE && strstr (s.found[f].subject, subject) &&
                         strstr (s.found[f].detail, keys[k]);
            if (named != wanted)
                fail_msg ("'%s' in %s: named %zu times", rows[i].begins, keys[k], named);
            assert_int_equal (s.result.counts.newer, rows[i].newer && k < 2);
            fake_store_put (keys[k], kept, size);
            free (kept);
            free (bad);
        }
        scene_end (&s);
    }
}

/* It was no loss when the round began. */
static void a_loss_while_a_round_runs (void **state)
{
    scene_t s;
    (void)state;
    scene_begin (&s);
    put_person (&s, NOW_IN, 1); /* a stray timer: a suspect, so that the round takes a while */
    audit_round_t *round = round_begin (&s);
    fake_advance (SETTLE_MS / 2);
    data_append (data_make (KEY_LOST, DATA_LIST), 0, "", 0, "what is gone", strlen ("what is gone"));
    char key[KEY_SIZE];
    fake_store_unplace (key_due (key, s.shard, KIND_PERSON), "desk:bob");
    round_end (&s, round);
    expect_found (&s, 1, AUDIT_LOST, "store");
    assert_string_equal (s.found[0].subject, "store");
    scene_end (&s);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (a_drain_that_goes_on),
                                       cmocka_unit_test (a_drain_that_was_put_off),
                                       cmocka_unit_test (a_drain_that_stands_still),
                                       cmocka_unit_test (a_drain_that_is_over),
                                       cmocka_unit_test (what_does_not_begin_as_a_record),
                                       cmocka_unit_test (a_loss_while_a_round_runs)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
