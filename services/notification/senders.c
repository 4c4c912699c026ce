/* senders.c - one function per way, and what becomes of an attempt.
 *
 * Accepted is what the far side said it took. No answer, a broken one, or a 5xx (SMTP: 4xx) is unknown: it is
 * sent again under the same id. Only what can't become better is a failure for good: a 4xx (SMTP: 5xx about this
 * mail), an address that is none. What our own settings lack - a mail server, a sender, a key, a login - fails no
 * delivery: it waits, the timeline says why, and so does the log once a minute. */
#include "senders_private.h"

#include "guard.h"
#include "log.h"
#include "trace.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

const char *way_name (way_kind_t way)
{
    static const char *const names[NOTIFICATION_WAYS] = {"nothing", "log", "mail", "webhook", "slack", "channel"};
    return (size_t)way < NOTIFICATION_WAYS ? names[way] : "?";
}

void sender_unable (attempt_t *attempt, enum fault fault, const char *words)
{
    char trace[TRACE_ID_SIZE];
    mono_ms_t now = loop_now (attempt->self->service->loop);
    mono_ms_t *said = &attempt->self->fault_said[fault];
    metric_add ("deliveries_unable", 1);
    if (!*said || now - *said >= FAULT_SAID_MS) {
        *said = now;
        log_fact (LOG_ERROR_, attempt->delivery.contact, "deliveries wait for our own settings", "way",
                  way_name (attempt->delivery.way), "why", words, "trace",
                  trace_id_of (attempt->delivery.trace, attempt->delivery.contact, trace), NULL);
    }
    attempt_ended (attempt, ATTEMPT_UNABLE, 0, words);
}

static void by_none (attempt_t *attempt)
{
    attempt_ended (attempt, ATTEMPT_PERMANENT, 0, "it names no way");
}

static void by_log (attempt_t *attempt)
{
    const delivery_t *delivery = &attempt->delivery;
    char trace[TRACE_ID_SIZE];
    log_fact (LOG_NOTICE_, delivery->contact, "notice", "purpose", purpose_name (delivery->purpose), "to",
              delivery->person[0] ? delivery->person : "customer", "address", delivery->address, "subject",
              delivery->subject, "body", delivery->body, "id", delivery->id, "trace",
              trace_id_of (delivery->trace, delivery->contact, trace), NULL);
    attempt_ended (attempt, ATTEMPT_ACCEPTED, 0, "");
}

/* ---- all of them ---- */

void sender_now (attempt_t *attempt)
{
    static sender_fn *const table[NOTIFICATION_WAYS] = {
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_UNSPECIFIED] = by_none,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG] = by_log,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL] = sender_by_mail,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK] = sender_by_webhook,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK] = sender_by_slack,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL] = sender_by_channel,
    };
    attempt->delivery.attempts++;
    kill_point ("notification.before-send");
    table[attempt->delivery.way](attempt);
}

void sender_send (attempt_t *attempt)
{
    if (GUARD ("f37"))
        sender_now (attempt);
    else
        settle_forget (attempt);
}

/* Nothing was sent: it counts as no attempt, and is said again only for another reason. */
static void count_unable (attempt_t *attempt)
{
    delivery_t *delivery = &attempt->delivery;
    delivery->attempts--;
    delivery->holds++;
    attempt->say = strcmp (delivery->last_error, attempt->words) != 0;
}

void attempt_ended (attempt_t *attempt, attempt_result_t result, int64_t retry_after_ms, const char *words)
{
    notification_t *self = attempt->self;
    if (self->stopped) {
        attempt_destroy (&attempt);
        return;
    }
    kill_point ("notification.after-send");
    attempt->result = result;
    WORD_COPY (attempt->words, words);
    lanes_leave (attempt);
    if (result == ATTEMPT_UNABLE)
        count_unable (attempt);
    static const enum settle settles[] = {
        [DELIVERY_DONE] = SETTLE_DONE, [DELIVERY_RETRY] = SETTLE_RETRY, [DELIVERY_DEAD] = SETTLE_DEAD};
    enum settle how = settles[delivery_after (&attempt->delivery, result, retry_after_ms,
                                              store_now (self->service->store), &attempt->next_due)];
    if (how == SETTLE_RETRY)
        held_note (attempt);
    settle (attempt, how);
}
