/* test_delivery.c - what becomes of a delivery: a row a case for verdicts, back-off and reasons that are gone. */
#include "delivery.h"
#include "guard.h"
#include "ids.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW        1000000000000LL
#define PURPOSE(x) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##x
#define STATE(x)   BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##x
#define FIRST      BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE

static void verdicts (void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned attempts;
        attempt_result_t result;
        int64_t retry_after_ms;
        delivery_verdict_t expect;
        int64_t at_least, at_most; /* next - NOW, for RETRY */
    } rows[] = {
        {"accepted", 1, ATTEMPT_ACCEPTED, 0, DELIVERY_DONE, 0, 0},
        {"accepted at the last attempt", DELIVERY_ATTEMPTS_MAX, ATTEMPT_ACCEPTED, 0, DELIVERY_DONE, 0, 0},
        {"refused for good", 1, ATTEMPT_PERMANENT, 0, DELIVERY_DEAD, 0, 0},
        {"unknown is not failed", 1, ATTEMPT_TEMPORARY, 0, DELIVERY_RETRY, 1000, 2000},
        {"second wait doubles", 2, ATTEMPT_TEMPORARY, 0, DELIVERY_RETRY, 2000, 4000},
        {"fifth wait", 5, ATTEMPT_TEMPORARY, 0, DELIVERY_RETRY, 16000, 32000},
        {"waits are bounded", 11, ATTEMPT_TEMPORARY, 0, DELIVERY_RETRY, 450000, 900000},
        {"attempts are bounded", DELIVERY_ATTEMPTS_MAX, ATTEMPT_TEMPORARY, 0, DELIVERY_DEAD, 0, 0},
        {"throttled, not said how long", 1, ATTEMPT_THROTTLED, 0, DELIVERY_RETRY, 1000, 2000},
        {"throttled for 30 s", 1, ATTEMPT_THROTTLED, 30000, DELIVERY_RETRY, 30000, 31000},
        {"a wait that is longer already", 11, ATTEMPT_THROTTLED, 1000, DELIVERY_RETRY, 450000, 900000},
        {"throttled for a day: asked again in an hour", 1, ATTEMPT_THROTTLED, MS_PER_DAY, DELIVERY_RETRY, 3600000,
         3601000},
        {"we were not able", 1, ATTEMPT_UNABLE, 0, DELIVERY_RETRY, 1000, 2000},
        {"we were not able, and never end", DELIVERY_ATTEMPTS_MAX, ATTEMPT_UNABLE, 0, DELIVERY_RETRY, 1000, 2000},
        {"throttled too often", DELIVERY_ATTEMPTS_MAX, ATTEMPT_THROTTLED, 1000, DELIVERY_DEAD, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        delivery_t delivery = {.id = "0123456789abcdef-1", .attempts = rows[i].attempts};
        wall_ms_t next = 0, again = 0;
        delivery_verdict_t got = delivery_after (&delivery, rows[i].result, rows[i].retry_after_ms, NOW, &next);
        if (got != rows[i].expect)
            fail_msg ("%s: got %d, want %d", rows[i].name, got, rows[i].expect);
        if (got != DELIVERY_RETRY)
            continue;
        if (next - NOW < rows[i].at_least || next - NOW > rows[i].at_most)
            fail_msg ("%s: waits %lld", rows[i].name, (long long)(next - NOW));
        delivery_after (&delivery, rows[i].result, rows[i].retry_after_ms, NOW, &again);
        assert_int_equal (next, again); /* a replica decides the same */
    }
}

