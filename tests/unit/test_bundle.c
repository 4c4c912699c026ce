/* test_bundle.c - what waits for the same person on the same way: which deliveries, with which, and the one notice. */
#include "bundle.h"
#include "link.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW        1772442000000LL
#define LATE       (NOW - BUNDLE_LATE_MS)
#define PURPOSE(x) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##x
#define WAY(x)     BUCKSTOP__V1__WAY_KIND__WAY_KIND_##x

static const struct may_row {
    const char *name;
    delivery_t delivery;
    bool may;
} may_rows[] = {
    {"a step that waited", {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE}, true},
    {"nobody can take it", {.purpose = PURPOSE (NOBODY), .way = WAY (SLACK), .person = "ada", .due = LATE}, true},
    {"silence", {.purpose = PURPOSE (REVIEW), .way = WAY (MAIL), .person = "ada", .due = LATE}, true},
    {"a reply that came back", {.purpose = PURPOSE (RETURNED), .way = WAY (MAIL), .person = "ada", .due = LATE}, true},
    {"held until now",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = NOW, .held_until = NOW},
     true},
    {"due just now", {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE + 1}, false},
    {"it was refused, and is tried again now",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = NOW, .attempts = 1, .held_since = LATE},
     true},
    {"it may have gone out",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .own_id = true},
     false},
    {"it was accepted, and waits for its word",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .ended = DELIVERY_ACCEPTED},
     false},
    {"a word about it is still owed",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .unsaid = 1},
     false},
    {"an offer", {.purpose = PURPOSE (OFFER), .way = WAY (MAIL), .person = "ada", .due = LATE}, false},
    {"yours now", {.purpose = PURPOSE (ASSIGNED), .way = WAY (MAIL), .person = "ada", .due = LATE}, false},
    {"a bundle", {.purpose = PURPOSE (BUNDLE), .way = WAY (MAIL), .person = "ada", .due = LATE}, false},
    {"a bundle that waits, and names its lines",
     {.purpose = PURPOSE (BUNDLE), .way = WAY (MAIL), .person = "ada", .due = LATE, .lines_n = BUNDLE_MAX - 1},
     true},
    {"one that is full",
     {.purpose = PURPOSE (BUNDLE), .way = WAY (MAIL), .person = "ada", .due = LATE, .lines_n = BUNDLE_MAX},
     false},
    {"the customer's", {.purpose = PURPOSE (APOLOGY), .way = WAY (MAIL), .due = LATE}, false},
    {"a machine's", {.purpose = PURPOSE (STEP), .way = WAY (WEBHOOK), .person = "ada", .due = LATE}, false},
    {"the log's", {.purpose = PURPOSE (STEP), .way = WAY (LOG), .person = "ada", .due = LATE}, false},
    {"a dead letter",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .dead = true},
     false},
    {"one that an operator has dropped",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .dropped = "dropped by dana"},
     false},
};

static void who_may (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof may_rows / sizeof *may_rows; i++)
        if (bundle_may (&may_rows[i].delivery, NOW) != may_rows[i].may)
            fail_msg ("%s", may_rows[i].name);
}

static const delivery_t model = {
    .workspace = "acme", .person = "ada", .way = WAY (SLACK), .address = "https://chat/a", .secret = "s"};

static void with_whom (void **state)
{
    (void)state;
    delivery_t other = model;
    assert_true (bundle_together (&model, &other));
    other.purpose = PURPOSE (REVIEW);
    other.urgent = true;
    assert_true (bundle_together (&model, &other));
    static const size_t fields[] = {offsetof (delivery_t, workspace), offsetof (delivery_t, person),
                                    offsetof (delivery_t, address), offsetof (delivery_t, secret)};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        other = model;
        ((char *)&other)[fields[i]] ^= 1;
        assert_false (bundle_together (&model, &other));
    }
    other = model;
    other.way = WAY (MAIL);
    assert_false (bundle_together (&model, &other));
}

/* Nothing is known of whose they are. */
static const contact_t *const nobodys[BUNDLE_MAX];

static const policy_person_t people[] = {{.name = "ada", .display = "Ada L."}};
static const policy_template_t templates[] = {{"bundle", "{subject} in {workspace}", "{person}:\n{text}"}};

