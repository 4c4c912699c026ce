/* door_lmtp.c - the LMTP door: a mail server hands over, and keeps what we can't take now.
 *
 * hears: recipients, messages. says: 250 once a message is durable, or is none that anybody would miss; 4xx for whatever
 * may be otherwise later: the mail server tries again for days; 5xx for what stays wrong: it tells the sender.
 *
 * Limits: --mail-max a message, MESSAGES_HELD of them at once in memory; --lmtp-connections. Of a channel's addresses that a
 * message names the first counts, for its tag. */
#include "lmtp_server.h"
#include "log.h"
#include "mails.h"
#include "metrics.h"
#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGES_HELD = 8, HOST_SIZE = 256 };

struct door_lmtp {
    intake_t *intake;
    lmtp_server_t *server;
    size_t mails; /* under way */
};

/* ---------------------------------------------------------------- recipients */

static const struct {
    int code;
    const char *words; /* the address is put in */
} found_rows[] = {
    [PLACE_FOUND] = {250, "2.1.5 fine%.0s"},
    [PLACE_UNKNOWN] = {550, "5.1.1 no policy names %.128s: it would stand at channels.NAME.addresses"},
    [PLACE_DOUBTFUL] = {451, "4.3.5 the policies of two workspaces name %.128s"},
    [PLACE_NOT_YET] = {451, "4.3.0 the policies are not loaded yet%.0s"},
};

static mail_places_found_t find (const door_lmtp_t *self, const char *address, mail_place_t *place,
                                 lmtp_verdict_t *verdict)
{
    mail_places_found_t found = mail_places_find (mails_places (self->intake->mails), NULL, address, place);
    verdict->code = found_rows[found].code;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf (verdict->words, sizeof verdict->words, found_rows[found].words, address);
#pragma GCC diagnostic pop
    return found;
}

static void on_recipient (void *arg, const char *address, lmtp_verdict_t *verdict)
{
    const door_lmtp_t *self = arg;
    mail_place_t place;
    if (self->intake->draining) {
        *verdict = (lmtp_verdict_t){.code = 451, .words = "4.3.2 shutting down"};
        return;
    }
    mail_places_found_t found = find (self, address, &place, verdict);
    if (found == PLACE_UNKNOWN || found == PLACE_DOUBTFUL) {
        metric_add ("intake_mail_refused", 1);
        log_fact (LOG_NOTICE_, "", "mail refused", "to", address, "why", verdict->words, NULL);
    }
}

/* ------------------------------------------------------------------ messages */

/* Recipients of one channel are one place, however many there are: each may be spelled in as many ways as there are words
 * behind a '+', and a message is once only in a channel. */
typedef struct handing {
    door_lmtp_t *door;
    lmtp_mail_t *mail;
    size_t recipients_n, left;
    size_t places[]; /* by recipient: NOWHERE, or where its answer comes from */
} handing_t;

#define NOWHERE SIZE_MAX

/* A refusal's status in HTTP says what it is. */
static void refusal_words (const refusal_t *refusal, lmtp_verdict_t *verdict)
{
    static const struct {
        unsigned status;
        int code;
        const char *enhanced;
    } rows[] = {{413, 552, "5.3.4"}, {422, 554, "5.6.0"}, {400, 554, "5.6.0"}, {0, 451, "4.3.0"}};
    const problem_t *problem = &refusal_row (refusal->kind)->problem;
    size_t i = 0;
    while (rows[i].status && rows[i].status != problem->status)
        i++;
    verdict->code = refusal->kind == REFUSE_UNKNOWN_CHANNEL ? 550 : rows[i].code;
    snprintf (verdict->words, sizeof verdict->words, "%s %s: %.200s",
              refusal->kind == REFUSE_UNKNOWN_CHANNEL ? "5.1.1" : rows[i].enhanced, problem->code, refusal->detail);
}

static void on_outcome (void *arg, size_t index, const mail_outcome_t *outcome)
{
    handing_t *self = arg;
    lmtp_verdict_t verdict = {.code = 250};
    if (outcome->receipt)
        snprintf (verdict.words, sizeof verdict.words, "2.0.0 %s %s", disposition_name (outcome->receipt->disposition),
                  outcome->receipt->contact);
    else if (outcome->ignored)
        snprintf (verdict.words, sizeof verdict.words, "2.0.0 ignored: %s", outcome->ignored);
    else
        refusal_words (outcome->refusal, &verdict);
    bool last = --self->left == 0;
    self->door->mails -= last;
    for (size_t i = 0; i < self->recipients_n; i++) /* with its last answer the mail is gone */
        if (self->places[i] == index)
            lmtp_mail_answer (self->mail, i, verdict.code, verdict.words);
    if (last)
        free (self);
}

