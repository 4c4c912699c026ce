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
    {"it may have gone out",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .attempts = 1},
     false},
    {"it may have gone out, and that was not written down",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .own_id = true},
     false},
    {"it was accepted, and waits for its word",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .ended = DELIVERY_ACCEPTED},
     false},
    {"an offer", {.purpose = PURPOSE (OFFER), .way = WAY (MAIL), .person = "ada", .due = LATE}, false},
    {"yours now", {.purpose = PURPOSE (ASSIGNED), .way = WAY (MAIL), .person = "ada", .due = LATE}, false},
    {"a bundle", {.purpose = PURPOSE (BUNDLE), .way = WAY (MAIL), .person = "ada", .due = LATE}, false},
    {"the customer's", {.purpose = PURPOSE (APOLOGY), .way = WAY (MAIL), .due = LATE}, false},
    {"a machine's", {.purpose = PURPOSE (STEP), .way = WAY (WEBHOOK), .person = "ada", .due = LATE}, false},
    {"the log's", {.purpose = PURPOSE (STEP), .way = WAY (LOG), .person = "ada", .due = LATE}, false},
    {"a dead letter",
     {.purpose = PURPOSE (STEP), .way = WAY (MAIL), .person = "ada", .due = LATE, .dead = true},
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
    contact_t contacts[3] = {{.id = "C1"}, {.id = "C2"}, {.id = "C3"}};
    bundle_member_t members[3];
    for (size_t i = 0; i < 3; i++) {
        snprintf (deliveries[i].id, sizeof deliveries[i].id, "%016zx-0", i);
        deliveries[i].subject = "it is late";
        deliveries[i].purpose = PURPOSE (STEP);
        members[i] = (bundle_member_t){&deliveries[i], &contacts[i]};
    }
    deliveries[1].urgent = true;
    bundle_render (members, 3, &policy, NOW, &out);
    assert_string_equal (out.subject, "3 contacts need a look in acme");
    assert_string_equal (out.body, "Ada L.:\n1. it is late\n   Contact C1\n\n2. it is late\n   Contact C2\n"
                                   "\n3. it is late\n   Contact C3\n");
    assert_true (out.urgent && out.due == NOW && out.created_at == NOW && !*out.contact);
    assert_int_equal (out.purpose, PURPOSE (BUNDLE));
    assert_string_equal (out.address, model.address);
    bundle_render (members, 3, &policy, NOW + 1, &again);
    assert_string_equal (again.id, out.id);
    delivery_clear (&again);
    bundle_render (members, 2, &policy, NOW, &again);
    assert_string_not_equal (again.id, out.id);
    delivery_clear (&again);
    delivery_clear (&out);
    policy.link_base = "https://desk";
    deliveries[2].purpose = PURPOSE (RETURNED); /* nothing of it can be acknowledged */
    bundle_render (members, 3, &policy, NOW, &out);
    assert_non_null (strstr (out.body, "2. it is late\n   I see to it: https://desk/l/"));
    assert_null (strstr (strstr (out.body, "3. "), "https:"));
    delivery_clear (&out);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (who_may), cmocka_unit_test (with_whom),
                                       cmocka_unit_test (one_notice)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
