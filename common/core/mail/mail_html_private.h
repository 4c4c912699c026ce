/* mail_html_private.h - a page that becomes text: what is open, and what is owed before the next word. */
#ifndef BUCKSTOP_MAIL_HTML_PRIVATE_H
#define BUCKSTOP_MAIL_HTML_PRIVATE_H

#include "mail_private.h"

#include <libxml/HTMLparser.h>

/* Deep: of tags, and of elements that the parser supposes beside them (a body, a paragraph). */
enum { HTML_DEPTH = 250, HTML_SUPPOSED = 16, HTML_BREAKS_MAX = 3 };

typedef enum how { INLINE, SKIP, LINE, PARAGRAPH, CELL, ROW, BREAK, RULE, ITEM, LIST, LINK, IMAGE, PRE, QUOTE } how_t;

typedef struct frame {
    how_t how;
    const xmlChar *name;
    bool skips, quotes, marks, pre;
    int items;   /* of a list; -1: not numbered */
    size_t from; /* of a link: where its text begins */
    char *href;
} frame_t;

typedef struct page {
    GString *out;
    size_t start, limit;
    xmlParserCtxtPtr parser;
    const char *html; /* what this parser reads */
    size_t size;
    frame_t frames[HTML_DEPTH + HTML_SUPPOSED];
    int depth, elements;
    int skips, quotes, marks, pre; /* how many are open */
    int breaks;                    /* owed before the next word */
    bool space, cell;              /* owed, too */
    bool lone;                     /* a block that holds a no-break space is an empty line */
    int tries;                     /* parsers before this one */
    int again;                     /* attributes that their element had already, of all */
    size_t heard, nameless;        /* where it was when it told of what is there; when it missed a name */
    size_t anew;                   /* where a new one begins; 0: nowhere */
    bool renew, full;              /* it is to be soon; there is enough */
} page_t;

/* mail_html_elements.c. Names that matter: NULL behind the last. */
const char *html_known (size_t index);
how_t html_how (const char *name);
void html_open (page_t *self, const xmlChar *name, how_t how, const xmlChar **all);
void html_close (page_t *self);     /* the innermost */
frame_t *html_leave (page_t *self); /* it goes on with another parser */
void html_stray_end (page_t *self, const char *name);

/* mail_html_words.c */
void html_owe (page_t *self, int breaks);
void html_break (page_t *self); /* one more, as <br> says it */
bool html_line_start (const page_t *self);
void html_settle (page_t *self); /* what is owed comes out */
void html_words (page_t *self, const char *text, size_t n);
void html_mark_rest (page_t *self);

#endif
