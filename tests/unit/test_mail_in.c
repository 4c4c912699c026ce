/* test_mail_in.c - what a mail says: headers, texts of all encodings, files and their limits, kinds, hostile bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail_in.h"
#include "xmalloc.h"

#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HEAD "From: Ada <ada@example.org>\nTo: support@example.com\nSubject: s\n"

static mail_in_t *parse (const char *text)
{
    return mail_in_parse (text, strlen (text), &mail_limits_default, NULL);
}

/* ---------------------------------------------------------------- headers */

static void test_headers (void **state)
{
    (void)state;
    mail_in_t *mail = parse ("From: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>\r\nReply-To: desk@example.org\r\n"
                             "To: Support <support@example.com>, b@example.com\r\nDelivered-To: in@example.com\r\n"
                             "Cc: support@EXAMPLE.com\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n and more\r\n"
                             "Message-ID: <m1@example.org>\r\nIn-Reply-To: <d.c.mac@host>\r\n"
                             "References: <a@x> <b@x>\r\n <d.c.mac@host>\r\nDate: Thu, 1 Jan 2026 00:00:01 +0100\r\n"
                             "Content-Language: de-CH, en\r\n\r\nHallo\r\n");
    assert_string_equal (mail->from, "zoe@example.org");
    assert_string_equal (mail->from_name, "Zoë");
    assert_string_equal (mail->reply_to, "desk@example.org");
    assert_string_equal (mail->subject, "Grüße and more");
    assert_string_equal (mail->message_id, "m1@example.org");
    assert_string_equal (mail->in_reply_to, "d.c.mac@host");
    assert_int_equal (mail->references_n, 3);
    assert_string_equal (mail->references[0], "a@x");
    assert_string_equal (mail->references[2], "d.c.mac@host");
    assert_int_equal (mail->recipients_n, 3); /* the one in capitals is the same */
    assert_string_equal (mail->recipients[0], "in@example.com");
    assert_string_equal (mail->recipients[1], "support@example.com");
    assert_int_equal (mail->sent_at, 1767222001000LL);
    assert_string_equal (mail->language, "de-CH");
    assert_string_equal (mail->text, "Hallo");
    assert_string_equal (mail->fresh, "Hallo");
    assert_int_equal (mail->kind, MAIL_PERSON);
    assert_false (mail->no_answer);
    mail_in_destroy (&mail);
    assert_null (mail);
    mail_in_destroy (&mail);
}

/* Sizes and control characters: what does not fit is cut, or left out where half of it would be another's. */
static void test_header_sizes (void **state)
{
    (void)state;
    GString *text = g_string_new ("From: \"A\x01\x07 B\" <ada@example.org>\nMessage-ID: <");
    for (int i = 0; i < 300; i++)
        g_string_append_c (text, 'm');
    g_string_append (text, "@x>\nSubject: ");
    for (int i = 0; i < 200; i++)
        g_string_append (text, "ü");
    g_string_append (text, "\nReferences:");
    for (int i = 0; i < 50; i++)
        g_string_append_printf (text, " <%d@x>", i);
    g_string_append (text, "\n\nx");
    mail_in_t *mail = parse (text->str);
    assert_string_equal (mail->from_name, "A B");
    assert_string_equal (mail->message_id, "");
    assert_int_equal (strlen (mail->subject), 160);
    assert_true (g_utf8_validate (mail->subject, -1, NULL));
    assert_int_equal (mail->references_n, MAIL_REFERENCES_MAX);
    assert_string_equal (mail->references[MAIL_REFERENCES_MAX - 1], "49@x");
    mail_in_destroy (&mail);
    g_string_free (text, TRUE);
}

/* ---------------------------------------------------------------- texts */

