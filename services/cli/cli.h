/* cli.h - what the commands of `buckstop` share: options, the two ways to a running system, printing. */
#ifndef BUCKSTOP_CLI_H
#define BUCKSTOP_CLI_H

#include "loop.h"
#include "service.h"
#include "store.h"

#include <jansson.h>
#include <stdio.h>

/* Exit status. */
enum { CLI_FINE = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 3, CLI_GO = -1 };

/* Is it time to say how far one is? After two seconds, and every two from then on. Zero at first. */
typedef struct cli_slow {
    int64_t began, said;
} cli_slow_t;
bool cli_slow (cli_slow_t *self);

typedef struct cli {
    /* options that every command knows */
    const char *server, *token, *token_file;
    const char *redis_ca, *redis_cert, *redis_key;
    const char *redis, *redis_user, *redis_password_file, *sentinel_password_file, *durability, *workspace, *stream,
        *keys;
    int64_t shards;
    bool json;
    /* the words behind the options */
    char **words;
    int words_n;
    /* cli_store_open */
    loop_t *loop;
    store_t *store;
    bool interrupted, connecting;
    cli_slow_t slow;
    size_t answers;      /* of the store, as far as cli_got had them */
    int64_t patience_ms; /* for the store to be ready, or an answer of intake; 0: as long as is usual */
    char workspace_found[NAME_SIZE];
    int status; /* when none was found */
    char password[512], sentinel_password[512];
    char token_read[128];
} cli_t;

/* Which of the shared options a command has: those of the ways that it takes. */
enum { USES_INTAKE = 1, USES_STORE = 2, USES_WORKSPACE = 4, USES_STREAM = 8 };

typedef struct command {
    const char *name;
    const char *summary;  /* one line */
    const char *synopsis; /* "ID [options]" */
    const char *example;
    int words_min, words_max;
    unsigned uses; /* USES_... */
    int (*run) (cli_t *cli, const struct command *self, int argc, char **argv);
    const char *notes; /* for its page: what the options do not say; may be NULL */
    const char *words; /* for completion: the values of its words (options.h); may be NULL */
} command_t;

/* The rows of main.c's table. */
extern const command_t commands[]; /* ended by a NULL name */

/* Options of the command's own (may be NULL), then the shared ones that it uses. CLI_GO, or the exit status. */
int cli_options (cli_t *cli, const command_t *command, const param_t *own, int argc, char **argv);
/* A command's own options belong to one of its first words: given with another they are refused, not ignored. CLI_GO, or
 * the exit status. What the environment sets is no such mistake: it is there for all commands. */
