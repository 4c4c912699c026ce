/* test_notice.c - from a notice to deliveries: ways and delays, quiet hours, dry run, links, the customer's words. */
#include "calendar.h"
#include "channel_out.h"
#include "guard.h"
#include "ids.h"
#include "link.h"
#include "mail_tag.h"
#include "notice.h"
#include "policy_builtin.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW        1772442000000LL /* Monday 2 March 2026, 09:00 UTC */
#define PURPOSE(x) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##x
#define FACT(x)    BUCKSTOP__V1__FACT_KIND__FACT_KIND_##x
#define WAY(x)     BUCKSTOP__V1__WAY_KIND__WAY_KIND_##x
#define RETURN(x)  BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_##x
#define FIRST      BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE

typedef struct fixture {
    policy_person_t people[3];
    policy_t policy;
    contact_t contact;
    effects_t effects;
    delivery_t out[NOTICE_WAYS_MAX];
    size_t n;
    unsigned position;
    calendar_t *quiet;
} fixture_t;

static const policy_way_t ada_ways[] = {
    {.kind = WAY (SLACK), .address = "https://chat.example/h"},
    {.kind = WAY (MAIL), .address = "ada@example.com", .delay_ms = 60000},
    {.kind = WAY (WEBHOOK), .address = "https://pager.example/p", .secret = "pager", .delay_ms = 300000},
};
static const policy_template_t templates[] = {
    {"offer", "Take this: {subject}", "{customer} by {channel}: {detail} {link_accept}"},
    {"step", "{promise} of {subject} by {due}", "{owner}/{accountable} {detail} {link_acknowledge}"},
    {"acknowledge", "Re: {subject}", "{person} takes care of '{subject}'. You hear by {due}. {detail}{link_accept}"},
    {"apology", "Sorry", "by {due}"},
    {"reply", "Re: {subject}", "{text}\n\n{person}"},
};

static int up (void **state)
{
    static fixture_t fixture;
    memset (&fixture, 0, sizeof fixture);
    fixture_t *f = &fixture;
    f->people[0] = (policy_person_t){.name = "ada", .display = "Ada L.", .ways = ada_ways, .ways_n = 3};
    f->people[1] = (policy_person_t){.name = "bob", .display = "Bob M."};
    f->policy = (policy_t){.workspace = "acme",
                           .people = f->people,
                           .people_n = 2,
                           .templates = templates,
                           .templates_n = sizeof templates / sizeof *templates,
                           .link_ms = MS_PER_DAY};
    WORD_COPY (f->contact.id, "01HZZZZZZZZZZZZZZZZZZZZZZZ");
    WORD_COPY (f->contact.workspace, "acme");
    WORD_COPY (f->contact.channel, "chat");
    WORD_COPY (f->contact.subject, "My card");
    WORD_COPY (f->contact.customer, "eve@example.org");
    WORD_COPY (f->contact.customer_name, "Eve");
    WORD_COPY (f->contact.accountable, "bob");
    WORD_COPY (f->contact.reply_to_message, "<m1@example.org>");
    f->contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_QUEUED;
    f->contact.promises[0] = (promise_t){.kind = FIRST, .due = NOW + MS_PER_HOUR};
    f->contact.promises_n = 1;
    *state = f;
    return 0;
}

static void clear (fixture_t *f)
{
    for (size_t i = 0; i < f->n; i++)
        delivery_clear (&f->out[i]);
    f->n = 0;
    f->effects.facts_n = 0;
}

static int down (void **state)
{
    fixture_t *f = *state;
    clear (f);
    calendar_destroy (&f->quiet);
    return 0;
}

static void render (fixture_t *f, notice_t notice)
{
    clear (f);
    f->n = notice_render (&notice, &f->contact, &f->policy, event_id_of ("test", NULL), &f->position, NOW, f->out,
                          &f->effects);
}

static const fact_t *fact_of (const fixture_t *f, fact_kind_t kind)
{
    for (size_t i = 0; i < f->effects.facts_n; i++)
        if (f->effects.facts[i].kind == kind)
            return &f->effects.facts[i];
    return NULL;
}

