/* test_mail_corpus.c - mails that others published: what each is, which of its words are new, what it costs.
 *
 * Runs over tests/data/mail, and over ../shared/data/mail where that is. A file is told by its name; one without
 * a row is held to what all must keep: no crash, clean text, the kind of its folder, the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail_in.h"
#include "xmalloc.h"

#include <ftw.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
enum { MS_PER_MAIL = 2000 };
#else
enum { MS_PER_MAIL = 200 };
#endif

typedef struct outcome {
    int files, kinds[MAIL_KINDS], wrong_kind, wrong_words, dirty, slow;
    int replies, replies_by_html;
    double worst;
} outcome_t;

static outcome_t seen;

/* ---------------------------------------------------------------- what is expected */

static const struct expected_kind {
    const char *file;
    mail_kind_t kind;
    const char *status, *recipient; /* NULL: whatever */
} kinds[] = {
    {"not_is-not-bounce-02.eml", MAIL_PERSON, NULL, NULL}, /* a person who attaches a mail */
    {"bsd_arf-23.eml", MAIL_COMPLAINT, NULL, NULL},
    {"bsd_lhost-amazonses-09.eml", MAIL_BOUNCE, "5.1.1", "bounce@simulator.amazonses.com"},
    {"bsd_lhost-amazonses-11.eml", MAIL_COMPLAINT, NULL, NULL},
    {"bsd_lhost-apachejames-01.eml", MAIL_BOUNCE, NULL, NULL},
    {"bsd_lhost-dragonfly-01.eml", MAIL_BOUNCE, "5.7.26", "pseudo-local-part@google.example.com"},
    {"bsd_lhost-fml-03.eml", MAIL_LIST, NULL, NULL},
    {"bsd_lhost-exim-38.eml", MAIL_RECEIPT, NULL, "kijitora@example.co.jp"},
    {"bsd_lhost-opensmtpd-06.eml", MAIL_RECEIPT, "4.4.7", "nekochan@libsisimai.org"},
    {"bsd_lhost-sendmail-14.eml", MAIL_BOUNCE, NULL, NULL},
    {"bsd_lhost-sendmail-29.eml", MAIL_RECEIPT, "4.5.0", NULL},
    {"bsd_rfc3464-28.eml", MAIL_RECEIPT, "2.1.5", "kijitora@neko.example.jp"},
    {"bsd_rfc3834-02.eml", MAIL_VACATION, NULL, NULL},
    {"bsd_rfc3834-04.eml", MAIL_VACATION, NULL, NULL},
    {"mac_rfc3834-01.eml", MAIL_VACATION, NULL, NULL},
    {"bounce.txt", MAIL_BOUNCE, NULL, NULL},
    {"delivery-status-multiple-blank-lines.txt", MAIL_BOUNCE, "5.5.0", NULL},
    {"delivery-status-no-blank-line.txt", MAIL_BOUNCE, NULL, "newsletter-request@imusic.com"},
    {"delivery-status.anonymized.eml", MAIL_BOUNCE, NULL, NULL},
    {"delivery-status.txt", MAIL_BOUNCE, NULL, "newsletter-request@imusic.com"},
    {"delivery-status2.txt", MAIL_BOUNCE, "5.0.0", NULL},
    {"disposition-notification.anonymized.eml", MAIL_RECEIPT, NULL, NULL},
    {"disposition-notification.txt", MAIL_RECEIPT, NULL, "Joe_Recipient@example.com"},
    {"feedback-report.txt", MAIL_COMPLAINT, NULL, NULL},
};

