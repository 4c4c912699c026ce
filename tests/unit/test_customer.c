/* test_customer.c - customers: identities in one spelling, records, links and the way back, imports. Tables. */
#include "customer.h"
#include "ids.h"
#include "keys.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAIL BUCKSTOP__V1__IDENTITY_KIND__IDENTITY_KIND_MAIL
#define NOW  ((wall_ms_t)1700000000000)

/* --------------------------------------------------------------- identities */

static void phones_have_one_spelling (void **state)
{
    (void)state;
    static const struct {
        const char *country, *text, *want; /* NULL: none */
    } rows[] = {
        {"+49", "+49 30 123456", "+4930123456"},
        {"+49", "+49 (0)30 / 12 34-56", "+4930123456"},
        {"+49", "0049 30 123456", "+4930123456"},
        {"+49", "030 123456", "+4930123456"},
        {"+49", "(030) 123456", "+4930123456"},
        {"+49", "tel:+49-30-123456;phone-context=x", "+4930123456"},
        {"+49", "whatsapp:+4930123456", "+4930123456"},
        {"+49", "4930123456", "+4930123456"},
        {"+49", "15551234567", "+15551234567"},
        {"", "4915112345678", "+4915112345678"},
        {NULL, "+4930123456", "+4930123456"},
        {NULL, "0049 30 123456", "+4930123456"},
        {NULL, "030 123456", NULL},
        {NULL, "4711", NULL},
        {"+1", "(555) 123-4567", "+15551234567"},
        {"+1", "1 555 123 4567", "+15551234567"},
        {"+1", "011 49 30 123456", "+4930123456"},
        {"1", "555.123.4567", "+15551234567"},
        {"+39", "06 1234567", "+39061234567"},
        {"+36", "06 1 234 5678", "+3612345678"},
        {"+7", "8 916 123-45-67", "+79161234567"},
        {"+45", "12 34 56 78", "+4512345678"},
        {"+49", "", NULL},
        {"+49", "   ", NULL},
        {"+49", "+", NULL},
        {"+49", "client:alice", NULL},
        {"+49", "030 123456 ext. 7", NULL},
        {"+49", "+0301234567", NULL},
        {"+49", "+4930", NULL},
        {"+49", "+1234567890123456", NULL},
        {"+49", "+1234567890123456789012345678", NULL},
        {"+49", "+49301234\n56", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity_t identity;
        bool is = identity_phone (rows[i].country, rows[i].text, &identity);
        if (is != (rows[i].want != NULL))
            print_error ("'%s' in %s\n", rows[i].text, rows[i].country ? rows[i].country : "-");
        assert_int_equal (is, rows[i].want != NULL);
        if (is)
            assert_string_equal (identity.value, rows[i].want);
    }
}

static void mails_have_one_spelling (void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"ada@example.com", "ada@example.com"},
        {" Ada.L@Example.COM ", "Ada.L@example.com"},
        {"Ada <ada@EXAMPLE.com>", "ada@example.com"},
        {"ada@example.com (Ada)", "ada@example.com"},
        {"ada+shop@Bücher.Example", "ada+shop@bücher.example"},
        {"ada", NULL},
        {"ada@", NULL},
        {"ada@example.com, ben@example.com", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity_t identity;
        assert_int_equal (identity_mail (rows[i].text, &identity), rows[i].want != NULL);
        if (rows[i].want)
            assert_string_equal (identity.value, rows[i].want);
    }
}

