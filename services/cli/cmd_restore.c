/* cmd_restore.c - buckstop restore: puts a backup into a Redis, with the sending of every workspace held.
 *
 * Hears: backup.json and dump.rdb. Says: to Redis, that it replicates from here (rdb_door.h); then the holds, by the same way;
 * and only then, once it has written its own append-only file, that it is on its own.
 * So nothing can go out by mistake: until the end it takes no write of anybody's, and what a service finds then is held. One
 * that fails on the way leaves Redis read-only, and says so.
 * A running Redis is used, since one that starts with an append-only file does not look at a dump that lies beside it.
 * Limits: a single node that can reach this machine; the user must be allowed REPLICAOF. The copy itself goes without TLS: with
 * it the command runs beside Redis, whose own replication speaks none then (`tls-replication no`, as it is by itself). */
#include "backup.h"
#include "clock.h"
#include "commands.h"
#include "hold.h"
#include "keys.h"
#include "plan.h"
#include "rdb_door.h"
#include "redis_link.h"
#include "store_address.h"
#include "words.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 100, LOAD_MS = 24 * 3600 * 1000 };

typedef struct restoring {
    cli_t *cli;
    const char *listen, *reach, *by;
    bool replace;
    json_t *manifest;
    char dump[BACKUP_PATH_SIZE];
    uint64_t size;
    redisContext *link;
    char id[LINK_VALUE_SIZE]; /* of its replication, as a primary */
    rdb_door_t door;
    bool is_replica;
    bool begun; /* Redis was told to replicate from here */
    size_t held;
} restoring_t;

/* ---- is it whole, may it go there */

static int read_backup (restoring_t *self)
{
    char path[BACKUP_PATH_SIZE], hash[BACKUP_HASH_SIZE];
    json_error_t error;
    if (!backup_path (path, self->cli->words[0], BACKUP_MANIFEST) ||
        !backup_path (self->dump, self->cli->words[0], BACKUP_DUMP))
        return CLI_USAGE;
    self->manifest = json_load_file (path, 0, &error);
    if (!self->manifest)
        return cli_fail (CLI_NO, "%s\n  a backup without it is not whole", error.text);
    const char *wanted = json_string_value (json_object_get (self->manifest, "blake2b"));
    if (!backup_hash (self->dump, hash, &self->size))
        return CLI_NO;
    if (!wanted || strcmp (wanted, hash) != 0)
        return cli_fail (CLI_NO, "%s is not what was written there: take another backup", self->dump);
    return CLI_GO;
}

static int look_at_target (restoring_t *self)
{
    char role[LINK_VALUE_SIZE], append[LINK_VALUE_SIZE], version[LINK_VALUE_SIZE], cluster[LINK_VALUE_SIZE];
    if (!link_info (self->link, "replication", "role", role) ||
        !link_info (self->link, "persistence", "aof_enabled", append) ||
        !link_info (self->link, "server", "redis_version", version) ||
        !link_info (self->link, "cluster", "cluster_enabled", cluster))
        return CLI_UNREACHABLE;
    self->is_replica = strcmp (role, "master") != 0;
    const char *made_by = json_string_value (json_object_get (self->manifest, "redis"));
    if (strcmp (cluster, "1") == 0)
        return cli_fail (CLI_NO, "that redis is of a cluster: restore into a single node");
    if (strtol (version, NULL, 10) < strtol (made_by ? made_by : "0", NULL, 10))
        return cli_fail (CLI_NO, "that redis is %s, the backup is of %s: an older one can't read it", version, made_by);
    if (strcmp (append, "1") != 0)
        return cli_fail (CLI_NO,
                         "that redis has no append-only file: start it with --appendonly yes, as the services want it");
    redisReply *size = link_ask (self->link, "DBSIZE");
    long long keys = size ? size->integer : -1;
    freeReplyObject (size);
    if (keys < 0)
        return CLI_UNREACHABLE;
    if ((keys > 0 || self->is_replica) && !self->replace)
        return cli_fail (CLI_NO, "that redis %s: what is there would be lost. If that is meant: --replace",
                         keys > 0 ? "is not empty" : "is a replica of another");
    return CLI_GO;
}

/* ---- waiting for Redis */

static bool is_field (const restoring_t *self, const char *section, const char *field, const char *wanted, bool *said)
{
    char value[LINK_VALUE_SIZE];
    *said = !link_info (self->link, section, field, value);
    return !*said && strcmp (value, wanted) == 0;
}

typedef bool (until_fn) (const restoring_t *self, bool *said);

static bool has_loaded (const restoring_t *self, bool *said)
{
    return is_field (self, "replication", "master_link_status", "up", said) && !*said &&
           is_field (self, "persistence", "loading", "0", said);
}

