/* test_routing.c - the routing service on the fakes, with escalation and notification beside it: contacts find
 * people, people find contacts, lost messages cost at most two seconds, replicas do not quarrel. */
#include "escalation.h"
#include "explain.h"
#include "fake.h"
#include "guard.h"
#include "ids.h"
#include "keys.h"
#include "notification.h"
#include "options.h"
#include "plan.h"
#include "policy_apply.h"
#include "route.h"
#include "routing_private.h"
#include "words.h"
#include "work.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define C        "01HZZZZZZZZZZZZZZZZZZZZZZ" /* ids end in a digit */
#define STATE(x) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##x

static const char policy_text[] =
    "workspace: acme\n"
    "last_resort: lea\n"
    "people:\n"
    "  lea: { capacity: 10 }\n"
    "  ada: { capacity: 2, skills: { cards: 3 } }\n"
    "  ben: { capacity: 2 }\n"
    "  cy:  { capacity: 2 }\n"
    "channels:\n"
    "  chat: { weight: 1, live: true, offer: 20s }\n"
    "  mail: { weight: 1, offer: 15m, accept: auto }\n"
    "teams:\n"
    "  front: { lead: lea, members: [ada, ben] }\n"
    "  second: { lead: lea, members: [cy] }\n"
    "rules:\n"
    "  - { name: cards, when: { words: [card] }, then: { team: front, skills: { cards: 1 } } }\n"
    "settings: { decline: 60s, presence: 1h }\n";

enum { ROUTERS_MAX = 2 };
typedef struct house {
    loop_t *loops[ROUTERS_MAX + 3];
    service_t routers[ROUTERS_MAX], escalation, notification, driver;
    routing_params_t routing[ROUTERS_MAX];
    escalation_params_t escalating;
    notification_params_t notifying;
    size_t routers_n;
    unsigned made;
    work_outcome_t last;
} house_t;

static int driver_start (service_t *self, void *arg)
{
    (void)self, (void)arg;
    return 0;
}
static bool driver_idle (service_t *self, void *arg)
{
    (void)self, (void)arg;
    return true;
}
static void driver_nothing (service_t *self, void *arg)
{
    (void)self, (void)arg;
}
static const param_t no_params[] = {{NULL}};
static const service_kind_t driver_kind = {.name = "driver",
                                           .params = no_params,
                                           .start = driver_start,
                                           .drain = driver_nothing,
                                           .idle = driver_idle,
                                           .stop = driver_nothing};

static void applied (void *arg, const policy_applied_t *result)
{
    (void)arg;
    assert_int_equal (result->outcome, POLICY_APPLIED);
}

static void start (service_t *service, loop_t **loop, const service_kind_t *kind, void *params, const char *route)
{
    *loop = loop_new ();
    *service = (service_t){.loop = *loop, .route = route};
    service->store = store_new (*loop, &(store_config_t){.shards = 1});
    assert_int_equal (service_start_in (service, kind, params), 0);
}

static void end (service_t *service, loop_t **loop, const service_kind_t *kind, void *params)
{
    if (!*loop)
        return;
    service_stop_in (service, kind, params);
    store_destroy (&service->store);
    loop_destroy (loop);
}

static void router_up (house_t *house)
{
    size_t i = house->routers_n++;
    static const char *const endpoints[] = {"route-1", "route-2"};
    options_defaults (routing_kind.params);
    house->routing[i] = routing_params;
    start (&house->routers[i], &house->loops[i], &routing_kind, &house->routing[i], endpoints[i]);
}

static int up (void **state)
{
    static house_t house;
    memset (&house, 0, sizeof house);
    fake_reset (11);
    guard_off = NULL;
    fake_log_echo (getenv ("ECHO") != NULL);
    options_defaults (escalation_kind.params);
    house.escalating = escalation_params;
    options_defaults (notification_kind.params);
    house.notifying = notification_params;
    start (&house.driver, &house.loops[ROUTERS_MAX], &driver_kind, NULL, "route-1,route-2");
    policy_apply (house.driver.store, house.driver.loop, policy_text, sizeof policy_text - 1, "test", applied, NULL);
    fake_advance (1000);
    start (&house.escalation, &house.loops[ROUTERS_MAX + 1], &escalation_kind, &house.escalating, "route-1,route-2");
    start (&house.notification, &house.loops[ROUTERS_MAX + 2], &notification_kind, &house.notifying, "route-1,route-2");
    fake_advance (1500);
    *state = &house;
    return 0;
}