static void held_waits_double (void **state)
{
    (void)state;
    static const struct {
        unsigned holds;
        int64_t first, at_least, at_most;
    } rows[] = {{0, 2000, 1000, 2000},
                {1, 2000, 1000, 2000},
                {2, 2000, 2000, 4000},
                {4, 2000, 8000, 16000},
                {99, 2000, DELIVERY_HELD_MAX_MS / 2, DELIVERY_HELD_MAX_MS},
                {1, 10000, 5000, 10000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        delivery_t one = {.id = "0123456789abcdef-1", .holds = rows[i].holds}, two = one;
        WORD_COPY (two.id, "0123456789abcdef-2");
        wall_ms_t next = delivery_held (&one, rows[i].first, NOW);
        assert_in_range (next - NOW, rows[i].at_least, rows[i].at_most);
        assert_int_equal (next, delivery_held (&one, rows[i].first, NOW));
        assert_int_not_equal (next, delivery_held (&two, rows[i].first, NOW)); /* spread by id */
    }
}

static void jitter_spreads (void **state)
{
    (void)state;
    wall_ms_t first = 0;
    bool differs = false;
    for (unsigned n = 0; n < 16; n++) {
        delivery_t delivery = {.attempts = 6};
        effect_id (event_id_of ("jitter", NULL), n, delivery.id);
        wall_ms_t next;
        delivery_after (&delivery, ATTEMPT_TEMPORARY, 0, NOW, &next);
        differs |= first && next != first;
        first = next;
    }
    assert_true (differs);
}

static void f39_without_guard (void **state)
{
    (void)state;
    delivery_t delivery = {.id = "x", .attempts = 1};
    wall_ms_t next;
    guard_off = "f39";
    delivery_verdict_t got = delivery_after (&delivery, ATTEMPT_TEMPORARY, 0, NOW, &next);
    guard_off = NULL;
    assert_int_equal (got, DELIVERY_DEAD);
}

/* ---- reasons that are gone ---- */

typedef struct moot_row {
    const char *name;
    delivery_t delivery;
    bool gone; /* no contact any more */
    contact_t contact;
    const char *expect; /* NULL: still to be sent */
} moot_row_t;

#define TOLD(who, of, when) .told = {{.person = (who), .promise = (of), .at = (when)}}, .told_n = 1
#define OWED(at)            .promises = {{.kind = FIRST, .answered_at = (at)}}, .promises_n = 1

static const moot_row_t moot_rows[] = {
    {"an offer that stands",
     {.purpose = PURPOSE (OFFER), .person = "ada"},
     false,
     {.state = STATE (OFFERED), .offered_to = "ada", .offer_expires = NOW + 1},
     NULL},
    {"an offer whose time is over, and nobody has ended it: it may be prolonged",
     {.purpose = PURPOSE (OFFER), .person = "ada"},
     false,
     {.state = STATE (OFFERED), .offered_to = "ada", .offer_expires = NOW},
     NULL},
    {"an offer that ran out",
     {.purpose = PURPOSE (OFFER), .person = "ada"},
     false,
     {.state = STATE (QUEUED)},
     "the offer has ended"},
    {"an offer that went on",
     {.purpose = PURPOSE (OFFER), .person = "ada"},
     false,
     {.state = STATE (OFFERED), .offered_to = "bob", .offer_expires = NOW + 1},
     "the offer has ended"},
    {"an offer that was taken",
     {.purpose = PURPOSE (OFFER), .person = "ada"},
     false,
     {.state = STATE (OWNED), .owner = "ada"},
     "somebody has taken it"},
    {"an offer of a transfer",
     {.purpose = PURPOSE (OFFER), .person = "ada"},
     false,
     {.state = STATE (OWNED), .owner = "bob", .transfer_to = "ada", .offered_to = "ada"},
     NULL},
    {"an offer, the contact is gone",
     {.purpose = PURPOSE (OFFER), .person = "ada"},
     true,
     {.state = 0},
     "the contact is closed and gone"},
    {"yours", {.purpose = PURPOSE (ASSIGNED), .person = "ada"}, false, {.state = STATE (OWNED), .owner = "ada"}, NULL},
    {"yours no more",
     {.purpose = PURPOSE (ASSIGNED), .person = "ada"},
     false,
     {.state = STATE (OWNED), .owner = "bob"},
     "it is somebody else's by now"},
    {"yours, and resolved",
     {.purpose = PURPOSE (ASSIGNED), .person = "ada"},
     false,
     {.state = STATE (RESOLVED), .owner = "ada"},
     "it is resolved"},
    {"a step", {.purpose = PURPOSE (STEP), .promise = FIRST}, false, {.state = STATE (QUEUED), OWED (0)}, NULL},
    {"a step, answered",
     {.purpose = PURPOSE (STEP), .promise = FIRST},
     false,
     {.state = STATE (OWNED), OWED (NOW)},
     "the promise is answered"},
    {"a step, kept",
     {.purpose = PURPOSE (STEP), .promise = FIRST},
     false,
     {.state = STATE (OWNED)},
     "the promise is answered"},
    {"a step, acknowledged since",
     {.purpose = PURPOSE (STEP), .promise = FIRST},
     false,
     {.state = STATE (OWNED), .acknowledged_until = NOW + 5, OWED (0)},
     "somebody has acknowledged it"},
    {"a step that fired while acknowledged",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .acknowledged_until = NOW + 5},
     false,
     {.state = STATE (OWNED), .acknowledged_until = NOW + 5, OWED (0)},
     NULL},
    {"a step, the acknowledgement is over",
     {.purpose = PURPOSE (STEP), .promise = FIRST},
     false,
     {.state = STATE (OWNED), .acknowledged_until = NOW, OWED (0)},
     NULL},
    {"a step, resolved",
     {.purpose = PURPOSE (STEP), .promise = FIRST},
     false,
     {.state = STATE (RESOLVED), OWED (0)},
     "it is resolved"},
    {"a step, and a later one has told them",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), TOLD ("ada", FIRST, NOW - 1), OWED (0)},
     "overtaken: a later step has told them of it"},
    {"the step that told them last",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 1},
     false,
     {.state = STATE (OWNED), TOLD ("ada", FIRST, NOW - 1), OWED (0)},
     NULL},
    {"a step, and a later one has told somebody else",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), TOLD ("bob", FIRST, NOW - 1), OWED (0)},
     NULL},
    {"a step, and one of another promise has told them",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), TOLD ("ada", FIRST + 1, NOW - 1), OWED (0)},
     NULL},
    {"a step by a way that waits, and the later one's waits still",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 5, .delay_ms = 2},
     false,
     {.state = STATE (OWNED), TOLD ("ada", FIRST, NOW - 1), OWED (0)},
     NULL},
    {"a step by a way that waits, and the later one's is due",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 5, .delay_ms = 2},
     false,
     {.state = STATE (OWNED), TOLD ("ada", FIRST, NOW - 2), OWED (0)},
     "overtaken: a later step has told them of it"},
    {"an urgent step, and a later one that quiet hours may hold",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 5, .urgent = true},
     false,
     {.state = STATE (OWNED), TOLD ("ada", FIRST, NOW - 1), OWED (0)},
     NULL},
    {"an urgent step, and a later one that is, too",
     {.purpose = PURPOSE (STEP), .promise = FIRST, .person = "ada", .created_at = NOW - 5, .urgent = true},
     false,
     {.state = STATE (OWNED),
      .told = {{.person = "ada", .promise = FIRST, .at = NOW - 1, .urgent = true}},
      .told_n = 1,
      OWED (0)},
     "overtaken: a later step has told them of it"},
    {"somebody could not be told, and a step has told them of it",
     {.purpose = PURPOSE (UNREACHED), .promise = FIRST, .person = "ada", .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), TOLD ("ada", FIRST, NOW - 1), OWED (0)},
     NULL},
    {"nobody", {.purpose = PURPOSE (NOBODY)}, false, {.state = STATE (QUEUED)}, NULL},
    {"nobody, taken meanwhile",
     {.purpose = PURPOSE (NOBODY)},
     false,
     {.state = STATE (OWNED), .owner = "ada"},
     "somebody has taken it"},
    {"review",
     {.purpose = PURPOSE (REVIEW), .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), .owner = "ada", .last_reply_at = NOW - 9},
     NULL},
    {"review, answered meanwhile",
     {.purpose = PURPOSE (REVIEW), .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), .owner = "ada", .last_reply_at = NOW - 1},
     "it was answered meanwhile"},
    {"returned", {.purpose = PURPOSE (RETURNED)}, false, {.state = STATE (RESOLVED)}, NULL},
    {"returned, closed",
     {.purpose = PURPOSE (RETURNED), .created_at = NOW - 5},
     false,
     {.state = STATE (CLOSED), .close_at = NOW - 4},
     "it is closed"},
    {"returned since it was closed",
     {.purpose = PURPOSE (RETURNED), .created_at = NOW - 5},
     false,
     {.state = STATE (CLOSED), .close_at = NOW - 5},
     NULL},
    {"the acknowledgement",
     {.purpose = PURPOSE (ACKNOWLEDGE), .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), .owner = "ada"},
     NULL},
    {"the acknowledgement, answered",
     {.purpose = PURPOSE (ACKNOWLEDGE), .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), .owner = "ada", .last_reply_at = NOW - 1},
     "a person has answered meanwhile"},
    {"the apology",
     {.purpose = PURPOSE (APOLOGY), .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), .owner = "ada", .last_reply_at = NOW - 9},
     NULL},
    {"the apology, resolved",
     {.purpose = PURPOSE (APOLOGY), .created_at = NOW - 5},
     false,
     {.state = STATE (RESOLVED)},
     "it is resolved"},
    {"the acknowledgement, and an apology since",
     {.purpose = PURPOSE (ACKNOWLEDGE), .created_at = NOW - 5},
     false,
     {.state = STATE (OWNED), .owner = "ada", .apologised_at = NOW - 1},
     "overtaken: an apology has told them since"},
    {"the last apology",
     {.purpose = PURPOSE (APOLOGY), .created_at = NOW - 5, .says_by = NOW + 1},
     false,
     {.state = STATE (OWNED), .owner = "ada", .apologised_at = NOW - 5},
     NULL},
    {"the apology before the last",
     {.purpose = PURPOSE (APOLOGY), .created_at = NOW - 5, .says_by = NOW + 1},
     false,
     {.state = STATE (OWNED), .owner = "ada", .apologised_at = NOW - 4},
     "overtaken: a later apology says how it is now"},
    {"the apology, and its new time is past",
     {.purpose = PURPOSE (APOLOGY), .created_at = NOW - 5, .says_by = NOW},
     false,
     {.state = STATE (OWNED), .owner = "ada", .apologised_at = NOW - 5},
     "the time that it promises has passed"},
    {"a reply, always", {.purpose = PURPOSE (REPLY)}, false, {.state = STATE (CLOSED)}, NULL},
    {"a reply, even when the contact is gone", {.purpose = PURPOSE (REPLY)}, true, {.state = 0}, NULL},
};

