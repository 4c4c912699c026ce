/* keys.c - spells the keys of keys.h. Names, ids and hashes hold no ':', so no two families can collide.
 *
 * Limits: what does not fit KEY_SIZE is cut; with names checked at the door the longest key has 121 bytes. */
#include "keys.h"

#include "ids.h"

#include <stdio.h>
#include <string.h>

int shard_of (const char *workspace, int shards)
{
    uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */
    for (const char *at = workspace; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    return (int)(hash % (uint32_t)shards);
}

const char *key_contact (char key[KEY_SIZE], int shard, const char *workspace, const char *contact)
{
    snprintf (key, KEY_SIZE, "b:{%d}:c:%s:%s", shard, workspace, contact);
    return key;
}

const char *key_person (char key[KEY_SIZE], int shard, const char *workspace, const char *person)
{
    snprintf (key, KEY_SIZE, "b:{%d}:p:%s:%s", shard, workspace, person);
    return key;
}

const char *key_delivery (char key[KEY_SIZE], int shard, const char *workspace, const char *delivery)
{
    snprintf (key, KEY_SIZE, "b:{%d}:d:%s:%s", shard, workspace, delivery);
    return key;
}

const char *key_due (char key[KEY_SIZE], int shard, char kind)
{
    snprintf (key, KEY_SIZE, "b:{%d}:due:%c", shard, kind);
    return key;
}

const char *key_match (char key[KEY_SIZE], int shard)
{
    snprintf (key, KEY_SIZE, "b:{%d}:match", shard);
    return key;
}

/* The families that have one key a workspace. */
static const char *of_workspace (char key[KEY_SIZE], int shard, const char *family, const char *workspace)
{
    snprintf (key, KEY_SIZE, "b:{%d}:%s:%s", shard, family, workspace);
    return key;
}

const char *key_workspace (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "w", workspace);
}

const char *key_queue (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "q", workspace);
}

const char *key_open (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "open", workspace);
}

const char *key_own (char key[KEY_SIZE], int shard, const char *workspace, const char *person, uint32_t epoch)
{
    snprintf (key, KEY_SIZE, "b:{%d}:own:%s:%s:%u", shard, workspace, person, epoch);
    return key;
}

const char *key_idle (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "idle", workspace);
}

const char *key_timeline (char key[KEY_SIZE], int shard, const char *workspace, const char *contact)
{
    snprintf (key, KEY_SIZE, "b:{%d}:tl:%s:%s", shard, workspace, contact);
    return key;
}

const char *key_events (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "ev", workspace);
}

const char *key_idempotency (char key[KEY_SIZE], int shard, const char *workspace, const char *hash)
{
    snprintf (key, KEY_SIZE, "b:{%d}:i:%s:%s", shard, workspace, hash);
    return key;
}

const char *key_thread (char key[KEY_SIZE], int shard, const char *workspace, const char *channel, const char *thread)
{
    /* one slash between the two: a channel's name has none */
    char joined[NAME_SIZE + ADDRESS_SIZE + 1], hex[HASH_HEX_SIZE];
    snprintf (joined, sizeof joined, "%s/%s", channel, thread);
    hash_hex (joined, strlen (joined), hex);
    snprintf (key, KEY_SIZE, "b:{%d}:th:%s:%s", shard, workspace, hex);
    return key;
}

const char *key_counts (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "n", workspace);
}

const char *key_dead (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "dead", workspace);
}

const char *key_closed (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "closed", workspace);
}

const char *key_token (char key[KEY_SIZE], const char *token_id)
{
    snprintf (key, KEY_SIZE, "b:tok:%s", token_id);
    return key;
}

const char *member_make (char member[MEMBER_SIZE], const char *workspace, const char *name)
{
    snprintf (member, MEMBER_SIZE, "%s:%s", workspace, name);
    return member;
}

int member_split (const char *member, size_t size, char workspace[NAME_SIZE], char *name, size_t name_size)
{
    const char *colon = memchr (member, ':', size);
    if (!colon)
        return -1;
    size_t before = (size_t)(colon - member), after = size - before - 1;
    if (before == 0 || before >= NAME_SIZE || after == 0 || after >= name_size)
        return -1;
    memcpy (workspace, member, before);
    workspace[before] = '\0';
    memcpy (name, colon + 1, after);
    name[after] = '\0';
    return 0;
}

const char *own_member (char member[MEMBER_SIZE], const char *channel, const char *contact)
{
    snprintf (member, MEMBER_SIZE, "%s/%s", channel, contact);
    return member;
}
