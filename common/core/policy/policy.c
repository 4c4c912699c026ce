/* policy.c - the questions that decisions ask of a policy: look-ups, the first rule, what is promised.
 *
 * Hears: a policy (policy_yaml.c reads it) and what a contact looks like. Says: rows of the policy, never
 * a copy. First match wins everywhere, in the order of the policy's text.
 * Limits: words are looked for in the first 64 KiB of a text (policy_match.h), patterns in less (pattern.h). */
#include "policy.h"
#include "pattern.h"
#include "policy_arena.h"
#include "policy_match.h"
#include "words.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Promises where the policy says nothing (design: phone and chat a minute, mail a day). */
static const struct {
    int64_t live_ms, deferred_ms;
} builtin[PROMISE_KINDS] = {
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_ACKNOWLEDGE] = {30 * MS_PER_SECOND, MS_PER_HOUR},
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE] = {60 * MS_PER_SECOND, 24 * MS_PER_HOUR},
    [BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_CALLBACK] = {15 * MS_PER_MINUTE, 24 * MS_PER_HOUR},
};

policy_t *policy_ref (const policy_t *self)
{
    if (self && self->arena)
        arena_ref (self->arena);
    return (policy_t *)self;
}

void policy_destroy (policy_t **self_p)
{
    if (*self_p && (*self_p)->arena) {
        struct policy_arena *arena = (*self_p)->arena; /* the policy lies in it */
        arena_destroy (&arena);
    }
    *self_p = NULL;
}

void policy_stamp (policy_t *self, uint32_t version, const uint8_t link_key[32])
{
    self->version = version;
    memcpy (self->link_key, link_key, sizeof self->link_key);
}

void policy_errors_clear (policy_errors_t *self)
{
    free (self->items);
    self->items = NULL;
    self->n = 0;
}

/* A row of a table by its name, which every kind of row has first. */
static const void *row_named (const void *rows, size_t n, size_t size, const char *name)
{
    if (!name || !*name)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const void *row = (const char *)rows + i * size;
        const char *const *has = row;
        if (strcmp (*has, name) == 0)
            return row;
    }
    return NULL;
}
#define ROW_NAMED(table, name) row_named (self->table, self->table##_n, sizeof *self->table, name)

_Static_assert(offsetof (policy_channel_t, name) == 0, "row_named reads the name there");
_Static_assert(offsetof (policy_team_t, name) == 0, "row_named reads the name there");
_Static_assert(offsetof (policy_person_t, name) == 0, "row_named reads the name there");
_Static_assert(offsetof (policy_rule_t, name) == 0, "row_named reads the name there");
_Static_assert(offsetof (policy_ladder_t, name) == 0, "row_named reads the name there");
_Static_assert(offsetof (policy_hours_t, name) == 0, "row_named reads the name there");
_Static_assert(offsetof (policy_template_t, name) == 0, "row_named reads the name there");

const policy_channel_t *policy_channel (const policy_t *self, const char *name)
{
    return ROW_NAMED (channels, name);
}

const policy_team_t *policy_team (const policy_t *self, const char *name)
{
    return ROW_NAMED (teams, name);
}

static int compare_name (const void *name, const void *row)
{
    const policy_person_t *const *person = row;
    return strcmp (name, (*person)->name);
}

/* There may be thousands, and decisions ask often. */
const policy_person_t *policy_person (const policy_t *self, const char *name)
{
    if (!self->people_by_name || !name)
        return ROW_NAMED (people, name);
    const policy_person_t *const *found =
        bsearch (name, self->people_by_name, self->people_n, sizeof (void *), compare_name);
    return found ? *found : NULL;
}

/* As the policy has it: without what makes a number easier to read. */
static bool same_number (const char *number, const char *who)
{
    static const char beside[] = " -./()";
    if (word_empty (number))
        return false;
    for (who += strspn (who, beside); *number && *number == *who; number++) {
        who++;
        who += strspn (who, beside);
    }
    return !*number && !*who;
}

const policy_person_t *policy_person_called (const policy_t *self, const char *who)
{
    const policy_person_t *named = policy_person (self, who);
    for (size_t i = 0; !named && !word_empty (who) && i < self->people_n; i++)
        if (same_number (self->people[i].phone, who))
            named = &self->people[i];
    return named;
}

const policy_rule_t *policy_rule (const policy_t *self, const char *name)
{
    return ROW_NAMED (rules, name);
}

const policy_ladder_t *policy_ladder (const policy_t *self, const char *name)
{
    const policy_ladder_t *ladder = ROW_NAMED (ladders, name);
    return ladder || self->ladders_n == 0 ? ladder : &self->ladders[0];
}

const calendar_t *policy_hours (const policy_t *self, const char *name)
{
    const policy_hours_t *hours = ROW_NAMED (hours, name);
    return hours ? hours->calendar : NULL;
}

