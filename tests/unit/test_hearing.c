/* test_hearing.c - gaps in what could be heard: recorded by beats, and what they prolong; a row a case. */
#include "hearing.h"
#include "person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { S = 1000, T = 1000 * S, HOLD = 60 * S, OFFER = 20 * S };

/* What was heard, in seconds from T on. */
#define HEARD(at, ...)                               \
    {                                                \
        .heard = T + (at)*S, .gaps = { __VA_ARGS__ } \
    }
#define GAP(a, b)            \
    {                        \
        T + (a)*S, T + (b)*S \
    }

static const struct beat_row {
    const char *name;
    hearing_t before;
    int64_t now_ms;
    hearing_outcome_t outcome;
    const char *after; /* as stored */
} beat_rows[] = {
    {"the first of all", {0}, 0, HEARING_BEAT, "1000000"},
    {"a second later", HEARD (0), 1000, HEARING_BEAT, "1001000"},
    {"another replica just did", HEARD (0), 400, HEARING_SAID, "1000000"},
    {"another's clock is a little ahead", HEARD (0), -1500, HEARING_SAID, "1000000"},
    {"a busy machine", HEARD (0), 5000, HEARING_BEAT, "1005000"},
    {"an outage", HEARD (0), 60000, HEARING_GAP, "1060000 1000000-1060000"},
    {"and another",
     {.heard = T + 90 * S, .gaps = {GAP (0, 60)}, .gaps_n = 1},
     100000,
     HEARING_GAP,
     "1100000 1000000-1060000 1090000-1100000"},
    {"the clock is set back",
     {.heard = T + 90 * S, .gaps = {GAP (0, 60), GAP (70, 80)}, .gaps_n = 2},
     30000,
     HEARING_BACK,
     "1030000 1000000-1030000"},
};

static void beats (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof (beat_rows) / sizeof (beat_rows[0]); i++) {
        const struct beat_row *row = &beat_rows[i];
        hearing_t after, again;
        char text[HEARING_SIZE];
        hearing_outcome_t outcome = hearing_beat (&row->before, T + row->now_ms, &after);
        size_t size = hearing_pack (&after, text);
        if (outcome != row->outcome || strcmp (text, row->after) != 0)
            fail_msg ("%s: outcome %d, '%s'", row->name, outcome, text);
        assert_true (hearing_parse (text, size, &again));
        assert_memory_equal (&again.gaps, &after.gaps, after.gaps_n * sizeof (after.gaps[0]));
        assert_int_equal (again.heard, after.heard);
    }
}

static void the_last_gaps_are_kept (void **state)
{
    (void)state;
    hearing_t hearing = {.heard = T};
    char text[HEARING_SIZE];
    for (int i = 1; i <= 3 * HEARING_GAPS_MAX; i++) {
        hearing_t after;
        assert_int_equal (hearing_beat (&hearing, T + i * 10 * S, &after), HEARING_GAP);
        hearing = after;
    }
    assert_int_equal (hearing.gaps_n, HEARING_GAPS_MAX);
    assert_int_equal (hearing.gaps[HEARING_GAPS_MAX - 1].to, hearing.heard);
    size_t size = hearing_pack (&hearing, text);
    assert_true (size < HEARING_SIZE - 1);
    hearing_t again;
    assert_true (hearing_parse (text, size, &again));
    assert_int_equal (again.gaps_n, HEARING_GAPS_MAX);
}

static void what_is_no_hearing (void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "0",
                                        "x",
                                        "-1",
                                        "1000 ",
                                        " 1000",
                                        "1000 1-",
                                        "1000 1-2 3",
                                        "1000 2-1",
                                        "1000x",
                                        "1000 -2",
                                        "1000 1-2-",
                                        "1000 1-2\n3",
                                        "1000  1-2",
                                        "01000",
                                        "1000 01-2",
                                        "1000 1-02",
                                        "1000 1",
                                        "1000 -",
                                        "253402300800000",
                                        "9223372036854775807",
                                        "99999999999999999999999",
                                        "9 1-2 1-2 1-2 1-2 1-2 1-2 1-2 1-2 1-2"};
    hearing_t hearing;
    for (size_t i = 0; i < sizeof (texts) / sizeof (texts[0]); i++) {
        bool taken = hearing_parse (texts[i], strlen (texts[i]), &hearing);
        if (taken || hearing.heard || hearing.gaps_n)
            fail_msg ("'%s' was taken", texts[i]);
    }
    char big[400];
    memset (big, '1', sizeof (big));
    assert_false (hearing_parse (big, sizeof (big), &hearing));
    assert_false (hearing_parse (NULL, 0, &hearing));
    assert_false (hearing_parse ("1000\0001", 6, &hearing));
}

