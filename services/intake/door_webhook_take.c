/* door_webhook_take.c - the items of a webhook become contacts, and the platform is answered once they are durable.
 *
 * hears: a payload whose sender is known. says: the description's answer (200) when every message is committed, or was
 * before; 503 when some may be taken later: the platform sends it again, and by their ids those that are done are done
 * once; 422 when one can't be taken at all.
 *
 * Limits: WINDOW messages of a payload are under way at once. */
#include "webhooks.h"

#include "bounce.h"
#include "log.h"
#include "mail_tag.h"
#include "mails.h"
#include "words.h"
#include "xmalloc.h"

#include <sodium.h>
#include <stdio.h>

enum { WINDOW = 32 };

static void webhook_destroy (webhook_t **self_p)
{
    webhook_t *self = *self_p;
    *self_p = NULL;
    for (size_t i = 0; i < self->messages_n; i++)
        channel_message_clear (self->messages[i]);
    free (self->messages);
    free (self->receipts);
    if (self->answer)
        g_string_free (self->answer, TRUE);
    sodium_memzero (self->key_bytes, sizeof self->key_bytes);
    pick_scope_clear (&self->scope);
    json_decref (self->payload);
    ask_destroy (&self->ask);
    policy_destroy ((policy_t **)&self->policy);
    free (self);
}

/* Nothing in it is what its type says but text: no browser is to think otherwise. */
void webhook_answer (webhook_t *self, int status, const char *type, const char *body, size_t size)
{
    static const http_header_t headers[] = {{"X-Content-Type-Options", "nosniff"}, {NULL, NULL}};
    http_respond (&self->ask->http, status, type, body, size, headers);
    self->ask->answered = true;
    metric_add ("intake_webhooks_taken", 1);
    metric_observe ("intake_webhook_seconds",
                    (double)(loop_now_us (self->ask->intake->service->loop) - self->ask->begun_us) / 1000.0);
    webhook_destroy (&self);
}

void webhook_refuse (webhook_t *self, refusal_kind_t kind, const char *format, ...)
{
    va_list words;
    va_start (words, format);
    refusal_t refusal = refusal_of_list (kind, format, words);
    va_end (words);
    ask_refuse (&self->ask, &refusal);
    webhook_destroy (&self);
}

/* ---------------------------------------------------------------- the end */

static void answer_fine (webhook_t *self)
{
    const in_answer_t *answer = &self->in->answer;
    if (!answer->body.source)
        g_string_printf (self->answer, "{\"taken\":%zu,\"duplicates\":%zu,\"ignored\":%zu,\"receipts\":%zu}",
                         self->found.messages - self->duplicates, self->duplicates, self->found.ignored,
                         self->found.receipts);
    webhook_answer (self, answer->status, answer->type, self->answer->str, self->answer->len);
}

/* All is done that could be. */
static void end (webhook_t *self)
{
    if (self->later)
        webhook_refuse (self, refusal_row (self->why.kind)->retry_after_s ? self->why.kind : REFUSE_BUSY,
                        "%zu of %zu messages were not taken: %.200s", self->later + self->refused, self->messages_n,
                        self->why.detail);
    else if (self->refused)
        webhook_refuse (self, REFUSE_INVALID, "%zu of %zu messages can't be taken: %.400s", self->refused,
                        self->messages_n, self->why.detail);
    else
        answer_fine (self);
}

/* ------------------------------------------------------------ one message */

typedef struct sent {
    webhook_t *webhook;
    size_t index;
} sent_t;

static void hand_on (webhook_t *self);

static void count_refusal (webhook_t *self, const refusal_t *refusal, const char *message_id)
{
    bool later = refusal_row (refusal->kind)->retry_after_s > 0;
    if (!later || self->later == 0)
        self->why = *refusal;
    self->later += later;
    self->refused += !later;
    if (!later)
        log_fact (LOG_WARNING_, "", "message of a webhook can't be taken", "channel", self->channel->name, "message",
                  message_id, "why", refusal->detail, NULL);
}

static void done (webhook_t *self, size_t index, const receipt_t *receipt, const refusal_t *refusal)
{
    if (refusal)
        count_refusal (self, refusal, self->messages[index]->field[IN_MESSAGE_ID]);
    else if (receipt && receipt->disposition == BUCKSTOP__V1__DISPOSITION__DISPOSITION_DUPLICATE)
        self->duplicates++;
    channel_message_clear (self->messages[index]);
    self->messages[index] = NULL;
    self->open--;
    hand_on (self);
}

static void on_submitted (void *arg, const receipt_t *receipt, const refusal_t *refusal)
{
    sent_t sent = *(sent_t *)arg;
    free (arg);
    done (sent.webhook, sent.index, receipt, refusal);
}

/* A tag of ours, in an id that the message refers to or in its subject, leads back to its contact. */
static bool tagged (const webhook_t *self, const channel_message_t *message, mail_tag_t *tag)
{
    const uint8_t *key = self->policy->link_key;
    for (size_t i = 0; i < message->references_n; i++)
        if (mail_tag_in_message_id (message->references[i], tag) && mail_tag_true (tag, self->workspace, key))
            return true;
    return mail_tag_in_subject (message->field[IN_SUBJECT], tag) && mail_tag_true (tag, self->workspace, key);
}

