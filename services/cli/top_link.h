/* top_link.h - the console's stream, held open: cut off, it is opened again where it ended. */
#ifndef BUCKSTOP_TOP_LINK_H
#define BUCKSTOP_TOP_LINK_H

#include "cli.h"
#include "sse.h"

#include <curl/curl.h>

typedef struct top_link top_link_t;

/* console: its address. fn is called from top_link_hear alone. */
top_link_t *top_link_new (const cli_t *cli, const char *console, sse_fn *fn, void *arg);
void top_link_destroy (top_link_t **self_p);
/* What has come. */
void top_link_hear (top_link_t *self);
/* Waits until something has, for something on descriptor fd (-1: none), or so long. */
void top_link_wait (top_link_t *self, int fd, int ms);
/* Another request, on its way while the stream is heard. done: from top_link_hear, once, with the handle given back.
 * What is removed before that is not told. */
typedef struct top_beside {
    void (*done) (void *arg, CURLcode rc);
    void *arg;
} top_beside_t;
void top_link_add (top_link_t *self, CURL *easy, top_beside_t *beside);
void top_link_remove (top_link_t *self, CURL *easy);
/* Words for a person while nothing is heard; "" when all is well. */
const char *top_link_trouble (const top_link_t *self);
/* It answered that it will not: the exit status, and why; CLI_GO: it did not. */
int top_link_refused (const top_link_t *self, char why[DETAIL_SIZE]);

#endif
