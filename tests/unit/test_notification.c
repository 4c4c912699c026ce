/* test_notification.c - the notification service on the fakes: what is sent, once or again, held, dead, moot.
 * Scenarios of failures.md carry their number; each is also played with its guard taken away. */
#include "dead_letters.h"
#include "fake.h"
#include "guard.h"
#include "hold.h"
#include "ids.h"
#include "keys.h"
#include "notification.h"
#include "options.h"
#include "outbox_waiting.h"
#include "plan.h"
#include "policy_apply.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#define PURPOSE(x) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##x
#define WAY(x)     BUCKSTOP__V1__WAY_KIND__WAY_KIND_##x
#define FACT(x)    BUCKSTOP__V1__FACT_KIND__FACT_KIND_##x
#define FIRST      BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE
#define CONTACT    "01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define HOOK       "https://pager.example/hook"

static const char policy_text[] = "workspace: acme\n"
                                  "last_resort: ada\n"
                                  "people:\n"
                                  "  ada: { name: Ada L. }\n"
                                  "teams:\n"
                                  "  front: { lead: ada, members: [ada] }\n";

enum { REPLICAS_MAX = 2 };
typedef struct replica {
    loop_t *loop;
    service_t service;
    notification_params_t params;
} replica_t;

typedef struct house {
    replica_t replicas[REPLICAS_MAX];
    size_t replicas_n;
    loop_t *loop; /* the test's own */
    store_t *store;
    bus_t *bus;
    char secrets[64];
    unsigned made;
    unsigned heard;
    uint64_t heard_number;
    char text[DETAIL_SIZE];
    char by[NAME_SIZE];
    size_t letters;
    wall_ms_t since;
    replay_outcome_t replayed;
} house_t;

static void applied (void *arg, const policy_applied_t *result)
{
    (void)arg;
    assert_int_equal (result->outcome, POLICY_APPLIED);
}

static void secret (const house_t *house, const char *name, const char *key)
{
    char path[128];
    snprintf (path, sizeof path, "%s/%s", house->secrets, name);
    if (!key) {
        unlink (path);
        return;
    }
    FILE *file = fopen (path, "w");
    assert_non_null (file);
    fputs (key, file);
    fclose (file);
}

static replica_t *start (house_t *house)
{
    replica_t *replica = &house->replicas[house->replicas_n++];
    options_defaults (notification_kind.params);
    replica->params = notification_params;
    replica->params.secrets = house->secrets;
    replica->params.smtp = "smtp://mail.example";
    replica->loop = loop_new ();
    replica->service = (service_t){.loop = replica->loop};
    replica->service.store = store_new (replica->loop, &(store_config_t){.shards = 1});
    return replica;
}

static void run (replica_t *replica)
{
    assert_int_equal (service_start_in (&replica->service, &notification_kind, &replica->params), 0);
    fake_advance (10);
    assert_non_null (replica->params.self);
}

static void end (replica_t *replica)
{
    if (!replica->loop)
        return;
    service_stop_in (&replica->service, &notification_kind, &replica->params);
    store_destroy (&replica->service.store);
    loop_destroy (&replica->loop);
}

static int up (void **state)
{
    static house_t house;
    memset (&house, 0, sizeof house);
    fake_reset (7);
    guard_off = NULL;
    snprintf (house.secrets, sizeof house.secrets, "/tmp/buckstop-test-XXXXXX");
    assert_non_null (mkdtemp (house.secrets));
    secret (&house, "pager", "a key\n");
    house.loop = loop_new ();
    house.store = store_new (house.loop, &(store_config_t){.shards = 1});
    house.bus = bus_new (house.loop);
    policy_apply (house.store, house.loop, policy_text, sizeof policy_text - 1, "test", applied, NULL);
    fake_advance (1000);
    *state = &house;
    return 0;
}

static int down (void **state)
{
    house_t *house = *state;
    guard_off = NULL;
    for (size_t i = 0; i < house->replicas_n; i++)
        end (&house->replicas[i]);
    bus_destroy (&house->bus);
    store_destroy (&house->store);
    loop_destroy (&house->loop);
    secret (house, "pager", NULL);
    secret (house, "pager.next", NULL);
    return rmdir (house->secrets);
}

static contact_t contact_of (void)
{
    contact_t contact = {.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED,
                         .opened_at = fake_store_now () - 1000,
                         .review_at = fake_store_now () + MS_PER_DAY,
                         .opened = 1};
    WORD_COPY (contact.id, CONTACT);
    WORD_COPY (contact.workspace, "acme");
    WORD_COPY (contact.channel, "chat");
    WORD_COPY (contact.team, "front");
    WORD_COPY (contact.subject, "My card");
    WORD_COPY (contact.owner, "ada");
    WORD_COPY (contact.accountable, "ada");
    contact.promises[0] = (promise_t){.kind = FIRST,
                                      .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING,
                                      .opened_at = contact.opened_at,
                                      .due = fake_store_now () + MS_PER_DAY,
                                      .duration_ms = MS_PER_DAY};
    contact.promises_n = 1;
    return contact;
}

static void put_contact (const contact_t *contact)
{
    static const record_head_t absent = {.version = 0};
    record_head_t head = record_head_next (&absent, KIND_CONTACT, event_id_of ("open", NULL), 0);
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size;
    uint8_t *bytes = contact_pack (contact, &head, &size);
    fake_store_put (key_contact (key, 0, "acme", CONTACT), bytes, size);
    fake_store_place (key_due (key, 0, KIND_CONTACT), contact_next_due (contact),
                      member_make (member, "acme", CONTACT));
    free (bytes);
}

/* An ASSIGNED of ada's by webhook, due now; change what is to be different. */
static delivery_t delivery_of (house_t *house)
{
    delivery_t delivery = {.purpose = PURPOSE (ASSIGNED),
                           .way = WAY (WEBHOOK),
                           .subject = "Yours: My card",
                           .body = "Please \"look\".",
                           .created_at = fake_store_now (),
                           .due = fake_store_now ()};
    effect_id (event_id_of ("test", NULL), house->made++, delivery.id);
    WORD_COPY (delivery.workspace, "acme");
    WORD_COPY (delivery.contact, CONTACT);
    WORD_COPY (delivery.person, "ada");
    WORD_COPY (delivery.address, HOOK);
    WORD_COPY (delivery.secret, "pager");
    return delivery;
}

static void put (const delivery_t *delivery)
{
    static const record_head_t absent = {.version = 0};
    record_head_t head = record_head_next (&absent, KIND_DELIVERY, event_id_of ("made", delivery->id, NULL), 0);
    char key[KEY_SIZE], member[MEMBER_SIZE];
    size_t size;
    uint8_t *bytes = delivery_pack (delivery, &head, &size);
    fake_store_put (key_delivery (key, 0, "acme", delivery->id), bytes, size);
    fake_store_place (key_due (key, 0, KIND_DELIVERY), delivery->due, member_make (member, "acme", delivery->id));
    free (bytes);
}

static void put_standard (house_t *house)
{
    contact_t contact = contact_of ();
    delivery_t delivery = delivery_of (house);
    put_contact (&contact);
    put (&delivery);
}

static size_t outbox_left (void)
{
    char key[KEY_SIZE];
    return fake_store_size (key_due (key, 0, KIND_DELIVERY));
}

static size_t records_left (void)
{
    return fake_store_count ("b:{0}:d:acme:");
}

/* How many entries of the timeline tell a fact of that kind; the last one's words go to house->text. */
static size_t told_of (house_t *house, const char *contact, fact_kind_t kind)
{
    char key[KEY_SIZE];
    const char *bytes;
    size_t size, count = 0;
    int64_t score;
    key_timeline (key, 0, "acme", contact);
    for (size_t i = 0; (bytes = fake_store_item (key, i, &size, &score)); i++) {
        Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, size, (const uint8_t *)bytes);
        assert_non_null (event);
        for (size_t f = 0; f < event->n_facts; f++)
            if (event->facts[f]->kind == (Buckstop__V1__FactKind)kind) {
                count++;
                WORD_COPY (house->text, event->facts[f]->detail);
                WORD_COPY (house->by, event->facts[f]->by);
            }
        buckstop__v1__event__free_unpacked (event, NULL);
    }
    return count;
}

static size_t told (house_t *house, fact_kind_t kind)
{
    return told_of (house, CONTACT, kind);
}

static double metric_of (replica_t *replica, const char *name)
{
    char *text = NULL;
    size_t size, length = strlen (name);
    FILE *out = open_memstream (&text, &size);
    assert_non_null (out);
    notification_kind.metrics (&replica->service, &replica->params, out);
    fclose (out);
    double value = -1;
    for (const char *line = text; line; line = strchr (line, '\n')) {
        line += *line == '\n';
        if (strncmp (line, name, length) == 0 && line[length] == ' ')
            value = strtod (line + length, NULL);
        if (!*line)
            break;
    }
    free (text);
    return value;
}

/* Effects as the receivers count them: by id. */
static size_t effects_taken (void)
{
    size_t n = 0;
    for (size_t i = 0; i < fake_calls (); i++) {
        const char *id = fake_call_header (fake_call (i), "Buckstop-Id");
        bool seen = !fake_call (i)->taken;
        for (size_t k = 0; k < i && !seen; k++)
            seen = fake_call (k)->taken && strcmp (fake_call_header (fake_call (k), "Buckstop-Id"), id) == 0;
        n += !seen;
    }
    return n;
}

/* ---- ways ---- */

static void by_the_log (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    delivery_t delivery = delivery_of (house);
    delivery.way = WAY (LOG);
    put (&delivery);
    run (start (house));
    fake_advance (1100);
    assert_int_equal (fake_log_count (" notice "), 1);
    assert_int_equal (outbox_left () + records_left (), 0);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
}

