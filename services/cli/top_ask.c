/* top_ask.c - a request of `buckstop top`, while the screen lives on.
 *
 * Hears: its end, from the link. Says: the answer, or why there is none, in words.
 * Limits: as cli_http's, but that it is not sent a second time: who asked still has the key. */
#include "top_ask.h"

#include "xmalloc.h"

static void clear (top_ask_t *self)
{
    free (self->path);
    free (self->key);
    json_decref (self->body);
    self->path = self->key = NULL;
    self->body = NULL;
}

static void done (void *arg, CURLcode rc)
{
    top_ask_t *self = arg;
    json_t *answer;
    int status = cli_exchange_end (&self->exchange, rc, &answer);
    clear (self);
    self->fn (self->arg, status, answer, self->why);
    json_decref (answer);
}

bool top_ask_under_way (const top_ask_t *self)
{
    return self->exchange.curl != NULL;
}

void top_ask_drop (top_ask_t *self)
{
    if (!top_ask_under_way (self))
        return;
    top_link_remove (self->link, self->exchange.curl);
    cli_exchange_close (&self->exchange);
    clear (self);
}

void top_ask_send (top_ask_t *self, top_link_t *link, const cli_t *cli, const cli_request_t *request, top_answer_fn *fn,
                   void *arg)
{
    top_ask_drop (self);
    *self = (top_ask_t){.link = link,
                        .beside = {done, self},
                        .fn = fn,
                        .arg = arg,
                        .path = xstrdup (request->path),
                        .key = request->key ? xstrdup (request->key) : NULL,
                        .body = json_incref ((json_t *)request->body)};
    self->exchange.cli = cli;
    self->exchange.request =
        (cli_request_t){request->method, self->path, self->body, self->key, false, self->why, sizeof self->why};
    cli_exchange_open (&self->exchange);
    top_link_add (link, self->exchange.curl, &self->beside);
}
