/* test_board.c - the console's board: order, counts, loads, what changed, search; and the rows' table under a random life. */
#include "board_private.h"
#include "words.h"
#include "xmalloc.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW           INT64_C (1790000000000)
#define STATE(name)   BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name
#define FACT(name)    BUCKSTOP__V1__FACT_KIND__FACT_KIND_##name
#define PROMISE(name) BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_##name
#define PSTATE(name)  BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_##name

static const char policy_text[] = "workspace: desk\n"
                                  "last_resort: dana\n"
                                  "default_team: front\n"
                                  "channels:\n"
                                  "  mail: { weight: 1 }\n"
                                  "  chat: { weight: 3 }\n"
                                  "people:\n"
                                  "  ada: { name: Ada L., capacity: 10 }\n"
                                  "  ben: { name: Ben K., capacity: 4 }\n"
                                  "  dana: { name: Dana R. }\n"
                                  "teams:\n"
                                  "  front: { lead: dana, members: [ada, ben] }\n";

static board_t *new_board (size_t contacts_max)
{
    policy_errors_t errors = {.n = 0};
    policy_t *policy = policy_parse (policy_text, sizeof policy_text - 1, &errors);
    assert_non_null (policy);
    board_t *board = board_new (policy, contacts_max);
    policy_destroy (&policy);
    policy_errors_clear (&errors);
    return board;
}

static contact_t *a_contact (unsigned number, contact_state_t state)
{
    static contact_t contact;
    contact = (contact_t){.version = 1, .state = state, .opened_at = NOW - 1000 + number};
    snprintf (contact.id, sizeof contact.id, "01M81KWXNF5SZX67T5Y%07u", number);
    WORD_COPY (contact.workspace, "desk");
    WORD_COPY (contact.channel, "mail");
    WORD_COPY (contact.team, "front");
    WORD_COPY (contact.accountable, "dana");
    snprintf (contact.subject, sizeof contact.subject, "Nr %u", number);
    return &contact;
}

static contact_t *with_promise (contact_t *contact, int state, wall_ms_t due, int64_t duration)
{
    contact->promises[contact->promises_n++] = (promise_t){
        .kind = PROMISE (FIRST_RESPONSE), .state = (promise_state_t)state, .due = due, .duration_ms = duration};
    return contact;
}

static json_t *page_of (board_t *board, wall_ms_t now, size_t limit)
{
    size_t size;
    char *text = board_page (board, 7, now, limit, &size);
    assert_int_equal (strlen (text), size);
    json_t *page = json_loads (text, 0, NULL);
    assert_non_null (page);
    free (text);
    return page;
}

static json_t *change_of (board_t *board, wall_ms_t now)
{
    size_t size;
    char *text = board_change (board, 8, now, &size);
    json_t *change = text ? json_loads (text, 0, NULL) : NULL;
    assert_true (!text || change);
    free (text);
    return change;
}

static int count_in (const json_t *document, const char *group, const char *name)
{
    return (int)json_integer_value (json_object_get (json_object_get (document, group), name));
}

/* ------------------------------------------------------------ the order */

static void what_is_broken_stands_first_then_what_breaks_next (void **state)
{
    static const struct {
        unsigned number;
        int promise; /* -1: none */
        int64_t due;
    } rows[] = {{1, -1, 0},
                {2, PSTATE (PENDING), 5000},
                {3, PSTATE (BROKEN), -3000},
                {4, PSTATE (PENDING), 1000},
                {5, PSTATE (BROKEN), -9000},
                {6, PSTATE (PENDING), 90000}};
    static const unsigned order[] = {5, 3, 4, 2, 6, 1};
    (void)state;
    board_t *board = new_board (100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        contact_t *contact = a_contact (rows[i].number, STATE (QUEUED));
        if (rows[i].promise >= 0)
            with_promise (contact, rows[i].promise, NOW + rows[i].due, 60000);
        assert_true (board_contact (board, contact));
    }
    for (size_t limit = 1; limit <= 7; limit++) {
        json_t *page = page_of (board, NOW, limit), *contacts = json_object_get (page, "contacts");
        size_t n = limit < 6 ? limit : 6;
        assert_int_equal (json_array_size (contacts), n);
        assert_int_equal (json_integer_value (json_object_get (page, "more")), 6 - n);
        for (size_t i = 0; i < n; i++)
            assert_string_equal (json_string_value (json_object_get (json_array_get (contacts, i), "id")),
                                 a_contact (order[i], STATE (QUEUED))->id);
        json_decref (page);
    }
    board_destroy (&board);
}

