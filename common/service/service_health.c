/* service_health.c - health and metrics, on a port of their own.
 *
 * Hears: GET /healthz (does the loop turn?), /readyz (may work be sent here?), /metrics (OpenMetrics text), /log-level; and
 * PUT /log-level with a word, which changes it until the process ends: from this machine alone, since there is no password.
 * A listener of its own, since at the connection limit of the service's real door a health check would
 * hang with everybody else.
 */
#include "service_private.h"

#include "log.h"
#include "metrics.h"
#include "xmalloc.h"

#include <errno.h>
#include <inttypes.h>

enum { HEALTH_BODY_MAX = 1024, HEALTH_TIMEOUT_MS = 2000, HEALTH_CONNECTIONS = 32 };
#define TEXT_PLAIN       "text/plain; charset=utf-8"
#define TEXT_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

static void answer (http_request_t *request, int status, const char *text)
{
    http_respond (&request, status, TEXT_PLAIN, text, strlen (text), NULL);
}

static void answer_health (service_t *service, http_request_t *request)
{
    (void)service;
    answer (request, 200, "ok\n");
}

static void answer_ready (service_t *service, http_request_t *request)
{
    const service_private_t *self = service->private_;
    const char *why = "", *refused = links_refused (service);
    char *text = NULL;
    size_t size = 0;
    FILE *out = xcheck (open_memstream (&text, &size));
    bool ready = service_is_ready (service, &why);
    fprintf (out, ready ? "ready\n" : "not ready: %s\n", why);
    if (*refused) /* it works all the same: what hints would say sooner is found in the store */
        fprintf (out, "hints are late: %s\n", refused);
    if (self->started && !self->stopped && self->kind->remark)
        self->kind->remark (service, self->arg, out);
    fclose (out);
    answer (request, ready ? 200 : 503, text);
    free (text);
}

static void answer_metrics (service_t *service, http_request_t *request)
{
    service_private_t *self = service->private_;
    char *text = NULL;
    size_t size = 0;
    FILE *out = xcheck (open_memstream (&text, &size));
    service_metrics_print (service, out);
    if (self->started && !self->stopped && self->kind->metrics)
        self->kind->metrics (service, self->arg, out);
    metrics_print (out);
    fputs ("# EOF\n", out);
    fclose (out);
    http_respond (&request, 200, TEXT_OPENMETRICS, text, size, NULL);
    free (text);
}

static void answer_level (service_t *service, http_request_t *request)
{
    char text[16];
    (void)service;
    snprintf (text, sizeof text, "%s\n", log_level_word (log_get_level ()));
    answer (request, 200, text);
}

static bool is_from_here (const http_request_t *request)
{
    char peer[HTTP_PEER_SIZE];
    const char *address = http_peer (request, peer);
    return strncmp (address, "127.", 4) == 0 || strcmp (address, "::1") == 0;
}

static void set_level (http_request_t *request)
{
    char word[16];
    size_t size;
    log_level_t level;
    const char *body = http_body (request, &size), *was = log_level_word (log_get_level ());
    snprintf (word, sizeof word, "%.*s", (int)(size < sizeof word ? size : sizeof word - 1), body ? body : "");
    word[strcspn (word, " \r\n")] = '\0';
    if (!is_from_here (request)) {
        answer (request, 403, "the log level is changed from this machine alone\n");
    } else if (!log_level_parse (word, &level)) {
        answer (request, 422, "the level is error, warning, notice, info or debug\n");
    } else {
        log_set_level (level);
        log_fact (LOG_NOTICE_, "", "log level", "was", was, "is", log_level_word (level), NULL);
        answer_level (NULL, request);
    }
}

static void on_request (void *arg, http_request_t *request)
{
    static const struct {
        const char *path;
        void (*answer) (service_t *service, http_request_t *request);
    } rows[] = {{"/healthz", answer_health},
                {"/readyz", answer_ready},
                {"/metrics", answer_metrics},
                {"/log-level", answer_level}};
    const char *method = http_method (request);
    if (strcmp (method, "PUT") == 0 && strcmp (http_path (request), "/log-level") == 0) {
        set_level (request);
        return;
    }
    if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0) {
        answer (request, 405, "only GET; and PUT of /log-level\n");
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i].path, http_path (request)) == 0) {
            rows[i].answer (arg, request);
            return;
        }
    answer (request, 404, "only /healthz, /readyz, /metrics and /log-level\n");
}

int health_open (service_t *service)
{
    char why[HTTP_WHY_SIZE] = "";
    http_server_config_t config = {.endpoint = service->health,
                                   .body_max = HEALTH_BODY_MAX,
                                   .timeout_ms = HEALTH_TIMEOUT_MS,
                                   .connections_max = HEALTH_CONNECTIONS,
                                   .why = why};
    service->private_->health = http_server_new (service->loop, &config, on_request, service);
    if (!service->private_->health) {
        int error = errno;
        log_fact (LOG_ERROR_, "", "can't listen", "endpoint", service->health, "why", why, NULL);
        return error > 0 ? -error : -EADDRNOTAVAIL;
    }
    char port[16];
    snprintf (port, sizeof port, "%d", http_server_port (service->private_->health));
    log_fact (LOG_NOTICE_, "", "listening", "for", "health", "endpoint", service->health, "port", port, NULL);
    return 0;
}

void health_close (service_t *service)
{
    http_server_destroy (&service->private_->health);
}
