/* mail_parts.c - the tree of a mail's parts: which are its text, which are files, which are a machine's report.
 *
 * Of alternatives the plain text is taken where it says something, else the HTML. What is attached is a file, a
 * mail within the mail too; it is not looked into. Limits: limits->depth, ->parts, and those of files. */
#include "mail_private.h"

#include "words.h"

#include <string.h>

typedef enum want { ANY, PLAIN, HTML } want_t; /* which texts count */

enum { BLANK_LOOKED_AT = 64 * 1024, HTML_PER_TEXT = 2, TEXT_PER_TEXT = 4 };

static void visit (mail_work_t *work, GMimeObject *object, int depth, want_t want);

static bool is_type (GMimeObject *object, const char *type, const char *subtype)
{
    GMimeContentType *content = g_mime_object_get_content_type (object);
    return content && g_mime_content_type_is_type (content, type, subtype);
}

/* ---------------------------------------------------------------- files */

static const struct remark {
    const char *type, *subtype, *note;
} remarks[] = {
    {"application", "ms-tnef", "winmail.dat, a Microsoft container: it is not unpacked"},
    {"application", "vnd.ms-tnef", "winmail.dat, a Microsoft container: it is not unpacked"},
    {"application", "pgp-signature", "a signature (OpenPGP)"},
    {"application", "pkcs7-signature", "a signature (S/MIME)"},
    {"application", "x-pkcs7-signature", "a signature (S/MIME)"},
    {"application", "pkcs7-mime", "signed or encrypted (S/MIME): it can't be read here"},
    {"application", "x-pkcs7-mime", "signed or encrypted (S/MIME): it can't be read here"},
    {"application", "pgp-encrypted", "of an encrypted mail (OpenPGP)"},
    {"message", "partial", "a piece of a mail that was sent in several"},
    {"message", "external-body", "it lies elsewhere: not fetched"},
    {"message", "rfc822", "a mail"},
};

static const char *remark_of (GMimeObject *object, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS (remarks); i++)
        if (is_type (object, remarks[i].type, remarks[i].subtype))
            return remarks[i].note;
    return g_ascii_strcasecmp (name, "winmail.dat") == 0 ? remarks[0].note : "";
}

/* The limits; what is beyond is listed without its bytes. */
static void keep (mail_work_t *work, mail_file_t *file, void *bytes, size_t size)
{
    file->size = size;
    if (size > work->limits->one_file)
        snprintf (file->note, sizeof file->note, "not kept: larger than %zu bytes", work->limits->one_file);
    else if (size > work->limits->all_files - work->files_size)
        snprintf (file->note, sizeof file->note, "not kept: all files are larger than %zu bytes",
                  work->limits->all_files);
    else {
        file->bytes = bytes;
        work->files_size += size;
        return;
    }
    g_free (bytes);
}

static mail_file_t *new_file (mail_work_t *work, GMimeObject *object, const char *name)
{
    mail_in_t *mail = work->mail;
    if (mail->files_n == ATTACHMENTS_MAX) {
        work->files_beyond++;
        return NULL;
    }
    mail_file_t *file = &mail->files[mail->files_n++];
    char clean[ADDRESS_SIZE];
    mail_clean_line (clean, sizeof clean, name);
    const char *slash = strrchr (clean, '/'), *back = strrchr (clean, '\\');
    slash = slash > back ? slash : back;
    WORD_COPY (file->name, slash ? slash + 1 : clean);
    char *type = g_mime_content_type_get_mime_type (g_mime_object_get_content_type (object));
    mail_clean_line (file->type, sizeof file->type, type);
    g_free (type);
    WORD_COPY (file->note, remark_of (object, file->name));
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition (object);
    const char *how = disposition ? g_mime_content_disposition_get_disposition (disposition) : NULL;
    file->shown = (how && g_ascii_strcasecmp (how, "inline") == 0) || (!how && g_mime_object_get_content_id (object));
    return file;
}

static void part_file (mail_work_t *work, GMimePart *part)
{
    mail_file_t *file = new_file (work, GMIME_OBJECT (part), g_mime_part_get_filename (part));
    size_t size = 0;
    if (file) {
        void *bytes = mail_decoded (part, &size);
        keep (work, file, bytes, size);
    }
}

static void *object_bytes (GMimeObject *object, size_t *size)
{
    GByteArray *bytes = g_byte_array_new ();
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array (bytes);
    g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
    g_mime_object_write_to_stream (object, NULL, stream);
    g_object_unref (stream);
    *size = bytes->len;
    g_byte_array_append (bytes, (const guint8 *)"", 1); /* never NULL */
    return g_byte_array_free (bytes, FALSE);
}

