/* watch.c - who watches: they come (watch_door.c), are told, and go.
 *
 * A watcher gets the board at once, from then on what changes, at most ten times a second, all of them the same bytes.
 * Whoever comes back with a Last-Event-ID gets what the feed said meanwhile before the board, as far as it is kept.
 * A watcher who does not keep up is cut off, and comes back to a board of now. The token of each is looked at again every
 * ten seconds; with a session's end, or when the policy drops whom a proxy named, their stream ends.
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
    bool checking, gone;
    mono_ms_t check_at;
    wall_ms_t ends;         /* their session; TIME_NEVER: it is none */
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

/* To those who have the board, or to all. */
static void send_all (room_t *self, http_bytes_t *bytes, bool greeted)
{
    for (watcher_t *watcher = self->watchers, *next; watcher; watcher = next) {
        next = watcher->next;
        if (watcher->greeted || !greeted)
            send_to (watcher, bytes);
    }
}

void room_say (room_t *self, const char *text, size_t size)
{
    http_bytes_t *bytes = http_bytes_new (text, size);
    send_all (self, bytes, false);
    http_bytes_destroy (&bytes);
}

/* ------------------------------------------------------------- the board */

static http_bytes_t *page_of (room_t *self, size_t limit)
{
    char *text = NULL;
    size_t size, page_size;
    char *page = board_page (self->board, self->told, room_now (self), limit, &page_size);
    FILE *out = xcheck (open_memstream (&text, &size));
    sse_write (out, "board", self->told, page, page_size);
    fclose (out);
    http_bytes_t *bytes = http_bytes_new (text, size);
    free (page);
    free (text);
    return bytes;
}

/* It holds until the next flush: what changes before is told by that. */
static http_bytes_t *usual_page (room_t *self)
{
    if (!self->page)
        self->page = page_of (self, BOARD_LIMIT);
    return self->page;
}

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
    http_bytes_t *own = watcher->limit == BOARD_LIMIT ? NULL : page_of (room, watcher->limit);
    http_stream_send (watcher->stream, own ? own : usual_page (room));
    http_bytes_destroy (&own);
    if (!watcher->resumed)
        greet_feed (watcher);
}

void room_greet (room_t *self)
{
    self->told = feed_last (self->feed) > self->told ? feed_last (self->feed) : self->told;
    board_told (self->board);
    for (watcher_t *watcher = self->watchers; watcher; watcher = watcher->next)
        greet (watcher);
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
    http_bytes_destroy (&self->page);
    if (self->watchers) {
        FILE *out = xcheck (open_memstream (&text, &size));
        write_changes (self, number, out);
        fclose (out);
        http_bytes_t *bytes = http_bytes_new (text, size);
        if (size)
            send_all (self, bytes, true);
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
    return room_now (self->room) < self->ends && (!*self->person || policy_person (policy, self->person));
}

static void end_if_bad (watcher_t *self, tokens_verdict_t verdict)
{
    if (verdict == TOKENS_BAD)
        drop (self->room, self);
}

static void token_checked (void *arg, tokens_verdict_t verdict, const bearer_t *bearer)
{
    watcher_t *self = arg;
    console_t *console = self->room->console;
    (void)bearer;
    self->checking = false;
    if (self->gone)
        free (self);
    else
        end_if_bad (self, verdict);
    console_release (console);
}

void watchers_check (room_t *self)
{
    mono_ms_t now = room_mono (self);
    bearer_t bearer;
    for (watcher_t *watcher = self->watchers, *next; watcher; watcher = next) {
        next = watcher->next;
        if (!may_stay (watcher)) {
            drop (self, watcher);
            continue;
        }
        if (watcher->checking || now < watcher->check_at)
            continue;
        watcher->check_at = now + CHECK_MS;
        tokens_verdict_t verdict =
            tokens_check (self->console->tokens, watcher->token, &bearer, token_checked, watcher);
        watcher->checking = verdict == TOKENS_ASKED;
        if (watcher->checking)
            console_hold (self->console);
        else
            end_if_bad (watcher, verdict);
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
    *watcher = (watcher_t){.room = room, .limit = limit, .next = room->watchers, .ends = self->ends};
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
        greet (watcher);
}
