/* test_record.c - records: what is packed comes back, what is torn or foreign is refused, never cut. */
#include "customer.h"
#include "keys.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static event_id_t id_of (uint8_t n)
{
    return (event_id_t){{n, n, n, n, n, n, n, n}};
}

static contact_t full_contact (void)
{
    contact_t c;
    memset (&c, 0, sizeof (c));
    c.state = BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED;
    snprintf (c.id, sizeof (c.id), "01K00000000000000000000000");
    snprintf (c.workspace, sizeof (c.workspace), "desk");
    memset (c.subject, 'x', SUBJECT_SIZE - 1);
    snprintf (c.owner, sizeof (c.owner), "ada");
    snprintf (c.accountable, sizeof (c.accountable), "ada");
    c.priority = -3;
    c.promises_n = PROMISES_MAX;
    for (size_t i = 0; i < PROMISES_MAX; i++)
        c.promises[i] = (promise_t){.kind = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_RESOLUTION,
                                    .state = BUCKSTOP__V1__PROMISE_STATE__PROMISE_STATE_PENDING,
                                    .due = 1000 + (wall_ms_t)i,
                                    .step_fired = 7,
                                    .paused = true,
                                    .left_ms = 5,
                                    .ladder = "steep"};
    snprintf (c.transfer_words, sizeof (c.transfer_words), "Ada hands it over");
    c.excluded_n = 1;
    snprintf (c.excluded[0].person, NAME_SIZE, "ben");
    c.excluded[0].until = 99;
    c.excluded[0].times = 3;
    c.excluded[0].epoch = 4;
    c.told_n = TOLD_MAX;
    for (size_t i = 0; i < TOLD_MAX; i++) {
        snprintf (c.told[i].person, NAME_SIZE, "p%zu", i);
        c.told[i].promise = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE;
        c.told[i].at = 77 + (wall_ms_t)i;
        c.told[i].urgent = i % 2;
    }
    c.apologised_at = 78;
    c.opened = 9;
    c.kept = 1;
    return c;
}

static void a_contact_comes_back_whole (void **state)
{
    (void)state;
    contact_t c = full_contact (), back;
    record_head_t none = {.version = 0}, head = record_head_next (&none, KIND_CONTACT, id_of (1), 0), read;
    size_t size = 0;
    uint8_t *bytes = contact_pack (&c, &head, &size);
    assert_int_equal (contact_unpack (bytes, size, &read, &back), RECORD_OK);
    c.version = 1;
    assert_memory_equal (&c, &back, sizeof (c));
    assert_true (record_has_event (&read, id_of (1)));
    assert_false (record_has_event (&read, id_of (2)));
    free (bytes);
}

static void a_delivery_keeps_what_its_reason_needs (void **state)
{
    (void)state;
    bundle_line_t line = {.delivery = "d1",
                          .delay_ms = 300000,
                          .way = 2,
                          .more = true,
                          .says_by = 8,
                          .customer = "Kim",
                          .subject = "late"};
    const delivery_t delivery = {
        .id = "d2", .subject = "", .body = "", .delay_ms = 60000, .says_by = 9, .lines = &line, .lines_n = 1};
    record_head_t none = {.version = 0}, head = record_head_next (&none, KIND_DELIVERY, id_of (1), 0), read;
    delivery_t back;
    size_t size = 0;
    uint8_t *bytes = delivery_pack (&delivery, &head, &size);
    assert_int_equal (delivery_unpack (bytes, size, &read, &back), RECORD_OK);
    assert_int_equal (back.delay_ms, 60000);
    assert_int_equal (back.says_by, 9);
    assert_int_equal (back.lines[0].delay_ms, 300000);
    assert_int_equal (back.lines[0].way, 2);
    assert_int_equal (back.lines[0].says_by, 8);
    assert_string_equal (back.lines[0].customer, "Kim");
    assert_true (back.lines[0].more);
    delivery_clear (&back);
    free (bytes);
}

static void the_head_keeps_the_last_events (void **state)
{
    (void)state;
    record_head_t head = {.version = 0};
    for (int i = 0; i < 40; i++)
        head = record_head_next (&head, KIND_CONTACT, id_of ((uint8_t)i), 0);
    assert_int_equal (head.version, 40);
    assert_int_equal (head.ids_n, EVENT_IDS_KEPT);
    assert_false (record_has_event (&head, id_of (7)));
    assert_true (record_has_event (&head, id_of (8)));
    assert_true (record_has_event (&head, id_of (39)));
}

