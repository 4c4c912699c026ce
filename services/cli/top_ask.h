/* top_ask.h - a request of `buckstop top`, while the screen lives on: at most one under way of each. */
#ifndef BUCKSTOP_TOP_ASK_H
#define BUCKSTOP_TOP_ASK_H

#include "cli_exchange.h"
#include "top_link.h"

/* status: as cli_http; the answer is lent, NULL: none; why: in words, where it is not CLI_FINE. */
typedef void (top_answer_fn) (void *arg, int status, const json_t *answer, const char *why);

typedef struct top_ask {
    top_link_t *link;
    cli_exchange_t exchange; /* open: it is under way */
    top_beside_t beside;
    top_answer_fn *fn;
    void *arg;
    char *path, *key;
    json_t *body;
    char why[DETAIL_SIZE];
} top_ask_t;

/* cli names the server; it, and self, stay where they are until the answer. The rest is copied. One that is under way
 * is dropped. fn may send the next one: why is gone then. */
void top_ask_send (top_ask_t *self, top_link_t *link, const cli_t *cli, const cli_request_t *request, top_answer_fn *fn,
                   void *arg);
bool top_ask_under_way (const top_ask_t *self);
void top_ask_drop (top_ask_t *self); /* nobody waits for it any more */

#endif
