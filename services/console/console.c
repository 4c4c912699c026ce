/* console.c - the service: parameters, its rooms, its second, its end.
 *
 * Hears: HTTP (door.c), each workspace's stream of events and the records that it names, from the store. Says: boards
 * (board.h), live; what people do goes to intake (handed_on.c). Owns nothing: sessions are sealed cookies, and those that
 * were ended early stand in the store (ended.c), so any number of consoles may run behind one address, with one
 * --session-key.
 * Limits: all workspaces' open contacts are in memory, at most contacts_max of each; a connection to the store for each
 * workspace. TLS is a proxy's. */
#include "room.h"

#include "clock.h"
#include "log.h"
#include "option_checks.h"
#include "password_file.h"
#include "secret_file.h"
#include "words.h"
#include "xmalloc.h"

#include <errno.h>
#include <sodium.h>

enum { TICK_MS = 1000, BODY_MAX = 1024 * 1024, ANSWER_MS = 6000, KEY_FILE_MAX = 1024 };

console_params_t console_params;

/* ---------------------------------------------------------- parameters */

static bool check_addresses (const char *text, char why[PARAM_WHY_SIZE])
{
    if (address_list_is_fine (text))
        return true;
    snprintf (why, PARAM_WHY_SIZE, "write addresses or networks with commas between: 127.0.0.1,10.0.0.0/8,fd00::/8");
    return false;
}

static bool check_services (const char *text, char why[PARAM_WHY_SIZE])
{
    return peers_list_is_fine (text, why);
}

static const param_t params[] = {
    {"listen", PARAM_STRING, "127.0.0.1:7480", 0, 0, &console_params.listen,
     "address and port of HTTP; port 0: any; elsewhere than on the loopback it belongs behind a proxy that does TLS",
     option_listen},
    {"intake", PARAM_STRING, "http://127.0.0.1:7400", 0, 0, &console_params.intake,
     "URL of intake's HTTP door: what people do goes there, with their token", option_url},
    {"session-key", PARAM_STRING, "", 0, 0, &console_params.session_key,
     "file with at least 32 random bytes that seal sessions; the same for all replicas; none: sessions end with the "
     "process",
     option_password_file},
    {"session-hours", PARAM_NUMBER, "12", 1, 720, &console_params.session_hours, "a session ends after so long"},
    {"trusted-proxy", PARAM_STRING, "", 0, 0, &console_params.trusted_proxy,
     "addresses or networks of proxies that sign people in and say who it is", check_addresses},
    {"proxy-header", PARAM_STRING, "", 0, 0, &console_params.proxy_header,
     "the header in which such a proxy says the person: a name of the policy, or their mail address"},
    {"proxy-token-file", PARAM_STRING, "", 0, 0, &console_params.proxy_token_file,
     "file with an operator's token, with which those people read and act as themselves", option_password_file},
    {"services", PARAM_STRING, "", 0, 0, &console_params.services,
     "health doors of the others, whose readiness is shown: intake=http://127.0.0.1:7421,routing=...", check_services},
    {"contacts-max", PARAM_NUMBER, "200000", 100, 10000000, &console_params.contacts_max,
     "contacts of a workspace in memory, about 1 KB each; more are counted and not shown"},
    {"connections", PARAM_NUMBER, "2048", 16, 65536, &console_params.connections,
     "HTTP connections at once; three quarters of them may watch"},
    {"stream-room", PARAM_NUMBER, "4194304", 65536, 1073741824, &console_params.stream_room,
     "bytes that may wait for somebody who watches; whoever is slower is cut off and comes again"},
    {NULL},
};

/* ------------------------------------------- who still holds on to it */

static void free_rooms (room_t **list)
{
    while (*list) {
        room_t *room = *list;
        *list = room->next;
        room_destroy (&room);
    }
}

static void unref (console_t *self)
{
    if (!self->stopped || self->pending)
        return;
    free_rooms (&self->rooms);
    free_rooms (&self->left);
    peers_destroy (&self->peers);
    session_keys_destroy (&self->keys);
    sodium_memzero (self->proxy_token, sizeof self->proxy_token);
    free (self);
}

void console_hold (console_t *self)
{
    self->pending++;
}

bool console_release (console_t *self)
{
    bool stopped = self->stopped;
    self->pending--;
    unref (self);
    return !stopped;
}

/* --------------------------------------------------------------- rooms */

room_t *console_room (console_t *self, const char *workspace)
{
    for (room_t *room = self->rooms; room; room = room->next)
        if (strcmp (room->workspace, workspace) == 0)
            return room;
    const policy_t *policy = workspaces_policy (self->service->workspaces, workspace);
    if (!policy || self->draining || workspaces_removed (self->service->workspaces, workspace))
        return NULL;
    room_t *room = room_new (self, workspace, policy);
    room->next = self->rooms;
    return self->rooms = room;
}

static void on_policy (void *arg, const char *workspace, const policy_t *policy)
{
    const console_params_t *given = arg;
    room_t *room = given->running && !given->running->draining ? console_room (given->running, workspace) : NULL;
    if (room && board_policy (room->board) != policy)
        room_adopt (room, policy);
}

/* Those whose workspace was removed are shown to nobody any more. */
static void leave_rooms (console_t *self)
{
    for (room_t **link = &self->rooms; *link;) {
        room_t *room = *link;
        if (!workspaces_removed (self->service->workspaces, room->workspace)) {
            link = &room->next;
            continue;
        }
        *link = room->next;
        room_leave (room);
        room->next = self->left;
        self->left = room;
    }
    if (!self->pending)
        free_rooms (&self->left);
}

