/* lines.c - events as lines that people read.
 *
 * Hears: an event as JSON. Says: a line a fact. The words of each fact are one table; a fact that is not in it (of a
 * newer service) is printed by its name, not lost.
 */
#include "lines.h"

#include "clock.h"
#include "template.h"
#include "words.h"
#include "xmalloc.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 11, WORDS_MAX = 512 };

#define PLAIN  ""
#define GREEN  "\x1b[32m"
#define RED    "\x1b[1;31m"
#define YELLOW "\x1b[33m"
#define BLUE   "\x1b[36m"
#define DIM    "\x1b[2m"
#define RESET  "\x1b[0m"

typedef struct fact_words {
    const char *fact;
    const char *color;
    const char
        *words; /* template.h's slots: by, to, promise, due, number, subject, channel, text, person, detail, said;
                          by, text and the detail are added at the end where the words have no place for them */
} fact_words_t;

#define MESSAGE_OF_OTHERS "message of others" /* one that names somebody else than the customer */

static const fact_words_t rows[] = {
    {"opened", BLUE, "new by {channel}: {said}"},
    {"message", BLUE, "the customer says: {text}"},
    {MESSAGE_OF_OTHERS, RED, "{detail}, says: {text}"},
    {"offered", PLAIN, "offered to {to}, until {due}"},
    {"offer_expired", YELLOW, "{to} did not answer the offer"},
    {"declined", YELLOW, "{by} declined"},
    {"queued", YELLOW, "waits for somebody"},
    {"nobody", RED, "nobody can take it; {to} is told"},
    {"accepted", GREEN, "{by} takes it"},
    {"replied", GREEN, "{by} replied: {text}"},
    {"noted", PLAIN, "{by} noted: {text}"},
    {"waiting", PLAIN, "{by} waits for the customer, until {due}"},
    {"pause_ended", PLAIN, "the pause is over"},
    {"transfer_proposed", PLAIN, "{by} proposes to hand it to {to}"},
    {"transferred", PLAIN, "handed from {by} to {to}"},
    {"transfer_failed", YELLOW, "the transfer to {to} failed"},
    {"returned", YELLOW, "returned from {by} to routing"},
    {"resolved", GREEN, "{by} resolved it"},
    {"reopened", YELLOW, "reopened"},
    {"closed", DIM, "closed"},
    {"accountable", PLAIN, "{to} is accountable"},
    {"promise_opened", DIM, "promised: {promise} by {due}"},
    {"promise_kept", GREEN, "kept: {promise}"},
    {"promise_broken", RED, "BROKEN: {promise}, it was due {due}"},
    {"promise_released", YELLOW, "{by} released the promise: {promise}"},
    {"step", RED, "escalation step {number} of {promise}, due {due}: {detail}"},
    {"step_skipped", DIM, "escalation step {number} of {promise} is folded into a later one"},
    {"step_empty", YELLOW, "escalation step {number} of {promise} names nobody who can be told"},
    {"acknowledged", GREEN, "{by} acknowledged, until {due}"},
    {"acknowledgement_expired", YELLOW, "the acknowledgement by {by} expired"},
    {"notice", DIM, "notice to {to}"},
    {"notice_left_out", DIM, "no notice to {to}"},
    {"delivered", PLAIN, "delivered: {to}"},
    {"delivery_retried", YELLOW, "a delivery is tried again: {to}"},
    {"delivery_failed", RED, "a delivery failed for good: {to}"},
    {"delivery_moot", DIM, "a notice has no reason any more: {to}"},
    {"delivery_bundled", DIM, "a notice to {to} goes with others, in one"},
    {"bundle", DIM, "the one notice that it went with: {detail}"},
    {"delivery_held", DIM, "a notice to {to} is held until {due}"},
    {"handoff_repeated", YELLOW, "routing is told again ({number})"},
    {"relaxed", PLAIN, "requirements are relaxed"},
    {"review", YELLOW, "silence is looked at"},
    {"moved", RED, "moved to {to}"},
    {"set_aside", RED, "set aside; {to} is accountable"},
    {"present", GREEN, "{person} {detail}"},
    {"away", YELLOW, "{person} is away"},
    {"leaving", YELLOW, "{person} is leaving"},
    {"policy_applied", BLUE, "a policy was applied by {by}"},
    {"drained", PLAIN, "all that {person} held is handed back"},
    {"attached", BLUE, "attached: {detail}"},
    {"call", BLUE, "a call: {detail}"},
    {"linked", PLAIN, "another contact of the same customer: {detail}"},
    {"bounced", RED, "it came back: {to}"},
    {"delivery_receipt", PLAIN, "the far side says: {detail}"},
    {"forgotten", YELLOW, "personal data was removed"},
    {"sending_held", RED, "sending is held by {by}: {detail}"},
    {"sending_released", YELLOW, "{by} has decided: {detail}"},
    {"clock_jumped", RED, "the clock jumped"},
};

