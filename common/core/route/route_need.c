/* route_need.c - what a contact needs now.
 *
 * Hears: a contact, the time, the policy. Says: the need in names, and the time at which it changes by itself.
 * Names are resolved against a roster in route_spec.c.
 * Limits: a rule that policy does not name any more asks for nothing but the contact's team. */
#include "guard.h"
#include "route_inside.h"
#include "words.h"

#include <string.h>

static unsigned relaxations (const policy_rule_t *rule, int64_t waited)
{
    unsigned n = 0;
    while (rule && n < rule->relax_n && rule->relax[n].after_ms <= waited)
        n++;
    return n;
}

static bool transferring (const contact_t *contact)
{
    return contact->owner[0] && (contact->transfer_team[0] || contact->transfer_to[0]);
}

static void exclude (route_need_t *need, const exclusion_t *exclusion, bool again)
{
    const char *person = exclusion->person;
    size_t at = need->excluded_n++;
    while (at > 0 && strcmp (need->excluded[at - 1].person, person) > 0) {
        need->excluded[at] = need->excluded[at - 1];
        at--;
    }
    WORD_COPY (need->excluded[at].person, person);
    need->excluded[at].again = again;
    need->excluded[at].epoch = exclusion->epoch;
}

void route_need (const contact_t *contact, wall_ms_t now, const policy_t *policy, route_need_t *need)
{
    memset (need, 0, sizeof *need);
    const policy_rule_t *rule = policy_rule (policy, contact->rule);
    const char *team = contact->transfer_team[0] ? contact->transfer_team : contact->team;
    WORD_COPY (need->channel, contact->channel);
    WORD_COPY (need->team, team);
    WORD_COPY (need->rule, rule ? rule->name : "");
    if (rule && rule->need_language)
        WORD_COPY (need->language, contact->language);
    need->relaxed = relaxations (rule, now - contact->waiting_since);
    need->elsewhere = rule && rule->team && strcmp (rule->team->name, team) != 0;
    if (transferring (contact)) {
        WORD_COPY (need->giver, contact->owner);
        WORD_COPY (need->only, contact->transfer_team[0] ? "" : contact->transfer_to);
    } else if (contact->preferred[0]) {
        WORD_COPY (need->preferred, contact->preferred);
        need->waits_for_preferred = contact->preferred_until > now;
    }
    for (size_t i = 0; i < contact->excluded_n; i++)
        if (contact->excluded[i].until > now && !*need->only) /* by name: whoever hands it over knows better */
            exclude (need, &contact->excluded[i], now >= exclusion_again_at (&contact->excluded[i], policy));
}

static void sooner (wall_ms_t *at, wall_ms_t other, wall_ms_t now)
{
    if (other > now && (*at == 0 || other < *at))
        *at = other;
}

wall_ms_t route_look_at (const contact_t *contact, wall_ms_t now, const policy_t *policy)
{
    wall_ms_t at = 0;
    const policy_rule_t *rule = policy_rule (policy, contact->rule);
    unsigned next = relaxations (rule, now - contact->waiting_since);
    if (rule && next < rule->relax_n)
        sooner (&at, contact->waiting_since + rule->relax[next].after_ms, now);
    sooner (&at, contact->preferred_until, now);
    for (size_t i = 0; i < contact->excluded_n; i++) {
        sooner (&at, contact->excluded[i].until, now);
        sooner (&at, exclusion_again_at (&contact->excluded[i], policy), now);
    }
    return at;
}
