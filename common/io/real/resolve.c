/* resolve.c - looks a host name up off the loop: getaddrinfo blocks, so it has a thread for each look-up.
 *
 * The thread owns the job until it has written to the pipe's end; who gave up waiting leaves the job to it. */
#include "resolve.h"

#include "xmalloc.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { HOST_SIZE = 256 };

typedef struct job {
    int references; /* atomic: the thread and the waiter */
    int eventfd;
    char host[HOST_SIZE];
    resolved_t found;
} job_t;

struct resolve {
    loop_t *loop;
    loop_watch_t *watch;
    loop_timer_t *timer; /* numeric: answered in the next turn */
    job_t *job;
    resolve_fn *fn;
    void *arg;
};

static void job_release (job_t *job)
{
    if (__atomic_sub_fetch (&job->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    close (job->eventfd);
    free (job);
}

static void add (resolved_t *found, const struct addrinfo *info)
{
    char *address = found->addresses[found->n];
    if (getnameinfo (info->ai_addr, info->ai_addrlen, address, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST) != 0)
        return;
    for (size_t i = 0; i < found->n; i++)
        if (strcmp (found->addresses[i], address) == 0)
            return;
    found->n++;
}

static bool look_up (const char *host, int flags, resolved_t *found)
{
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list = NULL;
    found->n = 0;
    if (getaddrinfo (host, NULL, &wanted, &list) != 0)
        return false;
    for (const struct addrinfo *info = list; info && found->n < RESOLVE_MAX; info = info->ai_next)
        add (found, info);
    freeaddrinfo (list);
    return found->n > 0;
}

static void *run (void *arg)
{
    job_t *job = arg;
    look_up (job->host, AI_ADDRCONFIG, &job->found);
    uint64_t one = 1;
    if (write (job->eventfd, &one, sizeof one) < 0)
        job->found.n = 0; /* the waiter's timer for the attempt will find it so */
    job_release (job);
    return NULL;
}

static void on_done (void *arg, uint32_t events)
{
    resolve_t *self = arg;
    resolved_t found = self->job->found;
    (void)events;
    self->fn (self->arg, &found); /* destroys us */
}

static void on_known (void *arg)
{
    resolve_t *self = arg;
    self->timer = NULL;
    on_done (self, 0);
}

static bool start (job_t *job)
{
    pthread_t thread;
    job->references = 2;
    if (pthread_create (&thread, NULL, run, job) != 0) {
        job->references = 1;
        return false;
    }
    pthread_detach (thread);
    return true;
}

resolve_t *resolve_new (loop_t *loop, const char *host, resolve_fn *fn, void *arg)
{
    resolve_t *self = xcalloc (1, sizeof *self);
    job_t *job = xcalloc (1, sizeof *job);
    *self = (resolve_t){.loop = loop, .job = job, .fn = fn, .arg = arg};
    snprintf (job->host, sizeof job->host, "%s", host);
    job->references = 1;
    job->eventfd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (look_up (host, AI_NUMERICHOST, &job->found) || job->eventfd < 0 || !start (job))
        self->timer = loop_at (loop, loop_now (loop), on_known, self);
    else
        self->watch = loop_watch (loop, job->eventfd, EPOLLIN, on_done, self);
    return self;
}

void resolve_destroy (resolve_t **self_p)
{
    resolve_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    loop_unwatch (self->loop, &self->watch);
    loop_cancel (self->loop, &self->timer);
    job_release (self->job);
    free (self);
}