static void a_person_s_ways (void **state)
{
    fixture_t *f = *state;
    render (f, (notice_t){.purpose = PURPOSE (OFFER), .person = "ada", .detail = "skill fit"});
    assert_int_equal (f->n, 3);
    static const struct {
        way_kind_t way;
        const char *address, *secret;
        int64_t delay;
    } rows[] = {{WAY (SLACK), "https://chat.example/h", "", 0},
                {WAY (MAIL), "ada@example.com", "", 60000},
                {WAY (WEBHOOK), "https://pager.example/p", "pager", 300000}};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal (f->out[i].way, rows[i].way);
        assert_string_equal (f->out[i].address, rows[i].address);
        assert_string_equal (f->out[i].secret, rows[i].secret);
        assert_int_equal (f->out[i].due, NOW + rows[i].delay);
        assert_int_equal (f->out[i].way_index, i);
        assert_string_equal (f->out[i].next, i < 2 ? f->out[i + 1].id : "");
        assert_string_equal (f->out[i].subject, "Take this: My card");
        assert_string_equal (f->out[i].body, "Eve by chat: skill fit ");
    }
    assert_string_not_equal (f->out[0].id, f->out[1].id);
    assert_int_equal (f->position, 3);
    assert_int_equal (fact_of (f, FACT (NOTICE))->number, 3);
}

/* f22: the next way is tried while the clock runs. */
static void f22_without_guard (void **state)
{
    fixture_t *f = *state;
    guard_off = "f22";
    render (f, (notice_t){.purpose = PURPOSE (OFFER), .person = "ada"});
    guard_off = NULL;
    assert_int_equal (f->n, 1);
}

static void somebody_without_a_way (void **state)
{
    fixture_t *f = *state;
    static const char *const names[] = {"bob", "gone"};
    for (size_t i = 0; i < 2; i++) {
        notice_t notice = {.purpose = PURPOSE (STEP)};
        WORD_COPY (notice.person, names[i]);
        render (f, notice);
        assert_int_equal (f->n, 1);
        assert_int_equal (f->out[0].way, WAY (LOG));
        assert_string_equal (f->out[0].address, names[i]);
        assert_non_null (fact_of (f, FACT (NOTICE_LEFT_OUT)));
    }
}

static void quiet_hours (void **state)
{
    fixture_t *f = *state;
    static const calendar_span_t span[] = {{9 * 60, 10 * 60}}; /* Monday 09:00 to 10:00 */
    f->quiet = calendar_new ("UTC", span, 1, NULL, 0);
    assert_non_null (f->quiet);
    f->people[0].quiet = f->quiet;
    render (f, (notice_t){.purpose = PURPOSE (STEP), .person = "ada", .promise = FIRST});
    assert_int_equal (f->n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (f->out[i].due, NOW + MS_PER_HOUR);
        assert_int_equal (f->out[i].held_until, NOW + MS_PER_HOUR);
    }
    const fact_t *held = fact_of (f, FACT (DELIVERY_HELD));
    assert_non_null (held);
    assert_int_equal (held->due, NOW + MS_PER_HOUR);
    assert_int_equal (held->number, 3);
    assert_non_null (strstr (held->detail, "quiet hours of ada"));
    /* an urgent step pierces them */
    render (f, (notice_t){.purpose = PURPOSE (STEP), .person = "ada", .promise = FIRST, .urgent = true});
    assert_int_equal (f->out[0].due, NOW);
    assert_null (fact_of (f, FACT (DELIVERY_HELD)));
}

static void customer_s_way (void **state)
{
    fixture_t *f = *state;
    static const struct {
        return_way_t way;
        const char *return_to;
        size_t n;
        way_kind_t kind;
        const char *address, *secret;
    } rows[] = {
        {RETURN (MAIL), "eve@home.example", 1, WAY (MAIL), "eve@home.example", ""},
        {RETURN (MAIL), "", 1, WAY (MAIL), "eve@example.org", ""},
        {RETURN (CALLBACK), "https://chat.example/back", 1, WAY (WEBHOOK), "https://chat.example/back", "callback"},
        {RETURN (SPOKEN), "", 0, 0, "", ""},
        {RETURN (UNSPECIFIED), "", 0, 0, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->contact.return_way = rows[i].way;
        WORD_COPY (f->contact.return_to, rows[i].return_to);
        render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "It is on its way.", .promise = FIRST});
        assert_int_equal (f->n, rows[i].n);
        if (!rows[i].n) {
            assert_non_null (fact_of (f, FACT (NOTICE_LEFT_OUT)));
            continue;
        }
        assert_int_equal (f->out[0].way, rows[i].kind);
        assert_string_equal (f->out[0].address, rows[i].address);
        assert_string_equal (f->out[0].secret, rows[i].secret);
        assert_string_equal (f->out[0].in_reply_to, "<m1@example.org>");
        assert_string_equal (f->out[0].person, "");
        assert_string_equal (f->out[0].body, "It is on its way.\n\nBob M.");
        assert_int_equal (f->out[0].created_at, NOW);
    }
}