static void a_channel_says_what_its_customers_are (void **state)
{
    (void)state;
    const policy_channel_t channels[] = {
        {.name = "form"},
        {.name = "mail", .identity = IDENTITY_MAIL},
        {.name = "phone", .identity = IDENTITY_PHONE},
        {.name = "slack", .identity = IDENTITY_HANDLE, .platform = "slack-acme"},
        {.name = "chat", .identity = IDENTITY_HANDLE},
        {.name = "line", .live = true, .answer = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN},
    };
    const policy_t policy = {.channels = channels, .channels_n = 6, .country = "+49"};
    static const struct {
        const char *channel, *text, *want; /* as identity_text; NULL: nobody */
    } rows[] = {
        {"form", "ada@example.com", "ada@example.com"},
        {"form", "+49 30 123456", "+4930123456"},
        {"form", "030 123456", "form:030 123456"},
        {"form", "4711", "form:4711"},
        {"mail", "Ada <ada@example.com>", "ada@example.com"},
        {"mail", "undisclosed", "mail:undisclosed"},
        {"phone", "030 123456", "+4930123456"},
        {"phone", "ada@example.com", "phone:ada@example.com"},
        {"phone", "Anonymous", NULL},
        {"phone", "+266696687", NULL},
        {"form", "anonymous", "form:anonymous"},
        {"slack", "U123", "slack-acme:U123"},
        {"slack", "ada@example.com", "slack-acme:ada@example.com"},
        {"chat", "+4930123456", "chat:+4930123456"},
        {"chat", " kim ", "chat:kim"},
        {"unknown", "kim", "unknown:kim"},
        {"line", "030 999222", "+4930999222"}, /* people speak there: a telephone, though nothing says so */
        {"line", "(030) 999222", "+4930999222"},
        {"line", "+49 30 999222", "+4930999222"},
        {"line", "493099922233", "+493099922233"},
        {"line", "4711", "line:4711"},
        {"line", "kim", "line:kim"},
        {"line", "ada@example.com", "ada@example.com"},
        {"line", "+ada@example.com", "+ada@example.com"},
        {"form", "+ada@example.com", "+ada@example.com"},
        {"line", "0301234567@example.com", "0301234567@example.com"},
        {"line", "Anonymous", NULL},
        {"", "kim", NULL},
        {"chat", "", NULL},
        {"chat", " \t ", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        identity_t identity;
        char text[IDENTITY_TEXT_SIZE];
        bool is = identity_of (&policy, rows[i].channel, rows[i].text, &identity);
        assert_int_equal (is, rows[i].want != NULL);
        if (is)
            assert_string_equal (identity_text (&identity, text), rows[i].want);
    }
}

static void an_identity_derives_an_id (void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"ada@example.com", "ADA@EXAMPLE.COM"}, {"+4930123456", "+49 30 123456"}, {"slack:U1", "slack:U1"}};
    static const char *const different[] = {"ada@example.com", "ben@example.com",   "+4930123456",
                                            "+4930123457",     "slack:U1",          "slack:u1",
                                            "teams:U1",        "x:ada@example.com", "+ada@example.com"};
    char ids[sizeof different / sizeof *different][ID_SIZE];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        identity_t a, b;
        assert_true (identity_parse (same[i][0], &a) && identity_parse (same[i][1], &b));
        assert_true (identity_same (&a, &b));
    }
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        identity_t identity;
        char text[IDENTITY_TEXT_SIZE];
        assert_true (identity_parse (different[i], &identity));
        assert_string_equal (identity_text (&identity, text), different[i]);
        customer_id_of (&identity, ids[i]);
        assert_true (id_valid (ids[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal (ids[i], ids[j]);
    }
    identity_t none;
    assert_false (identity_parse ("kim", &none));
    assert_false (identity_parse ("", &none));
    assert_false (identity_parse (":x", &none));
    assert_false (identity_parse ("slack:", &none));
}

/* ------------------------------------------------------------------ records */

static identity_t identity (const char *text)
{
    identity_t made;
    assert_true (identity_parse (text, &made));
    return made;
}

static customer_t customer (const char *text)
{
    customer_t made = {0};
    identity_t first = identity (text);
    customer_begin (&made, "desk", &first, "", "", NOW);
    return made;
}

static void a_record_comes_back (void **state)
{
    (void)state;
    char why[DETAIL_SIZE];
    customer_t c = customer ("ada@example.com"), back;
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CUSTOMER, .version = 7}, read;
    snprintf (c.name, sizeof c.name, "Ada");
    memset (c.notes, 'n', CUSTOMER_NOTES_SIZE - 1);
    for (int i = 1; i < CUSTOMER_IDENTITIES_MAX; i++) {
        char text[40];
        snprintf (text, sizeof text, "slack:U%d", i);
        identity_t more = identity (text);
        assert_int_equal (customer_add (&c, &more, why), CUSTOMER_DONE);
    }
    for (int i = 0; i < CUSTOMER_MERGED_MAX; i++) {
        id_make (NOW + i, (const uint8_t *)"0123456789", c.merged[c.merged_n]);
        c.merged_n++;
    }
    for (int i = 0; i < CUSTOMER_PROPOSALS_MAX; i++) {
        char text[40];
        snprintf (text, sizeof text, "teams:U%d", i);
        identity_t more = identity (text);
        assert_true (customer_propose (&c, &more, "they wrote in a thread of theirs", NOW));
    }
    size_t size;
    uint8_t *bytes = customer_pack (&c, &head, &size);
    assert_int_equal (customer_unpack (bytes, size, &read, &back), RECORD_OK);
    c.version = 7;
    assert_memory_equal (&c, &back, sizeof c);
    assert_int_equal (customer_unpack (bytes, size - 3, &read, &back), RECORD_BROKEN);
    bytes[3] = KIND_PERSON;
    assert_int_equal (customer_unpack (bytes, size, &read, &back), RECORD_WRONG_KIND);
    free (bytes);
}

