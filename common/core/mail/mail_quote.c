/* mail_quote.c - of a mail's text the words that are new.
 *
 * Line by line: what is quoted ("> ", or marked by mail_html.c), what introduces it ("On ... wrote:"), where all
 * that follows is an older mail ("-----Original Message-----", a block of From, Sent, To, Subject), what signs
 * ("-- ", "Sent from my ..."). All else is new, also between quotations. Where that would leave nothing, all of
 * it is.
 *
 * Each look ahead or back is bounded, so the whole is linear. Limits: a signature without a mark stays; a person
 * who writes like a mail program ("On 3 May he wrote:") loses what follows: it is still in the whole text. */
#include "mail_private.h"

#include <string.h>

enum {
    ATTRIBUTION_LINES = 4,
    ATTRIBUTION_MAX = 500,
    BLOCK_LINES = 8,
    SIGNATURE_LINES = 25,
    FOOTER_LINES = 6,
    INTROS_MAX = 5000,
    HEADS_MAX = 20000
};

typedef enum kind { NEW, EMPTY, QUOTED, INTRO, REST } kind_t;

typedef struct line {
    const char *at;
    uint32_t n;    /* without spaces at its end */
    uint32_t next; /* the next line that is not empty */
    kind_t kind;
    bool dropped;
} line_t;

typedef struct lines {
    line_t *all;
    size_t n;
    int heads; /* lines that may be a header of an older mail; as for looks */
    int looks; /* for what introduces a quotation; more than INTROS_MAX are nobody's */
} lines_t;

/* ---------------------------------------------------------------- lines */

static bool starts_quoted (const char *at, size_t n)
{
    size_t i = 0;
    while (i < n && i < 3 && at[i] == ' ')
        i++;
    return i < n && (at[i] == '>' || at[i] == MARK_QUOTE);
}

static lines_t lines_of (const char *text)
{
    size_t room = 1, n = 0;
    for (const char *at = text; (at = strchr (at, '\n')); at++)
        room++;
    line_t *all = g_new0 (line_t, room);
    for (const char *at = text; *at; n++) {
        size_t length = strcspn (at, "\n");
        const char *next = at + length + (at[length] == '\n');
        while (length && (at[length - 1] == ' ' || at[length - 1] == '\t'))
            length--;
        all[n] = (line_t){.at = at, .n = (uint32_t)length};
        if (length == 0)
            all[n].kind = EMPTY;
        else if (length == 1 && *at == MARK_REST)
            all[n].kind = REST;
        else if (starts_quoted (at, length))
            all[n].kind = QUOTED;
        at = next;
    }
    size_t next = n;
    for (size_t i = n; i-- > 0;) {
        all[i].next = (uint32_t)next;
        if (all[i].kind != EMPTY)
            next = i;
    }
    return (lines_t){.all = all, .n = n};
}

static bool digit_in (const char *at, size_t n, int wanted)
{
    for (size_t i = 0; i < n && wanted > 0; i++)
        wanted -= g_ascii_isdigit (at[i]) != 0;
    return wanted <= 0;
}

static bool colon_at_end (const line_t *line)
{
    return line->n &&
           (line->at[line->n - 1] == ':' || (line->n >= 3 && !memcmp (line->at + line->n - 3, "\xEF\xBC\x9A", 3)) ||
            (line->n >= 2 && line->at[line->n - 1] == '*' && line->at[line->n - 2] == ':'));
}

/* ---------------------------------------------------------------- what introduces a quotation */

static bool intro_says (const lines_t *lines, size_t first, size_t last, bool before_quote)
{
    const char *at = lines->all[first].at;
    size_t n = (size_t)(lines->all[last].at + lines->all[last].n - at);
    if (n > ATTRIBUTION_MAX || !digit_in (at, n, 1))
        return false;
    bool wrote = quote_word_wrote (at, n), address = memchr (at, '@', n);
    bool dated = digit_in (at, n < 16 ? n : 16, 4) && digit_in (at, n, 6) && address && n > 2 && at[n - 2] == '>';
    return (wrote && quote_word_starts (at, n)) || dated || (before_quote && (wrote || address));
}

/* Lines that end with a colon, up to four of them, the first with a date or "On". */
static void find_intro (lines_t *lines, size_t last)
{
    const line_t *end = &lines->all[last];
    bool before_quote = end->next < lines->n && lines->all[end->next].kind == QUOTED;
    for (size_t back = 0; back < ATTRIBUTION_LINES && back <= last; back++) {
        size_t first = last - back;
        if (lines->all[first].kind != NEW || lines->looks++ > INTROS_MAX)
            return;
        if (!digit_in (lines->all[first].at, (size_t)(end->at + end->n - lines->all[first].at), 1))
            continue;
        bool begins = quote_word_starts (lines->all[first].at, lines->all[first].n) ||
                      digit_in (lines->all[first].at, lines->all[first].n, 1);
        if (!begins || !intro_says (lines, first, last, before_quote))
            continue;
        if (back == 0 && first > 0 && !before_quote && lines->all[first - 1].kind == NEW &&
            !quote_word_starts (lines->all[first].at, lines->all[first].n))
            continue; /* its beginning may stand above */
        for (size_t i = first; i <= last; i++)
            lines->all[i].kind = INTRO;
        if (!before_quote && end->next < lines->n)
            lines->all[end->next].kind = REST; /* an answer above a mail that has no marks */
        return;
    }
}

