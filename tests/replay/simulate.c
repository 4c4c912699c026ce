/* simulate.c - a company's bad day, drawn from a seed: customers, people, faults and dying services, at random.
 *
 * Then all is healed and half an hour passes. What must hold: every accepted contact is in the store, the audit is
 * clean, the outbox is empty, events are numbered without a gap, and the same id never went out with other bytes.
 * Limits: what should have happened to a single contact is the scenarios' to say. */
#include "replay.h"

#include "keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 250, HEAL_MS = 30 * 60 * 1000, TRIES_FINE = 1, LATE_MS = 5000, CONTACTS_MAX = ALIASES_MAX };

typedef struct day {
    uint64_t state;
    int contacts; /* accepted: c0, c1, ... */
    int keys;
    bool store_away;
} day_t;

static const char *const people[] = {"ada", "ben", "lena"};
static const char *const services[] = {"intake", "routing", "escalation", "notification"};

static uint64_t draw (day_t *day, uint64_t limit)
{
    uint64_t z = (day->state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % limit;
}

/* A line as a scenario would say it. */
static void say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

static void say (const char *format, ...)
{
    char text[256], *rest = text;
    line_t line = {.number = 0};
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    simulate_note (text);
    for (char *word; (word = strsep (&rest, " "));)
        line.words[line.words_n++] = word;
    verb_do (&line);
}

static void answered (void)
{
    static const int fine[] = {-1, 0, 200, 202, 404, 409, 422, 429, 503};
    int status = stage_reply ()->status;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        if (status == fine[i])
            return;
    }
    fail ("an answer %d %s", status, stage_reply ()->body);
}

static void submits (day_t *day)
{
    static const char *const channels[] = {"chat", "mail", "form", "phone"};
    if (day->contacts == CONTACTS_MAX)
        return;
    const char *channel = channels[draw (day, 4)];
    int key = day->keys++;
    for (int tries = 0; tries < 3; tries++) { /* a customer's client does not give up: the same key again */
        say ("try submit %s hello from customer%d@example.com as c%d key=k%d", channel, key, day->contacts, key);
        answered ();
        if (stage_reply ()->status == 202) {
            day->contacts++;
            return;
        }
        say ("pass 2 seconds");
    }
}

static void acts (day_t *day)
{
    static const char *const actions[] = {"accept",      "accept", "accept",     "decline",         "reply hello",
                                          "reply hello", "note n", "wait w",     "transfer to=ben", "resolve",
                                          "resolve",     "reopen", "acknowledge"};
    if (!day->contacts)
        return;
    char contact[16], action[64];
    snprintf (contact, sizeof contact, "c%d", (int)draw (day, (uint64_t)day->contacts));
    snprintf (action, sizeof action, "%s", actions[draw (day, sizeof actions / sizeof *actions)]);
    char *text = strchr (action, ' ');
    if (text)
        *text++ = 0;
    say ("try %s %s %s%s%s", people[draw (day, 3)], action, contact, text ? " " : "", text ? text : "");
    answered ();
}

static void customer_says (day_t *day)
{
    if (day->contacts && !day->store_away)
        say ("try says c%d more", (int)draw (day, (uint64_t)day->contacts));
}

static void presence (day_t *day)
{
    static const char *const how[] = {"silent", "tries", "tries"};
    say ("person %s %s", people[draw (day, 3)], how[draw (day, 3)]);
}

static void time_passes (day_t *day)
{
    if (draw (day, 8) == 0)
        say ("pass %d minutes", 1 + (int)draw (day, 8));
    else
        say ("pass %d ms", 1 + (int)draw (day, 9000));
}

static void service_dies (day_t *day)
{
    static const char *const places[] = {
        "", " before-commit", " after-commit", " after-lease", " before-send", " after-send"};
    const char *name = services[draw (day, 4)];
    say ("service %s starts", name); /* another one goes on */
    say ("oldest %s dies%s", name, places[draw (day, 6)]);
}

static void store_fails (day_t *day)
{
    switch (draw (day, 5)) {
    case 0:
        day->store_away = !day->store_away;
        say ("store is %s", day->store_away ? "away" : "back");
        if (day->store_away)
            say ("pass %d ms", (int)draw (day, 4000));
        break;
    case 1:
        say ("store loses %d answers", 1 + (int)draw (day, 4));
        break;
    case 2:
        say ("store leaves %d unanswered", 1 + (int)draw (day, 2));
        break;
    case 3:
        say ("store refuses %d commits", 1 + (int)draw (day, 2));
        break;
    default:
        say ("store takes %d ms", (int)draw (day, 2) * (int)draw (day, 400));
    }
}

