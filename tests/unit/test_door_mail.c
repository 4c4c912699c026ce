/* test_door_mail.c - mail on the fakes: where an address leads, which contact a mail belongs to, what its files become. */
#include "guard.h"
#include "ids.h"
#include "keys.h"
#include "mail_submit.h"
#include "mail_tag.h"
#include "words.h"
#include "xmalloc.h"

#include "intake_world.h"

#define FACT_RECEIPT  BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_RECEIPT
#define FACT_MESSAGE  BUCKSTOP__V1__FACT_KIND__FACT_KIND_MESSAGE
#define FACT_NOTICE   BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE
#define FACT_LEFT_OUT BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE_LEFT_OUT
#define PEOPLE                                                    \
    "last_resort: lea\n"                                          \
    "people:\n"                                                   \
    "  lea: { name: Lea, ways: [{ log: lea }] }\n"                \
    "  ada: { name: Ada, ways: [{ mail: ada@staff.example }] }\n" \
    "teams:\n"                                                    \
    "  desk: { lead: lea, members: [lea] }\n"
static const char acme[] = "workspace: acme\n" PEOPLE "mail_from: \"Acme <desk@acme.example>\"\n"
                           "channels:\n"
                           "  chat: { live: true }\n"
                           "  mail: { answer: mail, addresses: [support@acme.example, both@shared.example] }\n"
                           "  rest: { answer: mail, address: \"@acme.example\" }\n"
                           "  plus: { answer: mail, address: help+de@acme.example }\n";
static const char beta[] = "workspace: beta\n" PEOPLE "mail_from: noreply@beta.example\n"
                           "channels:\n"
                           "  chat: { live: true }\n"
                           "  post: { answer: none, addresses: [both@shared.example] }\n";

static int set_up (void **state)
{
    (void)state;
    guard_off = NULL;
    world_open (11);
    world_policy (acme);
    world_policy (beta);
    world_start (&(intake_params_t){.lmtp = "lmtp", .spool = "spool"});
    assert_true (service_started (&service));
    return 0;
}

/* ------------------------------------------------------------------ talking */

/* One message to one address; the last reply is in `reply`. */
static void give (const char *to, const char *head, const char *text, char reply[512])
{
    char said[4096];
    bool closed;
    fake_lmtp_t *client = fake_lmtp_connect ("lmtp");
    int size =
        snprintf (said, sizeof said,
                  "LHLO x\r\nMAIL FROM:<kim@far.example>\r\nRCPT TO:<%s>\r\nDATA\r\n%s\r\n%s\r\n.\r\n", to, head, text);
    assert_non_null (client);
    fake_lmtp_say (client, said, (size_t)size);
    fake_advance (50);
    const char *heard = fake_lmtp_heard (client, &closed);
    const char *last = heard;
    for (const char *line = heard; *line; line = strstr (line, "\r\n") + 2)
        last = line;
    assert_false (closed);
    snprintf (reply, 512, "%.*s", (int)strcspn (last, "\r"), last);
    fake_lmtp_close (&client);
}

static unsigned mails;

/* "opened", "appended", ...; the contact. */
static const char *take (const char *to, const char *more, char contact[ID_SIZE])
{
    static char disposition[32];
    char head[1024], reply[512];
    snprintf (head, sizeof head, "From: Kim <kim%u@far.example>\r\nMessage-ID: <own-%u@far.example>\r\n%s", mails,
              mails, more);
    mails++;
    give (to, head, "The text.", reply);
    if (sscanf (reply, "250 2.0.0 %31s %26s", disposition, contact) != 2)
        fail_msg ("%s: %s", to, reply);
    return disposition;
}

static const uint8_t *key_of (const char *workspace)
{
    return workspaces_policy (service.workspaces, workspace)->link_key;
}

/* ------------------------------------------------------------------- places */

/* The answer to RCPT begins so. */
static void asked (const char *to, const char *expect)
{
    char said[256];
    fake_lmtp_t *client = fake_lmtp_connect (NULL);
    int size = snprintf (said, sizeof said, "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\n", to);
    fake_lmtp_say (client, said, (size_t)size);
    fake_run ();
    const char *last = strstr (fake_lmtp_heard (client, NULL), "2.1.0 fine\r\n") + 12;
    if (strncmp (last, expect, strlen (expect)) != 0)
        fail_msg ("%s: %s, not %s", to, last, expect);
    fake_lmtp_close (&client);
}