static void submit (webhook_t *self, size_t index)
{
    mail_tag_t tag;
    channel_submit_t made;
    const channel_message_t *message = self->messages[index];
    sent_t *sent = xmalloc (sizeof *sent);
    *sent = (sent_t){self, index};
    channel_submit_make (&made, self->channel, message);
    bool hint = tagged (self, message, &tag);
    if (hint)
        made.submit.contact = tag.contact;
    ask_submit (self->ask->intake, &(ask_order_t){.workspace = self->workspace,
                                                  .submit = &made.submit,
                                                  .trace = self->ask->trace,
                                                  .contact_is_hint = hint,
                                                  .fn = on_submitted,
                                                  .arg = sent});
    channel_submit_clear (&made);
}

static void on_mail (void *arg, size_t index, const mail_outcome_t *outcome)
{
    sent_t sent = *(sent_t *)arg;
    (void)index;
    free (arg);
    done (sent.webhook, sent.index, outcome->receipt, outcome->refusal);
}

/* A whole message as MIME goes the way of mail. */
static void submit_mail (webhook_t *self, size_t index)
{
    const channel_message_t *message = self->messages[index];
    mail_place_t place = {.workspace = ""};
    sent_t *sent = xmalloc (sizeof *sent);
    *sent = (sent_t){self, index};
    WORD_COPY (place.workspace, self->workspace);
    WORD_COPY (place.channel, self->channel->name);
    mails_take (self->ask->intake->mails, &(mail_order_t){.bytes = message->field[IN_MAIL],
                                                          .size = message->mail_size,
                                                          .sender = NULL,
                                                          .places = &place,
                                                          .places_n = 1,
                                                          .key = "",
                                                          .trace = self->ask->trace,
                                                          .fn = on_mail,
                                                          .arg = sent});
}

static void on_reported (void *arg, bounce_outcome_t outcome)
{
    webhook_t *self = arg;
    if (outcome == BOUNCE_AWAY) {
        refusal_t refusal = refusal_of (REFUSE_AWAY, "the store can't be asked");
        count_refusal (self, &refusal, "");
    }
    self->open--;
    hand_on (self);
}

static void hand_on_receipt (webhook_t *self)
{
    const channel_receipt_t *receipt = &self->receipts[self->receipts_next++];
    self->open++;
    receipt_take (self->ask->intake->service, self->workspace, self->channel->name, receipt, on_reported, self);
}

/* As many as the window has room for; the end, when the last is answered. Answers never come from within. */
static void hand_on (webhook_t *self)
{
    while (self->receipts_next < self->receipts_n && self->open < WINDOW)
        hand_on_receipt (self);
    while (self->next < self->messages_n && self->open < WINDOW) {
        size_t index = self->next++;
        const channel_message_t *message = self->messages[index];
        bool ending = !self->ask->intake->mails;
        if (message->missing || ending) {
            refusal_t refusal = ending ? refusal_of (REFUSE_DRAINING, "shutting down")
                                       : refusal_of (REFUSE_INVALID, "%s", message->missing);
            count_refusal (self, &refusal, message->field[IN_MESSAGE_ID]);
            continue;
        }
        self->open++;
        if (*message->field[IN_MAIL])
            submit_mail (self, index);
        else
            submit (self, index);
    }
    if (self->next == self->messages_n && self->receipts_next == self->receipts_n && self->open == 0)
        end (self);
}

/* -------------------------------------------------------------- all of it */

/* What counts for nothing is only said in the log. */
static void drop_ignored (webhook_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->messages_n; i++) {
        channel_message_t *message = self->messages[i];
        if (!message->ignored) {
            self->messages[kept++] = message;
            continue;
        }
        log_fact (LOG_DEBUG_, "", "webhook ignored", "channel", self->channel->name, "why", message->ignored, NULL);
        channel_message_clear (message);
    }
    self->messages_n = kept;
}

static void log_receipts (const webhook_t *self)
{
    for (size_t i = 0; i < self->receipts_n; i++) {
        const channel_receipt_t *receipt = &self->receipts[i];
        log_fact (LOG_DEBUG_, "", "webhook receipt", "channel", self->channel->name, "state",
                  channel_receipt_name (receipt->state), "id", receipt->id, "reason", receipt->reason, NULL);
    }
}

void webhook_take (webhook_t *self)
{
    drop_ignored (self);
    log_receipts (self);
    metric_add ("intake_webhook_messages", (int64_t)self->found.messages);
    metric_add ("intake_webhook_ignored", (int64_t)self->found.ignored);
    metric_add ("intake_webhook_receipts", (int64_t)self->found.receipts);
    if (self->found.beyond)
        webhook_refuse (self, REFUSE_TOO_LARGE, "more than %d items in one payload", (int)IN_ITEMS_MAX);
    else if (self->found.messages + self->found.ignored + self->found.receipts == 0)
        webhook_refuse (self, REFUSE_INVALID,
                        "there is no message in it: the description of channel '%s' finds nothing at its 'each'",
                        self->channel->name);
    else
        hand_on (self);
}