static void test_texts (void **state)
{
    (void)state;
    static const struct {
        const char *name, *mail, *text;
    } rows[] = {
        {"latin-1", "Content-Type: text/plain; charset=iso-8859-1\n\nGr\xFC\xDF", "Grüß"},
        {"UTF-8 that says Latin-1", "Content-Type: text/plain; charset=iso-8859-1\n\nGrüß", "Grüß"},
        {"windows-1252 that says UTF-8", "Content-Type: text/plain; charset=utf-8\n\n\x93quoted\x94", "“quoted”"},
        {"nothing said", "\n\x80 5", "€ 5"},
        {"a broken UTF-8", "Content-Type: text/plain; charset=utf-8\n\näöü \xFF x", "äöü \xEF\xBF\xBD x"},
        {"a charset of nobody's", "Content-Type: text/plain; charset=../../etc/x\n\nGr\xFC", "Grü"},
        {"ASCII with more", "Content-Type: text/plain; charset=us-ascii\n\nGrüß", "Grüß"},
        {"ISO-2022-JP", "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$BF|K\\\x1b(B", "日本"},
        {"Shift_JIS", "Content-Type: text/plain; charset=shift_jis\n\n\x93\xFA\x96\x7B", "日本"},
        {"GB2312", "Content-Type: text/plain; charset=gb2312\n\n\xC4\xE3\xBA\xC3", "你好"},
        {"quoted-printable",
         "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\na=C3=A4=\nb", "aäb"},
        {"base64", "Content-Transfer-Encoding: base64\n\nSGFsbG8=\n", "Hallo"},
        {"controls",
         "\na\x01\x08\x7F"
         "b\r\nc\td",
         "ab\nc\td"},
        {"flowed", "Content-Type: text/plain; format=flowed\n\na \nb \nc\n> q \n> r\n", "a b c\n> q r"},
        {"flowed, delsp", "Content-Type: text/plain; format=flowed; delsp=yes\n\nhttp://x/ \ny\n", "http://x/y"},
        {"alternative",
         "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: "
         "text/html\n\n<p>html\n--b--",
         "plain"},
        {"alternative, plain empty",
         "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>html\n--b--",
         "html"},
        {"two texts", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--", "one\ntwo"},
        {"no boundary", "Content-Type: multipart/mixed\n\nstill here", "still here"},
        {"HTML", "Content-Type: text/html; charset=utf-8\n\n<style>p{}</style><p>One &amp; two</p><p>Three<br>four",
         "One & two\n\nThree\nfour"},
        {"links",
         "Content-Type: text/html\n\n<a href='http://a.example/x'>here</a> <a href='http://b.example'>b.example</a> "
         "<a href='mailto:c@d.example'>c@d.example</a> <a href='javascript:x()'>j</a>",
         "here (http://a.example/x) b.example c@d.example j"},
        {"lists", "Content-Type: text/html\n\n<ul><li>a<li>b</ul><ol><li>c<li>d</ol>", "- a\n- b\n1. c\n2. d"},
        {"tables", "Content-Type: text/html\n\n<table><tr><td>a<td>b<tr><td>c<td>d</table>", "a | b\nc | d"},
        {"quotes", "Content-Type: text/html\n\na<blockquote>q<blockquote>r</blockquote></blockquote>b",
         "a\n> q\n>> r\nb"},
        {"entities", "Content-Type: text/html\n\n&#1;&#0;x&euro;&lt;b&gt;", "x€<b>"},
        {"hidden", "Content-Type: text/html\n\n<div style='display: none'>pre</div>x<script>alert(1)</script>", "x"},
        {"its own charset", "Content-Type: text/html\n\n<meta charset=\"iso-8859-2\"><p>\xB1", "ą"},
        {"an entity of its own", "Content-Type: text/html\n\n<!DOCTYPE html><p>&b;x", "&b;x"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
        char *whole = g_strconcat (HEAD, rows[i].mail, NULL);
        mail_in_t *mail = parse (whole);
        if (strcmp (mail->text, rows[i].text) != 0)
            print_message ("%s\n", rows[i].name);
        assert_string_equal (mail->text, rows[i].text);
        mail_in_destroy (&mail);
        g_free (whole);
    }
}

static void test_fresh (void **state)
{
    (void)state;
    static const struct {
        const char *text, *fresh;
    } rows[] = {
        {"new\n\nAm 1.2.2024 um 10:00 schrieb Ada <a@b.c>:\n> alt\n", "new"},
        {"nouveau\n\nLe lun. 1 janv. 2024 à 10:00, Ada <a@b.c> a\nécrit :\n> vieux\n", "nouveau"},
        {"nuevo\n\nEl lun, 1 ene 2024 a las 10:00, Ada (<a@b.c>) escribió:\n\n> viejo", "nuevo"},
        {"new\n\nVon: Ada\nGesendet: Montag, 1. Januar 2024\nAn: Bert\nBetreff: x\n\nalt", "new"},
        {"new\n\n-----Ursprüngliche Nachricht-----\nVon: Ada\n\nalt", "new"},
        {"新しい\n\n2024年1月1日 10:00 Ada <a@b.c>:\n> 古い", "新しい"},
        {"> a question\nan answer\n> another\nanother answer\n-- \nAda", "an answer\n\nanother answer"},
        {"I wrote:\nthe printer is on fire", "I wrote:\nthe printer is on fire"}, /* no date */
        {"Options:\n--\n1\n2", "Options:"},
        {"> all of it\n> is quoted", "> all of it\n> is quoted"},
        {"Please call 555.\n\nVon meinem iPhone gesendet", "Please call 555."},
        {"On 3 May 2024 the following happened:\nit broke", "On 3 May 2024 the following happened:\nit broke"},
        {"-- \nAda", "-- \nAda"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
        char *whole = g_strconcat (HEAD "Content-Type: text/plain; charset=utf-8\n\n", rows[i].text, NULL);
        mail_in_t *mail = parse (whole);
        assert_string_equal (mail->fresh, rows[i].fresh);
        mail_in_destroy (&mail);
        g_free (whole);
    }
}

static void test_text_limit (void **state)
{
    (void)state;
    GString *text = g_string_new (HEAD "Content-Type: text/plain; charset=utf-8\n\n");
    for (int i = 0; i < TEXT_MAX; i++)
        g_string_append (text, "ü");
    mail_in_t *mail = parse (text->str);
    assert_true (mail->cut);
    assert_true (strlen (mail->text) <= TEXT_MAX);
    assert_true (g_utf8_validate (mail->text, -1, NULL));
    assert_non_null (strstr (mail->text, "The mail was longer"));
    mail_in_destroy (&mail);
    g_string_free (text, TRUE);
}

/* ---------------------------------------------------------------- files */

#define PART(type, rest, body) "--b\nContent-Type: " type "\n" rest "\n" body "\n"
#define MIXED                  HEAD "Content-Type: multipart/mixed; boundary=b\n\n" PART ("text/plain", "", "hi")

static void test_files (void **state)
{
    (void)state;
    mail_in_t *mail = parse (
        MIXED PART ("application/pdf",
                    "Content-Disposition: attachment; filename*=utf-8''%C3%84.pdf\nContent-Transfer-Encoding: base64\n",
                    "SGFsbG8=") PART ("image/png; name=\"=?utf-8?q?b=C3=BC.png?=\"", "Content-Disposition: inline\n",
                                      "png") PART ("application/octet-stream; name=\"C:\\\\x\\\\../a.exe\"", "", "exe")
            PART ("application/ms-tnef; name=winmail.dat", "", "tnef")
                PART ("message/rfc822", "", "Subject: inner\n\ninner text") PART ("text/csv", "", "a,b") "--b--\n");
    static const struct {
        const char *name, *type;
        size_t size;
        bool shown;
    } rows[] = {
        {"Ä.pdf", "application/pdf", 5, false},          {"bü.png", "image/png", 3, true},
        {"a.exe", "application/octet-stream", 3, false}, {"winmail.dat", "application/ms-tnef", 4, false},
        {"inner.eml", "message/rfc822", 0, false},       {"", "text/csv", 3, false},
    };
    assert_string_equal (mail->text, "hi");
    assert_int_equal (mail->files_n, G_N_ELEMENTS (rows));
    for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
        assert_string_equal (mail->files[i].name, rows[i].name);
        assert_string_equal (mail->files[i].type, rows[i].type);
        assert_int_equal (mail->files[i].shown, rows[i].shown);
        assert_non_null (mail->files[i].bytes);
        if (rows[i].size)
            assert_int_equal (mail->files[i].size, rows[i].size);
    }
    assert_memory_equal (mail->files[0].bytes, "Hallo", 5);
    assert_non_null (strstr (mail->files[3].note, "winmail.dat"));
    assert_null (strstr (mail->text, "inner text"));
    mail_in_destroy (&mail);
}

/* An empty one is a file, too; and so is a mail that is not there. */
static void test_empty_files (void **state)
{
    (void)state;
    mail_in_t *mail = parse (MIXED PART ("message/rfc822", "", "")
                                 PART ("a/b; name=x", "", "") "--b\nContent-Type: message/rfc822\n--b--\n");
    for (size_t i = 0; i < mail->files_n; i++)
        assert_non_null (mail->files[i].bytes);
    assert_true (mail->files_n >= 2);
    mail_in_destroy (&mail);
}

static void test_file_limits (void **state)
{
    (void)state;
    mail_limits_t limits = mail_limits_default;
    limits.one_file = 10;
    limits.all_files = 15;
    const char *text = MIXED PART ("a/b; name=1", "", "12345678") PART ("a/b; name=2", "", "123456789012")
        PART ("a/b; name=3", "", "12345678") PART ("a/b; name=4", "", "1234") "--b--\n";
    mail_in_t *mail = mail_in_parse (text, strlen (text), &limits, NULL);
    assert_int_equal (mail->files_n, 4);
    assert_non_null (mail->files[0].bytes);
    assert_null (mail->files[1].bytes);
    assert_int_equal (mail->files[1].size, 12);
    assert_string_equal (mail->files[1].note, "not kept: larger than 10 bytes");
    assert_null (mail->files[2].bytes);
    assert_string_equal (mail->files[2].note, "not kept: all files are larger than 15 bytes");
    assert_non_null (mail->files[3].bytes);
    mail_in_destroy (&mail);

    GString *many = g_string_new (MIXED);
    for (int i = 0; i < 40; i++)
        g_string_append (many, PART ("a/b; name=x", "", "x"));
    mail = parse (many->str);
    assert_int_equal (mail->files_n, ATTACHMENTS_MAX);
    assert_string_equal (mail->files[ATTACHMENTS_MAX - 1].name, "25 more files");
    assert_null (mail->files[ATTACHMENTS_MAX - 1].bytes);
    mail_in_destroy (&mail);
    g_string_free (many, TRUE);
}

/* ---------------------------------------------------------------- kinds */

static void test_kinds (void **state)
{
    (void)state;
    static const struct {
        const char *name, *sender, *mail;
        mail_kind_t kind;
    } rows[] = {
        {"a person", "ada@example.org", "Subject: help\n\nhelp", MAIL_PERSON},
        {"who writes of bounces", "ada@example.org",
         "Subject: my mail was returned\n\nuser unknown, it said. 550 5.1.1", MAIL_PERSON},
        {"who answers one", "ada@example.org", "Subject: Re: Undeliverable: x\n\nit could not be delivered",
         MAIL_PERSON},
        {"who passes one on", "ada@example.org",
         "Subject: Fwd: Undeliverable: x\n\nWhy did this come back?\n\n> Final-Recipient: x@y\n> Action: failed",
         MAIL_PERSON},
        {"who complains of one", "ada@example.org",
         "Subject: Undeliverable\n\nMy mail to you came back: 550 5.1.1 user unknown", MAIL_PERSON},
        {"a form's mail", "ada@example.org",
         "From: noreply@shop.example\nReply-To: ada@example.org\nSubject: error message\n\nMy order was rejected.",
         MAIL_PERSON},
        {"who is on leave", "ada@example.org", "Subject: Out of office on Friday?\n\nWill you be?", MAIL_PERSON},
        {"Auto-Submitted: no", "ada@example.org", "Auto-Submitted: no\n\nx", MAIL_PERSON},
        {"with List-Unsubscribe alone", "ada@example.org", "List-Unsubscribe: <http://x>\n\nx", MAIL_PERSON},
        {"a postmaster who writes", "postmaster@example.org",
         "From: postmaster@example.org\nSubject: your invoice\n\nplease", MAIL_PERSON},
        {"who suppresses answers", "ada@example.org", "X-Auto-Response-Suppress: All\nSubject: x\n\nx", MAIL_PERSON},
        {"null sender", "", "Subject: x\n\nx", MAIL_VACATION},
        {"null sender in brackets", "<>", "Subject: x\n\nx", MAIL_VACATION},
        {"null sender, a bounce", "<>", "Subject: Undeliverable: x\n\nuser unknown", MAIL_BOUNCE},
        {"null sender, away", "<>", "Subject: Automatic reply: x\n\nI can not deliver", MAIL_VACATION},
        {"auto-replied", "a@b.c", "Auto-Submitted: auto-replied (vacation)\n\nx", MAIL_VACATION},
        {"auto-generated", "a@b.c", "Auto-Submitted: AUTO-GENERATED\n\nx", MAIL_VACATION},
        {"X-Autoreply", "a@b.c", "X-Autoreply: yes\n\nx", MAIL_VACATION},
        {"Precedence", "a@b.c", "Precedence: auto_reply\n\nx", MAIL_VACATION},
        {"Precedence with a dash", "a@b.c", "Precedence: Auto-Reply\n\nx", MAIL_VACATION},
        {"junk", "a@b.c", "Precedence: junk\n\nx", MAIL_VACATION},
        {"absence with a hint", "a@b.c", "Subject: Abwesenheitsnotiz\nX-Auto-Response-Suppress: All\n\nx",
         MAIL_VACATION},
        {"absence, Japanese", "a@b.c", "Subject: =?utf-8?b?5LiN5Zyo?=\nPrecedence: bulk\n\nx", MAIL_VACATION},
        {"a list", "a@b.c", "List-Id: Cats <cats.example.org>\n\nx", MAIL_LIST},
        {"a newsletter", "a@b.c", "List-Unsubscribe: <http://x>\nPrecedence: bulk\n\nx", MAIL_LIST},
        {"failed recipients", "a@b.c", "X-Failed-Recipients: x@y.z\n\nx", MAIL_BOUNCE},
        {"a postmaster who returns", "a@b.c",
         "From: postmaster@example.org\nSubject: Undeliverable mail\n\nUser unknown: <x@y.z>", MAIL_BOUNCE},
        {"a daemon", "a@b.c", "From: MAILER-DAEMON@example.org\nSubject: x\n\nx", MAIL_BOUNCE},
        {"an abuse report", "a@b.c",
         "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nx\n--b--", MAIL_COMPLAINT},
        {"a buckstop's: whose is told by who knows", "a@b.c", "X-Buckstop: their.example\nSubject: x\n\nx",
         MAIL_PERSON},
        {"X-Loop", "a@b.c", "To: support@example.com\nX-Loop: support@example.com\n\nx", MAIL_LOOP},
    };
    for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
        bool own_from = strncmp (rows[i].mail, "From:", 5) == 0;
        char *whole = g_strconcat (own_from ? "" : "From: Ada <ada@example.org>\n", rows[i].mail, NULL);
        mail_in_t *mail = mail_in_parse (whole, strlen (whole), &mail_limits_default, rows[i].sender);
        assert_string_equal (mail->mark, strstr (whole, "X-Buckstop") ? "their.example" : "");
        if (mail->kind != rows[i].kind)
            print_message ("%s: %s (%s)\n", rows[i].name, mail_kind_word (mail->kind), mail->why);
        assert_int_equal (mail->kind, rows[i].kind);
        assert_int_equal (!*mail->why, mail->kind == MAIL_PERSON);
        mail_in_destroy (&mail);
        g_free (whole);
    }
}

static void test_list_and_answer (void **state)
{
    (void)state;
    mail_in_t *mail = parse (HEAD "List-Id: <support.example.com>\nList-Post: <mailto:support@example.com>\n\nx");
    assert_int_equal (mail->kind, MAIL_LIST);
    assert_string_equal (mail->list, "support@example.com");
    mail_in_destroy (&mail);
    mail = parse ("From: no-reply@example.org\n\nx");
    assert_int_equal (mail->kind, MAIL_PERSON);
    assert_true (mail->no_answer);
    mail_in_destroy (&mail);
}

#define REPORT(fields)                                                                                            \
    "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" \
    "--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n" fields      \
    "\n--b\nContent-Type: text/rfc822-headers\n\nSubject: x\nMessage-ID: <d1.c1.mac@our.example>\n--b--\n"

static void test_reports (void **state)
{
    (void)state;
    static const struct {
        const char *mail;
        mail_kind_t kind;
        mail_action_t action;
        bool permanent;
        const char *status, *recipient, *diagnostic, *id;
    } rows[] = {
        {REPORT ("Final-Recipient: rfc822; ada@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 "
                 "5.1.1\n who?"),
         MAIL_BOUNCE, MAIL_FAILED, true, "5.1.1", "ada@example.org", "550 5.1.1 who?", "d1.c1.mac@our.example"},
        {REPORT ("Final-Recipient: rfc822; a@x.y\nAction: relayed\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; "
                 "b@x.y\nAction: failed\nStatus: 4.4.7"),
         MAIL_BOUNCE, MAIL_FAILED, false, "4.4.7", "b@x.y", "", "d1.c1.mac@our.example"},
        {REPORT ("Final-Recipient: rfc822; a@x.y\nAction: delayed\nStatus: 4.4.1"), MAIL_RECEIPT, MAIL_DELAYED, false,
         "4.4.1", "a@x.y", "", "d1.c1.mac@our.example"},
        {REPORT ("Final-Recipient: rfc822; a@x.y\nAction: delivered\nStatus: 2.1.5"), MAIL_RECEIPT, MAIL_DELIVERED,
         false, "2.1.5", "a@x.y", "", "d1.c1.mac@our.example"},
        {"From: MAILER-DAEMON@x\nSubject: failure notice\n\nHi. This is the qmail-send program at "
         "x.\n\n<a@x.y>:\n192.0.2.1 does not "
         "like recipient.\nRemote host said: 550 no\n\n--- Below this line is a copy of the message.\n\nMessage-ID: "
         "<d2@our>\n",
         MAIL_BOUNCE, MAIL_FAILED, true, "5.0.0", "a@x.y", "Remote host said: 550 no", "d2@our"},
        {"From: ada@example.org\nContent-Type: multipart/report; report-type=disposition-notification; "
         "boundary=b\n\n--b\n\nread\n--b\n"
         "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@x.y\nOriginal-Message-ID: "
         "<d3@our>\n"
         "Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
         MAIL_RECEIPT, MAIL_READ, false, "", "a@x.y", "", "d3@our"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
        mail_in_t *mail = parse (rows[i].mail);
        assert_int_equal (mail->kind, rows[i].kind);
        assert_int_equal (mail->report.action, rows[i].action);
        assert_int_equal (mail->report.permanent, rows[i].permanent);
        assert_string_equal (mail->report.status, rows[i].status);
        assert_string_equal (mail->report.recipient, rows[i].recipient);
        assert_string_equal (mail->report.diagnostic, rows[i].diagnostic);
        assert_string_equal (mail->report.message_id, rows[i].id);
        mail_in_destroy (&mail);
    }
}

/* ---------------------------------------------------------------- hostile bytes */

typedef struct hostile {
    const char *name, *before, *again;
    int times;
    const char *after;
} hostile_t;

#define PAGE HEAD "Content-Type: text/html\n\n"
static const hostile_t hostile[] = {
    {"nested parts", HEAD, "Content-Type: multipart/mixed; boundary=b\n\n--b\n", 5000, "x"},
    {"nested mails", HEAD, "Content-Type: message/rfc822\n\n", 100000, "x"},
    {"groups of addresses", "To: ", "g:", 300000, "\n\nx"},
    {"addresses that are none", "From: ", "a,", 300000, "\n\nx"},
    {"groups in a mail within", HEAD "Content-Type: message/rfc822\n\nTo: ", "g:", 300000, "\n\nx"},
    {"headers", HEAD, "X: y\n", 100000, "\nx"},
    {"hops", HEAD, "Received: from a by b\n", 5000, "\nx"},
    {"a long header", HEAD "X: ", "a ", 1000000, "\n\nx"},
    {"words of a subject", "Subject: ", "=?utf-8?q?a?= ", 100000, "\n\nx"},
    {"parameters", HEAD "Content-Type: text/plain", "; name*1=b", 50000, "\n\nx"},
    {"references", "References: ", "<", 500000, "\n\nx"},
    {"parts", HEAD "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\nx\n", 100000, "--b--"},
    {"dashes", HEAD "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n", "--\n", 500000, "--b--"},
    {"elements", PAGE, "<div>", 100000, "x"},
    {"end tags", PAGE "<b><i>", "</u>", 200000, "x"},
    {"attributes", PAGE "<b ", "c d e f ", 100000, ">x"},
    {"comments", PAGE, "<!--", 200000, "x"},
    {"quotes", PAGE, "<blockquote>", 80000, "x"},
    {"entities", PAGE, "&#x41;&lt;", 100000, "x"},
    {"introductions", HEAD "\n", "On 1 he wrote:\n", 60000, "x"},
    {"headers of an older mail", HEAD "\n", "From: a\n", 100000, "x"},
    {"colons", HEAD "\n", "1:\n", 200000, "x"},
    {"signatures", HEAD "\n", "--\n", 200000, "x"},
    {"empty lines", HEAD "\n", "\n", 900000, "On 1 a@b wrote:\n> x"},
    {"one line", HEAD "\n", "x", 3000000, ""},
    {"depth of a quote", HEAD "Content-Type: text/plain; format=flowed\n\n", ">", 500000, "x"},
    {"json", HEAD "X-Amz-SNS-Message-ID: 1\n\n", "{\"a\":", 100000, ""},
    {"status", "From: mailer-daemon@x\nSubject: undeliverable\n\n", "1.5.1.1 ", 100000, ""},
};

static void check_time (const char *name, const char *text)
{
    struct timespec before, after;
    alarm (120);
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &before);
    mail_in_t *mail = parse (text);
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &after);
    alarm (0);
    double took = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    if (took > 150)
        print_message ("%s: %.0f ms\n", name, took);
    assert_true (took < 3000); /* without its bounds each is minutes, or the end of the stack */
    assert_true (g_utf8_validate (mail->text, -1, NULL));
    mail_in_destroy (&mail);
}

