/* cli_wait.c - answers of the store, waited for.
 *
 * Hears: one answer. Says: a copy of it, once the loop was stopped by it; or why there is none. */
#include "cli_wait.h"

#include "xmalloc.h"

enum { COMMIT_TIMEOUT_MS = 5000, SLOW_MS = 2000 };
static const char after_commit[] = "buckstop.after-commit"; /* a kill point of the tests */

/* Whoever asked may be gone when the answer comes: interrupted, and the store is closed. */
struct cli_asked {
    cli_t *cli;
    cli_values_t *values; /* NULL: nobody waits for it */
};

struct cli_asked *cli_ask (cli_t *cli, cli_values_t *values)
{
    cli_values_clear (values);
    values->cli = cli;
    values->asked = xcalloc (1, sizeof *values->asked);
    *values->asked = (struct cli_asked){cli, values};
    return values->asked;
}

void cli_values_clear (cli_values_t *values)
{
    for (size_t i = 0; i < values->n; i++)
        free ((char *)values->items[i].bytes);
    free (values->items);
    *values = (cli_values_t){0};
}

void cli_take (void *arg, const store_values_t *values)
{
    struct cli_asked *asked = arg;
    cli_values_t *self = asked->values;
    cli_t *cli = asked->cli;
    free (asked);
    loop_stop (cli->loop);
    if (!self)
        return;
    self->asked = NULL;
    self->away = values->away;
    self->wrong_type = values->wrong_type;
    self->cursor = values->cursor;
    self->n = values->away ? 0 : values->n;
    self->items = xcalloc (self->n, sizeof *self->items);
    for (size_t i = 0; i < self->n; i++) {
        self->items[i] = values->items[i];
        if (values->items[i].bytes) { /* ended by a zero: many of them are words */
            char *copy = xcalloc (values->items[i].size + 1, 1);
            memcpy (copy, values->items[i].bytes, values->items[i].size);
            self->items[i].bytes = copy;
        }
    }
}

typedef struct patience {
    cli_t *cli;
    loop_timer_t *slow;
} patience_t;

/* Nothing has come for so long. */
static void on_slow (void *arg)
{
    patience_t *self = arg;
    loop_t *loop = self->cli->loop;
    const char *why = store_why_not (self->cli->store);
    fprintf (stderr, "-- waiting for the store: %s\n", *why ? why : "it has not answered yet");
    self->slow = loop_at (loop, loop_now (loop) + SLOW_MS, on_slow, self);
}

bool cli_wait (cli_t *cli)
{
    patience_t patience = {.cli = cli};
    patience.slow = loop_at (cli->loop, loop_now (cli->loop) + SLOW_MS, on_slow, &patience);
    bool go = cli_run (cli);
    loop_cancel (cli->loop, &patience.slow);
    return go;
}

static void count_answer (cli_t *cli)
{
    cli->answers++;
    if (cli_slow (&cli->slow))
        fprintf (stderr, "-- %zu answers of the store so far\n", cli->answers);
}

static bool wait_for_it (cli_values_t *values)
{
    cli_t *cli = values->cli;
    bool go = true;
    while (go && values->asked)
        go = cli_wait (cli);
    count_answer (cli);
    return go;
}

int cli_got (cli_values_t *values)
{
    cli_t *cli = values->cli;
    if (values->asked && !wait_for_it (values)) {
        if (values->asked)
            values->asked->values = NULL;
        values->asked = NULL;
        return CLI_UNREACHABLE;
    }
    if (values->away)
        return cli_away (cli, "");
    if (values->wrong_type)
        return cli_fail (CLI_NO, "a key in redis holds something else than it should; 'buckstop audit' names it");
    return CLI_GO;
}

typedef struct waiting {
    cli_t *cli;
    bool answered, alone;
    cli_committed_t committed;
    char words[DETAIL_SIZE];
} waiting_t;

static void on_commit (void *arg, const commit_answer_t *answer)
{
    waiting_t *self = arg;
    self->answered = true;
    self->committed = (cli_committed_t){.outcome = answer->outcome,
                                        .failed = answer->failed,
                                        .failed_op = answer->failed_op,
                                        .event_number = answer->event_number};
    if (answer->outcome == COMMIT_INVALID)
        snprintf (self->words, sizeof self->words, "the key '%.*s' can't be written: %.*s", (int)answer->key_size,
                  answer->key ? answer->key : "", (int)answer->found_size, answer->found ? answer->found : "");
    loop_stop (self->cli->loop);
    if (self->alone)
        free (self);
}

int cli_commit (cli_t *cli, commit_t **commit_p, cli_committed_t *committed)
{
    waiting_t *self = xcalloc (1, sizeof *self);
    self->cli = cli;
    store_commit (cli->store, commit_p, COMMIT_TIMEOUT_MS, on_commit, self);
    while (!self->answered)
        if (!cli_wait (cli)) {
            self->alone = true; /* its answer still comes, while the store is closed */
            return CLI_UNREACHABLE;
        }
    int rc = CLI_GO;
    kill_point (after_commit);
    count_answer (cli);
    *committed = self->committed;
    if (self->committed.outcome == COMMIT_AWAY)
        rc = cli_away (cli, ": it may have happened; the same command again does no harm");
    else if (self->committed.outcome == COMMIT_INVALID)
        rc = cli_fail (CLI_NO, "%s; 'buckstop audit' tells more", self->words);
    free (self);
    return rc;
}
