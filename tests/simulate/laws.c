/* laws.c - after each commit: what it wrote is taken apart, and each record that it touched is judged in its room.
 *
 * What was before is known from shadows, one a contact, that the commits themselves keep. */
#include "sim.h"

#include "keys.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 4096 };
static const char prefix[] = "b:{0}:";

static struct {
    shadow_t *contacts[SLOTS]; /* in order of arrival */
    size_t contacts_n;
    uint16_t slots[SLOTS]; /* by id: index + 1 */
    policy_t *policy;
    uint64_t hash, events;
    unsigned seen[TEXTS_MAX];
    int texts;
    const glance_t *judging;
    int64_t counted[4]; /* promises opened, kept, broken, released: of all contacts */
} laws;

uint64_t laws_hash (void)
{
    return laws.hash;
}

const policy_t *laws_policy (void)
{
    return laws.policy;
}

size_t laws_contacts (void)
{
    return laws.contacts_n;
}

shadow_t *laws_contact_at (size_t index)
{
    return laws.contacts[index];
}

static uint64_t mix (uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;
        memcpy (&word, at, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 29;
    }
    while (size-- > 0)
        hash = (hash ^ (uint64_t)*at++) * 1099511628211ULL;
    return hash;
}

static uint16_t *slot_of (const char *id)
{
    size_t at = mix (1, id, strlen (id)) % SLOTS;
    while (laws.slots[at] && strcmp (laws.contacts[laws.slots[at] - 1]->id, id) != 0)
        at = (at + 1) % SLOTS;
    return &laws.slots[at];
}

shadow_t *laws_contact (const char *id)
{
    uint16_t at = *slot_of (id);
    return at ? laws.contacts[at - 1] : NULL;
}

static shadow_t *contact_of (const char *id)
{
    uint16_t *slot = slot_of (id);
    if (*slot)
        return laws.contacts[*slot - 1];
    if (laws.contacts_n == SLOTS / 2)
        broken ("simulation", NULL, "more contacts than it can hold");
    shadow_t *made = xcalloc (1, sizeof *made);
    WORD_COPY (made->id, id);
    laws.contacts[laws.contacts_n++] = made;
    *slot = (uint16_t)laws.contacts_n;
    return made;
}

bool laws_poisoned (void)
{
    for (size_t i = 0; i < laws.contacts_n; i++)
        if (laws.contacts[i]->poisoned)
            return true;
    return false;
}

/* --- texts: each was said once, by whoever, and is heard once --------------------------------------------- */

int laws_text_new (char *text, size_t size)
{
    if (laws.texts == TEXTS_MAX)
        broken ("simulation", NULL, "more texts than it can count");
    snprintf (text, size, "#%d#", laws.texts);
    return laws.texts++;
}

size_t laws_texts (void)
{
    return (size_t)laws.texts;
}

unsigned laws_text_seen (int number)
{
    return laws.seen[number];
}

void laws_text_acked (int number, const char *contact)
{
    if (laws.seen[number] != 1)
        broken ("4 (durable before acknowledged)", contact, "text #%d# was acknowledged and is %u times in the store",
                number, laws.seen[number]);
}

static void see_text (const shadow_t *shadow, const Buckstop__V1__Fact *fact)
{
    static const fact_kind_t counted[] = {
        BUCKSTOP__V1__FACT_KIND__FACT_KIND_OPENED, BUCKSTOP__V1__FACT_KIND__FACT_KIND_MESSAGE,
        BUCKSTOP__V1__FACT_KIND__FACT_KIND_CALL, BUCKSTOP__V1__FACT_KIND__FACT_KIND_REPLIED,
        BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTED};
    bool counts = false;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        counts |= counted[i] == fact->kind;
    if (!counts || !fact->text || fact->text[0] != '#')
        return;
    int number = atoi (fact->text + 1);
    if (number < 0 || number >= TEXTS_MAX)
        return;
    if (++laws.seen[number] > 1)
        broken ("4 (sent twice, done once)", shadow->id, "text #%d# is in the store twice", number);
}

/* --- a commit's ops, by the family of their key ------------------------------------------------------------- */

static void touch (glance_t *glance, shadow_t *shadow)
{
    for (size_t i = 0; i < glance->touched_n; i++)
        if (glance->touched[i] == shadow)
            return;
    if (glance->touched_n < sizeof glance->touched / sizeof *glance->touched)
        glance->touched[glance->touched_n++] = shadow;
}

static void arg_word (char *word, size_t size, const commit_arg_t *arg)
{
    size_t length = arg->size < size ? arg->size : size - 1;
    memcpy (word, arg->bytes, length);
    word[length] = 0;
}

