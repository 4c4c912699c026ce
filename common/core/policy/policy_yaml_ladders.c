/* policy_yaml_ladders.c - the section `ladders`: what happens around a deadline.
 *
 *   standard: [ { at: 80%, tell: [owner] }, { at: due, tell: [owner, lead] }, { after: 5m, tell: [manager] } ]
 *
 * A ladder named `default` is the default one, else the first; where none is defined, the built-in one. */
#include "policy_builtin.h"
#include "policy_yaml.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 32, TIMES_DEFAULT = 10, TIMES_MAX = 1000, PRIORITY_MAX = 100 };

/* A step while it is read. */
typedef struct draft {
    policy_step_t step;
    bool at, after; /* which of the two was there */
    int times;      /* -1: not said */
} draft_t;

static const struct {
    const char *word;
    enum policy_tell kind;
    bool moves; /* may a contact be moved there? */
} targets[] = {
    {"owner", TELL_OWNER, false},
    {"accountable", TELL_ACCOUNTABLE, false},
    {"lead", TELL_LEAD, true},
    {"manager", TELL_MANAGER, true},
};
static const char tell_expected[] = "owner, lead, manager, accountable, person:NAME or team:NAME";
static const char move_expected[] = "lead, manager, person:NAME or team:NAME";

static bool read_target (reader_t *self, const yaml_key_t *key, const node_t *value, bool move, policy_target_t *target)
{
    const char *expected = move ? move_expected : tell_expected;
    char found[DETAIL_SIZE];
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return false;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp (targets[i].word, value->text) == 0 && (targets[i].moves || !move)) {
            target->kind = targets[i].kind;
            return true;
        }
    const policy_t *policy = self->policy;
    if (strncmp (value->text, "person:", 7) == 0) {
        target->kind = TELL_PERSON;
        target->person = yaml_named (self, value, value->text + 7, "person", policy->people, policy->people_n,
                                     sizeof *policy->people);
        return target->person;
    }
    if (strncmp (value->text, "team:", 5) == 0) {
        target->kind = TELL_TEAM;
        target->team =
            yaml_named (self, value, value->text + 5, "team", policy->teams, policy->teams_n, sizeof *policy->teams);
        return target->team;
    }
    yaml_fail (self, value, expected, "%s of %s is %s", key->name, self->where, yaml_found (value, found));
    return false;
}

static void read_at (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    static const char expected[] = "due, or a share of the time like 80% (1% to 100%)";
    draft_t *draft = field;
    char found[DETAIL_SIZE], *end;
    draft->at = true;
    if (!yaml_is (self, key, value, NODE_TEXT, expected))
        return;
    if (strcmp (value->text, "due") == 0) {
        draft->step.percent = 100;
        return;
    }
    size_t digits = strspn (value->text, "0123456789");
    long percent = strtol (value->text, &end, 10);
    if (digits == 0 || digits > 3 || strcmp (end, "%") != 0 || percent < 1 || percent > 100)
        yaml_fail (self, value, expected, "at of %s is %s", self->where, yaml_found (value, found));
    else
        draft->step.percent = (int)percent;
}

static void read_after (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    draft_t *draft = field;
    draft->after = true;
    draft->step.percent = 100;
    yaml_read_duration (self, key, value, &draft->step.after_ms);
}

/* Teams are read before ladders. */
static size_t people_told (const policy_step_t *step)
{
    size_t n = 0;
    for (size_t i = 0; i < step->tell_n; i++)
        n += step->tell[i].team ? step->tell[i].team->members_n : 1;
    return n;
}

static void read_tell (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    draft_t *draft = field;
    if (!yaml_is (self, key, value, NODE_LIST, "a list, as in [owner, lead]"))
        return;
    if (value->n > POLICY_TELL_MAX) {
        yaml_fail (self, value, "at most 16", "tell of %s names %zu", self->where, value->n);
        return;
    }
    policy_target_t *rows = arena_alloc (self->arena, value->n * sizeof *rows);
    for (const node_t *item = value->first; item; item = item->next)
        draft->step.tell_n += read_target (self, key, item, false, &rows[draft->step.tell_n]);
    draft->step.tell = rows;
    size_t people = people_told (&draft->step);
    if (people > POLICY_TELL_MAX)
        yaml_fail (self, value, "at most 16 people: tell a lead, or a person whose way is a channel that all read",
                   "tell of %s reaches %zu people", self->where, people);
}

static void read_move (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    draft_t *draft = field;
    policy_target_t *target = arena_alloc (self->arena, sizeof *target);
    if (read_target (self, key, value, true, target))
        draft->step.move = target;
}