static void test_hostile (void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS (hostile); i++) {
        GString *text = g_string_new (hostile[i].before);
        for (int n = 0; n < hostile[i].times; n++)
            g_string_append (text, hostile[i].again);
        g_string_append (text, hostile[i].after);
        check_time (hostile[i].name, text->str);
        g_string_free (text, TRUE);
    }
}

/* More names than the HTML parser's pool holds, of any length that it takes, and after an error of another kind, too:
 * the page is read to its end, where the parser alone would turn around the first that does not fit for ever. */
static void test_names_without_end (void **state)
{
    (void)state;
    static const char *const beginnings[] = {"", "a &; b", "</ ><!DOCTYPE><p>&;&;", "<!-- <x0>  -->"};
    static const char *const ways[][2] = {{"<x", ">"},         {"<_", ">"},  {"<:", ">"},
                                          {"<p a", "='<p>'>"}, {"</y", ">"}, {"<x", "></p>"}};
    for (size_t i = 0; i < G_N_ELEMENTS (beginnings) * G_N_ELEMENTS (ways); i++)
        for (int length = 1; length < 100; length += 7) {
            const char *const *way = ways[i / G_N_ELEMENTS (beginnings)];
            GString *page = g_string_new (HEAD "Content-Type: text/html\n\n");
            g_string_append (page, beginnings[i % G_N_ELEMENTS (beginnings)]);
            for (int n = 0; n < 400; n++)
                g_string_append_printf (page, "%s%d%0*d%sw%d ", way[0], n, length, 0, way[1], n);
            alarm (60);
            mail_in_t *mail = parse (page->str);
            alarm (0);
            for (int n = 0; n < 400; n++) {
                char word[16];
                snprintf (word, sizeof word, "w%d", n);
                if (!strstr (mail->text, word))
                    print_message ("%s, %d long: %s is missing\n", way[0], length, word);
                assert_non_null (strstr (mail->text, word));
            }
            mail_in_destroy (&mail);
            g_string_free (page, TRUE);
        }
}

