/* aside.c - what is set aside: said once an hour, looked at again, armed anew when it is mended.
 *
 * Hears: what escalation and notification can't read or write. Says: a log line, an event, a notice to the last resort.
 * A record that nobody can read can't say it itself, so a commit of its own does. When a key is bad that this commit
 * needs as well, the event or the notice is left out: what can still be told is told.
 *
 * A shared key about which nobody complains for QUIET_MS counts as mended.
 *
 * Limits: ASIDE_KEPT are remembered, in this process; what is forgotten comes up with its hourly timer. */
#include "aside.h"

#include "ids.h"
#include "keys.h"
#include "log.h"
#include "notice.h"
#include "plan.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

#define QUIET_MS (30 * MS_PER_SECOND)

typedef struct row {
    char kind; /* 0: free */
    char workspace[NAME_SIZE], name[KEY_SIZE], why[DETAIL_SIZE];
    int64_t hour;   /* in which it was said last */
    mono_ms_t seen; /* when somebody complained last */
    bool looked_at; /* a read is under way */
} row_t;

struct aside {
    service_t *service;
    row_t rows[ASIDE_KEPT];
    size_t next; /* the place that is taken next */
    loop_timer_t *timer;
    size_t open; /* calls not answered */
    bool closed;
};

static const char *kind_word (char kind)
{
    switch (kind) {
    case KIND_CONTACT:
        return "contact";
    case KIND_PERSON:
        return "person";
    case KIND_DELIVERY:
        return "delivery";
    case KIND_WORKSPACE:
        return "workspace";
    default:
        return "key";
    }
}

/* False: it was closed meanwhile, and the last call takes it along. */
static bool answered (aside_t *self)
{
    self->open--;
    if (!self->closed)
        return true;
    if (self->open == 0)
        free (self);
    return false;
}

/* ---- saying it ---- */

/* What a commit may have to leave out, since its key is bad, too; in the order in which it is tried. */
typedef enum words { WORDS_ALL, WORDS_NOTICE, WORDS_EVENT, WORDS_END } words_t;

typedef struct saying {
    aside_t *self;
    row_t row;
    words_t words;
} saying_t;

static void say (saying_t *saying);

static void once_key (const row_t *row, int shard, char key[KEY_SIZE])
{
    char text[2 * KEY_SIZE], once[HASH_HEX_SIZE];
    int n =
        snprintf (text, sizeof text, "aside %c %s %s %lld", row->kind, row->workspace, row->name, (long long)row->hour);
    hash_hex (text, (size_t)n, once);
    key_idempotency (key, shard, row->workspace, once);
}

static void put_notice (const row_t *row, const policy_t *policy, int shard, wall_ms_t now, commit_t *commit)
{
    char key[KEY_SIZE], member[MEMBER_SIZE], hour[24];
    unsigned position = 0;
    effects_t effects = {.facts_n = 0};
    delivery_t out[NOTICE_WAYS_MAX] = {{{0}}};
    static const record_head_t absent = {.version = 0};
    contact_t about = {.version = 0};
    notice_t notice = {.purpose = BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_SET_ASIDE, .urgent = true};
    snprintf (hour, sizeof hour, "%lld", (long long)row->hour);
    event_id_t event = event_id_of ("aside", row->workspace, row->name, hour, NULL);
    WORD_COPY (notice.person, policy->last_resort->name);
    WORD_COPY (notice.detail, row->why);
    WORD_COPY (about.workspace, row->workspace);
    WORD_COPY (about.accountable, policy->last_resort->name);
    snprintf (about.subject, sizeof about.subject, "%s %.148s", kind_word (row->kind), row->name);
    if (row->kind == KIND_CONTACT)
        WORD_COPY (about.id, row->name);
    size_t n = notice_render (&notice, &about, policy, event, &position, now, out, &effects);
    for (size_t i = 0; i < n; i++) {
        size_t size;
        record_head_t head = record_head_next (&absent, KIND_DELIVERY, event, 0);
        uint8_t *bytes = delivery_pack (&out[i], &head, &size);
        commit_put (commit, key_delivery (key, shard, row->workspace, out[i].id), bytes, size, 0);
        commit_place (commit, key_due (key, shard, KIND_DELIVERY), out[i].due,
                      member_make (member, row->workspace, out[i].id));
        free (bytes);
        delivery_clear (&out[i]);
    }
}

