/* test_route_bound.c - however many wait, few are held; and what is decided is what it would be with all of them. */
#include "route_world.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STORE_MAX = 4096, SLICE = 16 };

/* The store: everybody who waits, in the order of its queue. */
typedef struct world {
    contact_t *contacts[STORE_MAX];
    size_t n;
    roster_t *roster;
    waiting_t *waiting;
    wall_ms_t now;
    size_t loads, most; /* records that the walks read; the most that were held */
    bool at_once;       /* what a walk reads is matched at once, as the service does */
    route_pair_t taken[64];
    size_t taken_n, served;
} world_t;

static void world_open (world_t *self, size_t max)
{
    *self = (world_t){.roster = world_roster (), .waiting = waiting_new (), .now = NOW};
    waiting_bound (self->waiting, max);
}

static void world_close (world_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->contacts[i]);
    waiting_destroy (&self->waiting);
    roster_destroy (&self->roster);
}

static route_order_t order_of (const contact_t *contact)
{
    route_order_t order = {.deadline = contact_queue_score (contact)};
    snprintf (order.id, sizeof order.id, "%s", contact->id);
    return order;
}

static int in_order (const void *a, const void *b)
{
    const route_order_t left = order_of (*(contact_t *const *)a), right = order_of (*(contact_t *const *)b);
    if (left.deadline != right.deadline)
        return left.deadline < right.deadline ? -1 : 1;
    return strcmp (left.id, right.id);
}

static void put (world_t *self, const contact_t *contact)
{
    waiting_put (self->waiting, self->roster, contact, self->now);
    if (waiting_size (self->waiting) > self->most)
        self->most = waiting_size (self->waiting);
}

static const contact_t *stored (const world_t *self, const char *id)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcmp (self->contacts[i]->id, id) == 0)
            return self->contacts[i];
    return NULL;
}

static void store (world_t *self, const contact_t *contact)
{
    assert_true (self->n < STORE_MAX);
    self->contacts[self->n++] = xmemdup (contact, sizeof *contact);
    qsort (self->contacts, self->n, sizeof (void *), in_order);
}

/* Comes by a hint. */
static void comes (world_t *self, const contact_t *contact)
{
    store (self, contact);
    put (self, contact);
}

static void arrives (world_t *self, const char *id, const char *channel, const char *rule, int64_t due)
{
    contact_t contact = world_contact (id, channel, rule, due);
    comes (self, &contact);
}

static void leaves (world_t *self, const char *id)
{
    for (size_t i = 0; i < self->n; i++)
        if (strcmp (self->contacts[i]->id, id) == 0) {
            free (self->contacts[i]);
            memmove (&self->contacts[i], &self->contacts[i + 1], (self->n - i - 1) * sizeof (void *));
            self->n--;
            return;
        }
}

/* One part, from that place on; where the next begins. */
static size_t walk_part (world_t *self, size_t at)
{
    route_order_t places[SLICE] = {0};
    size_t n = 0;
    while (n < SLICE && at + n < self->n) {
        places[n] = order_of (self->contacts[at + n]);
        n++;
    }
    size_t taken = waiting_walk_part (self->waiting, places, n, n < SLICE, self->now);
    assert_true (taken > 0 || n == 0);
    for (const char *id; (id = waiting_walk_load (self->waiting)); self->loads++) {
        put (self, stored (self, id));
        if (self->at_once)
            self->taken_n +=
                route_match (self->waiting, self->roster, self->now, &self->taken[self->taken_n], 64 - self->taken_n);
    }
    waiting_walk_part_end (self->waiting);
    return n < SLICE ? SIZE_MAX : at + taken;
}

/* Committed, and done at once. */
static void settle (world_t *self, const route_pair_t *pair)
{
    leaves (self, pair->contact);
    waiting_remove (self->waiting, pair->contact);
    roster_drop (self->roster, pair->decision.winner, 1, pair->contact);
    waiting_person (self->waiting, pair->decision.winner);
    self->served++;
}

static size_t walk (world_t *self)
{
    self->loads = 0;
    waiting_walk_begin (self->waiting);
    for (size_t at = 0; at != SIZE_MAX;)
        at = walk_part (self, at);
    waiting_walk_end (self->waiting);
    while (self->taken_n)
        settle (self, &self->taken[--self->taken_n]);
    return self->loads;
}

static void everybody_is_away (world_t *self)
{
    for (size_t i = 0; i < roster_size (self->roster); i++) {
        person_t person = world_person (roster_person (self->roster, (int)i)->facts->name);
        person.present = false;
        roster_seen (self->roster, (int)i, &person);
    }
}

