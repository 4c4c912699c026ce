/* outputs.c - what went out: log lines of notices, mails and calls that were taken; each wants to be expected. */
#include "replay.h"

#include "xmalloc.h"

#include <stdio.h>

typedef struct output {
    output_kind_t kind;
    char *to, *purpose, *text;
    bool seen;
} output_t;

typedef struct overlook {
    output_kind_t kind;
    char *part, *purpose;
} overlook_t;

static output_t outputs[OUTPUTS_MAX];
static size_t outputs_n, lines_read, mails_read, calls_read;
static overlook_t overlooks[ALIASES_MAX];
static size_t overlooks_n;

static char *value_in (const char *line, const char *key)
{
    const char *at = strstr (line, key);
    return at ? strndup (at + strlen (key), strcspn (at + strlen (key), " ")) : xstrdup ("");
}

static bool fits (const output_t *output, output_kind_t kind, const char *part, const char *purpose)
{
    if (output->kind != kind)
        return false;
    bool to = kind == OUTPUT_LOG ? strcmp (output->to, part) == 0 : strstr (output->to, part) != NULL;
    return to && (!purpose || strcmp (output->purpose, purpose) == 0);
}

static void keep (output_t output)
{
    if (outputs_n == OUTPUTS_MAX)
        fail ("more than %d notices", OUTPUTS_MAX);
    for (size_t i = 0; i < overlooks_n; i++)
        output.seen = output.seen || fits (&output, overlooks[i].kind, overlooks[i].part, overlooks[i].purpose);
    outputs[outputs_n++] = output;
}

static void collect (void)
{
    for (; lines_read < fake_log_lines (); lines_read++) {
        const char *line = fake_log_line (lines_read);
        if (strstr (line, " notice purpose="))
            keep ((output_t){.kind = OUTPUT_LOG,
                             .to = value_in (line, " to="),
                             .purpose = value_in (line, " purpose="),
                             .text = xstrdup (line)});
    }
    for (; mails_read < fake_mails (); mails_read++) {
        const fake_mail_t *mail = fake_mail (mails_read);
        char *text = NULL;
        if (!mail->taken)
            continue;
        if (asprintf (&text, "%s\n%s", mail->subject, mail->body) < 0)
            abort ();
        keep ((output_t){.kind = OUTPUT_MAIL, .to = xstrdup (mail->to), .purpose = xstrdup (""), .text = text});
    }
    for (; calls_read < fake_calls (); calls_read++) {
        const fake_call_t *call = fake_call (calls_read);
        if (call->taken)
            keep ((output_t){.kind = OUTPUT_CALL,
                             .to = xstrdup (call->url),
                             .purpose = value_in (call->body, "\"purpose\":\""),
                             .text = xstrdup (call->body)});
    }
}

size_t outputs_seen (output_kind_t kind, const char *part, const char *purpose, const char *words)
{
    size_t n = 0;
    collect ();
    for (size_t i = 0; i < outputs_n; i++) {
        if (!fits (&outputs[i], kind, part, purpose) || (words && !strstr (outputs[i].text, words)))
            continue;
        outputs[i].seen = true;
        n++;
    }
    return n;
}

void outputs_overlook (output_kind_t kind, const char *part, const char *purpose)
{
    outputs_seen (kind, part, purpose, NULL);
    if (overlooks_n == ALIASES_MAX)
        fail ("too much is overlooked");
    overlooks[overlooks_n++] = (overlook_t){kind, xstrdup (part), purpose ? xstrdup (purpose) : NULL};
}

const char *outputs_left (void)
{
    static char words[1024];
    static const char *const kinds[] = {"notice", "mail", "call"};
    collect ();
    for (size_t i = 0; i < outputs_n; i++) {
        if (outputs[i].seen)
            continue;
        snprintf (words, sizeof words, "the %s %s to %s: %.300s", kinds[outputs[i].kind], outputs[i].purpose,
                  outputs[i].to, outputs[i].text);
        return words;
    }
    return NULL;
}
