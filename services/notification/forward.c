/* forward.c - what waits for a far side is brought forward once that answers again.
 *
 * Told: who was put back since its host keeps failing or has as many calls under way as it may; each answer of a host.
 * Says: commits that move record and timer of one to now, so many as would find a place at once (lanes.c) and are within
 * the limits (throttle.c): each answer makes room for the next ones, so the host gets no more than it has earned. Who was
 * brought forward counts as there until it is leased here, however slow the store is: else more would come than find a
 * place, and be put back again.
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

static forward_row_t *unlink_row (forward_line_t *line, forward_row_t **link)
{
    forward_row_t *row = *link;
    *link = row->next;
    if (line->end == &row->next)
        line->end = link;
    return row;
}

static void drop (notification_t *self, forward_line_t *line, forward_row_t **link)
{
    free (unlink_row (line, link));
    self->forward_n--;
}

void forward_note (attempt_t *attempt)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    if (self->forward_n >= FORWARD_ROWS_MAX)
        return;
    enum lane_class class = lanes_class (delivery);
    forward_line_t *line = &target_of (self, delivery)->lines[class];
    if (!line->end)
        line->end = &line->first;
    forward_row_t **link = delivery->urgent ? &line->first : line->end;
    forward_row_t *row = xcalloc (1, sizeof *row);
    *row = (forward_row_t){
        .next = *link, .shard = attempt->shard, .way = delivery->way, .class = class, .due = attempt->next_due};
    WORD_COPY (row->workspace, delivery->workspace);
    WORD_COPY (row->id, delivery->id);
    *link = row;
    if (!row->next)
        line->end = &row->next;
    self->forward_n++;
}

/* Those whose own time has come, or nearly, are nobody's business any more. */
static void sweep (notification_t *self, forward_line_t *line)
{
    wall_ms_t soon = store_now (self->service->store) + FORWARD_SOON_MS;
    for (forward_row_t **link = &line->first; *link;)
        if ((*link)->due <= soon)
            drop (self, line, link);
        else
            link = &(*link)->next;
}

/* ---- on the way: brought forward, and not leased here yet ---- */

/* It takes its place in the lane, or will not come. */
static void come (notification_t *self, target_t *target, forward_row_t *row)
{
    if (!row->come)
        lanes_coming (self, target, row->class, -1);
    row->come = true;
}

static void drop_way (notification_t *self, target_t *target, forward_row_t **link)
{
    forward_row_t *row = *link;
    come (self, target, row);
    *link = row->next;
    free (row);
    self->forward_n--;
}

static forward_row_t **link_of (target_t *target, const forward_row_t *row)
{
    forward_row_t **link = &target->on_way;
    while (*link != row)
        link = &(*link)->next;
    return link;
}

void forward_come (const attempt_t *attempt)
{
    notification_t *self = attempt->self;
    const delivery_t *delivery = &attempt->delivery;
    if (!self->forward_n)
        return;
    target_t *target = target_of (self, delivery);
    for (forward_row_t **link = &target->on_way; *link; link = &(*link)->next) {
        if (!word_same ((*link)->id, delivery->id) || !word_same ((*link)->workspace, delivery->workspace))
            continue;
        if ((*link)->asking)
            come (self, target, *link);
        else
            drop_way (self, target, link);
        return;
    }
}

/* Another replica has leased it, or will: its place is free. */
static void sweep_way (notification_t *self, target_t *target)
{
    mono_ms_t now = loop_now (self->service->loop);
    for (forward_row_t **link = &target->on_way; *link;)
        if (!(*link)->asking && now - (*link)->asked_at >= FORWARD_COMING_MS)
            drop_way (self, target, link);
        else
            link = &(*link)->next;
}

/* ---- a page of them */

typedef struct page {
    notification_t *self;
    target_t *target; /* stays while some of it are on the way */
    int shard;
    size_t n;
    forward_row_t *rows[FORWARD_PAGE]; /* the target's; they stay while they are asked for, until the service stops */
} page_t;

typedef struct sooner {
    notification_t *self;
    target_t *target;
    forward_row_t *row;
} sooner_t;

