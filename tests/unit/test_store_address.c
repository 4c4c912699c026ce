/* test_store_address.c - how the store's address is written, and what is said of what is not. */
#include "store_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What was read, in one line. */
static const char *read_back (const char *text)
{
    static char line[1024], why[STORE_ADDRESS_WHY_SIZE];
    store_address_t address;
    if (!store_address_parse (text, &address, why)) {
        snprintf (line, sizeof line, "%.*s", (int)strcspn (why, ":") + 1, why);
        return strstr (why, "as in sentinel:desk@10.0.0.1:26379") ? line : why;
    }
    size_t n = (size_t)snprintf (line, sizeof line, "%s%d %s%s", address.tls ? "tls " : "", address.kind, address.path,
                                 address.name);
    for (size_t i = 0; i < address.places_n; i++)
        n += (size_t)snprintf (line + n, sizeof line - n, " %s %d", address.places[i].host, address.places[i].port);
    return line;
}

static void test_forms (void **state)
{
    static const struct {
        const char *text, *read;
    } rows[] = {
        {"unix:/run/redis.sock", "0 /run/redis.sock"},
        {"127.0.0.1:6379", "1  127.0.0.1 6379"},
        {"redis.example:1", "1  redis.example 1"},
        {"[::1]:65535", "1  ::1 65535"},
        {"tls:redis.example:6380", "tls 1  redis.example 6380"},
        {"tls:[::1]:6380", "tls 1  ::1 6380"},
        {"tls:sentinel:desk@a:1,b:2", "tls 2 desk a 1 b 2"},
        {"tls:6379", "1  tls 6379"},
        {"sentinel:desk@a:26379", "2 desk a 26379"},
        {"sentinel:my-primary@a:1,[fe80::1]:2,c.example:3", "2 my-primary a 1 fe80::1 2 c.example 3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal (read_back (rows[i].text), rows[i].read);
}

static void test_refusals (void **state)
{
    static const struct {
        const char *text, *says; /* as far as the quoted text and its colon */
    } rows[] = {
        {"", "no host and port in '':"},
        {"unix:", "no path in 'unix:"},
        {"tls:unix:/run/redis.sock", "a unix socket needs no TLS, so not tls:"},
        {"tls:redis", "no host and port in 'tls:"},
        {"redis", "no host and port in 'redis':"},
        {":6379", "no host and port in ':"},
        {"redis:", "no host and port in 'redis:"},
        {"redis:0", "no host and port in 'redis:"},
        {"redis:65536", "no host and port in 'redis:"},
        {"redis:6379x", "no host and port in 'redis:"},
        {"::1:6379", "an IPv6 address stands in brackets, not ':"},
        {"[]:6379", "no host and port in '[]:"},
        {"sentinel:a:26379", "no name before the @ of 'a:"},
        {"sentinel:@a:26379", "no name before the @ of '@a:"},
        {"sentinel:desk@", "no host and port in '':"},
        {"sentinel:desk@a:1,", "no host and port in '':"},
        {"sentinel:desk@a:1,b", "no host and port in 'b':"},
        {"sentinel:desk@a:1,a:2,a:3,a:4,a:5,a:6,a:7,a:8,a:9,a:10", "too many sentinels in 'desk@a:"},
    };
    char path[256];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal (read_back (rows[i].text), rows[i].says);
    snprintf (path, sizeof path, "unix:/%0150d", 0);
    assert_string_equal (read_back (path), "too long a path in 'unix:");
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_forms), cmocka_unit_test (test_refusals)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
