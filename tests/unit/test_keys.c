/* test_keys.c - the spelling of every key family: it is data on disk, so it may not change by accident. */
#include "keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ID "01ARYZ6S41TSV4RRFFQ69G5FAV"

static void test_spelling (void **state)
{
    char key[KEY_SIZE];
    (void)state;
    assert_string_equal (key_contact (key, 3, "acme", ID), "b:{3}:c:acme:" ID);
    assert_string_equal (key_person (key, 3, "acme", "ada"), "b:{3}:p:acme:ada");
    assert_string_equal (key_delivery (key, 3, "acme", "00ff-1"), "b:{3}:d:acme:00ff-1");
    assert_string_equal (key_customer (key, 3, "acme", ID), "b:{3}:k:acme:" ID);
    assert_string_equal (key_identity (key, 3, "acme", ID), "b:{3}:id:acme:" ID);
    assert_string_equal (key_customer_contacts (key, 3, "acme", ID), "b:{3}:kc:acme:" ID);
    assert_string_equal (key_workspace (key, 3, "acme"), "b:{3}:w:acme");
    assert_string_equal (key_due (key, 15, KIND_CONTACT), "b:{15}:due:c");
    assert_string_equal (key_match (key, 3), "b:{3}:match");
    assert_string_equal (key_queue (key, 3, "acme"), "b:{3}:q:acme");
    assert_string_equal (key_open (key, 3, "acme"), "b:{3}:open:acme");
    assert_string_equal (key_own (key, 3, "acme", "ada", 7), "b:{3}:own:acme:ada:7");
    assert_string_equal (key_idle (key, 3, "acme"), "b:{3}:idle:acme");
    assert_string_equal (key_timeline (key, 3, "acme", ID), "b:{3}:tl:acme:" ID);
    assert_string_equal (key_events (key, 3, "acme"), "b:{3}:ev:acme");
    assert_string_equal (key_idempotency (key, 3, "acme", "0123456789abcdef"), "b:{3}:i:acme:0123456789abcdef");
    assert_string_equal (key_counts (key, 3, "acme"), "b:{3}:n:acme");
    assert_string_equal (key_dead (key, 3, "acme"), "b:{3}:dead:acme");
    assert_string_equal (key_closed (key, 3, "acme"), "b:{3}:closed:acme");
    assert_string_equal (key_hold (key, 3, "acme"), "b:{3}:hold:acme");
    assert_string_equal (key_archives (key, 3, "acme"), "b:{3}:arch:acme");
    assert_string_equal (key_archive_whose (key, 3, "acme", "lake"), "b:{3}:archw:acme:lake");
    assert_string_equal (key_token (key, "abc"), "b:tok:abc");
    assert_string_equal (key_ended (key, "abc"), "b:out:abc");
    assert_string_equal (key_own (key, 0, "acme", "ada", 0), "b:{0}:own:acme:ada:0");
    assert_string_equal (key_own (key, 10, "acme", "ada", UINT32_MAX), "b:{10}:own:acme:ada:4294967295");
}

/* What does not fit is cut, as text: nothing is written behind the buffer. */
static void test_cut (void **state)
{
    char key[KEY_SIZE + 1], member[MEMBER_SIZE + 1], name[2 * KEY_SIZE];
    (void)state;
    memset (name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    key[KEY_SIZE] = member[MEMBER_SIZE] = '!';
    assert_int_equal (strlen (key_contact (key, 3, name, name)), KEY_SIZE - 1);
    assert_int_equal (strlen (key_own (key, 3, name, name, 7)), KEY_SIZE - 1);
    assert_int_equal (strlen (key_token (key, name)), KEY_SIZE - 1);
    assert_int_equal (strlen (member_make (member, name, name)), MEMBER_SIZE - 1);
    assert_int_equal (key[KEY_SIZE], '!');
    assert_int_equal (member[MEMBER_SIZE], '!');
}

static void test_threads (void **state)
{
    char a[KEY_SIZE], b[KEY_SIZE];
    (void)state;
    key_thread (a, 3, "acme", "mail", "<1@x>");
    assert_memory_equal (a, "b:{3}:th:acme:", 14);
    assert_int_equal (strlen (a), 14 + 16);
    assert_string_equal (a, key_thread (b, 3, "acme", "mail", "<1@x>"));
    assert_string_not_equal (a, key_thread (b, 3, "acme", "chat", "<1@x>"));
    assert_string_not_equal (a, key_thread (b, 3, "acme", "mail", "<2@x>"));
}

static void test_shards (void **state)
{
    static const struct {
        const char *workspace;
        uint32_t hash; /* FNV-1a's published test vectors */
    } rows[] = {{"", 0x811c9dc5u}, {"a", 0xe40c292cu}, {"foobar", 0xbf9cf968u}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int shards = 1; shards <= SHARDS_MAX; shards++)
            assert_int_equal (shard_of (rows[i].workspace, shards), rows[i].hash % (uint32_t)shards);
}

static void test_members (void **state)
{
    static const struct {
        const char *member;
        int rc;
    } rows[] = {
        {"acme:" ID, 0},
        {"acme", -1},
        {":x", -1},
        {"acme:", -1},
        {"abcdefghijabcdefghijabcdefghij123:x", -1}, /* a workspace that is too long */
        {"acme:" ID "X", -1},                        /* a name that is too long */
    };
    char member[MEMBER_SIZE], workspace[NAME_SIZE], name[ID_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal (member_split (rows[i].member, strlen (rows[i].member), workspace, name, sizeof name),
                          rows[i].rc);
    assert_int_equal (member_split ("acme:adaREST", 8, workspace, name, sizeof name), 0);
    assert_string_equal (workspace, "acme");
    assert_string_equal (name, "ada");
    assert_string_equal (member_make (member, "acme", ID), "acme:" ID);
    assert_string_equal (own_member (member, "chat", ID), "chat/" ID);
}

/* The longest names fit, so nothing is ever cut into another's key. */
static void test_longest (void **state)
{
    char key[KEY_SIZE], longest[NAME_SIZE];
    (void)state;
    memset (longest, 'x', NAME_SIZE - 1);
    longest[NAME_SIZE - 1] = '\0';
    key_own (key, SHARDS_MAX - 1, longest, longest, UINT32_MAX);
    assert_string_equal (key + strlen (key) - 11, ":4294967295");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_spelling), cmocka_unit_test (test_cut),     cmocka_unit_test (test_threads),
        cmocka_unit_test (test_shards),   cmocka_unit_test (test_members), cmocka_unit_test (test_longest),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
