/* workers.c - threads for what would hold up the loop.
 *
 * Hears: jobs. Says: each back on the loop, when it is done. Jobs are handed over in two lists under one mutex; the loop is
 * woken by an eventfd, once for all that was done until it looks.
 *
 * Limits: as many at once as threads; what waits is bounded by who gives it. */
#include "workers.h"

#include "xmalloc.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

typedef struct job {
    workers_fn *work, *done;
    void *arg;
    struct job *next;
} job_t;

typedef struct jobs {
    job_t *first, **end;
} jobs_t;

struct workers {
    loop_t *loop;
    loop_watch_t *watch;
    int wake;
    pthread_t threads[THREADS_MAX];
    int threads_n;
    size_t busy; /* the loop's */
    /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t more;
    jobs_t waiting, finished;
    bool ending;
};

static void push (jobs_t *jobs, job_t *job)
{
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
}

static job_t *pop (jobs_t *jobs)
{
    job_t *job = jobs->first;
    if (!job)
        return NULL;
    jobs->first = job->next;
    if (!jobs->first)
        jobs->end = &jobs->first;
    return job;
}

static job_t *take_all (jobs_t *jobs)
{
    job_t *first = jobs->first;
    *jobs = (jobs_t){NULL, &jobs->first};
    return first;
}

/* ----------------------------------------------------------------- threads */

/* With the lock held. NULL: the end. */
static job_t *next_job (workers_t *self)
{
    while (!self->ending && !self->waiting.first)
        pthread_cond_wait (&self->more, &self->lock);
    return self->ending ? NULL : pop (&self->waiting);
}

static void finish (workers_t *self, job_t *job)
{
    const uint64_t one = 1;
    bool first = !self->finished.first;
    push (&self->finished, job);
    while (first && write (self->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void *run (void *arg)
{
    workers_t *self = arg;
    pthread_mutex_lock (&self->lock);
    for (job_t *job; (job = next_job (self));) {
        pthread_mutex_unlock (&self->lock);
        job->work (job->arg);
        pthread_mutex_lock (&self->lock);
        finish (self, job);
    }
    pthread_mutex_unlock (&self->lock);
    return NULL;
}

/* -------------------------------------------------------------------- loop */

static void tell (workers_t *self, job_t *first)
{
    while (first) {
        job_t *job = first;
        first = job->next;
        self->busy--;
        job->done (job->arg);
        free (job);
    }
}

static void on_wake (void *arg, uint32_t events)
{
    workers_t *self = arg;
    uint64_t times;
    (void)events;
    if (read (self->wake, &times, sizeof times) < 0)
        return;
    pthread_mutex_lock (&self->lock);
    job_t *first = take_all (&self->finished);
    pthread_mutex_unlock (&self->lock);
    tell (self, first);
}

void workers_do (workers_t *self, workers_fn *work, workers_fn *done, void *arg)
{
    job_t *job = xmalloc (sizeof *job);
    *job = (job_t){work, done, arg, NULL};
    self->busy++;
    pthread_mutex_lock (&self->lock);
    push (&self->waiting, job);
    pthread_mutex_unlock (&self->lock);
    pthread_cond_signal (&self->more);
}

size_t workers_busy (const workers_t *self)
{
    return self->busy;
}

workers_t *workers_new (loop_t *loop, int threads)
{
    workers_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    self->waiting.end = &self->waiting.first;
    self->finished.end = &self->finished.first;
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->more, NULL);
    self->wake = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    self->watch = self->wake < 0 ? NULL : xcheck (loop_watch (loop, self->wake, EPOLLIN, on_wake, self));
    int wanted = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    while (self->watch && self->threads_n < wanted &&
           pthread_create (&self->threads[self->threads_n], NULL, run, self) == 0)
        self->threads_n++;
    if (self->threads_n == 0)
        workers_destroy (&self);
    return self;
}

void workers_destroy (workers_t **self_p)
{
    workers_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    pthread_mutex_lock (&self->lock);
    self->ending = true;
    pthread_cond_broadcast (&self->more);
    pthread_mutex_unlock (&self->lock);
    for (int i = 0; i < self->threads_n; i++)
        pthread_join (self->threads[i], NULL);
    if (self->watch)
        loop_unwatch (self->loop, &self->watch);
    if (self->wake >= 0)
        close (self->wake);
    tell (self, take_all (&self->finished));
    tell (self, take_all (&self->waiting));
    pthread_cond_destroy (&self->more);
    pthread_mutex_destroy (&self->lock);
    free (self);
}