/* Nor do a newsletter's many attributes cost an entity, an address, or a tag that means something. */
static void test_many_attributes (void **state)
{
    (void)state;
    GString *page = g_string_new (HEAD "Content-Type: text/html; charset=utf-8\n\n"), *wanted = g_string_new (NULL);
    for (int n = 0; n < 300; n++) {
        g_string_append (page, "<div");
        for (int k = 0; k < 8; k++)
            g_string_append_printf (page, " data-name-%d-%d='<div>'", n, k);
        g_string_append_printf (
            page, "><a href='http://a.example/?n=%d&amp;p%d=1&q%d=2'>ge&ouml;ffnet&nbsp;&szlig;</a></div>", n, n, n);
        g_string_append_printf (wanted, "geöffnet ß (http://a.example/?n=%d&p%d=1&q%d=2)\n", n, n, n);
    }
    g_string_append (page, "<blockquote>old</blockquote>new");
    g_string_append (wanted, "> old\nnew");
    mail_in_t *mail = parse (page->str);
    assert_string_equal (mail->text, wanted->str);
    mail_in_destroy (&mail);
    g_string_free (page, TRUE);
    g_string_free (wanted, TRUE);
}

/* An element with so many attributes that their names leave no room: the next tag is a new parser's first. */
static char *full_pool (void)
{
    GString *text = g_string_new ("<i");
    for (int n = 0; n < 150; n++)
        g_string_append_printf (text, " n%d%040d", n, 0);
    return g_string_free (g_string_append (text, "></i>"), FALSE);
}