/* Answered is not delivered: the row says so, and stands where it stood. */
static void an_answer_on_its_way_is_told_and_owes_nothing (void **state)
{
    static const struct {
        wall_ms_t answered_at[2];
        int due, next; /* 0: there is none */
    } rows[] = {
        {{0, 0}, 0, 5000},
        {{NOW, 0}, 9000, 5000},
        {{0, NOW}, 5000, 9000},
        {{NOW, NOW}, 5000, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        board_t *board = new_board (100);
        contact_t *contact = a_contact (1, STATE (OWNED));
        with_promise (contact, PSTATE (PENDING), NOW + 9000, 60000)->promises[0].answered_at = rows[i].answered_at[0];
        with_promise (contact, PSTATE (PENDING), NOW + 5000, 60000)->promises[1].answered_at = rows[i].answered_at[1];
        board_contact (board, contact);
        json_t *page = page_of (board, NOW, 10), *row = json_array_get (json_object_get (page, "contacts"), 0);
        const json_t *answered = json_object_get (row, "answered"), *next = json_object_get (row, "next");
        assert_int_equal (answered != NULL, rows[i].due != 0);
        assert_int_equal (json_is_null (next), rows[i].next == 0);
        assert_int_equal (json_integer_value (json_object_get (answered, "due")), rows[i].due ? NOW + rows[i].due : 0);
        assert_int_equal (json_integer_value (json_object_get (next, "due")), rows[i].next ? NOW + rows[i].next : 0);
        json_decref (page);
        board_destroy (&board);
    }
}

/* ------------------------------------------------------------ the counts */

static void counts_go_by_state_and_what_is_at_risk_by_time (void **state)
{
    (void)state;
    board_t *board = new_board (100);
    board_contact (board, with_promise (a_contact (1, STATE (QUEUED)), PSTATE (PENDING), NOW + 50000, 100000));
    board_contact (board, with_promise (a_contact (2, STATE (OWNED)), PSTATE (BROKEN), NOW - 5, 100000));
    board_contact (board, a_contact (3, STATE (RESOLVED)));
    json_t *page = page_of (board, NOW, 10);
    assert_int_equal (count_in (page, "counts", "open"), 2);
    assert_int_equal (count_in (page, "counts", "queued"), 1);
    assert_int_equal (count_in (page, "counts", "resolved"), 1);
    assert_int_equal (count_in (page, "counts", "broken"), 1);
    assert_int_equal (count_in (page, "counts", "at_risk"), 1);
    json_decref (page);
    page = page_of (board, NOW + 30000, 10); /* a fifth is left: not yet */
    assert_int_equal (count_in (page, "counts", "at_risk"), 1);
    json_decref (page);
    json_decref (change_of (board, NOW + 30000));
    json_t *change = change_of (board, NOW + 31001);
    assert_int_equal (count_in (change, "counts", "at_risk"), 2);
    json_decref (change);
    board_destroy (&board);
}

static void see_person (board_t *board, const char *name, uint32_t epoch, bool present)
{
    person_t person = {.epoch = epoch, .present = present, .present_until = present ? NOW + 60000 : 0};
    WORD_COPY (person.name, name);
    board_person (board, &person);
}

static json_t *named (const json_t *document, const char *group, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach (json_object_get (document, group), index, item)
    {
        if (strcmp (json_string_value (json_object_get (item, "name")), name) == 0)
            return item;
    }
    return NULL;
}

static void hold (board_t *board, unsigned number, const char *channel, contact_state_t state, const char *owner,
                  const char *asked, uint32_t epoch)
{
    contact_t *contact = a_contact (number, state);
    WORD_COPY (contact->channel, channel);
    WORD_COPY (contact->owner, owner);
    WORD_COPY (contact->offered_to, asked);
    contact->owner_epoch = contact->offer_epoch = epoch;
    board_contact (board, contact);
}

static void loads_are_read_off_what_people_hold_in_their_epoch (void **state)
{
    (void)state;
    board_t *board = new_board (100);
    see_person (board, "ada", 3, true);
    see_person (board, "ben", 1, false);
    hold (board, 1, "mail", STATE (OWNED), "ada", "", 3);
    hold (board, 2, "mail", STATE (OWNED), "ada", "", 2);    /* of an epoch that is over */
    hold (board, 3, "chat", STATE (OFFERED), "", "ada", 3);  /* asked */
    hold (board, 4, "mail", STATE (RESOLVED), "ada", "", 3); /* done */
    hold (board, 5, "mail", STATE (OWNED), "ada", "ben", 3); /* handed on to ben, in his epoch 1: not counted for him */
    hold (board, 6, "chat", STATE (OWNED), "ada", "ada", 3); /* one contact, though twice theirs */
    json_t *page = page_of (board, NOW, 10), *ada = named (page, "people", "ada"), *ben = named (page, "people", "ben");
    assert_int_equal (count_in (ada, "load", "mail"), 2);
    assert_int_equal (count_in (ada, "load", "chat"), 2);
    assert_int_equal (json_integer_value (json_object_get (ada, "room")), 2);
    assert_true (json_integer_value (json_object_get (ada, "capacity")) > 2);
    assert_int_equal (json_integer_value (json_object_get (ada, "oldest")), a_contact (1, STATE (OWNED))->opened_at);
    assert_int_equal (json_object_size (json_object_get (ben, "load")), 0);
    json_t *front = named (page, "teams", "front");
    assert_int_equal (json_integer_value (json_object_get (front, "waiting")), 1);
    assert_int_equal (json_integer_value (json_object_get (front, "present")), 1);
    assert_int_equal (json_integer_value (json_object_get (front, "people")), 2);
    json_decref (page);
    see_person (board, "ada", 4, true); /* what was hers counts as returned */
    page = page_of (board, NOW, 10);
    assert_int_equal (json_object_size (json_object_get (named (page, "people", "ada"), "load")), 0);
    json_decref (page);
    board_destroy (&board);
}

/* ------------------------------------------------------- what changed */

static void only_what_changed_is_told_and_once (void **state)
{
    (void)state;
    board_t *board = new_board (100);
    board_contact (board, a_contact (1, STATE (QUEUED)));
    board_contact (board, a_contact (2, STATE (QUEUED)));
    json_t *change = change_of (board, NOW);
    assert_int_equal (json_array_size (json_object_get (change, "contacts")), 2);
    assert_int_equal (json_array_size (json_object_get (change, "people")), 3); /* the first time */
    json_decref (change);
    assert_null (change_of (board, NOW + 1));
    board_contact (board, a_contact (1, STATE (QUEUED))); /* the same version */
    assert_null (change_of (board, NOW + 2));
    contact_t *newer = a_contact (1, STATE (OWNED));
    newer->version = 2;
    WORD_COPY (newer->owner, "ada");
    board_contact (board, newer);
    board_contact (board, a_contact (1, STATE (QUEUED))); /* an answer that was overtaken */
    change = change_of (board, NOW + 3);
    assert_int_equal (json_array_size (json_object_get (change, "contacts")), 1);
    assert_int_equal (count_in (change, "counts", "owned"), 1);
    assert_null (json_object_get (change, "gone"));
    json_decref (change);
    contact_t *closed = a_contact (2, STATE (CLOSED));
    closed->version = 5;
    board_contact (board, closed);
    change = change_of (board, NOW + 4);
    assert_string_equal (json_string_value (json_array_get (json_object_get (change, "gone"), 0)),
                         a_contact (2, STATE (QUEUED))->id);
    assert_int_equal (count_in (change, "counts", "open"), 1);
    json_decref (change);
    assert_null (change_of (board, NOW + 5));
    board_destroy (&board);
}

static void much_is_told_in_parts_and_too_much_as_a_page (void **state)
{
    (void)state;
    board_t *board = new_board (20000);
    for (unsigned i = 0; i < BOARD_ROWS_TOLD + 10; i++)
        board_contact (board, a_contact (i, STATE (QUEUED)));
    json_t *change = change_of (board, NOW);
    assert_int_equal (json_array_size (json_object_get (change, "contacts")), BOARD_ROWS_TOLD);
    json_decref (change);
    assert_true (board_waits (board));
    change = change_of (board, NOW);
    assert_int_equal (json_array_size (json_object_get (change, "contacts")), 10);
    json_decref (change);
    assert_false (board_waits (board));
    for (unsigned i = 1000; i < 1001 + BOARD_ROWS_BEHIND; i++)
        board_contact (board, a_contact (i, STATE (QUEUED)));
    assert_true (board_overflows (board));
    board_told (board);
    assert_false (board_overflows (board) || board_waits (board));
    board_destroy (&board);
}

static void note (void *arg, const char *id)
{
    WORD_COPY ((*(char (*)[ID_SIZE])arg), id);
}

static void what_a_walk_does_not_see_is_doubted (void **state)
{
    char doubted[ID_SIZE] = "";
    (void)state;
    board_t *board = new_board (2);
    board_walk_begin (board);
    for (unsigned i = 1; i <= 3; i++)
        board_walk_see (board, a_contact (i, STATE (QUEUED))->id);
    assert_true (board_contact (board, a_contact (1, STATE (QUEUED))));
    assert_true (board_contact (board, a_contact (2, STATE (QUEUED))));
    assert_false (board_contact (board, a_contact (3, STATE (QUEUED)))); /* no room */
    board_walk_end (board, note, &doubted);
    assert_string_equal (doubted, "");
    json_t *page = page_of (board, NOW, 10);
    assert_int_equal (json_integer_value (json_object_get (page, "more")), 1);
    json_decref (page);
    board_walk_begin (board);
    board_walk_see (board, a_contact (1, STATE (QUEUED))->id);
    board_walk_end (board, note, &doubted);
    assert_string_equal (doubted, a_contact (2, STATE (QUEUED))->id);
    board_destroy (&board);
}

/* -------------------------------------------------------------- promises */

static void add_facts (board_t *board, int kind, wall_ms_t at, unsigned n)
{
    Buckstop__V1__Fact fact = BUCKSTOP__V1__FACT__INIT, *facts[] = {&fact};
    Buckstop__V1__Event event = BUCKSTOP__V1__EVENT__INIT;
    fact.kind = (Buckstop__V1__FactKind)kind;
    fact.at = at;
    event.facts = facts;
    event.n_facts = 1;
    while (n--)
        board_event (board, &event);
}

static void promises_count_since_midnight_and_the_trend_goes_back_a_day (void **state)
{
    const wall_ms_t midnight = NOW - NOW % MS_PER_DAY;
    (void)state;
    board_t *board = new_board (10);
    add_facts (board, FACT (PROMISE_OPENED), midnight + 1, 3);
    add_facts (board, FACT (PROMISE_KEPT), midnight - 1, 5); /* yesterday */
    add_facts (board, FACT (PROMISE_KEPT), NOW, 2);
    add_facts (board, FACT (PROMISE_BROKEN), NOW, 1);
    add_facts (board, FACT (PROMISE_RELEASED), NOW, 1);
    add_facts (board, FACT (PROMISE_OPENED), NOW - 40 * MS_PER_HOUR, 9); /* of a step that is over */
    json_t *page = page_of (board, NOW, 1), *trend = json_object_get (page, "trend");
    assert_int_equal (count_in (page, "promises", "opened"), 3);
    assert_int_equal (count_in (page, "promises", "kept"), 2);
    assert_int_equal (count_in (page, "promises", "broken"), 1);
    assert_int_equal (count_in (page, "promises", "released"), 1);
    assert_int_equal (json_array_size (trend), BOARD_TREND_STEPS);
    int64_t kept = 0, opened = 0;
    for (size_t i = 0; i < BOARD_TREND_STEPS; i++) {
        kept += json_integer_value (json_object_get (json_array_get (trend, i), "kept"));
        opened += json_integer_value (json_object_get (json_array_get (trend, i), "opened"));
    }
    assert_int_equal (kept, 7);
    assert_int_equal (opened, 3);
    json_decref (page);
    page = page_of (board, midnight + MS_PER_DAY + 5, 1);
    assert_int_equal (count_in (page, "promises", "kept"), 0);
    json_decref (page);
    board_destroy (&board);
}

/* ---------------------------------------------------------------- search */

static json_t *found_of (board_search_t **search_p, board_found_t elsewhere)
{
    size_t size;
    char *text = board_search_end (search_p, elsewhere, &size);
    json_t *found = json_loads (text, 0, NULL);
    assert_non_null (found);
    assert_int_equal (strlen (text), size);
    free (text);
    return found;
}

static json_t *search (board_t *board, const char *words, board_found_t elsewhere)
{
    board_search_t *search = board_search_new (board, words, 10);
    while (board_search_on (search, 1))
        ;
    return found_of (&search, elsewhere);
}

static void all_words_are_wanted_in_any_case (void **state)
{
    static const struct {
        const char *words;
        size_t found;
    } rows[] = {{"rechnung", 1}, {"ÄRGER kim", 1}, {"kim", 2},     {"kim@example", 2},
                {"nobody", 0},   {"  ", 0},        {"ärger lo", 0}};
    (void)state;
    board_t *board = new_board (10);
    contact_t *contact = a_contact (1, STATE (QUEUED));
    WORD_COPY (contact->subject, "Ärger mit der Rechnung");
    WORD_COPY (contact->customer, "kim@example.com");
    WORD_COPY (contact->customer_id, "01M81KWXNF5SZX67T5Y0000099");
    board_contact (board, contact);
    contact = a_contact (2, STATE (OWNED));
    WORD_COPY (contact->customer, "kim@example.com");
    WORD_COPY (contact->customer_id, "01M81KWXNF5SZX67T5Y0000099");
    board_contact (board, contact);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *found = search (board, rows[i].words, (board_found_t){NULL, NULL});
        assert_int_equal (json_array_size (json_object_get (found, "contacts")), rows[i].found);
        assert_int_equal (json_array_size (json_object_get (found, "customers")), rows[i].found > 0);
        json_decref (found);
    }
    contact_t *closed = a_contact (9, STATE (CLOSED)); /* found elsewhere, as is whose it is */
    static const customer_t customer = {.id = "01M81KWXNF5SZX67T5Y0000098", .name = "Kim"};
    json_t *found = search (board, "nobody", (board_found_t){closed, &customer});
    json_t *row = json_array_get (json_object_get (found, "contacts"), 0);
    assert_string_equal (json_string_value (json_object_get (row, "state")), "closed");
    row = json_array_get (json_object_get (found, "customers"), 0);
    assert_string_equal (json_string_value (json_object_get (row, "name")), "Kim");
    json_decref (found);
    board_destroy (&board);
}

