/* mail_bounce.c - what a report says: which mail, whose address, what became of it, in whose words.
 *
 * Fields of RFC 3464 and RFC 8098 where there are any; else what the usual wordings have in common: an address in
 * angle brackets, an enhanced status (RFC 3463), a line with a reply code. */
#include "mail_private.h"

#include "words.h"

#include <jansson.h>
#include <string.h>

enum { FIELD_LINES_MAX = 5000, FREE_TEXT_MAX = 64 * 1024 };

/* ---------------------------------------------------------------- fields */

static const struct action {
    const char *word;
    mail_action_t action;
} actions[] = {
    {"failed", MAIL_FAILED},       {"failure", MAIL_FAILED},    {"delayed", MAIL_DELAYED},
    {"delivered", MAIL_DELIVERED}, {"relayed", MAIL_DELIVERED}, {"expanded", MAIL_DELIVERED},
};

/* Of the form "rfc822; ada@example.org": what stands behind the type. */
static const char *typed (const char *value)
{
    const char *semicolon = strchr (value, ';');
    value = semicolon ? semicolon + 1 : value;
    return value + strspn (value, " \t<");
}

static void set_address (char *to, const char *value)
{
    char clean[ADDRESS_SIZE];
    mail_clean_line (clean, sizeof clean, typed (value));
    clean[strcspn (clean, "> ,;")] = '\0';
    if (strchr (clean, '@'))
        word_copy (to, ADDRESS_SIZE, clean);
}

/* "5.1.1" at the beginning of a text; how long it is, 0: it is none. */
static size_t status_length (const char *at)
{
    size_t n = 2;
    if (!strchr ("245", at[0]) || !at[0] || at[1] != '.')
        return 0;
    for (int part = 0; part < 2; part++) {
        size_t digits = 0;
        while (digits < 4 && g_ascii_isdigit (at[n + digits]))
            digits++;
        if (digits == 0 || digits == 4 || (part == 0 && at[n + digits] != '.'))
            return 0;
        n += digits + (part == 0);
    }
    return at[n] == '.' && g_ascii_isdigit (at[n + 1]) ? 0 : n; /* of an IP address */
}

static void set_status (mail_report_t *report, const char *value)
{
    value += strspn (value, " \t#(");
    size_t n = status_length (value);
    if (n && n < sizeof report->status) {
        memcpy (report->status, value, n);
        report->status[n] = '\0';
    }
}

static void set_action (mail_report_t *report, const char *value)
{
    value += strspn (value, " \t");
    for (size_t i = 0; i < G_N_ELEMENTS (actions); i++)
        if (g_ascii_strncasecmp (value, actions[i].word, strlen (actions[i].word)) == 0)
            report->action = actions[i].action;
}

static void set_disposition (mail_report_t *report, const char *value)
{
    report->action = mail_contains (value, "displayed") ? MAIL_READ : MAIL_UNREAD;
}

typedef struct field {
    const char *name;
    void (*set) (mail_report_t *report, const char *value);
} field_t;

static void set_final (mail_report_t *report, const char *value)
{
    set_address (report->recipient, value);
}

static void set_original (mail_report_t *report, const char *value)
{
    if (!*report->recipient)
        set_address (report->recipient, value);
}

static void set_diagnostic (mail_report_t *report, const char *value)
{
    mail_clean_line (report->diagnostic, sizeof report->diagnostic, typed (value));
}

static void set_message (mail_report_t *report, const char *value)
{
    mail_id_copy (report->message_id, sizeof report->message_id, value);
}

static const field_t of_delivery[] = {
    {"Final-Recipient", set_final}, {"Original-Recipient", set_original}, {"Action", set_action},
    {"Status", set_status},         {"Diagnostic-Code", set_diagnostic},  {NULL, NULL}};
static const field_t of_disposition[] = {{"Final-Recipient", set_final},
                                         {"Disposition", set_disposition},
                                         {"Original-Message-ID", set_message},
                                         {NULL, NULL}};
static const field_t of_original[] = {{"Message-ID", set_message}, {NULL, NULL}};