static char *replaced (const char *text, const char *what, const char *by)
{
    char **parts = g_strsplit (text, what, -1), *whole = g_strjoinv (by, parts);
    g_strfreev (parts);
    return whole;
}

static void test_begun_anew (void **state)
{
    (void)state;
    static const struct {
        const char *page, *text; /* FULL stands for such an element */
    } rows[] = {
        {"<html FULL<p title='<p>leaked'>text", "text"},
        {"FULL<p id='<p>'>text</p>FULL<p title='<p>leaked'>more", "text\n\nmore"},
        {"<p>one<!DOCTYPE>FULL<p title='<p>leaked'>two", "one\n\ntwo"},
        {"<p>one FULL<body style='display:none'><b>two</b> three", "one two three"},
        {"FULL<p>AT&T1 and R&D; &ouml; &copy;</p><p>b&uuml;r", "AT&T1 and R&D; ö ©\n\nbür"},
        {"FULL<a href='http://b/?u=1&page=2&of=7'>y</a>", "y (http://b/?u=1&page=2&of=7)"},
        {"FULL<p data-zzz='a> style' style='display:none'>secret</p>x", "x"},
        {"FULL<p>a</zzz>b</qqq c='d'>e", "abe"},
        {"FULL<p>a<?zzz b c>d", "ad"},
        {"FULL<x.yyy style='display:none'>secret</x.yyy>x", "x"},
        {"FULL<script><foo1234567</script>a & b & c", "a & b & c"},
        {"FULL<p>x</p></html><foo1234567>a & b & c", "x\na & b & c"},
        {"<div>12FULL<b>3</b></div>45", "123\n45"},
        {"<table><tr><td>FULL<b>3</b></td></tr></table>45", "3\n45"},
        {"<blockquote>oldFULL<b>x</b></blockquote><p>my answer", "> oldx\n\nmy answer"},
        {"<div style='display:none'>FULL<b>secret</b></div>shown", "shown"},
        {"<svg>FULL<text>hid</text></svg>x", "x"},
        {"<select>FULL<b>hid</b></select>x", "x"},
    };
    char *full = full_pool ();
    for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
        char *page = replaced (rows[i].page, "FULL", full);
        char *whole = g_strconcat (HEAD "Content-Type: text/html; charset=utf-8\n\n", page, NULL);
        mail_in_t *mail = parse (whole);
        if (strcmp (mail->text, rows[i].text) != 0)
            print_message ("%s: %s\n", rows[i].page, mail->text);
        assert_string_equal (mail->text, rows[i].text);
        mail_in_destroy (&mail);
        g_free (whole);
        g_free (page);
    }
    g_free (full);
}

