/* stage.c - the company on the stage: services in one world, an operator with a token, people who beat. */
#include "replay.h"

#include "audit.h"
#include "escalation.h"
#include "intake.h"
#include "keys.h"
#include "notification.h"
#include "options.h"
#include "policy_apply.h"
#include "routing.h"
#include "tokens.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { BEAT_MS = 20000, REQUEST_MS = 1200, REQUEST_STEP_MS = 10, PEOPLE_MAX = 16, SETTINGS_MAX = 16 };

typedef struct setting {
    char kind[NAME_SIZE], name[NAME_SIZE];
    char *value;
} setting_t;

typedef struct instance {
    const service_kind_t *kind;
    service_t service;
    void *params;
    char listen[32];
} instance_t;

static struct {
    loop_t *loop; /* the operator's */
    store_t *store;
    instance_t *instances[INSTANCES_MAX];
    size_t instances_n;
    setting_t settings[SETTINGS_MAX];
    size_t settings_n;
    char token[TOKEN_SIZE], secrets[64];
    char people[PEOPLE_MAX][NAME_SIZE]; /* who beats; "": nobody */
    int64_t next_beat;
    reply_t reply;
    policy_t *policy;
    bool done;
} stage;

store_t *stage_store (void)
{
    return stage.store;
}

const policy_t *stage_policy_now (void)
{
    return stage.policy;
}

const reply_t *stage_reply (void)
{
    return &stage.reply;
}

/* --- services ---------------------------------------------------------------------------------------- */

static void *intake_arg (instance_t *self)
{
    intake_params_t *params = xcalloc (1, sizeof *params);
    *params = intake_params;
    snprintf (self->listen, sizeof self->listen, "intake-%zu", stage.instances_n);
    params->listen = self->listen;
    return params;
}

static void *routing_arg (instance_t *self)
{
    (void)self;
    return xmemdup (&routing_params, sizeof routing_params);
}

static void *escalation_arg (instance_t *self)
{
    (void)self;
    return xmemdup (&escalation_params, sizeof escalation_params);
}

static void *notification_arg (instance_t *self)
{
    (void)self;
    notification_params_t *params = xmemdup (&notification_params, sizeof notification_params);
    params->smtp = "smtp://mail";
    params->secrets = stage.secrets;
    params->private_targets = true;
    params->private_callbacks = true;
    return params;
}

