/* console_private.h - what the files of the console share. */
#ifndef BUCKSTOP_CONSOLE_PRIVATE_H
#define BUCKSTOP_CONSOLE_PRIVATE_H

#include "board.h"
#include "chores.h"
#include "console.h"
#include "ended.h"
#include "http_client.h"
#include "http_server.h"
#include "session.h"
#include "tokens.h"

typedef struct room room_t;

struct console {
    service_t *service;
    console_params_t *params;
    http_server_t *http;
    http_client_t *client;
    tokens_t *tokens;
    ended_t *ended;
    chores_t *chores; /* NULL: it is stopped */
    session_keys_t *keys;
    char proxy_token[TOKEN_SIZE];
    room_t *rooms;
    room_t *left;        /* of workspaces that were removed: freed once nothing that will answer refers to them */
    struct peers *peers; /* other services: peers.c */
    loop_timer_t *tick;
    size_t pending; /* calls that will answer */
    bool draining, stopped;
};

/* The struct is freed once it is stopped and nothing that will answer refers to it. */
void console_hold (console_t *self);
bool console_release (console_t *self);                        /* false: it is stopped (and may be gone) */
room_t *console_room (console_t *self, const char *workspace); /* NULL: no such workspace */

/* ---- visit.c: one request, once it is known who asks. The visit is whoever's it was given to, who answers it. ---- */

typedef struct visit visit_t;
typedef void (visit_fn) (visit_t **self_p);

struct visit {
    console_t *console;
    http_request_t *http;
    visit_fn *fn;
    bearer_t bearer;        /* scope NONE: nobody asked who it is */
    char token[TOKEN_SIZE]; /* with which they act at intake */
    char csrf[CSRF_SIZE];   /* "" : an Authorization header, which no other site can send */
    session_t session;      /* id "" : it is none, and its end is TIME_NEVER */
    bool proxied;           /* the person is the proxy's word, the token an operator's */
    char allow[32];         /* METHOD: what the path knows */
};

visit_t *visit_new (console_t *console, http_request_t *request);
/* Who is it? Then fn, or a refusal. */
void visit_recognise (visit_t **self_p, visit_fn *fn);
/* May it change something: does it come from our own page? Else it is refused, and false. */
bool visit_own_page (visit_t **self_p);
void visit_end (visit_t **self_p); /* without an answer: it was given, or the request taken */

/* ---- answer.c ---- */

typedef enum refused {
    REFUSED_QUERY,
    REFUSED_BODY,
    REFUSED_NO_SESSION,
    REFUSED_TOKEN,
    REFUSED_SCOPE,
    REFUSED_CSRF,
    REFUSED_NOT_YOU,
    REFUSED_PATH,
    REFUSED_METHOD,
    REFUSED_WORKSPACE,
    REFUSED_AWAY,
    REFUSED_STOPPING,
    REFUSED_READING,
    REFUSED_CROWDED,
    REFUSED_INTAKE,
    REFUSED_ANSWER,
    REFUSED_KINDS
} refused_t;

extern const http_header_t answer_headers[]; /* of everything that is answered; ended by a NULL name */
enum { ANSWER_HEADERS_MAX = 16 };
/* Those, and more behind them. */
void answer_headers_with (http_header_t all[ANSWER_HEADERS_MAX], const http_header_t *more);
void visit_refuse (visit_t **self_p, refused_t kind, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
void visit_json (visit_t **self_p, int status, const char *text, size_t size, const http_header_t *more);

/* ---- door.c ---- */
http_handler_fn console_http;

/* ---- assets.c ---- */
void assets_answer (visit_t **self_p, const char *name);

/* ---- handed_on.c: to intake ---- */
void hand_on (visit_t **self_p);

/* ---- sign_in.c ---- */
visit_fn session_post, session_get, session_delete;
#define COOKIE "buckstop"

/* ---- watch_door.c, held.c, find.c: the board ---- */
visit_fn board_get, board_stream, board_held, board_find;

/* ---- peers.c: are the other services ready? ---- */
struct peers *peers_new (console_t *console, const char *list);
void peers_destroy (struct peers **self_p);
void peers_tick (struct peers *self);
void peers_write (const struct peers *self, bool operators, FILE *out); /* a JSON array; to operators it says why not */
bool peers_list_is_fine (const char *text, char why[PARAM_WHY_SIZE]);

#endif
