/* draw.c - keys come from small pools, so that operations meet; events from a pool too, so that they repeat. */
#include "draw.h"

#include "record.h"

#include <stdio.h>
#include <string.h>

enum { EVENTS = 60, WRONG_SHAPE_ONE_IN = 30, PAST_MAX = 80 };

uint64_t draw_below (draw_t *self, uint64_t limit)
{
    uint64_t z = (self->state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % limit;
}

static char draw_kind (draw_t *self)
{
    return "cpd"[draw_below (self, 3)];
}

const char *draw_key_in (draw_t *self, char key[KEY_SIZE], draw_shape_t shape, int shard)
{
    static const char *const families[DRAW_SHAPES] = {"", "i:w", "q:w", "own:w", "tl:w", "ev", "n", "set"};
    if (shape == DRAW_RECORD) {
        char kind = draw_kind (self);
        snprintf (key, KEY_SIZE, "b:{%d}:%c:w:r%d", shard, kind, (int)draw_below (self, DRAW_RECORDS));
    } else if (shape == DRAW_ZSET && draw_below (self, 2))
        key_due (key, shard, draw_kind (self));
    else
        snprintf (key, KEY_SIZE, "b:{%d}:%s:%d", shard, families[shape], (int)draw_below (self, DRAW_OTHERS));
    return key;
}

const char *draw_key (draw_t *self, char key[KEY_SIZE], draw_shape_t shape)
{
    return draw_key_in (self, key, shape, (int)draw_below (self, SHARDS));
}

const char *draw_stream_key (char key[KEY_SIZE], size_t index)
{
    if (index >= SHARDS * DRAW_OTHERS)
        return NULL;
    snprintf (key, KEY_SIZE, "b:{%d}:ev:%d", (int)index / DRAW_OTHERS, (int)index % DRAW_OTHERS);
    return key;
}

const char *draw_channel (draw_t *self)
{
    static const char *const channels[] = {"chat", "mail", "phone", "ch"};
    return channels[draw_below (self, 4)];
}

void draw_own (draw_t *self, char *member, size_t size)
{
    const char *channel = draw_channel (self);
    snprintf (member, size, "%s/r%d", channel, (int)draw_below (self, 6));
}

static event_id_t draw_event (draw_t *self)
{
    event_id_t id = {{0}};
    id.bytes[0] = (uint8_t)draw_below (self, EVENTS);
    id.bytes[5] = 'e';
    return id;
}

/* A record by hand: mostly well formed; sometimes of a newer schema, or too short to be one. */
static size_t draw_record (draw_t *self, char *bytes, char kind, uint64_t version, event_id_t id)
{
    memset (bytes, 0, 64);
    if (draw_below (self, 25) == 0)
        return (size_t)snprintf (bytes, 64, "broken");
    size_t ids = 1 + draw_below (self, 3);
    bytes[0] = draw_below (self, 25) ? RECORD_SCHEMA : RECORD_SCHEMA_NOW + 1;
    bytes[1] = '0';
    bytes[2] = (char)ids;
    bytes[3] = kind;
    bytes[11] = (char)version;
    bytes[15] = (char)draw_below (self, 3);
    for (size_t i = 0; i < ids; i++) {
        event_id_t other = i + 1 == ids ? id : draw_event (self);
        memcpy (bytes + RECORD_HEAD_SIZE + i * EVENT_ID_SIZE, other.bytes, EVENT_ID_SIZE);
    }
    size_t size = RECORD_HEAD_SIZE + ids * EVENT_ID_SIZE;
    return size + (size_t)snprintf (bytes + size, 64 - size, "b%d", (int)draw_below (self, 10));
}

/* The usual: a record moves on by one version, its timer with it. */
static void add_record (draw_t *self, commit_t *commit, int shard)
{
    char key[KEY_SIZE], due[KEY_SIZE], member[MEMBER_SIZE], bytes[64];
    char kind = draw_kind (self);
    int record = (int)draw_below (self, DRAW_RECORDS);
    uint64_t version = draw_below (self, 3);
    event_id_t id = draw_event (self);
    snprintf (key, sizeof key, "b:{%d}:%c:w:r%d", shard, kind, record);
    snprintf (member, sizeof member, "w:r%d", record);
    commit_expect_record (commit, key, version, id);
    size_t size = draw_record (self, bytes, kind, draw_below (self, 8) ? version + 1 : 0, id);
    commit_put (commit, key, bytes, size, 0);
    key_due (due, shard, kind);
    if (draw_below (self, 4))
        commit_place (commit, due, (int64_t)draw_below (self, PAST_MAX), member);
    else
        commit_unplace (commit, due, member);
}

static void add_check (draw_t *self, commit_t *commit, int shard)
{
    char key[KEY_SIZE];
    commit_weight_t weights[] = {{"chat", 1}, {"mail", 2}, {"phone", 5}};
    switch (draw_below (self, 5)) {
    case 0:
        commit_expect_free (commit, draw_key_in (self, key, DRAW_STRING, shard));
        break;
    case 1:
        draw_key_in (self, key, DRAW_STRING, shard);
        commit_expect_value (commit, key, "v1", draw_below (self, 2) ? 2 : 0);
        break;
    case 2:
        draw_key_in (self, key, DRAW_RECORD, shard);
        commit_expect_epoch (commit, key, (uint32_t)draw_below (self, 3));
        break;
    case 3:
        draw_key_in (self, key, DRAW_RECORD, shard);
        commit_expect_version (commit, key, draw_below (self, 3));
        break;
    default:
        draw_key_in (self, key, DRAW_OWN, shard);
        commit_expect_room (commit, key, (int64_t)draw_below (self, 16), weights, 1 + draw_below (self, 3));
    }
}

static draw_shape_t shape_or_wrong (draw_t *self, draw_shape_t shape)
{
    return draw_below (self, WRONG_SHAPE_ONE_IN) ? shape : (draw_shape_t)draw_below (self, DRAW_SHAPES);
}

static void add_write (draw_t *self, commit_t *commit, int shard)
{
    static const draw_shape_t shapes[] = {DRAW_STRING, DRAW_ZSET,   DRAW_ZSET, DRAW_OWN,   DRAW_OWN,
                                          DRAW_LIST,   DRAW_STREAM, DRAW_HASH, DRAW_STRING};
    char key[KEY_SIZE], member[32];
    unsigned what = (unsigned)draw_below (self, sizeof shapes / sizeof *shapes);
    draw_key_in (self, key, shape_or_wrong (self, shapes[what]), shard);
    draw_own (self, member, sizeof member);
    int64_t number = (int64_t)draw_below (self, PAST_MAX);
    switch (what) {
    case 0:
        commit_put (commit, key, "v1", 1 + draw_below (self, 2), draw_below (self, 2) ? 0 : MS_PER_DAY);
        break;
    case 1:
        commit_place (commit, key, number, "w:r5");
        break;
    case 2:
        commit_place_sooner (commit, key, number, draw_below (self, 2) ? "w:r5" : "w:r1");
        break;
    case 3:
        commit_place (commit, key, 0, member);
        break;
    case 4:
        commit_unplace (commit, key, member);
        break;
    case 5:
        commit_append (commit, key, member, strlen (member));
        break;
    case 6:
        commit_event (commit, key, member, strlen (member));
        break;
    case 7:
        commit_count (commit, key, member, number - PAST_MAX / 2);
        break;
    default:
        commit_delete (commit, key);
    }
}

commit_t *draw_commit (draw_t *self, int shard)
{
    commit_t *commit = commit_new (shard);
    if (draw_below (self, 3))
        add_record (self, commit, shard);
    if (draw_below (self, 3) == 0)
        add_check (self, commit, shard);
    for (size_t n = draw_below (self, 6); n > 0; n--)
        add_write (self, commit, shard);
    if (commit_size (commit) == 0)
        add_write (self, commit, shard);
    return commit;
}
