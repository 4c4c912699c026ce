/* test_channel_out.c - what a policy says of a channel's call, what a reply becomes by it, and what answers mean. */
#include "channel_out.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POLICY(channel)                                    \
    "workspace: demo\nlast_resort: ada\npeople: {ada: {}}" \
    "\nteams: {desk: {lead: ada, members: [ada]}}\ndefault_team: desk\nchannels:\n  chat:\n" channel

#define SETTINGS "    settings: {account: \"A 1\", from: \"+4930\", file: token-1}\n"

static policy_t *read_policy (const char *text)
{
    policy_errors_t errors = {0};
    policy_t *policy = policy_parse (text, strlen (text), &errors);
    for (size_t i = 0; i < errors.n; i++)
        print_message ("%d:%d %s; expected %s\n", errors.items[i].line, errors.items[i].column, errors.items[i].what,
                       errors.items[i].expected);
    policy_errors_clear (&errors);
    return policy;
}

static const out_told_t told = {.id = "0123456789abcdef-0",
                                .to = "C 1/2",
                                .text = "Hello \"Ada\"\n{to} & {set.file} \xC3\xBC",
                                .subject = "",
                                .thread = "",
                                .message_id = "m1",
                                .contact = "01K2Z3W4X5Y6Z7A8B9CDEFGHJK",
                                .customer = "grace",
                                .tag = "..",
                                .automatic = "."};

/* ---- requests ---- */

