/* test_channel_in.c - the shipped descriptions on payloads of their platforms; hostile payloads; what nobody planned. */
#include "channel_world.h"
#include "contact.h"

#include <gmime/gmime.h>

/* ------------------------------------------------------------ what is found */

typedef struct dump {
    char text[256 * 1024];
    size_t at;
} dump_t;

static void __attribute__ ((format (printf, 2, 3))) say (dump_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    self->at += (size_t)vsnprintf (self->text + self->at, sizeof self->text - self->at, format, args);
    va_end (args);
    assert_true (self->at < sizeof self->text);
}

static void on_message (void *arg, channel_message_t *message)
{
    dump_t *self = arg;
    if (message->ignored) {
        say (self, "ignored: %s\n", message->ignored);
        channel_message_clear (message);
        return;
    }
    say (self, "message\n");
    if (message->missing)
        say (self, "missing %s\n", message->missing);
    for (int i = 0; i < IN_FIELDS; i++)
        if (*message->field[i] && i != IN_TIME && i != IN_MAIL)
            say (self, "%s=%s\n", in_field_names[i], message->field[i]);
    if (*message->field[IN_MAIL])
        say (self, "mail=%.16s...\n", message->field[IN_MAIL]);
    if (message->sent_at)
        say (self, "at=%lld\n", (long long)message->sent_at);
    if (message->call)
        say (self, "call=%s\n", call_state_name ((call_state_t)message->call));
    for (size_t i = 0; i < message->references_n; i++)
        say (self, "reference=%s\n", message->references[i]);
    for (size_t i = 0; i < message->files_n; i++)
        say (self, "file=%s|%s|%llu\n", message->files[i].name, message->files[i].type,
             (unsigned long long)message->files[i].size);
    channel_message_clear (message);
}

static void on_receipt (void *arg, const channel_receipt_t *receipt)
{
    say (arg, "receipt %s=%s (%s) at=%lld\n", receipt->id, channel_receipt_name (receipt->state), receipt->reason,
         (long long)receipt->at);
}

static const char *no_header (const void *arg, const char *name)
{
    (void)arg;
    return strcmp (name, "X-Zendesk-Webhook-Invocation-Id") == 0 ? "invocation-1" : NULL;
}

/* What a payload becomes; "fault: why" when it can't be read. */
static void find (const policy_t *policy, const char *type, const void *body, size_t size, dump_t *dump)
{
    const policy_channel_t *channel = policy_channel (policy, "there");
    pick_request_t request = {.header = no_header, .query = no_header, .method = "POST", .body = body, .size = size};
    pick_scope_t scope = {.request = &request, .channel = channel};
    in_fault_t fault;
    char why[DETAIL_SIZE] = "";
    dump->at = 0;
    dump->text[0] = '\0';
    json_t *payload = channel_payload_read (channel->in, type, body, size, NULL, &fault, why);
    if (!payload) {
        say (dump, "fault %d: %s\n", (int)fault, why);
        return;
    }
    scope.trail[0] = payload;
    scope.trail_n = 1;
    channel_found_t found = channel_find (channel, &scope, on_message, on_receipt, dump);
    if (found.messages + found.ignored + found.receipts == 0)
        say (dump, "nothing\n");
    if (found.beyond)
        say (dump, "beyond\n");
    pick_scope_clear (&scope);
    json_decref (payload);
}

/* ------------------------------------------------------ what ships with us */

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json; charset=utf-8"

static const struct shipped {
    const char *description, *settings, *payload, *type, *expect;
} shipped[] = {
#include "channel_expect.h"
};

static void shipped_descriptions (void **state)
{
    (void)state;
    static dump_t dump;
    bool fine = true;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        const struct shipped *row = &shipped[i];
        size_t size;
        policy_t *policy = world_shipped (row->description, row->settings);
        char *body = world_read ("data/webhooks", row->payload, &size);
        if (strcmp (row->type, FORM) == 0) {
            char *form = world_form (body, &size);
            free (body);
            body = form;
        }
        find (policy, row->type, body, size, &dump);
        if (strcmp (dump.text, row->expect) != 0) {
            print_error ("%s on %s gives\n%s\ninstead of\n%s\n", row->description, row->payload, dump.text,
                         row->expect);
            fine = false;
        }
        free (body);
        policy_destroy (&policy);
    }
    assert_true (fine);
}

/* ------------------------------------------------------- a platform nobody planned */

static const char strange[] = "in:\n"
                              "  content: [json, form, multipart]\n"
                              "  verify: none\n"
                              "  each: batch.items\n"
                              "  ignore: [{ when: \"{kind}\", is: [ping, pong], why: a sign of life }]\n"
                              "  sender: \"{../meta[key=from].value}\"\n"
                              "  name: \"{'who.name'.first} {'who.name'.last}\"\n"
                              "  text: [\"{say.0.words}\", \"{inner.words}\"]\n"
                              "  thread: \"{/batch.id}-{.|without:x}{n}\"\n"
                              "  message_id: \"{id}\"\n"
                              "  language: \"{lang}\"\n"
                              "  time: \"{when}\"\n"
                              "  references: \"{refs|ids}\"\n"
                              "  tier: \"{tier}\"\n";

