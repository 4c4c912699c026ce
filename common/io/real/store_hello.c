/* store_hello.c - what is asked on connect, and once a second.
 *
 * On connect: the user's rights are asked for (store_rights.c), the scripts are loaded, settings that would lose data are
 * looked for, and the shape of the data (number of shards, hash, schema) is written by the first and compared by all
 * others. A store that fails is not ready, says what to change, and looks again. Last it is looked at whether what was
 * acknowledged is still there (store_losses.c). Once a second: TIME, the memory used, and those settings again; a Redis
 * that has said nothing for STALL_DROP_MS loses its connection. */
#include "store_private.h"

#include "commit_lua.h"
#include "keys.h"
#include "lease_lua.h"

enum {
    TICK_MS = 1000,
    UNREADY_TICK_MS = 100,
    HELLO_AGAIN_MS = 500,
    STALL_DROP_MS = 3000,
    MAJOR_MIN = 7,
    CONF_FIELDS = 3 /* of those asked for: the others may be absent */
};
#define SCHEMA        "A"
#define REPLICA_WORDS "redis is a read-only replica: name its primary, or sentinels that know it (--redis sentinel:...)"

typedef void (hello_fn) (store_t *store, redisReply *reply, const char *name);

/* The first thing that is wrong is the one that is said. */
void hello_wrong (store_t *self, const char *format, ...)
{
    va_list args;
    if (*self->hello_why)
        return;
    va_start (args, format);
    vsnprintf (self->hello_why, sizeof self->hello_why, format, args);
    va_end (args);
}

/* The value that CONFIG GET gave; "" when there is none. */
static const char *setting (const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 ? reply->element[1]->str : "";
}

static void see_script (store_t *self, redisReply *reply, const char *name)
{
    script_t script = strcmp (name, "commit") == 0 ? SCRIPT_COMMIT : SCRIPT_LEASE;
    if (reply->type == REDIS_REPLY_STRING && reply->len == SHA_SIZE - 1)
        memcpy (self->sha[script], reply->str, SHA_SIZE);
}

/* Redis 7.0 reads its append-only file as that user, and leaves out each transaction that the user may not do. Who may not
 * ask (another Redis, other rights of ours) goes on without. */
static void see_reader (store_t *self, redisReply *reply, const char *name)
{
    if (reply->type != REDIS_REPLY_STATUS)
        hello_wrong (
            self,
            "redis reads its own file as its user '%s', who may not write: after its next start all would be gone; "
            "its ACL file should have: user default off resetpass ~* &* +@all",
            name);
}

static void see_eviction (store_t *self, redisReply *reply, const char *name)
{
    if (strcmp (setting (reply), "noeviction") != 0)
        hello_wrong (self, "redis has %s %s: set noeviction, or it forgets contacts when memory is short", name,
                     setting (reply));
}

static void see_append (store_t *self, redisReply *reply, const char *name)
{
    if (strcmp (setting (reply), "yes") != 0)
        hello_wrong (self, "redis has %s %s: set yes, or a restart loses contacts", name, setting (reply));
}

static void see_fsync (store_t *self, redisReply *reply, const char *name)
{
    const char *value = setting (reply);
    if (self->config.durability == DURABLE_FSYNC && strcmp (value, "always") != 0)
        hello_wrong (self, "redis has %s %s: set always, or start with --durability relaxed (may lose two seconds)",
                     name, value);
    else if (strcmp (value, "no") == 0)
        hello_wrong (self, "redis has %s no: set everysec or always", name);
}

static void see_version (store_t *self, redisReply *reply, const char *name)
{
    double version = info_number (reply, "redis_version");
    (void)name;
    rewrite_see_server (self, reply->type == REDIS_REPLY_STRING ? reply->str : "");
    if (version >= 0 && version < MAJOR_MIN)
        hello_wrong (self, "redis is version %.1f: %d.0 or newer is needed", version, MAJOR_MIN);
}

static void see_replication (store_t *self, redisReply *reply, const char *name)
{
    (void)name;
    if (reply->type == REDIS_REPLY_STRING && strstr (reply->str, "role:slave"))
        hello_wrong (self, REPLICA_WORDS);
    bool online = reply->type == REDIS_REPLY_STRING && strstr (reply->str, "state=online");
    if (self->config.durability == DURABLE_REPLICA && !online)
        hello_wrong (self, "redis has no replica online: connect one, or start with --durability fsync");
}

static void see_written (store_t *self, redisReply *reply, const char *name)
{
    (void)self;
    (void)reply;
    (void)name;
}