static void put_event (const row_t *row, const policy_t *policy, int shard, wall_ms_t now, commit_t *commit)
{
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_SET_ASIDE, .at = now};
    contact_t about = {.version = 0};
    WORD_COPY (fact.to, policy->last_resort->name);
    snprintf (fact.detail, sizeof fact.detail, "%s %.100s: %.100s", kind_word (row->kind), row->name, row->why);
    WORD_COPY (about.accountable, fact.to);
    if (row->kind == KIND_CONTACT)
        WORD_COPY (about.id, row->name);
    event_put (commit, shard, row->workspace, &about, row->kind == KIND_PERSON ? row->name : NULL, &fact, false);
}

static row_t *find (aside_t *self, const row_t *like)
{
    for (size_t i = 0; i < ASIDE_KEPT; i++)
        if (self->rows[i].kind == like->kind && word_same (self->rows[i].workspace, like->workspace) &&
            strcmp (self->rows[i].name, like->name) == 0)
            return &self->rows[i];
    return NULL;
}

static void on_said (void *arg, const commit_answer_t *answer)
{
    saying_t *saying = arg;
    aside_t *self = saying->self;
    if (!answered (self)) {
        free (saying);
        return;
    }
    if (answer->outcome == COMMIT_INVALID && ++saying->words < WORDS_END) {
        say (saying);
        return;
    }
    row_t *row = find (self, &saying->row);
    if (row && answer->outcome == COMMIT_AWAY)
        row->hour = 0; /* whoever finds it next says it again */
    free (saying);
}

static void say (saying_t *saying)
{
    char key[KEY_SIZE];
    aside_t *self = saying->self;
    service_t *service = self->service;
    const policy_t *policy = workspaces_policy (service->workspaces, saying->row.workspace);
    int shard = store_shard (service->store, saying->row.workspace);
    if (!policy) {
        free (saying);
        return;
    }
    wall_ms_t now = store_now (service->store);
    commit_t *commit = commit_new (shard);
    once_key (&saying->row, shard, key);
    commit_expect_free (commit, key);
    commit_put (commit, key, "1", 1, MS_PER_HOUR);
    if (saying->words != WORDS_EVENT)
        put_notice (&saying->row, policy, shard, now, commit);
    if (saying->words != WORDS_NOTICE)
        put_event (&saying->row, policy, shard, now, commit);
    self->open++;
    store_commit (service->store, &commit, 0, on_said, saying);
}

/* ---- once it is mended ---- */

static void look (void *arg);

static void arm (aside_t *self)
{
    loop_t *loop = self->service->loop;
    if (!self->timer && !self->closed)
        self->timer = loop_at (loop, loop_now (loop) + ASIDE_LOOK_MS, look, self);
}

static const char *record_key (const row_t *row, int shard, char key[KEY_SIZE])
{
    if (row->kind == KIND_CONTACT)
        return key_contact (key, shard, row->workspace, row->name);
    if (row->kind == KIND_PERSON)
        return key_person (key, shard, row->workspace, row->name);
    if (row->kind == KIND_WORKSPACE)
        return key_workspace (key, shard, row->workspace);
    return row->kind == KIND_DELIVERY ? key_delivery (key, shard, row->workspace, row->name) : NULL;
}

static bool readable (char kind, const store_value_t *value)
{
    record_head_t head;
    if (kind == KIND_WORKSPACE) {
        char *text = NULL;
        workspace_record_t workspace;
        bool well = workspace_unpack (value->bytes, value->size, &head, &workspace, &text) == RECORD_OK;
        free (text);
        return well;
    }
    if (kind == KIND_PERSON) {
        person_t person;
        return person_unpack (value->bytes, value->size, &head, &person) == RECORD_OK;
    }
    if (kind == KIND_CONTACT) {
        contact_t contact;
        return contact_unpack (value->bytes, value->size, &head, &contact) == RECORD_OK;
    }
    delivery_t delivery = {.version = 0};
    bool well = delivery_unpack (value->bytes, value->size, &head, &delivery) == RECORD_OK;
    delivery_clear (&delivery);
    return well;
}

typedef struct looking {
    aside_t *self;
    row_t row;
} looking_t;

static void on_armed (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* not done: its hourly timer brings it */
    answered (arg);
}

