/* test_contact.c - the contact's state machine: every cell of state x event against a table written by hand, the
 * clocks and ladders by example, and the laws under random walks. */
#include "contact.h"
#include "guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define T0      1790000000000LL
#define S(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define P(name) BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_##name
#define F(name) BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name
#define D(name) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name

static const char text[] = "workspace: desk\n"
                           "last_resort: dana\n"
                           "manager: dana\n"
                           "default_team: front\n"
                           "channels:\n"
                           "  chat: { weight: 25, live: true, offer: 20s, answer: callback }\n"
                           "  mail: { weight: 10, accept: auto, answer: mail }\n"
                           "  phone: { weight: 100, live: true, offer: 15s, answer: spoken }\n"
                           "teams:\n"
                           "  front: { lead: lea, members: [ada, ben] }\n"
                           "people:\n"
                           "  ada: { name: Ada, capacity: 100, ways: [ {log: ada} ] }\n"
                           "  ben: { name: Ben, capacity: 100, ways: [ {log: ben} ] }\n"
                           "  lea: { name: Lea, capacity: 100, ways: [ {log: lea} ] }\n"
                           "  dana: { name: Dana, capacity: 100, ways: [ {log: dana} ] }\n"
                           "promises:\n"
                           "  - { when: { channel: chat }, acknowledge: 30s, first_response: 60s, next_response: 2m,"
                           " resolution: 4h, ladder: steep }\n"
                           "ladders:\n"
                           "  steep:\n"
                           "    - { at: 80%, tell: [owner] }\n"
                           "    - { at: due, tell: [accountable], priority: 1 }\n"
                           "    - { after: 1m, tell: [manager], repeat: 30s, times: 3 }\n"
                           "    - { after: 5m, tell: [lead], move: manager }\n"
                           "settings: { decline: 5m, acknowledged: 10m, pause: 1d, reopen: 7d, review: 24h,"
                           " transfers: 2, makeups: 1 }\n";

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

static const submission_t chat = {.channel = "chat",
                                  .subject = "card",
                                  .text = "where is it?",
                                  .customer = "kim",
                                  .customer_name = "Kim",
                                  .thread = "",
                                  .message_id = "",
                                  .language = "en",
                                  .tier = "",
                                  .return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CALLBACK,
                                  .return_to = "http://channel.example/back",
                                  .continues = ""};

static const submission_t ringing = {.channel = "phone",
                                     .subject = "",
                                     .text = "",
                                     .customer = "+493012345",
                                     .customer_name = "",
                                     .thread = "line 1",
                                     .message_id = "",
                                     .language = "",
                                     .tier = "",
                                     .return_to = "",
                                     .continues = "",
                                     .call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING};

/* An event as it would be valid for Ada, who owns or was asked. */
static contact_event_t event_of (event_kind_t kind)
{
    return (contact_event_t){.kind = kind,
                             .by = "ada",
                             .by_epoch = 1,
                             .person = kind == EVENT_TRANSFER                           ? "ben"
                                       : kind == EVENT_BOUNCED || kind == EVENT_RECEIPT ? ""
                                                                                        : "ada",
                             .epoch = kind == EVENT_OWNER_LOST ? 2 : 1,
                             .text = "words",
                             .detail = "why",
                             .promise = P (RESOLUTION),
                             .purpose = D (REPLY),
                             .submission = kind == EVENT_CALL ? &ringing : &chat,
                             .contact = "01K00000000000000000000000",
                             .workspace = "desk",
                             .trace = ""};
}

static apply_outcome_t apply (story_t *s, const contact_event_t *event)
{
    contact_t after;
    effects_t fx;
    s->outcome = contact_apply (&s->c, event, s->now, policy, &after, &fx, s->why);
    if (s->outcome == APPLY_DONE) {
        s->c = after;
        s->fx = fx;
    }
    return s->outcome;
}

static void does (story_t *s, event_kind_t kind)
{
    contact_event_t event = event_of (kind);
    if (apply (s, &event) != APPLY_DONE)
        fail_msg ("%s while %s: %s", event_kind_name (kind), contact_state_name (s->c.state), s->why);
}

static void passes (story_t *s, int64_t ms)
{
    s->now += ms;
    contact_event_t event = event_of (EVENT_TIME);
    apply (s, &event);
}

static story_t in_state (contact_state_t state)
{
    story_t s = {.now = T0};
    static const event_kind_t path[CONTACT_STATES][5] = {
        [S (RECEIVED)] = {EVENT_OPEN, EVENT_KINDS},
        [S (OFFERED)] = {EVENT_OPEN, EVENT_OFFER, EVENT_KINDS},
        [S (QUEUED)] = {EVENT_OPEN, EVENT_QUEUE, EVENT_KINDS},
        [S (OWNED)] = {EVENT_OPEN, EVENT_OFFER, EVENT_ACCEPT, EVENT_KINDS},
        [S (WAITING)] = {EVENT_OPEN, EVENT_OFFER, EVENT_ACCEPT, EVENT_WAIT, EVENT_KINDS},
        [S (RESOLVED)] = {EVENT_OPEN, EVENT_OFFER, EVENT_ACCEPT, EVENT_RESOLVE, EVENT_KINDS},
        [S (CLOSED)] = {EVENT_OPEN, EVENT_OFFER, EVENT_ACCEPT, EVENT_RESOLVE, EVENT_KINDS},
    };
    for (size_t i = 0; state && i < 5 && path[state][i] < EVENT_KINDS; i++)
        does (&s, path[state][i]);
    if (state == S (CLOSED))
        passes (&s, 8 * MS_PER_DAY);
    assert_int_equal (s.c.state, state);
    return s;
}

static size_t count_facts (const story_t *s, fact_kind_t kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->fx.facts_n; i++)
        n += s->fx.facts[i].kind == kind;
    return n;
}

static const fact_t *the_fact (const story_t *s, fact_kind_t kind)
{
    for (size_t i = 0; i < s->fx.facts_n; i++)
        if (s->fx.facts[i].kind == kind)
            return &s->fx.facts[i];
    fail_msg ("there is no fact %s", fact_kind_name (kind));
    return NULL;
}

static bool told (const story_t *s, purpose_t purpose, const char *person)
{
    for (size_t i = 0; i < s->fx.notices_n; i++)
        if (s->fx.notices[i].purpose == purpose && strcmp (s->fx.notices[i].person, person) == 0)
            return true;
    return false;
}

/* ---- every cell ---- */

enum { NO = 100, YOURS, STALE, BAD }; /* refusals, beside states */
#define R S (RECEIVED)
#define O S (OFFERED)
#define Q S (QUEUED)
#define W S (OWNED)
#define H S (WAITING)
#define X S (RESOLVED)
#define C S (CLOSED)

