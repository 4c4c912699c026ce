/* keys.c - spells the keys of keys.h. Names, ids and hashes hold no ':', so no two families can collide.
 *
 * Limits: what does not fit KEY_SIZE is cut; with names checked at the door the longest key has 121 bytes. */
#include "keys.h"

#include "ids.h"

#include <stdio.h>
#include <string.h>

int shard_of (const char *workspace, int shards)
{
    return (int)(bytes_hash (workspace, strlen (workspace)) % (uint32_t)shards);
}

/* ------------------------------------------------------- spelling a key: a dozen a commit, so not by printf */

typedef struct spelling {
    char *at, *last; /* last: where the final zero goes at the latest */
} spelling_t;

static void put (spelling_t *self, const char *text)
{
    size_t size = strlen (text), room = (size_t)(self->last - self->at);
    if (size > room)
        size = room;
    memcpy (self->at, text, size);
    self->at += size;
    *self->at = '\0';
}

static void put_number (spelling_t *self, uint32_t number)
{
    char digits[12], *at = digits + sizeof digits - 1;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    put (self, at);
}

/* "b:{shard}:family" */
static spelling_t spell (char key[KEY_SIZE], int shard, const char *family)
{
    spelling_t self = {key, key + KEY_SIZE - 1};
    put (&self, "b:{");
    put_number (&self, (uint32_t)shard);
    put (&self, "}:");
    put (&self, family);
    return self;
}

/* The families that have one key a workspace, and those that have one for each that it names. */
static const char *of_workspace (char key[KEY_SIZE], int shard, const char *family, const char *workspace)
{
    spelling_t spelling = spell (key, shard, family);
    put (&spelling, ":");
    put (&spelling, workspace);
    return key;
}

static const char *of_one (char key[KEY_SIZE], int shard, const char *family, const char *workspace, const char *name)
{
    spelling_t spelling = spell (key, shard, family);
    put (&spelling, ":");
    put (&spelling, workspace);
    put (&spelling, ":");
    put (&spelling, name);
    return key;
}

/* ------------------------------------------------------------- the families */

const char *key_contact (char key[KEY_SIZE], int shard, const char *workspace, const char *contact)
{
    return of_one (key, shard, "c", workspace, contact);
}

const char *key_person (char key[KEY_SIZE], int shard, const char *workspace, const char *person)
{
    return of_one (key, shard, "p", workspace, person);
}

const char *key_delivery (char key[KEY_SIZE], int shard, const char *workspace, const char *delivery)
{
    return of_one (key, shard, "d", workspace, delivery);
}

const char *key_customer (char key[KEY_SIZE], int shard, const char *workspace, const char *customer)
{
    return of_one (key, shard, "k", workspace, customer);
}

const char *key_identity (char key[KEY_SIZE], int shard, const char *workspace, const char *derived)
{
    return of_one (key, shard, "id", workspace, derived);
}

const char *key_customer_contacts (char key[KEY_SIZE], int shard, const char *workspace, const char *customer)
{
    return of_one (key, shard, "kc", workspace, customer);
}

const char *key_due (char key[KEY_SIZE], int shard, char kind)
{
    spelling_t spelling = spell (key, shard, "due:");
    put (&spelling, (const char[]){kind, '\0'});
    return key;
}

const char *key_match (char key[KEY_SIZE], int shard)
{
    spell (key, shard, "match");
    return key;
}

const char *key_workspace (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "w", workspace);
}

const char *key_policy_version (char key[KEY_SIZE], int shard, const char *workspace, uint32_t version)
{
    of_one (key, shard, "pv", workspace, "");
    spelling_t spelling = {key + strlen (key), key + KEY_SIZE - 1};
    put_number (&spelling, version);
    return key;
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
    of_one (key, shard, "own", workspace, person);
    spelling_t spelling = {key + strlen (key), key + KEY_SIZE - 1};
    put (&spelling, ":");
    put_number (&spelling, epoch);
    return key;
}

const char *key_idle (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "idle", workspace);
}

const char *key_timeline (char key[KEY_SIZE], int shard, const char *workspace, const char *contact)
{
    return of_one (key, shard, "tl", workspace, contact);
}

const char *key_events (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "ev", workspace);
}

const char *key_idempotency (char key[KEY_SIZE], int shard, const char *workspace, const char *hash)
{
    return of_one (key, shard, "i", workspace, hash);
}

const char *key_thread (char key[KEY_SIZE], int shard, const char *workspace, const char *channel, const char *thread)
{
    /* one slash between the two: a channel's name has none */
    char joined[NAME_SIZE + ADDRESS_SIZE + 1], hex[HASH_HEX_SIZE];
    snprintf (joined, sizeof joined, "%s/%s", channel, thread);
    hash_hex (joined, strlen (joined), hex);
    return key_thread_hashed (key, shard, workspace, hex);
}

const char *key_thread_hashed (char key[KEY_SIZE], int shard, const char *workspace, const char *hash)
{
    return of_one (key, shard, "th", workspace, hash);
}

const char *key_sent (char key[KEY_SIZE], int shard, const char *workspace, const char *channel, const char *id)
{
    char joined[NAME_SIZE + ADDRESS_SIZE + 1], hex[HASH_HEX_SIZE];
    snprintf (joined, sizeof joined, "%s/%s", channel, id);
    hash_hex (joined, strlen (joined), hex);
    return key_sent_hashed (key, shard, workspace, hex);
}

const char *key_sent_hashed (char key[KEY_SIZE], int shard, const char *workspace, const char *hash)
{
    return of_one (key, shard, "sent", workspace, hash);
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

const char *key_hold (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "hold", workspace);
}

const char *key_archives (char key[KEY_SIZE], int shard, const char *workspace)
{
    return of_workspace (key, shard, "arch", workspace);
}

const char *key_archive_whose (char key[KEY_SIZE], int shard, const char *workspace, const char *archive)
{
    return of_one (key, shard, "archw", workspace, archive);
}

const char *key_heard (char key[KEY_SIZE], int shard)
{
    spell (key, shard, "heard");
    return key;
}

const char *key_token (char key[KEY_SIZE], const char *token_id)
{
    spelling_t spelling = {key, key + KEY_SIZE - 1};
    put (&spelling, "b:tok:");
    put (&spelling, token_id);
    return key;
}

const char *key_ended (char key[KEY_SIZE], const char *token_id)
{
    spelling_t spelling = {key, key + KEY_SIZE - 1};
    put (&spelling, "b:out:");
    put (&spelling, token_id);
    return key;
}

/* ---------------------------------------------------------------- members */

static const char *joined_by (char member[MEMBER_SIZE], const char *first, const char *by, const char *second)
{
    spelling_t spelling = {member, member + MEMBER_SIZE - 1};
    put (&spelling, first);
    put (&spelling, by);
    put (&spelling, second);
    return member;
}

const char *member_make (char member[MEMBER_SIZE], const char *workspace, const char *name)
{
    return joined_by (member, workspace, ":", name);
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
    return joined_by (member, channel, "/", contact);
}
