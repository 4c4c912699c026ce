/* test_mail_tag.c - what is signed is found again in address, subject and message id, in any case of letters; what was
 * changed, or made by somebody else, is not true. */
#include "mail_tag.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CONTACT  "01K2Z3W4X5Y6Z7A8B9CDEFGHJK"
#define DELIVERY "0123456789abcdef-3"

static const uint8_t key[32] = {1, 2, 3}, other_key[32] = {1, 2, 4};

static void lower (char *text)
{
    for (; *text; text++)
        *text = (char)tolower ((unsigned char)*text);
}

static void expect_true (const mail_tag_t *tag)
{
    assert_string_equal (tag->contact, CONTACT);
    assert_true (mail_tag_true (tag, "demo", key));
    assert_false (mail_tag_true (tag, "demo2", key));
    assert_false (mail_tag_true (tag, "demo", other_key));
    mail_tag_t changed = *tag;
    changed.contact[25] = 'M';
    assert_false (mail_tag_true (&changed, "demo", key));
    changed = *tag;
    changed.mac[15] = changed.mac[15] == '0' ? '1' : '0';
    assert_false (mail_tag_true (&changed, "demo", key));
    changed = *tag;
    changed.delivery[0] = changed.delivery[0] == '1' ? '2' : '1';
    assert_false (mail_tag_true (&changed, "demo", key));
}

static void test_address (void **state)
{
    (void)state;
    char tagged[ADDRESS_SIZE], bare[ADDRESS_SIZE];
    mail_tag_t tag;
    assert_true (mail_tag_address ("support@example.com", "demo", CONTACT, key, tagged));
    assert_true (strchr (tagged, '@') - tagged <= 64);
    assert_true (mail_tag_in_address (tagged, &tag, bare));
    assert_string_equal (bare, "support@example.com");
    assert_string_equal (tag.delivery, "");
    expect_true (&tag);
    lower (tagged);
    assert_true (mail_tag_in_address (tagged, &tag, NULL));
    expect_true (&tag);
    assert_true (mail_tag_address ("12345678901234567890@example.com", "demo", CONTACT, key, tagged));
    assert_false (mail_tag_address ("123456789012345678901@example.com", "demo", CONTACT, key, tagged));
    assert_string_equal (tagged, "");
    assert_false (mail_tag_address ("nobody", "demo", CONTACT, key, tagged));
}

static void test_subject (void **state)
{
    (void)state;
    char word[MAIL_TAG_SIZE], subject[SUBJECT_SIZE];
    mail_tag_t tag;
    mail_tag_make ("demo", CONTACT, "", key, word);
    static const char *const forms[][2] = {
        {"[#", "]"}, {"Re: AW: my card [#", "] (urgent)"}, {"[#1] [#[#", "]"}, {"[# [#", "]x"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf (subject, sizeof subject, "%s%s%s", forms[i][0], word, forms[i][1]);
        assert_true (mail_tag_in_subject (subject, &tag));
        expect_true (&tag);
        lower (subject);
        assert_true (mail_tag_in_subject (subject, &tag));
        expect_true (&tag);
    }
}

static void test_message_id (void **state)
{
    (void)state;
    char id[ADDRESS_SIZE], host[300];
    mail_tag_t tag;
    assert_true (mail_tag_message_id (DELIVERY, "demo", CONTACT, key, "example.com", id));
    assert_true (mail_tag_in_message_id (id, &tag));
    assert_string_equal (tag.delivery, DELIVERY);
    expect_true (&tag);
    lower (id);
    assert_true (mail_tag_in_message_id (id, &tag));
    expect_true (&tag);
    id[strlen (id) - 1] = 0;
    assert_true (mail_tag_in_message_id (id + 1, &tag));
    expect_true (&tag);
    assert_true (mail_tag_message_id (DELIVERY, "demo", "", key, "example.com", id));
    assert_true (mail_tag_in_message_id (id, &tag));
    assert_true (mail_tag_true (&tag, "demo", key));
    memset (host, 'h', sizeof host);
    host[sizeof host - 1] = 0;
    assert_false (mail_tag_message_id (DELIVERY, "demo", CONTACT, key, host, id));
    assert_string_equal (id, "");
}

/* What does not have the form is none, and leaves the result as it was. */
static void test_none (void **state)
{
    (void)state;
    static const char *const words[] = {
        "",
        "@",
        "+@",
        "a+b@example.com",
        "<@>",
        "<.@x>",
        "[#]",
        "[#",
        "[#" CONTACT "]",
        "[#" CONTACT ".0123456789ABCDE]",
        "[#" CONTACT ".0123456789ABCDEFG]",
        "[#" CONTACT ".0123456789ABCDEU]",
        "[#" CONTACT ".0123456789ABCDEF",
        "a+" CONTACT "-0123456789ABCDEF@x",
        "a+0IK2Z3W4X5Y6Z7A8B9CDEFGHJK.0123456789ABCDEF@x",
        "<" CONTACT ".0123456789ABCDEF@x>",
        "<0123456789abcdef." CONTACT ".0123456789ABCDEF@x>",
        "<0123456789abcdef-." CONTACT ".0123456789ABCDEF@x>",
        "<0123456789abcdeg-1." CONTACT ".0123456789ABCDEF@x>",
        "<0123456789abcdef-12345678." CONTACT ".0123456789ABCDEF@x>",
        "<" DELIVERY "." CONTACT ".0123456789ABCDEF>",
        "<" DELIVERY "." CONTACT ".0123456789ABCDEF0@x>",
    };
    mail_tag_t tag = {.contact = "untouched"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_false (mail_tag_in_address (words[i], &tag, NULL));
        assert_false (mail_tag_in_subject (words[i], &tag));
        assert_false (mail_tag_in_message_id (words[i], &tag));
        assert_string_equal (tag.contact, "untouched");
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_address),
        cmocka_unit_test (test_subject),
        cmocka_unit_test (test_message_id),
        cmocka_unit_test (test_none),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