static void on_tick (void *arg)
{
    console_t *self = arg;
    const char *name;
    size_t watchers = 0, contacts = 0;
    self->tick = loop_at (self->service->loop, loop_now (self->service->loop) + TICK_MS, on_tick, self);
    leave_rooms (self);
    for (size_t i = 0; (name = workspaces_name (self->service->workspaces, i)); i++)
        console_room (self, name);
    peers_tick (self->peers);
    for (room_t *room = self->rooms; room; room = room->next) {
        room_tick (room);
        pulse_tick (room);
        watchers_check (room);
        watchers += room->watchers_n;
        contacts += board_contacts (room->board);
    }
    metric_set ("console_watchers", (double)watchers);
    metric_set ("console_contacts", (double)contacts);
}

/* ------------------------------------------------------- start and end */

/* 0, or said. */
static int read_keys (console_t *self)
{
    const char *path = self->params->session_key;
    char secret[PASSWORD_SIZE], why[PARAM_WHY_SIZE];
    if (word_empty (path)) {
        clock_random (secret, SESSION_KEY_MIN);
        self->keys = session_keys_new (secret, SESSION_KEY_MIN);
        log_fact (LOG_NOTICE_, "", "sessions end with this process", "hint", "--session-key FILE keeps them", NULL);
        return 0;
    }
    if (!password_file_read (path, secret, why)) {
        log_fact (LOG_ERROR_, "", "can't read the session key", "why", why, NULL);
        return -ECANCELED;
    }
    if (strlen (secret) < SESSION_KEY_MIN) {
        log_fact (LOG_ERROR_, "", "the session key is too short", "file", path, "hint",
                  "openssl rand -base64 48 > FILE", NULL);
        return -ECANCELED;
    }
    self->keys = session_keys_new (secret, strlen (secret));
    sodium_memzero (secret, sizeof secret);
    return 0;
}

static int read_proxy_token (console_t *self)
{
    const console_params_t *given = self->params;
    char token[PASSWORD_SIZE], why[PARAM_WHY_SIZE];
    int parts =
        !word_empty (given->trusted_proxy) + !word_empty (given->proxy_header) + !word_empty (given->proxy_token_file);
    if (parts == 0)
        return 0;
    if (parts < 3) {
        log_fact (LOG_ERROR_, "", "a proxy that signs people in needs all three", "hint",
                  "--trusted-proxy, --proxy-header and --proxy-token-file", NULL);
        return -ECANCELED;
    }
    if (!password_file_read (given->proxy_token_file, token, why) ||
        !word_fits (self->proxy_token, sizeof self->proxy_token, token)) {
        log_fact (LOG_ERROR_, "", "can't read the proxy's token", "file", given->proxy_token_file, NULL);
        return -ECANCELED;
    }
    return 0;
}

static int open_http (console_t *self)
{
    char why[HTTP_WHY_SIZE] = "", port[12];
    const http_server_config_t config = {.endpoint = self->params->listen,
                                         .body_max = BODY_MAX,
                                         .timeout_ms = ANSWER_MS,
                                         .connections_max = (unsigned)self->params->connections,
                                         .why = why};
    self->http = http_server_new (self->service->loop, &config, console_http, self);
    if (!self->http) {
        log_fact (LOG_ERROR_, "", "can't listen", "endpoint", self->params->listen, "why", why, NULL);
        return -ECANCELED;
    }
    snprintf (port, sizeof port, "%d", http_server_port (self->http));
    log_fact (LOG_NOTICE_, "", "listening", "http", self->params->listen, "port", port, NULL);
    return 0;
}

static void drain (service_t *service, void *arg)
{
    console_t *self = ((console_params_t *)arg)->running;
    if (!self || self->draining)
        return;
    self->draining = true;
    loop_cancel (service->loop, &self->tick);
    for (room_t *room = self->rooms; room; room = room->next)
        room_close (room);
    if (self->http)
        http_server_drain (self->http);
}

static void stop (service_t *service, void *arg)
{
    console_params_t *given = arg;
    console_t *self = given->running;
    if (!self)
        return;
    drain (service, arg);
    given->running = NULL;
    console_hold (self);
    self->stopped = true;
    chores_destroy (&self->chores);
    http_client_destroy (&self->client);
    http_server_destroy (&self->http);
    tokens_destroy (&self->tokens);
    ended_destroy (&self->ended);
    console_release (self);
}

static int start (service_t *service, void *arg)
{
    console_t *self = xcalloc (1, sizeof *self);
    self->service = service;
    self->params = arg;
    self->params->running = self;
    self->tokens = tokens_new (service->loop, service->store);
    self->ended = ended_new (service->loop, service->store);
    self->client = http_client_new (service->loop);
    self->chores = chores_new (service->loop);
    self->peers = peers_new (self, self->params->services);
    int rc = read_keys (self);
    if (rc == 0)
        rc = read_proxy_token (self);
    if (rc == 0)
        rc = open_http (self);
    if (rc != 0) {
        stop (service, arg);
        return rc;
    }
    workspaces_on_change (service->workspaces, on_policy, arg);
    on_tick (self);
    return 0;
}

static bool idle (service_t *service, void *arg)
{
    (void)service;
    const console_t *self = ((console_params_t *)arg)->running;
    return !self || (self->pending == 0 && http_server_open (self->http) == 0);
}

int console_port (const console_params_t *given)
{
    return given->running ? http_server_port (given->running->http) : 0;
}

const service_kind_t console_kind = {
    .name = "console",
    .summary = "shows operators what happens, live, and lets them act",
    .example = "buckstop-console --redis unix:/run/buckstop/redis.sock --intake http://127.0.0.1:7400",
    .params = params,
    .start = start,
    .drain = drain,
    .idle = idle,
    .stop = stop,
};
