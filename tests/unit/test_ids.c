/* test_ids.c - identifiers, names, event ids. */
#include "ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_id_round_trip (void **state)
{
    static const wall_ms_t times[] = {0, 1, 1700000000000, (1LL << 48) - 1};
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        uint8_t random[ID_RANDOM_BYTES];
        char id[ID_SIZE];
        memset (random, (int)(0x3f * i), sizeof random);
        id_make (times[i], random, id);
        assert_int_equal (strlen (id), 26);
        assert_true (id_valid (id));
        assert_int_equal (id_time (id), times[i]);
    }
}

static void test_id_spelling (void **state)
{
    const uint8_t zero[ID_RANDOM_BYTES] = {0},
                  ones[ID_RANDOM_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    char id[ID_SIZE], later[ID_SIZE];
    (void)state;
    id_make (0, zero, id);
    assert_string_equal (id, "00000000000000000000000000");
    id_make ((1LL << 48) - 1, ones, id);
    assert_string_equal (id, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    id_make (-5, zero, id);
    assert_int_equal (id_time (id), 0);
    id_make (1469918176385, zero, id); /* the example of the ULID specification */
    assert_memory_equal (id, "01ARYZ6S41", 10);
    id_make (1700000000000, ones, id);
    id_make (1700000000001, zero, later);
    assert_true (strcmp (id, later) < 0);
}

static void test_id_invalid (void **state)
{
    static const char *const ids[] = {
        "",
        "0000000000000000000000000",   /* 25 */
        "000000000000000000000000000", /* 27 */
        "80000000000000000000000000",  /* more than 48 bits of time */
        "0000000000000000000000000I",
        "0000000000000000000000000l",
        "0000000000000000000000000-",
        "01aryz6s410000000000000000",
    };
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_false (id_valid (ids[i]));
        assert_int_equal (id_time (ids[i]), -1);
    }
    assert_false (id_valid (NULL));
}

static void test_names (void **state)
{
    static const struct {
        const char *name;
        bool valid;
    } rows[] = {
        {"ada", true},
        {"Ada_Lovelace-1.x", true},
        {"0", true},
        {"_x", true},
        {"", false},
        {".hidden", false},
        {"-option", false},
        {"a b", false},
        {"a:b", false},
        {"a/b", false},
        {"a{b", false},
        {"ä", false},
        {"a\n", false},
        {"abcdefghijabcdefghijabcdefghij12", true},
        {"abcdefghijabcdefghijabcdefghij123", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal (name_valid (rows[i].name), rows[i].valid);
    assert_false (name_valid (NULL));
}

static void test_event_ids (void **state)
{
    (void)state;
    event_id_t a = event_id_of ("key", "ab", "c", NULL);
    assert_true (event_id_equal (a, event_id_of ("key", "ab", "c", NULL)));
    assert_false (event_id_equal (a, event_id_of ("key", "a", "bc", NULL)));
    assert_false (event_id_equal (a, event_id_of ("key", "abc", NULL)));
    assert_false (event_id_equal (a, event_id_of ("key", "ab", "c", "", NULL)));
}

static void test_effect_ids (void **state)
{
    const event_id_t event = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}};
    char id[DELIVERY_ID_SIZE];
    (void)state;
    effect_id (event, 0, id);
    assert_string_equal (id, "0123456789abcdef-0");
    effect_id (event, 1234567, id);
    assert_string_equal (id, "0123456789abcdef-1234567");
    effect_id (event, 4000000000u, id);
    assert_int_equal (strlen (id), DELIVERY_ID_SIZE - 1);
}

static void test_hash_hex (void **state)
{
    char a[HASH_HEX_SIZE], b[HASH_HEX_SIZE];
    (void)state;
    hash_hex ("", 0, a);
    assert_string_equal (a, "cae66941d9efbd40"); /* BLAKE2b-128 of nothing begins so */
    hash_hex ("x", 1, b);
    assert_int_equal (strlen (b), 16);
    assert_string_not_equal (a, b);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_id_round_trip), cmocka_unit_test (test_id_spelling), cmocka_unit_test (test_id_invalid),
        cmocka_unit_test (test_names),         cmocka_unit_test (test_event_ids),   cmocka_unit_test (test_effect_ids),
        cmocka_unit_test (test_hash_hex),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
