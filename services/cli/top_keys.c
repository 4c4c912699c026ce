/* top_keys.c - the keys of `buckstop top`, in one table: what each does, and what is said of it at the bottom, on the
 * page of keys, and in the manual. What they do with a contact has the console's letters.
 *
 * Hears: keys, as ncurses names them. Says: what is done. */
#include "top.h"

#include "xmalloc.h"

#include <ncurses.h>
#include <string.h>

enum { KEY_ESCAPE = 27, KEY_CTRL_C = 3, KEY_RETURN = '\r', KEYS_MAX = 4, ALL = 1000000 };
enum {
    ON_CONTACTS = 1 << TOP_CONTACTS,
    ON_PEOPLE = 1 << TOP_PEOPLE,
    ON_STORY = 1 << TOP_STORY,
    ON_KEYS = 1 << TOP_KEYS,
    ON_FOUND = 1 << TOP_FOUND,
    ON_LISTS = ON_CONTACTS | ON_FOUND,
    ON_ONE = ON_LISTS | ON_STORY, /* where a contact is chosen */
    ON_ALL = ON_ONE | ON_PEOPLE | ON_KEYS,
};

typedef struct row {
    int keys[KEYS_MAX];
    const char *name;
    const char *words; /* for the page of keys; NULL: another row says it */
    unsigned on;       /* pages where it does something */
    const char *foot;  /* for the bottom, where `shown`; NULL: not there */
    unsigned shown;
    void (*run) (top_t *self);
    int lines, pages; /* or so far it moves */
    top_act_t act;    /* or that is done */
} row_t;

static void go_back (top_t *self);
static void back_or_out (top_t *self);
static void switch_people (top_t *self);
static void show_keys (top_t *self);
static void quit (top_t *self);

#define ENTER_SENDS "   Enter sends, Esc gives up"

/* Those that the bottom shows stand in its order. */
static const row_t rows[] = {
    {{'q'}, "q", "back; from the list of contacts: leave", ON_CONTACTS, "quit", ON_CONTACTS, back_or_out},
    {{'q'}, "q", NULL, ON_ALL & ~ON_CONTACTS, "back", ON_ALL & ~ON_CONTACTS & ~ON_KEYS, back_or_out},
    {{KEY_RETURN, '\n', KEY_ENTER},
     "Enter",
     "the contact's story; in it: read it again",
     ON_ONE,
     "story",
     ON_LISTS,
     top_read_begin},
    {{'a'}, "a", "accept: take what you are asked for", ON_ONE, "accept", ON_ONE, .act = {"accept", "taken"}},
    {{'r'},
     "r",
     "reply to the CUSTOMER",
     ON_ONE,
     "reply",
     ON_ONE,
     .act = {"reply", "answered", "reply, to the CUSTOMER" ENTER_SENDS, FIRST_NONE, true}},
    {{'w'},
     "w",
     "ask the CUSTOMER; promises rest until they answer",
     ON_ONE,
     "ask",
     ON_STORY,
     .act = {"wait", "asked", "ask the CUSTOMER, and wait" ENTER_SENDS, FIRST_NONE, true}},
    {{'n'},
     "n",
     "note, for colleagues; the customer does not see it",
     ON_ONE,
     "note",
     ON_STORY,
     .act = {"note", "noted", "note, for colleagues" ENTER_SENDS, FIRST_NONE, true}},
    {{'t'},
     "t",
     "transfer: to a person or team, and what they should know",
     ON_ONE,
     "transfer",
     ON_ONE,
     .act = {"transfer", "proposed to", "transfer: WHO (Tab), what they should know" ENTER_SENDS, FIRST_TAKER, false}},
    {{'e'},
     "e",
     "resolve; how, for colleagues",
     ON_ONE,
     "resolve",
     ON_ONE,
     .act = {"resolve", "resolved", "resolve: how, for colleagues" ENTER_SENDS, FIRST_NONE, false}},
    {{'c'},
     "c",
     "acknowledge: its escalation holds for a while",
     ON_ONE,
     NULL,
     0,
     .act = {"acknowledge", "acknowledged"}},
    {{'d'}, "d", "decline what you are asked for", ON_ONE, NULL, 0, .act = {"decline", "declined"}},
    {{'b'},
     "b",
     "give it back to routing; why, for colleagues",
     ON_ONE,
     NULL,
     0,
     .act = {"decline", "given back", "give back: why, for colleagues" ENTER_SENDS, FIRST_NONE, false}},
    {{'o'},
     "o",
     "reopen what is resolved; why, for colleagues",
     ON_ONE,
     NULL,
     0,
     .act = {"reopen", "reopened", "reopen: why, for colleagues" ENTER_SENDS, FIRST_NONE, false}},
    {{'x'},
     "x",
     "release a promise: why it is no longer owed",
     ON_ONE,
     NULL,
     0,
     .act = {"release", "no longer owed:", "release: WHICH promise (Tab), and why" ENTER_SENDS, FIRST_PROMISE, true}},
    {{'/'}, "/", "find: a customer, words, an id", ON_ONE, "find", ON_LISTS, top_find_begin},
    {{'p'}, "p", "people and teams, and back", ON_LISTS | ON_PEOPLE, "contacts", ON_PEOPLE, switch_people},
    {{'?'}, "?", "all keys", ON_ALL & ~ON_KEYS, "keys", ON_ALL & ~ON_KEYS, show_keys},
    {{KEY_ESCAPE}, "Esc", "back", ON_ALL, NULL, 0, go_back},
    {{'Q', KEY_CTRL_C}, "Q Ctrl-C", "leave", ON_ALL, NULL, 0, quit},
    {{KEY_UP, 'k'}, "up down k j", "one line", ON_ALL, .lines = -1},
    {{KEY_DOWN, 'j'}, NULL, NULL, ON_ALL, .lines = 1},
    {{KEY_NPAGE, ' '}, "PgUp PgDn space", "one page", ON_ALL, .pages = 1},
    {{KEY_PPAGE}, NULL, NULL, ON_ALL, .pages = -1},
    {{KEY_HOME, 'g'}, "Home End g G", "the first, the last", ON_ALL, .lines = -ALL},
    {{KEY_END, 'G'}, NULL, NULL, ON_ALL, .lines = ALL},
};

