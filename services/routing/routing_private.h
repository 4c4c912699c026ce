/* routing_private.h - what the files of routing share among themselves. */
#ifndef BUCKSTOP_ROUTING_PRIVATE_H
#define BUCKSTOP_ROUTING_PRIVATE_H

#include "routing.h"

#include "aside.h"
#include "contact.h"
#include "route_waiting.h"

#include "buckstop/v1/event.pb-c.h"

enum { DESK_BROKEN_KEPT = 16, DESK_DOUBTED_MAX = 64 };

/* One workspace: its people, and who waits. */
typedef struct desk {
    struct routing *self;
    struct desk *next;
    char workspace[NAME_SIZE];
    int shard;
    roster_t *roster;
    waiting_t *waiting;
    bool loaded;  /* people were read once: offers may be made */
    bool stopped; /* only when a guard is away */
    /* people.c */
    bool refreshing, refresh_again;
    mono_ms_t refresh_at, refreshed_at;
    struct desk_person {
        bool looking, again;
        mono_ms_t refused_at; /* a commit found no room */
    } * people;               /* by index in the roster */
    /* queue.c, queue_load.c */
    bool begun; /* the most urgent were read once: offers may be made */
    bool walking, walk_away, walk_last, walk_anew, reading_head;
    size_t walk_calls;             /* of this slice, not answered */
    int64_t walk_score, walk_from; /* the next slice: from that place among those of that score */
    char walk_id[ID_SIZE];         /* and the last one seen of them */
    mono_ms_t walk_at;             /* the next walk */
    loop_timer_t *walk_on;
    struct load *hinted; /* heard of in this turn */
    loop_timer_t *hinted_on;
    char broken[DESK_BROKEN_KEPT][ID_SIZE]; /* said once */
    size_t broken_n;
    char doubted[DESK_DOUBTED_MAX][ID_SIZE]; /* nobody is there, as far as we know: people are read again first */
    size_t doubted_n;
    /* stream */
    uint64_t number; /* of the last event seen; 0: none */
    uint64_t stored; /* of the last event that the store had a second ago, */
    uint64_t ticked; /* and of the last one seen then */
    uint64_t asked;  /* of the last one seen when the store was asked */
    bool counting;
    /* offer.c */
    loop_timer_t *again;
    mono_ms_t offered_at; /* the last offer, or the last time that none was owed */
    bool stalled;
} desk_t;

typedef struct routing {
    service_t *service;
    aside_t *aside;
    routing_params_t *params;
    desk_t *desks;
    loop_timer_t *tick;
    size_t pending; /* calls to the store, and orders, that will answer */
    bool draining, stopped;
} routing_t;

/* The struct is freed once it is stopped and nothing that will answer refers to it. */
void routing_hold (routing_t *self);
bool routing_release (routing_t *self);                        /* false: it is stopped (and may be gone) */
desk_t *routing_desk (routing_t *self, const char *workspace); /* NULL: no such workspace */
mono_ms_t routing_mono (const routing_t *self);
wall_ms_t routing_now (const routing_t *self);

/* hear.c: hints and events. */
bus_fn hear_route, hear_stream;
void hear_tick (desk_t *desk);

/* queue_load.c; once for the same contact, of DESK_BROKEN_KEPT */
void queue_say_broken (desk_t *desk, const char *id, const char *what);

/* people.c */
void people_adopt (desk_t *desk, const policy_t *policy);
void people_refresh (desk_t *desk);
void people_missed (desk_t *desk); /* an event: people are read again, at most once a second */
void people_look (desk_t *desk, int index);
void people_refused (desk_t *desk, int index);
bool people_stale (desk_t *desk); /* read too long ago to say that nobody is there: they are read now */
void people_tick (desk_t *desk);
size_t people_present (const desk_t *desk);
void people_match_timers (routing_t *self); /* who was given room, and nobody told us */
void people_event (desk_t *desk, const Buckstop__V1__Event *event);

/* queue.c: the waiting list, as the store has it. */
void queue_tick (desk_t *desk);
void queue_close (desk_t *desk);
void queue_anew (desk_t *desk); /* the store went back: what is known may be newer than it */
void queue_walk_answered (desk_t *desk, bool away);

/* queue_load.c: its contacts' records. */
bool queue_doubt (desk_t *desk, const char *id); /* loaded and put once people are read; false: too many */
void queue_doubted (desk_t *desk);
void queue_hint (desk_t *desk, const char *id); /* wants somebody, it is said: read from the store with others */
void queue_event (desk_t *desk, const Buckstop__V1__Event *event);
void queue_load_unknown (desk_t *desk, const store_values_t *values); /* of the queue's head */
void queue_load_walk (desk_t *desk);                                  /* what the walk's part wants */
void queue_load_due (desk_t *desk);
void queue_load_close (desk_t *desk);

/* offer.c: deciding and committing. */
void offer_match (desk_t *desk);
void offer_match_with (desk_t *desk, const char *newcomer, const void *record, size_t size); /* whose record is known */
bool offer_may_match (const desk_t *desk);
void offer_tick (desk_t *desk);
void offer_close (desk_t *desk);

/* offer_nobody.c: a contact just put, with its record: matched, or told that it waits. */
void offer_contact (desk_t *desk, const contact_t *contact, const void *record, size_t size);

#endif