static void on_sooner (void *arg, const commit_answer_t *answer)
{
    sooner_t sooner = *(sooner_t *)arg;
    free (arg);
    notification_t *self = sooner.self;
    if (!notification_release (self))
        return;
    forward_row_t *row = sooner.row;
    int shard = row->shard;
    row->asking = false;
    row->asked_at = loop_now (self->service->loop);
    bool done = answer->outcome == COMMIT_DONE; /* refused: somebody was faster; away: it is done, or comes at its own
                                                   time */
    if (done && !row->come)
        held_due (self, row->workspace, row->id, store_now (self->service->store));
    if (!done || row->come)
        drop_way (self, sooner.target, link_of (sooner.target, row));
    if (!done)
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
    bool waits = delivery.due == page->rows[i]->due && !delivery.dead && !delivery.ended &&
                 delivery.due > store_now (page->self->service->store) + FORWARD_SOON_MS / 2;
    delivery_clear (&delivery);
    return waits;
}

static void bring (page_t *page, size_t i, const store_value_t *value)
{
    notification_t *self = page->self;
    store_t *store = self->service->store;
    sooner_t *sooner = xmalloc (sizeof *sooner);
    *sooner = (sooner_t){self, page->target, page->rows[i]};
    if (waits_still (page, i, value) &&
        delivery_sooner (store, page->shard, value, store_now (store), NULL, on_sooner, sooner)) {
        notification_hold (self);
        return;
    }
    free (sooner);
    drop_way (self, page->target, link_of (page->target, page->rows[i]));
}

static void on_records (void *arg, const store_values_t *values)
{
    static const store_value_t absent = {0};
    page_t *page = arg;
    if (notification_release (page->self))
        for (size_t i = 0; i < page->n; i++)
            bring (page, i, !values->away && i < values->n ? &values->items[i] : &absent);
    free (page);
}

/* The first ones of one shard; whose own time has nearly come is left to it. */
static size_t take (page_t *page, forward_line_t *line, unsigned room)
{
    notification_t *self = page->self;
    target_t *target = page->target;
    wall_ms_t soon = store_now (self->service->store) + FORWARD_SOON_MS;
    forward_row_t **link = &line->first;
    while (*link && page->n < room && page->n < FORWARD_PAGE) {
        if ((*link)->due <= soon) {
            drop (self, line, link);
            continue;
        }
        if ((*link)->shard != page->shard) {
            link = &(*link)->next;
            continue;
        }
        forward_row_t *row = unlink_row (line, link);
        row->asking = true;
        row->next = target->on_way;
        target->on_way = page->rows[page->n++] = row;
        lanes_coming (self, target, row->class, 1);
    }
    return page->n;
}

static void begin (notification_t *self, target_t *target, forward_line_t *line, unsigned room)
{
    char keys[FORWARD_PAGE][KEY_SIZE];
    const char *list[FORWARD_PAGE];
    page_t *page = xcalloc (1, sizeof *page);
    *page = (page_t){.self = self, .target = target, .shard = line->first->shard};
    if (!take (page, line, room)) {
        free (page);
        return;
    }
    for (size_t i = 0; i < page->n; i++)
        list[i] = key_delivery (keys[i], page->shard, page->rows[i]->workspace, page->rows[i]->id);
    notification_hold (self);
    store_get (self->service->store, list, page->n, on_records, page);
}

void forward_look (notification_t *self, target_t *target)
{
    if (target->fruitless || self->draining || store_still (self->service->store))
        return;
    for (int class = 0; class < CLASSES; class ++) {
        forward_line_t *line = &target->lines[class];
        if (!line->first)
            continue;
        unsigned room = lanes_room (self, target, class);
        unsigned limit = throttle_room (self, target->host, line->first->way);
        limit -= limit < target->coming ? limit : target->coming;
        if (room && limit)
            begin (self, target, line, room < limit ? room : limit);
    }
}

void forward_forget (notification_t *self, target_t *target)
{
    for (int class = 0; class < CLASSES; class ++)
        while (target->lines[class].first)
            drop (self, &target->lines[class], &target->lines[class].first);
    while (target->on_way)
        drop_way (self, target, &target->on_way);
}

void forward_turn (notification_t *self)
{
    if (!self->forward_n)
        return;
    for (target_t *target = targets_next (&self->targets, NULL); target;
         target = targets_next (&self->targets, target)) {
        for (int class = 0; class < CLASSES; class ++)
            sweep (self, &target->lines[class]);
        sweep_way (self, target);
        forward_look (self, target);
    }
}