/* clang-format off */
static const struct row {
    event_kind_t event;
    int expect[CONTACT_STATES]; /* none received offered queued owned waiting resolved closed */
} table[] = {
    /*                     none   recv   offd   queu   owned  wait   resol  closed */
    {EVENT_OPEN,        {  R,     NO,    NO,    NO,    NO,    NO,    NO,    NO  }},
    {EVENT_MESSAGE,     {  NO,    R,     O,     Q,     W,     W,     R,     NO  }},
    {EVENT_ACCEPT,      {  NO,    W,     W,     W,     W,     NO,    NO,    NO  }},
    {EVENT_DECLINE,     {  NO,    NO,    R,     NO,    R,     R,     NO,    NO  }},
    {EVENT_REPLY,       {  NO,    NO,    NO,    NO,    W,     H,     NO,    NO  }},
    {EVENT_NOTE,        {  NO,    R,     O,     Q,     W,     H,     X,     NO  }},
    {EVENT_WAIT,        {  NO,    NO,    NO,    NO,    H,     NO,    NO,    NO  }},
    {EVENT_TRANSFER,    {  NO,    NO,    NO,    NO,    W,     NO,    NO,    NO  }},
    {EVENT_RESOLVE,     {  NO,    YOURS, YOURS, YOURS, X,     X,     NO,    NO  }},
    {EVENT_REOPEN,      {  NO,    NO,    NO,    NO,    NO,    NO,    R,     NO  }},
    {EVENT_ACKNOWLEDGE, {  NO,    R,     O,     Q,     W,     H,     NO,    NO  }},
    {EVENT_RELEASE,     {  NO,    YOURS, YOURS, YOURS, W,     H,     NO,    NO  }},
    {EVENT_OFFER,       {  NO,    O,     NO,    O,     STALE, NO,    NO,    NO  }},
    {EVENT_QUEUE,       {  NO,    Q,     NO,    Q,     STALE, NO,    NO,    NO  }},
    {EVENT_TIME,        {  NO,    STALE, STALE, STALE, STALE, STALE, STALE, STALE }},
    {EVENT_OWNER_LOST,  {  NO,    STALE, R,     STALE, R,     R,     NO,    NO  }},
    {EVENT_DELIVERED,   {  NO,    R,     O,     Q,     W,     H,     X,     NO  }},
    {EVENT_FAILED,      {  NO,    R,     O,     Q,     W,     W,     R,     NO  }},
    {EVENT_UNTOLD,      {  NO,    R,     O,     Q,     W,     H,     NO,    NO  }},
    {EVENT_SET_ASIDE,   {  NO,    R,     O,     Q,     W,     H,     NO,    NO  }},
    {EVENT_CALL,        {  NO,    R,     O,     Q,     W,     W,     R,     NO  }},
    {EVENT_BOUNCED,     {  NO,    R,     O,     Q,     W,     W,     R,     C   }},
    {EVENT_RECEIPT,     {  NO,    R,     O,     Q,     W,     H,     X,     NO  }},
};
/* clang-format on */

static int seen (const story_t *s)
{
    static const int refusals[] = {
        [APPLY_NO_STATE] = NO, [APPLY_NOT_YOURS] = YOURS, [APPLY_STALE] = STALE, [APPLY_BAD] = BAD};
    return s->outcome == APPLY_DONE ? (int)s->c.state : refusals[s->outcome];
}

static void every_cell (void **state)
{
    (void)state;
    bool covered[EVENT_KINDS] = {false};
    for (size_t i = 0; i < sizeof (table) / sizeof (table[0]); i++) {
        covered[table[i].event] = true;
        for (int from = 0; from < CONTACT_STATES; from++) {
            story_t s = in_state ((contact_state_t)from);
            contact_event_t event = event_of (table[i].event);
            apply (&s, &event);
            if (seen (&s) != table[i].expect[from])
                fail_msg ("%s while %s: expected %d, got %d (%s)", event_kind_name (table[i].event),
                          contact_state_name ((contact_state_t)from), table[i].expect[from], seen (&s), s.why);
            if (s.outcome != APPLY_DONE)
                assert_true (*s.why); /* a refusal says why */
        }
    }
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        assert_true (covered[kind]);
}

static void allowed_words_are_those_of_the_table (void **state)
{
    (void)state;
    for (int from = 0; from < CONTACT_STATES; from++) {
        char words[DETAIL_SIZE], wanted[DETAIL_SIZE] = "";
        contact_allowed (&(contact_t){.state = (contact_state_t)from}, NULL, words, sizeof (words));
        for (size_t i = 0; i < sizeof (table) / sizeof (table[0]); i++) {
            event_kind_t kind = table[i].event;
            if (kind < EVENT_ACCEPT || kind > EVENT_RELEASE || table[i].expect[from] == NO)
                continue;
            if (*wanted)
                strcat (wanted, ", ");
            strcat (wanted, event_kind_name (kind));
        }
        assert_string_equal (words, wanted);
    }
}

/* Who owns it, was asked, answers for it, or is nobody of these: what they are told that they may do is what is not
 * refused them for who they are. That the owner may accept again changes nothing, and is not said. */
static void agrees (const story_t *s, const char *by)
{
    char words[DETAIL_SIZE], list[DETAIL_SIZE + 4], name[NAME_SIZE + 4];
    snprintf (list, sizeof list, ", %s, ", contact_allowed (&s->c, by, words, sizeof words));
    for (event_kind_t kind = EVENT_ACCEPT; kind <= EVENT_RELEASE; kind++) {
        story_t tried = *s;
        contact_event_t event = event_of (kind);
        event.by = by;
        apply_outcome_t outcome = apply (&tried, &event);
        snprintf (name, sizeof name, ", %s, ", event_kind_name (kind));
        bool said = strstr (list, name) != NULL;
        bool done = outcome != APPLY_NO_STATE && outcome != APPLY_NOT_YOURS;
        if (said != done && !(kind == EVENT_ACCEPT && strcmp (by, s->c.owner) == 0))
            fail_msg ("%s by %s while %s: said '%s', and %s", event_kind_name (kind), by,
                      contact_state_name (s->c.state), words, done ? "done" : tried.why);
    }
}

static void what_somebody_may_is_what_is_done (void **state)
{
    (void)state;
    static const char *const people[] = {"ada", "ben", "lea", "dana"};
    for (int from = S (RECEIVED); from < CONTACT_STATES; from++)
        for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
            story_t s = in_state ((contact_state_t)from);
            agrees (&s, people[i]);
            if (from != S (OWNED))
                continue;
            contact_event_t offer = event_of (EVENT_OFFER);
            offer.person = "ben";
            does (&s, EVENT_TRANSFER);
            assert_int_equal (apply (&s, &offer), APPLY_DONE);
            agrees (&s, people[i]);
        }
}

