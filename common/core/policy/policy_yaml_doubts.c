/* policy_yaml_doubts.c - what a policy may say, and probably does not mean: warnings, each at its place in the text.
 *
 * Hears: a policy without an error, and its text as a tree. Says: rules that nobody can fulfil, teams without members,
 * ladders that tell nobody, acknowledgements that are promised later than the answer, people to whom nothing ever comes,
 * a number of two people, an address of two channels. None of them keeps a policy from being applied: somebody may be
 * hired tomorrow. */
#include "policy_yaml.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct doubts {
    const policy_t *policy;
    policy_errors_t *out;
} doubts_t;

static const node_t *key_of (const node_t *map, const char *name)
{
    for (const node_t *word = map && map->kind == NODE_MAP ? map->first : NULL; word; word = word->next)
        if (strcmp (word->text, name) == 0)
            return word;
    return NULL;
}

static const node_t *below (const node_t *map, const char *name)
{
    const node_t *word = key_of (map, name);
    return word ? word->value : NULL;
}

/* The place of the key, or of what it should stand in. */
static const node_t *place (const node_t *map, const char *name)
{
    const node_t *word = key_of (map, name);
    return word ? word : map;
}

/* ---- rules */

static bool has_skill (const policy_person_t *person, const policy_skill_t *skill)
{
    for (size_t i = 0; i < person->skills_n; i++)
        if (strcmp (person->skills[i].name, skill->name) == 0 && person->skills[i].level >= skill->level)
            return true;
    return false;
}

/* As routing compares them: by the first part. A person who names no language speaks any. */
static bool speaks (const policy_person_t *person, const char *language)
{
    size_t length = strcspn (language, "-_");
    for (size_t i = 0; i < person->languages_n; i++)
        if (strcspn (person->languages[i], "-_") == length && strncasecmp (person->languages[i], language, length) == 0)
            return true;
    return person->languages_n == 0;
}

static void doubt_skills (const doubts_t *self, const policy_rule_t *rule, const node_t *skills)
{
    for (size_t i = 0; i < rule->skills_n; i++) {
        const policy_skill_t *skill = &rule->skills[i];
        bool found = false;
        for (size_t k = 0; k < rule->team->members_n && !found; k++)
            found = has_skill (rule->team->members[k], skill);
        const node_t *at = place (skills, skill->name);
        if (!found)
            tree_error (self->out, at->line, at->column, "a skill of somebody in that team, or another team",
                        "rule '%s' wants %s %d, and nobody in team '%s' has it", rule->name, skill->name, skill->level,
                        rule->team->name);
    }
}

static void doubt_language (const doubts_t *self, const policy_rule_t *rule, const node_t *at)
{
    bool found = !rule->need_language || !rule->when.language;
    for (size_t k = 0; k < rule->team->members_n && !found; k++)
        found = speaks (rule->team->members[k], rule->when.language);
    if (!found)
        tree_error (self->out, at->line, at->column, "a language of somebody in that team, or another team",
                    "rule '%s' wants somebody who speaks %s, and nobody in team '%s' does", rule->name,
                    rule->when.language, rule->team->name);
}

static void doubt_rules (const doubts_t *self, const node_t *list)
{
    const node_t *item = list ? list->first : NULL;
    for (size_t i = 0; i < self->policy->rules_n && item; i++, item = item->next) {
        const policy_rule_t *rule = &self->policy->rules[i];
        const node_t *then = below (item, "then");
        if (!then || rule->team->members_n == 0)
            continue; /* said of the team */
        const node_t *skills = below (then, "skills");
        doubt_skills (self, rule, skills ? skills : then);
        doubt_language (self, rule, place (then, "speak"));
    }
}

/* ---- teams, ladders, people */

static void doubt_teams (const doubts_t *self, const node_t *map)
{
    for (const node_t *word = map ? map->first : NULL; word; word = word->next) {
        const policy_team_t *team = policy_team (self->policy, word->text);
        const node_t *at = word->value ? place (word->value, "members") : word;
        if (team && team->members_n == 0)
            tree_error (self->out, at->line, at->column, "a list of people, as in [ada, ben]",
                        "team '%s' has no members: nobody can be offered what it gets", team->name);
    }
}

static bool tells_somebody (const policy_ladder_t *ladder)
{
    for (size_t i = 0; i < ladder->steps_n; i++)
        for (size_t k = 0; k < ladder->steps[i].tell_n; k++) {
            const policy_target_t *target = &ladder->steps[i].tell[k];
            if (target->kind != TELL_TEAM || target->team->members_n > 0)
                return true;
        }
    return false;
}

static void doubt_ladders (const doubts_t *self, const node_t *map)
{
    for (const node_t *word = map ? map->first : NULL; word; word = word->next) {
        const policy_ladder_t *ladder = policy_ladder (self->policy, word->text);
        if (ladder && !tells_somebody (ladder))
            tree_error (self->out, word->line, word->column, "a step with tell, as in tell: [owner, lead]",
                        "ladder '%s' tells nobody when a promise is late", word->text);
    }
}

static bool ladder_names (const policy_ladder_t *ladder, const policy_person_t *person)
{
    for (size_t i = 0; i < ladder->steps_n; i++) {
        const policy_step_t *step = &ladder->steps[i];
        if (step->move && step->move->person == person)
            return true;
        for (size_t k = 0; k < step->tell_n; k++)
            if (step->tell[k].person == person)
                return true;
    }
    return false;
}

static bool has_part (const policy_t *policy, const policy_person_t *person)
{
    bool part = person == policy->last_resort || person == policy->manager;
    for (size_t i = 0; i < policy->teams_n && !part; i++)
        part = policy->teams[i].lead == person || policy_team_has (&policy->teams[i], person->name);
    for (size_t i = 0; i < policy->ladders_n && !part; i++)
        part = ladder_names (&policy->ladders[i], person);
    return part;
}

