/* test_lmtp.c - every command in every state, whole and byte by byte; ends that are none; limits. */
#include "lmtp.h"

#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE_MAX_HERE = 1000, HEARD_SIZE = 64 * 1024, TAKEN_MAX = 4 };

/* A receiver: "no..." is no address here, "later..." not now; it takes messages, or leaves them waiting. */
typedef struct talk {
    lmtp_t *lmtp;
    bool waits; /* answers nothing by itself */
    char heard[HEARD_SIZE];
    size_t heard_size;
    char *taken[TAKEN_MAX], to[TAKEN_MAX][256], from[TAKEN_MAX][256];
    size_t taken_n;
    bool closed;
} talk_t;

static void hear (talk_t *self)
{
    size_t size;
    const char *bytes = lmtp_says (self->lmtp, &size);
    assert_true (self->heard_size + size < sizeof self->heard);
    memcpy (self->heard + self->heard_size, bytes ? bytes : "", size);
    self->heard_size += size;
    self->heard[self->heard_size] = '\0';
    lmtp_sent (self->lmtp, size);
}

static void answer_all (talk_t *self)
{
    size_t n = lmtp_recipients (self->lmtp);
    for (size_t i = 0; i < n; i++) { /* the last first: they are said in order all the same */
        size_t at = n - 1 - i;
        char words[64];
        snprintf (words, sizeof words, "2.0.0 %.32s", lmtp_recipient_at (self->lmtp, at));
        lmtp_answer (self->lmtp, at, 250, words);
    }
}

static void take (talk_t *self)
{
    size_t size;
    char *bytes = lmtp_take (self->lmtp, &size);
    assert_true (self->taken_n < TAKEN_MAX);
    snprintf (self->from[self->taken_n], sizeof self->from[0], "%s", lmtp_sender (self->lmtp));
    for (size_t i = 0; i < lmtp_recipients (self->lmtp); i++)
        snprintf (self->to[self->taken_n] + strlen (self->to[self->taken_n]), 64, "%s%s", i ? " " : "",
                  lmtp_recipient_at (self->lmtp, i));
    self->taken[self->taken_n] = xmalloc (size + 1);
    memcpy (self->taken[self->taken_n], bytes, size);
    self->taken[self->taken_n++][size] = '\0';
    free (bytes);
    if (!self->waits)
        answer_all (self);
}

static void answer_recipient (talk_t *self)
{
    const char *who = lmtp_recipient (self->lmtp);
    if (strncmp (who, "no", 2) == 0)
        lmtp_answer_recipient (self->lmtp, 550, "5.1.1 no such address");
    else if (strncmp (who, "later", 5) == 0)
        lmtp_answer_recipient (self->lmtp, 451, "4.3.0 later");
    else
        lmtp_answer_recipient (self->lmtp, 250, "2.1.5 fine");
}

/* Returns how many bytes were used. */
static size_t say (talk_t *self, const char *bytes, size_t size, size_t piece)
{
    size_t at = 0;
    for (;;) {
        size_t used, n = size - at < piece ? size - at : piece;
        lmtp_event_t event = lmtp_feed (self->lmtp, bytes + at, n, &used);
        at += used;
        if (event == LMTP_RECIPIENT)
            answer_recipient (self);
        else if (event == LMTP_MESSAGE)
            take (self);
        hear (self);
        self->closed = event == LMTP_CLOSE;
        if (event == LMTP_CLOSE || event == LMTP_WAITS || (event == LMTP_NOTHING && at == size))
            return at;
    }
}

static talk_t *talk_new (void)
{
    talk_t *self = xcalloc (1, sizeof *self);
    self->lmtp = lmtp_new ("desk.example", SIZE_MAX_HERE);
    hear (self);
    assert_string_equal (self->heard, "220 desk.example LMTP buckstop\r\n");
    self->heard_size = 0;
    self->heard[0] = '\0';
    return self;
}

