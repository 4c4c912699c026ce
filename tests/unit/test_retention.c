/* test_retention.c - what goes when a closed contact's time is over: it, its thread, its place in its customer's list; and
 * the customer's record, where nobody has said anything of them and nothing else names it. Real services on the fakes. */
#include "ask.h"
#include "customer.h"
#include "escalation.h"
#include "keys.h"

#include "fake.h"
#include "policy_apply.h"
#include "tokens.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char policy_text[] = "workspace: acme\n"
                                  "last_resort: lea\n"
                                  "channels:\n"
                                  "  mail: { weight: 10, offer: 15m, answer: mail }\n"
                                  "people:\n"
                                  "  lea: { name: Lea }\n"
                                  "settings: { reopen: 2m, retain: 10m, same_customer: separate }\n";

static loop_t *loop;
static store_t *store;
static service_t intake, escalation;
static intake_params_t intake_own;
static escalation_params_t escalation_own;
static char operator_[TOKEN_SIZE];
static int shard;

static void on_applied (void *arg, const policy_applied_t *applied)
{
    (void)arg;
    if (applied->outcome > POLICY_SAME)
        fail_msg ("policy: %s", applied->why);
}

static void on_issued (void *arg, const char *token, const token_info_t *info)
{
    (void)info;
    memcpy (arg, token, TOKEN_SIZE);
}

static int set_up (void **state)
{
    (void)state;
    fake_reset (7);
    loop = loop_new ();
    store = store_new (loop, &(store_config_t){.address = "fake", .shards = SHARDS_DEFAULT});
    fake_run ();
    policy_apply (store, loop, policy_text, sizeof policy_text - 1, "test", on_applied, NULL);
    tokens_issue (store, "acme", SCOPE_OPERATOR, NULL, "", on_issued, operator_);
    fake_run ();
    intake = (service_t){.loop = loop, .store = store, .submit = "intake"};
    intake_own = (intake_params_t){.listen = "intake"};
    assert_int_equal (service_start_in (&intake, &intake_kind, &intake_own), 0);
    escalation = (service_t){.loop = loop, .store = store, .due = "due"};
    escalation_own = (escalation_params_t){.lease_ms = 5000, .under_way_max = 64, .deadman_url = ""};
    assert_int_equal (service_start_in (&escalation, &escalation_kind, &escalation_own), 0);
    shard = store_shard (store, "acme");
    fake_advance (2000);
    return 0;
}

static int tear_down (void **state)
{
    (void)state;
    service_stop_in (&escalation, &escalation_kind, &escalation_own);
    service_stop_in (&intake, &intake_kind, &intake_own);
    store_destroy (&store);
    loop_destroy (&loop);
    fake_reset (0);
    return 0;
}

static void on_heard (void *arg, const receipt_t *receipt, const refusal_t *refusal)
{
    (void)refusal;
    assert_non_null (receipt);
    memcpy (arg, receipt->contact, ID_SIZE);
}

/* Said and done. */
static void answered (const char *customer, const char *thread, char contact[ID_SIZE])
{
    static const char body[] = "{\"action\":\"resolve\",\"person\":\"lea\",\"text\":\"done\"}";
    char path[80], token[128];
    contact[0] = '\0';
    const char *headers[] = {token, "Content-Type: application/json", NULL};
    Buckstop__V1__Submit submit = BUCKSTOP__V1__SUBMIT__INIT;
    submit.channel = "mail";
    submit.subject = submit.text = "A card";
    submit.customer = (char *)customer;
    submit.thread = (char *)thread;
    ask_submit (intake_own.running,
                &(ask_order_t){.workspace = "acme", .submit = &submit, .trace = "", .fn = on_heard, .arg = contact});
    fake_advance (20);
    snprintf (path, sizeof path, "/v1/contacts/%s/actions", contact);
    snprintf (token, sizeof token, "Authorization: Bearer %s", operator_);
    fake_answer_t *answer = fake_http_request ("intake", "POST", path, headers, body, strlen (body));
    fake_advance (20);
    assert_int_equal (fake_answer_status (answer), 200);
    fake_answer_destroy (&answer);
}

