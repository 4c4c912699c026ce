/* mail_kind.c - is it a person's mail, or a machine's? A column of rules; the first that holds names itself.
 *
 * A person's mail that is taken for a machine's is lost to the company, a machine's that is taken for a person's
 * opens a contact and may be answered by another machine. So each rule wants either what a standard says, or a
 * sender that no person has, or two signs that do not come together by chance. */
#include "mail_private.h"

#include "words.h"

#include <string.h>

enum { HOPS_MAX = 100 /* RFC 5321, 6.3 */, BODY_LOOKED_AT = 8 * 1024, OWN_WORDS_MAX = 5 };

typedef struct signs {
    const mail_work_t *work;
    mail_in_t *mail;
    char *subject, *body, *fresh;         /* lower case */
    const char *said_subject, *said_body; /* what bounces say; "" : nothing */
    bool daemon, office, passed_on;       /* who sent it; its subject says "Fwd:" */
    char precedence[16];
} signs_t;

/* Says why it is of that kind; "" : this rule does not hold. */
typedef void (rule_t) (const signs_t *signs, char why[DETAIL_SIZE]);

static const char *header (const signs_t *signs, const char *name)
{
    return mail_header (signs->work, name);
}

static void say (char why[DETAIL_SIZE], const char *words, const char *value)
{
    char clean[DETAIL_SIZE / 2];
    mail_clean_line (clean, sizeof clean, value);
    snprintf (why, DETAIL_SIZE, "%s%s", words, clean);
}

/* ---------------------------------------------------------------- loops */

static void looping (const signs_t *signs, char why[DETAIL_SIZE])
{
    const char *loop = header (signs, "X-Loop");
    for (size_t i = 0; loop && i < signs->mail->recipients_n; i++)
        if (mail_contains (loop, signs->mail->recipients[i]))
            say (why, "X-Loop: ", loop);
}

static void too_many_hops (const signs_t *signs, char why[DETAIL_SIZE])
{
    GMimeHeaderList *all = g_mime_object_get_header_list (GMIME_OBJECT (signs->work->message));
    int hops = 0;
    for (int i = 0, n = g_mime_header_list_get_count (all); i < n && hops <= HOPS_MAX; i++)
        hops +=
            g_ascii_strcasecmp (g_mime_header_get_name (g_mime_header_list_get_header_at (all, i)), "Received") == 0;
    if (hops > HOPS_MAX)
        say (why, "more than 100 hops", "");
}

/* ---------------------------------------------------------------- reports */

static void feedback (const signs_t *signs, char why[DETAIL_SIZE])
{
    const char *type =
        g_mime_object_get_content_type_parameter (g_mime_message_get_mime_part (signs->work->message), "report-type");
    if (signs->work->feedback || (signs->work->report && type && g_ascii_strcasecmp (type, "feedback-report") == 0))
        say (why, "a feedback report (RFC 5965, or as Amazon writes it)", "");
    else if (strstr (signs->subject, "complaint about message from") && signs->work->has_original && !*signs->body)
        say (why, "a complaint with the mail alone", "");
}

static void disposition (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (signs->work->disposition && signs->work->report)
        say (why, "a disposition notification (RFC 8098)", "");
}

static bool machine (const signs_t *signs)
{
    return signs->work->null_sender || signs->daemon || signs->office || signs->work->report ||
           kind_word_daemon (signs->work->sender, "");
}

static void delivery_receipt (const signs_t *signs, char why[DETAIL_SIZE])
{
    const mail_report_t *report = &signs->mail->report;
    bool fine = report->action == MAIL_DELAYED || report->action == MAIL_DELIVERED ||
                (report->action == MAIL_ACTION_NONE && *report->status == '2');
    if (signs->work->delivery_status && machine (signs) && fine)
        say (why, "a delivery status notification (RFC 3464), action ",
             report->action == MAIL_DELAYED ? "delayed" : "delivered");
}

static void delivery_status (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (signs->work->delivery_status && machine (signs))
        say (why, "a delivery status notification (RFC 3464), status ", signs->mail->report.status);
}

/* ---------------------------------------------------------------- bounces without a form */

static bool worded (const signs_t *signs)
{
    return *signs->said_subject || *signs->said_body;
}

static const char *wording (const signs_t *signs)
{
    return *signs->said_subject ? signs->said_subject : signs->said_body;
}

static void failed_recipients (const signs_t *signs, char why[DETAIL_SIZE])
{
    const char *failed = header (signs, "X-Failed-Recipients");
    if (failed)
        say (why, "X-Failed-Recipients: ", failed);
}

static bool bounce_sender (const signs_t *signs)
{
    return signs->work->null_sender || signs->daemon || kind_word_daemon (signs->work->sender, "");
}

static void delayed_in_words (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (bounce_sender (signs) && worded (signs) && !signs->work->delivery_status &&
        (kind_word_delay (signs->subject) || kind_word_delay (signs->body)))
        say (why, "a delay: ", wording (signs));
}

