/* test_paged.c - colleagues told by a channel's own call: what a policy may say of it, what is sent, that what was told is
 * followed until it is taken and over, and the secret that stands in a body. */
#include "channel_out.h"
#include "contact.h"
#include "ids.h"
#include "keys.h"
#include "notice.h"
#include "record.h"
#include "words.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0      1790000000000LL
#define D(name) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name
#define MINUTE  MS_PER_MINUTE
#define SECRET  "0123\"4567"

#define CHANNELS                                                                                                 \
    "workspace: desk\nlast_resort: dana\nmanager: dana\ndefault_team: front\n"                                   \
    "channels:\n"                                                                                                \
    "  mail: { answer: mail }\n"                                                                                 \
    "  pager:\n"                                                                                                 \
    "    answer: none\n"                                                                                         \
    "    out:\n"                                                                                                 \
    "      url: 'https://pager.example/v2/enqueue'\n"                                                            \
    "      auth: {body: pager-key}\n"                                                                            \
    "      body: {routing_key: '{secret}', event_action: '{event}', dedup_key: '{contact}', at: '{at}', until: " \
    "'{until}',\n"                                                                                               \
    "             payload: {summary: '{subject}', severity: '{severity}', person: '{person}'}}\n"                \
    "      follow: [acknowledge, resolve]\n"                                                                     \
    "  sms: { answer: none, out: { url: 'https://sms.example/', longest: 20, body: {to: '{to}', text: '{text}'} } }\n"

static const char text[] =
    CHANNELS "people:\n"
             "  ada: { ways: [{ channel: pager }, { channel: sms, to: \"+49 1\", after: 5m }] }\n"
             "  ben: { ways: [{ channel: pager }] }\n"
             "  lea: { ways: [{ channel: pager, to: other }] }\n"
             "  dana: {}\n"
             "teams: { front: { lead: lea, members: [ada, ben] } }\n"
             "promises: [{ when: { channel: mail }, first_response: 100m }]\n"
             "ladders: { default: [{ at: 50%, tell: [\"person:ada\", \"person:ben\"] }, { at: due, tell: [lead] }, { "
             "after: 10m, tell: [manager] }] }\n";

static policy_t *policy;

static policy_t *parse (const char *yaml, char what[DETAIL_SIZE])
{
    policy_errors_t errors = {0};
    policy_t *read = policy_parse (yaml, strlen (yaml), &errors);
    snprintf (what, DETAIL_SIZE, "%s", errors.n ? errors.items[0].what : "");
    policy_errors_clear (&errors);
    return read;
}

static int up (void **state)
{
    (void)state;
    char what[DETAIL_SIZE];
    policy = parse (text, what);
    if (!policy)
        printf ("%s\n", what);
    return policy ? 0 : -1;
}

static int down (void **state)
{
    (void)state;
    policy_destroy (&policy);
    return 0;
}

/* ---- the policy ---- */

