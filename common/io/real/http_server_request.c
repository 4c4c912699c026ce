/* http_server_request.c - one request: what the handler reads of it, and its answer.
 *
 * Limits: a request's head is bounded by the daemon (CONNECTION_MEMORY in http_server.c), its body by body_max, or by the
 * limit of its path.
 */
#include "http_server_private.h"
#include "xmalloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

enum { BODY_ROOM_MIN = 1024, BODY_SMALL = 16 * 1024, HEX = 16 };

static size_t body_max_of (const http_server_t *server, const char *path)
{
    for (const http_limit_t *limit = server->limits; limit && limit->path; limit++)
        if (strncmp (limit->path, path, strlen (limit->path)) == 0)
            return limit->body_max;
    size_t own = server->limit_fn ? server->limit_fn (server->arg, path) : 0;
    return own ? own : server->body_max;
}

http_request_t *http_request_new (http_server_t *server, struct MHD_Connection *connection, const char *method,
                                  const char *path)
{
    size_t method_size = strlen (method) + 1, path_size = strlen (path) + 1;
    http_request_t *self = xcalloc (1, sizeof *self + method_size + path_size);
    self->server = server;
    self->connection = connection;
    self->body_max = body_max_of (server, path);
    self->method = memcpy (self + 1, method, method_size);
    self->path = memcpy (self->method + method_size, path, path_size);
    return self;
}

/* The handler may hold an answered request longer than the server lives. */
static void uncount (http_request_t *self)
{
    if (self->counted)
        self->server->bodies -= self->counted;
    self->counted = 0;
}

static void drop_body (http_request_t *self)
{
    uncount (self);
    free (self->body);
    self->body = NULL;
    self->body_size = self->body_room = 0;
}

void http_request_release (http_request_t *self)
{
    if (self->held || self->connection)
        return;
    if (self->response)
        MHD_destroy_response (self->response);
    free (self->headers.items);
    free (self->queries.items);
    drop_body (self);
    free (self);
}

/* Bodies are held until they are answered: what they take together is bounded, since anybody may send one. Small ones
 * always find room: there are no more of them than connections. */
static bool make_room (http_request_t *self, size_t size)
{
    http_server_t *server = self->server;
    size_t room = self->body_room ? 2 * self->body_room : BODY_ROOM_MIN;
    if (room > self->body_max)
        room = self->body_max;
    if (room < size)
        room = size;
    if (room > BODY_SMALL && server->bodies + (room - self->body_room) > server->bodies_max)
        return false;
    server->bodies += room - self->body_room;
    self->counted = room;
    self->body = xrealloc (self->body, room);
    self->body_room = room;
    return true;
}

bool http_request_keep (http_request_t *self, const void *bytes, size_t size)
{
    if (self->body_size + size > self->body_room && !make_room (self, self->body_size + size)) {
        drop_body (self);
        return false;
    }
    memcpy (self->body + self->body_size, bytes, size);
    self->body_size += size;
    return true;
}

/* --- fields ------------------------------------------------------------------------------------------ */

typedef struct copying {
    size_t n, bytes; /* first pass: what is needed */
    http_header_t *items;
    char *at; /* second pass: where the next string goes */
    bool decode, malformed;
} copying_t;

static int hex_digit (char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    letter |= 'a' - 'A';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* RFC 3986, 2.1; a zero byte is refused, since the strings that we hand out end at it. */
static bool percent_decode (char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '%') {
            int high = hex_digit (from[1]), low = high < 0 ? -1 : hex_digit (from[2]);
            if (low < 0 || high + low == 0)
                return false;
            *to++ = (char)(high * HEX + low);
            from += 2;
        } else
            *to++ = *from;
    }
    *to = 0;
    return true;
}

static enum MHD_Result measure (void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    copying_t *copying = arg;
    (void)kind;
    copying->n++;
    copying->bytes += strlen (name) + 1 + strlen (value ? value : "") + 1;
    return MHD_YES;
}

static const char *copy_string (copying_t *copying, const char *text)
{
    size_t size = strlen (text) + 1;
    char *copy = memcpy (copying->at, text, size);
    copying->at += size;
    if (copying->decode && !percent_decode (copy))
        copying->malformed = true;
    return copy;
}

static enum MHD_Result copy_field (void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    copying_t *copying = arg;
    (void)kind;
    copying->items[copying->n].name = copy_string (copying, name);
    copying->items[copying->n++].value = copy_string (copying, value ? value : "");
    return MHD_YES;
}

static int copy_fields (http_request_t *self, enum MHD_ValueKind kind, bool decode, http_fields_t *fields)
{
    copying_t copying = {.decode = decode};
    MHD_get_connection_values (self->connection, kind, measure, &copying);
    if (!copying.n)
        return 0;
    copying.items = xmalloc (copying.n * sizeof *copying.items + copying.bytes);
    copying.at = (char *)(copying.items + copying.n);
    copying.n = 0;
    MHD_get_connection_values (self->connection, kind, copy_field, &copying);
    *fields = (http_fields_t){copying.items, copying.n};
    return copying.malformed ? -1 : 0;
}

