/* channel_payload.c - the body of a request as one tree, whatever it came as.
 *
 * hears: JSON (jansson), a form (glib decodes its bytes), parts of one (gmime), all of them hostile. says: a JSON value.
 *
 * The parts of a form may be in different charsets: a part says its own; else the field `charsets`, in which SendGrid
 * lists them by name, or `_charset_` (HTML, 4.10.21.8) does; else it is UTF-8, and bytes that are none are read as
 * windows-1252, which takes any.
 *
 * Limits: IN_FORM_FIELDS_MAX fields, IN_FORM_PARTS_MAX parts, counted before they are parsed. */
#include "channel_in.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------- content types */

static int content_of (const char *content_type)
{
    static const struct {
        const char *name;
        int content;
    } rows[] = {{"application/json", IN_JSON},
                {"application/x-www-form-urlencoded", IN_FORM},
                {"multipart/form-data", IN_MULTIPART}};
    size_t length = content_type ? strcspn (content_type, "; \t") : 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (length == strlen (rows[i].name) && strncasecmp (content_type, rows[i].name, length) == 0)
            return rows[i].content;
    /* application/vnd.api+json and its like */
    return length > 5 && strncasecmp (content_type + length - 5, "+json", 5) == 0 ? IN_JSON : 0;
}

/* ------------------------------------------------------------------ fields */