/* One field with its folded lines; where the next begins. */
static const char *next_field (const char *at, GString *field)
{
    g_string_truncate (field, 0);
    do {
        size_t n = strcspn (at, "\n");
        g_string_append_len (field, at, (gssize)n);
        at += n + (at[n] == '\n');
    } while (*at == ' ' || *at == '\t');
    return at;
}

static void apply (mail_report_t *report, const field_t *fields, const char *field)
{
    size_t n = strcspn (field, ":");
    for (; fields->name && field[n]; fields++)
        if (strlen (fields->name) == n && g_ascii_strncasecmp (field, fields->name, n) == 0) {
            const char *value = field + n + 1;
            fields->set (report, value + strspn (value, " \t"));
        }
}

/* A recipient's fields end with an empty line. The first that failed is told, else the first. */
static void settle (mail_report_t *report, mail_report_t *group)
{
    bool says = group->action || *group->status || *group->recipient;
    bool better = !report->action || (report->action != MAIL_FAILED && group->action == MAIL_FAILED);
    if (says && better) {
        WORD_COPY (group->message_id, *group->message_id ? group->message_id : report->message_id);
        *report = *group;
    } else if (*group->message_id)
        WORD_COPY (report->message_id, group->message_id);
    *group = (mail_report_t){.action = MAIL_ACTION_NONE};
}

void mail_bounce_fields (mail_work_t *work, const char *fields, bool disposition)
{
    mail_report_t group = {.action = MAIL_ACTION_NONE};
    GString *clean = g_string_new (fields), *field = g_string_new (NULL);
    mail_clean (clean);
    const char *at = clean->str;
    for (int lines = 0; *at && lines < FIELD_LINES_MAX; lines++) {
        at = next_field (at, field);
        if (field->len)
            apply (&group, disposition ? of_disposition : of_delivery, field->str);
        else if (group.action || *group.status) /* some put empty lines between */
            settle (&work->mail->report, &group);
    }
    settle (&work->mail->report, &group);
    g_string_free (clean, TRUE);
    g_string_free (field, TRUE);
}

/* Its Message-ID; the first that is found is the mail's, inner ones are older. */
void mail_bounce_original (mail_work_t *work, const char *headers)
{
    if (*work->mail->report.message_id || !headers)
        return;
    GString *field = g_string_new (NULL);
    const char *at = headers;
    for (int lines = 0; *at && *at != '\n' && *at != '\r' && lines < FIELD_LINES_MAX; lines++) {
        at = next_field (at, field);
        apply (&work->mail->report, of_original, field->str);
        if (*work->mail->report.message_id)
            break;
    }
    g_string_free (field, TRUE);
}

/* ---------------------------------------------------------------- free words */

static bool word_end (char c)
{
    return !g_ascii_isalnum (c) && c != '.';
}

/* "550 " to "554-" */
static bool reply_code (const char *at)
{
    return at[0] == '5' && at[1] == '5' && at[2] >= '0' && at[2] <= '4' && (at[3] == ' ' || at[3] == '-');
}

bool mail_bounce_coded (const char *text)
{
    for (const char *at = text; *at; at++)
        if ((at == text || word_end (at[-1])) && (status_length (at) || reply_code (at)))
            return true;
    return false;
}

/* A line with "550" or "5.1.1": what the far side said. The class of a reply code, or 0. */
static char read_line (mail_report_t *report, const char *line, size_t n)
{
    char class = '\0';
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && !word_end (line[i - 1]))
            continue;
        size_t length = status_length (line + i);
        bool code = strchr ("45", line[i]) && i + 3 < n && g_ascii_isdigit (line[i + 1]) &&
                    g_ascii_isdigit (line[i + 2]) && (line[i + 3] == ' ' || line[i + 3] == '-') && line[i + 1] < '6';
        if (length && !*report->status)
            set_status (report, line + i);
        if ((length || code) && !*report->diagnostic) {
            char *said = g_strndup (line, n);
            mail_clean_line (report->diagnostic, sizeof report->diagnostic, said);
            g_free (said);
        }
        if (code && !class)
            class = line[i];
    }
    return class;
}