/* Every prefix, and every byte changed: an answer, never a crash; newer and foreign ones are named. */
static void torn_and_foreign_records_are_refused (void **state)
{
    (void)state;
    contact_t c = full_contact (), back;
    record_head_t none = {.version = 0}, head = record_head_next (&none, KIND_CONTACT, id_of (1), 0), read;
    size_t size = 0;
    uint8_t *bytes = contact_pack (&c, &head, &size);
    for (size_t n = 0; n < size; n++)
        assert_int_equal (contact_unpack (bytes, n, &read, &back), RECORD_BROKEN);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x5A;
        record_fault_t fault = contact_unpack (bytes, size, &read, &back);
        if (i >= RECORD_HEAD_SIZE + EVENT_ID_SIZE)
            assert_int_equal (fault, RECORD_BROKEN);
        bytes[i] ^= 0x5A;
    }
    bytes[0] = RECORD_SCHEMA;
    bytes[3] = KIND_PERSON;
    assert_int_equal (contact_unpack (bytes, size, &read, &back), RECORD_WRONG_KIND);
    free (bytes);
}

/* Whole records of each kind and schema, as they are written. */
typedef struct written {
    char kind;
    uint32_t word; /* at byte 12; 1: a hash of the body */
    uint8_t *bytes;
    size_t size;
} written_t;

static record_fault_t read_written (const written_t *self)
{
    static contact_t contact;
    record_head_t head;
    person_t person;
    customer_t customer;
    delivery_t delivery;
    workspace_record_t workspace;
    char *text = NULL;
    record_fault_t fault;
    switch (self->kind) {
    case KIND_CONTACT:
        return contact_unpack (self->bytes, self->size, &head, &contact);
    case KIND_PERSON:
        return person_unpack (self->bytes, self->size, &head, &person);
    case KIND_CUSTOMER:
        return customer_unpack (self->bytes, self->size, &head, &customer);
    case KIND_DELIVERY:
        fault = delivery_unpack (self->bytes, self->size, &head, &delivery);
        if (fault == RECORD_OK)
            delivery_clear (&delivery);
        return fault;
    default:
        fault = workspace_unpack (self->bytes, self->size, &head, &workspace, &text);
        free (text);
        return fault;
    }
}

static uint32_t word_of (const written_t *self)
{
    const uint8_t *at = self->bytes + 12;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* What was changed behind the head's back is broken, where the head has room to tell; what an earlier worker wrote, who
 * kept no hash, is read as it is. A person's head says the epoch, a workspace's nothing. */
static void heads_tell_their_body (void **state)
{
    (void)state;
    contact_t contact = full_contact (), call = full_contact ();
    call.call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING;
    const person_t person = {.name = "ada", .workspace = "desk", .epoch = 3};
    const delivery_t delivery = {.id = "d", .subject = "s", .body = "b"},
                     dropped = {.id = "d", .subject = "s", .body = "b", .dropped = "by dana"};
    const customer_t customer = {.id = "01ARYZ6S410000000000000000", .name = "Kim"};
    const workspace_record_t workspace = {.name = "desk"};
    const record_head_t none = {.version = 0};
    written_t rows[] = {{KIND_CONTACT, 1},  {KIND_CONTACT, 1},  {KIND_PERSON, 3},   {KIND_DELIVERY, 1},
                        {KIND_DELIVERY, 1}, {KIND_CUSTOMER, 1}, {KIND_WORKSPACE, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        written_t *row = &rows[i];
        record_head_t head = record_head_next (&none, row->kind, id_of (1), row->kind == KIND_PERSON ? 3 : 0);
        row->bytes = row->kind == KIND_CONTACT    ? contact_pack (i ? &call : &contact, &head, &row->size)
                     : row->kind == KIND_PERSON   ? person_pack (&person, &head, &row->size)
                     : row->kind == KIND_DELIVERY ? delivery_pack (i == 3 ? &delivery : &dropped, &head, &row->size)
                     : row->kind == KIND_CUSTOMER ? customer_pack (&customer, &head, &row->size)
                                                  : workspace_pack (&workspace, "text", &head, &row->size);
        assert_int_equal (read_written (row), RECORD_OK);
        if (row->word != 1) {
            assert_int_equal (word_of (row), row->word);
            free (row->bytes);
            continue;
        }
        assert_int_not_equal (word_of (row), 0);
        for (size_t at = 12; at < row->size; at += at == 15 ? 1 + EVENT_ID_SIZE : 1) { /* the word, then the body */
            row->bytes[at] ^= 0x5A;
            assert_int_equal (read_written (row), RECORD_BROKEN);
            row->bytes[at] ^= 0x5A;
        }
        memset (row->bytes + 12, 0, 4);
        assert_int_equal (read_written (row), RECORD_OK);
        free (row->bytes);
    }
}

/* What workers of schema 'A' would take for broken or do wrong is left to newer ones by them; all else they go on with. */
static void what_is_new_says_so (void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        contact_t c = full_contact (), back;
        record_head_t none = {.version = 0}, head = record_head_next (&none, KIND_CONTACT, id_of (1), 0), read;
        size_t size = 0;
        c.call = 0;
        WORD_COPY (c.reply_channel, i == 5 ? "" : c.channel);
        c.return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL + (i == 1 ? 3 : 0);
        if (i == 2)
            c.call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING;
        if (i == 3)
            c.promises[0].kind = BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_CALLBACK;
        if (i == 4)
            WORD_COPY (c.reply_channel, "elsewhere");
        uint8_t *bytes = contact_pack (&c, &head, &size);
        assert_int_equal (bytes[0], i && i < 5 ? RECORD_SCHEMA_B : RECORD_SCHEMA);
        assert_int_equal (contact_unpack (bytes, size, &read, &back), RECORD_OK);
        assert_int_equal (record_head_next (&read, KIND_CONTACT, id_of (2), 0).schema, RECORD_SCHEMA);
        free (bytes);
    }
    static const delivery_t rows[] = {{.way = BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK},
                                      {.way = BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL},
                                      {.purpose = BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_UNREACHED},
                                      {.way = BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL, .dropped = "by dana"}};
    static const char schemas[] = {RECORD_SCHEMA, RECORD_SCHEMA_B, RECORD_SCHEMA_B, RECORD_SCHEMA_NOW};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        record_head_t none = {.version = 0}, head = record_head_next (&none, KIND_DELIVERY, id_of (1), 0);
        delivery_t delivery = rows[i];
        size_t size = 0;
        delivery.subject = delivery.body = "";
        uint8_t *bytes = delivery_pack (&delivery, &head, &size);
        assert_int_equal (bytes[0], schemas[i]);
        free (bytes);
    }
}