static void test_refused (void **state)
{
    (void)state;
    static const struct {
        const char *way, *what;
    } rows[] = {
        {"{ channel: mail }", "can't be called"},
        {"{ channel: nosuch }", "nosuch"},
        {"{ channel: pager, log: x }", "several at once"},
        {"{ channel: pager, secret: x }", "has a secret"},
        {"{ log: x, to: y }", "has a to"},
        {"{ channel: hook }", "no to, and its URL needs one"},
        {"{ channel: unset }", "does not set 'account'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char yaml[4096], what[DETAIL_SIZE];
        snprintf (yaml, sizeof yaml,
                  CHANNELS "  hook: { answer: none, out: { url: 'https://h.example/{to}', body: {a: b} } }\n"
                           "  unset: { answer: mail, out: { url: 'https://h.example/', body: {a: '{set.account}'} } }\n"
                           "people: { dana: { ways: [%s] } }\nteams: { front: { lead: dana, members: [dana] } }\n",
                  rows[i].way);
        policy_t *read = parse (yaml, what);
        if (read || !strstr (what, rows[i].what))
            fail_msg ("%s: %s", rows[i].way, what);
    }
}

static void test_refused_out (void **state)
{
    (void)state;
    static const struct {
        const char *out, *what;
    } rows[] = {
        {"auth: {body: k}, url: 'https://h.example/', body: {a: b}", "has no {secret}"},
        {"url: 'https://h.example/', body: {a: ['{secret}']}", "names none for it"},
        {"auth: {rest: k}, url: 'https://h.example/{secret}/a', body: {a: b}", "does not end with /{secret}"},
        {"auth: {rest: k}, url: 'https://h.example/a', body: {a: b}", "does not end with /{secret}"},
        {"auth: {rest: k, bearer: k}, url: 'https://h.example/{secret}', body: {a: b}", "not one whole way"},
        {"url: 'https://h.example/', content: form, body: [{a: b}]", "is a list"},
        {"url: 'https://h.example/', body: {a: b}, follow: [never]", "never"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char yaml[4096], what[DETAIL_SIZE];
        snprintf (yaml, sizeof yaml,
                  CHANNELS "  hook: { answer: none, out: { %s } }\n"
                           "people: { dana: {} }\nteams: { front: { lead: dana, members: [dana] } }\n",
                  rows[i].out);
        policy_t *read = parse (yaml, what);
        if (read || !strstr (what, rows[i].what))
            fail_msg ("%s: %s", rows[i].out, what);
    }
}

/* ---- a contact ---- */

typedef struct story {
    contact_t c;
    effects_t fx;
    wall_ms_t now;
} story_t;

static void does (story_t *s, contact_event_t event)
{
    contact_t after;
    effects_t fx;
    char why[DETAIL_SIZE];
    event.contact = "01K00000000000000000000000";
    event.workspace = "desk";
    event.trace = "";
    event.by_epoch = event.epoch = 1;
    if (!event.text)
        event.text = "words";
    if (contact_apply (&s->c, &event, s->now, policy, &after, &fx, why) != APPLY_DONE)
        fail_msg ("%s: %s", event_kind_name (event.kind), why);
    s->c = after;
    s->fx = fx;
}

static size_t count (const story_t *s, purpose_t purpose, const char *person)
{
    size_t n = 0;
    for (size_t i = 0; i < s->fx.notices_n; i++)
        n += s->fx.notices[i].purpose == purpose && (!person || strcmp (s->fx.notices[i].person, person) == 0);
    return n;
}

static story_t opened (void)
{
    story_t s = {.now = T0};
    submission_t said = {.channel = "mail",
                         .subject = "My {secret:x} card",
                         .text = "gone",
                         .customer = "eve@example.org",
                         .customer_name = "",
                         .thread = "",
                         .message_id = "",
                         .language = "",
                         .tier = "",
                         .return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL,
                         .return_to = "eve@example.org",
                         .continues = "",
                         .fresh = "",
                         .call_person = "",
                         .customer_id = "",
                         .tier_known = "",
                         .owner_known = "",
                         .linked = "",
                         .linked_owner = ""};
    does (&s, (contact_event_t){.kind = EVENT_OPEN, .submission = &said});
    return s;
}

static void test_story (void **state)
{
    (void)state;
    story_t s = opened ();
    assert_int_equal (s.c.paged_n, 0);
    s.now = T0 + 50 * MINUTE;
    does (&s, (contact_event_t){.kind = EVENT_TIME});
    assert_int_equal (count (&s, D (STEP), "ada"), 1);
    assert_int_equal (count (&s, D (STEP), "ben"), 1);
    assert_int_equal (s.c.paged_n, 1); /* ben is called just as ada is */
    assert_int_equal (count (&s, D (TAKEN), NULL) + count (&s, D (OVER), NULL), 0);
    s.now += MINUTE;
    does (&s, (contact_event_t){.kind = EVENT_ACKNOWLEDGE, .by = "ben"});
    assert_int_equal (count (&s, D (TAKEN), "ada"), 1);
    assert_int_equal (count (&s, D (TAKEN), NULL), 1);
    s.now = T0 + 100 * MINUTE;
    does (&s, (contact_event_t){.kind = EVENT_TIME}); /* broken: the lead is told, by another call */
    assert_int_equal (s.c.paged_n, 2);
    does (&s, (contact_event_t){.kind = EVENT_ACCEPT, .by = "ada", .person = "ada"});
    assert_int_equal (count (&s, D (TAKEN), NULL), 2);
    size_t size;
    record_head_t head = {.version = 0}, next = record_head_next (&head, KIND_CONTACT, event_id_of ("t", NULL), 1), got;
    uint8_t *bytes = contact_pack (&s.c, &next, &size);
    contact_t again;
    assert_int_equal (contact_unpack (bytes, size, &got, &again), RECORD_OK);
    assert_int_equal (again.paged_n, 2);
    assert_string_equal (again.paged[1], s.c.paged[1]);
    free (bytes);
    does (&s, (contact_event_t){.kind = EVENT_REPLY, .by = "ada"});
    assert_int_equal (count (&s, D (OVER), NULL), 2);
    assert_int_equal (s.c.paged_n, 0);
    does (&s, (contact_event_t){.kind = EVENT_RESOLVE, .by = "ada"});
    assert_int_equal (count (&s, D (OVER), NULL), 0); /* said once */
}

static void test_resolve_ends (void **state)
{
    (void)state;
    story_t s = opened ();
    s.now = T0 + 50 * MINUTE;
    does (&s, (contact_event_t){.kind = EVENT_TIME});
    does (&s, (contact_event_t){.kind = EVENT_ACCEPT, .by = "ada", .person = "ada"});
    assert_int_equal (count (&s, D (TAKEN), NULL), 1);
    does (&s, (contact_event_t){.kind = EVENT_RESOLVE, .by = "ada"});
    assert_int_equal (count (&s, D (OVER), NULL), 1);
}

static void test_moot (void **state)
{
    (void)state;
    contact_t c = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED};
    delivery_t taken = {.purpose = D (TAKEN), .created_at = T0}, over = {.purpose = D (OVER), .created_at = T0};
    assert_non_null (delivery_moot (&taken, &c, T0)); /* nobody's again */
    WORD_COPY (c.owner, "ada");
    assert_null (delivery_moot (&taken, &c, T0));
    assert_null (delivery_moot (&over, &c, T0));
    c.promises_n = 1;
    c.promises[0].step_fired = T0 + 1; /* it was told of again */
    assert_non_null (delivery_moot (&over, &c, T0));
    c.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED;
    assert_non_null (delivery_moot (&taken, &c, T0));
    assert_null (delivery_moot (&over, &c, T0));
    assert_null (delivery_moot (&over, NULL, T0));
}

/* ---- what is sent ---- */

static effects_t effects; /* of the last render */

static size_t render (const story_t *s, purpose_t purpose, const char *person, delivery_t out[NOTICE_WAYS_MAX])
{
    unsigned position = 0;
    notice_t notice = {.purpose = purpose, .due = T0, .detail = "ben"};
    WORD_COPY (notice.person, person);
    effects.facts_n = 0;
    return notice_render (&notice, &s->c, policy, event_id_of ("test", NULL), &position, s->now, out, &effects);
}

static const char *said_in (json_t *json, const char *name)
{
    const char *word = json_string_value (json_object_get (json, name));
    return word ? word : "";
}

static void test_calls (void **state)
{
    (void)state;
    static const struct {
        purpose_t purpose;
        const char *event, *severity, *until;
    } rows[] = {{D (STEP), "trigger", "error", "2026-10-21T14:13:20.000Z"},
                {D (TAKEN), "acknowledge", "info", "2026-10-21T14:13:20.000Z"},
                {D (OVER), "resolve", "info", "2026-09-21T14:13:20.000Z"}};
    story_t s = opened ();
    const policy_channel_t *channel = policy_channel (policy, "pager");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        delivery_t out[NOTICE_WAYS_MAX];
        char why[DETAIL_SIZE] = "";
        size_t n = render (&s, rows[i].purpose, "ada", out);
        assert_int_equal (n, i == 0 ? 2 : 1); /* the phone does not hear the end */
        assert_string_equal (out[0].channel, "pager");
        assert_string_equal (out[0].secret, "pager-key");
        assert_null (strstr (out[0].body, SECRET));
        char *mark = strstr (out[0].body, "\"{secret:"), tag[256];
        assert_non_null (mark);
        assert_int_equal (sscanf (mark, "\"{secret:%255[^}]", tag), 1);
        assert_null (channel_out_body (channel, &out[0], "y", SECRET, why)); /* another delivery's */
        char *body = channel_out_body (channel, &out[0], tag, SECRET, why);
        assert_non_null (body);
        json_t *json = json_loads (body, 0, NULL);
        assert_string_equal (said_in (json, "routing_key"), SECRET);
        assert_string_equal (said_in (json, "event_action"), rows[i].event);
        assert_string_equal (said_in (json, "dedup_key"), s.c.id);
        assert_string_equal (said_in (json, "at"), "2026-09-21T14:13:20.000Z");
        assert_string_equal (said_in (json, "until"), rows[i].until);
        json_t *payload = json_object_get (json, "payload");
        assert_string_equal (said_in (payload, "severity"), rows[i].severity);
        assert_non_null (strstr (said_in (payload, "summary"), "{secret:x}")); /* a customer's words stay words */
        json_decref (json);
        channel_out_body_clear (&body);
        assert_null (body);
        for (size_t k = 0; k < n; k++)
            delivery_clear (&out[k]);
    }
}