const char *json_text (const json_t *object, const char *key)
{
    const char *text = json_string_value (json_object_get (object, key));
    return text ? text : "";
}

const char *lines_subject (const json_t *contact)
{
    const char *subject = json_text (contact, "subject"), *said = json_text (contact, "said");
    return *subject ? subject : *said ? said : "(no subject)";
}

int64_t json_number (const json_t *object, const char *key)
{
    return json_integer_value (json_object_get (object, key));
}

const char *short_id (const char *id)
{
    size_t length = strlen (id);
    return length > SHORT_ID ? id + length - SHORT_ID : id;
}

const char *lines_clock (wall_ms_t at, char text[CLI_TIME_SIZE])
{
    char whole[CLI_TIME_SIZE];
    cli_time (at, whole);
    const char *space = strchr (whole, ' ');
    snprintf (text, CLI_TIME_SIZE, "%s", space ? space + 1 : whole);
    return text;
}

enum { DATE_LENGTH = 10 };

const char *lines_new_day (const json_t *event, char day[CLI_TIME_SIZE])
{
    char whole[CLI_TIME_SIZE];
    const json_t *fact = json_array_get (json_object_get (event, "facts"), 0);
    cli_time (cli_time_parse (json_text (fact, "at")), whole);
    whole[DATE_LENGTH] = '\0';
    if (!fact || strcmp (whole, day) == 0)
        return NULL;
    memcpy (day, whole, DATE_LENGTH + 1);
    return day;
}

void lines_today (char day[CLI_TIME_SIZE])
{
    cli_time (clock_wall (), day);
    day[DATE_LENGTH] = '\0';
}

/* A deadline of another day names the day. */
static const char *deadline_of (wall_ms_t due, wall_ms_t at, char text[CLI_TIME_SIZE])
{
    char day_due[CLI_TIME_SIZE], day_at[CLI_TIME_SIZE];
    cli_time (due, day_due);
    cli_time (at, day_at);
    if (due > 0 && strncmp (day_due, day_at, DATE_LENGTH) != 0)
        return cli_time (due, text);
    return lines_clock (due, text);
}

static const fact_words_t *words_of (const json_t *event_fact)
{
    const char *fact = json_text (event_fact, "fact");
    if (strcmp (fact, "message") == 0 && *json_text (event_fact, "to"))
        fact = MESSAGE_OF_OTHERS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].fact, fact) == 0)
            return &rows[i];
    return NULL;
}

/* "first_response" is for programs. */
static const char *spaced (const char *name, char *text, size_t size)
{
    snprintf (text, size, "%s", name);
    return word_spaced (text);
}

/* What somebody came with: SMS and forms have no subject. */
static char *said_of (const char *subject, const char *text)
{
    char *said = NULL;
    if (asprintf (&said, "%s%s%s", subject, *subject && *text ? ": " : "", text) < 0)
        abort ();
    return said;
}

