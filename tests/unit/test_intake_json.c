/* test_intake_json.c - bodies in: what is read, what is refused and in which words; JSON and times out. */
#include "body.h"
#include "views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ------------------------------------------------------------ content types */

static void content_types (void **state)
{
    (void)state;
    static const struct {
        const char *header;
        body_type_t expect;
    } rows[] = {
        {"application/json", BODY_JSON},
        {"Application/JSON; charset=utf-8", BODY_JSON},
        {"application/json;charset=utf-8", BODY_JSON},
        {"application/x-protobuf", BODY_PROTOBUF},
        {"application/jsonp", BODY_OTHER},
        {"application/json-patch+json", BODY_OTHER},
        {"text/plain", BODY_OTHER},
        {"", BODY_OTHER},
        {NULL, BODY_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal (body_type (rows[i].header), rows[i].expect);
}

/* ------------------------------------------------------- submissions refused */

static void submissions_refused (void **state)
{
    (void)state;
    static const struct {
        const char *body;
        unsigned status;
        const char *detail; /* some of its words */
    } rows[] = {
        {"", 400, "line"},
        {"{", 400, "line 1"},
        {"{\"text\":\"a\"", 400, "line 1"},
        {"{\n  \"text\": nonsense\n}", 400, "line 2, column"},
        {"{\"text\":\"a\"} x", 400, "end of file"},
        {"{\"text\":\"a\",\"text\":\"b\"}", 400, "duplicate"},
        {"{\"text\":\"\xff\"}", 400, "0xff"},
        {"{\"text\":\"\xed\xa0\x80\"}", 400, "line 1"},
        {"{\"text\":\"\\u0000\"}", 400, "\\u0000"},
        {"[[[[[[[[[1]]]]]]]]]", 422, "one JSON object"},
        {"{\"text\":[[[[[[[[[1]]]]]]]]]}", 422, "'text' must be a string"},
        {"{\"a\":\n{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}", 400, "line 2"},
        {"[]", 422, "one JSON object"},
        {"\"text\"", 400, "expected near"},
        {"null", 400, "expected near"},
        {"{\"text\":1}", 422, "'text' must be a string"},
        {"{\"text\":null}", 422, "'text' must be a string"},
        {"{\"priority\":\"1\"}", 422, "'priority' must be a whole number"},
        {"{\"priority\":1.5}", 422, "'priority' must be a whole number"},
        {"{\"priority\":3000000000}", 422, "'priority' must be a whole number"},
        {"{\"return_way\":\"pigeon\"}", 422, "mail, callback, spoken"},
        {"{\"contact\":\"x\"}", 422, "unknown field 'contact'; known are: channel"},
        {"{\"token\":\"x\"}", 422, "unknown field 'token'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        body_t body = {.json = NULL};
        Buckstop__V1__Submit submit;
        refusal_t refusal;
        if (body_submit (&body, BODY_JSON, rows[i].body, strlen (rows[i].body), "", &submit, &refusal))
            fail_msg ("%zu: %s was read", i, rows[i].body);
        body_clear (&body);
        if (refusal_row (refusal.kind)->problem.status != rows[i].status || !strstr (refusal.detail, rows[i].detail))
            fail_msg ("%zu: %s: %u %s", i, rows[i].body, refusal_row (refusal.kind)->problem.status, refusal.detail);
    }
}

/* How deep is too deep is the parser's to say; it ends in the same refusal as other nonsense, and says where. */
static void nesting_is_bounded (void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    static char text[DEEP + 16];
    body_t body = {.json = NULL};
    Buckstop__V1__Submit submit;
    refusal_t refusal;
    memset (text, '[', DEEP);
    assert_false (body_submit (&body, BODY_JSON, text, DEEP, "", &submit, &refusal));
    assert_int_equal (refusal_row (refusal.kind)->problem.status, 422);
    assert_non_null (strstr (refusal.detail, "flat"));
    body_clear (&body);
    for (size_t i = 0; i < DEEP; i++)
        text[i] = "\"\","[i % 3]; /* a megabyte of small things costs a parser much more than one of text */
    assert_false (body_submit (&body, BODY_JSON, text, DEEP, "", &submit, &refusal));
    assert_int_equal (refusal_row (refusal.kind)->problem.status, 422);
    body_clear (&body);
    memset (text, '\\', DEEP); /* an end within a string, and within an escape */
    text[0] = '"';
    for (size_t size = 0; size < 4; size++) {
        assert_false (body_submit (&body, BODY_JSON, text, size, "", &submit, &refusal));
        assert_int_equal (refusal_row (refusal.kind)->problem.status, 400);
    }
    memcpy (text, "{\"text\":\"", 9);
    memcpy (text + 9 + DEEP, "\"}", 3); /* in a string they are text */
    for (size_t i = 0; i < DEEP; i++)
        text[9 + i] = "[,{\\\""[i % 5];
    assert_true (body_submit (&body, BODY_JSON, text, DEEP + 11, "", &submit, &refusal));
    assert_int_equal (strlen (submit.text), DEEP / 5 * 4);
    body_clear (&body);
}

static void submission_read (void **state)
{
    (void)state;
    static const char text[] = "{\"channel\":\"mail\",\"text\":\"gr\xc3\xbc\xc3\x9f dich\",\"priority\":-2,"
                               "\"return_way\":\"callback\",\"return_to\":\"https://x/y\",\"thread\":\"t\"}";
    body_t body = {.json = NULL};
    Buckstop__V1__Submit submit;
    refusal_t refusal;
    assert_true (body_submit (&body, BODY_JSON, text, sizeof text - 1, "C", &submit, &refusal));
    assert_string_equal (submit.channel, "mail");
    assert_string_equal (submit.text, "gr\xc3\xbc\xc3\x9f dich");
    assert_int_equal (submit.priority, -2);
    assert_int_equal (submit.return_way, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK);
    assert_string_equal (submit.contact, "C");
    assert_string_equal (submit.subject, "");
    body_clear (&body);
}

static void action_read (void **state)
{
    (void)state;
    static const char text[] = "{\"action\":\"release\",\"promise\":\"first_response\",\"person\":\"ada\"}";
    body_t body = {.json = NULL};
    Buckstop__V1__Action action;
    refusal_t refusal;
    assert_true (body_action (&body, BODY_JSON, text, sizeof text - 1, "C", &action, &refusal));
    assert_int_equal (action.kind, BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_RELEASE);
    assert_int_equal (action.promise, BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE);
    assert_string_equal (action.person, "ada");
    body_clear (&body);
    assert_false (body_action (&body, BODY_JSON, "{\"action\":\"shrug\"}", 18, "C", &action, &refusal));
    assert_non_null (strstr (refusal.detail, "accept, decline, reply"));
    body_clear (&body);
}

/* ---------------------------------------------------------------- protobuf */

static const char id[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

static void protobuf_read_at_the_same_door (void **state)
{
    (void)state;
    Buckstop__V1__Submit sent = BUCKSTOP__V1__SUBMIT__INIT, got;
    sent.channel = "chat";
    sent.text = "hello";
    sent.contact = "00000000000000000000000000"; /* the path decides */
    uint8_t bytes[256];
    size_t size = buckstop__v1__submit__pack (&sent, bytes);
    body_t body = {.json = NULL};
    refusal_t refusal;
    assert_true (body_submit (&body, BODY_PROTOBUF, bytes, size, id, &got, &refusal));
    assert_string_equal (got.text, "hello");
    assert_string_equal (got.contact, id);
    assert_string_equal (got.token, "");
    body_clear (&body);
}

static void protobuf_refused (void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        unsigned status;
    } rows[] = {
        {"\xff\xff\xff", 3, 400},                  /* no message */
        {"\x22\x04mail\x32\x02\xc3\x28", 10, 400}, /* text that is not UTF-8 */
        {"\x32\x01x", 3, 422},                     /* no channel */
        {"\x22\x04mail", 6, 422},                  /* nothing said */
        {"\x22\x08no name!\x32\x01x", 13, 400},    /* a channel's name */
        {"", 0, 422},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        body_t body = {.json = NULL};
        Buckstop__V1__Submit submit;
        refusal_t refusal;
        if (body_submit (&body, BODY_PROTOBUF, rows[i].bytes, rows[i].size, "", &submit, &refusal))
            fail_msg ("%zu was read", i);
        body_clear (&body);
        if (refusal_row (refusal.kind)->problem.status != rows[i].status)
            fail_msg ("%zu: %u %s", i, refusal_row (refusal.kind)->problem.status, refusal.detail);
    }
}

static void other_types_are_415 (void **state)
{
    (void)state;
    body_t body = {.json = NULL};
    Buckstop__V1__Action action;
    refusal_t refusal;
    assert_false (body_action (&body, BODY_OTHER, "{}", 2, id, &action, &refusal));
    assert_int_equal (refusal_row (refusal.kind)->problem.status, 415);
    body_clear (&body);
}

/* --------------------------------------------------------------------- out */

static void times (void **state)
{
    (void)state;
    static const struct {
        wall_ms_t at;
        const char *expect;
    } rows[] = {
        {1, "1970-01-01T00:00:00.001Z"},
        {951782399999, "2000-02-28T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1709164800250, "2024-02-29T00:00:00.250Z"},
        {1772442000000, "2026-03-02T09:00:00.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {TIME_NEVER, "9999-12-31T23:59:59.999Z"},
    };
    char text[TIME_TEXT_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal (time_text (rows[i].at, text), rows[i].expect);
}

static void expect_dump (json_t *value, const char *expect)
{
    size_t size;
    char *text = value_dump (value, &size);
    assert_string_equal (text, expect);
    assert_int_equal (size, strlen (expect));
    free (text);
}

static void values (void **state)
{
    (void)state;
    expect_dump (json_pack ("{s:o, s:[o, o, o], s:o*, s:o*, s:o*, s:o}", "a",                       /**/
                            value_text ("\"\\\n\t\x01\x1f/<\xc3\xbc"), "b", value_number_some (-5), /**/
                            value_time (0), value_time (1), "c", value_some (""), "d", value_number_some (0), "e",
                            value_time_some (0), "f", value_text (NULL)),
                 "{\"a\":\"\\\"\\\\\\n\\t\\u0001\\u001F/<\xc3\xbc\",\"b\":[-5,null,"
                 "\"1970-01-01T00:00:00.001Z\"],\"f\":\"\"}");
}

static void text_is_repaired (void **state)
{
    (void)state;
    static const struct {
        const char *text, *expect;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"},
        {"cut \xe2\x82", "cut ??"},
        {"\xff\xfe\x80 a", "??? a"},
        {"\xed\xa0\x80", "???"}, /* a surrogate */
        {"\xc0\xaf", "??"},      /* overlong */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *value = value_text (rows[i].text);
        assert_string_equal (json_string_value (value), rows[i].expect);
        json_decref (value);
    }
    char name[200];
    memset (name, 'a', sizeof name);
    memcpy (name + 63, "\xc3\xbc", 3); /* two bytes, one of them behind the cut */
    refusal_t refusal = refusal_of (REFUSE_INVALID, "unknown field '%.64s'", name);
    assert_non_null (strstr (refusal.detail, "aaa?'"));
}

/* A contact whose every field is set: each stands under its own name. */
static void a_view_has_each_field_in_its_place (void **state)
{
    (void)state;
    contact_t contact = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED, .priority = 7};
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"team", offsetof (contact_t, team)},
        {"channel", offsetof (contact_t, channel)},
        {"subject", offsetof (contact_t, subject)},
        {"customer", offsetof (contact_t, customer)},
        {"customer_id", offsetof (contact_t, customer_id)},
        {"linked", offsetof (contact_t, linked)},
        {"reply_channel", offsetof (contact_t, reply_channel)},
        {"customer_name", offsetof (contact_t, customer_name)},
        {"thread", offsetof (contact_t, thread)},
        {"language", offsetof (contact_t, language)},
        {"tier", offsetof (contact_t, tier)},
        {"rule", offsetof (contact_t, rule)},
        {"return_to", offsetof (contact_t, return_to)},
        {"owner", offsetof (contact_t, owner)},
        {"accountable", offsetof (contact_t, accountable)},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    for (size_t i = 0; i < ROWS; i++)
        snprintf ((char *)&contact + rows[i].offset, LANGUAGE_SIZE, "is-%zu", i);
    json_t *view = view_contact (&contact, 1000);
    for (size_t i = 0; i < ROWS; i++) {
        const char *found = json_string_value (json_object_get (view, rows[i].name));
        const char *expect = (const char *)&contact + rows[i].offset;
        if (!found || strcmp (found, expect) != 0)
            fail_msg ("%s is %s, not %s", rows[i].name, found ? found : "absent", expect);
    }
    assert_int_equal (json_integer_value (json_object_get (view, "priority")), 7);
    json_decref (view);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (content_types),
        cmocka_unit_test (submissions_refused),
        cmocka_unit_test (nesting_is_bounded),
        cmocka_unit_test (submission_read),
        cmocka_unit_test (action_read),
        cmocka_unit_test (protobuf_read_at_the_same_door),
        cmocka_unit_test (protobuf_refused),
        cmocka_unit_test (other_types_are_415),
        cmocka_unit_test (times),
        cmocka_unit_test (values),
        cmocka_unit_test (a_view_has_each_field_in_its_place),
        cmocka_unit_test (text_is_repaired),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
