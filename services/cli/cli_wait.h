/* cli_wait.h - answers of the store, waited for: for commands that do one thing after the other. */
#ifndef BUCKSTOP_CLI_WAIT_H
#define BUCKSTOP_CLI_WAIT_H

#include "cli.h"

/* Zero at first; a copy of what the store gave, until it is cleared or used again. */
typedef struct cli_values {
    cli_t *cli;
    struct cli_asked *asked; /* not answered yet */
    bool away, wrong_type;
    store_value_t *items;
    size_t n;
    uint64_t cursor;
} cli_values_t;

/* For any read or small write: store_get (cli->store, keys, n, cli_take, cli_ask (cli, &values)), then cli_got. */
struct cli_asked *cli_ask (cli_t *cli, cli_values_t *values);
void cli_take (void *arg, const store_values_t *values);
/* CLI_GO, or said, and the exit status: the store is away, or a key of another type, or somebody pressed Ctrl-C. */
int cli_got (cli_values_t *values);
void cli_values_clear (cli_values_t *values);

/* Runs the loop as cli_run; what does not come for long is told on stderr. */
bool cli_wait (cli_t *cli);

typedef struct cli_committed {
    commit_outcome_t outcome;
    size_t failed;
    char failed_op;
    uint64_t event_number;
} cli_committed_t;
/* CLI_GO for DONE, ALREADY and REFUSED; else said, and the exit status. */
int cli_commit (cli_t *cli, commit_t **commit_p, cli_committed_t *committed);

#endif
