/* company.c - the services in one world, some replicas of each, and a supervisor that starts again who died. */
#include "sim.h"

#include "audit.h"
#include "escalation.h"
#include "intake.h"
#include "notification.h"
#include "options.h"
#include "policy_apply.h"
#include "routing.h"
#include "service.h"
#include "tokens.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { SUPERVISOR_MS = 1000, APPLY_AGAIN_MS = 5000, TOKEN_MS = 2000 };

/* What a dead one held stays with it: a day is one process. */
typedef struct instance {
    service_t *service; /* NULL: it does not run */
    char listen[32];
    int64_t back_at; /* when the supervisor may start it */
} instance_t;

static struct {
    loop_t *loop; /* the operator's */
    store_t *store;
    workspaces_t *workspaces; /* for the audit */
    instance_t instances[KINDS][REPLICAS_MAX];
    int replicas[KINDS];
    unsigned started;
    int64_t down_until;
    char token[TOKEN_SIZE];
    const char *const *policies;
    int policy;
    bool applying;
} company;

static const service_kind_t *const kinds[KINDS] = {&intake_kind, &routing_kind, &escalation_kind, &notification_kind};

store_t *company_store (void)
{
    return company.store;
}

loop_t *company_loop (void)
{
    return company.loop;
}

const char *company_token (void)
{
    return company.token;
}

/* --- services ---------------------------------------------------------------------------------------- */

static void *params_of (int kind, instance_t *self)
{
    intake_params_t *intake;
    notification_params_t *notification;
    options_defaults (kinds[kind]->params);
    switch (kind) {
    case INTAKE:
        intake = xmemdup (&intake_params, sizeof intake_params);
        intake->listen = self->listen;
        return intake;
    case ROUTING:
        return xmemdup (&routing_params, sizeof routing_params);
    case ESCALATION:
        return xmemdup (&escalation_params, sizeof escalation_params);
    default:
        notification = xmemdup (&notification_params, sizeof notification_params);
        notification->smtp = "smtp://mail";
        notification->secrets = getenv ("SIMULATE_SECRETS");
        notification->private_targets = notification->private_callbacks = true;
        return notification;
    }
}

static bool runs (const instance_t *self)
{
    return self->service && !fake_killed (self->service->loop);
}

static void start (int kind, instance_t *self)
{
    service_t *service = self->service = xcalloc (1, sizeof *service);
    snprintf (self->listen, sizeof self->listen, "intake-%u", ++company.started);
    service->loop = loop_new ();
    service->store = store_new (service->loop, &(store_config_t){.shards = 1});
    if (service_start_in (service, kinds[kind], params_of (kind, self)) < 0)
        broken ("start", NULL, "service '%s' does not start", kinds[kind]->name);
    say ("%s starts", kinds[kind]->name);
}

/* Who is dead is found, comes back after its time; who is too many goes. */
static void supervise (void *arg)
{
    (void)arg;
    int64_t now = fake_wall ();
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < REPLICAS_MAX; i++) {
            instance_t *self = &company.instances[kind][i];
            if (self->service && fake_killed (self->service->loop)) {
                self->service = NULL;
                self->back_at = self->back_at > now ? self->back_at : now + between (0, 20000);
            }
            if (i >= company.replicas[kind] && self->service)
                fake_kill (self->service->loop);
            else if (i < company.replicas[kind] && !self->service && now >= self->back_at && now >= company.down_until)
                start (kind, self);
        }
    fake_at (SUPERVISOR_MS, supervise, NULL);
}

void company_replicas (int kind, int n)
{
    company.replicas[kind] = n;
}

static instance_t *one_of (int kind)
{
    instance_t *found[REPLICAS_MAX];
    size_t n = 0;
    for (int i = 0; i < REPLICAS_MAX; i++)
        if (runs (&company.instances[kind][i]))
            found[n++] = &company.instances[kind][i];
    return n ? found[draw (n)] : NULL;
}

void company_kill (int kind, int64_t back_ms)
{
    instance_t *self = one_of (kind);
    if (!self)
        return;
    say ("%s dies for %lld ms", kinds[kind]->name, (long long)back_ms);
    fake_kill (self->service->loop);
    self->back_at = fake_wall () + back_ms;
}