static void comes_to_work (world_t *self, const char *name)
{
    person_t person = world_person (name);
    int index = roster_find (self->roster, name);
    roster_seen (self->roster, index, &person);
    waiting_person (self->waiting, index);
}

static size_t match_one (world_t *self, route_pair_t *pair)
{
    size_t n = route_match (self->waiting, self->roster, self->now, pair, 1);
    if (n)
        settle (self, pair);
    if (waiting_thirsty (self->waiting))
        walk (self);
    return n;
}

/* ---- the same decisions ---- */

static const char *const rules[] = {"plain", "plain", "plain", "billing", "billing", "german", "cards", "magic"};
static const char *const channels[] = {"chat", "mail", "mail"};

static contact_t drawn (unsigned number)
{
    char id[ID_SIZE];
    snprintf (id, sizeof id, "c%05u", number);
    contact_t contact = world_contact (id, channels[rand () % 3], rules[rand () % 8], 1000 + rand () % 100000);
    contact.priority = rand () % 2;
    if (rand () % 20 == 0)
        snprintf (contact.language, sizeof contact.language, "de");
    return contact;
}

static void same_step (world_t *bounded, world_t *all)
{
    route_pair_t one, other;
    size_t n = match_one (bounded, &one);
    assert_int_equal (match_one (all, &other), n);
    if (!n)
        return;
    assert_string_equal (one.contact, other.contact);
    assert_string_equal (one.decision.person, other.decision.person);
}

static void test_decides_as_with_all (void **state)
{
    static const char *const names[] = {"ada", "ben", "cy", "dan"};
    (void)state;
    for (unsigned seed = 1; seed <= 12; seed++) {
        world_t bounded, all;
        unsigned number = 0;
        srand (seed);
        world_open (&bounded, 40);
        world_open (&all, 0);
        everybody_is_away (&bounded);
        everybody_is_away (&all);
        for (; number < 600; number++) {
            contact_t contact = drawn (number);
            comes (&bounded, &contact);
            comes (&all, &contact);
        }
        for (size_t i = 0; i < 4; i++) {
            comes_to_work (&bounded, names[i]);
            comes_to_work (&all, names[i]);
        }
        for (size_t step = 0; step < 1500; step++) {
            if (step < 300) { /* newcomers meanwhile */
                contact_t contact = drawn (number++);
                comes (&bounded, &contact);
                comes (&all, &contact);
            }
            if (rand () % 50 == 0)
                walk (&bounded);
            same_step (&bounded, &all);
        }
        assert_true (bounded.most <= 41); /* one more for as long as a put lasts */
        walk (&bounded);
        assert_int_equal (waiting_size (bounded.waiting) + waiting_beyond (bounded.waiting), bounded.n);
        assert_int_equal (bounded.n, all.n); /* what is left wants magic: nobody has it */
        world_close (&bounded);
        world_close (&all);
    }
}

/* ---- who is held ---- */

static void fill (world_t *self, const char *prefix, const char *channel, const char *rule, unsigned n, int64_t due)
{
    for (unsigned i = 0; i < n; i++) {
        char id[ID_SIZE];
        snprintf (id, sizeof id, "%s%04u", prefix, i);
        arrives (self, id, channel, rule, due + 10 * i);
    }
}

static void test_the_rare_need_is_held (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 50);
    everybody_is_away (&world);
    fill (&world, "p", "mail", "plain", 500, 1000);
    arrives (&world, "rare", "mail", "billing", 900000); /* behind them all */
    fill (&world, "q", "mail", "plain", 500, 2000000);
    assert_int_equal (waiting_size (world.waiting), 50);
    assert_int_equal (waiting_find (world.waiting, "rare"), WAITING_QUEUED);
    assert_int_equal (waiting_find (world.waiting, "p0000"), WAITING_QUEUED);
    assert_int_equal (waiting_find (world.waiting, "q0000"), WAITING_ABSENT);
    world_close (&world);

    world_open (&world, 50); /* found by a walk, not by a hint */
    everybody_is_away (&world);
    fill (&world, "p", "mail", "plain", 500, 1000);
    contact_t rare = world_contact ("rare", "mail", "billing", 900000);
    store (&world, &rare);
    walk (&world);
    assert_int_equal (waiting_find (world.waiting, "rare"), WAITING_QUEUED);
    world_close (&world);
}

