/* test_intake_customers.c - whose submission it is: the real intake on the fakes, its records in the store read back. */
#include "ask.h"
#include "customer.h"
#include "customers.h"
#include "keys.h"

#include "ids.h"
#include "words.h"

#include "intake_world.h"

#include <stdlib.h>

static const char policy_text[] = "workspace: acme\n"
                                  "last_resort: lea\n"
                                  "channels:\n"
                                  "  mail: { weight: 10, offer: 15m, answer: mail, identity: mail }\n"
                                  "  phone: { weight: 10, live: true, offer: 15s, answer: spoken, identity: phone }\n"
                                  "  line: { weight: 10, live: true, offer: 15s, answer: spoken }\n"
                                  "  chat: { weight: 10, live: true, offer: 15s, answer: spoken, identity: handle }\n"
                                  "people:\n"
                                  "  lea: { name: Lea }\n"
                                  "  ada: { name: Ada, ways: [{ mail: ada@acme.example }] }\n"
                                  "country: \"+49\"\n"
                                  "settings: { reopen: 2m, retain: 10m, same_customer: %s }\n";

static int shard;

static void begin (const char *same_customer)
{
    char text[1024];
    world_open (7);
    snprintf (text, sizeof text, policy_text, same_customer);
    world_policy (text);
    world_operator ("acme");
    world_start (NULL);
    shard = store_shard (store, "acme");
}

/* ----------------------------------------------------------------- submissions */

typedef struct heard {
    unsigned times;
    bool refused;
    receipt_t receipt;
} heard_t;

static void on_heard (void *arg, const receipt_t *receipt, const refusal_t *refusal)
{
    heard_t *self = arg;
    self->times++;
    self->refused = refusal != NULL;
    if (!refusal)
        self->receipt = *receipt;
}

typedef struct said {
    const char *channel, *customer, *name, *thread, *language, *message_id, *key;
    Buckstop__V1__CallState call;
} said_t;

static void begin_to_say (said_t said, heard_t *heard)
{
    Buckstop__V1__Submit submit = BUCKSTOP__V1__SUBMIT__INIT;
    submit.channel = (char *)said.channel;
    submit.subject = "A card";
    submit.text = "It is lost.";
    submit.customer = (char *)(said.customer ? said.customer : "");
    submit.customer_name = (char *)(said.name ? said.name : "");
    submit.thread = (char *)(said.thread ? said.thread : "");
    submit.language = (char *)(said.language ? said.language : "");
    submit.message_id = (char *)(said.message_id ? said.message_id : "");
    submit.idempotency_key = (char *)(said.key ? said.key : "");
    submit.call = said.call;
    *heard = (heard_t){0};
    ask_submit (params.running,
                &(ask_order_t){.workspace = "acme", .submit = &submit, .trace = "", .fn = on_heard, .arg = heard});
}

static heard_t say (said_t said)
{
    heard_t heard;
    begin_to_say (said, &heard);
    fake_advance (20);
    assert_int_equal (heard.times, 1);
    assert_false (heard.refused);
    return heard;
}

static bool opened (const heard_t *heard)
{
    return heard->receipt.disposition == BUCKSTOP__V1__DISPOSITION__DISPOSITION_OPENED;
}

/* ------------------------------------------------------------------ the store */

static customer_t read_customer (const char *id, record_head_t *head)
{
    char key[KEY_SIZE];
    size_t size;
    customer_t customer;
    const void *bytes = fake_store_string (key_customer (key, shard, "acme", id), &size);
    assert_non_null (bytes);
    assert_int_equal (customer_unpack (bytes, size, head, &customer), RECORD_OK);
    return customer;
}

static customer_t customer_of (const char *text)
{
    identity_t identity;
    char id[ID_SIZE];
    record_head_t head;
    assert_true (identity_parse (text, &identity));
    customer_id_of (&identity, id);
    return read_customer (id, &head);
}

