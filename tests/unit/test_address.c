/* test_address.c - which texts can be the far side of a delivery; and that libcurl can use every URL that passes. */
#include "address.h"
#include "http_client.h"
#include "types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    bool fine;
} mails[] = {
    {"ada@example.com", true},
    {"ada.b+c@mail.example.com", true},
    {"ada@[192.0.2.1]", true},
    {"\303\244da@example.com", true},
    {"Ada <ada@example.com>", true},
    {"<ada@example.com>", true},
    {"\"Lovelace, Ada\" <ada@example.com>", true},
    {"ada@example.com (Ada)", true},
    {"", false},
    {"not-an-address", false},
    {"@example.com", false},
    {"ada@", false},
    {"ada@home@example.com", false},
    {"ada @example.com", false},
    {"ada@example.com eve@example.com", false},
    {"ada@example.com ", false},
    {"ada@example.com,eve@example.com", false},
    {"ada@example.com;eve@example.com", false},
    {"ada@example.com\r\nBcc: eve@example.com", false},
    {"ada@example.com\x7f", false},
    {"Ada <ada@example.com", false},
    {"Ada <ada>", false},
    {"Ada <ada@example.com> x", false},
    {"ada@example.com (Ada", false},
    {"ada@example.com (Ada) x", false},
    {"https://example.com/ada", false},
};

static void test_mail (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mails / sizeof *mails; i++)
        if (address_is_mail (mails[i].text) != mails[i].fine)
            fail_msg ("'%s' should be %s", mails[i].text, mails[i].fine ? "fine" : "refused");
}

static const struct {
    const char *text;
    bool fine;
} urls[] = {
    {"http://a", true},
    {"https://chat.example.com/back?desk=1#x", true},
    {"http://127.0.0.1:8080/customer", true},
    {"http://[::1]:80/", true},
    {"http://[::1]", true},
    {"http://user:word@chat.example/back", true},
    {"http://chat_1.example./", true},
    {"HTTPS://Chat.Example/", true},
    {"http://a:/", true},
    {"http://a:65535", true},
    {"http://a/caf\303\251", true},
    {"http://a?b@c", true},
    {"", false},
    {"http://", false},
    {"https://", false},
    {"http:///path", false},
    {"http://?x", false},
    {"http://:80/", false},
    {"http://user@/", false},
    {"http:a", false},
    {"http:/a", false},
    {"ftp://x", false},
    {"file:///etc/passwd", false},
    {"chat.example/back", false},
    {"not-an-address", false},
    {"ada@example.com", false},
    {"http://a b/", false},
    {"http://a/b c", false},
    {"http://a/\r\nX: y", false},
    {"http://a:65536/", false},
    {"http://a:b/", false},
    {"http://a:99999999999999999999/", false},
    {"http://a:1:2/", false},
    {"http://[::1/", false},
    {"http://[]/", false},
    {"http://[::1]x/", false},
    {"http://a,b/", false},
    {" http://a/", false},
};

static void test_url (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char host[ADDRESS_SIZE];
        if (address_is_url (urls[i].text) != urls[i].fine)
            fail_msg ("'%s' should be %s", urls[i].text, urls[i].fine ? "fine" : "refused");
        if (urls[i].fine && !http_client_host (urls[i].text, host, sizeof host))
            fail_msg ("'%s' passes, and can't be called", urls[i].text);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_mail), cmocka_unit_test (test_url)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
