/* test_bounce.c - answers by a channel's call and by mail on the fakes, and what far sides say of them later: it came
 * back, it arrived; the next way of a colleague, and who is told when none is left. */
#include "bounce.h"
#include "fake.h"
#include "guard.h"
#include "ids.h"
#include "keys.h"
#include "mail_out.h"
#include "mail_tag.h"
#include "notification.h"
#include "options.h"
#include "plan.h"
#include "policy_apply.h"
#include "record.h"
#include "words.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PURPOSE(x) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##x
#define WAY(x)     BUCKSTOP__V1__WAY_KIND__WAY_KIND_##x
#define FACT(x)    BUCKSTOP__V1__FACT_KIND__FACT_KIND_##x
#define FIRST      BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE
#define NEXT       BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_NEXT_RESPONSE
#define CONTACT    "01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define PLATFORM   "https://chat.example/send"

static const char policy_text[] =
    "workspace: acme\n"
    "last_resort: mira\n"
    "mail_from: Desk <desk@acme.example>\n"
    "people:\n"
    "  ada: { ways: [{ mail: ada@acme.example }, { slack: 'https://room.example/ada', after: 10m }] }\n"
    "  lena: { ways: [{ log: lena }] }\n"
    "  mira: { ways: [{ log: mira }] }\n"
    "teams:\n"
    "  front: { lead: lena, members: [ada] }\n"
    "channels:\n"
    "  post: { answer: mail, address: help@acme.example, tag: address }\n"
    "  chat:\n"
    "    answer: channel\n"
    "    out:\n"
    "      url: '" PLATFORM "'\n"
    "      auth: { bearer: chat-token }\n"
    "      body: { to: '{to}', text: '{text}' }\n"
    "      success: { at: ok, is: 'true' }\n"
    "      error: error\n"
    "      permanent: [gone]\n"
    "      id: id\n";

typedef struct house {
    loop_t *loop, *own;
    service_t service;
    notification_params_t params;
    store_t *store; /* the test's own */
    char secrets[64], text[DETAIL_SIZE];
    unsigned made;
    size_t answers;
    bounce_outcome_t outcome;
} house_t;

static void applied (void *arg, const policy_applied_t *result)
{
    (void)arg;
    assert_int_equal (result->outcome, POLICY_APPLIED);
}

static void secret (const house_t *house, const char *text)
{
    char path[128];
    snprintf (path, sizeof path, "%s/chat-token", house->secrets);
    if (!text) {
        unlink (path);
        return;
    }
    FILE *file = fopen (path, "w");
    assert_non_null (file);
    fputs (text, file);
    fclose (file);
}

static int up (void **state)
{
    static house_t house;
    memset (&house, 0, sizeof house);
    fake_reset (7);
    guard_off = NULL;
    snprintf (house.secrets, sizeof house.secrets, "/tmp/buckstop-test-XXXXXX");
    assert_non_null (mkdtemp (house.secrets));
    secret (&house, "s3cret\n");
    house.own = loop_new ();
    house.store = store_new (house.own, &(store_config_t){.shards = 1});
    policy_apply (house.store, house.own, policy_text, sizeof policy_text - 1, "test", applied, NULL);
    fake_advance (1000);
    options_defaults (notification_kind.params);
    house.params = notification_params;
    house.params.secrets = house.secrets;
    house.params.smtp = "smtp://mail.example";
    house.loop = loop_new ();
    house.service = (service_t){.loop = house.loop};
    house.service.store = store_new (house.loop, &(store_config_t){.shards = 1});
    assert_int_equal (service_start_in (&house.service, &notification_kind, &house.params), 0);
    fake_advance (10);
    *state = &house;
    return 0;
}

static int down (void **state)
{
    house_t *house = *state;
    guard_off = NULL;
    service_stop_in (&house->service, &notification_kind, &house->params);
    store_destroy (&house->service.store);
    loop_destroy (&house->loop);
    store_destroy (&house->store);
    loop_destroy (&house->own);
    secret (house, NULL);
    return rmdir (house->secrets);
}

/* ---- what stands in the store ---- */