static void a_small_record_is_small (void **state)
{
    (void)state;
    customer_t c = customer ("ada@example.com");
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CUSTOMER, .version = 1, .ids_n = 1};
    size_t size;
    free (customer_pack (&c, &head, &size));
    assert_true (size < 100);
}

/* What cannot be is no record: an identity without a kind, more of a list than fits. */
static void a_record_is_read_strictly (void **state)
{
    (void)state;
    customer_t c = customer ("ada@example.com"), back;
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CUSTOMER, .version = 1}, read;
    size_t size;
    c.identities[0].kind = 0;
    uint8_t *bytes = customer_pack (&c, &head, &size);
    assert_int_equal (customer_unpack (bytes, size, &read, &back), RECORD_BROKEN);
    free (bytes);
    c.identities[0].kind = MAIL;
    bytes = customer_pack (&c, &head, &size);
    uint8_t *longer = malloc (size + 200);
    memcpy (longer, bytes, size);
    for (int i = 0; i <= CUSTOMER_MERGED_MAX; i++, size += 3)
        memcpy (longer + size, "\x6a\x01x", 3); /* field 13: merged */
    assert_int_equal (customer_unpack (longer, size, &read, &back), RECORD_BROKEN);
    free (longer);
    free (bytes);
}

static void proposals_are_new_once_and_bounded (void **state)
{
    (void)state;
    customer_t c = customer ("ada@example.com");
    identity_t own = identity ("ADA@example.com"), other = identity ("+4930123456");
    assert_false (customer_propose (&c, &own, "", NOW));
    assert_true (customer_propose (&c, &other, "first", NOW));
    assert_false (customer_propose (&c, &other, "again", NOW));
    for (int i = 0; i < CUSTOMER_PROPOSALS_MAX; i++) {
        char text[40];
        snprintf (text, sizeof text, "teams:U%d", i);
        identity_t more = identity (text);
        assert_true (customer_propose (&c, &more, "", NOW));
    }
    assert_int_equal (c.proposals_n, CUSTOMER_PROPOSALS_MAX);
    assert_false (customer_dismiss (&c, &other)); /* the oldest has left */
    other = identity ("teams:U3");
    assert_true (customer_dismiss (&c, &other));
    assert_int_equal (c.proposals_n, CUSTOMER_PROPOSALS_MAX - 1);
}

static void identities_come_and_go (void **state)
{
    (void)state;
    char why[DETAIL_SIZE];
    customer_t c = customer ("ada@example.com");
    identity_t own = identity ("ada@example.com"), phone = identity ("+4930123456");
    assert_true (customer_propose (&c, &phone, "", NOW));
    assert_int_equal (customer_add (&c, &phone, why), CUSTOMER_DONE);
    assert_int_equal (c.proposals_n, 0);
    assert_int_equal (customer_add (&c, &phone, why), CUSTOMER_NOTHING);
    assert_int_equal (customer_remove (&c, &own, why), CUSTOMER_REFUSED);
    assert_int_equal (customer_remove (&c, &phone, why), CUSTOMER_DONE);
    assert_int_equal (customer_remove (&c, &phone, why), CUSTOMER_NOTHING);
    for (int i = 1; i < CUSTOMER_IDENTITIES_MAX; i++) {
        char text[40];
        snprintf (text, sizeof text, "slack:U%d", i);
        identity_t more = identity (text);
        assert_int_equal (customer_add (&c, &more, why), CUSTOMER_DONE);
    }
    assert_int_equal (customer_add (&c, &phone, why), CUSTOMER_REFUSED);
    snprintf (c.merged_into, ID_SIZE, "01K00000000000000000000000");
    c.identities_n = 1;
    assert_int_equal (customer_add (&c, &phone, why), CUSTOMER_REFUSED);
}

