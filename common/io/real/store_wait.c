/* store_wait.c - durability `replica`: what Redis answered is told only once a replica has all that it tells.
 *
 * Calls have a connection of their own, since WAIT holds up what stands behind it. The calls of a turn, or of all turns
 * that pass while a WAIT is under way, are one wave: behind them goes one WAIT for a replica, and their answers are held
 * until it says that one has them. The PUBLISH before it is a write of our own, so that the WAIT covers what others wrote
 * and we only read: offsets of replication count for all; its user needs the right to the channel b:wave. If none has it
 * in WAIT_MS the store is not ready, and asks again; calls that are held meanwhile are given up at their deadline, or
 * told once a replica has them. */
#include "store_private.h"

enum { SILENT_MS = 2 * WAIT_MS };

redisReply *reply_copy (const redisReply *reply)
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

void reply_free (redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++)
        reply_free (reply->element[i]);
    if (reply->elements)
        free (reply->element);
    free (reply->str);
    free (reply);
}

/* ---- asking replicas */

/* A user without the right to that channel: then WAIT would say too soon that all is there. */
static void on_published (void *arg, redisReply *reply)
{
    if (reply && reply->type == REDIS_REPLY_ERROR)
        conn_refuse (arg, reply->str);
}

void wave_ask (conn_t *conn, conn_reply_fn *fn, void *arg)
{
    resp_t command = {0};
    resp_begin (&command, 3);
    resp_text (&command, "PUBLISH");
    resp_text (&command, "b:wave");
    resp_text (&command, "");
    conn_send (conn, &command, on_published, conn);
    resp_clear (&command);
    resp_begin (&command, 3);
    resp_text (&command, "WAIT");
    resp_number (&command, REPLICAS_WANTED);
    resp_number (&command, WAIT_MS);
    conn_send (conn, &command, fn, arg);
    resp_clear (&command);
}

bool wave_is_there (const redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_INTEGER && reply->integer >= REPLICAS_WANTED;
}

/* ---- what is held */

static void hold (store_t *store, call_t *call)
{
    call->next = NULL;
    call->prev = store->held.last;
    *(store->held.last ? &store->held.last->next : &store->held.first) = call;
    store->held.last = call;
}

void wave_hold (call_t *call, const redisReply *reply)
{
    call->state = CALL_HELD;
    call->held = reply_copy (reply);
    hold (call->store, call);
}

static void release (call_t *call, bool there)
{
    redisReply *held = call->held;
    call->held = NULL;
    call->next = call->prev = NULL;
    call_released (call, there ? held : NULL);
    reply_free (held);
}

/* there: told; not there: sent again, since what became of them is unknown. */
static void release_all (store_t *store, bool there)
{
    call_t *call = store->held.first;
    store->held = (call_list_t){0};
    for (call_t *next; call; call = next) {
        next = call->next;
        release (call, there);
    }
}

/* No replica has it yet: they stay, but for those that were given up meanwhile. */
static void release_over (store_t *store)
{
    call_t *call = store->held.first;
    store->held = (call_list_t){0};
    for (call_t *next; call; call = next) {
        next = call->next;
        if (call->state == CALL_OVER)
            release (call, false);
        else
            hold (store, call);
    }
}

/* ---- waves */

static void wave_send (store_t *store);

/* Commands are answered in their order: all that is held by now was sent before this WAIT. */
static void on_wait (void *arg, redisReply *reply)
{
    store_t *store = arg;
    store->waiting_open = false;
    if (!reply || store->closing) { /* the connection is lost */
        release_all (store, false);
        return;
    }
    if (reply->type == REDIS_REPLY_ERROR) { /* a primary no more */
        release_all (store, false);
        conn_refuse (store->conn, reply->str);
        return;
    }
    bool there = wave_is_there (reply), again = store->wave_open || !there;
    store_answers (store);
    store->unconfirmed = !there;
    if (there) {
        conn_settled (store->writer);
        release_all (store, true);
        if (!store->ready)
            store_back (store);
    } else {
        release_over (store);
        if (conn_is_up (store->conn) && !store->hello_open && !*store->hello_why && !store->stalled_since)
            store_set_ready (store, false, "no replica of redis confirms what is written");
    }
    if (again)
        wave_send (store);
}

static void wave_send (store_t *store)
{
    store->wave_open = false;
    if (!conn_is_up (store->writer) || store->waiting_open)
        return;
    store->waiting_open = true;
    store->wait_sent_at = loop_now (store->loop);
    wave_ask (store->writer, on_wait, store);
}

void wave_end (store_t *store)
{
    if (store->wave_open && !store->waiting_open)
        wave_send (store);
}

void wave_writer_up (store_t *store)
{
    wave_send (store);
}

bool wave_is_silent (const store_t *store)
{
    return !store->waiting_open || loop_now (store->loop) - store->wait_sent_at > SILENT_MS;
}
