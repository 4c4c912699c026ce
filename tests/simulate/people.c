/* people.c - who works there: a shift each, presence that is renewed or forgotten, and what they do with what they
 * hold. They look at the contacts as the last commit left them, so what they do may be overtaken: as in life. */
#include "sim.h"

#include "words.h"
#include "xmalloc.h"

#include <jansson.h>
#include <stdio.h>

enum { BEAT_MS = 60 * 1000, LOOK_MS = 50 * 1000, NIGHT_LOOK_MS = 40 * 60 * 1000 };

typedef struct worker {
    const char *name;
    int64_t from, to; /* of the shift, after the day's start */
    bool here;        /* beats */
    int quick;        /* percent: how often they do what is to be done */
} worker_t;

static worker_t workers[] = {{"ada"}, {"ben"}, {"eva"}, {"finn"}, {"lena"}, {"mira"}};
enum { WORKERS = sizeof workers / sizeof *workers };
static bool ended;

/* --- presence -------------------------------------------------------------------------------------------- */

static void beaten (void *arg, int status, const char *body)
{
    (void)arg;
    static const int fine[] = {-1, 0, 200, 404, 409, 422, 429, 503};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (fine[i] == status)
            return;
    if (!laws_poisoned ())
        broken ("4 (answers)", NULL, "presence was answered %d %s", status, body);
}

static void presence (const worker_t *self, const char *method)
{
    char target[96];
    snprintf (target, sizeof target, "/v1/people/%s/presence", self->name);
    door_send (&(door_request_t){.method = method, .target = target, .fn = beaten});
}

static void beat (void *arg)
{
    worker_t *self = arg;
    if (self->here)
        presence (self, "PUT");
    fake_at (BEAT_MS, beat, self);
}

static bool on_shift (const worker_t *self)
{
    int64_t now = (fake_wall () - FAKE_START_MS) % MS_PER_DAY;
    return self->from <= self->to ? now >= self->from && now < self->to : now >= self->from || now < self->to;
}

static void comes_and_goes (worker_t *self)
{
    bool wants = ended || on_shift (self);
    if (self->here && (!wants || chance (3))) {
        self->here = false;
        if (chance (50)) /* else they forget to say so */
            presence (self, "DELETE");
    } else if (!self->here && wants && (ended || chance (60))) {
        self->here = true;
        presence (self, "PUT");
    }
}

/* --- what they do ------------------------------------------------------------------------------------------ */

typedef struct deed {
    int text;
    char contact[ID_SIZE];
} deed_t;

static void done (void *arg, int status, const char *body)
{
    deed_t *self = arg;
    static const int fine[] = {-1, 0, 200, 202, 404, 409, 410, 422, 429, 500, 503};
    bool known = false;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        known |= fine[i] == status;
    if (!known || (status == 500 && !laws_poisoned ()))
        broken ("4 (answers)", self->contact, "an action was answered %d %s", status, body);
    if ((status == 200 || status == 202) && self->text >= 0)
        laws_text_acked (self->text, self->contact);
    free (self);
}

static const char *others_name (const worker_t *self)
{
    const char *name = workers[draw (WORKERS)].name;
    return strcmp (name, self->name) == 0 ? "lena" : name;
}

static void act (const worker_t *self, const shadow_t *shadow, const char *action)
{
    char target[128], text[64], key[32];
    deed_t *deed = xcalloc (1, sizeof *deed);
    WORD_COPY (deed->contact, shadow->id);
    json_t *body = json_pack ("{s:s, s:s}", "action", action, "person", self->name);
    bool counted = strcmp (action, "reply") == 0 || strcmp (action, "note") == 0;
    int number = laws_text_new (text, sizeof text);
    deed->text = counted ? number : -1;
    snprintf (key, sizeof key, "a%d", number);
    if (counted)
        json_object_set_new (body, "text", json_string (text));
    if (strcmp (action, "release") == 0)
        json_object_set_new (body, "text", json_string ("they called"));
    if (strcmp (action, "release") == 0)
        json_object_set_new (body, "promise", json_string (chance (50) ? "first_response" : "next_response"));
    if (strcmp (action, "wait") == 0 && chance (50))
        json_object_set_new (body, "text", json_string ("could you say more?"));
    if (strcmp (action, "transfer") == 0 && chance (70))
        json_object_set_new (body, "to_person", json_string (others_name (self)));
    else if (strcmp (action, "transfer") == 0)
        json_object_set_new (body, "to_team", json_string (chance (60) ? "front" : "cards"));
    snprintf (target, sizeof target, "/v1/contacts/%s/actions", shadow->id);
    char *bytes = json_dumps (body, 0);
    door_send (&(door_request_t){.method = "POST",
                                 .target = target,
                                 .body = bytes,
                                 .key = key,
                                 .again = chance (85),
                                 .twice = chance (6),
                                 .fn = done,
                                 .arg = deed});
    free (bytes);
    json_decref (body);
}

static const char *pick (const char *const *words, size_t n)
{
    return words[draw (n)];
}
#define PICK(...) pick ((const char *const[]){__VA_ARGS__}, sizeof (const char *[]){__VA_ARGS__} / sizeof (char *))

static void looks_at (const worker_t *self, const shadow_t *shadow)
{
    const contact_t *c = &shadow->last;
    if (!shadow->known || shadow->gone || shadow->poisoned)
        return;
    if (chance (1)) { /* anything by anybody */
        act (self, shadow,
             PICK ("accept", "decline", "reply", "note", "wait", "transfer", "resolve", "reopen", "acknowledge",
                   "release"));
        return;
    }
    if (!chance (self->quick))
        return;
    if (strcmp (c->offered_to, self->name) == 0)
        act (self, shadow, PICK ("accept", "accept", "accept", "accept", "decline"));
    else if (strcmp (c->owner, self->name) == 0 && c->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_OWNED)
        act (self, shadow,
             PICK ("reply", "reply", "reply", "reply", "wait", "transfer", "resolve", "resolve", "note", "decline",
                   "release"));
    else if (strcmp (c->owner, self->name) == 0 && c->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_WAITING)
        act (self, shadow, PICK ("reply", "note", "resolve", "decline"));
    else if (strcmp (c->accountable, self->name) == 0 &&
             c->state < BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED && chance (30))
        act (self, shadow, PICK ("acknowledge", "accept", "note", "resolve", "acknowledge"));
    else if (c->state == BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_RESOLVED && chance (2))
        act (self, shadow, "reopen");
}

static void look (void *arg)
{
    worker_t *self = arg;
    comes_and_goes (self);
    for (size_t i = 0; self->here && !ended && i < laws_contacts (); i++)
        looks_at (self, laws_contact_at (i));
    fake_at (about (self->here || on_shift (self) ? LOOK_MS : NIGHT_LOOK_MS), look, self);
}

void people_begin (void)
{
    for (size_t i = 0; i < WORKERS; i++) {
        worker_t *self = &workers[i];
        self->from = paced (between (0, 23) * MS_PER_HOUR / (i < 4 ? 4 : 1)) / 2;
        self->to = (self->from + between (5, 11) * MS_PER_HOUR) % MS_PER_DAY;
        self->quick = (int)between (25, 95);
        fake_at (between (0, BEAT_MS), beat, self);
        fake_at (between (0, LOOK_MS), look, self);
    }
}

void people_end (void)
{
    ended = true;
}
