/* cli_store.c - the way to the store, for commands that operators run beside it.
 *
 * Hears: the store's answers. Says: why it can't be used, in words. A command asks, then runs the loop until its
 * answer stopped it; Ctrl-C ends that at once.
 * Limits: the store must be ready within READY_MS.
 */
#include "cli_wait.h"

#include "keys.h"
#include "log.h"
#include "option_checks.h"
#include "store_address.h"

#include <string.h>

enum { READY_MS = 5000, SLOW_MS = 2000, HINT_SIZE = STORE_HOST_SIZE + 160 };
#define ADDRESS_HINT "\n  --redis or BUCKSTOP_REDIS names it (deploy/up prints the line to paste)"

/* How one asks there oneself; of sentinels, what they name is in the words before this. */
static void say_silent (const cli_t *cli, char hint[HINT_SIZE])
{
    store_address_t at;
    char why[STORE_ADDRESS_WHY_SIZE], way[STORE_HOST_SIZE + 64] = "redis-cli -h HOST -p PORT";
    if (!store_address_parse (cli->redis, &at, why))
        at.kind = STORE_SENTINEL;
    if (at.kind == STORE_UNIX)
        snprintf (way, sizeof way, "redis-cli -s %s", at.path);
    else if (at.kind == STORE_HOST)
        snprintf (way, sizeof way, "redis-cli -h %s -p %d", at.places[0].host, at.places[0].port);
    snprintf (hint, HINT_SIZE,
              "\n  it takes the connection and says nothing: see that it is well (%s%s ping), then again", way,
              at.tls ? " --tls" : "");
}

/* What is to be done about a store that can't be used. */
static const char *hint_of (const cli_t *cli, char hint[HINT_SIZE])
{
    snprintf (hint, HINT_SIZE, "%s", store_answered (cli->store) ? "" : ADDRESS_HINT);
    if (store_silent (cli->store))
        say_silent (cli, hint);
    return hint;
}

static void on_interrupt (void *arg)
{
    cli_t *cli = arg;
    cli->interrupted = true;
    loop_stop (cli->loop);
}

static void on_change (void *arg)
{
    cli_t *cli = arg;
    if (cli->connecting)
        loop_stop (cli->loop);
}

typedef struct wait {
    cli_t *cli;
    loop_timer_t *timer, *slow;
} wait_t;

static void on_slow (void *arg)
{
    wait_t *wait = arg;
    fprintf (stderr, "-- waiting for the store: %s\n", store_why_not (wait->cli->store));
    wait->slow = loop_at (wait->cli->loop, loop_now (wait->cli->loop) + SLOW_MS, on_slow, wait);
}

static void on_late (void *arg)
{
    wait_t *wait = arg;
    wait->timer = NULL;
    loop_stop (wait->cli->loop);
}

bool cli_run (cli_t *cli)
{
    return loop_run (cli->loop) == 0 && !cli->interrupted;
}

static int open_store (cli_t *cli, store_durability_t durability)
{
    log_open ("buckstop", false, LOG_ERROR_);
    cli->loop = loop_new ();
    loop_on_stop (cli->loop, on_interrupt, cli);
    const store_config_t config = {.address = cli->redis,
                                   .user = cli->redis_user,
                                   .password = *cli->password ? cli->password : NULL,
                                   .sentinel_password = *cli->sentinel_password ? cli->sentinel_password : NULL,
                                   .tls_ca = cli->redis_ca,
                                   .tls_cert = cli->redis_cert,
                                   .tls_key = cli->redis_key,
                                   .service = "buckstop",
                                   .durability = durability,
                                   .shards = (int)cli->shards};
    char why[DETAIL_SIZE];
    if (!store_config_fine (&config, why)) {
        loop_destroy (&cli->loop);
        return cli_fail (CLI_USAGE, "--redis: %s", why);
    }
    cli->store = store_new (cli->loop, &config);
    cli->connecting = true;
    store_on_change (cli->store, on_change, cli);
    wait_t wait = {.cli = cli};
    wait.timer =
        loop_at (cli->loop, loop_now (cli->loop) + (cli->patience_ms ? cli->patience_ms : READY_MS), on_late, &wait);
    wait.slow = cli->patience_ms ? NULL : loop_at (cli->loop, loop_now (cli->loop) + SLOW_MS, on_slow, &wait);
    while (!store_ready (cli->store) && wait.timer && cli_run (cli))
        ;
    loop_cancel (cli->loop, &wait.timer);
    loop_cancel (cli->loop, &wait.slow);
    cli->connecting = false;
    if (store_ready (cli->store))
        return CLI_GO;
    char hint[HINT_SIZE];
    int rc =
        cli_fail (CLI_UNREACHABLE, "the store can't be used: %s%s", store_why_not (cli->store), hint_of (cli, hint));
    cli_store_close (cli);
    return rc;
}

int cli_store_open (cli_t *cli)
{
    return open_store (cli, option_durability_of (cli->durability));
}

int cli_store_open_to_read (cli_t *cli)
{
    return open_store (cli, DURABLE_RELAXED);
}

int cli_away (const cli_t *cli, const char *more)
{
    const char *why = store_why_not (cli->store);
    char hint[HINT_SIZE];
    return cli_fail (CLI_UNREACHABLE, "%s%s%s", *why ? why : "the store went away", more, hint_of (cli, hint));
}

void cli_store_close (cli_t *cli)
{
    store_destroy (&cli->store);
    loop_destroy (&cli->loop);
}

static int fail_damaged_list (void)
{
    return cli_fail (CLI_NO, "the key " KEY_WORKSPACES
                             " in redis is no set: put it back ('buckstop audit' names all that is damaged), or give "
                             "--workspace");
}

static void on_workspaces (void *arg, const store_values_t *values)
{
    cli_t *cli = arg;
    loop_stop (cli->loop);
    if (values->away)
        cli->status = cli_away (cli, "");
    else if (values->wrong_type)
        cli->status = fail_damaged_list ();
    else if (values->n == 1)
        snprintf (cli->workspace_found, sizeof cli->workspace_found, "%.*s", (int)values->items[0].size,
                  values->items[0].bytes);
    else if (values->n == 0)
        cli_fail (CLI_NO, "there is no workspace yet: buckstop policy apply FILE");
    else {
        fprintf (stderr, "buckstop: several workspaces, say which with --workspace:");
        for (size_t i = 0; i < values->n; i++)
            fprintf (stderr, " %.*s", (int)values->items[i].size, values->items[i].bytes);
        fputc ('\n', stderr);
    }
}

int cli_workspace (cli_t *cli)
{
    if (cli->workspace)
        return cli_workspace_known (cli);
    cli->status = CLI_USAGE;
    store_set (cli->store, KEY_WORKSPACES, on_workspaces, cli);
    if (!cli_wait (cli))
        return CLI_UNREACHABLE;
    cli->workspace = cli->workspace_found;
    return *cli->workspace_found ? CLI_GO : cli->status;
}
