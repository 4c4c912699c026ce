/* service.c - the skeleton of every service: one page of wiring, written once.
 *
 * Hears: arguments, signals, the store's readiness. Says: the facts "listening", "ready", "not ready", "draining",
 * "stopped". A service is up as soon as its health door answers; it starts its own work (kind->start) once
 * the store can be used and the policies are loaded, however long that takes.
 * Limits: a drain takes at most DRAIN_MS; what is not finished by then is found in the store again.
 */
#include "service_private.h"

#include "log.h"
#include "metrics.h"
#include "option_checks.h"
#include "options.h"
#include "password_file.h"
#include "xmalloc.h"

#include <errno.h>
#include <inttypes.h>

enum { DRAIN_MS = 10000, DRAIN_LOOK_MS = 20, EXIT_FAILED = 1, EXIT_USAGE = 2, COMMON_PARAMS = 23 };

/* Where each service answers health checks when nothing else is said. */
const char *service_default_health (const char *name)
{
    static const char *const rows[][2] = {{"intake", "127.0.0.1:7421"},     {"routing", "127.0.0.1:7422"},
                                          {"escalation", "127.0.0.1:7423"}, {"notification", "127.0.0.1:7424"},
                                          {"archive", "127.0.0.1:7426"},    {"console", "127.0.0.1:7425"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp (rows[i][0], name) == 0)
            return rows[i][1];
    return NULL;
}

static void common_params (service_t *self, param_t params[COMMON_PARAMS])
{
    const char *health = service_default_health (self->name);
    const param_t rows[COMMON_PARAMS] = {
        {"redis", PARAM_STRING, "127.0.0.1:6379", 0, 0, &self->redis,
         "the store: host:port, unix:/path, or sentinel:NAME@host:port,host:port; by TLS: tls: before it",
         option_store},
        {"redis-ca", PARAM_STRING, NULL, 0, 0, &self->redis_ca,
         "file: who signs the store's certificate, for tls:; else whom this machine trusts", option_readable},
        {"redis-cert", PARAM_STRING, NULL, 0, 0, &self->redis_cert, "file: our certificate, for tls:", option_readable},
        {"redis-key", PARAM_STRING, NULL, 0, 0, &self->redis_key, "file: its key", option_readable},
        {"redis-user", PARAM_STRING, NULL, 0, 0, &self->redis_user, "name to log in with there"},
        {"redis-password-file", PARAM_STRING, NULL, 0, 0, &self->redis_password_file, "file with the password",
         option_password_file},
        {"sentinel-password-file", PARAM_STRING, NULL, 0, 0, &self->sentinel_password_file,
         "file with the password of the sentinels", option_password_file},
        {"durability", PARAM_STRING, "fsync", 0, 0, &self->durability,
         "fsync, replica, or relaxed (may lose two seconds)", option_durability},
        {"shards", PARAM_NUMBER, "16", 1, SHARDS_MAX, &self->shards, "shards of the store, for good at first start"},
        {"health", PARAM_STRING, health ? health : "127.0.0.1:0", 0, 0, &self->health,
         "where health and metrics are served; port 0: any", option_listen},
        {"log-format", PARAM_STRING, "text", 0, 0, &self->log_format, "text or json", option_log_format},
        {"log-level", PARAM_STRING, "notice", 0, 0, &self->log_level, "error, warning, notice, info or debug",
         option_log_level},
        {"submit", PARAM_STRING, "tcp://127.0.0.1:7411", 0, 0, &self->submit, "requests: intake binds",
         option_endpoints},
        {"route", PARAM_STRING, "tcp://127.0.0.1:7412", 0, 0, &self->route, "hints: routing binds", option_endpoints},
        {"due", PARAM_STRING, "tcp://127.0.0.1:7413", 0, 0, &self->due, "hints: escalation binds", option_endpoints},
        {"outbox", PARAM_STRING, "tcp://127.0.0.1:7414", 0, 0, &self->outbox, "hints: notification binds",
         option_endpoints},
        {"stream", PARAM_STRING, "tcp://127.0.0.1:7415", 0, 0, &self->stream, "events: notification binds",
         option_endpoints},
        {"keys", PARAM_STRING, NULL, 0, 0, &self->keys,
         "folder of keys ('buckstop keys new'): NAME.key is ours, public/*.pub are who is heard", option_keys},
        {"plain-bind", PARAM_SWITCH, "no", 0, 0, &self->plain_bind,
         "bind for others without keys: whoever reaches the port is heard"},
        {"record", PARAM_STRING, NULL, 0, 0, &self->record, "bench: write every script call to this file",
         .look = option_file_to_write},
        {NULL},
    };
    memcpy (params, rows, sizeof rows);
}

/* 0, or said. */
static int read_password (const char *name, const char *path, char password[PASSWORD_SIZE])
{
    char why[PARAM_WHY_SIZE];
    if (password_file_read (path, password, why))
        return 0;
    fprintf (stderr, "buckstop-%s: %s\n", name, why);
    return -1;
}

bool service_started (const service_t *self)
{
    return self->private_ && self->private_->started;
}

bool service_is_ready (const service_t *service, const char **why)
{
    const service_private_t *self = service->private_;
    bool usable = store_ready (service->store) && !store_full (service->store);
    *why = !usable                                    ? store_why_not (service->store)
           : !workspaces_loaded (service->workspaces) ? "the policies are not loaded yet"
           : self->draining                           ? "it is draining"
           : self->failed                             ? "it could not start"
           : !self->started                           ? "it is starting"
                                                      : "";
    return !**why && self->started && usable;
}

static void start_kind (void *arg)
{
    service_t *service = arg;
    service_private_t *self = service->private_;
    self->start = NULL;
    if (self->draining)
        return;
    int rc = self->kind->start ? self->kind->start (service, self->arg) : 0;
    if (rc < 0) {
        if (rc != -ECANCELED) /* else said */
            log_fact (LOG_ERROR_, "", "can't start", "why", strerror (-rc), NULL);
        self->failed = true;
        loop_stop (service->loop);
        return;
    }
    self->started = true;
}

/* Says once when readiness changes, and once for each new reason. */
static void log_readiness (service_t *service)
{
    service_private_t *self = service->private_;
    const char *why = "";
    bool ready = service_is_ready (service, &why);
    if (self->draining || self->failed || (!ready && self->start))
        return; /* said already; in the next turn it is */
    if (ready == self->was_ready && (ready || strcmp (self->why_not, why) == 0))
        return;
    if (ready)
        log_fact (LOG_NOTICE_, "", "ready", NULL);
    else
        log_fact (self->was_ready ? LOG_WARNING_ : LOG_NOTICE_, "", "not ready", "why", why, NULL);
    self->was_ready = ready;
    free (self->why_not);
    self->why_not = xstrdup (why);
}

/* What this process holds in memory belongs to a past that is gone: whoever supervises it starts it afresh. */
static void end_when_lost (service_t *service)
{
    service_private_t *self = service->private_;
    if (!store_lost (service->store) || self->failed)
        return;
    self->failed = true;
    log_fact (LOG_ERROR_, "", "acknowledged writes are lost", "why", store_why_not (service->store), "see",
              "buckstop audit", NULL);
    loop_stop (service->loop);
}

/* What comes in is heard as ever; nothing is leased or fired for a moment (store_still), and it is said once. */
static void look_at_clock (service_t *service)
{
    service_private_t *self = service->private_;
    int64_t jump = store_clock_jump (service->store);
    char words[24];
    if (!jump)
        return;
    snprintf (words, sizeof words, "%" PRId64, jump);
    log_fact (LOG_WARNING_, "", "the store's clock jumped: nothing is done for a moment", "ms", words, NULL);
    metric_add ("clock_jumps", 1);
    if (self->started && self->kind->jumped)
        self->kind->jumped (service, self->arg, jump);
}

static void each_turn (void *arg)
{
    service_t *service = arg;
    service_private_t *self = service->private_;
    if (!self->starting && store_ready (service->store) && workspaces_loaded (service->workspaces)) {
        self->starting = true;
        self->start = loop_at (service->loop, loop_now (service->loop), start_kind, service);
    }
    end_when_lost (service);
    look_at_clock (service);
    log_readiness (service);
    hints_flush (service);
}

static void look_drained (void *arg)
{
    service_t *service = arg;
    service_private_t *self = service->private_;
    self->drain = NULL;
    bool idle = !self->started || !self->kind->idle || self->kind->idle (service, self->arg);
    if (idle || loop_now (service->loop) >= self->drain_ends) {
        if (!idle)
            log_fact (LOG_WARNING_, "", "not drained in time", NULL);
        loop_stop (service->loop);
        return;
    }
    self->drain = loop_at (service->loop, loop_now (service->loop) + DRAIN_LOOK_MS, look_drained, service);
}

static void on_stop (void *arg)
{
    service_t *service = arg;
    service_private_t *self = service->private_;
    if (self->draining)
        return;
    log_fact (LOG_NOTICE_, "", "draining", NULL);
    self->draining = true;
    self->drain_ends = loop_now (service->loop) + DRAIN_MS;
    if (self->started && self->kind->drain)
        self->kind->drain (service, self->arg);
    self->drain = loop_at (service->loop, loop_now (service->loop), look_drained, service);
}

/* Hints go to all three receivers, also to replicas of the own kind. */
static int connect_hints (service_t *self)
{
    const struct {
        bus_link_t link;
        const char *endpoints;
    } rows[] = {{BUS_ROUTE, self->route}, {BUS_DUE, self->due}, {BUS_OUTBOX, self->outbox}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = bus_connect (self->bus, rows[i].link, rows[i].endpoints, NULL, NULL);
        if (rc < 0) {
            log_fact (LOG_ERROR_, "", "can't connect", "endpoint", rows[i].endpoints, "why", strerror (-rc), NULL);
            return rc;
        }
    }
    return 0;
}

static int wire (service_t *self, const service_kind_t *kind, void *arg)
{
    self->private_ = xcalloc (1, sizeof *self->private_);
    self->private_->kind = kind;
    self->private_->arg = arg;
    self->private_->why_not = xstrdup ("");
    self->private_->began = loop_now (self->loop);
    hints_init (self->private_);
    metrics_begin (kind->name);
    self->private_->bus_made = !self->bus;
    if (!self->bus)
        self->bus = bus_new (self->loop);
    self->workspaces = workspaces_new (self->loop, self->store);
    loop_each_turn (self->loop, each_turn, self);
    int rc = links_use_keys (self);
    return rc < 0 ? rc : connect_hints (self);
}

static void unwire (service_t *self)
{
    service_private_t *priv = self->private_;
    loop_each_turn_remove (self->loop, each_turn, self);
    loop_cancel (self->loop, &priv->start);
    loop_cancel (self->loop, &priv->drain);
    if (priv->started && priv->kind->stop)
        priv->kind->stop (self, priv->arg);
    priv->stopped = true;
    hints_clear (priv);
    workspaces_destroy (&self->workspaces);
    if (priv->bus_made)
        bus_destroy (&self->bus);
    free (priv->why_not);
    free (priv);
    self->private_ = NULL;
}

int service_start_in (service_t *self, const service_kind_t *kind, void *arg)
{
    param_t params[COMMON_PARAMS];
    service_t given = *self;
    self->name = kind->name;
    common_params (self, params);
    options_defaults (params);
    self->submit = given.submit ? given.submit : self->submit;
    self->route = given.route ? given.route : self->route;
    self->due = given.due ? given.due : self->due;
    self->outbox = given.outbox ? given.outbox : self->outbox;
    self->stream = given.stream ? given.stream : self->stream;
    self->shards = store_shards (self->store);
    return wire (self, kind, arg);
}

void service_stop_in (service_t *self, const service_kind_t *kind, void *arg)
{
    (void)kind;
    (void)arg;
    if (self->private_)
        unwire (self);
}

static int run (service_t *self, const service_kind_t *kind, void *arg)
{
    int rc = wire (self, kind, arg);
    if (rc == 0)
        rc = health_open (self);
    if (rc == 0) {
        loop_on_stop (self->loop, on_stop, self);
        rc = loop_run (self->loop);
    }
    bool failed = rc < 0 || self->private_->failed;
    health_close (self);
    unwire (self);
    if (!failed) /* else the reason is the last line */
        log_fact (LOG_NOTICE_, "", "stopped", NULL);
    return failed ? EXIT_FAILED : 0;
}

static options_outcome_t read_options (service_t *self, int argc, char **argv, const service_kind_t *kind)
{
    char program[NAME_SIZE + 16];
    param_t params[COMMON_PARAMS];
    int rest = argc;
    snprintf (program, sizeof program, "buckstop-%s", kind->name);
    common_params (self, params);
    const param_t *const tables[] = {params, kind->params, NULL};
    const options_t options = {program, "[options]", kind->summary, kind->example, tables, links_notes};
    options_outcome_t outcome = options_parse (&options, argc, argv, &rest, stdout, stderr);
    if ((outcome == OPTIONS_GO || outcome == OPTIONS_CHECKED) && rest < argc) {
        fprintf (stderr, "%s: %s: only options are expected\n", program, argv[rest]);
        return OPTIONS_BAD;
    }
    if ((outcome == OPTIONS_GO || outcome == OPTIONS_CHECKED) &&
        !(links_may_open (self, stderr) && store_may_be_used (self, stderr)))
        return OPTIONS_BAD;
    if (outcome == OPTIONS_CHECKED)
        options_say_fine (&options, stdout);
    return outcome;
}

int service_main (int argc, char **argv, const service_kind_t *kind, void *arg)
{
    static service_t self; /* the store and the loop may have answers under way: they end with the process */
    char password[PASSWORD_SIZE] = "", sentinel_password[PASSWORD_SIZE] = "";
    log_level_t level = LOG_NOTICE_;
    self = (service_t){.name = kind->name};
    options_outcome_t outcome = read_options (&self, argc, argv, kind);
    if (outcome == OPTIONS_TOLD || outcome == OPTIONS_CHECKED)
        return 0;
    if (outcome == OPTIONS_BAD || !log_level_parse (self.log_level, &level))
        return EXIT_USAGE;
    if (read_password (kind->name, self.redis_password_file, password) ||
        read_password (kind->name, self.sentinel_password_file, sentinel_password))
        return EXIT_USAGE;
    log_open (kind->name, strcmp (self.log_format, "json") == 0, level);
    self.loop = loop_new ();
    store_config_t config = service_store_config (&self);
    config.password = *password ? password : NULL;
    config.sentinel_password = *sentinel_password ? sentinel_password : NULL;
    self.store = store_new (self.loop, &config);
    self.bus = NULL;
    return run (&self, kind, arg);
}
