/* mail_html_elements.c - what elements of a page mean: where a line ends, what is quoted, hidden, a link's address.
 *
 * Hears: each beginning and end that the parser (mail_html.c) tells. Says: words and marks (mail_html_words.c). */
#include "mail_html_private.h"

#include <string.h>

enum { URL_MAX = 500 };

/* In order, for bsearch. What is not here is inline. */
static const struct tag {
    const char *name;
    how_t how;
} tags[] = {
    {"a", LINK},           {"address", LINE},    {"article", LINE}, {"aside", LINE},   {"audio", SKIP},
    {"blockquote", QUOTE}, {"body", LINE},       {"br", BREAK},     {"caption", LINE}, {"center", LINE},
    {"dd", LINE},          {"dir", LIST},        {"div", LINE},     {"dl", LINE},      {"dt", LINE},
    {"fieldset", LINE},    {"figcaption", LINE}, {"figure", LINE},  {"footer", LINE},  {"form", LINE},
    {"h1", PARAGRAPH},     {"h2", PARAGRAPH},    {"h3", PARAGRAPH}, {"h4", PARAGRAPH}, {"h5", PARAGRAPH},
    {"h6", PARAGRAPH},     {"header", LINE},     {"hr", RULE},      {"iframe", SKIP},  {"img", IMAGE},
    {"li", ITEM},          {"main", LINE},       {"menu", LIST},    {"nav", LINE},     {"object", SKIP},
    {"ol", LIST},          {"option", SKIP},     {"p", PARAGRAPH},  {"pre", PRE},      {"script", SKIP},
    {"section", LINE},     {"select", SKIP},     {"style", SKIP},   {"svg", SKIP},     {"table", LINE},
    {"td", CELL},          {"template", SKIP},   {"th", CELL},      {"title", SKIP},   {"tr", ROW},
    {"ul", LIST},          {"video", SKIP},
};

static const char *const others[] = {"href", "style", "class", "id", "type", "alt", "name", "html", "head", "span"};

/* Where mail programs begin the mail that they answer. */
static const struct frontier {
    const char *attribute, *word; /* one of its words; whole */
    char mark;                    /* REST: all that follows; QUOTE: what is inside */
} frontiers[] = {
    {"id", "divRplyFwdMsg", MARK_REST},
    {"id", "appendonsend", MARK_REST},
    {"id", "stopSpelling", MARK_REST},
    {"id", "OLK_SRC_BODY_SECTION", MARK_REST},
    {"name", "OLK_SRC_BODY_SECTION", MARK_REST},
    {"id", "zwchr", MARK_REST},
    {"id", "reply-intro", MARK_QUOTE},
    {"id", "isForwardContent", MARK_REST},
    {"class", "yahoo_quoted", MARK_REST},
    {"class", "protonmail_quote", MARK_REST},
    {"class", "gmail_attr", MARK_QUOTE},
    {"class", "moz-cite-prefix", MARK_QUOTE},
    {"class", "moz-forward-container", MARK_REST},
    {"class", "zmail_extra", MARK_REST},
    {"class", "OutlookMessageHeader", MARK_REST},
    {"class", "tutanota_quote", MARK_QUOTE},
};

const char *html_known (size_t index)
{
    size_t n = G_N_ELEMENTS (tags);
    if (index < n)
        return tags[index].name;
    return index - n < G_N_ELEMENTS (others) ? others[index - n] : NULL;
}

static int by_name (const void *a, const void *b)
{
    return strcmp (a, ((const struct tag *)b)->name);
}

how_t html_how (const char *name)
{
    const struct tag *tag = bsearch (name, tags, G_N_ELEMENTS (tags), sizeof *tags, by_name);
    return tag ? tag->how : INLINE;
}

static const char *attribute (const xmlChar **all, const char *name)
{
    for (; all && all[0]; all += 2)
        if (strcmp ((const char *)all[0], name) == 0)
            return all[1] ? (const char *)all[1] : "";
    return "";
}

static bool has_word (const char *words_of, const char *word)
{
    size_t n = strlen (word);
    for (const char *at = words_of; (at = strstr (at, word)); at += n)
        if ((at == words_of || at[-1] == ' ') && (!at[n] || at[n] == ' '))
            return true;
    return false;
}

static char frontier_of (const xmlChar **all)
{
    for (size_t i = 0; all && all[0] && i < G_N_ELEMENTS (frontiers); i++)
        if (has_word (attribute (all, frontiers[i].attribute), frontiers[i].word))
            return frontiers[i].mark;
    return '\0';
}

/* Some programs indent with a block quotation: then it has no border on its left. */
static bool cites (const xmlChar **all)
{
    const char *style = attribute (all, "style");
    bool indent = mail_contains (style, "border:none") || mail_contains (style, "border: none");
    return !indent || strcmp (attribute (all, "type"), "cite") == 0;
}

static bool hidden (const xmlChar **all)
{
    const char *style = attribute (all, "style");
    return mail_contains (style, "display:none") || mail_contains (style, "display: none");
}

