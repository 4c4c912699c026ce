/* top.h - what the files of `buckstop top` share: what it holds while it runs. */
#ifndef BUCKSTOP_TOP_H
#define BUCKSTOP_TOP_H

#include "top_ask.h"
#include "top_line.h"
#include "top_screen.h"

/* What the first word of an act's line is. */
typedef enum top_first { FIRST_NONE, FIRST_TAKER, FIRST_PROMISE } top_first_t;

/* Something to do with a contact: of intake's actions. */
typedef struct top_act {
    const char *action; /* NULL: none */
    const char *done;   /* what is said then */
    const char *asks;   /* for the line that is written first; NULL: it is done at once */
    top_first_t first;
    bool need; /* words must be there */
} top_act_t;

/* What was sent and has no certain end. Sent again as it is, it has the same key, and is done once. */
typedef struct top_said {
    char *words; /* NULL: a free place */
    char key[64];
    bool written; /* in a line: kept while there is room. What a key alone says: until another act. */
} top_said_t;
enum { TOP_SAID_MAX = 8 };

typedef struct top {
    cli_t *cli;
    cli_t at_console; /* the same, but that the console answers */
    const char *console, *person;
    bool once;
    bool stranger; /* the board knows no such person */
    bool foreign;  /* it is of another workspace than is meant */
    bool quit;
    bool pasting;
    top_board_t board;
    top_view_t view;
    top_link_t *link;
    top_line_t words; /* to be looked for */
    top_line_t line;  /* of an act. After it was given up it stays, for the same act on the same contact. */
    const top_act_t *act;
    char contact[ID_SIZE];
    top_ask_t acting, finding, reading;
    json_t *pages;          /* of a story, as far as it was read */
    json_t *story;          /* whole; NULL: none yet */
    const top_act_t *acted; /* that of a line; NULL: it had none */
    char said_done[DETAIL_SIZE];
    top_said_t said[TOP_SAID_MAX];
    top_said_t *saying; /* what is on its way, of these */
    size_t said_n;      /* how often there was no room */
} top_t;

void top_say (top_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* top_keys.c */
void top_take_key (top_t *self, int key);
char *top_keys_text (void); /* what all keys do, a line each; free it */
void top_keys_foot (top_view_t *view);

/* top_act.c */
void top_act_begin (top_t *self, const top_act_t *act); /* with the chosen contact: at once, or its line is opened */
void top_act_send (top_t *self);                        /* what the line says */
void top_act_complete (top_t *self);                    /* its first word */
bool top_act_sending (const top_t *self);               /* the line's words are on their way */
void top_act_end (top_t *self);

/* top_write.c: keys while a line is written */
void top_write_begin (top_t *self, top_line_t *line, const char *asks);
void top_write_key (top_t *self, int key);
void top_write_paste (top_t *self, int key);
bool top_write_sending (const top_t *self); /* it is on its way: no key changes it */

/* top_read.c */
void top_read_begin (top_t *self); /* the chosen contact's story; again where it was read */
void top_read_again (top_t *self); /* if one is open */
void top_read_show (top_t *self);  /* if it is on the screen: as wide as that is now */
void top_read_end (top_t *self);   /* nobody looks at it any more */

/* top_find.c */
void top_find_begin (top_t *self);
void top_find_send (top_t *self); /* what the line says */
void top_find_end (top_t *self);

#endif
