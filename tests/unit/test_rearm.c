/* test_rearm.c - the walk over timers that a clock that was set back has left too far ahead: each is looked at once,
 * however many stand at one score, and whatever fails meanwhile. A set in memory stands in for the store. */
#include "rearm.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "one_workspace.h"

#define T 1772442000000LL
enum { MEMBERS_MAX = 640, TURNS_MAX = 1000, NO_CLOCK = 7 };

static struct {
    struct {
        char name[32];
        int64_t score;
    } set[MEMBERS_MAX];
    size_t n, moved;
    size_t away_at, asked; /* the store is away for the away_at-th call of all; 0: never */
    store_values_fn *read;
    store_value_t values[MEMBERS_MAX];
    store_values_t answer;
    struct {
        store_commit_fn *fn;
        work_done_fn *work;
        void *arg;
        size_t at;
        char member[32];
    } commits[PAGE];
    size_t commits_n;
    void *arg;
    uint8_t *record, *broken;
    size_t record_size;
} world;

int store_shards (const store_t *self)
{
    (void)self;
    return 1;
}

bool store_still (const store_t *self)
{
    (void)self;
    return false;
}

wall_ms_t store_now (const store_t *self)
{
    (void)self;
    return T;
}

void log_fact (log_level_t level, const char *correlation, const char *words, ...)
{
    (void)level, (void)correlation, (void)words;
}

void store_commit (store_t *self, commit_t **commit_p, int timeout_ms, store_commit_fn *fn, void *arg)
{
    (void)self, (void)commit_p, (void)timeout_ms, (void)fn, (void)arg;
    fail_msg ("nothing is said here");
}

static bool is_away (void)
{
    return ++world.asked == world.away_at;
}

bool lease_back (store_t *self, const lease_row_t *row, wall_ms_t due, store_commit_fn *fn, void *arg)
{
    (void)self, (void)due;
    assert_true (world.commits_n < PAGE);
    world.commits[world.commits_n].fn = fn;
    world.commits[world.commits_n].arg = arg;
    snprintf (world.commits[world.commits_n++].member, 32, "%.*s", (int)row->member.size, row->member.bytes);
    return true;
}

/* Whoever is asked about again is armed by that commit. */
static size_t asked_again;
void work_begin (const work_order_t *order)
{
    assert_int_equal (order->event.kind, EVENT_TIME);
    assert_string_equal (order->contact, "x");
    asked_again++;
    world.commits[world.commits_n].work = order->done;
    world.commits[world.commits_n].arg = order->arg;
    snprintf (world.commits[world.commits_n++].member, 32, "%.31s", ((const row_t *)order->arg)->member);
}

void store_range (store_t *self, const char *key, int64_t min, int64_t max, int64_t offset, int64_t limit,
                  store_values_fn *fn, void *arg)
{
    (void)self;
    world.read = fn;
    world.arg = arg;
    world.answer = (store_values_t){.items = world.values, .away = is_away ()};
    char contacts[KEY_SIZE];
    if (world.answer.away || strcmp (key, key_due (contacts, 0, KIND_CONTACT)) != 0)
        return;
    for (size_t i = 0; i < world.n && world.answer.n < (size_t)limit; i++)
        if (world.set[i].score >= min && world.set[i].score <= max && offset-- <= 0)
            world.values[world.answer.n++] = (store_value_t){
                .bytes = world.set[i].name, .size = strlen (world.set[i].name), .score = world.set[i].score};
}

/* Of each NO_CLOCK-th the record can't be read: it stays. */
void store_get (store_t *self, const char *const *keys, size_t n, store_values_fn *fn, void *arg)
{
    (void)self;
    world.read = fn;
    world.arg = arg;
    world.answer = (store_values_t){.items = world.values, .n = n, .away = is_away ()};
    for (size_t i = 0; i < n; i++) {
        bool bad = atoi (strrchr (keys[i], '/') + 1) % NO_CLOCK == 0;
        world.values[i] =
            (store_value_t){.bytes = (const char *)(bad ? world.broken : world.record), .size = world.record_size};
    }
}