const policy_template_t *policy_template (const policy_t *self, const char *name)
{
    return ROW_NAMED (templates, name);
}

bool policy_team_has (const policy_team_t *team, const char *person)
{
    if (!team || !person)
        return false;
    for (size_t i = 0; i < team->members_n; i++)
        if (strcmp (team->members[i]->name, person) == 0)
            return true;
    return false;
}

/* A criterion that is absent matches everything. */
static bool same (const char *wanted, const char *has)
{
    return !wanted || (has && strcmp (wanted, has) == 0);
}

/* "de" also matches "de-AT": a basic filter as in RFC 4647, section 3.3.1. */
static bool same_language (const char *wanted, const char *has)
{
    if (!wanted)
        return true;
    size_t length = strlen (wanted);
    return has && strncasecmp (wanted, has, length) == 0 && (has[length] == 0 || has[length] == '-');
}

/* What rows ask of the texts, made when the first one asks: most contacts meet few such rows. One search serves all
 * rows, so that its limit is one of the whole decision. */
typedef struct words {
    const policy_subject_t *about;
    char *folded;
    pattern_search_t *search;
    bool gave_up; /* a pattern of the row at hand did */
} words_t;

static void words_clear (words_t *self)
{
    free (self->folded);
    pattern_search_destroy (&self->search);
}

static bool has_word (words_t *words, const policy_match_t *when)
{
    if (!words->folded)
        words->folded = match_fold (words->about->subject, words->about->text);
    for (size_t i = 0; i < when->words_n; i++)
        if (match_word (words->folded, when->words[i]))
            return true;
    return false;
}

static bool has_pattern (words_t *words, const policy_match_t *when)
{
    pattern_found_t found = PATTERN_ABSENT;
    if (!words->search)
        words->search = pattern_search_new (words->about->subject, words->about->text);
    for (size_t i = 0; i < when->patterns_n && found != PATTERN_FOUND; i++) {
        found = pattern_find (when->patterns[i], words->search);
        words->gave_up = words->gave_up || found == PATTERN_GAVE_UP;
    }
    return found == PATTERN_FOUND;
}

static bool matches (const policy_match_t *when, words_t *words)
{
    const policy_subject_t *about = words->about;
    words->gave_up = false;
    return same (when->channel, about->channel) && same (when->tier, about->tier) &&
           same_language (when->language, about->language) && about->priority >= when->priority_min &&
           (when->words_n == 0 || has_word (words, when)) && (when->patterns_n == 0 || has_pattern (words, when));
}

const policy_rule_t *policy_choose_rule (const policy_t *self, const policy_subject_t *about,
                                         const policy_rule_t **gave_up)
{
    words_t words = {.about = about};
    const policy_rule_t *found = NULL;
    *gave_up = NULL;
    for (size_t i = 0; i < self->rules_n && !found; i++)
        if (matches (&self->rules[i].when, &words))
            found = &self->rules[i];
        else if (words.gave_up && !*gave_up)
            *gave_up = &self->rules[i];
    words_clear (&words);
    return found;
}

const policy_rule_t *policy_match_rule (const policy_t *self, const policy_subject_t *about)
{
    const policy_rule_t *gave_up;
    return policy_choose_rule (self, about, &gave_up);
}

static const policy_promise_t *promise_row (const policy_t *self, promise_kind_t kind, const policy_subject_t *about,
                                            bool *gave_up)
{
    words_t words = {.about = about};
    const policy_promise_t *found = NULL;
    for (size_t i = 0; i < self->promises_n && !found; i++) {
        if (!self->promises[i].duration_ms[kind])
            continue;
        if (matches (&self->promises[i].when, &words))
            found = &self->promises[i];
        else
            *gave_up = *gave_up || words.gave_up;
    }
    words_clear (&words);
    return found;
}

static promise_terms_t builtin_terms (const policy_t *self, promise_kind_t kind, const char *name)
{
    const policy_channel_t *channel = policy_channel (self, name);
    bool live = channel && channel->live;
    return (promise_terms_t){live ? builtin[kind].live_ms : builtin[kind].deferred_ms, "", "", false};
}

promise_terms_t policy_promise (const policy_t *self, promise_kind_t kind, const policy_subject_t *about)
{
    if (kind <= 0 || kind >= PROMISE_KINDS)
        return (promise_terms_t){0, "", "", false};
    bool gave_up = false;
    promise_terms_t terms;
    const policy_promise_t *row = promise_row (self, kind, about, &gave_up);
    if (row)
        terms = (promise_terms_t){row->duration_ms[kind], row->hours ? row->hours : "",
                                  row->ladder ? row->ladder->name : "", false};
    else if (kind == BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_NEXT_RESPONSE)
        terms = policy_promise (self, BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_FIRST_RESPONSE, about);
    else
        terms = builtin_terms (self, kind, about->channel);
    terms.gave_up = terms.gave_up || gave_up;
    return terms;
}
