/* mail_out_render.c - from a mail_t to the bytes of a message (RFC 5322, MIME), with gmime.
 *
 * Header injection is impossible by construction: addresses must parse as one mailbox and hold no control
 * character, the Message-ID's parts are cut down to a safe alphabet, and the subject is folded and encoded by
 * gmime after control characters became spaces. In the body each kind of line end is CRLF.
 */
#include "mail_out_private.h"
#include "xmalloc.h"

#include <gmime/gmime.h>
#include <stdio.h>

enum { MESSAGE_ID_MAX = 256, CODE_BAD_ADDRESS = 553 };
#define OWN_HEADER   "X-Buckstop" /* mail_in.h reads it */
#define TRACE_HEADER "X-Buckstop-Trace"

static bool plain (const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* The one mailbox in a text like "Ada <ada@example.org>", or NULL. Borrowed from the list. */
static InternetAddressMailbox *one_mailbox (InternetAddressList *list)
{
    if (!list || internet_address_list_length (list) != 1)
        return NULL;
    InternetAddress *address = internet_address_list_get_address (list, 0);
    if (!INTERNET_ADDRESS_IS_MAILBOX (address))
        return NULL;
    const char *addr = internet_address_mailbox_get_addr (INTERNET_ADDRESS_MAILBOX (address));
    bool usable = addr && strchr (addr, '@') && plain (addr) && !strpbrk (addr, "<> ");
    return usable ? INTERNET_ADDRESS_MAILBOX (address) : NULL;
}

static bool set_address (mail_job_t *job, GMimeMessage *message, GMimeAddressType type, const char *text,
                         char **envelope)
{
    InternetAddressList *list = plain (text) ? internet_address_list_parse (NULL, text) : NULL;
    InternetAddressMailbox *mailbox = one_mailbox (list);
    if (mailbox) {
        const char *addr = internet_address_mailbox_get_addr (mailbox);
        InternetAddress *address = INTERNET_ADDRESS (mailbox);
        if (envelope && asprintf (envelope, "<%s>", addr) < 0)
            abort (); /* memory */
        g_mime_message_add_mailbox (message, type, internet_address_get_name (address), addr);
    } else {
        job->code = CODE_BAD_ADDRESS;
        job->stage =
            type == GMIME_ADDRESS_TYPE_TO ? MAIL_STAGE_MAIL : MAIL_STAGE_SERVER; /* the sender is our setting */
        snprintf (job->error, sizeof job->error, "not a mail address: \"%.100s\"", text);
    }
    if (list)
        g_object_unref (list);
    return mailbox != NULL;
}

/* Letters that stand in a dot-atom; all else becomes a dash. */
static void safe_copy (char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (; *from && n + 1 < size; from++, n++)
        to[n] = g_ascii_isalnum (*from) || strchr ("._-+=", *from) ? *from : '-';
    to[n] = 0;
}

static bool given (const char *text)
{
    return text && *text;
}

/* "<left@right>" of what may be one; NULL: it can't be a message id. Freed by g_free. */
static char *bracketed (const char *text)
{
    char *id = given (text) ? g_mime_utils_decode_message_id (text) : NULL;
    bool usable = id && plain (id) && strchr (id, '@') && !strpbrk (id, "<> ") && strlen (id) < MESSAGE_ID_MAX;
    char *whole = usable ? g_strdup_printf ("<%s>", id) : NULL;
    g_free (id);
    return whole;
}

/* The delivery's id at the sender's host, where nothing else is given. */
static void make_message_id (const mail_job_t *job, const mail_t *mail, char id[MESSAGE_ID_MAX + 2])
{
    char left[MESSAGE_ID_MAX / 2], right[MESSAGE_ID_MAX / 2];
    safe_copy (left, sizeof left, mail->id);
    safe_copy (right, sizeof right, strchr (job->from, '@') + 1);
    right[strlen (right) - 1] = 0; /* the closing bracket, as a dash */
    snprintf (id, MESSAGE_ID_MAX + 2, "%s@%s", left, right);
}

static void set_message_id (GMimeMessage *message, const mail_job_t *job, const mail_t *mail)
{
    char id[MESSAGE_ID_MAX + 2], *whole = bracketed (mail->message_id);
    if (whole)
        snprintf (id, sizeof id, "%.*s", (int)strlen (whole) - 2, whole + 1);
    else
        make_message_id (job, mail, id);
    g_mime_message_set_message_id (message, id);
    g_mime_object_set_header (GMIME_OBJECT (message), OWN_HEADER, strchr (id, '@') + 1, NULL);
    g_free (whole);
}

/* RFC 5322, 3.6.4: what it answers, and behind the beginning of the thread the same. */
static void set_thread (GMimeMessage *message, const mail_t *mail)
{
    char *reply = bracketed (mail->in_reply_to), *first = bracketed (mail->thread);
    char *references = g_strdup_printf ("%s%s%s", first ? first : "", first && reply ? " " : "", reply ? reply : "");
    if (reply)
        g_mime_object_set_header (GMIME_OBJECT (message), "In-Reply-To", reply, NULL);
    if (*references)
        g_mime_object_set_header (GMIME_OBJECT (message), "References", references, NULL);
    g_free (references);
    g_free (first);
    g_free (reply);
}

static void set_automatic (GMimeMessage *message, mail_automatic_t automatic)
{
    static const char *const words[] = {NULL, "auto-generated", "auto-replied"};
    if (!words[automatic])
        return;
    g_mime_object_set_header (GMIME_OBJECT (message), "Auto-Submitted", words[automatic], NULL);
    g_mime_object_set_header (GMIME_OBJECT (message), "X-Auto-Response-Suppress", "All", NULL);
}

static void set_trace (GMimeMessage *message, const char *trace)
{
    if (given (trace) && plain (trace))
        g_mime_object_set_header (GMIME_OBJECT (message), TRACE_HEADER, trace, NULL);
}

static void set_subject (GMimeMessage *message, const char *subject)
{
    char *line = xstrdup (subject);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    g_mime_message_set_subject (message, line, "utf-8");
    free (line);
}

/* A CR alone ends a line at some servers: what stands behind it could be read as commands (RFC 5321, 2.3.8). Freed by
 * the caller. */
static char *with_plain_line_ends (const char *body)
{
    char *text = xstrdup (body), *to = text;
    for (const char *from = text; *from; from++) {
        from += from[0] == '\r' && from[1] == '\n';
        *to++ = *from == '\r' ? '\n' : *from;
    }
    *to = 0;
    return text;
}

static void set_body (GMimeMessage *message, const char *body)
{
    GMimeTextPart *part = g_mime_text_part_new_with_subtype ("plain");
    g_mime_text_part_set_charset (part, "utf-8");
    char *text = with_plain_line_ends (body);
    g_mime_text_part_set_text (part, text);
    free (text);
    GMimeContentEncoding best =
        g_mime_part_get_best_content_encoding (GMIME_PART (part), GMIME_ENCODING_CONSTRAINT_7BIT);
    g_mime_part_set_content_encoding (GMIME_PART (part), best);
    g_mime_message_set_mime_part (message, GMIME_OBJECT (part));
    g_object_unref (part);
}

static void write_text (mail_job_t *job, GMimeMessage *message)
{
    GMimeFormatOptions *format = g_mime_format_options_new ();
    GByteArray *bytes = g_byte_array_new ();
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array (bytes);
    g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
    g_mime_format_options_set_newline_format (format, GMIME_NEWLINE_FORMAT_DOS);
    g_mime_object_write_to_stream (GMIME_OBJECT (message), format, stream);
    job->text = xmemdup (bytes->data, bytes->len);
    job->text_size = bytes->len;
    g_object_unref (stream);
    g_byte_array_free (bytes, TRUE);
    g_mime_format_options_free (format);
}

bool mail_render (mail_job_t *job, const mail_t *mail)
{
    GMimeMessage *message = g_mime_message_new (FALSE);
    bool usable =
        set_address (job, message, GMIME_ADDRESS_TYPE_FROM, mail->from, &job->from) &&
        set_address (job, message, GMIME_ADDRESS_TYPE_TO, mail->to, &job->to) &&
        (!given (mail->reply_to) || set_address (job, message, GMIME_ADDRESS_TYPE_REPLY_TO, mail->reply_to, NULL));
    if (usable) {
        GDateTime *now = g_date_time_new_now_utc ();
        g_mime_message_set_date (message, now);
        g_date_time_unref (now);
        set_subject (message, mail->subject);
        set_message_id (message, job, mail);
        set_thread (message, mail);
        set_automatic (message, mail->automatic);
        set_trace (message, mail->trace);
        set_body (message, mail->body);
        write_text (job, message);
    }
    g_object_unref (message);
    return usable;
}