/* ---------------------------------------------------------------- where an older mail begins */

static bool header_block (const lines_t *lines, size_t at)
{
    int seen = 0;
    for (size_t i = at; i < lines->n && i < at + BLOCK_LINES && (lines->all[i].kind == NEW || i == at); i++)
        seen |= quote_word_header (lines->all[i].at, lines->all[i].n);
    int named = !!(seen & QUOTE_FROM) + !!(seen & QUOTE_DATE) + !!(seen & QUOTE_TO) + !!(seen & QUOTE_SUBJECT);
    return (seen & QUOTE_FROM) && named >= 3;
}

static bool ruler (const line_t *line, size_t at_least)
{
    size_t i = 0;
    while (i < line->n && strchr ("-_*= ", line->at[i]))
        i++;
    return line->n >= at_least && i == line->n;
}

static void find_rest (lines_t *lines, size_t i)
{
    line_t *line = &lines->all[i];
    bool colon =
        memchr (line->at, ':', line->n < 64 ? line->n : 64) || memchr (line->at, 0xEF, line->n < 64 ? line->n : 64);
    if (quote_word_original (line->at, line->n) ||
        (colon && lines->heads++ < HEADS_MAX &&
         quote_word_header (line->at, line->n) & (QUOTE_FROM | QUOTE_DATE | QUOTE_SUBJECT) && header_block (lines, i)))
        line->kind = REST;
}

/* ---------------------------------------------------------------- what signs */

static size_t block_end (const lines_t *lines, size_t from, size_t most)
{
    size_t i = from;
    while (i < lines->n && i - from <= most && (lines->all[i].kind == NEW || lines->all[i].kind == EMPTY))
        i++;
    return i;
}

static void drop (lines_t *lines, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        lines->all[i].dropped = true;
}

static bool dashes (const line_t *line)
{
    return (line->n == 2 && memcmp (line->at, "--", 2) == 0) ||
           (line->n == 3 && memcmp (line->at, "\xE2\x80\x94", 3) == 0);
}

/* How many lines after it belong to it; 0: it signs nothing. */
static size_t signs (const line_t *line)
{
    if (dashes (line))
        return SIGNATURE_LINES;
    bool underscores = line->n >= 20 && ruler (line, 20) && line->at[0] == '_';
    return underscores ? FOOTER_LINES : 0;
}

static void find_signature (lines_t *lines, size_t i)
{
    line_t *line = &lines->all[i];
    size_t most = signs (line);
    if (most) {
        size_t end = block_end (lines, i + 1, most + 1);
        if (end - i - 1 <= most)
            drop (lines, i, end);
    } else if (quote_word_sent_from (line->at, line->n)) {
        bool last = line->next >= lines->n || lines->all[line->next].kind != NEW || signs (&lines->all[line->next]);
        line->dropped |= last;
    }
}

/* ---------------------------------------------------------------- together */

static size_t classify (lines_t *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        if (lines->all[i].kind == NEW) {
            find_rest (lines, i);
            if (lines->all[i].kind == NEW && colon_at_end (&lines->all[i]))
                find_intro (lines, i);
        }
    size_t end = 0;
    while (end < lines->n && lines->all[end].kind != REST)
        end++;
    return end;
}

static GString *kept (const lines_t *lines)
{
    GString *out = g_string_new (NULL);
    bool gap = false;
    size_t rulers = 0; /* where those begin that nothing new follows */
    for (size_t i = 0; i < lines->n; i++) {
        const line_t *line = &lines->all[i];
        if (line->kind != NEW || line->dropped) {
            gap = true;
            continue;
        }
        if (gap && out->len)
            g_string_append_c (out, '\n');
        gap = false;
        bool lone = ruler (line, 3);
        size_t from = out->len;
        g_string_append_len (out, line->at, line->n);
        g_string_append_c (out, '\n');
        rulers = lone ? (rulers ? rulers : from + 1) : 0;
    }
    if (rulers)
        g_string_truncate (out, rulers - 1);
    while (out->len && g_ascii_isspace (out->str[out->len - 1]))
        g_string_truncate (out, out->len - 1);
    return out;
}

char *mail_quote_fresh (const char *text)
{
    lines_t lines = lines_of (text);
    lines.n = classify (&lines);
    for (size_t i = 0; i < lines.n; i++)
        if (lines.all[i].kind == NEW && !lines.all[i].dropped)
            find_signature (&lines, i);
    GString *out = kept (&lines);
    g_free (lines.all);
    bool nothing = out->len == 0;
    char *fresh = g_string_free (out, nothing);
    return nothing ? NULL : fresh;
}

void mail_quote_unmark (GString *text)
{
    char *to = text->str;
    for (const char *at = text->str; *at; at++) {
        if (*at == MARK_REST && at[1] == '\n')
            at++;
        else if (*at != MARK_QUOTE && *at != MARK_REST)
            *to++ = *at;
    }
    g_string_truncate (text, (gsize)(to - text->str));
}
