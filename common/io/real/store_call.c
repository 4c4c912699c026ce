/* store_call.c - calls: queued until the store is ready, sent, answered; sent again with the same bytes when the
 * answer was lost or Redis was not in a state to give one; given up at their deadline, whatever happens.
 *
 * A call that was given up while under way stays until its reply or the connection's end, so that late replies
 * find their place and are not taken for those of others. When a reply is missing at a deadline Redis counts as
 * stalled: nothing more is sent until it says something, and after STALL_DROP_MS (store_hello.c) the connection
 * is dropped. */
#include "store_private.h"

#include "clock.h"

enum { RETRY_FIRST_MS = 20, RETRY_SHIFT_MAX = 4 };

/* What Redis says when it can't now but may later. */
static const char *const passing[] = {"LOADING",    "READONLY", "BUSY",        "OOM",       "MASTERDOWN", "MISCONF",
                                      "NOREPLICAS", "TRYAGAIN", "CLUSTERDOWN", "UNBLOCKED", "MOVED",      "ASK"};

static bool says (const redisReply *reply, const char *code)
{
    return strncmp (reply->str, code, strlen (code)) == 0;
}

static bool is_passing (const redisReply *reply)
{
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (says (reply, passing[i]))
            return true;
    return false;
}

/* ---- two lists: those that wait to be sent, and all by deadline */

static void waiting_add (call_t *self)
{
    call_list_t *list = &self->store->waiting;
    self->state = CALL_WAITING;
    self->next = NULL;
    self->prev = list->last;
    *(list->last ? &list->last->next : &list->first) = self;
    list->last = self;
}

static void waiting_remove (call_t *self)
{
    call_list_t *list = &self->store->waiting;
    *(self->prev ? &self->prev->next : &list->first) = self->next;
    *(self->next ? &self->next->prev : &list->last) = self->prev;
    self->next = self->prev = NULL;
}

static void deadline_add (call_t *self)
{
    store_t *store = self->store;
    call_t *before = store->latest; /* most have the same time-out: the place is at the end */
    while (before && before->deadline > self->deadline)
        before = before->sooner;
    self->sooner = before;
    self->later = before ? before->later : store->soonest;
    *(self->later ? &self->later->sooner : &store->latest) = self;
    *(before ? &before->later : &store->soonest) = self;
}

static void deadline_remove (call_t *self)
{
    store_t *store = self->store;
    *(self->sooner ? &self->sooner->later : &store->soonest) = self->later;
    *(self->later ? &self->later->sooner : &store->latest) = self->sooner;
    self->sooner = self->later = NULL;
}

static void call_free (call_t *self)
{
    if (self->free_extra)
        self->free_extra (self);
    resp_clear (&self->command);
    free (self);
}

/* Its answer, once; reply NULL: given up. */
static void finish (call_t *self, redisReply *reply)
{
    deadline_remove (self);
    self->state = CALL_OVER;
    self->answer (self, reply);
}

/* Does its answer wait for a replica? */
static bool is_gated (const call_t *self)
{
    return self->store->writer != self->store->conn;
}

/* ---- deadlines */

static void on_deadline (void *arg);

static void deadline_arm (store_t *store)
{
    if (!store->deadline_timer && store->soonest && !store->closing)
        store->deadline_timer = loop_at (store->loop, store->soonest->deadline, on_deadline, store);
}

/* Its connection is silent, and not since it waits for a replica. */
static bool is_writer_silent (const call_t *self)
{
    return self->state == CALL_SENT && is_gated (self) && wave_is_silent (self->store);
}

static void give_up (call_t *self)
{
    store_t *store = self->store;
    bool waiting = self->state == CALL_WAITING, silent = is_writer_silent (self);
    if (self->state == CALL_SENT && !is_gated (self))
        store_stalled (store);
    if (waiting)
        waiting_remove (self);
    finish (self, NULL);
    if (waiting)
        call_free (self); /* else a reply comes, or the connection's end */
    if (silent)
        conn_refuse (store->writer, CONN_SILENT);
}

static void on_deadline (void *arg)
{
    store_t *store = arg;
    store->deadline_timer = NULL;
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it has left the list before it is freed
    while (store->soonest && store->soonest->deadline <= loop_now (store->loop))
        give_up (store->soonest);
    deadline_arm (store);
}

static void on_retry (void *arg)
{
    ((store_t *)arg)->retry_timer = NULL; /* the turn that follows sends */
}

static void retry_arm (store_t *store, mono_ms_t when)
{
    if (store->retry_timer && store->retry_at <= when)
        return;
    loop_cancel (store->loop, &store->retry_timer);
    store->retry_at = when;
    store->retry_timer = loop_at (store->loop, when, on_retry, store);
}

/* ---- replies */

static void again (call_t *self, int after_ms)
{
    self->not_before = loop_now (self->store->loop) + after_ms;
    self->tries++;
    waiting_add (self);
    if (after_ms)
        retry_arm (self->store, self->not_before);
}

static int backoff (const call_t *self)
{
    return RETRY_FIRST_MS << (self->tries < RETRY_SHIFT_MAX ? self->tries : RETRY_SHIFT_MAX);
}

