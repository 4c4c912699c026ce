/* forward.c - what waits for a far side is brought forward once that answers again.
 *
 * Told: who was put back since its host keeps failing or has as many calls under way as it may; each answer of a host.
 * Says: commits that move record and timer of one to now, so many as would find a place at once (lanes.c) and are within
 * the limits (throttle.c): each answer makes room for the next ones, so the host gets no more than it has earned.
 * Who is promised a time by a limit stands before them: while somebody waits for that, nothing is brought forward.
 * Limits: in memory, FORWARD_ROWS_MAX of all hosts; who is not remembered, or was put back by another replica that has no
 * answer yet, comes at its own time. A host that is sent nothing is not asked: the first answer comes with whoever is
 * due first. */
#include "notification_private.h"

#include "delivery_sooner.h"
#include "keys.h"
#include "words.h"
#include "xmalloc.h"

/* ---- who waits */

static void drop (notification_t *self, target_t *target, forward_row_t **link)
{
    forward_row_t *row = *link;
    *link = row->next;
    if (target->end == &row->next)
        target->end = link;
    free (row);
    self->forward_n--;
}

void forward_note (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    if (self->forward_n >= FORWARD_ROWS_MAX)
        return;
    target_t *target = target_of (self, delivery);
    if (!target->end)
        target->end = &target->rows;
    forward_row_t **link = delivery->urgent ? &target->rows : target->end;
    forward_row_t *row = xcalloc (1, sizeof *row);
    *row = (forward_row_t){.next = *link, .shard = attempt->shard, .way = delivery->way, .due = attempt->next_due};
    WORD_COPY (row->workspace, delivery->workspace);
    WORD_COPY (row->id, delivery->id);
    *link = row;
    if (!row->next)
        target->end = &row->next;
    self->forward_n++;
}

void forward_forget (notification_t *self, target_t *target)
{
    while (target->rows)
        drop (self, target, &target->rows);
}

/* Those whose own time has come, or nearly, are nobody's business any more. */
static void sweep (notification_t *self, target_t *target)
{
    wall_ms_t soon = store_now (self->service->store) + FORWARD_SOON_MS;
    for (forward_row_t **link = &target->rows; *link;)
        if ((*link)->due <= soon)
            drop (self, target, link);
        else
            link = &(*link)->next;
}

/* ---- a page of them */

typedef struct page {
    notification_t *self;
    target_t *target; /* stays while some of it are coming */
    int shard;
    size_t n, open;
    forward_row_t rows[FORWARD_PAGE];
} page_t;

static void on_sooner (void *arg, const commit_answer_t *answer)
{
    page_t *page = arg;
    notification_t *self = page->self;
    size_t left = --page->open;
    int shard = page->shard;
    target_t *target = page->target;
    if (!left)
        free (page);
    if (!notification_release (self))
        return;
    target->coming--;
    if (answer->outcome != COMMIT_DONE) /* refused: somebody was faster; away: it is done, or comes at its own time */
        return;
    metric_add ("deliveries_brought_forward", 1);
    outbox_due (self, shard, 0);
}

/* Still as it was put back: then nobody has a lease of it. */
static bool waits_still (const page_t *page, size_t i, const store_value_t *value)
{
    delivery_t delivery = {0};
    record_head_t head;
    if (!value->bytes || delivery_unpack (value->bytes, value->size, &head, &delivery) != RECORD_OK)
        return false;
    bool waits = delivery.due == page->rows[i].due && !delivery.dead && !delivery.ended &&
                 delivery.due > store_now (page->self->service->store) + FORWARD_SOON_MS / 2;
    delivery_clear (&delivery);
    return waits;
}

static void on_records (void *arg, const store_values_t *values)
{
    page_t *page = arg;
    notification_t *self = page->self;
    if (!notification_release (self)) {
        free (page);
        return;
    }
    store_t *store = self->service->store;
    page->open = 1; /* this loop */
    for (size_t i = 0; i < page->n; i++) {
        bool waits = !values->away && i < values->n && waits_still (page, i, &values->items[i]);
        if (waits &&
            delivery_sooner (store, page->shard, &values->items[i], store_now (store), NULL, on_sooner, page)) {
            notification_hold (self);
            page->open++;
        } else
            page->target->coming--;
    }
    if (--page->open == 0)
        free (page);
}

/* The first ones of one shard; whose own time has nearly come is left to it. */
static size_t take (page_t *page, unsigned room)
{
    notification_t *self = page->self;
    wall_ms_t soon = store_now (self->service->store) + FORWARD_SOON_MS;
    forward_row_t **link = &page->target->rows;
    while (*link && page->n < room && page->n < FORWARD_PAGE) {
        forward_row_t *row = *link;
        if (row->due > soon && row->shard != page->shard) {
            link = &row->next;
            continue;
        }
        if (row->due > soon)
            page->rows[page->n++] = *row;
        drop (self, page->target, link);
    }
    return page->n;
}

static void begin (notification_t *self, target_t *target, unsigned room)
{
    char keys[FORWARD_PAGE][KEY_SIZE];
    const char *list[FORWARD_PAGE];
    page_t *page = xcalloc (1, sizeof *page);
    *page = (page_t){.self = self, .target = target, .shard = target->rows->shard};
    if (!take (page, room)) {
        free (page);
        return;
    }
    for (size_t i = 0; i < page->n; i++)
        list[i] = key_delivery (keys[i], page->shard, page->rows[i].workspace, page->rows[i].id);
    target->coming += (unsigned)page->n;
    notification_hold (self);
    store_get (self->service->store, list, page->n, on_records, page);
}

void forward_look (notification_t *self, target_t *target)
{
    if (!target->rows || target->fruitless || self->draining || store_still (self->service->store))
        return;
    unsigned room = lanes_room (self, target);
    unsigned limit = throttle_room (self, target->host, target->rows->way);
    if (room && limit)
        begin (self, target, room < limit ? room : limit);
}

void forward_turn (notification_t *self)
{
    if (!self->forward_n)
        return;
    for (target_t *target = targets_next (&self->targets, NULL); target;
         target = targets_next (&self->targets, target)) {
        sweep (self, target);
        forward_look (self, target);
    }
}
