/* archive.c - the service that takes events out of the store: its parameters, its start and its end.
 *
 * Hears: each workspace's stream, by asking the store. Says: files of lines, compressed when closed; CloudEvents to a
 * webhook, signed; to the store how far it is, so that nothing is deleted that it does not have.
 * It owns its directory: a lock in it keeps a second process out. It owns its name, too: the store knows whose it is
 * (trail_begin.c). Several archives of other names and directories may run beside it, and each is waited for. */
#include "archive_private.h"

#include "ids.h"
#include "log.h"
#include "metrics.h"
#include "option_checks.h"
#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TICK_MS = 1000, ID_BYTES = 16 };

archive_params_t archive_params;

static bool check_name (const char *text, char why[PARAM_WHY_SIZE])
{
    bool fine = name_valid (text);
    if (!fine)
        snprintf (why, PARAM_WHY_SIZE, "letters, digits, '.', '_' and '-', at most %d of them", NAME_SIZE - 1);
    return fine;
}

static const param_t params[] = {
    {"dir", PARAM_STRING, "", 0, 0, &archive_params.directory,
     "directory of the files: DIR/WORKSPACE/SERIES-NUMBER.ndjson, .gz when closed; none: no files", option_spool},
    {"file-mb", PARAM_NUMBER, "64", 1, 4096, &archive_params.file_mb, "a file is closed at that size"},
    {"file-age", PARAM_NUMBER, "3600", 1, 31 * 86400, &archive_params.file_age,
     "or so many seconds after it was begun"},
    {"webhook", PARAM_STRING, "", 0, 0, &archive_params.webhook,
     "where events are posted, as batches of CloudEvents; none: nowhere", option_url},
    {"secret", PARAM_STRING, "", 0, 0, &archive_params.secret, "name of the key that signs them; none: unsigned",
     check_name},
    {"secrets", PARAM_STRING, "/etc/buckstop/secrets", 0, 0, &archive_params.secrets,
     "directory of signing keys: NAME, and NAME.next while it is rotated", .look = option_directory},
    {"without-texts", PARAM_SWITCH, "no", 0, 0, &archive_params.without_texts,
     "leave out subjects, texts and reasons: what customers and people wrote"},
    {"name", PARAM_STRING, ARCHIVE_NAME, 0, 0, &archive_params.name,
     "of this archive, by which deleting waits for it; each that runs has its own", check_name},
    {"threads", PARAM_NUMBER, "2", 1, 16, &archive_params.threads, "that write and compress"},
    {NULL},
};

/* ---- who is followed */

static bool follows (const archive_t *self, const char *workspace)
{
    for (const trail_t *trail = self->trails; trail; trail = trail->next)
        if (strcmp (trail->workspace, workspace) == 0)
            return true;
    return false;
}

static void on_tick (void *arg)
{
    archive_t *self = arg;
    const char *workspace;
    service_t *service = self->service;
    for (size_t i = 0; (workspace = workspaces_name (service->workspaces, i)); i++) {
        if (follows (self, workspace))
            continue;
        trail_t *trail = trail_new (self, workspace);
        trail->next = self->trails;
        self->trails = trail;
        trail_begin (trail);
    }
    self->tick = loop_at (service->loop, loop_now (service->loop) + TICK_MS, on_tick, self);
}

/* ---- start */

