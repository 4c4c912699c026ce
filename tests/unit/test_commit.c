/* test_commit.c - the list of a commit's ops: letters, arguments, copies. */
#include "commit.h"
#include "ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void fill (commit_t *commit)
{
    const event_id_t id = {{1, 2, 3, 4, 5, 6, 7, 8}};
    const commit_weight_t weights[] = {{"chat", 3}, {"mail", 1}};
    commit_expect_record (commit, "rec", 0x0102, id);
    commit_expect_free (commit, "free");
    commit_expect_value (commit, "value", "x\0y", 3);
    commit_expect_epoch (commit, "person", 0x01020304);
    commit_expect_version (commit, "policy", 5);
    commit_expect_room (commit, "own", -7, weights, 2);
    commit_put (commit, "put", "bytes", 5, 60000);
    commit_delete (commit, "delete");
    commit_place (commit, "place", 1700000000000, "m");
    commit_place_sooner (commit, "sooner", -1, "m");
    commit_unplace (commit, "unplace", "m");
    commit_append (commit, "append", "", 0);
    commit_event (commit, "event", "e", 1);
    commit_count (commit, "count", "field", INT64_MIN);
}

/* Every op as letter, number of arguments, and those: bytes that can't be printed as \xx. */
static const char *const expected[] = {
    "R rec \\00\\00\\00\\00\\00\\00\\01\\02 \\01\\02\\03\\04\\05\\06\\07\\08",
    "F free",
    "V value x\\00y",
    "H person 12 \\01\\02\\03\\04",
    "H policy 4 \\00\\00\\00\\00\\00\\00\\00\\05",
    "M own -7 chat 3 mail 1",
    "s put bytes 60000",
    "x delete",
    "z place 1700000000000 m",
    "l sooner -1 m",
    "r unplace m",
    "a append ",
    "e event e",
    "n count field -9223372036854775808",
};

static void spell (commit_op_t op, char *text)
{
    *text++ = op.op;
    for (size_t i = 0; i < op.args_n; i++) {
        *text++ = ' ';
        for (size_t k = 0; k < op.args[i].size; k++) {
            unsigned char c = (unsigned char)op.args[i].bytes[k];
            text += sprintf (text, c >= ' ' && c < 127 ? "%c" : "\\%02x", c);
        }
    }
    *text = '\0';
}

static void test_ops (void **state)
{
    char text[256];
    commit_t *commit = commit_new (9);
    (void)state;
    fill (commit);
    assert_int_equal (commit_shard (commit), 9);
    assert_int_equal (commit_size (commit), sizeof expected / sizeof *expected);
    for (size_t i = 0; i < commit_size (commit); i++) {
        spell (commit_op (commit, i), text);
        assert_string_equal (text, expected[i]);
    }
    commit_destroy (&commit);
    assert_null (commit);
    commit_destroy (&commit);
}

/* What is given is copied, and stays where it is however much follows. */
static void test_copies (void **state)
{
    enum { N = 500, LARGE = 20000 };
    static char large[LARGE];
    char key[32];
    commit_t *commit = commit_new (0);
    (void)state;
    memset (large, 'z', sizeof large);
    for (int i = 0; i < N; i++) {
        snprintf (key, sizeof key, "key%d", i);
        commit_put (commit, key, large, i % 50 == 0 ? LARGE : 10, 0);
    }
    memset (large, 0, sizeof large);
    for (int i = 0; i < N; i++) {
        commit_op_t op = commit_op (commit, (size_t)i);
        snprintf (key, sizeof key, "key%d", i);
        assert_int_equal (op.args[0].size, strlen (key));
        assert_memory_equal (op.args[0].bytes, key, strlen (key));
        assert_int_equal (op.args[1].size, i % 50 == 0 ? LARGE : 10);
        assert_int_equal (op.args[1].bytes[op.args[1].size - 1], 'z');
    }
    commit_destroy (&commit);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_ops), cmocka_unit_test (test_copies)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
