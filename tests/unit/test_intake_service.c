/* test_intake_service.c - the real intake on the fakes: every way in, every bad input, and what is durable when. */
#include "intake.h"

#include "fake.h"
#include "guard.h"
#include "ids.h"
#include "keys.h"
#include "link.h"
#include "pages.h"
#include "plan.h"
#include "policy_apply.h"
#include "record.h"
#include "tokens.h"
#include "words.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char policy_text[] = "workspace: acme\n"
                                  "last_resort: lea\n"
                                  "hours: { office: { zone: Europe/Berlin, week: { mon: ['09:00-17:00'] } } }\n"
                                  "channels:\n"
                                  "  chat: { weight: 50, live: true, offer: 20s }\n"
                                  "  mail: { weight: 10, offer: 15m }\n"
                                  "  post: { weight: 10, offer: 15m, answer: mail }\n"
                                  "people:\n"
                                  "  lea: { name: Lea }\n"
                                  "  ada: { name: Ada, capacity: 100 }\n"
                                  "  ben: { name: Ben }\n"
                                  "teams:\n"
                                  "  desk: { lead: lea, members: [ada, ben] }\n"
                                  "settings: { reopen: 2m }\n";

enum { INTAKES = 2 };
static loop_t *loop;
static store_t *store;
static service_t services[INTAKES];
static intake_params_t params[INTAKES];
static char channel[TOKEN_SIZE], operator_[TOKEN_SIZE], ada[TOKEN_SIZE], ben[TOKEN_SIZE];
static char key_header[128];

/* ------------------------------------------------------------------ set-up */

static void on_applied (void *arg, const policy_applied_t *applied)
{
    (void)arg;
    if (applied->outcome > POLICY_SAME)
        fail_msg ("policy: %s %s", applied->why,
                  applied->errors && applied->errors->n ? applied->errors->items[0].what : "");
}

static void on_issued (void *arg, const char *token, const token_info_t *info)
{
    (void)info;
    assert_non_null (token);
    memcpy (arg, token, TOKEN_SIZE);
}

static int set_up (void **state)
{
    (void)state;
    static const char *const endpoints[INTAKES] = {"intake-0", "intake-1"};
    guard_off = NULL;
    fake_reset (7);
    loop = loop_new ();
    store = store_new (loop, &(store_config_t){.address = "fake", .shards = SHARDS_DEFAULT});
    fake_run ();
    policy_apply (store, loop, policy_text, sizeof policy_text - 1, "test", on_applied, NULL);
    tokens_issue (store, "acme", SCOPE_CHANNEL, NULL, "chat", on_issued, channel);
    tokens_issue (store, "acme", SCOPE_OPERATOR, NULL, "", on_issued, operator_);
    tokens_issue (store, "acme", SCOPE_PERSON, "ada", "", on_issued, ada);
    tokens_issue (store, "acme", SCOPE_PERSON, "ben", "", on_issued, ben);
    fake_run ();
    for (int i = 0; i < INTAKES; i++) {
        services[i] = (service_t){.loop = loop, .store = store, .submit = endpoints[i]};
        params[i] = (intake_params_t){.listen = endpoints[i], .console = "https://console.example/"};
        assert_int_equal (service_start_in (&services[i], &intake_kind, &params[i]), 0);
    }
    fake_advance (100);
    assert_true (service_started (&services[0]));
    return 0;
}

static int tear_down (void **state)
{
    (void)state;
    for (int i = 0; i < INTAKES; i++)
        service_stop_in (&services[i], &intake_kind, &params[i]);
    store_destroy (&store);
    loop_destroy (&loop);
    fake_reset (0);
    return 0;
}

/* ---------------------------------------------------------------- requests */

typedef struct request {
    const char *method, *path, *token, *body, *type, *key;
    int at;                /* which intake */
    const char *workspace; /* which is meant */
} request_t;

static fake_answer_t *begin (request_t request)
{
    char token[128], type[128], meant[64];
    const char *headers[5] = {NULL};
    size_t n = 0;
    if (request.token) {
        snprintf (token, sizeof token, "Authorization: Bearer %s", request.token);
        headers[n++] = token;
    }
    if (request.body && (!request.type || *request.type)) {
        snprintf (type, sizeof type, "Content-Type: %s", request.type ? request.type : "application/json");
        headers[n++] = type;
    }
    if (request.key) {
        snprintf (key_header, sizeof key_header, "Idempotency-Key: %s", request.key);
        headers[n++] = key_header;
    }
    if (request.workspace) {
        snprintf (meant, sizeof meant, "Buckstop-Workspace: %s", request.workspace);
        headers[n++] = meant;
    }
    return fake_http_request (request.at ? "intake-1" : "intake-0", request.method, request.path, headers, request.body,
                              request.body ? strlen (request.body) : 0);
}

/* The answer's JSON, for the caller to decref. */
static json_t *end (fake_answer_t **answer, int status)
{
    const char *body = fake_answer_body (*answer, NULL);
    if (fake_answer_status (*answer) != status)
        fail_msg ("status %d, not %d: %s", fake_answer_status (*answer), status, body ? body : "");
    json_error_t error;
    json_t *value = json_loads (body, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        fail_msg ("no JSON: %s: %s", error.text, body);
    fake_answer_destroy (answer);
    return value;
}

static json_t *ask (request_t request, int status)
{
    fake_answer_t *answer = begin (request);
    fake_advance (20);
    return end (&answer, status);
}

static const char *text_of (const json_t *value, const char *key)
{
    const char *text = json_string_value (json_object_get (value, key));
    return text ? text : "";
}

static void expect_text (const json_t *value, const char *key, const char *text)
{
    assert_string_equal (text_of (value, key), text);
}

#define POST "{\"channel\":\"post\",\"text\":\"my card is lost\",\"customer\":\"joe\""
#define MAIL "{\"channel\":\"mail\",\"text\":\"my card is lost\",\"customer\":\"joe@example.com\""

static void open_one (char id[ID_SIZE])
{
    json_t *receipt = ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 202);
    expect_text (receipt, "disposition", "opened");
    word_copy (id, ID_SIZE, text_of (receipt, "contact"));
    json_decref (receipt);
}

/* Paths below a contact: valid until the next call. */
static const char *below (const char *id, const char *rest)
{
    static char path[128];
    snprintf (path, sizeof path, "/v1/contacts/%s%s", id, rest);
    return path;
}

static json_t *act (const char *token, const char *id, const char *body, int status)
{
    return ask ((request_t){"POST", below (id, "/actions"), token, body}, status);
}