static const char *id_at (const json_t *found, size_t index)
{
    json_t *row = json_array_get (json_object_get (found, "contacts"), index);
    return json_string_value (json_object_get (row, "id"));
}

static void a_search_goes_on_while_contacts_come_and_go (void **state)
{
    enum { ROWS = 100, LIMIT = 20 };
    (void)state;
    board_t *board = new_board (1000);
    for (unsigned i = 0; i < ROWS; i++)
        board_contact (board, a_contact (i, STATE (QUEUED)));
    board_search_t *search = board_search_new (board, "nr", LIMIT);
    assert_true (board_search_on (search, 50));             /* the newer half */
    board_gone (board, a_contact (99, STATE (QUEUED))->id); /* it was seen */
    board_gone (board, a_contact (3, STATE (QUEUED))->id);  /* it was not: the last, seen, comes to its place */
    board_contact (board, a_contact (500, STATE (QUEUED))); /* newer than all */
    assert_true (board_search_on (search, 49));
    assert_false (board_search_on (search, 2));
    json_t *found = found_of (&search, (board_found_t){NULL, NULL});
    assert_int_equal (json_array_size (json_object_get (found, "contacts")), LIMIT - 1); /* 99 is gone */
    for (unsigned i = 0; i < LIMIT - 1; i++)
        assert_string_equal (id_at (found, i), a_contact (98 - i, STATE (QUEUED))->id);
    assert_int_equal (json_integer_value (json_object_get (found, "more")), ROWS - LIMIT - 1);
    json_decref (found);
    search = board_search_new (board, "nr", LIMIT);
    for (unsigned i = 0; i < ROWS; i++) /* all that there was is gone before it is looked at */
        board_gone (board, a_contact (i, STATE (QUEUED))->id);
    assert_false (board_search_on (search, ROWS));
    found = found_of (&search, (board_found_t){NULL, NULL});
    assert_int_equal (json_array_size (json_object_get (found, "contacts")), 1);
    json_decref (found);
    board_destroy (&board);
}