/* What stands for a mail that the customer never sent: only where nothing of theirs begins the thread. */
static void what_a_mail_follows (void **state)
{
    fixture_t *f = *state;
    static const struct {
        const char *message, *thread, *first; /* of the contact; what the delivery follows */
        bool begins;                          /* were it the first */
    } rows[] = {{"", "", "d-1", true},
                {"room 7", "room", "d-1", true},
                {"<m1@example.org>", "", "d-1", false}, /* an answer to what we began, and no thread of theirs */
                {"<m2@example.org>", "m:m1@example.org", "", false},
                {"<m2@example.org>", "m:#0123", "d-1", false}};
    f->contact.return_way = RETURN (MAIL);
    WORD_COPY (f->contact.return_to, "eve@home.example");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WORD_COPY (f->contact.reply_to_message, rows[i].message);
        WORD_COPY (f->contact.thread, rows[i].thread);
        WORD_COPY (f->contact.first_mail, "");
        render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "It is on its way.", .promise = FIRST});
        assert_int_equal (delivery_begins_thread (&f->out[0]), rows[i].begins);
        WORD_COPY (f->contact.first_mail, "d-1");
        render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "It is on its way.", .promise = FIRST});
        assert_false (delivery_begins_thread (&f->out[0]));
        assert_string_equal (f->out[0].first_mail, rows[i].first);
    }
}

static const out_node_t chat_fields[] = {{.kind = OUT_TEXT, .name = "to", .text = "{to}"},
                                         {.kind = OUT_TEXT, .name = "text", .text = "{text}"},
                                         {.kind = OUT_TEXT, .name = "auto", .text = "{automatic}"},
                                         {.kind = OUT_TEXT, .name = "tag", .text = "{tag}"}};
static const out_node_t chat_body = {.kind = OUT_OBJECT, .kids = chat_fields, .kids_n = 4};
static const channel_out_t chat_out = {
    .method = "POST", .url = "https://chat.example/{thread}", .body = &chat_body, .longest = 40};

/* The channel of the customer's last message, by its own call; what can't be said so has failed before it is sent. */
static void by_the_channel (void **state)
{
    fixture_t *f = *state;
    static const policy_channel_t channels[] = {{.name = "chat"}, {.name = "room", .out = &chat_out}};
    f->policy.channels = channels;
    f->policy.channels_n = 2;
    f->contact.return_way = RETURN (CHANNEL);
    WORD_COPY (f->contact.return_to, "C 1");
    static const struct {
        const char *channel, *thread, *text, *address, *why;
        purpose_t purpose;
    } rows[] = {
        {"room", "t/1", "Hi", "https://chat.example/t%2F1", NULL, PURPOSE (REPLY)},
        {"room", "t1", "Hi", "https://chat.example/t1", NULL, PURPOSE (APOLOGY)},
        {"room", "", "Hi", "", "{thread}", PURPOSE (REPLY)},
        {"room", "t1", "a text of more than forty characters it is", "", "takes 40", PURPOSE (REPLY)},
        {"chat", "t1", "Hi", "", "does not say any more", PURPOSE (REPLY)},
        {"gone", "t1", "Hi", "", "does not say any more", PURPOSE (REPLY)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WORD_COPY (f->contact.reply_channel, rows[i].channel);
        WORD_COPY (f->contact.thread, rows[i].thread);
        render (f, (notice_t){.purpose = rows[i].purpose, .text = rows[i].text, .promise = FIRST});
        assert_int_equal (f->n, 1);
        const delivery_t *delivery = &f->out[0];
        assert_int_equal (delivery->way, WAY (CHANNEL));
        assert_string_equal (delivery->channel, rows[i].channel);
        assert_string_equal (delivery->address, rows[i].address);
        if (rows[i].why) {
            assert_int_equal (delivery->ended, DELIVERY_FAILED);
            assert_non_null (strstr (delivery->last_error, rows[i].why));
            continue;
        }
        mail_tag_t tag;
        const char *tagged = strstr (delivery->body, "\"tag\":\"");
        char id[ADDRESS_SIZE];
        bool reply = rows[i].purpose == PURPOSE (REPLY);
        assert_int_equal (strstr (delivery->body, "auto-generated") != NULL, !reply);
        assert_int_equal (strncmp (delivery->body, "{\"to\":\"C 1\",\"text\":\"", 20), 0);
        assert_non_null (tagged);
        snprintf (id, sizeof id, "<%.*s@x>", (int)strcspn (tagged + 7, "\""), tagged + 7);
        assert_true (mail_tag_in_message_id (id, &tag) && mail_tag_true (&tag, "acme", f->policy.link_key));
        assert_string_equal (tag.delivery, delivery->id);
    }
    f->policy.dry_kind = WAY (LOG);
    f->policy.dry = "dry";
    render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "Hi", .promise = FIRST});
    assert_int_equal (f->out[0].way, WAY (LOG));
    assert_int_equal (f->out[0].ended, DELIVERY_OPEN);
    assert_non_null (strstr (f->out[0].body, "Hi"));
    f->policy.channels_n = 0;
}

