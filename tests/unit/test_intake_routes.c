/* test_intake_routes.c - paths, scopes, problem documents, and that requests sent twice are told apart. */
#include "ask.h"
#include "views.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void paths (void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        route_outcome_t expect;
        const char *said; /* id when found, else the Allow header */
    } rows[] = {
        {"POST", "/v1/contacts", ROUTE_FOUND, ""},
        {"GET", "/v1/contacts", ROUTE_FOUND, ""},
        {"PUT", "/v1/contacts", ROUTE_NO_METHOD, "POST, GET"},
        {"GET", "/v1/contacts/", ROUTE_NO_PATH, ""},
        {"GET", "/v1/contacts/X", ROUTE_FOUND, "X"},
        {"POST", "/v1/contacts/X", ROUTE_NO_METHOD, "GET"},
        {"GET", "/v1/contacts/X/", ROUTE_NO_PATH, ""},
        {"POST", "/v1/contacts/X/messages", ROUTE_FOUND, "X"},
        {"POST", "/v1/contacts//messages", ROUTE_NO_PATH, ""},
        {"GET", "/v1/contacts/X/actions", ROUTE_NO_METHOD, "POST"},
        {"POST", "/v1/contacts/X/Y/actions", ROUTE_NO_PATH, ""},
        {"PUT", "/v1/people/ada/presence", ROUTE_FOUND, "ada"},
        {"GET", "/v1/people/ada/presence", ROUTE_NO_METHOD, "PUT, DELETE"},
        {"GET", "/v1/people", ROUTE_FOUND, ""},
        {"GET", "/v1/events", ROUTE_FOUND, ""},
        {"POST", "/l/abc.def", ROUTE_FOUND, "abc.def"},
        {"DELETE", "/l/abc", ROUTE_NO_METHOD, "GET, POST"},
        {"GET", "/healthz", ROUTE_FOUND, ""},
        {"POST", "/readyz", ROUTE_NO_METHOD, "GET"},
        {"GET", "/", ROUTE_NO_PATH, ""},
        {"GET", "", ROUTE_NO_PATH, ""},
        {"GET", "/v2/contacts", ROUTE_NO_PATH, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const route_t *route = NULL;
        char id[ROUTE_ID_SIZE], allow[ROUTE_ALLOW_SIZE];
        route_outcome_t got = route_find (rows[i].method, rows[i].path, &route, id, allow);
        if (got != rows[i].expect)
            fail_msg ("%s %s: %d", rows[i].method, rows[i].path, got);
        assert_string_equal (got == ROUTE_FOUND ? id : allow, rows[i].said);
    }
}

static void long_ids_are_no_path (void **state)
{
    (void)state;
    char path[ROUTE_ID_SIZE + 32], id[ROUTE_ID_SIZE], allow[ROUTE_ALLOW_SIZE];
    const route_t *route;
    snprintf (path, sizeof path, "/l/%0*d", ROUTE_ID_SIZE - 1, 0);
    assert_int_equal (route_find ("GET", path, &route, id, allow), ROUTE_FOUND);
    snprintf (path, sizeof path, "/l/%0*d", ROUTE_ID_SIZE, 0);
    assert_int_equal (route_find ("GET", path, &route, id, allow), ROUTE_NO_PATH);
}

/* channels submit, people act and read, operators do everything */
static void scopes (void **state)
{
    (void)state;
    for (size_t i = 0; route_row (i); i++) {
        const route_t *row = route_row (i);
        if (row->scopes == FOR_ANYBODY)
            continue;
        bool submits = strcmp (row->method, "POST") == 0 && !strstr (row->path, "actions");
        assert_true (row->scopes & SCOPE_BIT (SCOPE_OPERATOR));
        assert_int_equal (!!(row->scopes & SCOPE_BIT (SCOPE_CHANNEL)), submits);
        assert_int_equal (!!(row->scopes & SCOPE_BIT (SCOPE_PERSON)), !submits);
        assert_false (row->scopes & SCOPE_BIT (SCOPE_NONE));
    }
    char text[48];
    assert_string_equal (scopes_name (FOR_CHANNELS, text, sizeof text), "channel or operator");
}