static void by_mail (void **state)
{
    house_t *house = *state;
    put_standard (house);
    delivery_t delivery = delivery_of (house);
    delivery.way = WAY (MAIL);
    WORD_COPY (delivery.address, "ada@example.com");
    put (&delivery);
    run (start (house));
    fake_advance (1100);
    assert_int_equal (fake_mails (), 1);
    assert_string_equal (fake_mail (0)->id, delivery.id);
    assert_string_equal (fake_mail (0)->to, "ada@example.com");
    assert_true (fake_mail (0)->automatic);
    assert_int_equal (outbox_left () + records_left (), 0);
}

/* A customer's words must not call the whole channel. */
static void by_slack (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    delivery_t delivery = delivery_of (house);
    delivery.way = WAY (SLACK);
    delivery.subject = "<!channel> a&b";
    delivery.body = "see <https://evil.example|here>";
    put (&delivery);
    run (start (house));
    fake_advance (1100);
    assert_int_equal (fake_calls (), 1);
    static const char expect[] = "{\"text\":\"*&lt;!channel&gt; a&amp;b*\\nsee &lt;https://evil.example|here&gt;\"}";
    assert_int_equal (fake_call (0)->body_size, sizeof expect - 1);
    assert_memory_equal (fake_call (0)->body, expect, sizeof expect - 1);
}

static void hex_of (const char *key, const char *timestamp, const char *body, char hex[65])
{
    crypto_auth_hmacsha256_state mac;
    unsigned char out[32];
    crypto_auth_hmacsha256_init (&mac, (const unsigned char *)key, strlen (key));
    crypto_auth_hmacsha256_update (&mac, (const unsigned char *)timestamp, strlen (timestamp));
    crypto_auth_hmacsha256_update (&mac, (const unsigned char *)".", 1);
    crypto_auth_hmacsha256_update (&mac, (const unsigned char *)body, strlen (body));
    crypto_auth_hmacsha256_final (&mac, out);
    sodium_bin2hex (hex, 65, out, sizeof out);
}

/* f42: webhooks are signed, with both keys while one is rotated. */
static void f42_signed (void **state)
{
    house_t *house = *state;
    secret (house, "pager.next", "the next key");
    put_standard (house);
    run (start (house));
    fake_advance (1100);
    assert_int_equal (fake_calls (), 1);
    const fake_call_t *call = fake_call (0);
    char now[65], next[65], expect[160], body[2048];
    const char *timestamp = fake_call_header (call, "Buckstop-Timestamp");
    snprintf (body, sizeof body, "%.*s", (int)call->body_size, call->body);
    hex_of ("a key", timestamp, body, now);
    hex_of ("the next key", timestamp, body, next);
    snprintf (expect, sizeof expect, "v1=%s,v1=%s", now, next);
    assert_string_equal (fake_call_header (call, "Buckstop-Signature"), expect);
    assert_string_equal (fake_call_header (call, "Idempotency-Key"), fake_call_header (call, "Buckstop-Id"));
    assert_non_null (strstr (body, "\"purpose\":\"assigned\""));
    assert_non_null (strstr (body, "\"body\":\"Please \\\"look\\\".\""));
}

static void f42_without_guard (void **state)
{
    house_t *house = *state;
    guard_off = "f42";
    put_standard (house);
    run (start (house));
    fake_advance (1100);
    assert_null (fake_call_header (fake_call (0), "Buckstop-Signature"));
}

/* Who may submit names where customers are called back: that needs a switch of its own. */
static void private_addresses_call_by_call (void **state)
{
    static const struct {
        bool targets, callbacks, customer, allowed;
    } rows[] = {{false, false, false, false},
                {true, false, false, true},
                {true, false, true, false},
                {false, true, true, true},
                {false, true, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        house_t *house = *state;
        contact_t contact = contact_of ();
        put_contact (&contact);
        delivery_t delivery = delivery_of (house);
        if (rows[i].customer) {
            delivery.person[0] = '\0';
            delivery.purpose = PURPOSE (ACKNOWLEDGE);
        }
        put (&delivery);
        replica_t *replica = start (house);
        replica->params.private_targets = rows[i].targets;
        replica->params.private_callbacks = rows[i].callbacks;
        run (replica);
        fake_advance (1100);
        assert_int_equal (fake_calls (), 1);
        assert_int_equal (fake_call (0)->private_allowed, rows[i].allowed);
        down (state);
        up (state);
    }
}

/* ---- faults of ours fail no delivery ---- */

static void a_missing_key_names_its_file (void **state)
{
    house_t *house = *state;
    secret (house, "pager", NULL);
    put_standard (house);
    run (start (house));
    fake_advance (3 * MS_PER_HOUR);
    assert_int_equal (fake_calls (), 0);
    assert_int_equal (told (house, FACT (DELIVERY_FAILED)), 0);
    assert_int_equal (told (house, FACT (DELIVERY_RETRIED)), 1); /* said once, however often it was looked at */
    assert_non_null (strstr (house->text, house->secrets));
    assert_non_null (strstr (house->text, "/pager"));
    assert_in_range (fake_log_count ("our own settings"), 30, 60);
    secret (house, "pager", "a key");
    fake_advance (DELIVERY_HELD_MAX_MS + 1000);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
    assert_int_equal (outbox_left () + records_left (), 0);
}

static void counted (void *arg, const outbox_waiting_t *waiting)
{
    house_t *house = arg;
    house->letters = waiting->n;
    house->since = waiting->since;
    WORD_COPY (house->text, waiting->why);
    assert_false (waiting->away || waiting->wrong_type || waiting->more);
}

/* What the operator is told who asks why nothing arrives. */
static void what_waits_is_counted (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    wall_ms_t began = fake_store_now ();
    delivery_t later = delivery_of (house);
    later.due += MS_PER_DAY; /* a further way: nothing is wrong with it */
    put (&later);
    for (int i = 0; i < 150; i++) {
        delivery_t delivery = delivery_of (house);
        put (&delivery);
    }
    outbox_waiting (house->store, "acme", counted, house);
    fake_advance (10);
    assert_int_equal (house->letters, 0);
    fake_advance (10 * MS_PER_SECOND); /* no notification service runs */
    outbox_waiting (house->store, "acme", counted, house);
    fake_advance (10);
    assert_int_equal (house->letters, 150);
    assert_string_equal (house->text, "");
    secret (house, "pager", NULL);
    run (start (house));
    fake_advance (MS_PER_MINUTE);
    outbox_waiting (house->store, "acme", counted, house);
    fake_advance (10);
    assert_int_equal (house->letters, 150);
    assert_int_equal (house->since, began);
    assert_non_null (strstr (house->text, "/pager"));
    outbox_waiting (house->store, "other", counted, house);
    fake_advance (10);
    assert_int_equal (house->letters, 0);
}

static void put_mail_reply (house_t *house)
{
    contact_t contact = contact_of ();
    delivery_t reply = delivery_of (house);
    reply.purpose = PURPOSE (REPLY);
    reply.person[0] = '\0';
    reply.way = WAY (MAIL);
    WORD_COPY (reply.address, "eve@example.com");
    reply.promise = FIRST;
    contact.promises[0].answered_at = reply.created_at;
    put_contact (&contact);
    put (&reply);
}

/* No server, no login: the reply waits and the timeline says why; a mailbox that is none is for good. */
static void mail_that_we_can_t_send_waits (void **state)
{
    static const struct {
        const char *smtp, *from;
        int status;
        bool dead;
        const char *why;
    } rows[] = {{"", "desk@example.com", 0, false, "no mail server"},
                {"smtp://mail", "desk@example.com", 535, false, "refused"},
                {"smtp://mail", "desk@example.com", 550, true, "refused"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        house_t *house = *state;
        put_mail_reply (house);
        replica_t *replica = start (house);
        replica->params.smtp = rows[i].smtp;
        replica->params.mail_from = rows[i].from;
        if (rows[i].status)
            fake_peer ("eve@", FAKE_PEER_ANSWERS, rows[i].status, 0, -1);
        run (replica);
        fake_advance (2 * MS_PER_HOUR);
        fact_kind_t kind = rows[i].dead ? FACT (DELIVERY_FAILED) : FACT (DELIVERY_RETRIED);
        assert_int_equal (told (house, kind), 1);
        assert_non_null (strstr (house->text, rows[i].why));
        assert_int_equal (outbox_left (), !rows[i].dead);
        fake_peers_clear ();
        down (state);
        up (state);
    }
}

/* ---- again ---- */

/* f39: a send that was not confirmed is unknown, not failed: again, with the same id and the same bytes. */
static void f39_unknown_is_not_failed (void **state)
{
    house_t *house = *state;
    fake_peer ("pager.example", FAKE_PEER_SILENT, 0, 0, 1);
    fake_peer ("pager.example", FAKE_PEER_LOST, 0, 0, 1);
    put_standard (house);
    run (start (house));
    fake_advance (60000);
    assert_int_equal (fake_calls (), 3);
    for (size_t i = 1; i < 3; i++) {
        assert_string_equal (fake_call_header (fake_call (i), "Buckstop-Id"),
                             fake_call_header (fake_call (0), "Buckstop-Id"));
        assert_int_equal (fake_call (i)->body_size, fake_call (0)->body_size);
        assert_memory_equal (fake_call (i)->body, fake_call (0)->body, fake_call (0)->body_size);
    }
    assert_int_equal (effects_taken (), 1);
    assert_int_equal (told (house, FACT (DELIVERY_RETRIED)), 2);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
    assert_int_equal (outbox_left () + records_left (), 0);
}

static void f39_without_guard (void **state)
{
    house_t *house = *state;
    guard_off = "f39";
    fake_peer ("pager.example", FAKE_PEER_SILENT, 0, 0, 1);
    put_standard (house);
    run (start (house));
    fake_advance (60000);
    assert_int_equal (told (house, FACT (DELIVERED)), 0);
}

static void throttled_waits_as_told (void **state)
{
    house_t *house = *state;
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 429, 30000, 1);
    put_standard (house);
    run (start (house));
    fake_advance (29000);
    assert_int_equal (fake_calls (), 1);
    fake_advance (4000);
    assert_int_equal (fake_calls (), 2);
    assert_true (fake_call (1)->at - fake_call (0)->at >= 30000);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
}

/* ---- f36: everyone in the cluster sends ---- */

static size_t calls_of_two (house_t *house)
{
    replica_t *one = start (house), *two = start (house);
    run (one);
    run (two);
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 200, 500, -1);
    put_standard (house);
    fake_advance (3000);
    return fake_calls ();
}

