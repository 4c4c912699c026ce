/* watch.c - who watches: they come (watch_door.c), are told, and go.
 *
 * A watcher gets the board as soon as it is their turn (chores.h), from then on what changes, at most ten times a
 * second, all of them the same bytes.
 * Whoever comes back with a Last-Event-ID gets what the feed said meanwhile before the board, as far as it is kept.
 * A watcher who does not keep up is cut off, and comes back to a board of now. The token and the session of each
 * are looked at again every ten seconds; with a session's end, or when the policy drops whom a proxy named, their stream
 * ends.
 * Limits: --stream-room bytes that wait for one. */
#include "room.h"

#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum {
    FLUSH_MS = 100,
    FEED_FIRST = 50, /* of the feed, for who is new */
    CHECK_MS = 10000,
};

struct watcher {
    room_t *room;
    watcher_t *next;
    http_stream_t *stream;
    char token[TOKEN_SIZE];
    size_t limit;
    uint64_t after; /* the last event that they have; resumed */
    bool resumed, greeted;
    bool operates; /* sees addresses of the house */
    bool checking, gone;
    mono_ms_t check_at;
    session_t session;      /* id "" : none, which never ends */
    char person[NAME_SIZE]; /* whom a proxy named; "" : the token says who it is */
};

/* ------------------------------------------------------ they come and go */

static void watcher_free (watcher_t *self)
{
    http_stream_destroy (&self->stream);
    if (!self->checking)
        free (self);
    else
        self->gone = true;
}

static void drop (room_t *self, watcher_t *watcher)
{
    for (watcher_t **link = &self->watchers; *link; link = &(*link)->next)
        if (*link == watcher) {
            *link = watcher->next;
            self->watchers_n--;
            break;
        }
    watcher_free (watcher);
}

void room_dismiss (room_t *self)
{
    while (self->watchers)
        drop (self, self->watchers);
}

static void send_to (watcher_t *watcher, http_bytes_t *bytes)
{
    if (!http_stream_send (watcher->stream, bytes)) {
        metric_add ("console_watchers_lost", 1);
        drop (watcher->room, watcher);
    }
}

/* To those who have the board. */
static void send_all (room_t *self, http_bytes_t *bytes)
{
    for (watcher_t *watcher = self->watchers, *next; watcher; watcher = next) {
        next = watcher->next;
        if (watcher->greeted)
            send_to (watcher, bytes);
    }
}

void room_say (room_t *self, bool operators, const char *text, size_t size)
{
    http_bytes_t *bytes = http_bytes_new (text, size);
    for (watcher_t *watcher = self->watchers, *next; watcher; watcher = next) {
        next = watcher->next;
        if (watcher->operates == operators)
            send_to (watcher, bytes);
    }
    http_bytes_destroy (&bytes);
}

/* ------------------------------------------------------------- the board */

static void greet_feed (const watcher_t *watcher)
{
    char *text = NULL;
    size_t size;
    const room_t *room = watcher->room;
    uint64_t first = room->told > FEED_FIRST ? room->told - FEED_FIRST : 0;
    FILE *out = xcheck (open_memstream (&text, &size));
    if (watcher->resumed)
        feed_write (room->feed, watcher->after, room->told, FEED_KEPT, true, out);
    else
        feed_write (room->feed, first, room->told, FEED_FIRST, false, out);
    fclose (out);
    http_bytes_t *bytes = http_bytes_new (text, size);
    http_stream_send (watcher->stream, bytes);
    http_bytes_destroy (&bytes);
    free (text);
}

/* Who comes back reads first what they missed, so that the number of the board is never ahead of the feed's. */
static void greet (watcher_t *watcher)
{
    room_t *room = watcher->room;
    watcher->greeted = true;
    if (watcher->resumed)
        greet_feed (watcher);
    http_stream_send (watcher->stream, room_page_event (room, watcher->limit));
    if (!watcher->resumed)
        greet_feed (watcher);
}

/* One of those who wait for it, in the order of the list. */
static bool greet_next (void *arg, bool over)
{
    room_t *self = arg;
    watcher_t *watcher = self->watchers;
    while (watcher && watcher->greeted)
        watcher = watcher->next;
    self->greeting = !over && watcher && self->ready;
    if (self->greeting) {
        greet (watcher);
        return true;
    }
    console_release (self->console);
    return false;
}

static void greet_soon (room_t *self)
{
    if (self->greeting || !self->console->chores)
        return;
    self->greeting = true;
    console_hold (self->console);
    chores_add (self->console->chores, greet_next, self);
}

void room_greet (room_t *self)
{
    self->told = feed_last (self->feed) > self->told ? feed_last (self->feed) : self->told;
    board_told (self->board);
    for (watcher_t *watcher = self->watchers; watcher; watcher = watcher->next)
        watcher->greeted = false;
    greet_soon (self);
}

/* ---------------------------------------------------------- what changes */

static void write_changes (room_t *self, uint64_t number, FILE *out)
{
    size_t size;
    bool whole = board_overflows (self->board);
    wall_ms_t now = room_now (self);
    feed_write (self->feed, self->told, number, FEED_KEPT, true, out);
    char *text = whole ? board_page (self->board, number, now, BOARD_LIMIT, &size)
                       : board_change (self->board, number, now, &size);
    if (text)
        sse_write (out, whole ? "board" : "change", number, text, size);
    free (text);
    if (whole)
        board_told (self->board);
}

