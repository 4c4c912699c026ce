/* explain.c - one contact's decision recomputed from the store.
 *
 * Hears: the store. Says: the need, everybody eligible in their order with what parts each from the one before,
 * everybody left out with the reason; as text for people and as JSON. The same functions decide as in routing. A
 * contact that is with somebody is asked anew as if it were not: its own weight is not counted. */
#include "explain.h"

#include "contact.h"
#include "keys.h"
#include "record.h"
#include "roster_load.h"
#include "route.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>

enum { SAID_SHOWN = 76 };

typedef struct explain {
    store_t *store;
    policy_t *policy;
    explain_fn *fn;
    void *arg;
    char id[ID_SIZE];
    contact_t contact;
    roster_t *roster;
} explain_t;

static void finish (explain_t *self, const explanation_t *explanation)
{
    self->fn (self->arg, explanation);
    roster_destroy (&self->roster);
    policy_destroy (&self->policy);
    free (self);
}

static void fail (explain_t *self, const char *why)
{
    finish (self, &(explanation_t){.why = why});
}

/* ---- the need ---- */

static json_t *json_need (const route_need_t *need, const policy_rule_t *rule)
{
    json_t *skills = json_array ();
    for (size_t i = 0; rule && !need->elsewhere && i < rule->skills_n; i++)
        json_array_append_new (skills,
                               json_pack ("{s:s,s:i}", "skill", rule->skills[i].name, "level", rule->skills[i].level));
    json_t *json = json_pack ("{s:s,s:s,s:s,s:o,s:i}", "channel", need->channel, "team", need->team, "rule", need->rule,
                              "skills", skills, "relaxed", (int)need->relaxed);
    const struct {
        const char *name, *value;
    } some[] = {
        {"language", need->language}, {"preferred", need->preferred}, {"only", need->only}, {"giver", need->giver}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        if (*some[i].value)
            json_object_set_new (json, some[i].name, json_string (some[i].value));
    return json;
}

static void text_need (FILE *out, const route_need_t *need, const policy_rule_t *rule)
{
    fprintf (out, "needs     team %s, one contact by %s", *need->team ? need->team : "any", need->channel);
    for (size_t i = 0; rule && !need->elsewhere && i < rule->skills_n; i++)
        fprintf (out, ", %s %d", rule->skills[i].name, rule->skills[i].level);
    const struct {
        const char *name, *value;
    } some[] = {{"language", need->language},
                {"preferred", need->preferred},
                {"only", need->only},
                {"not the giver", need->giver}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        if (*some[i].value)
            fprintf (out, ", %s %s", some[i].name, some[i].value);
    if (rule)
        fprintf (out, rule->relax_n ? " (rule %s, %u of %zu relaxations)" : " (rule %s)", rule->name, need->relaxed,
                 rule->relax_n);
    fprintf (out, "\n");
}

/* ---- people ---- */

static json_t *json_row (const roster_t *roster, const route_row_t *row)
{
    const route_person_t *person = roster_person (roster, row->index);
    json_t *json =
        json_pack ("{s:s,s:I,s:i,s:b,s:I,s:i,s:i}", "person", person->facts->name, "used", (json_int_t)person->used,
                   "capacity", person->facts->capacity, "present", (int)person->present, "last_given",
                   (json_int_t)person->given_at, "lacking", row->lacking, "surplus", row->surplus);
    if (row->reason == ROUTE_ELIGIBLE)
        json_object_set_new (json, "rank", json_integer (row->rank));
    else
        json_object_set_new (json, "left_out", json_string (route_reason_words (row->reason)));
    if (row->rank > 1)
        json_object_set_new (json, "behind_by", json_string (route_criterion_words (row->behind)));
    return json;
}

static void text_row (FILE *out, const roster_t *roster, const route_row_t *row, wall_ms_t now)
{
    const route_person_t *person = roster_person (roster, row->index);
    if (row->reason != ROUTE_ELIGIBLE) {
        fprintf (out, "   -  %-20s %s\n", person->facts->name, route_reason_words (row->reason));
        return;
    }
    fprintf (out, "%4u  %-20s %" PRId64 " of %d in use, fit +%d", row->rank, person->facts->name, person->used,
             person->facts->capacity, row->surplus);
    if (row->lacking)
        fprintf (out, " -%d", row->lacking);
    if (person->given_at)
        fprintf (out, ", last given something %" PRId64 " s ago", (int64_t)((now - person->given_at) / MS_PER_SECOND));
    if (row->rank > 1)
        fprintf (out, "; the one before: %s", route_criterion_words (row->behind));
    fprintf (out, "\n");
}

/* ---- all of it ---- */

static const char *const outcomes[] = {[ROUTE_OFFER] = "offer", [ROUTE_BUSY] = "busy", [ROUTE_NOBODY] = "nobody"};

/* With whom it is, as long as it is to stay there. */
static const char *holder_of (const contact_t *contact)
{
    if (contact_wants_somebody (contact))
        return "";
    return *contact->owner ? contact->owner : contact->offered_to;
}

/* Asked anew, it would not be in the way of itself. */
static void set_free (const explain_t *self)
{
    int index = roster_find (self->roster, holder_of (&self->contact));
    if (index >= 0)
        roster_drop (self->roster, index, roster_person (self->roster, index)->epoch, self->contact.id);
}

static void text_head (FILE *out, const explain_t *self, const char *detail)
{
    const contact_t *contact = &self->contact;
    fprintf (out, "contact   %s  %s\n", contact->id,
             *contact->subject ? contact->subject
             : *contact->said  ? WORD_CUT (contact->said, SAID_SHOWN)
                               : "(no subject)");
    fprintf (out, "state     %s, accountable %s%s%s\n", contact_state_name (contact->state), contact->accountable,
             *contact->owner ? ", owner " : "", contact->owner);
    const char *holder = holder_of (contact);
    if (*holder)
        fprintf (out, "          it is with %s now; asked anew, its own weight not counted, this is decided:\n",
                 holder);
    else if (!contact_wants_somebody (contact))
        fprintf (out, "          it wants nobody now; asked now, it would be decided like this\n");
    fprintf (out, "decision  %s\n", detail);
}

static char *to_text (const explain_t *self, const route_need_t *need, const char *detail, const route_row_t *rows,
                      wall_ms_t now)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream (&text, &size);
    if (!out)
        abort (); /* memory is out */
    text_head (out, self, detail);
    text_need (out, need, policy_rule (self->policy, need->rule));
    for (size_t i = 0; i < roster_size (self->roster); i++)
        text_row (out, self->roster, &rows[i], now);
    fclose (out);
    return text;
}

static json_t *to_json (const explain_t *self, const route_need_t *need, const char *detail,
                        const route_decision_t *decision, const route_row_t *rows)
{
    json_t *people = json_array ();
    for (size_t i = 0; i < roster_size (self->roster); i++)
        json_array_append_new (people, json_row (self->roster, &rows[i]));
    json_t *json = json_pack ("{s:s,s:s,s:b,s:s,s:s,s:o,s:o,s:I}", "contact", self->contact.id, "state",
                              contact_state_name (self->contact.state), "wants_somebody",
                              (int)contact_wants_somebody (&self->contact), "outcome", outcomes[decision->outcome],
                              "detail", detail, "need", json_need (need, policy_rule (self->policy, need->rule)),
                              "people", people, "policy", (json_int_t)self->policy->version);
    if (decision->outcome == ROUTE_OFFER)
        json_object_set_new (json, "winner", json_string (decision->person));
    if (*holder_of (&self->contact))
        json_object_set_new (json, "with", json_string (holder_of (&self->contact)));
    return json;
}

static void on_people (void *arg, bool away)
{
    explain_t *self = arg;
    if (away) {
        fail (self, "the store can't be asked");
        return;
    }
    char detail[DETAIL_SIZE];
    route_need_t need;
    route_decision_t decision;
    wall_ms_t now = store_now (self->store);
    route_row_t *rows = xcalloc (roster_size (self->roster), sizeof *rows);
    set_free (self);
    route_need (&self->contact, now, self->policy, &need);
    route_explain (self->roster, &need, now, &decision, rows);
    route_detail (self->roster, &decision, detail);
    char *text = to_text (self, &need, detail, rows, now);
    json_t *json = to_json (self, &need, detail, &decision, rows);
    free (rows);
    finish (self, &(explanation_t){.text = text, .json = json});
    json_decref (json);
    free (text);
}

static void on_contact (void *arg, const store_values_t *values)
{
    explain_t *self = arg;
    record_head_t head;
    if (values->away) {
        fail (self, "the store can't be asked");
        return;
    }
    if (values->n == 0 || !values->items[0].bytes) {
        fail (self, "no such contact");
        return;
    }
    if (contact_unpack (values->items[0].bytes, values->items[0].size, &head, &self->contact) != RECORD_OK) {
        fail (self, "the contact's record can't be read");
        return;
    }
    self->roster = roster_new (self->policy);
    roster_load (&(roster_load_t){.store = self->store,
                                  .workspace = self->policy->workspace,
                                  .roster = self->roster,
                                  .done = on_people,
                                  .arg = self});
}

void explain_contact (store_t *store, const policy_t *policy, const char *contact, explain_fn *fn, void *arg)
{
    char key[KEY_SIZE];
    explain_t *self = xcalloc (1, sizeof *self);
    self->store = store;
    self->policy = policy_ref (policy);
    self->fn = fn;
    self->arg = arg;
    WORD_COPY (self->id, contact);
    const char *keys[] = {key_contact (key, store_shard (store, policy->workspace), policy->workspace, self->id)};
    store_get (store, keys, 1, on_contact, self);
}