static void f36_one_of_two_sends (void **state)
{
    house_t *house = *state;
    assert_int_equal (calls_of_two (house), 1);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
}

static void f36_without_guard (void **state)
{
    house_t *house = *state;
    guard_off = "f36";
    assert_true (calls_of_two (house) > 1);
    assert_int_equal (told (house, FACT (DELIVERED)), 1); /* the commit still counts it once */
}

/* ---- f37: a restart forgets ---- */

static void f37_after_a_crash_it_is_sent (void **state)
{
    static const fake_kill_t places[] = {FAKE_KILL_AFTER_LEASE, FAKE_KILL_BEFORE_SEND, FAKE_KILL_AFTER_SEND,
                                         FAKE_KILL_BEFORE_COMMIT, FAKE_KILL_AFTER_COMMIT};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        house_t *house = *state;
        replica_t *one = start (house), *two = start (house);
        run (one);
        fake_kill_at (one->loop, places[i]);
        put_standard (house);
        fake_advance (1500);
        if (!fake_killed (one->loop))
            fail_msg ("place %zu was not passed", i);
        run (two);
        fake_advance (30000);
        assert_int_equal (effects_taken (), 1);
        assert_int_equal (outbox_left () + records_left (), 0);
        assert_int_equal (told (house, FACT (DELIVERED)), 1);
        down (state);
        up (state);
    }
}

static void f37_without_guard (void **state)
{
    house_t *house = *state;
    replica_t *one = start (house), *two = start (house);
    guard_off = "f37";
    run (one);
    fake_kill_at (one->loop, FAKE_KILL_BEFORE_SEND);
    put_standard (house);
    fake_advance (1500);
    run (two);
    fake_advance (30000);
    assert_int_equal (effects_taken (), 0); /* forgotten */
}

/* ---- f40: dead letters ---- */

static void listed (void *arg, const dead_letters_t *letters)
{
    house_t *house = arg;
    house->letters = letters->n;
    for (size_t i = 0; i < letters->n; i++)
        WORD_COPY (house->text, letters->items[i].delivery.last_error);
}

static void replayed (void *arg, replay_outcome_t outcome)
{
    ((house_t *)arg)->replayed = outcome;
}

static void f40_dead_letters_and_replay (void **state)
{
    house_t *house = *state;
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 410, 0, 1);
    put_standard (house);
    replica_t *replica = start (house);
    run (replica);
    fake_advance (5000);
    assert_int_equal (fake_calls (), 1);
    assert_int_equal (outbox_left (), 0);
    assert_int_equal (metric_of (replica, "buckstop_dead_letters"), 1);
    dead_letters_list (house->store, "acme", 0, listed, house);
    fake_advance (10);
    assert_int_equal (house->letters, 1);
    assert_string_equal (house->text, "the far side answered 410");
    char id[DELIVERY_ID_SIZE];
    WORD_COPY (id, fake_call_header (fake_call (0), "Buckstop-Id"));
    dead_letter_replay (house->store, "acme", id, "ada", replayed, house);
    fake_advance (2000);
    assert_int_equal (house->replayed, REPLAY_DONE);
    assert_int_equal (fake_calls (), 2);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
    assert_int_equal (told (house, FACT (DELIVERY_RETRIED)), 1);
    assert_string_equal (house->by, "ada");
    fake_advance (2000);
    assert_int_equal (metric_of (replica, "buckstop_dead_letters"), 0);
    dead_letters_list (house->store, "acme", 0, listed, house);
    dead_letter_replay (house->store, "acme", id, "ada", replayed, house);
    fake_advance (10);
    assert_int_equal (house->letters, 0);
    assert_int_equal (house->replayed, REPLAY_MISSING);
}

/* However many there are: what can be counted is, and what comes and goes is seen within seconds. */
static void dead_letters_are_counted (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE], id[DELIVERY_ID_SIZE];
    static const size_t counts[] = {3, 4, 1000, 1001, 1500, 999, 1, 0, 2, 2};
    replica_t *replica = start (house);
    run (replica);
    key_dead (key, 0, "acme");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (size_t n = 0; n < 1500; n++) {
            snprintf (id, sizeof id, "%016zx-0", n);
            fake_store_unplace (key, id);
            if (n < counts[i])
                fake_store_place (key, (int64_t)(n + 1), id);
        }
        fake_advance (4000);
        assert_int_equal (metric_of (replica, "buckstop_dead_letters"), counts[i] < 1000 ? counts[i] : 1000);
    }
}

static void f40_without_guard (void **state)
{
    house_t *house = *state;
    guard_off = "f40";
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 410, 0, 1);
    put_standard (house);
    run (start (house));
    fake_advance (5000);
    dead_letters_list (house->store, "acme", 0, listed, house);
    fake_advance (10);
    assert_int_equal (house->letters, 0);
}

/* ---- f41: one broken link holds up another's page ---- */

static int64_t page_beside_broken_link (house_t *house)
{
    contact_t contact = contact_of ();
    put_contact (&contact);
    fake_peer ("chat.example", FAKE_PEER_SILENT, 0, 0, -1);
    for (int i = 0; i < 200; i++) {
        delivery_t broken = delivery_of (house);
        WORD_COPY (broken.address, "https://chat.example/broken");
        broken.due -= 1000;
        put (&broken);
    }
    delivery_t page = delivery_of (house);
    put (&page);
    run (start (house));
    fake_advance (12000);
    for (size_t i = 0; i < fake_calls (); i++)
        if (strcmp (fake_call (i)->url, HOOK) == 0)
            return fake_call (i)->at - page.due;
    return -1;
}

static void f41_each_delivery_for_itself (void **state)
{
    int64_t late = page_beside_broken_link (*state);
    assert_true (late >= 0 && late < 2000);
}

static void f41_without_guard (void **state)
{
    guard_off = "f41";
    int64_t late = page_beside_broken_link (*state);
    assert_true (late < 0 || late >= 5000);
}

static size_t calls_to (const char *part)
{
    size_t n = 0;
    for (size_t i = 0; i < fake_calls (); i++)
        n += strstr (fake_call (i)->url, part) != NULL;
    return n;
}

static delivery_t callback_of (house_t *house, const char *url)
{
    delivery_t delivery = delivery_of (house);
    delivery.purpose = PURPOSE (REPLY);
    delivery.person[0] = '\0';
    WORD_COPY (delivery.address, url);
    return delivery;
}

/* Many silent hosts, in customers' name: a person's page, the log, mail and a customer whose host answers go on. */
static void many_silent_hosts_starve_nobody (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    fake_peer ("silent", FAKE_PEER_SILENT, 0, 0, -1);
    replica_t *replica = start (house);
    replica->params.calls_max = 64;
    replica->params.mail_from = "desk@example.com";
    run (replica);
    for (int i = 0; i < 3; i++) { /* this one has answered before */
        delivery_t known = callback_of (house, "https://good.example/");
        put (&known);
        fake_advance (1000);
    }
    for (int i = 0; i < 2000; i++) {
        char url[64];
        snprintf (url, sizeof url, "https://silent%d.example/", i % 100);
        delivery_t lost = callback_of (house, url);
        put (&lost);
    }
    fake_advance (3000);
    for (int round = 0; round < 10; round++) {
        delivery_t page = delivery_of (house), log = page, mail = page,
                   back = callback_of (house, "https://good.example/");
        effect_id (event_id_of ("log", NULL), house->made++, log.id);
        effect_id (event_id_of ("mail", NULL), house->made++, mail.id);
        log.way = WAY (LOG);
        mail.way = WAY (MAIL);
        WORD_COPY (mail.address, "ada@example.com");
        const delivery_t *all[] = {&page, &log, &mail, &back};
        for (size_t i = 0; i < 4; i++)
            put (all[i]);
        fake_advance (2000);
        assert_int_equal (calls_to (HOOK), round + 1);
        assert_int_equal (fake_log_count (" notice "), round + 1);
        assert_int_equal (fake_mails (), round + 1);
        assert_int_equal (calls_to ("good.example"), 3 + round + 1);
    }
}

/* One host is one target, however its user, its port and its letters are written. */
static void spellings_are_one_target (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    fake_peer ("ilent", FAKE_PEER_SILENT, 0, 0, -1);
    for (int i = 0; i < 50; i++) {
        char url[64];
        snprintf (url, sizeof url, "https://u%d@%silent.example%s/", i, i % 2 ? "S" : "s", i % 3 ? "" : ":443");
        delivery_t lost = callback_of (house, url);
        put (&lost);
    }
    run (start (house));
    fake_advance (9000);
    assert_int_equal (fake_calls (), 4); /* nothing is known of it yet */
}

