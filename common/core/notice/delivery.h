/* delivery.h - one notice on one way, as it stands in the outbox. Pure.
 *
 * Each delivery is a record of its own with a timer of its own, rendered by the commit that decided it:
 * the same id and the same bytes however often it is sent. */
#ifndef BUCKSTOP_DELIVERY_H
#define BUCKSTOP_DELIVERY_H

#include "contact.h"
#include "types.h"

enum { BUNDLE_MAX = 64 };

/* What a bundle tells of one contact: of the notice that ended in it all that its reason and its words need. */
typedef struct bundle_line {
    char delivery[DELIVERY_ID_SIZE], contact[ID_SIZE];
    purpose_t purpose;
    promise_kind_t promise;
    wall_ms_t created_at, acknowledged_until, says_by;
    int64_t delay_ms;
    char customer[DISPLAY_SIZE];
    unsigned way; /* which of their ways it was, from 1; 0: not known */
    bool more;    /* there is one behind it */
    bool urgent;
    char *subject; /* owned */
} bundle_line_t;

typedef struct delivery {
    char id[DELIVERY_ID_SIZE];
    char workspace[NAME_SIZE];
    char contact[ID_SIZE];
    uint64_t version;
    purpose_t purpose;
    char person[NAME_SIZE]; /* empty: the customer */
    way_kind_t way;
    char address[ADDRESS_SIZE];
    char secret[NAME_SIZE];
    char *subject, *body; /* owned */
    wall_ms_t created_at, due;
    unsigned attempts;
    bool urgent, dead;
    char last_error[DETAIL_SIZE];
    promise_kind_t promise;
    unsigned way_index;
    char in_reply_to[ADDRESS_SIZE];
    char trace[TRACE_SIZE];
    wall_ms_t held_until;
    wall_ms_t acknowledged_until; /* the contact's when it was rendered: a later one makes it moot */
    unsigned holds;               /* how often it found no place, or we were not able to send it */
    wall_ms_t held_since;         /* when it should have gone and did not, for the first time; 0: never */
    unsigned ended;               /* enum delivery_ended: never sent again, only settled */
    bool own_id;                  /* it may have gone out already: it is in no bundle, and a bundle is not made anew */
    char channel[NAME_SIZE];      /* CHANNEL, and what goes to customers: whose description or address it goes by */
    char next[DELIVERY_ID_SIZE];  /* to a person: by their next way; it comes forward when this one fails for good */
    char thread[ADDRESS_SIZE];    /* mail to a customer: the first message id of the thread */
    char first_mail[DELIVERY_ID_SIZE]; /* the same where a mail of ours is the first: its delivery */
    unsigned unsaid;                   /* attempts whose word is owed to the timeline; last_error is the last one's */
    bool on_hold;                      /* the sending of its workspace was held when it was to go (hold.h) */
    char released[NAME_SIZE];          /* who said that it goes in spite of that */
    char dropped[DETAIL_SIZE];         /* who said that it is never sent, and why: it is only settled */
    int64_t delay_ms;                  /* to a person: how long this way waits after the notice was decided */
    wall_ms_t says_by;                 /* what its words promise: an apology's new time, a step's; 0: not known */
    bundle_line_t *lines;              /* BUNDLE: what it tells of; owned */
    size_t lines_n;                    /* at most BUNDLE_MAX */
} delivery_t;

/* What became of it, where that could not be settled yet since a key that many share is bad. */
enum delivery_ended { DELIVERY_OPEN, DELIVERY_ACCEPTED, DELIVERY_FAILED };

void delivery_clear (delivery_t *self);
/* A mail to a customer that answers no mail, nor follows one. */
bool delivery_begins_thread (const delivery_t *self);

/* What became of one attempt. */
typedef enum attempt_result {
    ATTEMPT_ACCEPTED,  /* the far side took it */
    ATTEMPT_TEMPORARY, /* no answer, 5xx of HTTP, 4xx of SMTP, garbage: unknown is not failed */
    ATTEMPT_THROTTLED, /* 429: retry_after_ms says when, 0: not said */
    ATTEMPT_PERMANENT, /* 4xx of HTTP, 5xx of SMTP about this mail */
    ATTEMPT_UNABLE,    /* nothing was sent: our own settings lack something; counts as no attempt, and never ends */
} attempt_result_t;

typedef enum delivery_verdict { DELIVERY_DONE, DELIVERY_RETRY, DELIVERY_DEAD } delivery_verdict_t;

enum { DELIVERY_ATTEMPTS_MAX = 12 };
#define DELIVERY_BACKOFF_FIRST_MS (2 * MS_PER_SECOND)
#define DELIVERY_BACKOFF_MAX_MS   (15 * MS_PER_MINUTE)
#define DELIVERY_HELD_MAX_MS      (5 * MS_PER_MINUTE)

/* After an attempt that ended at `now`: for RETRY *next is set: exponential back-off with jitter that is
 * drawn from id and attempt, so that a replica decides the same. `self->attempts` counts this one already; for UNABLE
 * `self->holds` does. */
delivery_verdict_t delivery_after (const delivery_t *self, attempt_result_t result, int64_t retry_after_ms,
                                   wall_ms_t now, wall_ms_t *next);
/* When a delivery that can't be sent now is looked at again: first_ms, doubled with each of its holds (this one counts
 * already), at most DELIVERY_HELD_MAX_MS; half of it is jitter. */
wall_ms_t delivery_held (const delivery_t *self, int64_t first_ms, wall_ms_t now);
/* When it should be due once the clock was set back by back_ms: waits of ours that were counted by the clock as it was
 * before are as long as they were; all else stays where it is. What is no further ahead than such a wait may have
 * begun since, and stays, too. */
wall_ms_t delivery_set_back (const delivery_t *self, int64_t back_ms, wall_ms_t now);
/* Is there still a reason to send it? NULL: yes; else the reason in words why it is moot, e.g. an offer
 * that was taken, a step that was acknowledged. `contact` may be NULL: it is closed and gone. Of a bundle each line has
 * its own reason: bundle.h. */
const char *delivery_moot (const delivery_t *self, const contact_t *contact, wall_ms_t now);

#endif
