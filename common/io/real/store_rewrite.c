/* store_rewrite.c - once after each start of Redis its append-only file is written anew.
 *
 * A commit stands in that file as a transaction. One that was torn (the power failed, the disk was full) is cut by Redis
 * 7 and 8 behind its last whole command, not before its first: it is gone from memory, but its beginning stays in the
 * file, what is written next comes behind it, and the next start carries it out, without its end. A file that is written
 * anew, from memory, has no such beginning. KEY_CONF's "run" names the process of Redis that was asked to.
 *
 * Limits: a Redis that does not let us ask is left as it is; a second failure before the new file is whole is not
 * covered. */
#include "store_private.h"

#include "keys.h"

void rewrite_see_server (store_t *self, const char *info)
{
    static const char field[] = "\nrun_id:";
    const char *at = strstr (info, field);
    size_t length = at ? strcspn (at + sizeof field - 1, "\r\n") : 0;
    snprintf (self->run, sizeof self->run, "%.*s", (int)length, at ? at + sizeof field - 1 : "");
}

void rewrite_see_conf (store_t *self, const char *run)
{
    snprintf (self->run_rewritten, sizeof self->run_rewritten, "%s", run);
}

static void on_noted (void *arg, redisReply *reply)
{
    (void)arg;
    (void)reply; /* not noted: the next connect asks for one more, which does no harm */
}

static void on_begun (void *arg, redisReply *reply)
{
    store_t *self = arg;
    resp_t command = {0};
    if (!reply || reply->type == REDIS_REPLY_ERROR) /* one is under way, say, that another service has asked for */
        return;
    resp_begin (&command, 4);
    resp_text (&command, "HSET");
    resp_text (&command, KEY_CONF);
    resp_text (&command, "run");
    resp_text (&command, self->run);
    conn_send (self->conn, &command, on_noted, self);
    resp_clear (&command);
    snprintf (self->run_rewritten, sizeof self->run_rewritten, "%s", self->run);
}

void rewrite_begin (store_t *self)
{
    resp_t command = {0};
    if (!*self->run || strcmp (self->run, self->run_rewritten) == 0)
        return;
    resp_begin (&command, 1);
    resp_text (&command, "BGREWRITEAOF");
    conn_send (self->conn, &command, on_begun, self);
    resp_clear (&command);
}
