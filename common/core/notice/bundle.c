/* bundle.c - many pages that wait for one person become one: who may be bundled, with whom, and the words.
 *
 * Told: deliveries that are due; a bundle, and which of its lines are moot. Says: one delivery, of which each is a line:
 * what it would have said in its subject, the link to acknowledge it, and whose contact it is. */
#include "bundle.h"

#include "ids.h"
#include "notice_private.h"
#include "words.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

#define PURPOSE(name) BUCKSTOP__V1__DELIVERY_PURPOSE__DELIVERY_PURPOSE_##name

static bool is_page (purpose_t purpose)
{
    return purpose == PURPOSE (STEP) || purpose == PURPOSE (NOBODY) || purpose == PURPOSE (REVIEW) ||
           purpose == PURPOSE (RETURNED);
}

static bool read_by_people (way_kind_t way)
{
    return way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_MAIL || way == BUCKSTOP__V1__WAY_KIND__WAY_KIND_SLACK;
}

bool bundle_may (const delivery_t *self, wall_ms_t now)
{
    bool waited = self->held_until || self->held_since || now - self->due >= BUNDLE_LATE_MS;
    return waited && !self->unsaid && !self->own_id && !self->ended && !self->dead && !*self->dropped &&
           *self->person && (is_page (self->purpose) || self->lines_n) && self->lines_n < BUNDLE_MAX &&
           read_by_people (self->way);
}

bool bundle_together (const delivery_t *a, const delivery_t *b)
{
    return a->way == b->way && word_same (a->person, b->person) && word_same (a->address, b->address) &&
           word_same (a->workspace, b->workspace) && word_same (a->secret, b->secret);
}

/* The lines, and what is around them. */
typedef struct text {
    char *bytes;
    size_t used, size;
} text_t;

static void add (text_t *self, const char *words)
{
    size_t n = strlen (words);
    if (self->used + n + 1 > self->size) {
        self->size = 2 * (self->used + n + 1);
        self->bytes = xrealloc (self->bytes, self->size);
    }
    memcpy (self->bytes + self->used, words, n + 1);
    self->used += n;
}

static void add_line (text_t *text, const delivery_t *bundle, size_t i, const policy_t *policy, wall_ms_t now)
{
    const bundle_line_t *line = &bundle->lines[i];
    const template_slot_t slots[] = {{"contact", line->contact}, {"customer", line->customer}};
    char words[64], link[LINK_SIZE] = "";
    snprintf (words, sizeof words, "%s%zu. ", i ? "\n" : "", i + 1);
    add (text, words);
    add (text, line->subject);
    notice_link (policy, bundle->workspace, line->contact, bundle->person,
                 BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACKNOWLEDGE, now, link);
    if (*link && line->purpose != PURPOSE (RETURNED)) {
        add (text, "\n   I see to it: ");
        add (text, link);
    }
    char *whose = template_expand (*line->customer ? "   Contact {contact}, from {customer}" : "   Contact {contact}",
                                   slots, sizeof slots / sizeof *slots, 1);
    add (text, "\n");
    add (text, whose);
    add (text, "\n");
    free (whose);
}

/* An id follows from those of what went into it, bundles among them: a notice that ended never comes again with the same
 * lines and other bytes. */
static event_id_t id_goes_on (event_id_t so_far, const char *id)
{
    char hex[HASH_HEX_SIZE] = "";
    event_id_hex (so_far, hex);
    return event_id_of ("bundle", hex, id, NULL);
}

static void put_words (delivery_t *out, const char *lines, const policy_t *policy)
{
    char subject[64];
    const policy_person_t *person = policy_person (policy, out->person);
    const policy_template_t *words = policy_template (policy, purpose_name (PURPOSE (BUNDLE)));
    snprintf (subject, sizeof subject, out->lines_n > 1 ? "%zu contacts need a look" : "%zu contact needs a look",
              out->lines_n);
    const template_slot_t slots[] = {
        {"person", person && !word_empty (person->display) ? person->display : out->person},
        {"subject", subject},
        {"text", lines},
        {"workspace", out->workspace},
    };
    size_t slots_n = sizeof slots / sizeof *slots;
    out->subject = template_expand (words ? words->subject : "{subject}", slots, slots_n, 1);
    out->body = template_expand (words ? words->body : "{text}", slots, slots_n, 0);
}

/* What follows from its lines: words. */
static void finish (delivery_t *out, const policy_t *policy, wall_ms_t now)
{
    text_t text = {0};
    for (size_t i = 0; i < out->lines_n; i++) {
        out->urgent |= out->lines[i].urgent;
        add_line (&text, out, i, policy, now);
    }
    put_words (out, text.bytes, policy);
    free (text.bytes);
}