static void daemon_says (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (bounce_sender (signs) && worded (signs) && !*kind_word_away (signs->subject))
        say (why, "from a mail system: ", wording (signs));
    else if (signs->daemon)
        say (why, "from a mail system: ", signs->mail->from);
}

static void report_says (const signs_t *signs, char why[DETAIL_SIZE])
{
    const char *type =
        g_mime_object_get_content_type_parameter (g_mime_message_get_mime_part (signs->work->message), "report-type");
    if (signs->work->report && (worded (signs) || (type && g_ascii_strcasecmp (type, "delivery-status") == 0)))
        say (why, "multipart/report: ", worded (signs) ? wording (signs) : type);
}

/* A postmaster, a noreply: people have such addresses, too, and web forms write from them. Two of three: subject,
 * text, proof (the mail that it is about, or a code). */
static void office_says (const signs_t *signs, char why[DETAIL_SIZE])
{
    bool office = signs->office || kind_word_office (signs->work->sender, "");
    bool proof = signs->work->has_original || mail_bounce_coded (signs->body);
    int said = !!*signs->said_subject + !!*signs->said_body + proof;
    if (office && worded (signs) && said >= 2 && !signs->passed_on)
        say (why, "from a mail system's address: ", wording (signs));
}

static int words_of (const char *text)
{
    int n = 0;
    for (; *text; n++) {
        text += strspn (text, " \t\n");
        if (!*text)
            break;
        text += strcspn (text, " \t\n");
    }
    return n;
}

/* A bounce that was sent on without a word about it. A question is a word. */
static void passed_on (const signs_t *signs, char why[DETAIL_SIZE])
{
    bool mute = words_of (signs->fresh) <= OWN_WORDS_MAX && !strchr (signs->fresh, '?');
    if (signs->passed_on && *signs->said_subject && mute && strstr (signs->body, "final-recipient:") &&
        strstr (signs->body, "action: failed"))
        say (why, "a bounce that was sent on: ", signs->said_subject);
}

static void amazon_bounce (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (header (signs, "X-Amz-SNS-Message-ID") && signs->mail->report.action == MAIL_FAILED)
        say (why, "Amazon SNS: a bounce", "");
}

static void amazon_delivery (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (header (signs, "X-Amz-SNS-Message-ID") && signs->mail->report.action == MAIL_DELIVERED)
        say (why, "Amazon SNS: delivered", "");
}

/* ---------------------------------------------------------------- machines that write by themselves */

static void auto_submitted (const signs_t *signs, char why[DETAIL_SIZE])
{
    const char *how = signs->mail->auto_submitted;
    if (*how && strcmp (how, "no") != 0)
        say (why, "Auto-Submitted: ", how);
}

static void auto_headers (const signs_t *signs, char why[DETAIL_SIZE])
{
    static const char *const names[] = {"X-Autoreply",          "X-Autorespond",    "X-Autoresponder",
                                        "X-Auto-Reply-From",    "X-Autoreply-From", "X-Mail-Autoreply",
                                        "Auto-Reply",           "X-Auto-Reply",     "X-AutoReply-Domain",
                                        "X-Amz-SNS-Message-ID", "X-Cron-Env",       NULL};
    for (const char *const *name = names; *name && !*why; name++) {
        const char *value = header (signs, *name);
        if (value && g_ascii_strcasecmp (value, "no") != 0 && g_ascii_strcasecmp (value, "false") != 0)
            snprintf (why, DETAIL_SIZE, "the header %s", *name);
    }
    if (!*why && strcmp (signs->precedence, "auto_reply") == 0)
        say (why, "Precedence: ", signs->precedence);
}

static void away (const signs_t *signs, char why[DETAIL_SIZE])
{
    const char *said = kind_word_away (signs->subject);
    bool hint = signs->work->null_sender || *signs->precedence || header (signs, "X-Auto-Response-Suppress") ||
                header (signs, "X-MS-Exchange-Inbox-Rules-Loop");
    if (*said && hint)
        say (why, "an absence: ", said);
}

static void null_sender (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (signs->work->null_sender)
        say (why, "a null sender: nobody wants an answer (RFC 5321, 4.5.5)", "");
}

static void report_of_machine (const signs_t *signs, char why[DETAIL_SIZE])
{
    if (signs->work->report)
        say (why, "multipart/report", "");
}

/* ---------------------------------------------------------------- lists */

static void mailing_list (const signs_t *signs, char why[DETAIL_SIZE])
{
    const char *id = header (signs, "List-Id"), *leave = header (signs, "List-Unsubscribe");
    bool bulk = strcmp (signs->precedence, "bulk") == 0 || strcmp (signs->precedence, "list") == 0;
    if (id)
        say (why, "List-Id: ", id);
    else if (header (signs, "X-MLServer") || header (signs, "X-ML-Name") || header (signs, "X-Mailing-List"))
        say (why, "a list's server", "");
    else if (leave && bulk)
        say (why, "List-Unsubscribe, and Precedence: ", signs->precedence);
}

