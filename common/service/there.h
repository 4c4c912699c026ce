/* there.h - a record that a read did not bring: is there none, or does its key hold something that is no record? The
 * read itself can't tell, and is not made dearer for it: only whoever found nothing asks. */
#ifndef BUCKSTOP_THERE_H
#define BUCKSTOP_THERE_H

#include "store.h"

typedef enum there { THERE_NOT, THERE_SOMETHING, THERE_AWAY } there_t;
typedef void (there_fn) (void *arg, there_t there);
void there_ask (store_t *store, const char *key, there_fn *fn, void *arg);

#endif
