/* test_audit_customers.c - rounds over customers: what the real intake wrote is in order; what is torn is named. */
#include "ask.h"
#include "audit.h"
#include "customer.h"
#include "keys.h"

#include "words.h"

#include "intake_world.h"

#include <stdlib.h>

static const char policy_text[] = "workspace: acme\n"
                                  "last_resort: lea\n"
                                  "channels:\n"
                                  "  mail: { weight: 10, offer: 15m, answer: mail }\n"
                                  "people:\n"
                                  "  lea: { name: Lea }\n";

enum { FINDINGS_KEPT = 16 };

static workspaces_t *workspaces;
static int shard;
static audit_finding_t found[FINDINGS_KEPT];
static size_t found_n;
static audit_result_t result;
static bool done;

static void on_heard (void *arg, const receipt_t *receipt, const refusal_t *refusal)
{
    (void)refusal;
    assert_non_null (receipt);
    memcpy (arg, receipt->contact, ID_SIZE);
}

static void say (const char *customer, char contact[ID_SIZE])
{
    Buckstop__V1__Submit submit = BUCKSTOP__V1__SUBMIT__INIT;
    submit.channel = "mail";
    submit.subject = submit.text = "A card";
    submit.customer = (char *)customer;
    contact[0] = '\0';
    ask_submit (params.running,
                &(ask_order_t){.workspace = "acme", .submit = &submit, .trace = "", .fn = on_heard, .arg = contact});
    fake_advance (20);
    assert_string_not_equal (contact, "");
}

static char contacts[3][ID_SIZE];

/* Kim, by mail twice, with a handle beside; Lou, linked to Kim. */
static customer_t read_customer (const char *text);
static void write_customer (const customer_t *customer);

static void lead (const char *identity, const char *customer)
{
    char key[KEY_SIZE], derived[ID_SIZE];
    identity_t parsed;
    assert_true (identity_parse (identity, &parsed));
    customer_id_of (&parsed, derived);
    fake_store_put (key_identity (key, shard, "acme", derived), customer, strlen (customer));
}

static void add (const char *text, const char *identity)
{
    char why[DETAIL_SIZE];
    identity_t parsed;
    customer_t customer = read_customer (text);
    assert_true (identity_parse (identity, &parsed));
    assert_int_equal (customer_add (&customer, &parsed, why), CUSTOMER_DONE);
    write_customer (&customer);
    lead (identity, customer.id);
}

static void link_them (const char *into, const char *from)
{
    char why[DETAIL_SIZE];
    customer_entry_t entries[2] = {{.customer = read_customer (into)}, {.customer = read_customer (from)}};
    assert_int_equal (customer_link (entries, 2, entries[0].customer.id, entries[1].customer.id, why), CUSTOMER_DONE);
    write_customer (&entries[0].customer);
    write_customer (&entries[1].customer);
}

static int set_up (void **state)
{
    (void)state;
    world_open (7);
    world_policy (policy_text);
    world_start (NULL);
    workspaces = workspaces_new (loop, store);
    shard = store_shard (store, "acme");
    fake_advance (2000);
    say ("kim@example.com", contacts[0]);
    say ("Kim@example.com", contacts[1]);
    say ("lou@example.com", contacts[2]);
    add ("kim@example.com", "slack:U1");
    link_them ("kim@example.com", "lou@example.com");
    return 0;
}

static int end (void **state)
{
    workspaces_destroy (&workspaces);
    return tear_down (state);
}

/* ------------------------------------------------------------------ the records */

static customer_t read_customer (const char *text)
{
    char key[KEY_SIZE], id[ID_SIZE];
    size_t size;
    identity_t identity;
    record_head_t head;
    customer_t customer;
    assert_true (identity_parse (text, &identity));
    customer_id_of (&identity, id);
    const void *bytes = fake_store_string (key_customer (key, shard, "acme", id), &size);
    assert_non_null (bytes);
    assert_int_equal (customer_unpack (bytes, size, &head, &customer), RECORD_OK);
    return customer;
}

static void write_customer (const customer_t *customer)
{
    char key[KEY_SIZE];
    size_t size;
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CUSTOMER, .version = customer->version + 1};
    uint8_t *bytes = customer_pack (customer, &head, &size);
    fake_store_put (key_customer (key, shard, "acme", customer->id), bytes, size);
    free (bytes);
}

/* -------------------------------------------------------------------- the round */

static void on_found (void *arg, const audit_finding_t *finding)
{
    (void)arg;
    assert_true (found_n < FINDINGS_KEPT);
    found[found_n++] = *finding;
}

