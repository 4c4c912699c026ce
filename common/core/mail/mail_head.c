/* mail_head.c - what the headers of a mail say, cut to our sizes. */
#include "mail_private.h"

#include "words.h"

#include <string.h>

enum { HEADER_LOOKED_AT = 64 * 1024, SENT_AT_LAST_YEAR = 2200 };

static const char *const recipient_headers[] = {
    "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", NULL};

const char *mail_header (const mail_work_t *work, const char *name)
{
    GMimeObject *part =
        g_ascii_strncasecmp (name, "Content-", 8) == 0 ? g_mime_message_get_mime_part (work->message) : NULL;
    return g_mime_object_get_header (part ? part : GMIME_OBJECT (work->message), name);
}

void mail_id_copy (char *to, size_t size, const char *id)
{
    *to = '\0';
    if (!id)
        return;
    id += strspn (id, " \t\r\n<");
    size_t n = strcspn (id, "> \t\r\n");
    bool fits = n > 0 && n < size && g_utf8_validate_len (id, n, NULL);
    for (size_t i = 0; i < n && fits; i++)
        fits = (unsigned char)id[i] > ' ' && id[i] != 0x7F &&
               !((unsigned char)id[i] == 0xC2 && (unsigned char)id[i + 1] < 0xA0);
    if (fits) {
        memcpy (to, id, n);
        to[n] = '\0';
    }
}

/* ---------------------------------------------------------------- addresses */

/* An address that does not fit, or that is none, is "": half of one is somebody else's. */
static void address_copy (char *to, size_t size, const char *address)
{
    char clean[ADDRESS_SIZE * 2];
    mail_clean_line (clean, sizeof clean, address);
    size_t n = strlen (clean);
    bool usable = n < size && !strchr (clean, ' ');
    word_copy (to, size, usable ? clean : "");
}

static InternetAddressMailbox *mailbox_of (InternetAddressList *list, int *at)
{
    for (; list && *at < internet_address_list_length (list); (*at)++) {
        InternetAddress *address = internet_address_list_get_address (list, *at);
        if (INTERNET_ADDRESS_IS_MAILBOX (address))
            return INTERNET_ADDRESS_MAILBOX (address);
    }
    return NULL;
}

static InternetAddressList *addresses_of (const char *header)
{
    char *bounded = g_strndup (header ? header : "", HEADER_LOOKED_AT);
    InternetAddressList *list = internet_address_list_parse (NULL, bounded);
    g_free (bounded);
    return list;
}

static void one_address (InternetAddressList *list, char *address, size_t size, char *name, size_t name_size)
{
    int at = 0;
    InternetAddressMailbox *mailbox = mailbox_of (list, &at);
    if (!mailbox)
        return;
    address_copy (address, size, internet_address_mailbox_get_addr (mailbox));
    if (name)
        mail_clean_line (name, name_size, internet_address_get_name (INTERNET_ADDRESS (mailbox)));
}

static void add_recipient (mail_in_t *mail, const char *address)
{
    char clean[ADDRESS_SIZE];
    address_copy (clean, sizeof clean, address);
    for (size_t i = 0; i < mail->recipients_n; i++)
        if (g_ascii_strcasecmp (mail->recipients[i], clean) == 0)
            return;
    if (*clean && mail->recipients_n < MAIL_RECIPIENTS_MAX)
        word_copy (mail->recipients[mail->recipients_n++], ADDRESS_SIZE, clean);
}

static void read_recipients (mail_work_t *work, const char *value)
{
    InternetAddressList *list = addresses_of (value);
    for (int at = 0; work->mail->recipients_n < MAIL_RECIPIENTS_MAX; at++) {
        InternetAddressMailbox *mailbox = mailbox_of (list, &at);
        if (!mailbox)
            break;
        add_recipient (work->mail, internet_address_mailbox_get_addr (mailbox));
    }
    if (list)
        g_object_unref (list);
}

static void read_addresses (mail_work_t *work)
{
    mail_in_t *mail = work->mail;
    one_address (g_mime_message_get_from (work->message), mail->from, sizeof mail->from, mail->from_name,
                 sizeof mail->from_name);
    if (!*mail->from)
        one_address (g_mime_message_get_sender (work->message), mail->from, sizeof mail->from, mail->from_name,
                     sizeof mail->from_name);
    one_address (g_mime_message_get_reply_to (work->message), mail->reply_to, sizeof mail->reply_to, NULL, 0);
    GMimeHeaderList *headers = g_mime_object_get_header_list (GMIME_OBJECT (work->message));
    for (const char *const *name = recipient_headers; *name; name++)
        for (int i = 0, n = g_mime_header_list_get_count (headers), found = 0;
             i < n && found < MAIL_RECIPIENTS_MAX && mail->recipients_n < MAIL_RECIPIENTS_MAX; i++) {
            GMimeHeader *header = g_mime_header_list_get_header_at (headers, i);
            if (g_ascii_strcasecmp (g_mime_header_get_name (header), *name) == 0)
                found++, read_recipients (work, g_mime_header_get_value (header));
        }
}