static void one_notice (void **state)
{
    (void)state;
    policy_t policy = {.workspace = "acme",
                       .people = (policy_person_t *)people,
                       .people_n = 1,
                       .templates = templates,
                       .templates_n = 1};
    delivery_t deliveries[3] = {model, model, model}, out, again;
    const delivery_t *members[3];
    for (size_t i = 0; i < 3; i++) {
        snprintf (deliveries[i].id, sizeof deliveries[i].id, "%016zx-0", i);
        snprintf (deliveries[i].contact, sizeof deliveries[i].contact, "C%zu", i + 1);
        deliveries[i].subject = "it is late";
        deliveries[i].purpose = PURPOSE (STEP);
        members[i] = &deliveries[i];
    }
    deliveries[1].urgent = true;
    bundle_render (members, nobodys, 3, &policy, NOW, &out);
    assert_string_equal (out.subject, "3 contacts need a look in acme");
    assert_string_equal (out.body, "Ada L.:\n1. it is late\n   Contact C1\n\n2. it is late\n   Contact C2\n"
                                   "\n3. it is late\n   Contact C3\n");
    assert_true (out.urgent && out.due == NOW && out.created_at == NOW && !*out.contact);
    assert_int_equal (out.purpose, PURPOSE (BUNDLE));
    assert_string_equal (out.address, model.address);
    bundle_render (members, nobodys, 3, &policy, NOW + 1, &again);
    assert_string_equal (again.id, out.id);
    delivery_clear (&again);
    bundle_render (members, nobodys, 2, &policy, NOW, &again);
    assert_string_not_equal (again.id, out.id);
    delivery_clear (&again);
    delivery_clear (&out);
    policy.link_base = "https://desk";
    deliveries[2].purpose = PURPOSE (RETURNED); /* nothing of it can be acknowledged */
    bundle_render (members, nobodys, 3, &policy, NOW, &out);
    assert_non_null (strstr (out.body, "2. it is late\n   I see to it: https://desk/l/"));
    assert_null (strstr (strstr (out.body, "3. "), "https:"));
    delivery_clear (&out);
}

static void each_line_says_whose_it_is (void **state)
{
    (void)state;
    static const struct {
        contact_t contact;
        const char *line;
    } rows[] = {
        {{.customer_name = "Kim", .customer = "kim@example.org"}, "1. late\n   Contact C1, from Kim\n"},
        {{.customer = "kim@example.org"}, "1. late\n   Contact C1, from kim@example.org\n"},
        {{.customer_name = "Kim\n2. all is well"}, "1. late\n   Contact C1, from Kim 2. all is well\n"},
        {{.state = 1}, "1. late\n   Contact C1, from somebody who gave no name\n"},
    };
    const policy_t policy = {.workspace = "acme"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        delivery_t one = model, out, again;
        WORD_COPY (one.contact, "C1");
        one.subject = (char[]){"late"};
        bundle_render ((const delivery_t *[]){&one}, (const contact_t *[]){&rows[i].contact}, 1, &policy, NOW, &out);
        assert_string_equal (out.body, rows[i].line);
        bundle_render ((const delivery_t *[]){&out}, nobodys, 1, &policy, NOW, &again); /* it knows its lines */
        assert_string_equal (again.body, rows[i].line);
        delivery_clear (&out);
        delivery_clear (&again);
    }
    contact_t longest = {.state = 1};
    memset (longest.customer, 'k', sizeof longest.customer - 1);
    delivery_t one = model, out;
    one.subject = (char[]){"late"};
    bundle_render ((const delivery_t *[]){&one}, (const contact_t *[]){&longest}, 1, &policy, NOW, &out);
    assert_int_equal (strlen (out.lines[0].customer), DISPLAY_SIZE - 1);
    delivery_clear (&out);
}

/* A late step of the first promise is told after those of the promises in its place, and is read before them; of two steps
 * of one promise the one that was decided first is. */
