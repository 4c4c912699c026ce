/* test_wire.c - what passes the door and what is refused, with which words. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BODY(name) BUCKSTOP__V1__ENVELOPE__BODY_##name
#define KIND(name) BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_##name
#define ID         "01ARYZ6S41TSV4RRFFQ69G5FAV"

typedef Buckstop__V1__Submit submit_t;
typedef Buckstop__V1__Action action_t;

static char long_text[TEXT_MAX + 2];

static char *text_of (size_t size)
{
    memset (long_text, 'x', sizeof long_text);
    long_text[size] = '\0';
    return long_text;
}

/* ---- utf-8 */

static void test_utf8 (void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool valid;
    } rows[] = {
        {"", 0, true},
        {"plain", 5, true},
        {"\0", 1, false},
        {"\xc3\xa4", 2, true},
        {"\xc3", 1, false},
        {"\xc0\xaf", 2, false}, /* overlong */
        {"\xc1\xbf", 2, false},
        {"\x80", 1, false},
        {"\xe2\x82\xac", 3, true},
        {"\xe2\x82", 2, false},
        {"\xe0\x9f\xbf", 3, false}, /* overlong */
        {"\xe0\xa0\x80", 3, true},
        {"\xed\x9f\xbf", 3, true},
        {"\xed\xa0\x80", 3, false}, /* surrogate */
        {"\xf0\x9f\x98\x80", 4, true},
        {"\xf0\x8f\xbf\xbf", 4, false}, /* overlong */
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\xf4\x90\x80\x80", 4, false}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff", 1, false},
        {"a\xe2\x28\xa1", 4, false},
        {"\xf0\x9f\x98\x28", 4, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal (utf8_valid (rows[i].bytes, rows[i].size), rows[i].valid);
        for (size_t before = 0; before < 20; before++) { /* plain text around it is looked at eight bytes at a time */
            char text[40] = "abcdefgh\x01\x7f  0123456789abcdefghijklmnop";
            memcpy (text + before, rows[i].bytes, rows[i].size);
            assert_int_equal (utf8_valid (text, 38), rows[i].valid);
        }
    }
}

/* ---- single bodies */

typedef void (submit_fn) (submit_t *submit);