static void who_is_forgotten_may_come_again (void **state)
{
    (void)state;
    customer_t c = customer ("ada@example.com"), before;
    identity_t own = identity ("ada@example.com");
    snprintf (c.name, sizeof c.name, "Ada");
    snprintf (c.notes, sizeof c.notes, "likes tea");
    snprintf (c.merged[c.merged_n++], ID_SIZE, "01K00000000000000000000000");
    before = c;
    customer_forget (&c);
    assert_true (c.forgotten && !*c.name && !*c.notes && !c.identities_n && c.merged_n == 1);
    assert_string_equal (c.id, before.id);
    customer_begin (&c, "desk", &own, "", "", NOW + 5);
    assert_true (!c.forgotten && c.provisional && c.identities_n == 1 && c.merged_n == 1);
    assert_int_equal (c.created_at, NOW);
}

/* -------------------------------------------------------------------- links */

enum { A, B, C, PEOPLE };

static void three (customer_entry_t entries[PEOPLE])
{
    static const char *const texts[PEOPLE] = {"ada@example.com", "+4930123456", "slack:U1"};
    memset (entries, 0, PEOPLE * sizeof *entries);
    for (int i = 0; i < PEOPLE; i++)
        entries[i].customer = customer (texts[i]);
}

static customer_outcome_t link_two (customer_entry_t *entries, int into, int from)
{
    char why[DETAIL_SIZE];
    return customer_link (entries, PEOPLE, entries[into].customer.id, entries[from].customer.id, why);
}

static customer_outcome_t unlink_one (customer_entry_t *entries, int from)
{
    char why[DETAIL_SIZE];
    return customer_unlink (entries, PEOPLE, entries[from].customer.id, why);
}

static void must_count (const customer_entry_t *entries, int a, int b, int c)
{
    const int want[PEOPLE] = {a, b, c};
    size_t merged = 0, named = 0;
    for (int i = 0; i < PEOPLE; i++) {
        assert_string_equal (customer_counts (&entries[i].customer), entries[want[i]].customer.id);
        merged += want[i] != i;
        if (!*entries[i].customer.merged_into)
            named += entries[i].customer.merged_n;
    }
    assert_int_equal (merged, named); /* who counts names each of them, once */
}

static void must_be_same (const customer_t *a, const customer_t *b)
{
    record_head_t head = {.schema = RECORD_SCHEMA, .kind = KIND_CUSTOMER, .version = 1};
    size_t a_size, b_size;
    uint8_t *a_bytes = customer_pack (a, &head, &a_size), *b_bytes = customer_pack (b, &head, &b_size);
    assert_int_equal (a_size, b_size);
    assert_memory_equal (a_bytes, b_bytes, a_size);
    free (a_bytes);
    free (b_bytes);
}

static void links_are_undone (void **state)
{
    (void)state;
    customer_entry_t entries[PEOPLE], before[PEOPLE];
    three (entries);
    memcpy (before, entries, sizeof before);
    assert_int_equal (link_two (entries, A, B), CUSTOMER_DONE);
    must_count (entries, A, A, C);
    assert_true (entries[A].changed && entries[B].changed && !entries[C].changed);
    assert_int_equal (link_two (entries, A, B), CUSTOMER_NOTHING);
    assert_int_equal (link_two (entries, A, A), CUSTOMER_REFUSED);
    assert_int_equal (link_two (entries, C, B), CUSTOMER_REFUSED);
    assert_int_equal (link_two (entries, B, C), CUSTOMER_REFUSED);
    assert_int_equal (unlink_one (entries, A), CUSTOMER_NOTHING);
    assert_int_equal (unlink_one (entries, B), CUSTOMER_DONE);
    for (int i = 0; i < PEOPLE; i++)
        must_be_same (&entries[i].customer, &before[i].customer);
}

