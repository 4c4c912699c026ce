/* mail_out.c - SMTP out: the loop's side of the threads that talk to the mail server.
 *
 * Hears: mails; from each thread, over one inproc socket, the job it has answered and that it is free again. Says:
 * one answer a mail, always from the loop, and never later than the mail's time-out: what is not answered by then
 * gets code 0 (it may have been accepted: unknown is not failed), and its conversation is cut. An address that
 * can't be one is answered 553 without asking the server.
 * Limits: as many conversations at once as threads; what waits longer than its time-out was never begun.
 */
#include "mail_out.h"

#include "clock.h"
#include "mail_out_private.h"
#include "xmalloc.h"

#include <curl/curl.h>
#include <gmime/gmime.h>
#include <inttypes.h>

enum { CLOSE_MAX_MS = 1000, THREADS_MAX = 64 };

struct mail_out {
    loop_t *loop;
    mail_server_t server;
    mail_worker_t *workers;
    int workers_n;
    zsock_t *results; /* of all threads: the loop polls one socket, however many they are */
    char endpoint[64];
    mail_job_t *waiting, **waiting_end;
    mail_job_t *refused; /* never to be sent */
    loop_timer_t *refusing;
    bool ended;
};

/* --- jobs -------------------------------------------------------------------------------------------- */

static void free_job (mail_job_t *job)
{
    free (job->from);
    free (job->to);
    free (job->text);
    free (job);
}

static void answer (mail_job_t *job, int code, const char *error)
{
    /* without a code the thread may still be at it, while it is some worker's */
    mail_answer_t what = {.code = code,
                          .stage = code ? job->stage : MAIL_STAGE_SERVER,
                          .unsent = !code && !job->worker && !job->text_sent,
                          .error = error};
    mail_answer_fn *fn = job->fn;
    job->fn = NULL;
    loop_cancel (job->mail_out->loop, &job->timer);
    if (fn)
        fn (job->arg, &what);
}

static void give (mail_worker_t *worker, mail_job_t *job)
{
    mono_ms_t left = job->deadline - loop_now (job->mail_out->loop);
    job->left_ms = left > 1 ? (int)left : 1;
    job->worker = worker;
    worker->job = job;
    worker->busy = true;
    pthread_mutex_lock (&worker->lock);
    worker->cut = false;
    pthread_mutex_unlock (&worker->lock);
    zsock_send (worker->actor, "p", job);
}

static mail_worker_t *idle_worker (mail_out_t *self)
{
    for (int i = 0; i < self->workers_n; i++)
        if (!self->workers[i].busy)
            return &self->workers[i];
    return NULL;
}

static mail_job_t *take_waiting (mail_out_t *self)
{
    mail_job_t *job = self->waiting;
    self->waiting = job->next;
    if (!self->waiting)
        self->waiting_end = &self->waiting;
    return job;
}

static void leave_waiting (mail_out_t *self, mail_job_t *job)
{
    mail_job_t **at = &self->waiting;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    if (!*at)
        self->waiting_end = at;
}

static void begin_waiting (mail_out_t *self)
{
    for (mail_worker_t *worker; self->waiting && !self->ended && (worker = idle_worker (self));)
        give (worker, take_waiting (self));
}

/* --- what ends a job --------------------------------------------------------------------------------- */

static void on_too_late (void *arg)
{
    mail_job_t *job = arg;
    mail_worker_t *worker = job->worker;
    char words[MAIL_ERROR_SIZE];
    job->timer = NULL;
    snprintf (words, sizeof words,
              worker ? "no answer within %d ms" : "not begun within %d ms: all connections are busy", job->timeout_ms);
    if (worker)
        mail_worker_cut (worker); /* which gives the job back */
    else
        leave_waiting (job->mail_out, job);
    answer (job, 0, words);
    if (!worker)
        free_job (job);
}

static void on_closing_too_long (void *arg)
{
    mail_worker_t *worker = arg;
    worker->closing = NULL;
    mail_worker_cut (worker);
}

static void on_answered (mail_worker_t *worker)
{
    mail_job_t *job = worker->job;
    loop_t *loop = worker->mail_out->loop;
    worker->job = NULL;
    job->worker = NULL;
    worker->closing = loop_at (loop, loop_now (loop) + CLOSE_MAX_MS, on_closing_too_long, worker);
    answer (job, job->code, job->error);
    free_job (job);
}