/* ada's, who has just answered. */
static void put_contact (wall_ms_t replied_at)
{
    static const record_head_t absent = {.version = 0};
    contact_t contact = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED,
                         .opened_at = fake_store_now () - 1000,
                         .review_at = fake_store_now () + MS_PER_DAY,
                         .last_reply_at = replied_at,
                         .opened = 1,
                         .messages = 1};
    WORD_COPY (contact.id, CONTACT);
    WORD_COPY (contact.workspace, "acme");
    WORD_COPY (contact.channel, "chat");
    WORD_COPY (contact.team, "front");
    WORD_COPY (contact.owner, "ada");
    WORD_COPY (contact.accountable, "ada");
    contact.promises[0] = (promise_t){.kind = FIRST,
                                      .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING,
                                      .opened_at = contact.opened_at,
                                      .due = fake_store_now () + MS_PER_DAY,
                                      .duration_ms = MS_PER_DAY,
                                      .answered_at = replied_at};
    contact.promises_n = 1;
    record_head_t head = record_head_next (&absent, KIND_CONTACT, event_id_of ("open", NULL), 0);
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size;
    uint8_t *bytes = contact_pack (&contact, &head, &size);
    fake_store_put (key_contact (key, 0, "acme", CONTACT), bytes, size);
    fake_store_place (key_due (key, 0, KIND_CONTACT), contact_next_due (&contact),
                      member_make (member, "acme", CONTACT));
    free (bytes);
}

static contact_t contact_now (void)
{
    char key[KEY_SIZE];
    size_t size;
    record_head_t head;
    contact_t contact;
    const void *bytes = fake_store_string (key_contact (key, 0, "acme", CONTACT), &size);
    assert_non_null (bytes);
    assert_int_equal (contact_unpack (bytes, size, &head, &contact), RECORD_OK);
    return contact;
}

/* A reply to the customer; change what is to be different. */
static delivery_t delivery_of (house_t *house, way_kind_t way, const char *address)
{
    delivery_t delivery = {.purpose = PURPOSE (REPLY),
                           .way = way,
                           .subject = "Re: My card",
                           .body = "{\"to\":\"c\",\"text\":\"It is on its way\"}",
                           .created_at = fake_store_now (),
                           .due = fake_store_now (),
                           .promise = FIRST};
    effect_id (event_id_of ("test", NULL), house->made++, delivery.id);
    WORD_COPY (delivery.workspace, "acme");
    WORD_COPY (delivery.contact, CONTACT);
    WORD_COPY (delivery.address, address);
    WORD_COPY (delivery.channel, way == WAY (MAIL) ? "post" : "chat");
    WORD_COPY (delivery.secret, way == WAY (CHANNEL) ? "chat-token" : "");
    return delivery;
}

static void put (const delivery_t *delivery)
{
    static const record_head_t absent = {.version = 0};
    record_head_t head = record_head_next (&absent, KIND_DELIVERY, event_id_of ("made", delivery->id, NULL), 0);
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size;
    uint8_t *bytes = delivery_pack (delivery, &head, &size);
    fake_store_put (key_delivery (key, 0, "acme", delivery->id), bytes, size);
    fake_store_place (key_due (key, 0, KIND_DELIVERY), delivery->due, member_make (member, "acme", delivery->id));
    free (bytes);
}

/* How often the timeline tells a fact of that kind; the last one's words go to house->text. */
static size_t told (house_t *house, fact_kind_t kind)
{
    char key[KEY_SIZE];
    const char *bytes;
    size_t size, count = 0;
    int64_t score;
    key_timeline (key, 0, "acme", CONTACT);
    for (size_t i = 0; (bytes = fake_store_item (key, i, &size, &score)); i++) {
        Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, size, (const uint8_t *)bytes);
        assert_non_null (event);
        for (size_t f = 0; f < event->n_facts; f++)
            if (event->facts[f]->kind == (Buckstop__V1__FactKind)kind) {
                count++;
                WORD_COPY (house->text, event->facts[f]->detail);
                assert_true (g_utf8_validate (event->facts[f]->detail, -1, NULL)); /* cut between characters */
            }
        buckstop__v1__event__free_unpacked (event, NULL);
    }
    return count;
}

