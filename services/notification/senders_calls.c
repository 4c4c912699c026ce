/* senders_calls.c - what goes out over HTTP: signed webhooks, Slack's, and the calls of channels.
 *
 * What an answer means is told by its status; of a channel's call by the channel's description (channel_out.h), as the
 * policy has it when the answer comes. Its headers are made for each attempt, and so is a URL that holds a secret: this is
 * read from its file, and stands in no record and no log. */
#include "senders_private.h"

#include "address.h"
#include "channel_out.h"
#include "mail_tag.h"
#include "trace.h"
#include "words.h"

#include <sodium.h>
#include <string.h>

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

/* The policy names where people, chat rooms and platforms are; where a customer is to be called back, a submission did. */
static bool private_allowed (const notification_t *self, const delivery_t *delivery)
{
    bool from_policy = delivery->person[0] || delivery->way != BUCKSTOP__V1__WAY_KIND__WAY_KIND_WEBHOOK;
    return from_policy ? self->params->private_targets : self->params->private_callbacks;
}

static void call (attempt_t *attempt, const webhook_t *webhook)
{
    notification_t *self = attempt->self;
    char trace[TRACE_SIZE];
    http_call_t call = {.method = "POST",
                        .url = attempt->delivery.address,
                        .headers = webhook->list,
                        .trace = trace_of (attempt->delivery.trace, attempt->delivery.contact, trace),
                        .body = webhook->body,
                        .body_size = webhook->body ? strlen (webhook->body) : 0,
                        .timeout_ms = (int)self->params->attempt_ms,
                        .private_allowed = private_allowed (self, &attempt->delivery)};
    http_client_call (self->http, &call, call_answered, attempt);
}

void sender_by_webhook (attempt_t *attempt)
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
        sender_unable (attempt, FAULT_NO_KEY, why);
        break;
    default:
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, why);
    }
    webhook_clear (&webhook);
}

void sender_by_slack (attempt_t *attempt)
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

/* ---- the calls of channels ---- */

static const policy_channel_t *channel_of (const attempt_t *attempt)
{
    const policy_t *policy = workspaces_policy (attempt->self->service->workspaces, attempt->delivery.workspace);
    const policy_channel_t *channel = policy ? policy_channel (policy, attempt->delivery.channel) : NULL;
    return channel && channel->out ? channel : NULL;
}

static void channel_answered (void *arg, const http_answer_t *answer)
{
    attempt_t *attempt = arg;
    static const channel_out_t plain = {0}; /* the description has gone meanwhile */
    const policy_channel_t *channel = attempt->self->stopped ? NULL : channel_of (attempt);
    if (!answer->status) {
        call_answered (arg, answer);
        return;
    }
    out_answer_t said = {answer->status, answer->body, answer->body_size, answer->header, answer->retry_after_ms};
    out_meaning_t meaning;
    channel_out_judge (channel ? channel->out : &plain, &said, &meaning);
    attempt->answered = true;
    attempt->delivery.own_id |= perhaps_taken (answer);
    WORD_COPY (attempt->far_id, meaning.far_id);
    if (meaning.result == ATTEMPT_UNABLE)
        sender_unable (attempt, FAULT_PLATFORM_REFUSES, meaning.words);
    else
        attempt_ended (attempt, meaning.result, meaning.retry_after_ms, meaning.words);
}

/* What one call says; all of it may hold the secret. */
typedef struct channel_call {
    char url[OUT_URL_SIZE];
    out_headers_t headers;
    char *body;
} channel_call_t;

static void call_channel (attempt_t *attempt, const channel_out_t *out, const channel_call_t *made)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    char trace[TRACE_SIZE];
    http_call_t call = {.method = out->method,
                        .url = made->url,
                        .secret_url = out->auth == OUT_AUTH_URL || out->auth == OUT_AUTH_REST,
                        .headers = made->headers.list,
                        .trace = trace_of (delivery->trace, delivery->contact, trace),
                        .body = made->body,
                        .body_size = strlen (made->body),
                        .header = out->id_header,
                        .timeout_ms = (int)self->params->attempt_ms,
                        .private_allowed = private_allowed (self, delivery)};
    http_client_call (self->http, &call, channel_answered, attempt);
}

/* 0; or -1 and why. The secret as a line of text. */
static int line_of (const attempt_t *attempt, const channel_out_t *out, char line[OUT_SECRET_SIZE],
                    char why[DETAIL_SIZE])
{
    secret_t secret = {.size = 0};
    line[0] = 0;
    int error =
        out->auth ? secret_file_read (attempt->self->params->secrets, attempt->delivery.secret, "", &secret) : 0;
    if (error)
        secret_file_why ("secret", attempt->self->params->secrets, attempt->delivery.secret, error, why);
    else
        snprintf (line, OUT_SECRET_SIZE, "%.*s", (int)secret.size, (const char *)secret.bytes);
    sodium_memzero (&secret, sizeof secret);
    return error ? -1 : 0;
}

/* As it was told when it was rendered (notice_call.c). */
static void tag_of (const attempt_t *attempt, char tagged[DELIVERY_ID_SIZE + MAIL_TAG_SIZE])
{
    const delivery_t *delivery = &attempt->delivery;
    const policy_t *policy = workspaces_policy (attempt->self->service->workspaces, delivery->workspace);
    char tag[MAIL_TAG_SIZE];
    mail_tag_make (delivery->workspace, delivery->contact, delivery->id, policy->link_key, tag);
    snprintf (tagged, DELIVERY_ID_SIZE + MAIL_TAG_SIZE, "%s.%s", delivery->id, tag);
}

static bool make_call (const attempt_t *attempt, const policy_channel_t *channel, channel_call_t *call,
                       char why[DETAIL_SIZE])
{
    char secret[OUT_SECRET_SIZE], tagged[DELIVERY_ID_SIZE + MAIL_TAG_SIZE];
    const delivery_t *delivery = &attempt->delivery;
    tag_of (attempt, tagged);
    bool made = line_of (attempt, channel->out, secret, why) == 0 &&
                channel_out_url (channel, delivery, secret, call->url, why) &&
                channel_out_headers (channel, delivery, secret, &call->headers, why) &&
                (call->body = channel_out_body (channel, delivery, tagged, secret, why));
    sodium_memzero (secret, sizeof secret);
    return made;
}

void sender_by_channel (attempt_t *attempt)
{
    const policy_channel_t *channel = channel_of (attempt);
    char why[DETAIL_SIZE];
    if (!channel) {
        sender_unable (attempt, FAULT_NO_CHANNEL, "the policy does not say how answers go back by this channel");
        return;
    }
    if (!address_is_url (attempt->delivery.address)) {
        attempt_ended (attempt, ATTEMPT_PERMANENT, 0, "the address is no http or https URL");
        return;
    }
    channel_call_t call = {.body = NULL};
    if (make_call (attempt, channel, &call, why))
        call_channel (attempt, channel->out, &call);
    else
        sender_unable (attempt, FAULT_NO_KEY, why);
    channel_out_body_clear (&call.body);
    sodium_memzero (&call, sizeof call);
}
