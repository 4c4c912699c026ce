/* policy_match.c - whole words in a text, case folded.
 *
 * Both sides are brought to one form (lower case, single spaces), then " word " is a plain search.
 * Case is folded for ASCII, Latin-1, Greek and Cyrillic: a table of ranges, since towlower asks the
 * process's locale and a decision must not. Other letters match as they are written. Bytes that are not
 * UTF-8 separate words. */
#include "policy_match.h"
#include "xmalloc.h"

#include <stdint.h>

/* Upper case from..to, in steps, is `add` below its lower case. */
static const struct {
    uint32_t from, to, step, add;
} cases[] = {
    {'A', 'Z', 1, 32},     {0xC0, 0xD6, 1, 32},   {0xD8, 0xDE, 1, 32},  {0x100, 0x12E, 2, 1},  {0x132, 0x136, 2, 1},
    {0x139, 0x147, 2, 1},  {0x14A, 0x176, 2, 1},  {0x179, 0x17D, 2, 1}, {0x391, 0x3A1, 1, 32}, {0x3A3, 0x3AB, 1, 32},
    {0x400, 0x40F, 1, 80}, {0x410, 0x42F, 1, 32}, {0x460, 0x480, 2, 1},
};

/* Not part of a word, though above ASCII: signs, general punctuation, arrows ..., CJK and full-width signs. */
static const struct {
    uint32_t from, to;
} separators[] = {
    {0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},     {0xBB, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},
    {0x2000, 0x206F}, {0x20A0, 0x20CF}, {0x2190, 0x2BFF}, {0x3000, 0x303F}, {0xFF00, 0xFF0F}, {0xFFFD, 0xFFFD},
};

static uint32_t fold (uint32_t c)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (c >= cases[i].from && c <= cases[i].to && (c - cases[i].from) % cases[i].step == 0)
            return c + cases[i].add;
    return c;
}

static bool in_word (uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        if (c >= separators[i].from && c <= separators[i].to)
            return false;
    return true;
}

/* One code point; a byte that begins none is U+FFFD. Never reads past the end. */
static uint32_t decode (const unsigned char **at, const unsigned char *end)
{
    uint32_t c = *(*at)++;
    if (c < 0x80)
        return c;
    unsigned more = c >= 0xF0 && c < 0xF8 ? 3 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xC2 && c < 0xE0 ? 1 : 0;
    if (more == 0 || (size_t)(end - *at) < more)
        return 0xFFFD;
    c &= 0x3Fu >> more;
    for (unsigned i = 0; i < more; i++) {
        if (((*at)[i] & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | ((*at)[i] & 0x3F);
    }
    *at += more;
    return c;
}

static char *encode (char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *out++ = (char)((0xF00u >> more & 0xFF) | c >> 6 * more);
    while (more--)
        *out++ = (char)(0x80 | (c >> 6 * more & 0x3F));
    return out;
}

/* Appends words, each followed by a space; out stands behind a space. */
static char *fold_into (char *out, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    while (at < end) {
        uint32_t c = decode (&at, end);
        if (in_word (c))
            out = encode (out, fold (c));
        else if (out[-1] != ' ')
            *out++ = ' ';
    }
    if (out[-1] != ' ')
        *out++ = ' ';
    return out;
}

char *match_fold (const char *first, const char *second)
{
    size_t a = first ? strnlen (first, MATCH_TEXT_MAX) : 0;
    size_t b = second ? strnlen (second, MATCH_TEXT_MAX) : 0;
    char *folded = xmalloc (a + b + 6), *out = folded; /* folding changes no code point's length */
    *out++ = ' ';
    if (a)
        out = fold_into (out, first, a);
    if (a && b) {
        *out++ = '|'; /* in no word: words in a row don't cross over */
        *out++ = ' ';
    }
    if (b)
        out = fold_into (out, second, b);
    *out = 0;
    return folded;
}

bool match_word (const char *folded, const char *word)
{
    char wanted[MATCH_WORD_MAX + 4] = " ";
    *fold_into (wanted + 1, word, strnlen (word, MATCH_WORD_MAX)) = 0;
    return wanted[1] && strstr (folded, wanted);
}
