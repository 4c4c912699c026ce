/* store_rights.c - may our user do what the two scripts do?
 *
 * A script that is refused a command in its middle leaves what it has written so far: so all of its commands are asked for on
 * connect, with keys like ours, and a user who lacks one gets no further than the door. Whoever changes the rights while we
 * work is told of by the command that is refused: the store is not ready then, and hello asks again.
 * Limits: a user without ACL DRYRUN is not asked about, and learns it from the command. */
#include "store_private.h"

enum { WORDS_MAX = 7 };
#define KEY "b:{0}:rights"

/* clang-format off */
static const char *const commands[][WORDS_MAX] = {
    {"WAIT", "1", "1"}, /* only where answers wait for a replica: see below */
    {"TIME"},                             {"GET", KEY},               {"SET", KEY, "x"},
    {"DEL", KEY},                         {"GETRANGE", KEY, "0", "1"}, {"SETRANGE", KEY, "0", "x"},
    {"STRLEN", KEY},                      {"LLEN", KEY},              {"RPUSH", KEY, "x"},
    {"XLEN", KEY},                        {"XADD", KEY, "*", "e", "x"},
    {"HLEN", KEY},                        {"HGET", KEY, "x"},         {"HINCRBY", KEY, "x", "1"},
    {"ZCARD", KEY},                       {"ZADD", KEY, "1", "x"},    {"ZREM", KEY, "x"},
    {"ZLEXCOUNT", KEY, "-", "+"},         {"ZRANGE", KEY, "0", "0"},  {"ZRANGEBYSCORE", KEY, "0", "1"},
};
/* clang-format on */

static const char *user_of (const store_t *self)
{
    return self->target.user && *self->target.user ? self->target.user : "default";
}

static void on_answer (void *arg, redisReply *reply)
{
    store_t *self = arg;
    if (reply && reply->type == REDIS_REPLY_STRING) /* a status is OK; an error: this one may not be asked */
        hello_wrong (self,
                     "redis refuses its user '%.40s' what it must do here: %.90s (deploy/redis/users.acl.example)",
                     user_of (self), reply->str);
}

void rights_ask (store_t *self)
{
    for (size_t i = self->config.durability != DURABLE_REPLICA; i < sizeof commands / sizeof *commands; i++) {
        resp_t command = {0};
        size_t n = 0;
        while (n < WORDS_MAX && commands[i][n])
            n++;
        resp_begin (&command, n + 3);
        resp_text (&command, "ACL");
        resp_text (&command, "DRYRUN");
        resp_text (&command, user_of (self));
        for (size_t k = 0; k < n; k++)
            resp_text (&command, commands[i][k]);
        conn_send (self->conn, &command, on_answer, self);
        resp_clear (&command);
    }
}

/* From a script it is said otherwise: by Redis 7.0, and by those after it. */
bool rights_say_no (const redisReply *reply)
{
    static const char *const in_scripts[] = {"The user executing the script can't", "ACL failure in script"};
    if (reply->type != REDIS_REPLY_ERROR)
        return false;
    bool said = strncmp (reply->str, "NOPERM", 6) == 0;
    for (size_t i = 0; i < sizeof in_scripts / sizeof *in_scripts; i++)
        said = said || strstr (reply->str, in_scripts[i]);
    return said;
}

void rights_denied (store_t *self, const char *words)
{
    snprintf (self->hello_why, sizeof self->hello_why, "redis refuses its user '%.40s': %.150s", user_of (self), words);
    if (self->ready)
        store_set_ready (self, false, self->hello_why);
}
