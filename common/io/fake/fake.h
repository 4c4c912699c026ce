/* fake.h - what a test steers: the scripted time, the store's faults, the bus's, the far sides of HTTP and mail.
 *
 * There is one world per program: one time, one keyspace, one bus. Any number of loops, stores and buses
 * (one each per service) live in it. Nothing happens until the test says fake_run or fake_advance. */
#ifndef BUCKSTOP_FAKE_H
#define BUCKSTOP_FAKE_H

#include "bus.h"
#include "commit.h"
#include "log.h"
#include "loop.h"

/* Monday 2 March 2026, 09:00 UTC: where wall time starts, of this machine and of the store. */
#define FAKE_START_MS 1772442000000LL

/* --- time -------------------------------------------------------------------------------------- */

/* An empty world that draws its random bytes from `seed`. Loops that still exist are dead from here on. */
void fake_reset (uint64_t seed);
/* Everything that is ready now, and what follows from it without time passing. */
void fake_run (void);
/* Time passes: everything due on the way happens at its own time. Begins and ends with fake_run. */
void fake_advance (int64_t ms);
wall_ms_t fake_wall (void);
/* When the next thing happens, in ms from now; -1: nothing is to happen. */
int64_t fake_idle_ms (void);
/* The process ends without a word: nothing of this loop happens any more. What it held in memory is lost
 * to the others; the test may still destroy it. */
void fake_kill (loop_t *loop);
/* The process ends by itself the next time it passes that place. */
typedef enum fake_kill {
    FAKE_KILL_NOWHERE,
    FAKE_KILL_BEFORE_COMMIT, /* the commit was not performed */
    FAKE_KILL_AFTER_COMMIT,  /* it was, and the answer is not heard */
    FAKE_KILL_AFTER_LEASE,   /* rows were leased, and the answer is not heard */
    FAKE_KILL_BEFORE_SEND,   /* a call or a mail did not go out */
    FAKE_KILL_AFTER_SEND,    /* it did, and the answer is not heard */
} fake_kill_t;
void fake_kill_at (loop_t *loop, fake_kill_t where);
bool fake_killed (const loop_t *loop);
void fake_hangup (loop_t *loop); /* SIGHUP */
/* Nothing of this loop happens for so long, and then all of it at once: SIGSTOP, SIGCONT. */
void fake_freeze (loop_t *loop, int64_t ms);
/* Something of the test's own, in so many ms of scripted time. */
void fake_at (int64_t ms, loop_fn *fn, void *arg);
void fake_signal (loop_t *loop); /* SIGTERM */

/* --- chaos: faults by chance, drawn from the seed ----------------------------------------------- */

/* Numbers of chance are of 10,000. */
typedef struct fake_chaos {
    bool order;                          /* what is ready at one instant in several loops happens in drawn order */
    int bus_drop, bus_double, bus_delay; /* of messages; doubles and delays come within bus_delay_ms */
    int64_t bus_delay_ms;
    int64_t latency_ms; /* at most, to the store and back; calls of one process stay in order */
    int slow;           /* of calls: on the way there or back for up to slow_ms; what is behind them waits */
    int64_t slow_ms;
    int refused, unknown, resent; /* of commits: as the store's faults of these names; a resent one comes later */
    int lost;                     /* of leases and reads: done, and the answer is AWAY */
    int dies;                     /* of passes of a place where a process may die (fake_kill_t) */
} fake_chaos_t;
/* NULL: no chaos any more. A process that is killed while there is chaos may have calls on the way that are done. */
void fake_chaos (const fake_chaos_t *chaos);
void fake_spare (loop_t *loop); /* this one never dies by chance, and its calls are not delayed or lost */

/* --- log --------------------------------------------------------------------------------------- */

/* Lines "warning CONTACT offered to=ada"; valid until fake_reset. */
size_t fake_log_lines (void);
const char *fake_log_line (size_t index);
size_t fake_log_count (const char *words); /* lines that contain them */
void fake_log_echo (bool on);              /* also to standard error */
void fake_log_mute (bool on);              /* nothing is kept: for whoever reads no log */

/* --- store ------------------------------------------------------------------------------------- */

typedef enum fake_store_fault {
    FAKE_STORE_AWAY,    /* 1: nobody answers, 0: back again */
    FAKE_STORE_SLOW,    /* every answer takes so many ms */
    FAKE_STORE_RESENT,  /* the next n commits: the answer is lost, the same bytes are sent again */
    FAKE_STORE_UNKNOWN, /* the next n commits: done, and the answer is AWAY */
    FAKE_STORE_EVICTS,  /* 1: it would forget keys when memory is short: no service uses such a one; 0: it keeps them */
    FAKE_STORE_REFUSE,  /* the next n commits: not done, and the answer is AWAY */
    FAKE_STORE_FAULTS
} fake_store_fault_t;
void fake_store_fault (fake_store_fault_t fault, int64_t value);
void fake_store_memory (double used); /* 0..1; at 1 every write is refused for want of memory */
void fake_store_jump (int64_t ms);    /* the store's clock is set */
wall_ms_t fake_store_now (void);