/* ---- promises ---- */

static const promise_t *promise (const story_t *s, promise_kind_t kind, unsigned generation)
{
    for (size_t i = 0; i < s->c.promises_n; i++)
        if (s->c.promises[i].kind == kind && s->c.promises[i].generation == generation)
            return &s->c.promises[i];
    return NULL;
}

static void a_reply_keeps_its_promise_only_once_it_arrived (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    s.now += 10 * MS_PER_SECOND;
    does (&s, EVENT_REPLY);
    assert_true (told (&s, D (REPLY), ""));
    assert_int_equal (promise (&s, P (FIRST_RESPONSE), 0)->answered_at, s.now);
    passes (&s, 2 * MS_PER_MINUTE); /* past the deadline: the delivery decides */
    assert_int_equal (s.c.broken, 0);
    contact_event_t delivered = event_of (EVENT_DELIVERED);
    delivered.answered_at = T0 + 10 * MS_PER_SECOND;
    assert_int_equal (apply (&s, &delivered), APPLY_DONE);
    assert_int_equal (count_facts (&s, F (PROMISE_KEPT)), 1);
    for (size_t i = 0; i < s.fx.facts_n; i++)
        if (s.fx.facts[i].kind == F (PROMISE_KEPT))
            assert_int_equal (s.fx.facts[i].at, T0 + 10 * MS_PER_SECOND);
}

static void a_reply_that_failed_was_never_given (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    does (&s, EVENT_REPLY);
    wall_ms_t answered = s.now;
    s.now += 2 * MS_PER_MINUTE;
    contact_event_t failed = event_of (EVENT_FAILED);
    failed.answered_at = answered;
    assert_int_equal (apply (&s, &failed), APPLY_DONE);
    assert_true (told (&s, D (RETURNED), "ada"));
    assert_int_equal (count_facts (&s, F (PROMISE_BROKEN)), 1); /* its deadline has passed meanwhile */
    assert_true (told (&s, D (APOLOGY), ""));
}

/* The first of two replies failed, the second is on its way: it decides, if it was given in time. Else the promise breaks,
 * and the second answers what is promised in its place, once it arrives. */
static void a_later_reply_decides_if_it_was_in_time (void **state)
{
    static const struct {
        int64_t second_ms;
        unsigned broken_before, kept, broken;
    } rows[] = {{50 * MS_PER_SECOND, 0, 1, 0}, {70 * MS_PER_SECOND, 1, 1, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = in_state (S (OWNED));
        const uint32_t before = s.c.kept;
        s.now = T0 + 10 * MS_PER_SECOND;
        does (&s, EVENT_REPLY);
        s.now = T0 + rows[i].second_ms;
        does (&s, EVENT_REPLY);
        contact_event_t failed = event_of (EVENT_FAILED), delivered = event_of (EVENT_DELIVERED);
        failed.answered_at = T0 + 10 * MS_PER_SECOND;
        delivered.answered_at = s.now;
        s.now += 5 * MS_PER_SECOND;
        assert_int_equal (apply (&s, &failed), APPLY_DONE);
        assert_int_equal (s.c.broken, rows[i].broken_before);
        s.now += 5 * MS_PER_SECOND;
        assert_int_equal (apply (&s, &delivered), APPLY_DONE);
        assert_int_equal (s.c.kept - before, rows[i].kept);
        assert_int_equal (s.c.broken, rows[i].broken);
        assert_int_equal (s.c.opened, s.c.kept + s.c.broken + s.c.promises_n);
        for (size_t k = 0; k < s.fx.facts_n; k++)
            if (s.fx.facts[k].kind == F (PROMISE_KEPT) && s.fx.facts[k].number == 0)
                assert_true (s.fx.facts[k].at <= s.fx.facts[k].due);
    }
}

static void a_break_is_judged_by_its_deadline_and_owes_an_apology (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    s.now = T0 + 61 * MS_PER_SECOND;
    contact_event_t reply = event_of (EVENT_REPLY); /* a second late, and nobody had looked */
    assert_int_equal (apply (&s, &reply), APPLY_DONE);
    assert_int_equal (s.c.broken, 1);
    for (size_t i = 0; i < s.fx.facts_n; i++)
        if (s.fx.facts[i].kind == F (PROMISE_BROKEN))
            assert_int_equal (s.fx.facts[i].at, T0 + 60 * MS_PER_SECOND);
    assert_true (told (&s, D (APOLOGY), ""));
    assert_non_null (promise (&s, P (FIRST_RESPONSE), 1));
}

static bool says (const story_t *s, fact_kind_t kind, const char *words)
{
    for (size_t i = 0; i < s->fx.facts_n; i++)
        if (s->fx.facts[i].kind == kind && strstr (s->fx.facts[i].detail, words))
            return true;
    return false;
}

/* Of a first response that is promised sooner than the acknowledgement: one word to the customer, and it is counted. */
static void an_apology_acknowledges (void **state)
{
    (void)state;
    static const struct {
        int64_t wakes_ms;
        unsigned kept, broken;
    } rows[] = {{10 * MS_PER_SECOND, 1, 1}, {MS_PER_MINUTE, 0, 2}}; /* in time; when its own time was over, too */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = in_state (S (RECEIVED));
        s.c.promises[0].step_at = rows[i].kept ? s.c.promises[0].step_at : T0 + 30 * MS_PER_SECOND;
        for (size_t k = 0; k < s.c.promises_n; k++)
            if (s.c.promises[k].kind == P (FIRST_RESPONSE))
                s.c.promises[k].due = T0 + 10 * MS_PER_SECOND;
        passes (&s, rows[i].wakes_ms);
        assert_true (told (&s, D (APOLOGY), ""));
        assert_true (says (&s, F (NOTICE_LEFT_OUT), "acknowledge: overtaken"));
        assert_int_equal (s.c.apologised_at, s.now);
        assert_int_equal (s.c.kept, rows[i].kept);
        assert_int_equal (s.c.broken, rows[i].broken);
        passes (&s, 25 * MS_PER_SECOND);
        assert_false (told (&s, D (ACKNOWLEDGE), ""));
        does (&s, EVENT_OFFER);
        does (&s, EVENT_ACCEPT);
        assert_false (told (&s, D (ACKNOWLEDGE), ""));
    }
}

