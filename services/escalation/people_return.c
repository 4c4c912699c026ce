/* people_return.c - what somebody holds in an epoch that is over is returned: one commit each, oldest deadline first.
 *
 * Hears: the places of the epoch, and the records that stand there. Says: EVENT_OWNER_LOST through work.h; a place
 * whose contact is with somebody else already is only taken away. An epoch that can't be read does not hold up the next.
 * Limits: DRAIN_MAX contacts a pass; passes follow each other until the epoch is empty. */
#include "people_private.h"

#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

/* An epoch from which something could not be returned does not hold up the next. */
static void pass_is_over (drain_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->held[i].record);
    if (self->n == 0 || self->left)
        self->epoch++;
    self->left_any |= self->left;
    self->left = false;
    self->n = 0;
    if (self->lookout->self->draining)
        drain_destroy (self);
    else if (self->epoch < self->person.epoch)
        drain_epoch (self);
    else
        drain_is_over (self);
}

static void one_less (drain_t *self)
{
    if (--self->open == 0)
        pass_is_over (self);
}

static void on_unplaced (void *arg, const commit_answer_t *answer)
{
    drain_t *self = arg;
    self->left |= answer->outcome != COMMIT_DONE && answer->outcome != COMMIT_ALREADY;
    one_less (self);
}

typedef struct returning {
    drain_t *drain;
    size_t index;
} returning_t;

/* It is with somebody else already: only the place is left over. Checked by the contact's version. */
static void unplace (drain_t *self, const held_t *held, uint64_t version)
{
    char key[KEY_SIZE];
    int shard = self->lookout->shard;
    commit_t *commit = commit_new (shard);
    commit_expect_record (commit, key_contact (key, shard, self->person.workspace, held->contact), version,
                          event_id_of ("unplace", held->contact, held->member, NULL));
    commit_unplace (commit, key_own (key, shard, self->person.workspace, self->person.name, self->epoch), held->member);
    store_commit (drain_service (self)->store, &commit, 0, on_unplaced, self);
}

/* By the record as it is stored: what is due may take it from them, and is not committed yet. */
static bool still_holds (const drain_t *self, const contact_t *contact)
{
    bool owned = contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED ||
                 contact->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_WAITING;
    bool owns = owned && word_same (contact->owner, self->person.name) && contact->owner_epoch == self->epoch;
    bool asked = word_same (contact->offered_to, self->person.name) && contact->offer_epoch == self->epoch;
    return owns || asked;
}

static void on_returned (void *arg, const work_result_t *result)
{
    returning_t *returning = arg;
    drain_t *self = returning->drain;
    const held_t *held = &self->held[returning->index];
    free (returning);
    if (result->outcome == WORK_REFUSED && result->contact && !still_holds (self, result->contact)) {
        unplace (self, held, result->contact->version);
        return;
    }
    if (result->outcome == WORK_MISSING) {
        unplace (self, held, 0);
        return;
    }
    self->left |= result->outcome != WORK_DONE;
    one_less (self);
}

static void return_one (drain_t *self, size_t index)
{
    const held_t *held = &self->held[index];
    returning_t *returning = xmalloc (sizeof (*returning));
    char epoch[16];
    *returning = (returning_t){self, index};
    snprintf (epoch, sizeof (epoch), "%u", self->epoch);
    contact_event_t event = {.kind = EVENT_OWNER_LOST,
                             .person = self->person.name,
                             .epoch = self->person.epoch,
                             .id = event_id_of ("lost", held->contact, self->person.name, epoch, NULL)};
    work_begin (&(work_order_t){.service = drain_service (self),
                                .workspace = self->person.workspace,
                                .contact = held->contact,
                                .event = event,
                                .record = held->record,
                                .record_size = held->record_size,
                                .done = on_returned,
                                .arg = returning});
}

static int by_deadline (const void *a, const void *b)
{
    const held_t *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return strcmp (x->contact, y->contact);
}

static void on_loaded (void *arg, const store_values_t *values)
{
    drain_t *self = arg;
    if (values->away || values->n != self->n) {
        self->n = 0;
        drain_destroy (self);
        return;
    }
    for (size_t i = 0; i < self->n; i++) {
        record_head_t head;
        contact_t contact;
        held_t *held = &self->held[i];
        held->score = TIME_NEVER;
        if (!values->items[i].bytes ||
            contact_unpack (values->items[i].bytes, values->items[i].size, &head, &contact) != RECORD_OK)
            continue;
        held->record = xmemdup (values->items[i].bytes, values->items[i].size);
        held->record_size = values->items[i].size;
        held->score = contact_queue_score (&contact);
    }
    qsort (self->held, self->n, sizeof (self->held[0]), by_deadline);
    self->open = self->n;
    size_t n = self->n; /* the last one may end the pass */
    for (size_t i = 0; i < n; i++)
        return_one (self, i);
}

static void load_held (drain_t *self)
{
    static char keys[DRAIN_MAX][KEY_SIZE];
    const char *list[DRAIN_MAX];
    for (size_t i = 0; i < self->n; i++)
        list[i] = key_contact (keys[i], self->lookout->shard, self->person.workspace, self->held[i].contact);
    store_get (drain_service (self)->store, list, self->n, on_loaded, self);
}

/* What they hold can't be told: said, and tried again; an epoch that can't be read does not hold up the next. */
static void held_unreadable (drain_t *self)
{
    char key[KEY_SIZE];
    key_own (key, self->lookout->shard, self->person.workspace, self->person.name, self->epoch);
    aside_add (self->lookout->self->aside,
               &(aside_subject_t){KIND_SHARED, self->person.workspace, key, "what somebody holds can't be read"});
    self->left = true;
    pass_is_over (self);
}

static void on_held (void *arg, const store_values_t *values)
{
    drain_t *self = arg;
    if (values->away) {
        drain_destroy (self);
        return;
    }
    if (values->wrong_type) {
        held_unreadable (self);
        return;
    }
    for (size_t i = 0; i < values->n && self->n < DRAIN_MAX; i++) {
        held_t *held = &self->held[self->n];
        memset (held, 0, sizeof (*held));
        snprintf (held->member, sizeof (held->member), "%.*s", (int)values->items[i].size, values->items[i].bytes);
        const char *slash = strrchr (held->member, '/');
        WORD_COPY (held->contact, slash ? slash + 1 : held->member);
        self->n++;
    }
    if (self->n == 0)
        pass_is_over (self);
    else
        load_held (self);
}

void drain_epoch (drain_t *self)
{
    char key[KEY_SIZE];
    key_own (key, self->lookout->shard, self->person.workspace, self->person.name, self->epoch);
    store_range_lex (drain_service (self)->store, key, "", DRAIN_MAX, on_held, self);
}