static contact_t contact_of (const heard_t *heard)
{
    char key[KEY_SIZE];
    size_t size;
    record_head_t head;
    contact_t contact;
    const void *bytes = fake_store_string (key_contact (key, shard, "acme", heard->receipt.contact), &size);
    assert_non_null (bytes);
    assert_int_equal (contact_unpack (bytes, size, &head, &contact), RECORD_OK);
    return contact;
}

static size_t contacts_of (const char *customer)
{
    char key[KEY_SIZE];
    return fake_store_size (key_customer_contacts (key, shard, "acme", customer));
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

static void link_them (const char *into_text, const char *from_text)
{
    char why[DETAIL_SIZE];
    customer_entry_t entries[2] = {{.customer = customer_of (into_text)}, {.customer = customer_of (from_text)}};
    assert_int_equal (customer_link (entries, 2, entries[0].customer.id, entries[1].customer.id, why), CUSTOMER_DONE);
    write_customer (&entries[0].customer);
    write_customer (&entries[1].customer);
}

static void write_contact (const contact_t *contact)
{
    char key[KEY_SIZE];
    size_t size;
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CONTACT, .version = contact->version + 1};
    uint8_t *bytes = contact_pack (contact, &head, &size);
    fake_store_put (key_contact (key, shard, "acme", contact->id), bytes, size);
    free (bytes);
}

static void close_it (const heard_t *heard)
{
    contact_t contact = contact_of (heard);
    contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
    write_contact (&contact);
}

static void take (const heard_t *heard, const char *person)
{
    contact_t contact = contact_of (heard);
    contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED;
    WORD_COPY (contact.owner, person);
    write_contact (&contact);
}

/* -------------------------------------------------------------------- the tests */

static void nobody_named_costs_nothing (void **state)
{
    (void)state;
    begin ("link");
    heard_t heard = say ((said_t){.channel = "mail"});
    assert_true (opened (&heard));
    assert_string_equal (contact_of (&heard).customer_id, "");
    char prefix[KEY_SIZE];
    snprintf (prefix, sizeof prefix, "b:{%d}:k", shard);
    assert_int_equal (fake_store_count (prefix), 0);
}

static void a_first_contact_makes_a_record (void **state)
{
    (void)state;
    begin ("link");
    heard_t heard = say ((said_t){.channel = "mail", .customer = "Kim@Example.com", .name = "Kim", .language = "de"});
    customer_t kim = customer_of ("kim@example.com");
    assert_string_equal (kim.name, "Kim");
    assert_string_equal (kim.language, "de");
    assert_true (kim.provisional);
    assert_int_equal (kim.version, 1);
    assert_int_equal (kim.identities_n, 1);
    assert_string_equal (kim.identities[0].value, "Kim@example.com");
    assert_string_equal (contact_of (&heard).customer_id, kim.id);
    assert_int_equal (contacts_of (kim.id), 1);
}

static void a_second_contact_is_linked (void **state)
{
    (void)state;
    begin ("link");
    heard_t first = say ((said_t){.channel = "mail", .customer = "kim@example.com", .name = "Kim", .language = "de"});
    heard_t second = say ((said_t){.channel = "mail", .customer = "KIM@example.com"});
    assert_true (opened (&second));
    contact_t contact = contact_of (&second);
    assert_string_equal (contact.linked, first.receipt.contact);
    assert_string_equal (contact.customer_name, "Kim");
    assert_string_equal (contact.language, "de");
    assert_int_equal (contacts_of (contact.customer_id), 2);
    assert_int_equal (customer_of ("kim@example.com").version, 1); /* a place in a list, and no more */
}

static void a_second_contact_is_appended (void **state)
{
    (void)state;
    begin ("append");
    heard_t first = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    heard_t second = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_int_equal (second.receipt.disposition, BUCKSTOP__V1__DISPOSITION__DISPOSITION_APPENDED);
    assert_string_equal (second.receipt.contact, first.receipt.contact);
    heard_t other = say ((said_t){.channel = "mail", .customer = "lou@example.com"});
    assert_true (opened (&other));
}

