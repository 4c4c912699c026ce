/* mail_text.c - from a part's bytes to UTF-8 that is valid and holds no control character.
 *
 * What a mail says of its charset is a hint: a label that iconv is not to be troubled with, or that the bytes
 * contradict, gives way to UTF-8 if they are that, else to windows-1252, in which every byte is something.
 * Limits: charsets outside the table below (no mail program of this century writes them) count as unknown. */
#include "mail_private.h"

#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define FALLBACK    "CP1252"

/* Names as mails write them, and as iconv knows their superset. Only these are asked of iconv: its rarer modules
 * are old code, and the name comes from outside. */
static const struct charset {
    const char *name, *iconv;
    bool bytes; /* one byte a character, or seven bits: valid UTF-8 with more than ASCII in it is no accident */
} charsets[] = {
    {"iso-8859-1", "CP1252", true},
    {"latin1", "CP1252", true},
    {"windows-1252", "CP1252", true},
    {"cp1252", "CP1252", true},
    {"iso-8859-2", "ISO-8859-2", true},
    {"iso-8859-3", "ISO-8859-3", true},
    {"iso-8859-4", "ISO-8859-4", true},
    {"iso-8859-5", "ISO-8859-5", true},
    {"iso-8859-6", "ISO-8859-6", true},
    {"iso-8859-7", "ISO-8859-7", true},
    {"iso-8859-8", "ISO-8859-8", true},
    {"iso-8859-8-i", "ISO-8859-8", true},
    {"iso-8859-9", "CP1254", true},
    {"iso-8859-10", "ISO-8859-10", true},
    {"iso-8859-11", "CP874", true},
    {"iso-8859-13", "ISO-8859-13", true},
    {"iso-8859-14", "ISO-8859-14", true},
    {"iso-8859-15", "ISO-8859-15", true},
    {"iso-8859-16", "ISO-8859-16", true},
    {"windows-1250", "CP1250", true},
    {"windows-1251", "CP1251", true},
    {"windows-1253", "CP1253", true},
    {"windows-1254", "CP1254", true},
    {"windows-1255", "CP1255", true},
    {"windows-1256", "CP1256", true},
    {"windows-1257", "CP1257", true},
    {"windows-1258", "CP1258", true},
    {"windows-874", "CP874", true},
    {"tis-620", "CP874", true},
    {"koi8-r", "KOI8-R", true},
    {"koi8-u", "KOI8-U", true},
    {"ibm850", "CP850", true},
    {"cp850", "CP850", true},
    {"cp437", "CP437", true},
    {"cp866", "CP866", true},
    {"macintosh", "MACINTOSH", true},
    {"iso-2022-jp", "ISO-2022-JP-3", true},
    {"iso-2022-kr", "ISO-2022-KR", true},
    {"utf-7", "UTF-7", true},
    {"shift_jis", "CP932", false},
    {"shift-jis", "CP932", false},
    {"sjis", "CP932", false},
    {"windows-31j", "CP932", false},
    {"cp932", "CP932", false},
    {"euc-jp", "EUC-JP-MS", false},
    {"gb2312", "GB18030", false},
    {"gbk", "GB18030", false},
    {"gb18030", "GB18030", false},
    {"cp936", "GB18030", false},
    {"x-gbk", "GB18030", false},
    {"big5", "BIG5-HKSCS", false},
    {"big5-hkscs", "BIG5-HKSCS", false},
    {"euc-kr", "CP949", false},
    {"ks_c_5601-1987", "CP949", false},
    {"cp949", "CP949", false},
    {"windows-949", "CP949", false},
    {"utf-16", "UTF-16", false},
    {"utf-16le", "UTF-16LE", false},
    {"utf-16be", "UTF-16BE", false},
    {"utf-32", "UTF-32", false},
};

static const struct charset *charset_of (const char *name)
{
    for (size_t i = 0; name && i < G_N_ELEMENTS (charsets); i++)
        if (g_ascii_strcasecmp (charsets[i].name, name) == 0)
            return &charsets[i];
    return NULL;
}

/* ---------------------------------------------------------------- to UTF-8 */

/* What iconv can't read becomes a replacement character, byte by byte. */
static GString *convert (iconv_t how, const char *bytes, size_t size)
{
    GString *out = g_string_sized_new (size + size / 2 + 16);
    char *in = (char *)bytes, buffer[8192];
    bool last = false; /* what a converter still holds back */
    while (!last || size) {
        char *to = buffer;
        size_t room = sizeof buffer;
        last = !size;
        size_t done = iconv (how, last ? NULL : &in, last ? NULL : &size, &to, &room);
        g_string_append_len (out, buffer, to - buffer);
        if (done == (size_t)-1 && errno != E2BIG && size) {
            g_string_append (out, REPLACEMENT);
            in++, size--;
        }
    }
    return out;
}

static GString *convert_from (const char *name, const char *bytes, size_t size)
{
    iconv_t how = iconv_open ("UTF-8", name);
    if (how == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): as iconv says it
        return NULL;
    GString *out = convert (how, bytes, size);
    iconv_close (how);
    return out;
}

/* UTF-8 as it is, with a replacement for what is not; NULL if that is most of what is not ASCII. */
static GString *mended (const char *bytes, size_t size)
{
    GString *out = g_string_sized_new (size + 16);
    size_t good = 0, bad = 0;
    while (size) {
        const char *end = bytes;
        g_utf8_validate_len (bytes, size, &end);
        for (const char *at = bytes; at < end; at++)
            good += (unsigned char)*at >= 0xC0;
        g_string_append_len (out, bytes, end - bytes);
        size -= (size_t)(end - bytes);
        bytes = end;
        if (!size)
            break;
        if (*bytes) { /* a NUL is just left out */
            g_string_append (out, REPLACEMENT);
            bad++;
        }
        bytes++, size--;
    }
    if (bad <= good)
        return out;
    g_string_free (out, TRUE);
    return NULL;
}

