/* test_loop.c - the real loop: timers, descriptors, turns, signals. */
#include "clock.h"
#include "loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEEN_MAX = 64, MANY = 20000 };

typedef struct bench {
    loop_t *loop;
    char seen[SEEN_MAX + 1];
    size_t seen_n;
    loop_timer_t *victim;
    loop_watch_t *watch, *other;
    int pipe[2];
    int left;
    mono_ms_t last;
} bench_t;

typedef struct mark {
    bench_t *bench;
    char letter;
} mark_t;

static void see (bench_t *self, char letter)
{
    if (self->seen_n < SEEN_MAX)
        self->seen[self->seen_n++] = letter;
}

static void on_mark (void *arg)
{
    mark_t *mark = arg;
    see (mark->bench, mark->letter);
}

static void on_stop (void *arg)
{
    bench_t *self = arg;
    loop_stop (self->loop);
}

static void on_cancel_victim (void *arg)
{
    bench_t *self = arg;
    see (self, 'x');
    loop_cancel (self->loop, &self->victim);
}

static int setup (void **state)
{
    bench_t *self = test_calloc (1, sizeof *self);
    self->loop = loop_new ();
    *state = self;
    return pipe (self->pipe);
}

static int teardown (void **state)
{
    bench_t *self = *state;
    loop_destroy (&self->loop);
    assert_null (self->loop);
    loop_destroy (&self->loop);
    close (self->pipe[0]);
    close (self->pipe[1]);
    test_free (self);
    return 0;
}

static void timers_fire_by_time_then_by_arming (void **state)
{
    bench_t *self = *state;
    mark_t a = {self, 'a'}, b = {self, 'b'}, c = {self, 'c'}, d = {self, 'd'};
    mono_ms_t now = loop_now (self->loop);
    loop_at (self->loop, now + 4, on_mark, &d);
    loop_at (self->loop, now + 2, on_mark, &b);
    loop_at (self->loop, now - 1000, on_mark, &a);
    loop_at (self->loop, now + 2, on_mark, &c);
    loop_at (self->loop, now + 5, on_stop, self);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "abcd");
    assert_true (loop_now (self->loop) >= now + 5);
}

static void cancelled_timers_do_not_fire (void **state)
{
    bench_t *self = *state;
    mark_t a = {self, 'a'}, b = {self, 'b'};
    mono_ms_t now = loop_now (self->loop);
    loop_timer_t *early = loop_at (self->loop, now + 1, on_mark, &a);
    loop_at (self->loop, now + 1, on_cancel_victim, self);
    self->victim = loop_at (self->loop, now + 1, on_mark, &b); /* due in the same batch as its end */
    loop_at (self->loop, now + 3, on_stop, self);
    loop_cancel (self->loop, &early);
    assert_null (early);
    loop_cancel (self->loop, &early);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "x");
    assert_null (self->victim);
}

static void on_again (void *arg)
{
    bench_t *self = arg;
    see (self, 'r');
    if (--self->left)
        loop_at (self->loop, loop_now (self->loop) - 10, on_again, self);
    else
        loop_stop (self->loop);
}

static void a_timer_that_rearms_itself_for_the_past_starves_nobody (void **state)
{
    bench_t *self = *state;
    mark_t a = {self, 'a'};
    self->left = 3;
    loop_at (self->loop, loop_now (self->loop) - 5, on_again, self);
    loop_at (self->loop, loop_now (self->loop), on_mark, &a);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "rarr");
}

static void on_many (void *arg)
{
    bench_t *self = ((mark_t *)arg)->bench;
    assert_true (loop_now (self->loop) >= self->last);
    if (--self->left == 0)
        loop_stop (self->loop);
}

