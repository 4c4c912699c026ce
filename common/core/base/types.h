/* types.h - units and limits that every part shares. Pure. */
#ifndef BUCKSTOP_TYPES_H
#define BUCKSTOP_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t wall_ms_t; /* milliseconds since the epoch, the store's time; 0: not set */
typedef int64_t mono_ms_t; /* milliseconds of this process's monotonic clock */

#define MS_PER_SECOND 1000LL
#define MS_PER_MINUTE (60 * MS_PER_SECOND)
#define MS_PER_HOUR   (60 * MS_PER_MINUTE)
#define MS_PER_DAY    (24 * MS_PER_HOUR)
#define TIME_NEVER    INT64_MAX

/* Sizes include the terminating zero. What comes from outside is checked against them at the door. */
enum {
    ID_SIZE = 27,      /* 26 characters, see ids.h */
    NAME_SIZE = 33,    /* people, teams, channels, workspaces, rules, ladders, ... */
    DISPLAY_SIZE = 81, /* a person's or customer's name as shown */
    SUBJECT_SIZE = 161,
    ADDRESS_SIZE = 257,
    LANGUAGE_SIZE = 9,
    DETAIL_SIZE = 241, /* a reason in words */
    DELIVERY_ID_SIZE = 25,
    TRACE_SIZE = 56,     /* W3C traceparent */
    EVENT_ID_SIZE = 8,   /* bytes */
    EVENT_IDS_KEPT = 32, /* per record */
    PROMISES_MAX = 8,    /* live ones per contact */
    EXCLUSIONS_MAX = 8,
    SHARDS_DEFAULT = 16,
    SHARDS_MAX = 64,
};
#define TEXT_MAX (1024 * 1024) /* bytes of a message's text */

/* The id of the event that caused a commit: a hash of its idempotency key, or of contact + step + due. */
typedef struct event_id {
    uint8_t bytes[EVENT_ID_SIZE];
} event_id_t;

#endif