static void mail_file (mail_work_t *work, GMimeMessagePart *part)
{
    GMimeMessage *inner = g_mime_message_part_get_message (part);
    const char *given = g_mime_object_get_content_disposition_parameter (GMIME_OBJECT (part), "filename");
    const char *subject = inner ? g_mime_message_get_subject (inner) : NULL;
    char title[ATTACHMENT_NAME_SIZE - 4], name[ATTACHMENT_NAME_SIZE];
    mail_clean_line (title, sizeof title, given ? given : subject ? subject : "mail");
    g_strdelimit (title, "/\\", '-');
    snprintf (name, sizeof name, "%s%s", title, given ? "" : ".eml");
    mail_file_t *file = new_file (work, GMIME_OBJECT (part), name);
    size_t size = 0;
    if (file) {
        void *bytes = inner ? object_bytes (GMIME_OBJECT (inner), &size) : g_strdup ("");
        keep (work, file, bytes, size);
    }
    if (inner) {
        work->has_original = true;
        char *headers = g_mime_object_get_headers (GMIME_OBJECT (inner), NULL);
        mail_bounce_original (work, headers);
        g_free (headers);
    }
}

/* The last one stands for all that were beyond. */
static void sum_up_files (mail_work_t *work)
{
    if (!work->files_beyond)
        return;
    mail_file_t *last = &work->mail->files[ATTACHMENTS_MAX - 1];
    g_free (last->bytes);
    *last = (mail_file_t){.size = 0};
    snprintf (last->name, sizeof last->name, "%d more files", work->files_beyond + 1);
    snprintf (last->note, sizeof last->note, "not kept: more than %d files", ATTACHMENTS_MAX);
}

/* ---------------------------------------------------------------- text */

static const char *charset_in_page (const char *html, char to[40])
{
    const char *at = strcasestr (html, "charset=");
    if (!at || at - html > 2048)
        return NULL;
    at += 8 + (at[8] == '"' || at[8] == '\'');
    size_t n = strcspn (at, "\"'; />\t\r\n");
    if (n >= 40)
        return NULL;
    memcpy (to, at, n);
    to[n] = '\0';
    return to;
}

static GString *utf8_of (mail_work_t *work, GMimePart *part, bool html)
{
    size_t size = 0, most = work->limits->text * (html ? HTML_PER_TEXT : TEXT_PER_TEXT);
    char *bytes = mail_decoded (part, &size), named[40];
    if (size > most) {
        size = most;
        bytes[size] = '\0';
        work->mail->cut = true;
    }
    const char *charset = g_mime_object_get_content_type_parameter (GMIME_OBJECT (part), "charset");
    if (!charset && html)
        charset = charset_in_page (bytes, named);
    char *valid = mail_utf8 (charset, bytes, size);
    g_free (bytes);
    GString *text = g_string_new (valid);
    g_free (valid);
    mail_clean (text);
    return text;
}

static void add_text (mail_work_t *work, GMimePart *part, bool html)
{
    GString *text = utf8_of (work, part, html);
    if (work->text->len && work->text->str[work->text->len - 1] != '\n')
        g_string_append_c (work->text, '\n');
    size_t limit = work->limits->text;
    if (html) {
        size_t room = limit > work->text->len ? limit - work->text->len : 0;
        work->mail->cut |= !mail_html_text (work->text, text->str, text->len, room);
        work->mail->from_html = true;
    } else {
        const char *format = g_mime_object_get_content_type_parameter (GMIME_OBJECT (part), "format");
        const char *delsp = g_mime_object_get_content_type_parameter (GMIME_OBJECT (part), "delsp");
        if (format && g_ascii_strcasecmp (format, "flowed") == 0)
            mail_unflow (text, delsp && g_ascii_strcasecmp (delsp, "yes") == 0);
        g_string_append_len (work->text, text->str, (gssize)text->len);
    }
    g_string_free (text, TRUE);
}

/* ---------------------------------------------------------------- the tree */

static bool attached (GMimePart *part)
{
    GMimeContentDisposition *disposition = g_mime_object_get_content_disposition (GMIME_OBJECT (part));
    const char *how = disposition ? g_mime_content_disposition_get_disposition (disposition) : NULL;
    return (how && g_ascii_strcasecmp (how, "attachment") == 0) || g_mime_part_get_filename (part);
}

static bool blank_part (GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content (part);
    GMimeStream *stream = content ? g_mime_data_wrapper_get_stream (content) : NULL;
    if (!stream || g_mime_stream_length (stream) > BLANK_LOOKED_AT)
        return !stream;
    size_t size = 0;
    char *bytes = mail_decoded (part, &size);
    size_t i = 0;
    while (i < size && (g_ascii_isspace (bytes[i]) || !bytes[i] || (unsigned char)bytes[i] == 0xA0 ||
                        (unsigned char)bytes[i] == 0xC2))
        i++;
    g_free (bytes);
    return i == size;
}