static int down (void **state)
{
    house_t *house = *state;
    guard_off = NULL;
    for (size_t i = 0; i < house->routers_n; i++)
        end (&house->routers[i], &house->loops[i], &routing_kind, &house->routing[i]);
    end (&house->driver, &house->loops[ROUTERS_MAX], &driver_kind, NULL);
    end (&house->escalation, &house->loops[ROUTERS_MAX + 1], &escalation_kind, &house->escalating);
    end (&house->notification, &house->loops[ROUTERS_MAX + 2], &notification_kind, &house->notifying);
    return 0;
}

/* ---- what people and customers do ---- */

static void on_committed (void *arg, const commit_answer_t *answer)
{
    (void)arg;
    assert_int_equal (answer->outcome, COMMIT_DONE);
}

static void person_is (house_t *house, const char *name, person_event_t event)
{
    char key[KEY_SIZE];
    size_t size;
    person_t before = {.epoch = 0}, after;
    record_head_t head = {.version = 0};
    const void *bytes = fake_store_string (key_person (key, 0, "acme", name), &size);
    if (bytes)
        assert_int_equal (person_unpack (bytes, size, &head, &before), RECORD_OK);
    WORD_COPY (before.name, name);
    WORD_COPY (before.workspace, "acme");
    person_outcome_t outcome = person_apply (&before, event, fake_store_now (), MS_PER_HOUR, NULL, &after);
    assert_true (outcome == PERSON_CHANGED || outcome == PERSON_RENEWED);
    char count[16];
    snprintf (count, sizeof count, "%u", house->made++);
    commit_t *commit = plan_person (0, &head, &after, event_id_of ("person", count, NULL), outcome == PERSON_CHANGED,
                                    after.present ? BUCKSTOP__V1__FACT_KIND__FACT_KIND_PRESENT
                                                  : BUCKSTOP__V1__FACT_KIND__FACT_KIND_AWAY,
                                    "", fake_store_now ());
    store_commit (house->driver.store, &commit, 0, on_committed, NULL);
    fake_run ();
}

static void on_done (void *arg, const work_result_t *result)
{
    house_t *house = arg;
    house->last = result->outcome;
}

static void work (house_t *house, const char *contact, contact_event_t event)
{
    char count[16];
    snprintf (count, sizeof count, "%u", house->made++);
    event.id = event_id_of ("test", count, NULL);
    work_begin (&(work_order_t){.service = &house->driver,
                                .workspace = "acme",
                                .contact = contact,
                                .event = event,
                                .done = on_done,
                                .arg = house});
    fake_run ();
    assert_int_equal (house->last, WORK_DONE);
}

static void opens (house_t *house, const char *id, const char *channel, const char *subject)
{
    submission_t submission = {.channel = channel,
                               .subject = subject,
                               .text = "",
                               .customer = "kim",
                               .customer_name = "Kim",
                               .thread = "",
                               .message_id = "",
                               .language = "",
                               .tier = "",
                               .return_to = "",
                               .continues = ""};
    work (house, id,
          (contact_event_t){
              .kind = EVENT_OPEN, .submission = &submission, .contact = id, .workspace = "acme", .trace = ""});
}

static contact_t contact_of (const char *id)
{
    char key[KEY_SIZE];
    size_t size;
    record_head_t head;
    contact_t contact;
    const void *bytes = fake_store_string (key_contact (key, 0, "acme", id), &size);
    assert_non_null (bytes);
    assert_int_equal (contact_unpack (bytes, size, &head, &contact), RECORD_OK);
    return contact;
}

