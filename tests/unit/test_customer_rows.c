/* test_customer_rows.c - tables of customers: what a row becomes, and what is said of a bad one. */
#include "customer_rows.h"

#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHOWN = 4096 };

static const char policy_text[] = "workspace: desk\n"
                                  "last_resort: dana\n"
                                  "channels: { chat: { weight: 1 }, mail: { weight: 1 } }\n"
                                  "people: { ada: { ways: [{ log: ada }] }, dana: { ways: [{ log: dana }] } }\n"
                                  "teams: { front: { lead: dana, members: [ada] } }\n";

static policy_t *policy;

static int open_policy (void **state)
{
    (void)state;
    policy_errors_t errors = {0};
    policy = policy_parse (policy_text, sizeof policy_text - 1, &errors);
    if (errors.n)
        print_message ("%d:%d %s\n", errors.items[0].line, errors.items[0].column, errors.items[0].what);
    policy_errors_clear (&errors);
    return policy ? 0 : -1;
}

static int close_policy (void **state)
{
    (void)state;
    policy_destroy (&policy);
    return 0;
}

static void show_row (const customer_row_t *row, size_t line, FILE *out)
{
    char text[IDENTITY_TEXT_SIZE];
    const char *const texts[][2] = {
        {"id", row->id},     {"name", row->name},   {"language", row->language}, {"channel", row->preferred_channel},
        {"tier", row->tier}, {"owner", row->owner}, {"deputy", row->deputy},     {"notes", row->notes}};
    fprintf (out, "%zu:", line);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i][1])
            fprintf (out, " %s=%s", texts[i][0], texts[i][1]);
    for (size_t i = 0; i < row->identities_n; i++)
        fprintf (out, " <%s>", identity_text (&row->identities[i], text));
    fputc ('\n', out);
}

/* A line a row; of bad ones "LINE! what (expected)". */
static const char *shown (rows_format_t format, const char *text, char words[SHOWN])
{
    FILE *out = fmemopen (words, SHOWN, "w");
    rows_t *rows = rows_new (format, text, strlen (text), policy);
    customer_row_t row;
    rows_place_t place;
    rows_outcome_t outcome;
    assert_non_null (out);
    words[0] = '\0';
    while ((outcome = rows_next (rows, &row, &place)) != ROWS_END && outcome != ROWS_NONE)
        if (outcome == ROWS_ROW)
            show_row (&row, place.line, out);
        else
            fprintf (out, "%zu! %s (%s)\n", place.line, place.what, place.expected);
    if (outcome == ROWS_NONE)
        fprintf (out, "%zu!! %s (%s)\n", place.line, place.what, place.expected);
    else
        assert_int_equal (rows_read (rows), strlen (text));
    fclose (out);
    rows_destroy (&rows);
    return words;
}

typedef struct row {
    const char *text, *expect; /* expect ends where it may go on */
} row_t;

static void check (rows_format_t format, const row_t *rows, size_t n)
{
    char words[SHOWN];
    for (size_t i = 0; i < n; i++) {
        const char *is = shown (format, rows[i].text, words);
        size_t length = strlen (rows[i].expect);
        if (strncmp (is, rows[i].expect, length) != 0 || (!length && *is))
            fail_msg ("%s\nbecame\n%s\nnot\n%s", rows[i].text, is, rows[i].expect);
    }
}