static void take_away (const char *member)
{
    for (size_t i = 0; i < world.n; i++)
        if (strcmp (world.set[i].name, member) == 0) {
            memmove (&world.set[i], &world.set[i + 1], (--world.n - i) * sizeof (world.set[0]));
            world.moved++;
            return;
        }
    fail_msg ("%s is not there", member);
}

static void answer_commits (void)
{
    size_t n = world.commits_n;
    world.commits_n = 0;
    for (size_t i = 0; i < n; i++) {
        commit_answer_t answer = {.outcome = is_away () ? COMMIT_AWAY : COMMIT_DONE};
        char member[32];
        snprintf (member, sizeof (member), "%s", world.commits[i].member);
        if (answer.outcome == COMMIT_DONE)
            take_away (member);
        work_result_t worked = {.outcome = WORK_AWAY};
        if (answer.outcome == COMMIT_DONE)
            worked.outcome = WORK_DONE;
        if (world.commits[i].work)
            world.commits[i].work (world.commits[i].arg, &worked);
        else
            world.commits[i].fn (world.commits[i].arg, &answer);
        world.commits[i].work = NULL;
    }
}

/* To the end; each second it is looked at again. */
static void walk_all (escalation_t *self)
{
    for (size_t turns = 0; self->rearm.back_ms; turns++) {
        assert_true (turns < TURNS_MAX);
        store_values_fn *read = world.read;
        world.read = NULL;
        if (read) {
            store_values_t answer = world.answer;
            read (world.arg, &answer);
        } else if (world.commits_n)
            answer_commits ();
        else
            rearm_look (self);
    }
    assert_int_equal (self->looking, 0);
    assert_true (!world.read && !world.commits_n);
}

static int set_up (bool strays)
{
    static const record_head_t absent = {.version = 0};
    contact_t contact = {.id = "x",
                         .workspace = "acme",
                         .state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED,
                         .opened_at = T - 9000};
    contact.review_at = T - 1000;
    contact.handoff_at = strays ? T + 90 * MS_PER_MINUTE : 0;
    record_head_t head = record_head_next (&absent, KIND_CONTACT, event_id_of ("opened", NULL), 0);
    memset (&world, 0, sizeof (world));
    world.record = contact_pack (&contact, &head, &world.record_size);
    world.broken = calloc (1, world.record_size);
    return world.broken ? 0 : -1;
}

static int teardown (void **state)
{
    (void)state;
    free (world.record);
    free (world.broken);
    return 0;
}

static const struct walk_row {
    const char *name;
    size_t scores, each; /* so many scores, so many members at each */
    size_t away_at;
} walk_rows[] = {
    {"none", 0, 0, 0},
    {"one", 1, 1, 0},
    {"a page of one lease", 1, PAGE, 0},
    {"eight leases", 8, PAGE, 0},
    {"more than a page at one score", 1, 5 * PAGE + 3, 0},
    {"pages that begin within a lease", 7, PAGE - 9, 0},
    {"each at its own time", 300, 1, 0},
    {"the timers can't be read", 4, PAGE, 1},
    {"the records can't be read", 4, PAGE, 2},
    {"a commit is not answered", 4, PAGE, 20},
    {"nor of a later page", 1, 4 * PAGE, 80},
};

static void each_is_looked_at (void **state)
{
    for (size_t r = 0; r < 2 * sizeof (walk_rows) / sizeof (walk_rows[0]); r++) {
        const struct walk_row *row = &walk_rows[r / 2];
        bool strays = r % 2;
        set_up (strays);
        asked_again = 0;
        world.away_at = row->away_at;
        size_t stay = 0;
        for (size_t i = 0; i < row->scores * row->each; i++) {
            snprintf (world.set[i].name, sizeof (world.set[i].name), "acme/%04zu", i);
            world.set[i].score = T + 90 * MS_PER_MINUTE + (int64_t)(i / row->each) * 200;
            world.n++;
            stay += i % NO_CLOCK == 0;
        }
        size_t all = world.n;
        service_t service = {0};
        escalation_t self = {.service = &service, .rearm = {.back_ms = 120 * MS_PER_MINUTE}};
        walk_all (&self);
        if (world.n != stay || world.moved != all - stay)
            fail_msg ("%s: of %zu, %zu of %zu were mended", row->name, all, world.moved, all - stay);
        assert_true (strays ? asked_again >= world.moved : asked_again == 0);
        teardown (state);
    }
}