static void addresses_lead_to_channels (void **state)
{
    (void)state;
    static const struct {
        const char *to, *reply;
    } rows[] = {
        {"support@acme.example", "250"},       {"SUPPORT@Acme.Example", "250"},
        {"support+tag@acme.example", "250"},   {"support+a+b@acme.example", "250"},
        {"whoever@acme.example", "250"},       {"help+de@acme.example", "250"},
        {"help@acme.example", "250"},          {"desk@acme.example", "250"},
        {"both@shared.example", "451 4.3.5"},  {"both+x@shared.example", "451 4.3.5"},
        {"other@shared.example", "550 5.1.1"}, {"support@acme.example.org", "550 5.1.1"},
        {"noreply@beta.example", "250"},       {"postmaster", "550 5.1.1"},
        {"\"odd name\"@acme.example", "250"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        asked (rows[i].to, rows[i].reply);
}

static void a_changed_policy_counts_at_once (void **state)
{
    (void)state;
    static const char freed[] = "workspace: beta\n" PEOPLE "channels:\n  post: { answer: none }\n";
    char contact[ID_SIZE];
    asked ("both@shared.example", "451");
    world_policy (freed);
    fake_advance (2000);
    assert_string_equal (take ("both@shared.example", "", contact), "opened");
    asked ("noreply@beta.example", "550");
}

/* Who writes to the sender of our mails where no channel is for mail. */
static void a_sender_without_a_channel_takes_bounces_alone (void **state)
{
    (void)state;
    char reply[512];
    static const char quiet[] =
        "workspace: beta\n" PEOPLE "mail_from: noreply@beta.example\nchannels:\n  chat: { live: true }\n";
    world_policy (quiet);
    fake_advance (2000);
    give ("noreply@beta.example", "From: a@b.example\r\n", "x", reply);
    assert_int_equal (strncmp (reply, "550 5.1.1", 9), 0);
    give ("noreply@beta.example", "From: a@b.example\r\nAuto-Submitted: auto-replied\r\n", "x", reply);
    assert_int_equal (strncmp (reply, "250 2.0.0 ignored", 17), 0);
}

/* ------------------------------------------------------------- which contact */

static void a_signed_tag_leads_to_its_contact (void **state)
{
    (void)state;
    char contact[ID_SIZE], other[ID_SIZE], more[512], to[ADDRESS_SIZE], tag[MAIL_TAG_SIZE], id[ADDRESS_SIZE];
    take ("support@acme.example", "", contact);

    assert_true (mail_tag_address ("support@acme.example", "acme", contact, key_of ("acme"), to));
    assert_string_equal (take (to, "", other), "appended");
    assert_string_equal (other, contact);

    mail_tag_make ("acme", contact, "", key_of ("acme"), tag);
    snprintf (more, sizeof more, "Subject: Re: [#%s] my card\r\n", tag);
    assert_string_equal (take ("support@acme.example", more, other), "appended");
    assert_string_equal (other, contact);

    assert_true (mail_tag_message_id ("0123456789abcdef-1", "acme", contact, key_of ("acme"), "acme.example", id));
    const char *bare = *id == '<' ? id + 1 : id;
    int size = (int)strcspn (bare, ">");
    snprintf (more, sizeof more, "In-Reply-To: <%.*s>\r\n", size, bare);
    assert_string_equal (take ("support@acme.example", more, other), "appended");
    assert_string_equal (other, contact);
    snprintf (more, sizeof more, "References: <%.*s> <unknown@far.example>\r\n", size, bare);
    assert_string_equal (take ("support@acme.example", more, other), "appended");
    assert_string_equal (other, contact);

    /* our own mail came round */
    char head[1024], reply[512];
    snprintf (head, sizeof head, "From: Kim <kim@far.example>\r\nMessage-ID: <%.*s>\r\n", size, bare);
    give ("support@acme.example", head, "x", reply);
    assert_string_equal (reply, "250 2.0.0 ignored: loop");
}

static void a_tag_that_is_not_ours_leads_nowhere (void **state)
{
    (void)state;
    char contact[ID_SIZE], other[ID_SIZE], more[512], tag[MAIL_TAG_SIZE], none[ID_SIZE];
    take ("support@acme.example", "", contact);
    mail_tag_make ("beta", contact, "", key_of ("beta"), tag);
    snprintf (more, sizeof more, "Subject: Re: [#%s]\r\n", tag);
    assert_string_equal (take ("support@acme.example", more, other), "opened");
    mail_tag_make ("acme", contact, "", key_of ("acme"), tag);
    tag[MAIL_TAG_SIZE - 2] = tag[MAIL_TAG_SIZE - 2] == '0' ? '1' : '0';
    snprintf (more, sizeof more, "Subject: Re: [#%s]\r\n", tag);
    assert_string_equal (take ("support@acme.example", more, other), "opened");
    /* signed, and gone since: it opens */
    snprintf (none, sizeof none, "%s", contact);
    none[ID_SIZE - 2] = none[ID_SIZE - 2] == '0' ? '1' : '0';
    mail_tag_make ("acme", none, "", key_of ("acme"), tag);
    snprintf (more, sizeof more, "Subject: Re: [#%s]\r\n", tag);
    assert_string_equal (take ("support@acme.example", more, other), "opened");
}

static void ids_lead_to_the_thread (void **state)
{
    (void)state;
    char contact[ID_SIZE], other[ID_SIZE], more[512], first[64];
    snprintf (first, sizeof first, "own-%u@far.example", mails);
    take ("support@acme.example", "Subject: Card\r\n", contact);
    snprintf (more, sizeof more, "In-Reply-To: <%s>\r\n", first);
    assert_string_equal (take ("support@acme.example", more, other), "appended");
    assert_string_equal (other, contact);
    snprintf (more, sizeof more, "References: <%s> <x@y.example> <z@y.example>\r\nIn-Reply-To: <z@y.example>\r\n",
              first);
    assert_string_equal (take ("support@acme.example", more, other), "appended");
    assert_string_equal (other, contact);
    assert_string_equal (take ("support@acme.example", "Subject: Re: Card\r\n", other), "opened");
    assert_string_not_equal (other, contact);
}

/* -------------------------------------------------------------------- fills */

static void what_a_mail_becomes (void **state)
{
    (void)state;
    mail_in_t *mail = xcalloc (1, sizeof *mail);
    mail_submit_t *what = xcalloc (1, sizeof *what);
    const mail_place_t place = {"acme", "mail", "support@acme.example"};
    const policy_t *policy = workspaces_policy (service.workspaces, "acme");
    char id[ADDRESS_SIZE], again[ADDRESS_SIZE];
    WORD_COPY (mail->from, "kim@far.example");
    WORD_COPY (mail->from_name, "Kim");
    WORD_COPY (mail->reply_to, "home@kim.example");
    WORD_COPY (mail->subject, "Card");
    mail->text = xstrdup ("new\n> old\n");
    mail->fresh = xstrdup ("new\n");
    mail->sent_at = 1000;
    memset (mail->in_reply_to, 'x', sizeof mail->in_reply_to - 1); /* as long as one can be */
    mail->files_n = 2;
    mail->files[0].bytes = xstrdup ("abc");
    mail->files[0].size = 3;
    WORD_COPY (mail->files[1].note, "too large");
    mail_id (mail, "bytes", 5, id);
    mail_id (mail, "bytes", 5, again);
    assert_string_equal (id, again);
    mail_id (mail, "other", 5, again);
    assert_string_not_equal (id, again);
    mail_submit_fill (what, mail, "envelope@far.example", id, &place, policy, "not kept: no --spool");
    const Buckstop__V1__Submit *submit = &what->submit;
    assert_string_equal (submit->customer, "kim@far.example");
    assert_string_equal (submit->return_to, "home@kim.example");
    assert_int_equal (submit->return_way, BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_MAIL);
    assert_string_equal (submit->fresh, "new\n");
    assert_int_equal (submit->sent_at, 1000);
    assert_int_equal (strncmp (submit->thread, "m:#", 3), 0);
    assert_true (strlen (submit->thread) < ADDRESS_SIZE);
    assert_int_equal (submit->n_references, 1); /* itself; what it answers is the thread */
    assert_int_equal (submit->n_attachments, 2);
    assert_string_equal (submit->attachments[0]->note, "not kept: no --spool");
    assert_string_equal (submit->attachments[1]->note, "too large");
    mail_in_destroy (&mail);
    free (what);
}

/* -------------------------------------------------------------------- files */

#define WITH_FILE                                                                                      \
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n" \
    "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nPDF%d\r\n--b--\r\n"

static void files_are_kept_before_anything_is_said (void **state)
{
    (void)state;
    char contact[ID_SIZE], head[1024], reply[512];
    snprintf (head, sizeof head, WITH_FILE, 1);
    take ("support@acme.example", head, contact);
    const char *file = fake_spool_file (0);
    assert_non_null (file);
    assert_int_equal (strncmp (file, "acme/", 5), 0);
    assert_null (fake_spool_file (1));
    fake_spool_full (true);
    snprintf (head, sizeof head, "From: a@b.example\r\nMessage-ID: <f@b.example>\r\n" WITH_FILE, 2);
    give ("support@acme.example", head, "", reply);
    assert_int_equal (strncmp (reply, "451 4.3.0 spool-failed", 22), 0);
    fake_spool_full (false);
    give ("support@acme.example", head, "", reply);
    assert_int_equal (strncmp (reply, "250 2.0.0 opened", 16), 0);
}

/* --------------------------------------------------------------- temporarily */

static void the_mail_server_keeps_what_we_cannot_take (void **state)
{
    (void)state;
    char reply[512];
    bool closed;
    fake_store_fault (FAKE_STORE_AWAY, 1);
    static const char said[] = "LHLO x\r\nMAIL FROM:<kim@far.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n"
                               "From: a@b.example\r\nMessage-ID: <away@b.example>\r\n\r\nx\r\n.\r\n";
    fake_lmtp_t *client = fake_lmtp_connect ("lmtp");
    fake_lmtp_say (client, said, sizeof said - 1);
    fake_advance (5000);
    assert_non_null (strstr (fake_lmtp_heard (client, &closed), "451 4.3.0 store-away"));
    fake_lmtp_close (&client);
    fake_store_fault (FAKE_STORE_AWAY, 0);
    fake_advance (2000);
    give ("support@acme.example", "From: a@b.example\r\nMessage-ID: <away@b.example>\r\n", "x", reply);
    assert_int_equal (strncmp (reply, "250 2.0.0", 9), 0);
}

static void a_client_that_went_away_hurts_nobody (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    static const char said[] = "LHLO x\r\nMAIL FROM:<kim@far.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n"
                               "From: a@b.example\r\n\r\nx\r\n.\r\n";
    fake_lmtp_t *client = fake_lmtp_connect ("lmtp");
    fake_store_fault (FAKE_STORE_SLOW, 100);
    fake_lmtp_say (client, said, sizeof said - 1);
    fake_run ();
    fake_lmtp_close (&client);
    fake_advance (3000);
    fake_store_fault (FAKE_STORE_SLOW, 0);
    fake_advance (1000);
    take ("support@acme.example", "", contact);
}

/* ----------------------------------------------------------- what machines write */

/* How often the contact's timeline tells a fact of that kind; the last one's words go to `words`. */
static size_t told (const char *contact, fact_kind_t kind, char words[DETAIL_SIZE])
{
    char key[KEY_SIZE];
    const char *bytes;
    size_t size, n = 0;
    int64_t score;
    words[0] = '\0';
    key_timeline (key, store_shard (store, "acme"), "acme", contact);
    for (size_t i = 0; (bytes = fake_store_item (key, i, &size, &score)); i++) {
        Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, size, (const uint8_t *)bytes);
        assert_non_null (event);
        for (size_t f = 0; f < event->n_facts; f++)
            if (event->facts[f]->kind == (Buckstop__V1__FactKind)kind) {
                n++;
                word_copy (words, DETAIL_SIZE, event->facts[f]->detail);
            }
        buckstop__v1__event__free_unpacked (event, NULL);
    }
    return n;
}

static void ignored (const char *to, const char *more, const char *kind)
{
    char head[1024], reply[512], expect[64];
    snprintf (head, sizeof head, "From: Kim <kim@far.example>\r\nMessage-ID: <own-%u@far.example>\r\n%s", mails++,
              more);
    snprintf (expect, sizeof expect, "250 2.0.0 ignored: %s", kind);
    give (to, head, "The text.", reply);
    assert_string_equal (reply, expect);
}

static void our_own_mail_is_known_by_any_host_of_ours (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    ignored ("support@acme.example", "X-Buckstop: acme.example\r\n", "loop");
    ignored ("support@acme.example", "X-Buckstop: Shared.example\r\n", "loop"); /* of an address of the channel */
    assert_string_equal (take ("support@acme.example", "X-Buckstop: beta.example\r\n", contact), "opened");
    assert_string_equal (take ("support@acme.example", "X-Buckstop: far.example\r\n", contact), "opened");
}

static void a_group_that_is_our_own_address_hands_people_on (void **state)
{
    (void)state;
    char contact[ID_SIZE];
    static const char ours[] = "List-Id: <support.acme.example>\r\nPrecedence: list\r\n"
                               "List-Post: <mailto:Support@acme.example>\r\n";
    assert_string_equal (take ("support@acme.example", ours, contact), "opened");
    assert_string_equal (take ("support@acme.example", "List-Id: Desk <support.acme.example>\r\n", contact), "opened");
    ignored ("support@acme.example", "List-Id: <news.far.example>\r\n", "list");
}

static void what_a_machine_answers_is_a_fact_of_its_contact (void **state)
{
    (void)state;
    char contact[ID_SIZE], to[ADDRESS_SIZE], id[ADDRESS_SIZE], more[512], words[DETAIL_SIZE];
    take ("support@acme.example", "", contact);
    ignored ("support@acme.example", "Auto-Submitted: auto-replied\r\n", "vacation"); /* about nothing */
    assert_int_equal (told (contact, FACT_RECEIPT, words), 0);
    mail_tag_message_id ("0123456789abcdef-1", "acme", contact, key_of ("acme"), "acme.example", id);
    for (int i = 0; i < 2; i++) { /* once, however often it says so */
        snprintf (more, sizeof more, "Auto-Submitted: auto-replied\r\nIn-Reply-To: %s\r\n", id);
        ignored ("support@acme.example", more, "vacation");
        assert_int_equal (told (contact, FACT_RECEIPT, words), 1);
        assert_non_null (strstr (words, "vacation (Auto-Submitted: auto-replied)"));
    }
    mail_tag_address ("support@acme.example", "acme", contact, key_of ("acme"), to);
    ignored (to, "X-Autoreply: yes\r\n", "vacation");
    assert_int_equal (told (contact, FACT_RECEIPT, words), 2);
    /* the store is away: the mail server tells it again */
    char said[1024];
    fake_store_fault (FAKE_STORE_AWAY, 1);
    int size = snprintf (said, sizeof said,
                         "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nX-Autoreply: yes\r\n\r\nx\r\n.\r\n", to);
    fake_lmtp_t *client = fake_lmtp_connect ("lmtp");
    fake_lmtp_say (client, said, (size_t)size);
    fake_advance (60000);
    assert_non_null (strstr (fake_lmtp_heard (client, NULL), "451 4.3.0 store-away"));
    fake_lmtp_close (&client);
    fake_store_fault (FAKE_STORE_AWAY, 0);
}

/* ada answers what she was told of the contact: her words are there, named as hers. Her holiday's robot says nothing. */
static void a_colleagues_answer_is_no_customers (void **state)
{
    (void)state;
    char contact[ID_SIZE], other[ID_SIZE], id[ADDRESS_SIZE], head[1024], reply[512], words[DETAIL_SIZE];
    take ("support@acme.example", "", contact);
    mail_tag_message_id ("0123456789abcdef-1", "acme", contact, key_of ("acme"), "acme.example", id);
    snprintf (head, sizeof head,
              "From: Ada <Ada@staff.example>\r\nMessage-ID: <ada-1@staff.example>\r\nReferences: %s\r\n", id);
    give ("support@acme.example", head, "I see to it.", reply);
    assert_int_equal (sscanf (reply, "250 2.0.0 appended %26s", other), 1);
    assert_string_equal (other, contact);
    assert_int_equal (told (contact, FACT_MESSAGE, words), 1);
    assert_string_equal (words, "ada, a colleague, by mail from Ada@staff.example (not sent on to the customer)");
    size_t notices = told (contact, FACT_NOTICE, words); /* lea answers for it */
    assert_int_equal (notices, 1);
    assert_non_null (strstr (words, "ada, a colleague, wrote by mail"));
    snprintf (head, sizeof head,
              "From: Ada <ada@staff.example>\r\nMessage-ID: <ada-2@staff.example>\r\nReferences: %s\r\n"
              "Auto-Submitted: auto-replied\r\n",
              id);
    give ("support@acme.example", head, "I am away.", reply);
    assert_string_equal (reply, "250 2.0.0 ignored: vacation");
    assert_int_equal (told (contact, FACT_MESSAGE, words), 1);
    assert_int_equal (told (contact, FACT_NOTICE, words), notices);
    assert_int_equal (told (contact, FACT_RECEIPT, words), 1);
    /* what names no contact begins one, as anybody's */
    give ("support@acme.example", "From: Ada <ada@staff.example>\r\nMessage-ID: <ada-3@staff.example>\r\n", "My key.",
          reply);
    assert_int_equal (sscanf (reply, "250 2.0.0 opened %26s", other), 1);
    assert_string_not_equal (other, contact);
}

/* Each answers what it hears with a mail that says nothing of itself. */
static void two_robots_come_to_an_end (void **state)
{
    (void)state;
    char contact[ID_SIZE], words[DETAIL_SIZE], head[256], reply[512];
    for (int i = 0; i < 10; i++) {
        snprintf (head, sizeof head, "From: Robot <robot@far.example>\r\nMessage-ID: <robot-%d@far.example>\r\n", i);
        give ("support@acme.example", head, "I am a robot.", reply);
        assert_int_equal (sscanf (reply, "250 2.0.0 opened %26s", contact), 1);
        assert_int_equal (told (contact, FACT_LEFT_OUT, words), i < 8 ? 0 : 1);
    }
    assert_non_null (strstr (words, "within a day"));
    fake_advance (MS_PER_DAY + MS_PER_HOUR);
    give ("support@acme.example", "From: Robot <robot@far.example>\r\nMessage-ID: <later@far.example>\r\n", "x", reply);
    assert_int_equal (sscanf (reply, "250 2.0.0 opened %26s", contact), 1);
    assert_int_equal (told (contact, FACT_LEFT_OUT, words), 0);
}

static void who_wants_no_automatic_answer_gets_none (void **state)
{
    (void)state;
    char contact[ID_SIZE], words[DETAIL_SIZE], reply[512];
    take ("support@acme.example", "X-Auto-Response-Suppress: OOF, AutoReply\r\n", contact);
    assert_int_equal (told (contact, FACT_LEFT_OUT, words), 1);
    give ("support@acme.example", "From: Shop <no-reply@far.example>\r\nMessage-ID: <n@far.example>\r\n", "x", reply);
    assert_int_equal (sscanf (reply, "250 2.0.0 opened %26s", contact), 1);
    assert_int_equal (told (contact, FACT_LEFT_OUT, words), 1);
    assert_non_null (strstr (words, "acknowledge: "));
}

/* -------------------------------------------------------------------- whole */

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (addresses_lead_to_channels, set_up, tear_down),
        cmocka_unit_test_setup_teardown (a_changed_policy_counts_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown (a_sender_without_a_channel_takes_bounces_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown (a_signed_tag_leads_to_its_contact, set_up, tear_down),
        cmocka_unit_test_setup_teardown (a_tag_that_is_not_ours_leads_nowhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown (ids_lead_to_the_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown (what_a_mail_becomes, set_up, tear_down),
        cmocka_unit_test_setup_teardown (files_are_kept_before_anything_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown (the_mail_server_keeps_what_we_cannot_take, set_up, tear_down),
        cmocka_unit_test_setup_teardown (a_client_that_went_away_hurts_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown (our_own_mail_is_known_by_any_host_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown (a_group_that_is_our_own_address_hands_people_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown (what_a_machine_answers_is_a_fact_of_its_contact, set_up, tear_down),
        cmocka_unit_test_setup_teardown (a_colleagues_answer_is_no_customers, set_up, tear_down),
        cmocka_unit_test_setup_teardown (two_robots_come_to_an_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown (who_wants_no_automatic_answer_gets_none, set_up, tear_down),
    };
    return cmocka_run_group_tests_name ("test_door_mail", tests, NULL, NULL);
}