/* Nothing is left in the outbox: nothing has an age. */
static void no_age (replica_t *replica)
{
    fake_advance (2 * MS_PER_SECOND);
    assert_int_equal (outbox_left (), 0);
    assert_int_equal (metric_of (replica, "buckstop_outbox_held_age_seconds"), 0);
    assert_int_equal (metric_of (replica, "buckstop_outbox_age_seconds"), 0);
}

/* A host that keeps failing: each delivery says so once, costs few commits, and is looked for until it is back. */
static void a_failing_host_costs_little (void **state)
{
    enum { N = 200 };
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    fake_peer ("lost.example", FAKE_PEER_DOWN, 0, 0, -1);
    replica_t *replica = start (house);
    run (replica);
    for (int i = 0; i < N; i++) {
        delivery_t lost = callback_of (house, "https://lost.example/");
        lost.due += i;
        put (&lost);
    }
    fake_advance (20 * MS_PER_SECOND);
    assert_in_range (fake_calls (), 5, 20);
    assert_int_equal (fake_log_count ("target keeps failing"), 1);
    uint64_t commits = fake_store_commits ();
    fake_advance (10 * MS_PER_MINUTE);
    assert_in_range (fake_store_commits () - commits, 1, 8 * N); /* not one each half second */
    assert_in_range (told (house, FACT (DELIVERY_HELD)), 1, N);
    assert_in_range (metric_of (replica, "buckstop_outbox_age_seconds"), 500, 700);
    assert_int_equal (metric_of (replica, "buckstop_targets_failing"), 1);
    fake_peers_clear ();
    fake_advance (30 * MS_PER_MINUTE);
    assert_int_equal (outbox_left (), 0);
    assert_int_equal (fake_log_count ("target answers again"), 1);
    assert_int_equal (metric_of (replica, "buckstop_targets_failing"), 0);
    no_age (replica);
}

/* n of one purpose have waited for so many hosts that were down; from now on they answer after so long, and one just
 * did. */
typedef struct waited {
    size_t n, hosts;
    purpose_t purpose;
    int calls_max;
    int64_t answer_ms, store_ms; /* the store answers so late from now on */
} waited_t;

static void host_comes_back (house_t *house, replica_t *replica, const waited_t *waited)
{
    contact_t contact = contact_of ();
    put_contact (&contact);
    fake_peer ("lost.example", FAKE_PEER_DOWN, 0, 0, -1);
    if (waited->calls_max)
        replica->params.calls_max = waited->calls_max;
    run (replica);
    for (size_t i = 0; i < waited->n; i++) {
        char url[64];
        snprintf (url, sizeof url, "https://%zu.lost.example/", i % waited->hosts);
        delivery_t page = callback_of (house, url);
        page.purpose = waited->purpose;
        page.due += (int64_t)i;
        put (&page);
    }
    fake_advance (20 * MS_PER_MINUTE);
    size_t before = fake_calls ();
    fake_store_fault (FAKE_STORE_SLOW, waited->store_ms);
    fake_peers_clear ();
    fake_peer ("lost.example", FAKE_PEER_ANSWERS, 200, waited->answer_ms, -1);
    for (int i = 0; i < 6000 && fake_calls () == before; i++)
        fake_advance (100);
    assert_true (fake_calls () > before);
}

/* How long until nobody waits any more; -1: not within ten minutes. */
static int64_t caught_up_after (void)
{
    for (int64_t waited = 0; waited < 10 * MS_PER_MINUTE; waited += 500) {
        if (!outbox_left ())
            return waited;
        fake_advance (500);
    }
    return -1;
}

/* The host answers again: who waited for it comes at once, not at the end of a wait that doubled for as long as it was
 * away; and the host gets no more at once than it has earned. */
static void a_host_that_answers_gets_what_waited (void **state)
{
    house_t *house = *state;
    replica_t *replica = start (house);
    host_comes_back (house, replica, &(waited_t){.n = 300, .hosts = 1, .purpose = PURPOSE (REPLY)});
    int64_t late = caught_up_after ();
    assert_in_range (late, 0, 5 * MS_PER_SECOND);
    assert_int_equal (effects_taken (), 300);
    assert_int_equal (told (house, FACT (DELIVERED)), 300);
    assert_int_equal (told (house, FACT (DELIVERY_FAILED)), 0);
}

/* So does what is within a limit; the others come as the limit says, and nobody overtakes who was promised a time. */
static void what_is_brought_forward_keeps_the_limit (void **state)
{
    house_t *house = *state;
    replica_t *replica = start (house);
    replica->params.rates = "0.lost.example=2/s:1";
    host_comes_back (house, replica, &(waited_t){.n = 60, .hosts = 1, .purpose = PURPOSE (REPLY)});
    int64_t late = caught_up_after ();
    assert_in_range (late, 20 * MS_PER_SECOND, 5 * MS_PER_MINUTE);
    for (size_t i = 0, first = 0; i < fake_calls (); i++) {
        if (!fake_call (i)->taken)
            continue;
        while (!fake_call (first)->taken || fake_call (i)->at - fake_call (first)->at >= 10 * MS_PER_SECOND)
            first++;
        assert_true (i - first <= 22);
    }
    assert_int_equal (effects_taken (), 60);
}

/* Each of them costs the commit that brings it forward and the one that settles it, however slow the store is: no more are
 * brought than find a place, counted until they are there; and replies to one contact are settled one after the other. */
static void what_is_brought_forward_comes_once (void **state)
{
    enum { N = 300 };
    static const struct {
        waited_t waited;
        int64_t at_most_ms;
    } rows[] = {
        {{N, 1, PURPOSE (APOLOGY), 256, 100, 10}, 5 * MS_PER_SECOND},
        {{N, 1, PURPOSE (APOLOGY), 256, 3000, 10}, 30 * MS_PER_SECOND},
        {{N, 1, PURPOSE (APOLOGY), 16, 3000, 10}, 100 * MS_PER_SECOND},
        {{3 * N, 6, PURPOSE (APOLOGY), 64, 3000, 10}, 100 * MS_PER_SECOND},
        {{N, 1, PURPOSE (REPLY), 256, 0, 10}, 8 * MS_PER_SECOND},
        {{N, 1, PURPOSE (REPLY), 256, 100, 10}, 8 * MS_PER_SECOND},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        house_t *house = *state;
        host_comes_back (house, start (house), &rows[r].waited);
        uint64_t before = fake_store_commits ();
        size_t left = outbox_left (), n = rows[r].waited.n;
        assert_in_range (left, n / 2, n); /* those of the first moment are gone */
        assert_in_range (caught_up_after (), 0, rows[r].at_most_ms);
        uint64_t commits = fake_store_commits () - before;
        if (10 * commits > 22 * left)
            fail_msg ("row %zu: %llu commits for %zu notices", r, (unsigned long long)commits, left);
        assert_int_equal (effects_taken (), n);
        assert_int_equal (told (house, FACT (DELIVERED)), n);
        fake_store_fault (FAKE_STORE_SLOW, 0);
        fake_peers_clear ();
        down (state);
        up (state);
    }
}

/* The service ends while they are read, moved, leased, called, or settled. */
static void stopped_while_they_come (void **state)
{
    for (int64_t moment = 0; moment < 120; moment += 7) {
        house_t *house = *state;
        replica_t *replica = start (house);
        host_comes_back (house, replica, &(waited_t){40, 1, PURPOSE (REPLY), 256, 20, 10});
        fake_advance (moment);
        end (replica);
        fake_store_fault (FAKE_STORE_SLOW, 0);
        run (start (house));
        fake_advance (15 * MS_PER_MINUTE);
        assert_int_equal (effects_taken (), 40);
        assert_int_equal (outbox_left () + records_left (), 0);
        fake_peers_clear ();
        down (state);
        up (state);
    }
}

/* Who waits for another's commit is put back before its lease ends: what was accepted is not sent again. */
static void replies_in_line_outlast_no_lease (void **state)
{
    house_t *house = *state;
    enum { N = 60 };
    contact_t contact = contact_of ();
    put_contact (&contact);
    run (start (house));
    for (int i = 0; i < N; i++) {
        delivery_t reply = callback_of (house, "https://good.example/");
        put (&reply);
    }
    fake_advance (50);
    fake_store_fault (FAKE_STORE_SLOW, 400);
    fake_advance (5 * MS_PER_MINUTE);
    assert_int_equal (fake_calls (), N);
    assert_int_equal (told (house, FACT (DELIVERED)), N);
    assert_int_equal (outbox_left () + records_left (), 0);
}

/* The only one that waits is tried again, further and further apart: nothing is held, and it is late all the same. Its own
 * delay does not count; a replica that starts anew finds out. */
static void what_is_tried_again_has_an_age (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    fake_peer ("away.example", FAKE_PEER_DOWN, 0, 0, -1);
    replica_t *replica = start (house);
    run (replica);
    delivery_t later = callback_of (house, "https://away.example/");
    later.due += 2 * MS_PER_MINUTE;
    put (&later);
    fake_advance (2 * MS_PER_MINUTE);
    assert_in_range (metric_of (replica, "buckstop_outbox_age_seconds"), 0, 1);
    fake_advance (12 * MS_PER_MINUTE);
    assert_in_range (metric_of (replica, "buckstop_outbox_age_seconds"), 700, 730);
    assert_in_range (metric_of (replica, "buckstop_outbox_held_age_seconds"), 700, 730);
    outbox_waiting (house->store, "acme", counted, house);
    fake_advance (10);
    assert_int_equal (house->letters, 1);
    assert_int_equal (house->since, later.due);
    replica_t *anew = start (house);
    run (anew);
    fake_advance (3000);
    assert_in_range (metric_of (anew, "buckstop_outbox_age_seconds"), 700, 730);
    fake_peers_clear ();
    fake_advance (20 * MS_PER_MINUTE);
    assert_int_equal (effects_taken (), 1);
    no_age (replica);
    no_age (anew);
}

