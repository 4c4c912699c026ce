/* pick.h - words out of a payload: templates over paths. Pure.
 *
 *     "{from}"                        of the item at hand
 *     "{/entry.0.id}"                 from the root of the payload
 *     "{../contacts.0.profile.name}"  of the object that holds the item, or the list with the item
 *     "{Headers[Name=Message-ID].Value}"   of a list, the first item whose Name is that word
 *     "{contacts[wa_id={from}].name}"      or that other value
 *     "{'a.b'.c}"                     a key with a '.' in it; {.} is the item itself
 *     "{@header.X-Name}" "{@query.name}" "{@set.name}"   of the request, of the channel's settings
 *     "{@body}" "{@url}" "{@params}" "{@timestamp}"      for signatures: @params are all fields of a form, sorted,
 *                                     each name with its value behind it; @timestamp as `timestamp:` gave it
 *     "{html|html}"                   through filters (pick_filter.c), from left to right
 *     "+{from}, {{not a path}"        with words around it; {{ is a brace
 *
 * A key may lead into a string that holds JSON. A list where an object is expected counts as its first item. A template
 * is there when all that it names is there: a text that is not empty, a number, true or false. */
#ifndef BUCKSTOP_PICK_H
#define BUCKSTOP_PICK_H

#include "policy.h"
#include "policy_arena.h"

#include <glib.h>
#include <jansson.h>

enum {
    PICK_TEXT_MAX = 1024, /* of a template, bytes */
    PICK_STEPS_MAX = 16,
    PICK_FILTERS_MAX = 4,
    PICK_TRAIL_MAX = 2 * PICK_STEPS_MAX + 2,
    PICK_NESTED_MAX = 16, /* strings of one payload that are read as JSON */
};

enum pick_from {
    PICK_ITEM,
    PICK_UP,
    PICK_ROOT,
    PICK_HEADER,
    PICK_QUERY,
    PICK_SETTING,
    PICK_BODY,
    PICK_URL,
    PICK_PARAMS,
    PICK_TIMESTAMP,
};

typedef struct pick_step {
    const char *key; /* of an object, or the index in a list; of a FIND: what is compared in each item of a list */
    bool find;
    const char *is;               /* FIND: with this word, */
    const struct pick_path *same; /* or with what is found there */
} pick_step_t;

typedef struct pick_filter {
    const struct pick_filter_row *row;
    const char *word; /* behind its colon; "" : none */
} pick_filter_t;

typedef struct pick_path {
    enum pick_from from;
    int up;           /* UP: how many */
    const char *name; /* HEADER, QUERY, SETTING */
    const pick_step_t *steps;
    size_t steps_n;
    pick_filter_t filters[PICK_FILTERS_MAX];
    size_t filters_n;
} pick_path_t;

typedef struct pick_part {
    const char *text; /* as it stands; NULL: what the path leads to */
    pick_path_t path;
} pick_part_t;

typedef struct pick {
    const char *source; /* as it was written; NULL: there is no template */
    const pick_part_t *parts;
    size_t parts_n;
} pick_t;

/* Alternatives: the first that is there counts. */
typedef struct picks {
    const pick_t *items;
    size_t n;
} picks_t;

/* False: `why` says what is wrong with it. Strings go to the arena. */
bool pick_parse (struct policy_arena *arena, const char *text, pick_t *pick, char why[DETAIL_SIZE]);
/* A bare path, for `each:`: "entry.changes.value.messages". */
bool pick_path_parse (struct policy_arena *arena, const char *text, pick_path_t *path, char why[DETAIL_SIZE]);
/* Does it look into the payload, so that this must be read first? */
bool pick_needs_payload (const pick_t *pick);

/* What came: header and query are asked by name; NULL: absent. The strings are the request's. */
typedef struct pick_request {
    const char *(*header) (const void *arg, const char *name);
    const char *(*query) (const void *arg, const char *name);
    const void *arg;
    const char *method, *url; /* the URL as the platform called it; NULL: not known */
    const void *body;
    size_t size;
} pick_request_t;

/* Where templates are read. Holds what was made on the way; cleared by pick_scope_clear. */
typedef struct pick_scope {
    const pick_request_t *request;
    const policy_channel_t *channel;
    const char *timestamp;               /* for {@timestamp} */
    const GPtrArray *files;              /* channel_in.h: GBytes of the files that came with it; NULL: none are kept */
    const json_t *trail[PICK_TRAIL_MAX]; /* from the root to the item */
    size_t trail_n;                      /* 0: no payload was read */
    struct pick_nested {
        const json_t *from;
        json_t *value;
    } nested[PICK_NESTED_MAX];
    size_t nested_n;
} pick_scope_t;
void pick_scope_clear (pick_scope_t *self);

/* Appends to `out`; false: something that it names is not there, and `out` is as before. */
bool pick_text (const pick_t *pick, pick_scope_t *scope, GString *out);
/* The first that is there; false: none. */
bool picks_text (const picks_t *picks, pick_scope_t *scope, GString *out);
/* What stands at the path itself, lists among it; NULL: nothing. */
const json_t *pick_value (const pick_path_t *path, pick_scope_t *scope);

/* Each item at the end of a path, through all lists on its way; the scope's trail leads to it while fn is called. False
 * ends the walk. */
typedef bool (pick_item_fn) (void *arg, pick_scope_t *scope);
void pick_each (const pick_path_t *path, pick_scope_t *scope, pick_item_fn *fn, void *arg);

/* JSON that may come from anybody: bounded before it is parsed. NULL: why. */
json_t *pick_json (const void *bytes, size_t size, char why[DETAIL_SIZE]);

/* Filters, by name. Each replaces the text; false: nothing is left. */
typedef bool (pick_filter_fn) (GString *text, const char *word);
typedef struct pick_filter_row {
    const char *name;
    pick_filter_fn *fn;
    bool word; /* it needs one behind a colon */
} pick_filter_row_t;
extern const pick_filter_row_t pick_filters[]; /* ended by a NULL name */

#endif