/* The policy has changed since they were told: that nobody hears the end of it is said. */
static void test_nobody_follows (void **state)
{
    (void)state;
    story_t s = opened ();
    delivery_t out[NOTICE_WAYS_MAX];
    assert_int_equal (render (&s, D (OVER), "dana", out), 0);
    assert_int_equal (effects.facts_n, 1);
    assert_int_equal (effects.facts[0].kind, BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE_LEFT_OUT);
    assert_string_equal (effects.facts[0].to, "dana");
}

/* A page is cut where a reply would fail. */
static void test_cut (void **state)
{
    (void)state;
    story_t s = opened ();
    delivery_t out[NOTICE_WAYS_MAX];
    assert_int_equal (render (&s, D (STEP), "ada", out), 2);
    json_t *json = json_loads (out[1].body, 0, NULL);
    assert_string_equal (said_in (json, "to"), "+49 1");
    assert_int_equal (strlen (said_in (json, "text")), 20);
    assert_string_equal (said_in (json, "text") + 17, "...");
    assert_int_equal (out[1].due, s.now + 5 * MINUTE);
    json_decref (json);
    delivery_clear (&out[0]);
    delivery_clear (&out[1]);
}

static void test_rest (void **state)
{
    (void)state;
    static const struct {
        const char *secret, *url;
    } rows[] = {{"a/b?sig=x%2Fy&v=1.0", "https://h.example/t/a/b?sig=x%2Fy&v=1.0"},
                {"a/../b", NULL},
                {"a b", NULL},
                {"", NULL},
                {"a#b", NULL}};
    char what[DETAIL_SIZE], yaml[4096], url[OUT_URL_SIZE], why[DETAIL_SIZE];
    snprintf (yaml, sizeof yaml,
              CHANNELS
              "  hook: { answer: none, out: { auth: {rest: k}, url: 'https://h.example/t/{secret}', body: {a: b} } }\n"
              "people: { dana: {} }\nteams: { front: { lead: dana, members: [dana] } }\n");
    policy_t *read = parse (yaml, what);
    assert_non_null (read);
    delivery_t delivery = {.address = "https://h.example/t/{secret}"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool made = channel_out_url (policy_channel (read, "hook"), &delivery, rows[i].secret, url, why);
        assert_int_equal (made, rows[i].url != NULL);
        if (made)
            assert_string_equal (url, rows[i].url);
    }
    policy_destroy (&read);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_refused),        cmocka_unit_test (test_refused_out), cmocka_unit_test (test_story),
        cmocka_unit_test (test_resolve_ends),   cmocka_unit_test (test_moot),        cmocka_unit_test (test_calls),
        cmocka_unit_test (test_nobody_follows), cmocka_unit_test (test_cut),         cmocka_unit_test (test_rest),
    };
    return cmocka_run_group_tests (tests, up, down);
}