/* --------------------------------------------------------------- the tests */

static void opened (void **state)
{
    (void)state;
    json_t *receipt = ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 202);
    expect_text (receipt, "disposition", "opened");
    expect_text (receipt, "accountable", "lea");
    expect_text (receipt, "state", "received");
    assert_true (id_valid (text_of (receipt, "contact")));
    const json_t *promise = json_array_get (json_object_get (receipt, "promises"), 0);
    assert_non_null (promise);
    assert_int_equal (strlen (text_of (promise, "due")), sizeof "2026-03-02T09:00:00.000Z" - 1);

    json_t *view = ask ((request_t){"GET", below (text_of (receipt, "contact"), ""), operator_}, 200);
    expect_text (view, "accountable", "lea");
    expect_text (view, "team", "desk");
    const json_t *first = json_array_get (json_object_get (view, "timeline"), 0);
    const json_t *fact = json_array_get (json_object_get (first, "facts"), 0);
    expect_text (fact, "fact", "opened");
    expect_text (fact, "text", "my card is lost");
    json_decref (view);
    json_decref (receipt);
}

/* Taken all the same; who sent it is told, and who is to answer it: once more with an address, and there is a way. */
static void no_way_back (void **state)
{
    (void)state;
    json_t *receipt = ask ((request_t){"POST", "/v1/contacts", channel, POST "}", .key = "k"}, 202);
    const json_t *warning = json_array_get (json_object_get (receipt, "warnings"), 0);
    expect_text (warning, "code", "no-way-back");
    assert_non_null (strstr (text_of (warning, "detail"), "no address that an answer could go to"));
    char id[ID_SIZE];
    word_copy (id, ID_SIZE, text_of (receipt, "contact"));
    json_t *again = ask ((request_t){"POST", "/v1/contacts", channel, POST "}", .key = "k"}, 202);
    assert_true (json_equal (receipt, again));
    json_t *view = ask ((request_t){"GET", below (id, ""), operator_}, 200);
    const json_t *first = json_array_get (json_object_get (view, "timeline"), 0);
    const json_t *fact = json_array_get (json_object_get (first, "facts"), 0);
    assert_non_null (strstr (text_of (fact, "detail"), "there is no way back to the customer"));
    json_decref (ask (
        (request_t){"POST", below (id, "/messages"), channel,
                    "{\"channel\":\"post\",\"text\":\"more\",\"customer\":\"joe\",\"return_to\":\"joe@example.com\"}"},
        202));
    json_t *more = ask ((request_t){"POST", below (id, "/messages"), channel, "{\"text\":\"more\"}"}, 202);
    assert_null (json_object_get (more, "warnings"));
    json_decref (ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 202)); /* a channel that answers nobody */
    json_decref (receipt);
    json_decref (again);
    json_decref (view);
    json_decref (more);
}

/* What is refused says what whoever asked may do instead. */
static void accepted_while_it_waits (void **state)
{
    (void)state;
    char id[ID_SIZE];
    json_t *receipt = ask ((request_t){"POST", "/v1/contacts", channel, POST "}"}, 202);
    word_copy (id, ID_SIZE, text_of (receipt, "contact"));
    json_decref (receipt);
    json_decref (ask (
        (request_t){"POST", below (id, "/messages"), channel, "{\"text\":\"more\",\"return_to\":\"joe@example.com\"}"},
        202));
    json_decref (act (ada, id, "{\"action\":\"accept\"}", 200));
    json_decref (act (ada, id, "{\"action\":\"wait\",\"text\":\"which one?\"}", 200));
    json_t *own = act (ada, id, "{\"action\":\"accept\"}", 409), *other = act (ben, id, "{\"action\":\"accept\"}", 409);
    expect_text (own, "detail",
                 "ada has it already, and it waits for the customer; possible now: decline, reply, note, resolve, "
                 "acknowledge, release");
    expect_text (own, "allowed", "decline, reply, note, resolve, acknowledge, release");
    expect_text (other, "detail", "ada has it, and it waits for the customer; possible now: note, acknowledge");
    expect_text (other, "allowed", "note, acknowledge");
    json_decref (own);
    json_decref (other);
}

typedef struct refusal_case {
    request_t request;
    int status;
    const char *code, *detail; /* detail: part of it */
} refusal_case_t;

/* Each is a problem document, with the headers that its status wants. */
static void expect_refused (const refusal_case_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fake_answer_t *answer = begin (rows[i].request);
        fake_advance (20);
        const char *body = fake_answer_body (answer, NULL);
        if (fake_answer_status (answer) != rows[i].status || !strstr (body, rows[i].detail))
            fail_msg ("%zu %s %s: %d %s", i, rows[i].request.method, rows[i].request.path, fake_answer_status (answer),
                      body);
        assert_string_equal (fake_answer_header (answer, "Content-Type"), "application/problem+json");
        assert_int_equal (fake_answer_header (answer, "WWW-Authenticate") != NULL,
                          rows[i].status == 401 || strcmp (rows[i].code, "wrong-scope") == 0);
        assert_int_equal (fake_answer_header (answer, "Allow") != NULL, rows[i].status == 405);
        json_t *problem = end (&answer, rows[i].status);
        expect_text (problem, "code", rows[i].code);
        json_decref (problem);
    }
}

/* Before it is asked what is said: token, scope, path, method, content type, JSON. */
static void refused_at_the_door (void **state)
{
    (void)state;
    char wrong[TOKEN_SIZE];
    memcpy (wrong, channel, sizeof wrong);
    wrong[strlen (wrong) - 2] = wrong[strlen (wrong) - 2] == 'A' ? 'B' : 'A';
    const refusal_case_t rows[] = {
        {{"POST", "/v1/contacts", NULL, "{}"}, 401, "no-token", "no Authorization"},
        {{"POST", "/v1/contacts", "bs_nonsense", "{}"}, 401, "bad-token", ""},
        {{"POST", "/v1/contacts", wrong, "{}"}, 401, "bad-token", ""},
        {{"POST", "/v1/contacts", ada, "{}"}, 403, "wrong-scope", "channel or operator"},
        {{"GET", "/v1/contacts", channel, NULL}, 403, "wrong-scope", "person or operator"},
        {{"POST", "/v1/contacts", channel, MAIL "}", .workspace = "shop"}, 403, "other-workspace", "not for 'shop'"},
        {{"POST", "/v1/contacts", channel, "{", .workspace = "acme"}, 400, "malformed", "line 1"},
        {{"POST", "/v1/contacts", channel, "{", .workspace = ""}, 400, "malformed", "line 1"},
        {{"POST", "/v1/contacts", channel, "{", NULL}, 400, "malformed", "line 1"},
        {{"POST", "/v1/contacts", channel, "{}", "text/plain"}, 415, "wrong-content-type", ""},
        {{"POST", "/v1/contacts", channel, "{}", ""}, 415, "wrong-content-type", ""},
        {{"PATCH", "/v1/contacts", channel, "{}"}, 405, "wrong-method", "POST, GET"},
        {{"GET", "/v1/nothing", operator_}, 404, "no-such-path", "/v1/nothing"},
    };
    expect_refused (rows, sizeof rows / sizeof *rows);
}

