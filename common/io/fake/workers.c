/* workers.c (fake) - work is done when it is its turn in scripted time, on the loop itself. */
#include "workers.h"
#include "world.h"

#include "xmalloc.h"

typedef struct job {
    struct job *next;
    workers_t *workers; /* NULL: told already */
    workers_fn *work, *done;
    void *arg;
} job_t;

struct workers {
    loop_t *loop;
    job_t *jobs;
    size_t busy;
};

workers_t *workers_new (loop_t *loop, int threads)
{
    (void)threads;
    workers_t *self = xcalloc (1, sizeof *self);
    self->loop = loop;
    return self;
}

static void leave (workers_t *self, job_t *job)
{
    job_t **link = &self->jobs;
    while (*link && *link != job)
        link = &(*link)->next;
    *link = job->next;
    self->busy--;
    job->workers = NULL;
}

static void run (void *arg)
{
    job_t *job = arg;
    if (!job->workers)
        return;
    job->work (job->arg);
    leave (job->workers, job);
    job->done (job->arg);
}

static void forget (void *arg)
{
    job_t *job = arg;
    if (job->workers)
        leave (job->workers, job);
    free (job);
}

void workers_do (workers_t *self, workers_fn *work, workers_fn *done, void *arg)
{
    job_t *job = xcalloc (1, sizeof *job);
    *job = (job_t){self->jobs, self, work, done, arg};
    self->jobs = job;
    self->busy++;
    world_post (self->loop, 0, run, job, forget);
}

size_t workers_busy (const workers_t *self)
{
    return self->busy;
}

void workers_destroy (workers_t **self_p)
{
    workers_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    while (self->jobs) {
        job_t *job = self->jobs;
        leave (self, job);
        if (world_alive (self->loop))
            job->done (job->arg);
    }
    free (self);
}
