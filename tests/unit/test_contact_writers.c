/* test_contact_writers.c - who writes into a contact: a colleague's mail is words, and nothing follows from it but that who
 * has the contact is told. */
#include "contact.h"
#include "keys.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0      1790000000000LL
#define S(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define F(name) BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name
#define D(name) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name
#define R(name) BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_##name

static const char text[] = "workspace: desk\n"
                           "last_resort: dana\n"
                           "default_team: front\n"
                           "channels:\n"
                           "  mail: { weight: 10, answer: mail }\n"
                           "  form: { weight: 10, answer: none }\n"
                           "people:\n"
                           "  ada: { ways: [{ mail: ada@desk.example }] }\n"
                           "  ben: { ways: [{ mail: \"Ben <Ben@Desk.Example>\" }, { mail: shared@desk.example }] }\n"
                           "  lea: { ways: [{ mail: lea@desk.example }] }\n"
                           "  dana: { ways: [{ log: dana }] }\n"
                           "teams:\n"
                           "  front: { lead: lea, members: [ada, ben] }\n"
                           "promises:\n"
                           "  - { when: { channel: mail }, first_response: 4h, next_response: 8h }\n";

static policy_t *policy;

static int setup (void **state)
{
    (void)state;
    policy_errors_t errors = {0};
    policy = policy_parse (text, strlen (text), &errors);
    for (size_t i = 0; i < errors.n; i++)
        printf ("policy %d:%d: %s\n", errors.items[i].line, errors.items[i].column, errors.items[i].what);
    policy_errors_clear (&errors);
    return policy ? 0 : -1;
}

static int teardown (void **state)
{
    (void)state;
    policy_destroy (&policy);
    return 0;
}

/* ---- a contact and what happens to it ---- */

typedef struct story {
    contact_t before, c;
    effects_t fx;
    wall_ms_t now;
} story_t;

static submission_t mail_from (const char *customer)
{
    return (submission_t){.channel = "mail",
                          .subject = "",
                          .text = "I see to it\n> my card is lost",
                          .fresh = "I see to it",
                          .customer = customer,
                          .customer_name = "",
                          .thread = "",
                          .message_id = "again@far.example",
                          .language = "",
                          .tier = "",
                          .return_way = R (MAIL),
                          .return_to = customer,
                          .continues = "",
                          .call_person = "",
                          .customer_id = "",
                          .tier_known = "",
                          .owner_known = "",
                          .linked = "",
                          .linked_owner = ""};
}

static void does (story_t *s, contact_event_t event)
{
    char why[DETAIL_SIZE];
    event.contact = "01K00000000000000000000000";
    event.workspace = "desk";
    event.trace = "";
    if (!event.text)
        event.text = "words";
    s->before = s->c;
    apply_outcome_t outcome = contact_apply (&s->before, &event, s->now, policy, &s->c, &s->fx, why);
    if (outcome != APPLY_DONE)
        fail_msg ("%s while %s: %s", event_kind_name (event.kind), contact_state_name (s->before.state), why);
}

static void acts (story_t *s, event_kind_t kind, const char *by)
{
    does (s, (contact_event_t){.kind = kind, .by = by, .by_epoch = 1, .person = by, .epoch = 1});
}

static void writes (story_t *s, const submission_t *mail)
{
    s->now += MS_PER_SECOND; /* nothing is due by then */
    does (s, (contact_event_t){.kind = EVENT_MESSAGE, .submission = mail});
}

static story_t opened (const submission_t *first)
{
    story_t s = {.now = T0};
    does (&s, (contact_event_t){.kind = EVENT_OPEN, .submission = first});
    return s;
}

/* ada has it, where somebody has. */
static story_t in_state (contact_state_t state)
{
    submission_t first = mail_from ("kim@example.com");
    first.customer_id = "K1";
    story_t s = opened (&first);
    if (state == S (OFFERED))
        acts (&s, EVENT_OFFER, "ada");
    if (state == S (QUEUED))
        acts (&s, EVENT_QUEUE, "");
    if (state >= S (OWNED))
        acts (&s, EVENT_ACCEPT, "ada");
    if (state == S (WAITING))
        acts (&s, EVENT_WAIT, "ada");
    if (state == S (RESOLVED))
        acts (&s, EVENT_RESOLVE, "ada");
    assert_int_equal (s.c.state, state);
    return s;
}

static const fact_t *fact (const story_t *s, fact_kind_t kind)
{
    for (size_t i = 0; i < s->fx.facts_n; i++)
        if (s->fx.facts[i].kind == kind)
            return &s->fx.facts[i];
    return NULL;
}

static bool told_as_a_colleagues (const story_t *s)
{
    const fact_t *message = fact (s, F (MESSAGE));
    return message && strstr (message->detail, "a colleague");
}

/* The record that would be written is the one that was read. */
static bool nothing_changed (const story_t *s)
{
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CONTACT, .version = 1};
    size_t before_size, size;
    uint8_t *before = contact_pack (&s->before, &head, &before_size), *after = contact_pack (&s->c, &head, &size);
    bool same = before_size == size && memcmp (before, after, size) == 0;
    free (before);
    free (after);
    return same;
}

/* ---- a colleague ---- */

/* Whatever the contact waits for, it goes on waiting for it: it is what it was to the last byte. */
static void a_colleagues_mail_changes_nothing (void **state)
{
    (void)state;
    static const contact_state_t rows[] = {S (RECEIVED), S (OFFERED), S (QUEUED), S (OWNED), S (WAITING), S (RESOLVED)};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = in_state (rows[i]);
        submission_t mail = mail_from ("Ben@desk.example");
        mail.customer_id = "K2";
        writes (&s, &mail);
        if (!nothing_changed (&s))
            fail_msg ("%s: something changed", contact_state_name (rows[i]));
        const fact_t *message = fact (&s, F (MESSAGE));
        assert_int_equal (s.fx.facts_n, 1);
        assert_string_equal (message->detail,
                             "ben, a colleague, by mail from Ben@desk.example (not sent on to the customer)");
        assert_string_equal (message->text, mail.text); /* all of it is kept */
        assert_string_equal (message->by, "");          /* a sender is easily forged: nobody has acted */
        assert_string_equal (message->to, "somebody else");
    }
}

