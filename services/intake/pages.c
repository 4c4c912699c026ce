/* pages.c - the few pages that people see who follow a signed link: a question, what was done, or why not.
 *
 * One click in a mail leads to the question; only its button acts, so that a mail scanner that opens links does not
 * accept contacts. No script, no foreign resource: see the headers in ask_answer.c. */
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>

static void put_escaped (FILE *out, const char *text)
{
    static const char *const forms[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    for (; *text; text++)
        if (forms[(unsigned char)*text])
            fputs (forms[(unsigned char)*text], out);
        else
            fputc (*text, out);
}

static void put_head (FILE *out, const char *title)
{
    fputs ("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
           out);
    put_escaped (out, title);
    fputs ("</title><style>"
           "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;"
           "color:#1b1b1b;background:#fff}"
           "dt{color:#555}dd{margin:0 0 .6rem}"
           "button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.4rem;background:#0b5394;color:#fff}"
           "button:focus-visible{outline:3px solid #f1a33b}"
           "</style></head><body><main><h1>",
           out);
    put_escaped (out, title);
    fputs ("</h1>", out);
}

static void put_tail (FILE *out)
{
    fputs ("</main></body></html>\n", out);
}

static void put_paragraph (FILE *out, const char *text)
{
    fputs ("<p>", out);
    put_escaped (out, text);
    fputs ("</p>", out);
}

static void put_row (FILE *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    fprintf (out, "<dt>%s</dt><dd>", name);
    put_escaped (out, text);
    fputs ("</dd>", out);
}

typedef struct page {
    char *bytes;
    size_t size;
    FILE *out;
} page_t;

static void page_open (page_t *self, const char *title)
{
    self->out = open_memstream (&self->bytes, &self->size);
    if (!self->out)
        abort ();
    put_head (self->out, title);
}

static char *page_close (page_t *self)
{
    put_tail (self->out);
    if (fclose (self->out) != 0)
        abort ();
    return self->bytes;
}

char *page_of_question (const char *action, const char *person, const contact_t *contact)
{
    page_t page;
    char title[64], due[TIME_TEXT_SIZE];
    snprintf (title, sizeof title, "%s this contact?", action);
    title[0] = (char)(title[0] >= 'a' && title[0] <= 'z' ? title[0] - 'a' + 'A' : title[0]);
    page_open (&page, title);
    const promise_t *promise = contact_next_promise (contact);
    fputs ("<dl>", page.out);
    put_row (page.out, "Subject", contact->subject);
    put_row (page.out, "Customer",
             *contact->customer_name ? contact->customer_name
             : *contact->customer    ? contact->customer
                                     : contact->return_to);
    put_row (page.out, "They wrote", contact->said);
    put_row (page.out, "State", contact_state_name (contact->state));
    put_row (page.out, "Accountable", contact->accountable);
    put_row (page.out, "Promised by", promise ? time_text (promise->due, due) : "");
    put_row (page.out, "You act as", person);
    put_row (page.out, "Contact", contact->id);
    fputs ("</dl><form method=\"post\"><button type=\"submit\">", page.out);
    put_escaped (page.out, action);
    fputs ("</button></form>", page.out);
    return page_close (&page);
}

char *page_of_receipt (const receipt_t *receipt)
{
    page_t page;
    page_open (&page, "Done");
    fputs ("<dl>", page.out);
    put_row (page.out, "Contact", receipt->contact);
    put_row (page.out, "State", contact_state_name (receipt->state));
    put_row (page.out, "Accountable", receipt->accountable);
    fputs ("</dl>", page.out);
    return page_close (&page);
}

char *page_of_refusal (const refusal_t *refusal)
{
    page_t page;
    const problem_t *row = &refusal_row (refusal->kind)->problem;
    page_open (&page, row->title);
    put_paragraph (page.out, refusal->detail);
    put_paragraph (page.out, row->hint);
    if (refusal->state && *refusal->owner) {
        fputs ("<dl>", page.out);
        put_row (page.out, "Owner", refusal->owner);
        fputs ("</dl>", page.out);
    }
    return page_close (&page);
}