static void acts (house_t *house, const char *id, event_kind_t kind, const char *by)
{
    contact_t contact = contact_of (id);
    work (house, id,
          (contact_event_t){.kind = kind,
                            .by = by,
                            .by_epoch = *contact.offered_to ? contact.offer_epoch : contact.owner_epoch,
                            .text = ""});
}

#define assert_offered(id, person)                        \
    do {                                                  \
        contact_t found_ = contact_of (id);               \
        assert_int_equal (found_.state, STATE (OFFERED)); \
        assert_string_equal (found_.offered_to, person);  \
    } while (0)
#define assert_state(id, expected) assert_int_equal (contact_of (id).state, STATE (expected))

static void everybody_but_cy (house_t *house)
{
    person_is (house, "ada", PERSON_HEARTBEAT);
    person_is (house, "ben", PERSON_HEARTBEAT);
    fake_advance (100);
}

/* ---- scenarios ---- */

static void a_contact_finds_a_person (void **state)
{
    house_t *house = *state;
    router_up (house);
    everybody_but_cy (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "My card");
    fake_run ();
    assert_offered (C "1", "ada"); /* at once, without time passing */
    opens (house, C "2", "mail", "Hello");
    fake_run ();
    assert_state (C "2", OWNED); /* accepted automatically, by the less loaded */
    assert_string_equal (contact_of (C "2").owner, "ben");
}

static void a_person_finds_what_waits (void **state)
{
    house_t *house = *state;
    router_up (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "first");
    fake_advance (10);
    opens (house, C "2", "chat", "second");
    opens (house, C "3", "chat", "third");
    assert_state (C "1", QUEUED);
    person_is (house, "ben", PERSON_HEARTBEAT);
    fake_run ();
    assert_offered (C "1", "ben");
    assert_state (C "3", QUEUED);
    acts (house, C "1", EVENT_ACCEPT, "ben");
    acts (house, C "1", EVENT_RESOLVE, "ben");
    fake_run ();
    assert_offered (C "3", "ben");
}

static void f06_a_decline_excludes_for_a_while (void **state)
{
    house_t *house = *state;
    router_up (house);
    everybody_but_cy (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "Hello");
    fake_run ();
    assert_offered (C "1", "ada");
    acts (house, C "1", EVENT_DECLINE, "ada");
    fake_run ();
    assert_offered (C "1", "ben");
    acts (house, C "1", EVENT_DECLINE, "ben");
    fake_run ();
    assert_state (C "1", QUEUED); /* not to ada in the same breath */
    fake_advance (ASK_AGAIN_MS + 1100);
    assert_state (C "1", OFFERED); /* nobody else: asked again */
}

/* A lost message costs at most two seconds, whichever it is. */
static void lost_hints (void **state)
{
    house_t *house = *state;
    router_up (house);
    everybody_but_cy (house);
    fake_advance (2000);
    fake_bus_fault (BUS_ROUTE, FAKE_BUS_DROP, 1, 0);
    opens (house, C "1", "chat", "Hello");
    assert_state (C "1", RECEIVED);
    fake_advance (2100);
    assert_offered (C "1", "ada");
}

static void lost_room (void **state)
{
    house_t *house = *state;
    router_up (house);
    person_is (house, "ben", PERSON_HEARTBEAT);
    fake_advance (2000);
    opens (house, C "1", "chat", "1");
    opens (house, C "2", "chat", "2");
    opens (house, C "3", "chat", "3");
    assert_state (C "3", QUEUED);
    acts (house, C "1", EVENT_ACCEPT, "ben");
    fake_bus_fault (BUS_ROUTE, FAKE_BUS_DROP, -1, 0);
    fake_bus_fault (BUS_STREAM, FAKE_BUS_DROP, -1, 0);
    acts (house, C "1", EVENT_RESOLVE, "ben");
    fake_advance (10);
    assert_state (C "3", QUEUED);
    fake_advance (3100); /* the match timer, and the next second's look */
    assert_offered (C "3", "ben");
}