/* Its timer stands an hour ahead. And if it goes bad again that is said again. */
static void go_on (aside_t *self, row_t *row)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    service_t *service = self->service;
    int shard = store_shard (service->store, row->workspace);
    commit_t *commit = commit_new (shard);
    if (row->kind != KIND_WORKSPACE && row->kind != KIND_SHARED)
        commit_place_sooner (commit, key_due (key, shard, row->kind), store_now (service->store),
                             member_make (member, row->workspace, row->name));
    once_key (row, shard, key);
    commit_delete (commit, key);
    log_fact (LOG_NOTICE_, row->name, "mended: goes on", "what", kind_word (row->kind), NULL);
    self->open++;
    store_commit (service->store, &commit, 0, on_armed, self);
    row->kind = 0;
}

static void on_looked (void *arg, const store_values_t *values)
{
    looking_t *looking = arg;
    aside_t *self = looking->self;
    if (!answered (self)) {
        free (looking);
        return;
    }
    row_t *row = find (self, &looking->row);
    free (looking);
    if (!row)
        return;
    row->looked_at = false;
    if (!values->away && values->n && values->items[0].bytes && readable (row->kind, &values->items[0]))
        go_on (self, row);
}

static void look_at (aside_t *self, row_t *row)
{
    char key[KEY_SIZE];
    store_t *store = self->service->store;
    const char *keys[] = {record_key (row, store_shard (store, row->workspace), key)};
    if (row->looked_at)
        return;
    looking_t *looking = xmalloc (sizeof *looking);
    *looking = (looking_t){self, *row};
    row->looked_at = true;
    self->open++;
    store_get (store, keys, 1, on_looked, looking);
}

static void look (void *arg)
{
    aside_t *self = arg;
    bool any = false;
    mono_ms_t now = loop_now (self->service->loop);
    self->timer = NULL;
    for (size_t i = 0; i < ASIDE_KEPT; i++) {
        row_t *row = &self->rows[i];
        any |= row->kind != 0;
        if (row->kind == KIND_SHARED && now - row->seen > QUIET_MS)
            go_on (self, row);
        else if (row->kind && row->kind != KIND_SHARED)
            look_at (self, row);
    }
    if (any)
        arm (self);
}

/* ---- */

aside_t *aside_new (service_t *service)
{
    aside_t *self = xcalloc (1, sizeof *self);
    self->service = service;
    return self;
}

void aside_destroy (aside_t **self_p)
{
    aside_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    loop_cancel (self->service->loop, &self->timer);
    self->closed = true;
    if (self->open == 0)
        free (self);
}

bool aside_idle (const aside_t *self)
{
    return self->open == 0;
}

void aside_add (aside_t *self, const aside_subject_t *subject)
{
    service_t *service = self->service;
    row_t like = {
        .kind = subject->kind, .hour = store_now (service->store) / MS_PER_HOUR, .seen = loop_now (service->loop)};
    WORD_COPY (like.workspace, subject->workspace);
    WORD_COPY (like.name, subject->name);
    WORD_COPY (like.why, subject->why);
    row_t *row = find (self, &like);
    if (row) {
        row->seen = like.seen;
        if (row->hour == like.hour)
            return;
        row->hour = like.hour;
    } else
        self->rows[self->next++ % ASIDE_KEPT] = like;
    const policy_t *policy = workspaces_policy (service->workspaces, like.workspace);
    metric_add ("set_aside", 1);
    log_fact (LOG_ERROR_, like.name, "set aside", "what", kind_word (like.kind), "why", like.why, "last_resort",
              policy ? policy->last_resort->name : "", NULL);
    saying_t *saying = xcalloc (1, sizeof *saying);
    saying->self = self;
    saying->row = like;
    say (saying);
    arm (self);
}

void aside_add_key (aside_t *self, const char *workspace, const commit_answer_t *answer)
{
    char key[KEY_SIZE], why[DETAIL_SIZE];
    snprintf (key, sizeof key, "%.*s", (int)answer->key_size, answer->key ? answer->key : "");
    snprintf (why, sizeof why, "it can't be written: %.*s", (int)(answer->found_size < 80 ? answer->found_size : 80),
              answer->found);
    aside_add (self, &(aside_subject_t){KIND_SHARED, workspace, key, why});
}
