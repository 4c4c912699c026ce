/* test_option_checks.c - texts of parameters: which can be used, and what is said of the others. */
#include "notification_private.h"
#include "option_checks.h"
#include "password_file.h"
#include "policy_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TEN       "0123456789"
#define LONG_PATH "ipc:///" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345" /* 107 bytes behind ipc:// */

/* says: part of the reason; NULL: fine */
static const struct {
    param_check_fn *check;
    const char *text, *says;
} rows[] = {
    {option_durability, "fsync", NULL},
    {option_durability, "replica", NULL},
    {option_durability, "relaxed", NULL},
    {option_durability, "always", "none of fsync, replica, relaxed"},
    {option_log_level, "debug", NULL},
    {option_log_level, "loud", "none of error"},
    {option_log_format, "json", NULL},
    {option_log_format, "text", NULL},
    {option_log_format, "xml", "neither text nor json"},
    {option_store, "unix:/run/redis.sock", NULL},
    {option_store, "redis", "unix:/path, host:port"},
    {option_listen, "127.0.0.1:7400", NULL},
    {option_listen, "127.0.0.1:0", NULL},
    {option_listen, ":7400", NULL},
    {option_listen, "*:7400", NULL},
    {option_listen, "[::1]:7400", NULL},
    {option_listen, "intake.example:7400", NULL},
    {option_listen, "127.1:7400", NULL},
    {option_listen, "300.example:7400", NULL},
    {option_listen, "300.0.0.1:80", "no ADDRESS:PORT"},
    {option_listen, "1.2.3.4.5:80", "no ADDRESS:PORT"},
    {option_listen, "[::1%lo]:80", NULL},
    {option_listen, "[::g]:80", "no ADDRESS:PORT"},
    {option_listen, "[1:2]:80", "no ADDRESS:PORT"},
    {option_endpoints, "tcp://300.0.0.1:80", "no host and port"},
    {option_listen, "7400", "no ADDRESS:PORT"},
    {option_listen, "127.0.0.1", "no ADDRESS:PORT"},
    {option_listen, "127.0.0.1:", "no ADDRESS:PORT"},
    {option_listen, "127.0.0.1:65536", "no ADDRESS:PORT"},
    {option_listen, "127.0.0.1:http", "no ADDRESS:PORT"},
    {option_listen, "::1:7400", "no ADDRESS:PORT"},
    {option_listen, "http://127.0.0.1:7400", "no ADDRESS:PORT"},
    {option_listen, "", "no ADDRESS:PORT"},
    {option_lmtp, "unix:/run/buckstop/lmtp.sock", NULL},
    {option_lmtp, "127.0.0.1:2424", NULL},
    {option_lmtp, "[::1]:0", NULL},
    {option_lmtp, "unix:", "no path"},
    {option_lmtp, "/run/lmtp.sock", "neither unix:PATH nor ADDRESS:PORT"},
    {option_lmtp, "lmtp:unix:/x", "neither unix:PATH nor ADDRESS:PORT"},
    {option_spool, "/tmp", NULL},
    {option_spool, "/nowhere/x", "make it:  mkdir -p '/nowhere/x'"},
    {option_spool, "/etc/passwd", "can't read the directory"},
    {option_endpoints, "tcp://127.0.0.1:7411", NULL},
    {option_endpoints, "tcp://*:7411", NULL},
    {option_endpoints, "tcp://[::1]:7411", NULL},
    {option_endpoints, "ipc:///run/buckstop/submit", NULL},
    {option_endpoints, "tcp://a:1,tcp://b:2,", NULL},
    {option_endpoints, LONG_PATH, NULL},
    {option_endpoints, LONG_PATH "6", "at most 107 bytes"},
    {option_endpoints, "127.0.0.1:7411", "neither tcp://"},
    {option_endpoints, "tcp://", "neither tcp://"},
    {option_endpoints, "tcp://a", "no host and port"},
    {option_endpoints, "tcp://:7411", "no host and port"},
    {option_endpoints, "tcp://a:0", "no host and port"},
    {option_endpoints, "tcp://a:1,b:2", "'b:2' is neither"},
    {option_endpoints, "udp://a:1", "neither tcp://"},
    {option_endpoints, ",", "no address"},
    {option_url, "https://watch.example.com/ping/desk", NULL},
    {option_url, "http://127.0.0.1:9", NULL},
    {option_url, "watch.example.com/ping", "no http or https URL"},
    {option_url, "ftp://watch.example.com/secret", "no http or https URL"},
    {option_url, "https://", "no http or https URL"},
    {option_mail_server, "smtp://mail.example.com:25", NULL},
    {option_mail_server, "smtps://mail.example.com", NULL},
    {option_mail_server, "smtp://[::1]:25", NULL},
    {option_mail_server, "smtp://[::1]", NULL},
    {option_mail_server, "smtp://[::1]/desk", NULL},
    {option_mail_server, "smtp://[::1", "no mail server"},
    {option_mail_server, "smtp://[::1]25", "no mail server"},
    {option_mail_server, "smtp://127.0.0.1:1/desk", NULL},
    {option_mail_server, "mail.example.com:25", "no mail server"},
    {option_mail_server, "smtp://", "no mail server"},
    {option_mail_server, "smtp://a:0", "no mail server"},
    {option_mail_server, "smtp://a:b", "no mail server"},
    {option_mail_server, "smtp:/", "no mail server"},
    {option_mail_server, "", "no mail server"},
    {option_mail_server, "http://a:25", "no mail server"},
    {option_mail_sender, "desk@example.com", NULL},
    {option_mail_sender, "The desk <desk@example.com>", NULL},
    {option_mail_sender, "desk", "no mail address"},
    {option_mail_sender, "desk@", "no mail address"},
    {throttle_check, "mail=30/s, sms.example.com=5/m:2", NULL},
    {throttle_check, "mail=30", "write it like mail=30/s"},
    {throttle_check, "mail=30/y", "'mail=30/y' is no NAME"},
    {throttle_check, "mail", "write it like"},
    {option_password_file, "/dev/null", NULL}, /* no file that could be read twice: the reader says that it is empty */
    {option_password_file, "/nowhere/at/all", "No such file"},
    {option_password_file, "/", "can't read the file '/'"},
    {option_store, "tls:redis.example:6380", NULL},
    {option_readable, "/dev/null", NULL},
    {option_readable, "/", "a file is wanted"},
    {option_readable, "/nowhere/at/all", "No such file"},
    {option_keys, "/nowhere/at/all", "can't read the directory"},
    {option_keys, "/", "'buckstop keys new --dir /' makes it"},
    {option_directory, "/", NULL},
    {option_directory, "/nowhere/at/all", "No such file"},
    {option_directory, "/dev/null", "Not a directory"},
    {option_file_to_write, "/dev/null", NULL},
    {option_file_to_write, "/nowhere/at/all", "can't write the file"},
};