static void refused_submissions (void **state)
{
    (void)state;
    const refusal_case_t rows[] = {
        {{"POST", "/v1/contacts", channel, "{}"}, 422, "invalid", "channel is missing"},
        {{"POST", "/v1/contacts", channel, "{\"channel\":\"mail\"}"}, 422, "invalid", "text is missing"},
        {{"POST", "/v1/contacts", channel, "{\"channel\":\"pigeon\",\"text\":\"x\"}"},
         422,
         "unknown-channel",
         "chat, mail"},
        {{"POST", "/v1/contacts", channel, "{\"channel\":\"a pigeon\",\"text\":\"x\"}"},
         422,
         "unknown-channel",
         "chat, mail"},
        {{"POST", "/v1/contacts", channel, MAIL ",\"language\":\"not a language\"}"}, 422, "invalid", "language"},
        {{"POST", "/v1/contacts", channel, MAIL ",\"return_way\":\"callback\"}"}, 422, "invalid", "return_to"},
        {{"POST", "/v1/contacts", channel, MAIL ",\"return_way\":\"callback\",\"return_to\":\"ftp://x\"}"},
         422,
         "invalid",
         "an http or https URL"},
        {{"POST", "/v1/contacts", channel, MAIL ",\"return_way\":\"mail\",\"return_to\":\"kim\"}"},
         422,
         "invalid",
         "one mail address"},
        {{"POST", "/v1/contacts", channel, POST ",\"return_to\":\"kim\"}"}, 422, "invalid", "one mail address"},
    };
    expect_refused (rows, sizeof rows / sizeof *rows);
}

/* About one contact: messages, actions, and an id that is none. */
static void refused_about_a_contact (void **state)
{
    (void)state;
    char id[ID_SIZE], messages[96], actions[96];
    open_one (id);
    snprintf (messages, sizeof messages, "/v1/contacts/%s/messages", id);
    snprintf (actions, sizeof actions, "/v1/contacts/%s/actions", id);
    const refusal_case_t rows[] = {
        {{"GET", "/v1/contacts/nonsense", operator_}, 404, "no-such-contact", "'buckstop show'"},
        {{"GET", "/v1/contacts/4F2K9Q", operator_}, 404, "no-such-contact", "whole here, 26 characters"},
        {{"POST", "/v1/contacts/4F2K9Q/actions", operator_, "{}"}, 404, "no-such-contact", "GET /v1/contacts?ends="},
        {{"POST", "/v1/contacts/4F2K9Q/messages", operator_, "{}"}, 404, "no-such-contact", "whole here"},
        {{"GET", "/v1/contacts/!!!!!!!!!!!!!!!!!!!!!!!!!!", operator_}, 404, "no-such-contact", "'!!!"},
        {{"GET", "/v1/contacts/00000000000000000000000000", operator_}, 404, "no-such-contact", ""},
        {{"POST", "/v1/contacts/00000000000000000000000000/messages", channel, "{\"text\":\"x\"}"},
         404,
         "no-such-contact",
         ""},
        {{"POST", "/v1/contacts/00000000000000000000000000/actions", ada, "{\"action\":\"accept\"}"},
         404,
         "no-such-contact",
         ""},
        {{"POST", messages, channel, "{\"subject\":\"x\"}"}, 422, "invalid", "text is missing"},
        {{"POST", actions, channel, "{\"action\":\"accept\"}"}, 403, "wrong-scope", ""},
        {{"POST", actions, ada, "{\"action\":\"shrug\"}"}, 422, "invalid", "accept, decline"},
        {{"POST", actions, ada, "{}"}, 422, "invalid", "kind is missing"},
        {{"POST", actions, ada, "{\"action\":\"reply\"}"}, 422, "invalid", "text is missing"},
        {{"POST", actions, ada, "{\"action\":\"reply\",\"text\":\"x\"}"}, 409, "not-in-this-state", "received"},
        {{"POST", actions, ada, "{\"action\":\"accept\",\"person\":\"ben\"}"}, 403, "not-you", "ada"},
        {{"POST", actions, operator_, "{\"action\":\"accept\"}"}, 422, "invalid", "person is missing"},
        {{"POST", actions, operator_, "{\"action\":\"accept\",\"person\":\"zoe\"}"}, 422, "unknown-person", "zoe"},
        {{"POST", actions, ada, "{\"action\":\"transfer\",\"to_person\":\"zoe\"}"}, 422, "unknown-person", "zoe"},
        {{"POST", actions, ada, "{\"action\":\"transfer\",\"to_team\":\"x\"}"}, 422, "unknown-team", "desk"},
    };
    expect_refused (rows, sizeof rows / sizeof *rows);
}

static void refused_presence_and_questions (void **state)
{
    (void)state;
    const refusal_case_t rows[] = {
        {{"PUT", "/v1/people/zoe/presence", operator_}, 404, "no-such-person", "zoe"},
        {{"PUT", "/v1/people/ben/presence", ada}, 403, "not-you", ""},
        {{"GET", "/v1/contacts?limit=many", operator_}, 400, "bad-query", "limit"},
        {{"GET", "/v1/contacts?limit=0", operator_}, 400, "bad-query", "limit"},
        {{"GET", "/v1/contacts?state=asleep", operator_}, 400, "bad-query", "received"},
        {{"GET", "/v1/contacts?after=x", operator_}, 400, "bad-query", "after"},
        {{"GET", "/v1/events?after=-1", operator_}, 400, "bad-query", "after"},
    };
    expect_refused (rows, sizeof rows / sizeof *rows);
}