static void expect_told (house_t *house, fact_kind_t kind, size_t times, const char *words)
{
    size_t n = told (house, kind);
    if (n != times || (times && !strstr (house->text, words)))
        fail_msg ("%s: %zu times, last '%s'", fact_kind_name (kind), n, house->text);
}

static size_t dead (void)
{
    char key[KEY_SIZE];
    return fake_store_size (key_dead (key, 0, "acme"));
}

static size_t sent (void)
{
    return fake_store_count ("b:{0}:sent:acme:");
}

/* ---- what is said later ---- */

#define SIXTEEN "éééééééééééééééé"

static void answered (void *arg, bounce_outcome_t outcome)
{
    house_t *house = arg;
    house->answers++;
    house->outcome = outcome;
}

static bounce_outcome_t reported (house_t *house, const char *message_id, mail_action_t action)
{
    mail_report_t report = {.action = action, .permanent = true};
    size_t before = house->answers;
    WORD_COPY (report.message_id, message_id);
    WORD_COPY (report.status, "5.1.1");
    WORD_COPY (report.diagnostic, "no such user " SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN);
    bounce_take (&house->service, "acme", &report, answered, house);
    assert_int_equal (house->answers, before); /* never from within */
    fake_advance (1500);
    assert_int_equal (house->answers, before + 1);
    return house->outcome;
}

static bounce_outcome_t received (house_t *house, const char *id, enum in_receipt_state what)
{
    channel_receipt_t receipt = {.state = what};
    size_t before = house->answers;
    WORD_COPY (receipt.id, id);
    WORD_COPY (receipt.reason, "number not in service");
    receipt_take (&house->service, "acme", "chat", &receipt, answered, house);
    assert_int_equal (house->answers, before);
    fake_advance (1500);
    assert_int_equal (house->answers, before + 1);
    return house->outcome;
}

/* ---- the channel's call ---- */

static void a_reply_goes_by_the_channel (void **state)
{
    house_t *house = *state;
    delivery_t delivery = delivery_of (house, WAY (CHANNEL), PLATFORM);
    put_contact (delivery.created_at);
    fake_peer (PLATFORM, FAKE_PEER_ANSWERS, 200, 0, -1);
    fake_peer_body ("{\"ok\":true,\"id\":\"far-7\"}");
    put (&delivery);
    fake_advance (1100);
    assert_int_equal (fake_calls (), 1);
    assert_string_equal (fake_call (0)->method, "POST");
    assert_string_equal (fake_call (0)->url, PLATFORM);
    assert_string_equal (fake_call (0)->body, delivery.body);
    assert_string_equal (fake_call_header (fake_call (0), "Authorization"), "Bearer s3cret");
    assert_string_equal (fake_call_header (fake_call (0), "Content-Type"), "application/json");
    assert_false (fake_call (0)->private_allowed);
    expect_told (house, FACT (DELIVERED), 1, "");
    assert_int_equal (contact_now ().kept, 1);
    assert_int_equal (sent (), 1);
    assert_int_equal (fake_log_count ("s3cret"), 0);

    assert_int_equal (received (house, "far-8", RECEIPT_FAILED), BOUNCE_UNKNOWN);
    assert_int_equal (received (house, "far-7", RECEIPT_SENT), BOUNCE_UNKNOWN);
    assert_int_equal (received (house, "far-7", RECEIPT_DELIVERED), BOUNCE_DONE);
    expect_told (house, FACT (DELIVERY_RECEIPT), 1, "has arrived");
    assert_int_equal (received (house, "far-7", RECEIPT_DELIVERED), BOUNCE_DONE); /* told once */
    expect_told (house, FACT (DELIVERY_RECEIPT), 1, "has arrived");
    expect_told (house, FACT (BOUNCED), 0, "");

    assert_int_equal (received (house, "far-7", RECEIPT_FAILED), BOUNCE_DONE);
    expect_told (house, FACT (BOUNCED), 1, "number not in service");
    contact_t contact = contact_now ();
    assert_int_equal (contact.kept, 1); /* it stays kept: what follows is a correction beside it */
    assert_int_equal (contact.promises_n, 1);
    assert_int_equal (contact.promises[0].kind, NEXT);
    assert_int_equal (received (house, "far-7", RECEIPT_FAILED), BOUNCE_DONE);
    expect_told (house, FACT (BOUNCED), 1, "number not in service");
    assert_int_equal (fake_mails (), 1); /* the owner is told: once */
    assert_string_equal (fake_mail (0)->to, "ada@acme.example");
}

