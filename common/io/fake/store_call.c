/* store_call.c (fake) - a call to the fake store: on the way, done, answered.
 *
 * It is performed in the turn after it was made and answered in one after that, so that the calls of several services
 * mix as they do in Redis. While the store is away calls try again until their time is over.
 * With chaos (fake.h) each way takes a drawn time, the calls of one store staying in order; what is performed after
 * its caller's time was over was told AWAY before, and is done all the same. */
#include "call.h"
#include "world.h"

#include "xmalloc.h"

enum { AGAIN_MS = 20 /* between two tries while it is away */, RESENT_MS = 700 };

call_t *call_new (store_t *store, call_fn *perform, call_fn *answer, void *arg)
{
    call_t *self = xcalloc (1, sizeof *self);
    self->store = store;
    self->perform = perform;
    self->answer = answer;
    self->arg = arg;
    return self;
}

/* What performing it found. */
static void forget_found (call_t *self)
{
    free (self->found);
    self->found = NULL;
    perform_rows_free (&self->rows);
    for (size_t i = 0; i < self->items_n; i++)
        free ((void *)self->items[i].bytes);
    free (self->items);
    self->items = NULL;
    self->items_n = 0;
}

static void call_free (call_t *self)
{
    forget_found (self);
    commit_destroy (&self->commit);
    free (self->keys);
    free (self->text);
    free (self);
}

static void call_leave (call_t *self)
{
    for (call_t **link = &self->store->calls; *link; link = &(*link)->next) {
        if (*link == self) {
            *link = self->next;
            break;
        }
    }
}

/* The queue lets go of a call: it was answered, or its process is dead. */
static void call_release (void *arg)
{
    call_t *self = arg;
    if (--self->refs > 0)
        return;
    if (!self->answered)
        call_leave (self);
    call_free (self);
}

static void call_post (call_t *self, int64_t delay_ms, loop_fn *fn)
{
    self->refs++;
    world_post (self->store->loop, delay_ms, fn, self, call_release);
}

static void call_again (call_t *self, int64_t delay_ms);

static void call_answer (void *arg)
{
    call_t *self = arg;
    if (self->answered)
        return; /* store_destroy was faster, or its time is over */
    bool late = world_mono () >= self->deadline;
    if (store_world_away () && self->chaotic && !self->away && !late) { /* the connection went with the answer */
        forget_found (self);
        call_again (self, AGAIN_MS);
        return;
    }
    self->answered = true;
    call_leave (self);
    self->answer (self);
}

static void call_away (void *arg)
{
    call_t *self = arg;
    if (self->answered)
        return;
    self->away = true;
    call_answer (self);
}

/* One way takes so long; what was sent before is there before. */
static int64_t travel (call_t *self, mono_ms_t *last)
{
    const fake_chaos_t *chaos = world_chaos ();
    if (!self->chaotic)
        return 0;
    int64_t wait = (int64_t)world_draw ((uint64_t)chaos->latency_ms + 1);
    if (world_chance (chaos->slow))
        wait += (int64_t)world_draw ((uint64_t)chaos->slow_ms + 1);
    mono_ms_t there = world_mono () + wait;
    *last = there > *last ? there : *last;
    return *last - world_mono ();
}

/* Done: the answer is on its way, or lost. */
static void call_done (call_t *self, int64_t left)
{
    int64_t back = self->away ? 0 : store_fault (FAKE_STORE_SLOW) + travel (self, &self->store->answers);
    if (back > left || self->away)
        call_post (self, left, call_away);
    else
        call_post (self, back, call_answer);
}

static void call_perform (void *arg)
{
    call_t *self = arg;
    int64_t left = self->deadline - world_mono ();
    bool late = self->answered; /* its caller was told AWAY, and yet it comes */
    if (late && (!self->chaotic || store_world_away ()))
        return;
    if (store_world_away () && left > 0) {
        call_again (self, left < AGAIN_MS ? left : AGAIN_MS);
        return;
    }
    self->away = store_world_away ();
    if (!self->away)
        self->perform (self);
    if (late || !world_alive (self->store->loop))
        return;
    if (self->resend && !self->away && left > 0) { /* the answer was lost: the same bytes once more */
        self->resend = false;
        forget_found (self);
        call_again (self, (int64_t)world_draw (RESENT_MS));
        return;
    }
    call_done (self, left > 0 ? left : 0);
}

static void call_again (call_t *self, int64_t delay_ms)
{
    int64_t left = self->deadline - world_mono ();
    call_post (self, delay_ms, call_perform);
    if (delay_ms > left)
        call_post (self, left > 0 ? left : 0, call_away);
}

void call_begin (call_t *self, int timeout_ms)
{
    self->deadline = world_mono () + (timeout_ms > 0 ? timeout_ms : STORE_TIMEOUT_MS);
    self->next = self->store->calls;
    self->store->calls = self;
    self->chaotic = !world_spared (self->store->loop);
    self->resend = self->chaotic && self->commit && world_chance (world_chaos ()->resent);
    call_again (self, travel (self, &self->store->performs));
}

void calls_end (store_t *store)
{
    while (store->calls) {
        call_t *call = store->calls;
        store->calls = call->next;
        call->answered = call->away = true;
        call->chaotic = false;
        if (world_alive (store->loop))
            call->answer (call);
    }
}

/* A commit on the way to the store, counted from the newest; NULL: there are not so many. */
static call_t *commit_under_way (const store_t *store, size_t index)
{
    for (call_t *call = store->calls; call; call = call->next)
        if (!call->answered && call->commit && index-- == 0)
            return call;
    return NULL;
}

void calls_orphaned (store_t *store)
{
    size_t n = 0;
    while (commit_under_way (store, n))
        n++;
    size_t done = world_chaos ()->latency_ms && !store_world_away () ? world_draw (n + 1) : 0;
    for (size_t i = 0; i < done; i++) { /* the oldest first */
        call_t *call = commit_under_way (store, n - 1 - i);
        if (call)
            call->perform (call);
    }
}
