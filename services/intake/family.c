/* family.c - the newest contacts of one customer.
 *
 * hears: which records belong together, perhaps one of them first. says: their newest contacts, read.
 * A list holds CUSTOMER_CONTACTS_KEPT, as a rule in one range; more where contacts came that nobody read it for (each goes
 * on in the thread of the one before): then range after range, of which the newest are kept.
 * Limits: PAGES_MAX ranges. */
#include "family.h"

#include "ids.h"
#include "keys.h"
#include "words.h"
#include "xmalloc.h"

#include <stdlib.h>
#include <string.h>

enum { RANGE_MAX = CUSTOMER_CONTACTS_KEPT + FAMILY_OLD_MAX, PAGES_MAX = 256 };

typedef struct place {
    char contact[ID_SIZE];
    wall_ms_t opened_at;
} place_t;

struct family {
    family_order_t order;
    family_fn *fn; /* NULL: nobody wants it */
    void *arg;
    size_t begun;     /* ranges of order.ids */
    size_t under_way; /* of them; and one while it is not known who counts */
    bool away;
    place_t places[FAMILY_RECORDS_MAX * RANGE_MAX];
    size_t places_n, total;
    char old[FAMILY_OLD_MAX][ID_SIZE];
    size_t old_n;
};

/* The list of one record. */
typedef struct range {
    family_t *family;
    size_t index;
    place_t newest[RANGE_MAX]; /* the oldest first */
    size_t newest_n;
    char oldest[FAMILY_OLD_MAX][ID_SIZE];
    size_t n; /* seen */
} range_t;

static void add_id (family_order_t *order, const char *id)
{
    for (size_t i = 0; i < order->ids_n; i++)
        if (strcmp (order->ids[i], id) == 0)
            return;
    if (*id && order->ids_n < FAMILY_RECORDS_MAX)
        word_copy (order->ids[order->ids_n++], ID_SIZE, id);
}

void family_of (family_order_t *order, const customer_t *counts, const char *home)
{
    order->ids_n = 0;
    add_id (order, home);
    add_id (order, counts->id);
    for (size_t i = 0; i < counts->merged_n; i++)
        add_id (order, counts->merged[i]);
}

static void finish (family_t *self, const contact_t *contacts, size_t n)
{
    self->fn (self->arg, &(family_found_t){.away = self->away,
                                           .contacts = contacts,
                                           .contacts_n = n,
                                           .total = self->total,
                                           .old = self->old,
                                           .old_n = self->old_n});
    free (self);
}

static void contacts_read (void *arg, const store_values_t *values)
{
    family_t *self = arg;
    size_t n = 0;
    contact_t *contacts = xcalloc (values->n + 1, sizeof *contacts);
    self->away = values->away;
    for (size_t i = 0; i < values->n && n < self->order.max; i++) {
        record_head_t head;
        const store_value_t *value = &values->items[i];
        if (value->bytes && contact_unpack (value->bytes, value->size, &head, &contacts[n]) == RECORD_OK)
            n++;
    }
    finish (self, contacts, n);
    free (contacts);
}

static int newest_first (const void *a, const void *b)
{
    const place_t *one = a, *other = b;
    if (one->opened_at != other->opened_at)
        return one->opened_at < other->opened_at ? 1 : -1;
    return strcmp (other->contact, one->contact);
}

static void read_contacts (family_t *self)
{
    size_t n = self->places_n < self->order.max ? self->places_n : self->order.max;
    if (!self->fn) {
        free (self);
        return;
    }
    if (self->away || !n) {
        finish (self, NULL, 0);
        return;
    }
    qsort (self->places, self->places_n, sizeof *self->places, newest_first);
    char (*room)[KEY_SIZE] = xcalloc (n, KEY_SIZE);
    const char **keys = xcalloc (n, sizeof *keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = key_contact (room[i], self->order.shard, self->order.workspace, self->places[i].contact);
    store_get (self->order.store, keys, n, contacts_read, self);
    free (keys);
    free (room);
}

static void add_place (range_t *self, const store_value_t *value)
{
    place_t place = {.opened_at = value->score};
    size_t seen = self->n++;
    if (value->size >= ID_SIZE)
        return;
    memcpy (place.contact, value->bytes, value->size);
    if (seen < FAMILY_OLD_MAX)
        word_copy (self->oldest[seen], ID_SIZE, place.contact);
    if (!id_valid (place.contact))
        return;
    if (self->newest_n == RANGE_MAX)
        memmove (self->newest, self->newest + 1, --self->newest_n * sizeof *self->newest);
    self->newest[self->newest_n++] = place;
}

static void let_go (family_t *self)
{
    if (--self->under_way == 0)
        read_contacts (self);
}

static void range_end (range_t *self)
{
    family_t *family = self->family;
    memcpy (family->places + family->places_n, self->newest, self->newest_n * sizeof *self->newest);
    family->places_n += self->newest_n;
    family->total += self->n;
    for (size_t i = 0; self->index == 0 && i < FAMILY_OLD_MAX && i + CUSTOMER_CONTACTS_KEPT <= self->n; i++)
        if (*self->oldest[i])
            word_copy (family->old[family->old_n++], ID_SIZE, self->oldest[i]);
    free (self);
    let_go (family);
}

static void read_range (range_t *range);

static void range_read (void *arg, const store_values_t *values)
{
    range_t *self = arg;
    self->family->away |= values->away;
    for (size_t i = 0; i < values->n && i < RANGE_MAX; i++)
        add_place (self, &values->items[i]);
    if (values->n < RANGE_MAX || values->away || self->n >= (size_t)PAGES_MAX * RANGE_MAX)
        range_end (self);
    else
        read_range (self);
}

static void read_range (range_t *range)
{
    char key[KEY_SIZE];
    const family_order_t *order = &range->family->order;
    key_customer_contacts (key, order->shard, order->workspace, order->ids[range->index]);
    store_range (order->store, key, 0, INT64_MAX, (int64_t)range->n, RANGE_MAX, range_read, range);
}

static void read_ranges (family_t *self)
{
    for (; self->begun < self->order.ids_n; self->begun++) {
        range_t *range = xcalloc (1, sizeof *range);
        range->family = self;
        range->index = self->begun;
        self->under_way++;
        read_range (range);
    }
}

family_t *family_begin (const family_order_t *order)
{
    family_t *self = xcalloc (1, sizeof *self);
    self->order = *order;
    self->under_way = 1;
    read_ranges (self);
    return self;
}

void family_go_on (family_t **self_p, const customer_t *counts, family_fn *fn, void *arg)
{
    family_t *self = *self_p;
    *self_p = NULL;
    char home[ID_SIZE];
    WORD_COPY (home, self->order.ids[0]);
    family_of (&self->order, counts, home);
    self->fn = fn;
    self->arg = arg;
    read_ranges (self);
    let_go (self);
}

void family_leave (family_t **self_p)
{
    family_t *self = *self_p;
    *self_p = NULL;
    if (self)
        let_go (self);
}

/* Whoever asks knows a record: there is a range to wait for. */
void family_read (const family_order_t *order, family_fn *fn, void *arg)
{
    family_t *self = family_begin (order);
    self->fn = fn;
    self->arg = arg;
    let_go (self);
}