static void what_the_platform_answers (void **state)
{
    house_t *house = *state;
    delivery_t delivery = delivery_of (house, WAY (CHANNEL), PLATFORM);
    put_contact (delivery.created_at);
    fake_peer (PLATFORM, FAKE_PEER_ANSWERS, 401, 0, -1);
    put (&delivery);
    fake_advance (1100);
    expect_told (house, FACT (DELIVERY_RETRIED), 1, "401"); /* our token: nothing fails by it */
    fake_peer (PLATFORM, FAKE_PEER_ANSWERS, 429, 30000, -1);
    fake_advance (10000);
    expect_told (house, FACT (DELIVERY_RETRIED), 2, "429");
    size_t calls = fake_calls ();
    fake_advance (20000);
    assert_int_equal (fake_calls (), calls); /* as long as it asked */
    secret (house, NULL);
    fake_advance (15000);
    expect_told (house, FACT (DELIVERY_RETRIED), 3, "chat-token");
    assert_int_equal (fake_calls (), calls);
    secret (house, "new");
    fake_peer (PLATFORM, FAKE_PEER_ANSWERS, 200, 0, -1);
    fake_peer_body ("{\"ok\":false,\"error\":\"gone\"}");
    fake_advance (60000);
    expect_told (house, FACT (DELIVERY_FAILED), 1, "gone");
    assert_string_equal (fake_call_header (fake_call (fake_calls () - 1), "Authorization"), "Bearer new");
    assert_int_equal (dead (), 1);
    assert_int_equal (sent (), 1); /* what told ada of it */
}

/* ---- mail ---- */

/* Who came by no mail: our first one begins the thread, and stands where a mail of theirs is missing. */
static void a_thread_that_we_began (void **state)
{
    house_t *house = *state;
    static const struct {
        const char *in_reply_to;
        bool answers_first; /* else it answers theirs, and the first stands before it */
    } rows[] = {{"", true}, {"room 7", true}, {"m2@far.example", false}};
    delivery_t first = delivery_of (house, WAY (MAIL), "eve@far.example");
    first.body = "Thank you";
    WORD_COPY (first.in_reply_to, "room 7");
    assert_true (delivery_begins_thread (&first));
    put_contact (first.created_at);
    put (&first);
    fake_advance (1100);
    assert_int_equal (fake_mails (), 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        delivery_t more = delivery_of (house, WAY (MAIL), "eve@far.example");
        more.body = "More";
        WORD_COPY (more.in_reply_to, rows[i].in_reply_to);
        WORD_COPY (more.first_mail, first.id);
        assert_false (delivery_begins_thread (&more));
        put (&more);
        fake_advance (1100);
        assert_int_equal (fake_mails (), 2 + i);
        const fake_mail_t *mail = fake_mail (1 + i);
        assert_string_equal (rows[i].answers_first ? mail->in_reply_to : mail->thread, fake_mail (0)->message_id);
        assert_string_equal (rows[i].answers_first ? mail->thread : mail->in_reply_to,
                             rows[i].answers_first ? "" : rows[i].in_reply_to);
    }
}