static void talk_destroy (talk_t **self_p)
{
    talk_t *self = *self_p;
    for (size_t i = 0; i < self->taken_n; i++)
        free (self->taken[i]);
    lmtp_destroy (&self->lmtp);
    free (self);
    *self_p = NULL;
}

static void say_text (talk_t *self, const char *text)
{
    say (self, text, strlen (text), SIZE_MAX);
}

/* The codes of the replies, "250 550 221"; of several lines the last. */
static const char *codes (const talk_t *self, char text[1024])
{
    size_t used = 0;
    text[0] = '\0';
    for (const char *line = self->heard; *line; line = strstr (line, "\r\n") + 2)
        if (line[3] == ' ')
            used += (size_t)snprintf (text + used, 1024 - used, "%s%.3s", used ? " " : "", line);
    return text;
}

static void check (const char *name, const char *said, const char *expect, bool closed)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 7};
    char got[1024];
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        talk_t *talk = talk_new ();
        say (talk, said, strlen (said), pieces[i]);
        if (strcmp (codes (talk, got), expect) != 0 || talk->closed != closed)
            fail_msg ("%s (pieces of %zu): '%s'%s, not '%s'\n%s", name, pieces[i], got, talk->closed ? ", closed" : "",
                      expect, talk->heard);
        talk_destroy (&talk);
    }
}

/* ------------------------------------------------------- commands and states */

#define L "LHLO there\r\n"
#define M "MAIL FROM:<kim@far.example>\r\n"
#define R "RCPT TO:<ada@desk.example>\r\n"

