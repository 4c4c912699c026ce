/* http_client_private.h - what the files of the HTTP client share. */
#ifndef BUCKSTOP_HTTP_CLIENT_PRIVATE_H
#define BUCKSTOP_HTTP_CLIENT_PRIVATE_H

#include "http_client.h"

#include <curl/curl.h>
#include <sys/socket.h>

typedef struct transfer {
    http_client_t *client;
    CURL *easy; /* NULL: refused before it began */
    struct curl_slist *headers;
    char *body;
    char *header; /* the answer's that is wanted; NULL: none */
    int timeout_ms;
    http_answer_fn *fn;
    void *arg;
    char *answer;
    size_t answer_size, answer_max;
    bool private_allowed, private_target; /* may be dialled; was refused as such */
    bool secret_url;
    const char *refused; /* why it never began */
    char error[CURL_ERROR_SIZE];
    struct transfer *previous, *next;
} transfer_t;

struct http_client {
    loop_t *loop;
    CURLM *multi;
    loop_timer_t *timer;     /* curl's one timer */
    loop_timer_t *answering; /* answers to those that never began */
    bool ended;
    transfer_t *transfers;
};

/* http_client_warm.c: has curl read the authorities' certificates, before the loop runs. */
void http_client_warm (CURLM *multi);
void http_client_keep_authorities (CURL *easy);

bool http_target_private (const struct sockaddr *address);
bool http_target_private_text (const char *ip); /* "10.0.0.1", "::1" */

/* http_client_transfer.c */
transfer_t *transfer_new (http_client_t *client, const http_call_t *call, http_answer_fn *fn, void *arg);
void transfer_destroy (transfer_t **self_p);
/* Calls back with what came of it. */
void transfer_finish (transfer_t *self, CURLcode code);

#endif
