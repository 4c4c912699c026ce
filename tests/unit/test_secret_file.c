/* test_secret_file.c - what may stand in a secret's file, and the words for what may not. */
#include "secret_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

static const struct row {
    const char *what;
    size_t letters; /* that many 'k' */
    const char *end;
    int error;
    const char *why;
} rows[] = {
    {"a key", 32, "", 0, ""},
    {"a key with an editor's line end", 32, "\n", 0, ""},
    {"a key with a line end of Windows", 32, "\r\n", 0, ""},
    {"the longest", SECRET_MAX, "", 0, ""},
    {"the longest with its line end", SECRET_MAX, "\r\n", 0, ""},
    {"a byte more", SECRET_MAX + 1, "", -EFBIG, "it is longer than 1024 bytes"},
    {"much more", 5000, "\n", -EFBIG, "it is longer than 1024 bytes"},
    {"nothing", 0, "", -ENODATA, "it is empty"},
    {"an empty line", 0, "\n", -ENODATA, "it is empty"},
};

static void write_file (const char *path, const struct row *row)
{
    FILE *file = fopen (path, "w");
    assert_non_null (file);
    for (size_t i = 0; i < row->letters; i++)
        fputc ('k', file);
    fputs (row->end, file);
    fclose (file);
}

static void what_may_stand_in_it (void **state)
{
    (void)state;
    char directory[] = "/tmp/buckstop-test-XXXXXX", path[64], why[DETAIL_SIZE];
    assert_non_null (mkdtemp (directory));
    snprintf (path, sizeof path, "%s/key.next", directory);
    for (const struct row *row = rows; row < rows + sizeof rows / sizeof *rows; row++) {
        secret_t secret;
        write_file (path, row);
        int error = secret_file_read (directory, "key", ".next", &secret);
        if (error != row->error || secret.size != (error ? 0 : row->letters))
            fail_msg ("%s: %d, %zu bytes", row->what, error, secret.size);
        if (error) {
            secret_file_why ("signing key", directory, "key", error, why);
            assert_non_null (strstr (why, row->why));
        }
        unlink (path);
    }
    rmdir (directory);
}

/* A pipe that nobody writes to would hold up whoever reads it. */
static void what_is_no_plain_file_is_not_read (void **state)
{
    (void)state;
    char directory[] = "/tmp/buckstop-test-XXXXXX", path[64], why[DETAIL_SIZE];
    secret_t secret;
    assert_non_null (mkdtemp (directory));
    assert_int_equal (secret_file_read (directory, "key", "", &secret), -ENOENT);
    snprintf (path, sizeof path, "%s/key", directory);
    assert_int_equal (mkfifo (path, 0600), 0);
    assert_int_equal (secret_file_read (directory, "key", "", &secret), -EINVAL);
    secret_file_why ("secret", directory, "key", -EINVAL, why);
    assert_non_null (strstr (why, "/key: it is no plain file"));
    unlink (path);
    rmdir (directory);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (what_may_stand_in_it),
        cmocka_unit_test (what_is_no_plain_file_is_not_read),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