/* The thread's first message beside the last, and the tag where the channel asks for it. */
static void by_mail_with_its_thread (void **state)
{
    fixture_t *f = *state;
    static const policy_channel_t channels[] = {{.name = "chat", .tag = TAG_SUBJECT},
                                                {.name = "post", .tag = TAG_ADDRESS}};
    f->policy.channels = channels;
    f->policy.channels_n = 2;
    f->contact.return_way = RETURN (MAIL);
    WORD_COPY (f->contact.thread, "first@example.org");
    render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "Hi", .promise = FIRST});
    mail_tag_t tag;
    assert_true (mail_tag_in_subject (f->out[0].subject, &tag) && mail_tag_true (&tag, "acme", f->policy.link_key));
    assert_string_equal (tag.contact, f->contact.id);
    assert_string_equal (f->out[0].thread, "first@example.org");
    assert_string_equal (f->out[0].channel, "chat");
    WORD_COPY (f->contact.reply_channel, "post");
    WORD_COPY (f->contact.thread, f->contact.reply_to_message);
    render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "Hi", .promise = FIRST});
    assert_string_equal (f->out[0].subject, "Re: My card");
    assert_string_equal (f->out[0].thread, "");
    assert_string_equal (f->out[0].channel, "post");
    static const char *const threads[][2] = {/* our own mark of a mail's thread stays here */
                                             {"m:first@example.org", "first@example.org"},
                                             {"m:#0123abcd", ""},
                                             {"m:<m1@example.org>", ""},
                                             {"x", "x"}};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        WORD_COPY (f->contact.thread, threads[i][0]);
        render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "Hi", .promise = FIRST});
        assert_string_equal (f->out[0].thread, threads[i][1]);
    }
    f->policy.channels_n = 0;
}

/* RFC 3834, 2: nothing automatic to what only machines read; a person may write there. */
static void robots_are_not_answered (void **state)
{
    fixture_t *f = *state;
    f->contact.return_way = RETURN (MAIL);
    static const struct {
        const char *address;
        bool told;
    } rows[] = {{"eve@example.org", true},
                {"Eve <eve@example.org>", true},
                {"nora.eply@example.org", true},
                {"noreply@example.org", false},
                {"Shop <No-Reply@example.org>", false},
                {"bounce+donotreply.7@example.org", false},
                {"MAILER-DAEMON@example.org", false},
                {"owner-list@example.org", false},
                {"list-request@example.org", false},
                {"<>", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WORD_COPY (f->contact.return_to, rows[i].address);
        render (f, (notice_t){.purpose = PURPOSE (ACKNOWLEDGE)});
        assert_int_equal (f->n, rows[i].told);
        assert_int_equal (fact_of (f, FACT (NOTICE_LEFT_OUT)) != NULL, !rows[i].told);
        render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "Hi"});
        assert_int_equal (f->n, 1);
    }
}

/* It names the person, the subject and the time; no other internal name. */
static void the_acknowledgement (void **state)
{
    fixture_t *f = *state;
    f->contact.return_way = RETURN (MAIL);
    static const struct {
        const char *owner, *shown;
        wall_ms_t notice_due, due;
    } rows[] = {
        {"", "Bob M.", NOW + 2 * MS_PER_HOUR, NOW + 2 * MS_PER_HOUR},
        {"ada", "Ada L.", NOW + 2 * MS_PER_HOUR, NOW + 2 * MS_PER_HOUR},
        {"ada", "Ada L.", 0, NOW + MS_PER_HOUR}, /* the answer that is owed */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WORD_COPY (f->contact.owner, rows[i].owner);
        render (f, (notice_t){.purpose = PURPOSE (ACKNOWLEDGE), .due = rows[i].notice_due, .detail = "internal words"});
        char expect[256], due[64];
        calendar_format (NULL, rows[i].due, due, sizeof due);
        snprintf (expect, sizeof expect, "%s takes care of 'My card'. You hear by %s. ", rows[i].shown, due);
        assert_string_equal (f->out[0].body, expect);
    }
    f->contact.promises_n = 0;
    render (f, (notice_t){.purpose = PURPOSE (APOLOGY)});
    assert_string_equal (f->out[0].body, "by the earliest possible moment");
}

