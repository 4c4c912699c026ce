/* test_link.c - signed links: what is signed verifies until it expires; any change is found. */
#include "link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1770000000000LL

static const uint8_t key[32] = {1, 2, 3, 4, 5, 6, 7, 8}, other_key[32] = {1, 2, 3, 4, 5, 6, 7, 9};

static link_claim_t claim_of (const char *workspace, const char *contact, const char *person)
{
    link_claim_t claim = {.action = BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACCEPT, .expires = NOW + MS_PER_HOUR};
    snprintf (claim.workspace, sizeof claim.workspace, "%s", workspace);
    snprintf (claim.contact, sizeof claim.contact, "%s", contact);
    snprintf (claim.person, sizeof claim.person, "%s", person);
    return claim;
}

static void test_round_trip (void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"demo", "01K2Z3W4X5Y6Z7A8B9CDEFGHJK", "ada"},
        {"w", "c", "p"},
        {"abcdefghijklmnopqrstuvwxyz123456", "01K2Z3W4X5Y6Z7A8B9CDEFGHJK", "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456"},
        {"demo", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        link_claim_t claim = claim_of (rows[i][0], rows[i][1], rows[i][2]), found;
        char token[LINK_TOKEN_SIZE], workspace[NAME_SIZE];
        link_sign (&claim, key, token);
        assert_int_equal (strspn (token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
                          strlen (token));
        assert_int_equal (link_workspace (token, workspace), 0);
        assert_string_equal (workspace, claim.workspace);
        assert_int_equal (link_verify (token, key, NOW, &found), LINK_OK);
        assert_string_equal (found.workspace, claim.workspace);
        assert_string_equal (found.contact, claim.contact);
        assert_string_equal (found.person, claim.person);
        assert_int_equal (found.action, claim.action);
        assert_int_equal (found.expires, claim.expires);
    }
}

static void test_expiry (void **state)
{
    (void)state;
    static const struct {
        wall_ms_t now;
        enum link_fault expect;
    } rows[] = {{NOW, LINK_OK},
                {NOW + MS_PER_HOUR - 1, LINK_OK},
                {NOW + MS_PER_HOUR, LINK_EXPIRED},
                {TIME_NEVER, LINK_EXPIRED}};
    link_claim_t claim = claim_of ("demo", "c", "ada"), found;
    char token[LINK_TOKEN_SIZE];
    link_sign (&claim, key, token);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal (link_verify (token, key, rows[i].now, &found), rows[i].expect);
}

/* A stranger learns whether the form is right, never whether it would have expired. */
static void test_forged (void **state)
{
    (void)state;
    link_claim_t claim = claim_of ("demo", "01K2Z3W4X5Y6Z7A8B9CDEFGHJK", "ada"), found;
    char token[LINK_TOKEN_SIZE];
    link_sign (&claim, key, token);
    assert_int_equal (link_verify (token, other_key, NOW, &found), LINK_FORGED);
    assert_int_equal (link_verify (token, other_key, TIME_NEVER, &found), LINK_FORGED);
    for (size_t i = 0; token[i]; i++) {
        char changed[LINK_TOKEN_SIZE];
        memcpy (changed, token, sizeof changed);
        changed[i] = token[i] == 'A' ? 'B' : 'A';
        assert_int_not_equal (link_verify (changed, key, NOW, &found), LINK_OK);
    }
}

static void test_malformed (void **state)
{
    (void)state;
    link_claim_t claim = claim_of ("demo", "c", "ada"), found;
    char token[LINK_TOKEN_SIZE], workspace[NAME_SIZE], longest[2 * LINK_TOKEN_SIZE];
    link_sign (&claim, key, token);
    memset (longest, 'A', sizeof longest);
    longest[sizeof longest - 1] = 0;
    const char *const rows[] = {NULL, "", ".", "AAAA", "AAAA.AAAA", strchr (token, '.'), longest, "!!!!.!!!!"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal (link_verify (rows[i], key, NOW, &found), LINK_MALFORMED);
        assert_int_equal (link_workspace (rows[i], workspace), -1);
    }
    for (size_t length = 0; length < strlen (token); length++) { /* cut anywhere */
        char cut[LINK_TOKEN_SIZE];
        memcpy (cut, token, length);
        cut[length] = 0;
        assert_int_equal (link_verify (cut, key, NOW, &found), LINK_MALFORMED);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_round_trip),
        cmocka_unit_test (test_expiry),
        cmocka_unit_test (test_forged),
        cmocka_unit_test (test_malformed),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
