/* look.c - what a scenario sees of the world: contacts by alias, timelines in words, leftovers. */
#include "replay.h"

#include "keys.h"
#include "record.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>

enum { KEYS_MAX = 4096 };

static struct {
    char alias[NAME_SIZE], id[ID_SIZE];
    bool open;
} aliases[ALIASES_MAX];
static size_t aliases_n;
static bool leave_outbox, leave_dead, leave_audit;

static size_t alias_find (const char *alias)
{
    size_t i = 0;
    while (i < aliases_n && strcmp (aliases[i].alias, alias) != 0)
        i++;
    return i;
}

void alias_set (const char *alias, const char *id)
{
    size_t i = alias_find (alias);
    if (i < aliases_n && strcmp (aliases[i].id, id) != 0)
        fail ("'%s' is %s already, not %s", alias, aliases[i].id, id);
    if (i == ALIASES_MAX)
        fail ("too many contacts");
    aliases_n += i == aliases_n;
    WORD_COPY (aliases[i].alias, alias);
    WORD_COPY (aliases[i].id, id);
}

const char *alias_id (const char *alias)
{
    size_t i = alias_find (alias);
    if (i == aliases_n)
        fail ("nothing was submitted as '%s'", alias);
    return aliases[i].id;
}

void alias_leave (const char *alias)
{
    alias_id (alias);
    aliases[alias_find (alias)].open = true;
}

void look_leave (const char *what)
{
    bool *flags[] = {&leave_outbox, &leave_dead, &leave_audit};
    static const char *const words[] = {"outbox", "dead", "audit"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp (words[i], what) == 0) {
            *flags[i] = true;
            return;
        }
    }
    fail ("'%s' can't be left", what);
}

contact_t look_contact (const char *alias)
{
    char key[KEY_SIZE];
    size_t size = 0;
    record_head_t head;
    contact_t contact;
    const void *bytes = fake_store_string (key_contact (key, 0, WORKSPACE, alias_id (alias)), &size);
    if (!bytes || contact_unpack (bytes, size, &head, &contact) != RECORD_OK)
        fail ("the record of '%s' can't be read", alias);
    return contact;
}

/* --- timelines -------------------------------------------------------------------------------------------- */

static void add (char *line, size_t size, const char *before, const char *word)
{
    size_t used = strlen (line);
    if (word && *word)
        snprintf (line + used, size - used, "%s%s", before, word);
}

/* "offered to ada promise first_response: why, in words "text"". */
static void fact_line (const Buckstop__V1__Fact *fact, char *line, size_t size)
{
    snprintf (line, size, "%s", fact_kind_name (fact->kind));
    add (line, size, " ", fact->promise ? promise_kind_name (fact->promise) : "");
    add (line, size, " by ", fact->by);
    add (line, size, " to ", fact->to);
    add (line, size, ": ", fact->detail);
    if (fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_HELD) {
        char until[32];
        snprintf (until, sizeof until, "%lld s", (long long)(fact->due - FAKE_START_MS) / 1000);
        add (line, size, ", held until ", until);
    }
    add (line, size, " | ", fact->text);
}

typedef void (fact_fn) (void *arg, const Buckstop__V1__Fact *fact, const char *line);

static void each_fact (const char *id, fact_fn *fn, void *arg)
{
    char key[KEY_SIZE], line[2048];
    size_t size = 0;
    key_timeline (key, 0, WORKSPACE, id);
    for (size_t i = 0;; i++) {
        const char *bytes = fake_store_item (key, i, &size, NULL);
        if (!bytes)
            return;
        Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, size, (const uint8_t *)bytes);
        for (size_t f = 0; event && f < event->n_facts; f++) {
            fact_line (event->facts[f], line, sizeof line);
            fn (arg, event->facts[f], line);
        }
        if (event)
            buckstop__v1__event__free_unpacked (event, NULL);
    }
}

typedef struct hits {
    const char *words;
    size_t n;
} hits_t;

static void count_hit (void *arg, const Buckstop__V1__Fact *fact, const char *line)
{
    (void)fact;
    hits_t *hits = arg;
    hits->n += strstr (line, hits->words) != NULL;
}

size_t look_timeline (const char *alias, const char *words)
{
    hits_t hits = {.words = words};
    each_fact (alias_id (alias), count_hit, &hits);
    return hits.n;
}

static void print_fact (void *arg, const Buckstop__V1__Fact *fact, const char *line)
{
    fprintf (arg, "    %8.1f  %s\n", (double)(fact->at - FAKE_START_MS) / 1000, line);
}

void look_print_timeline (FILE *out, const char *id)
{
    each_fact (id, print_fact, out);
}

typedef struct ends {
    size_t notices, ended;
} ends_t;

static void count_ends (void *arg, const Buckstop__V1__Fact *fact, const char *line)
{
    (void)line;
    ends_t *self = arg;
    self->notices += fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE;
    self->ended += fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERED ||
                   fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_FAILED ||
                   fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_BUNDLED ||
                   fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_MOOT;
}

size_t look_notices (const char *alias, size_t *ended)
{
    ends_t ends = {0};
    each_fact (alias_id (alias), count_ends, &ends);
    *ended = ends.ended;
    return ends.notices;
}

/* --- the end ------------------------------------------------------------------------------------------------ */

static char first_found[1024];

static void note_first (const delivery_t *delivery, const char *key)
{
    snprintf (first_found, sizeof first_found, "%s by way %d to %s, attempt %u, due in %.1f s, timer in %.1f s: %s",
              key, (int)delivery->way, delivery->address, delivery->attempts,
              (double)(delivery->due - fake_store_now ()) / 1000,
              (double)(fake_store_score ("b:{0}:due:d", key + strlen ("b:{0}:d:")) - fake_store_now ()) / 1000,
              delivery->last_error);
}

const char *look_first_delivery (void)
{
    return first_found;
}

size_t look_outbox (bool dead)
{
    const char *keys[KEYS_MAX];
    size_t n = fake_store_keys ("b:{0}:d:", keys, KEYS_MAX), found = 0;
    for (size_t i = 0; i < n; i++) {
        size_t size = 0;
        record_head_t head;
        delivery_t delivery;
        const void *bytes = fake_store_string (keys[i], &size);
        if (!bytes || delivery_unpack (bytes, size, &head, &delivery) != RECORD_OK)
            continue;
        if (delivery.dead == dead && found++ == 0)
            note_first (&delivery, keys[i]);
        delivery_clear (&delivery);
    }
    return found;
}

static void contacts_ended (void)
{
    for (size_t i = 0; i < aliases_n; i++) {
        char key[KEY_SIZE];
        size_t size = 0;
        if (aliases[i].open || !fake_store_string (key_contact (key, 0, WORKSPACE, aliases[i].id), &size))
            continue;
        contact_t contact = look_contact (aliases[i].alias);
        if (contact.state < BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED)
            fail ("leftover: %s is still %s", aliases[i].alias, contact_state_name (contact.state));
    }
}

void look_leftovers (void)
{
    char words[512] = "";
    contacts_ended ();
    if (!leave_outbox && look_outbox (false))
        fail ("leftover: %zu in the outbox: %s", look_outbox (false), look_first_delivery ());
    if (!leave_dead && look_outbox (true))
        fail ("leftover: %zu dead letters: %s", look_outbox (true), look_first_delivery ());
    if (outputs_left ())
        fail ("leftover: nobody expected %s", outputs_left ());
    if (!leave_audit && !stage_audit (words, sizeof words))
        fail ("leftover: audit: %s", words);
}