static bool has_written (const restoring_t *self, bool *said)
{
    static const char *const rows[][2] = {{"aof_enabled", "1"},
                                          {"aof_rewrite_in_progress", "0"},
                                          {"aof_rewrite_scheduled", "0"},
                                          {"aof_last_bgrewrite_status", "ok"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!is_field (self, "persistence", rows[i][0], rows[i][1], said))
            return false;
    return true;
}

static int wait_until (restoring_t *self, until_fn *fn, const char *what)
{
    backup_progress_t progress = {.what = what};
    mono_ms_t ends = clock_mono () + LOAD_MS;
    for (bool said = false; !fn (self, &said);) {
        if (said)
            return CLI_UNREACHABLE;
        if (clock_mono () > ends)
            return cli_fail (CLI_UNREACHABLE, "%s takes too long: the log of redis says why", what);
        rdb_door_keep (&self->door);
        backup_progress (&progress, 0, 0);
        poll (NULL, 0, LOOK_MS);
    }
    return CLI_GO;
}

/* ---- the holds */

static int put_event (restoring_t *self, const char *workspace, int shard, const hold_t *hold)
{
    char key[KEY_SIZE];
    size_t size;
    fact_t fact = {.kind = BUCKSTOP__V1__FACT_KIND__FACT_KIND_SENDING_HELD, .at = hold->since};
    WORD_COPY (fact.by, hold->by);
    WORD_COPY (fact.detail, hold->reason);
    uint8_t *event = event_pack (workspace, NULL, NULL, &fact, 1, NULL, 0, fact.at, false, &size);
    key_events (key, shard, workspace);
    int rc = rdb_door_command (&self->door, (const char *const[]){"XADD", key, "0-*", "e", (const char *)event},
                               (const size_t[]){4, strlen (key), 3, 1, size}, 5);
    free (event);
    return rc;
}

static int hold_one (restoring_t *self, const char *workspace, int shard, const hold_t *hold)
{
    char key[KEY_SIZE], text[HOLD_SIZE];
    size_t size = hold_write (hold, text);
    key_hold (key, shard, workspace);
    int rc = rdb_door_command (&self->door, (const char *const[]){"SET", key, text},
                               (const size_t[]){3, strlen (key), size}, 3);
    return rc == CLI_GO ? put_event (self, workspace, shard, hold) : rc;
}

/* It came through: whoever reads from now on finds it. */
static int see_hold (restoring_t *self, const char *workspace, int shard)
{
    char key[KEY_SIZE];
    key_hold (key, shard, workspace);
    backup_progress_t progress = {.what = "redis takes the holds"};
    for (mono_ms_t ends = clock_mono () + LOAD_MS / 24; clock_mono () < ends; poll (NULL, 0, LOOK_MS)) {
        redisReply *reply = link_ask (self->link, "EXISTS %s", key);
        bool there = reply && reply->integer == 1;
        bool away = !reply;
        freeReplyObject (reply);
        if (there || away)
            return there ? CLI_GO : CLI_UNREACHABLE;
        rdb_door_keep (&self->door);
        backup_progress (&progress, 0, 0);
    }
    return cli_fail (CLI_UNREACHABLE, "redis does not take the hold of workspace %s", workspace);
}

static int hold_all (restoring_t *self)
{
    hold_t hold = {.since = clock_wall ()};
    WORD_COPY (hold.by, self->by);
    const char *taken = json_string_value (json_object_get (self->manifest, "taken_at"));
    snprintf (hold.reason, sizeof hold.reason, "restored from the backup of %s", taken ? taken : "?");
    redisReply *conf = link_ask (self->link, "HGET " KEY_CONF " shards"),
               *names = link_ask (self->link, "SMEMBERS " KEY_WORKSPACES);
    int shards = conf && conf->str ? (int)strtol (conf->str, NULL, 10) : 0;
    int rc = !conf || !names ? CLI_UNREACHABLE
             : shards < 1 || shards > SHARDS_MAX
                 ? cli_fail (CLI_NO, "the backup holds no store of buckstop's: no key " KEY_CONF)
                 : CLI_GO;
    for (size_t i = 0; rc == CLI_GO && i < names->elements; i++)
        rc = hold_one (self, names->element[i]->str, shard_of (names->element[i]->str, shards), &hold);
    for (size_t i = 0; rc == CLI_GO && i < names->elements; i++, self->held++)
        rc = see_hold (self, names->element[i]->str, shard_of (names->element[i]->str, shards));
    freeReplyObject (conf);
    freeReplyObject (names);
    return rc;
}

/* ---- from the beginning to the end */

/* One that is a primary asks by the replication id that it has. */
static int tell_primary (restoring_t *self, const char *host, const char *port)
{
    if (!link_info (self->link, "replication", "master_replid", self->id))
        return CLI_UNREACHABLE;
    redisReply *reply = link_ask (self->link, "REPLICAOF %s %s", host, port);
    self->begun = reply != NULL;
    freeReplyObject (reply);
    return self->begun ? CLI_GO
                       : cli_fail (CLI_UNREACHABLE, "the user needs REPLICAOF: --redis-user one of the operator's");
}

/* One that is a replica (of a restore that failed, say) comes with no id that could be known. So it is made a primary, which
 * draws a new one, and told to come here, in one transaction: nobody's write gets in between. */
static int tell_replica (restoring_t *self, const char *host, const char *port)
{
    enum { AT_INFO = 1, STEPS = 3 };
    redisReply *steps[STEPS + 2] = {link_ask (self->link, "MULTI")}, *done = NULL;
    steps[1] = steps[0] ? link_ask (self->link, "REPLICAOF NO ONE") : NULL; /* not without the one before */
    steps[2] = steps[1] ? link_ask (self->link, "INFO replication") : NULL;
    steps[3] = steps[2] ? link_ask (self->link, "REPLICAOF %s %s", host, port) : NULL;
    steps[4] = done = steps[3] ? link_ask (self->link, "EXEC") : NULL;
    self->begun = done && done->type == REDIS_REPLY_ARRAY && done->elements == STEPS;
    if (self->begun)
        link_field (done->element[AT_INFO]->str, "master_replid", self->id);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        freeReplyObject (steps[i]);
    return self->begun ? CLI_GO
                       : cli_fail (CLI_UNREACHABLE,
                                   "that redis is a replica: for one the user needs MULTI, EXEC and REPLICAOF");
}

static int tell_redis (restoring_t *self)
{
    char port[16];
    const char *host = self->reach ? self->reach : self->listen;
    snprintf (port, sizeof port, "%d", self->door.port);
    return self->is_replica ? tell_replica (self, host, port) : tell_primary (self, host, port);
}

static int let_go (restoring_t *self)
{
    redisReply *reply = link_ask (self->link, "REPLICAOF NO ONE");
    self->begun = !reply;
    freeReplyObject (reply);
    return self->begun ? CLI_UNREACHABLE : CLI_GO;
}

/* What is encrypted on its way to the services does not lie open on its way back. */
static int check_listen (const restoring_t *self)
{
    static const char *const here[] = {"127.0.0.1", "::1", "localhost"};
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strcmp (self->listen, here[i]) == 0)
            return CLI_GO;
    return link_is_tls (self->cli)
               ? cli_fail (CLI_USAGE,
                           "the copy goes to redis without TLS: run this on redis's machine, with --listen 127.0.0.1")
               : CLI_GO;
}