/* A time that is told as a minute has passed when it is read, where the promise is one of seconds. And customers are told
 * no time that was. */
static void seconds_where_they_count (void **state)
{
    fixture_t *f = *state;
    f->contact.return_way = RETURN (MAIL);
    static const struct {
        const char *name;
        int64_t duration;
        wall_ms_t due;
        bool seconds;
    } rows[] = {{"an hour", MS_PER_HOUR, NOW + MS_PER_HOUR, false},
                {"ten seconds", 10000, NOW + 10000, true},
                {"ten seconds, broken", 10000, NOW - 1, true},
                {"an hour, nearly over", MS_PER_HOUR, NOW + 4 * MS_PER_MINUTE, true},
                {"an hour, five minutes away", MS_PER_HOUR, NOW + 5 * MS_PER_MINUTE, false},
                {"an hour, broken", MS_PER_HOUR, NOW - 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char with[64], without[64];
        f->contact.promises[0] = (promise_t){.kind = FIRST, .due = rows[i].due, .duration_ms = rows[i].duration};
        calendar_format (NULL, rows[i].due, without, sizeof without);
        calendar_format_seconds (NULL, rows[i].due, with, sizeof with);
        render (f, (notice_t){.purpose = PURPOSE (STEP), .person = "ada", .promise = FIRST});
        if (!strstr (f->out[0].subject, rows[i].seconds ? with : without))
            fail_msg ("%s: %s", rows[i].name, f->out[0].subject);
        render (f, (notice_t){.purpose = PURPOSE (APOLOGY), .promise = FIRST});
        if (!strstr (f->out[0].body, rows[i].due < NOW ? "the earliest possible moment"
                                     : rows[i].seconds ? with
                                                       : without))
            fail_msg ("%s: %s", rows[i].name, f->out[0].body);
    }
}

/* "Is promised by" a time that was says so to colleagues; a step's subject says it already. */
static void a_time_that_has_passed (void **state)
{
    fixture_t *f = *state;
    static const struct {
        purpose_t purpose;
        wall_ms_t due;
        bool says;
    } rows[] = {{PURPOSE (OFFER), NOW + 1, false},     {PURPOSE (OFFER), NOW, true},
                {PURPOSE (OFFER), NOW - 1, true},      {PURPOSE (ASSIGNED), NOW - MS_PER_DAY, true},
                {PURPOSE (NOBODY), NOW - 1, true},     {PURPOSE (UNREACHED), NOW - 1, true},
                {PURPOSE (STEP), NOW - 1, false},      {PURPOSE (ASSIGNED), NOW + MS_PER_DAY, false},
                {PURPOSE (NOBODY), TIME_NEVER, false}, {PURPOSE (NOBODY), 0, false}};
    f->policy.templates = policy_builtin_templates;
    f->policy.templates_n = POLICY_TEMPLATES;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->contact.promises[0] = (promise_t){.kind = FIRST, .due = rows[i].due, .duration_ms = MS_PER_HOUR};
        render (f, (notice_t){.purpose = rows[i].purpose, .person = "ada", .promise = FIRST});
        if (rows[i].says != (strstr (f->out[0].body, " UTC (that has passed).") != NULL))
            fail_msg ("row %zu: %s", i, f->out[0].body);
    }
}

/* A colleague who answers a notice by mail would take it for an answer to the customer. */
static void no_way_to_the_customer (void **state)
{
    fixture_t *f = *state;
    static const purpose_t to_people[] = {PURPOSE (OFFER),  PURPOSE (ASSIGNED), PURPOSE (STEP),     PURPOSE (NOBODY),
                                          PURPOSE (REVIEW), PURPOSE (RETURNED), PURPOSE (UNREACHED)};
    static const char line[] = "\nAn answer to this message does not reach the customer.\n";
    f->policy.templates = policy_builtin_templates;
    f->policy.templates_n = POLICY_TEMPLATES;
    for (size_t i = 0; i < sizeof to_people / sizeof *to_people; i++) {
        render (f, (notice_t){.purpose = to_people[i], .person = "ada", .promise = FIRST});
        const char *at = strstr (f->out[0].body, line);
        if (!at || strlen (at) != sizeof line - 1) /* it is the last */
            fail_msg ("%s", f->out[0].body);
    }
    f->contact.return_way = RETURN (MAIL);
    render (f, (notice_t){.purpose = PURPOSE (ACKNOWLEDGE), .promise = FIRST});
    assert_null (strstr (f->out[0].body, "does not reach"));
}

