/* archive_private.h - the rooms of the archive, and what they share.
 *
 *   archive.c   parameters, start, end, metrics
 *   trail.c     one workspace: reads what is new, has it kept, moves the cursor
 *   trail_post.c   one workspace: a page to the webhook
 *   trail_begin.c  one workspace: where it goes on
 *   line.c      an event as a line, as a CloudEvent
 *   shelf.c     files; ndjson.c reads them */
#ifndef BUCKSTOP_ARCHIVE_PRIVATE_H
#define BUCKSTOP_ARCHIVE_PRIVATE_H

#include "archive.h"
#include "archive_cursor.h"
#include "http_client.h"
#include "keys.h"
#include "line.h"
#include "shelf.h"
#include "workers.h"

enum {
    TRAIL_PAGE = 128,        /* events at once: rendering them must not hold up the loop */
    TRAIL_LOOK_MS = 500,     /* between looks for what is new */
    TRAIL_NEWEST_MS = 5000,  /* between looks whether the stream went back */
    TRAIL_AGAIN_MS = 2000,   /* after something failed; doubled each time, */
    TRAIL_AGAIN_MAX = 60000, /* up to that */
    POST_TIMEOUT_MS = 20000,
};

/* Whose an archive's name is: "dir:HEX", drawn once for a directory, where it stands in .lock; "webhook:HEX" of one process. */
enum { WHOSE_SIZE = 48 };
#define WHOSE_DIRECTORY "dir:"
#define WHOSE_WEBHOOK   "webhook:"

typedef struct archive archive_t;

/* One workspace. At most one thing is under way for it: then it is busy, and its callback goes on or frees it. */
typedef struct trail {
    struct trail *next;
    archive_t *self;
    char workspace[NAME_SIZE];
    int shard;
    bool busy, gone; /* gone: the service has stopped; whoever comes back frees it */
    bool opened;     /* it is known where to go on */
    shelf_t *shelf;  /* NULL: no files, or not opened */
    unsigned series;
    uint64_t at;            /* up to there all is safe */
    uint64_t shelved;       /* up to there it is on disk; beyond `at` while the webhook does not take it */
    uint64_t cursor;        /* what the store knows of that */
    bool registered;        /* it stands in key_archives */
    char whose[WHOSE_SIZE]; /* key_archive_whose, as it was seen or written last */
    bool was_ours;          /* that was us */
    uint64_t newest;        /* as was seen last */
    mono_ms_t newest_look;  /* not before */
    loop_timer_t *timer;
    unsigned failures; /* in a row */
    /* the page that is under way */
    char *lines, *post;
    size_t lines_size;
    uint64_t first, last;
    size_t n;
    wall_ms_t oldest;    /* of what is not safe; 0: all that is known is */
    mono_ms_t caught_up; /* when that was known last */
    int rc;              /* of the thread */
} trail_t;

struct archive {
    service_t *service;
    const archive_params_t *params;
    workers_t *workers;
    http_client_t *http;
    trail_t *trails;
    loop_timer_t *tick;
    int lock;               /* of the directory; -1: none */
    char whose[WHOSE_SIZE]; /* us */
    bool draining;
};

/* trail.c */
trail_t *trail_new (archive_t *self, const char *workspace);
void trail_end (trail_t *trail);                                     /* now, or once what is under way is over */
bool trail_back (trail_t *trail);                                    /* first in each callback: false: it was freed */
void trail_again (trail_t *trail);                                   /* the next look, in a moment */
void trail_fail (trail_t *trail, const char *what, const char *why); /* said once in a row; later again */
void trail_stand_by (trail_t *trail, const char *what, const char *why); /* the same, where nothing is wrong */
void trail_read (trail_t *trail);                                        /* the next page */
void trail_safe (trail_t *trail);                                        /* the page is */
void trail_move_cursor (trail_t *trail);                                 /* to `at`, then the next page */
double trail_lag_seconds (const trail_t *trail);
/* trail_post.c */
void trail_post (trail_t *trail); /* the page, to the webhook */
/* trail_begin.c */
void trail_begin (trail_t *trail);

#endif
