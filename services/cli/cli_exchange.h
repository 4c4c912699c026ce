/* cli_exchange.h - a request over HTTP in three steps, for who does something else while the answer is on its way. */
#ifndef BUCKSTOP_CLI_EXCHANGE_H
#define BUCKSTOP_CLI_EXCHANGE_H

#include "cli.h"

#include <curl/curl.h>

typedef struct cli_answer {
    char *bytes;
    size_t size;
    long status; /* 0: none came */
    char error[CURL_ERROR_SIZE];
} cli_answer_t;

/* cli and request are the caller's to fill in; what they point to stays until the end. Zero else. It is not moved. */
typedef struct cli_exchange {
    const cli_t *cli;
    cli_request_t request;
    CURL *curl; /* to be performed; NULL: not open */
    struct curl_slist *headers;
    char *body;
    cli_answer_t answer;
    cli_slow_t slow;
} cli_exchange_t;

void cli_exchange_open (cli_exchange_t *self);
/* It was performed, and ended so: as cli_http, whose answers these are; closed, too. */
int cli_exchange_end (cli_exchange_t *self, CURLcode rc, json_t **out);
void cli_exchange_close (cli_exchange_t *self); /* nobody waits for it any more; may be closed already */

#endif