static void a_lost_presence (void **state)
{
    house_t *house = *state;
    router_up (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "1");
    assert_state (C "1", QUEUED);
    fake_bus_fault (BUS_STREAM, FAKE_BUS_DROP, -1, 0);
    person_is (house, "ben", PERSON_HEARTBEAT);
    fake_advance (3100);
    assert_offered (C "1", "ben");
}

static void a_restart_finds_all (void **state)
{
    house_t *house = *state;
    char id[ID_SIZE];
    router_up (house);
    fake_advance (2000);
    for (int i = 0; i < 6; i++) {
        snprintf (id, sizeof id, C "%d", i);
        opens (house, id, "chat", "Hello");
        fake_advance (10);
    }
    fake_kill (house->loops[0]);
    everybody_but_cy (house);
    assert_state (C "0", QUEUED);
    router_up (house);
    fake_advance (2000);
    for (int i = 0; i < 6; i++) {
        snprintf (id, sizeof id, C "%d", i);
        assert_int_equal (contact_of (id).state, i < 4 ? STATE (OFFERED) : STATE (QUEUED)); /* oldest first */
    }
}

static void replicas_do_not_quarrel (void **state)
{
    house_t *house = *state;
    char id[ID_SIZE], key[KEY_SIZE];
    router_up (house);
    router_up (house);
    fake_advance (2000);
    fake_bus_fault (BUS_ROUTE, FAKE_BUS_DOUBLE, -1, 0);
    for (int i = 0; i < 8; i++) {
        snprintf (id, sizeof id, C "%d", i);
        opens (house, id, "chat", "Hello");
    }
    everybody_but_cy (house);
    fake_advance (5000);
    size_t offered = 0;
    for (int i = 0; i < 8; i++) {
        snprintf (id, sizeof id, C "%d", i);
        offered += contact_of (id).state == STATE (OFFERED);
    }
    assert_int_equal (offered, 4);
    assert_int_equal (fake_store_size (key_own (key, 0, "acme", "ada", 1)), 2); /* never over capacity */
    assert_int_equal (fake_store_size (key_own (key, 0, "acme", "ben", 1)), 2);
}

/* Routing chose by a policy that was swapped before its commit: whom it chose may be wrong now, so it chooses again. */
static void a_policy_is_swapped_meanwhile (void **state)
{
    house_t *house = *state;
    char text[sizeof policy_text];
    router_up (house);
    everybody_but_cy (house);
    fake_advance (2300);
    memcpy (text, policy_text, sizeof text);
    memcpy (strstr (text, "members: [ada, ben]"), "members: [ben     ]", sizeof "members: [ben     ]" - 1);
    policy_apply (house->driver.store, house->driver.loop, text, strlen (text), "test", applied, NULL);
    fake_run ();
    opens (house, C "1", "chat", "Hello");
    fake_run ();
    assert_offered (C "1", "ben");
    assert_int_equal (contact_of (C "1").policy_version, 2);
}

/* Another took the room, and routing has not heard: the commit says so, and the next is tried at once. */
static void room_is_looked_at_by_the_commit (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    router_up (house);
    everybody_but_cy (house);
    fake_advance (2000);
    key_own (key, 0, "acme", "ada", 1);
    fake_store_place (key, 0, "chat/x1");
    fake_store_place (key, 0, "chat/x2");
    opens (house, C "1", "chat", "Hello");
    fake_run ();
    assert_offered (C "1", "ben");
}

static void f08_one_bad_record_stops_nothing (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    router_up (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "good");
    fake_store_put (key_contact (key, 0, "acme", "bad"), "rubbish", 7);
    fake_store_place (key_queue (key, 0, "acme"), 1, "bad");
    fake_advance (2000);
    person_is (house, "ben", PERSON_HEARTBEAT);
    fake_advance (1000);
    assert_offered (C "1", "ben");
    assert_int_equal (fake_log_count ("record can't be read"), 1); /* said once */
    fake_store_unplace (key_queue (key, 0, "acme"), "bad");
    fake_store_remove (key_contact (key, 0, "acme", "bad"));
}

