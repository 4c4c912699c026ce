/* http_server_private.h - what http_server.c, http_server_request.c and http_server_listen.c share. */
#ifndef BUCKSTOP_HTTP_SERVER_PRIVATE_H
#define BUCKSTOP_HTTP_SERVER_PRIVATE_H

#include "http_server.h"
#include "problem.h"

#include <microhttpd.h>

typedef struct http_fields {
    http_header_t *items; /* one block with the strings behind it */
    size_t n;
} http_fields_t;

/* A client's socket. */
typedef struct http_connection http_connection_t;
struct http_connection {
    http_server_t *server;
    struct MHD_Connection *mhd;
    mono_ms_t since; /* listed: when the wait for the client began */
    bool listed;
    bool answering;                     /* an answer is being sent */
    http_connection_t *previous, *next; /* among those that wait for their client, longest first */
};

/* Two hold it: the connection until it is done with the answer, the handler until it responds. What the handler
 * reads is a copy, since after a time-out the connection may be gone. */
struct http_request {
    http_server_t *server;
    struct MHD_Connection *connection; /* NULL: done with */
    bool held;                         /* by the handler */
    bool seen;                         /* the handler was called, or the request refused */
    bool suspended;
    bool crowded;        /* there was no room for its body */
    char *method, *path; /* in the request's own block */
    http_fields_t headers, queries;
    char *body;
    size_t body_size, body_room;
    size_t counted;  /* bytes of it in the server's `bodies` */
    size_t received; /* of the body, also of what was not kept */
    size_t body_max;
    mono_ms_t deadline;
    struct MHD_Response *response; /* ready, and not yet taken by the connection */
    bool answered;
    size_t answer_size; /* counted in the server's `answers` until the client has it */
    unsigned status;
    http_request_t *previous, *next; /* among the open ones, oldest first */
};

struct http_server {
    loop_t *loop;
    struct MHD_Daemon *daemon;
    loop_watch_t *watch;
    loop_timer_t *wake;   /* when libmicrohttpd wants to look at idle connections */
    loop_timer_t *expire; /* when the oldest open request is too old */
    loop_timer_t *slow;   /* when the longest wait for a client is too long */
    mono_ms_t wake_at;
    http_handler_fn *fn;
    void *arg;
    size_t body_max;
    const http_limit_t *limits;
    http_limit_fn *limit_fn;
    size_t bodies, bodies_max; /* bytes held for them */
    size_t answers;            /* bytes that clients have not taken yet; at most bodies_max */
    int timeout_ms, slow_ms;
    int port;
    bool run_due, draining, running;
    http_request_t *oldest, *newest;
    size_t open;
    http_connection_t *longest, *latest;
    http_stream_t *streams;              /* whose clients are there */
    http_stream_t *waking, *waking_last; /* of those, with something to say; first come first served */
    size_t streamed;                     /* bytes that streams have taken in this run of the daemon */
};

/* http_server_request.c */
http_request_t *http_request_new (http_server_t *server, struct MHD_Connection *connection, const char *method,
                                  const char *path);
void http_request_release (http_request_t *self); /* frees it when nobody holds it any more */
/* A piece of its body; false: there is no room for it, nor for the rest. */
bool http_request_keep (http_request_t *self, const void *bytes, size_t size);
int http_request_copy_fields (http_request_t *self); /* 0, or -1: the query is malformed */
/* The answer as the connection will send it; opens nothing and forgets nothing. */
void http_request_answer (http_request_t *self, int status, const char *content_type, const void *body, size_t size,
                          const http_header_t *headers);
/* Hands over a response that is ready. */
void http_request_give (http_request_t *self, int status, struct MHD_Response *response);
/* An answer of the server's own. */
void http_request_refuse (http_request_t *self, problem_kind_t kind, const char *detail);

/* http_server_slow.c: from now on the client's time runs, to send or to take an answer; it is our turn. */
void http_client_awaited (http_connection_t *connection, bool answering);
void http_client_served (http_connection_t *connection);
http_connection_t *http_connection_of (struct MHD_Connection *mhd);
void http_connection_notify (void *arg, struct MHD_Connection *mhd, void **connection_p,
                             enum MHD_ConnectionNotificationCode what);
void http_client_hang_up (const http_connection_t *connection);

/* http_server_stream.c: some that have something to say may; do all others wait for the next turn; all of them end now. */
void http_streams_wake (http_server_t *server);
bool http_streams_late (const http_server_t *server);
void http_streams_end (http_server_t *server);

/* http_server_open.c: the handler gets it; it is answered, and the daemon is to run. */
void http_server_opened (http_server_t *self, http_request_t *request);
void http_server_answered (http_server_t *self, http_request_t *request);

#endif
