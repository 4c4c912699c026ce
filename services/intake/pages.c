/* pages.c - the few pages that people see who follow a signed link: a question, what was done, or why not.
 *
 * One click in a mail leads to the question; only its button acts, so that a mail scanner that opens links does not
 * accept contacts. No script, no foreign resource: see the headers in ask_answer.c. */
#include "pages.h"

#include "calendar.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_some_escaped (FILE *out, const char *text, size_t size)
{
    static const char *const forms[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    for (const char *end = text + size; text < end; text++)
        if (forms[(unsigned char)*text])
            fputs (forms[(unsigned char)*text], out);
        else
            fputc (*text, out);
}

static void put_escaped (FILE *out, const char *text)
{
    put_some_escaped (out, text, strlen (text));
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

enum { DUE_SIZE = 64 };

/* As notices say it: in the zone of the hours it runs on, else of the workspace's first ones. hours NULL: not known. */
static const char *due_text (const page_place_t *place, const char *hours, wall_ms_t due, char text[DUE_SIZE])
{
    const policy_t *policy = place->policy;
    const calendar_t *calendar = policy && hours ? policy_hours (policy, hours) : NULL;
    if (!calendar && policy && policy->hours_n)
        calendar = policy->hours[0].calendar;
    return calendar_format (calendar, due, text, DUE_SIZE);
}

/* The way on: where it is answered. */
static void put_way_on (FILE *out, const page_place_t *place, const char *contact)
{
    const char *console = place->console ? place->console : "";
    size_t length = strlen (console);
    while (length > 0 && console[length - 1] == '/')
        length--;
    if (!length) {
        fputs ("<p>Go on with it in the console, or by <code>buckstop show ", out);
        put_escaped (out, contact);
        fputs ("</code>.</p>", out);
        return;
    }
    fputs ("<p><a href=\"", out);
    put_some_escaped (out, console, length);
    fputs ("/#/contact/", out);
    put_escaped (out, contact);
    fputs ("\">Open it in the console</a></p>", out);
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

char *page_of_question (const page_place_t *place, const char *action, const char *person, const contact_t *contact)
{
    page_t page;
    char title[64], due[DUE_SIZE];
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
    put_row (page.out, "Promised by", promise ? due_text (place, promise->hours, promise->due, due) : "");
    put_row (page.out, "You act as", person);
    put_row (page.out, "Contact", contact->id);
    fputs ("</dl><form method=\"post\"><button type=\"submit\">", page.out);
    put_escaped (page.out, action);
    fputs ("</button></form>", page.out);
    return page_close (&page);
}

/* "First response by: Mon 23 Nov, 09:30 CET", of what is still to be done. */
static void put_promises (FILE *out, const page_place_t *place, const receipt_t *receipt)
{
    for (size_t i = 0; i < receipt->promises_n; i++) {
        const struct receipt_promise *promise = &receipt->promises[i];
        char name[NAME_SIZE], due[DUE_SIZE];
        if (promise->answered || promise->kind == BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_ACKNOWLEDGE)
            continue;
        snprintf (name, sizeof name, "%s by", promise_kind_name (promise->kind));
        word_spaced (name);
        put_row (out, name, due_text (place, NULL, promise->due, due));
    }
}

char *page_of_receipt (const page_place_t *place, const receipt_t *receipt)
{
    page_t page;
    page_open (&page, "Done");
    fputs ("<dl>", page.out);
    put_row (page.out, "Contact", receipt->contact);
    put_row (page.out, "State", contact_state_name (receipt->state));
    put_row (page.out, "Accountable", receipt->accountable);
    put_promises (page.out, place, receipt);
    fputs ("</dl>", page.out);
    put_way_on (page.out, place, receipt->contact);
    return page_close (&page);
}

char *page_of_refusal (const page_place_t *place, const char *contact, const refusal_t *refusal)
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
    if (*contact)
        put_way_on (page.out, place, contact);
    return page_close (&page);
}
