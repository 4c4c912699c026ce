/* cmd_top.c - buckstop top: the board in a terminal, live, with a hand on it.
 *
 * Hears: the console's stream, keys. Says: the screen; an action over HTTP to intake when a key asks for it, as `buckstop
 * act` does; a contact's story. Without a terminal: the board once.
 *
 *   top_keys  the table of keys        top_link   the stream, and requests beside it
 *   top_act   what is done             top_board  what the stream told
 *   top_write a line that is written   top_screen, top_lists, top_foot, top_story: what is where
 *   top_find  the search               top_read   a story that is fetched
 */
#include "commands.h"

#include "clock.h"
#include "lines.h"
#include "meant.h"
#include "option_checks.h"
#include "top.h"
#include "top_print.h"
#include "xmalloc.h"

#include <ncurses.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { TURN_MS = 200, FIRST_MS = 15000 };

static volatile sig_atomic_t told_to_end;

static void on_signal (int number)
{
    (void)number;
    told_to_end = 1;
}

/* Whatever ends it, a terminal is given back. One that writes to a connection which is gone hears of it by curl. */
static void hear_signals (bool terminal)
{
    static const int ends[] = {SIGTERM, SIGHUP, SIGINT};
    struct sigaction end = {.sa_handler = on_signal}, nothing = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (terminal || ends[i] != SIGINT)
            sigaction (ends[i], &end, NULL);
    if (terminal)
        sigaction (SIGPIPE, &nothing, NULL);
}

static bool is_known (const top_t *self)
{
    size_t index;
    json_t *person;
    json_array_foreach (self->board.people, index, person)
    {
        if (strcmp (json_text (person, "name"), self->person) == 0)
            return true;
    }
    return false;
}

static bool is_meant (const top_t *self)
{
    const char *meant = self->cli->workspace;
    return !meant || !*meant || strcmp (meant, json_text (self->board.board, "workspace")) == 0;
}

static void on_event (void *arg, const char *event, const char *data, size_t size)
{
    top_t *self = arg;
    bool first = !self->board.board;
    top_board_take (&self->board, event, data, size, clock_mono ());
    if (!first || !self->board.board)
        return;
    self->stranger = self->person && !is_known (self);
    self->foreign = !is_meant (self);
}

void top_say (top_t *self, const char *format, ...)
{
    va_list list;
    va_start (list, format);
    vsnprintf (self->view.message, sizeof self->view.message, format, list);
    va_end (list);
}

/* ---- live: a key is about what it sees, so nothing is heard between the drawing and the key */

static int refused (const top_t *self)
{
    char why[DETAIL_SIZE];
    int status = top_link_refused (self->link, why);
    if (self->foreign)
        return cli_fail (CLI_USAGE, "the token is good for workspace '%s', not for '%.60s'\n  " CLI_OTHER_WORKSPACE,
                         json_text (self->board.board, "workspace"), self->cli->workspace);
    if (self->stranger) {
        const char *near = top_board_nearest (&self->board, self->person);
        char meant[WORD_MEANT_SIZE];
        return cli_fail (CLI_NO, "the policy names no person '%s'%s\n  'buckstop people' lists those it names.",
                         self->person, word_meant (near, meant));
    }
    if (status == CLI_GO)
        return CLI_GO;
    return cli_fail (status,
                     "%s: %s\n  --console (BUCKSTOP_CONSOLE) names the console; the token is a person's or an "
                     "operator's (BUCKSTOP_TOKEN, --token-file)",
                     self->console, why);
}

static int live (top_t *self)
{
    char why[DETAIL_SIZE];
    if (!top_screen_open ())
        return cli_fail (CLI_USAGE, "the terminal '%s' is not known: set TERM, or use --once",
                         getenv ("TERM") ? getenv ("TERM") : "");
    while (!self->quit && !self->stranger && !self->foreign && !told_to_end &&
           top_link_refused (self->link, why) == CLI_GO) {
        top_link_hear (self->link);
        self->view.trouble = top_link_trouble (self->link);
        top_keys_foot (&self->view);
        top_screen_draw (&self->view, clock_mono ());
        top_link_wait (self->link, STDIN_FILENO, TURN_MS);
        for (int key; (key = top_screen_key ()) != ERR;)
            top_take_key (self, key);
    }
    top_screen_close ();
    int rc = refused (self);
    return rc == CLI_GO ? CLI_FINE : rc;
}

/* ---- once */

static int once (top_t *self)
{
    mono_ms_t end = clock_mono () + FIRST_MS;
    int rc = CLI_GO;
    while (rc == CLI_GO && !self->board.board && clock_mono () < end && !told_to_end) {
        top_link_hear (self->link);
        top_link_wait (self->link, -1, self->board.board ? 0 : TURN_MS);
        rc = refused (self);
        if (cli_slow (&self->cli->slow))
            fprintf (stderr, "-- waiting for the console at %s: %s\n", self->console, top_link_trouble (self->link));
    }
    if (rc != CLI_GO)
        return rc;
    if (!self->board.board)
        return cli_fail (CLI_UNREACHABLE, "can't reach the console at %s: %s\n  --console or BUCKSTOP_CONSOLE names it",
                         self->console, top_link_trouble (self->link));
    top_print (&self->board, self->cli->json);
    return CLI_FINE;
}

/* The manual says of the keys what the screen does. */
static int read_options (top_t *self, const command_t *command, const param_t *own, int argc, char **argv)
{
    char *keys = top_keys_text (), *notes = NULL;
    size_t size;
    command_t with_keys = *command;
    FILE *out = xcheck (open_memstream (&notes, &size));
    fprintf (out, "keys:\n%s\nWithout a terminal the board is printed once, with --json as it came.", keys);
    fclose (out);
    with_keys.notes = notes;
    int rc = cli_options (self->cli, &with_keys, own, argc, argv);
    free (keys);
    free (notes);
    return rc;
}

int cmd_top (cli_t *cli, const command_t *command, int argc, char **argv)
{
    top_t self = {.cli = cli};
    const param_t own[] = {
        {"console", PARAM_STRING, "http://127.0.0.1:7480", 0, 0, &self.console, "where the console answers",
         option_url},
        {"person", PARAM_STRING, NULL, 0, 0, &self.person, "who acts; a token of scope person says so itself",
         .values = "people"},
        {"once", PARAM_SWITCH, "no", 0, 0, &self.once, "print the board once; as without a terminal"},
        {NULL},
    };
    int rc = read_options (&self, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    self.at_console = *cli;
    self.at_console.server = self.console;
    self.view.board = &self.board;
    self.view.console = self.console;
    self.link = top_link_new (cli, self.console, on_event, &self);
    bool terminal = isatty (STDOUT_FILENO) && isatty (STDIN_FILENO) && !cli->json && !self.once;
    hear_signals (terminal);
    rc = terminal ? live (&self) : once (&self);
    top_act_end (&self);
    top_read_end (&self);
    top_find_end (&self);
    top_link_destroy (&self.link);
    top_board_clear (&self.board);
    return rc;
}