/* What does not begin as a record is broken, not newer: those are passed over by workers, and by the audit. */
static void what_begins_otherwise_is_newer_or_broken (void **state)
{
    static const struct {
        const char *begins;
        record_fault_t fault;
    } rows[] = {
        {"A", RECORD_OK},      {"C", RECORD_OK},        {"D", RECORD_NEWER},     {"E", RECORD_NEWER},
        {"g", RECORD_BROKEN},  {"\xC1", RECORD_BROKEN}, {"@", RECORD_BROKEN},    {"D5", RECORD_NEWER},
        {"D!", RECORD_BROKEN}, {"D0!", RECORD_BROKEN},  {"Dar", RECORD_BROKEN},  {"D0\x01p", RECORD_BROKEN},
        {"F", RECORD_BROKEN},  {"Gar", RECORD_BROKEN},  {"garb", RECORD_BROKEN}, {"garbagegarbage", RECORD_BROKEN}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        contact_t c = full_contact (), back;
        record_head_t none = {.version = 0}, head = record_head_next (&none, KIND_CONTACT, id_of (1), 0), read;
        size_t size = 0;
        uint8_t *bytes = contact_pack (&c, &head, &size);
        memcpy (bytes, rows[i].begins, strlen (rows[i].begins));
        record_fault_t fault = contact_unpack (bytes, size, &read, &back);
        if (fault != rows[i].fault)
            fail_msg ("'%s': %d, not %d", rows[i].begins, fault, rows[i].fault);
        if (fault == RECORD_NEWER) /* cut within its ids */
            assert_int_equal (contact_unpack (bytes, RECORD_HEAD_SIZE + 1, &read, &back), RECORD_BROKEN);
        free (bytes);
    }
}

static void a_word_that_does_not_fit_breaks_the_record (void **state)
{
    (void)state;
    Buckstop__V1__Person message = BUCKSTOP__V1__PERSON__INIT;
    message.name = (char *)"a name that is far longer than any name may be in this system";
    record_head_t none = {.version = 0}, head = record_head_next (&none, KIND_PERSON, id_of (1), 3), read;
    person_t fine = {.name = "ada", .workspace = "desk", .epoch = 3}, back;
    size_t size = 0;
    uint8_t *bytes = person_pack (&fine, &head, &size);
    assert_int_equal (person_unpack (bytes, size, &read, &back), RECORD_OK);
    assert_int_equal (read.epoch, 3);
    size_t body = RECORD_HEAD_SIZE + EVENT_ID_SIZE;
    bytes = xrealloc (bytes, body + buckstop__v1__person__get_packed_size (&message));
    size = body + buckstop__v1__person__pack (&message, bytes + body);
    assert_int_equal (person_unpack (bytes, size, &read, &back), RECORD_BROKEN);
    free (bytes);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_contact_comes_back_whole),
        cmocka_unit_test (a_delivery_keeps_what_its_reason_needs),
        cmocka_unit_test (the_head_keeps_the_last_events),
        cmocka_unit_test (torn_and_foreign_records_are_refused),
        cmocka_unit_test (heads_tell_their_body),
        cmocka_unit_test (what_begins_otherwise_is_newer_or_broken),
        cmocka_unit_test (what_is_new_says_so),
        cmocka_unit_test (a_word_that_does_not_fit_breaks_the_record),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