static void a_reply_comes_back (void **state)
{
    house_t *house = *state;
    delivery_t delivery = delivery_of (house, WAY (MAIL), "eve@far.example");
    delivery.body = "It is on its way";
    WORD_COPY (delivery.in_reply_to, "m2@far.example");
    WORD_COPY (delivery.thread, "m1@far.example");
    put_contact (delivery.created_at);
    put (&delivery);
    fake_advance (1100);
    assert_int_equal (fake_mails (), 1);
    const fake_mail_t *mail = fake_mail (0);
    mail_tag_t tag, reply_to;
    assert_true (mail_tag_in_message_id (mail->message_id, &tag));
    assert_string_equal (tag.delivery, delivery.id);
    assert_string_equal (strchr (mail->message_id, '@'), "@acme.example>");
    assert_string_equal (mail->from, "Desk <help@acme.example>");
    assert_true (mail_tag_in_address (mail->reply_to, &reply_to, NULL));
    assert_string_equal (mail->in_reply_to, "m2@far.example");
    assert_string_equal (mail->thread, "m1@far.example");
    assert_int_equal (mail->automatic, MAIL_BY_HAND);
    assert_int_equal (sent (), 1);

    char forged[ADDRESS_SIZE];
    WORD_COPY (forged, mail->message_id);
    char *mac = strchr (forged, '@') - 1;
    *mac = *mac == '0' ? '1' : '0';
    assert_int_equal (reported (house, forged, MAIL_FAILED), BOUNCE_UNKNOWN);
    assert_int_equal (reported (house, "m9@far.example", MAIL_FAILED), BOUNCE_UNKNOWN);
    assert_int_equal (reported (house, "", MAIL_FAILED), BOUNCE_UNKNOWN);
    expect_told (house, FACT (BOUNCED), 0, "");
    assert_int_equal (reported (house, mail->message_id, MAIL_DELAYED), BOUNCE_DONE);
    expect_told (house, FACT (DELIVERY_RECEIPT), 1, "is late");

    assert_int_equal (reported (house, mail->message_id, MAIL_FAILED), BOUNCE_DONE);
    expect_told (house, FACT (BOUNCED), 1, "5.1.1 no such user");
    assert_int_equal (contact_now ().promises[0].kind, NEXT);
    assert_int_equal (fake_mails (), 2);
    assert_string_equal (fake_mail (1)->to, "ada@acme.example");
    assert_int_equal (fake_mail (1)->automatic, MAIL_GENERATED);
    assert_true (g_utf8_validate (fake_mail (1)->body, -1, NULL));
    assert_int_equal (reported (house, mail->message_id, MAIL_FAILED), BOUNCE_DONE);
    expect_told (house, FACT (BOUNCED), 1, "");
    assert_int_equal (fake_mails (), 2);
}

/* The contact is closed by the time that its answer comes back: it stays so, and its owner hears of it, once. */
static void an_answer_of_what_is_closed_comes_back (void **state)
{
    house_t *house = *state;
    delivery_t delivery = delivery_of (house, WAY (MAIL), "eve@far.example");
    char key[KEY_SIZE];
    size_t size;
    put_contact (delivery.created_at);
    put (&delivery);
    fake_advance (1100);
    contact_t contact = contact_now ();
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CONTACT, .version = contact.version + 1};
    contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
    contact.close_at = fake_store_now ();
    uint8_t *bytes = contact_pack (&contact, &head, &size);
    fake_store_put (key_contact (key, 0, "acme", CONTACT), bytes, size);
    free (bytes);
    for (int i = 0; i < 2; i++) {
        assert_int_equal (reported (house, fake_mail (0)->message_id, MAIL_FAILED), BOUNCE_DONE);
        expect_told (house, FACT (BOUNCED), 1, "no such user");
        assert_int_equal (contact_now ().state, BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED);
        assert_int_equal (fake_mails (), 2);
        assert_string_equal (fake_mail (1)->to, "ada@acme.example");
    }
}

/* What was sent is forgotten after its time, and then nothing follows. */
static void what_was_sent_is_forgotten (void **state)
{
    house_t *house = *state;
    delivery_t delivery = delivery_of (house, WAY (MAIL), "eve@far.example");
    put_contact (delivery.created_at);
    put (&delivery);
    fake_advance (1100);
    assert_int_equal (sent (), 1);
    fake_advance (6 * MS_PER_DAY);
    assert_int_equal (reported (house, fake_mail (0)->message_id, MAIL_FAILED), BOUNCE_UNKNOWN);
}

/* ---- a colleague ---- */