static void doubt_people (const doubts_t *self, const node_t *map)
{
    for (const node_t *word = map ? map->first : NULL; word; word = word->next) {
        const policy_person_t *person = policy_person (self->policy, word->text);
        if (person && !has_part (self->policy, person))
            tree_error (self->out, word->line, word->column, "among the members of a team, or the lead of one",
                        "person '%s' is in no team and leads none: nothing ever comes to them", person->name);
    }
}

/* Who answered a call is the first of them. */
static void doubt_phones (const doubts_t *self, const node_t *map)
{
    const policy_t *policy = self->policy;
    for (size_t i = 0; i < policy->people_n; i++)
        for (size_t k = 0; policy->people[i].phone && k < i; k++) {
            const char *other = policy->people[k].phone;
            const node_t *at = place (below (map, policy->people[i].name), "phone");
            if (at && other && strcmp (policy->people[i].phone, other) == 0)
                tree_error (self->out, at->line, at->column, "a number of their own",
                            "phone of person '%s' is that of '%s': calls would count as answered by one of them",
                            policy->people[i].name, policy->people[k].name);
        }
}

/* ---- channels */

static const policy_channel_t *other_of (const policy_t *policy, size_t before, const char *address)
{
    for (size_t i = 0; i < before; i++)
        for (size_t a = 0; a < policy->channels[i].addresses_n; a++)
            if (strcasecmp (policy->channels[i].addresses[a], address) == 0)
                return &policy->channels[i];
    return NULL;
}

static void doubt_addresses (const doubts_t *self, size_t index, const node_t *at)
{
    const policy_channel_t *channel = &self->policy->channels[index];
    for (size_t a = 0; a < channel->addresses_n; a++) {
        const policy_channel_t *other = other_of (self->policy, index, channel->addresses[a]);
        if (other)
            tree_error (self->out, at->line, at->column, "an address in one channel only",
                        "the address '%.200s' of channel '%s' is one of channel '%s', where mail to it comes in",
                        channel->addresses[a], channel->name, other->name);
    }
}

static void doubt_channels (const doubts_t *self, const node_t *map)
{
    const node_t *word = map ? map->first : NULL;
    for (size_t i = 0; i < self->policy->channels_n && word; i++, word = word->next)
        doubt_addresses (self, i, word);
}

/* ---- promises */

#define PROMISED(kind) BUCKSTOP__V1__PROMISE_KIND__PROMISE_KIND_##kind

/* What the channel's customers are told of a row's contacts; a person speaks on some, and there is no acknowledgement. */
static bool is_told (const policy_promise_t *row, const policy_channel_t *channel)
{
    return channel->answer != BUCKSTOP__V1__RETURN_WAY__RETURN_WAY_SPOKEN &&
           (!row->when.channel || strcmp (row->when.channel, channel->name) == 0);
}

/* On different hours neither is later than the other. */
static bool is_later (const promise_terms_t *acknowledge, const policy_promise_t *row)
{
    const char *hours = row->hours ? row->hours : "";
    return acknowledge->duration_ms > row->duration_ms[PROMISED (FIRST_RESPONSE)] &&
           (!*hours || strcmp (hours, acknowledge->hours) == 0);
}

static void doubt_acknowledge (const doubts_t *self, size_t index, const node_t *item)
{
    const policy_promise_t *row = &self->policy->promises[index];
    for (size_t i = 0; i < self->policy->channels_n; i++) {
        const policy_channel_t *channel = &self->policy->channels[i];
        const policy_subject_t about = {.channel = channel->name,
                                        .tier = row->when.tier,
                                        .language = row->when.language,
                                        .priority = row->when.priority_min > 0 ? row->when.priority_min : 0};
        promise_terms_t terms = policy_promise (self->policy, PROMISED (ACKNOWLEDGE), &about);
        if (row->duration_ms[PROMISED (ACKNOWLEDGE)])
            terms = (promise_terms_t){.duration_ms = row->duration_ms[PROMISED (ACKNOWLEDGE)],
                                      .hours = row->hours ? row->hours : ""};
        const node_t *own = key_of (item, "acknowledge"), *at = own ? own : place (item, "first_response");
        char late[NAME_SIZE], first[NAME_SIZE];
        if (!is_told (row, channel) || !is_later (&terms, row))
            continue;
        tree_error (
            self->out, at->line, at->column, "an acknowledge in that row that is sooner than its first_response",
            "promises[%zu].first_response is %s, and acknowledge is %s (%s) in channel '%s': the answer would be "
            "late before the customer is told that their message has come",
            index, yaml_duration_words (row->duration_ms[PROMISED (FIRST_RESPONSE)], first),
            yaml_duration_words (terms.duration_ms, late), own ? "its own" : "from elsewhere, or built in",
            channel->name);
        return;
    }
}

static void doubt_promises (const doubts_t *self, const node_t *list)
{
    const node_t *item = list ? list->first : NULL;
    for (size_t i = 0; i < self->policy->promises_n && item; i++, item = item->next)
        if (self->policy->promises[i].duration_ms[PROMISED (FIRST_RESPONSE)])
            doubt_acknowledge (self, i, item);
}

void yaml_doubts (const policy_t *policy, const node_t *root, policy_errors_t *out)
{
    const doubts_t self = {policy, out};
    doubt_people (&self, below (root, "people"));
    doubt_phones (&self, below (root, "people"));
    doubt_channels (&self, below (root, "channels"));
    doubt_teams (&self, below (root, "teams"));
    doubt_ladders (&self, below (root, "ladders"));
    doubt_rules (&self, below (root, "rules"));
    doubt_promises (&self, below (root, "promises"));
}
