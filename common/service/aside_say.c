/* aside_say.c - what is set aside is said: an event, and a notice to the last resort.
 *
 * Told: a row. Says: a commit of its own, once an hour for the same thing, whichever process finds it: who comes second
 * finds the once-key, and nothing of theirs is written. When a key is bad that this commit needs as well, the event or
 * the notice is left out: what can still be told is told.
 *
 * Told again within the hour (it was mended, and went bad again) it is another notice: its id holds why and when. */
#include "aside_private.h"

#include "ids.h"
#include "notice.h"
#include "plan.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

/* What a commit may have to leave out, since its key is bad, too; in the order in which it is tried. */
typedef enum words { WORDS_ALL, WORDS_NOTICE, WORDS_EVENT, WORDS_END } words_t;

typedef struct saying {
    aside_t *self;
    aside_row_t row;
    words_t words;
} saying_t;

static void say (saying_t *saying);

void aside_once_key (const aside_row_t *row, int shard, char key[KEY_SIZE])
{
    char text[2 * KEY_SIZE], once[HASH_HEX_SIZE];
    int n =
        snprintf (text, sizeof text, "aside %c %s %s %lld", row->kind, row->workspace, row->name, (long long)row->hour);
    hash_hex (text, (size_t)n, once);
    key_idempotency (key, shard, row->workspace, once);
}

/* All that its bytes are made of, but for the policy: the same id stands for the same bytes. */
static event_id_t notice_event (const aside_row_t *row, wall_ms_t now)
{
    char kind[] = {row->kind, '\0'}, at[24];
    snprintf (at, sizeof at, "%lld", (long long)now);
    return event_id_of ("aside", kind, row->workspace, row->name, row->why, at, NULL);
}

static void put_notice (const aside_row_t *row, const policy_t *policy, int shard, wall_ms_t now, commit_t *commit)
{
    char key[KEY_SIZE], member[MEMBER_SIZE];
    unsigned position = 0;
    effects_t effects = {.facts_n = 0};
    delivery_t out[NOTICE_WAYS_MAX] = {{{0}}};
    static const record_head_t absent = {.version = 0};
    contact_t about = {.version = 0};
    notice_t notice = {.purpose = BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_SET_ASIDE, .urgent = true};
    event_id_t event = notice_event (row, now);
    WORD_COPY (notice.person, policy->last_resort->name);
    WORD_COPY (notice.detail, row->why);
    WORD_COPY (about.workspace, row->workspace);
    WORD_COPY (about.accountable, policy->last_resort->name);
    snprintf (about.subject, sizeof about.subject, "%s %.148s", aside_kind_word (row->kind), row->name);
    if (row->kind == KIND_CONTACT)
        WORD_COPY (about.id, row->name);
    size_t n = notice_render (&notice, &about, policy, event, &position, now, out, &effects);
    for (size_t i = 0; i < n; i++) {
        size_t size;
        record_head_t head = record_head_next (&absent, KIND_DELIVERY, event, 0);
        uint8_t *bytes = delivery_pack (&out[i], &head, &size);
        commit_expect_record (commit, key_delivery (key, shard, row->workspace, out[i].id), 0, event);
        commit_put (commit, key, bytes, size, 0);
        commit_place (commit, key_due (key, shard, KIND_DELIVERY), out[i].due,
                      member_make (member, row->workspace, out[i].id));
        free (bytes);
        delivery_clear (&out[i]);
    }
}

static void put_event (const aside_row_t *row, const policy_t *policy, int shard, wall_ms_t now, commit_t *commit)
{
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_SET_ASIDE, .at = now};
    contact_t about = {.version = 0};
    WORD_COPY (fact.to, policy->last_resort->name);
    snprintf (fact.detail, sizeof fact.detail, "%s %.100s: %.100s", aside_kind_word (row->kind), row->name, row->why);
    WORD_COPY (about.accountable, fact.to);
    if (row->kind == KIND_CONTACT)
        WORD_COPY (about.id, row->name);
    event_put (commit, shard, row->workspace, &about, row->kind == KIND_PERSON ? row->name : NULL, &fact, false);
}

/* Tried again at the next look. */
static void not_told (const saying_t *saying)
{
    aside_row_t *row = aside_find (saying->self, &saying->row);
    if (row)
        row->untold = true;
}

static void on_said (void *arg, const commit_answer_t *answer)
{
    saying_t *saying = arg;
    if (!aside_answered (saying->self)) {
        free (saying);
        return;
    }
    if (answer->outcome == COMMIT_INVALID && ++saying->words < WORDS_END) {
        say (saying);
        return;
    }
    if (answer->outcome == COMMIT_AWAY)
        not_told (saying);
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
        not_told (saying);
        free (saying);
        return;
    }
    wall_ms_t now = store_now (service->store);
    commit_t *commit = commit_new (shard);
    aside_once_key (&saying->row, shard, key);
    commit_expect_free (commit, key);
    commit_put (commit, key, "1", 1, MS_PER_HOUR);
    if (saying->words != WORDS_EVENT)
        put_notice (&saying->row, policy, shard, now, commit);
    if (saying->words != WORDS_NOTICE)
        put_event (&saying->row, policy, shard, now, commit);
    self->open++;
    store_commit (service->store, &commit, 0, on_said, saying);
}

void aside_tell (aside_t *self, const aside_row_t *row)
{
    saying_t *saying = xcalloc (1, sizeof *saying);
    saying->self = self;
    saying->row = *row;
    say (saying);
}