/* An ASSIGNED of ada's by mail, and behind it by Slack in ten minutes. */
static void put_both (house_t *house)
{
    delivery_t first = delivery_of (house, WAY (MAIL), "ada@acme.example");
    delivery_t second = delivery_of (house, WAY (SLACK), "https://room.example/ada");
    first.purpose = second.purpose = PURPOSE (ASSIGNED);
    WORD_COPY (first.person, "ada");
    WORD_COPY (second.person, "ada");
    WORD_COPY (first.next, second.id);
    second.way_index = 1;
    second.due += 10 * MS_PER_MINUTE;
    put_contact (0);
    put (&first);
    put (&second);
}

static void the_next_way_is_tried_at_once (void **state)
{
    house_t *house = *state;
    fake_peer ("ada@acme.example", FAKE_PEER_ANSWERS, 550, 0, -1);
    put_both (house);
    fake_advance (3000);
    assert_int_equal (fake_calls (), 1);
    expect_told (house, FACT (DELIVERY_FAILED), 1, "by mail");
    expect_told (house, FACT (DELIVERED), 1, "by slack");
    expect_told (house, FACT (BOUNCED), 0, "");
}

static void the_next_way_is_tried_when_it_comes_back (void **state)
{
    house_t *house = *state;
    put_both (house);
    fake_advance (3000);
    assert_int_equal (fake_mails (), 1);
    assert_int_equal (fake_calls (), 0);
    assert_int_equal (reported (house, fake_mail (0)->message_id, MAIL_FAILED), BOUNCE_DONE);
    fake_advance (1000);
    assert_int_equal (fake_calls (), 1);
    expect_told (house, FACT (BOUNCED), 1, "assigned: came back");
    expect_told (house, FACT (DELIVERED), 2, "by slack");
    assert_int_equal (fake_log_count (" purpose=unreached "), 0);
}

static void without_f22_nothing_comes_forward (void **state)
{
    house_t *house = *state;
    guard_off = "f22";
    fake_peer ("ada@acme.example", FAKE_PEER_ANSWERS, 550, 0, -1);
    put_both (house);
    fake_advance (3000);
    assert_int_equal (fake_calls (), 0);
}

static void somebody_else_is_told (void **state)
{
    house_t *house = *state;
    fake_peer ("ada@acme.example", FAKE_PEER_ANSWERS, 550, 0, -1);
    fake_peer ("room.example", FAKE_PEER_ANSWERS, 404, 0, -1);
    put_both (house);
    fake_advance (5000);
    assert_int_equal (fake_calls (), 1);
    expect_told (house, FACT (DELIVERY_FAILED), 2, "by slack");
    expect_told (house, FACT (BOUNCED), 1, "404");
    assert_int_equal (fake_log_count (" purpose=unreached "), 1); /* the lead: ada is the accountable one */
    assert_int_equal (fake_log_count (" to=lena "), 1);
    assert_int_equal (dead (), 2);
}

/* The mail was accepted and came back after Slack had failed: then, too, nobody has told ada. */
static void somebody_else_is_told_later (void **state)
{
    house_t *house = *state;
    fake_peer ("room.example", FAKE_PEER_ANSWERS, 404, 0, -1);
    put_both (house);
    fake_advance (11 * MS_PER_MINUTE);
    assert_int_equal (fake_calls (), 1);
    assert_int_equal (fake_log_count (" purpose=unreached "), 0); /* the mail stands */
    assert_int_equal (reported (house, fake_mail (0)->message_id, MAIL_FAILED), BOUNCE_DONE);
    assert_int_equal (fake_log_count (" purpose=unreached "), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown (function, up, down)

int main (void)
{
    const struct CMUnitTest tests[] = {
        TEST (a_reply_goes_by_the_channel),
        TEST (what_the_platform_answers),
        TEST (a_thread_that_we_began),
        TEST (a_reply_comes_back),
        TEST (an_answer_of_what_is_closed_comes_back),
        TEST (what_was_sent_is_forgotten),
        TEST (the_next_way_is_tried_at_once),
        TEST (the_next_way_is_tried_when_it_comes_back),
        TEST (without_f22_nothing_comes_forward),
        TEST (somebody_else_is_told),
        TEST (somebody_else_is_told_later),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