static void item (page_t *self)
{
    html_owe (self, 1);
    char label[16] = "- ";
    for (int i = self->depth - 1; i >= 0; i--)
        if (self->frames[i].how == LIST) {
            if (self->frames[i].items >= 0)
                snprintf (label, sizeof label, "%d. ", ++self->frames[i].items);
            break;
        }
    html_settle (self);
    g_string_append (self->out, label);
}

static void image (page_t *self, const char *alt)
{
    size_t n = strnlen (alt, URL_MAX);
    if (strspn (alt, " \t\r\n") < n && alt[n] == '\0') {
        html_words (self, "[", 1);
        html_words (self, alt, n);
        html_words (self, "]", 1);
    }
}

static void open_block (page_t *self, frame_t *frame, const xmlChar **all)
{
    bool close = has_word (attribute (all, "class"), "MsoNormal"); /* paragraphs without a margin */
    switch (frame->how) {
    case LINE:
    case ROW:
        html_owe (self, 1);
        break;
    case PARAGRAPH:
        html_owe (self, close ? 1 : 2);
        break;
    case PRE:
        html_owe (self, 2);
        frame->pre = true;
        break;
    case QUOTE:
        html_owe (self, 1);
        frame->quotes = cites (all);
        break;
    case LIST:
        html_owe (self, 1);
        frame->items = strcmp ((const char *)frame->name, "ol") == 0 ? 0 : -1;
        break;
    case CELL:
        self->cell = !html_line_start (self);
        break;
    case BREAK:
        html_break (self);
        break;
    case RULE:
        html_owe (self, 1);
        html_words (self, "---", 3);
        html_owe (self, 1);
        break;
    case ITEM:
        item (self);
        break;
    case IMAGE:
        image (self, attribute (all, "alt"));
        break;
    case LINK:
        frame->href = g_strndup (attribute (all, "href"), URL_MAX);
        frame->from = self->out->len;
        break;
    case INLINE:
    case SKIP:
        break;
    }
}

static void count (page_t *self, const frame_t *frame, int by)
{
    self->skips += frame->skips ? by : 0;
    self->quotes += frame->quotes ? by : 0;
    self->marks += frame->marks ? by : 0;
    self->pre += frame->pre ? by : 0;
}

void html_open (page_t *self, const xmlChar *name, how_t how, const xmlChar **all)
{
    frame_t *frame = &self->frames[self->depth];
    *frame = (frame_t){.how = how, .name = name};
    frame->skips = frame->how == SKIP || (all && hidden (all));
    char mark = self->skips || !all ? '\0' : frontier_of (all);
    if (mark == MARK_REST)
        html_mark_rest (self);
    if (!self->skips && !frame->skips)
        open_block (self, frame, all);
    frame->marks = mark == MARK_QUOTE;
    count (self, frame, 1);
    self->depth++;
}

static bool same_link (const char *text, size_t n, const char *href)
{
    const char *bare = strstr (href, "://");
    bare = bare ? bare + 3 : g_str_has_prefix (href, "mailto:") ? href + 7 : href;
    size_t length = strcspn (bare, "?");
    if (strncmp (href, "mailto:", 7) != 0)
        length = strlen (bare);
    if (length && bare[length - 1] == '/')
        length--;
    return n == 0 || length == 0 || memmem (text, n, href, strlen (href)) ||
           (n >= length && memmem (text, n, bare, strlen (bare))) ||
           (n + 1 >= length && strncmp (text, bare, length) == 0);
}

static void close_link (page_t *self, frame_t *frame)
{
    const char *href = frame->href;
    size_t n = self->out->len - frame->from;
    bool told = mail_contains (href, "http://") || mail_contains (href, "https://") ||
                mail_contains (href, "mailto:") || mail_contains (href, "ftp://") || mail_contains (href, "tel:");
    if (told && n && !same_link (self->out->str + frame->from, n, href)) {
        g_string_append (self->out, " (");
        for (const char *at = href; *at; at++)
            if ((unsigned char)*at > ' ')
                g_string_append_c (self->out, *at);
        g_string_append_c (self->out, ')');
    }
}

frame_t *html_leave (page_t *self)
{
    frame_t *frame = &self->frames[--self->depth];
    count (self, frame, -1);
    if (frame->href && !self->skips)
        close_link (self, frame);
    g_free (frame->href);
    frame->href = NULL;
    return frame;
}

void html_close (page_t *self)
{
    const frame_t *frame = html_leave (self);
    if (frame->skips || self->skips)
        return;
    if (frame->how == PARAGRAPH || frame->how == PRE)
        html_owe (self, frame->how == PRE ? 2 : 1);
    else if (frame->how == LINE || frame->how == ROW || frame->how == LIST || frame->how == QUOTE || frame->how == ITEM)
        html_owe (self, 1);
    if (self->lone && self->breaks && frame->how != INLINE) {
        html_owe (self, 2);
        self->lone = false;
    }
}

/* An end tag without its beginning: that was forgotten with an earlier parser, perhaps. */
void html_stray_end (page_t *self, const char *name)
{
    how_t how = name ? html_how (name) : INLINE;
    if (self->skips || how == INLINE || how == SKIP || how == LINK || how == CELL)
        return;
    html_owe (self, 1);
    self->quotes -= how == QUOTE && self->quotes;
}
