/* top_write.c - keys of `buckstop top` while a line is written at its bottom.
 *
 * Hears: keys, as ncurses names them; what a terminal pastes, which it tells apart. Says: the line; that it is to be
 * sent. A line end that was pasted is one of the text: it sends nothing. Escape gives up only if nothing comes behind it,
 * as it does of keys that the terminal's description does not know. */
#include "top.h"

#include "words.h"

#include <ncurses.h>

enum {
    KEY_CTRL_C = 3,
    KEY_TAB = '\t',
    KEY_NEWLINE = '\n',
    KEY_RETURN = '\r',
    KEY_ESCAPE = 27,
    KEY_RUB_OUT = 127,
    BYTE_END = 256,
    FINAL_FIRST = 0x40,
    FINAL_LAST = 0x7e
};
#define CTRL(letter) ((letter)&0x1f)

void top_write_begin (top_t *self, top_line_t *line, const char *asks)
{
    WORD_COPY (self->view.asks, asks);
    top_line_edit (line, EDIT_END);
    self->view.writing = line;
}

/* Is it words to be looked for? Else it is an act's line. */
static bool is_search (const top_t *self)
{
    return self->view.writing == &self->words;
}

static top_line_t *line_of (top_t *self)
{
    return is_search (self) ? &self->words : &self->line;
}

bool top_write_sending (const top_t *self)
{
    return is_search (self) ? top_ask_under_way (&self->finding) : top_act_sending (self);
}

static void give_up (top_t *self)
{
    if (is_search (self))
        top_ask_drop (&self->finding);
    self->view.writing = NULL;
    self->view.message[0] = '\0';
}

/* The rest of a key that is not known. */
static void pass_over_sequence (int key)
{
    if (key != '[' && key != 'O')
        return;
    do
        key = top_screen_key ();
    while (key != ERR && (key < FINAL_FIRST || key > FINAL_LAST));
}

static void escape (top_t *self)
{
    int next = top_screen_key ();
    if (next == ERR)
        give_up (self);
    else
        pass_over_sequence (next);
}

static void enter (top_t *self)
{
    if (is_search (self))
        top_find_send (self);
    else
        top_act_send (self);
}

static void line_end (top_t *self)
{
    top_line_byte (line_of (self), '\n');
}

static bool run_key (top_t *self, int key)
{
    static const struct {
        int key;
        void (*run) (top_t *self);
        bool always; /* also while it is sent */
    } rows[] = {{KEY_RETURN, enter},         {KEY_ENTER, enter},          {KEY_ESCAPE, escape, true},
                {KEY_CTRL_C, give_up, true}, {KEY_TAB, top_act_complete}, {KEY_NEWLINE, line_end}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].key == key) {
            if (rows[i].always || !top_write_sending (self))
                rows[i].run (self);
            return true;
        }
    return false;
}

static bool edit_key (top_t *self, int key)
{
    static const struct {
        int keys[3];
        top_edit_t edit;
    } rows[] = {{{KEY_LEFT, CTRL ('b')}, EDIT_LEFT},
                {{KEY_RIGHT, CTRL ('f')}, EDIT_RIGHT},
                {{KEY_HOME, CTRL ('a')}, EDIT_BEGIN},
                {{KEY_END, CTRL ('e')}, EDIT_END},
                {{KEY_BACKSPACE, KEY_RUB_OUT, CTRL ('h')}, EDIT_RUB_OUT},
                {{KEY_DC, CTRL ('d')}, EDIT_DELETE},
                {{CTRL ('w')}, EDIT_CUT_WORD},
                {{CTRL ('u')}, EDIT_CUT_BEFORE},
                {{CTRL ('k')}, EDIT_CUT_AFTER}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < sizeof rows[i].keys / sizeof *rows[i].keys; k++)
            if (key && rows[i].keys[k] == key) {
                top_line_edit (line_of (self), rows[i].edit);
                return true;
            }
    return false;
}

static void put (top_t *self, int key)
{
    if (key >= 0 && key < BYTE_END)
        top_line_byte (line_of (self), (unsigned char)key);
    if (line_of (self)->full)
        top_say (self, "the line is full at %d bytes: send the rest apart", (int)TOP_LINE_MAX);
}

void top_write_key (top_t *self, int key)
{
    if (!run_key (self, key) && !top_write_sending (self) && !edit_key (self, key))
        put (self, key);
}

void top_write_paste (top_t *self, int key)
{
    if (self->view.writing && !top_write_sending (self))
        put (self, key == KEY_RETURN ? KEY_NEWLINE : key);
}