static void on_done (void *arg, const audit_result_t *ended)
{
    (void)arg;
    result = *ended;
    done = true;
}

static void run_round (void)
{
    enum { ROUND_MAX_MS = 120000, STEP_MS = 500, SETTLE_MS = 2000 };
    done = false;
    found_n = 0;
    audit_round_t *round = audit_begin (&(audit_order_t){.loop = loop,
                                                         .store = store,
                                                         .workspaces = workspaces,
                                                         .settle_ms = SETTLE_MS,
                                                         .found = on_found,
                                                         .done = on_done});
    for (int ms = 0; ms < ROUND_MAX_MS && !done; ms += STEP_MS)
        fake_advance (STEP_MS);
    assert_true (done && result.whole);
    audit_end (&round);
}

static void expect_one (audit_fault_t fault, const char *subject, const char *words)
{
    run_round ();
    for (size_t i = 0; i < found_n; i++)
        if (found_n != 1 || found[i].fault != fault || !strstr (found[i].subject, subject) ||
            !strstr (found[i].detail, words))
            print_error ("%s: %s: %s\n", audit_fault_name (found[i].fault), found[i].subject, found[i].detail);
    assert_int_equal (found_n, 1);
    assert_int_equal (found[0].fault, fault);
    assert_non_null (strstr (found[0].subject, subject));
    assert_non_null (strstr (found[0].detail, words));
}

/* -------------------------------------------------------------------- the tests */

static void what_intake_wrote_is_in_order (void **state)
{
    (void)state;
    run_round ();
    for (size_t i = 0; i < found_n; i++)
        print_error ("%s: %s: %s\n", audit_fault_name (found[i].fault), found[i].subject, found[i].detail);
    assert_int_equal (found_n, 0);
    assert_int_equal (result.counts.customers, 2);
    assert_int_equal (result.counts.contacts, 3);
}

static void a_broken_record (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_store_put (key_customer (key, shard, "acme", "01K00000000000000000000000"), "garbage that is longer", 22);
    expect_one (AUDIT_UNREADABLE, "customer 01K0", key);
}

static void merged_into_nobody (void **state)
{
    (void)state;
    customer_t kim = read_customer ("kim@example.com");
    kim.merged_n = 0;
    write_customer (&kim);
    expect_one (AUDIT_MISSING_PLACE, "customer", "does not say so");
}

static void merged_by_one_side (void **state)
{
    (void)state;
    customer_t lou = read_customer ("lou@example.com");
    lou.merged_into[0] = '\0';
    write_customer (&lou);
    expect_one (AUDIT_STALE_PLACE, "customer", lou.id);
}

static void an_identity_that_does_not_lead (void **state)
{
    (void)state;
    char key[KEY_SIZE], derived[ID_SIZE];
    identity_t slack;
    assert_true (identity_parse ("slack:U1", &slack));
    customer_id_of (&slack, derived);
    fake_store_remove (key_identity (key, shard, "acme", derived));
    expect_one (AUDIT_MISSING_PLACE, "customer", "slack:U1");
}

static void an_identity_of_nobody (void **state)
{
    (void)state;
    lead ("slack:U2", read_customer ("lou@example.com").id);
    expect_one (AUDIT_STALE_PLACE, "identity", "who does not have it");
}

static void an_identity_that_is_none (void **state)
{
    (void)state;
    lead ("slack:U2", "rubbish");
    expect_one (AUDIT_UNREADABLE, "identity", "names no customer");
}

static void a_contact_in_a_foreign_list (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_store_place (key_customer_contacts (key, shard, "acme", read_customer ("lou@example.com").id), 5, contacts[0]);
    expect_one (AUDIT_STALE_PLACE, contacts[0], "in the list of customer");
}

static void a_contact_that_is_gone (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    fake_store_place (key_customer_contacts (key, shard, "acme", read_customer ("lou@example.com").id), 5,
                      "01K00000000000000000000000");
    expect_one (AUDIT_STALE_PLACE, "contact 01K0", "in a customer's list");
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, set_up, end)

int main (void)
{
    const struct CMUnitTest tests[] = {
        TEST (what_intake_wrote_is_in_order),
        TEST (a_broken_record),
        TEST (merged_into_nobody),
        TEST (merged_by_one_side),
        TEST (an_identity_that_does_not_lead),
        TEST (an_identity_of_nobody),
        TEST (an_identity_that_is_none),
        TEST (a_contact_in_a_foreign_list),
        TEST (a_contact_that_is_gone),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