static void f08_without_guard (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    router_up (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "good");
    guard_off = "f08";
    fake_store_put (key_contact (key, 0, "acme", "bad"), "rubbish", 7);
    fake_store_place (key_queue (key, 0, "acme"), 1, "bad");
    fake_advance (2000);
    person_is (house, "ben", PERSON_HEARTBEAT);
    fake_advance (1000);
    assert_state (C "1", QUEUED);
    fake_store_remove (key_contact (key, 0, "acme", "bad"));
}

static void f15_nobody_is_told_of (void **state)
{
    house_t *house = *state;
    router_up (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "Hello");
    fake_run ();
    assert_state (C "1", QUEUED);
    contact_t contact = contact_of (C "1");
    assert_string_equal (contact.accountable, "lea");
    assert_int_equal (contact.handoff_at, 0);
}

/* Somebody is there and nobody told us: that is found out before people are told that nobody is there. */
static void nobody_is_not_said_lightly (void **state)
{
    house_t *house = *state;
    router_up (house);
    fake_advance (4500);
    fake_bus_fault (BUS_STREAM, FAKE_BUS_DROP, -1, 0);
    person_is (house, "ben", PERSON_HEARTBEAT);
    opens (house, C "1", "chat", "Hello");
    fake_run ();
    assert_offered (C "1", "ben");
}

static void the_store_goes_and_comes_back (void **state)
{
    house_t *house = *state;
    router_up (house);
    everybody_but_cy (house);
    fake_advance (2000);
    fake_store_fault (FAKE_STORE_UNKNOWN, 2); /* the opening is done, and so is the offer: nobody hears */
    work_begin (
        &(work_order_t){.service = &house->driver,
                        .workspace = "acme",
                        .contact = C "1",
                        .event = {.kind = EVENT_NOTE, .id = event_id_of ("none", NULL), .by = "ada", .text = ""},
                        .done = on_done,
                        .arg = house});
    fake_run ();
    assert_int_equal (house->last, WORK_MISSING);
    fake_store_fault (FAKE_STORE_UNKNOWN, 0);
    opens (house, C "1", "chat", "Hello");
    fake_run ();
    assert_state (C "1", OFFERED);
    fake_store_fault (FAKE_STORE_AWAY, 1);
    fake_advance (5000);
    fake_store_fault (FAKE_STORE_AWAY, 0);
    fake_advance (3000);
    opens (house, C "2", "chat", "Hello");
    fake_advance (2100);
    assert_state (C "2", OFFERED);
}

/* Another took over who had not all of it: event numbers, records, epochs of people are lower than before. */
static void the_store_goes_back (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    size_t size;
    router_up (house);
    person_is (house, "ada", PERSON_HEARTBEAT);
    const void *bytes = fake_store_string (key_person (key, 0, "acme", "ada"), &size);
    uint8_t *before = xmemdup (bytes, size);
    size_t before_size = size;
    person_is (house, "ada", PERSON_AWAY);
    person_is (house, "ada", PERSON_HEARTBEAT);
    fake_advance (3000);
    opens (house, C "1", "chat", "Hello");
    assert_offered (C "1", "ada");
    fake_store_put (key, before, before_size);
    free (before);
    fake_store_remove (key_events (key, 0, "acme"));
    opens (house, C "2", "chat", "Hello");
    fake_advance (2100);
    assert_offered (C "2", "ada");
    assert_int_equal (contact_of (C "2").offer_epoch, 1);
    assert_int_equal (fake_log_count ("the store went back"), 1);
    fake_advance (10000);
    assert_int_equal (fake_log_count ("the store went back"), 1);
}