/* The same key and body: the same bytes; another body: 409. */
static void sent_twice (void **state)
{
    (void)state;
    fake_answer_t *first = begin ((request_t){"POST", "/v1/contacts", channel, MAIL "}", .key = "k1"});
    fake_advance (20);
    fake_answer_t *again =
        begin ((request_t){"POST", "/v1/contacts", channel, MAIL " }", .key = "k1", .at = 1}); /* spelled otherwise */
    fake_advance (20);
    assert_int_equal (fake_answer_status (again), 202);
    assert_string_equal (fake_answer_body (first, NULL), fake_answer_body (again, NULL));
    assert_null (fake_answer_header (first, "Idempotent-Replay"));
    assert_string_equal (fake_answer_header (again, "Idempotent-Replay"), "true");
    fake_answer_destroy (&first);
    fake_answer_destroy (&again);
    json_decref (ask ((request_t){"POST", "/v1/contacts", channel, MAIL ",\"priority\":1}", .key = "k1"}, 409));
    /* another holder's key is another key */
    json_decref (ask ((request_t){"POST", "/v1/contacts", operator_, MAIL "}", .key = "k1"}, 202));
    assert_int_equal (fake_store_count ("b:{") > 0, 1);
    char key[KEY_SIZE];
    assert_int_equal (fake_store_size (key_open (key, shard_of ("acme", SHARDS_DEFAULT), "acme")), 2);
}

static void sent_twice_at_once (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_answer_t *answers[INTAKES];
    for (int i = 0; i < INTAKES; i++)
        answers[i] = begin ((request_t){"POST", "/v1/contacts", channel, MAIL "}", .key = "k2", .at = i});
    fake_advance (50);
    assert_string_equal (fake_answer_body (answers[0], NULL), fake_answer_body (answers[1], NULL));
    for (int i = 0; i < INTAKES; i++)
        json_decref (end (&answers[i], 202));
    assert_int_equal (fake_store_size (key_open (key, shard_of ("acme", SHARDS_DEFAULT), "acme")), 1);
}

/* A channel's own id of a message: no key is needed. */
static void message_twice (void **state)
{
    (void)state;
    json_t *first = ask ((request_t){"POST", "/v1/contacts", channel, MAIL ",\"message_id\":\"<1@x>\"}"}, 202);
    json_t *again = ask ((request_t){"POST", "/v1/contacts", channel, MAIL ",\"message_id\":\"<1@x>\"}"}, 202);
    expect_text (again, "disposition", "duplicate");
    expect_text (again, "contact", text_of (first, "contact"));
    json_decref (first);
    json_decref (again);
}

/* Two messages of one new thread at two intakes at once: one contact. */
static void one_thread_at_once (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_answer_t *answers[INTAKES];
    for (int i = 0; i < INTAKES; i++)
        answers[i] = begin ((request_t){"POST", "/v1/contacts", channel, MAIL ",\"thread\":\"t1\"}", .at = i});
    fake_advance (50);
    json_t *a = end (&answers[0], 202), *b = end (&answers[1], 202);
    expect_text (a, "contact", text_of (b, "contact"));
    assert_string_not_equal (text_of (a, "disposition"), text_of (b, "disposition"));
    json_decref (a);
    json_decref (b);
    assert_int_equal (fake_store_size (key_open (key, shard_of ("acme", SHARDS_DEFAULT), "acme")), 1);
    json_t *third = ask ((request_t){"POST", "/v1/contacts", channel, MAIL ",\"thread\":\"t1\"}"}, 202);
    expect_text (third, "disposition", "appended");
    json_decref (third);
}

static void close_it (const char *id)
{
    json_decref (act (ada, id, "{\"action\":\"accept\"}", 200));
    json_decref (act (ada, id, "{\"action\":\"resolve\",\"text\":\"done\"}", 200));
    fake_advance (3 * MS_PER_MINUTE); /* nobody closes it here: intake itself catches up */
}

/* A closed contact is continued by a new one, and its thread goes along. */
static void closed_is_continued (void **state)
{
    (void)state;
    char id[ID_SIZE];
    json_t *first = ask ((request_t){"POST", "/v1/contacts", channel, MAIL ",\"thread\":\"t2\"}"}, 202);
    word_copy (id, ID_SIZE, text_of (first, "contact"));
    json_decref (first);
    close_it (id);
    json_t *next = ask ((request_t){"POST", "/v1/contacts", channel, MAIL ",\"thread\":\"t2\"}"}, 202);
    expect_text (next, "disposition", "opened");
    json_t *view = ask ((request_t){"GET", below (text_of (next, "contact"), ""), operator_}, 200);
    expect_text (view, "continues", id);
    json_decref (view);
    /* said to the closed one by its id: it finds the one that continues it */
    json_t *more = ask ((request_t){"POST", below (id, "/messages"), channel, "{\"text\":\"again\"}"}, 202);
    expect_text (more, "disposition", "appended");
    expect_text (more, "contact", text_of (next, "contact"));
    json_decref (more);
    json_decref (next);
}

static void closed_without_thread (void **state)
{
    (void)state;
    char id[ID_SIZE];
    open_one (id);
    close_it (id);
    fake_answer_t *answers[INTAKES];
    for (int i = 0; i < INTAKES; i++)
        answers[i] = begin ((request_t){"POST", below (id, "/messages"), channel, "{\"text\":\"again\"}", .at = i});
    fake_advance (50);
    json_t *a = end (&answers[0], 202), *b = end (&answers[1], 202);
    expect_text (a, "contact", text_of (b, "contact"));
    assert_string_not_equal (text_of (a, "contact"), id);
    json_t *view = ask ((request_t){"GET", below (text_of (a, "contact"), ""), operator_}, 200);
    expect_text (view, "continues", id);
    expect_text (view, "customer", "joe@example.com");
    expect_text (view, "channel", "mail");
    json_decref (view);
    json_decref (a);
    json_decref (b);
}

/* One wins, the other is told who. */
static void accepted_twice (void **state)
{
    (void)state;
    char id[ID_SIZE];
    open_one (id);
    fake_answer_t *answers[INTAKES];
    for (int i = 0; i < INTAKES; i++)
        answers[i] =
            begin ((request_t){"POST", below (id, "/actions"), i ? ben : ada, "{\"action\":\"accept\"}", .at = i});
    fake_advance (50);
    bool first_won = fake_answer_status (answers[0]) == 200;
    json_t *won = end (&answers[!first_won], 200), *lost = end (&answers[first_won], 409);
    expect_text (won, "disposition", "done");
    expect_text (won, "accountable", first_won ? "ada" : "ben");
    expect_text (lost, "owner", first_won ? "ada" : "ben");
    expect_text (lost, "state", "owned");
    assert_true (*text_of (lost, "allowed") != '\0');
    json_decref (won);
    json_decref (lost);
}

