/* cmd_top.c - buckstop top: the board in a terminal, live, with a hand on it.
 *
 * Hears: the console's stream, keys. Says: the screen; an action over HTTP to intake when a key asks for it, as `buckstop
 * act` does; a contact's story. Without a terminal: the board once.
 * Limits: while an action is on its way the screen stands still.
 */
#include "commands.h"

#include "clock.h"
#include "ids.h"
#include "lines.h"
#include "option_checks.h"
#include "show.h"
#include "top_link.h"
#include "top_print.h"
#include "top_screen.h"
#include "xmalloc.h"

#include <ncurses.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    TURN_MS = 200,
    FIRST_MS = 15000,
    PATH_SIZE = 128,
    KEY_TEXT_SIZE = 64,
    KEY_ESCAPE = 27,
    KEY_CTRL_C = 3,
    KEY_RETURN = '\r'
};

typedef struct top {
    cli_t *cli;
    const char *console, *person;
    bool once;
    bool stranger; /* the board knows no such person */
    bool foreign;  /* it is of another workspace than is meant */
    top_board_t board;
    top_view_t view;
    top_link_t *link;
    bool quit;
} top_t;

static volatile sig_atomic_t told_to_end;

static void on_signal (int number)
{
    (void)number;
    told_to_end = 1;
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

/* ---- what keys do */

static void say (top_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
static void say (top_t *self, const char *format, ...)
{
    va_list list;
    va_start (list, format);
    vsnprintf (self->view.message, sizeof self->view.message, format, list);
    va_end (list);
}

static void open_story (top_t *self)
{
    char *text = NULL, why[DETAIL_SIZE] = "";
    size_t size = 0, line = self->view.page == TOP_STORY ? self->view.line : 0;
    json_t *contact = NULL;
    if (!*self->view.chosen)
        return;
    if (show_fetch (self->cli, self->view.chosen, why, sizeof why, &contact) != CLI_FINE) {
        say (self, "%s", why);
        return;
    }
    FILE *out = xcheck (open_memstream (&text, &size));
    show_print (contact, false, false, out);
    fclose (out);
    top_story_keep (&self->view, text, top_screen_width ());
    self->view.line = line;
    self->view.page = TOP_STORY;
    free (text);
    json_decref (contact);
}

static void act (top_t *self, const char *action, const char *done)
{
    char path[PATH_SIZE], key[KEY_TEXT_SIZE], id[ID_SIZE], why[DETAIL_SIZE] = "";
    uint8_t random[ID_RANDOM_BYTES];
    json_t *receipt = NULL;
    if (!*self->view.chosen)
        return;
    clock_random (random, sizeof random);
    id_make (clock_wall (), random, id);
    snprintf (key, sizeof key, "top-%s", id);
    snprintf (path, sizeof path, "/v1/contacts/%s/actions", self->view.chosen);
    json_t *body = json_pack ("{s:s, s:s*}", "action", action, "person", self->person);
    int rc = cli_http (self->cli, &(cli_request_t){"POST", path, body, key, false, why, sizeof why}, &receipt);
    if (rc == CLI_FINE)
        say (self, "%s: %s", short_id (self->view.chosen), done);
    else
        say (self, "%s", why);
    json_decref (receipt);
    json_decref (body);
    if (self->view.page == TOP_STORY)
        open_story (self);
}

static void move_by (top_t *self, int by)
{
    top_view_t *view = &self->view;
    size_t *at = view->page == TOP_STORY ? &view->line : &view->cursor;
    if (by < 0 && *at < (size_t)-by)
        *at = 0;
    else
        *at = (size_t)((ssize_t)*at + by); /* past the end: the screen puts it right */
    if (view->page == TOP_CONTACTS) {
        size_t n = self->board.rows_n;
        *at = *at >= n ? n ? n - 1 : 0 : *at;
        snprintf (view->chosen, sizeof view->chosen, "%s", n ? json_text (self->board.rows[*at], "id") : "");
    }
}

static void go_back (top_t *self)
{
    top_story_drop (&self->view);
    self->view.page = TOP_CONTACTS;
}

/* Escape goes back only: a key that the terminal's description does not know begins with it. */
static void back_or_out (top_t *self)
{
    if (self->view.page == TOP_CONTACTS)
        self->quit = true;
    go_back (self);
}

static void switch_people (top_t *self)
{
    if (self->view.page == TOP_STORY)
        return;
    self->view.page = self->view.page == TOP_PEOPLE ? TOP_CONTACTS : TOP_PEOPLE;
    self->view.cursor = self->view.top = 0;
}

static void do_acknowledge (top_t *self)
{
    if (self->view.page != TOP_PEOPLE)
        act (self, "acknowledge", "acknowledged");
}

static void do_take (top_t *self)
{
    if (self->view.page != TOP_PEOPLE)
        act (self, "accept", "taken");
}

static void do_story (top_t *self)
{
    if (self->view.page != TOP_PEOPLE)
        open_story (self);
}

static void do_keys (top_t *self)
{
    top_story_drop (&self->view);
    self->view.page = TOP_KEYS;
}

static void do_quit (top_t *self)
{
    self->quit = true;
}

static bool move_key (top_t *self, int key)
{
    const int page = (int)top_screen_list_height (), all = 1000000;
    const struct {
        int key, by;
    } rows[] = {{KEY_UP, -1}, {'k', -1},        {KEY_DOWN, 1}, {'j', 1},       {KEY_PPAGE, -page}, {KEY_NPAGE, page},
                {' ', page},  {KEY_HOME, -all}, {'g', -all},   {KEY_END, all}, {'G', all}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].key == key) {
            move_by (self, rows[i].by);
            return true;
        }
    return false;
}

static void take_key (top_t *self, int key)
{
    static const struct {
        int key;
        void (*run) (top_t *self);
    } rows[] = {{'q', back_or_out},    {KEY_ESCAPE, go_back},  {KEY_CTRL_C, do_quit}, {'Q', do_quit},
                {'a', do_acknowledge}, {'t', do_take},         {'p', switch_people},  {'?', do_keys},
                {'r', do_story},       {KEY_RETURN, do_story}, {'\n', do_story},      {KEY_ENTER, do_story}};
    self->view.message[0] = '\0';
    if (key == KEY_RESIZE) { /* its lines are as long as there was room */
        if (self->view.page == TOP_STORY)
            open_story (self);
        return;
    }
    if (self->view.page == TOP_KEYS && key != KEY_CTRL_C) {
        self->view.page = TOP_CONTACTS;
        return;
    }
    if (move_key (self, key))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].key == key)
            rows[i].run (self);
}

