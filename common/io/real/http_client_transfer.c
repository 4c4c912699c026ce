/* http_client_transfer.c - one call: from its description to curl's handle, from curl's result to an answer.
 *
 * What is not set here is off on purpose: redirects (a signed body goes to the URL that was named, or nowhere),
 * proxies from the environment (the target check would look at the proxy), other protocols, waiting for 100.
 * Limits: answer_max bytes of an answer are kept; when more comes the rest is not waited for.
 */
#include "http_client_private.h"
#include "xmalloc.h"

#include <stdio.h>
#include <unistd.h>

#define TRACEPARENT "traceparent: "
enum { MS_PER_S = 1000, METHOD_MAX = 16, METHOD_UNKNOWN = 405 };

/* --- what curl calls --------------------------------------------------------------------------------- */

static curl_socket_t on_open_socket (void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    transfer_t *self = arg;
    (void)purpose;
    if (!self->private_allowed && http_target_private (&address->addr)) {
        self->private_target = true;
        return CURL_SOCKET_BAD;
    }
    return socket (address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A connection that is kept open may have been dialled for a call that was allowed more. */
static int on_connected (void *arg, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    transfer_t *self = arg;
    (void)own_ip, (void)peer_port, (void)own_port;
    self->private_target = !self->private_allowed && http_target_private_text (peer_ip);
    return self->private_target ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t on_body (char *bytes, size_t one, size_t size, void *arg)
{
    transfer_t *self = arg;
    size_t room = self->answer_max - self->answer_size;
    size_t taken = size * one < room ? size * one : room;
    if (taken) {
        self->answer = xrealloc (self->answer, self->answer_size + taken);
        memcpy (self->answer + self->answer_size, bytes, taken);
        self->answer_size += taken;
    }
    return taken; /* less than came ends the transfer */
}

/* --- from call to handle ----------------------------------------------------------------------------- */

static bool plain (const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static const char *cannot_begin (const http_call_t *call)
{
    if (strlen (call->method) > METHOD_MAX ||
        strspn (call->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen (call->method))
        return "the method is not a word in capitals";
    if (!plain (call->url))
        return "the URL has a control character";
    for (const char *const *header = call->headers; header && *header; header++)
        if (!plain (*header))
            return "a header has a control character";
    if (call->trace && !plain (call->trace))
        return "the traceparent has a control character";
    return NULL;
}

static void set_method (CURL *easy, const transfer_t *self, const http_call_t *call)
{
    if (call->body_size || strcmp (call->method, "POST") == 0 || strcmp (call->method, "PUT") == 0) {
        curl_easy_setopt (easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
        curl_easy_setopt (easy, CURLOPT_POSTFIELDS, self->body);
    }
    if (strcmp (call->method, "HEAD") == 0)
        curl_easy_setopt (easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt (easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_limits (CURL *easy, const http_call_t *call)
{
    curl_easy_setopt (easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L); /* else a name server that is dead holds up the loop */
    curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt (easy, CURLOPT_PROXY, "");
    curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt (easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    http_client_keep_authorities (easy);
}

static void set_callbacks (CURL *easy, transfer_t *self)
{
    curl_easy_setopt (easy, CURLOPT_PRIVATE, self);
    curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, self->error);
    curl_easy_setopt (easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt (easy, CURLOPT_OPENSOCKETDATA, self);
    curl_easy_setopt (easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt (easy, CURLOPT_PREREQDATA, self);
    curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt (easy, CURLOPT_WRITEDATA, self);
}

transfer_t *transfer_new (http_client_t *client, const http_call_t *call, http_answer_fn *fn, void *arg)
{
    transfer_t *self = xcalloc (1, sizeof *self);
    *self = (transfer_t){.client = client,
                         .timeout_ms = call->timeout_ms,
                         .answer_max = call->answer_max ? call->answer_max : HTTP_ANSWER_MAX,
                         .private_allowed = call->private_allowed,
                         .secret_url = call->secret_url,
                         .fn = fn,
                         .arg = arg};
    self->refused = cannot_begin (call);
    if (self->refused)
        return self;
    self->easy = xcheck (curl_easy_init ());
    self->body = xmemdup (call->body, call->body_size);
    self->header = call->header ? xstrdup (call->header) : NULL;
    for (const char *const *header = call->headers; header && *header; header++)
        self->headers = xcheck (curl_slist_append (self->headers, *header));
    if (call->trace && *call->trace) {
        char line[sizeof TRACEPARENT + TRACE_SIZE];
        snprintf (line, sizeof line, TRACEPARENT "%s", call->trace);
        self->headers = xcheck (curl_slist_append (self->headers, line));
    }
    self->headers = xcheck (curl_slist_append (self->headers, "Expect:"));
    curl_easy_setopt (self->easy, CURLOPT_URL, call->url);
    curl_easy_setopt (self->easy, CURLOPT_HTTPHEADER, self->headers);
    set_method (self->easy, self, call);
    set_limits (self->easy, call);
    set_callbacks (self->easy, self);
    return self;
}

void transfer_destroy (transfer_t **self_p)
{
    transfer_t *self = *self_p;
    *self_p = NULL;
    if (self->easy)
        curl_easy_cleanup (self->easy);
    curl_slist_free_all (self->headers);
    free (self->body);
    free (self->header);
    free (self->answer);
    free (self);
}

/* --- from result to answer --------------------------------------------------------------------------- */

static const char *why (transfer_t *self, CURLcode code)
{
    if (self->refused)
        return self->refused;
    if (self->private_target)
        return "the target's address is private";
    if (code == CURLE_OPERATION_TIMEDOUT) {
        snprintf (self->error, sizeof self->error, "no answer within %d ms", self->timeout_ms);
        return self->error;
    }
    return self->error[0] && !self->secret_url ? self->error : curl_easy_strerror (code);
}

/* No connection was made. */
static bool unsent (const transfer_t *self, CURLcode code)
{
    return !self->easy || self->private_target || code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_SSL_CONNECT_ERROR;
}

/* Of several the first; NULL: there is none. */
static const char *header_of (const transfer_t *self, const char *name)
{
    struct curl_header *found;
    bool there = name && curl_easy_header (self->easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK;
    return there ? found->value : NULL;
}

void transfer_finish (transfer_t *self, CURLcode code)
{
    http_answer_t answer = {
        .error = "", .header = "", .body = self->answer ? self->answer : "", .body_size = self->answer_size};
    bool cut = code == CURLE_WRITE_ERROR && self->answer_size == self->answer_max;
    if (self->easy && (code == CURLE_OK || cut)) {
        long status = 0;
        curl_off_t seconds = 0;
        curl_easy_getinfo (self->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo (self->easy, CURLINFO_RETRY_AFTER, &seconds);
        answer.status = (int)status;
        answer.cut = cut;
        answer.retry_after_ms = (int64_t)seconds * MS_PER_S;
        const char *header = header_of (self, self->header);
        answer.header = header ? header : "";
        answer.allow = status == METHOD_UNKNOWN ? header_of (self, "Allow") : NULL;
    } else
        answer = (http_answer_t){.error = why (self, code), .header = "", .body = "", .unsent = unsent (self, code)};
    self->fn (self->arg, &answer);
}