/* Who has it, else who answers for it. Never who wrote: they know, and so does who shares their mailbox. */
static void whoever_has_it_is_told (void **state)
{
    (void)state;
    static const struct {
        contact_state_t state;
        const char *from, *told;
    } rows[] = {
        {S (RECEIVED), "ben@desk.example", "lea"}, {S (OFFERED), "ada@desk.example", "lea"},
        {S (QUEUED), "lea@desk.example", ""},      {S (OWNED), "ben@desk.example", "ada"},
        {S (OWNED), "shared@desk.example", "ada"}, {S (OWNED), "ADA@DESK.EXAMPLE", ""},
        {S (WAITING), "lea@desk.example", "ada"},  {S (WAITING), "ada@desk.example", ""},
        {S (RESOLVED), "ben@desk.example", "ada"}, {S (RESOLVED), "ada@desk.example", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = in_state (rows[i].state);
        submission_t mail = mail_from (rows[i].from);
        writes (&s, &mail);
        assert_true (told_as_a_colleagues (&s));
        if (s.fx.notices_n != (*rows[i].told != '\0'))
            fail_msg ("row %zu: %zu are told", i, s.fx.notices_n);
        if (!s.fx.notices_n)
            continue;
        const notice_t *told = &s.fx.notices[0];
        assert_int_equal (told->purpose, D (RETURNED));
        assert_string_equal (told->person, rows[i].told);
        assert_string_equal (told->words, "message");
        assert_string_equal (told->text, "I see to it");
        assert_non_null (strstr (told->detail, ", a colleague, wrote by mail, which was not sent on to the customer"));
        assert_false (told->urgent);
    }
}

/* Of a contact that names nobody a colleague is not the customer either. */
static void a_contact_without_a_customer_stays_so (void **state)
{
    (void)state;
    submission_t first = mail_from (""), mail = mail_from ("ben@desk.example"), kim = mail_from ("kim@example.com");
    first.channel = "form";
    story_t s = opened (&first);
    acts (&s, EVENT_ACCEPT, "ada");
    mail.customer_id = "K2";
    writes (&s, &mail);
    assert_true (nothing_changed (&s));
    assert_true (told_as_a_colleagues (&s));
    kim.customer_id = "K1";
    writes (&s, &kim);
    assert_string_equal (s.c.customer_id, "K1");
    assert_false (told_as_a_colleagues (&s));
    assert_false (nothing_changed (&s));
}

/* They opened it, it is where we write, or a person said that it is the customer's: then it is the customer. dana has no
 * address, so nobody knows that it is her. */
static void a_colleague_may_be_the_customer (void **state)
{
    (void)state;
    static const struct {
        const char *name, *opened_by, *return_to, *id, *ids;
    } rows[] = {
        {"opened it", "ben@desk.example", "ben@desk.example", "K9", NULL},
        {"is where we write", "visitor 7", "ben@desk.example", "K9", NULL},
        {"has the customer's record", "kim@example.com", "kim@example.com", "K1", NULL},
        {"was linked to the customer", "kim@example.com", "kim@example.com", "K9", "K7 K1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        submission_t first = mail_from (rows[i].opened_by), mail = mail_from ("ben@desk.example");
        first.return_to = rows[i].return_to;
        first.customer_id = "K1";
        story_t s = opened (&first);
        acts (&s, EVENT_ACCEPT, "ada");
        acts (&s, EVENT_RESOLVE, "ada");
        mail.customer_id = rows[i].id;
        mail.customer_ids = rows[i].ids;
        writes (&s, &mail);
        if (told_as_a_colleagues (&s) || !fact (&s, F (REOPENED)))
            fail_msg ("%s: '%s'", rows[i].name, fact (&s, F (MESSAGE))->detail);
    }
    story_t s = in_state (S (RESOLVED));
    submission_t mail = mail_from ("dana@desk.example");
    writes (&s, &mail);
    assert_non_null (strstr (fact (&s, F (MESSAGE))->detail, "not known as the customer"));
}

static void what_comes_with_it_is_kept (void **state)
{
    (void)state;
    const attachment_t file = {.name = "note.pdf", .type = "application/pdf", .hash = "ab12", .note = "", .size = 47};
    story_t s = in_state (S (OWNED));
    submission_t mail = mail_from ("ben@desk.example");
    mail.channel = ""; /* it names its contact, and no channel */
    mail.attachments = &file;
    mail.attachments_n = 1;
    mail.sent_at = T0 - MS_PER_HOUR;
    writes (&s, &mail);
    assert_non_null (strstr (fact (&s, F (MESSAGE))->detail, "by mail from ben@desk.example"));
    assert_non_null (strstr (fact (&s, F (MESSAGE))->detail, "; sent "));
    assert_string_equal (fact (&s, F (ATTACHED))->text, "ab12");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_colleagues_mail_changes_nothing),
        cmocka_unit_test (whoever_has_it_is_told),
        cmocka_unit_test (a_contact_without_a_customer_stays_so),
        cmocka_unit_test (a_colleague_may_be_the_customer),
        cmocka_unit_test (what_comes_with_it_is_kept),
    };
    return cmocka_run_group_tests_name ("test_contact_writers", tests, setup, teardown);
}