static void no_change (submit_t *submit)
{
    (void)submit;
}
static void no_channel (submit_t *submit)
{
    submit->channel = "";
}
static void appends (submit_t *submit)
{
    submit->channel = "";
    submit->contact = ID;
}
static void appends_nothing (submit_t *submit)
{
    appends (submit);
    submit->text = "";
}
static void only_subject (submit_t *submit)
{
    submit->text = "";
}
static void says_nothing (submit_t *submit)
{
    submit->text = submit->subject = "";
}
static void odd_channel (submit_t *submit)
{
    submit->channel = "web chat";
}
static void odd_contact (submit_t *submit)
{
    submit->contact = "12";
}
static void long_subject (submit_t *submit)
{
    submit->subject = text_of (SUBJECT_SIZE);
}
static void longest_subject (submit_t *submit)
{
    submit->subject = text_of (SUBJECT_SIZE - 1);
}
static void too_long (submit_t *submit)
{
    submit->text = text_of (TEXT_MAX + 1);
}
static void longest (submit_t *submit)
{
    submit->text = text_of (TEXT_MAX);
}
static void long_channel (submit_t *submit)
{
    submit->channel = text_of (NAME_SIZE);
}
static void not_utf8 (submit_t *submit)
{
    submit->customer_name = "\xff";
}
static void two_lines (submit_t *submit)
{
    submit->subject = "help\nBcc: everybody@example.com";
}
static void lines_of_text (submit_t *submit)
{
    submit->text = "one\n\ttwo\r\n";
}
static void no_return_address (submit_t *submit)
{
    submit->return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL;
}
static void back (submit_t *submit, Buckstop__V1__ReturnWay way, const char *to)
{
    submit->return_way = way;
    submit->return_to = (char *)(intptr_t)to;
}
#define BACK(name, way, to)                                            \
    static void name (submit_t *submit)                                \
    {                                                                  \
        back (submit, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_##way, to); \
    }
BACK (callback, CALLBACK, "https://chat.example.com/back")
BACK (callback_ftp, CALLBACK, "ftp://x")
BACK (callback_file, CALLBACK, "file:///etc/passwd")
BACK (callback_nowhere, CALLBACK, "http://")
BACK (callback_word, CALLBACK, "not-an-address")
BACK (callback_mail, CALLBACK, "kim@example.com")
BACK (mail, MAIL, "Kim <kim@example.com>")
BACK (mail_word, MAIL, "not-an-address")
BACK (mail_two, MAIL, "kim@example.com, eve@example.com")
BACK (mail_blank, MAIL, "kim @example.com")
BACK (spoken_word, SPOKEN, "at the desk")
BACK (unsaid_word, UNSPECIFIED, "at the desk")
static void mail_customer (submit_t *submit)
{
    back (submit, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL, "");
    submit->customer = "kim@example.com";
}
static void mail_odd_customer (submit_t *submit)
{
    back (submit, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL, "");
    submit->customer = "@kim";
}
static void spoken (submit_t *submit)
{
    submit->return_way = BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN;
}
static void channel_unsaid (submit_t *submit)
{
    back (submit, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_CHANNEL, "");
}

static void channel_customer (submit_t *submit)
{
    channel_unsaid (submit);
    submit->customer = "+493012345";
}

static void rings_nowhere (submit_t *submit)
{
    submit->call = BUCKSTOP__V1__CALL_STATE__CALL_STATE_RINGING;
    submit->text = submit->subject = "";
}

static void rings (submit_t *submit)
{
    rings_nowhere (submit);
    submit->thread = "CA1";
}

static void rings_in_contact (submit_t *submit)
{
    rings_nowhere (submit);
    submit->contact = "01K00000000000000000000000";
}

static void odd_call (submit_t *submit)
{
    rings (submit);
    submit->call = (Buckstop__V1__CallState)9;
}

static void fresh_too_long (submit_t *submit)
{
    static char text[TEXT_MAX + 2];
    memset (text, 'a', TEXT_MAX + 1);
    submit->fresh = text;
}

static void references (submit_t *submit, size_t n, char *each)
{
    static char *list[16];
    for (size_t i = 0; i < n; i++)
        list[i] = each;
    submit->references = list;
    submit->n_references = n;
}

static void eight_references (submit_t *submit)
{
    references (submit, 8, "<a@example.com>");
}

static void nine_references (submit_t *submit)
{
    references (submit, 9, "<a@example.com>");
}

static void long_reference (submit_t *submit)
{
    static char word[ADDRESS_SIZE + 1];
    memset (word, 'a', ADDRESS_SIZE);
    references (submit, 2, word);
}

#define SOUND_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void files (submit_t *submit, size_t n, char *name, char *hash)
{
    static Buckstop__V1__Attachment rows[32], *list[32];
    for (size_t i = 0; i < n; i++) {
        buckstop__v1__attachment__init (&rows[i]);
        rows[i].name = name;
        rows[i].type = "application/pdf";
        rows[i].hash = hash;
        list[i] = &rows[i];
    }
    submit->attachments = list;
    submit->n_attachments = n;
}

static void only_files (submit_t *submit)
{
    submit->text = submit->subject = "";
    files (submit, 16, "invoice.pdf", SOUND_HASH);
}

static void many_files (submit_t *submit)
{
    files (submit, 17, "invoice.pdf", SOUND_HASH);
}

static void odd_hash (submit_t *submit)
{
    files (submit, 1, "invoice.pdf", "../../etc/passwd");
}

static void upper_hash (submit_t *submit)
{
    files (submit, 1, "invoice.pdf", "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef");
}

static void file_in_lines (submit_t *submit)
{
    files (submit, 1, "a\nb", "");
}

static void odd_return_way (submit_t *submit)
{
    submit->return_way = (Buckstop__V1__ReturnWay)77;
}

static const struct {
    submit_fn *change;
    wire_fault_t fault;
    const char *why; /* a part of it */
} submits[] = {
    {no_change, WIRE_OK, ""},
    {no_channel, WIRE_MISSING, "channel is missing"},
    {appends, WIRE_OK, ""},
    {appends_nothing, WIRE_MISSING, "text is missing"},
    {only_subject, WIRE_OK, ""},
    {says_nothing, WIRE_MISSING, "text is missing"},
    {odd_channel, WIRE_MALFORMED, "channel is not a name"},
    {odd_contact, WIRE_MALFORMED, "contact is not an id"},
    {long_subject, WIRE_TOO_LONG, "subject is longer than 160 bytes"},
    {longest_subject, WIRE_OK, ""},
    {too_long, WIRE_TOO_LONG, "text is longer than 1048576 bytes"},
    {longest, WIRE_OK, ""},
    {long_channel, WIRE_TOO_LONG, "channel is longer than 32 bytes"},
    {not_utf8, WIRE_MALFORMED, "customer_name is not UTF-8"},
    {two_lines, WIRE_MALFORMED, "subject holds a control character; it is one line"},
    {lines_of_text, WIRE_OK, ""},
    {no_return_address, WIRE_MISSING, "return_to is missing"},
    {spoken, WIRE_OK, ""},
    {callback, WIRE_OK, ""},
    {callback_ftp, WIRE_UNUSABLE, "an http or https URL with a host"},
    {callback_file, WIRE_UNUSABLE, "an http or https URL with a host"},
    {callback_nowhere, WIRE_UNUSABLE, "an http or https URL with a host"},
    {callback_word, WIRE_UNUSABLE, "an http or https URL with a host"},
    {callback_mail, WIRE_UNUSABLE, "return_to is not usable; by callback it is"},
    {mail, WIRE_OK, ""},
    {mail_word, WIRE_UNUSABLE, "return_to is not usable; by mail it is one mail address"},
    {mail_two, WIRE_UNUSABLE, "one mail address"},
    {mail_blank, WIRE_UNUSABLE, "one mail address"},
    {spoken_word, WIRE_OK, ""},
    {unsaid_word, WIRE_OK, ""},
    {mail_customer, WIRE_OK, ""},
    {mail_odd_customer, WIRE_UNUSABLE, "customer is not one mail address"},
    {odd_return_way, WIRE_MALFORMED, "return_way has the unknown value 77"},
    {channel_unsaid, WIRE_MISSING, "return_to is missing"},
    {channel_customer, WIRE_OK, ""},
    {rings, WIRE_OK, ""},
    {rings_nowhere, WIRE_MISSING, "thread (which call it is) is missing"},
    {rings_in_contact, WIRE_OK, ""},
    {odd_call, WIRE_MALFORMED, "call has the unknown value 9"},
    {fresh_too_long, WIRE_TOO_LONG, "fresh is longer than 1048576 bytes"},
    {eight_references, WIRE_OK, ""},
    {nine_references, WIRE_TOO_LONG, "references are 9; at most 8"},
    {long_reference, WIRE_TOO_LONG, "references is longer than 256 bytes"},
    {only_files, WIRE_OK, ""},
    {many_files, WIRE_TOO_LONG, "attachments are 17; at most 16"},
    {odd_hash, WIRE_MALFORMED, "hash is not a hash: 64 digits of 0-9 a-f"},
    {upper_hash, WIRE_MALFORMED, "hash is not a hash"},
    {file_in_lines, WIRE_MALFORMED, "name holds a control character"},
};

static submit_t sound_submit (void)
{
    submit_t submit = BUCKSTOP__V1__SUBMIT__INIT;
    submit.channel = "chat";
    submit.subject = "My card";
    submit.text = "Where is it?";
    submit.token = "bs_x_y";
    return submit;
}

static void test_submit (void **state)
{
    char why[DETAIL_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof submits / sizeof *submits; i++) {
        submit_t submit = sound_submit ();
        why[0] = '\0';
        submits[i].change (&submit);
        assert_int_equal (wire_check_submit (&submit, why), submits[i].fault);
        assert_non_null (strstr (why, submits[i].why));
    }
}

static const struct {
    action_t action;
    wire_fault_t fault;
    const char *why;
} actions[] = {
#define ACTION(...)                                                                      \
    {                                                                                    \
        .base = PROTOBUF_C_MESSAGE_INIT (&buckstop__v1__action__descriptor), __VA_ARGS__ \
    }
    {ACTION (.contact = ID, .kind = KIND (ACCEPT)), WIRE_OK, ""},
    {ACTION (.kind = KIND (ACCEPT)), WIRE_MISSING, "contact"},
    {ACTION (.contact = ID), WIRE_MISSING, "kind"},
    {ACTION (.contact = ID, .kind = 99), WIRE_MALFORMED, "kind has the unknown value 99"},
    {ACTION (.contact = ID, .kind = KIND (REPLY)), WIRE_MISSING, "text"},
    {ACTION (.contact = ID, .kind = KIND (REPLY), .text = "Here."), WIRE_OK, ""},
    {ACTION (.contact = ID, .kind = KIND (NOTE)), WIRE_MISSING, "text"},
    {ACTION (.contact = ID, .kind = KIND (TRANSFER)), WIRE_MISSING, "to_person or to_team"},
    {ACTION (.contact = ID, .kind = KIND (TRANSFER), .to_team = "cards"), WIRE_OK, ""},
    {ACTION (.contact = ID, .kind = KIND (TRANSFER), .to_person = "a b"), WIRE_MALFORMED, "to_person"},
    {ACTION (.contact = ID, .kind = KIND (RELEASE)), WIRE_MISSING, "promise"},
    {ACTION (.contact = ID, .kind = KIND (RELEASE), .promise = 2), WIRE_OK, ""},
    {ACTION (.contact = ID, .kind = KIND (RELEASE), .promise = 9), WIRE_MALFORMED, "promise"},
};

static void test_action (void **state)
{
    char why[DETAIL_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        why[0] = '\0';
        assert_int_equal (wire_check_action (&actions[i].action, why), actions[i].fault);
        assert_non_null (strstr (why, actions[i].why));
    }
}

/* ---- envelopes */

static const envelope_kind_t requests[] = {BODY (SUBMIT), BODY (ACTION), BODY (EVENT), BODY (ROUTE), BODY (DUE), 0};

static wire_fault_t unpack (const void *bytes, size_t size, char why[DETAIL_SIZE])
{
    envelope_t *envelope = NULL;
    wire_fault_t fault = wire_unpack (bytes, size, requests, &envelope, why);
    assert_int_equal (envelope != NULL, fault == WIRE_OK);
    if (envelope)
        buckstop__v1__envelope__free_unpacked (envelope, NULL);
    return fault;
}

static void check_envelope (const envelope_t *envelope, wire_fault_t fault, const char *words)
{
    char why[DETAIL_SIZE];
    size_t size;
    uint8_t *bytes = wire_pack (envelope, &size);
    assert_int_equal (unpack (bytes, size, why), fault);
    assert_non_null (strstr (why, words));
    free (bytes);
}

static void test_round_trip (void **state)
{
    submit_t submit = sound_submit ();
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT, *back = NULL;
    char why[DETAIL_SIZE];
    size_t size;
    (void)state;
    envelope.body_case = BODY (SUBMIT);
    envelope.submit = &submit;
    envelope.workspace = "acme";
    uint8_t *bytes = wire_pack (&envelope, &size);
    assert_int_equal (wire_unpack (bytes, size, requests, &back, why), WIRE_OK);
    assert_string_equal (back->submit->text, "Where is it?");
    assert_string_equal (back->workspace, "acme");
    buckstop__v1__envelope__free_unpacked (back, NULL);
    free (bytes);
}

static void test_envelopes (void **state)
{
    submit_t submit = sound_submit ();
    Buckstop__V1__Route route = BUCKSTOP__V1__ROUTE__INIT;
    Buckstop__V1__Outbox outbox = BUCKSTOP__V1__OUTBOX__INIT;
    Buckstop__V1__Event event = BUCKSTOP__V1__EVENT__INIT;
    Buckstop__V1__Fact fact = BUCKSTOP__V1__FACT__INIT, *facts[] = {&fact};
    envelope_t envelope = BUCKSTOP__V1__ENVELOPE__INIT;
    (void)state;
    check_envelope (&envelope, WIRE_NO_BODY, "no body");
    envelope.body_case = BODY (OUTBOX);
    envelope.outbox = &outbox;
    check_envelope (&envelope, WIRE_WRONG_KIND, "16");
    envelope.body_case = BODY (SUBMIT);
    envelope.submit = &submit;
    check_envelope (&envelope, WIRE_OK, "");
    envelope.workspace = "a b";
    check_envelope (&envelope, WIRE_MALFORMED, "workspace is not a name");
    envelope.workspace = "";
    submit.token = "";
    check_envelope (&envelope, WIRE_MISSING, "token");
    envelope.body_case = BODY (ROUTE);
    envelope.route = &route;
    check_envelope (&envelope, WIRE_MISSING, "workspace");
    envelope.workspace = "acme";
    check_envelope (&envelope, WIRE_MISSING, "contact or person");
    route.person = "ada";
    check_envelope (&envelope, WIRE_OK, "");
    envelope.body_case = BODY (EVENT);
    envelope.event = &event;
    event.workspace = "acme";
    check_envelope (&envelope, WIRE_MISSING, "number");
    event.number = 1;
    event.n_facts = 1;
    event.facts = facts;
    fact.kind = (Buckstop__V1__FactKind)999; /* of a newer service: not ours to refuse */
    check_envelope (&envelope, WIRE_OK, "");
    fact.detail = text_of (5000);
    check_envelope (&envelope, WIRE_TOO_LONG, "detail");
}

static void test_raw (void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        wire_fault_t fault;
        const char *why;
    } rows[] = {
        {"", 0, WIRE_NO_BODY, "no body"},
        {"\x0a\x04"
         "ac\0e",
         6, WIRE_MALFORMED, "workspace is not UTF-8"}, /* protobuf-c would cut it */
        {"\x0a\x02\xff\xff", 4, WIRE_MALFORMED, "workspace is not UTF-8"},
        {"\x52\x04\x32\x02\xc3\x28", 6, WIRE_MALFORMED, "text is not UTF-8"}, /* within a Submit */
        {"\x0a\x09x", 3, WIRE_MALFORMED, "not an Envelope"},                  /* longer than there is */
        {"\x0a", 1, WIRE_MALFORMED, "not an Envelope"},
        {"\x0b", 1, WIRE_MALFORMED, "not an Envelope"}, /* a group */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11, WIRE_MALFORMED, "not an Envelope"},
        {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, WIRE_MALFORMED, "not an Envelope"},
        {"\x18\x01", 2, WIRE_NO_BODY, "no body"},
        {"\xf8\x07\x01", 3, WIRE_NO_BODY, "no body"},       /* a field that we do not know */
        {"\x50\x01", 2, WIRE_MALFORMED, "not an Envelope"}, /* a body as a number */
    };
    char why[DETAIL_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal (unpack (rows[i].bytes, rows[i].size, why), rows[i].fault);
        assert_non_null (strstr (why, rows[i].why));
    }
}

static void test_too_large (void **state)
{
    char why[DETAIL_SIZE], *bytes = calloc (1, WIRE_MAX + 1);
    (void)state;
    assert_int_equal (unpack (bytes, WIRE_MAX + 1, why), WIRE_TOO_LARGE);
    free (bytes);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_utf8),       cmocka_unit_test (test_submit),    cmocka_unit_test (test_action),
        cmocka_unit_test (test_round_trip), cmocka_unit_test (test_envelopes), cmocka_unit_test (test_raw),
        cmocka_unit_test (test_too_large),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