/* How the promise stands begins the subject, and whoever is told reads what was written. */
static void a_step_says_how_it_stands (void **state)
{
    fixture_t *f = *state;
    f->policy.templates = policy_builtin_templates;
    f->policy.templates_n = POLICY_TEMPLATES;
    WORD_COPY (f->contact.said, "Where is it?");
    render (f, (notice_t){.purpose = PURPOSE (STEP),
                          .person = "ada",
                          .promise = FIRST,
                          .standing = "At risk",
                          .detail = "The promise is at risk"});
    assert_int_equal (strncmp (f->out[0].subject, "At risk: first response by ", 27), 0);
    assert_non_null (strstr (f->out[0].body, "\nThe promise is at risk\nThey wrote: Where is it?\n\n"));
}

/* A customer reads what was promised in their own words, no name of ours. */
static void what_a_customer_was_promised (void **state)
{
    fixture_t *f = *state;
    static const struct {
        promise_kind_t kind;
        const char *says;
    } rows[] = {{BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_ACKNOWLEDGE, "word that we have your message"},
                {FIRST, "a first answer"},
                {BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_NEXT_RESPONSE, "an answer"},
                {BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_RESOLUTION, "a solution"},
                {BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_CALLBACK, "a call back"}};
    f->policy.templates = policy_builtin_templates;
    f->policy.templates_n = POLICY_TEMPLATES;
    f->contact.return_way = RETURN (MAIL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[96];
        snprintf (line, sizeof line, "\nWhat we missed: %s.\n", rows[i].says);
        render (f, (notice_t){.purpose = PURPOSE (APOLOGY), .promise = rows[i].kind});
        if (!strstr (f->out[0].body, line))
            fail_msg ("%s", f->out[0].body);
    }
}

/* Mails come without a subject, chats always do. */
static void without_a_subject (void **state)
{
    fixture_t *f = *state;
    static const struct {
        purpose_t purpose;
        const char *subject, *begins;
    } rows[] = {
        {PURPOSE (ACKNOWLEDGE), "We have your message", "Hello Eve,\n\nthank you for your message.\nBob M. takes"},
        {PURPOSE (APOLOGY), "We are sorry",
         "Hello Eve,\n\nwe are sorry. We had promised you an answer, and we did not keep our word.\nWhat we missed"},
        {PURPOSE (REPLY), "Re: your message", "Hello"},
    };
    f->policy.templates = policy_builtin_templates;
    f->policy.templates_n = POLICY_TEMPLATES;
    f->contact.return_way = RETURN (MAIL);
    f->contact.subject[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        render (f, (notice_t){.purpose = rows[i].purpose, .promise = FIRST, .text = "Hello"});
        assert_string_equal (f->out[0].subject, rows[i].subject);
        if (strncmp (f->out[0].body, rows[i].begins, strlen (rows[i].begins)) != 0)
            fail_msg ("%s", f->out[0].body);
    }
    WORD_COPY (f->contact.subject, "My card");
    render (f, (notice_t){.purpose = PURPOSE (ACKNOWLEDGE), .promise = FIRST});
    assert_string_equal (f->out[0].subject, "We have your message: My card");
    assert_non_null (strstr (f->out[0].body, "thank you for your message.\nIt is about \"My card\".\nBob M. takes"));
}

/* Whoever is asked reads what the contact knows of whose it is; a line of nothing is left out. */
static void about_the_customer (void **state)
{
    fixture_t *f = *state;
    f->policy.templates = policy_builtin_templates;
    f->policy.templates_n = POLICY_TEMPLATES;
    f->contact.tier[0] = f->contact.language[0] = '\0';
    render (f, (notice_t){.purpose = PURPOSE (OFFER), .person = "ada"});
    assert_null (strstr (f->out[0].body, "About them"));
    WORD_COPY (f->contact.tier, "gold");
    WORD_COPY (f->contact.linked, "01KAJ6Q6JS0000000000000000");
    render (f, (notice_t){.purpose = PURPOSE (OFFER), .person = "ada"});
    assert_non_null (strstr (f->out[0].body, "\nAbout them: tier gold, also open: 01KAJ6Q6JS0000000000000000\n"));
    WORD_COPY (f->contact.language, "de");
    f->contact.linked[0] = '\0';
    render (f, (notice_t){.purpose = PURPOSE (ASSIGNED), .person = "ada"});
    assert_non_null (strstr (f->out[0].body, "\nAbout them: tier gold, speaks de\n"));
    static const policy_channel_t channels[] = {{.name = "chat", .answer = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL}};
    f->policy.channels = channels;
    f->policy.channels_n = 1;
    f->contact.return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_UNSPECIFIED;
    f->contact.return_to[0] = f->contact.tier[0] = '\0';
    render (f, (notice_t){.purpose = PURPOSE (OFFER), .person = "ada"});
    assert_non_null (strstr (f->out[0].body, "\nAbout them: speaks de, no way back: an answer can't reach them\n"));
}

