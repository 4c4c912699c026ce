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
    NAME_CUT = 100,    /* where the library cuts names */
};

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
        html_open (self, name, supposed && self->tries ? INLINE : html_how ((const char *)name),
                   all); /* in the midst of a line */
    if (self->full)
        stop_full (self);
    else if (!supposed)
        self->heard = position (self);
}

static void on_end (void *arg, const xmlChar *name)
{
    page_t *self = arg;
    if (self->depth && !self->anew && xmlStrEqual (self->frames[self->depth - 1].name, name))
        html_close (self);
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
        html_stray_end (self, error->str1);
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
    const char *known;
    for (size_t i = 0; (known = html_known (i)); i++)
        xmlDictLookup (parser->dict, BAD_CAST known, -1);
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
        html_leave (self);
    while (self->depth)
        html_close (self);
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
