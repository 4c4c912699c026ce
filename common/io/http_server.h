/* http_server.h - HTTP in: libmicrohttpd on the loop, answers when they are ready. */
#ifndef BUCKSTOP_HTTP_SERVER_H
#define BUCKSTOP_HTTP_SERVER_H

#include "loop.h"

typedef struct http_server http_server_t;
typedef struct http_request http_request_t;

typedef struct http_header {
    const char *name, *value;
} http_header_t;

/* Of paths that begin so. */
typedef struct http_limit {
    const char *path;
    size_t body_max;
} http_limit_t;

/* Or a path's that is known at run time; 0: it has none of its own. */
typedef size_t (http_limit_fn) (void *arg, const char *path);

typedef struct http_server_config {
    const char *endpoint;       /* "127.0.0.1:8080"; port 0: the system picks one */
    size_t body_max;            /* more is answered 413 by the server itself, as a problem document */
    const http_limit_t *limits; /* other ones; ended by a NULL path, outlives the server; NULL: none */
    http_limit_fn *limit_fn;    /* asked after those, with the handler's arg; NULL: none */
    int timeout_ms;             /* a request not answered by then gets 503 with Retry-After: 1 */
    unsigned connections_max;   /* 0: 1000; fewer where descriptors are few; more clients wait to be accepted */
    int slow_ms;                /* 0: 30 s; for a client to send a head, then its body, then to take the answer */
    size_t bodies_max; /* 0: 256 MiB; of all requests until they are answered; a large one more gets 503; as many
                                 bytes of answers wait for their clients, and a large one more becomes a 503 */
    char *why;         /* HTTP_WHY_SIZE, or NULL: gets the words for an endpoint that can't be listened on */
} http_server_config_t;
enum { HTTP_WHY_SIZE = 128 };

/* Called once a request's body is complete. The handler owns the request until it responds. */
typedef void (http_handler_fn) (void *arg, http_request_t *request);

/* NULL: the endpoint can't be listened on, errno says why. */
http_server_t *http_server_new (loop_t *loop, const http_server_config_t *config, http_handler_fn *fn, void *arg);
void http_server_destroy (http_server_t **self_p); /* open requests get 503 */
int http_server_port (const http_server_t *self);
size_t http_server_open (const http_server_t *self); /* requests not answered yet */
/* Stop accepting; what is open may end. */
void http_server_drain (http_server_t *self);

const char *http_method (const http_request_t *self);
const char *http_path (const http_request_t *self);                        /* not decoded, without the query */
const char *http_query (const http_request_t *self, const char *name);     /* decoded; NULL: absent */
const char *http_header (const http_request_t *self, const char *name);    /* NULL: absent */
const http_header_t *http_queries (const http_request_t *self, size_t *n); /* all of them, in order, decoded */
const void *http_body (const http_request_t *self, size_t *size);
/* The client's address, "192.0.2.7" or "2001:db8::7"; "": it is gone. */
enum { HTTP_PEER_SIZE = 64 };
const char *http_peer (const http_request_t *self, char peer[HTTP_PEER_SIZE]);
/* Answers, and forgets the request. Headers: ended by a NULL name; may be NULL. After a time-out (503 was
 * sent) it does nothing. */
void http_respond (http_request_t **self_p, int status, const char *content_type, const void *body, size_t size,
                   const http_header_t *headers);

/* --- answers that go on: server-sent events --- */

/* Bytes that many streams send: copied once, and counted. */
typedef struct http_bytes http_bytes_t;
http_bytes_t *http_bytes_new (const void *bytes, size_t size);
void http_bytes_destroy (http_bytes_t **self_p); /* the caller's share of them */

typedef struct http_stream http_stream_t;
/* Answers 200 and forgets the request; what is sent from now on is the body, in the order of the calls. At most `room`
 * bytes wait for the client. */
http_stream_t *http_stream_new (http_request_t **request_p, const char *content_type, const http_header_t *headers,
                                size_t room);
/* Never blocks, never calls back. False: the client is gone, or too slow for its room and is cut off: nothing more can be
 * sent, destroy it. That somebody is gone may be noticed only seconds later, by sending. */
bool http_stream_send (http_stream_t *self, http_bytes_t *bytes);
size_t http_stream_waiting (const http_stream_t *self); /* bytes that the client has not taken yet */
/* What was sent still goes out, then the answer ends. Streams outlive no server: destroy them before it. */
void http_stream_destroy (http_stream_t **self_p);

#endif
