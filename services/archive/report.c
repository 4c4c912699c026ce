/* report.c - promises and lost time, counted from the events of an archive.
 *
 * A contact's time is always somewhere, by the state that it was in: that is the cause. What was spent there between the
 * making and the breaking of a promise is that promise's.
 * Limits: contacts that are open at once are in memory; of one that was opened before the archive begins the time before is
 * not known, and counts as nothing's. */
#include "report.h"

#include "words.h"
#include "xmalloc.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLOTS_FIRST = 1024, PROMISES_OPEN = 8, CAUSES = 6, HAPPENED = 7 };

static const struct {
    const char *state, *cause;
} causes[CAUSES] = {{"received", "nobody had looked"},       {"offered", "somebody was asked"},
                    {"queued", "nobody could take it"},      {"owned", "somebody had it"},
                    {"waiting", "it lay with the customer"}, {"resolved", "it was thought to be done"}};

/* Facts that explain: before how many broken promises did they happen? */
static const char *const happened[HAPPENED] = {"offer_expired", "declined",        "nobody", "returned",
                                               "transferred",   "delivery_failed", "bounced"};

typedef struct made {
    char kind[NAME_SIZE];
    int64_t spent[CAUSES]; /* as the contact's stood when it was made */
    unsigned happened[HAPPENED];
} made_t;

typedef struct known {
    struct known *next;
    char id[2 * NAME_SIZE + 2]; /* workspace and contact */
    char rule[NAME_SIZE];
    int state; /* index into causes; -1: none of them */
    wall_ms_t since;
    int64_t spent[CAUSES];
    unsigned happened[HAPPENED];
    made_t made[PROMISES_OPEN];
    size_t made_n;
} known_t;

struct report {
    wall_ms_t from, to;
    uint64_t events, contacts;
    json_t *promises, *groups[4];
    int64_t lost[CAUSES];
    uint64_t lost_of[CAUSES], happened[HAPPENED], broken;
    known_t **slots;
    size_t slots_n, known_n;
};

static const char *const group_names[] = {"channel", "team", "person", "topic"};
enum { GROUPS = sizeof group_names / sizeof *group_names };

report_t *report_new (wall_ms_t from, wall_ms_t to)
{
    report_t *self = xcalloc (1, sizeof *self);
    self->from = from;
    self->to = to ? to : TIME_NEVER;
    self->promises = json_object ();
    for (size_t i = 0; i < GROUPS; i++)
        self->groups[i] = json_object ();
    self->slots_n = SLOTS_FIRST;
    self->slots = xcalloc (self->slots_n, sizeof (void *));
    return self;
}

void report_destroy (report_t **self_p)
{
    report_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->slots_n; i++)
        for (known_t *known = self->slots[i], *next; known; known = next) {
            next = known->next;
            free (known);
        }
    json_decref (self->promises);
    for (size_t i = 0; i < GROUPS; i++)
        json_decref (self->groups[i]);
    free (self->slots);
    free (self);
}

/* ---- contacts */

static known_t **place_of (const report_t *self, const char *id)
{
    known_t **link = &self->slots[word_hash (WORD_HASH, id) % self->slots_n];
    while (*link && strcmp ((*link)->id, id) != 0)
        link = &(*link)->next;
    return link;
}

static void grow (report_t *self)
{
    known_t **was = self->slots;
    size_t n = self->slots_n;
    self->slots_n *= 2;
    self->slots = xcalloc (self->slots_n, sizeof (void *));
    for (size_t i = 0; i < n; i++)
        for (known_t *known = was[i], *next; known; known = next) {
            next = known->next;
            known->next = NULL;
            *place_of (self, known->id) = known;
        }
    free (was);
}

static known_t *know (report_t *self, const char *id)
{
    if (self->known_n >= 2 * self->slots_n)
        grow (self);
    known_t **link = place_of (self, id);
    if (!*link) {
        *link = xcalloc (1, sizeof **link);
        WORD_COPY ((*link)->id, id);
        (*link)->state = -1;
        self->known_n++;
    }
    return *link;
}

static void forget (report_t *self, const char *id)
{
    known_t **link = place_of (self, id), *known = *link;
    if (!known)
        return;
    *link = known->next;
    free (known);
    self->known_n--;
}

/* ---- counting */

static const char *text_of (const json_t *object, const char *key)
{
    const char *text = json_string_value (json_object_get (object, key));
    return text ? text : "";
}

