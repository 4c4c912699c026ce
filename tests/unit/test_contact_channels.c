/* test_contact_channels.c - what channels bring: lines that ring and drop, answers that come back, files, the words that
 * are new, a second contact of the same customer, and the way back that follows them. */
#include "channel_out.h"
#include "contact.h"
#include "guard.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0      1790000000000LL
#define S(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define P(name) BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_##name
#define F(name) BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name
#define D(name) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name
#define C(name) BUCKSTOP__V1__CALL_STATE__CALL_STATE_##name
#define R(name) BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_##name
#define SECOND  MS_PER_SECOND
#define MINUTE  MS_PER_MINUTE

static const char text[] = "workspace: desk\n"
                           "last_resort: dana\n"
                           "manager: dana\n"
                           "default_team: front\n"
                           "channels:\n"
                           "  phone: { weight: 100, live: true, offer: 15s, answer: spoken }\n"
                           "  mail: { weight: 10, answer: mail }\n"
                           "  chat: { weight: 25, live: true, answer: callback }\n"
                           "  form: { weight: 10, answer: none }\n"
                           "people:\n"
                           "  ada: { phone: \"+49 30 1001\" }\n"
                           "  ben: { phone: \"17\" }\n"
                           "  lea: {}\n"
                           "  dana: {}\n"
                           "teams:\n"
                           "  front: { lead: lea, members: [ada, ben] }\n"
                           "  back: { lead: dana, members: [ben] }\n"
                           "rules:\n"
                           "  - { name: lost, when: { words: [lost] }, then: { team: back } }\n"
                           "  - { name: gold, when: { tier: gold }, then: { priority: 2 } }\n"
                           "  - { name: french, when: { language: fr }, then: { prefer: dana } }\n"
                           "promises:\n"
                           "  - { when: { tier: gold, channel: mail }, first_response: 2h }\n"
                           "  - { when: { words: [urgent] }, first_response: 10m }\n"
                           "  - { when: { channel: mail }, first_response: 4h, next_response: 8h }\n";

static policy_t *policy;

static int setup (void **state)
{
    (void)state;
    policy_errors_t errors = {0};
    policy = policy_parse (text, strlen (text), &errors);
    for (size_t i = 0; i < errors.n; i++)
        printf ("policy %d:%d: %s; %s\n", errors.items[i].line, errors.items[i].column, errors.items[i].what,
                errors.items[i].expected);
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
    contact_t c;
    effects_t fx;
    wall_ms_t now;
    apply_outcome_t outcome;
    char why[DETAIL_SIZE];
} story_t;

static submission_t said (const char *channel, const char *customer)
{
    return (submission_t){.channel = channel,
                          .subject = "",
                          .text = "",
                          .customer = customer,
                          .customer_name = "",
                          .thread = "",
                          .message_id = "",
                          .language = "",
                          .tier = "",
                          .return_to = "",
                          .continues = "",
                          .fresh = "",
                          .call_person = "",
                          .customer_id = "",
                          .tier_known = "",
                          .owner_known = "",
                          .linked = "",
                          .linked_owner = ""};
}

static void does (story_t *s, contact_event_t event)
{
    contact_t after;
    effects_t fx;
    event.contact = "01K00000000000000000000000";
    event.workspace = "desk";
    event.trace = "";
    if (!event.text)
        event.text = "words";
    s->outcome = contact_apply (&s->c, &event, s->now, policy, &after, &fx, s->why);
    if (s->outcome == APPLY_DONE) {
        s->c = after;
        s->fx = fx;
    } else if (event.kind != EVENT_TIME)
        fail_msg ("%s while %s: %s", event_kind_name (event.kind), contact_state_name (s->c.state), s->why);
}

static void acts (story_t *s, event_kind_t kind, const char *by)
{
    does (s, (contact_event_t){.kind = kind, .by = by, .by_epoch = 1, .person = by, .epoch = 1});
}

static void passes (story_t *s, int64_t ms)
{
    s->now += ms;
    does (s, (contact_event_t){.kind = EVENT_TIME});
}

/* As intake says it: a ring is a message, all else a call. */
static void line_by (story_t *s, call_state_t call, const char *thread, const char *by, const char *call_person)
{
    submission_t submission = said ("phone", "+493012345");
    submission.call = call;
    submission.call_person = call_person;
    submission.thread = thread;
    event_kind_t kind = !s->c.state ? EVENT_OPEN : call == C (RINGING) ? EVENT_MESSAGE : EVENT_CALL;
    does (s, (contact_event_t){.kind = kind, .submission = &submission, .by = by, .by_epoch = 7});
}

static void line (story_t *s, call_state_t call, const char *thread, const char *by)
{
    line_by (s, call, thread, by, by);
}

static story_t ringing (void)
{
    story_t s = {.now = T0};
    line (&s, C (RINGING), "line 1", "");
    return s;
}

static story_t opened (const submission_t *submission)
{
    story_t s = {.now = T0};
    does (&s, (contact_event_t){.kind = EVENT_OPEN, .submission = submission});
    return s;
}

static const promise_t *promise (const story_t *s, promise_kind_t kind)
{
    for (size_t i = 0; i < s->c.promises_n; i++)
        if (s->c.promises[i].kind == kind)
            return &s->c.promises[i];
    return NULL;
}

static const fact_t *fact (const story_t *s, fact_kind_t kind)
{
    for (size_t i = 0; i < s->fx.facts_n; i++)
        if (s->fx.facts[i].kind == kind)
            return &s->fx.facts[i];
    return NULL;
}