#define BULLETS "and retain this formatting\n\n   - how about bullets\n   - and another"
/* Of replies: what is new must stand in fresh, what is quoted or signs must not. Parts of a list by '|'. */
static const struct expected_words {
    const char *file, *kept, *gone;
} replies[] = {
    {"correct_sig.txt", "this is an email with a correct -- signature.", "rick"},
    {"email_1_1.txt", "Hi folks|Java HTTP API|-Abhishek Kona", "riak-users mailing list"},
    {"email_1_2.txt", "Hi,|You can list the keys|riakClient.delete(bucket, key);|delete them all individually.\"",
     "Hi folks|wrote:|I am currently using|mailman"},
    {"email_1_3.txt", "Oh thanks.|Having the function would be great.", "wrote:|You can list|mailman"},
    {"email_1_4.txt", "Awesome! I haven't had another problem with it.", "defunkt|Loader seems"},
    {"email_1_5.txt", "One: Here's what|- And another one|for a while.", "\x01"},
    {"email_1_6.txt", "I get proper rendering as well.", "magnificent|Corey|Was this caching"},
    {"email_1_7.txt", ":+1:", "Chris|Steps 0-2"},
    {"email_1_8.txt", "I will reply under this one|and under this.", "okay|Tim|signature"},
    {"email_2_1.txt", "Outlook with a reply", "From:|Dear Google"},
    {"email_2_2.txt", "Outlook with a reply directly above line", "CRM|A new comment|____"},
    {"email_2_3.txt", "Outlook with a reply directly above line", "CRM|A new comment"},
    {"email_BlackBerry.txt", "Here is another email", "Sent from"},
    {"email_bullets.txt", "test 2 this should list second|" BULLETS, "Give us|Joe Smith|wrote"},
    {"email_iPhone.txt", "Here is another email", "Sent from"},
    {"email_long_quote.txt", "What is the best way to clear a Riak bucket|I am currently using the Java HTTP API.",
     "mailman"},
    {"email_multi_word_sent_from_my_mobile_device.txt", "Here is another email", "Sent from"},
    {"email_one_is_not_on.txt", "One outstanding question I had:|when I run...", "On Oct|The good news"},
    {"email_sent_from_my_not_signature.txt", "Sent from my desk, is much easier then my mobile phone.", "\x01"},
    {"email_sig_delimiter_in_middle_of_line.txt", "Hi there!|-- this is not a signature.|kthxbai", "\x01"},
    {"greedy_on.txt", "On your remote host you can run:|the tunnel is not working.", "On 9 Jan|odd issue"},
    {"pathological.txt", "I think you're onto something.|get back to a computer.", "John Sullivan|sequence"},
    {"OLK_SRC_BODY_SECTION.html", "Reply", "Bob|Hi"},
    {"reply-separated-by-hr.html", "Hi|there|Bob", "comcast|Hello"},
    {"gmail.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|wrote"},
    {"hotmail.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|Subject"},
    {"mail_ru.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|2014"},
    {"ms_outlook_2003.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|Sent"},
    {"ms_outlook_2007.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|Sent"},
    {"ms_outlook_2010.html", "Hi. I am fine.|Thanks,|Alex", "Hello!|Sent|Foo"},
    {"thunderbird.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|wrote"},
    {"windows_mail.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|2014"},
    {"yandex_ru.html", "Hi. I am fine.|Thanks,|Alex", "Sasha|Hello!|2014"},
    {"reply-quotations-share-block.eml", "Sounds great.|hearing from you soon.", "New Booking Inquiry|wrote"},
    {"android.eml", "Hello", "Hi|02.04"},
    {"aol.eml", "Hello", "Hi|Original"},
    {"apple_mail.eml", "Hello", "Hi|wrote"},
    {"apple_mail_2.eml", "Hello", "Hi there|wrote"},
    {"comcast.eml", "Hello", "Hi|Original|Sent"},
    {"gmail.eml", "Hello", "Hi|wrote"},
    {"hotmail.eml", "Hello", "Hi|Subject"},
    {"iphone.eml", "Hello", "Hi|wrote|Sent from"},
    {"outlook.eml", "Hello", "Loop details|Sent"},
    {"sparrow.eml", "Hello", "wrote|Sparrow"},
    {"thunderbird.eml", "Hello", "Hi|wrote"},
    {"yahoo.eml", "Hello", "Hi|Original"},
};

/* ---------------------------------------------------------------- looks */

static bool clean (const char *text, bool lines)
{
    bool fine = g_utf8_validate (text, -1, NULL);
    for (; *text && fine; text++)
        fine = (unsigned char)*text >= ' ' ? *text != 0x7F : lines && (*text == '\n' || *text == '\t');
    return fine;
}

static bool all_clean (const mail_in_t *mail)
{
    bool fine = clean (mail->text, true) && clean (mail->fresh, true) && strlen (mail->text) <= TEXT_MAX;
    fine = fine && clean (mail->subject, false) && clean (mail->from, false) && clean (mail->from_name, false) &&
           clean (mail->reply_to, false) && clean (mail->message_id, false) && clean (mail->in_reply_to, false) &&
           clean (mail->why, false) && clean (mail->report.diagnostic, false) &&
           clean (mail->report.recipient, false) && clean (mail->list, false) && clean (mail->language, false);
    for (size_t i = 0; i < mail->files_n; i++)
        fine = fine && clean (mail->files[i].name, false) && clean (mail->files[i].type, false) &&
               clean (mail->files[i].note, false) && (mail->files[i].bytes || *mail->files[i].note);
    return fine && !*mail->why == (mail->kind == MAIL_PERSON);
}

/* How many of the words in a list are not as wanted. */
static int misses (const char *file, const char *text, const char *words, bool wanted)
{
    char **all = g_strsplit (words, "|", -1);
    int wrong = 0;
    for (char **word = all; *word; word++)
        if (!strstr (text, *word) == wanted) {
            printf ("%s: fresh %s \"%s\":\n%.300s\n", file, wanted ? "lost" : "kept", *word, text);
            wrong++;
        }
    g_strfreev (all);
    return wrong;
}