static void any_shape (void **state)
{
    (void)state;
    static dump_t dump;
    static const struct {
        const char *json, *expect;
    } rows[] = {
        {"{}", "nothing\n"},
        {"[]", "nothing\n"},
        {"7", "nothing\n"},
        {"null", "nothing\n"},
        {"{\"batch\":{\"items\":[]}}", "nothing\n"},
        {"{\"batch\":{\"items\":[{\"kind\":\"ping\"}]}}", "ignored: a sign of life\n"},
        {"{\"batch\":[{\"meta\":[{\"key\":\"TO\",\"value\":1},{\"key\":\"From\",\"value\":42}],\"items\":{\"id\":true,"
         "\"say\":[{"
         "\"words\":\"hi\\u0007 \\u202e\"}],\"when\":\"2026-11-21T20:03:00+01:00\",\"lang\":\"PT_br\",\"tier\":\"g "
         "old\","
         "\"refs\":\"<a@b>, <c@d>\"}}]}",
         "message\nsender=42\ntext=hi \xe2\x80\xae\nmessage_id=true\nlanguage=pt-br\nat=1795287780000\nreference=a@b\n"
         "reference=c@d\n"},
        {"{\"batch\":{\"meta\":[{\"key\":\"from\",\"value\":\"u\"}],\"items\":[{\"inner\":\"{\\\"words\\\":\\\"in a "
         "string\\\"}\",\"who.name\":{\"first\":\"A\",\"last\":\"B\"},\"when\":1700000000123,\"id\":1.5}]}}",
         "message\nsender=u\nname=A B\ntext=in a string\nmessage_id=1.500000\nat=1700000000123\n"},
        {"{\"batch\":{\"items\":[{\"inner\":\"{broken\",\"say\":{\"words\":[]}},[[null]],\"text\",3]}}",
         "message\nmissing sender: nothing at {../meta[key=from].value}\n"
         "message\nmissing sender: nothing at {../meta[key=from].value}\n"
         "message\nmissing sender: nothing at {../meta[key=from].value}\n"},
        {"{\"a\":", "fault 2: line 1, column 5: unexpected token near end of file\n"},
    };
    policy_t *policy = world_policy (strange, sizeof strange - 1, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        find (policy, JSON, rows[i].json, strlen (rows[i].json), &dump);
        if (strcmp (dump.text, rows[i].expect) != 0)
            fail_msg ("%s\ngives\n%s\ninstead of\n%s", rows[i].json, dump.text, rows[i].expect);
    }
    find (policy, "text/plain", "x", 1, &dump);
    assert_non_null (strstr (dump.text, "fault 1: Content-Type is 'text/plain'; this channel takes application/json"));
    find (policy, NULL, "x", 1, &dump);
    assert_non_null (strstr (dump.text, "fault 1: "));
    policy_destroy (&policy);
}

/* Large and deep ones are refused before they are parsed. */
static void hostile_json (void **state)
{
    (void)state;
    static dump_t dump;
    policy_t *policy = world_policy (strange, sizeof strange - 1, "");
    GString *text = g_string_new (NULL);
    for (int i = 0; i < 100000; i++)
        g_string_append (text, "[");
    find (policy, JSON, text->str, text->len, &dump);
    assert_non_null (strstr (dump.text, "more than 20000 values"));
    g_string_assign (text, "");
    for (int i = 0; i < 60; i++)
        g_string_append (text, "[");
    find (policy, JSON, text->str, text->len, &dump);
    assert_non_null (strstr (dump.text, "more than 40 levels"));
    g_string_assign (text, "{\"batch\":{\"items\":[0");
    for (int i = 0; i < 1500; i++)
        g_string_append (text, ",{}");
    g_string_append (text, "]}}");
    find (policy, JSON, text->str, text->len, &dump);
    assert_non_null (strstr (dump.text, "beyond\n"));
    find (policy, JSON, "{\"a\":\"\\u0000\"}", 14, &dump);
    assert_non_null (strstr (dump.text, "fault 2"));
    g_string_free (text, TRUE);
    policy_destroy (&policy);
}

/* --------------------------------------------------------------------- forms */

static const char plain[] =
    "in:\n"
    "  content: [form, multipart]\n"
    "  verify: none\n"
    "  sender: \"{from}\"\n"
    "  text: [\"{text}\", \"{text.1}\"]\n"
    "  attachments: { each: \"'@files'\", name: \"{name}\", type: \"{type}\", size: \"{size}\" }\n";