static int lock (archive_t *self)
{
    char path[4096];
    self->lock = -1;
    if (word_empty (self->params->directory))
        return 0;
    snprintf (path, sizeof path, "%s/.lock", self->params->directory);
    self->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (self->lock >= 0 && flock (self->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    log_fact (LOG_ERROR_, "", "the archive's directory can't be used", "directory", self->params->directory, "why",
              self->lock >= 0 && errno == EWOULDBLOCK
                  ? "another archive writes there, or 'buckstop archive forget' just now"
                  : strerror (errno),
              NULL);
    if (self->lock >= 0)
        close (self->lock);
    self->lock = -1;
    return -ECANCELED;
}

static void draw (archive_t *self, const char *kind)
{
    uint8_t bytes[ID_BYTES];
    char hex[2 * ID_BYTES + 1];
    randombytes_buf (bytes, sizeof bytes);
    sodium_bin2hex (hex, sizeof hex, bytes, sizeof bytes);
    snprintf (self->whose, sizeof self->whose, "%s%s", kind, hex);
}

/* Who we are to the store. A directory's is in its lock, and goes with it wherever it is copied. */
static int know_ourselves (archive_t *self)
{
    if (self->lock < 0) {
        draw (self, WHOSE_WEBHOOK);
        return 0;
    }
    ssize_t n = pread (self->lock, self->whose, sizeof self->whose - 1, 0);
    self->whose[n > 0 ? n : 0] = '\0';
    if (strncmp (self->whose, WHOSE_DIRECTORY, sizeof WHOSE_DIRECTORY - 1) == 0)
        return 0;
    draw (self, WHOSE_DIRECTORY);
    ssize_t size = (ssize_t)strlen (self->whose);
    if (pwrite (self->lock, self->whose, (size_t)size, 0) == size && fsync (self->lock) == 0)
        return 0;
    log_fact (LOG_ERROR_, "", "the archive's directory can't be written", "directory", self->params->directory, "why",
              strerror (errno), NULL);
    return -ECANCELED;
}

static int start (service_t *service, void *arg)
{
    static const char *const counters[] = {"archive_events", "archive_bytes", "archive_failures", "archive_series"};
    archive_params_t *given = arg;
    if (word_empty (given->directory) && word_empty (given->webhook)) {
        log_fact (LOG_ERROR_, "", "an archive of nothing: give --dir, --webhook, or both", NULL);
        return -ECANCELED;
    }
    archive_t *self = xcalloc (1, sizeof *self);
    *self = (archive_t){.service = service, .params = given};
    int rc = lock (self);
    rc = rc == 0 ? know_ourselves (self) : rc;
    self->workers = rc == 0 ? workers_new (service->loop, (int)given->threads) : NULL;
    if (rc == 0 && !self->workers)
        rc = -ENOMEM;
    if (rc < 0) {
        if (self->lock >= 0)
            close (self->lock);
        free (self);
        return rc;
    }
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        metric_add (counters[i], 0);
    self->http = http_client_new (service->loop);
    given->self = self;
    on_tick (self);
    return 0;
}

/* ---- the end */

static void drain (service_t *service, void *arg)
{
    archive_t *self = ((archive_params_t *)arg)->self;
    if (!self)
        return;
    self->draining = true;
    loop_cancel (service->loop, &self->tick);
}

static bool idle (service_t *service, void *arg)
{
    const archive_t *self = ((archive_params_t *)arg)->self;
    (void)service;
    for (const trail_t *trail = self ? self->trails : NULL; trail; trail = trail->next)
        if (trail->busy)
            return false;
    return true;
}

/* A trail that still waits for the store frees itself with its answer; it touches nothing else then. */
static void stop (service_t *service, void *arg)
{
    archive_params_t *given = arg;
    archive_t *self = given->self;
    if (!self)
        return;
    given->self = NULL;
    self->draining = true;
    loop_cancel (service->loop, &self->tick);
    for (trail_t *trail = self->trails, *next; trail; trail = next) {
        next = trail->next;
        trail_end (trail);
    }
    http_client_destroy (&self->http);
    workers_destroy (&self->workers);
    if (self->lock >= 0)
        close (self->lock);
    free (self);
}

static void print_metrics (service_t *service, void *arg, FILE *out)
{
    const archive_t *self = ((archive_params_t *)arg)->self;
    double seconds = 0, events = 0;
    (void)service;
    for (const trail_t *trail = self ? self->trails : NULL; trail; trail = trail->next) {
        double lag = trail_lag_seconds (trail);
        double behind = trail->newest > trail->at ? (double)(trail->newest - trail->at) : (double)trail->n;
        seconds = lag > seconds ? lag : seconds;
        events = behind > events ? behind : events;
    }
    metric_print (out, "archive_lag_seconds", seconds);
    metric_print (out, "archive_lag_events", events);
}

const service_kind_t archive_kind = {
    .name = "archive",
    .summary = "events leave the store: as compressed files of JSON lines, to a webhook as CloudEvents",
    .example = "buckstop-archive --redis unix:/run/buckstop/redis.sock --dir /var/lib/buckstop/archive",
    .params = params,
    .start = start,
    .drain = drain,
    .idle = idle,
    .stop = stop,
    .metrics = print_metrics,
};
