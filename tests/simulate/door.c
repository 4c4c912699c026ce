/* door.c - requests to whichever intake runs; a client does not give up: the same key and body again. */
#include "sim.h"

#include "xmalloc.h"

#include <stdio.h>

enum { LOOK_FIRST_MS = 4, LOOK_MAX_MS = 500, CLIENT_MS = 8000, AGAIN_MS = 1500, TRIES_MAX = 9 };

typedef struct request {
    char *method, *target, *body, key[40];
    bool again;
    int tries;
    door_fn *fn;
    void *arg;
    fake_answer_t *answer;
    int64_t asked_at, look_ms;
} request_t;

static uint64_t requests;

uint64_t door_requests (void)
{
    return requests;
}

static void ask (void *arg);

static void request_free (request_t *self)
{
    fake_answer_destroy (&self->answer);
    free (self->method);
    free (self->target);
    free (self->body);
    free (self);
}

/* Is it known what became of it? */
static bool is_final (int status)
{
    return status > 0 && status != 503 && status != 429 && status != 500;
}

static void look (void *arg)
{
    request_t *self = arg;
    int status = fake_answer_status (self->answer);
    bool waits = status == 0 && fake_wall () - self->asked_at < CLIENT_MS;
    if (waits) {
        self->look_ms = self->look_ms * 2 < LOOK_MAX_MS ? self->look_ms * 2 : LOOK_MAX_MS;
        fake_at (self->look_ms, look, self);
        return;
    }
    if (self->again && !is_final (status) && ++self->tries < TRIES_MAX) {
        fake_answer_destroy (&self->answer);
        fake_at (about (AGAIN_MS << self->tries), ask, self);
        return;
    }
    self->fn (self->arg, status, fake_answer_body (self->answer, NULL));
    request_free (self);
}

static void ask (void *arg)
{
    request_t *self = arg;
    char bearer[256], key[80];
    snprintf (bearer, sizeof bearer, "Authorization: Bearer %s", company_token ());
    snprintf (key, sizeof key, "Idempotency-Key: %s", self->key);
    bool mail = strncmp (self->target, "/v1/mail", 8) == 0;
    const char *headers[] = {bearer, mail ? "Content-Type: message/rfc822" : "Content-Type: application/json",
                             *self->key ? key : NULL, NULL};
    requests++;
    self->asked_at = fake_wall ();
    self->look_ms = LOOK_FIRST_MS;
    self->answer = fake_http_request (company_intake (), self->method, self->target, headers, self->body,
                                      self->body ? strlen (self->body) : 0);
    fake_at (self->look_ms, look, self);
}

static void ignore (void *arg, int status, const char *body)
{
    (void)arg, (void)status, (void)body;
}

void door_send (const door_request_t *given)
{
    for (int i = 0; i < 1 + given->twice; i++) {
        request_t *self = xcalloc (1, sizeof *self);
        self->method = xstrdup (given->method);
        self->target = xstrdup (given->target);
        self->body = given->body ? xstrdup (given->body) : NULL;
        snprintf (self->key, sizeof self->key, "%s", given->key ? given->key : "");
        self->again = given->again;
        self->fn = i == 0 && given->fn ? given->fn : ignore;
        self->arg = given->arg;
        ask (self);
    }
}
