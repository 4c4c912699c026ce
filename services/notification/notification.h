/* notification.h - everything that goes out: the outbox, its senders, the event stream. */
#ifndef BUCKSTOP_NOTIFICATION_H
#define BUCKSTOP_NOTIFICATION_H

#include "delivery.h"
#include "secrets_look.h"
#include "service.h"

/* A provider's limit, per replica: a token bucket. rate 0: no limit. */
typedef struct notification_limit {
    int64_t rate;  /* tokens a second */
    int64_t burst; /* that many at once */
} notification_limit_t;

enum { NOTIFICATION_WAYS = 6 }; /* one past the last way_kind_t */

/* The parameters, and the service's state while it runs. `arg` of every function of notification_kind. */
typedef struct notification_params {
    const char *smtp; /* "smtp://host:port"; "": mail can't be sent, and each attempt says so */
    const char *smtp_user, *smtp_password_file;
    const char *mail_from;   /* sender of all mail; "": as each policy says */
    int64_t smtp_threads;    /* mails under way at once */
    const char *secrets;     /* directory of signing keys: NAME, and NAME.next while it is rotated */
    bool private_targets;    /* the policy's webhooks may go to loopback and private addresses */
    bool private_callbacks;  /* and so may the callbacks that submissions name: anybody with a token does */
    int64_t calls_max;       /* calls under way at once */
    int64_t subscribers_max; /* of the stream, at once; 0: as the bus has it */
    int64_t attempt_ms;      /* an attempt's own time limit */
    notification_limit_t limits[NOTIFICATION_WAYS]; /* by way_kind_t */
    const char *rates;                              /* more of them, as rates.h reads them */
    struct notification *self;                      /* from start to stop */
    secrets_look_t secrets_look;                    /* it outlives the senders */
} notification_params_t;

const char *way_name (way_kind_t way); /* "mail", "webhook", ... */

extern notification_params_t notification_params; /* what the command line fills */
extern const service_kind_t notification_kind;

#endif