int http_request_copy_fields (http_request_t *self)
{
    int headers = copy_fields (self, MHD_HEADER_KIND, false, &self->headers);
    int queries = copy_fields (self, MHD_GET_ARGUMENT_KIND, true, &self->queries);
    return headers < 0 || queries < 0 ? -1 : 0;
}

const char *http_method (const http_request_t *self)
{
    return self->method;
}

const char *http_path (const http_request_t *self)
{
    return self->path;
}

const char *http_query (const http_request_t *self, const char *name)
{
    for (size_t i = 0; i < self->queries.n; i++)
        if (strcmp (self->queries.items[i].name, name) == 0)
            return self->queries.items[i].value;
    return NULL;
}

const char *http_header (const http_request_t *self, const char *name)
{
    for (size_t i = 0; i < self->headers.n; i++)
        if (strcasecmp (self->headers.items[i].name, name) == 0)
            return self->headers.items[i].value;
    return NULL;
}

const http_header_t *http_queries (const http_request_t *self, size_t *n)
{
    *n = self->queries.n;
    return self->queries.items;
}

const char *http_peer (const http_request_t *self, char peer[HTTP_PEER_SIZE])
{
    static const char mapped[] = "::ffff:";
    const union MHD_ConnectionInfo *info =
        self->connection ? MHD_get_connection_info (self->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS) : NULL;
    const struct sockaddr *at = info ? info->client_addr : NULL;
    peer[0] = 0;
    if (at && at->sa_family == AF_INET6)
        inet_ntop (AF_INET6, &((const struct sockaddr_in6 *)at)->sin6_addr, peer, HTTP_PEER_SIZE);
    else if (at && at->sa_family == AF_INET)
        inet_ntop (AF_INET, &((const struct sockaddr_in *)at)->sin_addr, peer, HTTP_PEER_SIZE);
    return strncmp (peer, mapped, sizeof mapped - 1) == 0 && strchr (peer, '.') ? peer + sizeof mapped - 1 : peer;
}

const void *http_body (const http_request_t *self, size_t *size)
{
    *size = self->body_size;
    return self->body ? self->body : "";
}

/* --- the answer -------------------------------------------------------------------------------------- */

/* Who does not read his answers holds them here: together they are bounded as the bodies are. */
static bool count_answer (http_request_t *self, size_t size)
{
    http_server_t *server = self->server;
    if (!self->connection)
        return true;
    if (size > BODY_SMALL && server->answers && server->answers + size > server->bodies_max)
        return false;
    self->answer_size = size;
    server->answers += size;
    return true;
}

void http_request_answer (http_request_t *self, int status, const char *content_type, const void *body, size_t size,
                          const http_header_t *headers)
{
    if (!count_answer (self, size)) {
        http_request_refuse (self, PROBLEM_CROWDED, "Too many answers wait for who is to read them.");
        return;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer (size, size ? (void *)body : (void *)"", MHD_RESPMEM_MUST_COPY);
    if (!response)
        abort (); /* memory */
    if (content_type)
        MHD_add_response_header (response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    for (; headers && headers->name; headers++)
        MHD_add_response_header (response, headers->name, headers->value); /* refuses line breaks */
    http_request_give (self, status, response);
}

void http_request_give (http_request_t *self, int status, struct MHD_Response *response)
{
    if (self->server->draining)
        MHD_add_response_header (response, MHD_HTTP_HEADER_CONNECTION, "close");
    self->response = response;
    self->status = (unsigned)status;
    self->answered = true;
    uncount (self);
    http_server_answered (self->server, self);
}

void http_request_refuse (http_request_t *self, problem_kind_t kind, const char *detail)
{
    static const http_header_t later[] = {{"Retry-After", "1"}, {NULL, NULL}};
    int status = (int)problem_of (kind)->status;
    json_t *problem = problem_json (problem_of (kind), detail);
    char *text = xcheck (json_dumps (problem, JSON_COMPACT));
    json_decref (problem);
    http_request_answer (self, status, "application/problem+json", text, strlen (text),
                         status == MHD_HTTP_SERVICE_UNAVAILABLE ? later : NULL);
    free (text);
}

void http_respond (http_request_t **self_p, int status, const char *content_type, const void *body, size_t size,
                   const http_header_t *headers)
{
    http_request_t *self = *self_p;
    *self_p = NULL;
    self->held = false;
    if (!self->answered) /* else it was too late: 503 is sent */
        http_request_answer (self, status, content_type, body, size, headers);
    http_request_release (self);
}
