/* sent.c - the records of what far sides have accepted. They expire by themselves. */
#include "sent.h"

#include "keys.h"
#include "words.h"

#include <stdlib.h>

/* What a bounce needs, and nothing that says who the customer is. */
static delivery_t bare (const delivery_t *delivery)
{
    delivery_t kept = {.version = delivery->version,
                       .purpose = delivery->purpose,
                       .way = delivery->way,
                       .created_at = delivery->created_at,
                       .due = delivery->due,
                       .attempts = delivery->attempts,
                       .urgent = delivery->urgent,
                       .promise = delivery->promise,
                       .way_index = delivery->way_index,
                       .subject = "",
                       .body = ""};
    WORD_COPY (kept.id, delivery->id);
    WORD_COPY (kept.workspace, delivery->workspace);
    WORD_COPY (kept.contact, delivery->contact);
    WORD_COPY (kept.person, delivery->person);
    WORD_COPY (kept.channel, delivery->channel);
    WORD_COPY (kept.next, delivery->next);
    WORD_COPY (kept.trace, delivery->trace);
    return kept;
}

static void put (commit_t *commit, const char *key, const delivery_t *delivery, const record_head_t *head,
                 event_id_t event)
{
    size_t size;
    record_head_t next = record_head_next (head, KIND_DELIVERY, event, 0);
    uint8_t *bytes = delivery_pack (delivery, &next, &size);
    commit_put (commit, key, bytes, size, SENT_TTL_MS);
    free (bytes);
}

void sent_put (commit_t *commit, int shard, const delivery_t *delivery, const char *far_id)
{
    static const record_head_t absent = {.version = 0};
    bool mail = delivery->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL;
    bool call = delivery->way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_CHANNEL && !word_empty (far_id);
    char key[KEY_SIZE];
    if (!mail && !call)
        return;
    delivery_t kept = bare (delivery);
    key_sent (key, shard, delivery->workspace, mail ? "" : delivery->channel, mail ? delivery->id : far_id);
    put (commit, key, &kept, &absent, (event_id_t){{0}});
}

void sent_came_back (commit_t *commit, const char *key, const delivery_t *delivery, const record_head_t *head,
                     event_id_t event)
{
    delivery_t kept = bare (delivery);
    kept.dead = true;
    commit_expect_record (commit, key, head->version, event);
    put (commit, key, &kept, head, event);
}