static size_t facts (const story_t *s, fact_kind_t kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->fx.facts_n; i++)
        n += s->fx.facts[i].kind == kind;
    return n;
}

static const notice_t *notice (const story_t *s, purpose_t purpose, const char *person)
{
    for (size_t i = 0; i < s->fx.notices_n; i++)
        if (s->fx.notices[i].purpose == purpose && strcmp (s->fx.notices[i].person, person) == 0)
            return &s->fx.notices[i];
    return NULL;
}

/* ---- lines ---- */

static void ringing_opens_with_a_promise_of_seconds (void **state)
{
    (void)state;
    story_t s = ringing ();
    assert_int_equal (s.c.state, S (RECEIVED));
    assert_int_equal (s.c.call, C (RINGING));
    assert_int_equal (promise (&s, P (FIRST_RESPONSE))->due, T0 + 60 * SECOND);
    assert_null (promise (&s, P (ACKNOWLEDGE))); /* there is no way to say it */
    assert_null (promise (&s, P (CALLBACK)));
    assert_string_equal (s.c.reply_channel, "phone");
}

/* From wherever it is; by who answered, else by who was asked. */
static void answered_is_accepted_and_answers (void **state)
{
    (void)state;
    static const struct {
        const char *name;
        event_kind_t before; /* EVENT_OPEN: nothing */
        const char *asked, *by, *owner;
        uint32_t epoch;
    } rows[] = {
        {"received, known", EVENT_OPEN, "", "ben", "ben", 7},
        {"received, not known", EVENT_OPEN, "", "", "", 0},
        {"not one of us", EVENT_OPEN, "", "zoe", "", 0},
        {"offered, by who was asked", EVENT_OFFER, "ada", "ada", "ada", 7},
        {"offered, by another", EVENT_OFFER, "ada", "ben", "ben", 7},
        {"offered, not known: who was asked", EVENT_OFFER, "ada", "", "ada", 1},
        {"queued", EVENT_QUEUE, "", "ben", "ben", 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = ringing ();
        if (rows[i].before != EVENT_OPEN)
            acts (&s, rows[i].before, rows[i].asked);
        s.now += 5 * SECOND;
        line (&s, C (ANSWERED), "line 1", rows[i].by);
        if (strcmp (s.c.owner, rows[i].owner) != 0 || s.c.owner_epoch != rows[i].epoch)
            fail_msg ("%s: owner '%s' of %u", rows[i].name, s.c.owner, s.c.owner_epoch);
        assert_int_equal (s.c.state == S (OWNED), *rows[i].owner != '\0');
        assert_int_equal (s.c.kept, 1);
        assert_int_equal (fact (&s, F (PROMISE_KEPT))->at, T0 + 5 * SECOND);
        assert_int_equal (s.c.call, C (ANSWERED));
        assert_true (*rows[i].owner || notice (&s, D (NOBODY), "lea")); /* the accountable one sees to it */
        line (&s, C (ENDED), "line 1", "");
        assert_int_equal (s.c.call, C (ENDED));
        assert_int_equal (s.c.state == S (OWNED), *rows[i].owner != '\0'); /* a line ends no contact */
    }
}

/* Whom the line names and nobody knows is not the one who was asked. What is owed then: somebody is looked for as before,
 * and silence has its deadline. */
static void answered_by_a_stranger_is_nobodys (void **state)
{
    (void)state;
    static const struct {
        const char *said, *owner, *words;
    } rows[] = {{"+49 30 0000", "", "answered by +49 30 0000, whom the policy does not name"},
                {"nobody such", "", "answered by nobody such, whom the policy does not name"},
                {"ben", "", "answered by ben, who is not here any more"},
                {"ada", "ada", "answered"},
                {"+49301001", "ada", "answered"}, /* her number */
                {"", "ada", "answered"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = ringing ();
        acts (&s, EVENT_OFFER, "ada");
        s.now += 5 * SECOND;
        line_by (&s, C (ANSWERED), "line 1", "", rows[i].said);
        assert_string_equal (s.c.owner, rows[i].owner);
        assert_string_equal (fact (&s, F (CALL))->detail, rows[i].words);
        assert_int_equal (s.c.kept, 1);
        if (*rows[i].owner)
            continue;
        assert_int_equal (s.c.state, S (OFFERED));
        assert_non_null (strstr (notice (&s, D (NOBODY), "lea")->detail, rows[i].words));
        assert_int_equal (s.c.review_at, s.now + policy->review_ms);
        acts (&s, EVENT_DECLINE, "ada");
        assert_true (contact_wants_somebody (&s.c));
        acts (&s, EVENT_QUEUE, "");
        passes (&s, policy->review_ms);
        assert_non_null (notice (&s, D (REVIEW), "lea"));
    }
    story_t s = ringing ();
    line (&s, C (ANSWERED), "line 1", "ada");
    line_by (&s, C (ANSWERED), "line 2", "", "zoe");
    assert_string_equal (s.c.owner, "ada");
    assert_non_null (strstr (notice (&s, D (ASSIGNED), "ada")->detail, "zoe"));
}

static void given_up_is_a_call_back_that_is_owed (void **state)
{
    (void)state;
    story_t s = ringing ();
    acts (&s, EVENT_OFFER, "ada");
    s.now += 10 * SECOND;
    line (&s, C (ABANDONED), "line 1", "");
    assert_int_equal (s.c.call, C (ABANDONED));
    assert_int_equal (promise (&s, P (CALLBACK))->due, s.now + 15 * MINUTE);
    assert_int_equal (s.c.state, S (OFFERED)); /* the offer stands */
    assert_string_equal (s.c.offered_to, "ada");
    assert_true (contact_owes_callback (&s.c));
    acts (&s, EVENT_ACCEPT, "ada");
    passes (&s, 60 * SECOND); /* what was promised first is judged by its own deadline; the call back makes it good */
    assert_int_equal (s.c.broken, 1);
    assert_int_equal (s.c.opened, 2);
    acts (&s, EVENT_REPLY, "ada"); /* spoken */
    assert_null (promise (&s, P (CALLBACK)));
    assert_null (promise (&s, P (FIRST_RESPONSE)));
    assert_int_equal (s.c.kept, 1);
    assert_false (contact_owes_callback (&s.c));
}

static void a_call_back_that_is_broken_is_made_good_and_climbs (void **state)
{
    (void)state;
    story_t s = ringing ();
    line (&s, C (ABANDONED), "line 1", "");
    for (int i = 0; i < 20; i++)
        passes (&s, MINUTE);
    assert_int_equal (s.c.broken, 2);
    assert_int_equal (s.c.opened, 3); /* the first response, the call back, the one made good for that */
    assert_true (contact_owes_callback (&s.c));
}

/* Nobody is on the line any more: who is asked has time to read, and nobody is asked by the rhythm of a telephone. */
static void a_call_back_is_offered_at_leisure (void **state)
{
    (void)state;
    story_t s = ringing ();
    acts (&s, EVENT_OFFER, "ada");
    assert_int_equal (s.c.offer_expires, s.now + 15 * SECOND);
    line (&s, C (ABANDONED), "line 1", "");
    passes (&s, 15 * SECOND); /* what was offered while it rang ends as it was said */
    assert_string_equal (s.c.offered_to, "");
    acts (&s, EVENT_OFFER, "ben");
    assert_int_equal (s.c.offer_expires, s.now + 5 * MINUTE);
    passes (&s, 5 * MINUTE);
    acts (&s, EVENT_OFFER, "ada");
    line (&s, C (RINGING), "line 2", ""); /* somebody waits again */
    assert_int_equal (s.c.offer_expires, s.now + 15 * SECOND);
    passes (&s, 15 * SECOND);
    acts (&s, EVENT_OFFER, "ben");
    assert_int_equal (s.c.offer_expires, s.now + 15 * SECOND);
}

/* The place is the one that they had on the line, before and after the first promise breaks. */
static void who_gave_up_keeps_the_place (void **state)
{
    (void)state;
    story_t s = ringing ();
    acts (&s, EVENT_QUEUE, "");
    wall_ms_t place = contact_queue_score (&s.c), since = s.c.waiting_since;
    s.now += 30 * SECOND;
    line (&s, C (ABANDONED), "line 1", "");
    assert_int_equal (contact_queue_score (&s.c) + s.c.priority * PRIORITY_SHIFT_MS, place);
    passes (&s, 5 * MINUTE);
    assert_int_equal (s.c.broken, 1);
    assert_int_equal (contact_queue_score (&s.c) + s.c.priority * PRIORITY_SHIFT_MS, place);
    assert_int_equal (s.c.waiting_since, since);
    story_t late = ringing (); /* broken before they gave up: the place by then */
    acts (&late, EVENT_QUEUE, "");
    passes (&late, 70 * SECOND);
    place = contact_queue_score (&late.c);
    line (&late, C (ABANDONED), "line 1", "");
    assert_int_equal (contact_queue_score (&late.c), place);
}

static void ringing_again_is_the_same_matter (void **state)
{
    (void)state;
    story_t s = ringing ();
    acts (&s, EVENT_QUEUE, "");
    line (&s, C (ABANDONED), "line 1", "");
    wall_ms_t due = promise (&s, P (CALLBACK))->due, place = contact_queue_score (&s.c);
    passes (&s, 20 * SECOND);
    line (&s, C (RINGING), "line 2", "");
    assert_int_equal (s.c.call, C (RINGING));
    assert_int_equal (s.c.messages, 2);
    assert_int_equal (contact_queue_score (&s.c), place);
    assert_int_equal (promise (&s, P (CALLBACK))->due, due);
    s.now += 5 * SECOND;
    line (&s, C (ABANDONED), "line 2", ""); /* it is promised already */
    assert_int_equal (promise (&s, P (CALLBACK))->due, due);
    assert_int_equal (s.c.opened, 2);
    s.now += 5 * SECOND;
    line (&s, C (ANSWERED), "line 3", "ada"); /* they are called back */
    assert_null (promise (&s, P (CALLBACK)));
    assert_string_equal (s.c.owner, "ada");
    assert_int_equal (s.c.kept, 2);
}

static void a_line_that_drops_in_a_transfer_stays_there (void **state)
{
    (void)state;
    story_t s = ringing ();
    line (&s, C (ANSWERED), "line 1", "ada");
    does (&s, (contact_event_t){.kind = EVENT_TRANSFER, .by = "ada", .team = "back"});
    wall_ms_t handoff = s.c.handoff_at;
    line (&s, C (ENDED), "line 1", ""); /* on hold, and then gone */
    assert_int_equal (s.c.call, C (ABANDONED));
    assert_string_equal (s.c.owner, "ada");
    assert_string_equal (s.c.transfer_team, "back");
    assert_int_equal (s.c.handoff_at, handoff);
    assert_true (contact_wants_somebody (&s.c));
    assert_int_equal (notice (&s, D (ASSIGNED), "ada")->promise, P (CALLBACK));
    assert_int_equal (promise (&s, P (CALLBACK))->due, s.now + 15 * MINUTE);
    line (&s, C (ANSWERED), "line 3", "ben"); /* one of those it was handed to */
    assert_string_equal (s.c.owner, "ben");
    assert_non_null (fact (&s, F (TRANSFERRED)));
}

static void another_who_answers_leaves_it_with_its_owner (void **state)
{
    (void)state;
    story_t s = ringing ();
    line (&s, C (ANSWERED), "line 1", "ada");
    line (&s, C (RINGING), "line 2", "");
    assert_non_null (notice (&s, D (ASSIGNED), "ada"));
    line (&s, C (ANSWERED), "line 2", "lea");
    assert_string_equal (s.c.owner, "ada");
    assert_non_null (notice (&s, D (ASSIGNED), "ada"));
    assert_null (promise (&s, P (NEXT_RESPONSE)));
}

/* That a line which was answered has ended may be lost; who gives up on another one is called back all the same. */
static void giving_up_on_another_line_is_not_the_end_of_the_first (void **state)
{
    (void)state;
    story_t s = ringing ();
    line (&s, C (ANSWERED), "line 1", "ada");
    s.now += MS_PER_DAY;
    line (&s, C (ABANDONED), "line 2", "");
    assert_int_equal (s.c.call, C (ABANDONED));
    assert_non_null (promise (&s, P (CALLBACK)));
    assert_int_equal (s.c.last_customer_at, s.now);
    story_t same = ringing ();
    line (&same, C (ANSWERED), "line 1", "ada");
    line (&same, C (ABANDONED), "line 1", ""); /* words of a platform for a line that is put down */
    assert_int_equal (same.c.call, C (ENDED));
    assert_null (promise (&same, P (CALLBACK)));
}

/* Platforms say things twice, and late. */
static void what_is_behind_changes_nothing (void **state)
{
    (void)state;
    static const struct {
        call_state_t first, then, is;
        unsigned opened;
    } rows[] = {
        {C (RINGING), C (RINGING), C (RINGING), 1},     {C (ANSWERED), C (RINGING), C (ANSWERED), 1},
        {C (ANSWERED), C (ANSWERED), C (ANSWERED), 1},  {C (ANSWERED), C (ABANDONED), C (ENDED), 1},
        {C (ABANDONED), C (RINGING), C (ABANDONED), 2}, {C (ABANDONED), C (ENDED), C (ABANDONED), 2},
        {C (ENDED), C (ABANDONED), C (ENDED), 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = ringing ();
        line (&s, rows[i].first, "line 1", "ada");
        line (&s, rows[i].then, "line 1", "ada");
        if (s.c.call != rows[i].is || s.c.opened != rows[i].opened || s.c.messages != 1)
            fail_msg ("row %zu: %d, %u promises, %u messages", i, (int)s.c.call, s.c.opened, s.c.messages);
        assert_int_equal (facts (&s, F (CALL)), 1);
    }
}

static void the_first_that_is_heard_of_a_line_may_be_its_end (void **state)
{
    (void)state;
    story_t missed = {.now = T0};
    line (&missed, C (ABANDONED), "line 1", "");
    assert_non_null (promise (&missed, P (CALLBACK)));
    assert_non_null (promise (&missed, P (FIRST_RESPONSE)));
    story_t taken = {.now = T0};
    line (&taken, C (ANSWERED), "line 1", "ada");
    assert_int_equal (taken.c.state, S (OWNED));
    assert_int_equal (taken.c.kept, 1);
    story_t again = ringing ();
    line (&again, C (ANSWERED), "line 1", "ada");
    acts (&again, EVENT_RESOLVE, "ada");
    line (&again, C (ENDED), "line 1", ""); /* resolved while they spoke: so it stays */
    assert_int_equal (again.c.state, S (RESOLVED));
    line (&again, C (ABANDONED), "line 2", ""); /* a missed call, of which nobody said that it rang */
    assert_int_equal (again.c.state, S (RECEIVED));
    assert_non_null (promise (&again, P (CALLBACK)));
}

static void a_written_answer_is_no_call_back (void **state)
{
    (void)state;
    submission_t mail = said ("mail", "kim@example.com");
    story_t s = opened (&mail);
    acts (&s, EVENT_ACCEPT, "ada");
    line (&s, C (RINGING), "line 1", "");
    assert_int_equal (promise (&s, P (NEXT_RESPONSE))->due, s.now + 60 * SECOND); /* sooner than the mail's answer */
    assert_int_equal (s.c.return_way, R (SPOKEN));
    line (&s, C (ABANDONED), "line 1", "");
    s.now += SECOND;
    does (&s, (contact_event_t){.kind = EVENT_MESSAGE, .submission = &mail}); /* they write instead */
    assert_int_equal (s.c.return_way, R (MAIL));
    acts (&s, EVENT_REPLY, "ada");
    assert_true (promise (&s, P (CALLBACK))->answered_at > 0); /* they are answered where they are */
    story_t other = opened (&mail);
    acts (&other, EVENT_ACCEPT, "ada");
    line (&other, C (RINGING), "line 1", "");
    line (&other, C (ABANDONED), "line 1", "");
    other.c.return_way = R (MAIL);
    acts (&other, EVENT_REPLY, "ada");
    assert_int_equal (promise (&other, P (CALLBACK))->answered_at, 0);
}

/* ---- what comes back ---- */

static story_t replied (void)
{
    submission_t mail = said ("mail", "kim@example.com");
    story_t s = opened (&mail);
    acts (&s, EVENT_ACCEPT, "ada");
    s.now += MINUTE;
    acts (&s, EVENT_REPLY, "ada");
    does (&s, (contact_event_t){.kind = EVENT_DELIVERED, .answered_at = s.now});
    return s;
}

static void bounces (story_t *s, purpose_t purpose, const char *person, bool last_way)
{
    wall_ms_t answered_at = s->c.last_reply_at;
    s->now += MINUTE;
    does (s, (contact_event_t){.kind = EVENT_BOUNCED,
                               .purpose = purpose,
                               .person = person,
                               .detail = "550 no such user",
                               .answered_at = *person ? 0 : answered_at,
                               .last_way = last_way});
}

static void an_answer_that_came_back_is_owed_again (void **state)
{
    (void)state;
    static const struct {
        event_kind_t before; /* EVENT_OPEN: nothing */
        contact_state_t is;
    } rows[] = {{EVENT_OPEN, S (OWNED)}, {EVENT_WAIT, S (OWNED)}, {EVENT_RESOLVE, S (RECEIVED)}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = replied ();
        unsigned kept = s.c.kept;
        if (rows[i].before == EVENT_WAIT)
            does (&s, (contact_event_t){.kind = EVENT_WAIT, .by = "ada", .text = ""});
        else if (rows[i].before != EVENT_OPEN)
            acts (&s, rows[i].before, "ada");
        kept = s.c.kept;
        bounces (&s, D (REPLY), "", false);
        assert_int_equal (s.c.state, rows[i].is);
        assert_non_null (fact (&s, F (BOUNCED)));
        assert_non_null (notice (&s, D (RETURNED), "ada"));
        assert_int_equal (promise (&s, P (NEXT_RESPONSE))->due, s.now + 8 * MS_PER_HOUR);
        assert_int_equal (s.c.kept, kept); /* what was kept stays kept */
        assert_int_equal (s.c.last_reply_at, 0);
    }
}

/* Nothing is owed there that a clock would look after, so somebody must hear of it. */
static void what_is_closed_is_told_of (void **state)
{
    (void)state;
    static const struct {
        const char *owner, *team, *told;
    } rows[] = {{"ada", "front", "ada"}, {"gone", "front", "lea"}, {"", "gone", "dana"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = replied ();
        wall_ms_t answered_at = s.c.last_reply_at;
        acts (&s, EVENT_RESOLVE, "ada");
        passes (&s, 8 * MS_PER_DAY);
        assert_int_equal (s.c.state, S (CLOSED));
        unsigned opened = s.c.opened;
        snprintf (s.c.owner, sizeof s.c.owner, "%s", rows[i].owner);
        snprintf (s.c.team, sizeof s.c.team, "%s", rows[i].team);
        bounces (&s, D (ACKNOWLEDGE), "", false); /* said nothing that must be said again */
        assert_non_null (fact (&s, F (BOUNCED)));
        assert_int_equal (s.fx.notices_n, 0);
        s.c.last_reply_at = answered_at;
        bounces (&s, D (REPLY), "", false);
        assert_int_equal (s.c.state, S (CLOSED));
        assert_int_equal (s.c.opened, opened);
        assert_int_equal (s.fx.notices_n, 1);
        assert_non_null (notice (&s, D (RETURNED), rows[i].told));
        bounces (&s, D (ASSIGNED), "ada", true); /* has no reason any more */
        assert_int_equal (s.fx.notices_n, 0);
        bounces (&s, D (RETURNED), "ada", false);
        assert_int_equal (s.fx.notices_n, 0);
        bounces (&s, D (RETURNED), "ada", true); /* that page came back, too */
        assert_non_null (notice (&s, D (RETURNED), i == 2 ? "dana" : "lea"));
    }
}

static void what_needs_no_new_answer_is_only_said (void **state)
{
    (void)state;
    story_t s = replied ();
    acts (&s, EVENT_RESOLVE, "ada");
    bounces (&s, D (ACKNOWLEDGE), "", false);
    assert_int_equal (s.c.state, S (RESOLVED));
    assert_non_null (notice (&s, D (RETURNED), "ada"));
    story_t later = replied ();
    wall_ms_t first = later.c.last_reply_at;
    later.now += MINUTE;
    acts (&later, EVENT_REPLY, "ada");
    does (&later, (contact_event_t){.kind = EVENT_DELIVERED, .answered_at = later.now});
    does (&later,
          (contact_event_t){
              .kind = EVENT_BOUNCED, .purpose = D (REPLY), .person = "", .detail = "full", .answered_at = first});
    assert_null (promise (&later, P (NEXT_RESPONSE))); /* a later one is their answer */
    does (&later, (contact_event_t){.kind = EVENT_RECEIPT, .purpose = D (REPLY), .detail = "read"});
    assert_string_equal (fact (&later, F (DELIVERY_RECEIPT))->detail, "reply: read");
    assert_int_equal (later.fx.notices_n, 0);
}

static void a_colleague_who_is_not_reached_is_told_of (void **state)
{
    (void)state;
    static const struct {
        const char *accountable, *person;
        bool last_way;
        const char *told; /* "" : nobody */
    } rows[] = {{"lea", "ada", true, "lea"},
                {"lea", "ada", false, ""},
                {"ada", "ada", true, "lea"},
                {"lea", "lea", true, "dana"},
                {"dana", "dana", true, "lea"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = replied ();
        snprintf (s.c.accountable, sizeof s.c.accountable, "%s", rows[i].accountable);
        bounces (&s, D (STEP), rows[i].person, rows[i].last_way);
        assert_string_equal (fact (&s, F (BOUNCED))->to, rows[i].person);
        assert_int_equal (s.fx.notices_n, *rows[i].told ? 1 : 0);
        assert_true (!*rows[i].told || notice (&s, D (UNREACHED), rows[i].told));
        assert_null (promise (&s, P (NEXT_RESPONSE)));
    }
}

/* ---- what is said ---- */

static void rules_and_promises_look_at_what_is_new (void **state)
{
    (void)state;
    static const struct {
        const char *text, *fresh, *team;
        int64_t first;
    } rows[] = {
        {"it is lost", "", "back", 4 * MS_PER_HOUR},
        {"thanks\n> it is lost", "thanks", "front", 4 * MS_PER_HOUR},
        {"thanks\n> urgent", "thanks", "front", 4 * MS_PER_HOUR},
        {"urgent\n> thanks", "urgent", "front", 10 * MINUTE},
        {"urgent", "", "front", 10 * MINUTE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        submission_t mail = said ("mail", "kim@example.com");
        mail.text = rows[i].text;
        mail.fresh = rows[i].fresh;
        story_t s = opened (&mail);
        assert_string_equal (s.c.team, rows[i].team);
        assert_int_equal (promise (&s, P (FIRST_RESPONSE))->due, T0 + rows[i].first);
        assert_string_equal (fact (&s, F (OPENED))->text, rows[i].text); /* the timeline keeps all of it */
    }
}

static void files_and_times_are_named (void **state)
{
    (void)state;
    const attachment_t files[] = {
        {.name = "invoice.pdf", .type = "application/pdf", .hash = "ab12", .note = "", .size = 4711},
        {.name = "winmail.dat", .type = "application/ms-tnef", .hash = "", .note = "too large: not kept", .size = 9}};
    submission_t mail = said ("mail", "kim@example.com");
    mail.attachments = files;
    mail.attachments_n = 2;
    mail.sent_at = T0 - 3 * MS_PER_HOUR;
    story_t s = opened (&mail);
    assert_int_equal (facts (&s, F (ATTACHED)), 2);
    assert_string_equal (fact (&s, F (ATTACHED))->detail, "invoice.pdf, application/pdf, 4711 bytes");
    assert_string_equal (fact (&s, F (ATTACHED))->text, "ab12");
    assert_non_null (strstr (fact (&s, F (OPENED))->detail, "; sent "));
    assert_int_equal (promise (&s, P (FIRST_RESPONSE))->due, T0 + 4 * MS_PER_HOUR); /* our time stamps count */
    mail.sent_at = s.now - 30 * SECOND;
    does (&s, (contact_event_t){.kind = EVENT_MESSAGE, .submission = &mail});
    assert_string_equal (fact (&s, F (MESSAGE))->detail, "");
    assert_non_null (strstr (s.fx.facts[2].detail, "too large: not kept"));
}

/* ---- the same customer ---- */

static void a_linked_contact_prefers_and_promises_as_the_other (void **state)
{
    (void)state;
    static const struct {
        const char *name, *language, *linked, *linked_owner, *owner_known;
        int64_t linked_due; /* after T0 */
        const char *preferred;
        int64_t first;
    } rows[] = {
        {"the other's owner, and its deadline", "", "K1", "ben", "", MS_PER_HOUR, "ben", MS_PER_HOUR},
        {"its deadline is later", "", "K1", "ben", "", MS_PER_DAY, "ben", 4 * MS_PER_HOUR},
        {"its deadline has passed", "", "K1", "ben", "", -MINUTE, "ben", 4 * MS_PER_HOUR},
        {"nobody has it: the account's owner", "", "K1", "", "ada", 0, "ada", 4 * MS_PER_HOUR},
        {"only an account's owner", "", "", "", "ada", 0, "ada", 4 * MS_PER_HOUR},
        {"who is not with us any more", "", "", "", "zoe", 0, "", 4 * MS_PER_HOUR},
        {"a rule goes before", "fr", "K1", "ben", "ada", 0, "dana", 4 * MS_PER_HOUR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        submission_t mail = said ("mail", "kim@example.com");
        mail.language = rows[i].language;
        mail.linked = rows[i].linked;
        mail.linked_owner = rows[i].linked_owner;
        mail.owner_known = rows[i].owner_known;
        mail.linked_due = rows[i].linked_due ? T0 + rows[i].linked_due : 0;
        mail.customer_id = "01K00000000000000000000009";
        story_t s = opened (&mail);
        const promise_t *first = promise (&s, P (FIRST_RESPONSE));
        if (strcmp (s.c.preferred, rows[i].preferred) != 0 || first->due != T0 + rows[i].first)
            fail_msg ("%s: '%s' is preferred, due in %lld", rows[i].name, s.c.preferred, (long long)(first->due - T0));
        assert_int_equal (first->step_at, T0 + rows[i].first / 100 * 80); /* shares of the time there is */
        assert_string_equal (s.c.linked, rows[i].linked);
        assert_int_equal (facts (&s, F (LINKED)), *rows[i].linked ? 1 : 0);
        assert_string_equal (s.c.customer_id, "01K00000000000000000000009");
    }
}

static void a_known_tier_counts_where_none_is_said (void **state)
{
    (void)state;
    submission_t mail = said ("mail", "kim@example.com");
    mail.tier_known = "gold";
    story_t s = opened (&mail);
    assert_string_equal (s.c.rule, "gold");
    assert_int_equal (promise (&s, P (FIRST_RESPONSE))->due, T0 + 2 * MS_PER_HOUR);
    mail.tier = "silver";
    story_t other = opened (&mail);
    assert_string_equal (other.c.tier, "silver");
}

/* Whose record was linked to the contact's is the customer, whatever they write from. */
static void whose_words_they_are (void **state)
{
    (void)state;
    static const struct {
        const char *from, *id, *ids;
        bool other;
    } rows[] = {{"kim@example.com", "K1", "", false},          {"KIM@example.com", "K9", NULL, false},
                {"kim@home.example", "K2", "K3 K1", false},    {"kim@home.example", "K1", NULL, false},
                {"mallory@evil.example", "K4", "K5 K6", true}, {"mallory@evil.example", "K4", NULL, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        submission_t mail = said ("mail", "kim@example.com"), more = said ("mail", rows[i].from);
        mail.customer_id = "K1";
        mail.text = "first";
        story_t s = opened (&mail);
        acts (&s, EVENT_ACCEPT, "ada");
        s.now += MINUTE;
        more.customer_id = rows[i].id;
        more.customer_ids = rows[i].ids;
        more.text = "second";
        does (&s, (contact_event_t){.kind = EVENT_MESSAGE, .submission = &more});
        const notice_t *told = notice (&s, D (ASSIGNED), "ada");
        assert_string_equal (told->words, "message");
        assert_string_equal (told->text, "second");
        assert_string_equal (s.c.said, rows[i].other ? "first" : "second");
        if (rows[i].other != (strstr (told->detail, "not known as the customer") != NULL))
            fail_msg ("%s: %s", rows[i].from, told->detail);
    }
}

/* They came by a form and said where they read mail: we wrote there, and who answers from there is the customer. Somebody
 * else who has our mail is not, however often they write, and we go on writing to where we did. */
static void who_answers_from_where_we_wrote_to (void **state)
{
    (void)state;
    static const struct {
        const char *from[2], *id[2];
        bool other[2];
    } rows[] = {{{"kim@example.com", "Kim@Example.com"}, {"K2", "K2"}, {false, false}},
                {{"eve@example.com", "eve@example.com"}, {"K3", "K3"}, {true, true}},
                {{"eve@example.com", "kim@example.com"}, {"K3", "K2"}, {true, false}},
                {{"kim@example.com", "eve@example.com"}, {"K2", "K3"}, {false, true}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        submission_t form = said ("form", "visitor 7");
        form.return_way = R (MAIL);
        form.return_to = "kim@example.com";
        form.customer_id = "K1";
        story_t s = opened (&form);
        acts (&s, EVENT_ACCEPT, "ada");
        for (size_t n = 0; n < 2; n++) {
            submission_t answer = said ("mail", rows[i].from[n]);
            s.now += MINUTE;
            answer.customer_id = rows[i].id[n];
            answer.return_way = R (MAIL);
            answer.return_to = rows[i].from[n];
            answer.text = rows[i].from[n];
            does (&s, (contact_event_t){.kind = EVENT_MESSAGE, .submission = &answer});
            const fact_t *message = fact (&s, F (MESSAGE));
            if (rows[i].other[n] != (strstr (message->detail, "not known as the customer") != NULL) ||
                rows[i].other[n] != (*message->to != '\0') ||
                rows[i].other[n] == (strcmp (s.c.said, rows[i].from[n]) == 0))
                fail_msg ("%zu, %s: '%s', said '%s'", i, rows[i].from[n], message->detail, s.c.said);
            assert_int_equal (s.c.return_way, R (MAIL));
            assert_int_equal (strcasecmp (s.c.return_to, "kim@example.com"), 0);
        }
    }
}

/* A message that comes another way is answered that way, and the strictest promise counts. */
static void the_way_back_follows_the_customer (void **state)
{
    (void)state;
    static const struct {
        const char *name, *channel, *customer, *to;
        return_way_t way;
        const char *is_to, *reply_channel;
        int64_t next; /* 0: none is promised for it */
    } rows[] = {
        {"the same channel", "mail", "kim@example.com", "", R (MAIL), "kim@example.com", "mail", 0},
        {"none is named", "", "", "", R (MAIL), "kim@example.com", "mail", 0},
        {"chat: sooner", "chat", "kim", "http://chat.example/7", R (CALLBACK), "http://chat.example/7", "chat",
         60 * SECOND},
        {"a form has no way: the old one stays", "form", "kim", "", R (MAIL), "kim@example.com", "form", 0},
        {"the same, from elsewhere, by who wrote before", "mail", "kim@example.com", "kim@home.example", R (MAIL),
         "kim@home.example", "mail", 0},
        {"the same, by somebody else", "mail", "eve@example.com", "eve@example.com", R (MAIL), "kim@example.com",
         "mail", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        submission_t mail = said ("mail", "kim@example.com");
        story_t s = opened (&mail);
        acts (&s, EVENT_ACCEPT, "ada");
        s.now += MINUTE;
        submission_t more = said (rows[i].channel, rows[i].customer);
        more.return_to = rows[i].to;
        does (&s, (contact_event_t){.kind = EVENT_MESSAGE, .submission = &more});
        if (s.c.return_way != rows[i].way || strcmp (s.c.return_to, rows[i].is_to) != 0 ||
            strcmp (s.c.reply_channel, rows[i].reply_channel) != 0)
            fail_msg ("%s: way %d, to '%s', by '%s'", rows[i].name, (int)s.c.return_way, s.c.return_to,
                      s.c.reply_channel);
        const char *detail = fact (&s, F (MESSAGE))->detail; /* whoever answers sees that it goes elsewhere */
        bool elsewhere = strcmp (rows[i].is_to, "kim@example.com") != 0;
        bool other = strncmp (rows[i].customer, "eve", 3) == 0; /* nor are words of others taken for the customer's */
        if (other != (*rows[i].customer && strstr (detail, rows[i].customer)) ||
            other != (*fact (&s, F (MESSAGE))->to != '\0'))
            fail_msg ("%s: '%s', '%s'", rows[i].name, detail, fact (&s, F (MESSAGE))->to);
        if (elsewhere != (strstr (detail, rows[i].is_to) != NULL))
            fail_msg ("%s: '%s'", rows[i].name, detail);
        const promise_t *next = promise (&s, P (NEXT_RESPONSE));
        if ((next ? next->due - s.now : 0) != rows[i].next)
            fail_msg ("%s: next response in %lld", rows[i].name, (long long)(next ? next->due - s.now : 0));
        assert_string_equal (s.c.channel, "mail"); /* weight and places stay */
    }
}

static void a_channel_with_a_call_of_its_own_answers_by_it (void **state)
{
    (void)state;
    static const channel_out_t out = {.longest = 5};
    policy_channel_t channels[2] = {*policy_channel (policy, "phone"), *policy_channel (policy, "form")};
    channels[1].name = "sms";
    channels[1].out = &out;
    policy_t other = *policy;
    other.channels = channels;
    other.channels_n = 2;
    submission_t sms = said ("sms", "+493012345");
    contact_event_t event = {.kind = EVENT_OPEN, .submission = &sms, .contact = "", .workspace = "desk", .trace = ""};
    contact_t none = {.version = 0}, after;
    effects_t fx;
    char why[DETAIL_SIZE];
    assert_int_equal (contact_apply (&none, &event, T0, &other, &after, &fx, why), APPLY_DONE);
    assert_int_equal (after.return_way, R (CHANNEL));
    assert_string_equal (after.return_to, "+493012345");
    assert_int_equal (after.promises[0].kind, P (ACKNOWLEDGE)); /* it can be told */
    /* what it can never say is refused while they type: too long, counted in characters, and by no channel any more */
    WORD_COPY (after.owner, "ada");
    after.state = S (OWNED);
    static const struct {
        const char *text, *channel, *why;
    } rows[] = {{"gr\xC3\xBC\xC3\x9F"
                 "e",
                 "sms", NULL},
                {"longer", "sms", "sms takes 5"},
                {"short", "gone", "'gone'"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        contact_t owned = after, replied;
        WORD_COPY (owned.reply_channel, rows[i].channel);
        event = (contact_event_t){.kind = EVENT_REPLY, .by = "ada", .text = rows[i].text};
        apply_outcome_t outcome = contact_apply (&owned, &event, T0, &other, &replied, &fx, why);
        if (outcome != (rows[i].why ? APPLY_BAD : APPLY_DONE) || (rows[i].why && !strstr (why, rows[i].why)))
            fail_msg ("%s: %d '%s'", rows[i].text, (int)outcome, why);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (ringing_opens_with_a_promise_of_seconds),
        cmocka_unit_test (answered_is_accepted_and_answers),
        cmocka_unit_test (answered_by_a_stranger_is_nobodys),
        cmocka_unit_test (given_up_is_a_call_back_that_is_owed),
        cmocka_unit_test (a_call_back_that_is_broken_is_made_good_and_climbs),
        cmocka_unit_test (a_call_back_is_offered_at_leisure),
        cmocka_unit_test (who_gave_up_keeps_the_place),
        cmocka_unit_test (ringing_again_is_the_same_matter),
        cmocka_unit_test (a_line_that_drops_in_a_transfer_stays_there),
        cmocka_unit_test (another_who_answers_leaves_it_with_its_owner),
        cmocka_unit_test (giving_up_on_another_line_is_not_the_end_of_the_first),
        cmocka_unit_test (what_is_behind_changes_nothing),
        cmocka_unit_test (the_first_that_is_heard_of_a_line_may_be_its_end),
        cmocka_unit_test (a_written_answer_is_no_call_back),
        cmocka_unit_test (an_answer_that_came_back_is_owed_again),
        cmocka_unit_test (what_is_closed_is_told_of),
        cmocka_unit_test (what_needs_no_new_answer_is_only_said),
        cmocka_unit_test (a_colleague_who_is_not_reached_is_told_of),
        cmocka_unit_test (rules_and_promises_look_at_what_is_new),
        cmocka_unit_test (files_and_times_are_named),
        cmocka_unit_test (a_linked_contact_prefers_and_promises_as_the_other),
        cmocka_unit_test (a_known_tier_counts_where_none_is_said),
        cmocka_unit_test (whose_words_they_are),
        cmocka_unit_test (who_answers_from_where_we_wrote_to),
        cmocka_unit_test (the_way_back_follows_the_customer),
        cmocka_unit_test (a_channel_with_a_call_of_its_own_answers_by_it),
    };
    return cmocka_run_group_tests (tests, setup, teardown);
}