/* True: it waits to be sent again. */
static bool sent_again (call_t *self, const redisReply *reply)
{
    store_t *store = self->store;
    if (store->closing || (!reply && self->once))
        return false;
    if (!reply) {
        again (self, 0);
        return true;
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return false;
    if (says (reply, "NOSCRIPT")) {
        hello_reload_scripts (store); /* goes ahead of it on the same connection */
        again (self, store->writer == store->conn ? 0 : RETRY_FIRST_MS);
        return true;
    }
    if (!is_passing (reply))
        return false;
    again (self, backoff (self));
    if (says (reply, "OOM"))
        full_suspected (store);
    if (says (reply, "READONLY")) { /* a fail-over: perhaps the address leads elsewhere now */
        store_set_ready (store, false, "redis is a read-only replica");
        conn_refuse (store->conn, "redis is a read-only replica");
    }
    return true;
}

static void on_reply (void *arg, redisReply *reply)
{
    call_t *self = arg;
    store_t *store = self->store;
    if (reply)
        store_answers (store);
    if (reply && rights_say_no (reply))
        rights_denied (store, reply->str);
    if (self->state == CALL_OVER) {
        call_free (self);
        return;
    }
    if (sent_again (self, reply))
        return;
    if (reply && is_gated (self) && !store->closing) {
        wave_hold (self, reply);
        return;
    }
    finish (self, reply);
    call_free (self);
}

void call_released (call_t *self, redisReply *reply)
{
    if (self->state == CALL_OVER || self->store->closing || reply) {
        if (self->state != CALL_OVER)
            finish (self, reply);
        call_free (self);
        return;
    }
    if (self->once) {
        finish (self, NULL);
        call_free (self);
        return;
    }
    again (self, backoff (self));
}

/* ---- sending */

/* When it was sent stands before each call, so that several services' records can be replayed in their order. */
void store_record (store_t *self, const char *bytes, size_t size)
{
    fprintf (self->record, "%lld %zu\n", (long long)clock_mono_us (), size);
    fwrite (bytes, 1, size, self->record);
}

static void send_call (call_t *self)
{
    store_t *store = self->store;
    waiting_remove (self);
    self->state = CALL_SENT;
    self->sent_at = loop_now (store->loop);
    if (self->script != SCRIPT_NONE)
        memcpy (self->command.bytes + self->sha_at, store->sha[self->script], SHA_SIZE - 1);
    if (store->record && self->script != SCRIPT_NONE)
        store_record (store, self->command.bytes, self->command.size);
    store->wave_open |= is_gated (self);
    conn_send (store->writer, &self->command, on_reply, self);
}

void calls_turn (void *arg)
{
    store_t *store = arg;
    commits_gather (store);
    if (!store->ready || !store->waiting.first)
        return;
    mono_ms_t now = loop_now (store->loop);
    call_t *last = store->waiting.last;
    for (call_t *call = store->waiting.first, *next; call; call = next) {
        next = call == last ? NULL : call->next; /* what is put back in this walk waits for the next turn */
        if (call->not_before <= now && store->ready && (!is_gated (call) || conn_is_up (store->writer)))
            send_call (call);
        else
            retry_arm (store, call->not_before > now ? call->not_before : now + RETRY_FIRST_MS);
    }
    wave_end (store);
}

call_t *call_new (store_t *store, int timeout_ms, void (*answer) (call_t *self, redisReply *reply), void *arg)
{
    call_t *self = xcalloc (1, sizeof *self);
    *self = (call_t){.store = store, .answer = answer, .arg = arg};
    self->deadline = loop_now (store->loop) + (timeout_ms > 0 ? timeout_ms : STORE_TIMEOUT_MS);
    return self;
}

/* EVALSHA with one key and so many arguments; its hash is filled in when it is sent. */
void call_script (call_t *self, script_t script, const char *key, size_t args_n)
{
    static const char hash[SHA_SIZE - 1] = {0};
    self->script = script;
    resp_begin (&self->command, 4 + args_n);
    resp_text (&self->command, "EVALSHA");
    resp_bytes (&self->command, hash, sizeof hash);
    self->sha_at = self->command.size - sizeof hash - 2;
    resp_text (&self->command, "1");
    resp_text (&self->command, key);
}

void call_begin (call_t *self)
{
    waiting_add (self);
    deadline_add (self);
    if (self->store->deadline_timer && self->store->soonest == self)
        loop_cancel (self->store->loop, &self->store->deadline_timer);
    deadline_arm (self->store);
    loop_again (self->store->loop);
}

/* For the end of the store: those under way were answered by the connection's end. What callbacks begin now is
 * given up as well. */
void calls_abandon (store_t *store)
{
    while (commits_gather (store), store->soonest) {
        call_t *call = store->soonest;
        if (call->state == CALL_WAITING)
            waiting_remove (call);
        finish (call, NULL);
        call_free (call);
    }
    loop_cancel (store->loop, &store->deadline_timer);
    loop_cancel (store->loop, &store->retry_timer);
}