int cli_options_of (const cli_t *cli, const char *given, const char *wanted, const param_t *own, char **argv);
/* The same where several words share them: those that `given` takes, divided by spaces. */
int cli_options_in (const cli_t *cli, const char *given, const char *allowed, const param_t *own, char **argv);
/* These words are not a command's: what was perhaps meant, its usage and an example on stderr. CLI_USAGE. */
int cli_usage (const cli_t *cli, const command_t *command);
/* The first word is no command: what was perhaps meant. CLI_USAGE. */
int cli_unknown (const char *word);
/* "buckstop: ..." on stderr; returns the status. */
int cli_fail (int status, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* The store: connects and waits until it is ready. CLI_GO, or the exit status. */
int cli_store_open (cli_t *cli);
int cli_store_open_to_read (cli_t *cli); /* whatever Redis promises of writes: also in the middle of an outage */
int cli_away (const cli_t *cli, const char *more); /* it gave no answer: says why, as cli_fail; more: behind that */
void cli_store_close (cli_t *cli);
/* Runs the loop until somebody calls loop_stop (cli->loop). False: interrupted. */
bool cli_run (cli_t *cli);
/* --workspace, if there is such a one, or the only one that there is. CLI_GO, or the exit status. */
int cli_workspace (cli_t *cli);
/* Is there one of that name? CLI_GO, or said: which there are, and how one is made. */
int cli_workspace_known (cli_t *cli);

/* What to do where the token is of another workspace than the one that is meant. */
#define CLI_OTHER_WORKSPACE                                                \
    "Leave --workspace (BUCKSTOP_WORKSPACE) out, or give a token of that " \
    "one (BUCKSTOP_TOKEN, --token-file)."

/* HTTP. CLI_FINE with *answer (json_decref it; may be NULL for an empty one); else said on stderr (or on stdout as the
 * problem document with --json) and the exit status. key: Idempotency-Key, NULL: none. quiet: say nothing. */
typedef struct cli_request {
    const char *method, *path;
    const json_t *body;
    const char *key;
    bool quiet;
    char *why; /* not NULL: what else is said on stderr goes there, in one line */
    size_t why_size;
    long *http_status; /* not NULL: of the answer; 0: none came */
} cli_request_t;
int cli_http (cli_t *cli, const cli_request_t *request, json_t **answer);
/* GET, as cli_http; while the answer is "not now" (429, 5xx) it is waited for, some minutes at most, and said. */
int cli_await (cli_t *cli, const char *path, json_t **answer);
/* Says so: what was asked is waited for. status, why: as cli_request_t gave them. */
void cli_say_later (const cli_t *cli, long status, const char *why);
/* The members of an array that comes in pages: "next" goes into ?after=. */
typedef struct cli_pages {
    const char *path, *array;
    const char *after; /* begin behind this one; NULL: at the first */
    int64_t limit;     /* so many are kept: the first ones, */
    bool newest;       /* or the last ones, for which all pages are read */
    json_t *all;       /* the caller's: they are appended */
    int64_t seen;      /* more than `limit`: there are more; all of them when `newest` */
    char hint[DETAIL_SIZE];
    char held[DETAIL_SIZE]; /* sending is held: why; a list of contacts says it on its first page */
} cli_pages_t;
int cli_http_pages (cli_t *cli, cli_pages_t *pages);
/* Nothing goes out now: said on stderr. "" : it does. */
void cli_say_held (const char *held);
/* Drawn at random: makes a key of one's own, so that a request whose answer was lost can be sent again. Returns id. */
const char *cli_key (char id[ID_SIZE]);
/* A part of a path or query, percent-encoded; free it. */
char *cli_escape (const char *text);

/* The whole id of a contact of which at least the last four characters are given. CLI_GO, or said, and the exit status.
 * By intake; or by the store, once it is open and the workspace is known. */
int cli_contact (cli_t *cli, const char *given, char id[ID_SIZE]);
/* Is there one at all, or are there several? What may have gone meanwhile is not: closed ones need their whole id. */
int cli_contact_any (cli_t *cli, const char *given);
int cli_contact_stored (cli_t *cli, const char *given, char id[ID_SIZE]);

/* Names of a list, of teams ("team"), people ("owner") or channels ("channel"): does the policy or a contact have them?
 * CLI_GO, or said. also_past: what was may be asked for, then it is said, and no more. */
int cli_names (cli_t *cli, const char *filter, const char *list, bool also_past);

/* Printing. */
/* At most so many characters of a text that may hold anything; \xNN is what would be a command to a terminal. The
 * columns that it takes; out may be NULL. */
size_t cli_quote (FILE *out, const char *text, size_t size, size_t most);
void cli_print_json (const json_t *value);
enum { CLI_TIME_SIZE = 32 };
const char *cli_time (wall_ms_t at, char text[CLI_TIME_SIZE]);              /* local, to the second; "-" for 0 */
const char *cli_span (int64_t ms, char text[CLI_TIME_SIZE]);                /* "2 h 05 min", "45 s" */
const char *cli_in (wall_ms_t at, wall_ms_t now, char text[CLI_TIME_SIZE]); /* "in 45 s", "2 min ago" */
wall_ms_t cli_time_parse (const char *rfc3339);                             /* 0: none */
int64_t cli_duration_parse (const char *text);                              /* "8h", "90s", "2d"; -1: not one */

typedef struct table table_t;
table_t *table_new (const char *const *heads);        /* ended by NULL */
void table_whole_from (table_t *self, size_t column); /* before the first row: from that column on nothing is cut */
/* Rows have room in so many characters (0: any): the last column is cut, or more of it is shown without the first of these
 * columns, and so on. */
void table_fit (table_t *self, size_t width, const size_t *spare, size_t spare_n);
size_t cli_width (void); /* of the terminal that stdout is; 0: it is none */
void table_row (table_t *self, ...) __attribute__ ((sentinel));
void table_print (table_t *self, FILE *out); /* aligned; nothing when there are no rows */
void table_destroy (table_t **self_p);

#endif
