/* test_token.c - bearer tokens: what is made is split again, all else is refused. */
#include "token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void make (uint8_t fill, char token[TOKEN_SIZE], char id[TOKEN_ID_SIZE], uint8_t hash[TOKEN_HASH_SIZE])
{
    uint8_t random[TOKEN_RANDOM_BYTES];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)(fill + 37 * i);
    token_make (random, token, id, hash);
}

static void test_round_trip (void **state)
{
    (void)state;
    char first[TOKEN_SIZE] = "";
    for (unsigned fill = 0; fill < 256; fill++) {
        char token[TOKEN_SIZE], id[TOKEN_ID_SIZE], again[TOKEN_ID_SIZE];
        uint8_t hash[TOKEN_HASH_SIZE], found[TOKEN_HASH_SIZE];
        make ((uint8_t)fill, token, id, hash);
        assert_int_equal (strlen (id), TOKEN_ID_SIZE - 1);
        assert_null (strchr (id, '_'));
        assert_int_equal (token_split (token, again, found), 0);
        assert_string_equal (id, again);
        assert_true (token_matches (hash, found));
        assert_string_not_equal (token, first);
        memcpy (first, token, sizeof first);
    }
}

/* One letter of the secret changed: another hash, or not of the form; never the same. */
static void test_each_letter_counts (void **state)
{
    (void)state;
    char token[TOKEN_SIZE], id[TOKEN_ID_SIZE], other_id[TOKEN_ID_SIZE];
    uint8_t hash[TOKEN_HASH_SIZE], other[TOKEN_HASH_SIZE];
    make (5, token, id, hash);
    for (size_t i = 0; token[i]; i++) {
        char changed[TOKEN_SIZE];
        memcpy (changed, token, sizeof changed);
        changed[i] = token[i] == 'A' ? 'B' : 'A';
        bool same =
            token_split (changed, other_id, other) == 0 && strcmp (id, other_id) == 0 && token_matches (hash, other);
        assert_false (same);
    }
}

static void test_refused (void **state)
{
    (void)state;
    char token[TOKEN_SIZE], id[TOKEN_ID_SIZE], longer[2 * TOKEN_SIZE];
    uint8_t hash[TOKEN_HASH_SIZE];
    make (9, token, id, hash);
    snprintf (longer, sizeof longer, "%sA", token);
    const char *const bad[] = {NULL,
                               "",
                               "bs_",
                               "bs_0123456789",
                               longer,
                               token + 1,
                               "bs_0123456789_short",
                               "xx_0123456789_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                               "bs_012345678u_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                               "bs_0123456789_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!",
                               "bs_0123456789_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal (token_split (bad[i], id, hash), -1);
    token[strlen (token) - 1] = 0;
    assert_int_equal (token_split (token, id, hash), -1);
}

static void test_scopes (void **state)
{
    (void)state;
    scope_t scope;
    for (scope_t i = SCOPE_CHANNEL; i <= SCOPE_OPERATOR; i++) {
        assert_int_equal (scope_parse (scope_name (i), &scope), 0);
        assert_int_equal (scope, i);
    }
    assert_int_equal (scope_parse ("none", &scope), -1);
    assert_int_equal (scope_parse ("", &scope), -1);
    assert_int_equal (scope_parse (NULL, &scope), -1);
    assert_string_equal (scope_name ((scope_t)99), "none");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_round_trip),
        cmocka_unit_test (test_each_letter_counts),
        cmocka_unit_test (test_refused),
        cmocka_unit_test (test_scopes),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