static void test_newcomers_do_not_overtake (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 50);
    everybody_is_away (&world);
    fill (&world, "p", "mail", "plain", 100, 1000);
    arrives (&world, "late", "mail", "plain", 900000);
    assert_int_equal (waiting_find (world.waiting, "late"), WAITING_ABSENT);
    arrives (&world, "urgent", "mail", "plain", 1);
    assert_int_equal (waiting_find (world.waiting, "urgent"), WAITING_QUEUED);
    assert_int_equal (waiting_size (world.waiting), 50);
    arrives (&world, "urgent", "mail", "plain", 900001); /* it moved back */
    assert_int_equal (waiting_find (world.waiting, "urgent"), WAITING_ABSENT);
    world_close (&world);
}

/* ---- what the walks load ---- */

static void test_a_walk_loads_nothing_twice (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 50);
    everybody_is_away (&world);
    for (unsigned i = 0; i < 1000; i++) {
        char id[ID_SIZE];
        snprintf (id, sizeof id, "p%04u", i);
        contact_t contact = world_contact (id, "mail", "plain", 1000 + 10 * i);
        store (&world, &contact);
    }
    assert_int_equal (walk (&world), 1000);
    assert_int_equal (waiting_beyond (world.waiting), 950);
    for (int i = 0; i < 3; i++)
        assert_int_equal (walk (&world), 0);
    assert_int_equal (waiting_size (world.waiting), 50);

    contact_t one = world_contact ("new", "mail", "plain", 5001); /* comes in between: its stretch is read */
    store (&world, &one);
    assert_in_range (walk (&world), 1, 2 * SLICE);
    for (size_t i = 0; i < 3; i++)
        walk (&world);
    assert_int_equal (walk (&world), 0);
    leaves (&world, "p0900");
    assert_in_range (walk (&world), 1, 2 * SLICE);
    leaves (&world, "p0000"); /* held: nothing is unknown */
    walk (&world);
    assert_int_equal (walk (&world), 0);
    assert_int_equal (waiting_size (world.waiting), 49);

    waiting_adopt (world.waiting, world.roster); /* a policy: needs may be others */
    assert_int_equal (walk (&world), 950);
    world_close (&world);
}

/* A walk that ends half-way has not seen what it was about to load. */
static void test_a_walk_is_cut_off (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 50);
    everybody_is_away (&world);
    fill (&world, "p", "mail", "plain", 200, 1000);
    walk (&world);
    walk (&world);
    for (unsigned i = 0; i < 30; i++) {
        char id[ID_SIZE];
        snprintf (id, sizeof id, "p%04u", i);
        leaves (&world, id);
        waiting_remove (world.waiting, id);
    }
    assert_true (waiting_thirsty (world.waiting));
    waiting_walk_begin (world.waiting);
    assert_false (waiting_thirsty (world.waiting)); /* it is about to be helped */
    for (size_t at = 0; at < 16;)
        at = walk_part (&world, at);
    route_order_t places[SLICE];
    for (size_t i = 0; i < SLICE; i++)
        places[i] = order_of (world.contacts[16 + i]);
    waiting_walk_part (world.waiting, places, SLICE, false, world.now);
    assert_non_null (waiting_walk_load (world.waiting)); /* and the store does not answer */
    walk (&world);
    assert_int_equal (waiting_size (world.waiting), 50);
    for (size_t i = 0; i < 49; i++)
        assert_int_equal (waiting_find (world.waiting, world.contacts[i]->id), WAITING_QUEUED);
    world_close (&world);
}

/* A need that time relaxes is looked at then, though it is not held. */
static void test_time_changes_who_is_not_held (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 20);
    everybody_is_away (&world);
    fill (&world, "c", "mail", "cards", 60, 1000);
    contact_t old = world_contact ("old", "mail", "cards", 500000); /* the last, but it waits longest */
    old.waiting_since = NOW - 50000;
    comes (&world, &old);
    walk (&world);
    walk (&world);
    assert_int_equal (walk (&world), 0);
    assert_int_equal (waiting_find (world.waiting, "old"), WAITING_ABSENT);
    world.now = NOW + 10000; /* a minute, for this one */
    assert_in_range (walk (&world), 1, 2 * SLICE);
    assert_int_equal (waiting_find (world.waiting, "old"), WAITING_QUEUED);
    assert_int_equal (walk (&world), 0);
    world_close (&world);
}

/* ---- more needs than the bound ---- */

