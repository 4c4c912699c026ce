/* family.h - the newest contacts of one customer, over all records that are linked to each other. */
#ifndef BUCKSTOP_FAMILY_H
#define BUCKSTOP_FAMILY_H

#include "customer.h"
#include "store.h"

enum {
    FAMILY_RECORDS_MAX = CUSTOMER_MERGED_MAX + 2, /* who counts, who was merged, and whose identity it was */
    FAMILY_OLD_MAX = 8,
};

typedef struct family_order {
    store_t *store;
    int shard;
    char workspace[NAME_SIZE];
    char ids[FAMILY_RECORDS_MAX][ID_SIZE]; /* of the customers' records; the first is the one that gets new contacts */
    size_t ids_n;
    size_t max; /* contacts that are read; the newest by when they were opened */
} family_order_t;

/* Valid only during the callback. */
typedef struct family_found {
    bool away;
    const contact_t *contacts; /* the newest first; what can't be read, or is gone, is left out */
    size_t contacts_n;
    size_t total;         /* contacts that are known of */
    char (*old)[ID_SIZE]; /* of the first record: what must leave so that one more contact has room there */
    size_t old_n;
} family_found_t;
typedef void (family_fn) (void *arg, const family_found_t *found);

/* The records that belong together, into order->ids: `home`, who counts, and those that this one names. */
void family_of (family_order_t *order, const customer_t *counts, const char *home);
/* A range of each record, all at once (of a long list one after the other), then one read. The order is copied; fn comes
 * once, never from within. */
void family_read (const family_order_t *order, family_fn *fn, void *arg);

/* The same before it is known who counts: the ranges of order->ids are asked for at once. Then one of both, which ends it:
 * told who counts (ids[0] is `home`), it asks for what is left, and fn comes once, perhaps from within; or it is not
 * wanted. */
typedef struct family family_t;
family_t *family_begin (const family_order_t *order);
void family_go_on (family_t **self_p, const customer_t *counts, family_fn *fn, void *arg);
void family_leave (family_t **self_p);

#endif
