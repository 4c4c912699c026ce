/* peers.c - are the other services ready? Their health doors are asked every two seconds, those that --services names. */
#include "console_private.h"

#include "ids.h"
#include "values.h"
#include "words.h"
#include "xmalloc.h"

#include <string.h>

enum { PEERS_MAX = 64, ASK_MS = 2000, CALL_MS = 1500, URL_SIZE = ADDRESS_SIZE, WHY_SIZE = 121 };

typedef struct peer {
    struct peers *peers;
    char name[NAME_SIZE], url[URL_SIZE], why[WHY_SIZE];
    bool ready, asking;
} peer_t;

struct peers {
    console_t *console;
    size_t n;
    mono_ms_t at;
    peer_t items[PEERS_MAX];
};

/* "name=URL" into name and URL; false: it is none. */
static bool split (const char *text, size_t size, char name[NAME_SIZE], char url[URL_SIZE])
{
    char host[ADDRESS_SIZE];
    const char *equals = memchr (text, '=', size);
    size_t length = equals ? (size_t)(equals - text) : 0;
    if (!length || length >= NAME_SIZE || size - length - 1 >= URL_SIZE)
        return false;
    memcpy (name, text, length);
    name[length] = 0;
    memcpy (url, equals + 1, size - length - 1);
    url[size - length - 1] = 0;
    return name_valid (name) && http_client_host (url, host, sizeof host);
}

bool peers_list_is_fine (const char *text, char why[PARAM_WHY_SIZE])
{
    char name[NAME_SIZE], url[URL_SIZE];
    size_t n = 0;
    for (const char *at = text; *at; at += strspn (at, ",")) {
        size_t size = strcspn (at, ",");
        if (!split (at, size, name, url) || ++n > PEERS_MAX) {
            snprintf (why, PARAM_WHY_SIZE,
                      "write NAME=URL, several with commas between, at most %d: "
                      "intake=http://127.0.0.1:7421,routing=http://127.0.0.1:7422",
                      (int)PEERS_MAX);
            return false;
        }
        at += size;
    }
    return true;
}

struct peers *peers_new (console_t *console, const char *list)
{
    struct peers *self = xcalloc (1, sizeof *self);
    self->console = console;
    for (const char *at = list ? list : ""; *at && self->n < PEERS_MAX; at += strspn (at, ",")) {
        size_t size = strcspn (at, ",");
        peer_t *peer = &self->items[self->n];
        *peer = (peer_t){.peers = self, .why = "not asked yet"};
        self->n += split (at, size, peer->name, peer->url);
        at += size;
    }
    return self;
}

void peers_destroy (struct peers **self_p)
{
    free (*self_p);
    *self_p = NULL;
}

static void on_answer (void *arg, const http_answer_t *answer)
{
    peer_t *self = arg;
    console_t *console = self->peers->console;
    self->asking = false;
    self->ready = answer->status == 200;
    if (self->ready)
        self->why[0] = 0;
    else if (answer->status == 0)
        WORD_COPY (self->why, answer->error);
    else {
        size_t size = answer->body_size < WHY_SIZE ? answer->body_size : WHY_SIZE - 1;
        memcpy (self->why, answer->body, size);
        self->why[size] = 0;
        self->why[strcspn (self->why, "\r\n")] = 0;
    }
    console_release (console);
}

void peers_tick (struct peers *self)
{
    mono_ms_t now = loop_now (self->console->service->loop);
    if (now < self->at)
        return;
    self->at = now + ASK_MS;
    for (peer_t *peer = self->items; peer < self->items + self->n; peer++) {
        char url[URL_SIZE + 8];
        if (peer->asking)
            continue;
        peer->asking = true;
        snprintf (url, sizeof url, "%s/readyz", peer->url);
        console_hold (self->console);
        const http_call_t call = {.method = "GET", .url = url, .timeout_ms = CALL_MS, .private_allowed = true};
        http_client_call (self->console->client, &call, on_answer, peer);
    }
}

void peers_write (const struct peers *self, bool operators, FILE *out)
{
    json_t *all = json_array ();
    for (const peer_t *peer = self->items; peer < self->items + self->n; peer++)
        json_array_append_new (all, json_pack ("{s:s, s:b, s:o}", "name", peer->name, "ready", peer->ready, "why",
                                               value_text (operators || peer->ready ? peer->why : "not ready")));
    json_dumpf (all, out, JSON_COMPACT);
    json_decref (all);
}
