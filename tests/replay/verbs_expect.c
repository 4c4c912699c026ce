/* verbs_expect.c - what a scenario expects: contacts, timelines, notices, answers. Each fails with what was found. */
#include "replay.h"

#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD(n) (taken->words[n])

/* The timeline goes along with what was wrong. */
#define REFUTE(alias, ...)                              \
    do {                                                \
        look_print_timeline (stderr, alias_id (alias)); \
        fail (__VA_ARGS__);                             \
    } while (0)

static void state_is (const taken_t *taken)
{
    contact_t contact = look_contact (WORD (0));
    if (strcmp (contact_state_name (contact.state), WORD (1)) != 0)
        REFUTE (WORD (0), "%s is %s", WORD (0), contact_state_name (contact.state));
}

static void name_is (const char *alias, const char *what, const char *found, const char *wanted)
{
    if (strcmp (found, strcmp (wanted, "nobody") == 0 ? "" : wanted) != 0)
        REFUTE (alias, "%s: %s is '%s', not '%s'", alias, what, found, wanted);
}

static void offered_to (const taken_t *taken)
{
    contact_t contact = look_contact (WORD (0));
    name_is (WORD (0), "offered to", contact.offered_to, WORD (1));
}

static void owned_by (const taken_t *taken)
{
    contact_t contact = look_contact (WORD (0));
    name_is (WORD (0), "owner", contact.owner, WORD (1));
}

static void accountable_is (const taken_t *taken)
{
    contact_t contact = look_contact (WORD (0));
    name_is (WORD (0), "accountable", contact.accountable, WORD (1));
}

static void promises_are (const taken_t *taken)
{
    contact_t contact = look_contact (WORD (0));
    const struct {
        const char *word;
        unsigned n;
    } rows[] = {
        {"opened", contact.opened}, {"kept", contact.kept}, {"broken", contact.broken}, {"released", contact.released}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp (rows[i].word, WORD (2)) != 0)
            continue;
        if (rows[i].n != (unsigned)word_number (WORD (1)))
            REFUTE (WORD (0), "%s: %u promises %s", WORD (0), rows[i].n, WORD (2));
        return;
    }
    fail ("promises are opened, kept, broken or released");
}

static void promise_due (const taken_t *taken)
{
    contact_t contact = look_contact (WORD (0));
    int64_t wanted = word_ms (WORD (2), WORD (3));
    for (size_t i = 0; i < contact.promises_n; i++) {
        const promise_t *promise = &contact.promises[i];
        if (strcmp (promise_kind_name (promise->kind), WORD (1)) != 0)
            continue;
        int64_t left = promise->due - fake_wall ();
        if (left > wanted || left < wanted - 2000)
            REFUTE (WORD (0), "%s is due in %.1f s", WORD (1), (double)left / 1000);
        return;
    }
    REFUTE (WORD (0), "%s: no promise %s", WORD (0), WORD (1));
}

static void timeline_has (const taken_t *taken)
{
    if (!look_timeline (WORD (0), WORD (1)))
        REFUTE (WORD (0), "%s: not on the timeline: '%s'", WORD (0), WORD (1));
}

static void timeline_lacks (const taken_t *taken)
{
    if (look_timeline (WORD (0), WORD (1)))
        REFUTE (WORD (0), "%s: on the timeline: '%s'", WORD (0), WORD (1));
}

static void timeline_times (const taken_t *taken)
{
    size_t n = look_timeline (WORD (0), WORD (1));
    if (n != (size_t)word_number (WORD (2)))
        REFUTE (WORD (0), "%s: %zu times on the timeline: '%s'", WORD (0), n, WORD (1));
}

/* --- what went out ------------------------------------------------------------------------------------------- */

static void count_is (size_t found, const char *wanted, const char *what)
{
    if (wanted ? found != (size_t)word_number (wanted) : found == 0)
        fail ("%s: %zu", what, found);
}

static void told (const taken_t *taken)
{
    count_is (outputs_seen (OUTPUT_LOG, WORD (0), WORD (1), NULL), taken->n > 2 ? WORD (2) : NULL, "told");
}

static void told_has (const taken_t *taken)
{
    count_is (outputs_seen (OUTPUT_LOG, WORD (0), WORD (1), WORD (2)), NULL, "told");
}

static void nobody_told (const taken_t *taken)
{
    count_is (outputs_seen (OUTPUT_LOG, WORD (0), WORD (1), NULL), "0", "told");
}

static void mail_has (const taken_t *taken)
{
    count_is (outputs_seen (OUTPUT_MAIL, WORD (0), NULL, WORD (1)), taken->n > 2 ? WORD (2) : NULL, "mails");
}

static void call_has (const taken_t *taken)
{
    count_is (outputs_seen (OUTPUT_CALL, WORD (0), NULL, WORD (1)), taken->n > 2 ? WORD (2) : NULL, "calls");
}

static void attempts_are (const taken_t *taken)
{
    size_t n = 0;
    for (size_t i = 0; i < fake_calls (); i++)
        n += strstr (fake_call (i)->url, WORD (0)) != NULL;
    for (size_t i = 0; i < fake_mails (); i++)
        n += strstr (fake_mail (i)->to, WORD (0)) != NULL;
    count_is (n, WORD (1), "attempts");
}

