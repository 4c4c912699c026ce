/* keys.h - every key family in the store: name, shape, meaning, who writes it. Pure.
 *
 * All keys of a shard carry its hash tag {s}, so that one commit stays in one slot of a cluster.
 * W is the workspace, C a contact's id, P a person's name, D a delivery's id, K a kind's letter.
 *
 *   key                      shape   meaning                                         written by
 *   b:{s}:c:W:C              record  a contact                                       all (work.c)
 *   b:{s}:p:W:P              record  a person: presence, epoch                       intake, escalation, cli
 *   b:{s}:d:W:D              record  a delivery in the outbox, or a dead letter      all; notification
 *   b:{s}:k:W:K              record  a customer (customer.h)                         intake, cli
 *   b:{s}:w:W                record  the workspace: policy text, version, link key   cli
 *   b:{s}:pv:W:N             record  the workspace as it was at the policy's version N, without its link key: the last
 *                                    POLICY_VERSIONS_KEPT before the one in force                 cli, intake
 *   b:{s}:due:K              zset    timers of records of that kind: "W:C" -> due    commit, lease
 *   b:{s}:match              zset    "W:P" -> when to look whether P can take more   commit; routing
 *   b:{s}:q:W                zset    contacts that want somebody -> order            commit
 *   b:{s}:open:W             zset    contacts not closed, all with score 0           commit
 *   b:{s}:own:W:P:E          zset    "channel/C" owned or offered in epoch E, score 0: load is read off it
 *   b:{s}:idle:W             zset    P -> when P was last given something            commit
 *   b:{s}:tl:W:C             list    timeline: packed Event messages                 commit
 *   b:{s}:ev:W               stream  the workspace's events, 0-1, 0-2, ...: the number is dense; one that is
 *                                    missing within was forgotten (customer forget)
 *   b:{s}:i:W:H              string  idempotency key (hash) -> hash of the body, packed Receipt; of what services say
 *                                    once "1"; expires                               intake; all
 *   b:{s}:th:W:H             string  channel + thread (hash) -> contact              intake, escalation
 *   b:{s}:id:W:I             string  an identity, as the customer's id that it derives -> the customer that it leads to,
 *                                    where that is another                           cli
 *   b:{s}:kc:W:K             zset    that customer's newest contacts -> when they were opened   intake, escalation
 *   b:{s}:sent:W:H           record  a delivery that a far side has accepted, without texts and address, by the hash of
 *                                    its id (mail) or of channel + the far side's id; 5 days   notification; intake
 *   b:{s}:n:W                hash    promises opened, kept, broken, released; ... counted in the commit
 *   b:{s}:dead:W             zset    dead letters -> when they died
 *   b:{s}:closed:W           zset    closed contacts -> when they may be deleted
 *   b:{s}:hold:W             string  sending is held: since when, who said so, why (hold.h); absent: it is not   cli
 *   b:{s}:arch:W             zset    an archive's name -> the number up to which it has the events (archive_cursor.h)   archive
 *   b:{s}:archw:W:N          string  whose the archive of that name is: of which directory, or process   archive
 *   b:{s}:heard              string  when people could be heard last, and the last gaps (hearing.h)   intake
 *   b:conf                   hash    shards, hash, schema: written at first start; run: store_rewrite.c
 *   b:workspaces             set     names of workspaces
 *   b:tok:T                  string  packed Token by its public part
 *   b:out:T                  set     sessions of that token that were ended: "END ID"  console (ended.c)
 *   b:lost                   list    acknowledged writes that are gone, in words      all (store_losses.c)
 */
#ifndef BUCKSTOP_KEYS_H
#define BUCKSTOP_KEYS_H

#include "types.h"

enum { KEY_SIZE = 160 };

/* Kinds of records; the letter stands in keys and in the record's head. */
#define KIND_CONTACT   'c'
#define KIND_PERSON    'p'
#define KIND_DELIVERY  'd'
#define KIND_WORKSPACE 'w'
#define KIND_CUSTOMER  'k'

/* Which shard a workspace lives on: a hash of its name (FNV-1a, 32 bits) modulo the number of shards. */
int shard_of (const char *workspace, int shards);

/* Each writes a key into its buffer and returns it. */
const char *key_contact (char key[KEY_SIZE], int shard, const char *workspace, const char *contact);
const char *key_person (char key[KEY_SIZE], int shard, const char *workspace, const char *person);
const char *key_delivery (char key[KEY_SIZE], int shard, const char *workspace, const char *delivery);
const char *key_customer (char key[KEY_SIZE], int shard, const char *workspace, const char *customer);
const char *key_identity (char key[KEY_SIZE], int shard, const char *workspace, const char *derived);
const char *key_customer_contacts (char key[KEY_SIZE], int shard, const char *workspace, const char *customer);
const char *key_workspace (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_policy_version (char key[KEY_SIZE], int shard, const char *workspace, uint32_t version);
const char *key_due (char key[KEY_SIZE], int shard, char kind);
const char *key_match (char key[KEY_SIZE], int shard);
const char *key_queue (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_open (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_own (char key[KEY_SIZE], int shard, const char *workspace, const char *person, uint32_t epoch);
const char *key_idle (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_timeline (char key[KEY_SIZE], int shard, const char *workspace, const char *contact);
const char *key_events (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_idempotency (char key[KEY_SIZE], int shard, const char *workspace, const char *hash);
const char *key_thread (char key[KEY_SIZE], int shard, const char *workspace, const char *channel, const char *thread);
const char *key_thread_hashed (char key[KEY_SIZE], int shard, const char *workspace, const char *hash);
/* channel "": a mail, by the delivery's id; else the far side's id of what it accepted. */
const char *key_sent (char key[KEY_SIZE], int shard, const char *workspace, const char *channel, const char *id);
const char *key_sent_hashed (char key[KEY_SIZE], int shard, const char *workspace, const char *hash);
const char *key_counts (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_dead (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_closed (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_hold (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_archives (char key[KEY_SIZE], int shard, const char *workspace);
const char *key_archive_whose (char key[KEY_SIZE], int shard, const char *workspace, const char *archive);
const char *key_heard (char key[KEY_SIZE], int shard);
const char *key_token (char key[KEY_SIZE], const char *token_id);
const char *key_ended (char key[KEY_SIZE], const char *token_id);
#define KEY_CONF       "b:conf"
#define KEY_WORKSPACES "b:workspaces"
#define KEY_LOST       "b:lost"
enum { LOST_LINES_MAX = 1000 }; /* in KEY_LOST: the newest are kept */

/* The member by which a record stands in due:K, "W:C"; and back: 0 or -1. */
enum { MEMBER_SIZE = 80 };
const char *member_make (char member[MEMBER_SIZE], const char *workspace, const char *name);
int member_split (const char *member, size_t size, char workspace[NAME_SIZE], char *name, size_t name_size);
/* The member of own:W:P:E, "channel/C". */
const char *own_member (char member[MEMBER_SIZE], const char *channel, const char *contact);

#endif