/* However its names, ends and links are arranged, a page takes time by its size. */
static void test_hostile_pages (void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            const char *text; /* #: counts */
            int times;
        } parts[6];
    } rows[] = {
        {"full by a rule", {{"<p>", 1}, {"x ", 524287}, {"<hr>", 1}, {"<b>", 100000}, {"</u>", 150000}}},
        {"links of one word", {{"<a href=http://", 1}, {"a", 480}, {"><b>", 1}, {"<p>", 1}, {"a", 1000000}}},
        {"one attribute again", {{"<b", 1}, {" a#", 1300}, {" a1299", 300000}, {">x", 1}}},
        {"attributes of elements", {{"<b a# b# c# d# e# f# g# h#>x", 40000}}},
        {"names that are none", {{"<_a#", 100000}, {"<b", 1}, {" b#", 60000}, {">", 1}}},
        {"supposed elements",
         {{"<html><body>", 1}, {"</html><b a# c# d#>", 30000}, {"<nn#", 5000}, {"</html><i", 1}, {" q#", 90000}}},
        {"entities", {{"&a#; &b# ", 100000}}},
        {"end tags", {{"<div>", 240}, {"</a#></b#>", 90000}}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS (rows); i++) {
        GString *page = g_string_new (PAGE);
        for (size_t k = 0; k < G_N_ELEMENTS (rows[i].parts) && rows[i].parts[k].text; k++)
            for (int n = 0; n < rows[i].parts[k].times; n++) {
                char number[16];
                snprintf (number, sizeof number, "%d", n);
                char *part = replaced (rows[i].parts[k].text, "#", number);
                g_string_append (page, part);
                g_free (part);
            }
        check_time (rows[i].name, page->str);
        g_string_free (page, TRUE);
    }
}