static void a_second_contact_is_separate (void **state)
{
    (void)state;
    begin ("separate");
    say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    heard_t second = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_true (opened (&second));
    assert_string_equal (contact_of (&second).linked, "");
}

/* Linked by a person, three ways of writing are one customer: a call hears of the mail, and the owner's tier counts. */
static void linked_records_are_one_customer (void **state)
{
    (void)state;
    begin ("link");
    heard_t mail = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    heard_t call = say ((said_t){.channel = "phone", .customer = "030 123456"});
    assert_string_equal (contact_of (&call).linked, "");
    customer_t kim = customer_of ("kim@example.com");
    kim.provisional = false;
    snprintf (kim.name, sizeof kim.name, "Kim Kay");
    snprintf (kim.tier, sizeof kim.tier, "gold");
    snprintf (kim.owner, sizeof kim.owner, "gone");
    snprintf (kim.deputy, sizeof kim.deputy, "ada");
    write_customer (&kim);
    link_them ("kim@example.com", "+4930123456");
    heard_t third = say ((said_t){.channel = "phone", .customer = "+49 30 123456", .name = "caller"});
    contact_t contact = contact_of (&third);
    assert_string_equal (contact.linked, call.receipt.contact); /* the same channel before a newer one */
    assert_string_equal (contact.tier, "gold");
    assert_string_equal (contact.customer_name, "Kim Kay");
    assert_string_equal (contact.customer_id, customer_of ("+4930123456").id);
    heard_t fourth = say ((said_t){.channel = "chat", .customer = "kimmy"});
    assert_string_equal (contact_of (&fourth).linked, "");
    heard_t fifth = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_string_equal (contact_of (&fifth).linked, mail.receipt.contact);
}

/* An identity that was imported onto another record: the index says so. */
static void an_index_leads_elsewhere (void **state)
{
    (void)state;
    begin ("append");
    heard_t mail = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    char why[DETAIL_SIZE], key[KEY_SIZE], derived[ID_SIZE];
    identity_t chat;
    customer_t kim = customer_of ("kim@example.com");
    assert_true (identity_parse ("chat:kimmy", &chat));
    assert_int_equal (customer_add (&kim, &chat, why), CUSTOMER_DONE);
    write_customer (&kim);
    customer_id_of (&chat, derived);
    fake_store_put (key_identity (key, shard, "acme", derived), kim.id, strlen (kim.id));
    heard_t heard = say ((said_t){.channel = "chat", .customer = "kimmy"});
    assert_string_equal (heard.receipt.contact, mail.receipt.contact);
    assert_null (fake_store_string (key_customer (key, shard, "acme", derived), &(size_t){0}));
}

/* Two first contacts at once: one makes the record, the other sees it, and knows of the first. */
static void two_first_contacts_at_once (void **state)
{
    (void)state;
    heard_t a, b;
    begin ("link");
    begin_to_say ((said_t){.channel = "mail", .customer = "kim@example.com"}, &a);
    begin_to_say ((said_t){.channel = "mail", .customer = "kim@example.com"}, &b);
    fake_advance (20);
    assert_true (a.times == 1 && b.times == 1 && opened (&a) && opened (&b));
    customer_t kim = customer_of ("kim@example.com");
    assert_int_equal (kim.version, 1);
    assert_int_equal (contacts_of (kim.id), 2);
    contact_t one = contact_of (&a), other = contact_of (&b);
    assert_true ((!*one.linked && strcmp (other.linked, one.id) == 0) ||
                 (!*other.linked && strcmp (one.linked, other.id) == 0));
}

static void two_first_contacts_are_one_matter (void **state)
{
    (void)state;
    heard_t a, b;
    begin ("append");
    begin_to_say ((said_t){.channel = "mail", .customer = "kim@example.com"}, &a);
    begin_to_say ((said_t){.channel = "mail", .customer = "kim@example.com"}, &b);
    fake_advance (20);
    assert_true (a.times == 1 && b.times == 1 && opened (&a) != opened (&b));
    assert_string_equal (a.receipt.contact, b.receipt.contact);
}