static int restore (restoring_t *self)
{
    int rc = check_listen (self);
    rc = rc == CLI_GO ? read_backup (self) : rc;
    if (rc != CLI_GO)
        return rc;
    rc = link_open (self->cli, &self->link);
    rc = rc == CLI_GO ? look_at_target (self) : rc;
    rc = rc == CLI_GO ? rdb_door_open (&self->door, self->listen, self->dump, self->size, self->id) : rc;
    rc = rc == CLI_GO ? tell_redis (self) : rc;
    rc = rc == CLI_GO ? rdb_door_send (&self->door) : rc;
    rc = rc == CLI_GO ? wait_until (self, has_loaded, "redis reads it") : rc;
    rc = rc == CLI_GO ? hold_all (self) : rc;
    rc = rc == CLI_GO ? wait_until (self, has_written, "redis writes its append-only file") : rc;
    return rc == CLI_GO ? let_go (self) : rc;
}

static int say_end (const restoring_t *self, int rc)
{
    const char *taken = json_string_value (json_object_get (self->manifest, "taken_at"));
    if (rc != CLI_GO && self->begun)
        return cli_fail (rc, "the restore is not whole; redis is left read-only, so that nothing goes out: "
                             "restore again with --replace");
    if (rc != CLI_GO)
        return rc;
    if (self->cli->json)
        printf ("{\"restored\": true, \"held\": %zu}\n", self->held);
    else
        printf ("restored as it was at %s; sending is held in %zu workspace%s. Start the services; then:\n"
                "  buckstop audit\n"
                "  buckstop held list                what would go out\n"
                "  buckstop held release | drop      by name, or by filter\n"
                "  buckstop held end --by NAME       all that is left goes out, and sending goes on\n",
                taken ? taken : "?", self->held, self->held == 1 ? "" : "s");
    return CLI_FINE;
}

int cmd_restore (cli_t *cli, const command_t *command, int argc, char **argv)
{
    restoring_t self = {.cli = cli, .door = {.listening = -1, .peer = -1, .file = -1}};
    const param_t own[] = {
        {"listen", PARAM_STRING, "127.0.0.1", 0, 0, &self.listen,
         "address at which redis comes for the copy; any port"},
        {"reach", PARAM_STRING, NULL, 0, 0, &self.reach, "how redis reaches this machine, if not by that address"},
        {"by", PARAM_STRING, "restore", 0, 0, &self.by, "who does it; events name them"},
        {"replace", PARAM_SWITCH, "no", 0, 0, &self.replace,
         "also where that redis is not empty: what is there is lost"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    rc = say_end (&self, restore (&self));
    rdb_door_close (&self.door);
    if (self.link)
        redisFree (self.link);
    json_decref (self.manifest);
    return rc;
}