static const char *element_text (const redisReply *reply, size_t index)
{
    bool there = reply->type == REDIS_REPLY_ARRAY && reply->elements > index &&
                 reply->element[index]->type == REDIS_REPLY_STRING;
    return there ? reply->element[index]->str : "";
}

/* Asked before anything is written: who only reads needs a Redis that answers, not one that takes writes. */
static bool is_conf_absent (const redisReply *reply)
{
    for (size_t i = 0; i < CONF_FIELDS && i < reply->elements; i++)
        if (reply->element[i]->type == REDIS_REPLY_NIL)
            return true;
    return false;
}

static void see_conf (store_t *self, redisReply *reply, const char *name)
{
    self->conf_absent = *name && is_conf_absent (reply);
    if (self->conf_absent)
        return;
    int shards = atoi (element_text (reply, 0));
    if (shards != self->config.shards)
        hello_wrong (self, "the data has %d shards, this service %d: start it with --shards %d", shards,
                     self->config.shards, shards);
    if (strcmp (element_text (reply, 1), HASH_NAME) != 0)
        hello_wrong (self, "the data was placed by the hash '%s', this service has %s", element_text (reply, 1),
                     HASH_NAME);
    if (strcmp (element_text (reply, 2), SCHEMA) > 0)
        hello_wrong (self, "the data has schema %s, this service reads %s: use a newer one", element_text (reply, 2),
                     SCHEMA);
    rewrite_see_conf (self, element_text (reply, 3));
}

static void see_time (store_t *self, redisReply *reply, const char *name)
{
    (void)name;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return;
    int64_t us = reply_number (reply->element[1]);
    store_time_seen (self, reply_number (reply->element[0]) * MS_PER_SECOND + us / 1000, self->asked_at);
}

/* clang-format off */
enum { WORDS_MAX = 6 };
static const struct question {
    const char *words[WORDS_MAX]; /* the last may be filled in: NULL here, see ask */
    hello_fn *see;
    const char *name;     /* for `see` */
} questions[] = {
    {{"SCRIPT", "LOAD", commit_lua},             see_script,   "commit"},
    {{"SCRIPT", "LOAD", lease_lua},              see_script,   "lease"},
    {{"INFO", "replication"},                    see_replication, ""},
    {{"INFO", "server"},                         see_version,  ""},
    {{"ACL", "DRYRUN", "default", "SET", KEY_CONF, "x"}, see_reader, "default"},
    {{"HMGET", KEY_CONF, "shards", "hash", "schema", "run"}, see_conf, "perhaps absent"},
    {{"CONFIG", "GET", "maxmemory-policy"},      see_eviction, "maxmemory-policy"},
    {{"CONFIG", "GET", "appendonly"},            see_append,   "appendonly"},
    {{"CONFIG", "GET", "appendfsync"},           see_fsync,    "appendfsync"},
    {{"TIME"},                                   see_time,     ""},
    {{"INFO", "memory"},                         full_see_memory, ""},
    /* only where it is absent; of several who are first each field keeps what came first, and all read the same */
    {{"HSETNX", KEY_CONF, "shards", "?"},        see_written,  ""},
    {{"HSETNX", KEY_CONF, "hash", HASH_NAME},    see_written,  ""},
    {{"HSETNX", KEY_CONF, "schema", SCHEMA},     see_written,  ""},
    {{"HMGET", KEY_CONF, "shards", "hash", "schema", "run"}, see_conf, ""},
};
/* clang-format on */
enum {
    ROWS = sizeof questions / sizeof *questions,
    QUESTIONS = ROWS - 4,
    TICK_FROM = QUESTIONS - 5,
    SCRIPTS_END = 2,
};
_Static_assert((int)ROWS <= (int)HELLO_MAX, "each question has a slot");

static void ask (store_t *self, size_t index, conn_reply_fn *fn)
{
    const struct question *question = &questions[index];
    resp_t command = {0};
    size_t n = 0;
    while (n < WORDS_MAX && question->words[n])
        n++;
    resp_begin (&command, n);
    for (size_t i = 0; i < n; i++)
        if (strcmp (question->words[i], "?") == 0)
            resp_number (&command, self->config.shards);
        else
            resp_text (&command, question->words[i]);
    if (self->record && index < SCRIPTS_END)
        store_record (self, command.bytes, command.size);
    self->slots[index] = (hello_slot_t){self, index};
    conn_send (self->conn, &command, fn, &self->slots[index]);
    resp_clear (&command);
}

/* ---- on connect */

