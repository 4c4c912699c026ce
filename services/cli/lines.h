/* lines.h - events as lines that people read: time, contact, what happened, who, why. */
#ifndef BUCKSTOP_LINES_H
#define BUCKSTOP_LINES_H

#include "cli.h"

typedef struct line_style {
    bool color;
    bool contact; /* name the contact in each line */
} line_style_t;

/* An event as intake's views.c writes it. Facts that only repeat others are left out. */
void lines_print (const json_t *event, const line_style_t *style, FILE *out);
/* Member as text; "" when it is not there. */
const char *json_text (const json_t *object, const char *key);
int64_t json_number (const json_t *object, const char *key);
/* The last characters of an id: its random part, enough to tell contacts apart. */
enum { SHORT_ID = 6 };
const char *short_id (const char *id);

#endif
