/* store_resolve.c - looks a host name up off the loop: getaddrinfo blocks, so it has a thread for each look-up.
 *
 * The thread owns the job until it has written to the pipe's end; who gave up waiting leaves the job to it. */
#include "store_private.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { HOST_SIZE = 256 };

typedef struct job {
    int references; /* atomic: the thread and the waiter */
    int eventfd;
    char host[HOST_SIZE];
    char address[INET6_ADDRSTRLEN]; /* empty: not found */
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

static bool look_up (const char *host, int flags, char address[INET6_ADDRSTRLEN])
{
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags}, *found = NULL;
    if (getaddrinfo (host, NULL, &wanted, &found) != 0)
        return false;
    int failed = getnameinfo (found->ai_addr, found->ai_addrlen, address, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo (found);
    return !failed;
}

static void *run (void *arg)
{
    job_t *job = arg;
    if (!look_up (job->host, AI_ADDRCONFIG, job->address))
        job->address[0] = '\0';
    uint64_t one = 1;
    if (write (job->eventfd, &one, sizeof one) < 0)
        job->address[0] = '\0'; /* the waiter's timer for the attempt will find it so */
    job_release (job);
    return NULL;
}

static void on_done (void *arg, uint32_t events)
{
    resolve_t *self = arg;
    char address[INET6_ADDRSTRLEN];
    (void)events;
    snprintf (address, sizeof address, "%s", self->job->address);
    self->fn (self->arg, *address ? address : NULL); /* destroys us */
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
    if (look_up (host, AI_NUMERICHOST, job->address) || job->eventfd < 0 || !start (job))
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
