/* mail_html.c - from a page of HTML to lines of text, by libxml2's parser, without a tree.
 *
 * Links stay as "text (address)" where the two differ, list items as "- " or "1. ", cells of a row on one line,
 * quotations as "> " lines; what mail programs put around the mail that they answer becomes marks for
 * mail_quote.c. Scripts, styles and what is not displayed are left out. Nothing is fetched.
 *
 * Limits: the parser compares each attribute with all before it, each end tag with all that is open, and does not end
 * where a name finds no room. So elements nest HTML_DEPTH deep, and names have POOL bytes and as many again three times:
 * before the next tag that would be too deep, or once POOL is full, a new parser begins, TRIES times. */
#include "mail_html_private.h"

#include <string.h>

enum {
    ELEMENTS_MAX = 100000,
    TRIES = 25,
    POOL = 5000,       /* the library's pools: 1000, 4000, 16000, ...; with a third one there is no other */
    AGAIN_MAX = 20000, /* attributes that their element has already */
    URL_MAX = 500,
    NAME_CUT = 100, /* where the library cuts names */
};

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

static const char *const attributes[] = {"href", "style", "class", "id", "type", "alt", "name", "html", "head", "span"};

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

/* ---------------------------------------------------------------- elements */

static int by_name (const void *a, const void *b)
{
    return strcmp (a, ((const struct tag *)b)->name);
}

static how_t how_of (const xmlChar *name)
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

static size_t position (const page_t *self)
{
    const xmlParserInput *input = self->parser->input;
    size_t at = input->consumed + (size_t)(input->cur - input->base);
    return at < self->size ? at : self->size;
}

static void stop_full (page_t *self)
{
    self->full = true;
    xmlStopParser (self->parser);
}

static void begin_anew (page_t *self, size_t at)
{
    self->anew = at;
    xmlStopParser (self->parser);
}

/* Where the tag of that name, which was read last, begins: the first one behind what was told. 0: there was nothing
 * before it. */
static size_t tag_start (const page_t *self, const xmlChar *name)
{
    static const char ends[] = " \t\r\n\f/>";
    const char *end = self->html + position (self), *at = self->html + self->heard;
    size_t n = strlen ((const char *)name);
    for (; at < end && (at = memchr (at, '<', (size_t)(end - at))); at++)
        if ((size_t)(end - at) > n && g_ascii_strncasecmp (at + 1, (const char *)name, n) == 0 &&
            (at + 1 + n == end || memchr (ends, at[1 + n], sizeof ends) || n >= NAME_CUT))
            return (size_t)(at - self->html);
    return 0;
}

/* Before the tag, so that it is read whole. One at the very beginning can't be helped by that. While nothing is shown
 * names may miss their room: what hides it would be forgotten. */
static bool begins_anew (page_t *self, const xmlChar *name)
{
    bool names = self->renew || (!self->skips && xmlDictGetUsage (self->parser->dict) > POOL);
    size_t at = names || self->depth >= HTML_DEPTH ? tag_start (self, name) : 0;
    if (at)
        begin_anew (self, at);
    return at > 0;
}

static bool is_over (const page_t *self)
{
    return self->full || self->anew;
}

static void open_frame (page_t *self, const xmlChar *name, how_t how, const xmlChar **all)
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