static void acted_twice (void **state)
{
    (void)state;
    char id[ID_SIZE];
    open_one (id);
    json_decref (act (ada, id, "{\"action\":\"accept\"}", 200));
    request_t note = {"POST", below (id, "/actions"), ada, "{\"action\":\"note\",\"text\":\"x\"}", .key = "n"};
    fake_answer_t *a = begin (note);
    fake_advance (20);
    fake_answer_t *b = begin (note);
    fake_advance (20);
    assert_string_equal (fake_answer_body (a, NULL), fake_answer_body (b, NULL));
    assert_string_equal (fake_answer_header (b, "Idempotent-Replay"), "true");
    fake_answer_destroy (&a);
    fake_answer_destroy (&b);
    note.body = "{\"action\":\"note\",\"text\":\"y\"}";
    json_decref (ask (note, 409));
    json_t *view = ask ((request_t){"GET", below (id, ""), operator_}, 200);
    size_t notes = 0, i;
    json_t *event;
    json_array_foreach (json_object_get (view, "timeline"), i, event) notes +=
        strcmp (text_of (json_array_get (json_object_get (event, "facts"), 0), "fact"), "noted") == 0;
    assert_int_equal (notes, 1);
    json_decref (view);
}

static void presence (void **state)
{
    (void)state;
    json_t *here = ask ((request_t){"PUT", "/v1/people/ada/presence", ada}, 200);
    assert_true (json_is_true (json_object_get (here, "present")));
    assert_int_equal (json_integer_value (json_object_get (here, "epoch")), 1);
    json_decref (here);
    uint64_t commits = fake_store_commits ();
    json_decref (ask ((request_t){"PUT", "/v1/people/ada/presence", operator_}, 200));
    assert_int_equal (fake_store_commits (), commits + 1);
    char id[ID_SIZE];
    open_one (id);
    json_decref (act (ada, id, "{\"action\":\"accept\"}", 200));
    json_t *people = ask ((request_t){"GET", "/v1/people", operator_}, 200);
    const json_t *row = json_array_get (json_object_get (people, "people"), 1);
    expect_text (row, "person", "ada");
    assert_int_equal (json_integer_value (json_object_get (row, "load")), 10);
    assert_int_equal (json_integer_value (json_object_get (row, "capacity")), 100);
    assert_int_equal (json_integer_value (json_object_get (row, "contacts")), 1);
    json_decref (people);
    json_t *away = ask ((request_t){"DELETE", "/v1/people/ada/presence", ada}, 200);
    assert_true (json_is_false (json_object_get (away, "present")));
    assert_int_equal (json_integer_value (json_object_get (away, "epoch")), 2);
    json_decref (away);
}

/* Whoever accepts is here. */
static void accepting_makes_present (void **state)
{
    (void)state;
    char id[ID_SIZE], key[KEY_SIZE];
    open_one (id);
    json_decref (act (ben, id, "{\"action\":\"accept\"}", 200));
    int shard = shard_of ("acme", SHARDS_DEFAULT);
    assert_true (fake_store_score (key_due (key, shard, KIND_PERSON), "acme:ben") > fake_store_now ());
}

static void listed_in_pages (void **state)
{
    (void)state;
    char ids[7][ID_SIZE], path[128] = "/v1/contacts?limit=3";
    for (size_t i = 0; i < 7; i++)
        open_one (ids[i]);
    json_decref (act (ada, ids[2], "{\"action\":\"accept\"}", 200));
    size_t seen = 0, pages = 0;
    for (bool more = true; more; pages++) {
        json_t *page = ask ((request_t){"GET", path, operator_}, 200);
        seen += json_array_size (json_object_get (page, "contacts"));
        more = *text_of (page, "next") != '\0';
        snprintf (path, sizeof path, "/v1/contacts?limit=3&after=%s", text_of (page, "next"));
        json_decref (page);
    }
    assert_int_equal (seen, 7);
    assert_int_equal (pages, 3);
    json_t *owned = ask ((request_t){"GET", "/v1/contacts?owner=ada&state=owned&team=desk", operator_}, 200);
    assert_int_equal (json_array_size (json_object_get (owned, "contacts")), 1);
    json_decref (owned);
    json_t *none = ask ((request_t){"GET", "/v1/contacts?at_risk=1", operator_}, 200);
    assert_int_equal (json_array_size (json_object_get (none, "contacts")), 0);
    json_decref (none);
}

/* Follows `next` to the end; what the pages held, in all and in the first. */
static size_t timeline_of (const char *id, size_t *pages, size_t *in_first)
{
    char path[128];
    size_t entries = 0;
    snprintf (path, sizeof path, "%s", below (id, ""));
    for (*pages = 0; *path; ++*pages) {
        json_t *page = ask ((request_t){"GET", path, operator_}, 200);
        const json_t *timeline = json_object_get (page, "timeline");
        entries += json_array_size (timeline);
        if (*pages == 0)
            *in_first = entries;
        assert_true (json_is_string (json_object_get (page, "next")) || json_is_null (json_object_get (page, "next")));
        snprintf (path, sizeof path, "%s", text_of (page, "next"));
        json_decref (page);
    }
    return entries;
}

static void timeline_in_pages (void **state)
{
    (void)state;
    enum { PAGE = 1000 };
    char id[ID_SIZE];
    size_t pages, in_first;
    open_one (id);
    for (size_t i = 1; i < PAGE; i++)
        json_decref (ask ((request_t){"POST", below (id, "/messages"), channel, "{\"text\":\"x\"}"}, 202));
    assert_int_equal (timeline_of (id, &pages, &in_first), PAGE);
    assert_int_equal (pages, 1); /* just full: no empty page follows */
    json_decref (ask ((request_t){"POST", below (id, "/messages"), channel, "{\"text\":\"x\"}"}, 202));
    assert_int_equal (timeline_of (id, &pages, &in_first), PAGE + 1);
    assert_int_equal (pages, 2);
    assert_int_equal (in_first, PAGE);
}