/* A slow host has few calls under way: whoever was held meanwhile comes as soon as there is a place. */
static void a_slow_host_is_never_idle_while_somebody_waits (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    fake_peer ("slow.example", FAKE_PEER_ANSWERS, 200, 8000, -1);
    replica_t *replica = start (house);
    run (replica);
    for (int i = 0; i < 1000; i++) {
        delivery_t page = callback_of (house, "https://slow.example/");
        put (&page);
    }
    fake_advance (90 * MS_PER_SECOND);
    assert_true (effects_taken () < 800);
    assert_in_range (metric_of (replica, "buckstop_outbox_held_age_seconds"), 60, 90);
    fake_peers_clear ();
    fake_advance (30 * MS_PER_SECOND);
    assert_int_equal (effects_taken (), 1000);
    no_age (replica);
}

/* When the store was so slow that the lease is about to end, another may be at it: the row is left to its lease. */
static void nothing_is_sent_on_an_old_lease (void **state)
{
    house_t *house = *state;
    run (start (house));
    fake_advance (500);
    fake_store_fault (FAKE_STORE_SLOW, 600);
    put_standard (house);
    fake_advance (900); /* leased; the answer is on its way */
    fake_store_fault (FAKE_STORE_AWAY, 1);
    fake_advance (6000); /* the contact can't be read */
    fake_store_fault (FAKE_STORE_AWAY, 0);
    fake_store_fault (FAKE_STORE_SLOW, 0);
    fake_advance (5000);
    assert_int_equal (fake_calls (), 0);
    fake_advance (5000); /* the lease has brought it back */
    assert_int_equal (fake_calls (), 1);
    assert_int_equal (outbox_left () + records_left (), 0);
}

/* ---- held, moot ---- */

/* f38: limits are settings, the urgent go first, and what is held says so once. */
static void f38_limits (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    replica_t *replica = start (house);
    replica->params.limits[WAY (WEBHOOK)] = (notification_limit_t){.rate = 2, .burst = 1};
    for (int i = 0; i < 6; i++) {
        delivery_t delivery = delivery_of (house);
        put (&delivery);
    }
    run (replica);
    fake_advance (100);
    assert_int_equal (fake_calls (), 1);
    delivery_t urgent = delivery_of (house);
    urgent.urgent = true;
    put (&urgent);
    fake_advance (1100);
    bool first = false;
    for (size_t i = 0; i < fake_calls (); i++)
        first |= strcmp (fake_call_header (fake_call (i), "Buckstop-Id"), urgent.id) == 0;
    assert_true (first);
    assert_true (fake_calls () < 6);
    fake_advance (6000);
    assert_int_equal (effects_taken (), 7);
    assert_int_equal (told (house, FACT (DELIVERY_HELD)), 5);
    assert_non_null (strstr (house->text, "limit"));
}

/* What one replica held another has sent: the first does not wait for it for ever. */
static void what_another_has_sent_has_no_age (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    replica_t *slow = start (house);
    slow->params.limits[WAY (WEBHOOK)] = (notification_limit_t){.rate = 1, .burst = 1};
    for (int i = 0; i < 60; i++) {
        delivery_t delivery = delivery_of (house);
        put (&delivery);
    }
    run (slow);
    fake_advance (20 * MS_PER_SECOND);
    assert_in_range (metric_of (slow, "buckstop_outbox_held_age_seconds"), 15, 25);
    run (start (house));
    for (int i = 0; i < 600 && outbox_left (); i++)
        fake_advance (500);
    fake_advance (3 * MS_PER_SECOND);
    no_age (slow);
    assert_int_equal (effects_taken (), 60);
}

static void moot (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    WORD_COPY (contact.owner, "bob");
    put_contact (&contact);
    delivery_t delivery = delivery_of (house);
    put (&delivery);
    run (start (house));
    fake_advance (1100);
    assert_int_equal (fake_calls (), 0);
    assert_int_equal (told (house, FACT (DELIVERY_MOOT)), 1);
    assert_int_equal (outbox_left () + records_left (), 0);
}

/* ---- replies ---- */

static void put_reply (house_t *house)
{
    contact_t contact = contact_of ();
    delivery_t reply = delivery_of (house);
    reply.purpose = PURPOSE (REPLY);
    reply.person[0] = '\0';
    reply.promise = FIRST;
    contact.promises[0].answered_at = reply.created_at;
    put_contact (&contact);
    put (&reply);
}

static contact_t contact_now (void)
{
    char key[KEY_SIZE];
    size_t size;
    contact_t contact;
    record_head_t head;
    const void *bytes = fake_store_string (key_contact (key, 0, "acme", CONTACT), &size);
    assert_non_null (bytes);
    assert_int_equal (contact_unpack (bytes, size, &head, &contact), RECORD_OK);
    return contact;
}

static void a_reply_accepted_keeps_the_promise (void **state)
{
    house_t *house = *state;
    put_reply (house);
    run (start (house));
    fake_advance (1100);
    contact_t contact = contact_now ();
    assert_int_equal (contact.kept, 1);
    assert_int_equal (outbox_left () + records_left (), 0);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
    assert_int_equal (told (house, FACT (PROMISE_KEPT)), 1);
}

static void a_reply_that_fails_counts_as_never_given (void **state)
{
    house_t *house = *state;
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 404, 0, -1);
    put_reply (house);
    run (start (house));
    fake_advance (1100);
    contact_t contact = contact_now ();
    assert_int_equal (contact.kept, 0);
    assert_int_equal (contact.promises_n, 1);
    assert_int_equal (contact.promises[0].answered_at, 0);
    assert_int_equal (told (house, FACT (DELIVERY_FAILED)), 1);
    assert_int_equal (records_left (), 1); /* the dead letter; what tells the owner went by the log */
    assert_int_equal (fake_log_count ("purpose=returned"), 1);
}

/* So does what the system tells the customer by itself, as far as telling goes: the owner hears of it, once; where the
 * contact has ended its timeline does. */
static void an_acknowledgement_that_fails_is_told (void **state)
{
    house_t *house = *state;
    for (int ended = 0; ended < 2; ended++) {
        contact_t contact = contact_of ();
        if (ended)
            contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_CLOSED;
        fake_peer ("pager.example", FAKE_PEER_ANSWERS, 404, 0, -1);
        delivery_t told_customer = delivery_of (house);
        told_customer.purpose = ended ? PURPOSE (REPLY) : PURPOSE (ACKNOWLEDGE);
        told_customer.person[0] = '\0';
        put_contact (&contact);
        put (&told_customer);
        if (!ended)
            run (start (house));
        fake_advance (3000);
        assert_int_equal (told (house, FACT (DELIVERY_FAILED)), 1 + ended);
        assert_int_equal (fake_log_count ("purpose=returned"), 1);
        assert_int_equal (records_left (), 1 + ended); /* the dead letters */
        assert_int_equal (contact_now ().promises_n, 1);
    }
}

/* Its address is mended, and it is sent again: it arrives after all, and that is told with what it answers. */
static void a_dead_reply_that_is_replayed_keeps_the_promise (void **state)
{
    house_t *house = *state;
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 404, 0, 1);
    put_reply (house);
    run (start (house));
    fake_advance (20 * MS_PER_SECOND);
    assert_int_equal (contact_now ().kept, 0);
    dead_letters_list (house->store, "acme", 0, listed, house);
    fake_advance (10);
    assert_int_equal (house->letters, 1);
    char id[DELIVERY_ID_SIZE];
    WORD_COPY (id, fake_call_header (fake_call (0), "Buckstop-Id"));
    dead_letter_replay (house->store, "acme", id, "ada", replayed, house);
    fake_advance (3000);
    assert_int_equal (house->replayed, REPLAY_DONE);
    assert_int_equal (contact_now ().kept, 1);
    assert_int_equal (contact_now ().promises_n, 0);
    assert_int_equal (told (house, FACT (PROMISE_KEPT)), 1);
    assert_int_equal (outbox_left () + records_left (), 0);
}

/* ---- a key that many share is bad ---- */

/* The events' stream, or the workspace's record, holds something else while the far side accepts; mended after `ms`. */
static void shared_key_is_bad_for (bool record, int64_t ms)
{
    char key[KEY_SIZE], was[8192], bad[64];
    size_t size = 0;
    if (record)
        key_workspace (key, 0, "acme");
    else
        key_events (key, 0, "acme");
    const void *bytes = record ? fake_store_string (key, &size) : NULL;
    if (record) {
        assert_true (bytes && size <= sizeof was);
        memcpy (was, bytes, size);
        memset (bad, 'x', sizeof bad);
        memcpy (bad, was, 16);
        bad[11]++; /* another version: it is read anew */
    }
    fake_store_remove (key);
    fake_store_put (key, record ? bad : "x", record ? sizeof bad : 1);
    fake_advance (ms);
    fake_store_remove (key);
    if (record)
        fake_store_put (key, was, size);
}

static void accepted_is_not_sent_again_for (house_t *house, bool reply, bool record)
{
    run (start (house));
    fake_advance (2500);
    if (reply)
        put_reply (house);
    else
        put_standard (house);
    shared_key_is_bad_for (record, 5 * MS_PER_MINUTE);
    fake_advance (90 * MS_PER_SECOND);
    assert_int_equal (fake_calls (), 1);
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
    assert_int_equal (told (house, FACT (DELIVERY_FAILED)), 0);
    assert_int_equal (told (house, FACT (PROMISE_KEPT)), reply);
    assert_int_equal (records_left (), 0);
}

static void accepted_is_not_sent_again (void **state)
{
    accepted_is_not_sent_again_for (*state, false, false);
}