void company_freeze (int kind, int64_t ms)
{
    instance_t *self = one_of (kind);
    if (!self)
        return;
    say ("%s freezes for %lld ms", kinds[kind]->name, (long long)ms);
    fake_freeze (self->service->loop, ms);
}

void company_down (int64_t ms)
{
    say ("all are down for %lld s", (long long)ms / 1000);
    company.down_until = fake_wall () + ms;
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < REPLICAS_MAX; i++)
            if (runs (&company.instances[kind][i]))
                fake_kill (company.instances[kind][i].service->loop);
}

void company_rise (void)
{
    company.down_until = 0;
}

int company_up (int kind)
{
    int n = 0;
    for (int i = 0; i < REPLICAS_MAX; i++)
        n += runs (&company.instances[kind][i]);
    return n;
}

const char *company_intake (void)
{
    const instance_t *self = one_of (INTAKE);
    return self ? self->listen : "nowhere";
}

/* --- the policy ---------------------------------------------------------------------------------------- */

static void apply (void *arg);

static void applied (void *arg, const policy_applied_t *done)
{
    (void)arg;
    company.applying = false;
    switch (done->outcome) {
    case POLICY_APPLIED:
    case POLICY_SAME:
        return;
    case POLICY_BAD:
        broken ("policy", NULL, "line %d: %s", done->errors->items[0].line, done->errors->items[0].what);
    default:
        fake_at (APPLY_AGAIN_MS, apply, NULL);
    }
}

static void apply (void *arg)
{
    (void)arg;
    if (company.applying)
        return;
    company.applying = true;
    const char *text = company.policies[company.policy];
    policy_apply (company.store, company.loop, text, strlen (text), "operator", applied, NULL);
}

void company_policy (int number)
{
    say ("policy %d", number);
    company.policy = number;
    apply (NULL);
}

int company_policy_number (void)
{
    return company.policy;
}

/* --- the operator ----------------------------------------------------------------------------------------- */

static void on_token (void *arg, const char *token, const token_info_t *info)
{
    (void)arg, (void)info;
    if (token)
        WORD_COPY (company.token, token);
}

void company_open (const char *const policies[POLICIES])
{
    company.policies = policies;
    company.loop = loop_new ();
    fake_spare (company.loop);
    company.store = store_new (company.loop, &(store_config_t){.shards = 1});
    tokens_issue (company.store, WORKSPACE, SCOPE_OPERATOR, NULL, "simulation", on_token, NULL);
    company_policy (0);
    fake_advance (TOKEN_MS);
    if (!*company.token)
        broken ("start", NULL, "there is no token");
    company.workspaces = workspaces_new (company.loop, company.store);
    for (int kind = 0; kind < KINDS; kind++)
        company.replicas[kind] = 1;
    supervise (NULL);
}

typedef struct audited {
    audit_finding_t first;
    audit_result_t result;
    bool done;
} audited_t;

static void on_found (void *arg, const audit_finding_t *finding)
{
    audited_t *self = arg;
    if (!self->first.subject[0])
        self->first = *finding;
}

static void on_audited (void *arg, const audit_result_t *result)
{
    audited_t *self = arg;
    self->result = *result;
    self->done = true;
}

bool company_audit (char *words, size_t size)
{
    enum { SETTLE_MS = 30000, WAIT_MS = 120000, STEP_MS = 1000 };
    audited_t self = {.done = false};
    audit_round_t *round = audit_begin (&(audit_order_t){.loop = company.loop,
                                                         .store = company.store,
                                                         .workspaces = company.workspaces,
                                                         .workspace = WORKSPACE,
                                                         .settle_ms = SETTLE_MS,
                                                         .found = on_found,
                                                         .done = on_audited,
                                                         .arg = &self});
    for (int ms = 0; ms < WAIT_MS && !self.done; ms += STEP_MS)
        fake_advance (STEP_MS);
    audit_end (&round);
    if (!self.done || !self.result.whole)
        broken ("audit", NULL, "it could not be read");
    snprintf (words, size, "%s: %s: %s", audit_fault_name (self.first.fault), self.first.subject, self.first.detail);
    return !self.result.findings;
}