/* A page of large messages ends early, so that no answer is larger than what a client reads. */
static void timeline_of_large_messages (void **state)
{
    (void)state;
    enum { MESSAGES = 6, TEXT = 1000 * 1000 };
    char id[ID_SIZE];
    size_t pages, in_first;
    char *body = calloc (1, TEXT + 16);
    memset (body, 'x', TEXT);
    memcpy (body, "{\"text\":\"", 9);
    memcpy (body + TEXT - 2, "\"}", 2);
    open_one (id);
    for (size_t i = 0; i < MESSAGES; i++)
        json_decref (ask ((request_t){"POST", below (id, "/messages"), channel, body}, 202));
    free (body);
    assert_int_equal (timeline_of (id, &pages, &in_first), MESSAGES + 1);
    assert_int_equal (in_first, 2);
    assert_int_equal (pages, MESSAGES);
}

static void events_in_order (void **state)
{
    (void)state;
    char id[ID_SIZE];
    open_one (id);
    json_decref (act (ada, id, "{\"action\":\"accept\"}", 200));
    json_t *page = ask ((request_t){"GET", "/v1/events?limit=1000", operator_}, 200);
    const json_t *events = json_object_get (page, "events");
    json_int_t newest = json_integer_value (json_object_get (page, "newest"));
    assert_true (json_array_size (events) >= 2);
    assert_int_equal (
        newest, json_integer_value (json_object_get (json_array_get (events, json_array_size (events) - 1), "number")));
    json_decref (page);
    char path[64];
    snprintf (path, sizeof path, "/v1/events?after=%lld", (long long)newest - 1);
    page = ask ((request_t){"GET", path, operator_}, 200);
    assert_int_equal (json_array_size (json_object_get (page, "events")), 1);
    json_decref (page);
}

static void on_dropped (void *arg, const store_values_t *values)
{
    (void)arg;
    assert_false (values->away || values->wrong_type);
}

/* Numbers stay dense for subscribers: what was forgotten is an empty event, page by page; what is older than kept is gone. */
static void events_forgotten (void **state)
{
    (void)state;
    enum { PAGE = 2 };
    char id[ID_SIZE], key[KEY_SIZE], path[64];
    for (int i = 0; i < 8; i++)
        open_one (id);
    key_events (key, store_shard (store, "acme"), "acme");
    json_t *page = ask ((request_t){"GET", "/v1/events?limit=1000", operator_}, 200);
    uint64_t newest = (uint64_t)json_integer_value (json_object_get (page, "newest"));
    json_decref (page);
    assert_true (newest >= 7);
    const uint64_t gone[] = {1, 3, 4, newest - 1};
    store_drop_events (store, key, gone, 4, on_dropped, NULL);
    fake_run ();
    for (uint64_t after = 0; after < newest;) {
        snprintf (path, sizeof path, "/v1/events?after=%llu&limit=%d", (unsigned long long)after, PAGE);
        page = ask ((request_t){"GET", path, operator_}, 200);
        assert_int_equal (json_integer_value (json_object_get (page, "oldest_kept")), 2);
        const json_t *events = json_object_get (page, "events");
        assert_in_range (json_array_size (events), 1, PAGE);
        for (size_t i = 0; i < json_array_size (events); i++) {
            const json_t *event = json_array_get (events, i);
            uint64_t number = (uint64_t)json_integer_value (json_object_get (event, "number"));
            assert_int_equal (number, after ? after + 1 : 2);
            after = number;
            const char *fact =
                json_string_value (json_object_get (json_array_get (json_object_get (event, "facts"), 0), "fact"));
            bool forgotten = number == 3 || number == 4 || number == newest - 1;
            assert_int_equal (forgotten, strcmp (fact, "forgotten") == 0);
            assert_true (!forgotten || !json_object_get (event, "contact"));
        }
        json_decref (page);
    }
}

/* ----------------------------------------------------------- store's faults */

/* f21: nothing is acknowledged before it is durable. */
static void f21_delivered_upstream_nothing_here (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_store_fault (FAKE_STORE_REFUSE, 1);
    fake_answer_t *answer = begin ((request_t){"POST", "/v1/contacts", channel, MAIL "}"});
    fake_advance (2000);
    assert_int_equal (fake_store_size (key_open (key, shard_of ("acme", SHARDS_DEFAULT), "acme")), 0);
    assert_int_equal (fake_answer_status (answer), GUARD ("f21") ? 503 : 202);
    if (GUARD ("f21"))
        assert_string_equal (fake_answer_header (answer, "Retry-After"), "1");
    fake_answer_destroy (&answer);
}

static void f21_fails_without_its_guard (void **state)
{
    guard_off = "f21";
    f21_delivered_upstream_nothing_here (state);
    guard_off = NULL;
}

static void answer_lost (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_store_fault (FAKE_STORE_RESENT, 1);
    json_t *receipt = ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}", .key = "k3"}, 202);
    json_t *again = ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}", .key = "k3"}, 202);
    expect_text (again, "contact", text_of (receipt, "contact"));
    assert_int_equal (fake_store_size (key_open (key, shard_of ("acme", SHARDS_DEFAULT), "acme")), 1);
    json_decref (receipt);
    json_decref (again);
}

static void outcome_unknown (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_store_fault (FAKE_STORE_UNKNOWN, 1);
    fake_answer_t *answer = begin ((request_t){"POST", "/v1/contacts", channel, MAIL "}", .key = "k4"});
    fake_advance (1000);
    json_decref (end (&answer, 503));
    json_decref (ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}", .key = "k4"}, 202));
    assert_int_equal (fake_store_size (key_open (key, shard_of ("acme", SHARDS_DEFAULT), "acme")), 1);
}

static void store_away (void **state)
{
    (void)state;
    json_decref (ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 202)); /* the token is known now */
    fake_store_fault (FAKE_STORE_AWAY, 1);
    const request_t requests[] = {
        {"POST", "/v1/contacts", channel, MAIL "}"},
        {"POST", "/v1/contacts", channel, MAIL ",\"thread\":\"t\"}"},
        {"POST", "/v1/contacts/00000000000000000000000000/actions", ada, "{\"action\":\"accept\"}"},
        {"GET", "/v1/contacts", operator_},
        {"GET", "/v1/people", operator_},
        {"GET", "/v1/events", operator_},
        {"PUT", "/v1/people/ada/presence", operator_},
        {"GET", "/readyz"}};
    enum { N = sizeof requests / sizeof *requests };
    fake_answer_t *answers[N];
    for (size_t i = 0; i < N; i++)
        answers[i] = begin (requests[i]);
    fake_advance (1000);
    for (size_t i = 0; i < N; i++) {
        if (fake_answer_status (answers[i]) != 503)
            fail_msg ("%zu: %d", i, fake_answer_status (answers[i]));
        assert_string_equal (fake_answer_header (answers[i], "Retry-After"), "1");
        json_decref (end (&answers[i], 503));
    }
    json_decref (ask ((request_t){"GET", "/healthz"}, 200));
    fake_store_fault (FAKE_STORE_AWAY, 0);
    fake_advance (2000);
    json_decref (ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 202));
    json_decref (ask ((request_t){"GET", "/readyz"}, 200));
}

