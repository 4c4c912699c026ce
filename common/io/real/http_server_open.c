/* http_server_open.c - the requests that wait for the handler's answer: one list, oldest first, one timer.
 *
 * All have the same time to live, so the oldest is the next to be too old.
 */
#include "http_server_private.h"

static void on_expire (void *arg);

static void watch_oldest (http_server_t *self)
{
    if (!self->expire && self->oldest)
        self->expire = loop_at (self->loop, self->oldest->deadline, on_expire, self);
}

static void on_expire (void *arg)
{
    http_server_t *self = arg;
    mono_ms_t now = loop_now (self->loop);
    self->expire = NULL;
    while (self->oldest && self->oldest->deadline <= now)
        http_request_refuse (self->oldest, PROBLEM_LATE, "It may be done yet.");
    watch_oldest (self);
}

void http_server_opened (http_server_t *self, http_request_t *request)
{
    request->held = true;
    request->deadline = loop_now (self->loop) + self->timeout_ms;
    request->previous = self->newest;
    if (self->newest)
        self->newest->next = request;
    else
        self->oldest = request;
    self->newest = request;
    self->open++;
    watch_oldest (self);
}

static void close_request (http_server_t *self, http_request_t *request)
{
    if (request->previous)
        request->previous->next = request->next;
    else
        self->oldest = request->next;
    if (request->next)
        request->next->previous = request->previous;
    else
        self->newest = request->previous;
    self->open--;
}

void http_server_answered (http_server_t *self, http_request_t *request)
{
    if (request->deadline)
        close_request (self, request);
    if (request->suspended) {
        request->suspended = false;
        MHD_resume_connection (request->connection);
        self->run_due = true;
        loop_again (self->loop);
    }
}

size_t http_server_open (const http_server_t *self)
{
    return self->open;
}
