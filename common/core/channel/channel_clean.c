/* channel_clean.c - what a payload says, made fit for its field: sizes, control characters, forms.
 *
 * Limits: what is longer than its field is cut at a character; ids are known by their hash then, and whole ones (who wrote)
 * are left out: a cut one would name another. */
#include "channel_in_private.h"

#include "ids.h"

#include <string.h>

enum shape {
    SHAPE_LINE,     /* no control character */
    SHAPE_TEXT,     /* line ends and tabs may stay */
    SHAPE_ID,       /* a line; too long: its hash, since a cut one would name another */
    SHAPE_WHOLE,    /* a line; too long: nothing */
    SHAPE_LANGUAGE, /* en, pt-BR */
    SHAPE_NAME,     /* as names of tiers are */
    SHAPE_BYTES,    /* as it came */
};

static const struct {
    enum shape shape;
    size_t size;
} shapes[IN_FIELDS] = {
    [IN_SENDER] = {SHAPE_WHOLE, ADDRESS_SIZE},    [IN_NAME] = {SHAPE_LINE, DISPLAY_SIZE},
    [IN_SUBJECT] = {SHAPE_LINE, SUBJECT_SIZE},    [IN_TEXT] = {SHAPE_TEXT, TEXT_MAX + 1},
    [IN_FRESH] = {SHAPE_TEXT, TEXT_MAX + 1},      [IN_THREAD] = {SHAPE_ID, ADDRESS_SIZE},
    [IN_MESSAGE_ID] = {SHAPE_ID, ADDRESS_SIZE},   [IN_LANGUAGE] = {SHAPE_LANGUAGE, LANGUAGE_SIZE},
    [IN_TIER] = {SHAPE_NAME, NAME_SIZE},          [IN_TIME] = {SHAPE_LINE, ADDRESS_SIZE},
    [IN_RETURN_TO] = {SHAPE_WHOLE, ADDRESS_SIZE}, [IN_CALL_PERSON] = {SHAPE_LINE, ADDRESS_SIZE},
    [IN_MAIL] = {SHAPE_BYTES, SIZE_MAX},
};

void channel_clean (GString *text, bool lines)
{
    size_t to = 0;
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->str[i];
        bool c1 = c == 0xc2 && (unsigned char)text->str[i + 1] < 0xa0;
        if (c1)
            i++;
        else if (c >= ' ' && c != 0x7f)
            text->str[to++] = (char)c;
        else if (lines ? c == '\n' || c == '\t' : c == '\n' || c == '\t' || c == '\r')
            text->str[to++] = lines ? (char)c : ' ';
    }
    g_string_truncate (text, to);
    g_strstrip (text->str);
    text->len = strlen (text->str);
}

void channel_cut (GString *text, size_t size)
{
    size_t length = size - 1;
    if (text->len <= length)
        return;
    while (length > 0 && ((unsigned char)text->str[length] & 0xC0) == 0x80)
        length--;
    g_string_truncate (text, length);
}

static bool is_language (GString *text)
{
    for (char *at = text->str; *at; at++)
        *at = *at == '_' ? '-' : *at;
    size_t first = strcspn (text->str, "-");
    if (first == 2 || first == 3)
        for (size_t i = 0; i < first; i++)
            text->str[i] = g_ascii_tolower (text->str[i]);
    return (first == 2 || first == 3) && strspn (text->str, "abcdefghijklmnopqrstuvwxyz") == first &&
           text->len < LANGUAGE_SIZE && name_valid (text->str);
}

void channel_shape (GString *text, enum in_field field)
{
    enum shape kind = shapes[field].shape;
    size_t size = shapes[field].size;
    if (kind == SHAPE_BYTES)
        return;
    channel_clean (text, kind == SHAPE_TEXT);
    if (kind == SHAPE_ID && text->len >= size) {
        char hash[HASH_HEX_SIZE];
        hash_hex (text->str, text->len, hash);
        g_string_printf (text, "hash %s", hash);
    }
    bool fits = kind == SHAPE_WHOLE      ? text->len < size
                : kind == SHAPE_LANGUAGE ? is_language (text)
                : kind == SHAPE_NAME     ? name_valid (text->str)
                                         : true;
    if (!fits)
        g_string_truncate (text, 0);
    channel_cut (text, size);
}