static void test_csv (void **state)
{
    static const row_t rows[] = {
        {"mail,name\nann@Example.org,Ann Lee\n", "2: name=Ann Lee <ann@example.org>\n"},
        {"mail;name\nann@Example.org;Lee, Ann\n", "2: name=Lee, Ann <ann@example.org>\n"},
        {"name,mail,mail2,phone,handle,language,channel,tier,owner,deputy,notes\n"
         "Ann,a@example.org,b@example.org,+49 30 123456,slack:U1,en-GB,chat,gold,ada,dana,\"two\nlines\"\n",
         "2: name=Ann language=en-GB channel=chat tier=gold owner=ada deputy=dana notes=two\nlines <a@example.org> "
         "<b@example.org> <+4930123456> <slack:U1>\n"},
        {"mail,mail2\na@example.org,A@example.org\n", "2: <a@example.org>\n"},
        {"id,tier\n01ARYZ6S410000000000000000, gold \n", "2: id=01ARYZ6S410000000000000000 tier=gold\n"},
        {"mail\n\n\nann@example.org\n", "4: <ann@example.org>\n"},
        /* bad rows: the others are read */
        {"mail,owner\nx@example.org,nobody\ny@example.org,ada\n",
         "2! owner: 'nobody' (a person that the policy names)\n3: owner=ada <y@example.org>\n"},
        {"mail,channel\nx@example.org,fax\n", "2! channel: 'fax' (a channel that the policy names)\n"},
        {"mail\nnobody\n", "2! mail: 'nobody' (a mail address, as in ada@example.com)\n"},
        {"phone\n030 1234567\n", "2! phone: '030 1234567' (a number with its country"},
        {"phone\n+43 1 999\n", "2! phone: '+43 1 999' is too short, it has 6 (7 to 15 digits"},
        {"phone\n+43 1 99999 99999 9999\n", "2! phone: '+43 1 99999 99999 9999' is too long, it has 17 (7 to 15"},
        {"handle\nU012\n", "2! handle: 'U012' (PLATFORM:HANDLE"},
        {"handle\n:U012\n", "2! handle: ':U012' (PLATFORM:HANDLE"},
        {"mail,language\na@example.org,klingonese\n", "2! language: 'klingonese' (a language"},
        {"mail,tier\na@example.org,very good\n", "2! tier: 'very good' (one word"},
        {"id\n12\n", "2! id: '12' (a customer's id"},
        {"mail,name\na@example.org,\"A\nB\"\n", "2! name: 'A\nB' (one line of text)\n"},
        {"mail,name\na@example.org,\xff\n", "2! name: it can't be read (UTF-8)\n"},
        {"mail,name\n,Ann\n", "2! nothing says who it is (mail, phone or handle; or an id)\n"},
        {"mail,name\na@example.org\n", "2! it has 1 cells, the header line has 2 (a cell for each column"},
        {"mail,name\na@example.org,\"Ann\"x\nb@example.org,Bo\n", "2! a '\"' where none can be (cells divided as"},
        /* no header line that is one */
        {"", "1!! there is no header line (id, name, mail (mail2"},
        {"mail,colour\nx\n", "1!! there is no column 'colour' (id, name, mail (mail2 ... mail9), phone (phone2 ...), "
                             "handle (handle2 ...), language, channel, tier, owner, deputy, notes)\n"},
        {"mail,mail1\n", "1!! there is no column 'mail1'"},
        {"mail,mail\n", "1!! the column 'mail' stands there twice (mail, mail2"},
        {"name2\n", "1!! there is no column 'name2'"},
    };
    (void)state;
    check (ROWS_CSV, rows, sizeof rows / sizeof *rows);
}

static void test_json (void **state)
{
    static const row_t rows[] = {
        {"", ""},
        {"{\"mail\":\"ann@example.org\",\"name\":\"Ann\"}\n", "1: name=Ann <ann@example.org>\n"},
        {"\n  \r\n{\"mail\":[\"a@example.org\",\"b@example.org\"],\"tier\":null}",
         "3: <a@example.org> <b@example.org>\n"},
        {"{\"phone\":\"+4930123456\"}\r\n{\"handle\":\"slack:U1\"}\r\n", "1: <+4930123456>\n2: <slack:U1>\n"},
        {"{\"mail\":1}\n", "1! mail: it is none (a string, or a list of strings)\n"},
        {"{\"name\":[\"Ann\"]}\n", "1! name: it is none (a string)\n"},
        {"{\"colour\":\"red\"}\n", "1! there is no member 'colour' (id, name, mail"},
        {"[]\n{\"mail\":\"a@example.org\"}\n", "1! the line is no object (an object a line"},
        {"{\"mail\":\n\"x\"}\n", "1! it is no JSON: "},
        {"{\"mail\":\"a@example.org\",\"mail\":\"b@example.org\"}\n", "1! it is no JSON: duplicate"},
        {"{\"name\":\"Ann\"}\n", "1! nothing says who it is"},
    };
    (void)state;
    check (ROWS_JSON, rows, sizeof rows / sizeof *rows);
}

static void test_too_many (void **state)
{
    (void)state;
    char text[SHOWN] = "{\"mail\":[\"x@example.org\"", words[SHOWN];
    for (int i = 0; i < CUSTOMER_IDENTITIES_MAX; i++)
        snprintf (text + strlen (text), 40, ",\"x%d@example.org\"", i);
    strcat (text, "]}\n");
    assert_non_null (strstr (shown (ROWS_JSON, text, words), "1! mail: a customer has at most 12 addresses"));
    char *row = calloc (1, CSV_ROW_MAX + 64);
    assert_non_null (row);
    strcpy (row, "{\"name\":\"");
    memset (row + strlen (row), 'x', CSV_ROW_MAX);
    strcat (row, "\"}\n");
    assert_non_null (strstr (shown (ROWS_JSON, row, words), "at most 65536 are read"));
    row[DISPLAY_SIZE + 20] = '\0';
    strcat (row, "\",\"mail\":\"a@example.org\"}\n");
    assert_non_null (strstr (shown (ROWS_JSON, row, words), "1! name: it has 92 bytes, there is room for 80 (fewer"));
    free (row);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_csv),
        cmocka_unit_test (test_json),
        cmocka_unit_test (test_too_many),
    };
    return cmocka_run_group_tests (tests, open_policy, close_policy);
}
