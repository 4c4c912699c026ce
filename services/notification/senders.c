/* senders.c - one function per way, and what the far side's answers mean.
 *
 * Accepted is what the far side said it took. No answer, a broken one, or a 5xx (SMTP: 4xx) is unknown: it is
 * sent again under the same id. Only what can't become better is a failure for good: a 4xx (SMTP: 5xx about this
 * mail), an address that is none. What our own settings lack - a mail server, a sender, a key, a login - fails no
 * delivery: it waits, the timeline says why, and so does the log once a minute. */
#include "notification_private.h"

#include "address.h"
#include "guard.h"
#include "log.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

const char *way_name (way_kind_t way)
{
    static const char *const names[NOTIFICATION_WAYS] = {"nothing", "log", "mail", "webhook", "slack"};
    return (size_t)way < NOTIFICATION_WAYS ? names[way] : "?";
}

static void unable (attempt_t *attempt, enum fault fault, const char *words)
{
    mono_ms_t now = loop_now (attempt->self->service->loop);
    mono_ms_t *said = &attempt->self->fault_said[fault];
    metric_add ("deliveries_unable", 1);
    if (!*said || now - *said >= FAULT_SAID_MS) {
        *said = now;
        log_fact (LOG_ERROR_, attempt->delivery.contact, "deliveries wait for our own settings", "way",
                  way_name (attempt->delivery.way), "why", words, NULL);
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
    log_fact (LOG_NOTICE_, delivery->contact, "notice", "purpose", purpose_name (delivery->purpose), "to",
              delivery->person[0] ? delivery->person : "customer", "address", delivery->address, "subject",
              delivery->subject, "body", delivery->body, "id", delivery->id, NULL);
    attempt_ended (attempt, ATTEMPT_ACCEPTED, 0, "");
}

/* ---- mail ---- */

static void mail_answered (void *arg, const mail_answer_t *answer)
{
    attempt_t *attempt = arg;
    attempt->answered = answer->code != 0;
    attempt->delivery.own_id |= !answer->code && !answer->unsent;
    bool refused = answer->code >= 500 && answer->code < 600;
    if (word_empty (answer->error))
        attempt_ended (attempt, ATTEMPT_ACCEPTED, 0, "");
    else if (refused && answer->stage == MAIL_STAGE_SERVER)
        unable (attempt, FAULT_SERVER_REFUSES, answer->error);
    else
        attempt_ended (attempt, refused ? ATTEMPT_PERMANENT : ATTEMPT_TEMPORARY, 0, answer->error);
}

static void by_mail (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    const policy_t *policy = workspaces_policy (self->service->workspaces, delivery->workspace);
    const char *from = self->params->mail_from;
    if (word_empty (from) && policy)
        from = policy->mail_from;
    if (!address_is_mail (delivery->address)) {
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, "there is no mail address");
        return;
    }
    if (!self->mail_out) {
        unable (attempt, FAULT_NO_SERVER, "no mail server is configured (--smtp)");
        return;
    }
    if (word_empty (from)) {
        unable (attempt, FAULT_NO_SENDER, "no sender is configured (--mail-from, or mail_from in the policy)");
        return;
    }
    mail_t mail = {.id = delivery->id,
                   .from = from,
                   .to = delivery->address,
                   .subject = delivery->subject,
                   .body = delivery->body,
                   .in_reply_to = delivery->in_reply_to,
                   .automatic = delivery->purpose != BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_REPLY,
                   .timeout_ms = (int)self->params->attempt_ms};
    mail_out_send (self->mail_out, &mail, mail_answered, attempt);
}

/* ---- calls ---- */

typedef struct meaning {
    int from, to; /* status */
    attempt_result_t result;
} meaning_t;

static const meaning_t meanings[] = {
    {200, 299, ATTEMPT_ACCEPTED},  {429, 429, ATTEMPT_THROTTLED}, {408, 408, ATTEMPT_TEMPORARY},
    {425, 425, ATTEMPT_TEMPORARY}, {300, 499, ATTEMPT_PERMANENT}, /* a redirect is not followed */
};

static attempt_result_t meaning_of (const http_answer_t *answer)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (answer->status >= meanings[i].from && answer->status <= meanings[i].to)
            return meanings[i].result;
    return answer->retry_after_ms ? ATTEMPT_THROTTLED : ATTEMPT_TEMPORARY;
}

/* No answer to what went out; or a gateway says that it got none. */
static bool perhaps_taken (const http_answer_t *answer)
{
    enum { BAD_GATEWAY = 502, GATEWAY_TIMEOUT = 504 };
    return (!answer->status && !answer->unsent) || answer->status == BAD_GATEWAY || answer->status == GATEWAY_TIMEOUT;
}

static void call_answered (void *arg, const http_answer_t *answer)
{
    attempt_t *attempt = arg;
    char words[DETAIL_SIZE];
    attempt->answered = answer->status != 0;
    attempt->delivery.own_id |= perhaps_taken (answer);
    if (answer->status)
        snprintf (words, sizeof words, "the far side answered %d", answer->status);
    else
        snprintf (words, sizeof words, "%s", word_empty (answer->error) ? "no answer" : answer->error);
    attempt_ended (attempt, meaning_of (answer), answer->retry_after_ms, words);
}

/* The policy names where people and chat rooms are; where a customer is to be called back, a submission did. */
static bool private_allowed (const notification_t *self, const delivery_t *delivery)
{
    bool from_policy = delivery->person[0] || delivery->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK;
    return from_policy ? self->params->private_targets : self->params->private_callbacks;
}

static void call (attempt_t *attempt, const webhook_t *webhook)
{
    notification_t *self = attempt->self;
    http_call_t call = {.method = "POST",
                        .url = attempt->delivery.address,
                        .headers = webhook->list,
                        .body = webhook->body,
                        .body_size = webhook->body ? strlen (webhook->body) : 0,
                        .timeout_ms = (int)self->params->attempt_ms,
                        .private_allowed = private_allowed (self, &attempt->delivery)};
    http_client_call (self->http, &call, call_answered, attempt);
}

static void by_webhook (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    char why[DETAIL_SIZE];
    webhook_t webhook = {0};
    if (!address_is_url (attempt->delivery.address)) {
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, "the address is no http or https URL");
        return;
    }
    switch (webhook_make (&webhook, &attempt->delivery, self->params->secrets, store_now (self->service->store), why)) {
    case WEBHOOK_MADE:
        call (attempt, &webhook);
        break;
    case WEBHOOK_NO_KEY:
        unable (attempt, FAULT_NO_KEY, why);
        break;
    default:
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, why);
    }
    webhook_clear (&webhook);
}

static void by_slack (attempt_t *attempt)
{
    webhook_t webhook = {0};
    if (!address_is_url (attempt->delivery.address)) {
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, "the address is no http or https URL");
        return;
    }
    webhook_slack (&webhook, &attempt->delivery);
    call (attempt, &webhook);
    webhook_clear (&webhook);
}

/* ---- all of them ---- */

typedef void (sender_fn) (attempt_t *attempt);

void sender_now (attempt_t *attempt)
{
    static sender_fn *const table[NOTIFICATION_WAYS] = {
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_UNSPECIFIED] = by_none,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_LOG] = by_log,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL] = by_mail,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK] = by_webhook,
        [BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK] = by_slack,
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
    held_note (attempt);
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
    settle (attempt, settles[delivery_after (&attempt->delivery, result, retry_after_ms,
                                             store_now (self->service->store), &attempt->next_due)]);
}