/* Whoever is asked reads what was written, whoever has it that there is more: a page without it says nothing. */
static void what_was_written (void **state)
{
    fixture_t *f = *state;
    static const struct {
        notice_t notice;
        const char *subject, *has, *lacks;
    } rows[] = {
        {{.purpose = PURPOSE (NOBODY), .detail = "nobody speaks de"},
         "Nobody can take this: My card",
         "\nnobody speaks de\nAn answer is promised by Mon 2 Mar, 10:00 UTC.\nAccountable: Bob M.\nThey wrote: Where "
         "is it?\n\n",
         "name: "},
        {{.purpose = PURPOSE (OFFER)}, "Can you take this? My card", "\nThey wrote: Where is it?\n", "name: "},
        {{.purpose = PURPOSE (OFFER), .detail = "Eve hands it over: you know cards"},
         "Can you take this? My card",
         "chat: My card\nEve hands it over: you know cards\nThey wrote: Where is it?\n",
         "name: "},
        {{.purpose = PURPOSE (ASSIGNED)}, "Yours now: My card", ".\nThey wrote: Where is it?\n\nContact ", "no name"},
        {{.purpose = PURPOSE (ASSIGNED), .words = "message", .detail = "Eve wrote again", .text = "\n Well?"},
         "Eve wrote again: My card",
         "Eve wrote again. It is about: My card (chat)\nAn answer is promised by Mon 2 Mar, 10:00 UTC.\nWhat was "
         "written: Well?\n\n",
         "yours now"},
        {{.purpose = PURPOSE (ASSIGNED), .words = "message", .detail = "the customer is on the line"},
         "the customer is on the line: My card",
         "is on the line. It is",
         "What was written"},
    };
    f->policy.templates = policy_builtin_templates;
    f->policy.templates_n = POLICY_TEMPLATES;
    WORD_COPY (f->contact.said, "Where is it?");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        notice_t notice = rows[i].notice;
        WORD_COPY (notice.person, "ada");
        render (f, notice);
        assert_string_equal (f->out[0].subject, rows[i].subject);
        if (!strstr (f->out[0].body, rows[i].has) || strstr (f->out[0].body, rows[i].lacks))
            fail_msg ("%s", f->out[0].body);
    }
    char essay[2 * SAID_SIZE];
    memset (essay, 'x', sizeof essay - 1);
    essay[sizeof essay - 1] = '\0';
    WORD_COPY (f->contact.said, essay);
    f->contact.customer[0] = f->contact.customer_name[0] = '\0';
    WORD_COPY (f->contact.return_to, "+4930123");
    render (f, (notice_t){.purpose = PURPOSE (OFFER), .person = "ada"});
    assert_non_null (strstr (f->out[0].body, "xxx ...\n"));
    assert_non_null (strstr (f->out[0].body, "\n+4930123 came by chat"));
    f->contact.return_way = RETURN (MAIL);
    render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = essay}); /* an answer goes out whole */
    assert_non_null (strstr (f->out[0].body, essay));
}

static void dry_run (void **state)
{
    fixture_t *f = *state;
    f->policy.dry_kind = WAY (MAIL);
    f->policy.dry = "trial@example.com";
    f->contact.return_way = RETURN (CALLBACK);
    WORD_COPY (f->contact.return_to, "https://chat.example/back");
    render (f, (notice_t){.purpose = PURPOSE (REPLY), .text = "Hello"});
    assert_int_equal (f->n, 1);
    assert_int_equal (f->out[0].way, WAY (MAIL));
    assert_string_equal (f->out[0].address, "trial@example.com");
    assert_string_equal (f->out[0].secret, "");
    static const char first[] = "[dry run: for the customer by webhook]\n"; /* its address is its secret */
    assert_memory_equal (f->out[0].body, first, sizeof first - 1);
    assert_non_null (strstr (fact_of (f, FACT (NOTICE))->detail, "dry run"));
    render (f, (notice_t){.purpose = PURPOSE (OFFER), .person = "ada"});
    assert_int_equal (f->n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal (f->out[i].address, "trial@example.com");
        assert_null (strstr (f->out[i].body, "://"));
    }
    assert_non_null (strstr (f->out[1].body, "by mail, ada@example.com]"));
}

