/* test_intake_find.c - where a submission belongs, by what it names: rows of a table, on the real intake and the fakes. */
#include "ask.h"

#include "ids.h"
#include "words.h"

#include "intake_world.h"

static const char policy_text[] = "workspace: acme\n"
                                  "last_resort: lea\n"
                                  "channels:\n"
                                  "  mail: { weight: 10, offer: 15m, answer: mail }\n"
                                  "  phone: { weight: 10, live: true, offer: 15s, answer: spoken }\n"
                                  "people:\n"
                                  "  lea: { name: Lea }\n"
                                  "settings: { reopen: 2m, retain: 10m }\n";

static int set_up (void **state)
{
    (void)state;
    world_open (7);
    world_policy (policy_text);
    world_operator ("acme");
    world_start (NULL);
    return 0;
}

/* ------------------------------------------------------------------ what came of it */

typedef struct heard {
    unsigned times;
    bool refused;
    refusal_kind_t why;
    receipt_t receipt;
} heard_t;

static void on_heard (void *arg, const receipt_t *receipt, const refusal_t *refusal)
{
    heard_t *self = arg;
    self->times++;
    self->refused = refusal != NULL;
    if (refusal)
        self->why = refusal->kind;
    else
        self->receipt = *receipt;
}

typedef struct said {
    const char *thread, *references[4], *contact, *message_id, *channel;
    bool hint;
    Buckstop__V1__CallState call;
} said_t;

static heard_t say (said_t said)
{
    static heard_t heard;
    Buckstop__V1__Submit submit = BUCKSTOP__V1__SUBMIT__INIT;
    submit.channel = (char *)(said.channel ? said.channel : "mail");
    submit.subject = "A card";
    submit.text = "It is lost.";
    submit.thread = (char *)(said.thread ? said.thread : "");
    submit.contact = (char *)(said.contact ? said.contact : "");
    submit.message_id = (char *)(said.message_id ? said.message_id : "");
    submit.references = (char **)said.references;
    submit.call = said.call;
    while (submit.n_references < 4 && said.references[submit.n_references])
        submit.n_references++;
    heard = (heard_t){0};
    ask_order_t order = {.workspace = "acme",
                         .submit = &submit,
                         .trace = "",
                         .contact_is_hint = said.hint,
                         .fn = on_heard,
                         .arg = &heard};
    ask_submit (params.running, &order);
    assert_int_equal (heard.times, 0); /* never from within */
    fake_advance (20);
    assert_int_equal (heard.times, 1);
    return heard;
}

#define OPENED   BUCKSTOP__V1__DISPOSITION__DISPOSITION_OPENED
#define APPENDED BUCKSTOP__V1__DISPOSITION__DISPOSITION_APPENDED

static void expect (heard_t heard, Buckstop__V1__Disposition disposition, const char *contact)
{
    assert_false (heard.refused);
    assert_int_equal (heard.receipt.disposition, disposition);
    if (contact)
        assert_string_equal (heard.receipt.contact, contact);
}

static void act (const char *contact, const char *body)
{
    char path[80], token[128];
    const char *headers[] = {token, "Content-Type: application/json", NULL};
    snprintf (path, sizeof path, "/v1/contacts/%s/actions", contact);
    snprintf (token, sizeof token, "Authorization: Bearer %s", operator_);
    fake_answer_t *answer = fake_http_request ("intake", "POST", path, headers, body, strlen (body));
    fake_advance (20);
    if (fake_answer_status (answer) != 200)
        fail_msg ("%d: %s", fake_answer_status (answer), fake_answer_body (answer, NULL));
    fake_answer_destroy (&answer);
}

/* ------------------------------------------------------------------------ the tests */

static void by_thread_and_reference (void **state)
{
    (void)state;
    heard_t first = say ((said_t){.thread = "m:a"});
    expect (first, OPENED, NULL);
    heard_t other = say ((said_t){.thread = "m:b"});
    expect (other, OPENED, NULL);
    expect (say ((said_t){.thread = "m:a"}), APPENDED, first.receipt.contact);
    expect (say ((said_t){.thread = "m:x", .references = {"m:nobody", "m:a", "m:b"}}), APPENDED, first.receipt.contact);
    expect (say ((said_t){.references = {"m:b"}}), APPENDED, other.receipt.contact);
    expect (say ((said_t){.thread = "m:b", .references = {"m:a"}}), APPENDED,
            other.receipt.contact); /* its own first */
    heard_t third = say ((said_t){.thread = "m:c", .references = {"m:d", "m:e"}});
    expect (third, OPENED, NULL);
    expect (say ((said_t){.thread = "m:c"}), APPENDED, third.receipt.contact);
}

static void first_reference_becomes_a_name (void **state)
{
    (void)state;
    heard_t first = say ((said_t){.thread = "m:root", .references = {"m:second", "m:other"}});
    expect (first, OPENED, NULL);
    expect (say ((said_t){.thread = "m:second", .references = {"m:third"}}), APPENDED, first.receipt.contact);
    expect (say ((said_t){.thread = "m:third"}), APPENDED, first.receipt.contact);
    heard_t other = say ((said_t){.thread = "m:other"});
    expect (other, OPENED, NULL);
    /* what is somebody's stays theirs */
    expect (say ((said_t){.thread = "m:root", .references = {"m:other"}}), APPENDED, first.receipt.contact);
    expect (say ((said_t){.thread = "m:other"}), APPENDED, other.receipt.contact);
}

static void by_signed_tag (void **state)
{
    (void)state;
    heard_t first = say ((said_t){.thread = "m:a"});
    heard_t other = say ((said_t){.thread = "m:b"});
    expect (say ((said_t){.contact = first.receipt.contact, .thread = "m:b", .hint = true}), APPENDED,
            first.receipt.contact);
    /* a contact that is gone: named outright it is an error, by a tag the thread counts, else it is a new one */
    static const char gone[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    heard_t outright = say ((said_t){.contact = gone});
    assert_true (outright.refused);
    assert_int_equal (outright.why, REFUSE_NO_CONTACT);
    expect (say ((said_t){.contact = gone, .hint = true}), OPENED, NULL);
    expect (say ((said_t){.contact = gone, .thread = "m:b", .hint = true}), APPENDED, other.receipt.contact);
}

static void closed_is_followed (void **state)
{
    (void)state;
    heard_t first = say ((said_t){.thread = "m:a"});
    act (first.receipt.contact, "{\"action\":\"resolve\",\"person\":\"lea\",\"text\":\"done\"}");
    heard_t again = say ((said_t){.references = {"m:a"}}); /* within the window: reopened */
    expect (again, APPENDED, first.receipt.contact);
}

static void same_message_once (void **state)
{
    (void)state;
    heard_t first = say ((said_t){.thread = "m:a", .message_id = "1@x"});
    heard_t second = say ((said_t){.thread = "m:a", .message_id = "1@x"});
    expect (second, BUCKSTOP__V1__DISPOSITION__DISPOSITION_DUPLICATE, first.receipt.contact);
}

static void refused_in_words (void **state)
{
    (void)state;
    heard_t unknown = say ((said_t){.channel = "carrier-pigeon"});
    assert_true (unknown.refused);
    assert_int_equal (unknown.why, REFUSE_UNKNOWN_CHANNEL);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int main (void)
{
    const struct CMUnitTest tests[] = {TEST (by_thread_and_reference), TEST (first_reference_becomes_a_name),
                                       TEST (by_signed_tag),           TEST (closed_is_followed),
                                       TEST (same_message_once),       TEST (refused_in_words)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