/* "c:desk:ID" -> ID; NULL: of another family. */
static const char *name_in (const char *rest, const char *family)
{
    size_t size = strlen (family);
    if (strncmp (rest, family, size) != 0 || strncmp (rest + size, WORKSPACE ":", sizeof WORKSPACE) != 0)
        return NULL;
    return rest + size + sizeof WORKSPACE;
}

static bool ends_notice (const Buckstop__V1__Fact *fact)
{
    return fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERED ||
           fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_FAILED ||
           fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_BUNDLED ||
           fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_DELIVERY_MOOT;
}

static void see_event (glance_t *glance, const char *id, const commit_arg_t *bytes)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, bytes->size, (const uint8_t *)bytes->bytes);
    if (!event || glance->events_n == COMMIT_EVENTS_MAX)
        broken ("7", NULL, "an entry of a timeline can't be read");
    shadow_t *shadow = contact_of (id);
    glance->of[glance->events_n] = shadow;
    glance->events[glance->events_n++] = event;
    touch (glance, shadow);
    audit_tally_event (&shadow->tally, event);
    for (size_t i = 0; i < event->n_facts; i++) {
        const Buckstop__V1__Fact *fact = event->facts[i];
        shadow->notices += fact->kind == BUCKSTOP__V1__FACT_KIND__FACT_KIND_NOTICE ? fact->number : 0;
        shadow->ended += ends_notice (fact);
        see_text (shadow, fact);
    }
}

/* A contact that is gone has no timeline: what became of its last notices is said in the stream alone. */
static void see_gone (const commit_arg_t *bytes)
{
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, bytes->size, (const uint8_t *)bytes->bytes);
    shadow_t *shadow = event ? laws_contact (event->contact) : NULL;
    for (size_t i = 0; shadow && shadow->gone && i < event->n_facts; i++)
        shadow->ended += ends_notice (event->facts[i]);
    if (event)
        buckstop__v1__event__free_unpacked (event, NULL);
}

/* "ada:3", "chat/ID" */
static void see_place (glance_t *glance, const char *holder, const commit_arg_t *member, bool put)
{
    char person[NAME_SIZE], channel[NAME_SIZE], id[ID_SIZE];
    const char *colon = strrchr (holder, ':'), *slash = memchr (member->bytes, '/', member->size);
    if (!colon || !slash)
        broken ("1", NULL, "a place without a name: %s", holder);
    snprintf (person, sizeof person, "%.*s", (int)(colon - holder), holder);
    snprintf (channel, sizeof channel, "%.*s", (int)(slash - member->bytes), member->bytes);
    snprintf (id, sizeof id, "%.*s", (int)(member->size - (size_t)(slash + 1 - member->bytes)), slash + 1);
    uint32_t epoch = (uint32_t)strtoul (colon + 1, NULL, 10);
    shadow_t *shadow = contact_of (id);
    touch (glance, shadow);
    size_t at = 0;
    while (at < shadow->places_n &&
           (shadow->places[at].epoch != epoch || !word_same (shadow->places[at].person, person)))
        at++;
    if (put && at == shadow->places_n) {
        if (at == PLACES_MAX)
            broken ("1", id, "more than %d hold it", PLACES_MAX);
        WORD_COPY (shadow->places[at].person, person);
        WORD_COPY (shadow->places[at].channel, channel);
        shadow->places[at].epoch = epoch;
        shadow->places_n++;
    } else if (!put && at < shadow->places_n)
        shadow->places[at] = shadow->places[--shadow->places_n];
}

static void see_workspace (const commit_op_t *op)
{
    record_head_t head;
    workspace_record_t record;
    char *text = NULL;
    policy_errors_t errors = {0};
    if (workspace_unpack (op->args[1].bytes, op->args[1].size, &head, &record, &text) != RECORD_OK)
        broken ("10 (policy)", NULL, "the workspace's record can't be read");
    policy_destroy (&laws.policy);
    laws.policy = policy_parse (text, strlen (text), &errors);
    if (!laws.policy)
        broken ("10 (policy)", NULL, "the policy in the store can't be read");
    policy_stamp (laws.policy, record.policy_version, record.link_key);
    policy_errors_clear (&errors);
    free (text);
}

static void see_op (glance_t *glance, const commit_op_t *op)
{
    char key[KEY_SIZE + 64];
    arg_word (key, sizeof key, &op->args[0]);
    if (strncmp (key, prefix, sizeof prefix - 1) != 0)
        return;
    const char *rest = key + sizeof prefix - 1, *name;
    bool writes = op->op == OP_PUT || op->op == OP_DELETE;
    if ((name = name_in (rest, "c:")) && (writes || op->op == OP_RECORD)) {
        if (writes || laws_contact (name))
            touch (glance, contact_of (name));
    } else if ((name = name_in (rest, "d:")) && writes)
        laws_see_delivery (glance, name, op->op == OP_DELETE);
    else if ((name = name_in (rest, "p:")) && writes)
        laws_see_person (glance, name);
    else if (name_in (rest, "tl:") && op->op == OP_APPEND)
        return; /* was seen */
    else if ((name = name_in (rest, "own:")) && (op->op == OP_PLACE || op->op == OP_UNPLACE))
        see_place (glance, name, &op->args[op->op == OP_PLACE ? 2 : 1], op->op == OP_PLACE);
    else if (strncmp (rest, "w:", 2) == 0 && op->op == OP_PUT)
        see_workspace (op);
}