static wall_ms_t time_of (const json_t *object)
{
    struct tm parts = {0};
    const char *rest = strptime (text_of (object, "at"), "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest)
        return 0;
    return (wall_ms_t)timegm (&parts) * MS_PER_SECOND + (*rest == '.' ? strtol (rest + 1, NULL, 10) : 0);
}

static void bump (json_t *rows, const char *name, const char *what)
{
    static const char *const all[] = {"opened", "kept", "broken", "released"};
    json_t *row = json_object_get (rows, *name ? name : "-");
    if (!row) {
        row = json_object ();
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            json_object_set_new (row, all[i], json_integer (0));
        json_object_set_new (rows, *name ? name : "-", row);
    }
    json_integer_set (json_object_get (row, what), json_integer_value (json_object_get (row, what)) + 1);
}

static void count (report_t *self, const known_t *known, const json_t *line, const json_t *fact, const char *what)
{
    const char *names[GROUPS] = {text_of (line, "channel"), text_of (line, "team"),
                                 *text_of (line, "owner") ? text_of (line, "owner") : text_of (line, "accountable"),
                                 known->rule};
    bump (self->promises, text_of (fact, "promise"), what);
    for (size_t i = 0; i < GROUPS; i++)
        bump (self->groups[i], names[i], what);
}

/* Up to that time it was in the state that it is known to be in. */
static void spend (known_t *known, wall_ms_t at)
{
    if (known->state >= 0 && at > known->since)
        known->spent[known->state] += at - known->since;
    if (at > known->since)
        known->since = at;
}

static made_t *find_made (known_t *known, const char *kind)
{
    for (size_t i = known->made_n; i-- > 0;)
        if (strcmp (known->made[i].kind, kind) == 0)
            return &known->made[i];
    return NULL;
}

static void make (known_t *known, const char *kind)
{
    if (known->made_n == PROMISES_OPEN) {
        memmove (known->made, known->made + 1, (PROMISES_OPEN - 1) * sizeof *known->made);
        known->made_n--;
    }
    made_t *made = &known->made[known->made_n++];
    WORD_COPY (made->kind, kind);
    memcpy (made->spent, known->spent, sizeof made->spent);
    memcpy (made->happened, known->happened, sizeof made->happened);
}

static void unmake (known_t *known, made_t *made)
{
    size_t at = (size_t)(made - known->made);
    memmove (made, made + 1, (known->made_n - at - 1) * sizeof *made);
    known->made_n--;
}

static void lose (report_t *self, const known_t *known, const made_t *made)
{
    self->broken++;
    for (size_t i = 0; i < CAUSES; i++) {
        int64_t ms = known->spent[i] - made->spent[i];
        self->lost[i] += ms;
        self->lost_of[i] += ms > 0;
    }
    for (size_t i = 0; i < HAPPENED; i++)
        self->happened[i] += known->happened[i] > made->happened[i];
}

/* ---- one event */

static void take_fact (report_t *self, known_t *known, const json_t *line, const json_t *fact, bool counts)
{
    static const char *const ends[] = {"promise_kept", "promise_broken", "promise_released"};
    const char *name = text_of (fact, "fact"), *kind = text_of (fact, "promise");
    for (size_t i = 0; i < HAPPENED; i++)
        known->happened[i] += strcmp (name, happened[i]) == 0;
    if (strcmp (name, "opened") == 0)
        self->contacts += counts;
    if (strcmp (name, "promise_opened") == 0) {
        spend (known, time_of (fact));
        make (known, kind);
        if (counts)
            count (self, known, line, fact, "opened");
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (strcmp (name, ends[i]) != 0)
            continue;
        made_t *made = find_made (known, kind);
        spend (known, time_of (fact));
        if (counts)
            count (self, known, line, fact, name + sizeof "promise_" - 1);
        if (made && counts && i == 1)
            lose (self, known, made);
        if (made)
            unmake (known, made);
    }
}

static int state_index (const char *state)
{
    for (int i = 0; i < CAUSES; i++)
        if (strcmp (causes[i].state, state) == 0)
            return i;
    return -1;
}

void report_take (report_t *self, const json_t *line)
{
    char id[2 * NAME_SIZE + 2];
    size_t index;
    const json_t *fact;
    wall_ms_t at = time_of (line);
    bool counts = at >= self->from && at < self->to;
    const char *contact = text_of (line, "contact"), *state = text_of (line, "state");
    self->events += counts;
    if (!*contact)
        return;
    snprintf (id, sizeof id, "%s/%s", text_of (line, "workspace"), contact);
    known_t *known = know (self, id);
    if (*text_of (line, "rule"))
        WORD_COPY (known->rule, text_of (line, "rule"));
    json_array_foreach (json_object_get (line, "facts"), index, fact)
    {
        take_fact (self, known, line, fact, counts);
    }
    if (*state) { /* what is only said of it does not name one */
        spend (known, at);
        known->state = state_index (state);
        known->since = at;
    }
    if (strcmp (state, "closed") == 0)
        forget (self, id);
}

/* ---- the end */

json_t *report_json (const report_t *self)
{
    json_t *lost = json_object (), *before = json_object ();
    for (size_t i = 0; i < CAUSES; i++)
        if (self->lost_of[i])
            json_object_set_new (
                lost, causes[i].cause,
                json_pack ("{s:I, s:I}", "ms", (json_int_t)self->lost[i], "promises", (json_int_t)self->lost_of[i]));
    for (size_t i = 0; i < HAPPENED; i++)
        if (self->happened[i])
            json_object_set_new (before, happened[i], json_integer ((json_int_t)self->happened[i]));
    json_t *report = json_pack ("{s:I, s:I, s:O}", "events", (json_int_t)self->events, "contacts",
                                (json_int_t)self->contacts, "promises", self->promises);
    for (size_t i = 0; i < GROUPS; i++)
        json_object_set (report, group_names[i], self->groups[i]);
    json_object_set_new (report, "broken", json_integer ((json_int_t)self->broken));
    json_object_set_new (report, "lost", lost);
    json_object_set_new (report, "happened", before);
    return report;
}