/* Nobody waits for an apology that will not come. */
static void that_no_more_is_promised_is_said (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    passes (&s, MS_PER_MINUTE);
    assert_true (told (&s, D (APOLOGY), ""));
    assert_false (says (&s, F (NOTED), "promised in its place"));
    passes (&s, MS_PER_MINUTE);
    assert_true (told (&s, D (APOLOGY), "")); /* they hear that, too, with no other time */
    assert_int_equal (s.fx.notices[s.fx.notices_n - 1].due, 0);
    assert_true (says (&s, F (NOTED), "nothing more is promised in its place: 1 "));
}

/* Nor is a time that was the last word where the policy would promise more, but there is no room for it. */
static void no_room_for_more_is_said (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    passes (&s, MS_PER_MINUTE);
    assert_true (told (&s, D (APOLOGY), ""));
    while (s.c.promises_n < PROMISES_MAX)
        s.c.promises[s.c.promises_n++] =
            (promise_t){.kind = P (RESOLUTION), .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_BROKEN};
    unsigned makeups = policy->makeup_max;
    policy->makeup_max = 3;
    passes (&s, MS_PER_MINUTE);
    policy->makeup_max = makeups;
    assert_true (says (&s, F (NOTED), "nothing is promised in its place"));
    assert_true (told (&s, D (APOLOGY), ""));
    assert_int_equal (s.fx.notices[s.fx.notices_n - 1].due, 0);
}

/* Each who was told by a step is remembered until the promise is answered: what still waits for them is overtaken. */
static void a_step_remembers_whom_it_told (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    passes (&s, 48 * MS_PER_SECOND);
    assert_int_equal (s.c.told_n, 1);
    passes (&s, 12 * MS_PER_SECOND);
    assert_int_equal (s.c.told_n, 1);
    assert_string_equal (s.c.told[0].person, "ada");
    assert_int_equal (s.c.told[0].at, s.now);
    passes (&s, MS_PER_MINUTE);
    assert_int_equal (s.c.told_n, 2); /* the manager, too */
    does (&s, EVENT_REPLY);
    contact_event_t delivered = event_of (EVENT_DELIVERED);
    delivered.answered_at = s.now;
    apply (&s, &delivered);
    assert_int_equal (s.c.told_n, 0);
}

static void a_pause_keeps_what_remained (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    contact_event_t delivered = event_of (EVENT_DELIVERED);
    does (&s, EVENT_REPLY);
    delivered.answered_at = s.now;
    apply (&s, &delivered);
    passes (&s, MS_PER_HOUR);
    contact_event_t wait = event_of (EVENT_WAIT);
    assert_int_equal (apply (&s, &wait), APPLY_DONE);
    passes (&s, 5 * MS_PER_HOUR);
    assert_int_equal (s.c.state, S (WAITING));
    does (&s, EVENT_MESSAGE);
    assert_int_equal (promise (&s, P (RESOLUTION), 0)->due, s.now + 3 * MS_PER_HOUR);
}

/* ---- ladders ---- */

static void steps_come_when_they_are_due (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    assert_int_equal (contact_next_due (&s.c), T0 + 48 * MS_PER_SECOND); /* 80 % of a minute */
    passes (&s, 48 * MS_PER_SECOND);
    assert_true (told (&s, D (STEP), "ada"));
    passes (&s, 12 * MS_PER_SECOND);
    assert_int_equal (count_facts (&s, F (PROMISE_BROKEN)), 1);
    assert_int_equal (s.c.priority, 1);
    passes (&s, 60 * MS_PER_SECOND); /* the one made good breaks as well: no apology without end */
    assert_true (told (&s, D (STEP), "dana"));
    assert_int_equal (s.c.broken, 2);
    passes (&s, 30 * MS_PER_SECOND); /* the step at one minute repeats each half */
    assert_int_equal (count_facts (&s, F (STEP)), 1);
}

static void a_late_wake_goes_to_the_highest_step (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    passes (&s, 30 * MS_PER_MINUTE);
    size_t of_first = 0;
    for (size_t i = 0; i < s.fx.facts_n; i++)
        of_first += s.fx.facts[i].kind == F (STEP) && s.fx.facts[i].promise == P (FIRST_RESPONSE);
    assert_int_equal (of_first, 1);
    assert_int_equal (count_facts (&s, F (STEP_SKIPPED)), 3);
    assert_int_equal (s.c.priority, 1);            /* folded in */
    assert_string_equal (s.c.accountable, "dana"); /* and so is the move */
    const fact_t *moved = the_fact (&s, F (MOVED));
    assert_string_equal (moved->to, "dana");
    assert_string_equal (moved->by, ""); /* nobody did: time passed */
    assert_string_equal (moved->detail, "escalation step 4 of first response; until now it was with ada");
    assert_int_equal (s.c.state, S (RECEIVED));
}

static void an_empty_step_advances_at_once (void **state)
{
    (void)state;
    story_t s = in_state (S (QUEUED));
    passes (&s, 48 * MS_PER_SECOND); /* "owner" names nobody */
    assert_int_equal (count_facts (&s, F (STEP_EMPTY)), 1);
    assert_true (told (&s, D (STEP), "lea"));
}

static void an_acknowledgement_holds_the_ladder_until_it_expires (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    passes (&s, 60 * MS_PER_SECOND);
    does (&s, EVENT_ACKNOWLEDGE);
    for (int i = 0; i < 9; i++) {
        passes (&s, MS_PER_MINUTE);
        if (s.outcome == APPLY_DONE)
            for (size_t k = 0; k < s.fx.facts_n; k++)
                assert_false (s.fx.facts[k].kind == F (STEP) && s.fx.facts[k].promise == P (FIRST_RESPONSE));
    }
    passes (&s, MS_PER_MINUTE);
    assert_int_equal (count_facts (&s, F (ACKNOWLEDGEMENT_EXPIRED)), 1);
    assert_true (count_facts (&s, F (STEP)) >= 1);
}

static void too_many_transfers_climb (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    for (int i = 0; i < 2; i++) {
        does (&s, EVENT_TRANSFER);
        assert_string_equal (s.c.owner, "ada"); /* proposed only */
    }
    does (&s, EVENT_TRANSFER);
    assert_string_equal (s.c.accountable, "dana");
    assert_string_equal (s.c.preferred, "dana");
}