static void moot (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof moot_rows / sizeof *moot_rows; i++) {
        const moot_row_t *row = &moot_rows[i];
        const char *got = delivery_moot (&row->delivery, row->gone ? NULL : &row->contact, NOW);
        if (!word_same (got, row->expect))
            fail_msg ("%s: got '%s', want '%s'", row->name, got ? got : "send it",
                      row->expect ? row->expect : "send it");
    }
}

/* The clock was set back by an hour: a wait of ours is as long as it was to be, whatever else is due stays. */
static void set_back (void **state)
{
    enum { BACK = MS_PER_HOUR };
    static const struct {
        const char *name;
        delivery_t delivery;
        wall_ms_t due;
    } rows[] = {
        {"held by us", {.due = NOW + BACK + 9, .held_since = NOW, .held_until = NOW + BACK + 9}, NOW + 9},
        {"held, and its time has come", {.due = NOW + BACK - 9, .held_since = NOW, .held_until = NOW + BACK - 9}, NOW},
        {"held since", {.due = NOW + DELIVERY_HELD_MAX_MS, .held_since = NOW, .held_until = NOW + 1}, 0},
        {"to be tried again", {.due = NOW + BACK + 9, .attempts = 2}, NOW + 9},
        {"tried since", {.due = NOW + DELIVERY_BACKOFF_MAX_MS, .attempts = 12}, 0},
        {"quiet hours", {.due = NOW + BACK + 9, .held_until = NOW + BACK + 9}, 0},
        {"a way that comes later", {.due = NOW + BACK + 9}, 0},
        {"dead", {.due = NOW + BACK + 9, .attempts = 2, .dead = true}, 0},
        {"taken, and not settled", {.due = NOW + BACK + 9, .attempts = 2, .ended = DELIVERY_ACCEPTED}, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (delivery_set_back (&rows[i].delivery, BACK, NOW) != (rows[i].due ? rows[i].due : rows[i].delivery.due))
            fail_msg ("%s", rows[i].name);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (set_back),       cmocka_unit_test (verdicts),          cmocka_unit_test (held_waits_double),
        cmocka_unit_test (jitter_spreads), cmocka_unit_test (f39_without_guard), cmocka_unit_test (moot),
    };
    return cmocka_run_group_tests_name ("delivery", tests, NULL, NULL);
}