#define STEP(field) (offsetof (draft_t, step) + offsetof (policy_step_t, field))
static const yaml_key_t step_keys[] = {
    {"at", read_at, 0, 0, 0, "a share of the time, or due"},
    {"after", read_after, 0, 1, 365 * MS_PER_DAY, "behind the deadline"},
    {"tell", read_tell, 0, 0, 0, tell_expected},
    {"move", read_move, 0, 0, 0, move_expected},
    {"priority", yaml_read_number, STEP (priority), -PRIORITY_MAX, PRIORITY_MAX, "added to the contact's"},
    {"repeat", yaml_read_duration, STEP (repeat_ms), MS_PER_SECOND, 30 * MS_PER_DAY, "until acknowledged"},
    {"times", yaml_read_number, offsetof (draft_t, times), 1, TIMES_MAX, "repeats at most"},
    {"urgent", yaml_read_switch, STEP (urgent), 0, 0, "pierces quiet hours"},
    YAML_KEYS_END,
};

static void check_step (reader_t *self, const node_t *map, const node_t *tell_at, const draft_t *draft)
{
    const policy_step_t *step = &draft->step;
    if (draft->at == draft->after)
        yaml_fail (self, map, "at: 80%, at: due, or after: 5m", "%s says %s of 'at' and 'after'", self->where,
                   draft->at ? "both" : "none");
    if (draft->times >= 0 && step->repeat_ms == 0)
        yaml_fail (self, map, "repeat: how long between", "%s has 'times' and no 'repeat'", self->where);
    if (!tell_at && !step->move && !step->priority)
        yaml_fail (self, map, "tell, move or priority", "%s does nothing", self->where);
}

static const node_t *value_of (const node_t *map, const char *name)
{
    for (const node_t *word = map->kind == NODE_MAP ? map->first : NULL; word; word = word->next)
        if (strcmp (word->text, name) == 0)
            return word->value;
    return NULL;
}

static policy_step_t read_step (reader_t *self, const node_t *map, const char *where)
{
    draft_t draft = {.times = -1};
    yaml_read_map (self, map, step_keys, &draft, where);
    const char *outside = self->where;
    self->where = where;
    if (map->kind == NODE_MAP) {
        const node_t *tell = value_of (map, "tell");
        check_step (self, map, tell && (tell->kind != NODE_LIST || tell->n) ? tell : NULL, &draft);
    }
    self->where = outside;
    if (draft.step.repeat_ms)
        draft.step.repeat_max = draft.times > 0 ? (unsigned)draft.times : TIMES_DEFAULT;
    return draft.step;
}

/* A step of which the time could not be read has percent 0: nothing is said about its order. */
static void check_order (reader_t *self, const node_t *map, const policy_step_t *step, const policy_step_t *before,
                         const char *where)
{
    bool known = step->percent && before->percent;
    bool later =
        step->percent > before->percent || (step->percent == before->percent && step->after_ms > before->after_ms);
    if (known && !later)
        yaml_fail (self, map, "steps in the order of time: shares, due, then after",
                   "%s is not later than the one before", where);
}

static void read_steps (reader_t *self, const node_t *list, policy_ladder_t *ladder)
{
    policy_step_t *steps = yaml_list_rows (self, list, sizeof *steps, "steps", &ladder->steps_n);
    ladder->steps = steps;
    if (!steps)
        return;
    if (list->n == 0 || list->n > STEPS_MAX)
        yaml_fail (self, list, "1 to 32 steps", "ladder '%s' has %zu", ladder->name, list->n);
    size_t i = 0;
    for (const node_t *item = list->first; item; item = item->next, i++) {
        const char *where = yaml_where (self, "step %zu of ladder '%s'", i + 1, ladder->name);
        steps[i] = read_step (self, item, where);
        if (i)
            check_order (self, item, &steps[i], &steps[i - 1], where);
    }
}

static void default_first (policy_ladder_t *rows, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp (rows[i].name, POLICY_DEFAULT_LADDER) == 0) {
            policy_ladder_t row = rows[i];
            memmove (rows + 1, rows, i * sizeof *rows);
            rows[0] = row;
        }
}

void yaml_section_ladders (reader_t *self, const yaml_key_t *key, const node_t *value, void *field)
{
    (void)key, (void)field;
    policy_ladder_t *rows = yaml_named_rows (self, value, sizeof *rows, "ladder", &self->policy->ladders_n);
    self->policy->ladders = rows;
    const node_t *word = value->first;
    for (size_t i = 0; i < self->policy->ladders_n; i++, word = word->next)
        if (word->value)
            read_steps (self, word->value, &rows[i]);
    default_first (rows, self->policy->ladders_n);
}
