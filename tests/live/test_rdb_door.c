/* test_rdb_door.c - who gets the copy that a restore hands out: the Redis that is known by its replication id, and nobody who
 * comes before it. */
#include "rdb_door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ID       "0123456789abcdef0123456789abcdef01234567"
#define SNAPSHOT "REDIS0011 as it was"
#define PSYNC    "*3\r\n$5\r\nPSYNC\r\n$40\r\n" ID "\r\n$1\r\n1\r\n"

static char said[512];

int cli_fail (int status, const char *format, ...)
{
    va_list list;
    va_start (list, format);
    vsnprintf (said, sizeof said, format, list);
    va_end (list);
    return status;
}

static void open_door (rdb_door_t *door, const char *id)
{
    char path[] = "/tmp/buckstop-door-XXXXXX";
    int fd = mkstemp (path);
    assert_true (fd >= 0 && write (fd, SNAPSHOT, sizeof SNAPSHOT - 1) == sizeof SNAPSHOT - 1);
    close (fd);
    assert_int_equal (rdb_door_open (door, "127.0.0.1", path, sizeof SNAPSHOT - 1, id), CLI_GO);
    unlink (path);
}

/* Somebody who says all at once, and waits. */
static int come (const rdb_door_t *door, const char *words, bool stays)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons ((uint16_t)door->port)};
    at.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    int fd = socket (AF_INET, SOCK_STREAM, 0);
    assert_int_equal (connect (fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal (write (fd, words, strlen (words)), strlen (words));
    if (!stays)
        shutdown (fd, SHUT_WR);
    return fd;
}

static void read_all (int fd, char *text, size_t size)
{
    size_t n = 0;
    for (ssize_t got; n + 1 < size && (got = read (fd, text + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    close (fd);
}

static void only_that_redis_gets_it (void **state)
{
    static const char *const strangers[] = {"PSYNC ? -1\r\n", "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n",
                                            "*1\r\n:1\r\n*0\r\n$-1\r\n:7\r\n*1\r\n$-1\r\n*2\r\n$5\r\nPSYNC\r\n:1\r\n",
                                            "*1\r\n$5\r\nPSYNC\r\n", ""};
    enum { STRANGERS = sizeof strangers / sizeof *strangers };
    (void)state;
    int fds[STRANGERS];
    char text[512];
    rdb_door_t door;
    open_door (&door, ID);
    for (size_t i = 0; i < STRANGERS; i++)
        fds[i] = come (&door, strangers[i], *strangers[i]);
    int redis = come (&door, "*1\r\n$4\r\nPING\r\n*3\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n" PSYNC, true);
    assert_int_equal (rdb_door_send (&door), CLI_GO);
    rdb_door_close (&door);
    for (size_t i = 0; i < STRANGERS; i++) {
        read_all (fds[i], text, sizeof text);
        assert_true (!strstr (text, "REDIS") && !strstr (text, "FULLRESYNC"));
    }
    read_all (redis, text, sizeof text);
    assert_non_null (strstr (text, "+PONG\r\n+OK\r\n+FULLRESYNC "));
    assert_non_null (strstr (text, "\r\n$19\r\n" SNAPSHOT));
}

/* Not even one that asks by none: the id is filled in before the door waits. */
static void without_an_id_nobody_does (void **state)
{
    static const char *const all[] = {"*3\r\n$5\r\nPSYNC\r\n$0\r\n\r\n$1\r\n1\r\n", "*2\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n",
                                      PSYNC};
    enum { ALL = sizeof all / sizeof *all };
    (void)state;
    int fds[ALL];
    char id[] = ID, text[512];
    rdb_door_t door;
    open_door (&door, id);
    id[0] = '\0';
    for (size_t i = 0; i < ALL; i++)
        fds[i] = come (&door, all[i], true);
    close (door.file);
    door.file = -1;
    shutdown (door.listening, SHUT_RD); /* those who came are heard, and nobody else is waited for */
    assert_int_equal (rdb_door_send (&door), CLI_UNREACHABLE);
    rdb_door_close (&door);
    for (size_t i = 0; i < ALL; i++) {
        read_all (fds[i], text, sizeof text);
        assert_true (!strstr (text, "REDIS") && !strstr (text, "FULLRESYNC"));
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (only_that_redis_gets_it),
                                       cmocka_unit_test (without_an_id_nobody_does)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