static const struct {
    const service_kind_t *kind;
    void *(*arg) (instance_t *self);
} kinds[] = {{&intake_kind, intake_arg},
             {&routing_kind, routing_arg},
             {&escalation_kind, escalation_arg},
             {&notification_kind, notification_arg}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t row_of (const char *name)
{
    size_t row = 0;
    while (row < KINDS && strcmp (kinds[row].kind->name, name) != 0)
        row++;
    if (row == KINDS)
        fail ("there is no service '%s'", name);
    return row;
}

static const param_t *param_of (const char *kind, const char *name)
{
    const param_t *param = kinds[row_of (kind)].kind->params;
    while (param->name && strcmp (param->name, name) != 0)
        param++;
    if (!param->name)
        fail ("%s has no setting '%s'", kind, name);
    return param;
}

void stage_setting (const char *kind, const char *name, const char *value)
{
    param_of (kind, name);
    if (stage.settings_n == SETTINGS_MAX)
        fail ("too many settings");
    setting_t *setting = &stage.settings[stage.settings_n++];
    WORD_COPY (setting->kind, kind);
    WORD_COPY (setting->name, name);
    setting->value = xstrdup (value);
}

/* Numbers and strings; the last one said counts. */
static void set_params (const char *kind)
{
    for (size_t i = 0; i < stage.settings_n; i++) {
        const setting_t *setting = &stage.settings[i];
        if (strcmp (setting->kind, kind) != 0)
            continue;
        const param_t *param = param_of (kind, setting->name);
        if (param->kind == PARAM_NUMBER)
            *(int64_t *)param->target = word_number (setting->value);
        else if (param->kind == PARAM_STRING)
            *(const char **)param->target = setting->value;
        else
            fail ("'%s' is a switch", setting->name);
    }
}

void stage_start (const char *name)
{
    size_t row = row_of (name);
    if (stage.instances_n == INSTANCES_MAX)
        fail ("too many services");
    instance_t *self = xcalloc (1, sizeof *self);
    self->kind = kinds[row].kind;
    options_defaults (self->kind->params);
    set_params (name);
    self->params = kinds[row].arg (self);
    self->service.loop = loop_new ();
    self->service.store = store_new (self->service.loop, &(store_config_t){.shards = 1});
    if (service_start_in (&self->service, self->kind, self->params) < 0)
        fail ("service '%s' does not start", name);
    stage.instances[stage.instances_n++] = self;
    fake_advance (1);
    for (int ms = 0; ms < REQUEST_MS && !service_started (&self->service); ms += REQUEST_STEP_MS)
        fake_advance (REQUEST_STEP_MS);
}

static instance_t *newest (const char *name)
{
    for (size_t i = stage.instances_n; i-- > 0;) {
        instance_t *self = stage.instances[i];
        if (strcmp (self->kind->name, name) == 0 && !fake_killed (self->service.loop))
            return self;
    }
    return NULL;
}

loop_t *stage_oldest (const char *name)
{
    for (size_t i = 0; i < stage.instances_n; i++) {
        instance_t *self = stage.instances[i];
        if (strcmp (self->kind->name, name) == 0 && !fake_killed (self->service.loop))
            return self->service.loop;
    }
    fail ("no service '%s' runs", name);
}

void stage_spare (void)
{
    for (size_t i = 0; i < stage.instances_n; i++)
        fake_kill_at (stage.instances[i]->service.loop, FAKE_KILL_NOWHERE);
}

loop_t *stage_loop (const char *name)
{
    instance_t *self = newest (name);
    if (!self)
        fail ("no service '%s' runs", name);
    return self->service.loop;
}

/* --- the operator --------------------------------------------------------------------------------------- */

static void wait_done (const char *what)
{
    for (int ms = 0; ms < REQUEST_MS && !stage.done; ms += REQUEST_STEP_MS)
        fake_advance (REQUEST_STEP_MS);
    if (!stage.done)
        fail ("%s: no answer", what);
    stage.done = false;
}

static void on_token (void *arg, const char *token, const token_info_t *info)
{
    (void)arg, (void)info;
    WORD_COPY (stage.token, token);
    stage.done = true;
}

static void make_secret (void)
{
    snprintf (stage.secrets, sizeof stage.secrets, "%s", getenv ("REPLAY_SECRETS"));
}

void stage_open (void)
{
    stage.loop = loop_new ();
    stage.store = store_new (stage.loop, &(store_config_t){.shards = 1});
    make_secret ();
    tokens_issue (stage.store, WORKSPACE, SCOPE_OPERATOR, NULL, "replay", on_token, NULL);
    wait_done ("token");
}

static void on_applied (void *arg, const policy_applied_t *applied)
{
    (void)arg;
    if (applied->outcome == POLICY_BAD) {
        const policy_error_t *error = &applied->errors->items[0];
        fail ("policy, line %d, column %d: %s; expected %s", error->line, error->column, error->what, error->expected);
    }
    if (applied->outcome != POLICY_APPLIED && applied->outcome != POLICY_SAME)
        fail ("policy: outcome %d %s", (int)applied->outcome, applied->why);
    stage.done = true;
}

void stage_reload (const char *text)
{
    policy_errors_t errors = {0};
    policy_apply (stage.store, stage.loop, text, strlen (text), "operator", on_applied, NULL);
    wait_done ("policy");
    policy_destroy (&stage.policy);
    stage.policy = policy_parse (text, strlen (text), &errors);
}

static void on_refused (void *arg, const policy_applied_t *applied)
{
    (void)arg;
    if (applied->outcome != POLICY_BAD)
        fail ("the policy was taken: outcome %d", (int)applied->outcome);
    free (stage.reply.body);
    stage.reply = (reply_t){0, xstrdup (applied->errors->items[0].what)};
    stage.done = true;
}

void stage_bad_policy (const char *text)
{
    policy_apply (stage.store, stage.loop, text, strlen (text), "operator", on_refused, NULL);
    wait_done ("policy");
}

void stage_policy (const char *text)
{
    stage_reload (text);
    for (size_t i = 0; stage.instances_n < KINDS && i < KINDS; i++)
        stage_start (kinds[i].kind->name);
    fake_advance (1500); /* everybody has looked at the policy */
}

typedef struct audited {
    audit_finding_t first;
    audit_result_t result;
} audited_t;

static void on_found (void *arg, const audit_finding_t *finding)
{
    audited_t *self = arg;
    if (!*self->first.subject)
        self->first = *finding;
}

static void on_audited (void *arg, const audit_result_t *result)
{
    audited_t *self = arg;
    self->result = *result;
    loop_stop (stage.loop);
}

bool stage_audit (char *words, size_t size)
{
    enum { SETTLE_MS = 2000, PATIENCE_MS = 3000 };
    audited_t self = {.result = {.whole = false}};
    workspaces_t *workspaces = workspaces_new (stage.loop, stage.store);
    audit_round_t *round = audit_begin (&(audit_order_t){.loop = stage.loop,
                                                         .store = stage.store,
                                                         .workspaces = workspaces,
                                                         .settle_ms = SETTLE_MS,
                                                         .patience_ms = PATIENCE_MS,
                                                         .found = on_found,
                                                         .done = on_audited,
                                                         .arg = &self});
    (void)loop_run (stage.loop);
    audit_end (&round);
    workspaces_destroy (&workspaces);
    if (!self.result.whole || self.result.unsettled)
        fail ("the audit could not be read");
    if (self.result.findings)
        snprintf (words, size, "%s: %s: %s", audit_fault_name (self.first.fault), self.first.subject,
                  self.first.detail);
    return self.result.findings == 0;
}

const reply_t *stage_request (const char *method, const char *target, const char *body, const char *key)
{
    char bearer[TOKEN_SIZE + 32], idempotency[300];
    snprintf (bearer, sizeof bearer, "Authorization: Bearer %s", stage.token);
    snprintf (idempotency, sizeof idempotency, "Idempotency-Key: %s", key ? key : "");
    bool mail = strncmp (target, "/v1/mail", 8) == 0;
    const char *headers[] = {bearer, mail ? "Content-Type: message/rfc822" : "Content-Type: application/json",
                             key ? idempotency : NULL, NULL};
    const instance_t *intake = newest ("intake");
    fake_answer_t *answer = fake_http_request (intake ? intake->listen : "nowhere", method, target, headers, body,
                                               body ? strlen (body) : 0);
    fake_run ();
    for (int ms = 0; ms < REQUEST_MS && fake_answer_status (answer) == 0; ms += REQUEST_STEP_MS)
        fake_advance (REQUEST_STEP_MS);
    free (stage.reply.body);
    stage.reply = (reply_t){fake_answer_status (answer), xstrdup (fake_answer_body (answer, NULL))};
    fake_answer_destroy (&answer);
    return &stage.reply;
}

/* --- people and time --------------------------------------------------------------------------------------- */

static void beat (const char *person)
{
    char target[128];
    snprintf (target, sizeof target, "/v1/people/%s/presence", person);
    stage_request ("PUT", target, NULL, NULL);
}

void stage_silent (const char *person)
{
    for (size_t i = 0; i < PEOPLE_MAX; i++) {
        if (strcmp (stage.people[i], person) == 0)
            stage.people[i][0] = 0;
    }
}

void stage_tries (const char *person)
{
    stage_silent (person);
    for (size_t i = 0; i < PEOPLE_MAX; i++) {
        if (!stage.people[i][0]) {
            WORD_COPY (stage.people[i], person);
            break;
        }
    }
}

void stage_present (const char *person, bool present)
{
    char target[128];
    stage_silent (person);
    if (!present) {
        snprintf (target, sizeof target, "/v1/people/%s/presence", person);
        stage_request ("DELETE", target, NULL, NULL);
    } else
        beat (person);
    if (stage.reply.status < 200 || stage.reply.status > 299)
        fail ("presence of %s: %d %s", person, stage.reply.status, stage.reply.body);
    if (present)
        stage_tries (person);
}

void stage_pass (int64_t ms)
{
    int64_t end = fake_wall () + ms;
    while (stage.next_beat <= end) {
        if (stage.next_beat > fake_wall ())
            fake_advance (stage.next_beat - fake_wall ());
        stage.next_beat = fake_wall () + BEAT_MS;
        for (size_t i = 0; i < PEOPLE_MAX; i++) {
            if (stage.people[i][0])
                beat (stage.people[i]);
        }
    }
    if (end > fake_wall ())
        fake_advance (end - fake_wall ());
}