static void contact_by_contact (void **state)
{
    (void)state;
    static const struct {
        const char *contact;
        char subject[16];
        wall_ms_t promised, decided;
    } rows[] = {
        {"C2", "Broken again", NOW - 50, NOW - 50},   {"C1", "Broken again", NOW - 60, NOW - 60},
        {"C1", "Broken again 2", NOW - 30, NOW - 30}, {"C2", "It came back", 0, NOW - 40},
        {"C1", "Broken", NOW - 90, NOW - 10},         {"C2", "Broken", NOW - 80, NOW - 5},
        {"C1", "Soon broken", NOW - 90, NOW - 95},
    };
    static const char *const expect[] = {"Soon broken", "Broken",       "Broken again", "Broken again 2",
                                         "Broken",      "Broken again", "It came back"};
    enum { N = sizeof rows / sizeof *rows };
    const policy_t policy = {.workspace = "acme"};
    delivery_t deliveries[N], out;
    const delivery_t *members[N];
    for (size_t i = 0; i < N; i++) {
        deliveries[i] = model;
        WORD_COPY (deliveries[i].contact, rows[i].contact);
        deliveries[i].subject = (char *)rows[i].subject;
        deliveries[i].says_by = rows[i].promised;
        deliveries[i].created_at = rows[i].decided;
        members[i] = &deliveries[i];
    }
    bundle_render (members, nobodys, N, &policy, NOW, &out);
    for (size_t i = 0; i < N; i++) {
        assert_string_equal (out.lines[i].contact, i < 4 ? "C1" : "C2");
        assert_string_equal (out.lines[i].subject, expect[i]);
    }
    delivery_clear (&out);
}

/* A bundle that waits and what came since are one notice, in the order in which they were decided; it is given up no sooner
 * than the youngest of them. */
static void a_bundle_joins (void **state)
{
    (void)state;
    const policy_t policy = {.workspace = "acme"};
    char words[3][6] = {"one", "two", "three"};
    delivery_t singles[3] = {model, model, model}, bundle, out;
    for (size_t i = 0; i < 3; i++) {
        snprintf (singles[i].id, sizeof singles[i].id, "d%zu", i);
        singles[i].purpose = PURPOSE (STEP);
        singles[i].subject = words[i];
        singles[i].created_at = NOW - 10 * (wall_ms_t)(i + 1);
        singles[i].attempts = 4 - (unsigned)i;
        singles[i].held_since = NOW - (wall_ms_t)i;
        singles[i].delay_ms = (int64_t)i;
        singles[i].way_index = (unsigned)i;
        WORD_COPY (singles[i].next, i == 1 ? "behind" : "");
    }
    bundle_render ((const delivery_t *[]){&singles[0], &singles[2]}, nobodys, 2, &policy, NOW, &bundle);
    assert_int_equal (bundle.attempts, 2);
    bundle_render ((const delivery_t *[]){&singles[1], &bundle}, nobodys, 2, &policy, NOW, &out);
    assert_int_equal (out.lines_n, 3);
    assert_string_equal (out.lines[0].delivery, "d2");
    assert_string_equal (out.lines[1].delivery, "d1");
    assert_string_equal (out.lines[2].subject, "one");
    assert_int_equal (out.lines[0].delay_ms, 2);
    assert_int_equal (out.lines[0].way, 3);
    assert_false (out.lines[0].more);
    assert_int_equal (out.lines[1].way, 2);
    assert_true (out.lines[1].more);
    assert_int_equal (out.held_since, NOW - 2);
    assert_int_equal (out.attempts, 2);
    assert_string_equal (out.subject, "3 contacts need a look");
    delivery_t late; /* one of them waits for so long that the way is no good */
    bundle_render ((const delivery_t *[]){&singles[1], &bundle}, nobodys, 2, &policy, NOW + BUNDLE_PATIENCE_MS, &late);
    assert_int_equal (late.attempts, 3);
    delivery_clear (&late);
    delivery_t rest;
    bundle_without (&out, (const char *[]){NULL, "moot", NULL}, &policy, NOW, &rest);
    assert_string_equal (rest.lines[1].delivery, bundle.lines[1].delivery);
    assert_string_not_equal (rest.id, bundle.id); /* the same lines, decided later: other bytes */
    delivery_clear (&rest);
    delivery_clear (&bundle);
    delivery_clear (&out);
}

static const contact_t owed = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED};
static const contact_t resolved = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED};
static const contact_t acknowledged = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED,
                                       .acknowledged_until = NOW + 1000};
static const contact_t before = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED,
                                 .acknowledged_until = NOW + 500};

