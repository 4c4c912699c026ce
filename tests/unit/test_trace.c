/* test_trace.c - traceparents: what is one (W3C Trace Context, 3.2 and 4), what a contact's is, and how it is kept. */
#include "trace.h"

#include "ids.h"
#include "plan.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GOOD    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" /* the standard's own example */
#define CONTACT "01KAJ6Q6JS7N2XQ4ZD9V0RWB3M"

static const struct {
    const char *name, *header, *taken;
} headers[] = {
    {"as it came", GOOD, GOOD},
    {"none", NULL, ""},
    {"empty", "", ""},
    {"not sampled", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"},
    {"cut", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", ""},
    {"more than version 00 has", GOOD "-what", ""},
    {"a later version, read as far as it is known", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what",
     GOOD},
    {"a later version that goes on otherwise", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what", ""},
    {"a later version of the same length", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", GOOD},
    {"version ff", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ""},
    {"capitals", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", ""},
    {"a trace of zeros", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""},
    {"a parent of zeros", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", ""},
    {"other marks", "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ""},
    {"a mark within", "00-4bf92f3577b34da6a3ce929d0e0e473--00f067aa0ba902b7-01", ""},
    {"a line's end", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\n", ""},
};

static void test_take (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char trace[TRACE_SIZE];
        bool taken = trace_take (headers[i].header, trace);
        if (taken != (*headers[i].taken != 0) || strcmp (trace, headers[i].taken) != 0)
            fail_msg ("%s: '%s', not '%s'", headers[i].name, trace, headers[i].taken);
    }
}

static void test_made (void **state)
{
    char trace[TRACE_SIZE], again[TRACE_SIZE], id[TRACE_ID_SIZE], made[ID_SIZE];
    static const uint8_t random[ID_RANDOM_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    (void)state;
    id_make (0x019a6ce8d2f3, random, made);
    assert_string_equal (trace_of ("", made, trace), "00-019a6ce8d2f30102030405060708090a-030405060708090a-00");
    assert_true (trace_take (trace, again)); /* it is one */
    assert_string_equal (trace_id_of ("", made, id), "019a6ce8d2f30102030405060708090a");
    assert_string_equal (trace_of (GOOD, made, trace), GOOD);
    assert_string_equal (trace_id_of (GOOD, made, id), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal (trace_of ("x\r\nHost: evil", made, trace), trace_of ("", made, again)); /* an older record's */
    assert_string_equal (trace_of ("", "01KAJ6Q6JS0000000000000000", trace) + 36, "0000000000000001-00");
    assert_true (trace_take (trace, again));
    assert_string_equal (trace_of ("", "", trace), "");
    assert_string_equal (trace_of (NULL, "ada", trace), "");
    assert_string_equal (trace_of ("", NULL, trace), "");
    assert_string_equal (trace_id_of ("", "", id), "");
    assert_string_not_equal (trace_of ("", CONTACT, trace), trace_of ("", "01KAJ6Q6JS7N2XQ4ZD9V0RWB3N", again));
}

static void test_kept (void **state)
{
    uint8_t bytes[TRACE_BYTES];
    char trace[TRACE_SIZE];
    (void)state;
    assert_int_equal (trace_pack (GOOD, bytes), TRACE_BYTES);
    assert_int_equal (bytes[0], 0x4b);
    assert_int_equal (bytes[TRACE_BYTES - 1], 1);
    assert_true (trace_unpack (bytes, TRACE_BYTES, trace));
    assert_string_equal (trace, GOOD);
    assert_int_equal (trace_pack ("", bytes), 0);
    assert_int_equal (trace_pack ("no trace", bytes), 0);
    assert_true (trace_unpack (NULL, 0, trace));
    assert_string_equal (trace, "");
    assert_false (trace_unpack (bytes, TRACE_BYTES - 1, trace));
    memset (bytes, 0, sizeof bytes);
    assert_false (trace_unpack (bytes, TRACE_BYTES, trace));
}

/* Through a record, and from one of before, that kept it as text. */
static void test_record (void **state)
{
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = 'c', .version = 1}, read;
    static contact_t contact, back; /* large */
    size_t with, without;
    (void)state;
    memset (&contact, 0, sizeof contact);
    contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RECEIVED;
    uint8_t *bytes = contact_pack (&contact, &head, &without);
    free (bytes);
    strcpy (contact.trace, GOOD);
    bytes = contact_pack (&contact, &head, &with);
    assert_int_equal (contact_unpack (bytes, with, &read, &back), RECORD_OK);
    assert_string_equal (back.trace, GOOD);
    assert_int_equal (with - without, TRACE_BYTES + 3); /* its tag and its length */
    free (bytes);

    Buckstop__V1__Contact before = BUCKSTOP__V1__CONTACT__INIT;
    uint8_t old[RECORD_HEAD_SIZE + 128];
    before.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RECEIVED;
    before.trace = GOOD;
    bytes = contact_pack (&contact, &head, &with);
    memcpy (old, bytes, RECORD_HEAD_SIZE);
    memset (old + 12, 0, 4); /* whose head says no hash */
    free (bytes);
    size_t size = RECORD_HEAD_SIZE + buckstop__v1__contact__pack (&before, old + RECORD_HEAD_SIZE);
    assert_int_equal (contact_unpack (old, size, &read, &back), RECORD_OK);
    assert_string_equal (back.trace, GOOD);
}

static void test_event (void **state)
{
    char trace[TRACE_SIZE], again[TRACE_SIZE];
    uint8_t bytes[TRACE_BYTES];
    Buckstop__V1__Event event = BUCKSTOP__V1__EVENT__INIT;
    (void)state;
    assert_string_equal (event_trace (&event, trace), "");
    event.contact = CONTACT;
    assert_true (trace_take (event_trace (&event, trace), again)); /* made of the contact's id */
    event.trace = GOOD;                                            /* as it was kept before */
    assert_string_equal (event_trace (&event, trace), GOOD);
    event.trace = "what";
    event.trace_context.len = trace_pack (GOOD, bytes);
    event.trace_context.data = bytes;
    assert_string_equal (event_trace (&event, trace), GOOD);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_take), cmocka_unit_test (test_made),
                                       cmocka_unit_test (test_kept), cmocka_unit_test (test_record),
                                       cmocka_unit_test (test_event)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