/* The block of a path, up to the next path; false: it has none of that method. */
static bool described (const char *text, const route_t *row)
{
    char head[96], method[16];
    const char *hole = strstr (row->path, "{}");
    if (hole)
        snprintf (head, sizeof head, "\n  %.*s{%s}%s:\n", (int)(hole - row->path), row->path,
                  strncmp (row->path, "/l/", 3) == 0 ? "token" : "id", hole + 2);
    else
        snprintf (head, sizeof head, "\n  %s:\n", row->path);
    const char *block = strstr (text, head);
    if (!block)
        return false;
    const char *next = strstr (block + 1, "\n  /");
    snprintf (method, sizeof method, "\n    %s:\n", row->method);
    for (char *c = method; *c; c++)
        *c = (char)tolower ((unsigned char)*c);
    const char *at = strstr (block, method);
    return at && (!next || at < next);
}

static void every_path_is_in_openapi (void **state)
{
    (void)state;
    static char text[128 * 1024];
    FILE *file = fopen (TESTS_DIR "/../proto/openapi.yaml", "r");
    assert_non_null (file);
    text[fread (text, 1, sizeof text - 1, file)] = '\0';
    fclose (file);
    size_t paths_n = 0, methods = 0;
    for (; route_row (methods); methods++)
        if (!described (text, route_row (methods)))
            fail_msg ("%s %s is not in openapi.yaml", route_row (methods)->method, route_row (methods)->path);
    for (const char *at = text; (at = strstr (at, "operationId:")); at++)
        paths_n++;
    assert_int_equal (paths_n, methods);
}

static void problems (void **state)
{
    (void)state;
    for (refusal_kind_t kind = REFUSE_MALFORMED; kind < REFUSE_KINDS; kind++) {
        const problem_t *row = &refusal_row (kind)->problem;
        if (!row->code || row->status < 400 || row->status > 503 || !*row->title || !*row->hint)
            fail_msg ("row %d says too little", kind);
        assert_int_equal (row->status == 503 || row->status == 429, refusal_row (kind)->retry_after_s != 0);
        for (refusal_kind_t other = REFUSE_MALFORMED; other < kind; other++)
            assert_string_not_equal (row->code, refusal_row (other)->problem.code);
    }
    refusal_t refusal = refusal_of (REFUSE_NO_STATE, "'%s' is \"not\" possible", "accept");
    contact_t contact = {
        .state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED, .owner = "ada", .accountable = "ada"};
    refusal_about (&refusal, &contact, "ada");
    json_t *value = refusal_json (&refusal);
    assert_non_null (value);
    assert_string_equal (json_string_value (json_object_get (value, "type")), "urn:buckstop:problem:not-in-this-state");
    assert_int_equal (json_integer_value (json_object_get (value, "status")), 409);
    assert_string_equal (json_string_value (json_object_get (value, "detail")), "'accept' is \"not\" possible");
    assert_string_equal (json_string_value (json_object_get (value, "state")), "owned");
    assert_string_equal (json_string_value (json_object_get (value, "owner")), "ada");
    assert_non_null (strstr (json_string_value (json_object_get (value, "allowed")), "reply"));
    json_decref (value);
    refusal_about (&refusal, &contact, "ben");
    value = refusal_json (&refusal);
    assert_string_equal (json_string_value (json_object_get (value, "allowed")), "note, acknowledge");
    json_decref (value);
}

/* -------------------------------------------------------------------- once */

static once_t once_of (const char *workspace, const char *holder, const char *key, const char *text)
{
    once_t once;
    once_scope_t scope = {3, workspace, "channel", holder};
    Buckstop__V1__Submit submit = BUCKSTOP__V1__SUBMIT__INIT;
    static const uint8_t random[EVENT_ID_SIZE] = {1, 2, 3};
    submit.text = (char *)text;
    once_set (&once, &scope, key, "mail", "m1", &submit.base, random);
    return once;
}