/* B was linked to C, and C to A: all lead to A in one step; each way back leads to where it was. */
static void links_of_links_are_undone (void **state)
{
    (void)state;
    customer_entry_t entries[PEOPLE];
    three (entries);
    assert_int_equal (link_two (entries, C, B), CUSTOMER_DONE);
    must_count (entries, A, C, C);
    assert_int_equal (link_two (entries, A, C), CUSTOMER_DONE);
    must_count (entries, A, A, A);
    assert_int_equal (unlink_one (entries, C), CUSTOMER_DONE);
    must_count (entries, A, C, C);
    assert_int_equal (link_two (entries, A, C), CUSTOMER_DONE);
    assert_int_equal (unlink_one (entries, B), CUSTOMER_DONE);
    must_count (entries, A, B, A);
    assert_int_equal (link_two (entries, A, B), CUSTOMER_DONE); /* by itself now, not by way of C */
    assert_int_equal (unlink_one (entries, C), CUSTOMER_DONE);
    must_count (entries, A, A, C);
}

static void a_link_has_its_conditions (void **state)
{
    (void)state;
    char why[DETAIL_SIZE];
    customer_entry_t entries[PEOPLE];
    three (entries);
    entries[B].customer.provisional = false;
    assert_int_equal (link_two (entries, A, B), CUSTOMER_REFUSED); /* the other way round */
    assert_int_equal (link_two (entries, B, A), CUSTOMER_DONE);
    three (entries);
    customer_forget (&entries[B].customer);
    assert_int_equal (link_two (entries, A, B), CUSTOMER_REFUSED);
    three (entries);
    entries[A].customer.merged_n = CUSTOMER_MERGED_MAX;
    assert_int_equal (link_two (entries, A, B), CUSTOMER_REFUSED);
    three (entries);
    assert_int_equal (customer_link (entries, 1, entries[A].customer.id, entries[B].customer.id, why),
                      CUSTOMER_REFUSED);
    assert_int_equal (link_two (entries, C, B), CUSTOMER_DONE);
    customer_entry_t two[2] = {entries[A], entries[C]}; /* without the record of B, which C names */
    assert_int_equal (customer_link (two, 2, two[0].customer.id, two[1].customer.id, why), CUSTOMER_REFUSED);
    assert_int_equal (customer_unlink (&entries[B], 1, entries[B].customer.id, why), CUSTOMER_REFUSED);
    assert_int_equal (customer_unlink (entries, 1, "01K00000000000000000000000", why), CUSTOMER_REFUSED);
}

static void a_link_answers_proposals (void **state)
{
    (void)state;
    customer_entry_t entries[PEOPLE];
    three (entries);
    assert_true (customer_propose (&entries[A].customer, &entries[B].customer.identities[0], "", NOW));
    assert_true (customer_propose (&entries[B].customer, &entries[A].customer.identities[0], "", NOW));
    assert_true (customer_propose (&entries[A].customer, &entries[C].customer.identities[0], "", NOW));
    assert_int_equal (link_two (entries, A, B), CUSTOMER_DONE);
    assert_int_equal (entries[A].customer.proposals_n, 1);
    assert_int_equal (entries[B].customer.proposals_n, 0);
}

/* ------------------------------------------------------------------ imports */

typedef struct import_row {
    const char *name, *given[3], *holders[3]; /* holders: an identity, for the id that it derives; "" : nobody */
    const char *existing;                     /* an identity, for the record that it derives; NULL: none */
    customer_outcome_t outcome;
    bool opened;
    size_t identities, added, proposed;
} import_row_t;

static const import_row_t imports[] = {
    {"new", {"ada@example.com", "+4930123456"}, {"", ""}, NULL, CUSTOMER_DONE, true, 2, 2, 0},
    {"known", {"ada@example.com"}, {"ada@example.com"}, "ada@example.com", CUSTOMER_DONE, false, 1, 0, 0},
    {"known and more",
     {"ada@example.com", "slack:U1"},
     {"ada@example.com", ""},
     "ada@example.com",
     CUSTOMER_DONE,
     false,
     2,
     1,
     0},
    {"found by the second",
     {"slack:U1", "ada@example.com"},
     {"", "ada@example.com"},
     "ada@example.com",
     CUSTOMER_DONE,
     false,
     2,
     1,
     0},
    {"of somebody else",
     {"ada@example.com", "+4930123456"},
     {"ada@example.com", "+4930123456"},
     "ada@example.com",
     CUSTOMER_DONE,
     false,
     1,
     0,
     1},
    {"nobody", {NULL}, {NULL}, NULL, CUSTOMER_REFUSED, false, 0, 0, 0},
};

