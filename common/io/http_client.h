/* http_client.h - HTTP out: libcurl's multi interface on the loop; names are looked up off it. */
#ifndef BUCKSTOP_HTTP_CLIENT_H
#define BUCKSTOP_HTTP_CLIENT_H

#include "loop.h"

typedef struct http_client http_client_t;

typedef struct http_call {
    const char *method, *url;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    const void *body;
    size_t body_size;
    const char *trace;  /* W3C traceparent, sent as such; NULL or "": none */
    const char *header; /* the answer's that is wanted; NULL: none */
    int timeout_ms;     /* of the whole call */
    size_t answer_max;  /* 0: HTTP_ANSWER_MAX */
    /* Whether loopback, link-local and private addresses may be dialled (checked on the address really used): only
     * for URLs that the operator gave, never for one from outside. */
    bool private_allowed;
    bool secret_url; /* the URL holds a secret: what went wrong is told in words that can't hold it */
} http_call_t;

typedef struct http_answer {
    int status;  /* 0: no answer, `error` says why */
    bool unsent; /* there was no connection that it could have gone out on */
    const char *error;
    const char *body; /* at most answer_max; cut: there was more */
    size_t body_size;
    bool cut;
    int64_t retry_after_ms; /* 0: not said */
    const char *header;     /* the wanted one's value; "" : it is not there */
    const char *allow;      /* of a 405: the methods that there are (RFC 9110, 10.2.1); else NULL */
} http_answer_t;
enum { HTTP_ANSWER_MAX = 64 * 1024 };

typedef void (http_answer_fn) (void *arg, const http_answer_t *answer); /* valid only during the call */

http_client_t *http_client_new (loop_t *loop);
void http_client_destroy (http_client_t **self_p); /* calls under way are answered with status 0 */
/* Copies what it is given. The callback comes exactly once, never from within. */
void http_client_call (http_client_t *self, const http_call_t *call, http_answer_fn *fn, void *arg);

/* Where a URL's calls go: "host:port", lower case, without user and password, the port always said. false: it is no
 * http or https URL, host is "". */
bool http_client_host (const char *url, char *host, size_t size);

#endif
