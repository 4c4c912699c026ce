/* lease_back.c - gives back what a lease handed out: the clock jumped while it was taken, and a lease that was taken in
 * a time that is not would be held for as long as the jump.
 *
 * Says: one commit a row, which moves the timer and nothing else, on the version that was leased. What fails comes up
 * with its lease's end. */
#include "lease_back.h"

#include "ids.h"
#include "keys.h"
#include "record.h"

#include <inttypes.h>
#include <stdio.h>

static void on_back (void *arg, const commit_answer_t *answer)
{
    (void)arg;
    (void)answer;
}

static const char *record_key (char key[KEY_SIZE], int shard, char kind, const char *workspace, const char *name)
{
    switch (kind) {
    case KIND_CONTACT:
        return key_contact (key, shard, workspace, name);
    case KIND_PERSON:
        return key_person (key, shard, workspace, name);
    default:
        return key_delivery (key, shard, workspace, name);
    }
}

bool lease_back (store_t *store, const lease_row_t *row, wall_ms_t due, store_commit_fn *fn, void *arg)
{
    char workspace[NAME_SIZE], name[NAME_SIZE], key[KEY_SIZE], version[24], words[MEMBER_SIZE];
    record_head_t head;
    const uint8_t *body;
    size_t body_size;
    if (!row->record.bytes ||
        record_head_read (row->record.bytes, row->record.size, row->kind, &head, &body, &body_size) != RECORD_OK ||
        member_split (row->member.bytes, row->member.size, workspace, name, sizeof name) < 0)
        return false;
    snprintf (version, sizeof version, "%" PRIu64, head.version);
    member_make (words, workspace, name);
    commit_t *commit = commit_new (row->shard);
    commit_expect_record (commit, record_key (key, row->shard, row->kind, workspace, name), head.version,
                          event_id_of ("lease back", words, version, NULL));
    commit_place (commit, key_due (key, row->shard, row->kind), due, words);
    store_commit (store, &commit, 0, fn, arg);
    return true;
}

void lease_back_all (store_t *store, int shard, char kind, const store_leased_t *leased)
{
    for (size_t i = 0; i < leased->rows_n; i++) {
        const store_row_t *row = &leased->rows[i];
        const lease_row_t back = {.shard = shard,
                                  .kind = kind,
                                  .member = {.bytes = row->member, .size = row->member_size},
                                  .record = {.bytes = row->record, .size = row->record_size}};
        lease_back (store, &back, row->due, on_back, NULL);
    }
}
