/* test_console_ended.c - sessions that were ended early, in the fake store: known at every console, and few. And chores. */
#include "chores.h"
#include "ended.h"
#include "fake.h"
#include "keys.h"
#include "words.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HOUR MS_PER_HOUR

static loop_t *loop;
static store_t *store;
static ended_t *here, *there; /* two consoles */

static int set_up (void **state)
{
    (void)state;
    fake_reset (7);
    loop = loop_new ();
    store = store_new (loop, &(store_config_t){.address = "fake", .shards = SHARDS_DEFAULT});
    fake_run ();
    here = ended_new (loop, store);
    there = ended_new (loop, store);
    return 0;
}

static int tear_down (void **state)
{
    (void)state;
    store_destroy (&store);
    ended_destroy (&here);
    ended_destroy (&there);
    loop_destroy (&loop);
    fake_reset (0);
    return 0;
}

static session_t a_session (unsigned number, wall_ms_t end)
{
    session_t session = {.token = "abcdefghij", .end = FAKE_START_MS + end};
    snprintf (session.id, sizeof session.id, "%048u", number);
    return session;
}

static void on_verdict (void *arg, ended_verdict_t verdict)
{
    *(ended_verdict_t *)arg = verdict;
}

static ended_verdict_t check (ended_t *ended, session_t session)
{
    ended_verdict_t later = ENDED_ASKED, verdict = ended_check (ended, &session, on_verdict, &later);
    fake_run ();
    return verdict == ENDED_ASKED ? later : verdict;
}

static void end (ended_t *ended, session_t session)
{
    ended_verdict_t verdict = ENDED_ASKED;
    ended_add (ended, &session, on_verdict, &verdict);
    fake_run ();
    assert_int_equal (verdict, ENDED_YES);
}

static void on_set (void *arg, const store_values_t *values)
{
    *(size_t *)arg = values->n;
}

static size_t kept (void)
{
    char key[KEY_SIZE];
    size_t n = 0;
    store_set (store, key_ended (key, "abcdefghij"), on_set, &n);
    fake_run ();
    return n;
}

/* ---------------------------------------------------------------- the cases */

static void what_is_ended_here_is_over_there (void **state)
{
    (void)state;
    assert_int_equal (check (there, a_session (1, HOUR)), ENDED_NO);
    end (here, a_session (1, HOUR));
    assert_int_equal (check (here, a_session (1, HOUR)), ENDED_YES);
    assert_int_equal (check (there, a_session (1, HOUR)), ENDED_NO); /* as it knew it a moment ago */
    fake_advance (ENDED_CACHE_MS);
    assert_int_equal (check (there, a_session (1, HOUR)), ENDED_YES);
    assert_int_equal (check (there, a_session (2, HOUR)), ENDED_NO);
    session_t other = a_session (1, HOUR);
    WORD_COPY (other.token, "jihgfedcba"); /* of another token nothing is known */
    fake_advance (ENDED_CACHE_MS);
    assert_int_equal (check (there, other), ENDED_NO);
}

static void what_ended_by_itself_is_not_kept (void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        end (here, a_session (i, HOUR));
    assert_int_equal (kept (), 10);
    fake_advance (HOUR);
    end (here, a_session (10, 2 * HOUR));
    assert_int_equal (kept (), 1);
}

static void many_become_one_and_none_comes_back (void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * ENDED_KEPT; i++) {
        end (here, a_session (i, HOUR + i));
        assert_in_range (kept (), 1, ENDED_KEPT);
    }
    fake_advance (ENDED_CACHE_MS);
    for (unsigned i = 0; i < 3 * ENDED_KEPT; i++)
        assert_int_equal (check (there, a_session (i, HOUR + i)), ENDED_YES);
    assert_int_equal (check (there, a_session (999, 2 * HOUR)), ENDED_NO); /* it began after all of them */
}

/* Another console has added what stands for all of them, and has not dropped them yet. */
static void what_stands_for_all_is_not_dropped_with_them (void **state)
{
    char key[KEY_SIZE], member[80];
    (void)state;
    for (unsigned i = 0; i < ENDED_KEPT; i++)
        end (here, a_session (i, HOUR + i));
    snprintf (member, sizeof member, "%lld *", FAKE_START_MS + HOUR + ENDED_KEPT - 1);
    store_set_add (store, key_ended (key, "abcdefghij"), member, on_set, &(size_t){0});
    end (here, a_session (ENDED_KEPT, HOUR));
    fake_advance (ENDED_CACHE_MS);
    for (unsigned i = 0; i < ENDED_KEPT; i++)
        assert_int_equal (check (there, a_session (i, HOUR + i)), ENDED_YES);
}

/* ------------------------------------------------------------------- chores */

typedef struct work {
    int left, over;
} work_t;

static bool on_bit (void *arg, bool over)
{
    work_t *self = arg;
    self->over += over;
    return !over && --self->left > 0;
}

static void chores_go_on_to_their_end_or_are_told_that_it_is_over (void **state)
{
    work_t works[3] = {{.left = 1}, {.left = 1000}, {.left = 30}};
    (void)state;
    chores_t *chores = chores_new (loop);
    for (size_t i = 0; i < 3; i++)
        chores_add (chores, on_bit, &works[i]);
    assert_int_equal (works[0].left, 1); /* not from within */
    fake_run ();
    for (size_t i = 0; i < 3; i++)
        assert_int_equal (works[i].left, 0);
    works[0].left = 5;
    chores_add (chores, on_bit, &works[0]);
    chores_destroy (&chores);
    assert_int_equal (works[0].over, 1);
    assert_int_equal (works[1].over + works[2].over, 0);
    assert_null (chores);
}

typedef struct parent {
    chores_t *chores;
    work_t child;
} parent_t;

static bool on_parent (void *arg, bool over)
{
    parent_t *self = arg;
    (void)over;
    chores_add (self->chores, on_bit, &self->child);
    return false;
}

static void a_chore_may_bring_another (void **state)
{
    (void)state;
    chores_t *chores = chores_new (loop);
    parent_t parent = {.chores = chores, .child = {.left = 2}};
    chores_add (chores, on_parent, &parent);
    fake_advance (1);
    assert_int_equal (parent.child.left, 0);
    chores_destroy (&chores);
}

#define CASE(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int main (void)
{
    const struct CMUnitTest tests[] = {
        CASE (what_is_ended_here_is_over_there),
        CASE (what_ended_by_itself_is_not_kept),
        CASE (many_become_one_and_none_comes_back),
        CASE (what_stands_for_all_is_not_dropped_with_them),
        CASE (chores_go_on_to_their_end_or_are_told_that_it_is_over),
        CASE (a_chore_may_bring_another),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