/* Ends in seconds from T on, asked at `now`: what presence (60 s) and an offer (20 s) become. */
static const struct end_row {
    const char *name;
    hearing_t hearing;
    int now, end, presence, offer;
} end_rows[] = {
    {"nothing is known", {0}, 10, 5, 5, 5},
    {"all was heard", HEARD (10), 10, 5, 5, 5},
    {"it ended before the gap", {.heard = T + 70 * S, .gaps = {GAP (8, 68)}, .gaps_n = 1}, 70, 5, 5, 5},
    {"it ended in the gap", {.heard = T + 70 * S, .gaps = {GAP (8, 68)}, .gaps_n = 1}, 70, 20, 128, 80},
    {"made in the gap", {.heard = T + 70 * S, .gaps = {GAP (8, 68)}, .gaps_n = 1}, 70, 30, 128, 88},
    {"a gap shorter than the offer", {.heard = T + 18 * S, .gaps = {GAP (8, 18)}, .gaps_n = 1}, 20, 10, 78, 20},
    {"it ended shortly after the gap", {.heard = T + 18 * S, .gaps = {GAP (8, 18)}, .gaps_n = 1}, 20, 20, 78, 30},
    {"the gap is in its first half", {.heard = T + 40 * S, .gaps = {GAP (1, 9)}, .gaps_n = 1}, 20, 20, 69, 28},
    {"it was made after the gap", {.heard = T + 80 * S, .gaps = {GAP (8, 18)}, .gaps_n = 1}, 80, 79, 79, 79},
    {"made with the gap's end", {.heard = T + 80 * S, .gaps = {GAP (8, 18)}, .gaps_n = 1}, 80, 38, 78, 38},
    {"the gap is open", HEARD (0), 60, 10, 120, 70},
    {"what is not a gap yet", HEARD (0), 5, 4, 4, 4},
    {"it would have ended just after the open gap began", HEARD (9), 60, 10, 120, 65},
    {"two gaps are one for who was silent between",
     {.heard = T + 130 * S, .gaps = {GAP (0, 60), GAP (70, 130)}, .gaps_n = 2},
     130,
     15,
     190,
     135},
    {"two gaps in one offer", {.heard = T + 40 * S, .gaps = {GAP (1, 9), GAP (12, 20)}, .gaps_n = 2}, 40, 20, 80, 36},
    {"the chain is broken",
     {.heard = T + 900 * S, .gaps = {GAP (0, 60), GAP (500, 560)}, .gaps_n = 2},
     900,
     10,
     120,
     70},
    {"a gap and an open one", {.heard = T + 60 * S, .gaps = {GAP (0, 60)}, .gaps_n = 1}, 100, 10, 160, 110},
};

static void ends (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof (end_rows) / sizeof (end_rows[0]); i++) {
        const struct end_row *row = &end_rows[i];
        wall_ms_t now = T + row->now * S, end = T + row->end * S, before;
        wall_ms_t presence = hearing_presence_end (&row->hearing, now, end, HOLD);
        wall_ms_t offer = hearing_offer_end (&row->hearing, now, end - OFFER, end, &before);
        if (presence != T + row->presence * S || offer != T + row->offer * S)
            fail_msg ("%s: presence %lld, offer %lld", row->name, (long long)(presence - T) / S,
                      (long long)(offer - T) / S);
        assert_int_equal (hearing_presence_end (&row->hearing, now, presence, HOLD), presence);
        assert_int_equal (before != offer, offer != end);
        assert_true (before >= end && before <= offer);
    }
    assert_int_equal (hearing_presence_end (NULL, T, 7, HOLD), 7);
    assert_int_equal (hearing_offer_end (NULL, T, 1, 7, &(wall_ms_t){0}), 7);
}

/* ---- what it means for a person */

static const person_t ada = {
    .name = "ada", .epoch = 4, .drained_epoch = 4, .present = true, .present_until = T + 30 * S};

static const struct person_row {
    const char *name;
    int heard, from, to; /* a gap; from == to: none */
    int now;
    person_event_t event;
    person_outcome_t outcome;
    uint32_t epoch;
    int until; /* 0: not present */
} person_rows[] = {
    {"heard, and silent", 40, 0, 0, 40, PERSON_TIME, PERSON_CHANGED, 5, 0},
    {"the timer after an outage", 70, 10, 70, 70, PERSON_TIME, PERSON_RENEWED, 4, 130},
    {"during one", 10, 0, 0, 70, PERSON_TIME, PERSON_RENEWED, 4, 130},
    {"a beat after an outage", 70, 10, 70, 75, PERSON_HEARTBEAT, PERSON_RENEWED, 4, 135},
    {"silent ever since", 140, 10, 70, 140, PERSON_TIME, PERSON_CHANGED, 5, 0},
    {"away after an outage", 70, 10, 70, 75, PERSON_AWAY, PERSON_CHANGED, 5, 0},
    {"leaving after an outage", 70, 10, 70, 75, PERSON_LEAVE, PERSON_CHANGED, 5, 0},
    {"named as before", 70, 10, 70, 75, PERSON_RETURN, PERSON_SAME, 4, 130},
};

static void people (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof (person_rows) / sizeof (person_rows[0]); i++) {
        const struct person_row *row = &person_rows[i];
        hearing_t hearing = {.heard = T + row->heard * S, .gaps = {GAP (row->from, row->to)}};
        hearing.gaps_n = row->to > row->from;
        person_t after;
        person_outcome_t outcome = person_apply (&ada, row->event, T + row->now * S, HOLD, &hearing, &after);
        wall_ms_t until = row->until ? T + row->until * S : 0;
        if (outcome != row->outcome || after.epoch != row->epoch || after.present_until != until)
            fail_msg ("%s: outcome %d, epoch %u, until %lld", row->name, outcome, after.epoch,
                      (long long)after.present_until);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (beats),
        cmocka_unit_test (the_last_gaps_are_kept),
        cmocka_unit_test (what_is_no_hearing),
        cmocka_unit_test (ends),
        cmocka_unit_test (people),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