static void check_words (const char *file, const mail_in_t *mail)
{
    for (size_t i = 0; i < G_N_ELEMENTS (replies); i++)
        if (strcmp (replies[i].file, file) == 0) {
            int wrong =
                misses (file, mail->fresh, replies[i].kept, true) + misses (file, mail->fresh, replies[i].gone, false);
            seen.wrong_words += wrong > 0;
            seen.replies++;
            seen.replies_by_html += mail->from_html;
        }
}

static void check_kind (const char *path, const char *file, const mail_in_t *mail)
{
    bool bounces = strstr (path, "/bounces/") != NULL;
    bool right = bounces == (mail->kind != MAIL_PERSON);
    for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
        if (strcmp (kinds[i].file, file) == 0)
            right = kinds[i].kind == mail->kind &&
                    (!kinds[i].status || strcmp (kinds[i].status, mail->report.status) == 0) &&
                    (!kinds[i].recipient || strcmp (kinds[i].recipient, mail->report.recipient) == 0);
    if (!right)
        printf ("%s: %s (%s), status %s of %s\n", file, mail_kind_word (mail->kind), mail->why, mail->report.status,
                mail->report.recipient);
    seen.wrong_kind += !right;
    seen.kinds[mail->kind]++;
}

static double cpu_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void one (const char *path, const char *file, const char *bytes, size_t size)
{
    double before = cpu_ms ();
    mail_in_t *mail = mail_in_parse (bytes, size, &mail_limits_default, NULL);
    double took = cpu_ms () - before;
    seen.files++;
    seen.worst = took > seen.worst ? took : seen.worst;
    seen.slow += took > MS_PER_MAIL;
    if (!all_clean (mail))
        printf ("%s: not clean\n", file), seen.dirty++;
    check_kind (path, file, mail);
    check_words (file, mail);
    mail_in_destroy (&mail);
    assert_null (mail);
}

/* Texts and pages are no mails yet: they get a head. */
static char *as_mail (const char *path, char *bytes, gsize *size)
{
    bool page = g_str_has_suffix (path, ".html"), text = strstr (path, "/replies/") && g_str_has_suffix (path, ".txt");
    if (!page && !text)
        return bytes;
    GString *mail = g_string_new ("From: ada@example.org\nContent-Type: text/");
    g_string_append (mail, page ? "html; charset=utf-8\n\n" : "plain; charset=utf-8\n\n");
    g_string_append_len (mail, bytes, (gssize)*size);
    g_free (bytes);
    *size = mail->len;
    return g_string_free (mail, FALSE);
}

/* The same mail without its plain text: its HTML has to say the same. */
static void by_html (const char *path, const char *file, const char *bytes, gsize size)
{
    char *other = xmemdup (bytes, size), *at = g_strstr_len (other, (gssize)size, "Content-Type: text/plain");
    bool html = g_strstr_len (other, (gssize)size, "Content-Type: text/html") != NULL;
    if (at && html && strcmp (file, "outlook.eml") != 0) { /* that one's two texts are of two mails */
        memcpy (at + strlen ("Content-Type: "), "x-", 2);
        one (path, file, other, size);
    }
    free (other);
}

static int visit (const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    const char *file = path + where->base;
    gsize size = 0;
    char *bytes = NULL;
    bool note = strcmp (file, "LICENSE") == 0 || strcmp (file, "README.md") == 0;
    if (type != FTW_F || note || !g_file_get_contents (path, &bytes, &size, NULL))
        return 0;
    bytes = as_mail (path, bytes, &size);
    one (path, file, bytes, size);
    if (strstr (path, "/talon/") && g_str_has_suffix (file, ".eml"))
        by_html (path, file, bytes, size);
    g_free (bytes);
    return 0;
}

static void run (const char *folder, int at_least)
{
    seen = (outcome_t){.files = 0};
    assert_int_equal (nftw (folder, visit, 16, FTW_PHYS), 0);
    printf ("%d mails:", seen.files);
    for (int i = 0; i < MAIL_KINDS; i++)
        printf (" %s %d,", mail_kind_word ((mail_kind_t)i), seen.kinds[i]);
    printf (" replies %d (by HTML %d); wrong kind %d, wrong words %d, not clean %d; worst %.1f ms\n", seen.replies,
            seen.replies_by_html, seen.wrong_kind, seen.wrong_words, seen.dirty, seen.worst);
    assert_true (seen.files >= at_least);
    assert_int_equal (seen.wrong_kind, 0);
    assert_int_equal (seen.wrong_words, 0);
    assert_int_equal (seen.dirty, 0);
    assert_int_equal (seen.slow, 0);
}

static void test_excerpts (void **state)
{
    (void)state;
    run (TESTS_DIR "/data/mail", 60);
}

static void test_all (void **state)
{
    (void)state;
    const char *folder = TESTS_DIR "/../../shared/data/mail";
    if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
        skip ();
    run (folder, 450);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_excerpts), cmocka_unit_test (test_all)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
