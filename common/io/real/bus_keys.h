/* bus_keys.h - the folder of keys (bus.h says what stands there). */
#ifndef BUCKSTOP_BUS_KEYS_H
#define BUCKSTOP_BUS_KEYS_H

#include "types.h"

typedef struct bus_keys bus_keys_t;
enum { KEY_BYTES = 32, KEY_TEXT_SIZE = 41 };
typedef enum keys_change { KEYS_SAME, KEYS_MORE, KEYS_FEWER /* one was taken away, whatever came */ } keys_change_t;

/* NULL: why. */
bus_keys_t *bus_keys_new (const char *directory, const char *name, char why[DETAIL_SIZE]);
void bus_keys_destroy (bus_keys_t **self_p);
/* Reads public/ again; a folder that can't be read changes nothing. why: a file that is no key, said once; else "". */
keys_change_t bus_keys_look (bus_keys_t *self, char why[DETAIL_SIZE]);
/* Shows libzmq's socket our keys, before it is bound or connected. False: errno. */
bool bus_keys_apply (const bus_keys_t *self, void *zmq, bool binds);
/* Whose key that is; NULL: nobody's. */
const char *bus_keys_who (const bus_keys_t *self, const unsigned char key[KEY_BYTES]);
/* The public key (text) of a name that stands behind `text`, around from the last to the first; NULL: there is none. */
const char *bus_keys_next (const bus_keys_t *self, const char *name, const char *text);
bool bus_keys_has (const bus_keys_t *self, const char *name, const char *text);

#endif
