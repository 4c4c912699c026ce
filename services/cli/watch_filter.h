/* watch_filter.h - which events, and which facts of them, `buckstop watch` prints. */
#ifndef BUCKSTOP_WATCH_FILTER_H
#define BUCKSTOP_WATCH_FILTER_H

#include "cli.h"

/* What is NULL is not asked for; all that is asked for must fit. Lists are divided by commas: any of them. */
typedef struct watch_filter {
    const char *contact; /* or the last characters of its id */
    const char *team, *state, *channel;
    const char *person;   /* whoever has a part in it */
    const char *customer; /* an id, or as the contact names them */
    const char *kind;     /* facts, by their names */
    json_t *known;        /* contact -> is it of that customer? */
} watch_filter_t;

/* CLI_GO, or said: a word that nothing can fit. */
int watch_filter_check (const watch_filter_t *self);
/* Asks intake whether the policy or a contact has the names: CLI_GO, or said. What was may be asked for with --last: then
 * it is said, and no more. */
int watch_filter_ask (const watch_filter_t *self, cli_t *cli, bool also_past);
bool watch_filter_any (const watch_filter_t *self);
void watch_filter_clear (watch_filter_t *self);

typedef enum watch_fit {
    WATCH_NO,
    WATCH_YES,  /* *wanted: the event with the facts that are asked for; json_decref it */
    WATCH_LATER /* intake had to be asked, and did not answer */
} watch_fit_t;
watch_fit_t watch_filter_take (watch_filter_t *self, cli_t *cli, json_t *event, json_t **wanted);

#endif