static void attempts_some (const taken_t *taken)
{
    size_t n = 0;
    for (size_t i = 0; i < fake_calls (); i++)
        n += strstr (fake_call (i)->url, WORD (0)) != NULL;
    if (n < (size_t)word_number (WORD (1)))
        fail ("attempts: %zu", n);
}

/* All calls to that place carry one idempotency key, and the same bytes. */
static void same_call (const taken_t *taken)
{
    const fake_call_t *first = NULL;
    for (size_t i = 0; i < fake_calls (); i++) {
        const fake_call_t *call = fake_call (i);
        const char *key = fake_call_header (call, "Idempotency-Key");
        if (!strstr (call->url, WORD (0)))
            continue;
        if (!key)
            fail ("a call without an idempotency key");
        if (!first)
            first = call;
        if (strcmp (key, fake_call_header (first, "Idempotency-Key")) != 0 || strcmp (call->body, first->body) != 0)
            fail ("two calls differ: %s %s, %s %s", key, call->body, fake_call_header (first, "Idempotency-Key"),
                  first->body);
    }
    if (!first)
        fail ("no call");
}

static void call_header (const taken_t *taken)
{
    for (size_t i = 0; i < fake_calls (); i++) {
        const fake_call_t *call = fake_call (i);
        if (!strstr (call->url, WORD (0)))
            continue;
        const char *value = fake_call_header (call, WORD (1));
        if (!value || !strstr (value, WORD (2)))
            fail ("a call's header %s is '%s'", WORD (1), value ? value : "absent");
    }
}

static void outbox_is (const taken_t *taken)
{
    size_t n = look_outbox (false);
    if (n != (size_t)word_number (WORD (0)))
        fail ("%zu in the outbox: %s", n, look_first_delivery ());
}

static void dead_are (const taken_t *taken)
{
    size_t n = look_outbox (true);
    if (n != (size_t)word_number (WORD (0)))
        fail ("%zu dead letters: %s", n, look_first_delivery ());
}

/* --- answers, log, audit --------------------------------------------------------------------------------------- */

static void answer_is (const taken_t *taken)
{
    if (stage_reply ()->status != (int)word_number (WORD (0)))
        fail ("the answer was %d %s", stage_reply ()->status, stage_reply ()->body);
}

static void answer_has (const taken_t *taken)
{
    if (!strstr (stage_reply ()->body, WORD (0)))
        fail ("the answer was %d %s", stage_reply ()->status, stage_reply ()->body);
}

static void log_has (const taken_t *taken)
{
    if (!fake_log_count (WORD (0)))
        fail ("not in the log: '%s'", WORD (0));
}

static void log_lacks (const taken_t *taken)
{
    if (fake_log_count (WORD (0)))
        fail ("in the log: '%s'", WORD (0));
}

static void audit_clean (const taken_t *taken)
{
    (void)taken;
    char words[512] = "";
    if (!stage_audit (words, sizeof words))
        fail ("audit: %s", words);
}

static void metric_is (const taken_t *taken)
{
    if (metrics_value (WORD (0)) != (double)word_number (WORD (1)))
        fail ("the metric %s is %g", WORD (0), metrics_value (WORD (0)));
}

const verb_t verbs_expect[] = {
    {"expect CONTACT is STATE", state_is},
    {"expect CONTACT offered to NAME", offered_to},
    {"expect CONTACT owned by NAME", owned_by},
    {"expect CONTACT accountable NAME", accountable_is},
    {"expect CONTACT promises N ENDED", promises_are},
    {"expect CONTACT promise KIND due in N UNIT", promise_due},
    {"expect CONTACT timeline has TEXT", timeline_has},
    {"expect CONTACT timeline lacks TEXT", timeline_lacks},
    {"expect CONTACT timeline has TEXT N times", timeline_times},
    {"expect told NAME PURPOSE", told},
    {"expect told NAME PURPOSE N times", told},
    {"expect told NAME PURPOSE has TEXT", told_has},
    {"expect not told NAME PURPOSE", nobody_told},
    {"expect mail to ADDRESS has TEXT", mail_has},
    {"expect mail to ADDRESS has TEXT N times", mail_has},
    {"expect call to URL has TEXT", call_has},
    {"expect call to URL has TEXT N times", call_has},
    {"expect attempts to ADDRESS N", attempts_are},
    {"expect at least attempts to URL N", attempts_some},
    {"expect calls to URL repeat themselves", same_call},
    {"expect calls to URL have header NAME with TEXT", call_header},
    {"expect outbox N", outbox_is},
    {"expect dead letters N", dead_are},
    {"expect answer STATUS", answer_is},
    {"expect answer has TEXT", answer_has},
    {"expect log has TEXT", log_has},
    {"expect log lacks TEXT", log_lacks},
    {"expect audit clean", audit_clean},
    {"expect metric NAME N", metric_is},
    {NULL, NULL},
};
