/* route_spec.c - a need's names looked up in the roster's tables.
 *
 * Hears: a need and a roster. Says: the numbers that the predicates and the order compare. What the policy
 * does not name becomes ROUTE_UNKNOWN, which nobody fulfils: it is never quietly not asked. */
#include "route_inside.h"

#include <string.h>

static int person_or_any (const roster_t *roster, const char *name)
{
    if (!*name)
        return ROUTE_ANY;
    int index = roster_find (roster, name);
    return index < 0 ? ROUTE_UNKNOWN : index;
}

static void spec_channel (const policy_t *policy, route_spec_t *spec)
{
    const policy_channel_t *channel = policy_channel (policy, spec->need->channel);
    spec->weight = channel ? channel->weight : 1;
    spec->live = channel && channel->live;
    int64_t offer = channel && !channel->accept_auto ? channel->offer_ms : 0;
    spec->shift_min_ms = offer > ROUTE_ANSWER_MIN_MS ? offer : ROUTE_ANSWER_MIN_MS;
}

static void spec_rule (const roster_t *roster, const policy_rule_t *rule, route_spec_t *spec)
{
    const policy_t *policy = roster_policy (roster);
    if (!spec->need->elsewhere)
        spec->skills = roster_rule_skills (roster, (size_t)(rule - policy->rules), &spec->skills_n);
    for (size_t i = 0; i < rule->relax_n && i < spec->need->relaxed; i++) {
        spec->skills_dropped |= rule->relax[i].drop_skills;
        if (rule->relax[i].drop_language)
            spec->language = ROUTE_ANY;
        if (rule->relax[i].any_team)
            spec->team = ROUTE_ANY;
    }
}

void route_spec (const roster_t *roster, const route_need_t *need, route_spec_t *spec)
{
    const policy_t *policy = roster_policy (roster);
    memset (spec, 0, sizeof *spec);
    spec->need = need;
    spec->team = *need->team ? roster_team (roster, need->team) : ROUTE_ANY;
    spec->language = *need->language ? roster_language (roster, need->language) : ROUTE_ANY;
    spec->preferred = person_or_any (roster, need->preferred);
    spec->only = person_or_any (roster, need->only);
    spec->giver = person_or_any (roster, need->giver);
    for (size_t i = 0; i < need->excluded_n; i++)
        spec->excluded[i] = person_or_any (roster, need->excluded[i].person);
    spec_channel (policy, spec);
    const policy_rule_t *rule = policy_rule (policy, need->rule);
    if (rule)
        spec_rule (roster, rule, spec);
}