/* The same of somebody who is known, and has nothing open: by two identities of one customer, too. */
static void two_contacts_at_once_are_one_matter (void **state)
{
    (void)state;
    static const said_t rows[][2] = {
        {{.channel = "mail", .customer = "kim@example.com"}, {.channel = "mail", .customer = "kim@example.com"}},
        {{.channel = "mail", .customer = "kim@example.com"}, {.channel = "phone", .customer = "030 123456"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heard_t a, b;
        begin ("append");
        heard_t first = say (rows[i][0]), other = say (rows[i][1]);
        if (i == 1)
            link_them ("kim@example.com", "+4930123456");
        close_it (&first);
        close_it (&other);
        begin_to_say (rows[i][0], &a);
        begin_to_say (rows[i][1], &b);
        fake_advance (50);
        assert_true (a.times == 1 && b.times == 1 && opened (&a) != opened (&b));
        assert_string_equal (a.receipt.contact, b.receipt.contact);
        if (i + 1 < sizeof rows / sizeof *rows)
            tear_down (state);
    }
}

/* The same message twice at once, of somebody unknown: one contact, and both hear of that one. */
static void the_same_first_message_twice (void **state)
{
    (void)state;
    heard_t a, b;
    begin ("link");
    begin_to_say ((said_t){.channel = "mail", .customer = "kim@example.com", .message_id = "1@x"}, &a);
    begin_to_say ((said_t){.channel = "mail", .customer = "kim@example.com", .message_id = "1@x"}, &b);
    fake_advance (20);
    assert_true (a.times == 1 && b.times == 1 && !a.refused && !b.refused);
    assert_string_equal (a.receipt.contact, b.receipt.contact);
    contact_of (&b);
    assert_int_equal (contacts_of (customer_of ("kim@example.com").id), 1);
}

/* The answer to a commit is lost, and the same bytes are sent again. */
static void what_is_sent_again_is_done_once (void **state)
{
    (void)state;
    begin ("link");
    for (int i = 0; i < 2; i++) {
        fake_store_fault (FAKE_STORE_RESENT, 1);
        heard_t heard = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
        contact_of (&heard);
        assert_int_equal (contacts_of (customer_of ("kim@example.com").id), i + 1);
    }
    assert_int_equal (customer_of ("kim@example.com").version, 1);
    heard_t thread = say ((said_t){.channel = "mail", .customer = "lou@example.com", .thread = "t1"});
    fake_store_fault (FAKE_STORE_RESENT, 1);
    say ((said_t){.channel = "mail", .customer = "kim@example.com", .thread = "t1"});
    assert_int_equal (contact_of (&thread).messages, 2);
    assert_int_equal (customer_of ("lou@example.com").proposals_n, 1);
}

/* Another process, or this one after a start: nobody wrote to it before. */
static void forget_who_wrote (void)
{
    memset (&params.running->known, 0, sizeof params.running->known);
}

/* A request that is sent again leads to what it made, whoever hears it: also once its key is forgotten. */
static void a_repeat_names_what_there_is (void **state)
{
    (void)state;
    static const char *const policies[] = {"append", "link", "separate"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        char prefix[KEY_SIZE];
        const char *key;
        begin (policies[i]);
        heard_t first = say ((said_t){.channel = "mail", .customer = "kim@example.com", .key = "k"});
        forget_who_wrote ();
        heard_t again = say ((said_t){.channel = "mail", .customer = "kim@example.com", .key = "k"});
        assert_true (opened (&first) && opened (&again));
        assert_string_equal (again.receipt.contact, first.receipt.contact);
        assert_int_equal (contacts_of (customer_of ("kim@example.com").id), 1);
        assert_int_equal (contact_of (&first).messages, 1);
        forget_who_wrote ();
        while (fake_store_keys (key_idempotency (prefix, shard, "acme", ""), &key, 1))
            fake_store_remove (key);
        again = say ((said_t){.channel = "mail", .customer = "kim@example.com", .key = "k"});
        contact_of (&again); /* there is one */
        assert_true (opened (&again) == (i > 0));
        if (i + 1 < sizeof policies / sizeof *policies)
            tear_down (state);
    }
}

/* Known by a record of another name, merged, forgotten: none of them is taken for somebody new by who does not know them. */
static void who_is_known_elsewhere_is_not_new (void **state)
{
    (void)state;
    begin ("link");
    heard_t mail = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    heard_t call = say ((said_t){.channel = "phone", .customer = "030 123456"});
    customer_t kim = customer_of ("kim@example.com");
    link_them ("kim@example.com", "+4930123456");
    forget_who_wrote ();
    heard_t again = say ((said_t){.channel = "phone", .customer = "030 123456"});
    assert_string_equal (contact_of (&again).linked, call.receipt.contact);
    assert_int_equal (customer_of ("+4930123456").version, 2);
    /* an index leads from what another address derives */
    identity_t identity;
    char derived[ID_SIZE], key[KEY_SIZE];
    assert_true (identity_parse ("kimmy@example.com", &identity));
    customer_id_of (&identity, derived);
    fake_store_put (key_identity (key, shard, "acme", derived), kim.id, ID_SIZE - 1);
    forget_who_wrote ();
    again = say ((said_t){.channel = "mail", .customer = "kimmy@example.com"});
    assert_string_equal (contact_of (&again).customer_id, kim.id);
    assert_null (fake_store_string (key_customer (key, shard, "acme", derived), &(size_t){0}));
    assert_true (opened (&mail));
}

/* Two at once of somebody who has nothing open, by a record that was merged into another, whatever comes between the
 * reads of one and the commit of the other. */
static void two_at_once_in_any_order (void **state)
{
    (void)state;
    static const fake_chaos_t chaos = {.latency_ms = 4};
    static const said_t said = {.channel = "phone", .customer = "030 123456"};
    for (int64_t apart = 0; apart < 40; apart++) {
        heard_t a, b;
        begin ("append");
        heard_t first = say ((said_t){.channel = "mail", .customer = "kim@example.com"}), other = say (said);
        link_them ("kim@example.com", "+4930123456");
        close_it (&first);
        close_it (&other);
        fake_chaos (&chaos);
        begin_to_say (said, &a);
        fake_advance (apart);
        begin_to_say (said, &b);
        fake_advance (200);
        fake_chaos (NULL);
        assert_true (a.times == 1 && b.times == 1 && !a.refused && !b.refused);
        assert_string_equal (a.receipt.contact, b.receipt.contact);
        if (apart + 1 < 40)
            tear_down (state);
    }
}

/* Who was promised a call back and calls again: that is the same matter, whatever the policy says of others. */
static void a_call_that_was_owed_a_callback (void **state)
{
    (void)state;
    begin ("separate");
    heard_t mail = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    heard_t call = say ((said_t){.channel = "phone",
                                 .customer = "030 123456",
                                 .thread = "c1",
                                 .call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING});
    say ((said_t){.channel = "phone",
                  .customer = "030 123456",
                  .thread = "c1",
                  .call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_ABANDONED});
    contact_t owed = contact_of (&call);
    assert_true (contact_owes_callback (&owed));
    link_them ("kim@example.com", "+4930123456");
    heard_t again = say ((said_t){.channel = "phone",
                                  .customer = "+49 30 123456",
                                  .thread = "c2",
                                  .call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING});
    assert_string_equal (again.receipt.contact, call.receipt.contact);
    heard_t second = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_true (opened (&second) && strcmp (second.receipt.contact, mail.receipt.contact) != 0);
}

/* Nothing in the policy says that numbers come on it; how one writes them makes no other customer. */
static void a_line_knows_numbers_by_itself (void **state)
{
    (void)state;
    said_t said = {.channel = "line",
                   .customer = "030 999222",
                   .thread = "c1",
                   .call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING};
    begin ("separate");
    heard_t first = say (said);
    said.call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_ABANDONED;
    say (said);
    heard_t again = say ((said_t){.channel = "line",
                                  .customer = "+4930999222",
                                  .thread = "c2",
                                  .call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING});
    assert_string_equal (again.receipt.contact, first.receipt.contact);
    assert_int_equal (contacts_of (customer_of ("+4930999222").id), 1);
}

/* The newest is not always the one that somebody has: who has one of theirs knows them. */
static void a_contact_is_linked_to_what_somebody_has (void **state)
{
    (void)state;
    begin ("link");
    heard_t first = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    take (&first, "ada");
    heard_t second = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    heard_t third = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_true (opened (&second) && opened (&third));
    contact_t contact = contact_of (&third);
    assert_string_equal (contact.linked, first.receipt.contact);
    assert_string_equal (contact.preferred, "ada");
}

/* A call that was resolved while they spoke, and closed, ends: that opens nothing. Ringing again does. */
static void the_end_of_a_call_opens_nothing (void **state)
{
    (void)state;
    heard_t heard;
    said_t said = {.channel = "phone",
                   .customer = "030 123456",
                   .thread = "c1",
                   .call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING};
    begin ("link");
    heard_t call = say (said);
    close_it (&call);
    said.call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_ENDED;
    for (int gone = 0; gone < 2; gone++) {
        char key[KEY_SIZE];
        begin_to_say (said, &heard);
        fake_advance (20);
        assert_true (heard.times == 1 && heard.refused);
        assert_int_equal (contacts_of (customer_of ("+4930123456").id), 1);
        fake_store_remove (key_contact (key, shard, "acme", call.receipt.contact));
    }
    said.call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING;
    heard_t again = say (said);
    assert_true (opened (&again));
}

/* Somebody else answers in the thread: taken, and a doubt is kept with whose contact it is; once. */
static void another_address_in_the_thread (void **state)
{
    (void)state;
    begin ("link");
    heard_t first = say ((said_t){.channel = "mail", .customer = "kim@example.com", .thread = "t1"});
    for (int i = 0; i < 2; i++) {
        heard_t other = say ((said_t){.channel = "mail", .customer = "kim@work.example", .thread = "t1"});
        assert_string_equal (other.receipt.contact, first.receipt.contact);
        customer_t kim = customer_of ("kim@example.com");
        assert_int_equal (kim.version, 2);
        assert_int_equal (kim.proposals_n, 1);
        assert_string_equal (kim.proposals[0].identity.value, "kim@work.example");
        assert_non_null (strstr (kim.proposals[0].reason, first.receipt.contact));
        assert_string_equal (contact_of (&first).customer_id, kim.id);
    }
    say ((said_t){.channel = "mail", .customer = "kim@example.com", .thread = "t1"});
    assert_int_equal (customer_of ("kim@example.com").version, 2);
    /* of those that were linked it is no doubt */
    say ((said_t){.channel = "mail", .customer = "lou@example.com"});
    link_them ("kim@example.com", "lou@example.com");
    say ((said_t){.channel = "mail", .customer = "lou@example.com", .thread = "t1"});
    assert_int_equal (customer_of ("kim@example.com").proposals_n, 1);
}

/* A contact that nobody was named for is theirs who write in it first. */
static void a_contact_is_adopted (void **state)
{
    (void)state;
    begin ("link");
    heard_t first = say ((said_t){.channel = "mail", .thread = "t1"});
    say ((said_t){.channel = "mail", .customer = "kim@example.com", .thread = "t1"});
    customer_t kim = customer_of ("kim@example.com");
    assert_string_equal (contact_of (&first).customer_id, kim.id);
    assert_int_equal (contacts_of (kim.id), 1);
}

/* A colleague answers in the thread: whose contact it is stays as it was, and nobody is asked whether they are one. */
static void a_colleague_in_the_thread (void **state)
{
    (void)state;
    begin ("link");
    heard_t first = say ((said_t){.channel = "mail", .customer = "kim@example.com", .thread = "t1"});
    heard_t nobodys = say ((said_t){.channel = "mail", .thread = "t2"});
    heard_t other = say ((said_t){.channel = "mail", .customer = "Ada@acme.example", .thread = "t1"});
    assert_string_equal (other.receipt.contact, first.receipt.contact);
    say ((said_t){.channel = "mail", .customer = "ada@acme.example", .thread = "t2"});
    customer_t kim = customer_of ("kim@example.com");
    assert_int_equal (kim.version, 1);
    assert_int_equal (kim.proposals_n, 0);
    assert_string_equal (contact_of (&first).customer_id, kim.id);
    assert_string_equal (contact_of (&nobodys).customer_id, "");
    /* whose matter it is when they begin one is another thing */
    heard_t own = say ((said_t){.channel = "mail", .customer = "ada@acme.example"});
    assert_true (opened (&own));
    customer_t ada = customer_of ("ada@acme.example");
    assert_string_equal (contact_of (&own).customer_id, ada.id);
    assert_int_equal (contacts_of (ada.id), 1);
    say ((said_t){.channel = "mail", .customer = "kim@work.example", .thread = "t1"});
    assert_int_equal (customer_of ("kim@example.com").proposals_n, 1);
}

static void the_oldest_make_room (void **state)
{
    (void)state;
    begin ("separate");
    for (int i = 0; i < CUSTOMER_CONTACTS_KEPT + 5; i++)
        say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_int_equal (contacts_of (customer_of ("kim@example.com").id), CUSTOMER_CONTACTS_KEPT);
}

/* What goes on in a thread makes no room, since nobody reads the list for it: the newest are found all the same. */
static void a_long_list_hides_nobody (void **state)
{
    (void)state;
    enum { MANY = 3 * CUSTOMER_CONTACTS_KEPT };
    heard_t last = {0};
    begin ("link");
    for (int i = 0; i < MANY; i++) {
        last = say ((said_t){.channel = "mail", .customer = "kim@example.com", .thread = "t1"});
        assert_true (opened (&last));
        if (i + 1 < MANY)
            close_it (&last);
    }
    heard_t other = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_string_equal (contact_of (&other).linked, last.receipt.contact);
    assert_int_equal (contacts_of (customer_of ("kim@example.com").id), MANY + 1 - CUSTOMERS_OLD_MAX);
}

static void who_was_forgotten_comes_again (void **state)
{
    (void)state;
    begin ("link");
    say ((said_t){.channel = "mail", .customer = "kim@example.com", .name = "Kim"});
    customer_t kim = customer_of ("kim@example.com");
    customer_forget (&kim);
    write_customer (&kim);
    say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    kim = customer_of ("kim@example.com");
    assert_true (!kim.forgotten && kim.provisional && kim.identities_n == 1 && kim.version == 3);
    assert_string_equal (kim.name, "");
}

/* What is broken stops nobody: the contact is taken, and the audit names the record. */
static void a_broken_record_stops_nobody (void **state)
{
    (void)state;
    char key[KEY_SIZE];
    begin ("link");
    say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    customer_t kim = customer_of ("kim@example.com");
    fake_store_put (key_customer (key, shard, "acme", kim.id), "A00k", 4);
    heard_t heard = say ((said_t){.channel = "mail", .customer = "kim@example.com", .thread = "t1"});
    assert_true (opened (&heard));
    assert_int_equal (contacts_of (kim.id), 2);
    fake_store_put (key_identity (key, shard, "acme", kim.id), "rubbish", 7);
    heard = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_true (opened (&heard));
    fake_store_put (key, "as long as an id, and none", ID_SIZE - 1);
    heard = say ((said_t){.channel = "mail", .customer = "kim@example.com"});
    assert_string_equal (contact_of (&heard).customer_id, kim.id);
    heard = say ((said_t){.channel = "mail", .customer = "lou@example.com", .thread = "t1"});
    assert_false (opened (&heard)); /* whose it is can't be read: nowhere to keep the doubt */
}

/* ----------------------------------------------------------------------- shown */

static json_t *get (const char *path, int status)
{
    char token[128];
    const char *headers[] = {token, NULL};
    size_t size;
    snprintf (token, sizeof token, "Authorization: Bearer %s", operator_);
    fake_answer_t *answer = fake_http_request ("intake", "GET", path, headers, NULL, 0);
    fake_advance (20);
    assert_int_equal (fake_answer_status (answer), status);
    const char *body = fake_answer_body (answer, &size);
    json_t *json = json_loadb (body, size, 0, NULL);
    assert_non_null (json);
    fake_answer_destroy (&answer);
    return json;
}

static const char *text_at (const json_t *json, const char *key)
{
    const char *text = json_string_value (json_object_get (json, key));
    return text ? text : "";
}

static void people_see_whose_it_is (void **state)
{
    (void)state;
    char path[80];
    begin ("link");
    heard_t mail = say ((said_t){.channel = "mail", .customer = "kim@example.com", .name = "Kim"});
    heard_t call = say ((said_t){.channel = "phone", .customer = "030 123456", .language = "de"});
    link_them ("kim@example.com", "+4930123456");
    snprintf (path, sizeof path, "/v1/contacts/%s", call.receipt.contact);
    json_t *shown = get (path, 200), *about = json_object_get (shown, "about");
    assert_string_equal (text_at (about, "name"), "Kim");
    assert_string_equal (text_at (about, "language"), "de"); /* what the linked record knows */
    assert_int_equal (json_array_size (json_object_get (about, "identities")), 2);
    assert_int_equal (json_array_size (json_object_get (about, "contacts")), 2);
    assert_string_equal (text_at (json_array_get (json_object_get (about, "contacts"), 0), "contact"),
                         call.receipt.contact);
    assert_string_equal (text_at (json_array_get (json_object_get (about, "contacts"), 1), "contact"),
                         mail.receipt.contact);
    snprintf (path, sizeof path, "/v1/customers/%s", text_at (shown, "customer_id"));
    json_t *customer = get (path, 200);
    assert_string_equal (text_at (customer, "customer"), text_at (about, "customer"));
    json_decref (customer);
    json_decref (shown);
    json_decref (get ("/v1/customers/01ARZ3NDEKTSV4RRFFQ69G5FAV", 404));
    json_decref (get ("/v1/customers/kim", 404));
}

#define TEST(name) cmocka_unit_test_teardown (name, tear_down)

int main (void)
{
    const struct CMUnitTest tests[] = {
        TEST (nobody_named_costs_nothing),
        TEST (a_first_contact_makes_a_record),
        TEST (a_second_contact_is_linked),
        TEST (a_second_contact_is_appended),
        TEST (a_second_contact_is_separate),
        TEST (linked_records_are_one_customer),
        TEST (an_index_leads_elsewhere),
        TEST (two_first_contacts_at_once),
        TEST (two_first_contacts_are_one_matter),
        TEST (two_contacts_at_once_are_one_matter),
        TEST (another_address_in_the_thread),
        TEST (a_contact_is_adopted),
        TEST (a_colleague_in_the_thread),
        TEST (the_same_first_message_twice),
        TEST (what_is_sent_again_is_done_once),
        TEST (a_repeat_names_what_there_is),
        TEST (who_is_known_elsewhere_is_not_new),
        TEST (two_at_once_in_any_order),
        TEST (a_call_that_was_owed_a_callback),
        TEST (a_line_knows_numbers_by_itself),
        TEST (a_contact_is_linked_to_what_somebody_has),
        TEST (the_end_of_a_call_opens_nothing),
        TEST (the_oldest_make_room),
        TEST (a_long_list_hides_nobody),
        TEST (who_was_forgotten_comes_again),
        TEST (a_broken_record_stops_nobody),
        TEST (people_see_whose_it_is),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
