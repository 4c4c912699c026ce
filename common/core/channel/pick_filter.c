/* pick_filter.c - what a template may make of a text on its way: one row a filter.
 *
 *   html          the words of HTML            address       ann@example.org of "Ann <ann@example.org>"
 *   fresh         without quote and signature  name          Ann, of the same
 *   ids           message ids without <>       header:NAME   a field of a block of mail headers
 *   lower upper   letters                      part:NAME     b, of "a=1,NAME=b" (signatures come so)
 *   first last    of several words
 *   without:WORD  what stands behind WORD, if it begins so ("whatsapp:+49...")
 *
 * Mail's own rules are mail_in.h's and gmime's.
 *
 * Limits: html, fresh, address, name and header look at the first LOOKED_AT_MAX bytes. */
#include "pick.h"

#include "mail_in.h"

#include <gmime/gmime.h>
#include <string.h>

enum { LOOKED_AT_MAX = 64 * 1024 };

static bool take (GString *text, const char *found)
{
    g_string_assign (text, found ? found : "");
    return text->len > 0;
}

/* What takes long is not done with more than this, so that no payload holds up the loop. */
static bool bound (GString *text)
{
    size_t length = LOOKED_AT_MAX;
    if (text->len <= length)
        return false;
    while (length > 0 && ((unsigned char)text->str[length] & 0xC0) == 0x80)
        length--;
    g_string_truncate (text, length);
    return true;
}

/* As the body of a mail of that type, of which only the words are of interest. */
static bool by_mail (GString *text, const char *type, bool fresh)
{
    bool cut = bound (text);
    g_string_prepend (text, "; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n");
    g_string_prepend (text, type);
    g_string_prepend (text, "MIME-Version: 1.0\nContent-Type: ");
    mail_in_t *mail = mail_in_parse (text->str, text->len, &mail_limits_default, NULL);
    bool there = take (text, fresh ? mail->fresh : mail->text);
    mail_in_destroy (&mail);
    if (cut && !fresh)
        g_string_append (text, "\n[The rest was too long to be read.]");
    return there;
}

static bool filter_html (GString *text, const char *word)
{
    (void)word;
    return by_mail (text, "text/html", false);
}

static bool filter_fresh (GString *text, const char *word)
{
    (void)word;
    return by_mail (text, "text/plain", true);
}

/* The first mailbox of a list, groups looked into. */
static InternetAddressMailbox *mailbox (InternetAddressList *list)
{
    for (int i = 0; list && i < internet_address_list_length (list); i++) {
        InternetAddress *address = internet_address_list_get_address (list, i);
        if (INTERNET_ADDRESS_IS_MAILBOX (address))
            return INTERNET_ADDRESS_MAILBOX (address);
    }
    return NULL;
}

static bool by_address (GString *text, bool name)
{
    bound (text);
    InternetAddressList *list = internet_address_list_parse (NULL, text->str);
    InternetAddressMailbox *box = mailbox (list);
    bool there = box && take (text, name ? internet_address_get_name (INTERNET_ADDRESS (box))
                                         : internet_address_mailbox_get_addr (box));
    if (list)
        g_object_unref (list);
    return there;
}

static bool filter_address (GString *text, const char *word)
{
    (void)word;
    return by_address (text, false);
}

static bool filter_name (GString *text, const char *word)
{
    (void)word;
    return by_address (text, true);
}

/* Lists of ids, as In-Reply-To and References have them: bare, with blanks between. */
static bool filter_ids (GString *text, const char *word)
{
    (void)word;
    for (char *at = text->str; *at; at++)
        if (strchr ("<>,\t\r\n", *at))
            *at = ' ';
    g_strstrip (text->str);
    text->len = strlen (text->str);
    return text->len > 0;
}

/* The field's own lines, in a block of them: "Name: value", and what is folded behind it (RFC 5322, 2.2.3). */
static char *field_of (const char *block, const char *name)
{
    size_t length = strlen (name);
    for (const char *line = block; *line;) {
        const char *end = line + strcspn (line, "\n");
        while (*end && (end[1] == ' ' || end[1] == '\t'))
            end += 1 + strcspn (end + 1, "\n");
        if (g_ascii_strncasecmp (line, name, length) == 0 && line[length] == ':')
            return g_strndup (line + length + 1, (gsize)(end - line) - length - 1);
        line = *end ? end + 1 : end;
    }
    return NULL;
}

static bool filter_header (GString *text, const char *word)
{
    bound (text);
    char *raw = field_of (text->str, word);
    char *unfolded = raw ? g_mime_utils_header_unfold (raw) : NULL;
    char *value = unfolded ? g_mime_utils_header_decode_text (NULL, unfolded) : NULL;
    bool there = take (text, value ? g_strstrip (value) : NULL);
    g_free (value);
    g_free (unfolded);
    g_free (raw);
    return there;
}

static bool filter_lower (GString *text, const char *word)
{
    (void)word;
    char *lower = g_utf8_strdown (text->str, (gssize)text->len);
    bool there = take (text, lower);
    g_free (lower);
    return there;
}

static bool filter_upper (GString *text, const char *word)
{
    (void)word;
    char *upper = g_utf8_strup (text->str, (gssize)text->len);
    bool there = take (text, upper);
    g_free (upper);
    return there;
}

/* All values of that name, with blanks between. */
static bool filter_part (GString *text, const char *word)
{
    size_t length = strlen (word);
    char **pairs = g_strsplit_set (text->str, ",; ", 64);
    g_string_truncate (text, 0);
    for (char **pair = pairs; *pair; pair++)
        if (strncmp (*pair, word, length) == 0 && (*pair)[length] == '=')
            g_string_append_printf (text, "%s%s", text->len ? " " : "", *pair + length + 1);
    g_strfreev (pairs);
    return text->len > 0;
}

/* Of several words. */
static bool filter_first (GString *text, const char *word)
{
    (void)word;
    g_strchug (text->str);
    g_string_truncate (text, strcspn (text->str, " "));
    return text->len > 0;
}

static bool filter_last (GString *text, const char *word)
{
    (void)word;
    g_strchomp (text->str);
    const char *space = strrchr (text->str, ' ');
    char *last = g_strdup (space ? space + 1 : text->str);
    bool there = take (text, last);
    g_free (last);
    return there;
}

static bool filter_without (GString *text, const char *word)
{
    size_t length = strlen (word);
    if (strncmp (text->str, word, length) == 0)
        g_string_erase (text, 0, (gssize)length);
    return text->len > 0;
}

const pick_filter_row_t pick_filters[] = {
    {"html", filter_html},
    {"fresh", filter_fresh},
    {"address", filter_address},
    {"name", filter_name},
    {"ids", filter_ids},
    {"header", filter_header, true},
    {"lower", filter_lower},
    {"upper", filter_upper},
    {"part", filter_part, true},
    {"first", filter_first},
    {"last", filter_last},
    {"without", filter_without, true},
    {NULL},
};