static int on_result (zloop_t *zloop, zsock_t *results, void *arg)
{
    mail_out_t *self = arg;
    void *worker_p = NULL, *job = NULL;
    (void)zloop;
    loop_turn_begin (self->loop);
    if (zsock_recv (results, "pp", &worker_p, &job) == 0) {
        mail_worker_t *worker = worker_p;
        if (job)
            on_answered (worker);
        else {
            loop_cancel (self->loop, &worker->closing);
            worker->busy = false;
            begin_waiting (self);
        }
    }
    return loop_turn_end (self->loop);
}

/* --- calls ------------------------------------------------------------------------------------------- */

static void on_refusing (void *arg)
{
    mail_out_t *self = arg;
    self->refusing = NULL;
    while (self->refused) {
        mail_job_t *job = self->refused;
        self->refused = job->next;
        answer (job, job->code, job->error);
        free_job (job);
    }
}

static void refuse (mail_out_t *self, mail_job_t *job)
{
    job->next = self->refused;
    self->refused = job;
    if (!self->refusing && !self->ended)
        self->refusing = loop_at (self->loop, loop_now (self->loop), on_refusing, self);
}

void mail_out_send (mail_out_t *self, const mail_t *mail, mail_answer_fn *fn, void *arg)
{
    mail_job_t *job = xcalloc (1, sizeof *job);
    *job = (mail_job_t){.mail_out = self, .timeout_ms = mail->timeout_ms, .fn = fn, .arg = arg};
    if (!mail_render (job, mail)) {
        refuse (self, job);
        return;
    }
    job->deadline = loop_now (self->loop) + mail->timeout_ms;
    job->timer = loop_at (self->loop, job->deadline, on_too_late, job);
    *self->waiting_end = job;
    self->waiting_end = &job->next;
    begin_waiting (self);
}

/* --- its life ---------------------------------------------------------------------------------------- */

static char *copy_or_null (const char *text)
{
    return text ? xstrdup (text) : NULL;
}

mail_out_t *mail_out_new (loop_t *loop, const char *url, const char *user, const char *password, int threads)
{
    mail_out_t *self = xcalloc (1, sizeof *self);
    curl_global_init (CURL_GLOBAL_ALL);
    g_mime_init ();
    self->loop = loop;
    self->server = (mail_server_t){xstrdup (url), copy_or_null (user), copy_or_null (password)};
    self->waiting_end = &self->waiting;
    self->workers_n = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    uint64_t name; /* never one of before: a closed endpoint lingers */
    clock_random (&name, sizeof name);
    snprintf (self->endpoint, sizeof self->endpoint, "inproc://mail-out-%" PRIx64, name);
    self->results = xcheck (zsock_new_pull (self->endpoint));
    zloop_reader (loop_zloop (loop), self->results, on_result, self);
    self->workers = xcalloc ((size_t)self->workers_n, sizeof *self->workers);
    for (int i = 0; i < self->workers_n; i++) {
        mail_worker_t *worker = &self->workers[i];
        *worker = (mail_worker_t){.mail_out = self, .server = &self->server, .results = self->endpoint, .fd = -1};
        pthread_mutex_init (&worker->lock, NULL);
        worker->actor = xcheck (zactor_new (mail_worker_run, worker));
    }
    return self;
}

static void end_worker (mail_out_t *self, mail_worker_t *worker)
{
    mail_worker_cut (worker);
    zactor_destroy (&worker->actor); /* waits for the thread, which has nothing left to wait for */
    loop_cancel (self->loop, &worker->closing);
    pthread_mutex_destroy (&worker->lock);
    if (worker->job) {
        answer (worker->job, 0, "mail is ending");
        free_job (worker->job);
    }
}

void mail_out_destroy (mail_out_t **self_p)
{
    mail_out_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->ended = true;
    for (int i = 0; i < self->workers_n; i++)
        end_worker (self, &self->workers[i]);
    zloop_reader_end (loop_zloop (self->loop), self->results);
    zsock_destroy (&self->results);
    while (self->waiting) {
        mail_job_t *job = take_waiting (self);
        answer (job, 0, "mail is ending");
        free_job (job);
    }
    loop_cancel (self->loop, &self->refusing);
    on_refusing (self);
    free (self->server.url);
    free (self->server.user);
    free (self->server.password);
    free (self->workers);
    free (self);
}