/* All with one deadline: who leaves the queue while it is walked hides nobody. */
static void a_walk_jumps_over_nobody (void **state)
{
    enum { CROWD = 2500, LEFT = 200 };
    house_t *house = *state;
    char id[ID_SIZE], key[KEY_SIZE];
    router_up (house);
    fake_advance (2000);
    for (int i = 0; i < CROWD; i++) {
        snprintf (id, sizeof id, "01HZZZZZZZZZZZZZZZZZZ%05d", i);
        opens (house, id, "chat", "Hello");
    }
    assert_int_equal (fake_store_size (key_queue (key, 0, "acme")), CROWD);
    fake_kill (house->loops[0]);
    router_up (house);
    const desk_t *desk = NULL;
    while (!desk || waiting_size (desk->waiting) < CROWD / 3) { /* between the first slices */
        fake_advance (1);
        desk = house->routing[1].self->desks;
    }
    assert_true (desk->walking);
    for (int i = 0; i < LEFT; i++) {
        snprintf (id, sizeof id, "01HZZZZZZZZZZZZZZZZZZ%05d", i);
        fake_store_unplace (key, id);
    }
    for (int i = 0; i < 100 && desk->walking; i++)
        fake_advance (1);
    assert_false (desk->walking);
    assert_int_equal (waiting_size (desk->waiting), CROWD); /* those who left were seen: the next walk forgets them */
    fake_advance (house->routing[1].refresh_ms + 2000);
    assert_int_equal (waiting_size (desk->waiting), CROWD - LEFT);
}

/* More than a part's overlap leave a crowd with one deadline, far from its beginning: the walk steps back to where it saw
 * everybody already, and goes on from there. */
static void a_walk_that_stepped_back_ends (void **state)
{
    enum { MANY = 10000, GONE = 20 };
    house_t *house = *state;
    char id[ID_SIZE], key[KEY_SIZE];
    key_queue (key, 0, "acme");
    for (int i = 0; i < MANY; i++) {
        snprintf (id, sizeof id, "01HZZZZZZZZZZZZZZZZZZ%05d", i);
        fake_store_place (key, fake_store_now (), id);
    }
    router_up (house);
    const desk_t *desk = NULL;
    while (!desk || desk->walk_from < MANY / 2) {
        fake_advance (1);
        desk = house->routing[0].self->desks;
    }
    assert_true (desk->walking);
    for (int i = 0; i < GONE; i++) {
        snprintf (id, sizeof id, "01HZZZZZZZZZZZZZZZZZZ%05d", i);
        fake_store_unplace (key, id);
    }
    for (int i = 0; i < 1000 && desk->walking; i++)
        fake_advance (1);
    assert_false (desk->walking);
}

enum { CROWD_SMALL = 120, HELD = 10 };

static const char *crowd_id (int i)
{
    static char id[ID_SIZE];
    snprintf (id, sizeof id, "01HZZZZZZZZZZZZZZZZZZ%05u", (unsigned)i % 100000);
    return id;
}

/* Takes what is offered to the person, and is done with it; how many. The first of them must be the first that is left. */
static int served (house_t *house, const char *person, int *next, int step)
{
    int n = 0;
    for (int i = *next; i < CROWD_SMALL; i += step) {
        const contact_t contact = contact_of (crowd_id (i));
        if (contact.state != STATE (OFFERED) || strcmp (contact.offered_to, person) != 0)
            break;
        acts (house, crowd_id (i), EVENT_ACCEPT, person);
        acts (house, crowd_id (i), EVENT_RESOLVE, person);
        *next = i + step;
        n++;
    }
    return n;
}

/* Of 120 that wait ten are held: all of each kind are served, the first come first. */
static void few_are_held_and_all_are_served (void **state)
{
    house_t *house = *state;
    router_up (house);
    fake_advance (2000);
    const desk_t *desk = house->routing[0].self->desks;
    waiting_bound (desk->waiting, HELD);
    for (int i = 0; i < CROWD_SMALL; i++)
        opens (house, crowd_id (i), "chat", i % 2 ? "My card" : "Hello");
    fake_advance (15000);
    assert_in_range (waiting_size (desk->waiting), 1, HELD);
    assert_int_equal (waiting_size (desk->waiting) + waiting_beyond (desk->waiting), CROWD_SMALL);
    for (int kind = 0; kind < 2; kind++) {
        const char *person = kind ? "ada" : "ben";
        int next = kind, rounds = 0;
        while (next < CROWD_SMALL) {
            assert_true (rounds++ < CROWD_SMALL);
            person_is (house, person, PERSON_HEARTBEAT);
            fake_advance (1500);
            served (house, person, &next, 2);
            assert_in_range (waiting_size (desk->waiting), 0, HELD + 2); /* and those in flight */
        }
    }
    fake_advance (15000);
    assert_int_equal (waiting_size (desk->waiting) + waiting_beyond (desk->waiting), 0);
}

