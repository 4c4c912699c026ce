/* http_client.c - curl's multi interface on the loop: a watch per socket, one timer.
 *
 * Hears: calls, the loop's descriptors and its timer. Says: one answer a call, always from the loop, never from
 * within the call. curl looks names up in threads of its own. A peer that is silent costs its own call only.
 * Limits: PEER_CONNECTIONS_MAX at once to one peer, IDLE_MAX kept open. Further calls wait, within their time-out, but
 * not many should: curl 8 looks at all of them whenever one ends (30 us each), so callers keep to about that number.
 */
#include "http_client.h"

#include "http_client_private.h"
#include "xmalloc.h"

#include <sys/epoll.h>

enum { PEER_CONNECTIONS_MAX = 64, IDLE_MAX = 64 };

static void add_to_list (http_client_t *self, transfer_t *transfer)
{
    transfer->next = self->transfers;
    if (transfer->next)
        transfer->next->previous = transfer;
    self->transfers = transfer;
}

static void take_from_list (http_client_t *self, transfer_t *transfer)
{
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        self->transfers = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
}

/* Out of curl first, then the callback (which may begin other calls), then freed. */
static void finish (http_client_t *self, transfer_t *transfer, CURLcode code)
{
    take_from_list (self, transfer);
    if (transfer->easy)
        curl_multi_remove_handle (self->multi, transfer->easy);
    transfer_finish (transfer, code);
    transfer_destroy (&transfer);
}

static void collect (http_client_t *self)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read (self->multi, &left));) {
        transfer_t *transfer = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish (self, transfer, code);
    }
}

static void act (http_client_t *self, curl_socket_t fd, int what)
{
    int running;
    curl_multi_socket_action (self->multi, fd, what, &running);
    collect (self);
}

/* --- curl's timer ------------------------------------------------------------------------------------ */

static void on_timer (void *arg)
{
    http_client_t *self = arg;
    self->timer = NULL;
    act (self, CURL_SOCKET_TIMEOUT, 0);
}

/* Only arms: acting in here would come back to curl from within curl. */
static int set_timer (CURLM *multi, long wait, void *arg)
{
    http_client_t *self = arg;
    (void)multi;
    loop_cancel (self->loop, &self->timer);
    if (wait >= 0 && !self->ended)
        self->timer = loop_at (self->loop, loop_now (self->loop) + wait, on_timer, self);
    return 0;
}

/* --- curl's sockets ---------------------------------------------------------------------------------- */

typedef struct peer {
    http_client_t *client;
    loop_watch_t *watch; /* NULL: it can't be watched, the call's time runs out */
    curl_socket_t fd;
} peer_t;

static void on_socket (void *arg, uint32_t events)
{
    const peer_t *peer = arg; /* gone after act, if curl is done with it */
    int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
    if (events & (EPOLLERR | EPOLLHUP))
        what |= CURL_CSELECT_ERR;
    act (peer->client, peer->fd, what);
}

static int set_socket (CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    http_client_t *self = arg;
    peer_t *peer = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (peer)
            loop_unwatch (self->loop, &peer->watch);
        free (peer);
        curl_multi_assign (self->multi, fd, NULL);
        return 0;
    }
    if (!peer) {
        peer = xcalloc (1, sizeof *peer);
        *peer = (peer_t){.client = self, .fd = fd};
        curl_multi_assign (self->multi, fd, peer);
    }
    uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (peer->watch)
        loop_watch_change (self->loop, peer->watch, events);
    else
        peer->watch = loop_watch (self->loop, fd, events, on_socket, peer);
    return 0;
}

/* --- calls ------------------------------------------------------------------------------------------- */

static void on_answering (void *arg)
{
    http_client_t *self = arg;
    self->answering = NULL;
    for (transfer_t *transfer = self->transfers, *next; transfer; transfer = next) {
        next = transfer->next;
        if (!transfer->easy) {
            finish (self, transfer, CURLE_OK);
            next = self->transfers; /* the callback may have changed the list */
        }
    }
}

void http_client_call (http_client_t *self, const http_call_t *call, http_answer_fn *fn, void *arg)
{
    transfer_t *transfer = transfer_new (self, call, fn, arg);
    add_to_list (self, transfer);
    if (transfer->easy && curl_multi_add_handle (self->multi, transfer->easy) == CURLM_OK)
        return;
    if (transfer->easy) {
        curl_easy_cleanup (transfer->easy);
        transfer->easy = NULL;
        transfer->refused = "the client is ending";
    }
    if (!self->answering && !self->ended)
        self->answering = loop_at (self->loop, loop_now (self->loop), on_answering, self);
}

/* --- its life ---------------------------------------------------------------------------------------- */

http_client_t *http_client_new (loop_t *loop)
{
    http_client_t *self = xcalloc (1, sizeof *self);
    curl_global_init (CURL_GLOBAL_ALL);
    self->loop = loop;
    self->multi = xcheck (curl_multi_init ());
    http_client_warm (self->multi); /* before the callbacks are set */
    curl_multi_setopt (self->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt (self->multi, CURLMOPT_SOCKETDATA, self);
    curl_multi_setopt (self->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt (self->multi, CURLMOPT_TIMERDATA, self);
    curl_multi_setopt (self->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)PEER_CONNECTIONS_MAX);
    curl_multi_setopt (self->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_MAX);
    return self;
}

void http_client_destroy (http_client_t **self_p)
{
    http_client_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    self->ended = true;
    while (self->transfers) {
        self->transfers->refused = "the client is ending";
        finish (self, self->transfers, CURLE_ABORTED_BY_CALLBACK);
    }
    curl_multi_cleanup (self->multi);
    loop_cancel (self->loop, &self->timer);
    loop_cancel (self->loop, &self->answering);
    free (self);
}