/* Every beginning of a mail, and every mail with one byte that is another. */
static void test_torn (void **state)
{
    (void)state;
    const char *whole =
        MIXED PART ("text/html", "Content-Transfer-Encoding: quoted-printable\n", "<p>a=20<a href=3D'x'>b</a>")
            PART ("message/delivery-status", "", "Action: failed\nStatus: 5.1.1") "--b--\n";
    size_t size = strlen (whole);
    for (size_t i = 0; i < size; i++) {
        char *bytes = xmemdup (whole, i);
        mail_in_t *mail = mail_in_parse (bytes, i, &mail_limits_default, "");
        mail_in_destroy (&mail);
        free (bytes);
        static const char other[] = {'\0', '\xFF', '\n', '<', ';'};
        for (size_t k = 0; k < sizeof other; k++) {
            bytes = xmemdup (whole, size);
            bytes[i] = other[k];
            mail = mail_in_parse (bytes, size, &mail_limits_default, NULL);
            assert_true (g_utf8_validate (mail->text, -1, NULL));
            mail_in_destroy (&mail);
            free (bytes);
        }
    }
    mail_in_t *mail = mail_in_parse (NULL, 0, &mail_limits_default, NULL);
    assert_string_equal (mail->text, "");
    mail_in_destroy (&mail);
}

