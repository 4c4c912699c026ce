/* cmd_backup.c - buckstop backup: a copy of all that the store holds, as it is at one moment.
 *
 * Hears: what Redis sends to a replica that has nothing yet (SYNC): its own snapshot, made by a fork while it works on. So the
 * copy is of one moment over all shards, whatever is committed meanwhile, and it comes over the connection: from any
 * machine, without access to Redis's disk. Says: dump.rdb and backup.json, both on disk before it ends.
 * Limits: the user must be allowed SYNC (redis.conf's own, not the services'); no cluster, of which no node has all; Redis needs memory for what is written
 * while it forks. Files that came with messages lie in the spool, and archives in their directory: those are copied as
 * files. */
#include "backup.h"
#include "clock.h"
#include "commands.h"
#include "keys.h"
#include "options.h"
#include "redis_link.h"
#include "values.h"
#include "xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_SIZE = 256 };

typedef struct copying {
    redisContext *in;
    int out; /* the file */
    uint64_t size, done;
    backup_progress_t progress;
} copying_t;

/* ---- the snapshot, as it comes */

/* "$SIZE\r\n", behind empty lines that only say that it still works on it. */
static bool read_head (copying_t *self)
{
    char line[HEAD_SIZE];
    size_t n = 0;
    for (;;) {
        if (link_receive (self->in, line + n, 1) < 0)
            return false;
        if (line[n] != '\n' && n + 2 < sizeof line) {
            n++;
            continue;
        }
        line[n] = '\0';
        if (n && line[0] != '\r')
            break;
        n = 0;
        backup_progress (&self->progress, 0, 0);
    }
    line[strcspn (line, "\r")] = '\0';
    char *end = line;
    if (line[0] == '$')
        self->size = strtoull (line + 1, &end, 10);
    if (line[0] == '$' && end != line + 1 && !*end && self->size)
        return true;
    cli_fail (CLI_NO, "redis does not give its snapshot: %s%s", line,
              strstr (line, "NOPERM") ? "\n  the user needs SYNC: --redis-user one of the operator's, not the services'"
                                      : "");
    return false;
}

static bool write_all (int out, const char *bytes, size_t size)
{
    for (ssize_t n; size > 0; bytes += n, size -= (size_t)n)
        if ((n = write (out, bytes, size)) < 0)
            return cli_fail (CLI_NO, "can't write the copy: %s", strerror (errno)), false;
    return true;
}

static bool copy (copying_t *self)
{
    char *block = xmalloc (BACKUP_BLOCK);
    bool fine = read_head (self);
    self->progress.what = "copying";
    while (fine && self->done < self->size) {
        uint64_t left = self->size - self->done;
        ssize_t n = link_receive (self->in, block, left < BACKUP_BLOCK ? (size_t)left : BACKUP_BLOCK);
        fine = n > 0 && write_all (self->out, block, (size_t)n);
        self->done += n > 0 ? (uint64_t)n : 0;
        backup_progress (&self->progress, self->done, self->size);
    }
    if (fine && fsync (self->out) != 0)
        fine = cli_fail (CLI_NO, "can't write the copy: %s", strerror (errno)) == CLI_GO;
    free (block);
    return fine;
}

static bool take_snapshot (const cli_t *cli, const char *path)
{
    redisContext *link;
    if (link_open (cli, &link) != CLI_GO)
        return false;
    copying_t copying = {.in = link, .progress = {.what = "redis makes its snapshot"}};
    copying.out = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool fine = copying.out >= 0;
    if (!fine)
        cli_fail (CLI_NO, "%s: %s", path, strerror (errno));
    fine = fine && link_send (link, "SYNC\r\n", 6) && copy (&copying);
    if (copying.out >= 0)
        close (copying.out);
    if (copying.out >= 0 && !fine)
        unlink (path);
    redisFree (link);
    return fine;
}

/* ---- what it is */

static json_t *workspace_json (redisContext *link, const char *workspace, int shards)
{
    char key[KEY_SIZE];
    long long newest = 0;
    key_events (key, shard_of (workspace, shards), workspace);
    redisReply *reply = link_ask (link, "XREVRANGE %s + - COUNT 1", key);
    if (reply && reply->elements == 1)
        sscanf (reply->element[0]->element[0]->str, "0-%lld", &newest);
    freeReplyObject (reply);
    return json_pack ("{s:s, s:I}", "name", workspace, "events_at_least", (json_int_t)newest);
}