/* ------------------------------------------------------------- the table */

static void rows_are_found_through_a_random_life (void **state)
{
    enum { IDS = 500, STEPS = 20000 };
    bool there[IDS] = {false};
    rows_t rows = {.n = 0};
    size_t n = 0;
    (void)state;
    srand (7);
    for (int step = 0; step < STEPS; step++) {
        unsigned at = (unsigned)rand () % IDS;
        const char *id = a_contact (at, STATE (QUEUED))->id;
        if (rand () % 2) {
            rows_put (&rows, id);
            n += !there[at];
            there[at] = true;
        } else {
            assert_int_equal (rows_remove (&rows, id), there[at]);
            n -= there[at];
            there[at] = false;
        }
        assert_int_equal (rows.n, n);
    }
    for (unsigned i = 0; i < IDS; i++) {
        const char *id = a_contact (i, STATE (QUEUED))->id;
        const row_t *row = rows_find (&rows, id);
        assert_int_equal (row != NULL, there[i]);
        assert_true (!row || strcmp (row->id, id) == 0);
    }
    rows_clear (&rows);
}

/* ------------------------------------------------------------------ held */

static contact_t *a_contact_of (unsigned number, const char *owner, const char *offered_to)
{
    contact_t *contact = a_contact (number, *owner ? STATE (OWNED) : STATE (OFFERED));
    WORD_COPY (contact->owner, owner);
    WORD_COPY (contact->offered_to, offered_to);
    return contact;
}