/* The row's words, or the fact's name. What somebody wrote with it ends them, where they have no place for it. */
static char *words_with_text (const fact_words_t *row, const json_t *fact)
{
    char name[NAME_SIZE], *words = NULL;
    const char *known = row ? row->words : spaced (json_text (fact, "fact"), name, sizeof name);
    bool add = *json_text (fact, "text") && !strstr (known, "{text}") && !strstr (known, "{said}");
    if (asprintf (&words, "%s%s", known, add ? ": {text}" : "") < 0)
        abort ();
    return words;
}

static char *say (const json_t *event, const json_t *fact)
{
    char due[CLI_TIME_SIZE], promise[NAME_SIZE], number[24];
    const char *by = json_text (fact, "by");
    char *row = words_with_text (words_of (fact), fact);
    snprintf (number, sizeof number, "%lld", (long long)json_number (fact, "number"));
    char *said = said_of (json_text (event, "subject"), json_text (fact, "text"));
    const template_slot_t slots[SLOTS] = {
        {"by", *by ? by : "buckstop"},
        {"to", *json_text (fact, "to") ? json_text (fact, "to") : "-"},
        {"promise", spaced (json_text (fact, "promise"), promise, sizeof promise)},
        {"due", deadline_of (cli_time_parse (json_text (fact, "due")), cli_time_parse (json_text (fact, "at")), due)},
        {"number", number},
        {"subject", json_text (event, "subject")},
        {"channel", json_text (event, "channel")},
        {"text", json_text (fact, "text")},
        {"person", json_text (event, "person")},
        {"detail", json_text (fact, "detail")},
        {"said", said},
    };
    char *words = template_expand (row, slots, SLOTS, 1);
    free (said);
    free (row);
    return words;
}

/* Names and details come from elsewhere, too: nothing of them is a command to a terminal. */
static void print_quoted (FILE *out, const char *before, const char *text, const char *after)
{
    fputs (before, out);
    cli_quote (out, text, strlen (text), SIZE_MAX);
    fputs (after, out);
}

static void print_contact (FILE *out, const char *contact)
{
    size_t width = cli_quote (out, contact, strlen (contact), SHORT_ID);
    fprintf (out, "%*s  ", width < SHORT_ID ? (int)(SHORT_ID - width) : 0, "");
}

static void print_fact (const json_t *event, const json_t *fact, const line_style_t *style, FILE *out)
{
    char at[CLI_TIME_SIZE];
    const fact_words_t *row = words_of (fact);
    const char *color = style->color && row ? row->color : "", *detail = json_text (fact, "detail");
    const char *by = json_text (fact, "by");
    char *words = say (event, fact);
    fprintf (out, "%s  ", lines_clock (cli_time_parse (json_text (fact, "at")), at));
    if (style->contact)
        print_contact (out, short_id (json_text (event, "contact")));
    fprintf (out, "%s%s%s", color, WORD_CUT (words, WORDS_MAX), *color ? RESET : "");
    if (*by && !(row && (strstr (row->words, "{by}") || strstr (row->words, "{person}"))))
        print_quoted (out, ", by ", by, "");
    if (*detail && !(row && strstr (row->words, "{detail}")))
        print_quoted (out, style->color ? " " DIM "(" : " (", detail, style->color ? ")" RESET : ")");
    fputc ('\n', out);
    free (words);
}

void lines_note (wall_ms_t at, const char *words, const line_style_t *style, FILE *out)
{
    char clock[CLI_TIME_SIZE];
    fprintf (out, "%s  %*s", lines_clock (at, clock), style->contact ? SHORT_ID + 2 : 0, "");
    print_quoted (out, style->color ? YELLOW : "", words, style->color ? RESET "\n" : "\n");
}

void lines_print (const json_t *event, const line_style_t *style, FILE *out)
{
    size_t index;
    json_t *fact;
    json_array_foreach (json_object_get (event, "facts"), index, fact)
    {
        print_fact (event, fact, style, out);
    }
}