static void an_accepted_reply_is_not_sent_again (void **state)
{
    accepted_is_not_sent_again_for (*state, true, false);
}

static void an_accepted_reply_outlasts_a_bad_workspace (void **state)
{
    accepted_is_not_sent_again_for (*state, true, true);
}

/* Settled only, also by a process that knows nothing of the attempt. */
static void accepted_is_not_sent_again_after_a_crash (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    put_reply (house);
    fake_store_remove (key_events (key, 0, "acme"));
    fake_store_put (key, "x", 1);
    replica_t *first = start (house);
    run (first);
    fake_advance (2000);
    end (first);
    fake_store_remove (key);
    run (start (house));
    fake_advance (60 * MS_PER_SECOND);
    assert_int_equal (fake_calls (), 1);
    assert_int_equal (told (house, FACT (PROMISE_KEPT)), 1);
}

enum { PAGES = 5 };
static const char *const page_contacts[PAGES] = {"01HZZZZZZZZZZZZZZZZZZZZZZ0", "01HZZZZZZZZZZZZZZZZZZZZZZ1",
                                                 "01HZZZZZZZZZZZZZZZZZZZZZZ2", "01HZZZZZZZZZZZZZZZZZZZZZZ3",
                                                 "01HZZZZZZZZZZZZZZZZZZZZZZ4"};

static void put_page_contact (size_t i, bool resolved)
{
    static const record_head_t absent = {.version = 0};
    contact_t contact = contact_of ();
    char key[KEY_SIZE];
    size_t size;
    WORD_COPY (contact.id, page_contacts[i]);
    if (resolved)
        contact.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED;
    record_head_t head = record_head_next (&absent, KIND_CONTACT, event_id_of ("open", contact.id, NULL), 0);
    uint8_t *bytes = contact_pack (&contact, &head, &size);
    key_contact (key, 0, "acme", contact.id);
    fake_store_remove (key);
    fake_store_put (key, bytes, size);
    free (bytes);
}

/* What was tried while its word could not be written: the word is owed, and said with the next one. */
static void a_word_that_is_owed_is_said (void **state)
{
    house_t *house = *state;
    fake_peer ("pager.example", FAKE_PEER_DOWN, 0, 0, -1);
    run (start (house));
    fake_advance (2500);
    put_standard (house);
    shared_key_is_bad_for (false, 25 * MS_PER_SECOND);
    size_t tries = fake_calls ();
    assert_true (tries > 1);
    assert_int_equal (told (house, FACT (DELIVERY_RETRIED)), 0);
    fake_peers_clear ();
    fake_advance (MS_PER_MINUTE);
    assert_int_equal (told (house, FACT (DELIVERY_RETRIED)), 1);
    assert_non_null (strstr (house->text, "could not be written down then"));
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
    assert_int_equal (records_left (), 0);
}

/* So it is where a reply ends in the life of its contact. */
static void a_reply_pays_what_is_owed (void **state)
{
    house_t *house = *state;
    fake_peer ("pager.example", FAKE_PEER_DOWN, 0, 0, -1);
    run (start (house));
    fake_advance (2500);
    put_reply (house);
    shared_key_is_bad_for (false, 10 * MS_PER_SECOND);
    fake_peers_clear ();
    fake_advance (MS_PER_MINUTE);
    assert_int_equal (told (house, FACT (DELIVERY_RETRIED)), 1);
    assert_int_equal (told (house, FACT (PROMISE_KEPT)), 1);
}

/* A contact of its own, and a page about it that has waited. */
static void put_page (house_t *house, size_t i)
{
    put_page_contact (i, false);
    delivery_t page = delivery_of (house);
    page.purpose = PURPOSE (STEP);
    page.promise = FIRST;
    page.way = WAY (SLACK);
    page.secret[0] = '\0';
    page.due = page.created_at = fake_store_now () - 6 * MS_PER_SECOND;
    WORD_COPY (page.contact, page_contacts[i]);
    put (&page);
}

/* What can't be bundled since one timeline is bad goes out at once, one by one: no lease's end is waited for. */
static void a_bad_timeline_in_a_bundle_delays_none (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    run (start (house));
    fake_advance (2500);
    for (size_t i = 0; i < 5; i++)
        put_page (house, i);
    fake_store_put (key_timeline (key, 0, "acme", "01HZZZZZZZZZZZZZZZZZZZZZZ0"), "x", 1);
    fake_advance (2000);
    assert_int_equal (fake_calls (), 5);
    fake_advance (60 * MS_PER_SECOND);
    assert_int_equal (fake_calls (), 5);
}

/* What may have gone out already keeps its bytes under its id, whoever needs no look by then; where no connection was
 * made, or the far side said no, what is left has an id of its own. */
static void a_bundle_that_may_be_out_is_sent_as_it_is (void **state)
{
    static const struct {
        fake_peer_t mode;
        int status;
        bool crash, same;
    } rows[] = {
        {FAKE_PEER_LOST, 0, false, true},      {FAKE_PEER_SILENT, 0, false, true},
        {FAKE_PEER_ANSWERS, 504, false, true}, {FAKE_PEER_ANSWERS, 503, false, false},
        {FAKE_PEER_DOWN, 0, false, false},     {FAKE_PEER_ANSWERS, 200, true, true},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        house_t *house = *state;
        if (rows[r].crash)
            fake_peer ("pager.example", FAKE_PEER_ANSWERS, 200, MS_PER_SECOND, 1);
        else
            fake_peer ("pager.example", rows[r].mode, rows[r].status, 0, 1);
        replica_t *replica = start (house);
        run (replica);
        fake_advance (2500);
        for (size_t i = 0; i < PAGES; i++)
            put_page (house, i);
        for (int i = 0; i < 500 && !fake_calls (); i++)
            fake_advance (10);
        assert_int_equal (fake_calls (), 1);
        if (rows[r].crash) {
            end (replica);
            run (start (house));
        }
        put_page_contact (1, true);
        fake_advance (MS_PER_HOUR);
        assert_true (fake_calls () > 1);
        const fake_call_t *first = fake_call (0), *last = fake_call (fake_calls () - 1);
        bool same = first->body_size == last->body_size && memcmp (first->body, last->body, first->body_size) == 0;
        if (same != rows[r].same)
            fail_msg ("row %zu: sent again %s", r, same ? "as it was" : "with other words");
        assert_int_equal (records_left () + outbox_left (), 0);
        fake_peers_clear ();
        down (state);
        up (state);
    }
}

/* Retention has deleted the timeline: nobody would delete it again. */
static void a_timeline_that_is_gone_stays_gone (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 200, 0, -1);
    delivery_t page = delivery_of (house);
    page.purpose = PURPOSE (STEP);
    WORD_COPY (page.contact, page_contacts[2]);
    put (&page);
    run (start (house));
    fake_advance (5000);
    assert_int_equal (records_left (), 0);
    assert_int_equal (fake_store_size (key_timeline (key, 0, "acme", page_contacts[2])), 0);
    bundle_line_t line = {.purpose = PURPOSE (STEP), .promise = FIRST, .subject = "one"};
    WORD_COPY (line.contact, page_contacts[3]);
    WORD_COPY (line.delivery, "0123456789abcdef-0");
    delivery_t dead = delivery_of (house);
    WORD_COPY (dead.contact, page_contacts[2]);
    dead.dead = true;
    put (&dead);
    dead_letter_replay (house->store, "acme", dead.id, "ada", replayed, house);
    fake_advance (5000);
    assert_int_equal (house->replayed, REPLAY_DONE);
    assert_int_equal (records_left (), 0);
    assert_int_equal (fake_store_size (key_timeline (key, 0, "acme", page_contacts[2])), 0);
    delivery_t bundle = delivery_of (house);
    bundle.purpose = PURPOSE (BUNDLE);
    bundle.contact[0] = '\0';
    bundle.dead = true;
    bundle.lines = &line;
    bundle.lines_n = 1;
    put (&bundle);
    dead_letter_replay (house->store, "acme", bundle.id, "ada", replayed, house);
    fake_advance (5000);
    assert_int_equal (house->replayed, REPLAY_DONE);
    assert_int_equal (records_left (), 0);
    assert_int_equal (fake_store_size (key_timeline (key, 0, "acme", page_contacts[3])), 0);
}

/* It is sent again all the same, and the event says who asked. */
static void a_bad_timeline_hinders_no_replay (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    contact_t contact = contact_of ();
    delivery_t dead = delivery_of (house);
    dead.dead = true;
    put_contact (&contact);
    put (&dead);
    fake_store_put (key_timeline (key, 0, "acme", CONTACT), "x", 1);
    run (start (house));
    dead_letter_replay (house->store, "acme", dead.id, "ada", replayed, house);
    fake_advance (3000);
    assert_int_equal (house->replayed, REPLAY_DONE);
    assert_int_equal (fake_calls (), 1);
}

/* Five pages that waited, in one notice that does not arrive yet. */
static void bundle_that_waits (house_t *house, fake_peer_t mode, int status)
{
    fake_peer ("pager.example", mode, status, 0, -1);
    run (start (house));
    fake_advance (2500);
    for (size_t i = 0; i < PAGES; i++)
        put_page (house, i);
    fake_advance (2000);
    assert_int_equal (records_left (), 1);
    assert_int_equal (told_of (house, page_contacts[0], FACT (DELIVERY_BUNDLED)), 1);
}

static size_t calls_taken (void)
{
    size_t n = 0;
    for (size_t i = 0; i < fake_calls (); i++)
        n += fake_call (i)->taken;
    return n;
}