static void bulk (const signs_t *signs, char why[DETAIL_SIZE])
{
    static const char *const kinds[] = {"bulk", "junk", "list", NULL};
    for (const char *const *kind = kinds; *kind; kind++)
        if (strcmp (signs->precedence, *kind) == 0)
            say (why, "Precedence: ", *kind);
}

/* ---------------------------------------------------------------- the column */

static const struct {
    rule_t *rule;
    mail_kind_t kind;
} rules[] = {
    {too_many_hops, MAIL_LOOP},
    {feedback, MAIL_COMPLAINT},
    {disposition, MAIL_RECEIPT},
    {delivery_receipt, MAIL_RECEIPT},
    {delivery_status, MAIL_BOUNCE},
    {amazon_bounce, MAIL_BOUNCE},
    {amazon_delivery, MAIL_RECEIPT},
    {failed_recipients, MAIL_BOUNCE},
    {delayed_in_words, MAIL_RECEIPT},
    {daemon_says, MAIL_BOUNCE},
    {report_says, MAIL_BOUNCE},
    {office_says, MAIL_BOUNCE},
    {passed_on, MAIL_BOUNCE},
    {looping, MAIL_LOOP},
    {auto_submitted, MAIL_VACATION},
    {auto_headers, MAIL_VACATION},
    {away, MAIL_VACATION},
    {null_sender, MAIL_VACATION},
    {report_of_machine, MAIL_VACATION},
    {mailing_list, MAIL_LIST},
    {bulk, MAIL_VACATION},
};

static bool forwarded (const char *subject)
{
    static const char *const words[] = {
        "fwd:", "fw:", "wg:", "tr:", "rv:", "i:", "doorst:", "vs:", "vb:", "转发:", NULL};
    for (const char *const *word = words; *word; word++)
        if (g_str_has_prefix (subject, *word))
            return true;
    return false;
}

static char *lower (const char *text, size_t most)
{
    size_t n = strnlen (text, most);
    char *low = g_strndup (text, n);
    for (char *at = low; *at; at++)
        *at = g_ascii_tolower (*at);
    return low;
}

static void read_signs (signs_t *signs)
{
    mail_in_t *mail = signs->mail;
    signs->subject = lower (mail->subject, SUBJECT_SIZE);
    signs->body = lower (mail->text, BODY_LOOKED_AT);
    signs->fresh = lower (mail->fresh, BODY_LOOKED_AT);
    signs->said_subject = kind_word_subject (signs->subject);
    signs->said_body = kind_word_body (signs->body);
    const char *from = header (signs, "From"); /* "MAILER-DAEMON <>" is no address */
    signs->daemon =
        kind_word_daemon (mail->from, mail->from_name) || (!*mail->from && mail_contains (from, "mailer-daemon"));
    signs->office = kind_word_office (mail->from, mail->from_name);
    signs->passed_on = forwarded (signs->subject);
    mail_clean_line (signs->precedence, sizeof signs->precedence, header (signs, "Precedence"));
    for (char *at = signs->precedence; *at; at++)
        *at = *at == '-' ? '_' : g_ascii_tolower (*at);
}

static void finish_report (mail_work_t *work)
{
    mail_in_t *mail = work->mail;
    mail_report_t *report = &mail->report;
    bool about = mail->kind == MAIL_BOUNCE || mail->kind == MAIL_RECEIPT || mail->kind == MAIL_COMPLAINT;
    if (mail->kind == MAIL_VACATION) {
        char id[ADDRESS_SIZE];
        WORD_COPY (id, mail->in_reply_to);
        *report = (mail_report_t){.action = MAIL_ACTION_NONE};
        WORD_COPY (report->message_id, id);
    } else if (!about)
        *report = (mail_report_t){.action = MAIL_ACTION_NONE};
    else if (mail->kind != MAIL_COMPLAINT)
        mail_bounce_text (work);
    if (mail->kind == MAIL_BOUNCE) {
        report->action = MAIL_FAILED;
        report->permanent = *report->status != '4';
    } else if (mail->kind == MAIL_RECEIPT && !report->action)
        report->action = MAIL_DELAYED;
}

void mail_kind_judge (mail_work_t *work)
{
    signs_t signs = {.work = work, .mail = work->mail};
    mail_bounce_json (work);
    read_signs (&signs);
    for (size_t i = 0; i < G_N_ELEMENTS (rules) && !*work->mail->why; i++) {
        rules[i].rule (&signs, work->mail->why);
        if (*work->mail->why)
            work->mail->kind = rules[i].kind;
    }
    g_free (signs.subject);
    g_free (signs.body);
    g_free (signs.fresh);
    finish_report (work);
}