/* To look, and to plant what no service would write. Bytes are valid until the store changes. */
const void *fake_store_string (const char *key, size_t *size);  /* NULL: absent or of another type */
int64_t fake_store_score (const char *key, const char *member); /* -1: absent */
size_t fake_store_size (const char *key);                       /* members, entries, bytes */
int64_t fake_store_number (const char *key, const char *field); /* of a hash; 0: absent */
size_t fake_store_count (const char *prefix);                   /* keys that start so */
/* The keys that start so, in order of bytes; the strings are the store's. Returns how many, at most max. */
size_t fake_store_keys (const char *prefix, const char **keys, size_t max);
const char *fake_store_item (const char *key, size_t index, size_t *size, int64_t *score); /* NULL: none */
void fake_store_put (const char *key, const void *bytes, size_t size);
void fake_store_place (const char *key, int64_t score, const char *member);
void fake_store_unplace (const char *key, const char *member);
void fake_store_remove (const char *key);
uint64_t fake_store_commits (void); /* done since fake_reset */
/* Told of each commit right after it was performed: the keyspace is as it left it. NULL: nobody. */
typedef void (fake_commit_fn) (void *arg, const commit_t *commit, const commit_answer_t *answer);
void fake_store_on_commit (fake_commit_fn *fn, void *arg);

/* --- bus --------------------------------------------------------------------------------------- */

typedef enum fake_bus_fault { FAKE_BUS_OK, FAKE_BUS_DROP, FAKE_BUS_DOUBLE, FAKE_BUS_DELAY } fake_bus_fault_t;
/* What happens to the next `count` messages of a link (count < 0: to all from here on). value: ms of delay. */
void fake_bus_fault (bus_link_t link, fake_bus_fault_t fault, int64_t count, int64_t value);
uint64_t fake_bus_sent (bus_link_t link); /* since fake_reset, dropped ones included */

/* --- far sides of HTTP out and mail out --------------------------------------------------------- */

typedef enum fake_peer {
    FAKE_PEER_ANSWERS, /* status; HTTP 200 and SMTP 250 are the default for everybody */
    FAKE_PEER_SILENT,  /* never: the caller's time runs out */
    FAKE_PEER_LOST,    /* it took it (as by 200, 250) and the answer was lost: status 0 at once */
    FAKE_PEER_GARBAGE, /* answers what is no HTTP, no SMTP: status 0 at once */
    FAKE_PEER_DOWN,    /* refuses the connection: status 0 at once, nothing is recorded as taken */
} fake_peer_t;
/* For addresses (URL, mail address) that contain `part` ("": all). count: for so many calls, then the row is
 * gone; < 0: until fake_peers_clear. value: delay in ms, or with status 429 the Retry-After in ms. The newest
 * row that matches counts. */
void fake_peer (const char *part, fake_peer_t kind, int status, int64_t value, int64_t count);
/* The newest row answers with that body, an HTTP call. */
enum { FAKE_BODY_SIZE = 512 };
void fake_peer_body (const char *body);
void fake_peers_clear (void);

typedef struct fake_call {
    wall_ms_t at;
    const loop_t *by;
    const char *method, *url, *body;
    size_t body_size;
    const char *const *headers; /* NULL-terminated */
    int timeout_ms;
    bool private_allowed;
    bool taken; /* the far side took it: 2xx, or the answer was lost */
} fake_call_t;
size_t fake_calls (void);
const fake_call_t *fake_call (size_t index);
const char *fake_call_header (const fake_call_t *call, const char *name); /* NULL: absent */

typedef struct fake_mail {
    wall_ms_t at;
    const loop_t *by;
    const char *id, *from, *to, *subject, *body, *in_reply_to, *message_id, *reply_to, *thread;
    int automatic; /* mail_automatic_t */
    bool taken;
} fake_mail_t;
size_t fake_mails (void);
const fake_mail_t *fake_mail (size_t index);

/* --- HTTP in ----------------------------------------------------------------------------------- */

typedef struct fake_answer fake_answer_t;
/* A request to the server that was made with that endpoint (NULL: the first there is). target: path and query.
 * headers: "Name: value", NULL-terminated, may be NULL. The answer is the test's: fake_answer_destroy. */
fake_answer_t *fake_http_request (const char *endpoint, const char *method, const char *target,
                                  const char *const *headers, const void *body, size_t size);
void fake_answer_destroy (fake_answer_t **self_p);
int fake_answer_status (const fake_answer_t *self); /* 0: not answered yet; -1: no server, or it died */
const char *fake_answer_body (const fake_answer_t *self, size_t *size);       /* ended by a zero */
const char *fake_answer_header (const fake_answer_t *self, const char *name); /* Content-Type too; NULL: absent */

/* --- mail in ------------------------------------------------------------------------------------ */

/* A mail server that hands over by LMTP to the server that was made with that endpoint (NULL: the newest there is). NULL:
 * there is none. It is the test's: fake_lmtp_close. */
typedef struct fake_lmtp fake_lmtp_t;
fake_lmtp_t *fake_lmtp_connect (const char *endpoint);
void fake_lmtp_say (fake_lmtp_t *self, const void *bytes, size_t size);
/* All replies until now. closed: the server has ended it, or died. */
const char *fake_lmtp_heard (const fake_lmtp_t *self, bool *closed);
void fake_lmtp_close (fake_lmtp_t **self_p);

/* --- files of messages -------------------------------------------------------------------------- */

void fake_spool_full (bool full);           /* the disk is */
const char *fake_spool_file (size_t index); /* "workspace/customer/hash"; NULL: no more */

#endif