static void many_timers_none_too_early (void **state)
{
    bench_t *self = *state;
    mark_t mark = {self, 'm'};
    loop_timer_t *cancelled[MANY / 4];
    self->last = loop_now (self->loop);
    self->left = MANY - MANY / 4;
    for (int i = 0; i < MANY; i++) {
        loop_timer_t *timer = loop_at (self->loop, self->last + i * 7919 % 20, on_many, &mark);
        if (i % 4 == 0)
            cancelled[i / 4] = timer;
    }
    for (int i = 0; i < MANY / 4; i++)
        loop_cancel (self->loop, &cancelled[i]);
    assert_int_equal (loop_run (self->loop), 0);
    assert_int_equal (self->left, 0);
}

static void on_readable (void *arg, uint32_t events)
{
    bench_t *self = arg;
    char letter;
    assert_true (events & EPOLLIN);
    assert_int_equal (read (self->pipe[0], &letter, 1), 1);
    see (self, letter);
    if (letter == 'z') {
        loop_unwatch (self->loop, &self->watch);
        loop_stop (self->loop);
    }
}

static void a_watched_descriptor_is_told_until_unwatched (void **state)
{
    bench_t *self = *state;
    self->watch = loop_watch (self->loop, self->pipe[0], EPOLLIN, on_readable, self);
    assert_non_null (self->watch);
    assert_int_equal (write (self->pipe[1], "abz!", 4), 4);
    assert_int_equal (loop_run (self->loop), 0);
    loop_at (self->loop, loop_now (self->loop) + 3, on_stop, self);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "abz");
    assert_null (self->watch);
}

static void on_each_unwatches_the_other (void *arg, uint32_t events)
{
    bench_t *self = arg;
    (void)events;
    see (self, 'u');
    loop_unwatch (self->loop, &self->watch);
    loop_unwatch (self->loop, &self->other);
    loop_stop (self->loop);
}

static void unwatching_within_a_batch_is_safe (void **state)
{
    bench_t *self = *state;
    self->watch = loop_watch (self->loop, self->pipe[0], EPOLLIN, on_each_unwatches_the_other, self);
    self->other = loop_watch (self->loop, self->pipe[1], EPOLLOUT, on_each_unwatches_the_other, self);
    assert_int_equal (write (self->pipe[1], "a", 1), 1);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "u");
}

static void interest_can_be_changed (void **state)
{
    bench_t *self = *state;
    mark_t a = {self, 'a'};
    self->watch = loop_watch (self->loop, self->pipe[0], EPOLLIN, on_readable, self);
    loop_watch_change (self->loop, self->watch, 0);
    assert_int_equal (write (self->pipe[1], "z", 1), 1);
    loop_at (self->loop, loop_now (self->loop) + 2, on_mark, &a);
    loop_at (self->loop, loop_now (self->loop) + 3, on_stop, self);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "a");
    loop_watch_change (self->loop, self->watch, EPOLLIN);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "az");
}

static void a_file_cannot_be_watched (void **state)
{
    bench_t *self = *state;
    FILE *file = tmpfile ();
    assert_null (loop_watch (self->loop, fileno (file), EPOLLIN, on_readable, self));
    fclose (file);
}

static void on_hook_once (void *arg)
{
    mark_t *mark = arg;
    on_mark (mark);
    loop_each_turn_remove (mark->bench->loop, on_hook_once, mark);
}

static void on_hook_again (void *arg)
{
    mark_t *mark = arg;
    on_mark (mark);
    if (mark->bench->left-- > 0)
        loop_again (mark->bench->loop);
}

static void on_mark_then_stop (void *arg)
{
    mark_t *mark = arg;
    on_mark (mark);
    loop_at (mark->bench->loop, loop_now (mark->bench->loop), on_stop, mark->bench);
}

static void hooks_run_in_order_at_the_end_of_each_turn (void **state)
{
    bench_t *self = *state;
    mark_t timer = {self, 't'}, first = {self, '1'}, once = {self, 'o'}, second = {self, '2'};
    loop_each_turn (self->loop, on_mark, &first);
    loop_each_turn (self->loop, on_hook_once, &once);
    loop_each_turn (self->loop, on_mark, &second);
    loop_at (self->loop, loop_now (self->loop), on_mark_then_stop, &timer);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "1o2t1212"); /* the first turn is that of loop_run itself */
}