/* ---- live */

static int refused (const top_t *self)
{
    char why[DETAIL_SIZE];
    int status = top_link_refused (self->link, why);
    if (self->foreign)
        return cli_fail (CLI_USAGE,
                         "the token is good for workspace '%s', not for '%.60s'\n  Leave --workspace "
                         "(BUCKSTOP_WORKSPACE) out, or give a token of that one (BUCKSTOP_TOKEN, --token-file).",
                         json_text (self->board.board, "workspace"), self->cli->workspace);
    if (self->stranger) {
        const char *near = top_board_nearest (&self->board, self->person);
        return cli_fail (CLI_NO, "the policy names no person '%s'%s%s%s; 'buckstop people' lists those it names",
                         self->person, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
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
        self->view.trouble = top_link_trouble (self->link);
        top_screen_draw (&self->view, clock_mono ());
        top_link_wait (self->link, STDIN_FILENO, TURN_MS);
        for (int key; (key = top_screen_key ()) != ERR;)
            take_key (self, key);
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
        top_link_wait (self->link, -1, TURN_MS);
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
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction (SIGTERM, &action, NULL);
    sigaction (SIGHUP, &action, NULL);
    self.view.board = &self.board;
    self.view.console = self.console;
    self.link = top_link_new (cli, self.console, on_event, &self);
    bool terminal = isatty (STDOUT_FILENO) && isatty (STDIN_FILENO) && !cli->json && !self.once;
    rc = terminal ? live (&self) : once (&self);
    top_link_destroy (&self.link);
    top_story_drop (&self.view);
    top_board_clear (&self.board);
    return rc;
}
