/* find.c - /search: what the board has, and what only the store has: a contact that is closed, by its id; a customer of whom
 * nothing is open, by their id, mail address, number or handle.
 *
 * The board is looked at bit by bit (chores.h), while all else goes on.
 * Limits: names of customers are found where something of theirs is on the board. */
#include "room.h"

#include "identity.h"
#include "ids.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <ctype.h>

enum { SEARCH_LIMIT = 50, ASKED = 2 };

typedef struct search {
    visit_t *visit;
    room_t *room;
    unsigned era;
    bool by_id; /* else by an identity */
    char words[ADDRESS_SIZE];
    char id[ID_SIZE]; /* of the customer, as far as is known; by_id: of either */
    contact_t contact;
    customer_t customer;
    board_found_t found;
    board_search_t *board; /* goes on; its board is the room's of that era */
} search_t;

static void answer (search_t *self)
{
    size_t size;
    console_t *console = self->visit->console;
    if (self->board) {
        char *text = board_search_end (&self->board, self->found, &size);
        visit_json (&self->visit, 200, text, size, NULL);
        free (text);
    } else
        visit_refuse (&self->visit, self->era == self->room->era ? REFUSED_STOPPING : REFUSED_READING,
                      "nothing was looked for");
    free (self);
    console_release (console);
}

static bool look (void *arg, bool over)
{
    search_t *self = arg;
    if (over || self->era != self->room->era)
        board_search_destroy (&self->board);
    else if (board_search_on (self->board, BOARD_SEARCH_BIT))
        return true;
    answer (self);
    return false;
}

/* What the store has is known. */
static void look_at_board (search_t *self)
{
    console_t *console = self->visit->console;
    if (console->stopped || self->era != self->room->era) {
        answer (self);
        return;
    }
    self->board = board_search_new (self->room->board, self->words, SEARCH_LIMIT);
    chores_add (console->chores, look, self);
}

static void take_customer (search_t *self, const store_value_t *value)
{
    record_head_t head;
    if (value->bytes && customer_unpack (value->bytes, value->size, &head, &self->customer) == RECORD_OK &&
        !self->customer.forgotten)
        self->found.customer = &self->customer;
}

static void on_customer (void *arg, const store_values_t *values)
{
    search_t *self = arg;
    if (!values->away && values->n == 1)
        take_customer (self, &values->items[0]);
    look_at_board (self);
}

/* The index leads to another record than the derived one. */
static bool leads_on (search_t *self, const store_value_t *index)
{
    char key[KEY_SIZE], id[ID_SIZE] = "";
    if (!index->bytes || index->size != ID_SIZE - 1)
        return false;
    memcpy (id, index->bytes, ID_SIZE - 1);
    if (!id_valid (id))
        return false;
    const char *keys[] = {key_customer (key, self->room->shard, self->room->workspace, id)};
    store_get (room_store (self->room), keys, 1, on_customer, self);
    return true;
}

static void on_found (void *arg, const store_values_t *values)
{
    search_t *self = arg;
    record_head_t head;
    if (values->away || values->n != ASKED) {
        look_at_board (self); /* what the board has is worth showing */
        return;
    }
    const store_value_t *first = &values->items[0];
    if (!self->by_id && leads_on (self, first))
        return;
    if (self->by_id && first->bytes && contact_unpack (first->bytes, first->size, &head, &self->contact) == RECORD_OK)
        self->found.contact = &self->contact;
    take_customer (self, &values->items[1]);
    look_at_board (self);
}

static void ask (search_t *self)
{
    char keys[ASKED][KEY_SIZE];
    const room_t *room = self->room;
    const char *list[ASKED] = {self->by_id ? key_contact (keys[0], room->shard, room->workspace, self->id)
                                           : key_identity (keys[0], room->shard, room->workspace, self->id),
                               key_customer (keys[1], room->shard, room->workspace, self->id)};
    store_get (room_store (room), list, ASKED, on_found, self);
}

/* Ids are written in capitals, and typed as they come. */
static bool is_id (search_t *self)
{
    char id[ID_SIZE] = "";
    if (!word_fits (id, sizeof id, self->words))
        return false;
    for (char *at = id; *at; at++)
        *at = (char)toupper ((unsigned char)*at);
    WORD_COPY (self->id, id);
    return id_valid (id);
}

static bool is_identity (search_t *self)
{
    identity_t identity;
    const policy_t *policy = board_policy (self->room->board);
    if (!identity_parse (self->words, &identity) && !identity_phone (policy->country, self->words, &identity))
        return false;
    customer_id_of (&identity, self->id);
    return true;
}

void board_find (visit_t **self_p)
{
    room_t *room = room_ready_of (self_p);
    if (!room)
        return;
    const char *words = http_query ((*self_p)->http, "q");
    search_t *self = xcalloc (1, sizeof *self);
    *self = (search_t){.room = room, .era = room->era};
    if (word_empty (words) || !word_fits (self->words, sizeof self->words, words)) {
        visit_refuse (self_p, REFUSED_QUERY,
                      "'q' must say what to look for, in at most %zu bytes: a customer, words of the "
                      "subject, an id",
                      sizeof self->words - 1);
        free (self);
        return;
    }
    self->visit = *self_p;
    *self_p = NULL;
    console_hold (room->console);
    self->by_id = is_id (self);
    if (self->by_id || is_identity (self))
        ask (self);
    else
        look_at_board (self);
}
