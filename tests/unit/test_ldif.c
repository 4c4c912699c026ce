/* test_ldif.c - entries of a directory: folded, coded, and what is none. Samples are of RFC 2849. */
#include "ldif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct ldif_row {
    const char *name, *text;
    const char *values; /* of cn and mail of each entry, "cn|mail;"; an error as "!line" */
} ldif_row_t;

static const ldif_row_t rows[] = {
    {"nothing", "", ""},
    {"only a version", "version: 1\n", ""},
    {"an entry", "version: 1\n\ndn: cn=Ada,o=x\ncn: Ada\nmail: ada@example.com\n", "Ada|ada@example.com;"},
    {"the version right before", "version: 1\ndn: cn=Ada,o=x\ncn: Ada\n", "Ada|-;"},
    {"two", "dn: a\ncn: A\n\n\ndn: b\ncn: B\nmail: b@x\n", "A|-;B|b@x;"},
    {"folded", "dn: a\ncn: A very\n  long\n  name\n", "A very long name|-;"},
    {"CRLF", "dn: a\r\ncn: A\r\n  b\r\n\r\ndn: b\r\ncn: B\r\n", "A b|-;B|-;"},
    {"base64", "dn: a\ncn:: w4RkYQ==\n",
     "\xc3\x84"
     "da|-;"},
    {"base64, folded", "dn: a\ncn:: w4Rk\n YQ==\n",
     "\xc3\x84"
     "da|-;"},
    {"comments", "# of ldapsearch\n#  folded\n  comment\ndn: a\n# inside\ncn: A\n", "A|-;"},
    {"options of an attribute", "dn: a\ncn;lang-de: A\n", "A|-;"},
    {"letters of any case", "DN: a\nCN: A\nMAIL: a@x\n", "A|a@x;"},
    {"no space behind the colon", "dn: a\ncn:A\n", "A|-;"},
    {"an empty value", "dn: a\ncn:\n", "|-;"},
    {"two values: the first", "dn: a\ncn: A\ncn: B\n", "A|-;"},
    {"a record that adds", "dn: a\nchangetype: add\ncn: A\n", "A|-;"},
    {"a record that changes", "dn: a\nchangetype: modify\nreplace: cn\ncn: A\n\ndn: b\ncn: B\n", "!2;B|-;"},
    {"a value elsewhere", "dn: a\njpegPhoto:< file:///x\n\ndn: b\ncn: B\n", "!2;B|-;"},
    {"no line of the form", "dn: a\nnonsense\n\ndn: b\ncn: B\n", "!2;B|-;"},
    {"bad base64", "dn: a\ncn:: ****\n", "!2;"},
    {"base64 of a zero", "dn: a\ncn:: AAAA\n", "!2;"},
    {"a mark of byte order",
     "\xef\xbb\xbf"
     "dn: a\ncn: A\n",
     "A|-;"},
    {"no newline at the end", "dn: a\ncn: A", "A|-;"},
};

static void test_rows (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char found[256] = "";
        size_t used = 0;
        ldif_outcome_t outcome;
        ldif_t *ldif = ldif_new (rows[i].text, strlen (rows[i].text));
        while ((outcome = ldif_next (ldif)) != LDIF_END) {
            const char *cn = ldif_value (ldif, "cn", 0), *mail = ldif_value (ldif, "mail", 0);
            if (outcome == LDIF_ENTRY)
                used +=
                    (size_t)snprintf (found + used, sizeof found - used, "%s|%s;", cn ? cn : "-", mail ? mail : "-");
            else
                used += (size_t)snprintf (found + used, sizeof found - used, "!%zu;", ldif_line (ldif));
            assert_true (outcome == LDIF_ENTRY || *ldif_words (outcome));
        }
        ldif_destroy (&ldif);
        if (strcmp (found, rows[i].values) != 0)
            fail_msg ("%s: '%s', not '%s'", rows[i].name, found, rows[i].values);
    }
}

/* Cut anywhere it ends, and reads nothing behind. */
static void test_cut (void **state)
{
    (void)state;
    static const char text[] =
        "version: 1\n# c\n  d\ndn: a\ncn:: w4RkYQ==\nmail: a\n  b\r\n\ndn: b\nx:< y\n\ndn: c\ncn: C";
    for (size_t size = 0; size < sizeof text; size++) {
        char *part = malloc (size ? size : 1);
        assert_non_null (part);
        memcpy (part, text, size);
        ldif_t *ldif = ldif_new (part, size);
        for (int n = 0; ldif_next (ldif) != LDIF_END; n++)
            assert_true (n < 10);
        ldif_destroy (&ldif);
        free (part);
    }
}

static void test_too_much (void **state)
{
    (void)state;
    size_t size = LDIF_ENTRY_MAX + 100;
    char *text = malloc (size);
    assert_non_null (text);
    memset (text, 'x', size);
    memcpy (text, "dn: a\ncn: ", 10);
    memcpy (text + size - 16, "\n\ndn: b\ncn: B\n\n\n", 16);
    ldif_t *ldif = ldif_new (text, size);
    assert_int_equal (ldif_next (ldif), LDIF_TOO_LONG);
    assert_int_equal (ldif_next (ldif), LDIF_ENTRY);
    assert_string_equal (ldif_value (ldif, "cn", 0), "B");
    ldif_destroy (&ldif);
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_rows), cmocka_unit_test (test_cut),
                                       cmocka_unit_test (test_too_much)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
