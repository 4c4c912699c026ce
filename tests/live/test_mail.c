/* test_mail.c - mail out against real SMTP servers, which test_mail.py starts and names in the environment.
 *
 * Without them (MAIL_ACCEPT unset) there is nothing to talk to, and every test is skipped. What the servers
 * received is checked by test_mail.py.
 */
#include "breath.h"
#include "loop.h"
#include "mail_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOO_LONG_MS = 20000, TIMEOUT_MS = 5000, SHORT_MS = 300, LAG_MAX_US = 20000, MANY = 50 };

typedef struct bench {
    loop_t *loop;
    mail_out_t *mail_out;
    int left, code, accepted;
    mail_stage_t stage;
    char error[512];
    mono_ms_t answered_at;
} bench_t;

static void on_guard (void *arg)
{
    (void)arg;
    fail_msg ("too long");
}

static void open_mail (bench_t *self, const char *variable, int threads)
{
    const char *server = getenv (variable);
    char url[128];
    assert_non_null (server);
    snprintf (url, sizeof url, "smtp://%s", server);
    self->mail_out = mail_out_new (self->loop, url, NULL, NULL, threads);
}

static int setup (void **state)
{
    bench_t *self = calloc (1, sizeof *self);
    *state = self;
    self->loop = loop_new ();
    loop_at (self->loop, loop_now (self->loop) + TOO_LONG_MS, on_guard, NULL);
    return 0;
}

static int teardown (void **state)
{
    bench_t *self = *state;
    mail_out_destroy (&self->mail_out);
    mail_out_destroy (&self->mail_out);
    loop_destroy (&self->loop);
    free (self);
    return 0;
}

static void on_answer (void *arg, const mail_answer_t *answer)
{
    bench_t *self = arg;
    self->code = answer->code;
    self->stage = answer->stage;
    self->accepted += answer->code == 250;
    snprintf (self->error, sizeof self->error, "%s", answer->error);
    self->answered_at = loop_now (self->loop);
    if (--self->left == 0)
        loop_stop (self->loop);
}

static const mail_t plain_mail = {.id = "m-1",
                                  .from = "Desk <desk@example.org>",
                                  .to = "ada@example.org",
                                  .subject = "plain",
                                  .body = "Hello\n.\n.dots\nend",
                                  .in_reply_to = "",
                                  .timeout_ms = TIMEOUT_MS};

static void send_one (bench_t *self, const mail_t *mail)
{
    self->left = 1;
    mail_out_send (self->mail_out, mail, on_answer, self);
    assert_int_equal (self->left, 1); /* never from within */
    breath_t breath;
    breath_begin (&breath);
    loop_longest_turn_us (self->loop);
    assert_int_equal (loop_run (self->loop), 0);
    int64_t longest_us = loop_longest_turn_us (self->loop);
    assert_true (longest_us - breath_end (&breath) < LAG_MAX_US);
}

static void a_mail_is_accepted_with_its_particulars (void **state)
{
    bench_t *self = *state;
    mail_t mail = plain_mail;
    open_mail (self, "MAIL_ACCEPT", 1);
    send_one (self, &mail);
    assert_string_equal (self->error, "");
    assert_int_equal (self->code, 250);
    mail.id = "m-2";
    mail.subject = "Grüße: Ihre Überweisung über 100 € – eine lange Betreffzeile, die umgebrochen werden muss";
    mail.body = "Zürich\n";
    mail.to = "=?utf-8?q?J=C3=BCrgen?= <juergen@example.org>";
    mail.in_reply_to = "<abc@far.example>";
    mail.automatic = true;
    send_one (self, &mail);
    assert_int_equal (self->code, 250);
}

static void what_would_forge_a_header_does_not (void **state)
{
    bench_t *self = *state;
    mail_t mail = plain_mail;
    open_mail (self, "MAIL_ACCEPT", 1);
    mail.id = "m-3>\r\nX-Forged: id\r\n<";
    mail.subject = "subject\r\nX-Forged: subject\r\n\r\nX-Forged body";
    mail.in_reply_to = "<a@b>\r\nX-Forged: reply";
    send_one (self, &mail);
    mail.id = "m-4";
    mail.body = "one\r.\rMAIL FROM:<eve@example.org>\r\n.\r\r\ntwo\n.\r\n";
    send_one (self, &mail);
    assert_int_equal (self->code, 250);
}

static void what_is_no_address_is_refused_at_once (void **state)
{
    bench_t *self = *state;
    static const char *const rows[] = {"",
                                       "ada",
                                       "ada@example.org, bob@example.org",
                                       "ada@example.org\r\nBcc: eve@example.org",
                                       "<ada@example.org>\nRCPT TO:<eve@example.org>",
                                       "group: ada@example.org;"};
    open_mail (self, "MAIL_ACCEPT", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mail_t mail = plain_mail;
        mail.id = "m-refused";
        mail.to = rows[i];
        send_one (self, &mail);
        assert_int_equal (self->code, 553);
        assert_int_equal (self->stage, MAIL_STAGE_MAIL);
        assert_non_null (strstr (self->error, "not a mail address"));
        mail.from = rows[i];
        mail.to = plain_mail.to;
        send_one (self, &mail);
        assert_int_equal (self->code, 553);
        assert_int_equal (self->stage, MAIL_STAGE_SERVER); /* ours to mend */
    }
}