/* ---------------------------------------------------------------- ids, date, language */

static void read_ids (mail_work_t *work)
{
    mail_in_t *mail = work->mail;
    mail_id_copy (mail->message_id, sizeof mail->message_id, g_mime_message_get_message_id (work->message));
    const char *value = mail_header (work, "In-Reply-To");
    const char *id = value ? strchr (value, '<') : NULL;
    mail_id_copy (mail->in_reply_to, sizeof mail->in_reply_to, id);
    value = mail_header (work, "References");
    size_t n = value ? strlen (value) : 0; /* the newest stand at the end */
    for (const char *at = value ? value + (n > HEADER_LOOKED_AT ? n - HEADER_LOOKED_AT : 0) : "";
         (at = strchr (at, '<')); at++) {
        char one[ADDRESS_SIZE];
        at += strspn (at, "<") - 1;
        mail_id_copy (one, sizeof one, at);
        if (!*one)
            continue;
        if (mail->references_n == MAIL_REFERENCES_MAX) {
            memmove (mail->references[0], mail->references[1], sizeof mail->references - sizeof mail->references[0]);
            mail->references_n--;
        }
        word_copy (mail->references[mail->references_n++], ADDRESS_SIZE, one);
    }
}

static void read_language (mail_work_t *work)
{
    const char *value = mail_header (work, "Content-Language");
    char *to = work->mail->language;
    value = value ? value + strspn (value, " \t") : "";
    size_t n = strspn (value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    if (n >= LANGUAGE_SIZE) /* "zh-Hans-CN": the first of its parts */
        n = strcspn (value, "-");
    if (n > 1 && n < LANGUAGE_SIZE && g_ascii_isalpha (*value)) {
        memcpy (to, value, n);
        to[n] = '\0';
    }
}

static void read_date (mail_work_t *work)
{
    GDateTime *date = g_mime_message_get_date (work->message);
    int year = date ? g_date_time_get_year (date) : 0;
    if (year >= 1970 && year < SENT_AT_LAST_YEAR)
        work->mail->sent_at = g_date_time_to_unix (date) * MS_PER_SECOND;
}

/* ---------------------------------------------------------------- who sent it, by itself? */

static void read_sender (mail_work_t *work, const char *envelope)
{
    const char *sender = envelope ? envelope : mail_header (work, "Return-Path");
    if (!sender)
        return;
    char clean[ADDRESS_SIZE];
    mail_clean_line (clean, sizeof clean, sender + strspn (sender, " <"));
    clean[strcspn (clean, "> ")] = '\0';
    for (char *at = clean; *at; at++)
        *at = g_ascii_tolower (*at);
    WORD_COPY (work->sender, clean);
    work->null_sender = !*clean;
}

static void read_automatic (mail_work_t *work)
{
    const char *value = mail_header (work, "Auto-Submitted");
    char *to = work->mail->auto_submitted;
    mail_clean_line (to, MAIL_AUTO_SIZE, value);
    to[strcspn (to, " ;(")] = '\0';
    for (; *to; to++)
        *to = g_ascii_tolower (*to);
    value = mail_header (work, "X-Auto-Response-Suppress");
    bool asked = value && !mail_contains (value, "none");
    work->mail->no_answer = asked || work->null_sender || kind_word_daemon (work->mail->from, work->mail->from_name) ||
                            mail_contains (work->mail->from, "noreply") || mail_contains (work->mail->from, "no-reply");
}

static void read_list (mail_work_t *work)
{
    const char *post = mail_header (work, "List-Post"), *id = mail_header (work, "List-Id");
    const char *at = post ? strcasestr (post, "mailto:") : NULL;
    at = at ? at + 7 : id && strrchr (id, '<') ? strrchr (id, '<') + 1 : id;
    char clean[ADDRESS_SIZE];
    mail_clean_line (clean, sizeof clean, at);
    clean[strcspn (clean, "> ?,")] = '\0';
    WORD_COPY (work->mail->list, clean);
}

void mail_head_read (mail_work_t *work, const char *envelope_sender)
{
    mail_clean_line (work->mail->subject, SUBJECT_SIZE, g_mime_message_get_subject (work->message));
    mail_clean_line (work->mail->mark, ADDRESS_SIZE, mail_header (work, MAIL_OWN_HEADER));
    read_addresses (work);
    read_ids (work);
    read_language (work);
    read_date (work);
    read_list (work);
    read_sender (work, envelope_sender);
    read_automatic (work);
}