void hello_checked (store_t *self, const char *why, bool lost)
{
    self->hello_open = false;
    self->stalled_since = 0;
    self->lost = lost;
    hello_wrong (self, "%s", why);
    if (*self->hello_why) {
        store_set_ready (self, false, self->hello_why);
        if (strcmp (self->hello_why, REPLICA_WORDS) == 0) /* perhaps the address leads to another soon */
            conn_refuse (self->conn, REPLICA_WORDS);
        return;
    }
    conn_settled (self->conn);
    if (!self->unconfirmed)
        conn_settled (self->writer);
    rewrite_begin (self);
    store_back (self);
}

static void on_hello (void *arg, redisReply *reply);

static void write_conf (store_t *self)
{
    self->conf_absent = false;
    for (size_t i = QUESTIONS; i < ROWS; i++)
        ask (self, i, on_hello);
}

static void on_hello (void *arg, redisReply *reply)
{
    hello_slot_t *slot = arg;
    store_t *self = slot->store;
    const struct question *question = &questions[slot->index];
    if (!reply) { /* conn has lost it, and says so itself */
        self->hello_open = false;
        return;
    }
    bool error = reply->type == REDIS_REPLY_ERROR;
    if (error && question->see != see_reader)
        hello_wrong (self, "redis says to %s %s: %s", question->words[0], question->words[1] ? question->words[1] : "",
                     reply->str);
    else if (!error)
        question->see (self, reply, question->name);
    if (slot->index != QUESTIONS - 1 && slot->index != ROWS - 1)
        return;
    if (self->conf_absent && !*self->hello_why)
        write_conf (self);
    else if (*self->hello_why)
        hello_checked (self, "", false);
    else
        losses_check (self);
}

/* On this connection; who finds them flushed since loads them then. */
static bool scripts_loaded (const store_t *self)
{
    return *self->sha[SCRIPT_COMMIT] && *self->sha[SCRIPT_LEASE];
}

void hello_begin (store_t *self)
{
    if (self->hello_open || self->lost || !conn_is_up (self->conn))
        return;
    self->hello_open = true;
    self->hello_why[0] = '\0';
    self->conf_absent = false;
    self->asked_at = loop_now (self->loop);
    rights_ask (self);
    for (size_t i = scripts_loaded (self) ? SCRIPTS_END : 0; i < QUESTIONS; i++)
        ask (self, i, on_hello);
}

/* ---- scripts that were flushed */

static void on_reloaded (void *arg, redisReply *reply)
{
    hello_slot_t *slot = arg;
    (void)reply;
    if (slot->index == SCRIPTS_END - 1)
        slot->store->reload_open = false;
}

void hello_reload_scripts (store_t *self)
{
    if (self->reload_open)
        return;
    self->reload_open = true;
    for (size_t i = 0; i < SCRIPTS_END; i++)
        ask (self, i, on_reloaded);
}

/* ---- once a second */

static void on_tick_reply (void *arg, redisReply *reply)
{
    hello_slot_t *slot = arg;
    store_t *self = slot->store;
    if (slot->index == QUESTIONS - 1)
        self->tick_open = false;
    if (!reply)
        return;
    store_answers (self);
    if (reply->type != REDIS_REPLY_ERROR)
        questions[slot->index].see (self, reply, questions[slot->index].name);
    if (self->ready && *self->hello_why) /* somebody changed a setting: asked about until it is right, as on connect */
        store_set_ready (self, false, self->hello_why);
}

/* The last tick's question is still open: Redis is silent. */
static void silent (store_t *self)
{
    mono_ms_t now = loop_now (self->loop);
    store_stalled (self);
    if (now - self->stalled_since < STALL_DROP_MS)
        return;
    conn_refuse (self->conn, CONN_SILENT); /* and with it the others, see store.c */
}

void hello_tick (void *arg)
{
    store_t *self = arg;
    self->tick = NULL;
    if (conn_is_up (self->conn)) {
        if (self->tick_open || self->hello_open) {
            if (loop_now (self->loop) - self->asked_at >= TICK_MS)
                silent (self);
        } else if (!self->ready) {
            if (loop_now (self->loop) - self->asked_at >= HELLO_AGAIN_MS)
                hello_begin (self);
        } else {
            self->tick_open = true;
            self->asked_at = loop_now (self->loop);
            for (size_t i = TICK_FROM; i < QUESTIONS; i++)
                ask (self, i, on_tick_reply);
            losses_look (self);
        }
    }
    if (self->record)
        fflush (self->record);
    self->tick =
        loop_at (self->loop, loop_now (self->loop) + (self->ready ? TICK_MS : UNREADY_TICK_MS), hello_tick, self);
}

void hello_lost (store_t *self)
{
    self->hello_open = self->tick_open = self->reload_open = false;
    memset (self->sha, 0, sizeof self->sha);
    self->stalled_since = 0;
}