/* The library supposes elements by names of its own, when it read the name of the next tag already. */
static void on_start (void *arg, const xmlChar *name, const xmlChar **all)
{
    page_t *self = arg;
    bool supposed = !xmlDictOwns (self->parser->dict, name);
    if (is_over (self) || (!supposed && begins_anew (self, name)))
        return;
    if (++self->elements > ELEMENTS_MAX || self->depth == HTML_DEPTH + HTML_SUPPOSED)
        self->full = true;
    else
        open_frame (self, name, supposed && self->tries ? INLINE : how_of (name), all); /* in the midst of a line */
    if (self->full)
        stop_full (self);
    else if (!supposed)
        self->heard = position (self);
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

static frame_t *leave_frame (page_t *self)
{
    frame_t *frame = &self->frames[--self->depth];
    count (self, frame, -1);
    if (frame->href && !self->skips)
        close_link (self, frame);
    g_free (frame->href);
    frame->href = NULL;
    return frame;
}

static void close_frame (page_t *self)
{
    const frame_t *frame = leave_frame (self);
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

static void on_end (void *arg, const xmlChar *name)
{
    page_t *self = arg;
    if (self->depth && !self->anew && xmlStrEqual (self->frames[self->depth - 1].name, name))
        close_frame (self);
}

static void on_text (void *arg, const xmlChar *text, int n)
{
    page_t *self = arg;
    size_t at = position (self);
    if (is_over (self))
        return;
    if (self->renew && *text == '<' && at == self->nameless && at) { /* it was no tag: told, not yet stepped over */
        begin_anew (self, at);
        return;
    }
    if (!self->skips && n > 0)
        html_words (self, (const char *)text, (size_t)n);
    if (self->full)
        stop_full (self);
    self->heard = at;
}

static void on_comment (void *arg, const xmlChar *text)
{
    page_t *self = arg;
    (void)text;
    self->heard = position (self);
}

/* ---------------------------------------------------------------- the parser */

/* A name that does not fit into the pool any more: the parser would turn around an element without a name for ever,
 * with the same error at the same place. So there is one pool more for it; before it a new parser begins. It can not
 * be stopped here: it would step over the end of an empty input for ever. */
static void on_nameless (page_t *self)
{
    size_t at = position (self);
    if (at == self->nameless) {
        self->renew = true;
        xmlDictSetLimit (self->parser->dict, xmlDictGetUsage (self->parser->dict));
    }
    self->nameless = at;
}

/* An end tag without its beginning: that was forgotten with an earlier parser, perhaps. */
static void on_stray_end (page_t *self, const char *name)
{
    how_t how = name ? how_of (BAD_CAST name) : INLINE;
    if (self->skips || how == INLINE || how == SKIP || how == LINK || how == CELL)
        return;
    html_owe (self, 1);
    self->quotes -= how == QUOTE && self->quotes;
}

static void on_error (void *arg, xmlErrorPtr error)
{
    page_t *self = arg;
    if (is_over (self))
        return;
    if (error->code == XML_ERR_NAME_REQUIRED)
        on_nameless (self);
    else if (error->code == XML_ERR_ATTRIBUTE_REDEFINED && ++self->again > AGAIN_MAX)
        stop_full (self);
    else if (error->code == XML_ERR_TAG_NAME_MISMATCH && !error->str2 && self->tries)
        on_stray_end (self, error->str1);
}

static void prepare (page_t *self)
{
    xmlParserCtxtPtr parser = self->parser;
    htmlCtxtUseOptions (parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                    HTML_PARSE_IGNORE_ENC);
    memset (parser->sax, 0, sizeof *parser->sax);
    parser->sax->initialized = XML_SAX2_MAGIC; /* or on_error is not heard */
    parser->sax->serror = on_error;
    parser->sax->startElement = on_start;
    parser->sax->endElement = on_end;
    parser->sax->characters = parser->sax->ignorableWhitespace = parser->sax->cdataBlock = on_text;
    parser->sax->comment = on_comment;
    parser->userData = self;
    parser->charset = XML_CHAR_ENCODING_UTF8;
    for (size_t i = 0; i < G_N_ELEMENTS (tags); i++)
        xmlDictLookup (parser->dict, BAD_CAST tags[i].name, -1);
    for (size_t i = 0; i < G_N_ELEMENTS (attributes); i++)
        xmlDictLookup (parser->dict, BAD_CAST attributes[i], -1);
    xmlDictSetLimit (parser->dict, POOL);
}

/* How far it came: all of it, or to where a new parser begins. */
static size_t parse (page_t *self, const char *html, size_t size)
{
    self->parser = htmlCreateMemoryParserCtxt (html, (int)size);
    if (!self->parser)
        return size;
    prepare (self);
    self->html = html;
    self->size = size;
    self->renew = false;
    self->anew = self->heard = 0;
    self->nameless = SIZE_MAX;
    htmlParseDocument (self->parser);
    htmlFreeParserCtxt (self->parser);
    int quotes = self->quotes;
    while (self->anew && self->depth)
        leave_frame (self);
    while (self->depth)
        close_frame (self);
    self->quotes = self->anew ? quotes : 0; /* what goes on ends with end tags that are stray to the next one */
    return self->anew ? self->anew : size;
}

bool mail_html_text (GString *to, const char *html, size_t size, size_t limit)
{
    page_t *self = g_new0 (page_t, 1);
    self->out = to;
    self->start = to->len;
    self->limit = limit;
    for (size_t at = 0; at < size && !self->full; self->tries++) {
        if (self->tries == TRIES)
            self->full = true;
        else
            at += parse (self, html + at, size - at);
    }
    bool whole = !self->full;
    g_free (self);
    return whole;
}