static GString *guessed (const char *bytes, size_t size)
{
    GString *out = mended (bytes, size);
    if (!out)
        out = convert_from (FALLBACK, bytes, size);
    return out ? out : g_string_new ("");
}

static bool has_high (const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)bytes[i] >= 0x80)
            return true;
    return false;
}

char *mail_utf8 (const char *charset, const char *bytes, size_t size)
{
    const struct charset *known = charset_of (charset);
    GString *out = NULL;
    bool wide = size >= 2 && (memcmp (bytes, "\xFF\xFE", 2) == 0 || memcmp (bytes, "\xFE\xFF", 2) == 0);
    if (!known && wide)
        known = charset_of ("utf-16");
    bool lies = known && known->bytes && has_high (bytes, size) && g_utf8_validate_len (bytes, size, NULL);
    if (known && !lies)
        out = convert_from (known->iconv, bytes, size);
    if (!out)
        out = guessed (bytes, size);
    /* a converter's output may hold a NUL, which ends strings */
    for (size_t i = 0; i < out->len; i++)
        if (!out->str[i])
            out->str[i] = ' ';
    return g_string_free (out, FALSE);
}

/* ---------------------------------------------------------------- clean */

static bool dropped (gunichar c)
{
    return (c < ' ' && c != '\t') || (c >= 0x7F && c < 0xA0) || c == 0xFEFF || c == 0xAD || (c & 0xFFFE) == 0xFFFE;
}

/* CRLF and CR are line ends, as are U+2028 and U+2029; a no-break space is a space. */
void mail_clean (GString *text)
{
    GString *out = g_string_sized_new (text->len);
    for (const char *at = text->str; *at;) {
        if (*at == '\r' || *at == '\n') {
            at += *at == '\r' && at[1] == '\n' ? 2 : 1;
            g_string_append_c (out, '\n');
            continue;
        }
        const char *next = g_utf8_next_char (at);
        gunichar c = g_utf8_get_char (at);
        if (c == 0x2028 || c == 0x2029)
            g_string_append_c (out, '\n');
        else if (c == 0xA0)
            g_string_append_c (out, ' ');
        else if (!dropped (c))
            g_string_append_len (out, at, next - at);
        at = next;
    }
    g_string_truncate (text, 0);
    g_string_append_len (text, out->str, (gssize)out->len);
    g_string_free (out, TRUE);
}

void mail_clean_line (char *to, size_t size, const char *from)
{
    *to = '\0';
    if (!from)
        return;
    GString *line = g_string_new (NULL);
    size_t enough = size * 4; /* of a header that may be megabytes long */
    char *valid = mail_utf8 (NULL, from, strnlen (from, enough));
    for (const char *at = valid; *at; at = g_utf8_next_char (at)) {
        gunichar c = g_utf8_get_char (at);
        if (c == 0xA0 || c <= ' ' || c == 0x2028 || c == 0x2029) {
            if (line->len && line->str[line->len - 1] != ' ')
                g_string_append_c (line, ' ');
        } else if (!dropped (c))
            g_string_append_unichar (line, c);
    }
    g_strchomp (line->str);
    word_copy (to, size, line->str);
    g_strchomp (to);
    g_free (valid);
    g_string_free (line, TRUE);
}

/* ---------------------------------------------------------------- flowed lines */

/* Lines that end with a space go on in the next one of the same depth; "-- " is a signature, not a flowed line. */
void mail_unflow (GString *text, bool delete_space)
{
    GString *out = g_string_sized_new (text->len + 16);
    int open = -1; /* the depth of a line that goes on */
    for (const char *line = text->str; *line;) {
        size_t n = strcspn (line, "\n");
        const char *at = line, *end = line + n;
        int depth = 0;
        for (; at < end && *at == '>'; at++)
            depth++;
        if (at < end && *at == ' ')
            at++;
        bool signature = end - at == 3 && memcmp (at, "-- ", 3) == 0;
        if (open >= 0 && (open != depth || signature))
            g_string_append_c (out, '\n'), open = -1;
        if (open < 0) {
            for (int i = 0; i < depth; i++)
                g_string_append_c (out, '>');
            if (depth)
                g_string_append_c (out, ' ');
        }
        bool flows = end > at && end[-1] == ' ' && !signature;
        g_string_append_len (out, at, end - at - (flows && delete_space ? 1 : 0));
        open = flows ? depth : -1;
        if (!flows)
            g_string_append_c (out, '\n');
        line = end + (*end == '\n');
    }
    g_string_truncate (text, 0);
    g_string_append_len (text, out->str, (gssize)out->len);
    g_string_free (out, TRUE);
}

char *mail_decoded (GMimePart *part, size_t *size)
{
    GMimeDataWrapper *content = g_mime_part_get_content (part);
    GByteArray *bytes = g_byte_array_new ();
    if (content) {
        GMimeStream *stream = g_mime_stream_mem_new_with_byte_array (bytes);
        g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
        g_mime_data_wrapper_write_to_stream (content, stream);
        g_object_unref (stream);
    }
    *size = bytes->len;
    g_byte_array_append (bytes, (const guint8 *)"", 1);
    return (char *)g_byte_array_free (bytes, FALSE);
}