/* ---------------------------------------------------------------- threads */

static void *work (void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++) {
        mail_in_t *mail =
            parse ("From: =?iso-8859-1?q?Z=EB?= <z@x.y>\nContent-Type: multipart/alternative; boundary=b\n\n"
                   "--b\nContent-Type: text/plain; charset=shift_jis\n\n\x93\xFA\n"
                   "--b\nContent-Type: text/html; charset=koi8-r\n\n<p>\xC1\n--b--");
        bool right = strcmp (mail->text, "日") == 0 && strcmp (mail->from_name, "Zë") == 0;
        mail_in_destroy (&mail);
        if (!right)
            return "wrong";
    }
    return NULL;
}

static void test_threads (void **state)
{
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal (pthread_create (&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong = NULL;
        pthread_join (threads[i], &wrong);
        assert_null (wrong);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_threads),
        cmocka_unit_test (test_headers),
        cmocka_unit_test (test_header_sizes),
        cmocka_unit_test (test_texts),
        cmocka_unit_test (test_fresh),
        cmocka_unit_test (test_text_limit),
        cmocka_unit_test (test_files),
        cmocka_unit_test (test_file_limits),
        cmocka_unit_test (test_kinds),
        cmocka_unit_test (test_list_and_answer),
        cmocka_unit_test (test_reports),
        cmocka_unit_test (test_hostile),
        cmocka_unit_test (test_begun_anew),
        cmocka_unit_test (test_hostile_pages),
        cmocka_unit_test (test_many_attributes),
        cmocka_unit_test (test_names_without_end),
        cmocka_unit_test (test_torn),
        cmocka_unit_test (test_empty_files),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