static void test_table (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[PARAM_WHY_SIZE] = "";
        bool fine = rows[i].check (rows[i].text, why);
        if (fine != !rows[i].says || (!fine && !strstr (why, rows[i].says)))
            fail_msg ("'%s': %s, said: %s", rows[i].text, fine ? "fine" : "no", why);
    }
}

static void test_who_reaches_an_endpoint (void **state)
{
    static const struct {
        const char *endpoints, *open; /* "": nobody else does */
    } reached[] = {
        {"ipc:///run/x", ""},
        {"tcp://127.0.0.1:1", ""},
        {"tcp://127.9.8.7:1", ""},
        {"tcp://[::1]:1", ""},
        {"tcp://[::ffff:127.0.0.1]:1", ""},
        {"tcp://localhost:1", ""},
        {"tcp://lo:1", ""},
        {"ipc:///run/x,tcp://127.0.0.1:1", ""},
        {"tcp://0.0.0.0:1", "tcp://0.0.0.0:1"},
        {"tcp://*:1", "tcp://*:1"},
        {"tcp://[::]:1", "tcp://[::]:1"},
        {"tcp://128.0.0.1:1", "tcp://128.0.0.1:1"},
        {"tcp://[::ffff:10.0.0.1]:1", "tcp://[::ffff:10.0.0.1]:1"},
        {"tcp://eth0:1", "tcp://eth0:1"},
        {"tcp://localhost.example:1", "tcp://localhost.example:1"},
        {"tcp://127.0.0.1:1,tcp://10.0.0.1:2", "tcp://10.0.0.1:2"},
        {"ipc:///run/x,,tcp://a:2,ipc:///y", "tcp://a:2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof reached / sizeof *reached; i++) {
        char open[ENDPOINT_ROOM];
        assert_int_equal (endpoints_are_local (reached[i].endpoints, open), !*reached[i].open);
        assert_string_equal (open, reached[i].open);
    }
}

static void test_durability_of (void **state)
{
    (void)state;
    assert_int_equal (option_durability_of ("fsync"), DURABLE_FSYNC);
    assert_int_equal (option_durability_of ("replica"), DURABLE_REPLICA);
    assert_int_equal (option_durability_of ("relaxed"), DURABLE_RELAXED);
}

/* What --check says of a policy: each fault. */
static void test_policies (void **state)
{
    (void)state;
    char path[] = "/tmp/buckstop-policy-XXXXXX";
    int fd = mkstemp (path);
    const char bad[] = "workspace: desk\nlast_resort: zoe\npeople: { dana: { capacity: many } }\ncolour: red\n"
                       "people_from: nowhere.yaml\n";
    assert_int_equal (write (fd, bad, sizeof bad - 1), (ssize_t)sizeof bad - 1);
    close (fd);
    const struct {
        const char *path, *says[4];
    } policies[] = {{TESTS_DIR "/../deploy/policies/example.yaml", {NULL}},
                    {"/nowhere/at/all", {"No such file"}},
                    {"/dev/null", {"/dev/null:1:1: "}},
                    {"/", {"Is a directory"}},
                    {path, {":3:", ":4:1: ", "expected: ", "nowhere.yaml: No such file"}}};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        char *said = NULL;
        size_t size = 0;
        FILE *out = open_memstream (&said, &size);
        bool fine = policy_file_look (policies[i].path, out);
        fclose (out);
        assert_int_equal (fine, !policies[i].says[0]);
        for (size_t j = 0; j < 4 && policies[i].says[j]; j++)
            if (!strstr (said, policies[i].says[j]))
                fail_msg ("%s: not '%s' in: %s", policies[i].path, policies[i].says[j], said);
        free (said);
    }
    unlink (path);
}