static void see_events (glance_t *glance)
{
    for (size_t i = 0; i < commit_size (glance->commit); i++) {
        commit_op_t op = commit_op (glance->commit, i);
        char key[KEY_SIZE];
        if (op.op != OP_APPEND)
            continue;
        arg_word (key, sizeof key, &op.args[0]);
        const char *colon = strrchr (key, ':');
        if (colon)
            see_event (glance, colon + 1, &op.args[1]);
    }
    for (size_t i = 0; !glance->events_n && i < commit_size (glance->commit); i++) {
        commit_op_t op = commit_op (glance->commit, i);
        if (op.op == OP_EVENT)
            see_gone (&op.args[1]);
    }
}

/* --- law 2: promises are conserved, counted in the commit ---------------------------------------------------- */

static void see_counts (const shadow_t *shadow, const contact_t *was, const contact_t *is)
{
    static const char *const fields[] = {"opened", "kept", "broken", "released"};
    const int64_t changes[] = {(int64_t)is->opened - was->opened, (int64_t)is->kept - was->kept,
                               (int64_t)is->broken - was->broken, (int64_t)is->released - was->released};
    char key[KEY_SIZE];
    key_counts (key, 0, WORKSPACE);
    for (size_t i = 0; i < 4; i++) {
        laws.counted[i] += changes[i];
        if (changes[i] < 0)
            broken ("2", shadow->id, "%s went down by %" PRId64, fields[i], -changes[i]);
        if (laws.counted[i] && fake_store_number (key, fields[i]) != laws.counted[i])
            broken ("2", shadow->id, "%s: %" PRId64 " counted in the store, %" PRId64 " in the contacts", fields[i],
                    fake_store_number (key, fields[i]), laws.counted[i]);
    }
}

static void see_contact (glance_t *glance, shadow_t *shadow)
{
    contact_t was = shadow->last;
    bool known = shadow->known;
    laws_see_contact (glance, shadow);
    if (!known)
        was.opened = was.kept = was.broken = was.released = 0;
    if (!shadow->gone)
        see_counts (shadow, &was, &shadow->last);
}

static void on_commit (void *arg, const commit_t *commit, const commit_answer_t *answer)
{
    (void)arg;
    glance_t glance = {.at = answer->at, .commit = commit};
    laws.judging = &glance;
    laws.hash = mix (laws.hash, &answer->at, sizeof answer->at);
    see_events (&glance);
    for (size_t i = 0; i < commit_size (commit); i++) {
        commit_op_t op = commit_op (commit, i);
        for (size_t a = 0; a < op.args_n; a++)
            laws.hash = mix (laws.hash, op.args[a].bytes, op.args[a].size);
        see_op (&glance, &op);
    }
    if (answer->event_number && answer->event_number <= laws.events)
        broken ("3 (dense numbers)", NULL, "event %" PRIu64 " after %" PRIu64, answer->event_number, laws.events);
    if (answer->event_number)
        laws.events = answer->event_number;
    for (size_t i = 0; i < glance.touched_n; i++)
        see_contact (&glance, glance.touched[i]);
    for (size_t i = 0; i < glance.events_n; i++)
        buckstop__v1__event__free_unpacked (glance.events[i], NULL);
    laws.judging = NULL;
}

static void print_arg (FILE *out, const commit_arg_t *arg)
{
    enum { SHOWN = 80 };
    fputc (' ', out);
    for (size_t i = 0; i < arg->size && i < SHOWN; i++)
        fputc (arg->bytes[i] > ' ' && arg->bytes[i] < 127 ? arg->bytes[i] : '.', out);
}

void laws_print_commit (FILE *out)
{
    if (!laws.judging)
        return;
    fprintf (out, "    the commit, at %" PRId64 ":\n", laws.judging->at);
    for (size_t i = 0; i < commit_size (laws.judging->commit); i++) {
        commit_op_t op = commit_op (laws.judging->commit, i);
        fprintf (out, "        %c", op.op);
        for (size_t a = 0; a < op.args_n; a++)
            print_arg (out, &op.args[a]);
        fputc ('\n', out);
    }
}

void laws_begin (void)
{
    fake_store_on_commit (on_commit, NULL);
}