static void test_more_needs_than_the_bound (void **state)
{
    (void)state;
    world_t world;
    route_pair_t pair;
    world_open (&world, 20);
    everybody_is_away (&world);
    for (unsigned i = 0; i < 300; i++) { /* each has excluded somebody else: a need of its own */
        char id[ID_SIZE];
        snprintf (id, sizeof id, "p%04u", i);
        contact_t contact = world_contact (id, "mail", "plain", 1000 + 10 * (int64_t)((i * 7919) % 300));
        snprintf (contact.excluded[0].person, NAME_SIZE, "x%u", i);
        contact.excluded[0].until = NOW + MS_PER_HOUR;
        contact.excluded_n = 1;
        comes (&world, &contact);
    }
    assert_int_equal (waiting_size (world.waiting), 20);
    assert_true (waiting_groups (world.waiting) <= 21);
    walk (&world);
    assert_int_equal (waiting_beyond (world.waiting), 280);
    comes_to_work (&world, "ada");
    size_t served = 0;
    while (match_one (&world, &pair))
        served++;
    assert_int_equal (served, 300);
    assert_int_equal (waiting_beyond (world.waiting), 0);
    assert_int_equal (waiting_groups (world.waiting), 0);
    world_close (&world);
}

static contact_t of_its_own (unsigned i, const char *rule, int64_t due)
{
    char id[ID_SIZE];
    snprintf (id, sizeof id, "%c%04u", *rule, i);
    contact_t contact = world_contact (id, "mail", rule, due);
    snprintf (contact.excluded[0].person, NAME_SIZE, "x%u", i);
    contact.excluded[0].until = NOW + 1000 * (int64_t)MS_PER_HOUR;
    contact.excluded_n = 1;
    return contact;
}

static size_t serve (world_t *self)
{
    route_pair_t pair;
    size_t before = self->served;
    while (match_one (self, &pair))
        ;
    return self->served - before;
}

/* As the service does: as long as it is thirsty there is a walk each second. */
static size_t serve_for_long (world_t *self)
{
    size_t before = self->served;
    self->at_once = true;
    for (size_t i = 0; i < 100; i++) {
        walk (self);
        serve (self);
    }
    return self->served - before;
}

/* What nobody can take keeps nobody out, however much of it comes first: neither who comes by a hint, nor by a walk. */
static void test_more_blocked_needs_than_the_bound (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 20);
    for (unsigned i = 0; i < 100; i++) {
        contact_t contact = of_its_own (i, "magic", 1000 + i);
        comes (&world, &contact);
    }
    assert_int_equal (serve_for_long (&world), 0);
    contact_t found = world_contact ("found", "chat", "plain", 6000);
    store (&world, &found);
    assert_int_equal (serve_for_long (&world), 1);
    arrives (&world, "plain", "chat", "plain", 5000);
    assert_int_equal (serve_for_long (&world), 1);
    assert_int_equal (waiting_size (world.waiting), 20);
    assert_int_equal (waiting_beyond (world.waiting), 80);
    world_close (&world);
}

/* All are blocked, and then somebody comes: all that they can take are served, those among the others too. */
static void test_blocked_ones_are_looked_at_again (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 20);
    everybody_is_away (&world);
    for (unsigned i = 0; i < 200; i++) {
        contact_t contact = of_its_own (i, i % 2 ? "magic" : "plain", 1000 + i);
        comes (&world, &contact);
        serve (&world);
    }
    comes_to_work (&world, "ada");
    assert_int_equal (serve_for_long (&world), 100);
    assert_in_range (waiting_size (world.waiting), 1, 20);
    assert_int_equal (waiting_size (world.waiting) + waiting_beyond (world.waiting), 100);
    world_close (&world);
}

static void test_anew (void **state)
{
    (void)state;
    world_t world;
    world_open (&world, 50);
    everybody_is_away (&world);
    fill (&world, "p", "mail", "plain", 200, 1000);
    walk (&world);
    waiting_anew (world.waiting, NOW);
    assert_int_equal (waiting_size (world.waiting), 0);
    assert_int_equal (waiting_groups (world.waiting), 0);
    assert_int_equal (walk (&world), 200);
    assert_int_equal (waiting_size (world.waiting), 50);
    assert_int_equal (waiting_beyond (world.waiting), 150);
    world_close (&world);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_decides_as_with_all),
        cmocka_unit_test (test_the_rare_need_is_held),
        cmocka_unit_test (test_newcomers_do_not_overtake),
        cmocka_unit_test (test_a_walk_loads_nothing_twice),
        cmocka_unit_test (test_a_walk_is_cut_off),
        cmocka_unit_test (test_time_changes_who_is_not_held),
        cmocka_unit_test (test_more_needs_than_the_bound),
        cmocka_unit_test (test_more_blocked_needs_than_the_bound),
        cmocka_unit_test (test_blocked_ones_are_looked_at_again),
        cmocka_unit_test (test_anew),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
