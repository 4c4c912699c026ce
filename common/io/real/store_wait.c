/* store_wait.c - durability `replica`: what a commit answered is told only once a replica has it, too.
 *
 * Commits have a connection of their own, since WAIT holds up what stands behind it. A turn's commits are one wave:
 * behind them goes one WAIT for a replica, and their answers are held until it says that one has them. If none has
 * in WAIT_MS their outcome is unknown: the same bytes are sent again, until their deadline. The PUBLISH before the
 * WAIT makes a wave that wrote nothing (all done already) wait for what others wrote. */
#include "store_private.h"

enum { WAIT_MS = 300, REPLICAS_WANTED = 1 };

static redisReply *reply_copy (const redisReply *reply)
{
    redisReply *copy = xmemdup (reply, sizeof *reply);
    if (reply->str) {
        copy->str = xmalloc ((size_t)reply->len + 1);
        memcpy (copy->str, reply->str, (size_t)reply->len);
        copy->str[reply->len] = '\0';
    }
    if (reply->elements)
        copy->element = xcalloc (reply->elements, sizeof (redisReply *));
    for (size_t i = 0; i < reply->elements; i++)
        copy->element[i] = reply_copy (reply->element[i]);
    return copy;
}

static void reply_free (redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++)
        reply_free (reply->element[i]);
    if (reply->elements)
        free (reply->element);
    free (reply->str);
    free (reply);
}

void wave_hold (call_t *call, const redisReply *reply)
{
    store_t *store = call->store;
    call->state = CALL_HELD;
    call->held = reply_copy (reply);
    call->next = NULL;
    call->prev = store->held.last;
    *(store->held.last ? &store->held.last->next : &store->held.first) = call;
    store->held.last = call;
}

/* Waves are answered in their order: all that is held by now belongs to this one. */
static void on_wait (void *arg, redisReply *reply)
{
    store_t *store = arg;
    call_t *call = store->held.first;
    bool there = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer >= REPLICAS_WANTED;
    store->held = (call_list_t){0};
    if (reply)
        store_answers (store);
    for (call_t *next; call; call = next) {
        redisReply *held = call->held;
        next = call->next;
        call->held = NULL;
        call->next = call->prev = NULL;
        call_released (call, there ? held : NULL);
        reply_free (held);
    }
}

static void on_published (void *arg, redisReply *reply)
{
    (void)arg;
    (void)reply;
}

void wave_end (store_t *store)
{
    resp_t command = {0};
    if (!store->wave_open)
        return;
    store->wave_open = false;
    resp_begin (&command, 3);
    resp_text (&command, "PUBLISH");
    resp_text (&command, "b:wave");
    resp_text (&command, "");
    conn_send (store->writer, &command, on_published, store);
    resp_clear (&command);
    resp_begin (&command, 3);
    resp_text (&command, "WAIT");
    resp_number (&command, REPLICAS_WANTED);
    resp_number (&command, WAIT_MS);
    conn_send (store->writer, &command, on_wait, store);
    resp_clear (&command);
}
