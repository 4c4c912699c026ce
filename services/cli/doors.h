/* doors.h - where the services answer for their health: what `health` and `log-level` ask, and how it is named. */
#ifndef BUCKSTOP_DOORS_H
#define BUCKSTOP_DOORS_H

#include "cli.h"

enum { DOORS_MAX = 64, DOOR_URL_SIZE = 300, DOOR_WORDS_SIZE = 512 };

typedef struct door {
    char name[NAME_SIZE];    /* "intake"; or what was given */
    char url[DOOR_URL_SIZE]; /* "http://127.0.0.1:7421" */
    bool may_be_absent;      /* of the usual ones: an archive is not everywhere */
} door_t;

typedef struct doors {
    const char *list, *file; /* the options; NULL: not given */
    door_t items[DOORS_MAX];
    size_t n;
    bool usual; /* nobody said where they are */
} doors_t;

/* The rows of the two options, ended by a NULL name. */
enum { DOORS_ROWS = 3 };
void doors_options (doors_t *self, param_t rows[DOORS_ROWS]);
/* Those that the word means: PORT, HOST:PORT, URL, or a service's name (each of its replicas). NULL: all that the options
 * name; without any, where services answer when they are told nothing else. CLI_GO, or said, and the exit status. */
int doors_find (doors_t *self, const char *word);
/* Its url with the path behind it. keep: a URL that has one keeps it. */
void door_url (const door_t *self, const char *path, bool keep, char url[DOOR_URL_SIZE]);

typedef struct door_answer {
    long status;                 /* 0: none */
    char words[DOOR_WORDS_SIZE]; /* without the last line's end; or why there is none */
} door_answer_t;
/* body: NULL for GET; else it is PUT. */
void door_ask (const char *url, const char *body, door_answer_t *answer);

#endif