static void customer_id (const char *text, char id[ID_SIZE])
{
    identity_t identity;
    assert_true (identity_parse (text, &identity));
    customer_id_of (&identity, id);
}

static bool has_record (const char *text)
{
    char key[KEY_SIZE], id[ID_SIZE];
    customer_id (text, id);
    return fake_store_string (key_customer (key, shard, "acme", id), &(size_t){0});
}

static size_t listed (const char *text)
{
    char key[KEY_SIZE], id[ID_SIZE];
    customer_id (text, id);
    return fake_store_size (key_customer_contacts (key, shard, "acme", id));
}

static void confirm (const char *text)
{
    char key[KEY_SIZE], id[ID_SIZE];
    size_t size;
    record_head_t head;
    customer_t customer;
    customer_id (text, id);
    const void *bytes = fake_store_string (key_customer (key, shard, "acme", id), &size);
    assert_int_equal (customer_unpack (bytes, size, &head, &customer), RECORD_OK);
    customer.provisional = false;
    uint8_t *packed = customer_pack (&customer, &head, &size);
    fake_store_put (key, packed, size);
    free (packed);
}

static void what_names_nothing_goes (void **state)
{
    (void)state;
    char kim[ID_SIZE], lou[ID_SIZE], key[KEY_SIZE];
    answered ("kim@example.com", "t1", kim);
    answered ("lou@example.com", "", lou);
    answered ("", "", lou);
    confirm ("lou@example.com");
    fake_advance (8 * MS_PER_MINUTE);
    assert_true (has_record ("kim@example.com") && listed ("kim@example.com") == 1);
    fake_advance (8 * MS_PER_MINUTE);
    assert_null (fake_store_string (key_contact (key, shard, "acme", kim), &(size_t){0}));
    assert_null (fake_store_string (key_thread (key, shard, "acme", "mail", "t1"), &(size_t){0}));
    assert_null (fake_store_string (key_contact (key, shard, "acme", lou), &(size_t){0}));
    assert_false (has_record ("kim@example.com"));
    assert_int_equal (listed ("kim@example.com"), 0);
    assert_true (has_record ("lou@example.com")); /* somebody said who that is */
    assert_int_equal (listed ("lou@example.com"), 0);
}

static void another_contact_holds_it (void **state)
{
    (void)state;
    char first[ID_SIZE], second[ID_SIZE];
    answered ("kim@example.com", "", first);
    fake_advance (8 * MS_PER_MINUTE);
    answered ("kim@example.com", "", second);
    fake_advance (8 * MS_PER_MINUTE);
    assert_true (has_record ("kim@example.com"));
    assert_int_equal (listed ("kim@example.com"), 1);
    fake_advance (8 * MS_PER_MINUTE);
    assert_false (has_record ("kim@example.com"));
    assert_int_equal (listed ("kim@example.com"), 0);
}

/* While an archive lacks what is told of it, it stays; whatever else its time says. */
static void the_archive_comes_first (void **state)
{
    (void)state;
    char kim[ID_SIZE], key[KEY_SIZE], archives[KEY_SIZE];
    key_archives (archives, shard, "acme");
    answered ("kim@example.com", "t1", kim);
    fake_store_place (archives, 1, "archive");
    fake_advance (20 * MS_PER_MINUTE);
    key_contact (key, shard, "acme", kim);
    assert_non_null (fake_store_string (key, &(size_t){0}));
    fake_store_place (archives, (int64_t)fake_store_size (key_events (key, shard, "acme")), "archive");
    fake_advance (2 * MS_PER_MINUTE);
    assert_null (fake_store_string (key_contact (key, shard, "acme", kim), &(size_t){0}));
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int main (void)
{
    const struct CMUnitTest tests[] = {TEST (what_names_nothing_goes), TEST (another_contact_holds_it),
                                       TEST (the_archive_comes_first)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