/* Is there a text of this subtype below, one that says something? */
static bool has_text (mail_work_t *work, GMimeObject *object, const char *subtype, int depth)
{
    if (depth > work->limits->depth)
        return false;
    if (GMIME_IS_MULTIPART (object)) {
        int n = g_mime_multipart_get_count (GMIME_MULTIPART (object));
        for (int i = 0; i < n && i < work->limits->parts; i++)
            if (has_text (work, g_mime_multipart_get_part (GMIME_MULTIPART (object), i), subtype, depth + 1))
                return true;
        return false;
    }
    return GMIME_IS_PART (object) && is_type (object, "text", subtype) && !attached (GMIME_PART (object)) &&
           !blank_part (GMIME_PART (object));
}

/* A multipart whose boundary is lost, or never comes: what stands there is read as text. */
static void raw_text (mail_work_t *work, GMimeObject *object)
{
    size_t size = 0;
    char *bytes = object_bytes (object, &size);
    const char *body = g_strstr_len (bytes, (gssize)size, "\n\n"),
               *crlf = g_strstr_len (bytes, (gssize)size, "\r\n\r\n");
    body = crlf && (!body || crlf < body) ? crlf + 4 : body ? body + 2 : bytes + size;
    size = (size_t)(bytes + size - body);
    char *valid = mail_utf8 (NULL, body, size < work->limits->text ? size : work->limits->text);
    GString *text = g_string_new (valid);
    mail_clean (text);
    g_string_append_len (work->text, text->str, (gssize)text->len);
    g_string_free (text, TRUE);
    g_free (valid);
    g_free (bytes);
}

static void visit_multipart (mail_work_t *work, GMimeMultipart *multipart, int depth, want_t want)
{
    GMimeObject *object = GMIME_OBJECT (multipart);
    if (want == ANY && is_type (object, "multipart", "alternative"))
        want = has_text (work, object, "plain", depth) || !has_text (work, object, "html", depth) ? PLAIN : HTML;
    if (is_type (object, "multipart", "encrypted"))
        work->encrypted = true;
    int n = g_mime_multipart_get_count (multipart);
    if (n == 0)
        raw_text (work, object);
    for (int i = 0; i < n && work->parts < work->limits->parts; i++)
        visit (work, g_mime_multipart_get_part (multipart, i), depth + 1, want);
}

static void machine_part (mail_work_t *work, GMimePart *part)
{
    size_t size = 0;
    char *bytes = mail_decoded (part, &size), *valid = mail_utf8 (NULL, bytes, size < TEXT_MAX ? size : TEXT_MAX);
    GMimeObject *object = GMIME_OBJECT (part);
    if (is_type (object, "message", "disposition-notification")) {
        work->disposition = true;
        mail_bounce_fields (work, valid, true);
    } else if (is_type (object, "message", "feedback-report")) {
        work->feedback = true;
    } else if (is_type (object, "text", "rfc822-headers") || is_type (object, "text", "rfc822")) {
        work->has_original = true;
        mail_bounce_original (work, valid);
    } else {
        work->delivery_status = true;
        mail_bounce_fields (work, valid, false);
    }
    g_free (valid);
    g_free (bytes);
}

static bool is_machine_part (GMimeObject *object)
{
    return is_type (object, "message", "delivery-status") || is_type (object, "message", "global-delivery-status") ||
           is_type (object, "message", "disposition-notification") || is_type (object, "message", "feedback-report") ||
           is_type (object, "text", "rfc822-headers") || is_type (object, "text", "rfc822");
}

static void visit_part (mail_work_t *work, GMimePart *part, want_t want)
{
    GMimeObject *object = GMIME_OBJECT (part);
    bool plain = is_type (object, "text", "plain"), html = is_type (object, "text", "html");
    if (is_machine_part (object))
        machine_part (work, part);
    else if ((plain || html) &&
             (!attached (part) || (!work->text->len && g_mime_message_get_mime_part (work->message) == object))) {
        if (want == ANY || want == (plain ? PLAIN : HTML))
            add_text (work, part, html);
    } else if (!is_type (object, "text", "x-amp-html"))
        part_file (work, part);
}

static void visit (mail_work_t *work, GMimeObject *object, int depth, want_t want)
{
    if (!object || depth > work->limits->depth || work->parts >= work->limits->parts)
        return;
    work->parts++;
    if (GMIME_IS_MULTIPART (object))
        visit_multipart (work, GMIME_MULTIPART (object), depth, want);
    else if (GMIME_IS_MESSAGE_PART (object))
        mail_file (work, GMIME_MESSAGE_PART (object));
    else if (GMIME_IS_PART (object))
        visit_part (work, GMIME_PART (object), want);
}

void mail_parts_walk (mail_work_t *work)
{
    GMimeObject *root = g_mime_message_get_mime_part (work->message);
    work->report = root && is_type (root, "multipart", "report");
    visit (work, root, 0, ANY);
    sum_up_files (work);
}