/* What is there before the copy begins: the copy holds as much, or more. NULL: said. */
static json_t *look_around (redisContext *link)
{
    char version[LINK_VALUE_SIZE], cluster[LINK_VALUE_SIZE];
    if (!link_info (link, "cluster", "cluster_enabled", cluster))
        return NULL;
    if (strcmp (cluster, "1") == 0) {
        cli_fail (CLI_NO,
                  "that redis is of a cluster, of which each node has a part: no copy of one moment can be had here");
        return NULL;
    }
    redisReply *names = NULL, *conf = link_ask (link, "HGET " KEY_CONF " shards");
    int shards = conf && conf->type == REDIS_REPLY_STRING ? (int)strtol (conf->str, NULL, 10) : 0;
    freeReplyObject (conf);
    if (!conf || !link_info (link, "server", "redis_version", version))
        return NULL;
    if (shards < 1 || shards > SHARDS_MAX) {
        cli_fail (CLI_NO, "there is no store of buckstop's in that redis: it has no key " KEY_CONF);
        return NULL;
    }
    json_t *list = json_array ();
    names = link_ask (link, "SMEMBERS " KEY_WORKSPACES);
    for (size_t i = 0; names && i < names->elements; i++)
        json_array_append_new (list, workspace_json (link, names->element[i]->str, shards));
    freeReplyObject (names);
    return json_pack ("{s:s, s:s, s:i, s:o}", "buckstop", BUCKSTOP_VERSION, "redis", version, "shards", shards,
                      "workspaces", list);
}

static bool write_manifest (const char *path, const json_t *manifest)
{
    char *text = json_dumps (manifest, JSON_INDENT (2) | JSON_PRESERVE_ORDER);
    int out = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool fine =
        text && out >= 0 && write_all (out, text, strlen (text)) && write_all (out, "\n", 1) && fsync (out) == 0;
    if (!fine)
        cli_fail (CLI_NO, "%s: %s", path, strerror (errno));
    if (out >= 0)
        close (out);
    free (text);
    return fine;
}

static bool sync_directory (const char *directory)
{
    int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync (fd) == 0;
    if (fd >= 0)
        close (fd);
    return fine;
}

/* The manifest comes last: where it is, all is. */
static int back_up (const cli_t *cli, redisContext *link, const char *directory)
{
    char part[BACKUP_PATH_SIZE], dump[BACKUP_PATH_SIZE], about[BACKUP_PATH_SIZE], hash[BACKUP_HASH_SIZE];
    uint64_t size = 0;
    if (!backup_path (part, directory, BACKUP_DUMP ".part") || !backup_path (dump, directory, BACKUP_DUMP) ||
        !backup_path (about, directory, BACKUP_MANIFEST))
        return CLI_USAGE;
    if (mkdir (directory, 0700) != 0 && errno != EEXIST)
        return cli_fail (CLI_NO, "%s: %s", directory, strerror (errno));
    if (access (about, F_OK) == 0)
        return cli_fail (CLI_NO, "%s holds a backup already: give each a directory of its own", directory);
    unlink (part); /* of one that was interrupted */
    wall_ms_t now = clock_wall ();
    json_t *manifest = look_around (link);
    bool fine = manifest && take_snapshot (cli, part) && backup_hash (part, hash, &size);
    if (fine && rename (part, dump) != 0)
        fine = cli_fail (CLI_NO, "%s: %s", dump, strerror (errno)) == CLI_GO;
    if (fine) {
        json_object_set_new (manifest, "taken_at", value_time (now));
        json_object_set_new (manifest, "bytes", json_integer ((json_int_t)size));
        json_object_set_new (manifest, "blake2b", json_string (hash));
        fine = write_manifest (about, manifest) && sync_directory (directory);
    }
    if (fine && cli->json)
        cli_print_json (manifest);
    else if (fine)
        printf ("%s: %" PRIu64 " bytes, %zu workspace%s; copy the spool, the secrets and the archive beside it\n",
                directory, size, json_array_size (json_object_get (manifest, "workspaces")),
                json_array_size (json_object_get (manifest, "workspaces")) == 1 ? "" : "s");
    json_decref (manifest);
    return fine ? CLI_FINE : CLI_NO;
}

int cmd_backup (cli_t *cli, const command_t *command, int argc, char **argv)
{
    int rc = cli_options (cli, command, NULL, argc, argv);
    if (rc != CLI_GO)
        return rc;
    redisContext *link;
    rc = link_open (cli, &link);
    if (rc != CLI_GO)
        return rc;
    rc = back_up (cli, link, cli->words[0]);
    redisFree (link);
    return rc;
}
