/* test_person.c - presence as a lease: every event in every situation, a row a case. */
#include "person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000, HOLD = 60 };

/* Situations a person can be in. */
static const person_t newcomer = {.name = "ada"};
static const person_t present = {
    .name = "ada", .epoch = 4, .drained_epoch = 4, .present = true, .present_until = NOW + 9};
static const person_t lapsed = {.name = "ada", .epoch = 4, .drained_epoch = 4, .present = true, .present_until = NOW};
static const person_t away = {.name = "ada", .epoch = 5, .drained_epoch = 5};
static const person_t draining = {.name = "ada", .epoch = 5, .drained_epoch = 4};
static const person_t back = {.name = "ada", .epoch = 5, .drained_epoch = 4, .present = true, .present_until = NOW};
static const person_t ahead = {
    .name = "ada", .epoch = 4, .drained_epoch = 4, .present = true, .present_until = NOW + 3600000};
static const person_t leaving = {.name = "ada", .epoch = 5, .drained_epoch = 5, .leaving = true};

static const struct row {
    const char *name;
    const person_t *given;
    person_event_t event;
    person_outcome_t outcome;
    uint32_t epoch;
    bool present;
    wall_ms_t due; /* the timer afterwards; 0: none, 1: at once */
} rows[] = {
    {"a newcomer comes", &newcomer, PERSON_HEARTBEAT, PERSON_CHANGED, 1, true, NOW + HOLD},
    {"a newcomer says away", &newcomer, PERSON_AWAY, PERSON_SAME, 1, false, 0},
    {"a heartbeat renews", &present, PERSON_HEARTBEAT, PERSON_RENEWED, 4, true, NOW + HOLD},
    {"going away returns all", &present, PERSON_AWAY, PERSON_CHANGED, 5, false, 1},
    {"the timer is early", &present, PERSON_TIME, PERSON_SAME, 4, true, NOW + 9},
    {"leaving returns all", &present, PERSON_LEAVE, PERSON_CHANGED, 5, false, 1},
    {"named as before", &present, PERSON_RETURN, PERSON_SAME, 4, true, NOW + 9},
    {"nothing to drain", &present, PERSON_DRAINED, PERSON_SAME, 4, true, NOW + 9},
    {"the lease ended", &lapsed, PERSON_TIME, PERSON_CHANGED, 5, false, 1},
    {"a late heartbeat that nobody missed", &lapsed, PERSON_HEARTBEAT, PERSON_RENEWED, 4, true, NOW + HOLD},
    {"ended before they said so", &lapsed, PERSON_AWAY, PERSON_CHANGED, 5, false, 1},
    {"the clock was set back", &ahead, PERSON_TIME, PERSON_RENEWED, 4, true, NOW + HOLD},
    {"a beat after it was set back", &ahead, PERSON_HEARTBEAT, PERSON_RENEWED, 4, true, NOW + HOLD},
    {"coming back", &away, PERSON_HEARTBEAT, PERSON_CHANGED, 5, true, NOW + HOLD},
    {"away already", &away, PERSON_AWAY, PERSON_SAME, 5, false, 0},
    {"no timer to come", &away, PERSON_TIME, PERSON_SAME, 5, false, 0},
    {"drained", &draining, PERSON_DRAINED, PERSON_CHANGED, 5, false, 0},
    {"drained, and lapsed meanwhile", &back, PERSON_DRAINED, PERSON_CHANGED, 6, false, 1},
    {"back while it drains", &draining, PERSON_HEARTBEAT, PERSON_CHANGED, 5, true, 1},
    {"a leaver's heartbeat", &leaving, PERSON_HEARTBEAT, PERSON_REFUSED, 5, false, 0},
    {"leaving already", &leaving, PERSON_LEAVE, PERSON_SAME, 5, false, 0},
    {"named again", &leaving, PERSON_RETURN, PERSON_CHANGED, 5, false, 0},
};

static void every_row (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof (rows) / sizeof (rows[0]); i++) {
        person_t after;
        person_outcome_t outcome = person_apply (rows[i].given, rows[i].event, NOW, HOLD, NULL, &after);
        if (outcome != rows[i].outcome || after.epoch != rows[i].epoch || after.present != rows[i].present ||
            person_next_due (&after) != rows[i].due)
            fail_msg ("%s: outcome %d, epoch %u, present %d, due %lld", rows[i].name, outcome, after.epoch,
                      after.present, (long long)person_next_due (&after));
    }
}

static void present_means_here_now_and_not_leaving (void **state)
{
    (void)state;
    assert_true (person_present (&present, NOW));
    assert_false (person_present (&lapsed, NOW));
    assert_false (person_present (&leaving, NOW));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (every_row),
        cmocka_unit_test (present_means_here_now_and_not_leaving),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