static void a_hook_may_ask_for_another_round (void **state)
{
    bench_t *self = *state;
    mark_t first = {self, '1'}, again = {self, 'a'};
    self->left = 2;
    loop_each_turn (self->loop, on_mark, &first);
    loop_each_turn (self->loop, on_hook_again, &again);
    loop_stop (self->loop);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "1a1a1a");
}

static void on_slow (void *arg)
{
    bench_t *self = arg;
    for (int64_t until = clock_mono_us () + 5000; clock_mono_us () < until;)
        ;
    loop_stop (self->loop);
}

static void the_longest_turn_is_measured_and_starts_again (void **state)
{
    bench_t *self = *state;
    loop_at (self->loop, loop_now (self->loop), on_slow, self);
    assert_int_equal (loop_run (self->loop), 0);
    assert_true (loop_longest_turn_us (self->loop) >= 5000);
    assert_int_equal (loop_longest_turn_us (self->loop), 0);
}

static void on_mark_then_term (void *arg)
{
    on_mark (arg);
    kill (getpid (), SIGTERM);
}

static void hangup_reloads_the_first_stop_drains_the_second_stops (void **state)
{
    bench_t *self = *state;
    mark_t hangup = {self, 'h'}, drain = {self, 'd'};
    loop_on_hangup (self->loop, on_mark_then_term, &hangup);
    loop_on_stop (self->loop, on_mark_then_term, &drain);
    kill (getpid (), SIGHUP);
    assert_int_equal (loop_run (self->loop), 0);
    assert_string_equal (self->seen, "hd");
}

static void without_a_handler_a_signal_stops (void **state)
{
    bench_t *self = *state;
    kill (getpid (), SIGINT);
    assert_int_equal (loop_run (self->loop), 0);
}

static void clocks_and_random_bytes (void **state)
{
    (void)state;
    uint8_t a[300] = {0}, b[300] = {0};
    clock_random (a, sizeof a);
    clock_random (b, sizeof b);
    assert_memory_not_equal (a, b, sizeof a);
    assert_true (clock_wall () > 1600000000000);
    mono_ms_t before = clock_mono ();
    assert_true (clock_mono_us () / 1000 >= before);
}

static void a_jump_of_a_foreign_clock_is_said_once_drift_never (void **state)
{
    (void)state;
    static const struct {
        wall_ms_t foreign;
        mono_ms_t mono;
        int64_t expect;
    } rows[] = {
        {100000, 100, 0},  {101000, 1100, 0},    {103900, 2100, 0}, /* 1.9 s of drift is followed */
        {106800, 3100, 0}, {111800, 6000, 2100}, {112800, 7000, 0}, {110700, 7000, -2100},
    };
    clock_offset_t offset = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal (clock_offset_seen (&offset, rows[i].foreign, rows[i].mono), rows[i].expect);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST (timers_fire_by_time_then_by_arming),
        LOOP_TEST (cancelled_timers_do_not_fire),
        LOOP_TEST (a_timer_that_rearms_itself_for_the_past_starves_nobody),
        LOOP_TEST (many_timers_none_too_early),
        LOOP_TEST (a_watched_descriptor_is_told_until_unwatched),
        LOOP_TEST (unwatching_within_a_batch_is_safe),
        LOOP_TEST (interest_can_be_changed),
        LOOP_TEST (a_file_cannot_be_watched),
        LOOP_TEST (hooks_run_in_order_at_the_end_of_each_turn),
        LOOP_TEST (a_hook_may_ask_for_another_round),
        LOOP_TEST (the_longest_turn_is_measured_and_starts_again),
        LOOP_TEST (hangup_reloads_the_first_stop_drains_the_second_stops),
        LOOP_TEST (without_a_handler_a_signal_stops),
        cmocka_unit_test (clocks_and_random_bytes),
        cmocka_unit_test (a_jump_of_a_foreign_clock_is_said_once_drift_never),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
