/* data.h - the keyspace of the fake store: keys with values of Redis's shapes, in memory. */
#ifndef BUCKSTOP_FAKE_DATA_H
#define BUCKSTOP_FAKE_DATA_H

#include "types.h"

typedef enum data_kind { DATA_STRING, DATA_ZSET, DATA_LIST, DATA_STREAM, DATA_HASH, DATA_SET } data_kind_t;

typedef struct data_item {
    int64_t score; /* ZSET; STREAM: the number */
    char *name;    /* ZSET, SET: the member; HASH: the field; NULL elsewhere */
    size_t name_size;
    char *bytes; /* STRING, LIST, STREAM, HASH: the value; NULL elsewhere */
    size_t size;
} data_item_t;

typedef struct data {
    struct data *next; /* of the same bucket */
    uint64_t hash;     /* of the key */
    char *key;
    data_kind_t kind;
    data_item_t *items; /* ZSET: by score, then by member; the others in order of arrival */
    size_t n, room;
    uint64_t number;   /* STREAM: the last one drawn */
    wall_ms_t expires; /* 0: never */
} data_t;

void data_now (wall_ms_t now); /* keys that expire by then are gone */
void data_clear (void);
data_t *data_find (const char *key);                   /* NULL: absent. Keys are strings without a zero. */
data_t *data_make (const char *key, data_kind_t kind); /* found, or made empty; of that kind */
void data_remove (const char *key);
/* All keys by fn, in no order; fn must not change them. */
typedef void (data_fn) (void *arg, const data_t *data);
void data_each (data_fn *fn, void *arg);
/* Part of them: those at `place`, 0 at first. Returns the next place; 0: that was the last. */
size_t data_visit (size_t place, data_fn *fn, void *arg);

int data_compare (const void *a, size_t a_size, const void *b, size_t b_size); /* as Redis orders bytes */
void data_put (const char *key, const void *bytes, size_t size, wall_ms_t expires);
data_item_t *data_named (data_t *self, const void *name, size_t size);        /* NULL: absent */
void data_place (data_t *self, int64_t score, const void *name, size_t size); /* ZSET: adds or moves */
void data_append (data_t *self, int64_t score, const void *name, size_t name_size, const void *bytes, size_t size);
void data_drop (data_t *self, size_t index);   /* one item; a key without any is gone: self too */
void data_drop_first (data_t *self, size_t n); /* STREAM: so many from its beginning */
/* STREAM: index of the first entry whose number is above that. */
size_t data_after (const data_t *self, int64_t number);
/* ZSET: index of the first item that is not before (score, name). */
size_t data_seek (const data_t *self, int64_t score, const void *name, size_t size);

#endif
