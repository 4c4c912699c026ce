/* store_full.c - Redis is out of memory: with noeviction it refuses what would need more, and answers all else.
 *
 * A commit or a lease that it refused, or a look at its memory once a second (store_hello.c), gives the suspicion; a
 * write that changes nothing says whether it is so: a field of KEY_CONF that is there already. While it is full that is
 * asked again once a second, and when it is taken all goes on. Commits that wait meanwhile are tried again as ever
 * (store_call.c).
 *
 * Limits: it is named within a second or two of a refusal's end, not at once. */
#include "store_private.h"

#include "keys.h"

enum { SETTING_SIZE = 32 };

/* "maxmemory_human:2.00G" */
static void setting_of (const redisReply *info, char setting[SETTING_SIZE])
{
    static const char field[] = "\nmaxmemory_human:";
    const char *at = info->type == REDIS_REPLY_STRING ? strstr (info->str, field) : NULL;
    size_t length = at ? strcspn (at + sizeof field - 1, "\r\n") : 0;
    snprintf (setting, SETTING_SIZE, "%.*s", (int)length, at ? at + sizeof field - 1 : "");
}

static void on_asked (void *arg, redisReply *reply)
{
    store_t *self = arg;
    self->full_asked = false;
    if (!reply)
        return;
    if (reply->type != REDIS_REPLY_ERROR)
        self->full = false;
    else if (strncmp (reply->str, "OOM", 3) == 0)
        self->full = true;
}

/* Named with the limit as it is now: whoever raised it by too little reads that. */
static void on_memory (void *arg, redisReply *reply)
{
    store_t *self = arg;
    char setting[SETTING_SIZE];
    if (!reply)
        return;
    setting_of (reply, setting);
    snprintf (self->full_why, sizeof self->full_why, "redis is out of memory (maxmemory %s): give it more", setting);
}

void full_suspected (store_t *self)
{
    resp_t command = {0};
    if (self->full_asked || !conn_is_up (self->conn))
        return;
    self->full_asked = true;
    resp_begin (&command, 2);
    resp_text (&command, "INFO");
    resp_text (&command, "memory");
    conn_send (self->conn, &command, on_memory, self);
    resp_clear (&command);
    resp_begin (&command, 4);
    resp_text (&command, "HSETNX");
    resp_text (&command, KEY_CONF);
    resp_text (&command, "hash");
    resp_text (&command, HASH_NAME);
    conn_send (self->conn, &command, on_asked, self);
    resp_clear (&command);
}

void full_see_memory (store_t *self, redisReply *info, const char *name)
{
    (void)name;
    double used = info_number (info, "used_memory"), most = info_number (info, "maxmemory");
    double uncounted = info_number (info, "mem_not_counted_for_evict");
    self->memory_used = used > 0 && most > 0 ? used / most : 0;
    self->stats.memory_bytes = used > 0 ? used : 0;
    if (self->full || (most > 0 && used - (uncounted > 0 ? uncounted : 0) > most))
        full_suspected (self);
}