static const contact_t told_since = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED,
                                     .promises = {{.kind = 1}},
                                     .promises_n = 1,
                                     .told = {{.person = "ada", .promise = 1, .at = NOW - 4}},
                                     .told_n = 1};

static const struct moot_row {
    const char *name;
    bundle_line_t line;
    const contact_t *contact;
    bool moot;
} moot_rows[] = {
    {"still owed", {.purpose = PURPOSE (STEP)}, &owed, false},
    {"resolved", {.purpose = PURPOSE (STEP)}, &resolved, true},
    {"gone", {.purpose = PURPOSE (NOBODY)}, NULL, true},
    {"acknowledged", {.purpose = PURPOSE (NOBODY)}, &acknowledged, true},
    {"it was acknowledged already", {.purpose = PURPOSE (STEP), .acknowledged_until = NOW + 500}, &before, false},
    {"the promise is answered", {.purpose = PURPOSE (STEP), .promise = 1}, &owed, true},
    {"a later step has told them", {.purpose = PURPOSE (STEP), .promise = 1, .created_at = NOW - 5}, &told_since, true},
    {"a later step has told them, by a way that waits still",
     {.purpose = PURPOSE (STEP), .promise = 1, .created_at = NOW - 5, .delay_ms = 5},
     &told_since,
     false},
    {"it is urgent, and a later step that is not has told them",
     {.purpose = PURPOSE (STEP), .promise = 1, .created_at = NOW - 5, .urgent = true},
     &told_since,
     false},
    {"a reply that came back, and is resolved", {.purpose = PURPOSE (RETURNED)}, &resolved, false},
};

static void each_line_has_its_reason (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof moot_rows / sizeof *moot_rows; i++) {
        bundle_line_t line = moot_rows[i].line;
        const delivery_t bundle = {.purpose = PURPOSE (BUNDLE), .person = "ada", .lines = &line, .lines_n = 1};
        if ((bundle_line_moot (&bundle, 0, moot_rows[i].contact, NOW) != NULL) != moot_rows[i].moot)
            fail_msg ("%s", moot_rows[i].name);
    }
}

/* What is left is another notice: other bytes never go out under the same id. */
static void what_is_left (void **state)
{
    (void)state;
    const policy_t policy = {.workspace = "acme"};
    delivery_t deliveries[3] = {model, model, model}, all, rest, last;
    const delivery_t *members[3] = {&deliveries[0], &deliveries[1], &deliveries[2]};
    static const char *const subjects[] = {"one", "two", "three"};
    for (size_t i = 0; i < 3; i++) {
        snprintf (deliveries[i].id, sizeof deliveries[i].id, "%016zx-0", i);
        snprintf (deliveries[i].contact, sizeof deliveries[i].contact, "C%zu", i + 1);
        deliveries[i].subject = (char *)subjects[i];
        deliveries[i].purpose = PURPOSE (STEP);
        deliveries[i].urgent = i == 1;
    }
    bundle_render (members, nobodys, 3, &policy, NOW, &all);
    all.attempts = 4;
    bundle_without (&all, (const char *const[]){NULL, "it is resolved", NULL}, &policy, NOW + 9, &rest);
    assert_string_equal (rest.subject, "2 contacts need a look");
    assert_string_equal (rest.body, "1. one\n   Contact C1\n\n2. three\n   Contact C3\n");
    assert_string_not_equal (rest.id, all.id);
    assert_true (rest.attempts == 4 && rest.due == NOW + 9 && rest.created_at == NOW && !rest.urgent);
    bundle_without (&rest, (const char *const[]){"it is resolved", NULL}, &policy, NOW, &last);
    assert_string_equal (last.subject, "1 contact needs a look");
    assert_string_equal (last.lines[0].delivery, deliveries[2].id);
    delivery_clear (&all);
    delivery_clear (&rest);
    delivery_clear (&last);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (who_may),
        cmocka_unit_test (with_whom),
        cmocka_unit_test (one_notice),
        cmocka_unit_test (each_line_says_whose_it_is),
        cmocka_unit_test (contact_by_contact),
        cmocka_unit_test (each_line_has_its_reason),
        cmocka_unit_test (what_is_left),
        cmocka_unit_test (a_bundle_joins),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