static void put_lines (delivery_t *out, const delivery_t *member, const contact_t *contact)
{
    for (size_t i = 0; i < member->lines_n; i++) { /* it is a bundle itself */
        bundle_line_t *line = &out->lines[out->lines_n++];
        *line = member->lines[i];
        line->subject = xstrdup (line->subject);
    }
    if (member->lines_n)
        return;
    bundle_line_t *line = &out->lines[out->lines_n++];
    *line = (bundle_line_t){.purpose = member->purpose,
                            .promise = member->promise,
                            .created_at = member->created_at,
                            .acknowledged_until = member->acknowledged_until,
                            .says_by = member->says_by,
                            .delay_ms = member->delay_ms,
                            .way = member->way_index + 1,
                            .more = *member->next != 0,
                            .urgent = member->urgent,
                            .subject = xstrdup (member->subject)};
    WORD_COPY (line->delivery, member->id);
    WORD_COPY (line->contact, member->contact);
    WORD_COPY (line->customer, contact ? notice_customer_name (contact, true) : "");
}

/* What was promised first comes first, however late a step spoke of it; of two steps of it the earlier one. */
static bool comes_after (const bundle_line_t *line, const bundle_line_t *other)
{
    int contact = strcmp (line->contact, other->contact);
    wall_ms_t at = line->says_by ? line->says_by : line->created_at;
    wall_ms_t other_at = other->says_by ? other->says_by : other->created_at;
    if (contact || at != other_at)
        return contact ? contact > 0 : at > other_at;
    return line->created_at > other->created_at;
}

/* Whichever was tried again first: they are read contact by contact, by id in the order in which these were opened. */
static void in_order (delivery_t *out)
{
    for (size_t i = 1; i < out->lines_n; i++) {
        bundle_line_t line = out->lines[i];
        size_t at = i;
        for (; at > 0 && comes_after (&out->lines[at - 1], &line); at--)
            out->lines[at] = out->lines[at - 1];
        out->lines[at] = line;
    }
}

/* While a far side is away none is given up for what another was refused. But where one of them waits for so long that it
 * would have been given up by itself, the way is no good: what joins late does not keep it from ending. */
static unsigned attempts_of (const delivery_t *const *members, size_t n, bool patient)
{
    unsigned attempts = members[0]->attempts;
    for (size_t i = 1; i < n; i++)
        if (patient ? members[i]->attempts < attempts : members[i]->attempts > attempts)
            attempts = members[i]->attempts;
    return attempts;
}

static wall_ms_t first_decided (const delivery_t *bundle)
{
    wall_ms_t first = TIME_NEVER;
    for (size_t i = 0; i < bundle->lines_n; i++)
        if (bundle->lines[i].created_at < first)
            first = bundle->lines[i].created_at;
    return first;
}

void bundle_render (const delivery_t *const *members, const contact_t *const *contacts, size_t n,
                    const policy_t *policy, wall_ms_t now, delivery_t *out)
{
    const delivery_t *first = members[0];
    *out = (delivery_t){.purpose = PURPOSE (BUNDLE), .way = first->way, .created_at = now, .due = now};
    WORD_COPY (out->workspace, first->workspace);
    WORD_COPY (out->person, first->person);
    WORD_COPY (out->address, first->address);
    WORD_COPY (out->secret, first->secret);
    out->lines = xcalloc (BUNDLE_MAX, sizeof *out->lines);
    event_id_t id = event_id_of ("bundle", NULL);
    for (size_t i = 0; i < n; i++) {
        const delivery_t *member = members[i];
        if (member->held_since && (!out->held_since || member->held_since < out->held_since))
            out->held_since = member->held_since; /* it is as late as the latest of them */
        put_lines (out, member, contacts[i]);
        id = id_goes_on (id, member->id);
    }
    effect_id (id, 0, out->id);
    in_order (out);
    out->attempts = attempts_of (members, n, now - first_decided (out) < BUNDLE_PATIENCE_MS);
    finish (out, policy, now);
}

const char *bundle_line_moot (const delivery_t *self, size_t line, const contact_t *contact, wall_ms_t now)
{
    const bundle_line_t *of = &self->lines[line];
    delivery_t alone = {.purpose = of->purpose,
                        .promise = of->promise,
                        .created_at = of->created_at,
                        .acknowledged_until = of->acknowledged_until,
                        .delay_ms = of->delay_ms,
                        .urgent = of->urgent};
    WORD_COPY (alone.person, self->person);
    return delivery_moot (&alone, contact, now);
}

void bundle_without (const delivery_t *self, const char *const *moot, const policy_t *policy, wall_ms_t now,
                     delivery_t *out)
{
    *out = *self;
    out->due = now;
    out->urgent = false;
    out->lines_n = 0;
    out->lines = xcalloc (self->lines_n, sizeof *out->lines);
    event_id_t id = id_goes_on (event_id_of ("bundle", NULL), self->id);
    for (size_t i = 0; i < self->lines_n; i++) {
        if (moot[i])
            continue;
        id = id_goes_on (id, self->lines[i].delivery);
        bundle_line_t *line = &out->lines[out->lines_n++];
        *line = self->lines[i];
        line->subject = xstrdup (line->subject);
    }
    effect_id (id, 0, out->id);
    finish (out, policy, now);
}
