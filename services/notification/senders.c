/* senders.c - one function per way, and what the far side's answers mean.
 *
 * Accepted is what the far side said it took. No answer, a broken one, or a 5xx (SMTP: 4xx) is unknown: it is
 * sent again under the same id. Only what can't become better is a failure for good: a 4xx (SMTP: 5xx), a
 * missing key, an address that is none. */
#include "notification_private.h"

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
    attempt_result_t result = ATTEMPT_TEMPORARY;
    if (word_empty (answer->error))
        result = ATTEMPT_ACCEPTED;
    else if (answer->code >= 500 && answer->code < 600)
        result = ATTEMPT_PERMANENT;
    attempt_ended (attempt, result, 0, answer->error);
}

static void by_mail (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    const policy_t *policy = workspaces_policy (self->service->workspaces, delivery->workspace);
    const char *from = self->params->mail_from;
    if (word_empty (from) && policy)
        from = policy->mail_from;
    const char *lacking = NULL;
    if (!self->mail_out)
        lacking = "no mail server is configured (--smtp)";
    else if (word_empty (from))
        lacking = "no sender is configured (--mail-from, or mail_from in the policy)";
    else if (!strchr (delivery->address, '@'))
        lacking = "there is no mail address";
    if (lacking) {
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, lacking);
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

static void call_answered (void *arg, const http_answer_t *answer)
{
    attempt_t *attempt = arg;
    char words[DETAIL_SIZE];
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

static bool is_url (const char *address)
{
    return strncmp (address, "http://", 7) == 0 || strncmp (address, "https://", 8) == 0;
}

static void by_webhook (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    char why[DETAIL_SIZE];
    webhook_t webhook = {0};
    if (!is_url (attempt->delivery.address))
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, "the address is no http or https URL");
    else if (webhook_make (&webhook, &attempt->delivery, self->params->secrets, store_now (self->service->store), why))
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, why);
    else
        call (attempt, &webhook);
    webhook_clear (&webhook);
}

static void by_slack (attempt_t *attempt)
{
    webhook_t webhook = {0};
    if (!is_url (attempt->delivery.address)) {
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
    static const enum settle settles[] = {
        [DELIVERY_DONE] = SETTLE_DONE, [DELIVERY_RETRY] = SETTLE_RETRY, [DELIVERY_DEAD] = SETTLE_DEAD};
    settle (attempt, settles[delivery_after (&attempt->delivery, result, retry_after_ms,
                                             store_now (self->service->store), &attempt->next_due)]);
}