static bool same_place (const mail_place_t *a, const mail_place_t *b)
{
    return strcmp (a->workspace, b->workspace) == 0 && strcmp (a->channel, b->channel) == 0;
}

/* Where it is among the places, which it joins if it is new there; *n of them. */
static size_t place_of (mail_place_t *places, size_t *n)
{
    const mail_place_t *found = &places[*n];
    for (size_t i = 0; i < *n; i++)
        if (same_place (&places[i], found))
            return i;
    return (*n)++;
}

static void take (handing_t *self, const mail_place_t *places)
{
    size_t size;
    const void *bytes = lmtp_mail_bytes (self->mail, &size);
    self->door->mails++;
    mails_take (self->door->intake->mails, &(mail_order_t){.bytes = bytes,
                                                           .size = size,
                                                           .sender = lmtp_mail_sender (self->mail),
                                                           .places = places,
                                                           .places_n = self->left,
                                                           .key = "",
                                                           .trace = "",
                                                           .fn = on_outcome,
                                                           .arg = self});
}

static void on_mail (void *arg, lmtp_mail_t *mail)
{
    door_lmtp_t *self = arg;
    size_t n = lmtp_mail_recipients (mail);
    handing_t *handing = xcalloc (1, sizeof *handing + n * sizeof *handing->places);
    mail_place_t *places = xcalloc (n + 1, sizeof *places);
    lmtp_verdict_t *verdicts = xcalloc (n, sizeof *verdicts);
    *handing = (handing_t){.door = self, .mail = mail, .recipients_n = n};
    for (size_t i = 0; i < n; i++) { /* policies may have changed since RCPT */
        bool found = find (self, lmtp_mail_recipient (mail, i), &places[handing->left], &verdicts[i]) == PLACE_FOUND;
        handing->places[i] = found ? place_of (places, &handing->left) : NOWHERE;
    }
    if (handing->left)
        take (handing, places);
    else
        free (handing);
    free (places);
    for (size_t i = 0; i < n; i++)
        if (verdicts[i].code != 250)
            lmtp_mail_answer (mail, i, verdicts[i].code, verdicts[i].words);
    free (verdicts);
}

/* ----------------------------------------------------------------- its life */

static void say_listening (const door_lmtp_t *self, const char *endpoint)
{
    char port[12];
    snprintf (port, sizeof port, "%d", lmtp_server_port (self->server));
    log_fact (LOG_NOTICE_, "", "listening", "lmtp", endpoint, "port", port, NULL);
}

door_lmtp_t *door_lmtp_open (intake_t *intake)
{
    const intake_params_t *given = intake->params;
    char host[HOST_SIZE] = "", why[LMTP_WHY_SIZE] = "";
    if (gethostname (host, sizeof host - 1) < 0 || !*host)
        WORD_COPY (host, "localhost");
    lmtp_server_config_t config = {.endpoint = given->lmtp,
                                   .host = host,
                                   .message_max = (size_t)given->mail_max,
                                   .held_max = MESSAGES_HELD * (size_t)given->mail_max,
                                   .connections_max = (unsigned)given->lmtp_connections,
                                   .timeout_ms = (int)(given->lmtp_timeout * MS_PER_SECOND),
                                   .why = why};
    door_lmtp_t *self = xcalloc (1, sizeof *self);
    self->intake = intake;
    self->server = lmtp_server_new (intake->service->loop, &config, on_recipient, on_mail, self);
    if (self->server) {
        say_listening (self, given->lmtp);
        return self;
    }
    log_fact (LOG_ERROR_, "", "can't listen", "endpoint", given->lmtp, "why", why, NULL);
    free (self);
    return NULL;
}

void door_lmtp_drain (door_lmtp_t *self)
{
    if (self)
        lmtp_server_drain (self->server);
}

/* Whoever is in the midst of a message may end it, as long as the drain takes. */
bool door_lmtp_idle (const door_lmtp_t *self)
{
    return !self || lmtp_server_open (self->server) == 0;
}

void door_lmtp_close (door_lmtp_t **self_p)
{
    door_lmtp_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    lmtp_server_destroy (&self->server);
    free (self);
}

void door_lmtp_metrics (const door_lmtp_t *self, FILE *out)
{
    if (!self)
        return;
    metric_print (out, "intake_lmtp_connections", (double)lmtp_server_open (self->server));
    metric_print (out, "intake_lmtp_held_bytes", (double)lmtp_server_held (self->server));
}
