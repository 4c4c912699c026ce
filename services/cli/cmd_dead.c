/* cmd_dead.c - buckstop dead: deliveries that failed for good, and sending one again.
 *
 * Hears: notification's dead letters (dead_letters.h), and what waits in its outbox (outbox_waiting.h). Says: who was not
 * told what, and why; and that something is not dead, but waits.
 */
#include "commands.h"

#include "cli_wait.h"
#include "dead_letters.h"
#include "keys.h"
#include "outbox_waiting.h"
#include "values.h"

#include <string.h>

typedef struct dead_command {
    cli_t *cli;
    const char *by;
    table_t *table;
    json_t *list;
    size_t unreadable;
    outbox_waiting_t waiting;
    wall_ms_t now; /* when that was counted */
    int status;
} dead_command_t;

static void add_letter (dead_command_t *self, const dead_letter_t *letter)
{
    char at[CLI_TIME_SIZE];
    const delivery_t *delivery = &letter->delivery;
    table_row (self->table, delivery->id, cli_time (letter->died_at, at), purpose_name (delivery->purpose),
               *delivery->person ? delivery->person : "(customer)", delivery->address, delivery->contact,
               delivery->last_error, NULL);
    json_array_append_new (
        self->list, json_pack ("{s:s, s:I, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "id", delivery->id, "died_at",
                               (json_int_t)letter->died_at, "purpose", purpose_name (delivery->purpose), "person",
                               value_text (delivery->person), "address", value_text (delivery->address), "contact",
                               value_text (delivery->contact), "attempts", (json_int_t)delivery->attempts, "error",
                               value_text (delivery->last_error), "subject", value_text (delivery->subject)));
}

static int fail_damaged (const cli_t *cli)
{
    char key[KEY_SIZE];
    key_dead (key, store_shard (cli->store, cli->workspace), cli->workspace);
    return cli_fail (CLI_NO, "the key %s in redis is no set of dead letters: put it back", key);
}

static void on_waiting (void *arg, const outbox_waiting_t *waiting)
{
    dead_command_t *self = arg;
    self->waiting = *waiting;
    self->now = store_now (self->cli->store);
    self->status = waiting->away ? cli_fail (CLI_UNREACHABLE, "the store went away") : CLI_FINE;
    loop_stop (self->cli->loop);
}

static void on_page (void *arg, const dead_letters_t *letters)
{
    dead_command_t *self = arg;
    for (size_t i = 0; i < letters->n; i++)
        add_letter (self, &letters->items[i]);
    self->unreadable += letters->unreadable;
    if (!letters->away && letters->next) {
        dead_letters_list (self->cli->store, self->cli->workspace, letters->next, on_page, self);
        return;
    }
    if (!letters->away && !letters->wrong_type && !self->cli->json) {
        outbox_waiting (self->cli->store, self->cli->workspace, on_waiting, self);
        return;
    }
    self->status = letters->away         ? cli_fail (CLI_UNREACHABLE, "the store went away")
                   : letters->wrong_type ? fail_damaged (self->cli)
                                         : CLI_FINE;
    loop_stop (self->cli->loop);
}

static void list (dead_command_t *self)
{
    dead_letters_list (self->cli->store, self->cli->workspace, 0, on_page, self);
}

static void on_replayed (void *arg, replay_outcome_t outcome)
{
    static const struct {
        int status;
        const char *words;
    } rows[] = {
        [REPLAY_DONE] = {CLI_FINE, "it is due now, under the same id"},
        [REPLAY_MISSING] = {CLI_NO, "there is no such delivery: 'buckstop dead list' names those that failed for good"},
        [REPLAY_NOT_DEAD] = {CLI_NO, "it is no dead letter: it is still being tried"},
        [REPLAY_BROKEN] = {CLI_NO, "its record can't be read by this version"},
        [REPLAY_CHANGED] = {CLI_NO, "somebody was faster: look again"},
        [REPLAY_AWAY] = {CLI_UNREACHABLE, "the store went away; it may have happened: look again"},
    };
    dead_command_t *self = arg;
    self->status = rows[outcome].status;
    if (self->status != CLI_FINE)
        cli_fail (self->status, "%s", rows[outcome].words);
    else
        puts (self->cli->json ? "{\"replayed\": true}" : rows[outcome].words);
    loop_stop (self->cli->loop);
}

static void replay (dead_command_t *self)
{
    dead_letter_replay (self->cli->store, self->cli->workspace, self->cli->words[1], self->by, on_replayed, self);
}

static int perform (dead_command_t *self, void (*run) (dead_command_t *self))
{
    int rc = run == list ? cli_store_open_to_read (self->cli) : cli_store_open (self->cli);
    if (rc != CLI_GO)
        return rc;
    self->status = CLI_UNREACHABLE;
    rc = cli_workspace (self->cli);
    if (rc == CLI_GO) {
        run (self);
        rc = cli_wait (self->cli) ? self->status : CLI_UNREACHABLE;
    }
    cli_store_close (self->cli);
    return rc;
}

static void print_waiting (const dead_command_t *self)
{
    char span[CLI_TIME_SIZE];
    const outbox_waiting_t *waiting = &self->waiting;
    if (waiting->wrong_type)
        cli_fail (CLI_NO, "the outbox can't be read; 'buckstop audit' says why");
    if (waiting->n)
        printf ("%s%zu wait%s in the outbox, the oldest for %s%s%s\n", waiting->more ? "at least " : "", waiting->n,
                waiting->n == 1 ? "s" : "", cli_span (self->now - waiting->since, span), *waiting->why ? ": " : "",
                waiting->why);
}

static void print_list (const dead_command_t *self)
{
    if (self->unreadable)
        cli_fail (CLI_NO, "%zu more can't be read; 'buckstop audit' names them", self->unreadable);
    if (self->cli->json) {
        cli_print_json (self->list);
        return;
    }
    table_print (self->table, stdout);
    printf ("%zu dead letter%s\n", json_array_size (self->list), json_array_size (self->list) == 1 ? "" : "s");
    print_waiting (self);
}

int cmd_dead (cli_t *cli, const command_t *command, int argc, char **argv)
{
    static const char *const heads[] = {"ID", "DIED", "PURPOSE", "TO", "ADDRESS", "CONTACT", "WHY", NULL};
    dead_command_t self = {.cli = cli};
    const param_t own[] = {{"by", PARAM_STRING, "", 0, 0, &self.by, "replay: who asks; the timeline says so"}, {NULL}};
    int rc = cli_options (cli, command, own, argc, argv);
    const char *word = rc == CLI_GO && cli->words_n ? cli->words[0] : "list";
    if (rc == CLI_GO)
        rc = cli_options_of (cli, word, "replay", own, argv);
    if (rc != CLI_GO)
        return rc;
    bool listing = strcmp (word, "list") == 0 && cli->words_n <= 1;
    if (!listing && !(strcmp (word, "replay") == 0 && cli->words_n == 2))
        return cli_usage (cli, command);
    self.table = table_new (heads);
    table_whole_from (self.table, sizeof heads / sizeof *heads - 2);
    self.list = json_array ();
    rc = perform (&self, listing ? list : replay);
    if (rc == CLI_FINE && listing)
        print_list (&self);
    table_destroy (&self.table);
    json_decref (self.list);
    return rc;
}