static void keys_are_told_apart (void **state)
{
    (void)state;
    once_t one = once_of ("w", "h", "k", "a"), again = once_of ("w", "h", "k", "b"), none = once_of ("w", "h", "", "a");
    assert_string_equal (one.key, again.key);
    assert_true (event_id_equal (one.event, again.event));
    assert_string_not_equal (one.body, again.body);
    assert_string_not_equal (one.key, once_of ("w", "h", "l", "a").key);
    assert_string_not_equal (one.key, once_of ("w", "i", "k", "a").key);
    assert_string_not_equal (one.key, once_of ("v", "h", "k", "a").key);
    assert_string_equal (none.key, "");
    assert_int_equal (none.event.bytes[1], 2);
    assert_string_equal (one.message, once_of ("w", "other", "k", "a").message);
}

/* What a commit wrote is what the next one finds. */
static void found_again (void **state)
{
    (void)state;
    once_t once = once_of ("w", "h", "k", "a"), other = once_of ("w", "h", "k", "b");
    contact_t contact = {.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV", .accountable = "lea", .promises_n = 2};
    contact.promises[0] = (promise_t){.kind = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE,
                                      .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING,
                                      .due = 1772442000000};
    contact.promises[1] = (promise_t){.kind = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_RESOLUTION,
                                      .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN};
    receipt_t receipt = receipt_of (&contact, 7, BUCKSTOP__V1__DISPOSITION__DISPOSITION_OPENED), found;
    assert_int_equal (receipt.promises_n, 1);
    commit_t *commit = commit_new (3);
    once_write (&once, commit, &receipt);
    assert_int_equal (commit_size (commit), 4);
    assert_int_equal (commit_op (commit, once.key_op).op, OP_FREE);
    assert_int_equal (commit_op (commit, once.message_op).op, OP_FREE);
    commit_arg_t value = commit_op (commit, once.key_op + 1).args[1];

    commit_answer_t answer = {.outcome = COMMIT_REFUSED,
                              .failed = once.key_op,
                              .failed_op = OP_FREE,
                              .found = value.bytes,
                              .found_size = value.size};
    assert_int_equal (once_refused (&once, &answer, &found), ONCE_SAME);
    assert_string_equal (found.contact, contact.id);
    assert_int_equal (found.version, 7);
    assert_int_equal (found.promises[0].due, 1772442000000);
    size_t size;
    char *a = value_dump (receipt_json (&receipt), &size), *b = value_dump (receipt_json (&found), &size);
    assert_string_equal (a, b);
    free (a);
    free (b);

    other.key_op = once.key_op;
    assert_int_equal (once_refused (&other, &answer, &found), ONCE_REUSED);
    answer.failed = once.message_op;
    assert_int_equal (once_refused (&once, &answer, &found), ONCE_DUPLICATE);
    assert_int_equal (found.disposition, BUCKSTOP__V1__DISPOSITION__DISPOSITION_DUPLICATE);
    answer.failed = 99;
    assert_int_equal (once_refused (&once, &answer, &found), ONCE_NEW);
    answer = (commit_answer_t){.failed = once.key_op, .failed_op = OP_FREE, .found = "short", .found_size = 5};
    assert_int_equal (once_refused (&once, &answer, &found), ONCE_NEW);
    assert_int_equal (once_stored (&once, NULL, 0, &found), ONCE_NEW);
    commit_destroy (&commit);
}

/* ------------------------------------------------------------------- views */

static void at_risk (void **state)
{
    (void)state;
    contact_t contact = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED, .promises_n = 1};
    promise_t *promise = &contact.promises[0];
    *promise = (promise_t){.kind = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE,
                           .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING,
                           .due = 1000,
                           .duration_ms = 500};
    assert_false (contact_at_risk (&contact, 900));
    assert_true (contact_at_risk (&contact, 901));
    promise->paused = true;
    assert_false (contact_at_risk (&contact, 901));
    promise->state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN;
    assert_true (contact_at_risk (&contact, 0));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (paths),
        cmocka_unit_test (long_ids_are_no_path),
        cmocka_unit_test (scopes),
        cmocka_unit_test (problems),
        cmocka_unit_test (every_path_is_in_openapi),
        cmocka_unit_test (keys_are_told_apart),
        cmocka_unit_test (found_again),
        cmocka_unit_test (at_risk),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