static void flush (void *arg)
{
    room_t *self = arg;
    char *text = NULL;
    size_t size;
    uint64_t number = feed_last (self->feed) > self->told ? feed_last (self->feed) : self->told;
    self->flush = NULL;
    self->flushed_at = room_mono (self);
    if (!self->ready)
        return;
    room_forget_pages (self);
    if (self->watchers) {
        FILE *out = xcheck (open_memstream (&text, &size));
        write_changes (self, number, out);
        fclose (out);
        http_bytes_t *bytes = http_bytes_new (text, size);
        if (size)
            send_all (self, bytes);
        http_bytes_destroy (&bytes);
        free (text);
    } else
        board_told (self->board);
    self->told = number;
    if (board_waits (self->board))
        room_changed (self);
}

void room_changed (room_t *self)
{
    mono_ms_t now = room_mono (self), at = self->flushed_at + FLUSH_MS;
    if (!self->flush && !self->console->draining)
        self->flush = loop_at (self->console->service->loop, at > now ? at : now, flush, self);
}

/* --------------------------------------- sessions, people, tokens, again */

static bool may_stay (const watcher_t *self)
{
    const policy_t *policy = board_policy (self->room->board);
    return room_now (self->room) < self->session.end && (!*self->person || policy_person (policy, self->person));
}

/* What was asked is answered: it is bad, or it may be. */
static void end_if (watcher_t *self, bool bad)
{
    self->checking = false;
    if (self->gone)
        free (self);
    else if (bad)
        drop (self->room, self);
}

static void session_checked (void *arg, ended_verdict_t verdict)
{
    watcher_t *self = arg;
    console_t *console = self->room->console;
    end_if (self, verdict == ENDED_YES);
    console_release (console);
}

static void check_session (watcher_t *self)
{
    console_t *console = self->room->console;
    console_hold (console);
    ended_verdict_t verdict = ended_check (console->ended, &self->session, session_checked, self);
    if (verdict == ENDED_ASKED)
        return;
    end_if (self, verdict == ENDED_YES);
    console_release (console);
}

/* The store away: they stay. */
static void judge (watcher_t *self, tokens_verdict_t verdict)
{
    if (!self->gone && verdict == TOKENS_GOOD && *self->session.id)
        check_session (self);
    else
        end_if (self, verdict == TOKENS_BAD);
}

static void token_checked (void *arg, tokens_verdict_t verdict, const bearer_t *bearer)
{
    watcher_t *self = arg;
    console_t *console = self->room->console;
    (void)bearer;
    judge (self, verdict);
    console_release (console);
}

static void check (watcher_t *self)
{
    bearer_t bearer;
    console_t *console = self->room->console;
    self->check_at = room_mono (self->room) + CHECK_MS;
    self->checking = true;
    console_hold (console);
    tokens_verdict_t verdict = tokens_check (console->tokens, self->token, &bearer, token_checked, self);
    if (verdict == TOKENS_ASKED)
        return;
    judge (self, verdict);
    console_release (console);
}

void watchers_check (room_t *self)
{
    mono_ms_t now = room_mono (self);
    for (watcher_t *watcher = self->watchers, *next; watcher; watcher = next) {
        next = watcher->next;
        if (!may_stay (watcher))
            drop (self, watcher);
        else if (!watcher->checking && now >= watcher->check_at)
            check (watcher);
    }
}

void room_end_session (room_t *self, const char *id)
{
    for (watcher_t *watcher = self->watchers, *next; watcher; watcher = next) {
        next = watcher->next;
        if (strcmp (watcher->session.id, id) == 0)
            drop (self, watcher);
    }
}

/* ----------------------------------------------------------- a new one */

/* Browsers send the header by themselves; who can't set one says it in the query. */
static void take_last (const visit_t *self, watcher_t *watcher)
{
    const char *header = http_header (self->http, "Last-Event-ID");
    const char *text = header ? header : http_query (self->http, "last_event_id");
    char *end = NULL;
    if (word_empty (text))
        return;
    watcher->after = strtoull (text, &end, 10);
    watcher->resumed = !*end;
}

void room_let_watch (visit_t **self_p, room_t *room, size_t limit)
{
    static const http_header_t more[] = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}, {NULL, NULL}};
    visit_t *self = *self_p;
    http_header_t all[ANSWER_HEADERS_MAX];
    watcher_t *watcher = xcalloc (1, sizeof *watcher);
    *watcher = (watcher_t){.room = room, .limit = limit, .next = room->watchers, .session = self->session};
    watcher->operates = self->bearer.scope == SCOPE_OPERATOR;
    if (self->proxied)
        WORD_COPY (watcher->person, self->bearer.person);
    watcher->check_at = room_mono (room) + CHECK_MS;
    WORD_COPY (watcher->token, self->token);
    take_last (self, watcher);
    answer_headers_with (all, more);
    watcher->stream =
        http_stream_new (&self->http, "text/event-stream", all, (size_t)self->console->params->stream_room);
    visit_end (self_p);
    room->watchers = watcher;
    room->watchers_n++;
    if (room->ready)
        greet_soon (room);
}