static void forms (void **state)
{
    (void)state;
    static dump_t dump;
    static const struct {
        const char *type, *body, *expect;
    } rows[] = {
        {FORM, "from=a%2Bb&text=x+y%20z", "message\nsender=a+b\ntext=x y z\n"},
        {FORM, "from=%zz&text=100%", "message\nsender=%zz\ntext=100%\n"},
        {FORM, "from=a&text=%FCber",
         "message\nsender=a\ntext=\xc3\xbc"
         "ber\n"}, /* latin-1 of an old page */
        {FORM, "from=a&text=%00b", "message\nsender=a\ntext=?b\n"},
        {FORM, "from=a&text=1&text=2", "message\nsender=a\ntext=2\n"},
        {FORM, "&&&=x&from&text=", "message\nmissing sender: nothing at {from}\n"},
        {"multipart/form-data; boundary=B",
         "--B\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\nann\r\n"
         "--B\r\nContent-Disposition: form-data; name=\"text\"\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
         "gr\xfc\xdf\r\n"
         "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x.pdf\"\r\nContent-Type: "
         "application/pdf\r\n\r\n"
         "12345\r\n--B--\r\n",
         "message\nsender=ann\ntext=gr\xc3\xbc\xc3\x9f\nfile=x.pdf|application/pdf|5\n"},
        {"multipart/form-data; boundary=B",
         "--B\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nwindows-1252\r\n"
         "--B\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\nann\r\n"
         "--B\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n\x80 5\r\n--B--\r\n",
         "message\nsender=ann\ntext=\xe2\x82\xac 5\n"},
        {"multipart/form-data; boundary=B", "--B\r\nbroken", "fault 2: there is no part between the boundaries\n"},
        {"multipart/form-data", "x", "fault 2: there is no part between the boundaries\n"},
        {"multipart/form-data; boundary=B", "", "fault 2: there is no part between the boundaries\n"},
    };
    policy_t *policy = world_policy (plain, sizeof plain - 1, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        find (policy, rows[i].type, rows[i].body, strlen (rows[i].body), &dump);
        if (strcmp (dump.text, rows[i].expect) != 0)
            fail_msg ("%s\ngives\n%s\ninstead of\n%s", rows[i].body, dump.text, rows[i].expect);
    }
    policy_destroy (&policy);
}

/* ---------------------------------------------------------------------- small */

static void times (void **state)
{
    (void)state;
    static const struct {
        const char *text;
        wall_ms_t expect;
    } rows[] = {
        {"1700000000", 1700000000000},
        {"1700000000.000100", 1700000000000},
        {"1700000000123", 1700000000123},
        {"1700000000123456", 1700000000123},
        {"2023-11-14T22:13:20Z", 1700000000000},
        {"2023-11-14 22:13:20", 1700000000000},
        {"2023-11-14T23:13:20.5+01:00", 1700000000500},
        {"2023-11-14", 1699920000000},
        {"Tue, 14 Nov 2023 22:13:20 +0000", 1700000000000},
        {"Tue, 14 Nov 2023 17:13:20 -0500", 1700000000000},
        {"", 0},
        {"0", 0},
        {"-5", 0},
        {"1e400", 0},
        {"99999999999999999999", 0},
        {"1.2.3", 0},
        {"yesterday", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (channel_time (rows[i].text) != rows[i].expect)
            fail_msg ("'%s': %lld", rows[i].text, (long long)channel_time (rows[i].text));
}

static void templates_that_are_wrong (void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{",          "{}",     "{a",      "{a|nothing}", "{a|part}",          "{a|html:x}", "{@nothing}",
        "{@header.}", "{a[b]}", "{a[b=c}", "{'a}",        "{a[b={c[d={e}]}]}", "{a]}"};
    struct policy_arena *arena = arena_new ();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[DETAIL_SIZE] = "";
        pick_t pick;
        if (pick_parse (arena, rows[i], &pick, why))
            fail_msg ("'%s' passes", rows[i]);
        assert_true (*why);
    }
    arena_destroy (&arena);
}

/* Ids that are too long stay apart; texts are cut at a character; the Submit fits its checks. */
static void bounds (void **state)
{
    (void)state;
    static dump_t dump;
    static const char text[] =
        "in: { content: json, verify: none, sender: \"{s}\", text: \"{t}\", thread: \"{h}\", name: \"{n}\" }\n";
    policy_t *policy = world_policy (text, sizeof text - 1, "");
    GString *json = g_string_new ("{\"s\":\"a\",\"t\":\"t\",\"h\":\"");
    for (int i = 0; i < 300; i++)
        g_string_append_c (json, 'h');
    g_string_append (json, "\",\"n\":\"");
    for (int i = 0; i < 60; i++)
        g_string_append (json, "\xc3\xbc");
    g_string_append (json, "\"}");
    find (policy, JSON, json->str, json->len, &dump);
    assert_non_null (strstr (dump.text, "thread=hash "));
    assert_non_null (strstr (dump.text, "name=\xc3\xbc"));
    assert_null (strstr (dump.text, "\xc3\n"));
    g_string_free (json, TRUE);
    policy_destroy (&policy);
}

int main (void)
{
    g_mime_init ();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (shipped_descriptions),
        cmocka_unit_test (any_shape),
        cmocka_unit_test (hostile_json),
        cmocka_unit_test (forms),
        cmocka_unit_test (times),
        cmocka_unit_test (templates_that_are_wrong),
        cmocka_unit_test (bounds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
