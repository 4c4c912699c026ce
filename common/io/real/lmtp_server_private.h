/* lmtp_server_private.h - what the files of lmtp_server share. */
#ifndef BUCKSTOP_LMTP_SERVER_PRIVATE_H
#define BUCKSTOP_LMTP_SERVER_PRIVATE_H

#include "lmtp_server.h"

typedef struct lmtp_connection lmtp_connection_t;

/* A message on its way: a part of its connection, which stays until the last answer. */
struct lmtp_mail {
    char *bytes; /* NULL: there is none */
    size_t size;
    size_t answers; /* still to come */
};

struct lmtp_connection {
    lmtp_mail_t mail; /* the first member: one leads to the other */
    lmtp_server_t *server;
    int fd; /* -1: the client has gone */
    loop_watch_t *watch;
    uint32_t interest;
    lmtp_t *lmtp;
    char *in; /* read, and not yet used; NULL: nothing */
    size_t in_size;
    size_t held; /* bytes, as counted in the server */
    mono_ms_t heard;
    loop_timer_t *timer;
    bool feeding, ended;
    lmtp_connection_t *previous, *next;
};

struct lmtp_server {
    loop_t *loop;
    char *host, *path; /* path NULL: not a unix socket */
    int fd, port;
    loop_watch_t *watch;
    loop_timer_t *pause; /* accepts nothing until then */
    size_t message_max, held_max, held;
    unsigned connections_max, open;
    int timeout_ms;
    bool draining;
    lmtp_recipient_fn *recipient;
    lmtp_mail_fn *message;
    void *arg;
    lmtp_connection_t *connections;
};

/* lmtp_server_listen.c: a listening socket, or negative errno with words in *why. *path: malloc'd, of a unix socket. */
int lmtp_listen (const char *endpoint, int *port, char **path, const char **why);

/* lmtp_server_connection.c */
void lmtp_connection_open (lmtp_server_t *server, int fd);
void lmtp_connection_leave (lmtp_connection_t *self, const char *words);
void lmtp_connection_end (lmtp_connection_t *self); /* frees it, whatever is under way */

#endif