static void a_refusal_is_told_in_the_servers_words (void **state)
{
    bench_t *self = *state;
    static const struct {
        const char *variable;
        int code;
        mail_stage_t stage;
        const char *words;
    } rows[] = {{"MAIL_LATER", 451, MAIL_STAGE_MAIL, "try again later"},
                {"MAIL_NEVER", 550, MAIL_STAGE_MAIL, "no such mailbox"},
                {"MAIL_NEVER_DATA", 554, MAIL_STAGE_MAIL, "not such a text"},
                {"MAIL_NEVER_SENDER", 550, MAIL_STAGE_MAIL, "not from you"},
                {"MAIL_NO_LOGIN", 550, MAIL_STAGE_SERVER, "you may not"},
                {"MAIL_NO_GREETING", 554, MAIL_STAGE_SERVER, "go away"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_mail (self, rows[i].variable, 1);
        send_one (self, &plain_mail);
        assert_int_equal (self->code, rows[i].code);
        assert_int_equal (self->stage, rows[i].stage);
        assert_non_null (strstr (self->error, rows[i].words));
        mail_out_destroy (&self->mail_out);
    }
}

static void no_answer_is_code_0_in_time (void **state)
{
    bench_t *self = *state;
    static const char *const rows[] = {"MAIL_SILENT", "MAIL_MUTE_AFTER_DATA"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mail_t mail = plain_mail;
        mail.timeout_ms = SHORT_MS;
        open_mail (self, rows[i], 1);
        mono_ms_t began = loop_now (self->loop);
        send_one (self, &mail);
        assert_int_equal (self->code, 0);
        assert_true (self->error[0] != 0);
        assert_in_range (self->answered_at - began, SHORT_MS - 2, TIMEOUT_MS / 2);
        send_one (self, &mail); /* the thread is free again */
        assert_int_equal (self->code, 0);
        began = loop_now (self->loop);
        mail_out_destroy (&self->mail_out);
        assert_true (loop_now (self->loop) - began < TIMEOUT_MS); /* libcurl's QUIT waits for a minute and more */
    }
}

static void a_server_that_is_away_or_talks_rubbish_is_no_answer (void **state)
{
    bench_t *self = *state;
    static const char *const rows[] = {"MAIL_REFUSED", "MAIL_RUBBISH"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_mail (self, rows[i], 1);
        send_one (self, &plain_mail);
        assert_int_equal (self->code, 0);
        assert_true (self->error[0] != 0);
        mail_out_destroy (&self->mail_out);
    }
}

static void a_server_silent_at_quit_does_not_hold_the_answer_back (void **state)
{
    bench_t *self = *state;
    mail_t mail = plain_mail;
    mail.timeout_ms = TOO_LONG_MS;
    open_mail (self, "MAIL_MUTE_AT_QUIT", 1);
    for (int i = 0; i < 2; i++) {
        mono_ms_t began = loop_now (self->loop);
        send_one (self, &mail);
        assert_int_equal (self->code, 250);
        assert_true (self->answered_at - began < TIMEOUT_MS);
    }
}

static void more_mails_than_threads_wait_their_turn (void **state)
{
    bench_t *self = *state;
    open_mail (self, "MAIL_ACCEPT", 4);
    self->left = MANY;
    for (int i = 0; i < MANY; i++) {
        mail_t mail = plain_mail;
        mail.id = "m-many";
        mail.timeout_ms = TOO_LONG_MS;
        mail_out_send (self->mail_out, &mail, on_answer, self);
    }
    assert_int_equal (loop_run (self->loop), 0);
    assert_int_equal (self->accepted, MANY);
}

static void a_mail_that_waited_too_long_was_never_begun (void **state)
{
    bench_t *self = *state;
    mail_t mail = plain_mail;
    open_mail (self, "MAIL_SILENT", 1);
    mail.timeout_ms = TIMEOUT_MS;
    self->left = 3;
    mail_out_send (self->mail_out, &mail, on_answer, self);
    mail.timeout_ms = SHORT_MS / 2;
    mail_out_send (self->mail_out, &mail, on_answer, self);
    self->left = 1;
    assert_int_equal (loop_run (self->loop), 0);
    assert_int_equal (self->code, 0);
    assert_non_null (strstr (self->error, "not begun"));
    self->left = 3;
    mail_out_send (self->mail_out, &mail, on_answer, self);
    mail.to = "nobody";
    mail_out_send (self->mail_out, &mail, on_answer, self);
    mail_out_destroy (&self->mail_out); /* one under way, one waiting, one refused */
    assert_int_equal (self->left, 0);
}

#define MAIL_TEST(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        MAIL_TEST (a_mail_is_accepted_with_its_particulars),
        MAIL_TEST (what_would_forge_a_header_does_not),
        MAIL_TEST (what_is_no_address_is_refused_at_once),
        MAIL_TEST (a_refusal_is_told_in_the_servers_words),
        MAIL_TEST (no_answer_is_code_0_in_time),
        MAIL_TEST (a_server_that_is_away_or_talks_rubbish_is_no_answer),
        MAIL_TEST (a_server_silent_at_quit_does_not_hold_the_answer_back),
        MAIL_TEST (more_mails_than_threads_wait_their_turn),
        MAIL_TEST (a_mail_that_waited_too_long_was_never_begun),
    };
    if (!getenv ("MAIL_ACCEPT")) {
        puts ("run by tests/live/test_mail.py, which starts the servers\n0 passed, 0 failed");
        return 0;
    }
    return cmocka_run_group_tests (tests, NULL, NULL);
}
