/* aside.c - what is set aside: said once an hour, looked at again, armed anew when it is mended.
 *
 * Hears: what the services can't read or write. Says: a log line; the event and the notice are aside_say.c's. A record
 * that nobody can read can't say it itself.
 *
 * Whether a shared key is well again is not known here: it is forgotten without a word once its hour is over and nobody
 * complains any more. A workspace's record counts as mended when it can be read and nobody complains for QUIET_MS.
 *
 * Limits: ASIDE_KEPT are remembered, in this process; what is forgotten comes up with its hourly timer. */
#include "aside_private.h"

#include "log.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

#define QUIET_MS (30 * MS_PER_SECOND)

const char *aside_kind_word (char kind)
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

bool aside_answered (aside_t *self)
{
    self->open--;
    if (!self->closed)
        return true;
    if (self->open == 0)
        free (self);
    return false;
}

aside_row_t *aside_find (aside_t *self, const aside_row_t *like)
{
    for (size_t i = 0; i < ASIDE_KEPT; i++)
        if (self->rows[i].kind == like->kind && word_same (self->rows[i].workspace, like->workspace) &&
            strcmp (self->rows[i].name, like->name) == 0)
            return &self->rows[i];
    return NULL;
}

/* ---- once it is mended ---- */

static void look (void *arg);

static int64_t this_hour (const aside_t *self)
{
    return store_now (self->service->store) / MS_PER_HOUR;
}

static void arm (aside_t *self)
{
    loop_t *loop = self->service->loop;
    if (!self->timer && !self->closed)
        self->timer = loop_at (loop, loop_now (loop) + ASIDE_LOOK_MS, look, self);
}

static const char *record_key (const aside_row_t *row, int shard, char key[KEY_SIZE])
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
    aside_row_t row;
} looking_t;

static void on_armed (void *arg, const commit_answer_t *answer)
{
    (void)answer; /* not done: its hourly timer brings it */
    aside_answered (arg);
}

/* Its timer stands an hour ahead. And if it goes bad again that is said again. */
static void go_on (aside_t *self, aside_row_t *row)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    service_t *service = self->service;
    int shard = store_shard (service->store, row->workspace);
    commit_t *commit = commit_new (shard);
    if (row->kind != KIND_WORKSPACE)
        commit_place_sooner (commit, key_due (key, shard, row->kind), store_now (service->store),
                             member_make (member, row->workspace, row->name));
    aside_once_key (row, shard, key);
    commit_delete (commit, key);
    log_fact (LOG_NOTICE_, row->name, "mended: goes on", "what", aside_kind_word (row->kind), NULL);
    self->open++;
    store_commit (service->store, &commit, 0, on_armed, self);
    row->kind = 0;
}

static void on_looked (void *arg, const store_values_t *values)
{
    looking_t *looking = arg;
    aside_t *self = looking->self;
    if (!aside_answered (self)) {
        free (looking);
        return;
    }
    aside_row_t *row = aside_find (self, &looking->row);
    free (looking);
    if (!row)
        return;
    row->looked_at = false;
    if (!values->away && values->n && values->items[0].bytes && readable (row->kind, &values->items[0]))
        go_on (self, row);
}

static void look_at (aside_t *self, aside_row_t *row)
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

static void look_again (aside_t *self, aside_row_t *row)
{
    mono_ms_t quiet = loop_now (self->service->loop) - row->seen;
    if (row->untold) {
        row->untold = false;
        aside_tell (self, row);
    }
    if (row->kind == KIND_SHARED && quiet > QUIET_MS && row->hour != this_hour (self))
        row->kind = 0;
    else if (row->kind != KIND_SHARED && (row->kind != KIND_WORKSPACE || quiet > QUIET_MS))
        look_at (self, row);
}

static void look (void *arg)
{
    aside_t *self = arg;
    bool any = false;
    self->timer = NULL;
    for (size_t i = 0; i < ASIDE_KEPT; i++)
        if (self->rows[i].kind) {
            any = true;
            look_again (self, &self->rows[i]);
        }
    if (any)
        arm (self);
}

/* ---- */

aside_t *aside_new (service_t *service)
{
    aside_t *self = xcalloc (1, sizeof *self);
    self->service = service;
    metric_add ("set_aside", 0); /* there from the start: who watches it sees a 0, not nothing */
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

/* A free one, else the next in turn. */
static aside_row_t *place (aside_t *self)
{
    for (size_t i = 0; i < ASIDE_KEPT; i++)
        if (!self->rows[i].kind)
            return &self->rows[i];
    metric_add ("set_aside_forgotten", 1);
    return &self->rows[self->next++ % ASIDE_KEPT];
}

void aside_add (aside_t *self, const aside_subject_t *subject)
{
    service_t *service = self->service;
    aside_row_t like = {.kind = subject->kind, .hour = this_hour (self), .seen = loop_now (service->loop)};
    WORD_COPY (like.workspace, subject->workspace);
    WORD_COPY (like.name, subject->name);
    WORD_COPY (like.why, subject->why);
    aside_row_t *row = aside_find (self, &like);
    if (row && row->hour == like.hour) {
        row->seen = like.seen;
        return;
    }
    if (row)
        like.looked_at = row->looked_at;
    else
        row = place (self);
    *row = like;
    const policy_t *policy = workspaces_policy (service->workspaces, like.workspace);
    metric_add ("set_aside", 1);
    log_fact (LOG_ERROR_, like.name, "set aside", "what", aside_kind_word (like.kind), "why", like.why, "last_resort",
              policy ? policy->last_resort->name : "", NULL);
    aside_tell (self, &like);
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
