/* bundle.c - many pages that wait for one person become one: who may be bundled, with whom, and the words.
 *
 * Told: deliveries that are due, with their contacts as they are. Says: one delivery, of which each is a line: what it
 * would have said in its subject, and the link to acknowledge it. */
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
    bool waited = self->held_until || now - self->due >= BUNDLE_LATE_MS;
    return waited && !self->attempts && !self->own_id && !self->ended && !self->dead && *self->person &&
           is_page (self->purpose) && read_by_people (self->way);
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

static void add_member (text_t *text, const bundle_member_t *member, size_t number, const policy_t *policy,
                        wall_ms_t now)
{
    char words[64], link[LINK_SIZE] = "";
    snprintf (words, sizeof words, "%s%zu. ", number > 1 ? "\n" : "", number);
    add (text, words);
    add (text, member->delivery->subject);
    notice_link (policy, member->contact, member->delivery->person, BUCKSTOP__V1__ACTION_KIND__ACTION_KIND_ACKNOWLEDGE,
                 now, link);
    if (*link && member->delivery->purpose != PURPOSE (RETURNED)) {
        add (text, "\n   I see to it: ");
        add (text, link);
    }
    snprintf (words, sizeof words, "\n   Contact %s\n", member->contact->id);
    add (text, words);
}

static void make_id (const bundle_member_t *members, size_t n, char id[DELIVERY_ID_SIZE])
{
    char so_far[HASH_HEX_SIZE] = "";
    event_id_t event = event_id_of ("bundle", NULL);
    for (size_t i = 0; i < n; i++) {
        event_id_hex (event, so_far);
        event = event_id_of ("bundle", so_far, members[i].delivery->id, NULL);
    }
    effect_id (event, 0, id);
}

static void put_words (delivery_t *out, const char *lines, size_t n, const policy_t *policy)
{
    char subject[64];
    const policy_person_t *person = policy_person (policy, out->person);
    const policy_template_t *words = policy_template (policy, purpose_name (PURPOSE (BUNDLE)));
    snprintf (subject, sizeof subject, "%zu contacts need a look", n);
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

void bundle_render (const bundle_member_t *members, size_t n, const policy_t *policy, wall_ms_t now, delivery_t *out)
{
    text_t lines = {0};
    const delivery_t *first = members[0].delivery;
    *out = (delivery_t){.purpose = PURPOSE (BUNDLE), .way = first->way, .created_at = now, .due = now};
    WORD_COPY (out->workspace, first->workspace);
    WORD_COPY (out->person, first->person);
    WORD_COPY (out->address, first->address);
    WORD_COPY (out->secret, first->secret);
    make_id (members, n, out->id);
    for (size_t i = 0; i < n; i++) {
        out->urgent |= members[i].delivery->urgent;
        add_member (&lines, &members[i], i + 1, policy, now);
    }
    put_words (out, lines.bytes, n, policy);
    free (lines.bytes);
}