static void memory_near_the_limit (void **state)
{
    (void)state;
    char id[ID_SIZE];
    open_one (id);
    fake_store_memory (0.85);
    fake_advance (2000);
    json_t *problem = ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 503);
    expect_text (problem, "code", "store-full");
    json_decref (problem);
    json_decref (act (ada, id, "{\"action\":\"accept\"}", 200));
    fake_store_memory (1); /* used up: nothing is taken any more, and it says so at once; what is there is shown */
    fake_advance (2000);
    wall_ms_t before = fake_wall ();
    json_t *full[] = {ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 503),
                      act (ada, id, "{\"action\":\"note\",\"text\":\"x\"}", 503),
                      ask ((request_t){"PUT", "/v1/people/ada/presence", ada}, 503),
                      ask ((request_t){"GET", "/readyz"}, 503)};
    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        expect_text (full[i], "code", "store-full");
        expect_text (full[i], "detail", "redis is out of memory: give it more");
        json_decref (full[i]);
    }
    assert_in_range (fake_wall () - before, 0, 500);
    json_decref (ask ((request_t){"GET", "/v1/contacts", ada}, 200));
    fake_store_memory (0.5);
    fake_advance (2000);
    json_decref (ask ((request_t){"POST", "/v1/contacts", channel, MAIL "}"}, 202));
}

/* ----------------------------------------------------------------- tokens */

static void on_revoked (void *arg, bool away, bool found)
{
    (void)arg;
    assert_false (away);
    assert_true (found);
}

static void revoked (void **state)
{
    (void)state;
    json_decref (ask ((request_t){"GET", "/v1/people", ada}, 200));
    tokens_revoke (store, ada, on_revoked, NULL);
    fake_advance (TOKENS_CACHE_MS + 10);
    json_decref (ask ((request_t){"GET", "/v1/people", ada}, 401));
}

static void on_listed (void *arg, bool away, const token_info_t *info)
{
    size_t *n = arg;
    assert_false (away);
    *n += info != NULL;
}

static void tokens_listed (void **state)
{
    (void)state;
    size_t n = 0, others = 0;
    tokens_list (store, "acme", on_listed, &n);
    tokens_list (store, "other", on_listed, &others);
    fake_advance (10);
    assert_int_equal (n, 4);
    assert_int_equal (others, 0);
}

/* ------------------------------------------------------------------ links */

static void sign (const char *id, const char *person, wall_ms_t expires, char path[LINK_TOKEN_SIZE + 4])
{
    link_claim_t claim = {.action = BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT, .expires = expires};
    WORD_COPY (claim.workspace, "acme");
    WORD_COPY (claim.contact, id);
    WORD_COPY (claim.person, person);
    char token[LINK_TOKEN_SIZE];
    link_sign (&claim, workspaces_policy (services[0].workspaces, "acme")->link_key, token);
    snprintf (path, LINK_TOKEN_SIZE + 4, "/l/%s", token);
}

static void page (const char *method, const char *path, int status, const char *words)
{
    fake_answer_t *answer = begin ((request_t){method, path});
    fake_advance (20);
    const char *body = fake_answer_body (answer, NULL);
    if (fake_answer_status (answer) != status || !strstr (body, words))
        fail_msg ("%s: %d %s", path, fake_answer_status (answer), body);
    assert_string_equal (fake_answer_header (answer, "Content-Type"), "text/html; charset=utf-8");
    assert_non_null (strstr (fake_answer_header (answer, "Content-Security-Policy"), "default-src 'none'"));
    fake_answer_destroy (&answer);
}

/* A console may stand far below its host: half of its address would lead nowhere. */
static void a_long_way_on (void **state)
{
    (void)state;
    const char *id = "01K00000000000000000000000";
    char console[2 * ADDRESS_SIZE] = "https://console.example/", end[64];
    memset (console + strlen (console), 'd', ADDRESS_SIZE);
    snprintf (end, sizeof end, "ddd/#/contact/%s\">", id);
    const refusal_t refusal = refusal_of (REFUSE_NOT_YOU, "no");
    char *html = page_of_refusal (&(page_place_t){.console = console}, id, &refusal);
    assert_non_null (strstr (html, end));
    free (html);
}

static void one_click (void **state)
{
    (void)state;
    char id[ID_SIZE], link[LINK_TOKEN_SIZE + 4], way_on[128];
    json_t *receipt = ask ((request_t){"POST", "/v1/contacts", channel,
                                       "{\"channel\":\"mail\",\"text\":\"x\",\"subject\":\"<b>card</b>\"}"},
                           202);
    word_copy (id, ID_SIZE, text_of (receipt, "contact"));
    json_decref (receipt);
    sign (id, "ada", fake_store_now () + 1000, link);
    page ("GET", link, 200, "&lt;b&gt;card&lt;/b&gt;");
    page ("GET", link, 200, "<dt>Promised by</dt><dd>");
    page ("GET", link, 200, " CET</dd>"); /* as the mail that it stood in */
    json_t *view = ask ((request_t){"GET", below (id, ""), operator_}, 200);
    expect_text (view, "state", "received"); /* a scanner that opens links accepts nothing */
    json_decref (view);
    page ("POST", link, 200, "Done");
    page ("POST", link, 200, "<dt>first response by</dt><dd>");
    page ("POST", link, 200, " CET</dd>");
    snprintf (way_on, sizeof way_on, "<a href=\"https://console.example/#/contact/%s\">", id);
    page ("POST", link, 200, way_on);
    sign (id, "ben", fake_store_now () + 1000, link);
    page ("POST", link, 409, "ada");
    page ("POST", link, 409, way_on);
    fake_advance (1000);
    page ("GET", link, 410, "expired");
    page ("POST", "/l/nonsense", 404, "not one of ours");
    link[strlen (link) - 3] = link[strlen (link) - 3] == 'A' ? 'B' : 'A';
    page ("POST", link, 404, "not one of ours");
}

/* ----------------------------------------------------------------- ZeroMQ */

static envelope_t *heard;

static void on_answer (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    (void)arg;
    (void)peer;
    if (heard)
        buckstop__v1__envelope__free_unpacked (heard, NULL);
    heard = buckstop__v1__envelope__unpack (NULL, size, bytes);
    assert_non_null (heard);
}