/* ---- what is said of them */

static const char more[] = "\n"
                           "  A line is written at the bottom: arrows, Home, End; Ctrl-U Ctrl-K Ctrl-W cut.\n"
                           "  Ctrl-J is a line end in the text, and so is one that is pasted. What was given\n"
                           "  up or refused is there again with the same key on the same contact. What was\n"
                           "  sent without an answer may be sent again as it is: it is done once.\n"
                           "\n"
                           "  !!  a promise is broken    !  due within a minute    ok  acknowledged\n"
                           "  2 h and bars: how many promises broke, of the last two hours\n"
                           "\n"
                           "  An operator's token acts for whom --person names.\n";

char *top_keys_text (void)
{
    char *text = NULL;
    size_t size;
    FILE *out = xcheck (open_memstream (&text, &size));
    for (const row_t *row = rows; row < rows + sizeof rows / sizeof *rows; row++)
        if (row->words)
            fprintf (out, "  %-16s %s\n", row->name, row->words);
    fputs (more, out);
    fclose (out);
    return text;
}

void top_keys_foot (top_view_t *view)
{
    size_t used = 0;
    view->foot[0] = '\0';
    for (const row_t *row = rows; row < rows + sizeof rows / sizeof *rows; row++)
        if (row->foot && row->shown & 1U << view->page && used < sizeof view->foot)
            used += (size_t)snprintf (view->foot + used, sizeof view->foot - used, "%s%s %s", used ? "  " : "",
                                      row->name, row->foot);
}

/* ---- what they do */

/* Escape goes back only: a key that the terminal's description does not know begins with it. */
static void go_back (top_t *self)
{
    top_view_t *view = &self->view;
    if (view->page == view->list)
        view->list = TOP_CONTACTS;
    if (view->page == TOP_KEYS) {
        top_story_drop (view);
        view->page = view->under;
        view->line = view->under_line;
        top_read_show (self);
        return;
    }
    top_read_end (self);
    view->page = view->list;
}

static void back_or_out (top_t *self)
{
    if (self->view.page != TOP_CONTACTS)
        go_back (self);
    else if (top_ask_under_way (&self->acting))
        top_say (self, "what was done last is on its way still; Q leaves without its answer");
    else
        self->quit = true;
}

static void switch_people (top_t *self)
{
    self->view.page = self->view.page == TOP_PEOPLE ? self->view.list : TOP_PEOPLE;
    self->view.cursor = self->view.top = 0;
}

static void show_keys (top_t *self)
{
    char *text = top_keys_text ();
    self->view.under = self->view.page;
    self->view.under_line = self->view.line;
    top_story_keep (&self->view, text, top_screen_width ());
    self->view.page = TOP_KEYS;
    free (text);
}

static void quit (top_t *self)
{
    self->quit = true;
}

static void move_by (top_t *self, int by)
{
    top_view_t *view = &self->view;
    bool text = view->page == TOP_STORY || view->page == TOP_KEYS;
    size_t *at = text ? &view->line : &view->cursor;
    if (!text)
        top_view_follow (view); /* the order may have changed since it was drawn */
    if (by < 0 && *at < (size_t)-by)
        *at = 0;
    else
        *at = (size_t)((ssize_t)*at + by); /* past the end: the screen puts it right */
    if (!text)
        top_view_choose (view);
}

static void run (top_t *self, const row_t *row)
{
    if (row->run)
        row->run (self);
    else if (row->act.action)
        top_act_begin (self, &row->act);
    else
        move_by (self, row->lines + row->pages * (int)top_screen_list_height ());
}

static bool has (const row_t *row, int key)
{
    for (size_t i = 0; i < KEYS_MAX; i++)
        if (row->keys[i] && row->keys[i] == key)
            return true;
    return false;
}

static void single (top_t *self, int key)
{
    for (const row_t *row = rows; row < rows + sizeof rows / sizeof *rows; row++)
        if (has (row, key) && row->on & 1U << self->view.page) {
            run (self, row);
            return;
        }
    if (self->view.page == TOP_KEYS)
        go_back (self);
}

/* What is pasted where nothing is written does nothing: no letter of it is a key. Nor is a Ctrl-C with more behind it; a
 * person's ends a paste whose end was lost. */
void top_take_key (top_t *self, int key)
{
    bool stays = key == TOP_KEY_PASTED || (self->view.writing && top_write_sending (self));
    if (!stays)
        self->view.message[0] = '\0';
    if (key == KEY_RESIZE)
        top_read_show (self);
    else if (key == TOP_KEY_PASTE || key == TOP_KEY_PASTED ||
             (self->pasting && key == KEY_CTRL_C && !top_screen_waits ()))
        self->pasting = key == TOP_KEY_PASTE;
    else if (self->pasting)
        top_write_paste (self, key);
    else if (self->view.writing)
        top_write_key (self, key);
    else
        single (self, key);
}