static json_t *held_by (board_t *board, const char *person)
{
    size_t size;
    board_held_t *held = board_held_new (board, person);
    while (board_held_on (held, 1))
        ;
    char *text = board_held_end (&held, NOW, &size);
    json_t *found = json_loads (text, 0, NULL);
    assert_non_null (found);
    free (text);
    return found;
}

static void what_somebody_holds_is_found_wherever_it_stands (void **state)
{
    static const struct {
        const char *person;
        size_t n;
    } rows[] = {{"ben", 3}, {"ann", 1}, {"nobody", 0}};
    (void)state;
    board_t *board = new_board (100);
    for (unsigned i = 0; i < 50; i++)
        board_contact (board, a_contact (i, STATE (QUEUED)));
    board_contact (board, a_contact_of (60, "ben", ""));
    board_contact (board, a_contact_of (61, "", "ben"));
    board_contact (board, a_contact_of (62, "ann", "ben"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *found = held_by (board, rows[i].person);
        assert_int_equal (json_array_size (json_object_get (found, "contacts")), rows[i].n);
        assert_int_equal (json_integer_value (json_object_get (found, "more")), 0);
        json_decref (found);
    }
    board_destroy (&board);
}

static void what_is_held_no_more_when_it_is_told_is_left_out (void **state)
{
    size_t size;
    (void)state;
    board_t *board = new_board (100);
    for (unsigned i = 0; i < 4; i++)
        board_contact (board, a_contact_of (i, "ben", ""));
    board_held_t *held = board_held_new (board, "ben");
    assert_true (board_held_on (held, 2)); /* 3 and 2 were seen */
    contact_t *handed_on = a_contact_of (2, "ann", "");
    handed_on->version += 1;
    board_contact (board, handed_on);
    board_gone (board, a_contact_of (0, "ben", "")->id); /* 3 comes to its place, and is seen again */
    assert_false (board_held_on (held, 10));
    char *text = board_held_end (&held, NOW, &size);
    json_t *found = json_loads (text, 0, NULL);
    assert_int_equal (json_array_size (json_object_get (found, "contacts")), 2); /* 1 and 3, each once */
    json_decref (found);
    free (text);
    board_destroy (&board);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (what_is_broken_stands_first_then_what_breaks_next),
        cmocka_unit_test (an_answer_on_its_way_is_told_and_owes_nothing),
        cmocka_unit_test (counts_go_by_state_and_what_is_at_risk_by_time),
        cmocka_unit_test (loads_are_read_off_what_people_hold_in_their_epoch),
        cmocka_unit_test (only_what_changed_is_told_and_once),
        cmocka_unit_test (much_is_told_in_parts_and_too_much_as_a_page),
        cmocka_unit_test (what_a_walk_does_not_see_is_doubted),
        cmocka_unit_test (promises_count_since_midnight_and_the_trend_goes_back_a_day),
        cmocka_unit_test (all_words_are_wanted_in_any_case),
        cmocka_unit_test (a_search_goes_on_while_contacts_come_and_go),
        cmocka_unit_test (what_somebody_holds_is_found_wherever_it_stands),
        cmocka_unit_test (what_is_held_no_more_when_it_is_told_is_left_out),
        cmocka_unit_test (rows_are_found_through_a_random_life),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