static void read_address (mail_report_t *report, const char *line, size_t n)
{
    const char *open = memchr (line, '<', n), *at = memchr (line, '@', n);
    if (*report->recipient || !at)
        return;
    const char *from = open && open < at ? open + 1 : at;
    while (from == at || (from > line && from <= at && (g_ascii_isalnum (from[-1]) || strchr ("._+-=", from[-1])))) {
        if (from == line)
            break;
        from--;
        if (open && from < open + 1)
            break;
        if (!(g_ascii_isalnum (*from) || strchr ("._+-=", *from))) {
            from++;
            break;
        }
    }
    char *said = g_strndup (from, (gsize)(line + n - from));
    said[strcspn (said, "> \t\"'),;:")] = '\0';
    set_address (report->recipient, said);
    g_free (said);
}

void mail_bounce_text (mail_work_t *work)
{
    mail_report_t *report = &work->mail->report;
    const char *failed = mail_header (work, "X-Failed-Recipients");
    if (failed && !*report->recipient)
        set_address (report->recipient, failed);
    const char *text = work->mail->text, *end = text + strnlen (text, FREE_TEXT_MAX);
    char class = '\0';
    for (const char *line = text; line < end;) {
        size_t n = strcspn (line, "\n");
        if (g_ascii_strncasecmp (line, "Message-ID:", 11) == 0) {
            if (!*report->message_id)
                mail_id_copy (report->message_id, sizeof report->message_id, line + 11);
            break; /* headers of the mail that it is about */
        }
        if (n < 1000) {
            char said = read_line (report, line, n);
            class = class ? class : said;
            read_address (report, line, n);
        }
        line += n + (line[n] == '\n');
    }
    if (class && !*report->status)
        snprintf (report->status, sizeof report->status, "%c.0.0", class);
    if (!*report->message_id)
        WORD_COPY (report->message_id, work->mail->in_reply_to);
}

/* ---------------------------------------------------------------- Amazon's notifications */

static const char *word_of (const json_t *object, const char *key)
{
    const char *word = json_string_value (json_object_get (object, key));
    return word ? word : "";
}

static const struct notification {
    const char *key, *recipients;
    mail_action_t action;
} notifications[] = {
    {"bounce", "bouncedRecipients", MAIL_FAILED},
    {"complaint", "complainedRecipients", MAIL_ACTION_NONE},
    {"delivery", "recipients", MAIL_DELIVERED},
};

static void read_json (mail_work_t *work, const json_t *root)
{
    mail_report_t *report = &work->mail->report;
    for (size_t i = 0; i < G_N_ELEMENTS (notifications); i++) {
        const json_t *notice = json_object_get (root, notifications[i].key);
        const json_t *first = json_array_get (json_object_get (notice, notifications[i].recipients), 0);
        if (!json_is_object (notice))
            continue;
        const char *address = json_string_value (first);
        report->action = notifications[i].action;
        work->feedback |= !notifications[i].action;
        set_address (report->recipient, address ? address : word_of (first, "emailAddress"));
        set_status (report, word_of (first, "status"));
        set_diagnostic (report, word_of (first, "diagnosticCode"));
        set_message (report, word_of (json_object_get (root, "mail"), "messageId"));
        if (!*report->status && strcmp (word_of (notice, "bounceType"), "Transient") == 0)
            WORD_COPY (report->status, "4.0.0");
    }
}

void mail_bounce_json (mail_work_t *work)
{
    const char *text = work->mail->text;
    if (*text != '{' || !mail_header (work, "X-Amz-SNS-Message-ID"))
        return;
    GString *joined = g_string_new (NULL); /* it may have been folded within a word */
    for (const char *at = text; *at; at++)
        if (*at != '\n')
            g_string_append_c (joined, *at);
    json_t *root = json_loads (joined->str, JSON_DISABLE_EOF_CHECK, NULL);
    read_json (work, root);
    json_decref (root);
    g_string_free (joined, TRUE);
}