static void a_transfer_has_two_phases (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    wall_ms_t due = promise (&s, P (FIRST_RESPONSE), 0)->due;
    does (&s, EVENT_TRANSFER);
    assert_true (contact_wants_somebody (&s.c));
    contact_event_t offer = event_of (EVENT_OFFER);
    offer.person = "ben";
    assert_int_equal (apply (&s, &offer), APPLY_DONE);
    assert_true (told (&s, D (OFFER), "ben"));
    assert_string_equal (s.fx.notices[0].detail, "Ada hands it over: words");
    story_t former = s; /* a worker of the former release leaves the words out */
    former.c.transfer_words[0] = former.c.offered_to[0] = '\0';
    assert_int_equal (apply (&former, &offer), APPLY_DONE);
    assert_string_equal (former.fx.notices[0].detail, "a transfer");
    assert_string_equal (s.c.owner, "ada");
    contact_event_t accept = event_of (EVENT_ACCEPT);
    accept.by = "ben";
    assert_int_equal (apply (&s, &accept), APPLY_DONE);
    assert_string_equal (s.c.owner, "ben");
    assert_string_equal (s.c.accountable, "ben");
    assert_string_equal (s.c.transfer_words, "");
    assert_int_equal (promise (&s, P (FIRST_RESPONSE), 0)->due, due); /* age and promise belong to the contact */
}

static void is_offered (story_t *s, const char *person, uint32_t epoch)
{
    contact_event_t offer = event_of (EVENT_OFFER);
    offer.person = person;
    offer.epoch = epoch;
    assert_int_equal (apply (s, &offer), APPLY_DONE);
}

/* Nobody else is there: each time they are asked again later, and the timeline says when. The count is each one's own,
 * outlives the exclusion, and begins anew with a new epoch of theirs. */
static void who_lets_offers_run_out_is_asked_more_slowly (void **state)
{
    (void)state;
    static const struct {
        const char *person;
        uint32_t epoch;
        int64_t seconds;
    } rows[] = {
        {"ada", 1, 5},   {"ada", 1, 10}, {"ben", 1, 5},   {"ada", 1, 20},  {"ada", 1, 40},
        {"ben", 1, 10},  {"ada", 1, 80}, {"ada", 1, 160}, {"ada", 1, 320}, {"ada", 1, 600},
        {"ada", 1, 600}, {"ada", 2, 5},  {"ada", 2, 10},  {"ben", 1, 20},
    };
    story_t s = in_state (S (RECEIVED));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[64];
        is_offered (&s, rows[i].person, rows[i].epoch);
        passes (&s, 20 * MS_PER_SECOND);
        const exclusion_t *last = &s.c.excluded[s.c.excluded_n - 1];
        assert_string_equal (last->person, rows[i].person);
        assert_int_equal (exclusion_again_at (last, policy) - s.now, rows[i].seconds * MS_PER_SECOND);
        snprintf (words, sizeof words, "asked again in %d s if nobody else can take it", (int)rows[i].seconds);
        assert_int_equal (count_facts (&s, F (OFFER_EXPIRED)), 1);
        const char *said = "";
        for (size_t j = 0; j < s.fx.facts_n; j++)
            said = s.fx.facts[j].kind == F (OFFER_EXPIRED) ? s.fx.facts[j].detail : said;
        assert_string_equal (said, words);
    }
}

static void an_exclusion_that_ended_gives_way_first (void **state)
{
    (void)state;
    story_t s = in_state (S (RECEIVED));
    for (size_t i = 0; i < EXCLUSIONS_MAX; i++) {
        exclusion_t *excluded = &s.c.excluded[s.c.excluded_n++];
        snprintf (excluded->person, sizeof excluded->person, "p%zu", i);
        excluded->until = s.now + (i == 3 ? MS_PER_SECOND : MS_PER_HOUR);
    }
    for (size_t round = 0; round < 2; round++) {
        static const char *const gone[] = {"p3", "p0"}; /* then the oldest */
        is_offered (&s, round ? "ben" : "ada", 1);
        passes (&s, 20 * MS_PER_SECOND);
        assert_int_equal (s.c.excluded_n, EXCLUSIONS_MAX);
        assert_string_equal (s.c.excluded[EXCLUSIONS_MAX - 1].person, round ? "ben" : "ada");
        for (size_t i = 0; i < EXCLUSIONS_MAX; i++)
            assert_string_not_equal (s.c.excluded[i].person, gone[round]);
        assert_string_equal (s.c.excluded[0].person, round ? "p1" : "p0");
    }
}

