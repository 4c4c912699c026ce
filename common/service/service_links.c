/* service_links.c - the links between processes: who may bind what without keys, and who was refused.
 *
 * Hears: the parameters; from the bus who was refused. Says: at the door why a link may not be opened; a line in the log on
 * each stranger, so that a forgotten key is not a silence.
 * Limits: the same is said once in SAID_AGAIN_MS, and no more than REFUSED_LINES lines in that time. */
#include "service_private.h"

#include "log.h"
#include "option_checks.h"
#include "words.h"

#include <string.h>

enum {
    SAID_AGAIN_MS = 60000,
    REFUSED_LATELY_MS = 10000, /* one that is refused comes again several times a second */
};

const char links_notes[] =
    "Links between processes (submit, route, due, outbox, stream) are plain on the loopback and on ipc://. Who binds "
    "one\n"
    "for others needs --keys, or says --plain-bind where the network itself keeps strangers out.\n"
    "HTTP, LMTP, health and metrics have no TLS of their own: where others reach them, a proxy with TLS stands before.";

static const char *endpoints_of (const service_t *self, bus_link_t link)
{
    const char *const all[BUS_LINKS] = {[BUS_SUBMIT] = self->submit,
                                        [BUS_ROUTE] = self->route,
                                        [BUS_DUE] = self->due,
                                        [BUS_OUTBOX] = self->outbox,
                                        [BUS_STREAM] = self->stream};
    return all[link];
}

static const char *const link_names[BUS_LINKS] = {[BUS_SUBMIT] = "submit",
                                                  [BUS_ROUTE] = "route",
                                                  [BUS_DUE] = "due",
                                                  [BUS_OUTBOX] = "outbox",
                                                  [BUS_STREAM] = "stream"};

static bool has_keys (const service_t *self)
{
    return self->keys && *self->keys;
}

/* Whoever reaches a plain link is believed. */
static bool is_guarded (const service_t *self, bus_link_t link, FILE *err)
{
    char open[ENDPOINT_ROOM];
    if (strcmp (bus_binder (link), self->name) != 0 || endpoints_are_local (endpoints_of (self, link), open))
        return true;
    fprintf (
        err,
        "buckstop-%s: --%s: %s is bound for others, and without keys whoever reaches it is believed; give --keys "
        "FOLDER ('buckstop keys new --dir FOLDER' makes them), or bind 127.0.0.1 or ipc://, or say --plain-bind if the "
        "network keeps strangers out\n",
        self->name, link_names[link], open);
    return false;
}

bool links_may_open (const service_t *service, FILE *err)
{
    char why[DETAIL_SIZE];
    bool fine = true;
    for (int link = 0; link < BUS_LINKS && !has_keys (service) && !service->plain_bind; link++)
        fine &= is_guarded (service, (bus_link_t)link, err);
    if (!has_keys (service) || bus_keys_fine (service->keys, service->name, why))
        return fine;
    fprintf (err, "buckstop-%s: --keys: %s\n", service->name, why);
    return false;
}

/* Where a line is kept, or may be: NULL: it was said a moment ago, or too many were. */
static refused_line_t *place_of (service_private_t *self, const char *text, mono_ms_t now)
{
    refused_line_t *oldest = &self->refused[0];
    for (size_t i = 0; i < REFUSED_LINES; i++) {
        refused_line_t *line = &self->refused[i];
        if (strcmp (line->text, text) == 0)
            oldest = line;
        else if (strcmp (oldest->text, text) != 0 && line->said < oldest->said)
            oldest = line;
    }
    return *oldest->text && now - oldest->said < SAID_AGAIN_MS ? NULL : oldest;
}

/* One that is refused comes again and again. */
static void on_refused (void *arg, const char *what, const char *who)
{
    const service_t *service = arg;
    char text[DETAIL_SIZE];
    mono_ms_t now = loop_now (service->loop);
    snprintf (text, sizeof text, "%.140s %.90s", what, who);
    service->private_->refused_last.said = now;
    WORD_COPY (service->private_->refused_last.text, text);
    refused_line_t *line = place_of (service->private_, text, now);
    if (!line)
        return;
    line->said = now;
    snprintf (line->text, sizeof line->text, "%s", text);
    log_fact (LOG_WARNING_, "", "a peer is not heard", "why", what, "who", who, NULL);
}

const char *links_refused (const service_t *service)
{
    const refused_line_t *last = &service->private_->refused_last;
    bool lately = *last->text && loop_now (service->loop) - last->said < REFUSED_LATELY_MS;
    return lately ? last->text : "";
}

int links_use_keys (service_t *service)
{
    char why[DETAIL_SIZE];
    bus_on_refused (service->bus, on_refused, service);
    int rc = has_keys (service) ? bus_use_keys (service->bus, service->keys, service->name, why) : 0;
    if (rc < 0)
        log_fact (LOG_ERROR_, "", "can't use the keys", "why", why, NULL);
    return rc;
}