/* As a page alone would: what nobody needs to be told any more is not told. */
static void a_bundle_of_moot_ones_does_not_go (void **state)
{
    house_t *house = *state;
    bundle_that_waits (house, FAKE_PEER_DOWN, 0);
    for (size_t i = 0; i < PAGES; i++)
        put_page_contact (i, true);
    size_t calls = fake_calls ();
    fake_peers_clear ();
    fake_advance (MS_PER_HOUR);
    assert_int_equal (fake_calls (), calls);
    assert_int_equal (records_left () + outbox_left (), 0);
    assert_true (told_of (house, page_contacts[4], FACT (BUNDLE)) > 1);
    assert_non_null (strstr (house->text, "moot: "));
    assert_non_null (strstr (house->text, "it is resolved"));
}

/* Others are left out: the rest goes under an id of its own, and each timeline says what became of it. */
static void a_bundle_names_only_who_needs_a_look (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE];
    bundle_that_waits (house, FAKE_PEER_DOWN, 0);
    put_page_contact (1, true);
    fake_store_remove (key_contact (key, 0, "acme", page_contacts[3]));
    fake_peers_clear ();
    fake_advance (MS_PER_HOUR);
    assert_int_equal (calls_taken (), 1);
    const fake_call_t *last = fake_call (fake_calls () - 1);
    assert_non_null (strstr (last->body, "3 contacts need a look"));
    assert_null (strstr (last->body, page_contacts[1]));
    assert_null (strstr (last->body, page_contacts[3]));
    assert_non_null (strstr (last->body, page_contacts[4]));
    assert_int_equal (records_left () + outbox_left (), 0);
    told_of (house, page_contacts[1], FACT (BUNDLE));
    assert_non_null (strstr (house->text, "left out: "));
    told_of (house, page_contacts[4], FACT (BUNDLE));
    assert_non_null (strstr (house->text, "delivered: step by slack, in one notice of 3"));
}

/* While each of them needs a look it is the same notice, the same bytes. */
static void a_bundle_that_is_tried_again_is_the_same (void **state)
{
    house_t *house = *state;
    bundle_that_waits (house, FAKE_PEER_ANSWERS, 503);
    fake_peers_clear ();
    fake_advance (MS_PER_HOUR);
    assert_true (fake_calls () > 1);
    const fake_call_t *first = fake_call (0), *last = fake_call (fake_calls () - 1);
    assert_true (first->body_size == last->body_size && memcmp (first->body, last->body, first->body_size) == 0);
    assert_int_equal (records_left (), 0);
}

/* Retried, dead, sent again by hand: it stands on each timeline; one that can't be written keeps it from no other. */
static void what_became_of_a_bundle_is_told_to_each (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE], id[DELIVERY_ID_SIZE], contact_key[KEY_SIZE];
    const char *keys[1];
    bundle_that_waits (house, FAKE_PEER_ANSWERS, 503);
    assert_true (told_of (house, page_contacts[2], FACT (BUNDLE)) >= 1);
    assert_non_null (strstr (house->text, "retried: step by slack"));
    assert_non_null (strstr (house->text, "503"));
    key_timeline (contact_key, 0, "acme", page_contacts[0]);
    fake_store_remove (contact_key);
    fake_store_put (contact_key, "x", 1);
    fake_peers_clear ();
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 410, 0, 1);
    fake_advance (MS_PER_HOUR);
    told_of (house, page_contacts[2], FACT (BUNDLE));
    assert_non_null (strstr (house->text, "dead: step by slack"));
    assert_int_equal (fake_store_keys ("b:{0}:d:acme:", keys, 1), 1);
    snprintf (id, sizeof id, "%s", keys[0] + strlen ("b:{0}:d:acme:"));
    assert_int_equal (fake_store_size (key_dead (key, 0, "acme")), 1);
    fake_store_remove (contact_key);
    size_t before = told_of (house, page_contacts[2], FACT (BUNDLE));
    dead_letter_replay (house->store, "acme", id, "ada", replayed, house);
    fake_advance (2000);
    assert_int_equal (house->replayed, REPLAY_DONE);
    assert_int_equal (told_of (house, page_contacts[2], FACT (BUNDLE)), before + 1);
    assert_non_null (strstr (house->text, "delivered: step by slack"));
    assert_int_equal (told_of (house, page_contacts[2], FACT (DELIVERED)), 0); /* it ended when it was bundled */
}

static void a_dead_bundle_is_replayed (void **state)
{
    house_t *house = *state;
    delivery_t bundle = delivery_of (house);
    bundle.purpose = PURPOSE (BUNDLE);
    bundle.contact[0] = '\0';
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 410, 0, 1);
    put (&bundle);
    run (start (house));
    fake_advance (2000);
    dead_letter_replay (house->store, "acme", bundle.id, "ada", replayed, house);
    fake_advance (2000);
    char key[KEY_SIZE];
    assert_int_equal (house->replayed, REPLAY_DONE);
    assert_int_equal (fake_calls (), 2);
    assert_int_equal (fake_store_size (key_timeline (key, 0, "acme", "")), 0);
}

/* ---- the stream ---- */

static void heard (void *arg, bus_peer_t *peer, const void *bytes, size_t size)
{
    static const envelope_kind_t allowed[] = {BUCKSTOP__V1__ENVELOPE__BODY_EVENT, 0};
    house_t *house = arg;
    envelope_t *envelope;
    char why[DETAIL_SIZE];
    (void)peer;
    assert_int_equal (wire_unpack (bytes, size, allowed, &envelope, why), WIRE_OK);
    assert_string_equal (envelope->workspace, "acme");
    house->heard++;
    house->heard_number = envelope->event->number;
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
}

static void every_event_is_published (void **state)
{
    house_t *house = *state;
    replica_t *replica = start (house);
    run (replica);
    assert_int_equal (bus_connect (house->bus, BUS_STREAM, replica->service.stream, heard, house), 0);
    fake_advance (100);
    put_standard (house);
    fake_advance (1500);
    assert_int_equal (house->heard, 1);
    char key[KEY_SIZE];
    int64_t number;
    size_t size, n = fake_store_size (key_events (key, 0, "acme"));
    assert_non_null (fake_store_item (key, n - 1, &size, &number));
    assert_int_equal (house->heard_number, number);
}

/* A fail-over or a flush: what comes then has lower numbers, and is published all the same. */
static void a_stream_that_begins_anew_is_followed (void **state)
{
    house_t *house = *state;
    replica_t *replica = start (house);
    run (replica);
    assert_int_equal (bus_connect (house->bus, BUS_STREAM, replica->service.stream, heard, house), 0);
    fake_advance (100);
    for (int i = 0; i < 5; i++)
        put_standard (house);
    fake_advance (3000);
    unsigned heard_before = house->heard;
    assert_int_equal (heard_before, 5);
    assert_int_equal (fake_log_count ("goes on below"), 0);
    char key[KEY_SIZE];
    fake_store_remove (key_events (key, 0, "acme"));
    put_standard (house);
    fake_advance (5000);
    assert_int_equal (house->heard, heard_before + 1);
    assert_true (house->heard_number < 5);
    assert_int_equal (fake_log_count ("goes on below"), 1);
}

static const char kept_for_an_hour[] = "workspace: acme\nlast_resort: ada\npeople: { ada: {} }\n"
                                       "settings: { keep: { events: 1h } }\n";

static void old_events_are_trimmed (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    run (start (house));
    for (int i = 0; i < 9; i++) {
        delivery_t delivery = delivery_of (house);
        delivery.way = WAY (LOG);
        put (&delivery);
        fake_advance (MS_PER_DAY);
    }
    char key[KEY_SIZE];
    size_t size, n = fake_store_size (key_events (key, 0, "acme"));
    int64_t first;
    assert_in_range (n, 7, 8);
    assert_non_null (fake_store_item (key, 0, &size, &first));
    assert_true (first > 1);
}

static void on_noted (void *arg, const commit_answer_t *answer)
{
    assert_int_equal (answer->outcome, COMMIT_DONE);
    ++*(unsigned *)arg;
}

/* A day of a busy desk at once: step by step, so that the store does something else in between. */
static void many_are_trimmed_in_steps (void **state)
{
    enum { MANY = 5000, STEP = 2000, LOOKS_MS = 4 * MS_PER_MINUTE };
    house_t *house = *state;
    unsigned noted = 0;
    run (start (house));
    policy_apply (house->store, house->loop, kept_for_an_hour, sizeof kept_for_an_hour - 1, "test", applied, NULL);
    fake_advance (1000);
    for (int i = 0; i < MANY; i++) {
        commit_t *commit = commit_new (0);
        fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTED, .at = fake_store_now ()};
        event_put (commit, 0, "acme", NULL, NULL, &fact, false);
        store_commit (house->store, &commit, 0, on_noted, &noted);
    }
    fake_advance (1000);
    assert_int_equal (noted, MANY);
    char key[KEY_SIZE];
    size_t before = fake_store_size (key_events (key, 0, "acme")), steps = 0;
    assert_true (before >= MANY);
    fake_chaos (&(fake_chaos_t){.latency_ms = 50});
    fake_advance (MS_PER_HOUR - 2 * MS_PER_MINUTE);
    for (int64_t ms = 0; ms < LOOKS_MS && before > 1; ms++) {
        fake_advance (1);
        size_t now = fake_store_size (key);
        assert_true (now <= before);
        assert_true (before - now <= STEP);
        steps += now < before;
        before = now;
    }
    fake_chaos (NULL);
    assert_int_equal (before, 1);  /* the newest always stays */
    assert_in_range (steps, 3, 4); /* who came first may have been trimmed alone */
}

