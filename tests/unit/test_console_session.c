/* test_console_session.c - sealed sessions, cookies in a header, addresses of proxies; and the feed. */
#include "feed.h"
#include "session.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char secret[] = "0123456789012345678901234567890123456789",
                  other[] = "9876543210987654321098765432109876543210";
static const char a_token[] = "bs_0123456789_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
static const uint8_t nonce[SESSION_NONCE_SIZE] = {1, 2, 3};

static void a_session_opens_with_its_key_until_its_end (void **state)
{
    char cookie[SESSION_COOKIE_SIZE], token[TOKEN_SIZE];
    wall_ms_t end = 0;
    session_keys_t *keys = session_keys_new (secret, sizeof secret - 1),
                   *others = session_keys_new (other, sizeof other - 1);
    (void)state;
    session_seal (keys, a_token, 5000, nonce, cookie);
    assert_null (strstr (cookie, "bs_"));
    assert_int_equal (strspn (cookie, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                      strlen (cookie));
    assert_true (session_open (keys, cookie, 4999, token, &end));
    assert_string_equal (token, a_token);
    assert_int_equal (end, 5000);
    assert_false (session_open (keys, cookie, 5000, token, &end));
    assert_false (session_open (others, cookie, 0, token, &end));
    assert_false (session_open (keys, "", 0, token, &end));
    assert_false (session_open (keys, "AAAA", 0, token, &end));
    assert_false (session_open (keys, "not base64!", 0, token, &end));
    for (size_t at = 0; cookie[at]; at += 7) { /* any letter changed: it is none of ours */
        char was = cookie[at];
        cookie[at] = was == 'A' ? 'B' : 'A';
        assert_false (session_open (keys, cookie, 0, token, &end));
        cookie[at] = was;
    }
    session_keys_destroy (&keys);
    session_keys_destroy (&others);
}

static void the_word_differs_by_key_purpose_and_session (void **state)
{
    char a[CSRF_SIZE], b[CSRF_SIZE];
    session_keys_t *keys = session_keys_new (secret, sizeof secret - 1),
                   *others = session_keys_new (other, sizeof other - 1);
    (void)state;
    session_csrf (keys, "session", "x", a);
    session_csrf (keys, "session", "x", b);
    assert_string_equal (a, b);
    session_csrf (keys, "session", "y", b);
    assert_string_not_equal (a, b);
    session_csrf (keys, "proxy", "x", b);
    assert_string_not_equal (a, b);
    session_csrf (others, "session", "x", b);
    assert_string_not_equal (a, b);
    session_keys_destroy (&keys);
    session_keys_destroy (&others);
}

static void a_cookie_is_found_among_others (void **state)
{
    static const struct {
        const char *header, *value; /* NULL: it is not there */
    } rows[] = {{"buckstop=abc", "abc"},
                {"a=b; buckstop=abc", "abc"},
                {"a=b;buckstop=abc;c=d", "abc"},
                {"xbuckstop=abc", NULL},
                {"buckstopx=abc", NULL},
                {"buckstop=", ""},
                {"", NULL},
                {NULL, NULL},
                {"buckstop", NULL},
                {"a=\"buckstop=no\"; b=c", NULL},
                {"; ;buckstop=1", "1"}};
    char value[SESSION_COOKIE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal (session_cookie (rows[i].header, "buckstop", value), rows[i].value != NULL);
        if (rows[i].value)
            assert_string_equal (value, rows[i].value);
    }
}

static void addresses_and_networks_are_known (void **state)
{
    static const struct {
        const char *list, *peer;
        bool listed;
    } rows[] = {{"127.0.0.1", "127.0.0.1", true},
                {"127.0.0.1", "127.0.0.2", false},
                {"10.0.0.0/8, ::1", "10.200.3.4", true},
                {"10.0.0.0/8,::1", "11.0.0.1", false},
                {"10.0.0.0/8,::1", "::1", true},
                {"fd00::/8", "fd12::1", true},
                {"fd00::/8", "fe80::1", false},
                {"192.168.1.128/25", "192.168.1.127", false},
                {"192.168.1.128/25", "192.168.1.200", true},
                {"0.0.0.0/0", "1.2.3.4", true},
                {"0.0.0.0/0", "::1", false},
                {"", "127.0.0.1", false},
                {"127.0.0.1", "", false}};
    static const char *const bad[] = {"localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "1.2.3", "::1/129"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal (address_listed (rows[i].list, rows[i].peer), rows[i].listed);
        assert_true (address_list_is_fine (rows[i].list));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false (address_list_is_fine (bad[i]));
}

/* ----------------------------------------------------------------- feed */

static void fed (const feed_t *feed, uint64_t after, uint64_t until, size_t most, char **text)
{
    size_t size;
    FILE *out = open_memstream (text, &size);
    feed_write (feed, after, until, most, true, out);
    fclose (out);
}

static size_t numbers_in (const char *text)
{
    size_t n = 0;
    for (const char *at = strstr (text, "\"number\":"); at; at = strstr (at + 1, "\"number\":"))
        n++;
    return n;
}

static void the_feed_keeps_the_newest_and_says_what_is_left_out (void **state)
{
    (void)state;
    feed_t *feed = feed_new ();
    for (uint64_t number = 1; number <= FEED_KEPT + 100; number++) {
        Buckstop__V1__Event event = BUCKSTOP__V1__EVENT__INIT;
        event.number = number;
        feed_add (feed, &event);
    }
    const struct {
        uint64_t after, until;
        size_t most, n;
        const char *gap; /* NULL: none */
    } rows[] = {{590, 600, 500, 10, NULL},          {100, 600, 500, 500, NULL},     {99, 600, 500, 500, "\"gap\":1,"},
                {0, 600, 500, 500, "\"gap\":100,"}, {590, 600, 4, 4, "\"gap\":6,"}, {600, 600, 500, 0, NULL},
                {700, 600, 500, 0, NULL},           {590, 595, 500, 5, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = NULL;
        fed (feed, rows[i].after, rows[i].until, rows[i].most, &text);
        assert_int_equal (numbers_in (text), rows[i].n);
        assert_true (rows[i].gap ? strstr (text, rows[i].gap) != NULL : strstr (text, "\"gap\"") == NULL);
        assert_true (!rows[i].n || strncmp (text, "id: ", 4) == 0);
        free (text);
    }
    assert_int_equal (feed_last (feed), FEED_KEPT + 100);
    feed_destroy (&feed);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_session_opens_with_its_key_until_its_end),
        cmocka_unit_test (the_word_differs_by_key_purpose_and_session),
        cmocka_unit_test (a_cookie_is_found_among_others),
        cmocka_unit_test (addresses_and_networks_are_known),
        cmocka_unit_test (the_feed_keeps_the_newest_and_says_what_is_left_out),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