/* Text of UTF-8 without zero bytes; malloc'd by glib. */
static char *repaired (const char *bytes, size_t size, const char *charset)
{
    gsize length = 0;
    char *text = NULL;
    if (charset && g_ascii_strcasecmp (charset, "utf-8") != 0)
        text = g_convert_with_fallback (bytes, (gssize)size, "UTF-8", g_mime_charset_iconv_name (charset), "?", NULL,
                                        &length, NULL);
    if (!text && g_utf8_validate_len (bytes, size, NULL)) {
        text = g_strndup (bytes, size);
        length = size;
    }
    if (!text)
        text = g_convert_with_fallback (bytes, (gssize)size, "UTF-8", "WINDOWS-1252", "?", NULL, &length, NULL);
    if (!text)
        return g_utf8_make_valid (bytes, (gssize)size);
    for (gsize i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = '?';
    return text;
}

/* One more value of that name. */
static void put (json_t *root, const char *name, json_t *value)
{
    json_t *known = json_object_get (root, name);
    if (!known) {
        json_object_set_new (root, name, value);
        return;
    }
    if (!json_is_array (known)) {
        json_t *list = json_array ();
        json_array_append (list, known);
        json_object_set_new (root, name, list);
        known = list;
    }
    json_array_append_new (known, value);
}

static void put_text (json_t *root, const char *name, const char *bytes, size_t size, const char *charset)
{
    char *text = repaired (bytes, size, charset);
    json_t *value = json_string (text);
    put (root, name, value ? value : json_string (""));
    g_free (text);
}

/* -------------------------------------------------------------------- form */

/* "a+b%20c" */
static GBytes *unescaped (const char *from, size_t size)
{
    char *plain = g_strndup (from, size);
    for (char *at = plain; *at; at++)
        if (*at == '+')
            *at = ' ';
    GBytes *bytes = g_uri_unescape_bytes (plain, -1, NULL, NULL);
    if (bytes) {
        g_free (plain);
        return bytes;
    }
    return g_bytes_new_take (plain, strlen (plain)); /* a '%' that is none */
}

static json_t *read_form (const char *body, size_t size, char why[DETAIL_SIZE])
{
    json_t *root = json_object ();
    size_t fields = 0;
    for (const char *at = body, *end = body + size; at < end && fields < IN_FORM_FIELDS_MAX; fields++) {
        const char *stop = memchr (at, '&', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        const char *equals = memchr (at, '=', length);
        size_t name_size = equals ? (size_t)(equals - at) : length;
        GBytes *name = unescaped (at, name_size),
               *value = unescaped (equals ? equals + 1 : "", equals ? length - name_size - 1 : 0);
        gsize bytes_size;
        const char *bytes = g_bytes_get_data (name, &bytes_size);
        char *key = repaired (bytes ? bytes : "", bytes_size, NULL);
        bytes = g_bytes_get_data (value, &bytes_size);
        if (*key)
            put_text (root, key, bytes ? bytes : "", bytes_size, NULL);
        g_free (key);
        g_bytes_unref (name);
        g_bytes_unref (value);
        at += length + 1;
    }
    if (fields < IN_FORM_FIELDS_MAX)
        return root;
    json_decref (root);
    snprintf (why, DETAIL_SIZE, "a form of more than %d fields", (int)IN_FORM_FIELDS_MAX);
    return NULL;
}

/* --------------------------------------------------------------- multipart */

/* Of a mail that is attached: the mail. */
static GByteArray *content_bytes (GMimeObject *part)
{
    GMimeStream *stream = g_mime_stream_mem_new ();
    GByteArray *bytes = g_byte_array_ref (g_mime_stream_mem_get_byte_array (GMIME_STREAM_MEM (stream)));
    GMimeDataWrapper *content = GMIME_IS_PART (part) ? g_mime_part_get_content (GMIME_PART (part)) : NULL;
    GMimeMessage *mail =
        GMIME_IS_MESSAGE_PART (part) ? g_mime_message_part_get_message (GMIME_MESSAGE_PART (part)) : NULL;
    g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
    if (content)
        g_mime_data_wrapper_write_to_stream (content, stream);
    else if (mail)
        g_mime_object_write_to_stream (GMIME_OBJECT (mail), NULL, stream);
    g_object_unref (stream);
    return bytes;
}

static const char *disposition (GMimeObject *part, const char *name)
{
    const char *value = g_mime_object_get_content_disposition_parameter (part, name);
    return value ? value : "";
}

/* Takes the bytes. */
static void list_file (json_t *root, GMimeObject *part, GByteArray *bytes, GPtrArray *kept)
{
    json_t *row;
    GMimeContentType *type = g_mime_object_get_content_type (part);
    char *word = type ? g_mime_content_type_get_mime_type (type) : NULL;
    char *name = repaired (disposition (part, "filename"), strlen (disposition (part, "filename")), NULL);
    char *text = repaired (word ? word : "", word ? strlen (word) : 0, NULL);
    json_t *files = json_object_get (root, "@files");
    if (!files) {
        files = json_array ();
        json_object_set_new (root, "@files", files);
    }
    row = json_pack ("{s:s, s:s, s:I}", "name", name, "type", text, "size", (json_int_t)bytes->len);
    if (kept) {
        json_object_set_new (row, "@bytes", json_integer (kept->len));
        g_ptr_array_add (kept, g_byte_array_free_to_bytes (bytes));
    } else
        g_byte_array_unref (bytes);
    json_array_append_new (files, row);
    g_free (name);
    g_free (text);
    g_free (word);
}

/* What the form itself says about the field's charset. */
static char *charset_of (json_t *charsets, const char *name, GMimeObject *part)
{
    const char *own = g_mime_object_get_content_type_parameter (part, "charset");
    const char *listed = json_string_value (json_object_get (charsets, name));
    if (!listed)
        listed = json_string_value (json_object_get (charsets, "_charset_"));
    return own || listed ? g_strdup (own ? own : listed) : NULL;
}

/* First the fields that say how the others are to be read. */
static json_t *find_charsets (GMimeMultipart *parts, int n)
{
    json_t *charsets = NULL;
    char why[DETAIL_SIZE];
    for (int i = 0; i < n; i++) {
        GMimeObject *part = g_mime_multipart_get_part (parts, i);
        const char *name = disposition (part, "name");
        bool all = strcmp (name, "_charset_") == 0;
        if (!GMIME_IS_PART (part) || (!all && strcmp (name, "charsets") != 0))
            continue;
        GByteArray *bytes = content_bytes (part);
        json_t *said =
            all ? json_pack ("{s:s%}", "_charset_", bytes->data ? (const char *)bytes->data : "", (size_t)bytes->len)
                : pick_json (bytes->data ? (const char *)bytes->data : "", bytes->len, why);
        if (!charsets)
            charsets = said;
        else if (said) {
            json_object_update_missing (charsets, said);
            json_decref (said);
        }
        g_byte_array_unref (bytes);
    }
    return charsets;
}

static void take_part (json_t *root, GMimeObject *part, json_t *charsets, GPtrArray *files)
{
    const char *raw = disposition (part, "name");
    GByteArray *bytes = content_bytes (part);
    if (*disposition (part, "filename") || !GMIME_IS_PART (part)) {
        list_file (root, part, bytes, files);
        return;
    }
    char *name = repaired (raw, strlen (raw), NULL);
    if (*name) {
        char *charset = charset_of (charsets, name, part);
        put_text (root, name, bytes->data ? (const char *)bytes->data : "", bytes->len, charset);
        g_free (charset);
    }
    g_free (name);
    g_byte_array_unref (bytes);
}

static GMimeObject *parse_parts (const char *content_type, const void *body, size_t size)
{
    enum { HEAD = 1024 };
    GMimeStream *all = g_mime_stream_mem_new_with_byte_array (g_byte_array_sized_new ((guint)size + HEAD));
    g_mime_stream_write_string (all, "Content-Type: ");
    for (const char *at = content_type; *at; at++) /* one line, whatever the header held */
        if ((unsigned char)*at >= ' ')
            g_mime_stream_write (all, at, 1);
    g_mime_stream_write_string (all, "\r\n\r\n");
    g_mime_stream_write (all, body ? body : "", size);
    g_mime_stream_seek (all, 0, GMIME_STREAM_SEEK_SET);
    GMimeParser *parser = g_mime_parser_new_with_stream (all);
    GMimeObject *object = g_mime_parser_construct_part (parser, NULL);
    g_object_unref (parser);
    g_object_unref (all);
    return object;
}

/* Lines that begin so. */
static size_t lines_of (const char *body, size_t size, const char *word)
{
    size_t n = 0, length = strlen (word);
    for (const char *at = body, *end = body + size; at && at < end; at = at ? at + 1 : NULL) {
        n += (size_t)(end - at) >= length && memcmp (at, word, length) == 0;
        at = memchr (at, '\n', (size_t)(end - at));
    }
    return n;
}

/* A parser makes something of each boundary, and compares each line that may be one; files have such lines, too. */
static bool modest (const char *content_type, const char *body, size_t size)
{
    enum { DASHED_MAX = 20000 };
    GMimeContentType *type = g_mime_content_type_parse (NULL, content_type);
    const char *boundary = type ? g_mime_content_type_get_parameter (type, "boundary") : NULL;
    char *line = g_strconcat ("--", boundary ? boundary : "", NULL);
    bool few = lines_of (body, size, line) <= 2 * IN_FORM_PARTS_MAX && lines_of (body, size, "--") <= DASHED_MAX;
    g_free (line);
    if (type)
        g_object_unref (type);
    return few;
}

static json_t *read_multipart (const char *content_type, const void *body, size_t size, GPtrArray *files,
                               char why[DETAIL_SIZE])
{
    GMimeObject *object = modest (content_type, body, size) ? parse_parts (content_type, body, size) : NULL;
    json_t *root = NULL;
    int n = object && GMIME_IS_MULTIPART (object) ? g_mime_multipart_get_count (GMIME_MULTIPART (object)) : 0;
    if (n == 0 || n > IN_FORM_PARTS_MAX) {
        snprintf (why, DETAIL_SIZE,
                  n || !object ? "a form of too many parts, or none" : "there is no part between the boundaries");
    } else {
        root = json_object ();
        json_t *charsets = find_charsets (GMIME_MULTIPART (object), n);
        for (int i = 0; i < n; i++)
            take_part (root, g_mime_multipart_get_part (GMIME_MULTIPART (object), i), charsets, files);
        json_decref (charsets);
    }
    if (object)
        g_object_unref (object);
    return root;
}

/* -------------------------------------------------------------------- door */

json_t *channel_payload_read (const channel_in_t *self, const char *content_type, const void *body, size_t size,
                              GPtrArray *files, in_fault_t *fault, char why[DETAIL_SIZE])
{
    int content = content_of (content_type);
    json_t *root = NULL;
    *fault = IN_MEDIA;
    if (!content_type && self->content & IN_QUERY && size == 0) {
        *fault = IN_FINE;
        return json_object ();
    }
    if (!(content & self->content)) {
        snprintf (why, DETAIL_SIZE, "Content-Type is '%.80s'; this channel takes%s%s%s",
                  content_type ? content_type : "", self->content & IN_JSON ? " application/json" : "",
                  self->content & IN_FORM ? " application/x-www-form-urlencoded" : "",
                  self->content & IN_MULTIPART ? " multipart/form-data" : "");
        return NULL;
    }
    *fault = IN_MALFORMED;
    if (content == IN_JSON)
        root = pick_json (body ? body : "", size, why);
    else if (content == IN_FORM)
        root = read_form (body ? body : "", size, why);
    else
        root = read_multipart (content_type, body, size, files, why);
    if (root)
        *fault = IN_FINE;
    return root;
}