/* As routing looks at the record once more before it offers: what was chosen may have been asked meanwhile. */
static void who_let_it_run_out_is_excluded (void **state)
{
    (void)state;
    static const struct {
        const char *name, *person, *named;
        int64_t ago; /* the third time that ben let it run out, in his second epoch */
        uint32_t epoch;
        bool again, expect;
    } rows[] = {
        {"somebody else", "ada", "", 1000, 2, false, false},
        {"a moment ago", "ben", "", 1000, 2, false, true},
        {"nobody else can, but it is too soon", "ben", "", 19999, 2, true, true},
        {"nobody else can", "ben", "", 20000, 2, true, false},
        {"others can", "ben", "", 20000, 2, false, true},
        {"they came anew", "ben", "", 1000, 3, true, false},
        {"they came anew, and others can", "ben", "", 1000, 3, false, true},
        {"it has ended", "ben", "", 5 * MS_PER_MINUTE, 2, false, false},
        {"it is handed over to them by name", "ben", "ben", 1000, 2, false, false},
        {"it is handed over to somebody else", "ben", "ada", 1000, 2, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        contact_t c = {.excluded = {{.person = "ben", .times = 3, .epoch = 2}}, .excluded_n = 1};
        c.excluded[0].until = T0 - rows[i].ago + policy->decline_ms;
        snprintf (c.transfer_to, sizeof c.transfer_to, "%s", rows[i].named);
        if (contact_excludes (&c, rows[i].person, rows[i].epoch, rows[i].again, T0, policy) != rows[i].expect)
            fail_msg ("%s", rows[i].name);
    }
}

static void the_pause_has_bounds (void **state)
{
    (void)state;
    policy_t patient = {.decline_ms = MS_PER_DAY}, hasty = {.decline_ms = 2 * MS_PER_SECOND};
    exclusion_t never = {.until = T0 + MS_PER_DAY}, often = {.until = T0 + MS_PER_DAY, .times = 4000000000U};
    exclusion_t once = {.until = T0 + 2 * MS_PER_SECOND, .times = 1};
    exclusion_t thrice = {.until = T0 + 8 * MS_PER_SECOND, .times = 3}; /* excluded for longer than `decline` */
    assert_int_equal (exclusion_again_at (&never, &patient), T0 + ASK_AGAIN_MS); /* of before it was counted */
    assert_int_equal (exclusion_again_at (&often, &patient), T0 + ASK_AGAIN_MAX_MS);
    assert_int_equal (exclusion_again_at (&once, &hasty), once.until);
    assert_int_equal (exclusion_again_at (&thrice, &hasty), thrice.until);
}

static void the_customer_is_told_who_and_when (void **state)
{
    (void)state;
    story_t s = in_state (S (OFFERED));
    does (&s, EVENT_ACCEPT);
    assert_true (told (&s, D (ACKNOWLEDGE), ""));
    assert_int_equal (s.c.kept, 1);
    story_t alone = in_state (S (QUEUED));
    passes (&alone, 29 * MS_PER_SECOND); /* nobody accepts: it goes out within its own promise */
    assert_true (told (&alone, D (ACKNOWLEDGE), ""));
    assert_int_equal (alone.c.kept, 1);
}

static contact_event_t delivery_of (event_kind_t kind, wall_ms_t answered_at)
{
    contact_event_t event = event_of (kind);
    event.answered_at = answered_at;
    return event;
}

static void a_contact_does_not_close_over_a_reply_under_way (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    does (&s, EVENT_REPLY);
    wall_ms_t answered = s.now;
    does (&s, EVENT_RESOLVE);
    passes (&s, 8 * MS_PER_DAY);
    assert_int_equal (s.c.state, S (RESOLVED));
    contact_event_t failed = delivery_of (EVENT_FAILED, answered);
    assert_int_equal (apply (&s, &failed), APPLY_DONE);
    assert_int_equal (s.c.state, S (RECEIVED)); /* it goes on: the customer never got it */
}

static void a_later_reply_that_arrived_counts (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    s.now = T0 + 20 * MS_PER_SECOND;
    does (&s, EVENT_REPLY);
    s.now = T0 + 25 * MS_PER_SECOND;
    does (&s, EVENT_REPLY);
    contact_event_t second = delivery_of (EVENT_DELIVERED, T0 + 25 * MS_PER_SECOND);
    apply (&s, &second);
    s.now = T0 + 90 * MS_PER_SECOND;
    contact_event_t first = delivery_of (EVENT_FAILED, T0 + 20 * MS_PER_SECOND);
    apply (&s, &first);
    assert_int_equal (s.c.broken, 0);
    assert_int_equal (count_facts (&s, F (PROMISE_KEPT)), 1);
}

/* The customer never got the acknowledgement: whoever answers for the contact is told, and nothing else changes. */
static void an_acknowledgement_that_died_is_told (void **state)
{
    (void)state;
    static const struct {
        contact_state_t state;
        const char *told;
    } rows[] = {{S (RECEIVED), "lea"}, {S (QUEUED), "lea"}, {S (OWNED), "ada"}, {S (WAITING), "ada"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = in_state (rows[i].state);
        contact_t before = s.c;
        contact_event_t untold = event_of (EVENT_UNTOLD);
        untold.detail = "acknowledge by mail: 550";
        assert_int_equal (apply (&s, &untold), APPLY_DONE);
        assert_true (told (&s, D (RETURNED), rows[i].told));
        assert_int_equal (count_facts (&s, F (DELIVERY_FAILED)), 1);
        assert_string_equal (s.fx.facts[0].to, "customer");
        assert_string_equal (s.fx.notices[0].detail, "acknowledge by mail: 550");
        assert_true (s.c.kept == before.kept && s.c.promises_n == before.promises_n && s.c.state == before.state);
    }
}

/* The first one died while the second is on its way: that one answers, at its time. */
static void a_later_reply_under_way_decides (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    s.now = T0 + 20 * MS_PER_SECOND;
    does (&s, EVENT_REPLY);
    s.now = T0 + 25 * MS_PER_SECOND;
    does (&s, EVENT_REPLY);
    contact_event_t first = delivery_of (EVENT_FAILED, T0 + 20 * MS_PER_SECOND);
    apply (&s, &first);
    passes (&s, 2 * MS_PER_MINUTE);
    assert_int_equal (s.c.broken, 0);
    contact_event_t second = delivery_of (EVENT_DELIVERED, T0 + 25 * MS_PER_SECOND);
    apply (&s, &second);
    assert_int_equal (count_facts (&s, F (PROMISE_KEPT)), 1);
    assert_null (promise (&s, P (FIRST_RESPONSE), 0));
}

/* A reply that died is sent again, and arrives: what was asked before it is answered at that moment, and not before. */
static void a_reply_that_arrives_after_all_counts_then (void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t arrives;             /* after T0; the first response is due after 60 s */
        event_kind_t meanwhile;      /* at 30 s; EVENT_KINDS: nothing */
        unsigned kept, broken, next; /* of responses; next: promises opened by it */
        bool owed;                   /* a response still is */
    } rows[] = {
        {"in time", 50 * MS_PER_SECOND, EVENT_KINDS, 1, 0, 0, false},
        {"too late: the one that makes good for it is kept", 90 * MS_PER_SECOND, EVENT_KINDS, 1, 1, 0, false},
        {"too late for both", 5 * MS_PER_MINUTE, EVENT_KINDS, 0, 2, 0, false},
        {"what was asked since is owed", 50 * MS_PER_SECOND, EVENT_MESSAGE, 1, 0, 1, true},
        {"another reply is on its way, and decides", 50 * MS_PER_SECOND, EVENT_REPLY, 0, 0, 0, true},
        {"somebody else has it by now", 50 * MS_PER_SECOND, EVENT_DECLINE, 1, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        story_t s = in_state (S (OWNED));
        unsigned kept = s.c.kept;
        s.now = T0 + 10 * MS_PER_SECOND;
        does (&s, EVENT_REPLY);
        s.now = T0 + 20 * MS_PER_SECOND;
        contact_event_t failed = delivery_of (EVENT_FAILED, T0 + 10 * MS_PER_SECOND);
        apply (&s, &failed);
        s.now = T0 + 30 * MS_PER_SECOND;
        if (rows[i].meanwhile != EVENT_KINDS)
            does (&s, rows[i].meanwhile);
        while (s.now < T0 + rows[i].arrives)
            passes (&s, 10 * MS_PER_SECOND);
        contact_event_t arrived = delivery_of (EVENT_DELIVERED, T0 + 10 * MS_PER_SECOND);
        if (apply (&s, &arrived) != APPLY_DONE || s.c.kept - kept != rows[i].kept || s.c.broken != rows[i].broken)
            fail_msg ("%s: kept %u, broken %u; %s", rows[i].name, s.c.kept - kept, s.c.broken, s.why);
        assert_int_equal (count_facts (&s, F (PROMISE_OPENED)), rows[i].next);
        for (size_t f = 0; f < s.fx.facts_n; f++)
            if (s.fx.facts[f].kind == F (PROMISE_KEPT))
                assert_int_equal (s.fx.facts[f].at, s.now);
        bool owed = false;
        for (size_t p = 0; p < s.c.promises_n; p++)
            owed |= s.c.promises[p].kind == P (FIRST_RESPONSE) || s.c.promises[p].kind == P (NEXT_RESPONSE);
        if (owed != rows[i].owed)
            fail_msg ("%s: a response is %s", rows[i].name, owed ? "owed" : "not owed");
    }
}

/* The question has reached the customer: now it may be waited for. */
static void a_question_that_arrives_after_all_may_be_waited_for (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    s.now += MS_PER_SECOND;
    wall_ms_t replied_at = s.now;
    does (&s, EVENT_REPLY);
    contact_event_t failed = delivery_of (EVENT_FAILED, replied_at),
                    arrived = delivery_of (EVENT_DELIVERED, replied_at);
    apply (&s, &failed);
    s.now += MS_PER_SECOND;
    apply (&s, &arrived);
    contact_event_t wait = event_of (EVENT_WAIT);
    wait.text = "";
    assert_int_equal (apply (&s, &wait), APPLY_DONE);
}

static void no_pause_over_a_question_that_never_arrived (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    s.now += MS_PER_SECOND;
    does (&s, EVENT_REPLY);
    contact_event_t failed = delivery_of (EVENT_FAILED, s.now);
    apply (&s, &failed);
    contact_event_t wait = event_of (EVENT_WAIT);
    wait.text = "";
    assert_int_equal (apply (&s, &wait), APPLY_BAD);
}

static void a_pause_ends_when_it_ends_whoever_looks (void **state)
{
    (void)state;
    wall_ms_t due[2];
    for (int late = 0; late < 2; late++) {
        story_t s = in_state (S (WAITING));
        passes (&s, s.c.pause_ends_at - s.now + late * 2 * MS_PER_HOUR);
        assert_int_equal (s.c.state, S (OWNED));
        due[late] = promise (&s, P (RESOLUTION), 0)->due;
    }
    assert_int_equal (due[0], due[1]);
}

static void the_pause_budget_is_charged_whoever_ends_it (void **state)
{
    (void)state;
    story_t s = in_state (S (WAITING));
    int64_t budget = s.c.pause_left_ms;
    passes (&s, MS_PER_HOUR);
    does (&s, EVENT_OWNER_LOST);
    assert_int_equal (s.c.pause_left_ms, budget - MS_PER_HOUR);
}

static void the_manager_may_pass_on (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    s.c.transfers = 9;
    snprintf (s.c.owner, NAME_SIZE, "dana");
    contact_event_t transfer = event_of (EVENT_TRANSFER);
    transfer.by = "dana";
    assert_int_equal (apply (&s, &transfer), APPLY_DONE);
    assert_string_equal (s.c.transfer_to, "ben");
}

static void who_the_policy_drops_is_not_accountable (void **state)
{
    (void)state;
    story_t s = in_state (S (QUEUED));
    snprintf (s.c.accountable, NAME_SIZE, "gone");
    passes (&s, 0);
    assert_int_equal (s.outcome, APPLY_DONE);
    assert_string_equal (s.c.accountable, "lea");
}

static void a_team_that_the_policy_drops_is_replaced (void **state)
{
    (void)state;
    story_t s = in_state (S (QUEUED));
    snprintf (s.c.team, NAME_SIZE, "dissolved");
    passes (&s, 0);
    assert_int_equal (s.outcome, APPLY_DONE);
    assert_string_equal (s.c.team, "front");
    assert_int_equal (s.c.state, S (RECEIVED)); /* routing is asked again */
}

static void the_accountable_person_may_pass_it_on (void **state)
{
    (void)state;
    story_t s = in_state (S (OWNED));
    snprintf (s.c.accountable, NAME_SIZE, "dana");
    contact_event_t transfer = event_of (EVENT_TRANSFER);
    transfer.by = "dana";
    assert_int_equal (apply (&s, &transfer), APPLY_DONE);
    assert_string_equal (s.c.owner, "ada"); /* proposed, as ever */
}

static void steps_after_an_empty_one_keep_their_time (void **state)
{
    (void)state;
    story_t s = in_state (S (QUEUED));
    passes (&s, 48 * MS_PER_SECOND); /* the owner's step names nobody: the one at the deadline is taken early */
    assert_true (told (&s, D (STEP), "lea"));
    passes (&s, 12 * MS_PER_SECOND); /* broken */
    passes (&s, 59 * MS_PER_SECOND);
    assert_int_equal (promise (&s, P (FIRST_RESPONSE), 0)->step, 2);
    passes (&s, MS_PER_SECOND); /* a minute behind the deadline, not behind when it was said */
    assert_int_equal (promise (&s, P (FIRST_RESPONSE), 0)->step, 3);
}

/* The clock was set back while routing was away: it is asked again now, not when that time comes a second time. */
static void a_hand_off_does_not_stray (void **state)
{
    (void)state;
    story_t s = in_state (S (RECEIVED));
    for (int i = 0; i < 3; i++)
        passes (&s, s.c.handoff_at - s.now);
    assert_int_equal (s.c.handoff_tries, 3);
    passes (&s, -100);
    assert_int_equal (s.outcome, APPLY_STALE);
    passes (&s, -12 * MS_PER_MINUTE);
    assert_int_equal (s.outcome, APPLY_DONE);
    assert_int_equal (s.c.handoff_tries, 4);
    assert_int_equal (s.c.handoff_at, s.now + 8 * MS_PER_SECOND);
}

/* ---- the laws, on random walks ---- */

static void check_laws (const story_t *s, unsigned seed, int step)
{
    const contact_t *c = &s->c;
    unsigned pending = 0;
    for (size_t i = 0; i < c->promises_n; i++)
        pending += c->promises[i].state == BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING;
    if (c->opened != pending + c->kept + c->broken + c->released)
        fail_msg ("seed %u step %d: %u promises opened, %u + %u + %u + %u", seed, step, c->opened, pending, c->kept,
                  c->broken, c->released);
    if (!*c->accountable)
        fail_msg ("seed %u step %d: nobody is accountable", seed, step);
    if ((contact_next_due (c) == 0) != (c->state == S (CLOSED)))
        fail_msg ("seed %u step %d: the timer of a contact that is %s", seed, step, contact_state_name (c->state));
    if ((c->state == S (OWNED) || c->state == S (WAITING)) !=
        (*c->owner && c->state != S (RESOLVED) && c->state != S (CLOSED)))
        fail_msg ("seed %u step %d: owner '%s' while %s", seed, step, c->owner, contact_state_name (c->state));
    if (c->state == S (OFFERED) && !*c->offered_to)
        fail_msg ("seed %u step %d: offered to nobody", seed, step);
}

static contact_event_t random_event (const story_t *s, submission_t *line)
{
    static const char *const people[] = {"ada", "ben", "lea", "dana"};
    static const submission_t ways[] = {{.channel = "mail",
                                         .subject = "s",
                                         .text = "t",
                                         .customer = "kim@example.com",
                                         .customer_name = "",
                                         .thread = "",
                                         .message_id = "",
                                         .language = "",
                                         .tier = "",
                                         .return_to = "",
                                         .continues = ""},
                                        {.channel = "phone",
                                         .subject = "s",
                                         .text = "t",
                                         .customer = "+49",
                                         .customer_name = "",
                                         .thread = "",
                                         .message_id = "",
                                         .language = "",
                                         .tier = "",
                                         .return_to = "",
                                         .continues = ""}};
    contact_event_t event = event_of (s->c.state ? (event_kind_t)(rand () % EVENT_KINDS) : EVENT_OPEN);
    int who = rand () % 3;
    event.by = who == 0 && *s->c.owner        ? s->c.owner
               : who == 1 && *s->c.offered_to ? s->c.offered_to
                                              : people[rand () % 4];
    event.person = event.kind == EVENT_OWNER_LOST && *s->c.owner ? s->c.owner : people[rand () % 4];
    event.team = rand () % 2 ? "front" : NULL;
    event.promise = (promise_kind_t)(1 + rand () % (PROMISE_KINDS - 1));
    event.nobody = event.last_way = rand () % 2;
    event.purpose = (purpose_t)(D (ACKNOWLEDGE) + rand () % 3);
    if ((event.kind == EVENT_BOUNCED || event.kind == EVENT_RECEIPT) && rand () % 3)
        event.person = "";
    if (rand () % 3)
        event.submission = &ways[rand () % 2];
    bool hears = event.kind == EVENT_OPEN || event.kind == EVENT_MESSAGE;
    if (event.kind == EVENT_CALL || (hears && rand () % 3 == 0)) {
        *line = ringing;
        line->call = (call_state_t)(1 + rand () % 4);
        line->thread = rand () % 2 ? "line 1" : "line 2";
        event.submission = line;
    }
    for (size_t i = 0; i < s->c.promises_n; i++)
        if (s->c.promises[i].answered_at)
            event.answered_at = s->c.promises[i].answered_at;
    return event;
}

static void laws_hold_on_random_walks (void **state)
{
    (void)state;
    unsigned first = (unsigned)time (NULL);
    printf ("random walks from seed %u\n", first);
    for (unsigned seed = first; seed < first + 3000; seed++) {
        srand (seed);
        story_t s = {.now = T0};
        for (int step = 0; step < 60; step++) {
            submission_t line;
            contact_event_t event = random_event (&s, &line);
            wall_ms_t due = contact_next_due (&s.c);
            s.now += rand () % 3 ? rand () % 20000 : due > s.now && rand () % 2 ? due - s.now : rand () % 9000000;
            apply (&s, &event);
            if (s.c.state)
                check_laws (&s, seed, step);
        }
    }
}

/* Time alone always ends: catching up reaches a due time ahead of now. */
static void catching_up_ends (void **state)
{
    (void)state;
    for (int from = 1; from < CONTACT_STATES; from++) {
        story_t s = in_state ((contact_state_t)from);
        for (int i = 0; i < 400; i++) {
            wall_ms_t due = contact_next_due (&s.c);
            if (!due)
                break;
            assert_true (due > s.now || s.fx.overflow);
            passes (&s, due > s.now ? due - s.now : 0);
            assert_int_equal (s.outcome, APPLY_DONE);
        }
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (every_cell),
        cmocka_unit_test (allowed_words_are_those_of_the_table),
        cmocka_unit_test (what_somebody_may_is_what_is_done),
        cmocka_unit_test (a_reply_keeps_its_promise_only_once_it_arrived),
        cmocka_unit_test (a_reply_that_failed_was_never_given),
        cmocka_unit_test (a_later_reply_decides_if_it_was_in_time),
        cmocka_unit_test (a_break_is_judged_by_its_deadline_and_owes_an_apology),
        cmocka_unit_test (an_apology_acknowledges),
        cmocka_unit_test (that_no_more_is_promised_is_said),
        cmocka_unit_test (no_room_for_more_is_said),
        cmocka_unit_test (a_step_remembers_whom_it_told),
        cmocka_unit_test (a_pause_keeps_what_remained),
        cmocka_unit_test (steps_come_when_they_are_due),
        cmocka_unit_test (a_late_wake_goes_to_the_highest_step),
        cmocka_unit_test (an_empty_step_advances_at_once),
        cmocka_unit_test (an_acknowledgement_holds_the_ladder_until_it_expires),
        cmocka_unit_test (too_many_transfers_climb),
        cmocka_unit_test (a_transfer_has_two_phases),
        cmocka_unit_test (who_lets_offers_run_out_is_asked_more_slowly),
        cmocka_unit_test (an_exclusion_that_ended_gives_way_first),
        cmocka_unit_test (who_let_it_run_out_is_excluded),
        cmocka_unit_test (the_pause_has_bounds),
        cmocka_unit_test (the_customer_is_told_who_and_when),
        cmocka_unit_test (a_contact_does_not_close_over_a_reply_under_way),
        cmocka_unit_test (a_later_reply_that_arrived_counts),
        cmocka_unit_test (an_acknowledgement_that_died_is_told),
        cmocka_unit_test (a_later_reply_under_way_decides),
        cmocka_unit_test (a_reply_that_arrives_after_all_counts_then),
        cmocka_unit_test (a_question_that_arrives_after_all_may_be_waited_for),
        cmocka_unit_test (no_pause_over_a_question_that_never_arrived),
        cmocka_unit_test (a_pause_ends_when_it_ends_whoever_looks),
        cmocka_unit_test (the_pause_budget_is_charged_whoever_ends_it),
        cmocka_unit_test (the_manager_may_pass_on),
        cmocka_unit_test (who_the_policy_drops_is_not_accountable),
        cmocka_unit_test (steps_after_an_empty_one_keep_their_time),
        cmocka_unit_test (a_team_that_the_policy_drops_is_replaced),
        cmocka_unit_test (the_accountable_person_may_pass_it_on),
        cmocka_unit_test (laws_hold_on_random_walks),
        cmocka_unit_test (a_hand_off_does_not_stray),
        cmocka_unit_test (catching_up_ends),
    };
    return cmocka_run_group_tests (tests, setup, teardown);
}