static void say (bus_t *bus, envelope_kind_t kind, void *body, envelope_kind_t expect)
{
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT;
    envelope.body_case = kind;
    envelope.submit = body;
    envelope.trace = "t";
    size_t size;
    uint8_t *bytes = wire_pack (&envelope, &size);
    bus_request (bus, bytes, size);
    free (bytes);
    fake_advance (50);
    assert_non_null (heard);
    if (heard->body_case != expect)
        fail_msg ("body %d: %s", heard->body_case,
                  heard->body_case == BUCKSTOP__V1__ENVELOPE__BODY_REFUSAL ? heard->refusal->detail : "");
    assert_string_equal (heard->trace, "t");
}

static void over_the_bus (void **state)
{
    (void)state;
    bus_t *bus = bus_new (loop);
    assert_int_equal (bus_connect (bus, BUS_SUBMIT, "intake-0", on_answer, NULL), 0);
    Buckstop__V1__Submit submit = BUCKSTOP__V1__SUBMIT__INIT;
    submit.token = channel;
    submit.channel = "mail";
    submit.text = "hello";
    submit.idempotency_key = "z1";
    say (bus, BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT, &submit, BUCKSTOP__V1__ENVELOPE__BODY_RECEIPT);
    char id[ID_SIZE];
    word_copy (id, ID_SIZE, heard->receipt->contact);
    assert_string_equal (heard->receipt->accountable, "lea");
    say (bus, BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT, &submit, BUCKSTOP__V1__ENVELOPE__BODY_RECEIPT);
    assert_string_equal (heard->receipt->contact, id);
    /* the other door has the same lock */
    json_t *same = ask (
        (request_t){"POST", "/v1/contacts", channel, "{\"channel\":\"mail\",\"text\":\"hello\"}", .key = "z1"}, 202);
    expect_text (same, "contact", id);
    json_decref (same);
    submit.text = "other";
    say (bus, BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT, &submit, BUCKSTOP__V1__ENVELOPE__BODY_REFUSAL);
    assert_int_equal (heard->refusal->status, 409);
    submit.token = ada;
    say (bus, BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT, &submit, BUCKSTOP__V1__ENVELOPE__BODY_REFUSAL);
    assert_int_equal (heard->refusal->status, 403);
    Buckstop__V1__Action action = BUCKSTOP__V1__ACTION__INIT;
    action.token = ada;
    action.contact = id;
    action.kind = BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT;
    say (bus, BUCKSTOP__V1__ENVELOPE__BODY_ACTION, &action, BUCKSTOP__V1__ENVELOPE__BODY_RECEIPT);
    assert_string_equal (heard->receipt->accountable, "ada");
    Buckstop__V1__EventsAsk range = BUCKSTOP__V1__EVENTS_ASK__INIT;
    range.token = operator_;
    say (bus, BUCKSTOP__V1__ENVELOPE__BODY_EVENTS_ASK, &range, BUCKSTOP__V1__ENVELOPE__BODY_EVENTS_PAGE);
    assert_true (heard->events_page->n_events >= 2);
    assert_int_equal (heard->events_page->events[heard->events_page->n_events - 1]->number, heard->events_page->newest);
    Buckstop__V1__Due due = BUCKSTOP__V1__DUE__INIT;
    envelope_t wrong = BUCKSTOP__V1__ENVELOPE__INIT;
    wrong.body_case = BUCKSTOP__V1__ENVELOPE__BODY_DUE;
    wrong.due = &due;
    size_t size;
    uint8_t *bytes = wire_pack (&wrong, &size);
    bus_request (bus, bytes, size);
    free (bytes);
    fake_advance (50);
    assert_int_equal (heard->body_case, BUCKSTOP__V1__ENVELOPE__BODY_REFUSAL);
    assert_int_equal (heard->refusal->status, 400);
    buckstop__v1__envelope__free_unpacked (heard, NULL);
    heard = NULL;
    bus_destroy (&bus);
}

static void as_protobuf (void **state)
{
    (void)state;
    Buckstop__V1__Submit submit = BUCKSTOP__V1__SUBMIT__INIT;
    submit.channel = "mail";
    submit.text = "hello";
    uint8_t bytes[64];
    size_t size = buckstop__v1__submit__pack (&submit, bytes), got;
    char token[128];
    snprintf (token, sizeof token, "Authorization: Bearer %s", channel);
    const char *headers[] = {token, "Content-Type: application/x-protobuf", "Accept: application/x-protobuf", NULL};
    fake_answer_t *answer = fake_http_request ("intake-0", "POST", "/v1/contacts", headers, bytes, size);
    fake_advance (20);
    assert_int_equal (fake_answer_status (answer), 202);
    assert_string_equal (fake_answer_header (answer, "Content-Type"), "application/x-protobuf");
    const char *body = fake_answer_body (answer, &got);
    Buckstop__V1__Receipt *receipt = buckstop__v1__receipt__unpack (NULL, got, (const uint8_t *)body);
    assert_non_null (receipt);
    assert_string_equal (receipt->accountable, "lea");
    buckstop__v1__receipt__free_unpacked (receipt, NULL);
    fake_answer_destroy (&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int main (void)
{
    const struct CMUnitTest tests[] = {
        TEST (opened),
        TEST (no_way_back),
        TEST (accepted_while_it_waits),
        TEST (refused_at_the_door),
        TEST (refused_submissions),
        TEST (refused_about_a_contact),
        TEST (refused_presence_and_questions),
        TEST (sent_twice),
        TEST (sent_twice_at_once),
        TEST (message_twice),
        TEST (one_thread_at_once),
        TEST (closed_is_continued),
        TEST (closed_without_thread),
        TEST (accepted_twice),
        TEST (acted_twice),
        TEST (presence),
        TEST (accepting_makes_present),
        TEST (listed_in_pages),
        TEST (timeline_in_pages),
        TEST (timeline_of_large_messages),
        TEST (events_in_order),
        TEST (events_forgotten),
        TEST (f21_delivered_upstream_nothing_here),
        TEST (f21_fails_without_its_guard),
        TEST (answer_lost),
        TEST (outcome_unknown),
        TEST (store_away),
        TEST (memory_near_the_limit),
        TEST (revoked),
        TEST (tokens_listed),
        TEST (a_long_way_on),
        TEST (one_click),
        TEST (over_the_bus),
        TEST (as_protobuf),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