static void test_password_of_a_file (void **state)
{
    (void)state;
    char path[] = "/tmp/buckstop-options-XXXXXX", why[PARAM_WHY_SIZE];
    int fd = mkstemp (path);
    assert_int_equal (write (fd, "secret\n", 7), 7);
    close (fd);
    bool fine = option_password_file (path, why);
    unlink (path);
    assert_true (fine);
}

/* A pipe gives what it holds once: to the reader, not to the check. */
static void test_password_of_a_pipe (void **state)
{
    (void)state;
    int ends[2];
    char path[32], why[PARAM_WHY_SIZE], read_now[16] = "";
    assert_int_equal (pipe (ends), 0);
    assert_int_equal (write (ends[1], "secret\n", 7), 7);
    close (ends[1]);
    snprintf (path, sizeof path, "/dev/fd/%d", ends[0]);
    bool fine = option_password_file (path, why);
    ssize_t left = read (ends[0], read_now, sizeof read_now);
    close (ends[0]);
    assert_true (fine);
    assert_int_equal (left, 7);
}

/* What the reader of a pipe finds in it. */
static const struct piped {
    const char *holds;
    const char *password; /* NULL: none */
    const char *says;
} pipes[] = {
    {"secret\n", "secret", ""},
    {"secret", "secret", ""},
    {"secret\r\nmore\n", "secret", ""},
    {"", NULL, "should hold the secret"},
    {"\n", NULL, "should hold the secret"},
};

static void test_reading_a_pipe (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pipes / sizeof *pipes; i++) {
        int ends[2];
        char path[32], why[PARAM_WHY_SIZE] = "", password[PASSWORD_SIZE] = "before";
        ssize_t size = (ssize_t)strlen (pipes[i].holds);
        assert_int_equal (pipe (ends), 0);
        assert_int_equal (write (ends[1], pipes[i].holds, (size_t)size), size);
        close (ends[1]);
        snprintf (path, sizeof path, "/dev/fd/%d", ends[0]);
        bool fine = password_file_read (path, password, why);
        close (ends[0]);
        assert_int_equal (fine, pipes[i].password != NULL);
        assert_string_equal (password, fine ? pipes[i].password : "");
        assert_non_null (strstr (why, pipes[i].says));
    }
}

/* One that is cut would be refused far away, and nobody would know why. */
static void test_reading_a_long_line (void **state)
{
    (void)state;
    char path[] = "/tmp/buckstop-options-XXXXXX", why[PARAM_WHY_SIZE] = "", password[PASSWORD_SIZE];
    char line[PASSWORD_SIZE];
    memset (line, 'x', sizeof line);
    int fd = mkstemp (path);
    assert_int_equal (write (fd, line, sizeof line), sizeof line);
    close (fd);
    bool fine = password_file_read (path, password, why);
    unlink (path);
    assert_false (fine);
    assert_non_null (strstr (why, "too long"));
    assert_true (password_file_read ("", password, why) && password_file_read (NULL, password, why));
    assert_string_equal (password, "");
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_table),
                                       cmocka_unit_test (test_policies),
                                       cmocka_unit_test (test_durability_of),
                                       cmocka_unit_test (test_who_reaches_an_endpoint),
                                       cmocka_unit_test (test_password_of_a_file),
                                       cmocka_unit_test (test_password_of_a_pipe),
                                       cmocka_unit_test (test_reading_a_pipe),
                                       cmocka_unit_test (test_reading_a_long_line)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
