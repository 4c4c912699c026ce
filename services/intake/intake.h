/* intake.h - everything that comes in: customers' messages, people's actions, the questions of operators. */
#ifndef BUCKSTOP_INTAKE_H
#define BUCKSTOP_INTAKE_H

#include "secrets_look.h"
#include "service.h"

/* An answer is given by then, if only 503: requests that wait when the store goes away hear within a second. */
enum { INTAKE_ANSWER_MS = 950 };
/* Above this share of the store's memory new messages are refused; the rest is kept for timers and actions. */
#define INTAKE_MEMORY_MAX 0.80

typedef struct intake intake_t;

typedef struct intake_params {
    const char *listen;  /* of HTTP */
    const char *policy;  /* file that SIGHUP applies; "" : none */
    int64_t body_max;    /* bytes */
    int64_t connections; /* at once */
    int64_t asks_max;    /* requests under way at once, by both doors */
    int64_t peers_max;   /* ZeroMQ connections at once; 0: as the bus has it */
    int64_t token_rate;  /* of one token, a second; 0: no limit */
    int64_t token_burst; /* and so many at once */
    const char *lmtp;    /* where LMTP listens; "" or NULL: nowhere */
    const char *secrets; /* directory of the secrets of channels: NAME, and NAME.next while one is changed */
    const char *spool;   /* directory of files that came with mails; "" or NULL: they are not kept */
    int64_t mail_max;    /* bytes of a mail; 0: its default, as of the next ones */
    int64_t mail_threads;
    int64_t lmtp_connections;
    int64_t lmtp_timeout;        /* seconds */
    const char *console;         /* URL of people's console, where pages behind links lead on to; NULL and "" : none */
    const char *languages;       /* directory of what languages look like; NULL and "" : none is recognised */
    intake_t *running;           /* between start and stop */
    secrets_look_t secrets_look; /* it outlives the door */
} intake_params_t;

/* The parameters of this process's command line: intake_kind.params fill them. They are also what start, stop and
 * the others get as `arg`; a program that runs several intakes gives each its own. */
extern intake_params_t intake_params;
extern const service_kind_t intake_kind;

/* The port that HTTP listens on; 0: not started. */
int intake_port (const intake_params_t *params);

#endif
