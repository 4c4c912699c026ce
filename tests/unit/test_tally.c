/* test_tally.c - what the walk over open contacts counts, and law 2 of each of them. */
#include "tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STATE(name)   BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define PROMISE(name) BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_##name

typedef struct tally_row {
    const char *name;
    contact_state_t state;
    wall_ms_t waiting_since;
    unsigned opened, kept, broken, released;
    promise_state_t promises[3]; /* 0: the end */
    size_t overdue, pending, unbalanced;
    wall_ms_t oldest;
} row_t;

static const row_t rows[] = {
    {"it waits for somebody", STATE (QUEUED), 50, 2, 0, 0, 0, {PROMISE (PENDING), PROMISE (PENDING)}, 0, 2, 0, 50},
    {"received is waiting, too", STATE (RECEIVED), 60, 1, 0, 0, 0, {PROMISE (PENDING)}, 0, 1, 0, 60},
    {"who is asked has not taken it", STATE (OFFERED), 70, 1, 0, 0, 0, {PROMISE (PENDING)}, 0, 1, 0, 70},
    {"somebody has it", STATE (OWNED), 50, 2, 1, 0, 0, {PROMISE (PENDING)}, 0, 1, 0, 0},
    {"a broken one is still owed", STATE (OWNED), 50, 3, 1, 1, 0, {PROMISE (BROKEN), PROMISE (PENDING)}, 1, 1, 0, 0},
    {"all are over", STATE (RESOLVED), 0, 3, 1, 1, 1, {0}, 0, 0, 0, 0},
    {"one is lost", STATE (OWNED), 50, 2, 0, 0, 0, {PROMISE (PENDING)}, 0, 1, 1, 0},
    {"one ended twice", STATE (OWNED), 50, 1, 1, 0, 0, {PROMISE (PENDING)}, 0, 1, 1, 0},
};

static contact_t contact_of (const row_t *row)
{
    contact_t contact;
    memset (&contact, 0, sizeof contact);
    contact.state = row->state;
    contact.waiting_since = row->waiting_since;
    contact.opened = row->opened;
    contact.kept = row->kept;
    contact.broken = row->broken;
    contact.released = row->released;
    while (contact.promises_n < 3 && row->promises[contact.promises_n]) {
        contact.promises[contact.promises_n].state = row->promises[contact.promises_n];
        contact.promises_n++;
    }
    return contact;
}

static void test_each (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row_t *row = &rows[i];
        tally_t tally = {.partial = false};
        contact_t contact = contact_of (row);
        tally_add (&tally, &contact);
        if (tally.states[row->state] != 1 || tally.overdue != row->overdue || tally.pending != row->pending ||
            tally.unbalanced != row->unbalanced || tally.oldest_waiting != row->oldest)
            fail_msg ("%s: overdue %zu, pending %zu, unbalanced %zu, oldest %lld", row->name, tally.overdue,
                      tally.pending, tally.unbalanced, (long long)tally.oldest_waiting);
    }
}

static void test_together (void **state)
{
    char *text = NULL;
    size_t size = 0;
    tally_t tally = {.partial = false};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        contact_t contact = contact_of (&rows[i]);
        tally_add (&tally, &contact);
    }
    FILE *out = open_memstream (&text, &size);
    tally_print (&tally, 5050, 1500, out);
    fclose (out);
    assert_non_null (strstr (text, "\nbuckstop_contacts{state=\"owned\"} 4\n"));
    assert_non_null (strstr (text, "\nbuckstop_contacts{state=\"waiting\"} 0\n"));
    assert_null (strstr (text, "closed"));
    assert_non_null (strstr (text, "\nbuckstop_contacts_oldest_waiting_seconds 5\n"));
    assert_non_null (strstr (text, "\nbuckstop_contacts_walk_age_seconds 1.5\n"));
    assert_non_null (strstr (text, "\nbuckstop_promises_pending 8\n"));
    assert_non_null (strstr (text, "\nbuckstop_promises_unbalanced 2\n"));
    free (text);
}

static void test_sums (void **state)
{
    const promise_sums_t sums = {.opened = 9, .kept = 4, .broken = 2, .released = 1};
    promise_sums_t other = sums;
    (void)state;
    assert_int_equal (promise_sums_pending (&sums), 2);
    assert_true (promise_sums_equal (&sums, &other));
    other.released++;
    assert_false (promise_sums_equal (&sums, &other));
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_each), cmocka_unit_test (test_together),
                                       cmocka_unit_test (test_sums)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
