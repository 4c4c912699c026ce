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
/* A line of no one event. */
void lines_note (wall_ms_t at, const char *words, const line_style_t *style, FILE *out);
const char *lines_clock (wall_ms_t at, char text[CLI_TIME_SIZE]); /* the time of day */
/* "2026-05-02", where an event is of another day than the last one; NULL: of the same. day: zero at first. */
const char *lines_new_day (const json_t *event, char day[CLI_TIME_SIZE]);
void lines_today (char day[CLI_TIME_SIZE]); /* to begin with, where today goes without saying */
/* What a contact is about: its subject, else the beginning of what the customer said, else words for none. */
const char *lines_subject (const json_t *contact);
/* Member as text; "" when it is not there. */
const char *json_text (const json_t *object, const char *key);
int64_t json_number (const json_t *object, const char *key);
/* The last characters of an id: its random part, enough to tell contacts apart. */
enum { SHORT_ID = 6 };
const char *short_id (const char *id);

#endif
