/* room.h - one workspace of the console: its board, kept as the store has it, and who watches. For the console's files. */
#ifndef BUCKSTOP_ROOM_H
#define BUCKSTOP_ROOM_H

#include "console_private.h"
#include "feed.h"
#include "keys.h"

/* Somebody who watches. */
typedef struct watcher watcher_t;

typedef struct pulse {
    bool asking;
    wall_ms_t lateness_ms; /* of what is due for the longest */
    size_t waiting, dead;  /* deliveries */
    wall_ms_t oldest;      /* of those that wait: since then; 0: none */
} pulse_t;

/* The board as a document. */
typedef struct page {
    char *text; /* NULL: there is none */
    size_t size, limit;
    mono_ms_t at;
    http_bytes_t *event; /* the same as it goes to who watches; NULL: to be written */
} page_t;
enum { ROOM_PAGES = 2 };

struct room {
    console_t *console;
    room_t *next;
    char workspace[NAME_SIZE];
    int shard;
    board_t *board;
    bool opened, opening; /* the stream is followed; is about to be */
    bool contacts_read, people_read;
    bool ready;   /* all was read once */
    bool left;    /* its workspace was removed */
    unsigned era; /* answers to what was asked in another one are of another past */

    store_follow_t *follow;
    uint64_t number; /* of the last event heard */
    uint64_t newest; /* that there was when it opened */
    feed_t *feed;

    /* contacts that are to be read: room_read.c */
    char (*dirty)[ID_SIZE];
    size_t dirty_n, dirty_room;
    size_t reading; /* of these, the first: they are being read */
    mono_ms_t dirty_since;
    size_t broken; /* records that can't be read */

    /* people */
    bool people_reading;
    mono_ms_t people_at;

    /* the walk over all that is open: room_walk.c */
    bool walking, walk_asking, walk_last, walk_again;
    char walk_after[ID_SIZE];
    mono_ms_t walk_at;

    /* events of before: history.c */
    struct history *history;

    /* watch.c */
    watcher_t *watchers;
    size_t watchers_n;
    loop_timer_t *flush;
    mono_ms_t flushed_at;
    bool greeting; /* somebody has no board yet: it comes */
    uint64_t told; /* the last event that went to the watchers */
    page_t pages[ROOM_PAGES];
    pulse_t pulse;
    mono_ms_t outbox_look; /* not before */
    mono_ms_t heard_at;    /* the store's last answer to a pulse */
};

room_t *room_new (console_t *console, const char *workspace, const policy_t *policy);
void room_close (room_t *self); /* begins nothing any more; watchers are sent home */
void room_leave (room_t *self); /* its workspace was removed: as room_close, and what is asked says nothing any more */
void room_destroy (room_t **self_p);
void room_tick (room_t *self); /* once a second */
void room_anew (room_t *self); /* the store went back: all is read again */
void room_adopt (room_t *self, const policy_t *policy);
/* All was read once: it may be shown. */
void room_look_ready (room_t *self);
mono_ms_t room_mono (const room_t *self);
wall_ms_t room_now (const room_t *self);
store_t *room_store (const room_t *self);

/* room_read.c */
void room_dirty (room_t *self, const char *id);
void room_read (room_t *self);
void room_read_people (room_t *self);
void room_read_person (room_t *self, const char *person);

/* room_walk.c */
void room_walk (room_t *self); /* the next part, or a new one */

/* history.c: the day before. Up to that event; what comes behind is heard. */
void history_begin (room_t *self, uint64_t last);
void history_tick (room_t *room);
void history_destroy (struct history **self_p);

/* watch.c */
void room_changed (room_t *self); /* something may be told: soon, at most ten times a second */
void room_greet (room_t *self);   /* it is ready: whoever came early gets the board */
void room_let_watch (visit_t **self_p, room_t *room, size_t limit);
void room_dismiss (room_t *self);
void watchers_check (room_t *self); /* do their tokens and sessions still hold? */
void room_end_session (room_t *self, const char *id);
/* To all who watch: to operators, or to the others. */
void room_say (room_t *self, bool operators, const char *text, size_t size);

/* room_page.c: as it is now, or was a moment ago; the room's own, until the
 * next call. */
enum { BOARD_LIMIT = 200 }; /* contacts, unless more or fewer are asked for */
const char *room_page (room_t *self, size_t limit, size_t *size);
http_bytes_t *room_page_event (room_t *self, size_t limit);
void room_forget_pages (room_t *self);

/* watch_door.c */
room_t *room_ready_of (visit_t **self_p); /* of whoever asks; NULL: refused, it is not read yet */

/* pulse.c */
void pulse_tick (room_t *self);

#endif
