/* test_intake_accept.c - who accepts, and what that says of their presence: on the real intake and the fakes. */
#include "ids.h"
#include "words.h"

#include <jansson.h>

#include "intake_world.h"

static const char policy_text[] = "workspace: acme\n"
                                  "last_resort: lea\n"
                                  "channels:\n"
                                  "  chat: { weight: 10, offer: 15m, answer: spoken }\n"
                                  "people:\n"
                                  "  ada: { name: Ada }\n"
                                  "  ben: { name: Ben }\n"
                                  "  lea: { name: Lea }\n"
                                  "settings: { presence: 5m }\n";

static int set_up (void **state)
{
    (void)state;
    world_open (7);
    world_policy (policy_text);
    world_operator ("acme");
    world_start (NULL);
    return 0;
}

/* The answer's body is kept until the next call. */
static json_t *ask (const char *method, const char *path, const char *key, const char *body, int status)
{
    static json_t *kept;
    char token[128], idempotency[64];
    const char *headers[] = {token, "Content-Type: application/json", *key ? idempotency : NULL, NULL};
    snprintf (token, sizeof token, "Authorization: Bearer %s", operator_);
    snprintf (idempotency, sizeof idempotency, "Idempotency-Key: %s", key);
    fake_answer_t *answer = fake_http_request ("intake", method, path, headers, body, strlen (body));
    fake_advance (20);
    size_t size;
    const char *text = fake_answer_body (answer, &size);
    if (fake_answer_status (answer) != status)
        fail_msg ("%s %s %s: %d: %s", method, path, body, fake_answer_status (answer), text);
    json_decref (kept);
    kept = json_loadb (text, size, 0, NULL);
    fake_answer_destroy (&answer);
    return kept;
}

static const char *word (const json_t *object, const char *name)
{
    return json_string_value (json_object_get (object, name));
}

static void open_contact (char id[ID_SIZE])
{
    const json_t *receipt = ask ("POST", "/v1/contacts", "", "{\"channel\": \"chat\", \"text\": \"Hello\"}", 202);
    word_copy (id, ID_SIZE, word (receipt, "contact"));
}

static json_t *act (const char *contact, const char *person, const char *action, const char *key, int status)
{
    char path[80], body[120];
    snprintf (path, sizeof path, "/v1/contacts/%s/actions", contact);
    snprintf (body, sizeof body, "{\"action\": \"%s\", \"person\": \"%s\"}", action, person);
    return ask ("POST", path, key, body, status);
}

static bool is_present (const char *person)
{
    size_t index;
    json_t *row, *people = json_object_get (ask ("GET", "/v1/people", "", "", 200), "people");
    json_array_foreach (people, index, row)
    {
        if (strcmp (word (row, "person"), person) == 0)
            return json_is_true (json_object_get (row, "present"));
    }
    fail_msg ("%s is not listed", person);
    return false;
}

/* ------------------------------------------------------------------------ the tests */

static void who_accepts_is_here (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    open_contact (contact);
    assert_false (is_present ("ada"));
    act (contact, "ada", "accept", "", 200);
    assert_true (is_present ("ada"));
}

/* Somebody else has it: whoever came too late is where they were, never here before or gone since. */
static void who_is_refused_is_where_they_were (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    open_contact (contact);
    act (contact, "ada", "accept", "", 200);
    act (contact, "ben", "accept", "", 409);
    assert_false (is_present ("ben"));
    ask ("PUT", "/v1/people/ben/presence", "", "", 200);
    ask ("DELETE", "/v1/people/ben/presence", "", "", 200);
    act (contact, "ben", "accept", "", 409);
    assert_false (is_present ("ben"));
    act (contact, "ada", "resolve", "", 200);
    act (contact, "ben", "accept", "", 409);
    assert_false (is_present ("ben"));
}

static void who_was_late_reads_who_has_it_since_when (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    open_contact (contact);
    act (contact, "ada", "accept", "", 200);
    const json_t *problem = act (contact, "ben", "accept", "", 409);
    assert_string_equal (word (problem, "code"), "not-yours");
    assert_string_equal (word (problem, "owner"), "ada");
    const char *detail = word (problem, "detail");
    if (strncmp (detail, "ada has accepted it, at 20", 26) != 0)
        fail_msg ("%s", detail);
}

static size_t timeline_length (const char *contact)
{
    char path[80];
    snprintf (path, sizeof path, "/v1/contacts/%s", contact);
    return json_array_size (json_object_get (ask ("GET", path, "", "", 200), "timeline"));
}

/* It is theirs already: that is what they wanted. A key that it came with counts as for anything that was done. */
static void whoever_has_it_may_say_so_again (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    open_contact (contact);
    act (contact, "ada", "accept", "one", 200);
    size_t length = timeline_length (contact);
    const json_t *receipt = act (contact, "ada", "accept", "two", 200);
    assert_string_equal (word (receipt, "state"), "owned");
    assert_string_equal (word (receipt, "accountable"), "ada");
    assert_int_equal (timeline_length (contact), length);
    act (contact, "ada", "decline", "three", 200);
    assert_string_equal (word (act (contact, "ada", "accept", "two", 200), "state"), "owned"); /* as it was answered */
    assert_true (timeline_length (contact) == length + 1);
    assert_string_equal (word (act (contact, "ben", "accept", "four", 200), "accountable"), "ben");
}

/* They went away, and what they held is on its way back: it is no more theirs, and not yet anybody's. */
static void what_went_back_is_not_theirs (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    open_contact (contact);
    act (contact, "ada", "accept", "", 200);
    ask ("DELETE", "/v1/people/ada/presence", "", "", 200);
    const json_t *problem = act (contact, "ada", "accept", "", 409);
    assert_string_equal (word (problem, "code"), "overtaken");
    if (!strstr (word (problem, "detail"), "on its way back"))
        fail_msg ("%s", word (problem, "detail"));
    assert_false (is_present ("ada"));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (who_accepts_is_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown (who_is_refused_is_where_they_were, set_up, tear_down),
        cmocka_unit_test_setup_teardown (who_was_late_reads_who_has_it_since_when, set_up, tear_down),
        cmocka_unit_test_setup_teardown (whoever_has_it_may_say_so_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown (what_went_back_is_not_theirs, set_up, tear_down),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
