/* mail_out_private.h - what the files of mail_out share: a job, which the loop and one thread hand to and fro. */
#ifndef BUCKSTOP_MAIL_OUT_PRIVATE_H
#define BUCKSTOP_MAIL_OUT_PRIVATE_H

#include "mail_out.h"

#include <czmq.h>
#include <pthread.h>

enum { MAIL_ERROR_SIZE = 256 };

/* Rendered on the loop, sent in a thread, answered on the loop. */
typedef struct mail_job {
    char *from, *to; /* as SMTP wants them: <ada@example.org> */
    char *text;      /* RFC 5322, with CRLF */
    size_t text_size, text_sent;
    int timeout_ms; /* asked for, in whole */
    int left_ms;    /* of it, when the thread begins */
    mono_ms_t deadline;
    mail_answer_fn *fn; /* NULL: answered already, by time-out */
    void *arg;
    mail_out_t *mail_out;
    loop_timer_t *timer;
    struct mail_worker *worker; /* NULL: waits for one */
    int code;
    mail_stage_t stage;
    char error[MAIL_ERROR_SIZE];
    struct mail_job *next; /* among those that wait */
} mail_job_t;

typedef struct mail_server {
    char *url, *user, *password; /* user NULL: none */
} mail_server_t;

/* A thread and its pipe. The socket is shared so that the loop can cut a conversation that hangs. */
typedef struct mail_worker {
    mail_out_t *mail_out;
    const mail_server_t *server;
    const char *results; /* where it sends what came of its jobs */
    zactor_t *actor;     /* its pipe (an inproc PAIR) brings them */
    /* the loop's side */
    mail_job_t *job;       /* what it is at, until it was answered */
    bool busy;             /* also while it closes the connection */
    loop_timer_t *closing; /* when that takes too long */
    /* both sides, under the lock */
    pthread_mutex_t lock;
    int fd;   /* -1: no conversation */
    bool cut; /* no new sockets, until the next job */
} mail_worker_t;

/* mail_out_render.c: fills from, to, text; false: the mail can't be sent, code and error say why. */
bool mail_render (mail_job_t *job, const mail_t *mail);

/* mail_out_smtp.c: the thread's body, for zactor_new; arg is a mail_worker_t. It gets pointers to jobs, and sends
 * to `results`: itself and the job when it is answered, itself and a null pointer when it is free again. */
void mail_worker_run (zsock_t *pipe, void *arg);
/* Ends what it is at; from any thread. */
void mail_worker_cut (mail_worker_t *self);

#endif
