/* test_customer_forgotten.c - what of a contact and its events says who it was is gone; what is counted stays. */
#include "customer_forgotten.h"

#include "plan.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIND(name) BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name

static void test_which (void **state)
{
    (void)state;
    for (int s = 0; s < CONTACT_STATES; s++) {
        contact_t contact = {.state = (contact_state_t)s};
        bool ended = s == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED ||
                     s == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
        assert_int_equal (contact_forgettable (&contact), ended);
        contact.promises_n = 1; /* an answer is on its way */
        assert_false (contact_forgettable (&contact));
    }
}

static void test_contact (void **state)
{
    (void)state;
    contact_t contact = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED,
                         .customer = "ann@example.org",
                         .customer_name = "Ann Lee",
                         .subject = "Parcel",
                         .said = "Where is it?",
                         .thread = "<1@example.org>",
                         .reply_to_message = "<2@example.org>",
                         .return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL,
                         .return_to = "ann@example.org",
                         .accountable = "ada",
                         .opened = 3,
                         .kept = 3};
    const contact_t expect = {.state = contact.state, .accountable = "ada", .customer_id = "K", .opened = 3, .kept = 3};
    assert_true (contact_forget (&contact, "K"));
    assert_string_equal (contact.customer_id, "K");
    const char *const gone[] = {contact.customer,         contact.customer_name, contact.subject, contact.thread,
                                contact.reply_to_message, contact.return_to,     contact.said};
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        assert_string_equal (gone[i], "");
    assert_int_equal (contact.return_way, 0);
    assert_string_equal (contact.accountable, expect.accountable);
    assert_int_equal (contact.opened, expect.opened);
    assert_int_equal (contact.kept, expect.kept);
    assert_int_equal (contact.state, expect.state);
    assert_false (contact_forget (&contact, "L"));
    assert_string_equal (contact.customer_id, "K"); /* whose it is stays */
}

static uint8_t *entry (const fact_t *facts, size_t n, bool timeline, size_t *size)
{
    contact_t contact = {.version = 4, .state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED};
    WORD_COPY (contact.id, "01ARYZ6S410000000000000000");
    WORD_COPY (contact.subject, timeline ? "" : "Parcel");
    return event_pack ("desk", &contact, NULL, facts, n, NULL, 0, 77, timeline, size);
}

static void test_timeline (void **state)
{
    (void)state;
    const fact_t facts[] = {
        {.kind = KIND (MESSAGE), .at = 5, .text = "I live in Elm Street", .detail = "Ann Lee, by mail"},
        {.kind = KIND (ATTACHED), .at = 5, .detail = "passport.pdf", .text = "abcdef"},
        {.kind = KIND (PROMISE_KEPT),
         .at = 6,
         .promise = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE,
         .due = 9},
        {.kind = KIND (REPLIED), .at = 6, .by = "ada", .to = "ann@example.org", .text = "Dear Ann", .number = 2},
        {.kind = KIND (FORGOTTEN), .at = 7, .by = "dana", .detail = "personal data was removed"},
    };
    size_t size, left_size, again_size, n = sizeof facts / sizeof *facts;
    bool changed = false;
    uint8_t *bytes = entry (facts, n, true, &size);
    assert_int_equal (timeline_files (bytes, size), 1);
    uint8_t *left = timeline_forget (bytes, size, &left_size, &changed);
    assert_true (changed);
    assert_int_equal (timeline_files (left, left_size), 0);
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, left_size, left);
    assert_non_null (event);
    assert_int_equal (event->n_facts, n);
    assert_int_equal (event->at, 77);
    assert_int_equal (event->version, 4);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal (event->facts[i]->kind, facts[i].kind);
        assert_int_equal (event->facts[i]->at, facts[i].at);
        assert_int_equal (event->facts[i]->promise, facts[i].promise);
        assert_int_equal (event->facts[i]->due, facts[i].due);
        assert_int_equal (event->facts[i]->number, facts[i].number);
        assert_string_equal (event->facts[i]->by, facts[i].by);
        assert_string_equal (event->facts[i]->text, "");
    }
    assert_string_equal (event->facts[3]->to, "");
    assert_string_equal (event->facts[4]->detail, "personal data was removed");
    buckstop__v1__event__free_unpacked (event, NULL);
    changed = false; /* once is enough */
    uint8_t *again = timeline_forget (left, left_size, &again_size, &changed);
    assert_false (changed);
    assert_int_equal (again_size, left_size);
    assert_memory_equal (again, left, left_size);
    free (again);
    free (left);
    free (bytes);
}

static void test_unreadable (void **state)
{
    (void)state;
    size_t size;
    bool changed = false;
    char contact[ID_SIZE] = "x";
    uint8_t *left = timeline_forget ("\xff\xff\xff", 3, &size, &changed);
    assert_true (changed);
    assert_int_equal (size, 0);
    free (left);
    assert_int_equal (timeline_files ("\xff\xff", 2), 0);
    assert_false (event_remembers ("\xff\xff", 2, contact));
    assert_string_equal (contact, "");
}

static void test_stream (void **state)
{
    (void)state;
    static const struct {
        fact_t fact;
        bool timeline, expect; /* timeline: one without the contact's particulars */
    } rows[] = {
        {{.kind = KIND (MESSAGE), .text = "hello"}, true, true},
        {{.kind = KIND (ACCEPTED), .by = "ada"}, true, false},
        {{.kind = KIND (ACCEPTED), .by = "ada"}, false, true}, /* the subject */
        {{.kind = KIND (REPLIED), .to = "ann@example.org"}, true, true},
        {{.kind = KIND (RESOLVED), .detail = "solved"}, true, true},
        {{.kind = KIND (FORGOTTEN), .detail = "personal data was removed"}, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t size;
        char contact[ID_SIZE];
        uint8_t *bytes = entry (&rows[i].fact, 1, rows[i].timeline, &size);
        assert_int_equal (event_remembers (bytes, size, contact), rows[i].expect);
        assert_string_equal (contact, rows[i].timeline ? "" : "01ARYZ6S410000000000000000");
        free (bytes);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_which),      cmocka_unit_test (test_contact), cmocka_unit_test (test_timeline),
        cmocka_unit_test (test_unreadable), cmocka_unit_test (test_stream),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
