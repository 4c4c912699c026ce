/* replay.h - scenarios: the real handlers on the fakes, time passes by words, leftovers fail.
 *
 * What a scenario can say is the table in verbs.c; `replay --words` prints it. */
#ifndef BUCKSTOP_REPLAY_H
#define BUCKSTOP_REPLAY_H

#include "contact.h"
#include "fake.h"
#include "service.h"

#define WORKSPACE "desk"
enum { WORDS_MAX = 24, OUTPUTS_MAX = 512, ALIASES_MAX = 64, INSTANCES_MAX = 128, OPTIONS_MAX = 12 };

/* --- text (text.c) --------------------------------------------------------------------------------- */

typedef struct line {
    int number;
    char *words[WORDS_MAX]; /* quotes are gone */
    size_t words_n;
    char *block; /* the lines between "<<" and ">>"; NULL: none */
} line_t;

typedef struct script {
    char *path, guard[8];
    line_t *lines;
    size_t n;
} script_t;

/* Ends the process with words when the file can't be read or a quote is left open. */
script_t *script_read (const char *path);
void script_destroy (script_t **self_p);

/* What a pattern's words in capitals took, in order; and the "key=value" words where it ends in "...". */
typedef struct taken {
    const char *words[WORDS_MAX];
    size_t n;
    const char *options[OPTIONS_MAX]; /* "key=value" */
    size_t options_n;
    const char *block;
} taken_t;
bool pattern_matches (const char *pattern, char *const *words, size_t n, taken_t *taken);
const char *option_of (const taken_t *taken, const char *key); /* NULL: not given */

/* --- the stage (stage.c): services, admin, time ---------------------------------------------------- */

/* The scenario can't go on: prints the place and the words, and ends the process (it is a child). */
void fail (const char *format, ...) __attribute__ ((noreturn, format (printf, 1, 2)));

void stage_open (void);
void stage_policy (const char *text);     /* applies it; starts all services when none runs yet */
void stage_reload (const char *text);     /* the same, and nobody has looked at it yet */
void stage_bad_policy (const char *text); /* it must be refused; the reply is the first fault's words */
void stage_start (const char *kind);
/* A parameter of that kind's services, for those that start from here on. */
void stage_setting (const char *kind, const char *name, const char *value);
loop_t *stage_oldest (const char *kind);
void stage_spare (void);               /* who was to die at some place lives on */
loop_t *stage_loop (const char *kind); /* the newest that lives; fails when there is none */
void stage_pass (int64_t ms);          /* time passes; who is present beats */
void stage_present (const char *person, bool present);
void stage_silent (const char *person);
void stage_tries (const char *person);       /* beats from now on, whether it is heard or not */
bool stage_audit (char *words, size_t size); /* false: findings, in words */
store_t *stage_store (void);
const policy_t *stage_policy_now (void);

/* A request to the newest intake, with the operator's token; waits at most 1.2 s of scripted time. */
typedef struct reply {
    int status;
    char *body;
} reply_t;
const reply_t *stage_request (const char *method, const char *target, const char *body, const char *key);
const reply_t *stage_reply (void); /* the last one */

/* --- looking (look.c) ------------------------------------------------------------------------------- */

const char *alias_id (const char *alias);                    /* fails for an unknown one */
void alias_set (const char *alias, const char *id);          /* fails when it stands for another */
void alias_leave (const char *alias);                        /* may stay open at the end */
contact_t look_contact (const char *alias);                  /* from the store; fails when it can't be read */
size_t look_timeline (const char *alias, const char *words); /* facts whose line contains the words */
void look_print_timeline (FILE *out, const char *id);
size_t look_notices (const char *alias, size_t *ended); /* rendered; delivered, failed for good or moot */
size_t look_outbox (bool dead);
const char *look_first_delivery (void); /* that look_outbox found, in words */
void look_leftovers (void);             /* at the end of a scenario */
void look_leave (const char *what);     /* "outbox", "dead", "audit": is no leftover */

/* --- what went out (outputs.c) ---------------------------------------------------------------------- */

typedef enum output_kind { OUTPUT_LOG, OUTPUT_MAIL, OUTPUT_CALL } output_kind_t;
/* Marks those that fit as expected, and returns how many there are in all. part: of the person's name (log: the
 * whole name), the address or the URL. purpose: log only, NULL: any. words: in the text, NULL: any. */
size_t outputs_seen (output_kind_t kind, const char *part, const char *purpose, const char *words);
void outputs_overlook (output_kind_t kind, const char *part, const char *purpose); /* from here on, too */
const char *outputs_left (void); /* the first that nobody expected; NULL: none */

/* --- verbs (verbs.c) -------------------------------------------------------------------------------- */

void verb_do (const line_t *line);
void verbs_print (FILE *out);
/* All of one kind stand in one table; a pattern's words in capitals are arguments, "..." takes key=value words. */
typedef struct verb {
    const char *pattern;
    void (*fn) (const taken_t *taken);
} verb_t;
extern const verb_t verbs_do[], verbs_channel[], verbs_expect[];
int64_t word_number (const char *word);
int64_t word_ms (const char *number, const char *unit);

#endif