static void an_offer_with_a_lost_answer (void **state)
{
    house_t *house = *state;
    router_up (house);
    fake_advance (2000);
    opens (house, C "1", "chat", "Hello");
    assert_state (C "1", QUEUED);
    person_is (house, "ben", PERSON_HEARTBEAT);
    fake_store_fault (FAKE_STORE_UNKNOWN, 1);
    fake_advance (4000);
    assert_offered (C "1", "ben");
    opens (house, C "2", "chat", "Hello"); /* ben's load is known */
    opens (house, C "3", "chat", "Hello");
    fake_run ();
    assert_offered (C "2", "ben");
    assert_state (C "3", QUEUED);
}

static void a_transfer_to_a_team (void **state)
{
    house_t *house = *state;
    router_up (house);
    everybody_but_cy (house);
    person_is (house, "cy", PERSON_HEARTBEAT);
    fake_advance (2000);
    opens (house, C "1", "chat", "My card");
    acts (house, C "1", EVENT_ACCEPT, "ada");
    contact_t contact = contact_of (C "1");
    work (house, C "1",
          (contact_event_t){
              .kind = EVENT_TRANSFER, .by = "ada", .by_epoch = contact.owner_epoch, .team = "second", .text = ""});
    fake_run ();
    contact = contact_of (C "1");
    assert_string_equal (contact.owner, "ada"); /* until it is accepted */
    assert_string_equal (contact.offered_to, "cy");
}

/* ---- explain ---- */

static void on_explained (void *arg, const explanation_t *explanation)
{
    unsigned *count = arg;
    assert_null (explanation->why);
    assert_non_null (strstr (explanation->text, "ben"));
    assert_non_null (strstr (explanation->text, "lacks a skill"));
    assert_string_equal (json_string_value (json_object_get (explanation->json, "winner")), "ada");
    assert_int_equal (json_array_size (json_object_get (explanation->json, "people")), 4);
    ++*count;
}

static void on_not_explained (void *arg, const explanation_t *explanation)
{
    unsigned *count = arg;
    assert_string_equal (explanation->why, "no such contact");
    ++*count;
}

static void explained (void **state)
{
    house_t *house = *state;
    unsigned count = 0;
    everybody_but_cy (house);
    opens (house, C "1", "chat", "My card");
    const policy_t *policy = workspaces_policy (house->driver.workspaces, "acme");
    explain_contact (house->driver.store, policy, C "1", on_explained, &count);
    explain_contact (house->driver.store, policy, C "2", on_not_explained, &count);
    fake_run ();
    assert_int_equal (count, 2);
}

#define SCENARIO(name) cmocka_unit_test_setup_teardown (name, up, down)

int main (void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO (a_contact_finds_a_person),
        SCENARIO (a_person_finds_what_waits),
        SCENARIO (f06_a_decline_excludes_for_a_while),
        SCENARIO (lost_hints),
        SCENARIO (lost_room),
        SCENARIO (a_lost_presence),
        SCENARIO (a_restart_finds_all),
        SCENARIO (replicas_do_not_quarrel),
        SCENARIO (a_policy_is_swapped_meanwhile),
        SCENARIO (room_is_looked_at_by_the_commit),
        SCENARIO (f08_one_bad_record_stops_nothing),
        SCENARIO (f08_without_guard),
        SCENARIO (f15_nobody_is_told_of),
        SCENARIO (nobody_is_not_said_lightly),
        SCENARIO (the_store_goes_and_comes_back),
        SCENARIO (the_store_goes_back),
        SCENARIO (a_walk_jumps_over_nobody),
        SCENARIO (a_walk_that_stepped_back_ends),
        SCENARIO (few_are_held_and_all_are_served),
        SCENARIO (an_offer_with_a_lost_answer),
        SCENARIO (a_transfer_to_a_team),
        SCENARIO (explained),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