static void every_command_in_every_state (void **state)
{
    (void)state;
    static const char *const before[] = {"", L, L M, L M R};
    static const char *const head[] = {"", "250 ", "250 250 ", "250 250 250 "};
    static const struct {
        const char *said;
        const char *expect[4];
        bool closed;
    } rows[] = {
        {"LHLO again\r\n", {"250", "250", "250", "250"}},
        {"lhlo\r\n", {"501", "501", "501", "501"}},
        {"LHLO two words\r\n", {"501", "501", "501", "501"}},
        {"EHLO x\r\n", {"500", "500", "500", "500"}},
        {"HELO x\r\n", {"500", "500", "500", "500"}},
        {M, {"503", "250", "503", "503"}},
        {"mail from:<>\r\n", {"503", "250", "503", "503"}},
        {R, {"503", "503", "250", "250"}},
        {"rcpt to:<no@desk.example>\r\n", {"503", "503", "550", "550"}},
        {"RCPT TO:<later@desk.example>\r\n", {"503", "503", "451", "451"}},
        {"DATA\r\n", {"503", "503", "503", "354"}},
        {"DATA now\r\n", {"503", "503", "503", "501"}},
        {"RSET\r\n", {"250", "250", "250", "250"}},
        {"NOOP\r\n", {"250", "250", "250", "250"}},
        {"noop whatever is said\r\n", {"250", "250", "250", "250"}},
        {"VRFY ada\r\n", {"252", "252", "252", "252"}},
        {"VRFY\r\n", {"501", "501", "501", "501"}},
        {"HELP\r\n", {"214", "214", "214", "214"}},
        {"EXPN list\r\n", {"502", "502", "502", "502"}},
        {"AUTH PLAIN\r\n", {"502", "502", "502", "502"}},
        {"STARTTLS\r\n", {"502", "502", "502", "502"}},
        {"BDAT 10 LAST\r\n", {"502", "502", "502", "502"}, true},
        {"GET / HTTP/1.1\r\n", {"502", "502", "502", "502"}, true},
        {"POST / HTTP/1.1\r\n", {"502", "502", "502", "502"}, true},
        {"QUIT\r\n", {"221", "221", "221", "221"}, true},
        {"\r\n", {"500", "500", "500", "500"}},
        {"FROB\r\n", {"500", "500", "500", "500"}},
        {"DAT\r\n", {"500", "500", "500", "500"}},
        {"\x01\x02\xff\r\n", {"500", "500", "500", "500"}},
        {"NOOP\n", {"500", "500", "500", "500"}},
        {"NO\rOP\r\n", {"500", "500", "500", "500"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t s = 0; s < 4; s++) {
            char said[512], expect[64];
            snprintf (said, sizeof said, "%s%s", before[s], rows[i].said);
            snprintf (expect, sizeof expect, "%s%s", head[s], rows[i].expect[s]);
            check (rows[i].said, said, expect, rows[i].closed);
        }
}

static void parameters_and_paths (void **state)
{
    (void)state;
    static const struct {
        const char *said, *expect;
    } rows[] = {
        {"MAIL FROM:<kim@far.example> SIZE=1000 BODY=8BITMIME SMTPUTF8", "250"},
        {"MAIL FROM:<kim@far.example> size=10 body=7bit", "250"},
        {"MAIL FROM: <kim@far.example>", "250"},
        {"MAIL FROM:<kim@far.example> SIZE=1001", "552"},
        {"MAIL FROM:<kim@far.example> SIZE=99999999999999999999", "552"},
        {"MAIL FROM:<kim@far.example> SIZE=-1", "501"},
        {"MAIL FROM:<kim@far.example> SIZE", "501"},
        {"MAIL FROM:<kim@far.example> SIZE=1 SIZE=1", "501"},
        {"MAIL FROM:<kim@far.example> BODY=BINARYMIME", "501"},
        {"MAIL FROM:<kim@far.example> BODY", "501"},
        {"MAIL FROM:<kim@far.example> SMTPUTF8=1", "501"},
        {"MAIL FROM:<kim@far.example> RET=FULL", "555"},
        {"MAIL FROM:kim@far.example", "501"},
        {"MAIL FROM:<kim@far.example", "501"},
        {"MAIL FROM:<kim@far.example>x", "501"},
        {"MAIL FROM:<kim>", "501"},
        {"MAIL FROM:<@far.example>", "501"},
        {"MAIL FROM:<kim@>", "501"},
        {"MAIL TO:<kim@far.example>", "501"},
        {"MAIL", "501"},
        {"MAIL FROM:<\"kim> x\"@far.example>", "250"},
        {"MAIL FROM:<\"kim\\\">\"@far.example>", "250"},
        {"MAIL FROM:<@a.example,@b.example:kim@far.example>", "250"},
        {"MAIL FROM:<k\xc3\xafm@far.example>", "553"},
        {"MAIL FROM:<k\xc3\xafm@far.example> SMTPUTF8", "250"},
        {M "RCPT TO:<postmaster>", "250 250"},
        {M "RCPT TO:<>", "250 501"},
        {M "RCPT TO:<ada@desk.example> NOTIFY=NEVER", "250 555"},
        {M "RCPT TO:<\xc3\xa4"
           "da@desk.example>",
         "250 553"},
        {"MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<\xc3\xa4"
         "da@desk.example>",
         "250 250"},
        {M "RCPT TO:ada@desk.example", "250 501"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char said[512], expect[64];
        snprintf (said, sizeof said, L "%s\r\n", rows[i].said);
        snprintf (expect, sizeof expect, "250 %s", rows[i].expect);
        check (rows[i].said, said, expect, false);
    }
}

static void says_what_it_offers (void **state)
{
    (void)state;
    talk_t *talk = talk_new ();
    say_text (talk, L);
    assert_string_equal (talk->heard, "250-desk.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                                      "250-ENHANCEDSTATUSCODES\r\n250 SIZE 1000\r\n");
    talk_destroy (&talk);
}

/* ------------------------------------------------------------------- messages */

static void a_text_is_what_was_sent (void **state)
{
    (void)state;
    static const struct {
        const char *sent, *text; /* text NULL: refused with `code` */
        const char *code;
    } rows[] = {
        {".\r\n", "", "250"},
        {"a\r\n.\r\n", "a\r\n", "250"},
        {"..a\r\n...\r\n.\r\n", ".a\r\n..\r\n", "250"},
        {".a\r\n.\r\n", "a\r\n", "250"},
        {"a\n.b\r\n.\r\n", "a\n.b\r\n", "250"},
        {"a\nb\r\n.\r\n", "a\nb\r\n", "250"},
        {"a\rb\r\n.\r\n", "a\rb\r\n", "250"},
        {"\xff\x00z\r\n.\r\n", "\xff", "250"},
        {".\rx\r\n.\r\n", "\rx\r\n", "250"},
        /* what others take for an end */
        {"a\n.\nMAIL FROM:<x@y>\r\n.\r\n", NULL, "554"},
        {"a\n.\r\nRSET\r\n.\r\n", NULL, "554"},
        {"a\r\n.\nRSET\r\n.\r\n", NULL, "554"},
        {".\nRSET\r\n.\r\n", NULL, "554"},
    };
    static const size_t pieces[] = {SIZE_MAX, 1, 3};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t p = 0; p < 3; p++) {
            char got[1024], expect[64];
            talk_t *talk = talk_new ();
            size_t size = strlen (rows[i].sent);
            if (memcmp (rows[i].sent, "\xff", 2) == 0)
                size = sizeof "\xff\x00z\r\n.\r\n" - 1;
            say_text (talk, L M R "DATA\r\n");
            say (talk, rows[i].sent, size, pieces[p]);
            snprintf (expect, sizeof expect, "250 250 250 354 %s", rows[i].code);
            if (strcmp (codes (talk, got), expect) != 0)
                fail_msg ("row %zu, pieces of %zu: '%s'\n%s", i, pieces[p], got, talk->heard);
            if (rows[i].text)
                assert_string_equal (talk->taken[0], rows[i].text);
            assert_int_equal (talk->taken_n, rows[i].text ? 1 : 0);
            talk_destroy (&talk);
        }
}

/* All in one packet; two messages, one recipient refused, each other one answered, in order. */
static void a_whole_conversation_in_one_packet (void **state)
{
    (void)state;
    static const char said[] = L M R "RCPT TO:<no@desk.example>\r\nRCPT TO:<bob@desk.example>\r\nDATA\r\none\r\n.\r\n"
                                     "MAIL FROM:<>\r\nRCPT TO:<eve@desk.example>\r\nDATA\r\ntwo\r\n.\r\nQUIT\r\n";
    check ("pipelined", said, "250 250 250 550 250 354 250 250 250 250 354 250 221", true);
    talk_t *talk = talk_new ();
    say_text (talk, said);
    assert_non_null (strstr (talk->heard, "354 go on; a line with a dot alone ends it\r\n"
                                          "250 2.0.0 ada@desk.example\r\n250 2.0.0 bob@desk.example\r\n"));
    assert_int_equal (talk->taken_n, 2);
    assert_string_equal (talk->from[0], "kim@far.example");
    assert_string_equal (talk->to[0], "ada@desk.example bob@desk.example");
    assert_string_equal (talk->taken[0], "one\r\n");
    assert_string_equal (talk->from[1], "");
    assert_string_equal (talk->to[1], "eve@desk.example");
    assert_string_equal (talk->taken[1], "two\r\n");
    talk_destroy (&talk);
}

static void nothing_is_read_while_an_answer_is_awaited (void **state)
{
    (void)state;
    static const char text[] = "one\r\n.\r\n", next[] = "NOOP\r\nQUIT\r\n";
    char got[1024], both[64];
    talk_t *talk = talk_new ();
    talk->waits = true;
    say_text (talk, L M R "RCPT TO:<bob@desk.example>\r\nDATA\r\n");
    snprintf (both, sizeof both, "%s%s", text, next);
    assert_int_equal (say (talk, both, strlen (both), SIZE_MAX), strlen (text));
    assert_true (lmtp_busy (talk->lmtp));
    lmtp_answer (talk->lmtp, 1, 451, "4.3.0 later");
    hear (talk);
    assert_string_equal (codes (talk, got), "250 250 250 250 354");
    lmtp_answer (talk->lmtp, 0, 250, "2.0.0 taken");
    lmtp_answer (talk->lmtp, 0, 550, "5.0.0 a second answer is none");
    assert_false (lmtp_busy (talk->lmtp));
    say_text (talk, next);
    assert_string_equal (codes (talk, got), "250 250 250 250 354 250 451 250 221");
    talk_destroy (&talk);
}

/* --------------------------------------------------------------------- limits */

static void too_large (void **state)
{
    (void)state;
    char said[3 * SIZE_MAX_HERE], got[1024];
    talk_t *talk = talk_new ();
    say_text (talk, L M R "RCPT TO:<bob@desk.example>\r\nDATA\r\n");
    memset (said, 'x', SIZE_MAX_HERE);
    snprintf (said + SIZE_MAX_HERE, sizeof said - SIZE_MAX_HERE, "\r\n.\r\nNOOP\r\n");
    say (talk, said, strlen (said), 100);
    assert_string_equal (codes (talk, got), "250 250 250 250 354 552 552 250");
    assert_int_equal (talk->taken_n, 0);
    assert_int_equal (lmtp_holds (talk->lmtp), 0);
    say_text (talk, M R "DATA\r\n");
    say (talk, said + 2, strlen (said) - 2, SIZE_MAX); /* just as large as it may be */
    assert_string_equal (codes (talk, got), "250 250 250 250 354 552 552 250 250 250 354 250 250");
    assert_int_equal (strlen (talk->taken[0]), SIZE_MAX_HERE);
    talk_destroy (&talk);
}

static void many_recipients (void **state)
{
    (void)state;
    talk_t *talk = talk_new ();
    say_text (talk, L M);
    for (int i = 0; i < LMTP_RECIPIENTS_MAX + 2; i++)
        say_text (talk, R);
    const char *refused = strstr (talk->heard, "452 4.5.3");
    assert_non_null (refused);
    assert_int_equal (lmtp_recipients (talk->lmtp), LMTP_RECIPIENTS_MAX);
    talk_destroy (&talk);
}

static void long_lines (void **state)
{
    (void)state;
    char said[3 * LMTP_LINE_MAX], got[1024];
    talk_t *talk = talk_new ();
    memset (said, 'x', 2 * LMTP_LINE_MAX);
    snprintf (said + 2 * LMTP_LINE_MAX, 32, "\r\nNOOP\r\n");
    say (talk, said, strlen (said), 100);
    assert_string_equal (codes (talk, got), "500 250");
    talk_destroy (&talk);
    talk = talk_new ();
    snprintf (said, sizeof said, L "MAIL FROM:<%0300d@far.example>\r\n", 1);
    say_text (talk, said);
    assert_string_equal (codes (talk, got), "250 501");
    talk_destroy (&talk);
}

/* Who announces much holds it from DATA on, and no longer than the message lasts. */
static void announced (void **state)
{
    (void)state;
    char got[1024];
    talk_t *talk = talk_new ();
    say_text (talk, L "MAIL FROM:<kim@far.example> SIZE=1000\r\n" R);
    assert_int_equal (lmtp_holds (talk->lmtp), 0);
    say_text (talk, "RSET\r\n" M R "DATA\r\n.\r\n");
    assert_string_equal (talk->taken[0], "");
    lmtp_destroy (&talk->lmtp);
    talk->lmtp = lmtp_new ("desk.example", 100000);
    hear (talk);
    say_text (talk, L "MAIL FROM:<kim@far.example> SIZE=50000\r\n" R "DATA\r\n");
    assert_int_equal (lmtp_holds (talk->lmtp), 50000);
    say_text (talk, "a\r\n.\r\n");
    assert_string_equal (talk->taken[1], "a\r\n");
    assert_int_equal (lmtp_holds (talk->lmtp), 0);
    assert_string_equal (codes (talk, got), "250 250 250 250 250 250 354 250 220 250 250 250 354 250");
    talk_destroy (&talk);
}

static void too_many_mistakes (void **state)
{
    (void)state;
    talk_t *talk = talk_new ();
    for (int i = 0; i < LMTP_ERRORS_MAX; i++)
        say_text (talk, "FROB\r\n");
    assert_false (talk->closed);
    say_text (talk, "FROB\r\n");
    assert_true (talk->closed);
    assert_non_null (strstr (talk->heard, "421 4.7.0"));
    talk_destroy (&talk);
}

static void no_room (void **state)
{
    (void)state;
    char got[1024];
    talk_t *talk = talk_new ();
    lmtp_crowded (talk->lmtp, true);
    say_text (talk, L M);
    lmtp_crowded (talk->lmtp, false);
    say_text (talk, M R "DATA\r\nabc");
    assert_true (lmtp_holds (talk->lmtp) > 0);
    lmtp_drop (talk->lmtp);
    assert_int_equal (lmtp_holds (talk->lmtp), 0);
    say_text (talk, "def\r\n.\r\n" M);
    assert_string_equal (codes (talk, got), "250 452 250 250 354 452 250");
    assert_int_equal (talk->taken_n, 0);
    talk_destroy (&talk);
}

static void leaves (void **state)
{
    (void)state;
    char got[1024];
    talk_t *talk = talk_new ();
    say_text (talk, L M R);
    lmtp_leave (talk->lmtp, "4.3.2 shutting down");
    say_text (talk, "DATA\r\n");
    assert_true (talk->closed);
    assert_string_equal (codes (talk, got), "250 250 250 421");
    talk_destroy (&talk);

    talk = talk_new (); /* in its text it may end */
    say_text (talk, L M R "DATA\r\nabc");
    lmtp_leave (talk->lmtp, "4.3.2 shutting down");
    say_text (talk, "\r\n.\r\nNOOP\r\n");
    assert_true (talk->closed);
    assert_string_equal (codes (talk, got), "250 250 250 354 250 421");
    talk_destroy (&talk);

    talk = talk_new (); /* but not when it is broken off */
    say_text (talk, L M R "DATA\r\nabc");
    lmtp_break (talk->lmtp, "4.4.2 too long");
    say_text (talk, "\r\n.\r\n");
    assert_string_equal (codes (talk, got), "250 250 250 354 421");
    assert_int_equal (talk->taken_n, 0);
    talk_destroy (&talk);
}

static void replies_are_lines (void **state)
{
    (void)state;
    talk_t *talk = talk_new ();
    talk->waits = true;
    say_text (talk, L M R "DATA\r\nx\r\n.\r\n");
    lmtp_answer (talk->lmtp, 0, 554, "5.6.0 said\r\n250 forged \xc3\xa4\x01");
    hear (talk);
    assert_non_null (strstr (talk->heard, "554 5.6.0 said??250 forged ???\r\n"));
    talk_destroy (&talk);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (every_command_in_every_state),
        cmocka_unit_test (parameters_and_paths),
        cmocka_unit_test (says_what_it_offers),
        cmocka_unit_test (a_text_is_what_was_sent),
        cmocka_unit_test (a_whole_conversation_in_one_packet),
        cmocka_unit_test (nothing_is_read_while_an_answer_is_awaited),
        cmocka_unit_test (too_large),
        cmocka_unit_test (many_recipients),
        cmocka_unit_test (long_lines),
        cmocka_unit_test (announced),
        cmocka_unit_test (too_many_mistakes),
        cmocka_unit_test (no_room),
        cmocka_unit_test (leaves),
        cmocka_unit_test (replies_are_lines),
    };
    return cmocka_run_group_tests_name ("test_lmtp", tests, NULL, NULL);
}