static customer_row_t row_of (const import_row_t *from)
{
    customer_row_t row = {.tier = "gold"};
    WORD_COPY (row.name, from->name);
    for (; row.identities_n < 3 && from->given[row.identities_n]; row.identities_n++) {
        row.identities[row.identities_n] = identity (from->given[row.identities_n]);
        if (*from->holders[row.identities_n]) {
            identity_t holder = identity (from->holders[row.identities_n]);
            customer_id_of (&holder, row.holders[row.identities_n]);
        }
    }
    return row;
}

static void rows_are_imported (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++) {
        const import_row_t *want = &imports[i];
        customer_row_t row = row_of (want);
        customer_t existing;
        customer_import_t result, again;
        char why[DETAIL_SIZE] = "", target[ID_SIZE];
        if (want->existing)
            existing = customer (want->existing);
        customer_outcome_t outcome =
            customer_import (want->existing ? &existing : NULL, "desk", &row, "row 2", NOW, &result, why);
        assert_int_equal (outcome, want->outcome);
        assert_int_equal (customer_row_target (&row, target), want->outcome != CUSTOMER_REFUSED);
        if (outcome == CUSTOMER_REFUSED)
            continue;
        assert_string_equal (result.after.id, target);
        assert_int_equal (result.opened, want->opened);
        assert_int_equal (result.after.identities_n, want->identities);
        assert_int_equal (result.added_n, want->added);
        assert_int_equal (result.proposed, want->proposed);
        assert_string_equal (result.after.tier, "gold");
        assert_false (result.after.provisional);
        /* the same row again changes nothing */
        for (size_t j = 0; j < row.identities_n; j++)
            if (!*row.holders[j])
                WORD_COPY (row.holders[j], result.after.id);
        assert_int_equal (customer_import (&result.after, "desk", &row, "row 2", NOW, &again, why), CUSTOMER_NOTHING);
        assert_false (again.changed);
    }
}

static void an_import_has_its_conditions (void **state)
{
    (void)state;
    char why[DETAIL_SIZE] = "";
    customer_import_t result;
    customer_t merged = customer ("ada@example.com"), forgotten = merged;
    customer_row_t row = {.id = "01K00000000000000000000000", .name = "Ada"};
    assert_int_equal (customer_import (NULL, "desk", &row, "row 2", NOW, &result, why), CUSTOMER_REFUSED);
    assert_non_null (strstr (why, row.id));
    snprintf (merged.merged_into, ID_SIZE, "01K00000000000000000000000");
    assert_int_equal (customer_import (&merged, "desk", &row, "row 2", NOW, &result, why), CUSTOMER_REFUSED);
    /* somebody who was forgotten is known again by what they came by */
    customer_row_t back = {.name = "Ada", .identities_n = 1};
    back.identities[0] = identity ("ada@example.com");
    customer_id_of (&back.identities[0], back.holders[0]);
    customer_forget (&forgotten);
    assert_int_equal (customer_import (&forgotten, "desk", &back, "row 2", NOW, &result, why), CUSTOMER_DONE);
    assert_true (result.after.identities_n == 1 && !result.after.forgotten && !result.after.provisional);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (phones_have_one_spelling),
        cmocka_unit_test (mails_have_one_spelling),
        cmocka_unit_test (a_channel_says_what_its_customers_are),
        cmocka_unit_test (an_identity_derives_an_id),
        cmocka_unit_test (a_record_comes_back),
        cmocka_unit_test (a_small_record_is_small),
        cmocka_unit_test (a_record_is_read_strictly),
        cmocka_unit_test (proposals_are_new_once_and_bounded),
        cmocka_unit_test (identities_come_and_go),
        cmocka_unit_test (who_is_forgotten_may_come_again),
        cmocka_unit_test (links_are_undone),
        cmocka_unit_test (links_of_links_are_undone),
        cmocka_unit_test (a_link_has_its_conditions),
        cmocka_unit_test (a_link_answers_proposals),
        cmocka_unit_test (rows_are_imported),
        cmocka_unit_test (an_import_has_its_conditions),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