static void test_render (void **state)
{
    (void)state;
    static const struct {
        const char *out, *url, *body;
    } rows[] = {
        {"    out: {url: 'https://x.example/{to}', body: {text: '{text}', to: '{to}'}}\n",
         "https://x.example/C%201%2F2",
         "{\"text\":\"Hello \\\"Ada\\\"\\n{to} & {set.file} \xC3\xBC\",\"to\":\"C 1/2\"}"},
        {"    out: {url: 'https://x.example/', content: form, body: {To: '{to}', T: 'a {text}', s: '{subject}', l: [a, "
         "'{customer}']}}\n",
         "https://x.example/",
         "To=C%201%2F2&T=a%20Hello%20%22Ada%22%0A%7Bto%7D%20%26%20%7Bset.file%7D%20%C3%BC&l=a&l=grace"},
        {"    out: {url: 'https://x.example/', escape: entities, body: {t: '{text}', l: [{n: a, v: '{thread}'}, {n: b, "
         "v: "
         "'{message_id}'}]}}\n",
         "https://x.example/",
         "{\"t\":\"Hello \\\"Ada\\\"\\n{to} &amp; {set.file} \xC3\xBC\",\"l\":[{\"n\":\"b\",\"v\":\"m1\"}]}"},
        {"    out: {url: 'https://x.example/{set.from}', body: {a: {b: ['{text}', {c: '{message_id}'}]}, yes: true, n: "
         "12, "
         "t: 'true', thread: '{thread}', mixed: '{thread}{message_id}', lead: 'x{{y'}}\n",
         "https://x.example/+4930",
         "{\"a\":{\"b\":[\"Hello \\\"Ada\\\"\\n{to} & {set.file} "
         "\xC3\xBC\",{\"c\":\"m1\"}]},\"yes\":true,\"n\":12,\"t\":"
         "\"true\",\"mixed\":\"m1\",\"lead\":\"x{y\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048], why[DETAIL_SIZE] = "";
        snprintf (text, sizeof text, "%s%s", POLICY (SETTINGS), rows[i].out);
        policy_t *policy = read_policy (text);
        assert_non_null (policy);
        delivery_t delivery = {0}, again = {0};
        assert_true (channel_out_render (policy_channel (policy, "chat"), &told, &delivery, why));
        assert_string_equal (delivery.address, rows[i].url);
        assert_string_equal (delivery.body, rows[i].body);
        assert_true (channel_out_render (policy_channel (policy, "chat"), &told, &again, why));
        assert_string_equal (again.body, delivery.body);
        delivery_clear (&delivery);
        delivery_clear (&again);
        policy_destroy (&policy);
    }
}

static void test_refused (void **state)
{
    (void)state;
    static const struct {
        const char *out, *why;
    } rows[] = {
        {"    out: {url: 'https://x.example/', longest: 10, body: {text: '{text}'}}\n", "takes 10"},
        {"    out: {url: 'https://x.example/{thread}', body: {text: '{text}'}}\n", "{thread}"},
        {"    out: {url: 'https://x.example/{text}{text}{text}{text}{text}', body: {text: '{text}'}}\n", "256 bytes"},
        {"    out: {url: 'https://x.example/', auth: {bearer: '{set.file}{set.file}{set.file}{set.file}{set.file}'}, "
         "body: "
         "{text: '{text}'}}\n",
         "no name of a file"},
        {"    out: {url: 'https://x.example/a/{tag}/reply', body: {text: '{text}'}}\n", "'.' or '..'"},
        {"    out: {url: 'https://x.example/a/{tag}', body: {text: '{text}'}}\n", "'.' or '..'"},
        {"    out: {url: 'https://x.example/{automatic}{automatic}?a/b', body: {text: '{text}'}}\n", "'.' or '..'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048], why[DETAIL_SIZE] = "";
        snprintf (text, sizeof text, "%s%s", POLICY (SETTINGS), rows[i].out);
        policy_t *policy = read_policy (text);
        assert_non_null (policy);
        delivery_t delivery = {0};
        assert_false (channel_out_render (policy_channel (policy, "chat"), &told, &delivery, why));
        if (!strstr (why, rows[i].why))
            fail_msg ("row %zu: %s", i, why);
        delivery_clear (&delivery);
        policy_destroy (&policy);
    }
}

static void test_headers (void **state)
{
    (void)state;
    static const struct {
        const char *out, *secret, *lines[4];
    } rows[] = {
        {"", "", {"Content-Type: application/json"}},
        {"auth: {basic: '{set.account}', secret: '{set.file}'}, ",
         "pass",
         {"Content-Type: application/json", "Authorization: Basic QSAxOnBhc3M="}},
        {"auth: {bearer: token-1}, headers: {Idempotency-Key: 'k-{id}', X: '{set.from}'}, ",
         "s3cret",
         {"Content-Type: application/json", "Authorization: Bearer s3cret", "Idempotency-Key: k-0123456789abcdef-0",
          "X: +4930"}},
        {"auth: {header: X-Token, prefix: 'v=', secret: token-1}, content: form, ",
         "s3cret",
         {"Content-Type: application/x-www-form-urlencoded", "X-Token: v=s3cret"}},
        {"auth: {bearer: token-1}, ", "two\r\nlines: x", {NULL}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048], why[DETAIL_SIZE] = "";
        snprintf (text, sizeof text, "%s    out: {%surl: 'https://x.example/', body: {text: '{text}'}}\n",
                  POLICY (SETTINGS), rows[i].out);
        policy_t *policy = read_policy (text);
        assert_non_null (policy);
        delivery_t delivery = {0};
        out_headers_t headers;
        assert_true (channel_out_render (policy_channel (policy, "chat"), &told, &delivery, why));
        WORD_COPY (delivery.id, told.id);
        assert_string_equal (delivery.secret, rows[i].secret[0] ? "token-1" : "");
        bool made = channel_out_headers (policy_channel (policy, "chat"), &delivery, rows[i].secret, &headers, why);
        assert_int_equal (made, rows[i].lines[0] != NULL);
        size_t n = 0;
        for (; n < 4 && rows[i].lines[n]; n++)
            assert_string_equal (headers.list[n], rows[i].lines[n]);
        assert_null (headers.list[n]);
        channel_out_headers_clear (&headers);
        delivery_clear (&delivery);
        policy_destroy (&policy);
    }
}

/* The URL keeps its {secret}, and gets it when it is sent; a customer's word can't be one. */
static void test_url_secrets (void **state)
{
    (void)state;
    static const char by_url[] =
        "    out: {url: 'https://x.example/bot{secret}/{customer}?k={secret}', auth: {url: '{set.file}'}, body: {text: "
        "'{text}'}}\n";
    static const char by_bearer[] = "    out: {url: 'https://x.example/', auth: {bearer: t}, body: {text: '{text}'}}\n";
    out_told_t sly = told;
    sly.customer = "{secret}";
    char text[2048], why[DETAIL_SIZE] = "", url[OUT_URL_SIZE], large[OUT_SECRET_SIZE];
    delivery_t delivery = {0};
    snprintf (text, sizeof text, "%s%s", POLICY (SETTINGS), by_url);
    policy_t *policy = read_policy (text);
    assert_non_null (policy);
    const policy_channel_t *channel = policy_channel (policy, "chat");
    assert_true (channel_out_render (channel, &sly, &delivery, why));
    assert_string_equal (delivery.address, "https://x.example/bot{secret}/%7Bsecret%7D?k={secret}");
    assert_string_equal (delivery.secret, "token-1");
    assert_true (channel_out_url (channel, &delivery, "12:a/../b?#{x}", url, why));
    assert_string_equal (url,
                         "https://x.example/bot12:a%2F..%2Fb%3F%23%7Bx%7D/%7Bsecret%7D?k=12:a%2F..%2Fb%3F%23%7Bx%7D");
    memset (large, '/', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_false (channel_out_url (channel, &delivery, large, url, why));
    assert_string_equal (url, "");
    policy_destroy (&policy);
    snprintf (text, sizeof text, "%s%s", POLICY (SETTINGS), by_bearer);
    policy = read_policy (text);
    assert_non_null (policy);
    assert_false (channel_out_url (policy_channel (policy, "chat"), &delivery, "s", url, why)); /* it was another */
    assert_non_null (strstr (why, "any more"));
    delivery_clear (&delivery);
    policy_destroy (&policy);
}

/* Seconds in the answer, if it says any, else those of its header. */
static void test_waits (void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int64_t header, expect;
    } rows[] = {{"{\"p\":{\"retry_after\":35}}", 0, 35000},
                {"{\"p\":{\"retry_after\":\"35\"}}", 7000, 35000},
                {"{\"p\":{\"retry_after\":-1}}", 7000, 7000},
                {"{\"p\":{\"retry_after\":99999999999}}", 0, 86400000},
                {"{\"p\":[]}", 7000, 7000},
                {"not json", 0, 0}};
    char text[2048];
    snprintf (text, sizeof text,
              "%s    out: {url: 'https://x.example/', retry_after: p.retry_after, body: {text: '{text}'}}\n",
              POLICY (SETTINGS));
    policy_t *policy = read_policy (text);
    assert_non_null (policy);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        out_meaning_t meaning;
        out_answer_t answer = {503, rows[i].body, strlen (rows[i].body), NULL, rows[i].header};
        channel_out_judge (policy_channel (policy, "chat")->out, &answer, &meaning);
        assert_int_equal (meaning.retry_after_ms, rows[i].expect);
        assert_int_equal (meaning.result, rows[i].expect ? ATTEMPT_THROTTLED : ATTEMPT_TEMPORARY);
    }
    policy_destroy (&policy);
}

/* ---- answers ---- */

static void test_answers (void **state)
{
    (void)state;
    static const char described[] =
        "    out: {url: 'https://x.example/', auth: {bearer: t}, body: {text: '{text}'}, success: {at: ok, is: "
        "'true'}, "
        "error: error.0.code, permanent: [21610, http 423], throttled: [slow], temporary: [http 409, later], unable: "
        "[bad_token], id: messages.0.id}\n";
    static const char bare[] = "    out: {url: 'https://x.example/', body: {text: '{text}'}, id: {header: X-Id}}\n";
    static const struct {
        bool bare;
        int status;
        const char *body, *header;
        int64_t retry_after_ms;
        attempt_result_t result;
        const char *far_id, *words;
    } rows[] = {
        {true, 200, "", "abc", 0, ATTEMPT_ACCEPTED, "abc", "answered 200"},
        {true, 202, "{]", NULL, 0, ATTEMPT_ACCEPTED, "", "answered 202"},
        {true, 401, "", NULL, 0, ATTEMPT_PERMANENT, "", "answered 401"},
        {true, 404, "", NULL, 0, ATTEMPT_PERMANENT, "", "answered 404"},
        {true, 408, "", NULL, 0, ATTEMPT_TEMPORARY, "", ""},
        {true, 429, "", NULL, 0, ATTEMPT_THROTTLED, "", ""},
        {true, 500, "", NULL, 0, ATTEMPT_TEMPORARY, "", ""},
        {true, 503, "", NULL, 7000, ATTEMPT_THROTTLED, "", ""},
        {true, 302, "", NULL, 0, ATTEMPT_PERMANENT, "", ""},
        {false, 200, "{\"ok\":true,\"messages\":[{\"id\":\"wamid.1\"}]}", NULL, 0, ATTEMPT_ACCEPTED, "wamid.1", ""},
        {false, 200, "{\"ok\":true,\"messages\":[{\"id\":17}]}", NULL, 0, ATTEMPT_ACCEPTED, "17", ""},
        {false, 200, "{\"ok\":true}", NULL, 0, ATTEMPT_ACCEPTED, "", ""},
        {false, 200, "not json", NULL, 0, ATTEMPT_TEMPORARY, "", "answered 200"},
        {false, 200, "{\"ok\":false,\"error\":[{\"code\":21610}]}", NULL, 0, ATTEMPT_PERMANENT, "",
         "answered 200: 21610"},
        {false, 400, "{\"error\":[{\"code\":\"slow\"}]}", NULL, 0, ATTEMPT_THROTTLED, "", "slow"},
        {false, 400, "{\"error\":[{\"code\":\"later\"}]}", NULL, 0, ATTEMPT_TEMPORARY, "", "later"},
        {false, 400, "{\"error\":[{\"code\":\"bad_token\"}]}", NULL, 0, ATTEMPT_UNABLE, "", "bad_token"},
        {false, 400, "{\"error\":[{\"code\":\"a\\nb\"}]}", NULL, 0, ATTEMPT_PERMANENT, "", "400: a b"},
        {false, 401, "", NULL, 0, ATTEMPT_UNABLE, "", ""},
        {false, 409, "", NULL, 0, ATTEMPT_TEMPORARY, "", ""},
        {false, 423, "", NULL, 0, ATTEMPT_PERMANENT, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        snprintf (text, sizeof text, "%s%s", POLICY (SETTINGS), rows[i].bare ? bare : described);
        policy_t *policy = read_policy (text);
        assert_non_null (policy);
        out_answer_t answer = {rows[i].status, rows[i].body, strlen (rows[i].body), rows[i].header,
                               rows[i].retry_after_ms};
        out_meaning_t meaning;
        channel_out_judge (policy_channel (policy, "chat")->out, &answer, &meaning);
        if (meaning.result != rows[i].result || strcmp (meaning.far_id, rows[i].far_id) != 0 ||
            !strstr (meaning.words, rows[i].words))
            fail_msg ("row %zu: %d '%s' '%s'", i, (int)meaning.result, meaning.far_id, meaning.words);
        policy_destroy (&policy);
    }
}

/* ---- what is wrong with a description ---- */

static void test_errors (void **state)
{
    (void)state;
    static const struct {
        const char *out;
        int line;
        const char *what, *expected;
    } rows[] = {
        {"    out:\n      body: {a: b}\n", 10, "lacks 'url'", "where answers are sent"},
        {"    out:\n      url: 'https://x.example/'\n", 10, "lacks 'body'", "a map"},
        {"    out:\n      url: 'ftp://x.example/'\n      body: {a: b}\n", 10, "url of out of channel 'chat'",
         "https://"},
        {"    out:\n      url: 'https://{to}.example/'\n      body: {a: b}\n", 10, "the host", "{set.NAME}"},
        {"    out:\n      url: 'https://x.example/{two}'\n      body: {a: b}\n", 10, "no slot {two}", "{to}"},
        {"    out:\n      url: 'https://x.example/'\n      body:\n        a:\n          - '{txt}'\n", 13,
         "no slot {txt}", "{text}"},
        {"    out:\n      url: 'https://x.example/'\n      body: {a: 'x {text'}\n", 11, "not closed", "{{"},
        {"    out:\n      url: 'https://x.example/'\n      content: form\n      body: {a: {b: c}}\n", 10,
         "'a' of a form", "a text"},
        {"    out:\n      url: 'https://x.example/{set.nope}'\n      body: {a: b}\n", 7, "does not set 'nope'",
         "settings: {nope"},
        {"    out:\n      url: '{set.account}/'\n      body: {a: b}\n", 7, "the setting 'account'", "https://"},
        {"    out:\n      url: 'https://x.example/'\n      body: {a: '{set.nope}'}\n", 7, "does not set 'nope'", ""},
        {"    out:\n      url: 'https://x.example/'\n      auth: {basic: u}\n      body: {a: b}\n", 11, "one whole way",
         "{bearer: FILE}"},
        {"    out:\n      url: 'https://x.example/'\n      auth: {bearer: 'x/y'}\n      body: {a: b}\n", 11, "'x/y'",
         "secrets directory"},
        {"    out:\n      url: 'https://x.example/'\n      headers: {'a b': c}\n      body: {a: b}\n", 11, "'a b'",
         "X-Token"},
        {"    out:\n      url: 'https://x.example/'\n      method: GET\n      body: {a: b}\n", 11, "'GET'",
         "POST, PUT"},
        {"    out:\n      url: 'https://x.example/'\n      body: text\n", 11, "'text'", "a map"},
        {"    out:\n      url: 'https://x.example/'\n      body: {a: b}\n      succes: {at: ok}\n", 12, "unknown key",
         "success"},
        {"    out: {url: 'https://x.example/', auth: {bearer: '{set.account}'}, body: {text: '{text}'}}\n", 7,
         "'account' of channel 'chat'", "name of a file"},
        {"    answer: channel\n", 7, "nothing says how", "out:"},
        {"    out:\n      url: 'https://x.example/{secret}'\n      body: {a: b}\n", 10, "a {secret}",
         "auth: {url: FILE}"},
        {"    out:\n      url: 'https://x.example/{secret}'\n      auth: {bearer: t}\n      body: {a: b}\n", 10,
         "a {secret}", "auth: {url: FILE}"},
        {"    out:\n      url: 'https://x.example/'\n      auth: {url: t}\n      body: {a: b}\n", 10, "no {secret}",
         "bot{secret}"},
        {"    out:\n      url: 'https://{secret}.example/'\n      auth: {url: t}\n      body: {a: b}\n", 10, "the host",
         ""},
        {"    out:\n      url: 'https://x.example/{secret}'\n      auth: {url: t, bearer: t}\n      body: {a: b}\n", 11,
         "one whole way", "{url: FILE}"},
        {"    out:\n      url: 'https://x.example/'\n      body: {a: '{secret}'}\n", 10, "a {secret}",
         "auth: {body: FILE}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        policy_errors_t errors = {0};
        snprintf (text, sizeof text, "%s%s", POLICY (SETTINGS), rows[i].out);
        policy_t *policy = policy_parse (text, strlen (text), &errors);
        if (policy || errors.n != 1 || errors.items[0].line != rows[i].line ||
            !strstr (errors.items[0].what, rows[i].what) || !strstr (errors.items[0].expected, rows[i].expected)) {
            for (size_t j = 0; j < errors.n; j++)
                print_message ("%d: %s; expected %s\n", errors.items[j].line, errors.items[j].what,
                               errors.items[j].expected);
            fail_msg ("row %zu: %zu errors", i, errors.n);
        }
        policy_errors_clear (&errors);
        policy_destroy (&policy);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_render),  cmocka_unit_test (test_refused),     cmocka_unit_test (test_headers),
        cmocka_unit_test (test_answers), cmocka_unit_test (test_url_secrets), cmocka_unit_test (test_waits),
        cmocka_unit_test (test_errors),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