static void bus_fails (day_t *day)
{
    static const char *const links[] = {"route", "due", "outbox", "stream"};
    if (draw (day, 2))
        say ("bus %s drops %d", links[draw (day, 4)], 1 + (int)draw (day, 10));
    else
        say ("bus %s doubles within %d ms", links[draw (day, 4)], (int)draw (day, 3000));
}

static void peer_fails (day_t *day)
{
    static const char *const how[] = {"is silent",   "is down",     "is garbled", "is forgetful",
                                      "answers 500", "answers 451", "answers 250"};
    static const char *const who[] = {"customer", "hooks.example.com"};
    say ("peer %s %s for %d", who[draw (day, 2)], how[draw (day, 7)], 1 + (int)draw (day, 3));
}

static const struct {
    unsigned weight;
    void (*fn) (day_t *day);
} rows[] = {{12, submits},     {30, acts},       {5, customer_says}, {8, presence},  {25, time_passes},
            {4, service_dies}, {4, store_fails}, {4, bus_fails},     {5, peer_fails}};
enum { ROWS = sizeof rows / sizeof *rows };

static void one (day_t *day)
{
    unsigned sum = 0;
    for (size_t i = 0; i < ROWS; i++)
        sum += rows[i].weight;
    unsigned at = (unsigned)draw (day, sum);
    size_t row = 0;
    while (at >= rows[row].weight)
        at -= rows[row++].weight;
    rows[row].fn (day);
}

static void heal (void)
{
    say ("store is back");
    say ("store takes 0 ms");
    say ("store loses 0 answers");
    say ("store leaves 0 unanswered");
    say ("store refuses 0 commits");
    say ("peers are fine");
    stage_spare ();
    for (size_t i = 0; i < BUS_LINKS; i++)
        fake_bus_fault ((bus_link_t)i, FAKE_BUS_OK, 0, 0);
    for (size_t i = 0; i < 4; i++)
        say ("service %s starts", services[i]);
    for (size_t i = 0; i < 3; i++)
        say ("person %s present", people[i]);
    stage_pass (HEAL_MS);
}

static void events_are_dense (void)
{
    char key[KEY_SIZE];
    int64_t number = 0, last = 0;
    key_events (key, 0, WORKSPACE);
    for (size_t i = 0; fake_store_item (key, i, NULL, &number); i++) {
        if (i > 0 && number != last + 1)
            fail ("event %lld follows %lld", (long long)number, (long long)last);
        last = number;
    }
    if (!last)
        fail ("no events");
}

static void same_id_same_bytes (void)
{
    for (size_t i = 0; i < fake_mails (); i++) {
        for (size_t j = 0; j < i; j++) {
            const fake_mail_t *a = fake_mail (i), *b = fake_mail (j);
            if (strcmp (a->id, b->id) == 0 && (strcmp (a->body, b->body) != 0 || strcmp (a->to, b->to) != 0))
                fail ("mail %s went out with other bytes", a->id);
        }
    }
}

/* It is in the store, routing knows of it, and each of its notices came to one end. */
static void contact_is_well (int number)
{
    char alias[16];
    size_t ended = 0;
    snprintf (alias, sizeof alias, "c%d", number);
    contact_t contact = look_contact (alias);
    if (contact.state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RECEIVED &&
        (contact.handoff_tries > TRIES_FINE || contact.handoff_at < fake_store_now () - LATE_MS)) {
        look_print_timeline (stderr, contact.id);
        fprintf (stderr, "    hand-off in %.1f s, %u tries\n", (double)(contact.handoff_at - fake_wall ()) / 1000,
                 contact.handoff_tries);
        fail ("%s was never looked at", alias);
    }
    size_t notices = look_notices (alias, &ended);
    if (notices != ended) {
        look_print_timeline (stderr, contact.id);
        fail ("%s: %zu notices, %zu came to an end", alias, notices, ended);
    }
}

void simulate (uint64_t seed)
{
    day_t day = {.state = seed};
    char words[512] = "";
    for (size_t i = 0; i < 3; i++)
        say ("person %s present", people[i]);
    for (int i = 0; i < STEPS; i++)
        one (&day);
    heal ();
    for (int i = 0; i < day.contacts; i++)
        contact_is_well (i);
    if (look_outbox (false))
        fail ("%zu in the outbox: %s", look_outbox (false), look_first_delivery ());
    if (!stage_audit (words, sizeof words))
        fail ("audit: %s", words);
    events_are_dense ();
    same_id_same_bytes ();
}