/* Nothing goes that an archive lacks; once it has it, it goes. */
static void events_wait_for_the_archive (void **state)
{
    house_t *house = *state;
    char key[KEY_SIZE], events[KEY_SIZE];
    size_t size;
    int64_t first = 0;
    contact_t contact = contact_of ();
    put_contact (&contact);
    policy_apply (house->store, house->loop, kept_for_an_hour, sizeof kept_for_an_hour - 1, "test", applied, NULL);
    fake_advance (1000);
    fake_store_place (key_archives (key, 0, "acme"), 2, "archive");
    replica_t *replica = start (house);
    run (replica);
    key_events (events, 0, "acme");
    for (int i = 0; i < 10; i++) {
        delivery_t delivery = delivery_of (house);
        delivery.way = WAY (LOG);
        put (&delivery);
        fake_advance (10 * MS_PER_MINUTE);
    }
    size_t all = fake_store_size (events);
    assert_true (all >= 10);
    assert_non_null (fake_store_item (events, 0, &size, &first));
    assert_int_equal (first, 2);
    assert_true (metric_of (replica, "buckstop_retention_blocked") == 1);
    fake_store_place (key, 100, "archive");
    fake_advance (2 * MS_PER_MINUTE);
    assert_in_range (fake_store_size (events), 5, 7);
    assert_true (metric_of (replica, "buckstop_retention_blocked") == 0);
}

/* ---- sending is held ---- */

static void hold (const char *reason)
{
    char key[KEY_SIZE], text[HOLD_SIZE];
    hold_t held = {.since = fake_store_now (), .by = "dana"};
    WORD_COPY (held.reason, reason);
    size_t size = hold_write (&held, text);
    fake_store_put (key_hold (key, 0, "acme"), text, size);
}

/* As an operator's word leaves it: due now. */
static void say_of (const delivery_t *delivery, const char *released, const char *dropped)
{
    char key[KEY_SIZE];
    size_t size;
    record_head_t head;
    delivery_t found;
    const void *bytes = fake_store_string (key_delivery (key, 0, "acme", delivery->id), &size);
    assert_int_equal (delivery_unpack (bytes, size, &head, &found), RECORD_OK);
    assert_true (found.on_hold && found.due > fake_store_now ());
    found.due = fake_store_now ();
    found.on_hold = false;
    WORD_COPY (found.released, released);
    WORD_COPY (found.dropped, dropped);
    put (&found);
    delivery_clear (&found);
}

static void what_is_held_waits_for_a_word (void **state)
{
    house_t *house = *state;
    delivery_t rows[3];
    contact_t contact = contact_of ();
    put_contact (&contact);
    hold ("restored");
    for (size_t i = 0; i < 3; i++) {
        rows[i] = delivery_of (house);
        put (&rows[i]);
    }
    replica_t *replica = start (house);
    run (replica);
    fake_advance (20 * MS_PER_MINUTE);
    assert_int_equal (fake_calls (), 0);
    assert_int_equal (outbox_left (), 3);
    assert_int_equal (told (house, FACT (DELIVERY_HELD)), 3); /* once each, however often it was looked at */
    assert_non_null (strstr (house->text, "sending is held by dana since"));
    assert_non_null (strstr (house->text, ": restored"));
    assert_true (metric_of (replica, "buckstop_sending_held") == 1);
    assert_int_equal (metric_of (replica, "buckstop_outbox_age_seconds"), 0); /* who holds it knows; it has its own */
    say_of (&rows[0], "dana", "");
    say_of (&rows[1], "", "dropped by dana: old");
    fake_advance (2000);
    assert_int_equal (fake_calls (), 1);
    assert_string_equal (fake_call_header (fake_call (0), "Buckstop-Id"), rows[0].id);
    assert_int_equal (told (house, FACT (DELIVERY_MOOT)), 1);
    assert_non_null (strstr (house->text, "dropped by dana: old"));
    assert_int_equal (outbox_left (), 1);
    char key[KEY_SIZE];
    fake_store_remove (key_hold (key, 0, "acme")); /* nobody brings it forward: it is looked at again by itself */
    fake_advance (6 * MS_PER_MINUTE);
    assert_int_equal (fake_calls (), 2);
    assert_int_equal (outbox_left () + records_left (), 0);
    assert_true (metric_of (replica, "buckstop_sending_held") == 0);
}

/* An answer that is dropped was not given: its owner is told, and it is dead, not gone. */
static void a_dropped_reply_is_owed_again (void **state)
{
    house_t *house = *state;
    contact_t contact = contact_of ();
    put_contact (&contact);
    hold ("restored");
    delivery_t reply = delivery_of (house);
    reply.purpose = PURPOSE (REPLY);
    reply.promise = FIRST;
    *reply.person = '\0';
    put (&reply);
    run (start (house));
    fake_advance (2000);
    say_of (&reply, "", "dropped by dana: she was called");
    fake_advance (2000);
    char key[KEY_SIZE];
    size_t size;
    record_head_t head;
    delivery_t found;
    const void *bytes = fake_store_string (key_delivery (key, 0, "acme", reply.id), &size);
    assert_int_equal (delivery_unpack (bytes, size, &head, &found), RECORD_OK);
    assert_true (found.dead && !*found.dropped && head.schema == RECORD_SCHEMA);
    assert_string_equal (found.last_error, "dropped by dana: she was called");
    delivery_clear (&found);
    assert_int_equal (told (house, FACT (DELIVERY_FAILED)), 1);
}

/* ---- the end ---- */

static void a_drain_finishes_what_is_begun (void **state)
{
    house_t *house = *state;
    replica_t *replica = start (house);
    fake_peer ("pager.example", FAKE_PEER_ANSWERS, 200, 3000, -1);
    put_standard (house);
    run (replica);
    fake_advance (1000);
    notification_kind.drain (&replica->service, &replica->params);
    assert_false (notification_kind.idle (&replica->service, &replica->params));
    delivery_t later = delivery_of (house);
    put (&later);
    fake_advance (5000);
    assert_true (notification_kind.idle (&replica->service, &replica->params));
    assert_int_equal (fake_calls (), 1); /* nothing new was leased */
    assert_int_equal (told (house, FACT (DELIVERED)), 1);
    assert_int_equal (outbox_left (), 1);
}

static void stopped_in_the_middle (void **state)
{
    house_t *house = *state;
    replica_t *replica = start (house);
    fake_peer ("pager.example", FAKE_PEER_SILENT, 0, 0, -1);
    put_standard (house);
    run (replica);
    fake_advance (1000);
    end (replica);
    fake_advance (1000);
    assert_int_equal (outbox_left (), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown (name, up, down)

/* A process that is killed frees nothing, as is its right. */
const char *__lsan_default_suppressions (void);
const char *__lsan_default_suppressions (void)
{
    return "leak:f37_";
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        CASE (by_the_log),
        CASE (by_mail),
        CASE (by_slack),
        CASE (f42_signed),
        CASE (f42_without_guard),
        CASE (private_addresses_call_by_call),
        CASE (a_missing_key_names_its_file),
        CASE (what_waits_is_counted),
        CASE (mail_that_we_can_t_send_waits),
        CASE (f39_unknown_is_not_failed),
        CASE (f39_without_guard),
        CASE (throttled_waits_as_told),
        CASE (f36_one_of_two_sends),
        CASE (f36_without_guard),
        CASE (f37_after_a_crash_it_is_sent),
        CASE (f37_without_guard),
        CASE (f40_dead_letters_and_replay),
        CASE (f40_without_guard),
        CASE (dead_letters_are_counted),
        CASE (f41_each_delivery_for_itself),
        CASE (f41_without_guard),
        CASE (many_silent_hosts_starve_nobody),
        CASE (spellings_are_one_target),
        CASE (a_failing_host_costs_little),
        CASE (a_host_that_answers_gets_what_waited),
        CASE (what_is_brought_forward_keeps_the_limit),
        CASE (what_is_brought_forward_comes_once),
        CASE (replies_in_line_outlast_no_lease),
        CASE (stopped_while_they_come),
        CASE (what_is_tried_again_has_an_age),
        CASE (a_slow_host_is_never_idle_while_somebody_waits),
        CASE (nothing_is_sent_on_an_old_lease),
        CASE (f38_limits),
        CASE (what_another_has_sent_has_no_age),
        CASE (moot),
        CASE (a_reply_accepted_keeps_the_promise),
        CASE (a_reply_that_fails_counts_as_never_given),
        CASE (an_acknowledgement_that_fails_is_told),
        CASE (a_dead_reply_that_is_replayed_keeps_the_promise),
        CASE (accepted_is_not_sent_again),
        CASE (an_accepted_reply_is_not_sent_again),
        CASE (an_accepted_reply_outlasts_a_bad_workspace),
        CASE (accepted_is_not_sent_again_after_a_crash),
        CASE (a_word_that_is_owed_is_said),
        CASE (a_reply_pays_what_is_owed),
        CASE (a_bad_timeline_in_a_bundle_delays_none),
        CASE (a_bundle_of_moot_ones_does_not_go),
        CASE (a_bundle_that_may_be_out_is_sent_as_it_is),
        CASE (a_timeline_that_is_gone_stays_gone),
        CASE (a_bad_timeline_hinders_no_replay),
        CASE (a_bundle_names_only_who_needs_a_look),
        CASE (a_bundle_that_is_tried_again_is_the_same),
        CASE (what_became_of_a_bundle_is_told_to_each),
        CASE (a_dead_bundle_is_replayed),
        CASE (every_event_is_published),
        CASE (a_stream_that_begins_anew_is_followed),
        CASE (old_events_are_trimmed),
        CASE (many_are_trimmed_in_steps),
        CASE (events_wait_for_the_archive),
        CASE (what_is_held_waits_for_a_word),
        CASE (a_dropped_reply_is_owed_again),
        CASE (a_drain_finishes_what_is_begun),
        CASE (stopped_in_the_middle),
    };
    return cmocka_run_group_tests_name ("notification", tests, NULL, NULL);
}