/* Each replica walks; the wait of a notice is shortened by one of them, whenever in those seconds it heard of the jump. */
static void a_wait_is_shortened_once (void **state)
{
    static const record_head_t absent = {.version = 0};
    static const struct {
        wall_ms_t other; /* another replica heard of a jump then */
        bool again;
    } rows[] = {{0, false}, {2 * MS_PER_SECOND, false}, {-14 * MS_PER_SECOND, false}, {10 * MS_PER_MINUTE, true}};
    (void)state;
    service_t service = {0};
    for (size_t r = 0; r < sizeof (rows) / sizeof (rows[0]); r++) {
        escalation_t one = {.service = &service, .rearm = {.back_ms = 10 * MS_PER_MINUTE, .landed = T}};
        escalation_t other = one;
        other.rearm.landed += rows[r].other;
        delivery_t delivery = {.id = "0123456789abcdef-0",
                               .workspace = "acme",
                               .held_since = T,
                               .held_until = T + 40 * MS_PER_MINUTE,
                               .due = T + 40 * MS_PER_MINUTE};
        size_t size;
        record_head_t head = record_head_next (&absent, KIND_DELIVERY, event_id_of ("held", NULL), 0);
        uint8_t *bytes = delivery_pack (&delivery, &head, &size);
        store_value_t value = {.bytes = (const char *)bytes, .size = size};
        assert_int_equal (delivery_clock (&one, &value, delivery.due), T + 30 * MS_PER_MINUTE);
        free (bytes);
        delivery.due = delivery.held_until = T + 30 * MS_PER_MINUTE;
        head = record_head_next (&head, KIND_DELIVERY, set_back_event (&one, 0), 0);
        bytes = delivery_pack (&delivery, &head, &size);
        value = (store_value_t){.bytes = (const char *)bytes, .size = size};
        wall_ms_t due = delivery_clock (&other, &value, delivery.due);
        assert_int_equal (due, rows[r].again ? T + 20 * MS_PER_MINUTE : delivery.due);
        free (bytes);
    }
}

/* A hand-off is a matter of seconds: of one that was armed before, its own clock says nothing. */
static void a_hand_off_is_near_again (void **state)
{
    static const record_head_t absent = {.version = 0};
    static const struct {
        int64_t ahead, due;
    } rows[] = {
        {2 * MS_PER_SECOND, 2 * MS_PER_SECOND}, {8 * MS_PER_SECOND, 8 * MS_PER_SECOND}, {12 * MS_PER_MINUTE, 0}};
    (void)state;
    service_t service = {0};
    escalation_t self = {.service = &service, .rearm = {.back_ms = 13 * MS_PER_MINUTE, .landed = T}};
    for (size_t r = 0; r < sizeof (rows) / sizeof (rows[0]); r++) {
        contact_t contact = {.id = "x",
                             .workspace = "acme",
                             .state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RECEIVED,
                             .review_at = T + MS_PER_DAY,
                             .handoff_tries = 3,
                             .handoff_at = T + rows[r].ahead};
        size_t size;
        record_head_t head = record_head_next (&absent, KIND_CONTACT, event_id_of ("opened", NULL), 0);
        uint8_t *bytes = contact_pack (&contact, &head, &size);
        store_value_t value = {.bytes = (const char *)bytes, .size = size};
        assert_int_equal (contact_clock (&self, &value, contact.handoff_at), T + rows[r].due);
        free (bytes);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (each_is_looked_at),
                                       cmocka_unit_test (a_wait_is_shortened_once),
                                       cmocka_unit_test (a_hand_off_is_near_again)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
