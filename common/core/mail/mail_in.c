/* mail_in.c - the whole of it: bytes, gmime's tree, what headers and parts say, the new words, the kind.
 *
 * Hears bytes that anybody may have written; says a mail_in_t whatever they are. gmime and libxml2 are readied
 * once for all threads. */
#include "mail_private.h"

#include "words.h"
#include "xmalloc.h"

#include <libxml/parser.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

const mail_limits_t mail_limits_default = {
    .one_file = 10 * 1024 * 1024, .all_files = 25 * 1024 * 1024, .text = TEXT_MAX, .depth = 20, .parts = 500};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void ready (void)
{
    g_mime_init ();
    xmlInitParser ();
}

bool mail_contains (const char *text, const char *word)
{
    return text && strcasestr (text, word);
}

/* ---------------------------------------------------------------- bytes */

/* A mailbox's "From " line and a byte order mark are none of the message; lone CRs are line ends where nothing
 * else is. */
static GByteArray *prepared (const char *bytes, size_t size)
{
    if (size >= 3 && memcmp (bytes, "\xEF\xBB\xBF", 3) == 0)
        bytes += 3, size -= 3;
    const char *end = size > 5 && memcmp (bytes, "From ", 5) == 0 ? memchr (bytes, '\n', size) : NULL;
    if (end) {
        size -= (size_t)(end + 1 - bytes);
        bytes = end + 1;
    }
    GByteArray *array = g_byte_array_sized_new ((guint)size + 1);
    g_byte_array_append (array, (const guint8 *)bytes, (guint)size);
    if (!memchr (bytes, '\n', size))
        for (size_t i = 0; i < size; i++)
            if (array->data[i] == '\r')
                array->data[i] = '\n';
    return array;
}

static size_t head_end (const GByteArray *bytes)
{
    for (size_t i = 0; i + 1 < bytes->len; i++)
        if (bytes->data[i] == '\n' && (bytes->data[i + 1] == '\n' || bytes->data[i + 1] == '\r'))
            return i + 1;
    return bytes->len;
}

static GMimeMessage *message_of (GByteArray *bytes)
{
    static const char *const charsets[] = {"utf-8", "windows-1252", NULL};
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array (bytes);
    g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
    GMimeParser *parser = g_mime_parser_new_with_stream (stream);
    GMimeParserOptions *options = g_mime_parser_options_new ();
    g_mime_parser_options_set_fallback_charsets (options, (const char **)charsets);
    GMimeMessage *message = g_mime_parser_construct_message (parser, options);
    g_mime_parser_options_free (options);
    g_object_unref (parser);
    g_object_unref (stream);
    return message;
}

/* ---------------------------------------------------------------- text */

static const char too_long[] = "\n[The mail was longer; this is its beginning.]\n";

/* Cut to the limit with a word that it was; never within a character. */
static void fit (mail_work_t *work)
{
    size_t limit = work->limits->text < TEXT_MAX ? work->limits->text : TEXT_MAX;
    if (work->text->len > limit)
        work->mail->cut = true;
    if (!work->mail->cut)
        return;
    size_t room = limit > sizeof too_long ? limit - sizeof too_long : 0;
    if (work->text->len > room) {
        while (room > 0 && ((unsigned char)work->text->str[room] & 0xC0) == 0x80)
            room--;
        g_string_truncate (work->text, room);
    }
    g_string_append (work->text, too_long);
}

static void trim (GString *text)
{
    size_t end = text->len, start = 0;
    while (end > 0 && g_ascii_isspace (text->str[end - 1]))
        end--;
    g_string_truncate (text, end);
    for (size_t i = 0; i < end && g_ascii_isspace (text->str[i]); i++)
        if (text->str[i] == '\n')
            start = i + 1;
    g_string_erase (text, 0, (gssize)start);
}

static void finish_text (mail_work_t *work)
{
    fit (work);
    char *fresh = mail_quote_fresh (work->text->str);
    mail_quote_unmark (work->text);
    trim (work->text);
    if (!g_utf8_validate_len (work->text->str, work->text->len, NULL)) { /* a parser's slip must not go further */
        char *valid = g_utf8_make_valid (work->text->str, (gssize)work->text->len);
        g_string_assign (work->text, valid);
        g_free (valid);
    }
    work->mail->text = xstrdup (work->text->str);
    bool usable = fresh && g_utf8_validate (fresh, -1, NULL);
    work->mail->fresh = xstrdup (usable ? fresh : work->mail->text);
    g_free (fresh);
}

static void no_message (mail_work_t *work, GByteArray *bytes)
{
    size_t most = work->limits->text;
    char *valid = mail_utf8 (NULL, (const char *)bytes->data, bytes->len < most ? bytes->len : most);
    work->mail->cut = bytes->len > most;
    g_string_assign (work->text, valid);
    mail_clean (work->text);
    g_free (valid);
}

/* ---------------------------------------------------------------- in all */

mail_in_t *mail_in_parse (const void *bytes, size_t size, const mail_limits_t *limits, const char *envelope_sender)
{
    pthread_once (&once, ready);
    GByteArray *array = prepared (size ? bytes : "", size);
    mail_work_t work = {.limits = limits, .text = g_string_new (NULL), .mail = xcalloc (1, sizeof (mail_in_t))};
    bool nested = !mail_guard (array);
    if (nested) {
        no_message (&work, array);
        g_byte_array_set_size (array, (guint)head_end (array));
    }
    work.message = message_of (array);
    if (work.message)
        mail_head_read (&work, envelope_sender);
    if (work.message && !nested)
        mail_parts_walk (&work);
    if (!work.message && !nested)
        no_message (&work, array);
    finish_text (&work);
    if (work.message) {
        mail_kind_judge (&work);
        g_object_unref (work.message);
    }
    g_byte_array_free (array, TRUE);
    g_string_free (work.text, TRUE);
    return work.mail;
}

void mail_in_destroy (mail_in_t **self_p)
{
    mail_in_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->files_n; i++)
        g_free (self->files[i].bytes);
    free (self->text);
    free (self->fresh);
    free (self);
    *self_p = NULL;
}

const char *mail_kind_word (mail_kind_t kind)
{
    static const char *const words[MAIL_KINDS] = {"person", "bounce", "receipt",  "vacation",
                                                  "list",   "loop",   "complaint"};
    return (unsigned)kind < MAIL_KINDS ? words[kind] : "person";
}
