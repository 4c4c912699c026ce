/* test_orphans.c - the walk over open contacts that looks for law 1: what the gauge says, and when. One contact, scripted
 * time; answers of the store wait in a line, as they do. */
#include "orphans.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "one_workspace.h"

enum { WAITING_MAX = 8 };

typedef enum question { PAGE_OF, RECORD_OF } question_t;

static struct {
    int64_t second;
    bool broken;
    double gauge;
    size_t records; /* so many were asked for */
    struct {
        store_values_fn *fn;
        void *arg;
        question_t question;
    } waiting[WAITING_MAX];
    size_t waiting_n;
} world;

mono_ms_t loop_now (const loop_t *self)
{
    (void)self;
    return world.second * MS_PER_SECOND;
}

void metric_set (const char *name, double value)
{
    if (strcmp (name, "orphans") == 0)
        world.gauge = value;
}

void work_begin (const work_order_t *order)
{
    (void)order;
    fail_msg ("nobody is moved here");
}

static void ask (store_values_fn *fn, void *arg, question_t question)
{
    assert_true (world.waiting_n < WAITING_MAX);
    world.waiting[world.waiting_n].fn = fn;
    world.waiting[world.waiting_n].arg = arg;
    world.waiting[world.waiting_n++].question = question;
}

void store_range_lex (store_t *self, const char *key, const char *after, int64_t limit, store_values_fn *fn, void *arg)
{
    (void)self, (void)key, (void)after, (void)limit;
    ask (fn, arg, PAGE_OF);
}

void store_get (store_t *self, const char *const *keys, size_t n, store_values_fn *fn, void *arg)
{
    (void)self, (void)keys, (void)n;
    world.records++;
    ask (fn, arg, RECORD_OF);
}

void store_score (store_t *self, const char *key, const char *member, store_values_fn *fn, void *arg)
{
    (void)self, (void)key, (void)member, (void)fn, (void)arg;
    fail_msg ("no record is whole here");
}

/* The record is broken, or can't be asked for: that is no finding. */
static void answer_first (void)
{
    store_values_fn *fn = world.waiting[0].fn;
    void *arg = world.waiting[0].arg;
    bool is_page = world.waiting[0].question == PAGE_OF;
    memmove (world.waiting, world.waiting + 1, --world.waiting_n * sizeof *world.waiting);
    store_value_t value = {.bytes = is_page ? "01HZZZZZZZZZZZZZZZZZZZZZZ0" : "x", .size = is_page ? 26 : 1};
    store_values_t values = {.items = &value, .n = 1, .away = !is_page && !world.broken};
    fn (arg, &values);
}

static void seconds_pass (escalation_t *self, int64_t until)
{
    for (; world.second < until; world.second++) {
        orphans_look (self);
        while (world.waiting_n)
            answer_first ();
    }
}

static void the_gauge (void **state)
{
    static const struct {
        int64_t until;
        bool broken; /* from here on */
        double gauge;
    } steps[] = {{5, false, 0}, {16, true, 1}, {25, true, 1}, {28, false, 0}, {60, false, 0}};
    service_t service = {0};
    escalation_t self = {.service = &service};
    (void)state;
    memset (&world, 0, sizeof world);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        world.broken = steps[i].broken;
        seconds_pass (&self, steps[i].until);
        assert_true (world.gauge == steps[i].gauge);
        assert_int_equal (self.orphans.open, 0);
    }
    assert_int_equal (self.looking, 0);
}

/* While all is well each is read once in ten seconds, not each second. */
static void few_are_not_read_again_and_again (void **state)
{
    service_t service = {0};
    escalation_t self = {.service = &service};
    (void)state;
    memset (&world, 0, sizeof world);
    seconds_pass (&self, 100);
    assert_in_range (world.records, 9, 10);
}

/* A walk that begins anew while a page is judged counts that page's suspects once. */
static void anew_in_the_midst (void **state)
{
    service_t service = {0};
    escalation_t self = {.service = &service};
    (void)state;
    memset (&world, 0, sizeof world);
    world.broken = true;
    orphans_look (&self);
    answer_first ();
    orphans_anew (&self);
    for (int i = 0; i < 8 && world.waiting_n; i++)
        answer_first ();
    seconds_pass (&self, 5);
    assert_true (world.gauge == 1);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (the_gauge),
        cmocka_unit_test (few_are_not_read_again_and_again),
        cmocka_unit_test (anew_in_the_midst),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