/* Who reads the log can't accept in somebody's name. */
static void the_log_has_no_link (void **state)
{
    fixture_t *f = *state;
    static const struct {
        const char *person;
        way_kind_t dry;
    } rows[] = {{"ada", WAY (LOG)}, {"bob", 0}};
    f->policy.link_base = "https://help.example";
    f->policy.dry = "dry";
    for (size_t i = 0; i < 2; i++) {
        notice_t notice = {.purpose = PURPOSE (OFFER), .detail = "skill fit"};
        WORD_COPY (notice.person, rows[i].person);
        f->policy.dry_kind = rows[i].dry;
        render (f, notice);
        for (size_t k = 0; k < f->n; k++) {
            assert_int_equal (f->out[k].way, WAY (LOG));
            assert_null (strstr (f->out[k].body, "://"));
            assert_non_null (strstr (f->out[k].body, "skill fit (link)"));
        }
    }
}

static void signed_links (void **state)
{
    fixture_t *f = *state;
    f->policy.link_base = "https://help.example";
    memset (f->policy.link_key, 7, sizeof f->policy.link_key);
    static const struct {
        purpose_t purpose;
        Buckstop__V1__ActionKind action;
    } rows[] = {{PURPOSE (OFFER), BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT},
                {PURPOSE (STEP), BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACKNOWLEDGE}};
    for (size_t i = 0; i < 2; i++) {
        render (f, (notice_t){.purpose = rows[i].purpose, .person = "ada", .promise = FIRST});
        const char *link = strstr (f->out[0].body, "https://help.example/l/");
        assert_non_null (link);
        link_claim_t claim;
        assert_int_equal (link_verify (strrchr (link, '/') + 1, f->policy.link_key, NOW, &claim), LINK_OK);
        assert_int_equal (claim.action, rows[i].action);
        assert_string_equal (claim.person, "ada");
        assert_string_equal (claim.contact, f->contact.id);
        assert_int_equal (claim.expires, NOW + MS_PER_DAY);
    }
    f->contact.return_way = RETURN (MAIL);
    render (f, (notice_t){.purpose = PURPOSE (ACKNOWLEDGE)});
    assert_null (strstr (f->out[0].body, "/l/")); /* never to the customer */
}

/* The same event renders the same ids and the same bytes. */
static void same_again (void **state)
{
    fixture_t *f = *state;
    char id[DELIVERY_ID_SIZE];
    notice_t notice = {.purpose = PURPOSE (OFFER), .person = "ada"};
    render (f, notice);
    WORD_COPY (id, f->out[2].id);
    f->position = 0;
    render (f, notice);
    assert_string_equal (f->out[2].id, id);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (a_person_s_ways, up, down),
        cmocka_unit_test_setup_teardown (f22_without_guard, up, down),
        cmocka_unit_test_setup_teardown (somebody_without_a_way, up, down),
        cmocka_unit_test_setup_teardown (quiet_hours, up, down),
        cmocka_unit_test_setup_teardown (customer_s_way, up, down),
        cmocka_unit_test_setup_teardown (what_a_mail_follows, up, down),
        cmocka_unit_test_setup_teardown (the_acknowledgement, up, down),
        cmocka_unit_test_setup_teardown (seconds_where_they_count, up, down),
        cmocka_unit_test_setup_teardown (a_time_that_has_passed, up, down),
        cmocka_unit_test_setup_teardown (no_way_to_the_customer, up, down),
        cmocka_unit_test_setup_teardown (a_step_says_how_it_stands, up, down),
        cmocka_unit_test_setup_teardown (what_a_customer_was_promised, up, down),
        cmocka_unit_test_setup_teardown (without_a_subject, up, down),
        cmocka_unit_test_setup_teardown (about_the_customer, up, down),
        cmocka_unit_test_setup_teardown (by_the_channel, up, down),
        cmocka_unit_test_setup_teardown (by_mail_with_its_thread, up, down),
        cmocka_unit_test_setup_teardown (robots_are_not_answered, up, down),
        cmocka_unit_test_setup_teardown (what_was_written, up, down),
        cmocka_unit_test_setup_teardown (dry_run, up, down),
        cmocka_unit_test_setup_teardown (signed_links, up, down),
        cmocka_unit_test_setup_teardown (the_log_has_no_link, up, down),
        cmocka_unit_test_setup_teardown (same_again, up, down),
    };
    return cmocka_run_group_tests_name ("notice", tests, NULL, NULL);
}
